"""The content slots, as the ontology declares them: how each compares, and which question it answers."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from plangraph.index import Index
from plangraph.terms import NS, pg, term


@dataclass(frozen=True)
class Slot:
    """A slot: its property, the name of its comparison, its group (the slot itself where it has none).

    ``range`` is the class or datatype of its values, where there is one; ``schemes`` are the concept schemes
    that they are taken from.
    """

    iri: NamedNode
    comparison: str
    group: NamedNode
    range: NamedNode | None = None
    schemes: tuple[NamedNode, ...] = ()

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
        range_ = index.one(iri, term("rdfs:range"))
        slots[iri] = Slot(
            iri,
            name,
            group if isinstance(group, NamedNode) else iri,
            range_ if isinstance(range_, NamedNode) else None,
            tuple(
                scheme for scheme in index.objects(iri, pg("valueScheme")) if isinstance(scheme, NamedNode)
            ),
        )
    return slots
