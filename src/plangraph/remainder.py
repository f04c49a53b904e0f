"""The claims that a change does not reach: whether one of them gives a value an origin.

A value's origins are counted over all its claims, and a change gives or takes a few of them. Whether the
others have an origin too is looked for from both sides at once, among the claims of the value and among what
ends in that origin: the shorter side decides, and mostly the first find does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from pyoxigraph import NamedNode

from plangraph.index import Subject, Term
from plangraph.origins import (
    ASSERTS,
    COPY_OF,
    IN_DOCUMENT,
    PUBLISHER,
    SAID_BY,
    TAKEN_FROM,
    UTTERED_AT,
    Origins,
)
from plangraph.recorded import Records, Unrolled


class Remainder:
    """All claims but some, with the values that the records hold of them."""

    def __init__(self, records: Records, without: Set[Subject]) -> None:
        self.records = records
        self.index = records.index
        self.without = without
        self.ending: dict[tuple[Term, bool], Unrolled[Subject | None]] = {}

    def stream_claims(self, iri: NamedNode, negative: bool) -> Iterator[Subject]:
        """The claims of a value."""
        return (claim for claim in self.records.stream_claims(iri, negative) if claim not in self.without)

    def shift(self, iri: NamedNode, before: Origins, after: Origins) -> tuple[int, int]:
        """By how many determined and undetermined origins the value gets richer.

        The two are the origins of those of its claims that are left out here, as they were and as they are.
        """
        return (
            self.shift_one(iri, before.determined, after.determined, True),
            self.shift_one(iri, before.undetermined, after.undetermined, False),
        )

    def shift_one(
        self, iri: NamedNode, before: frozenset[Term], after: frozenset[Term], determined: bool
    ) -> int:
        """As :meth:`shift`, for one kind of origin."""
        come = sum(not self.has_end(iri, end, determined) for end in after - before)
        return come - sum(not self.has_end(iri, end, determined) for end in before - after)

    def has_end(self, iri: NamedNode, end: Term, determined: bool) -> bool:
        """Whether one of these claims asserts the value and has that origin."""
        key = end, determined
        if key not in self.ending:
            self.ending[key] = Unrolled(self.stream_ending(end, determined))
        sides = zip(self.stream_claims(iri, False), self.ending[key], strict=False)
        return any(
            self.ends_in(claim, end, determined)
            or (other is not None and self.records.gives(other, iri, False))
            for claim, other in sides
        )

    def ends_in(self, claim: Subject, end: Term, determined: bool) -> bool:
        """Whether a claim is asserted by an attribution that has that origin."""
        return any(
            end in self.find_ends(entry, determined)
            for entry, denies in self.records.find_statements(claim)
            if not denies
        )

    def find_ends(self, attribution: Subject, determined: bool) -> frozenset[Term]:
        """The origins of an attribution, of one kind."""
        found = self.records.trace(attribution)
        return found.determined if determined else found.undetermined

    def stream_ending(self, end: Term, determined: bool) -> Iterator[Subject | None]:
        """The claims that have that origin; nothing for each that was looked at in vain."""
        seen: set[Subject] = set()
        for attribution in self.stream_below(self.stream_hops(end, determined)):
            for claim in self.index.objects(attribution, ASSERTS) if attribution else ():
                if not isinstance(claim, Subject) or claim in seen or claim in self.without:
                    continue
                seen.add(claim)
                yield claim if self.ends_in(claim, end, determined) else None
            yield None

    def stream_below(self, hops: Iterable[Subject | None]) -> Iterator[Subject | None]:
        """Some hops, and all that take from them, however far off; each once. What is nothing stays so."""
        seen: set[Subject] = set()
        for hop in hops:
            if hop is None:
                yield None
                continue
            waiting = [hop]
            while waiting:
                below = waiting.pop()
                if below not in seen:
                    seen.add(below)
                    yield below
                    waiting += self.stream_pointing(TAKEN_FROM, below)

    def stream_hops(self, end: Term, determined: bool) -> Iterator[Subject | None]:
        """The hops at which a chain may end in that origin; nothing for what else points there.

        Thousands of things may point at an outlet of which none is said by it. To look for these alone would
        be one long step, so each thing is a step, and whoever asks can stop after any.
        """
        if not determined and isinstance(end, Subject):
            yield end
        ways = (IN_DOCUMENT, SAID_BY, UTTERED_AT) if determined else (IN_DOCUMENT,)
        seen: set[Term] = {end}
        waiting = [end]
        while waiting:
            page = waiting.pop()
            for quad in self.index.find(None, None, page):
                if quad.predicate in ways:
                    yield quad.subject
                    continue
                yield None
                further = quad.predicate == COPY_OF or (determined and quad.predicate == PUBLISHER)
                if further and quad.subject not in seen:
                    seen.add(quad.subject)
                    waiting.append(quad.subject)
            ways = (IN_DOCUMENT,)

    def stream_pointing(self, predicate: NamedNode, node: Term) -> Iterator[Subject]:
        """What points at something by a predicate, as it is found."""
        return (quad.subject for quad in self.index.find(None, predicate, node))
