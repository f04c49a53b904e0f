"""Compare two sets of values of one slot, or of two slots of one group: decisions with their reasons.

Ancestors and overlapping intervals are tried before any contradiction is called; siblings contradict only
where their parent says that its members exclude each other (``pg:exclusiveMembers``).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode

from plangraph.index import Index, Term
from plangraph.labels import label_of
from plangraph.slots import Slot
from plangraph.terms import NS, pg, term, thing

UPWARD = (
    term("skos:broader"),
    term("schema:containedInPlace"),
    term("org:memberOf"),
    pg("actsFor"),
)
"""What leads from a value to one that is broader: a wider concept, a larger place, whom somebody acts for."""


DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
"""A day, month or year of EDTF; an uncertain one has no bounds."""
DURATION: Final = re.compile(r"P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")
DAYS_IN_A_MONTH: Final = Decimal("30.436875")
"""Of the Gregorian calendar, on average."""
INFINITY: Final = Decimal("Infinity")
ROUGHLY: Final = Decimal("0.1")
"""How far, as a share, a number that is said to be rough may be off: our reading."""
PERCENT: Final = thing("concept", "percent")
ABOVE: Final = frozenset({"atLeast", "moreThan"})


class Finding(NamedTuple):
    """How two sets of values differ: the local name of a divergence kind, and the reason in words."""

    kind: str
    reason: str


class Extent(NamedTuple):
    """What a value covers in one dimension, both ends included."""

    dimension: str
    lowest: Decimal
    highest: Decimal


def compare(
    index: Index, slot: Slot, mine: tuple[Term, ...], other: Slot, theirs: tuple[Term, ...]
) -> Finding | None:
    """How the values of two slots of one group differ; ``None`` where they say the same."""
    here, there = names(index, mine), names(index, theirs)
    if slot.iri != other.iri:
        labels = f"{label_of(index, slot.iri)} {here} and {label_of(index, other.iri)} {there}"
        return Finding("differs", f"{labels} answer one question in two ways.")
    if set(mine) == set(theirs):
        return None
    if slot.comparison == "set":
        return compare_sets(index, mine, theirs)
    if set(mine) < set(theirs) or set(theirs) < set(mine):
        return Finding("qualifies", f"One of {here} and {there} holds more than the other.")
    if len(mine) > 1 or len(theirs) > 1:
        return Finding("differs", f"{here} is not {there}.")
    return compare_values(index, slot, mine[0], theirs[0])


def compare_values(index: Index, slot: Slot, one: Term, two: Term) -> Finding | None:
    """How two single values of one slot differ: by hierarchy first, then as the slot compares."""
    here, there = label_of(index, one), label_of(index, two)
    if two in ancestors(index, one):
        return Finding("qualifies", f"{here} is narrower than {there}.")
    if one in ancestors(index, two):
        return Finding("qualifies", f"{there} is narrower than {here}.")
    if slot.comparison == "interval":
        return measure(here, there, interval_of(index, one), interval_of(index, two))
    if slot.comparison == "number":
        return compare_numbers(index, slot, one, two)
    if slot.comparison == "exclusive" or exclude_each_other(index, one, two):
        return Finding("contradicts", f"Only one of {here} and {there} can hold.")
    return Finding("differs", f"{here} is not {there}, and neither includes the other.")


def compare_sets(index: Index, mine: tuple[Term, ...], theirs: tuple[Term, ...]) -> Finding | None:
    """Compare whole sets after every place is replaced by the parts that make it up."""
    one, two = expand(index, mine), expand(index, theirs)
    here, there = names(index, mine), names(index, theirs)
    if one == two:
        return None
    if one < two or two < one:
        small, large = (here, there) if one < two else (there, here)
        return Finding("qualifies", f"{large} holds all of {small} and more.")
    wide_one, wide_two = one | set(mine), two | set(theirs)  # a place is within a whole that has parts, too
    for inner, outer, words in ((one, wide_two, (here, there)), (two, wide_one, (there, here))):
        if lies_within(index, inner, outer):
            return Finding("qualifies", f"All of {words[0]} lies within {words[1]}.")
    return Finding("differs", f"The set {{{here}}} is not the set {{{there}}}.")


def lies_within(index: Index, inner: Iterable[Term], outer: frozenset[Term]) -> bool:
    """Whether each of some values is among others or narrower than one of them."""
    return all(value in outer or ancestors(index, value) & outer for value in inner)


def compare_numbers(index: Index, slot: Slot, one: Term, two: Term) -> Finding | None:
    """Compare two numbers or quantities: of another unit or base they only differ."""
    here, there = label_of(index, one), label_of(index, two)
    for predicate, what in ((pg("unit"), "units"), (pg("ofBase"), "bases")):
        if set(objects(index, one, predicate)) != set(objects(index, two, predicate)):
            return Finding("differs", f"{here} and {there} have different {what}.")
    if PERCENT in objects(index, one, pg("unit")) and not objects(index, one, pg("ofBase")):
        return Finding("differs", f"{here} and {there} are shares of something that is not said.")
    return measure(here, there, bounds_of(index, slot, one), bounds_of(index, slot, two))


def measure(here: str, there: str, mine: Extent | None, theirs: Extent | None) -> Finding | None:
    """How two extents of one dimension lie to each other; ``None`` where they are the same."""
    if mine is None or theirs is None or mine.dimension != theirs.dimension:
        return Finding("differs", f"{here} is not {there}, and they cannot be set in order.")
    if mine == theirs:
        return None
    if mine.highest < theirs.lowest or theirs.highest < mine.lowest:
        return Finding("contradicts", f"Nothing is both {here} and {there}.")
    return Finding("qualifies", f"{here} and {there} overlap.")


def names(index: Index, terms: Iterable[Term]) -> str:
    """The English names of some terms, sorted."""
    return ", ".join(sorted(label_of(index, entry) for entry in terms))


def objects(index: Index, subject: Term, predicate: NamedNode) -> tuple[Term, ...]:
    """What a term points at; nothing for a literal."""
    return () if isinstance(subject, Literal) else index.objects(subject, predicate)


def ancestors(index: Index, start: Term) -> set[Term]:
    """Everything broader than a value, however far up; the value itself is not among them."""
    found: set[Term] = set()
    waiting: list[Term] = [start]
    while waiting:
        current = waiting.pop()
        for predicate in UPWARD:
            fresh = [above for above in objects(index, current, predicate) if above not in found]
            found.update(fresh)
            waiting.extend(fresh)
    return found - {start}


def expand(index: Index, terms: Iterable[Term]) -> frozenset[Term]:
    """The terms with every place that is covered by parts replaced by them, as deep as it goes."""
    found: set[Term] = set()
    seen: set[Term] = set()
    waiting = list(terms)
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        parts = objects(index, current, pg("coveredBy"))
        if parts:
            waiting.extend(parts)
        else:
            found.add(current)
    return frozenset(found or seen)


def exclude_each_other(index: Index, one: Term, two: Term) -> bool:
    """Whether two values have a common parent whose members exclude each other."""
    broader = term("skos:broader")
    shared = set(objects(index, one, broader)) & set(objects(index, two, broader))
    return any(
        isinstance(mark, Literal) and mark.value == "true"
        for parent in shared
        for mark in objects(index, parent, pg("exclusiveMembers"))
    )


def interval_of(index: Index, value: Term) -> Extent | None:
    """A duration in months or a day in days, both ends included; ``None`` for what cannot be ordered."""
    if not isinstance(value, Literal):
        ends = read_numbers(index, value, "minMonths", "maxMonths")
        return Extent("months", *ends) if ends else None
    if duration := DURATION.fullmatch(value.value):
        years, months, days = (Decimal(part or 0) for part in duration.groups())
        length = years * 12 + months + days / DAYS_IN_A_MONTH
        return Extent("months", length, length)
    parts = value.value.split("/")
    first, last = days_of_moment(parts[0]), days_of_moment(parts[-1])
    if len(parts) > 2 or first is None or last is None:
        return None
    return Extent("days", first[0], last[1])


def days_of_moment(text: str) -> tuple[Decimal, Decimal] | None:
    """The first and last day of a day, month or year, as ordinals; ``None`` where the calendar has none."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day = (None if part is None else int(part) for part in found.groups())
    try:
        first = date(year or 1, month or 1, day or 1)
        last = date(first.year, month or 12, day or monthrange(first.year, month or 12)[1])
    except ValueError:
        return None
    return Decimal(first.toordinal()), Decimal(last.toordinal())


