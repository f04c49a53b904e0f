"""The rules that data is held against: shapes, the things each is for, and the queries among them.

A rule names the things it is for by ``sh:targetClass`` or ``sh:targetSubjectsOf``. SHACL asks each
``sh:sparql`` query once a thing, with ``$this`` bound. Ours bind it by a pattern of their own (a test holds
them to that), so one run on Oxigraph gives the rows of all things: a third of the time of a check went into
asking them one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias, cast

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, Store
from pyshacl import ShapesGraph
from pyshacl.shape import Shape
from rdflib import RDF, RDFS, SH
from rdflib.namespace import NamespaceManager
from rdflib.term import Node

from plangraph.files import list_vocabulary, read_graph
from plangraph.rule_reads import find_reads
from plangraph.terms import graph

Details: TypeAlias = dict[Node, Node]
"""The properties of one result of SHACL."""

UNSUPPORTED: Final = (SH.targetNode, SH.targetObjectsOf, SH.target)


@dataclass(frozen=True)
class Ask:
    """A query of a rule, with what a result says that is not in its rows."""

    name: Node
    text: str
    message: Node | None


@dataclass(frozen=True)
class Rule:
    """A shape with targets: the classes and the predicates of the things it is for, and its queries."""

    shape: Shape
    classes: frozenset[Node]
    predicates: frozenset[Node]
    asks: tuple[Ask, ...]
    reads: frozenset[Node] | None
    """The predicates that it reads of other things than those it is for; ``None`` where it may be any."""

    def minds(self, changed: Collection[Node]) -> bool:
        """Whether it may judge a thing otherwise once another one has changed in some predicates."""
        return self.reads is None or not self.reads.isdisjoint(changed)

    def choose(self, things: Things) -> list[Node]:
        """The things this rule is for."""
        return list(
            dict.fromkeys(
                thing
                for held, targets in (
                    (things.of_class, self.classes),
                    (things.with_predicate, self.predicates),
                )
                for target in targets
                for thing in held.get(target, ())
            )
        )

    def ask(self, store: Store, focus: Collection[Node]) -> Iterator[Details]:
        """The results of the queries of this rule on some things."""
        judged = set(focus)
        for query in self.asks:
            rows = cast(QuerySolutions, store.query(query.text, use_default_graph_as_union=True))
            valued = any(variable.value == "value" for variable in rows.variables)
            found = dict.fromkeys((to_term(row["this"]), row["value"] if valued else None) for row in rows)
            for this, value in found:
                if this in judged:
                    details = {
                        SH.focusNode: this,
                        SH.value: this if value is None else to_term(value),
                        SH.resultSeverity: self.shape.severity,
                        SH.sourceShape: self.shape.node,
                        SH.sourceConstraint: query.name,
                        SH.resultMessage: query.message,
                    }
                    yield {key: node for key, node in details.items() if node is not None}


class PlainNames(NamespaceManager):
    """IRIs as they are: pyshacl shortens those of a text for every result, which nobody reads here."""

    def bind(self, *_: object, **__: object) -> None:
        """Nothing: there are no prefixes."""

    def normalizeUri(self, rdfTerm: str) -> str:
        """The IRI in angle brackets."""
        return f"<{rdfTerm}>"


class PlainGraph(rdflib.Graph):
    """A graph in the store without contexts, which answers in half the time, and without prefixes."""

    def __init__(self) -> None:
        super().__init__(store="SimpleMemory", bind_namespaces="none")
        self.namespace_manager = PlainNames(self, bind_namespaces="none")

    def __bool__(self) -> bool:
        """True: pyshacl asks for every result, and to count the triples takes longer than all the rest."""
        return True


class Things:
    """The things that are judged, by their classes, superclasses included, and by their predicates."""

    def __init__(self, data: rdflib.Graph, own: Iterable[Node]) -> None:
        self.of_class: dict[Node, dict[Node, None]] = defaultdict(dict)
        self.with_predicate: dict[Node, dict[Node, None]] = defaultdict(dict)
        above: dict[Node, tuple[Node, ...]] = {}
        for thing in own:
            for predicate, value in data.predicate_objects(thing):
                self.with_predicate[predicate][thing] = None
                if predicate == RDF.type:
                    if value not in above:
                        above[value] = tuple(filter(None, data.transitive_objects(value, RDFS.subClassOf)))
                    for class_ in above[value]:
                        self.of_class[class_][thing] = None


class Rules:
    """The rules of a graph of shapes; raises ``ValueError`` for a shape that says what is not supported."""

    def __init__(self, shapes: rdflib.Graph) -> None:
        self.graph = shapes
        plain = PlainGraph()
        for triple in shapes:
            if triple[1] != SH.sparql:
                plain.add(triple)
        for way in UNSUPPORTED:
            for shape in shapes.subjects(way):
                raise ValueError(f"{shape}: {way} is not supported; name the things by class or by predicate")
        self.rules: list[Rule] = []
        for shape in ShapesGraph(plain).shapes:
            classes = frozenset(shapes.objects(shape.node, SH.targetClass))
            predicates = frozenset(shapes.objects(shape.node, SH.targetSubjectsOf))
            asks = tuple(read_asks(shapes, shape))
            if classes or predicates:
                reads = find_reads(shapes, shape.node, [ask.text for ask in asks])
                self.rules.append(Rule(shape, classes, predicates, asks, reads))
            elif asks:
                raise ValueError(f"{shape.node}: a query needs a shape with targets of its own")


def read_asks(shapes: rdflib.Graph, shape: Shape) -> Iterator[Ask]:
    """The queries of a shape, each with the prefixes it declares."""
    for constraint in sorted(shapes.objects(shape.node, SH.sparql), key=str):
        head = "".join(
            f"PREFIX {shapes.value(entry, SH.prefix)}: <{shapes.value(entry, SH.namespace)}>\n"
            for entry in shapes.objects(constraint, SH.prefixes / SH.declare)
        )
        text = str(shapes.value(constraint, SH.select))
        if shape.is_property_shape or "$PATH" in text:
            raise ValueError(f"{constraint}: a query on the path of a property is not supported")
        yield Ask(constraint, head + text, shapes.value(constraint, SH.message))


@lru_cache(maxsize=2)
def open_rules(vocabulary: bool) -> Rules:
    """The rules for the vocabulary, or those for data, read once a process."""
    merged = rdflib.Graph()
    for file in list_vocabulary():
        shared, own = file.path.name == "prefixes.ttl", file.path.name == "vocabulary.ttl"
        if file.graph == graph("shapes") and (shared or own == vocabulary):
            for quad in read_graph(file):
                merged.add(to_rdflib(quad))
    return Rules(merged)


def to_term(node: object) -> Node:
    """A term for rdflib, its lexical form untouched."""
    if isinstance(node, NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, BlankNode):
        return rdflib.BNode(node.value)
    literal = cast(Literal, node)
    if literal.language is not None:
        return rdflib.Literal(literal.value, lang=literal.language)
    return rdflib.Literal(literal.value, datatype=rdflib.URIRef(literal.datatype.value), normalize=False)


def to_rdflib(quad: Quad) -> tuple[Node, Node, Node]:
    """A triple for rdflib, out of its graph."""
    return to_term(quad.subject), to_term(quad.predicate), to_term(quad.object)
