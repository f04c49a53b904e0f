"""The content slots, as the ontology declares them: how each compares, and which question it answers."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from plangraph.index import Index
from plangraph.terms import NS, pg, term


@dataclass(frozen=True)
class Slot:
    """A slot: its property, the name of its comparison, its group (the slot itself where it has none)."""

    iri: NamedNode
    comparison: str
    group: NamedNode

    @property
    def name(self) -> str:
        """The local name, such as ``materialScope``."""
        return self.iri.value.removeprefix(NS)


def read_slots(index: Index) -> dict[NamedNode, Slot]:
    """Every slot by its property; raises ``ValueError`` for one that does not say how it compares."""
    slots = {}
    for iri in index.subjects(term("rdfs:subPropertyOf"), pg("slot")):
        comparison, group = index.one(iri, pg("comparison")), index.one(iri, pg("slotGroup"))
        if not isinstance(iri, NamedNode) or not isinstance(comparison, NamedNode):
            raise ValueError(f"{iri} is a slot without pg:comparison")
        name = comparison.value.removeprefix(NS)
        slots[iri] = Slot(iri, name, group if isinstance(group, NamedNode) else iri)
    return slots
