"""What is reported to have become of one provision between versions, in the order of time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from plangraph.changes import Changed, gather_changes
from plangraph.engine import QueryEngine
from plangraph.matrix import Tables
from plangraph.pages.passages import Passage, lay_passage, list_ends, list_provisions, read_grounds
from plangraph.pages.steps import order_versions
from plangraph.reads import load_read, write_whole
from plangraph.reported import Row
from plangraph.web.comparison_queries import write_matrix_queries
from plangraph.web.results import ask, for_csv, for_triples, read_texts, read_triples

PARTS: Final = ("columns", "reports", "values", "claims", "divergences")
"""What of a matrix by versions the sides of a change are told from."""


@dataclass(frozen=True)
class Course:
    """The reported changes of one provision with what stands on both sides, and the queries behind them."""

    passages: Sequence[Passage]
    queries: Mapping[str, str]

    def list_iris(self) -> Iterator[str]:
        """Everything in it that is called something."""
        for entry in self.passages:
            yield from entry.list_iris()

    def list_values(self) -> Iterator[str]:
        """The reported values that stand in it."""
        for entry in self.passages:
            yield from (value["id"] for value in entry.list_values())


async def ask_course(engine: QueryEngine, provision: NamedNode, plans: Sequence[str]) -> Course:
    """What is reported to have become of a provision of these plans; most have no reported change.

    Nothing more is asked then.
    """
    changing = write_whole(load_read("version-changes"), {"provision": [provision]})
    (told,) = await ask(engine, for_csv(changing))
    changes = gather_changes(read_texts(told))
    if not changes:
        return Course([], {"query.changes": changing})
    ends = sorted(list_ends(changes))
    narrowed = {
        "plan": [NamedNode(plan) for plan in plans],
        "version": [NamedNode(version) for version in ends],
        "provision": [NamedNode(iri) for iri in sorted(list_provisions(changes))],
    }
    tabled = write_matrix_queries("versions", narrowed)
    tabled = {part: tabled[part] for part in PARTS}
    termed = write_whole(load_read("version-terms"), narrowed)
    dated = write_whole(load_read("versions"), {"plan": narrowed["plan"]})
    terms, listed, *answers = await ask(
        engine, for_triples(termed), for_csv(dated), *map(for_csv, tabled.values())
    )

    def lay() -> list[Passage]:
        tables = Tables([], *map(read_texts, answers))
        grounds = read_grounds(tables, read_triples(terms), ends)
        ordered = order_course(changes, read_texts(listed), tables.columns)
        return [lay_passage(change, grounds) for change in ordered]

    return Course(
        await asyncio.to_thread(lay),
        {"query.changes": changing, "query.versions": dated, "query.terms": termed}
        | {f"query.sides.{part}": text for part, text in tabled.items()},
    )


def order_course(changes: Sequence[Changed], listed: Sequence[Row], columns: Sequence[Row]) -> list[Changed]:
    """The changes in the order of the versions that they lead to, and then of those that they start from.

    Of several on one way those that most pages report stay first; where no report names the start, it comes
    before those whose start is named.
    """
    versions = order_versions(listed, columns)
    places = {version.iri: place for place, version in enumerate(versions)}

    def rank(change: Changed) -> tuple[int, int]:
        start = change.start
        return places.get(change.newer, len(places)), places.get(start, len(places)) if start else -1

    return sorted(changes, key=rank)
