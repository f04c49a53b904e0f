"""What is said of things that each document describes anew, such as quantities: all documents taken together.

A quantity is named by what it says, so hundreds of documents describe the same one, and to read all that is
said of it takes as long as there are such documents. Together they say little: that is read once, and then
follows the changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final, TypeAlias

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from plangraph.change import Change
from plangraph.pinning import COMPUTED
from plangraph.terms import ID, Subject, Term, pg, term

BEGIN: Final = f"{ID}quantity/"
"""How their names begin (``rule:quantity-iri``)."""

TYPE, QUANTITY = term("rdf:type"), pg("Quantity")

Said: TypeAlias = frozenset[tuple[NamedNode, Term]]
"""What is stated of a thing: predicates, and what they point at."""


class Repeated:
    """What is stated of each thing that documents repeat. One that is not in it has to be looked up."""

    def __init__(self, said: Mapping[Subject, Said]) -> None:
        self.said = said

    def follow(self, store: Store, change: Change) -> Repeated:
        """What is stated after a change, which the store has already."""
        if change.emptied:  # what those graphs held is not told
            return read_repeated(store)
        return self.learn(store, chain(find_repeated(change.removed), find_repeated(change.added)))

    def learn(self, store: Store, quads: Iterable[Quad]) -> Repeated:
        """What is stated after some quads came or went, as the store has it.

        Whether any document still says something mostly shows with the first quad that is looked at.
        """
        said: dict[Subject, set[tuple[NamedNode, Term]]] = {}
        for quad in quads:
            thing = quad.subject
            if not (isinstance(thing, NamedNode) and thing.value.startswith(BEGIN)):
                continue
            if thing not in self.said:
                if thing not in said:
                    said[thing] = set(read_said(store, thing))
                continue
            held = said.setdefault(thing, set(self.said[thing]))
            entry = quad.predicate, quad.object
            if any(True for _ in find_stated(store, thing, *entry)):
                held.add(entry)
            else:
                held.discard(entry)
        learnt = dict(self.said)
        for thing, held in said.items():
            if held:
                learnt[thing] = frozenset(held)
            else:  # looking it up finds nothing either
                learnt.pop(thing, None)
        return Repeated(learnt)


def read_repeated(store: Store) -> Repeated:
    """What a store states of such things; one step for each quad of theirs."""
    things = {quad.subject for quad in store.quads_for_pattern(None, TYPE, QUANTITY, None)}
    named = (thing for thing in things if isinstance(thing, NamedNode) and thing.value.startswith(BEGIN))
    return Repeated({thing: read_said(store, thing) for thing in named})


def read_said(store: Store, thing: Subject) -> Said:
    """What a store states of a thing."""
    return frozenset((quad.predicate, quad.object) for quad in find_stated(store, thing))


def find_stated(
    store: Store, thing: Subject, predicate: NamedNode | None = None, value: Term | None = None
) -> Iterable[Quad]:
    """The quads of a pattern that are stated, not computed."""
    found = store.quads_for_pattern(thing, predicate, value, None)
    return (quad for quad in found if quad.graph_name not in COMPUTED)


def find_repeated(quads: bytes) -> Iterable[Quad]:
    """Those of some lines of N-Quads that are of such things."""
    begin = f"<{BEGIN}".encode()
    lines = b"".join(line for line in quads.splitlines(keepends=True) if line.startswith(begin))
    return parse(lines, format=RdfFormat.N_QUADS)
