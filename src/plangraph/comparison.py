"""Compare two sets of values of one slot, or of two slots of one group: decisions with their reasons.

Ancestors and overlapping intervals are tried before any contradiction is called; siblings contradict only
where their parent says that its members exclude each other (``pg:exclusiveMembers``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode

from plangraph.index import Index, Term
from plangraph.labels import label_of
from plangraph.slots import Slot
from plangraph.terms import pg, term

UPWARD = (
    term("skos:broader"),
    term("schema:containedInPlace"),
    term("org:memberOf"),
    pg("actsFor"),
)
"""What leads from a value to one that is broader: a wider concept, a larger place, whom somebody acts for."""


class Finding(NamedTuple):
    """How two sets of values differ: the local name of a divergence kind, and the reason in words."""

    kind: str
    reason: str


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
    if len(mine) > 1 or len(theirs) > 1:
        return Finding("differs", f"{here} is not {there}.")
    return compare_values(index, slot, mine[0], theirs[0])


def compare_values(index: Index, slot: Slot, one: Term, two: Term) -> Finding:
    """How two single values of one slot differ: by hierarchy first, then as the slot compares."""
    here, there = label_of(index, one), label_of(index, two)
    if two in ancestors(index, one):
        return Finding("qualifies", f"{here} is narrower than {there}.")
    if one in ancestors(index, two):
        return Finding("qualifies", f"{there} is narrower than {here}.")
    if slot.comparison in MEASURES:
        return MEASURES[slot.comparison](index, one, two)
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
    return Finding("differs", f"The set {{{here}}} is not the set {{{there}}}.")


def compare_intervals(index: Index, one: Term, two: Term) -> Finding:
    """Compare two durations or days: apart they contradict, overlapping they qualify."""
    here, there = label_of(index, one), label_of(index, two)
    mine, theirs = interval_of(index, one), interval_of(index, two)
    if mine is None or theirs is None:
        return Finding("differs", f"{here} is not {there}, and they cannot be set in order.")
    if mine[1] < theirs[0] or theirs[1] < mine[0]:
        return Finding("contradicts", f"No time is both {here} and {there}.")
    return Finding("qualifies", f"{here} and {there} overlap.")


def compare_numbers(index: Index, one: Term, two: Term) -> Finding:
    """Compare two numbers or quantities: of another unit or base they only differ."""
    here, there = label_of(index, one), label_of(index, two)
    for predicate, what in (
        (pg("unit"), "units"),
        (pg("ofBase"), "bases"),
        (pg("quantityComparator"), "bounds"),
    ):
        if set(objects(index, one, predicate)) != set(objects(index, two, predicate)):
            return Finding("differs", f"{here} and {there} have different {what}.")
    mine, theirs = range_of(index, one), range_of(index, two)
    if mine is None or theirs is None:
        return Finding("differs", f"{here} is not {there}.")
    if mine[1] < theirs[0] or theirs[1] < mine[0]:
        return Finding("contradicts", f"{here} and {there} are different numbers.")
    return Finding("qualifies", f"{here} and {there} overlap.")


MEASURES: Final = {"interval": compare_intervals, "number": compare_numbers}
"""How values that can be measured are compared, by the name of the slot's comparison."""


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
        parts = objects(index, current, pg("coveredBy"))
        if current in seen or not parts:
            found.add(current)
        else:
            waiting.extend(parts)
        seen.add(current)
    return frozenset(found)


def exclude_each_other(index: Index, one: Term, two: Term) -> bool:
    """Whether two values have a common parent whose members exclude each other."""
    broader = term("skos:broader")
    shared = set(objects(index, one, broader)) & set(objects(index, two, broader))
    return any(
        isinstance(mark, Literal) and mark.value == "true"
        for parent in shared
        for mark in objects(index, parent, pg("exclusiveMembers"))
    )


def interval_of(index: Index, value: Term) -> tuple[Decimal, Decimal] | None:
    """A duration as months or a day as its ordinal, both ends included; ``None`` for anything else."""
    if isinstance(value, Literal):
        try:
            day = Decimal(date.fromisoformat(value.value[:10]).toordinal())
        except ValueError:
            return None
        return day, day
    return range_between(index, value, "minMonths", "maxMonths")


def range_of(index: Index, value: Term) -> tuple[Decimal, Decimal] | None:
    """A plain number, or a quantity's number or range, both ends included."""
    if isinstance(value, Literal):
        return Decimal(value.value), Decimal(value.value)
    return range_between(index, value, "lowest", "highest") or range_between(index, value, "number", "number")


def range_between(index: Index, value: Term, low: str, high: str) -> tuple[Decimal, Decimal] | None:
    """Two numbers that a thing carries under two properties."""
    ends = [*objects(index, value, pg(low))[:1], *objects(index, value, pg(high))[:1]]
    numbers = [Decimal(end.value) for end in ends if isinstance(end, Literal)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
