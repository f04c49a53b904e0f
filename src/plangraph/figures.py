"""How much a data set holds: triples, classes, properties; counted, or moved by a change.

All graphs are taken as one, so a triple that several of them hold counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import TypeAlias

from pyoxigraph import NamedNode, Quad, Store, Triple

from plangraph.index import Term
from plangraph.terms import Graph, Subject, term

TYPE = term("rdf:type")

Pattern: TypeAlias = tuple[Subject | None, NamedNode | None, Term | None]


@dataclass(frozen=True)
class Figures:
    """Counts of distinct triples, subjects and objects; of things by class, and of triples by property."""

    triples: int
    subjects: int
    objects: int
    classes: Counter[NamedNode]
    properties: Counter[NamedNode]


def count_figures(quads: Iterable[Quad]) -> Figures:
    """The figures of some quads. Linear in them."""
    triples = {quad.triple for quad in quads}
    return Figures(
        triples=len(triples),
        subjects=len({triple.subject for triple in triples}),
        objects=len({triple.object for triple in triples}),
        classes=count_classes(triples),
        properties=Counter(triple.predicate for triple in triples),
    )


def count_classes(triples: Iterable[Triple]) -> Counter[NamedNode]:
    """How many things each class has."""
    return Counter(
        triple.object
        for triple in triples
        if triple.predicate == TYPE and isinstance(triple.object, NamedNode)
    )


def shift_figures(figures: Figures, store: Store, gone: Set[Quad], come: Set[Quad], beside: Graph) -> Figures:
    """The figures of a store that has lost some quads and got others, from those it had before.

    The graph ``beside`` is not counted. The work grows with the change alone.
    """
    left: set[Pattern] = {
        pattern
        for quad in gone
        for pattern in (
            (quad.subject, quad.predicate, quad.object),
            (quad.subject, None, None),
            (None, None, quad.object),
        )
    }

    def look(*pattern: *Pattern) -> tuple[bool, bool]:
        """Whether a pattern was met before, and whether it is now; the first quad mostly tells both."""
        is_met = False
        for quad in store.quads_for_pattern(*pattern, None):
            if quad.graph_name != beside:
                is_met = True
                if quad not in come:
                    return True, True
        return pattern in left, is_met

    lost, won = set[Triple](), set[Triple]()
    for triple in {quad.triple for quads in (gone, come) for quad in quads}:
        was, now = look(triple.subject, triple.predicate, triple.object)
        if was != now:
            (won if now else lost).add(triple)
    subjects = [look(subject, None, None) for subject in {triple.subject for triple in lost | won}]
    objects = [look(None, None, entry) for entry in {triple.object for triple in lost | won}]
    return Figures(
        triples=figures.triples + len(won) - len(lost),
        subjects=figures.subjects + sum(now - was for was, now in subjects),
        objects=figures.objects + sum(now - was for was, now in objects),
        classes=shift(figures.classes, count_classes(lost), count_classes(won)),
        properties=shift(
            figures.properties,
            Counter(triple.predicate for triple in lost),
            Counter(triple.predicate for triple in won),
        ),
    )


def shift(
    counts: Counter[NamedNode], lost: Counter[NamedNode], won: Counter[NamedNode]
) -> Counter[NamedNode]:
    """Counts after some were lost and others won; what is there no more is not among them."""
    return counts + won - lost
