"""The Graph Store Protocol on one store: replace, merge into, or delete a graph, as a change.

As with an update, the store is the caller's own copy, holds the outcome afterwards, and is spoiled where an
error is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyoxigraph import DefaultGraph, NamedNode, Store

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
from plangraph.settings import Limits
from plangraph.terms import BASE, Graph
from plangraph.uploads import Upload, read_upload


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
        raise NotFound(f"there is no graph {graph}")
    else:
        dropped = frozenset({graph})
    if passes(store, [graph], FEW_QUADS):
        emptied = frozenset({graph})
        return done(store, Change(emptied=emptied, emptied_quads=count_quads(store, graph), dropped=dropped))
    return done(store, Change(removed=name_lines(dump_graph(store, graph), graph), dropped=dropped))


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
