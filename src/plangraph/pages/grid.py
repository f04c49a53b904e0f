"""The matrix of a plan as people look at it: outlets gathered, columns cut, each cell in a few words.

Nothing is judged or counted here that :mod:`plangraph.matrix` does not judge and count: outlets are gathered
by giving the pages of a language or country one column before the matrix is assembled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from plangraph.matrix import Tables
from plangraph.pages.phrases import LANGUAGES, has_phrase, say
from plangraph.reported import Json, Row
from plangraph.terms import NS, split_thing

VIEWS: Final = {
    "outlets": "outlets",
    "languages": "outlets",
    "countries": "outlets",
    "origins": "outlets",
    "versions": "versions",
    "speakers": "speakers",
}
"""What can stand in the columns of a page, and which columns of the matrix that is made of."""

FILTER_OF: Final = {"outlets": "outlet", "versions": "version", "speakers": "speaker"}
"""The filter of claims that a column stands for; what is gathered has none."""

KEPT: Final = ("version", "slot")
"""The filters of a matrix that what its cells lead to takes as well."""

SORTS: Final = ("reported", "divergent", "name")
COLUMNS_SHOWN: Final = 12
WORDS_SHOWN: Final = 2
"""How many values a cell tells; the rest are counted."""

LATER: Final = ("bearer", "beneficiary", "recipient", "deonticForce", "pointNumber")
"""Slots that say who, how strictly and in which point; a cell tells first what, how much, where, how long."""

TELLING: Final = ("contradicts", "internal", "qualifies", "differs", "supersedes")


@dataclass(frozen=True)
class Cell:
    """One cell: how it stands to the others, what it says, how many pages say it, and where more is."""

    standing: str
    also: Sequence[str]
    values: Sequence[Json]
    more: int
    documents: int
    path: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class Line:
    """One row: the provision with its figures, and a cell or nothing for each column that is shown."""

    id: str
    label: dict[str, str]
    figures: Json
    kinds: Sequence[tuple[str, int]]
    """How many divergences of each kind there are between all its values, also those that no column shows."""
    cells: Sequence[Cell | None]


def gather(tables: Tables, view: str) -> tuple[Tables, str]:
    """The rows of a matrix whose columns are those of a view, and the axis that they are assembled by."""
    if view == "languages":
        return replace(tables, columns=[by_language(row) for row in tables.columns]), "outlets"
    if view == "countries":
        return replace(tables, columns=[by_country(row) for row in tables.columns]), "outlets"
    if view == "origins":
        return replace(tables, columns=list(by_origin(tables.reports))), "speakers"
    return tables, view


def by_language(row: Row) -> Row:
    """The row of a page in the column of its language."""
    tag = row.get("inLanguage", "und")
    return {**pick(row), "column": tag, **name_language(tag), "inLanguage": tag}


def name_language(tag: str) -> Row:
    """The name of a language as a row has names; one without a word in the interface is called by its tag."""
    key = f"language.{tag}"
    names = {language: say(language, key) if has_phrase(key) else tag for language in LANGUAGES}
    return {"label": names["en"], "labelUk": names["uk"]}


def by_country(row: Row) -> Row:
    """The row of a page in the column of its outlet's country."""
    nowhere = {"label": say("en", "country.unknown"), "labelUk": say("uk", "country.unknown")}
    if "place" not in row:
        return {**pick(row), "column": "unknown", **nowhere}
    return {**pick(row), "column": row["place"], "label": row.get("placeLabel", "")}


def pick(row: Row) -> dict[str, str]:
    """What a row says of a page alone."""
    return {name: row[name] for name in ("part", "document", "extent")}


def by_origin(reports: Iterable[Row]) -> Iterable[Row]:
    """A row for each attribution and each origin that its chains end in."""
    for row in reports:
        if "origin" in row:
            yield {
                "column": row["origin"],
                "part": row["attribution"],
                "document": row["document"],
                "extent": NS + "partial",  # silence of an origin means nothing, so nothing is read in full
                "label": row.get("originLabel", ""),
            }


def cut(columns: Sequence[Json], first: int, *, whole: bool) -> range:
    """The places of the columns that are shown."""
    return range(len(columns)) if whole else range(first, min(first + COLUMNS_SHOWN, len(columns)))


def lay_lines(matrix: Json, whole: Json, view: str, shown: range) -> list[Line]:
    """The rows with the cells of the columns shown; what is of a row itself is that of the whole matrix."""
    rows = {row["id"]: row for row in whole["items"]}
    return [lay_line(row, rows[row["id"]], matrix["columns"], view, shown) for row in matrix["items"]]


