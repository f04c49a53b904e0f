"""What is reported of places: the values that speak of each, their claims, pages and divergences.

A region counts what names it, what names a larger land that it is with others, and what names a part of it;
which of these it was stays with the figure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Final

from plangraph.pages.regions import REGIONS, Atlas, Ground, Region
from plangraph.reported import Row
from plangraph.terms import NS

RELATIONS: Final = ("itself", "larger", "part")
HEATS: Final = 4


@dataclass(eq=False)
class Told:
    """A reported value that speaks of places, with the claims that say so and the pages that were read."""

    id: str
    provision: str
    slot: str
    words: str
    denied: bool
    places: set[str] = field(default_factory=set)
    under: set[str] = field(default_factory=set)
    """What it holds under: versions, conditions, whose stance it is."""
    claims: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    """How many divergences of each kind it takes part in."""
    divergences: set[str] = field(default_factory=set)
    contradictions: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Tally:
    """How much is reported by some values."""

    claims: int
    documents: int
    divergences: int
    contradictions: int


@dataclass(frozen=True)
class Spoken:
    """A place that values speak of."""

    place: str
    ground: Ground
    tally: Tally


@dataclass(frozen=True)
class Shade:
    """A region with what speaks of it, in all and by relation, and how strongly it is shaded (0 to 4)."""

    region: Region
    tally: Tally
    claims: Mapping[str, int]
    heat: int


def read_told(rows: Iterable[Row], divergences: Iterable[Row]) -> list[Told]:
    """The values that the rows of ``place-values`` and ``matrix-divergences`` tell of."""
    found: dict[str, Told] = {}
    for row in rows:
        value = found.get(row["value"])
        if value is None:
            value = found[row["value"]] = Told(
                row["value"], row["provision"], row["slot"], row.get("words", ""), row["report"] == "denies"
            )
        value.places.add(row["place"])
        value.claims.add(row["claim"])
        value.under |= {row["under"]} if "under" in row else set()
        value.documents.add(row["document"])
    for row in divergences:
        for end in ("one", "other"):
            if value := found.get(row[end]):
                kind = row["kind"].removeprefix(NS)
                value.kinds[kind] += 1
                value.divergences.add(row["divergence"])
                if kind == "contradicts":
                    value.contradictions.add(row["divergence"])
    return sorted(found.values(), key=lambda value: (-len(value.documents), value.words, value.id))


def tally(values: Iterable[Told]) -> Tally:
    """What some values have together, each thing once."""
    listed = list(values)
    return Tally(
        claims=len({claim for value in listed for claim in value.claims}),
        documents=len({document for value in listed for document in value.documents}),
        divergences=len({entry for value in listed for entry in value.divergences}),
        contradictions=len({entry for value in listed for entry in value.contradictions}),
    )


def list_spoken(values: Sequence[Told], atlas: Atlas) -> list[Spoken]:
    """The places that values speak of, those of most claims first."""
    by_place: dict[str, list[Told]] = defaultdict(list)
    for value in values:
        for place in value.places:
            by_place[place].append(value)
    found = [Spoken(place, atlas.locate(place), tally(told)) for place, told in by_place.items()]
    return sorted(found, key=lambda entry: (-entry.tally.claims, entry.place))


def shade_regions(values: Sequence[Told], spoken: Sequence[Spoken]) -> list[Shade]:
    """Every region, with what speaks of it; a value that speaks of it in two ways counts once."""
    places = {
        region: {entry.place: entry.ground.relation for entry in spoken if region in entry.ground.regions}
        for region in REGIONS
    }
    of_region = {
        region: [value for value in values if value.places & places[region].keys()] for region in REGIONS
    }
    tallies = {region: tally(told) for region, told in of_region.items()}
    most = max(entry.claims for entry in tallies.values())
    return [
        Shade(
            region,
            tallies[region],
            {
                relation: count_claims(
                    of_region[region],
                    {place for place, found in places[region].items() if found == relation},
                )
                for relation in RELATIONS
            },
            find_heat(tallies[region].claims, most),
        )
        for region in REGIONS
    ]


def count_claims(values: Iterable[Told], places: set[str]) -> int:
    """How many claims speak of some places."""
    return len({claim for value in values if value.places & places for claim in value.claims})


def find_heat(count: int, most: int) -> int:
    """How strongly a region is shaded: not at all without a claim, else by the logarithm of their number."""
    if count == 0:
        return 0
    return 1 + min(int((HEATS - 1) * log(count) / log(most) + 0.5), HEATS - 1) if most > 1 else 1


def choose_places(spoken: Sequence[Spoken], place: str) -> set[str]:
    """The places meant by one: itself, and where it is a region, all that lead to that region."""
    own = next((entry.ground for entry in spoken if entry.place == place), None)
    region = next((region for region in REGIONS if place.endswith(f"/{region.place}")), None)
    found = {entry.place for entry in spoken if region is not None and region in entry.ground.regions}
    return found | ({place} if own else set())
