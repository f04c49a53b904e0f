"""The shapes as people read them: each rule with what it is for, what it asks, and the terms it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import dedent
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from plangraph.files import list_vocabulary, read_graph
from plangraph.index import Index
from plangraph.terms import BASE, NS, Subject, Term, graph, shorten, term

SHAPES: Final = BASE + "shapes#"
TARGETS: Final = {"class": term("sh:targetClass"), "subjects": term("sh:targetSubjectsOf")}
ELSEWHERE: Final = {
    term(name)
    for name in (
        "rdf:type", "rdfs:comment", "sh:message", "sh:path", "sh:prefixes", "sh:select", "sh:severity",
        "sh:sparql", "sh:targetClass", "sh:targetSubjectsOf",
    )
}  # fmt: skip
"""What is told of a rule in places of its own, or not at all."""

MARKS: Final = (
    ("sh:inversePath", "^{}"), ("sh:zeroOrMorePath", "{}*"), ("sh:oneOrMorePath", "{}+"),
    ("sh:zeroOrOnePath", "{}?"),
)  # fmt: skip
FIRST, REST, NIL = term("rdf:first"), term("rdf:rest"), term("rdf:nil")
OF_OURS: Final = re.compile(r"\bpg:(\w+)")


@dataclass(frozen=True)
class Rule:
    """One rule: a shape, or a query of a shape, that has a message.

    ``targets`` are pairs of ``class`` or ``subjects`` (whatever has that property) and an IRI; ``path`` is
    written as SPARQL does; ``conditions`` are pairs of a parameter of SHACL and its value as Turtle.
    """

    name: str
    file: str
    message: str
    warns: bool
    targets: Sequence[tuple[str, str]]
    path: str
    conditions: Sequence[tuple[str, str]]
    query: str
    holds: frozenset[str]
    """What it is for, and the properties of its path."""
    mentions: frozenset[str]
    """Whatever else it speaks of."""


@cache
def load_rules() -> tuple[Rule, ...]:
    """The rules of all shapes, file by file in the order of their names."""
    files = [file for file in list_vocabulary() if file.graph == graph("shapes")]
    held = [(file.path.stem, list(read_graph(file))) for file in files]
    index = Index(quad for _, quads in held for quad in quads)
    found = []
    for stem, quads in held:
        named = dict.fromkeys(quad.subject for quad in quads if quad.predicate == term("sh:message"))
        found += [read_rule(index, node, stem) for node in named if isinstance(node, NamedNode)]
    return tuple(found)


def read_rule(index: Index, node: NamedNode, file: str) -> Rule:
    """One rule; a query has the targets and the severity of the shape that asks it."""
    shape = next(iter(index.subjects(term("sh:sparql"), node)), node)
    path, query = index.one(node, term("sh:path")), index.one(node, term("sh:select"))
    message = index.one(node, term("sh:message"))
    targets = [
        (kind, entry.value)
        for kind, predicate in TARGETS.items()
        for entry in index.objects(shape, predicate)
        if isinstance(entry, NamedNode)
    ]
    text = query.value if isinstance(query, Literal) else ""
    holds = {iri for _, iri in targets} | set(list_iris(index, path) if path is not None else ())
    spoken = {iri for entry in list_conditions(index, node) for iri in list_iris(index, entry[1])}
    return Rule(
        name=node.value.removeprefix(SHAPES),
        file=file,
        message=message.value if isinstance(message, Literal) else "",
        warns=term("sh:Warning") in index.objects(shape, term("sh:severity")),
        targets=targets,
        path="" if path is None else write_path(index, path),
        conditions=[(name, write_node(index, value)) for name, value in list_conditions(index, node)],
        query=dedent(f"        {text}".rstrip()) if text else "",
        holds=frozenset(holds),
        mentions=frozenset(spoken | {NS + name for name in OF_OURS.findall(text)}) - holds,
    )


def list_conditions(index: Index, node: Subject) -> Iterator[tuple[str, Term]]:
    """What a shape asks of what it is for: the parameter by its prefixed name, and its value."""
    for predicate in index.predicates(node):
        if predicate not in ELSEWHERE:
            for value in index.objects(node, predicate):
                yield shorten(predicate.value) or str(predicate), value


def list_iris(index: Index, node: Term) -> Iterator[str]:
    """Every IRI in a node, however deep; named shapes are not followed."""
    if isinstance(node, NamedNode):
        yield node.value
    elif isinstance(node, BlankNode):
        for predicate in index.predicates(node):
            for value in index.objects(node, predicate):
                yield from list_iris(index, value)


def read_list(index: Index, node: Subject) -> list[Term]:
    """The members of a list of RDF."""
    found: list[Term] = []
    here: Term | None = node
    while isinstance(here, NamedNode | BlankNode) and here != NIL:
        found += index.objects(here, FIRST)
        here = index.one(here, REST)
    return found


def write_node(index: Index, node: Term) -> str:
    """A node as Turtle on one line."""
    if isinstance(node, NamedNode):
        return write_iri(node.value)
    if not isinstance(node, BlankNode):
        return write_literal(node)
    if index.objects(node, FIRST):
        return f"( {' '.join(write_node(index, entry) for entry in read_list(index, node))} )"
    parts = [
        f"{write_iri(predicate.value)} {write_node(index, value)}"
        for predicate in index.predicates(node)
        for value in index.objects(node, predicate)
    ]
    return f"[ {' ; '.join(parts)} ]"


def write_iri(iri: str) -> str:
    """An IRI by its prefix, where it has one."""
    if iri.startswith(SHAPES):
        return f"rule:{iri.removeprefix(SHAPES)}"
    return shorten(iri) or f"<{iri}>"


def write_literal(node: Term) -> str:
    """A literal: a figure or truth value as it is, a text in quotes."""
    if isinstance(node, Literal) and node.datatype in (term("xsd:integer"), term("xsd:boolean")):
        return node.value
    return str(node)


def write_path(index: Index, node: Term) -> str:
    """A path as SPARQL writes it."""
    if not isinstance(node, BlankNode):
        return write_node(index, node)
    if index.objects(node, FIRST):
        return " / ".join(write_path(index, entry) for entry in read_list(index, node))
    for choice in index.objects(node, term("sh:alternativePath")):
        if isinstance(choice, NamedNode | BlankNode):
            return f"({' | '.join(write_path(index, entry) for entry in read_list(index, choice))})"
    for name, pattern in MARKS:
        for step in index.objects(node, term(name)):
            return pattern.format(write_path(index, step))
    return write_node(index, node)
