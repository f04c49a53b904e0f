"""The place in a text that a fault names: its line with those around it, and a mark below the very column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BEFORE: Final = 2
AFTER: Final = 1
WIDEST: Final = 160
"""Of a longer line the part around the column is shown."""

CUT: Final = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True)
class Line:
    """A line of the text by its number, and what stands below it to mark a column."""

    number: int
    text: str
    mark: str = ""


def quote_place(text: str, line: int, column: int | None) -> Sequence[Line]:
    """The line, counted from 1, with those around it; nothing where the text has no such line."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return []
    first, last = max(line - BEFORE, 1), min(line + AFTER, len(lines))
    return [
        quote_line(number, lines[number - 1], column if number == line else None)
        for number in range(first, last + 1)
    ]


def quote_line(number: int, text: str, column: int | None) -> Line:
    """One line; a tab stays one above and below, so that the mark stands where it should."""
    place = 0 if column is None else min(max(column - 1, 0), len(text))
    begin = max(0, min(place - WIDEST // 2, len(text) - WIDEST))
    shown = text[begin : begin + WIDEST]
    head = CUT if begin else ""
    tail = CUT if begin + WIDEST < len(text) else ""
    before = "".join("\t" if letter == "\t" else " " for letter in text[begin:place])
    mark = "" if column is None else f"{' ' * len(head)}{before}^"
    return Line(number, f"{head}{shown}{tail}", mark)
