"""Canonical Turtle and TriG: the same graph gives the same bytes, and a person can read them.

Neither the order of the quads nor the labels of blank nodes leave a trace. Subjects, predicates and objects
are sorted by the names a reader sees. A blank node is written in place wherever its shape allows it: a tree
as ``[ ... ]``, a list as ``( ... )``. One that is shared, lies on a cycle, or stands too deep is labelled
``_:b0``, ``_:b1``, ... in the order of its canonical label (RDFC-1.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Triple,
)

from plangraph.blanks import FIRST, NIL, REST, find_labelled
from plangraph.errors import NotWritable
from plangraph.terms import PREFIXES, Graph, Subject, Term, shorten, term

Described: TypeAlias = dict[NamedNode, list[Term]]

WIDTH: Final = 100
INDENT: Final = 4

TYPE: Final = term("rdf:type")
STRING: Final = term("xsd:string")
LEADING: Final = (TYPE, term("rdfs:label"), term("skos:prefLabel"), term("skos:definition"))
SHORTHAND: Final = {
    term("xsd:boolean"): re.compile(r"true|false"),
    term("xsd:integer"): re.compile(r"0|-?[1-9][0-9]*"),
    term("xsd:decimal"): re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]{1,6}"),
}
"""Narrower than the grammar: readers that turn a bare number into a machine number would lose ``07``,
``+5`` or ``1e3``, so these, and every double, are written out with their datatype."""

ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
UNREADABLE: Final = re.compile(
    r'["\\\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]'
)
"""What cannot stand in a string, and what stands in it unseen (controls, marks of direction)."""


def write_turtle(quads: Iterable[Quad]) -> bytes:
    """The triples of all graphs as canonical Turtle; graph names are dropped.

    Raises :class:`NotWritable` for a triple used as a term. Time grows with ``n log n``, except that a graph
    in which many shared blank nodes look alike can take RDFC-1.0 very long.
    """
    return render({Quad(quad.subject, quad.predicate, quad.object) for quad in quads})


def write_trig(quads: Iterable[Quad]) -> bytes:
    """The quads as canonical TriG: the default graph first, then the others by name. Else as Turtle."""
    return render(set(quads))


def render(quads: set[Quad]) -> bytes:
    """Canonical TriG, which is Turtle where only the default graph is filled."""
    for quad in quads:
        if isinstance(quad.object, Triple) or isinstance(quad.subject, Triple):
            raise NotWritable(f"a triple is used as a term: {quad}")
    if find_labelled(quads)[0]:
        dataset = Dataset(quads)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        quads = set(dataset)
    page = Page(quads)
    body = "\n".join(page.write_graphs())
    head = "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in sorted(page.prefixes))
    return (f"{head}\n{body}" if head and body else head + body).encode()


class Page:
    """The text of one document; ``prefixes`` gathers those that were used."""

    def __init__(self, quads: set[Quad]) -> None:
        labelled, self.cells = find_labelled(quads)
        in_order = sorted(labelled, key=lambda node: (len(node.value), node.value))
        self.labels = {node: f"_:b{place}" for place, node in enumerate(in_order)}
        self.cells -= labelled
        self.prefixes: set[str] = set()
        self.flat: dict[BlankNode, str] = {}
        self.inner: dict[Subject, Described] = {}
        self.graphs: dict[Graph, dict[Subject, Described]] = {}
        placed = {quad.object for quad in quads if isinstance(quad.object, BlankNode)} - labelled
        for quad in quads:
            subjects = self.inner if quad.subject in placed else self.graphs.setdefault(quad.graph_name, {})
            subjects.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)

    def write_graphs(self) -> Iterator[str]:
        """The graphs one by one, each ending in a line end."""
        names = {
            graph: "" if isinstance(graph, DefaultGraph) else self.flatten(graph) for graph in self.graphs
        }
        for graph in sorted(names, key=lambda graph: (names[graph] != "", self.rank(graph))):
            subjects = self.graphs[graph]
            indent = INDENT if names[graph] else 0
            text = "\n".join(self.write_statements(subjects, indent))
            yield f"{names[graph]} {{\n{text}}}\n" if names[graph] else text

    def write_statements(self, subjects: dict[Subject, Described], indent: int) -> list[str]:
        """The statements of one graph: by name, by label, and by their text."""
        nameless = {node for node in subjects if isinstance(node, BlankNode) and node not in self.labels}
        texts = [
            self.write_statement(self.flatten(node), subjects[node], indent)
            for node in sorted(subjects.keys() - nameless, key=self.rank)
        ]
        return texts + sorted(self.write_statement("[]", subjects[node], indent) for node in nameless)

    def write_statement(self, subject: str, described: Described, indent: int) -> str:
        """One subject with all it is said to be, up to the full stop and the line end."""
        lines = self.write_properties(described, indent + INDENT, lead=len(subject) + 1 - INDENT)
        return f"{' ' * indent}{subject} {lines} .\n"

    def write_properties(self, described: Described, indent: int, lead: int = 0) -> str:
        """Verbs with their objects, a line each; the first line has ``lead`` columns less room."""
        parts: list[str] = []
        for name, objects in self.sort_properties(described):
            room = WIDTH - indent - len(name) - 3 - (0 if parts else lead)
            parts.append(name + self.write_objects(objects, indent, room))
        return f" ;\n{' ' * indent}".join(parts)

    def sort_properties(self, described: Described) -> Iterator[tuple[str, list[Term]]]:
        """The names of the predicates in order, each with its sorted objects."""
        for verb in sorted(described, key=self.rank_verb):
            yield "a" if verb == TYPE else self.flatten(verb), sorted(described[verb], key=self.rank)

    def write_objects(self, objects: list[Term], indent: int, room: int) -> str:
        """The objects of one verb, with the space or line end before them."""
        line = ", ".join(map(self.flatten, objects))
        if len(line) <= room:
            return f" {line}"
        if len(objects) == 1 or all(node in self.inner for node in objects):
            return " " + ", ".join(self.unfold(node, indent) for node in objects)
        pad = " " * (indent + INDENT)
        return "".join(f"\n{pad}{self.fold(node, indent + INDENT)}," for node in objects)[:-1]

    def fold(self, node: Term, indent: int) -> str:
        """A term on one line where it fits, else on several."""
        line = self.flatten(node)
        return line if len(line) <= WIDTH - indent - 2 else self.unfold(node, indent)

    def unfold(self, node: Term, indent: int) -> str:
        """A term on several lines if it is a blank node with something inside."""
        if not isinstance(node, BlankNode) or node not in self.inner:
            return self.flatten(node)
        pad = " " * (indent + INDENT)
        if node in self.cells:
            lines = "".join(f"{pad}{self.fold(item, indent + INDENT)}\n" for item in self.items(node))
            return f"(\n{lines}{' ' * indent})"
        return f"[\n{pad}{self.write_properties(self.inner[node], indent + INDENT)}\n{' ' * indent}]"

    def flatten(self, node: Term) -> str:
        """A term on one line."""
        if isinstance(node, NamedNode):
            return "()" if node == NIL else self.name(node)
        if isinstance(node, Literal):
            return self.quote(node)
        if not isinstance(node, BlankNode):
            raise NotWritable(f"a triple is used as a term: {node}")
        if node in self.labels:
            return self.labels[node]
        if node not in self.flat:
            self.flat[node] = self.flatten_inner(node)
        return self.flat[node]

    def flatten_inner(self, node: BlankNode) -> str:
        """A blank node without a label, in brackets."""
        if node in self.cells:
            return f"( {' '.join(map(self.flatten, self.items(node)))} )"
        properties = self.sort_properties(self.inner.get(node, {}))
        text = " ; ".join(f"{name} {', '.join(map(self.flatten, objects))}" for name, objects in properties)
        return f"[ {text} ]" if text else "[]"

    def items(self, cell: Term) -> Iterator[Term]:
        """The members of a well-formed list, from its first cell."""
        while cell in self.cells and isinstance(cell, BlankNode):
            yield self.inner[cell][FIRST][0]
            cell = self.inner[cell][REST][0]

    def name(self, node: NamedNode) -> str:
        """The prefixed name, else the IRI in angle brackets."""
        short = shorten(node.value)
        if short is None:
            return str(node)
        self.prefixes.add(short.partition(":")[0])
        return short

    def quote(self, literal: Literal) -> str:
        """A literal with its lexical form untouched."""
        shorthand = SHORTHAND.get(literal.datatype)
        if shorthand and shorthand.fullmatch(literal.value):
            return literal.value
        text = UNREADABLE.sub(lambda found: ESCAPES.get(found[0], f"\\u{ord(found[0]):04X}"), literal.value)
        if literal.language:
            direction = f"--{literal.direction.value}" if literal.direction else ""
            return f'"{text}"@{literal.language}{direction}'
        return f'"{text}"' if literal.datatype == STRING else f'"{text}"^^{self.name(literal.datatype)}'

    def rank(self, node: Term | Graph) -> tuple[int, str, str, str]:
        """Where a term stands among others: prefixed names, IRIs, literals, blank nodes."""
        if isinstance(node, NamedNode):
            prefix, colon, local = (shorten(node.value) or "").partition(":")
            return (0, prefix, local, "") if colon else (1, node.value, "", "")
        if isinstance(node, Literal):
            return (2, node.value, node.language or "", node.datatype.value)
        if not isinstance(node, BlankNode):
            return (5, "", "", "")
        if node in self.labels:
            return (3, self.labels[node].rjust(24), "", "")
        return (4, self.flatten(node), "", "")

    def rank_verb(self, verb: NamedNode) -> tuple[int, tuple[int, str, str, str]]:
        """Where a predicate stands: type, labels and definition before all others."""
        return (LEADING.index(verb) if verb in LEADING else len(LEADING), self.rank(verb))
