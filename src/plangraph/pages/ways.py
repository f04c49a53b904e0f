"""The ways of claims as a network: who said it, which outlet brought it first, which passed it on, on what.

Every station and every step between two has the numbers of the claims whose chains pass there. What is
followed is always claims: that one can get from here to there over the steps of several claims means nothing.
A hop whose page is not known is a station of its own kind, with its candidates, and never one of these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from plangraph.hops import Hop, read_hops
from plangraph.reported import Row

SPEAKERS, UNNAMED, FIRST, SUBJECTS = 0, 1, 2, 1_000
"""The stages that have a meaning of their own; the relays of a chain stand between the last two."""

LOST: Final = "not-known"
REST: Final = "others"

Numbers = frozenset[int]


@dataclass(frozen=True, order=True)
class Station:
    """A place on the ways of claims: its stage, its kind, and what it is.

    ``name`` is an IRI; of a hop whose page is not known (``lost``) those of its candidates, with blanks.
    """

    stage: int
    kind: str
    name: str

    @property
    def slug(self) -> str:
        """What an address calls it."""
        ends = [iri.rpartition("/")[2] for iri in self.name.split()]
        return "--".join([LOST, *ends]) if self.kind == "lost" else "".join(ends) or REST


Step = tuple[Station, Station]


@dataclass(frozen=True)
class Network:
    """Claims by number, and the numbers that pass through each station and along each step.

    ``circles`` counts the chains that lead back to themselves; they are cut at one hop each.
    """

    claims: Sequence[str]
    stations: Mapping[Station, Numbers]
    steps: Mapping[Step, Numbers]
    circles: int = 0


@dataclass
class Ways:
    """A network while it is made."""

    copies: Mapping[str, tuple[str, str]]
    """For a page that is a copy the page it copies, and whose that is."""
    stations: dict[Station, set[int]] = field(default_factory=lambda: defaultdict(set))
    steps: dict[Step, set[int]] = field(default_factory=lambda: defaultdict(set))
    circles: int = 0

    def join(self, one: Station, other: Station, claim: int) -> None:
        """One more claim that comes from one station to the next."""
        self.steps[one, other].add(claim)
        self.stations[one].add(claim)
        self.stations[other].add(claim)


def trace_ways(told: Iterable[Row], rows: Iterable[Row], *, by_claim: bool = False) -> Network:
    """The network of the claims that the rows of ``told-claims`` name, along the rows of ``told-hops``.

    It ends in what the claims are about, or in the claims themselves.
    """
    hop_rows = list(rows)
    hops = read_hops(hop_rows)
    stating: dict[str, list[Hop]] = defaultdict(list)
    for hop in hops.values():
        for claim in hop.states:
            stating[claim].append(hop)
    subjects: dict[str, set[str]] = defaultdict(set)
    for row in told:
        subjects[row["claim"]].add(row["subject"])
    copied = {
        row["document"]: (row["copied"], row.get("original", "")) for row in hop_rows if "copied" in row
    }
    ways, claims = Ways(copied), sorted(claim for claim in subjects if claim in stating)
    for number, claim in enumerate(claims):
        kind = "claim" if by_claim else "subject"
        ends = [Station(SUBJECTS, kind, iri) for iri in ([claim] if by_claim else sorted(subjects[claim]))]
        trace_claim(ways, number, stating[claim], hops, ends)
    return Network(
        claims,
        {station: frozenset(numbers) for station, numbers in ways.stations.items()},
        {step: frozenset(numbers) for step, numbers in ways.steps.items()},
        ways.circles,
    )


def trace_claim(
    ways: Ways, number: int, stating: Sequence[Hop], hops: Mapping[str, Hop], ends: Sequence[Station]
) -> None:
    """Add the chains of one claim, from the attributions that no other takes it from upwards."""
    taken = {above for hop in stating for above in hop.above}
    begins = [hop for hop in stating if hop.id not in taken] or [min(stating, key=lambda hop: hop.id)]
    lost = {end for hop in begins for end in hop.lost}
    order, circles = sort_hops(begins, hops)
    ways.circles += circles
    placed: dict[str, Station] = {}
    heard: dict[str, set[str]] = {}
    for hop in order:
        above = [entry for entry in hop.above if entry in placed]
        if above:
            stage = 1 + max(placed[entry].stage for entry in above)
            stations = [find_station(hop, stage)]
        else:
            stations = begin_chain(hop, lost, ways.copies)
        for entry in above:
            ways.join(placed[entry], stations[0], number)
        for one, other in pairwise(stations):
            ways.join(one, other, number)
        known = {speaker for entry in above for speaker in heard[entry]}
        for speaker in hop.shown["saidBy"]:
            if speaker["id"] not in known:  # a page repeats who speaks above it, and does not ask them again
                ways.join(find_speaker(speaker["id"], speaker["kind"]), stations[0], number)
        heard[hop.id] = known | {speaker["id"] for speaker in hop.shown["saidBy"]}
        placed[hop.id] = stations[-1]
    for hop in begins:
        for end in ends:
            ways.join(placed[hop.id], end, number)


def sort_hops(begins: Sequence[Hop], hops: Mapping[str, Hop]) -> tuple[list[Hop], int]:
    """The hops of some chains, the uppermost first, and how many circles had to be cut for that."""
    found = {hop.id: hop for hop in begins}
    for hop in list(found.values()):
        waiting = [hop]
        while waiting:
            fresh = [hops[above] for above in waiting.pop().above if above in hops and above not in found]
            found |= {above.id: above for above in fresh}
            waiting += fresh
    left, order, circles = dict(found), [], 0
    while left:
        ready = [hop for hop in left.values() if not any(above in left for above in hop.above)]
        if not ready:
            ready, circles = [min(left.values(), key=lambda hop: hop.id)], circles + 1
        for hop in sorted(ready, key=lambda hop: hop.id):
            order.append(hop)
            del left[hop.id]
    return order, circles


def begin_chain(hop: Hop, lost: set[str], copies: Mapping[str, tuple[str, str]]) -> list[Station]:
    """The stations of a hop that takes its claim from no other, the first one first.

    A page that only passes on stands behind one that is not known, and a copy behind what it copies.
    """
    page = hop.shown.get("document", {}).get("id", "")
    if not page:
        return [find_station(hop, FIRST)]
    copied, original = copies.get(page, ("", ""))
    found: list[Station] = []
    if lost & {page, copied, hop.id}:
        found.append(Station(FIRST, "lost", name_candidates(hop)))
    if original and original != hop.shown.get("relayedBy", {}).get("id"):
        found.append(Station(FIRST + len(found), "outlet", original))
    return [*found, find_station(hop, FIRST + len(found))]


def find_station(hop: Hop, stage: int) -> Station:
    """Whose page a hop stands in; one whose page is not known is lost, whatever it may have come from."""
    if "relayedBy" in hop.shown:
        return Station(stage, "outlet", hop.shown["relayedBy"]["id"])
    if "document" in hop.shown:
        return Station(stage, "document", hop.shown["document"]["id"])
    return Station(stage, "lost", name_candidates(hop))


def name_candidates(hop: Hop) -> str:
    """What a lost hop may have come from."""
    return " ".join(sorted(entry["id"] for entry in hop.shown["candidates"]))


def find_speaker(iri: str, kind: str) -> Station:
    """Who speaks, by name or without one."""
    return (
        Station(UNNAMED, "unnamed", iri) if kind == "AnonymousSource" else Station(SPEAKERS, "speaker", iri)
    )


def find_followed(network: Network, slug: str) -> Numbers:
    """The claims that pass through what a slug names: stations on whatever stage, or a claim."""
    found = {number for number, claim in enumerate(network.claims) if claim.endswith(f"/{slug}")}
    for station, numbers in network.stations.items():
        if station.slug == slug:
            found |= numbers
    return frozenset(found)


def gather_rest(
    network: Network, most: int, followed: Numbers = frozenset()
) -> tuple[Network, dict[Station, list[Station]]]:
    """The network with the strongest stations of each stage, and what each that holds the rest holds.

    Strong is what the claims that are followed pass through, then what most claims do. Steps keep their
    claims: those of the rest are those of all that it holds.
    """
    stages: dict[int, list[Station]] = defaultdict(list)
    for station in network.stations:
        stages[station.stage].append(station)

    def rank(station: Station) -> tuple[int, int, str]:
        numbers = network.stations[station]
        return -len(numbers & followed), -len(numbers), station.name

    held: dict[Station, list[Station]] = {}
    for stage, stations in stages.items():
        if len(stations) > most + 1:
            held[Station(stage, "rest", "")] = sorted(stations, key=rank)[most:]
    stands_for = {station: rest for rest, stations in held.items() for station in stations}
    drawn: dict[Station, set[int]] = defaultdict(set)
    for station, numbers in network.stations.items():
        drawn[stands_for.get(station, station)] |= numbers
    steps: dict[Step, set[int]] = defaultdict(set)
    for (one, other), numbers in network.steps.items():
        steps[stands_for.get(one, one), stands_for.get(other, other)] |= numbers
    return (
        Network(
            network.claims,
            {station: frozenset(numbers) for station, numbers in drawn.items()},
            {step: frozenset(numbers) for step, numbers in steps.items()},
            network.circles,
        ),
        held,
    )


def write_numbers(numbers: Numbers) -> str:
    """Numbers as runs, such as ``0-2 5``: those of one page follow one another."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
