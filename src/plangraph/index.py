"""The read-only view that computing works on: quads by subject and predicate, by predicate and object.

Building it takes one pass and a sort, and keeps two tuples a triple; every lookup afterwards is one or two
dictionary steps. Answers come sorted by their N-Triples form, so that whatever is computed from them does not
depend on the order of the files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from pyoxigraph import DefaultGraph, NamedNode, Quad

from plangraph.terms import Graph, Subject, Term, term

__all__ = ["Graph", "Index", "Subject", "Term"]

TYPE = term("rdf:type")
Node = TypeVar("Node")


class Index:
    """All graphs as one: a triple that several graphs hold counts once. Nothing can be added later."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        objects: dict[Subject, dict[NamedNode, set[Term]]] = {}
        subjects: dict[NamedNode, dict[Term, set[Subject]]] = {}
        homes: dict[Subject, dict[Graph, bool]] = {}
        for quad in quads:
            objects.setdefault(quad.subject, {}).setdefault(quad.predicate, set()).add(quad.object)
            subjects.setdefault(quad.predicate, {}).setdefault(quad.object, set()).add(quad.subject)
            graphs = homes.setdefault(quad.subject, {})
            graphs[quad.graph_name] = graphs.get(quad.graph_name, False) or quad.predicate == TYPE
        self._objects = {
            subject: {predicate: sort(found) for predicate, found in sorted(held.items(), key=by_text)}
            for subject, held in objects.items()
        }
        self._subjects = {
            predicate: {value: sort(found) for value, found in held.items()}
            for predicate, held in subjects.items()
        }
        self._homes = {subject: choose_home(graphs) for subject, graphs in homes.items()}

    def objects(self, subject: Subject, predicate: NamedNode) -> tuple[Term, ...]:
        """What the subject's predicate points at, in any graph; empty where it says nothing."""
        return self._objects.get(subject, {}).get(predicate, ())

    def one(self, subject: Subject, predicate: NamedNode) -> Term | None:
        """The object; of several the first, since how many there may be is the shapes' business."""
        found = self.objects(subject, predicate)
        return found[0] if found else None

    def subjects(self, predicate: NamedNode, value: Term) -> tuple[Subject, ...]:
        """What points at the value by that predicate."""
        return self._subjects.get(predicate, {}).get(value, ())

    def instances(self, class_: NamedNode) -> tuple[Subject, ...]:
        """What is stated to be of that class itself; no subclass is followed."""
        return self.subjects(TYPE, class_)

    def predicates(self, subject: Subject) -> tuple[NamedNode, ...]:
        """The predicates that a subject has."""
        return tuple(self._objects.get(subject, ()))

    def graph_of(self, subject: Subject) -> Graph | None:
        """The graph that gives the subject its type, else the first that speaks of it; ``None`` if none does.

        Of several such graphs it is the first by name, the default graph before all.
        """
        return self._homes.get(subject)


def sort(found: Iterable[Node]) -> tuple[Node, ...]:
    """The terms in the order of their N-Triples form."""
    return tuple(sorted(found, key=str))


def by_text(item: tuple[NamedNode, object]) -> str:
    """The key that sorts a dictionary's items by its terms."""
    return item[0].value


def choose_home(graphs: dict[Graph, bool]) -> Graph:
    """Of graphs marked by whether they give a type: one that does, by name."""
    return min(graphs, key=lambda graph: (not graphs[graph], not isinstance(graph, DefaultGraph), str(graph)))
