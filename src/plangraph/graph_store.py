"""The Graph Store Protocol on one store: replace, merge into, or delete a graph, as a change.

A thing of the registry is replaced and deleted likewise, without what the graph says of others.

As with an update, the store is the caller's own copy, holds the outcome afterwards, and is spoiled where an
error is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from plangraph.change import (
    FEW_QUADS,
    Change,
    Named,
    apply,
    compare,
    count_quads,
    dump_graph,
    name_lines,
    passes,
)
from plangraph.errors import NotFound, QueryTooHungry
from plangraph.parts import find_quads, name_part
from plangraph.pinning import REGISTRY
from plangraph.settings import Limits
from plangraph.terms import BASE, Graph
from plangraph.uploads import Upload, read_upload
from plangraph.write_errors import ChangeRefused


def replace_graph(store: Store, graph: Graph, uploads: Sequence[Upload], limits: Limits) -> Change:
    """Let a graph hold what the bodies say and nothing else (PUT); it exists afterwards, even if empty."""
    after = read_all(uploads, graph, limits)
    created = find_missing(store, graph)
    if passes(store, [graph], FEW_QUADS):
        emptied, before = frozenset({graph}), b""
    else:
        emptied, before = frozenset(), dump_graph(store, graph)
    change = replace(
        compare({graph: before}, {graph: after}),
        emptied=emptied,
        emptied_quads=count_quads(store, graph) if emptied else 0,
        created=created,
    )
    return done(store, change)


def merge_graph(store: Store, graph: Graph, uploads: Sequence[Upload], limits: Limits) -> Change:
    """Add what the bodies say to a graph (POST); their blank nodes are none of those that are there."""
    came = read_all(uploads, graph, limits)
    held = {*dump_graph(store, graph).splitlines(keepends=True)}
    new = b"".join(line for line in came.splitlines(keepends=True) if line not in held)
    return done(store, Change(added=name_lines(new, graph), created=find_missing(store, graph)))


def delete_graph(store: Store, graph: Graph) -> Change:
    """Remove a graph (DELETE); the default graph is emptied, since it always exists.

    Raises :class:`NotFound` for a graph that does not exist.
    """
    if isinstance(graph, DefaultGraph):
        dropped: frozenset[Named] = frozenset()
    elif find_missing(store, graph):
        raise NotFound(f"there is no graph {graph}", rule="unknown-graph")
    else:
        dropped = frozenset({graph})
    if passes(store, [graph], FEW_QUADS):
        emptied = frozenset({graph})
        return done(store, Change(emptied=emptied, emptied_quads=count_quads(store, graph), dropped=dropped))
    return done(store, Change(removed=name_lines(dump_graph(store, graph), graph), dropped=dropped))


def replace_thing(store: Store, thing: NamedNode, uploads: Sequence[Upload], limits: Limits) -> Change:
    """Let the registry say of a thing what the bodies say of it, and nothing else (PUT).

    Raises :class:`ChangeRefused` for bodies that say nothing, speak of anything else, or use blank nodes.
    """
    after = read_all(uploads, REGISTRY, limits)
    if not after:
        raise ChangeRefused(f"nothing is said of {thing}; to take it out, delete it", rule="empty")
    for quad in parse(after, format=RdfFormat.N_TRIPLES):
        named = Quad(quad.subject, quad.predicate, quad.object, REGISTRY)
        if name_part(named) != thing.value:
            raise ChangeRefused(
                f"an entry of the registry speaks of its thing alone, here {thing}, and without blank nodes; "
                f"this does not: {quad.triple}",
                rule="one-thing",
            )
    change = compare({REGISTRY: dump_thing(store, thing)}, {REGISTRY: after})
    return done(store, replace(change, created=find_missing(store, REGISTRY)))


def delete_thing(store: Store, thing: NamedNode) -> Change:
    """Take a thing out of the registry (DELETE); raises :class:`NotFound` where that does not have it."""
    held = dump_thing(store, thing)
    if not held:
        raise NotFound(f"the registry has no {thing}", rule="unknown-thing")
    return done(store, Change(removed=name_lines(held, REGISTRY)))


def dump_thing(store: Store, thing: NamedNode) -> bytes:
    """What the registry says of a thing, as N-Triples."""
    held = Store()
    held.extend(find_quads(store, thing.value))
    return dump_graph(held, REGISTRY)


def read_all(uploads: Sequence[Upload], graph: Graph, limits: Limits) -> bytes:
    """What several bodies say together, each triple once. Relative IRIs are relative to the graph."""
    base = graph.value if isinstance(graph, NamedNode) else BASE
    try:
        read = [read_upload(upload, graph, base, limits) for upload in uploads]
    except MemoryError:
        raise QueryTooHungry("the body ran out of its memory") from None
    if len(read) == 1:
        return read[0]
    return b"".join(dict.fromkeys(line for held in read for line in held.splitlines(keepends=True)))


def find_missing(store: Store, graph: Graph) -> frozenset[Named]:
    """The graph, if it does not exist yet."""
    if isinstance(graph, DefaultGraph) or store.contains_named_graph(graph):
        return frozenset()
    return frozenset({graph})


def done(store: Store, change: Change) -> Change:
    """The change, once the store has it."""
    apply(store, change)
    return change
