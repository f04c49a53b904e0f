"""What is wrong with a text that the engine refuses: in words, at its place.

The engine's parser decides what is SPARQL; here it is only told. The text is read once more, by the grammar,
by its prefixes and by its variables, and what is found first tells. Where nothing is, the parser's own
sentence is taken, if it said one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from plangraph.declared import find_undeclared
from plangraph.errors import PlangraphError, QueryRefused, QuerySyntaxWrong
from plangraph.guard import locate
from plangraph.lexemes import Lexeme
from plangraph.remarks import Fault, tell_stumble
from plangraph.scope import find_broken_rule
from plangraph.slips import FORMS, cut
from plangraph.stumbles import Begin, Stumble, find_stumble
from plangraph.terms import PREFIXES
from plangraph.write_errors import UpdateRefused

PLACE: Final = re.compile(r"^error at (\d+):(\d+): ")
CHARACTERS: Final = re.compile(r"(?:,\s*)?\[(?:[^\]']|'(?:\\[^']+|.)')*\]")
LISTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|[^\s,][^,]*')
SENTENCE: Final = re.compile(r"(?:[A-Z]?[a-z]+|IRI|\\u) \w")
LETTERS: Final = 160
"""A sentence of the parser is cut after so many."""

UPDATES: Final = frozenset(
    ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH")
)
KNOWN: Final = frozenset(PREFIXES)
ESCAPE: Final = re.compile(r"""\\(?:[tbnrf"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|())""")
ESCAPES: Final = "in a quoted text `\\` stands only before t, b, n, r, f, u, a quote or another `\\`"
UNTOLD: Final = "what stands before this breaks a rule of SPARQL that is not told more closely"
SHARED: Final = "`{}` stands in another part of the pattern too; parts share variables, not blank nodes"
AT_ONCE: Final = "{} wants its bracket at once, without a space before it"
UNKNOWN: Final = "the function `{}` is not known here"
TIGHT: Final = ("BNODE", "COALESCE", "CONCAT")
SENTENCES: Final = {
    "IRI parsing failed": ("iri", "`{}` is no IRI"),
    "language tag parsing failed": ("language", "`{}` is no language tag"),
    "hexadecimal digits": ("string iri", "`{}` holds the number of no letter after its `\\`"),
    "non negative integer": ("integer", "`{}` is larger than any number that is taken here"),
}
"""What the parser says of a kind of piece, and what is said of it here."""

NOTHING: Final = Lexeme("", "", 0, 0)
UNSAID: Final = "<unreported>"
FUNCTION: Final = re.compile(r"The custom function <(.*)> is not supported")


def explain(error: SyntaxError, text: str) -> PlangraphError:
    """What is wrong with a query, with line and column (from 1)."""
    stumble, pieces = find_stumble(text, "Query")
    if stumble is not None and "ASK" in stumble.expected and stumble.found.kind in UPDATES:
        line, column = locate(text, stumble.found.start)
        return QueryRefused(
            f"{stumble.found.kind} begins an update; here only queries are answered", line=line, column=column
        )
    return write_error(text, find_fault(str(error), text, stumble, pieces))


def explain_update(error: SyntaxError, text: str) -> PlangraphError:
    """What is wrong with an update, as :func:`explain` tells it of a query."""
    stumble, pieces = find_stumble(text, "Updates")
    if stumble is not None and "LOAD" in stumble.expected and stumble.found.kind in FORMS:
        line, column = locate(text, stumble.found.start)
        return UpdateRefused(
            f"{stumble.found.kind} begins a query; here only updates are done",
            line=line, column=column, rule="syntax",
        )  # fmt: skip
    return write_error(text, find_fault(str(error), text, stumble, pieces))


def explain_refusal(error: RuntimeError, text: str, cause: type[PlangraphError]) -> PlangraphError:
    """What the engine does not do of a text that keeps all rules: mostly a function that it does not know."""
    named = FUNCTION.fullmatch(str(error))
    if named is None:
        return cause(str(error), rule="evaluation")
    begin: Begin = "Query" if cause is QueryRefused else "Updates"
    for piece in find_calls(find_stumble(text, begin)[1], named[1]):
        line, column = locate(text, piece.start)
        return cause(UNKNOWN.format(cut(piece.text)), line=line, column=column, rule="evaluation")
    return cause(UNKNOWN.format(cut(f"<{named[1]}>")), rule="evaluation")


def write_error(text: str, fault: Fault) -> QuerySyntaxWrong:
    """The error of a fault."""
    line, column = locate(text, fault.offset)
    return QuerySyntaxWrong(fault.says, line=line, column=column)


def find_fault(message: str, text: str, stumble: Stumble | None, pieces: Sequence[Lexeme]) -> Fault:
    """The first fault of the text, else what the parser's message says."""
    told = tell_stumble(stumble) if stumble is not None else None
    found = [find_undeclared(text, pieces, KNOWN), find_escape(pieces), told]
    if first := min(filter(None, found), default=None):
        return first
    return find_broken_rule(pieces) or find_gap(pieces) or read_message(message, text, pieces)


def find_escape(pieces: Sequence[Lexeme]) -> Fault | None:
    """The first ``\\`` in a quoted text that stands before nothing it could stand before."""
    for piece in pieces:
        if piece.kind == "string":
            for found in ESCAPE.finditer(piece.text):
                if found[1] is not None:
                    return Fault(piece.start + found.start(), ESCAPES)
    return None


def find_gap(pieces: Sequence[Lexeme]) -> Fault | None:
    """A space that SPARQL allows and the engine does not, before the bracket of some functions."""
    for word, bracket in pairwise(pieces):
        if word.kind in TIGHT and bracket.kind in ("(", "nil") and bracket.start > word.end:
            return Fault(bracket.start, AT_ONCE.format(word.kind))
    return None


def find_calls(pieces: Sequence[Lexeme], iri: str) -> Iterator[Lexeme]:
    """The places where the function of that name is called."""
    declared = {**PREFIXES}
    for before, piece, after in zip(pieces, pieces[1:], pieces[2:], strict=False):
        if before.kind == "PREFIX":
            declared[piece.text[:-1]] = after.text[1:-1]
        prefix, _, local = piece.text.partition(":")
        named = piece.text[1:-1] if piece.kind == "iri" else declared.get(prefix, "") + local
        if after.kind in ("(", "nil") and named == iri:
            yield piece


def read_message(message: str, text: str, pieces: Sequence[Lexeme]) -> Fault:
    """What the parser says where nothing else is known: its sentence, of the piece that it has come to."""
    place = PLACE.match(message)
    offset = find_offset(text, int(place[1]), int(place[2])) if place else 0
    if label := find_shared(message, offset, pieces):
        return Fault(label.start, SHARED.format(cut(label.text)))
    piece = max((one for one in pieces if one.start < offset), default=NOTHING, key=find_start)
    said = find_sentence(PLACE.sub("", message))
    for part, (kinds, told) in SENTENCES.items():
        if part in said:
            return (
                Fault(piece.start, told.format(cut(piece.text)))
                if piece.kind in kinds.split()
                else Fault(offset, UNTOLD)
            )
    return Fault(offset, said[:LETTERS] or UNTOLD)


def find_shared(message: str, offset: int, pieces: Sequence[Lexeme]) -> Lexeme | None:
    """The label of a blank node that the parser has met before; it says which, or only where."""
    parts = dict[str, int]()
    part = 0
    for piece in pieces:
        part += piece.kind in ("{", "}")
        if piece.kind != "label" or parts.setdefault(piece.text, part) == part:
            continue
        if f" {piece.text} " in message or (UNSAID in message and piece.start < offset):
            return piece
    return None


def find_start(piece: Lexeme) -> int:
    """Where a piece begins."""
    return piece.start


def find_offset(text: str, line: int, column: int) -> int:
    """The place of a line and a column, both from 1."""
    lines = text.split("\n")
    return sum(len(one) + 1 for one in lines[: line - 1]) + column - 1


def find_sentence(message: str) -> str:
    """The sentence among what the parser would have taken: a rule that was broken is listed there."""
    listed = CHARACTERS.sub("", " ".join(message.split()))
    listed = listed.removeprefix("expected one of ").removeprefix("expected").strip()
    return next((item for item in LISTED.findall(listed) if SENTENCE.match(item)), "")
