"""The change of the derived graph that follows from a change of what is stated, found by looking at that.

What comes out is what deriving everything anew would give. A value keeps its claims in the derived graph, so
those that the change does not reach are counted on, and not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Store

from plangraph.denial import Content, key_of_content, oppose_all
from plangraph.divergence import Divergence, describe_divergence, diverge, meets
from plangraph.index import Subject
from plangraph.lookup import Lookup
from plangraph.origins import ATTRIBUTION, ENDS_IN, ENDS_UNDETERMINED, Origins, describe_end
from plangraph.reach import Reach
from plangraph.recorded import Recorded, Records
from plangraph.remainder import Remainder
from plangraph.slots import Slot
from plangraph.terms import pg
from plangraph.values import (
    ASSERTED_IN,
    CLAIM,
    DENIED_IN,
    DERIVED,
    DETERMINED_COUNT,
    LABEL,
    OF_PROVISION,
    TYPE,
    UNDETERMINED_COUNT,
    Gathered,
    Key,
    Value,
    count,
    describe_claims,
    describe_value,
    gather_claim,
    make_values,
    parties_of,
)

BETWEEN: Final = pg("betweenValue")
VARYING: Final = (LABEL, OF_PROVISION)
"""What is said of a value and does not follow from what makes it that value."""


@dataclass(frozen=True)
class Difference:
    """Quads that go and quads that come, none of them both."""

    gone: frozenset[Quad] = frozenset()
    come: frozenset[Quad] = frozenset()

    def then(self, other: Difference) -> Difference:
        """This one and then another, as one."""
        return Difference(
            (self.gone - other.come) | (other.gone - self.come),
            (self.come - other.gone) | (other.come - self.gone),
        )

    def apply(self, store: Store) -> None:
        """Make the change."""
        for quad in self.gone:
            store.remove(quad)
        store.extend(self.come)


def differ(old: Iterable[Quad], new: Iterable[Quad]) -> Difference:
    """The difference between two sets of quads."""
    before, after = frozenset(old), frozenset(new)
    return Difference(before - after, after - before)


def derive_again(before: Lookup, after: Lookup, slots: Mapping[NamedNode, Slot], reach: Reach) -> Difference:
    """The change of the derived graph of the store that ``after`` looks at, made there.

    The derived graph must be that of the state before.
    """
    ends = differ(*collect_ends(after, reach.attributions))
    ends.apply(after.store)
    anew = Values(before, after, slots, reach)
    values = anew.derive()
    values.apply(after.store)
    divergences = Divergences(Records(after, slots), anew.standing).derive(anew.lost)
    divergences.apply(after.store)
    return ends.then(values).then(divergences)


def collect_ends(after: Lookup, attributions: Iterable[Subject]) -> tuple[list[Quad], list[Quad]]:
    """Where the chains of some attributions ended, and where they end now."""
    old: list[Quad] = []
    new: list[Quad] = []
    for attribution in attributions:
        for predicate in (ENDS_IN, ENDS_UNDETERMINED):
            old += after.store.quads_for_pattern(attribution, predicate, None, DERIVED)
        if ATTRIBUTION in after.objects(attribution, TYPE):
            new += describe_end(after, attribution, DERIVED)
    return old, new


class Values:
    """The reported values that a change reaches, derived anew.

    Afterwards ``standing`` are those that may be described or compared otherwise, and ``lost`` those that no
    claim gives any more.
    """

    def __init__(self, before: Lookup, after: Lookup, slots: Mapping[NamedNode, Slot], reach: Reach) -> None:
        self.after = after
        self.reach = reach
        self.was = gather(before, slots, reach.claims)
        self.now = gather(after, slots, reach.claims)
        self.records = Records(after, slots)
        self.remainder = Remainder(self.records, reach.claims)
        self.standing: set[NamedNode] = set()
        self.lost: set[NamedNode] = set()
        self.old: list[Quad] = []
        self.new: list[Quad] = []

    def derive(self) -> Difference:
        """The change of the derived graph that they make; it is not made yet."""
        for iri in self.was.keys() | self.now.keys() | self.reach.values:
            value = self.now.get(iri) or self.was.get(iri) or self.records.read(iri)
            if not self.records.exists(iri):
                self.standing.add(iri)
                self.new += describe_value(self.after, value)
                self.new += describe_claims(value)
            elif iri in self.now or any(True for _ in self.remainder.stream_claims(iri, value.negative)):
                self.standing.add(iri)
                self.change(value)
            else:
                self.lost.add(iri)
                self.old += self.records.store.quads_for_pattern(iri, None, None, DERIVED)
        return differ(self.old, self.new)

    def change(self, value: Value) -> None:
        """Say of a value that was there and still is what may be otherwise."""
        for predicate in VARYING:
            self.old += self.records.store.quads_for_pattern(value.iri, predicate, None, DERIVED)
        self.new += (quad for quad in describe_value(self.after, value) if quad.predicate in VARYING)
        was, now = self.was.get(value.iri), self.now.get(value.iri)
        given = DENIED_IN if value.negative else ASSERTED_IN
        self.old += (Quad(value.iri, given, claim, DERIVED) for claim in (was.claims if was else ()))
        self.new += (Quad(value.iri, given, claim, DERIVED) for claim in (now.claims if now else ()))
        if value.negative:
            return  # who denies supports nothing, so there is nothing to count
        ends = (entry.origins if entry else Origins() for entry in (was, now))
        shifts = self.remainder.shift(value.iri, *ends)
        for predicate, shift in zip((DETERMINED_COUNT, UNDETERMINED_COUNT), shifts, strict=True):
            if shift:
                (number,) = self.records.list_objects(value.iri, predicate)
                assert isinstance(number, Literal)  # noqa: S101 - it was counted
                self.old.append(Quad(value.iri, predicate, number, DERIVED))
                self.new.append(Quad(value.iri, predicate, count(int(number.value) + shift), DERIVED))


def gather(
    index: Lookup, slots: Mapping[NamedNode, Slot], claims: Iterable[Subject]
) -> dict[NamedNode, Value]:
    """The values that some claims give, as far as these claims go."""
    found: Gathered = {}
    for claim in claims:
        if CLAIM in index.objects(claim, TYPE):
            gather_claim(index, claim, slots, found)
    return {value.iri: value for value in make_values(index, slots, found)}


class Divergences:
    """The divergences of some values, derived anew; the derived graph has these values as they are now."""

    def __init__(self, records: Records, values: Set[NamedNode]) -> None:
        self.records = records
        self.values = values
        self.groups: dict[NamedNode, list[Slot]] = defaultdict(list)
        for slot in records.slots.values():
            self.groups[slot.group].append(slot)

    def derive(self, lost: Set[NamedNode]) -> Difference:
        """The change of the derived graph that they make, with those of values that are lost."""
        store = self.records.store
        known = {entry for iri in self.values | lost for entry in self.records.find_pointing(BETWEEN, iri)}
        old = [quad for entry in known for quad in store.quads_for_pattern(entry, None, None, DERIVED)]
        found = [*self.compare_asserted(), *self.compare_denied()]
        new = [quad for entry in found for quad in describe_divergence(self.records.index, entry)]
        return differ(old, new)

    def compare_asserted(self) -> Iterator[Divergence]:
        """Between two values that are asserted, of which one at least is among these."""
        index = self.records.index
        done: set[tuple[NamedNode, NamedNode]] = set()
        for value in map(self.records.read, self.values):
            if not meets(value):
                continue
            parties = parties_of(index, value.members)
            for other in self.records.find_fellows(value.key, self.groups[value.slot.group]):
                one, two = sorted((value, other), key=lambda entry: entry.iri.value)
                if one is two or (one.iri, two.iri) in done or not meets(other) or other.key != value.key:
                    continue
                done.add((one.iri, two.iri))
                if parties_of(index, other.members) == parties:
                    divergence = diverge(index, one, two)
                    if divergence is not None:
                        yield divergence

    def compare_denied(self) -> Iterator[Divergence]:
        """Between a value that is denied and one that is asserted, of which one is among these."""
        pairs: list[tuple[Content, Content]] = []
        for key in {key_of_content(self.records.read(iri).key) for iri in self.values}:
            denied = self.find_contents(self.find_fellows(key, True))
            for content in denied:
                said = {(value.slot.iri, value.members) for value in content}
                fellows = self.find_fellows(key, False, {value.slot for value in content})
                same = [value for value in fellows if (value.slot.iri, value.members) in said]
                pairs += ((content, asserted) for asserted in self.find_contents(same))
        for divergence in oppose_all(self.records.index, pairs):
            if divergence.one.iri in self.values or divergence.two.iri in self.values:
                yield divergence

    def find_fellows(self, key: Key, negative: bool, slots: Iterable[Slot] = ()) -> list[Recorded]:
        """The values under a key of contents that are denied, or those that are asserted."""
        found = self.records.find_fellows(key, slots, negative)
        return [value for value in found if key_of_content(value.key) == key]

    def find_contents(self, values: Iterable[Recorded]) -> set[Content]:
        """What claims that give some values say in all their slots together, each content once."""
        return {self.records.find_given(claim, value.negative) for value in values for claim in value.claims}
