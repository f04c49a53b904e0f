"""A stumble in words: the slip that it is, else what stands there and, where that is little, what could."""

from __future__ import annotations

from typing import Final, NamedTuple

from plangraph.mistakes import find_mistake
from plangraph.slips import cut, find_near
from plangraph.stumbles import Stumble

MOST_NAMED: Final = 3
"""How many pieces that could stand in a place are named; of more, none is."""

BEGINNINGS: Final = {
    "ASK": "a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE",
    "LOAD": "an update begins with INSERT, DELETE or another word for a change",
}
"""What is said at the beginning, by a keyword that could stand only there."""

KINDS: Final = {
    "variable": "a variable",
    "iri": "an IRI",
    "name": "an IRI",
    "prefix": "an IRI",
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "signed": "a number",
    "true": "a truth value",
    "false": "a truth value",
    "label": "a blank node",
    "anon": "a blank node",
    "language": "a language tag",
    "nil": "`(`",
    "end": "the end of the text",
}
"""Kinds of pieces in words; the others are keywords and signs, which stand for themselves."""


class Fault(NamedTuple):
    """What is wrong, and the place in the text where it shows."""

    offset: int
    says: str


def tell_stumble(place: Stumble) -> Fault:
    """What is wrong there. The end of the text is told behind its last piece."""
    piece = place.found
    offset = place.last.end if piece.kind == "end" else piece.start
    return Fault(offset, find_mistake(place) or tell_beginning(place) or tell_plainly(place))


def tell_beginning(place: Stumble) -> str:
    """What is said where the query or the update should begin."""
    begins = next((says for word, says in BEGINNINGS.items() if word in place.expected), "")
    if not begins or place.found.kind == "end":
        return ""
    near = find_near(place)
    return f"{begins}, not `{cut(place.found.text)}`" + (f"; is {near} meant?" if near else "")


def tell_plainly(place: Stumble) -> str:
    """What stands there, and what could."""
    piece = place.found
    what = "the text ends too early" if piece.kind == "end" else f"`{cut(piece.text)}` is not expected here"
    named = name_expected(place.expected)
    return f"{what}; expected: {named}" if named else what


def name_expected(expected: frozenset[str]) -> str:
    """What could stand there, in words; nothing where it is more than a person would read."""
    words = sorted({name_kind(kind, expected) for kind in expected})
    if len(words) > MOST_NAMED:
        return ""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def name_kind(kind: str, expected: frozenset[str]) -> str:
    """A kind in words, as it stands among others: of all numbers, whole ones are only some."""
    if kind == "integer" and "number" in expected:
        return KINDS["number"]
    return KINDS.get(kind) or (kind if kind.isupper() else f"`{kind}`")
