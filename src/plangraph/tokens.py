"""An update text as tokens.

One place of the grammar needs care: whether ``<`` opens an IRI or compares depends on what stands around it,
and the two readings part at a ``#``, which then begins a comment. A text with such a place is unclear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from plangraph.guard import TOKEN

Sort: TypeAlias = Literal["iri", "name", "word", "variable", "mark", "other"]

SCAN: Final = re.compile(TOKEN.pattern + r"|(?P<mark>\{\||\|\}|[{}();.])", re.DOTALL)
SORTS: Final[dict[str | None, Sort]] = {"iri": "iri", "local": "name", "bare": "word", "mark": "mark"}


class Token(NamedTuple):
    """A piece of the text: what it is, and where it lies."""

    sort: Sort
    text: str
    start: int
    end: int

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords, or one of these marks."""
        return self.sort in ("word", "mark") and self.text.upper() in words


class Unclear(Exception):
    """The text can be read in two ways, or not by the narrow grammar; it may well be SPARQL."""


def scan(text: str) -> Iterator[Token]:
    """The tokens of a text, without comments; raises :class:`Unclear` where ``<`` reads in two ways."""
    parens = 0
    for found in SCAN.finditer(text):
        token, first = found[0], found[0][0]
        if first == "#":
            continue
        sort = SORTS.get(found.lastgroup, "variable" if first in "?$" else "other")
        parens += (first == "(") - (first == ")")
        if (
            sort == "iri"
            and (parens > 0 or text[found.start() - 1 : found.start()] == "<")
            and "#" in token
            and "//" not in token.partition("#")[0]
        ):
            raise Unclear("an IRI, or less-than and a comment")
        yield Token(sort, token, found.start(), found.end())
