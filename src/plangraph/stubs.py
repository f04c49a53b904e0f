"""Stubs: entries for what a sheet names and the registry lacks, each with an IRI of its own.

The IRI is made of the name alone, so that sheets which know nothing of each other call a thing the same, and
two things never the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.names import Names, fold
from plangraph.terms import Term, graph, pg, term, thing

REGISTRY: Final = graph("registry")
TYPE, LABEL = term("rdf:type"), term("rdfs:label")
STUB: Final = pg("registryStub")
TRUE: Final = Literal("true", datatype=term("xsd:boolean"))


class Stubs:
    """The stubs of one sheet, as quads of the registry."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.quads: list[Quad] = []
        self._bearers: dict[NamedNode, str] = {}
        self._described: set[NamedNode] = set()

    def choose_slug(self, kinds: Iterable[str], slugs: Iterable[str], name: str) -> str:
        """The first slug under which nothing is known by another name, as a thing of any of some kinds.

        It is the name's from then on; ``slugs`` has to go on until one is free.
        """
        folded, kinds = fold(name), tuple(kinds)
        for slug in slugs:
            things = [thing(kind, slug) for kind in kinds]
            if any(self.names.knows(entry) for entry in things):
                continue
            if all(self._bearers.setdefault(entry, folded) == folded for entry in things):
                return slug
        raise AssertionError(f"no slug is left for {name!r}")  # two names of one SHA-256

    def describe(
        self, stub: NamedNode, class_: NamedNode, name: str, *more: tuple[NamedNode, Term]
    ) -> NamedNode:
        """Say of a stub no more than its name and ``more``; a second description adds only its class."""
        rows: list[tuple[NamedNode, Term]] = [(TYPE, class_)]
        if stub not in self._described:
            self._described.add(stub)
            rows += [(LABEL, Literal(name, language="en")), (STUB, TRUE), *more]
        self.quads += [Quad(stub, predicate, value, REGISTRY) for predicate, value in rows]
        return stub
