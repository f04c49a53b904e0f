"""The parts in which stated data is kept: a document's graph is one, and so is each thing of the registry.

So what a write adds to the history grows with what it touches, not with the registry. A part of the registry
is named by its thing. What the registry says with blank nodes, or of anything that is no thing of ours, is
one part more, since only together does it say which node is which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from pyoxigraph import NamedNode, Quad, Store

from plangraph.blanks import HOLDS_BLANKS
from plangraph.change import Change
from plangraph.pinning import REGISTRY
from plangraph.terms import split_thing

REST: Final = f"{REGISTRY.value}#rest"
"""The name of the part of the registry that is no single thing's."""


def name_part(quad: Quad) -> str:
    """The part that a quad of a named graph belongs to."""
    graph, subject = quad.graph_name, quad.subject
    if graph != REGISTRY:
        assert isinstance(graph, NamedNode)  # noqa: S101 - nothing else is stated
        return graph.value
    if (
        isinstance(subject, NamedNode)
        and split_thing(subject.value)
        and not isinstance(quad.object, HOLDS_BLANKS)
    ):
        return subject.value
    return REST


def find_graph(part: str) -> NamedNode:
    """The graph that a part belongs to."""
    return REGISTRY if part == REST or split_thing(part) else NamedNode(part)


def find_quads(store: Store, part: str) -> list[Quad]:
    """What a part says; the name of a graph, the registry's too, stands for all of it."""
    if split_thing(part):
        said = store.quads_for_pattern(NamedNode(part), None, None, REGISTRY)
        return [quad for quad in said if name_part(quad) == part]
    said = store.quads_for_pattern(None, None, None, find_graph(part))
    return [quad for quad in said if part != REST or name_part(quad) == REST]


def split(quads: Iterable[Quad]) -> dict[str, set[Quad]]:
    """Quads of named graphs by their part."""
    parts: dict[str, set[Quad]] = defaultdict(set)
    for quad in quads:
        parts[name_part(quad)].add(quad)
    return dict(parts)


def list_registry(store: Store) -> frozenset[str]:
    """The parts that the registry has."""
    return frozenset(split(store.quads_for_pattern(None, None, None, REGISTRY)))


def find_parts(store: Store, change: Change, graph: NamedNode, held: Iterable[str] = ()) -> list[str]:
    """The parts of a graph that a change touches; the store has the change already.

    ``held`` are the parts that the registry had before: needed where a change empties it without a list.
    """
    if graph != REGISTRY:
        return [graph.value]
    found = {
        name_part(quad)
        for quads in (change.list_removed(), change.list_added())
        for quad in quads
        if quad.graph_name == REGISTRY
    }
    if REGISTRY in change.emptied:
        found |= {*held, *list_registry(store)}
    return sorted(found)