def lay_line(row: Json, whole: Json, columns: Sequence[Json], view: str, shown: range) -> Line:
    """One row; ``whole`` is the same row with all its values, which a matrix by speakers or origins lacks."""
    cells = {cell["column"]: cell for cell in row["cells"]}
    kinds = Counter(entry["kind"] for entry in whole["divergences"])
    return Line(
        id=row["id"],
        label=row["label"],
        figures={name: whole[name] for name in ("documents", "origins", "echoes", "undetermined")},
        kinds=[(kind, kinds[kind]) for kind in TELLING if kind in kinds],
        cells=[
            lay_cell(row, columns[place], cells[place], view) if place in cells else None for place in shown
        ],
    )


def lay_cell(row: Json, column: Json, cell: Json, view: str) -> Cell:
    """One cell: first the value that most pages report, of a contradiction also one that makes it."""
    standing, *also = cell["standing"]
    divergences = [row["divergences"][number] for number in cell["divergences"]]
    sharp = {place for entry in divergences if entry["kind"] == "contradicts" for place in entry["between"]}

    def rank(place: int) -> tuple[bool, int, int]:
        value = row["values"][place]
        return value["slot"] in LATER, -value["documents"], place

    places = sorted(cell["values"], key=rank)
    said = [[row["values"][place].get(name) for name in ("slot", "words", "denied")] for place in places]
    again = {place for number, place in enumerate(places) if said[number] in said[:number]}
    places.sort(key=again.__contains__)  # the same words hold under several conditions
    if standing == "contradicts" and not sharp & set(places[:WORDS_SHOWN]):
        told = next((place for place in places if place in sharp), places[0])
        places = [places[0], told, *(place for place in places[1:] if place != told)]
    path, parameters = find_more(row, column, cell, view)
    return Cell(
        standing=standing,
        also=also,
        values=[row["values"][place] for place in places[:WORDS_SHOWN]],
        more=max(len(places) - WORDS_SHOWN, 0),
        documents=len(cell["documents"]),
        path=path,
        parameters=parameters,
    )


def find_more(row: Json, column: Json, cell: Json, view: str) -> tuple[str, dict[str, str]]:
    """The page that tells all of a cell: its one claim, the claims it gathers, or the provision."""
    provision = name(row["id"])
    if len(cell["claims"]) == 1:
        return f"claims/{name(cell['claims'][0])}", {}
    thing = split_thing(column.get("id", ""))
    if view in FILTER_OF and thing and thing[0] in ("outlet", "version", "actor", "source"):
        kind = "outlet" if thing[0] == "outlet" else FILTER_OF[view]
        return "claims", {"provision": provision, kind: thing[1]}
    return f"provisions/{provision}", {}


def keep_given(given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What of the filters that are set holds for a list of claims or divergences as well."""
    return {name: given[name][0] for name in KEPT if len(given.get(name, ())) == 1}


def narrow(lines: Sequence[Line], given: Mapping[str, Sequence[str]]) -> list[Line]:
    """The rows with cells that lead to no more than what filters choose, where that can be asked for."""
    kept = keep_given(given)

    def lead(cell: Cell | None) -> Cell | None:
        if cell is None or cell.path.startswith("claims/"):
            return cell
        return replace(cell, parameters={**kept, **cell.parameters})

    return [replace(line, cells=[lead(cell) for cell in line.cells]) for line in lines]


def name(iri: str) -> str:
    """The slug of a thing."""
    return iri.rpartition("/")[2]


def sort_lines(lines: Sequence[Line], by: str, language: str) -> list[Line]:
    """The rows by how many pages report them, by how much they diverge, or by name."""

    def rank(line: Line) -> tuple[int, int, str]:
        label = line.label.get(language, line.label.get("en", line.id)).lower()
        contradictions = sum(count for kind, count in line.kinds if kind == "contradicts")
        if by == "divergent":
            return -contradictions, -sum(count for _, count in line.kinds), label
        return (0 if by == "name" else -line.figures["documents"]), 0, label

    return sorted(lines, key=rank)


def count_values(matrix: Json) -> dict[str, int]:
    """Figures of the whole matrix: its divergences by kind, its values, and those with one known origin."""
    values = [value for row in matrix["items"] for value in row["values"] if "denied" not in value]
    kinds = Counter(entry["kind"] for row in matrix["items"] for entry in row["divergences"])
    return {
        "divergences": sum(kinds.values()),
        "contradictions": kinds["contradicts"],
        "divergent": sum(1 for row in matrix["items"] if row["divergences"]),
        "provisions": sum(1 for row in matrix["items"] if row["cells"]),
        "values": len(values),
        "single": sum(1 for value in values if value["origins"] == 1 and not value["undetermined"]),
    }
