"""The read-only view that computing works on: quads by subject and predicate, by predicate and object.

Answers come sorted by their N-Triples form, so that whatever is computed from them does not depend on the
order of the files. A data set of millions of quads has to fit: each term is kept once, however many quads
hold it; the quads themselves are not kept, so they may stream by; what nobody will ask for can be left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TypeVar, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad

from plangraph.terms import Graph, Subject, Term, term

__all__ = ["Graph", "Index", "Subject", "Term"]

TYPE = term("rdf:type")
Node = TypeVar("Node")


class Index:
    """All graphs as one: a triple that several graphs hold counts once. Nothing can be added later.

    ``without`` names predicates whose triples are left out. An index with something left out does not keep in
    which graph a subject is at home, either; to ask for any of this is a ``KeyError``, never an empty answer.
    """

    def __init__(self, quads: Iterable[Quad], without: Collection[NamedNode] = ()) -> None:
        self._without = frozenset(without)
        alone: dict[Term, tuple[Term]] = {}  # each term once, and the tuple that holds it alone
        objects: dict[Subject, dict[NamedNode, tuple[Term, ...] | list[Term]]] = {}
        homes: dict[Subject, tuple[bool, Graph]] = {}
        for quad in quads:
            predicate = quad.predicate
            if predicate in self._without:
                continue
            subject, value = quad.subject, quad.object
            one = alone.get(value) or alone.setdefault(value, (value,))
            held = objects.get(subject)
            if held is None:
                held = objects[cast(Subject, alone.setdefault(subject, (subject,))[0])] = {}
            known = held.get(predicate)
            if known is None:
                held[cast(NamedNode, alone.setdefault(predicate, (predicate,))[0])] = one
            elif isinstance(known, list):
                known.append(one[0])
            elif known != one:
                held[predicate] = [*known, one[0]]
            if not self._without:
                home = (predicate == TYPE, quad.graph_name)
                other = homes.get(subject)
                homes[subject] = home if other is None or ranks_before(home, other) else other
        for subject, held in objects.items():
            objects[subject] = {predicate: freeze(held[predicate]) for predicate in sorted(held, key=text_of)}
        self._objects = cast(dict[Subject, dict[NamedNode, tuple[Term, ...]]], objects)
        self._homes = {subject: graph for subject, (_, graph) in homes.items()}
        self._subjects: dict[NamedNode, dict[Term, tuple[Subject, ...]]] = {}

    def objects(self, subject: Subject, predicate: NamedNode) -> tuple[Term, ...]:
        """What the subject's predicate points at, in any graph; empty where it says nothing."""
        found = self._objects.get(subject, {}).get(predicate, ())
        if not found and predicate in self._without:
            raise KeyError(predicate.value)
        return found

    def one(self, subject: Subject, predicate: NamedNode) -> Term | None:
        """The object; of several the first, since how many there may be is the shapes' business."""
        found = self.objects(subject, predicate)
        return found[0] if found else None

    def subjects(self, predicate: NamedNode, value: Term) -> tuple[Subject, ...]:
        """What points at the value by that predicate; the first question about one walks all subjects."""
        if predicate in self._without:
            raise KeyError(predicate.value)
        if predicate not in self._subjects:
            by_value: dict[Term, list[Subject]] = defaultdict(list)
            for subject, held in self._objects.items():
                for entry in held.get(predicate, ()):
                    by_value[entry].append(subject)
            self._subjects[predicate] = {entry: sort(found) for entry, found in by_value.items()}
        return self._subjects[predicate].get(value, ())

    def instances(self, class_: NamedNode) -> tuple[Subject, ...]:
        """What is stated to be of that class itself; no subclass is followed."""
        return self.subjects(TYPE, class_)

    def predicates(self, subject: Subject) -> tuple[NamedNode, ...]:
        """The predicates that a subject has, but for those left out."""
        return tuple(self._objects.get(subject, ()))

    def graph_of(self, subject: Subject) -> Graph | None:
        """The graph that gives the subject its type, else the first that speaks of it; ``None`` if none does.

        Of several such graphs it is the first by name, the default graph before all.
        """
        if self._without:
            raise KeyError("graphs")
        return self._homes.get(subject)


def freeze(held: tuple[Term, ...] | list[Term]) -> tuple[Term, ...]:
    """The objects of one predicate, each once, in order."""
    return sort(set(held)) if isinstance(held, list) else held


def sort(found: Iterable[Node]) -> tuple[Node, ...]:
    """The terms in the order of their N-Triples form."""
    return tuple(sorted(found, key=str))


def text_of(predicate: NamedNode) -> str:
    """The key that sorts predicates."""
    return predicate.value


def ranks_before(one: tuple[bool, Graph], other: tuple[bool, Graph]) -> bool:
    """Of two graphs marked by whether they give a type: whether the first is the home."""
    return rank(one) < rank(other)


def rank(home: tuple[bool, Graph]) -> tuple[bool, bool, str]:
    """The key that sorts graphs: those that give a type, then the default graph, then by name."""
    types, graph = home
    return (not types, not isinstance(graph, DefaultGraph), str(graph))
