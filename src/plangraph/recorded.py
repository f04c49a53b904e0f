"""Reported values as the derived graph of a store records them: what each is of at once, its claims as asked.

A value may have thousands of claims, of which a change touches few. So nothing here walks them before it is
asked to, and most questions about them end at the first claim that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Final, Generic, TypeVar

from pyoxigraph import NamedNode, Quad

from plangraph.index import Index, Subject, Term, sort
from plangraph.lookup import Lookup
from plangraph.origins import ASSERTS, IN_DOCUMENT, Origins, trace_one
from plangraph.slots import Slot
from plangraph.terms import ID, pg
from plangraph.values import (
    ASSERTED_IN,
    DENIED_IN,
    DERIVED,
    KEY_PROPERTIES,
    POINT_BASIS,
    Key,
    Value,
    begin_slug,
    find_statements,
)

Node = TypeVar("Node")

OF_SUBJECT, ON_SLOT, REPORTED_VALUE = pg("ofSubject"), pg("onSlot"), pg("reportedValue")
CONTEXT: Final = (*KEY_PROPERTIES, POINT_BASIS)


class Unrolled(Generic[Node]):
    """What an iterator gives, for many readers: found one by one, and kept."""

    def __init__(self, coming: Iterator[Node]) -> None:
        self.coming = coming
        self.found: list[Node] = []

    def __iter__(self) -> Iterator[Node]:
        place = 0
        while place < len(self.found) or self.pull():
            yield self.found[place]
            place += 1

    def pull(self) -> bool:
        """Find one more; whether there was one."""
        for node in self.coming:
            self.found.append(node)
            return True
        return False


class UnrolledSet(Set[Subject]):
    """A set whose members are found one by one; ``holds`` tells of any without a walk."""

    def __init__(self, coming: Iterator[Subject], holds: Callable[[Subject], bool]) -> None:
        self.members = Unrolled(coming)
        self.holds = holds

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Subject) and self.holds(node)

    def __iter__(self) -> Iterator[Subject]:
        return iter(self.members)

    def __len__(self) -> int:
        return sum(1 for _ in self.members)


class Recorded(Value):
    """A value of which the derived graph holds the key, the members and the claims."""

    def __init__(
        self, records: Records, iri: NamedNode, key: Key, slot: Slot, members: tuple[Term, ...]
    ) -> None:
        negative = records.is_denied(iri)
        claims = UnrolledSet(records.stream_claims(iri, negative), self.holds_claim)
        attributions = UnrolledSet(self.stream_attributions(), self.holds_attribution)
        super().__init__(key, slot, members, negative, frozenset(), claims, attributions, Origins())
        self.records = records
        self.__dict__["iri"] = iri  # not computed again: it follows from more than is read here

    def holds_claim(self, claim: Subject) -> bool:
        """Whether a claim gives this value."""
        return self.records.gives(claim, self.iri, self.negative)

    def holds_attribution(self, attribution: Subject) -> bool:
        """Whether an attribution states this value."""
        return any(
            isinstance(claim, Subject)
            and claim in self.claims
            and (attribution, self.negative) in self.records.find_statements(claim)
            for claim in self.records.index.objects(attribution, ASSERTS)
        )

    def stream_attributions(self) -> Iterator[Subject]:
        """The attributions that state it, each once."""
        seen: set[Subject] = set()
        for claim in self.claims:
            for attribution, denies in self.records.find_statements(claim):
                if denies == self.negative and attribution not in seen:
                    seen.add(attribution)
                    yield attribution

    def list_ends(self) -> Iterator[Term]:
        """Where its chains end, known or not; some perhaps more than once."""
        return (end for entry in self.attributions for end in self.records.trace(entry).all)

    def is_stated_in(self, index: Index, page: Term) -> bool:
        """Whether a document states it; asks what the document has, since a value may have more."""
        return any(entry in self.attributions for entry in index.subjects(IN_DOCUMENT, page))


class Records:
    """The values of a store. What they rest on is looked up in an index of that store, and kept."""

    def __init__(self, index: Lookup, slots: Mapping[NamedNode, Slot]) -> None:
        self.index = index
        self.store = index.store
        self.slots = slots
        self.values: dict[NamedNode, Recorded] = {}
        self.about: dict[Subject, tuple[NamedNode, ...]] = {}
        self.traced: dict[Subject, Origins] = {}
        self.stated: dict[Subject, list[tuple[Subject, bool]]] = {}

    def list_objects(self, iri: NamedNode, predicate: NamedNode) -> tuple[Term, ...]:
        """What the derived graph says of a thing."""
        return sort(quad.object for quad in self.store.quads_for_pattern(iri, predicate, None, DERIVED))

    def exists(self, iri: NamedNode) -> bool:
        """Whether the derived graph has a value."""
        return next(self.store.quads_for_pattern(iri, ON_SLOT, None, DERIVED), None) is not None

    def read(self, iri: NamedNode) -> Recorded:
        """A value that the derived graph has."""
        if iri not in self.values:
            (subject,) = self.list_objects(iri, OF_SUBJECT)
            (slot,) = self.list_objects(iri, ON_SLOT)
            context = ((predicate, self.list_objects(iri, predicate)) for predicate in CONTEXT)
            assert isinstance(subject, Subject)  # noqa: S101 - what is derived is of a subject
            assert isinstance(slot, NamedNode)  # noqa: S101 - and on a slot
            key = Key(subject, tuple(entry for entry in context if entry[1]))
            members = self.list_objects(iri, REPORTED_VALUE)
            self.values[iri] = Recorded(self, iri, key, self.slots[slot], members)
        return self.values[iri]

    def stream_claims(self, iri: NamedNode, negative: bool) -> Iterator[Subject]:
        """The claims that assert a value, or those that deny it."""
        given = DENIED_IN if negative else ASSERTED_IN
        for quad in self.store.quads_for_pattern(iri, given, None, DERIVED):
            if isinstance(quad.object, Subject):
                yield quad.object

    def gives(self, claim: Subject, iri: NamedNode, negative: bool) -> bool:
        """Whether a claim asserts a value, or denies it."""
        return Quad(iri, DENIED_IN if negative else ASSERTED_IN, claim, DERIVED) in self.store

    def find_given(self, claim: Subject, negative: bool) -> frozenset[Value]:
        """The values that a claim asserts, or those that it denies."""
        given = DENIED_IN if negative else ASSERTED_IN
        found = self.store.quads_for_pattern(None, given, claim, DERIVED)
        return frozenset(self.read(quad.subject) for quad in found if isinstance(quad.subject, NamedNode))

    def find_pointing(self, predicate: NamedNode, node: Term) -> set[NamedNode]:
        """What in the derived graph points at something by a predicate."""
        found = self.store.quads_for_pattern(None, predicate, node, DERIVED)
        return {quad.subject for quad in found if isinstance(quad.subject, NamedNode)}

    def find_fellows(
        self, key: Key, slots: Iterable[Slot] = (), negative: bool | None = None
    ) -> Iterator[Recorded]:
        """The values about the subject of a key that have its context, and perhaps more.

        Only those on some slots, or those that are denied or not, where that is asked for. The slug of a
        value tells its slot, and a look tells most contexts apart: few values are read in vain.
        """
        subject = key.subject
        if subject not in self.about:
            self.about[subject] = sort(self.find_pointing(OF_SUBJECT, subject))
        begin = tuple(f"{ID}value/{begin_slug(subject, slot)}" for slot in slots) or ""
        rows = [(predicate, node) for predicate, terms in key.context for node in terms]
        for iri in self.about[subject]:
            if (
                iri.value.startswith(begin)
                and all(Quad(iri, *row, DERIVED) in self.store for row in rows)
                and negative in (None, self.is_denied(iri))
            ):
                yield self.read(iri)

    def is_denied(self, iri: NamedNode) -> bool:
        """Whether a value is one that is denied."""
        return next(self.stream_claims(iri, True), None) is not None

    def find_statements(self, claim: Subject) -> list[tuple[Subject, bool]]:
        """As :func:`plangraph.values.find_statements`."""
        if claim not in self.stated:
            self.stated[claim] = find_statements(self.index, claim)
        return self.stated[claim]

    def trace(self, attribution: Subject) -> Origins:
        """As :func:`plangraph.origins.trace_one`."""
        if attribution not in self.traced:
            self.traced[attribution] = trace_one(self.index, attribution)
        return self.traced[attribution]
