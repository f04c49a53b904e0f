"""What is reported of the provisions of versions: for each provision and version its values and wordings.

Only plain claims are wordings. A change tells of two versions and a stance of its holder, so neither says
what a version contains, and the values that only they give are left aside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from plangraph.matrix import Tables
from plangraph.pages.grid import LATER, TELLING
from plangraph.reported import Json, Report, Value, count_ends, read_reports, read_values, write_value
from plangraph.terms import split_thing

OF_A_CHANGE: Final = ("changeKind", "changedBy", "replacedBy", "motive")
"""The slots that say what became of a provision, through whom and why."""

Place: TypeAlias = tuple[str, str]
"""A provision and a version."""


@dataclass(frozen=True)
class Clause:
    """One provision in one version. ``kinds`` counts the divergences between its values."""

    values: Sequence[Json]
    claims: Sequence[str]
    figures: Json
    kinds: Sequence[tuple[str, int]]

    @property
    def asserted(self) -> list[str]:
        """The values that some plain claim asserts."""
        return [value["id"] for value in self.values if "denied" not in value]


def read_compared(tables: Tables) -> dict[str, list[Value]]:
    """The reported values of a matrix by provision, with their claims and divergences."""
    return read_values(tables.values, tables.claims, tables.divergences, {})


def gather_places(tables: Tables, versions: Iterable[str]) -> dict[Place, list[Report]]:
    """The reports that plain claims make on each provision in each of these versions."""
    wanted = set(versions)
    of_claim: dict[str, set[str]] = defaultdict(set)
    for row in tables.columns:
        if row.get("column") in wanted and is_plain(row["part"]):
            of_claim[row["part"]].add(row["column"])
    found: dict[Place, list[Report]] = defaultdict(list)
    for provision, held in read_reports(tables.reports, {}).items():
        for report in held:
            for version in of_claim.get(report.claim, ()):
                found[provision, version].append(report)
    return dict(found)


def is_plain(claim: str) -> bool:
    """Whether a claim is neither a change nor a stance, by its name."""
    return (split_thing(claim) or ("", ""))[0] == "claim"


def write_clause(reports: Sequence[Report], values: Iterable[Value]) -> Clause:
    """What some reports on one provision in one version say."""
    pages: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        pages[report.claim].add(report.document)
    shown = [value for value in values if value.claims & pages.keys()]
    among = set(shown)
    kinds = Counter(
        divergence["kind"]
        for value in shown
        for divergence, other in value.divergences
        if other in among and value.id < other.id
    )
    written = [write_value(value, reports) for value in shown]
    return Clause(
        values=order_values(written),
        claims=sorted(pages, key=lambda claim: (-len(pages[claim]), claim)),
        figures=count_ends(reports) | {"claims": len(pages)},
        kinds=[(kind, kinds[kind]) for kind in TELLING if kind in kinds],
    )


def order_values(values: Sequence[Json]) -> list[Json]:
    """The values slot by slot: what, how much and how long before who; the most told first."""
    most: Counter[str] = Counter()
    for value in values:
        most[value["slot"]] = max(most[value["slot"]], value["documents"])

    def rank(value: Json) -> tuple[bool, int, str, int, str]:
        slot = value["slot"]
        return slot in LATER, -most[slot], slot, -value["documents"], value["id"]

    return sorted(values, key=rank)


def list_asserted(clauses: Mapping[Place, Clause]) -> set[str]:
    """All values that plain claims assert."""
    return {iri for clause in clauses.values() for iri in clause.asserted}


def list_differences(values: Mapping[str, Iterable[Value]]) -> dict[str, dict[str, Json]]:
    """For each claim the divergences of what it says became of a provision, by their names."""
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for held in values.values():
        for value in held:
            if value.shown["slot"] in OF_A_CHANGE:
                for divergence, _ in value.divergences:
                    for claim in value.claims:
                        found[claim][divergence["id"]] = divergence | {"slot": value.shown["slot"]}
    return found
