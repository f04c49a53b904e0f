"""Rows as bars, where they are one column of names and others of figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plangraph.pages.outcome import Cell, Outcome

BARS_SHOWN: Final = 100
WIDE: Final = 100.0
"""How wide the drawing is, in its own units."""


@dataclass(frozen=True)
class Bar:
    """One row: its name, its figure as the answer writes it, and where the bar begins and how long it is."""

    name: Cell
    figure: str
    begin: float
    length: float


@dataclass(frozen=True)
class Chart:
    """The bars of one column of figures; ``figures`` are all columns that can be drawn."""

    names: str
    column: str
    figures: Sequence[str]
    bars: Sequence[Bar]
    zero: float
    more: int


def list_figures(outcome: Outcome) -> list[str]:
    """The columns that can be drawn; none where there is not just one column that names the rows."""
    if outcome.kind != "rows" or len(outcome.rows) < 2:
        return []
    figures = [outcome.is_numeric(place) for place in range(len(outcome.columns))]
    if figures.count(False) != 1 or None in outcome.list_column(figures.index(False)):
        return []
    return [name for name, drawn in zip(outcome.columns, figures, strict=True) if drawn]


def draw_chart(outcome: Outcome, wanted: str) -> Chart | None:
    """The chart of a column, the first that can be drawn unless another is wanted; nothing where none can."""
    figures = list_figures(outcome)
    if not figures:
        return None
    column = wanted if wanted in figures else figures[0]
    place = outcome.columns.index(column)
    names = next(name for name in outcome.columns if name not in figures)
    named = outcome.list_column(outcome.columns.index(names))
    cells = list(zip(named, outcome.list_column(place), strict=True))
    held = [cell.figure for _, cell in cells if cell is not None and cell.figure is not None]
    low, high = min(0.0, *held), max(0.0, *held)
    scale = WIDE / (high - low) if high > low else 0.0
    bars = [draw_bar(name, cell, low, scale) for name, cell in cells[:BARS_SHOWN] if name is not None]
    return Chart(names, column, figures, bars, round(-low * scale, 2), outcome.total - len(bars))


def draw_bar(name: Cell, cell: Cell | None, low: float, scale: float) -> Bar:
    """The bar of one row; none is drawn where there is no figure."""
    if cell is None or cell.figure is None:
        return Bar(name, "", 0.0, 0.0)
    begin = (min(cell.figure, 0.0) - low) * scale
    return Bar(name, cell.text, round(begin, 2), round(abs(cell.figure) * scale, 2))
