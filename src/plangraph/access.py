"""Who may write: tokens, kept as digests and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plangraph.errors import (
    FileUnreadable,
)
from plangraph.write_errors import (
    TokenMissing,
)

DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
LEAST: Final = 16
"""A shorter token is not accepted: it could be guessed."""


@dataclass(frozen=True)
class Access:
    """The digests of the tokens that allow to write; none means that nobody may."""

    digests: tuple[bytes, ...] = ()

    def check(self, authorization: str | None) -> None:
        """Raises :class:`TokenMissing` unless an ``Authorization`` header carries a token that is known."""
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenMissing("a write needs the header Authorization: Bearer, with a token")
        given = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        # All are compared, so that the time says nothing of which one came close.
        if not sum(hmac.compare_digest(given, known) for known in self.digests):
            raise TokenMissing("the token is not known here")


def read_access(path: str | None) -> Access:
    """The tokens of a file: one a line, as it is or as ``sha256:`` and its digest; ``#`` begins a comment.

    Raises :class:`FileUnreadable` for a file that cannot be read, a token of fewer than 16 characters, and a
    file without any, since whoever names one wants to write.
    """
    if path is None:
        return Access()
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path, f"the tokens cannot be read ({type(error).__name__})") from None
    digests = []
    for number, line in enumerate(lines, start=1):
        word = line.partition("#")[0].strip()
        if not word:
            continue
        if known := DIGEST.fullmatch(word):
            digests.append(bytes.fromhex(known[1]))
        elif len(word) < LEAST or " " in word:
            raise FileUnreadable(path, f"a token has at least {LEAST} characters and no space", line=number)
        else:
            digests.append(hashlib.sha256(word.encode()).digest())
    if not digests:
        raise FileUnreadable(path, "there is no token in the file")
    return Access(tuple(digests))
