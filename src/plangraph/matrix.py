"""A matrix of provisions against outlets, speakers or versions, from the rows of the queries ``matrix-*``.

Nothing is judged here. How a cell stands to the others is read off the computed graph: the divergences
between reported values, and the numbers of origins behind them. That a cell is not there is never a denial:
where a page of the column was read in full it is not reported, else it is only not shown in what was read.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from plangraph.reported import (
    Json,
    Report,
    Row,
    Value,
    count_ends,
    list_sources,
    read_label,
    read_reports,
    read_values,
    write_value,
)
from plangraph.terms import pg

AXES: Final = {"outlets": "document", "speakers": "attribution", "versions": "claim"}
"""What can stand in the columns, and by what of a report it is found which column that belongs to."""

STANDINGS: Final = (
    "denies", "contradicts", "internal", "qualifies", "differs", "supersedes", "agrees", "onlyOrigin",
    "undetermined", "reported",
)  # fmt: skip
"""How a cell can stand to the others, the most telling first; ``docs/comparison.md`` says what each means."""

NOT_REPORTED, NOT_SHOWN = "notReported", "notShown"
"""What it means that a column has no cell: read in full, or only in part."""

UNNAMED: Final = {"en": "no version stated", "uk": "версію не названо"}
"""The column of what no page gives a version; it has no IRI."""

COLUMNS: Final = (
    "provision", "provisionLabel", "column", "columnLabel", "standing", "slot", "value", "words", "report",
    "under", "divergences", "claims", "documents", "origins", "echoes", "undetermined",
)  # fmt: skip
"""The columns of the matrix as a table of values, a row for each value of a cell."""


@dataclass(frozen=True)
class Tables:
    """The rows of all queries of one matrix, of one revision."""

    provisions: Sequence[Row]
    columns: Sequence[Row]
    reports: Sequence[Row]
    values: Sequence[Row]
    claims: Sequence[Row]
    divergences: Sequence[Row]


@dataclass(eq=False)
class Column:
    """One outlet, speaker or version, with the parts of reports that belong to it, and its pages."""

    id: str | None
    about: Json
    parts: set[str] = field(default_factory=set)
    documents: dict[str, bool] = field(default_factory=dict)
    """The pages, each with whether it was read in full."""
    cells: int = 0


def assemble(tables: Tables, axis: str) -> Json:
    """The matrix as a JSON tree: ``columns``, ``items`` (the rows) and ``names`` of everything that it names.

    Inside a row, values, divergences and columns are named by their place in the lists of the row and of the
    matrix. The work grows with the reports and the values.
    """
    columns = read_columns(tables.columns)
    of_part: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        for part in column.parts:
            of_part[part].append(column)
    names: dict[str, str] = {}
    reports = read_reports(tables.reports, names)
    values = read_values(tables.values, tables.claims, tables.divergences, names)
    rows = []
    for provision in tables.provisions:
        iri = provision["provision"]
        cells: dict[Column, list[Report]] = {}
        for report in reports.get(iri, ()):
            for column in of_part.get(getattr(report, AXES[axis]), ()):
                cells.setdefault(column, []).append(report)
        rows.append((provision, reports.get(iri, []), cells))
        for column in cells:
            column.cells += 1
    kept = [column for column in columns if column.id is not None or column.cells]
    kept.sort(key=lambda column: (-column.cells, column.about["label"].get("en", ""), column.id or ""))
    places = {column: place for place, column in enumerate(kept)}
    return {
        "axis": axis,
        "columns": [write_column(column) for column in kept],
        "items": [
            write_row(provision, of_row, cells, values.get(provision["provision"], []), places)
            for provision, of_row, cells in rows
        ],
        "names": dict(sorted(names.items())),
    }


def read_columns(rows: Iterable[Row]) -> list[Column]:
    """The columns, each once, in the order of the rows."""
    found: dict[str | None, Column] = {}
    for row in rows:
        iri = row.get("column")
        column = found.get(iri)
        if column is None:
            column = found[iri] = Column(iri, {"label": dict(UNNAMED) if iri is None else read_label(row)})
        column.parts.add(row["part"])
        column.documents[row["document"]] = row["extent"] == pg("full").value
        if "place" in row:
            column.about["country"] = {"id": row["place"], "label": row.get("placeLabel", "")}
        if "class" in row:
            column.about["kind"] = row["class"].rpartition("/")[2].rpartition("#")[2]
        if "inLanguage" in row:
            column.about.setdefault("languages", set()).add(row["inLanguage"])
    return list(found.values())


def write_column(column: Column) -> Json:
    """A column, with what it means that it has no cell in a row."""
    languages = column.about.get("languages", ())
    in_full = sum(column.documents.values())
    return {
        **({"id": column.id} if column.id else {}),
        **column.about,
        "languages": sorted(languages),
        "documents": len(column.documents),
        "readInFull": in_full,
        "cells": column.cells,
        "absent": NOT_REPORTED if in_full else NOT_SHOWN,
    }


def write_row(
    provision: Row,
    reports: Sequence[Report],
    cells: Mapping[Column, Sequence[Report]],
    values: Sequence[Value],
    places: Mapping[Column, int],
) -> Json:
    """A row: the values that its cells show, the divergences between these, and the cells."""
    shown_claims = {report.claim for of_cell in cells.values() for report in of_cell}
    shown = [value for value in values if value.claims & shown_claims]
    place_of = {value: place for place, value in enumerate(shown)}
    divergences: dict[str, Json] = {}
    for value in shown:
        for divergence, other in value.divergences:
            if other in place_of and divergence["id"] not in divergences:
                between = sorted((place_of[value], place_of[other]))
                divergences[divergence["id"]] = {**divergence, "between": between}
    listed = [divergences[iri] for iri in sorted(divergences)]
    divergence_at = {divergence["id"]: place for place, divergence in enumerate(listed)}
    claims_of = {column: {report.claim for report in of_cell} for column, of_cell in cells.items()}
    values_of = {
        column: [value for value in shown if value.claims & claims] for column, claims in claims_of.items()
    }
    spread = Counter(value for of_cell in values_of.values() for value in of_cell)
    return {
        "id": provision["provision"],
        "label": read_label(provision),
        **({"onTopic": [{"id": provision["topic"]}]} if "topic" in provision else {}),
        **count_ends(reports),
        "sources": list_sources(reports),
        "values": [write_value(value, reports) for value in shown],
        "divergences": listed,
        "cells": [
            {"column": places[column]}
            | stand(values_of[column], place_of, spread, divergence_at)
            | write_cell(of_cell)
            for column, of_cell in sorted(cells.items(), key=lambda entry: places[entry[0]])
        ],
    }


def write_cell(reports: Sequence[Report]) -> Json:
    """What stands behind a cell; ``denials`` are those of its claims that a page denies."""
    counted = count_ends(reports)
    return {
        "claims": sorted({report.claim for report in reports}),
        "denials": sorted({report.claim for report in reports if report.denies}),
        "documents": sorted({report.document for report in reports}),
        "origins": sorted({origin for report in reports if not report.denies for origin in report.origins}),
        "echoes": counted["echoes"],
        "undetermined": counted["undetermined"],
    }


def stand(
    values: Sequence[Value],
    place_of: Mapping[Value, int],
    spread: Mapping[Value, int],
    divergence_at: Mapping[str, int],
) -> Json:
    """How a cell with these values stands to the others, and by which divergences."""
    found: set[str] = set()
    divergences: set[int] = set()
    for value in values:
        found.add(stand_alone(value, spread[value]))
        for divergence, other in value.divergences:
            if other in place_of:
                found.add(divergence["kind"])
                divergences.add(divergence_at[divergence["id"]])
    if len(found) > 1:
        found.discard("reported")
    return {
        "standing": [kind for kind in STANDINGS if kind in found] or ["reported"],
        "values": [place_of[value] for value in values],
        "divergences": sorted(divergences),
    }


def stand_alone(value: Value, columns: int) -> str:
    """How a value stands by itself: denied, on one origin, or on several that other columns give too."""
    known, unknown = value.shown["origins"], value.shown["undetermined"]
    if value.negative or value.denying:
        return "denies"
    if known > 1:
        return "agrees" if columns > 1 else "reported"
    return "undetermined" if unknown else "onlyOrigin"


def list_cells(matrix: Json) -> Iterator[tuple[Json, Json, Json]]:
    """Every cell with its row and its column."""
    for row in matrix["items"]:
        for cell in row["cells"]:
            yield row, matrix["columns"][cell["column"]], cell


def write_table(matrix: Json) -> bytes:
    """The matrix as CSV: a row for each value of a cell, and one for a cell whose claims fill no slot.

    A field that holds several things separates them by a space. Cells that are not there have no row.
    """
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for row, column, cell in list_cells(matrix):
        place = (row["id"], row["label"].get("en", ""), column.get("id", ""), column["label"].get("en", ""))
        behind = tuple(" ".join(cell[name]) for name in ("claims", "documents", "origins"))
        for value in [row["values"][found] for found in cell["values"]] or [None]:
            rows.writerow(
                (
                    *place,
                    " ".join(cell["standing"]),
                    *describe_value(value, row),
                    *behind,
                    cell["echoes"],
                    cell["undetermined"],
                )
            )
    return stream.getvalue().encode()


def describe_value(value: Json | None, row: Json) -> tuple[str, ...]:
    """A value in the columns from ``slot`` to ``divergences``; without one they are empty."""
    if value is None:
        return ("",) * 6
    place = row["values"].index(value)
    divergences = [entry["id"] for entry in row["divergences"] if place in entry["between"]]
    under = [thing for things in value["under"].values() for thing in things]
    report = "denies" if "denied" in value else "asserts"
    return (value["slot"], value["id"], value["words"], report, " ".join(under), " ".join(divergences))
