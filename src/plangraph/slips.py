"""A slip in SPARQL: how it shows where a text leaves the grammar, and what is said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from plangraph.grammar import GRAMMAR, KEYWORDS, begins
from plangraph.lexemes import show_place
from plangraph.stumbles import BRACKETS, Stumble

CLOSE: Final = 0.8
"""How alike a word and a keyword must be (``difflib``), so that the one is taken for the other."""

LONGEST: Final = 40
"""Of a longer piece the beginning is shown."""

FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
CLAUSES: Final = frozenset(
    (*FORMS, "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "FILTER", "BIND")
)
FUNCTIONS: Final = begins(GRAMMAR["Builtin"]) - {"NOT", "EXISTS"}
ELSEWHERE: Final = {
    "CEILING": "CEIL", "CHAR_LENGTH": "STRLEN", "ENDSWITH": "STRENDS", "IFNULL": "COALESCE",
    "LEN": "STRLEN", "LENGTH": "STRLEN", "LOWER": "LCASE", "MATCHES": "REGEX", "NVL": "COALESCE",
    "RANDOM": "RAND", "STARTSWITH": "STRSTARTS", "TODAY": "NOW", "TOLOWER": "LCASE", "TOUPPER": "UCASE",
    "UPPER": "UCASE",
}  # fmt: skip
"""Functions of other languages by the names that they have in this one."""

NAMES: Final = {"GROUP": "GROUP BY", "ORDER": "ORDER BY"}


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A slip: what is said of it, and how it shows, all of it where several things are given.

    ``kind`` are kinds of the piece there; ``found`` and ``last`` patterns of the text from the place on and
    of the piece before, which ``joined`` wants without a space between them. ``expects`` are kinds that could
    stand there, ``lacks`` those that could not. ``clause`` are words of which one began the clause,
    ``within`` brackets of which one is the innermost, or ``none``; ``call`` are words of which one stands
    before it, ``ready`` says that it could be closed there. ``near`` wants a keyword like the word there,
    ``named`` a variable of its name.
    """

    says: str
    kind: str = ""
    found: str = ""
    last: str = ""
    joined: bool = False
    expects: str = ""
    lacks: str = ""
    clause: str = ""
    within: str = ""
    call: str = ""
    ready: bool = False
    near: bool = False
    named: bool = False

    def fits(self, place: Stumble) -> bool:
        """Whether it is what went wrong there."""
        piece, last = place.found, place.last
        inner = place.open[-1].kind if place.open else "none"
        return (
            (not self.kind or piece.kind in self.kind.split())
            and place.expected.issuperset(self.expects.split())
            and place.expected.isdisjoint(self.lacks.split())
            and (not self.found or match(self.found, place.text, piece.start))
            and (not self.last or match(rf"(?:{self.last})\Z", last.text))
            and (not self.joined or last.end == piece.start)
            and (not self.clause or find_clause(place) in self.clause.split())
            and (not self.within or inner in self.within.split())
            and (not self.call or find_function(place) in self.call.split())
            and (not self.ready or BRACKETS.get(inner) in place.expected)
            and (not self.near or bool(find_near(place)))
            and (not self.named or re.search(rf"[?$]{re.escape(piece.text)}\b", place.text) is not None)
        )


def match(pattern: str, text: str, start: int = 0) -> bool:
    """Whether a pattern stands there; capitals and small letters are the same to it."""
    return re.compile(pattern, re.IGNORECASE | re.DOTALL).match(text, start) is not None


def find_clause(place: Stumble) -> str:
    """The keyword that began the clause within the same brackets."""
    return next((piece.kind for piece in reversed(place.level) if piece.kind in CLAUSES), "")


def find_function(place: Stumble) -> str:
    """The keyword before the innermost bracket that is open."""
    before = (piece for piece in reversed(place.before) if place.open and piece.start < place.open[-1].start)
    return next((piece.kind for piece in before), "")


def find_near(place: Stumble) -> str:
    """The keyword most like the word there, of those that could stand there."""
    words = sorted(place.expected & KEYWORDS)
    return next(iter(get_close_matches(place.found.text.upper(), words, 1, CLOSE)), "")


def cut(text: str) -> str:
    """A piece of the text as it can be shown in a line."""
    line = text.splitlines()[0] if text.splitlines() else text
    shown = "".join(
        name_letter(letter) if letter == "`" or not letter.isprintable() else letter
        for letter in line[:LONGEST]
    )
    return shown if line[:LONGEST] == text else f"{shown}..."


def name_letter(letter: str) -> str:
    """The number of a character, for one that cannot be seen."""
    return f"U+{ord(letter):04X}"


def fill(says: str, place: Stumble) -> str:
    """A sentence of the table with what stands in the text."""
    opened = place.open[-1] if place.open else None
    piece, clause = place.found, find_clause(place)
    opening = {closing: opening for opening, closing in BRACKETS.items()}
    return says.format(
        found=cut(piece.text),
        word=NAMES.get(piece.kind, piece.text.upper()),
        last=place.last.text.upper(),
        quote=place.last.text[:1],
        code=name_letter(piece.text[0]) if piece.text else "",
        open=opened.text if opened else "",
        where=show_place(place.text, opened.start) if opened else "",
        opening=opening.get(piece.text, ""),
        clause=NAMES.get(clause, clause),
        function=find_function(place),
        near=find_near(place),
        elsewhere=ELSEWHERE.get(piece.text.upper(), ""),
    )
