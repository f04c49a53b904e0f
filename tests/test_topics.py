"""The divergences that the corpus was gathered to show, found again in the data set.

The table is ``topics.json``; ``docs/divergences.md`` is the same table for readers. A row shows by a computed
divergence, by claims (stances and changes among them) that one lookup finds side by side, or not at all, with
the reason why.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode

from plangraph.index import Index, Subject, Term
from plangraph.terms import PREFIXES, graph, pg
from services import read_packaged

Row = dict[str, Any]

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "divergences.md"
POINTS: list[Row] = json.loads((HERE / "topics.json").read_text(encoding="utf-8"))["points"]
ROWS = [(point["number"], row) for point in POINTS for row in point["rows"]]
FRAME = {"about", "onTopic", "inVersion", "toVersion", "fromVersion", "heldBy", "onSlot"}
"""What says where a statement stands, not what it says."""
LEGEND = """\
# Divergences worth showing

What the reports of this data set disagree about, and how the data set shows it. The table is
`tests/topics.json`; a test finds every row in the data set, and holds this page to the table.

A row shows in one of three ways:

- **a computed divergence**: its kind and slot are given (`pg:Divergence`; `model.md` says when which kind);
- **claims side by side**: statements that one query finds, but that stand under different keys (another
  version, provision, option or holder), or that only one page makes, or whose reading is in doubt;
- **not shown**: with the reason.

