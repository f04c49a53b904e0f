"""What the pages that report a change say of the clause before it and after it.

A side has only what these pages say themselves of that version; what others say of it stands in the column of
the version. In which slots the sides differ is computed, as it is between versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Triple

from plangraph.changes import REPLACES, Changed
from plangraph.collation import Edition, Meeting, Told, collate, narrow, read_editions
from plangraph.index import Index
from plangraph.matrix import Tables
from plangraph.pages.clauses import (
    OF_A_CHANGE,
    Clause,
    Place,
    gather_places,
    list_asserted,
    list_differences,
    read_compared,
    write_clause,
)
from plangraph.reported import Json, Report, Value
from plangraph.terms import NS, pg

VALUE: Final = pg("reportedValue")
BESIDE: Final = (*OF_A_CHANGE, REPLACES)
"""The slots that tell of a change and not of what stands in a version."""


@dataclass(frozen=True)
class Grounds:
    """What is reported of some versions: reports and clauses by place, values, and these to be compared."""

    places: Mapping[Place, Sequence[Report]]
    clauses: Mapping[Place, Clause]
    values: Mapping[str, Sequence[Value]]
    differences: Mapping[str, Mapping[str, Json]]
    """Of what claims say became of a provision, by claim."""
    index: Index
    editions: Mapping[str, Edition]


@dataclass(frozen=True)
class Side:
    """What is told of one side of a change: clauses, of the provision or of what stands in its place.

    ``others`` is what other pages report of the provision in that version, where these report nothing.
    """

    clauses: Sequence[tuple[Place, Clause]]
    others: Clause | None

    @property
    def values(self) -> list[Json]:
        """All values that some page gives it."""
        return [value for _, clause in self.clauses for value in clause.values]

    @property
    def slots(self) -> list[str]:
        """The slots that these fill."""
        return list(dict.fromkeys(NS + value["slot"] for value in self.values))


@dataclass(frozen=True)
class Passage:
    """A reported change with what its pages say of both sides.

    ``differences`` are the divergences of what different reports say of it; ``named`` are the values that the
    reports give with it, of which none says on which side it stands. ``differing`` are the slots in which the
    sides differ, ``shared`` those that are the same on both: computed, of slots that both sides fill.
    """

    change: Changed
    differences: Sequence[Json]
    named: Sequence[Json]
    before: Side
    after: Side
    differing: Sequence[str]
    shared: Sequence[str]

    @property
    def lone(self) -> tuple[list[str], list[str]]:
        """The slots that only one side fills, each side's; none where one side is not told at all."""
        older, newer = (side.slots for side in self.sides)
        if not older or not newer:
            return [], []
        return [slot for slot in older if slot not in newer], [slot for slot in newer if slot not in older]

    @property
    def unmet(self) -> list[str]:
        """The slots that both sides fill, but never under the same conditions: these are not compared."""
        known = {*self.differing, *self.shared}
        return [slot for slot in self.before.slots if slot in self.after.slots and slot not in known]

    @property
    def sides(self) -> tuple[Side, Side]:
        """Before and after."""
        return self.before, self.after

    def list_iris(self) -> Iterator[str]:
        """Everything about it that is called something."""
        yield from self.change.list_iris()
        yield from (NS + entry["slot"] for entry in self.differences)
        for side in self.sides:
            for place, clause in side.clauses:
                yield from (*place, *clause.claims)
        for value in self.list_values():
            yield from (NS + value["slot"], *list_conditions(value))

    def list_values(self) -> Iterator[Json]:
        """Every value that stands in it."""
        yield from self.named
        for side in self.sides:
            yield from (*side.values, *(side.others.values if side.others else ()))


def list_conditions(value: Json) -> list[str]:
    """What a value holds under beside its version: an option, a condition, a topic."""
    return [iri for name, things in value["under"].items() if name != "inVersion" for iri in things]


def list_ends(changes: Iterable[Changed]) -> set[str]:
    """The versions that something is told of where these changes are."""
    return {
        version for change in changes for version in (change.older, change.newer, *change.stood) if version
    }


