"""What a store states, as an index that looks up what it is asked for: a few answers cost a few look-ups.

An index of all quads takes as long as there are quads; this one is for what touches few of them. It can also
answer as before a change that the store has made already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

from pyoxigraph import NamedNode, Quad, Store

from plangraph.index import Index, Subject, Term, sort
from plangraph.pinning import COMPUTED
from plangraph.repeated import Said
from plangraph.terms import term

TYPE = term("rdf:type")


class Lookup(Index):
    """As an index of all that a store states; what is computed in it is left out.

    With ``gone`` and ``come``, the quads that the store lost and got, it answers as if it had not. What is
    stated of things that documents repeat (:mod:`plangraph.repeated`) may be given, as it was or is by then.
    The store must not change while it is asked, but for computed graphs: answers are kept.
    """

    def __init__(
        self,
        store: Store,
        without: Collection[NamedNode] = (),
        gone: Iterable[Quad] = (),
        come: Collection[Quad] = (),
        repeated: Mapping[Subject, Said] | None = None,
    ) -> None:
        super().__init__((), without)
        self.store = store
        self.repeated = repeated or {}
        self.come = frozenset(come)
        self.gone_from: dict[Term, list[Quad]] = defaultdict(list)
        for quad in gone:
            self.gone_from[quad.subject].append(quad)
            if quad.object != quad.subject:
                self.gone_from[quad.object].append(quad)
        self.described: dict[Subject, Mapping[NamedNode, tuple[Term, ...]]] = {}
        self.pointing: dict[tuple[NamedNode | None, Term], tuple[Subject, ...]] = {}

    def describe(self, subject: Subject) -> Mapping[NamedNode, tuple[Term, ...]]:
        """All that is stated of a subject, by predicate, in order."""
        found = self.described.get(subject)
        if found is None:
            held: dict[NamedNode, set[Term]] = defaultdict(set)
            for predicate, value in self.list_said(subject):
                if predicate not in self._without:
                    held[predicate].add(value)
            by_name = sorted(held, key=lambda predicate: predicate.value)
            found = self.described[subject] = {predicate: sort(held[predicate]) for predicate in by_name}
        return found

    def list_said(self, subject: Subject) -> Iterable[tuple[NamedNode, Term]]:
        """What is stated of a subject; from the store, perhaps several times the same."""
        said = self.repeated.get(subject)
        if said is not None:
            return said
        return ((quad.predicate, quad.object) for quad in self.find(subject, None, None))

    def find(
        self, subject: Subject | None, predicate: NamedNode | None, value: Term | None
    ) -> Iterator[Quad]:
        """The quads of a pattern, of which the subject or the object must be known."""
        for quad in self.store.quads_for_pattern(subject, predicate, value, None):
            if quad.graph_name not in COMPUTED and not (self.come and quad in self.come):
                yield quad
        for quad in self.gone_from.get(cast(Term, subject or value), ()):
            if (
                subject in (None, quad.subject)
                and predicate in (None, quad.predicate)
                and value in (None, quad.object)
            ):
                yield quad

    def objects(self, subject: Subject, predicate: NamedNode) -> tuple[Term, ...]:
        """What the subject's predicate points at, in any graph; empty where it says nothing."""
        found = self.describe(subject).get(predicate, ())
        if not found and predicate in self._without:
            raise KeyError(predicate.value)
        return found

    def subjects(self, predicate: NamedNode, value: Term) -> tuple[Subject, ...]:
        """What points at the value by that predicate."""
        if predicate in self._without:
            raise KeyError(predicate.value)
        return self.point(predicate, value)

    def referring(self, value: Term) -> tuple[Subject, ...]:
        """What points at the value by any predicate."""
        return self.point(None, value)

    def point(self, predicate: NamedNode | None, value: Term) -> tuple[Subject, ...]:
        """What points at the value, in order."""
        found = self.pointing.get((predicate, value))
        if found is None:
            found = sort({quad.subject for quad in self.find(None, predicate, value)})
            self.pointing[predicate, value] = found
        return found

    def predicates(self, subject: Subject) -> tuple[NamedNode, ...]:
        """The predicates that a subject has, but for those left out."""
        return tuple(self.describe(subject))
