"""What the parser said of a query that is none, in words and with a place that help to mend it."""

from __future__ import annotations

import re
from typing import Final

from plangraph.errors import (
    PlangraphError,
    QueryRefused,
    QuerySyntaxWrong,
)
from plangraph.guard import DECLARED, TOKEN, locate, outline
from plangraph.terms import PREFIXES
from plangraph.write_errors import (
    UpdateRefused,
)

PLACE: Final = re.compile(r"^error at (\d+):(\d+): ")
MESSAGE_LETTERS: Final = 400
"""The parser lists all it would have taken; the beginning of the list is enough."""
CHARACTERS: Final = re.compile(r"(?:,\s*)?\[(?:[^\]']|'(?:\\[^']+|.)')*\]")
LISTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|[^\s,][^,]*')
FIRST_WORD: Final = re.compile(r"(?:\s|PREFIX\b|BASE\b|<[^>]*>)*([A-Za-z]+)", re.IGNORECASE)
"""The first word of a text after its prologue, in the outline of the guard, where names are blanked."""
FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
FORMS_NAMED: Final = "SELECT, ASK, CONSTRUCT or DESCRIBE"
UPDATES: Final = frozenset(
    ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH")
)
UNDECLARED: Final = "Prefix not found"
PREFIX_BEFORE: Final = re.compile(r"([\w.-]*):[^\s:]*$")
SENTENCE: Final = re.compile(r"[A-Z][a-z]+ \w|IRI \w")


def explain(error: SyntaxError, text: str = "") -> PlangraphError:
    """What the parser said of a text, with line and column (from 1) where it named them.

    Where the text does not even begin as a query, that is said instead: the parser would only list what it
    tried last.
    """
    message = str(error)
    line, column = find_place(message)
    begin = FIRST_WORD.match(outline(text))
    if begin and begin[1].upper() not in FORMS:
        before = text[: begin.start(1)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        if begin[1].upper() in UPDATES:
            return QueryRefused(
                f"{begin[1]} begins an update; here only queries are answered", line=line, column=column
            )
        return QuerySyntaxWrong(
            f"a query begins with {FORMS_NAMED}, not {begin[1]}", line=line, column=column
        )
    return QuerySyntaxWrong(tell(message, text, line, column), line=line, column=column)


def explain_update(error: SyntaxError, text: str) -> PlangraphError:
    """What the parser said of an update, as :func:`explain` tells it of a query."""
    begin = FIRST_WORD.match(outline(text))
    message = str(error)
    line, column = find_place(message)
    if begin and begin[1].upper() in FORMS:
        line, column = locate(text, begin.start(1))
        return UpdateRefused(
            f"{begin[1]} begins a query; here only updates are done", line=line, column=column, rule="syntax"
        )
    if name := find_undeclared(text):
        line, column = locate(text, name.start())
        return QuerySyntaxWrong(f"the prefix {name['word'] or ''}: is not declared", line=line, column=column)
    return QuerySyntaxWrong(tell(message, text, line, column), line=line, column=column)


def find_undeclared(text: str) -> re.Match[str] | None:
    """The first name with a prefix that nothing declares."""
    known = {*PREFIXES, *DECLARED.findall(text), "_"}
    names = (token for token in TOKEN.finditer(text) if token.lastgroup == "local")
    return next((name for name in names if (name["word"] or "") not in known), None)


def find_place(message: str) -> tuple[int | None, int | None]:
    """Line and column that the parser names, if it does."""
    place = PLACE.match(message)
    return (int(place[1]), int(place[2])) if place else (None, None)


def tell(message: str, text: str, line: int | None, column: int | None) -> str:
    """The parser's message for people; where it misses a prefix, which one."""
    detail = tidy(PLACE.sub("", message))
    if text and detail == UNDECLARED and line is not None and column is not None:
        name = PREFIX_BEFORE.search(text.splitlines()[line - 1][: column - 1])
        return f"the prefix {name[1]}: is not declared" if name else detail
    return detail


def tidy(message: str) -> str:
    """The parser's message for people: without classes of characters, a sentence in it before any list.

    The parser lists all it would have taken; where a rule was broken, the rule stands in the list too.
    """
    shown = CHARACTERS.sub("", " ".join(message.split()))
    listed = shown.removeprefix("expected one of ").removeprefix("expected").strip()
    if sentences := [item for item in LISTED.findall(listed) if SENTENCE.match(item)]:
        return "; ".join(sentences)
    if not listed:
        return "this is not what SPARQL allows here"
    return shown if len(shown) <= MESSAGE_LETTERS else shown[:MESSAGE_LETTERS] + " ..."