Reports are named by the slug of their document.
`{encoded}` is the page that was encoded by hand.
"""
ENCODED = "2025-11-20-rbc-ukraine-plan-pressure"


@cache
def data() -> Index:
    return Index(read_packaged().quads)


def read_term(text: str) -> Term:
    """A name with one of our prefixes as an IRI; anything else is the text of a literal."""
    prefix, colon, name = text.partition(":")
    return NamedNode(PREFIXES[prefix] + name) if colon and prefix in PREFIXES else Literal(text)


def is_among(text: str, terms: Iterable[Term]) -> bool:
    """Whether a term of the table is among some; a literal by its text, whatever its type."""
    wanted = read_term(text)
    return any(
        text == "*" or entry == wanted or (isinstance(wanted, Literal) and show(entry) == text)
        for entry in terms
    )


def show(entry: Term) -> str | None:
    return entry.value if isinstance(entry, Literal) else None


def as_list(values: str | list[str]) -> list[str]:
    return [values] if isinstance(values, str) else values


@cache
def documents_of(claim: Term) -> str:
    """The slug of the document whose graph holds a claim."""
    assert isinstance(claim, Subject)
    home = data().graph_of(claim)
    assert isinstance(home, NamedNode)
    return home.value.removeprefix(graph("document/").value)


@cache
def claims_by_document() -> dict[str, list[Subject]]:
    found: dict[str, list[Subject]] = {}
    for claim in data().instances(pg("Claim")):
        found.setdefault(documents_of(claim), []).append(claim)
    return found


def follow(start: Subject, path: str) -> list[Term]:
    """What a path of our terms, as ``hasReading/readAs``, leads to."""
    reached: list[Term] = [start]
    for name in path.split("/"):
        reached = [
            entry for node in reached if isinstance(node, Subject) for entry in data().objects(node, pg(name))
        ]
    return reached


def says(claim: Subject, has: Row) -> bool:
    """Whether a claim has all that a saying of the table gives it."""
    return all(
        is_among(value, follow(claim, path)) for path, values in has.items() for value in as_list(values)
    )


def matches(value: Subject, side: Row) -> bool:
    """Whether a reported value is what one side says: these members and no others, in all these documents."""
    members = data().objects(value, pg("reportedValue"))
    stated_in = data().objects(value, pg("deniedIn" if side.get("denied") else "assertedIn"))
    return (
        len(members) == len(side["values"])
        and all(is_among(member, members) for member in side["values"])
        and set(side["documents"]) <= {documents_of(claim) for claim in stated_in}
    )


def find_kinds(row: Row) -> set[tuple[str, bool]]:
    """The kind of every divergence between the two values of a row, and whether it is within one origin."""
    index, found = data(), set()
    slots = {pg(name) for name in row["slots"]}
    for divergence in index.instances(pg("Divergence")):
        between = index.objects(divergence, pg("betweenValue"))
        values = [entry for entry in between if isinstance(entry, Subject)]
        if set(index.objects(divergence, pg("onSlot"))) != slots or len(values) != 2:
            continue
        if not all(is_among(row["subject"], index.objects(value, pg("ofSubject"))) for value in values):
            continue
        if "version" in row and not is_among(row["version"], index.objects(divergence, pg("inVersion"))):
            continue
        one, two = row["sides"]
        if any(matches(a, one) and matches(b, two) for a, b in (values, reversed(values))):
            kind, within = (index.one(divergence, pg(name)) for name in ("divergenceKind", "withinOneOrigin"))
            assert isinstance(kind, NamedNode) and isinstance(within, Literal)
            found.add((kind.value.rpartition("#")[2], within.value == "true"))
    return found


def of_kind(kind: str) -> list[Any]:
    return [pytest.param(row, id=f"{number}-{row['what']}") for number, row in ROWS if row["by"] == kind]


def documents_in(row: Row) -> Iterator[str]:
    for part in [*row.get("sides", ()), *row.get("sayings", ())]:
        yield from part["documents"]
    yield from row.get("documents", ())


def test_the_table_has_twenty_five_points_and_all_their_rows() -> None:
    assert [point["number"] for point in POINTS] == list(range(1, 26))
    assert Counter(row["by"] for _, row in ROWS) == {"divergence": 63, "claims": 57, "nothing": 2}
    assert len({(number, name) for number, row in ROWS for name in documents_in(row)}) == 197


def test_every_report_of_the_table_is_a_document_of_the_data_set() -> None:
    named = {name for _, row in ROWS for name in documents_in(row)}
    assert len(named) > 100
    assert named <= set(claims_by_document())


@pytest.mark.parametrize("row", of_kind("divergence"))
def test_a_divergence_of_the_table_is_computed(row: Row) -> None:
    found = find_kinds(row)
    assert {kind for kind, _ in found} == {row["kind"]}
    assert {within for _, within in found} <= {row["withinOneOrigin"]} if "withinOneOrigin" in row else True


@pytest.mark.parametrize("row", of_kind("claims"))
def test_what_the_table_sets_side_by_side_is_in_the_claims_of_its_reports(row: Row) -> None:
    missing = [
        (saying["says"], name)
        for saying in row["sayings"]
        for name in saying["documents"]
        if not any(says(claim, saying["has"]) for claim in claims_by_document()[name])
    ]
    assert missing == []


@pytest.mark.parametrize("row", of_kind("nothing"))
def test_a_row_that_is_not_shown_says_why(row: Row) -> None:
    assert row["why"] and row["documents"]


def quote(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def name_kind(has: Row) -> str:
    """What sort of statement a lookup finds, and the properties that tell it."""
    marks = {"changeKind": "change", "stanceKind": "stance", "glosses": "gloss"}
    kind = next((word for mark, word in marks.items() if mark in has), "claim")
    if any(path.startswith("hasReading/") for path in has):
        kind = "doubted reading"
    names = dict.fromkeys(path.partition("/")[0] for path in has if path.rpartition("/")[2] not in FRAME)
    return f"{kind}: {quote(names)}" if names else kind


def tell_how(row: Row) -> str:
    if row["by"] == "nothing":
        return f"not shown. {row['why']}"
    if row["by"] == "divergence":
        within = ", within one origin" if row.get("withinOneOrigin") else ""
        told = f"*{row['kind']}* on {quote(row['slots'])}{within}"
    else:
        told = "; ".join(dict.fromkeys(name_kind(saying["has"]) for saying in row["sayings"]))
    return f"{told}. {row['note']}" if "note" in row else told


def tell_reports(row: Row) -> str:
    if row["by"] == "nothing":
        return quote(row["documents"])
    parts = [*row.get("sides", ()), *row.get("sayings", ())]
    return "<br>".join(f"{part['says']}: {quote(part['documents'])}" for part in parts)


def render(points: list[Row]) -> str:
    """The table as a page for readers."""
    counts = Counter(row["by"] for point in points for row in point["rows"])
    lines = [
        LEGEND.format(encoded=ENCODED),
        f"{len(points)} points, {counts.total()} rows: {counts['divergence']} by a computed divergence, "
        f"{counts['claims']} by claims side by side, {counts['nothing']} not shown.",
    ]
    for point in points:
        lines += [f"\n## {point['number']}. {point['title']}\n"]
        lines += ["| what | how it shows | reports |", "| --- | --- | --- |"]
        lines += [f"| {row['what']} | {tell_how(row)} | {tell_reports(row)} |" for row in point["rows"]]
    return "\n".join(lines) + "\n"


def test_the_page_for_readers_is_the_table() -> None:
    # After a change of the table: DOCUMENT.write_text(render(POINTS), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == render(POINTS)