def list_provisions(changes: Iterable[Changed]) -> set[str]:
    """The provisions whose values are compared where these changes are."""
    return {iri for change in changes for iri in (change.provision, *change.instead, *change.former)}


def read_grounds(tables: Tables, terms: Iterable[Triple], versions: Iterable[str]) -> Grounds:
    """What is reported of these versions; ``terms`` are those of the query ``version-terms``."""
    values, places = read_compared(tables), gather_places(tables, versions)
    clauses = {place: write_clause(reports, values.get(place[0], ())) for place, reports in places.items()}
    index, editions = read_editions(terms, list_asserted(clauses))
    return Grounds(places, clauses, values, list_differences(values), index, editions)


def lay_passage(change: Changed, grounds: Grounds) -> Passage:
    """A change with its sides."""
    differences: dict[str, Json] = {}
    for claim in change.claims:
        differences |= grounds.differences.get(claim, {})
    former = [(provision, version) for provision in change.former for version in change.stood]
    before = tell([(change.provision, change.older), *former], change.pages, grounds)
    after = tell(
        [(entry, change.newer) for entry in (change.provision, *change.instead)], change.pages, grounds
    )
    differing, shared = compare_sides(change, before, after, grounds)
    return Passage(
        change=change,
        differences=[differences[iri] for iri in sorted(differences)],
        named=[] if change.kind == REPLACES else list_named(change, grounds),
        before=before,
        after=after,
        differing=differing,
        shared=shared,
    )


def tell(places: Sequence[Place], pages: Set[str], grounds: Grounds) -> Side:
    """What some pages tell of some places, of which the first is where a change starts or ends."""
    clauses: list[tuple[Place, Clause]] = []
    for place in places:
        told = [report for report in grounds.places.get(place, ()) if report.document in pages]
        values = [value for value in grounds.values.get(place[0], ()) if value.shown["slot"] not in BESIDE]
        if told:
            clauses.append((place, write_clause(told, values)))
    return Side(clauses, None if clauses else grounds.clauses.get(places[0]))


def list_named(change: Changed, grounds: Grounds) -> list[Json]:
    """The values that the claims on a change give, without those that tell what, who and why it is."""
    return [
        value.shown
        for value in grounds.values.get(change.provision, ())
        if value.claims & change.claims.keys() and value.shown["slot"] not in BESIDE
    ]


def compare_sides(
    change: Changed, before: Side, after: Side, grounds: Grounds
) -> tuple[list[str], list[str]]:
    """The slots in which both sides differ, and those in which they do not, of those that both fill.

    What is said to have stood there before is of the slots in which reports give it. A slot that is said to
    have no value any more differs from whatever it had.
    """
    older, newer = (pick(side, grounds, NamedNode(change.provision)) for side in (before, after))
    found = collate(grounds.index, older, newer)
    differing = {entry.slot: None for entry in found if entry.contrasts}
    told = list_members(grounds.index, after)
    filled = {slot for slot, _ in told}
    for former, slots in change.former.items():
        differing |= {slot: None for slot in slots if slot in filled and (slot, former) not in told}
    held = {NS + value["slot"] for value in before.values}.union(*change.former.values())
    differing |= {slot: None for slot in change.absent if slot in held}
    shared = {entry.slot: None for entry in found if entry.shared and entry.slot not in differing}
    return list(differing), list(shared)


def pick(side: Side, grounds: Grounds, subject: NamedNode) -> Edition:
    """The asserted values of a side, told as of one subject."""
    kept = {value["id"] for value in side.values if "denied" not in value}
    joined: dict[Meeting, list[Told]] = defaultdict(list)
    for version in dict.fromkeys(version for (_, version), _ in side.clauses):
        for meeting, held in narrow(grounds.editions.get(version, {}), kept, subject).items():
            joined[meeting] += held
    return joined


def list_members(index: Index, side: Side) -> set[tuple[str, str]]:
    """What a side gives which slot."""
    return {
        (NS + value["slot"], member.value)
        for value in side.values
        for member in index.objects(NamedNode(value["id"]), VALUE)
        if isinstance(member, NamedNode)
    }
