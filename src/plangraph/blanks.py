"""Blank nodes: labels that depend on nothing but the graph, and which nodes need one in a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, cast

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, Triple

from plangraph.terms import Graph, Subject, Term, term

DEEPEST: Final = 24
"""Levels of ``[`` and ``(``; deeper nodes are labelled, since readers of Turtle commonly recurse."""

HOLDS_BLANKS: Final = (BlankNode, Triple)
"""What is a blank node or may have one inside."""

FIRST, REST, NIL = (term(f"rdf:{name}") for name in ("first", "rest", "nil"))


def label_blanks(quads: set[Quad]) -> set[Quad]:
    """The same quads with canonical labels (RDFC-1.0) for the blank nodes.

    A label depends only on quads with blank nodes in them, so the others are left out of the work.
    """
    blank = {
        quad
        for quad in quads
        if isinstance(quad.object, HOLDS_BLANKS)
        or isinstance(quad.subject, HOLDS_BLANKS)
        or isinstance(quad.graph_name, BlankNode)
    }
    if not blank:
        return quads
    dataset = Dataset(blank)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return (quads - blank) | set(dataset)


def find_labelled(quads: set[Quad]) -> tuple[set[BlankNode], set[BlankNode]]:
    """The blank nodes that need a label, and those that are cells of well-formed lists.

    Both follow from the shape alone, never from labels or order: a node is labelled that has several parents,
    occurs in several graphs or names one, lies on a cycle, or stands deeper than ``DEEPEST``.
    """
    parents: dict[BlankNode, list[Quad]] = defaultdict(list)
    properties: dict[Subject, list[Quad]] = defaultdict(list)
    homes: dict[BlankNode, set[Graph]] = defaultdict(set)
    for quad in quads:
        properties[quad.subject].append(quad)
        if isinstance(quad.object, BlankNode):
            parents[quad.object].append(quad)
        for node in (quad.subject, quad.object):
            if isinstance(node, BlankNode):
                homes[node].add(quad.graph_name)
    labelled = {quad.graph_name for quad in quads if isinstance(quad.graph_name, BlankNode)}
    labelled |= {node for node, graphs in homes.items() if len(graphs) > 1 or len(parents[node]) > 1}
    cells = find_cells(parents, properties, labelled)

    waiting: set[Term] = {node for node in homes if node not in labelled and parents[node]}
    roots: Iterable[Subject] = [node for node in properties if node not in waiting]
    while True:
        reached = [(node, 0) for node in roots]
        while reached:
            node, depth = reached.pop()
            for quad in properties.get(node, ()):
                if quad.object not in waiting or not isinstance(quad.object, BlankNode):
                    continue
                waiting.discard(quad.object)
                continues = depth > 0 and node in cells and quad.predicate == REST
                below = depth if continues else (depth + 1) % (DEEPEST + 1)
                if below == 0:
                    labelled.add(quad.object)
                reached.append((quad.object, below))
        if not waiting:
            return labelled, cells - labelled
        roots = cycle = find_cycle(min(waiting, key=str), parents)
        labelled |= cycle
        waiting -= cycle


def find_cells(
    parents: dict[BlankNode, list[Quad]], properties: dict[Subject, list[Quad]], labelled: set[BlankNode]
) -> set[BlankNode]:
    """The cells without label that hold one ``rdf:first`` and one ``rdf:rest`` that leads to the end."""
    cells: set[BlankNode] = set()
    ends = [node for node, quads in properties.items() if any(quad.object == NIL for quad in quads)]
    while ends:
        cell = ends.pop()
        if not isinstance(cell, BlankNode) or cell in labelled or not parents[cell]:
            continue
        held = {quad.predicate: quad.object for quad in properties[cell]}
        if (
            len(properties[cell]) == 2
            and set(held) == {FIRST, REST}
            and (held[REST] == NIL or held[REST] in cells)
        ):
            cells.add(cell)
            ends += [quad.subject for quad in parents[cell] if quad.predicate == REST]
    return cells


def find_cycle(node: Term, parents: dict[BlankNode, list[Quad]]) -> set[BlankNode]:
    """The cycle that the only parents of a node that no root reaches must lead into."""
    walked: list[BlankNode] = []
    seen: set[Term] = set()
    while isinstance(node, BlankNode) and node not in seen:
        walked.append(node)
        seen.add(node)
        node = parents[node][0].subject
    return set(walked[walked.index(cast(BlankNode, node)) :])
