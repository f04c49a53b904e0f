"""Whole answers, held in memory by what they depend on; bounded, and the one used longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, TypeAlias

Key: TypeAlias = tuple[str, bytes, bytes, bool, bytes]
"""Path, query string, Accept, whether gzip is taken, host."""

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

ENTRY_BYTES: Final = 1_500
"""What an entry takes beside its body."""

SHARE: Final = 8
"""No answer is held that takes more than this part of the whole."""

IN_304: Final = frozenset(
    (
        b"etag", b"vary", b"cache-control", b"plangraph-revision", b"plangraph-as-of",
        b"plangraph-at-revision", b"link", b"access-control-allow-origin", b"access-control-expose-headers",
    )
)  # fmt: skip
"""What a 304 repeats (RFC 9110, section 15.4.5), and what pages of other sites may read of it."""


Held: TypeAlias = tuple[Headers, bytes, bytes]
"""An answer with status 200: its headers, its body, its ETag without the ``W/``.

A plain tuple of bytes, since the collector of garbage passes over such and would walk thousands of objects.
"""


def matches(held: Held, asked: bytes) -> bool:
    """Whether an ``If-None-Match`` names this answer (RFC 9110, section 13.1.2)."""
    return held[2] in [entry.strip().removeprefix(b"W/") for entry in asked.split(b",")]


class Cache:
    """Answers of one revision; those of another are forgotten when the first of a new one comes."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.revision = ""
        self.held: OrderedDict[Key, Held] = OrderedDict()

    def find(self, key: Key, revision: str) -> Held | None:
        """The answer of that revision, if it is held."""
        if revision != self.revision:
            return None
        found = self.held.get(key)
        if found is not None:
            self.held.move_to_end(key)
        return found

    def takes(self, length: int) -> bool:
        """Whether a body of that length may be held."""
        return length + ENTRY_BYTES <= self.most_bytes // SHARE

    def keep(self, key: Key, revision: str, headers: Headers, body: bytes) -> None:
        """Hold an answer, unless it has no ETag, says that it is not to be stored, or is too large."""
        tag = find_tag(headers)
        if tag is None or not self.takes(len(body)):
            return
        if revision != self.revision:
            self.clear()
            self.revision = revision
        self.drop(key)
        self.held[key] = (tuple(headers), body, tag.removeprefix(b"W/"))
        self.bytes += len(body) + ENTRY_BYTES
        while self.bytes > self.most_bytes:
            self.drop(next(iter(self.held)))

    def drop(self, key: Key) -> None:
        """Forget one answer."""
        if found := self.held.pop(key, None):
            self.bytes -= len(found[1]) + ENTRY_BYTES

    def clear(self) -> None:
        """Forget all answers."""
        self.held.clear()
        self.bytes = 0


def find_tag(headers: Headers) -> bytes | None:
    """The ETag of an answer, unless it says that it is not to be stored."""
    tag = None
    for name, value in headers:
        if name == b"etag":
            tag = value
        elif name == b"cache-control" and b"no-store" in value:
            return None
    return tag
