"""Who may write what: tokens with a name and scopes, kept as digests and compared in constant time.

``read`` may try a write without making it (``dry_run``), ``submit`` may also add a document that is not there
yet, and ``curate`` may write whatever can be written. Reading needs no token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from plangraph.errors import (
    FileUnreadable,
)
from plangraph.write_errors import (
    ScopeMissing,
    TokenMissing,
)

Scope: TypeAlias = Literal["read", "submit", "curate"]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""Each of them includes those before it."""

DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
LEAST: Final = 16
"""A shorter token is not accepted: it could be guessed."""

SHOWN: Final = 8
"""How many letters of its digest name a token that was given no name."""


@dataclass(frozen=True)
class Token:
    """A token that is known here: by its digest, with the name that its writes carry."""

    digest: bytes
    name: str
    scopes: frozenset[Scope] = frozenset(SCOPES)

    def demand(self, scope: Scope) -> None:
        """Raises :class:`ScopeMissing` where the token does not allow that."""
        if scope not in self.scopes:
            held = ", ".join(name for name in SCOPES if name in self.scopes)
            raise ScopeMissing(f"this needs the scope {scope}; the token of {self.name} has {held}")


@dataclass(frozen=True)
class Access:
    """The tokens that allow to write; none means that nobody may."""

    tokens: tuple[Token, ...] = ()

    def check(self, authorization: str | None, scope: Scope = "curate") -> Token:
        """The token that an ``Authorization`` header carries.

        Raises :class:`TokenMissing` unless it is known, and :class:`ScopeMissing` where it allows less.
        """
        scheme, _, given = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            raise TokenMissing("a write needs the header Authorization: Bearer, with a token")
        digest = hashlib.sha256(given.strip().encode("utf-8", "surrogateescape")).digest()
        # All are compared, so that the time says nothing of which one came close.
        same = [hmac.compare_digest(digest, token.digest) for token in self.tokens]
        if True not in same:
            raise TokenMissing("the token is not known here")
        token = self.tokens[same.index(True)]
        token.demand(scope)
        return token


def read_access(path: str | None) -> Access:
    """The tokens of a file: one a line, as it is or as ``sha256:`` and its digest; ``#`` begins a comment.

    Behind it may stand ``name=`` and ``scopes=``; a token without scopes may do everything. Raises
    :class:`FileUnreadable`, with the line, for a file that cannot be read, a token of fewer than 16
    characters, one that stands twice, a name or scope that is none, and a file without any token, since
    whoever names one wants to write.
    """
    if path is None:
        return Access()
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path, f"the tokens cannot be read ({type(error).__name__})") from None
    tokens: dict[bytes, Token] = {}
    for number, line in enumerate(lines, start=1):
        if not (words := line.partition("#")[0].split()):
            continue
        try:
            token = read_token(words)
        except ValueError as error:
            raise FileUnreadable(path, str(error), line=number) from None
        if token.digest in tokens:
            raise FileUnreadable(path, "this token stands in the file already", line=number)
        tokens[token.digest] = token
    if not tokens:
        raise FileUnreadable(path, "there is no token in the file")
    return Access(tuple(tokens.values()))


def read_token(words: list[str]) -> Token:
    """The token of one line; raises ``ValueError`` with what is wrong with it."""
    first, *rest = words
    if known := DIGEST.fullmatch(first):
        digest = bytes.fromhex(known[1])
    elif len(first) < LEAST:
        raise ValueError(f"a token has at least {LEAST} characters and no space")
    else:
        digest = hashlib.sha256(first.encode()).digest()
    named = dict(read_members(rest))
    name = named.get("name", digest.hex()[:SHOWN])
    if not NAME.fullmatch(name):
        raise ValueError("a name has up to 64 letters, digits, and . _ @ - between them")
    return Token(digest, name, widen(named["scopes"].split(",")) if "scopes" in named else frozenset(SCOPES))


def read_members(words: list[str]) -> Iterator[tuple[str, str]]:
    """What stands behind a token; raises ``ValueError``."""
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or name not in ("name", "scopes"):
            raise ValueError(f"behind a token stands name= or scopes=, not {word!r:.80}")
        yield name, value


def widen(given: list[str]) -> frozenset[Scope]:
    """The scopes that are named and those they include; raises ``ValueError`` for one that is none."""
    unknown = [name for name in given if name not in SCOPES]
    if unknown:
        raise ValueError(f"the scopes are {', '.join(SCOPES)}, not {unknown[0]!r:.80}")
    most = max(SCOPES.index(scope) for scope in SCOPES if scope in given)
    return frozenset(SCOPES[: most + 1])