def bounds_of(index: Index, slot: Slot, value: Term) -> Extent | None:
    """What a number or quantity bounds. A ceiling is compared by its figure: it is the bound itself."""
    if isinstance(value, Literal):
        ends = read_number(value), read_number(value)
    else:
        ends = read_numbers(index, value, "lowest", "highest") or (None, None)
        if ends[0] is None:
            ends = read_numbers(index, value, "number", "number") or (None, None)
    low, high = ends
    if low is None or high is None:
        return None
    comparators = objects(index, value, pg("quantityComparator"))
    said = {entry.value.removeprefix(NS) for entry in comparators if isinstance(entry, NamedNode)}
    if not slot.name.endswith("Ceiling"):
        low = low * (1 - ROUGHLY) if "about" in said else -INFINITY if "atMost" in said else low
        high = high * (1 + ROUGHLY) if "about" in said else INFINITY if said & ABOVE else high
    reduction = "reduceBy" in said or slot.name.endswith("Reduction")
    return Extent("reduction" if reduction else "number", low, high)


def read_numbers(index: Index, value: Term, low: str, high: str) -> tuple[Decimal, Decimal] | None:
    """Two numbers that a thing carries under two properties."""
    ends = [*objects(index, value, pg(low))[:1], *objects(index, value, pg(high))[:1]]
    numbers = [read_number(end) for end in ends]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0], numbers[1]


def read_number(value: Term) -> Decimal | None:
    """The number of a literal; ``None`` for anything else."""
    try:
        return Decimal(value.value) if isinstance(value, Literal) else None
    except InvalidOperation:
        return None
