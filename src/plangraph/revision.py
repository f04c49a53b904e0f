"""The revision of a data set: a digest of a sum over its quads, which a change moves without the other quads.

The sum is that of the SHA-256 digests of all quads, one line of N-Quads each, modulo 2 to the 256th. Neither
the order of the quads nor the way that led to them matters, so a service that took a thousand writes and a
build from files come to the same. It names data and proves nothing: whoever may choose many quads can find
others with the same sum (Wagner's generalised birthday attack), so it does not keep out a forger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from pyoxigraph import Literal, Quad

SPACE: Final = 1 << 256
DIGEST_LETTERS: Final = 64
REVISION_LETTERS: Final = 16


def sum_quads(quads: Iterable[Quad]) -> int:
    """The sum over some quads, each of which must be there once."""
    digests = (hashlib.sha256(str(quad).encode()).digest() for quad in quads)
    return sum(map(int.from_bytes, digests)) % SPACE


def shift_sum(total: int, gone: Iterable[Quad], come: Iterable[Quad]) -> int:
    """The sum after some quads have gone and others have come."""
    return (total - sum_quads(gone) + sum_quads(come)) % SPACE


def name_revision(total: int) -> str:
    """The revision that a sum stands for."""
    return hashlib.sha256(total.to_bytes(SPACE.bit_length() // 8)).hexdigest()[:REVISION_LETTERS]


def write_sum(total: int) -> Literal:
    """A sum as the data set's description has it."""
    return Literal(f"{total:0{DIGEST_LETTERS}x}")


def read_sum(written: Literal) -> int:
    """The sum that :func:`write_sum` wrote; raises ``ValueError`` for what is none."""
    return int(written.value, 16)
