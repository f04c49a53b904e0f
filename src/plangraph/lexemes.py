"""A text of SPARQL as the smallest pieces that its grammar knows: keywords, signs, names, variables, values.

It is read for people who have made a mistake in it, so that a broken piece, as a string without an end, is a
kind of its own. ``tokens`` reads an update for what it does, ``guard`` any text for what it may cost.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from plangraph.grammar import KEYWORDS
from plangraph.guard import locate

NAME: Final = r"\w.\-·\u0300-\u036f\u203f\u2040"
LAST: Final = NAME.replace(".", "", 1)
"""What may stand in a name, and what may end it."""

ESCAPED: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"
SPACE: Final = re.compile(r"(?:[ \t\r\n]++|\#[^\r\n]*+)*")
LEXEME: Final = re.compile(
    rf'''(?P<string>"""(?:[^"\\]++|\\.|"(?!""))*"""'''
    rf"""|\'\'\'(?:[^'\\]++|\\.|'(?!''))*\'\'\'"""
    rf"""|"(?!"")(?:[^"\\\n\r]++|\\[^\n\r])*"|'(?!\'\')(?:[^'\\\n\r]++|\\[^\n\r])*\')"""
    rf'''|(?P<unclosed>"""|\'\'\'|"|')'''
    r"|(?P<iri><(?:[^<>\"{}|^`\\\x00-\x20]++|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)"
    r"|(?P<variable>[?$]\w++)"
    r"|(?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*(?:--(?:ltr|rtl))?)"
    rf"|(?P<label>_:\w(?:[{NAME}]*[{LAST}])?)"
    rf"|(?P<prefix>(?:[^\W\d_](?:[{NAME}]*[{LAST}])?)?:)"
    rf"(?P<local>(?:[\w:]|{ESCAPED})(?:(?:[{NAME}:]|{ESCAPED})*(?:[{LAST}:]|{ESCAPED}))?)?"
    r"|(?P<number>(?:[0-9]++(?:\.[0-9]*)?|\.[0-9]++)[eE][+-]?[0-9]++|[0-9]*\.[0-9]++)"
    r"|(?P<integer>[0-9]++)"
    r"|(?P<signed>[+-](?:[0-9]++(?:\.[0-9]*[eE][+-]?[0-9]++|\.[0-9]++|[eE][+-]?[0-9]++)?"
    r"|\.[0-9]++(?:[eE][+-]?[0-9]++)?))"
    r"|(?P<nil>\([ \t\r\n]*+\))|(?P<anon>\[[ \t\r\n]*+\])"
    r"|(?P<word>[^\W\d]\w*+)"
    r"|(?P<sign><<\(|\)>>|<<|>>|\{\||\|\}|\^\^|&&|\|\||!=|<=|>=|[{}()\[\].,;<>=!+\-*/|^?~])"
    r"|(?P<other>.)",
    re.DOTALL,
)
EXACT: Final = ("a", "true", "false")
"""The words of the grammar that are written in small letters only."""


class Lexeme(NamedTuple):
    """A piece of the text: what the grammar calls it, and where it lies.

    ``kind`` is the keyword in capitals, or the sign, where it is one of the grammar, else the kind of the
    piece; ``end`` stands for the end of the text.
    """

    kind: str
    text: str
    start: int
    end: int


def read_lexeme(text: str, at: int) -> Lexeme:
    """The first piece from there on, behind spaces and comments."""
    space = SPACE.match(text, at)
    begin = space.end() if space else at
    found = LEXEME.match(text, begin)
    if found is None:
        return Lexeme("end", "", begin, begin)
    kind, said = found.lastgroup or "other", found[0]
    if kind in ("prefix", "local"):
        kind = "name" if kind == "local" else "prefix"
    elif kind == "word":
        kind = said if said in EXACT else said.upper() if said.upper() in KEYWORDS else "word"
    return Lexeme(said if kind == "sign" else kind, said, begin, found.end())


def halve(found: Lexeme) -> Lexeme:
    """What seemed to be an IRI or a signed number, as the sign that it begins with."""
    sign = "<=" if found.text.startswith("<=") else found.text[0]
    return Lexeme(sign, sign, found.start, found.start + len(sign))


def show_place(text: str, offset: int) -> str:
    """A place of the text in words."""
    line, column = locate(text, offset)
    return f"line {line}, column {column}"
