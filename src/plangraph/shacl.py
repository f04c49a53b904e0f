"""SHACL on a graph in memory: quads, and descriptions of what they refer to, in; results out.

The graph is a plain rdflib one: on an Oxigraph-backed graph pyshacl gives false results. Terms keep their
lexical form, so that a rule finds an ill-typed date; nothing is fetched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias, cast

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad
from pyshacl import ShapesGraph, Validator
from pyshacl.graph_abstraction import DataGraph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result

from plangraph.files import list_vocabulary, read_graph
from plangraph.terms import graph

Details: TypeAlias = dict[rdflib.term.Node, rdflib.term.Node]

SH: Final = rdflib.Namespace("http://www.w3.org/ns/shacl#")
THIS: Final = rdflib.Variable("this")


@lru_cache(maxsize=2)
def open_shapes(vocabulary: bool) -> ShapesGraph:
    """The rules for the vocabulary, or those for data, read once a process."""
    merged = rdflib.Graph()
    for file in list_vocabulary():
        shared, own = file.path.name == "prefixes.ttl", file.path.name == "vocabulary.ttl"
        if file.graph == graph("shapes") and (shared or own == vocabulary):
            for quad in read_graph(file):
                merged.add(to_rdflib(quad))
    return ShapesGraph(merged)


def find_violations(
    quads: Sequence[Quad], context: Sequence[Quad], shapes: ShapesGraph
) -> Iterator[tuple[str, Details]]:
    """Each result of SHACL on what the quads describe: the IRI at fault, and the result's properties.

    ``context`` is looked at and never judged. Pure, but for the caches of pyshacl.
    """
    with quiet():
        data = QuickGraph()
        for quad in (*quads, *context):
            data.add(to_rdflib(quad))
        own = {to_term(quad.subject) for quad in quads}
        checked = DataGraph.from_rdflib_graph(data)
        executor = Validator(checked, shacl_graph=rdflib.Graph()).make_executor()
        for shape in shapes.shapes:
            focus = [node for node in shape.focus_nodes(checked) if node in own]
            for _, result, triples in shape.validate(executor, checked, focus=focus)[1] if focus else ():
                # The triples also hold the results of nested shapes; and a node of the data has its graph.
                details = {
                    key: node[1] if isinstance(node, tuple) else node
                    for subject, key, node in triples
                    if subject == result
                }
                yield climb(data, details[SH.focusNode]), details


def climb(data: rdflib.Graph, node: rdflib.term.Node) -> str:
    """The IRI of a node, or of what a blank node hangs on."""
    seen = set()
    while isinstance(node, rdflib.BNode) and node not in seen:
        seen.add(node)
        node = next(data.subjects(None, node), node)
    return str(node)


class QuickGraph(rdflib.Graph):
    """A graph that answers a query for every node at once.

    SHACL asks each query of the shapes once a node, with ``$this`` bound. Ours bind it by a pattern of their
    own (a test holds them to that), so one run gives the rows of all nodes. Nothing may be added afterwards.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, dict[rdflib.term.Node, list[Any]]] = {}

    def query(self, query_object: str, *options: Any, **named: Any) -> Result:  # type: ignore[override]
        """The rows for one node. Only SELECT with ``$this`` bound is asked here, as pyshacl asks it."""
        this = (named.get("initBindings") or options[3])["this"]
        if query_object not in self._rows:
            by_node = self._rows[query_object] = {}
            for row in super().query(prepare(query_object)).bindings:
                by_node.setdefault(row[THIS], []).append(row)
        answer = Result("SELECT")
        answer.vars = [THIS, rdflib.Variable("value")]
        answer.bindings = self._rows[query_object].get(this, [])
        return answer


@cache
def prepare(text: str) -> Query:
    """A query text, parsed; the shapes hold a few dozen."""
    return prepareQuery(text)


def to_term(node: object) -> rdflib.term.Node:
    """A term for rdflib, its lexical form untouched."""
    if isinstance(node, NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, BlankNode):
        return rdflib.BNode(node.value)
    literal = cast(Literal, node)
    if literal.language is not None:
        return rdflib.Literal(literal.value, lang=literal.language)
    return rdflib.Literal(literal.value, datatype=rdflib.URIRef(literal.datatype.value), normalize=False)


def to_rdflib(quad: Quad) -> tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]:
    """A triple for rdflib, out of its graph."""
    return to_term(quad.subject), to_term(quad.predicate), to_term(quad.object)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep rdflib from logging ill-typed literals: a rule finds them, with file and line."""
    logger = logging.getLogger("rdflib.term")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
