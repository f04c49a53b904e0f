"""What the parser said of a query that is none, in words and with a place that help to mend it."""

from __future__ import annotations

import re
from typing import Final

from plangraph.errors import PlangraphError, QueryRefused, QuerySyntaxWrong
from plangraph.guard import outline

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
    place = PLACE.match(message)
    line, column = (int(place[1]), int(place[2])) if place else (None, None)
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
    detail = tidy(PLACE.sub("", message))
    if text and detail == UNDECLARED and line is not None and column is not None:
        name = PREFIX_BEFORE.search(text.splitlines()[line - 1][: column - 1])
        detail = f"the prefix {name[1]}: is not declared" if name else detail
    return QuerySyntaxWrong(detail, line=line, column=column)


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
