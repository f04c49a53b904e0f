"""What a query gave, as people look at it: the first rows with their total, a truth value, or Turtle.

It is read from the bytes that a worker wrote; only what is shown is parsed, whatever the size of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, QueryResultsFormat, QuerySolutions, parse_query_results

from plangraph.evaluation import Answer, Kind
from plangraph.formats import TSV, TURTLE
from plangraph.terms import VOCABULARIES, Term, shorten

ACCEPTED: Final = f"{TSV.media_type}, {TURTLE.media_type}"
"""What :func:`read_outcome` reads: of these TSV has one line a row, so that rows can be counted and cut."""

ROWS_SHOWN: Final = 1_000
TEXT_BYTES_SHOWN: Final = 100_000

XSD: Final = VOCABULARIES["xsd"]
FIGURES: Final = frozenset(
    XSD + name
    for name in ("integer", "decimal", "double", "float", "int", "long", "short", "nonNegativeInteger")
)
PLAIN: Final = frozenset((*FIGURES, XSD + "string", XSD + "boolean", XSD + "date", XSD + "dateTime"))
"""Datatypes that a reader sees from the value."""


@dataclass(frozen=True)
class Cell:
    """One value: what is shown of it, its IRI if it is a thing, its language or datatype, its figure."""

    text: str
    iri: str = ""
    note: str = ""
    figure: float | None = None


@dataclass(frozen=True)
class Outcome:
    """The answer to a query. ``total`` counts the rows, or the bytes of a text, of the whole answer."""

    kind: Kind
    total: int = 0
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell | None]] = ()
    truth: bool = False
    text: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether there is more than is shown."""
        shown = len(self.rows) if self.kind == "rows" else len(self.text.encode())
        return self.kind != "boolean" and shown < self.total

    def list_column(self, place: int) -> list[Cell | None]:
        """The values of a column, row by row."""
        return [row[place] for row in self.rows]

    def is_numeric(self, place: int) -> bool:
        """Whether a column holds figures and nothing else."""
        held = [cell for cell in self.list_column(place) if cell is not None]
        return bool(held) and all(cell.figure is not None for cell in held)


def read_outcome(answer: Answer) -> Outcome:
    """The outcome of an answer that was asked for as ``ACCEPTED``."""
    if answer.kind == "graph":
        return read_text(answer.body)
    if answer.kind == "boolean":
        return Outcome("boolean", truth=answer.body.strip() == b"true")
    return read_rows(answer.body)


def read_text(body: bytes) -> Outcome:
    """Turtle, cut at the end of a line."""
    shown = body
    if len(body) > TEXT_BYTES_SHOWN:
        shown = body[: body.rfind(b"\n", 0, TEXT_BYTES_SHOWN) + 1]
    return Outcome("graph", total=len(body), text=shown.decode())


def read_rows(body: bytes) -> Outcome:
    """The first rows of a table in TSV, which has its names in the first line."""
    lines = body.split(b"\n", ROWS_SHOWN + 1)
    rest = lines.pop() if len(lines) > ROWS_SHOWN + 1 else b""
    solutions = parse_query_results(b"\n".join(lines).removesuffix(b"\n") + b"\n", QueryResultsFormat.TSV)
    assert isinstance(solutions, QuerySolutions)  # noqa: S101 - the kind of the answer says so
    columns = [variable.value for variable in solutions.variables]
    rows = [[None if value is None else write_cell(value) for value in solution] for solution in solutions]
    return Outcome("rows", total=len(rows) + rest.count(b"\n"), columns=columns, rows=rows)


def write_cell(value: Term) -> Cell:
    """One value."""
    if isinstance(value, NamedNode):
        return Cell(shorten(value.value) or value.value, iri=value.value)
    if isinstance(value, BlankNode):
        return Cell(f"_:{value.value}")
    if not isinstance(value, Literal):
        return Cell(str(value))
    if value.language:
        return Cell(value.value, note=value.language)
    datatype = value.datatype.value
    note = "" if datatype in PLAIN else shorten(datatype) or datatype
    return Cell(value.value, note=note, figure=read_figure(value.value) if datatype in FIGURES else None)


def read_figure(text: str) -> float | None:
    """The figure that a text writes; nothing for what is none, or none that can be drawn."""
    try:
        figure = float(text)
    except ValueError:
        return None
    return figure if math.isfinite(figure) else None
