"""What a rule reads of other things than the one it judges: from the shape alone, never less than it does.

Whoever changes a thing needs this to know which rules may judge others differently for it: a new spelling of
an outlet's name changes nothing for the reports of that outlet.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

import rdflib
from rdflib import RDF, RDFS, SH
from rdflib.collection import Collection as Members
from rdflib.term import Node

KINDS: Final = frozenset({RDF.type, RDFS.subClassOf})
"""What is read to know the class of a thing."""

WITHIN: Final = (SH.node, SH.property, SH["not"], SH.qualifiedValueShape)
LISTS: Final = (SH["or"], SH["and"], SH.xone)
BESIDE: Final = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
MANY: Final = (SH.zeroOrMorePath, SH.oneOrMorePath, SH.zeroOrOnePath)

NAME: Final = re.compile(r"(?<![\w:?$])([a-z]+):([A-Za-z]\w*)")
KIND: Final = re.compile(r"(?<![\w:?$/])a(?=\s)|(?<=[/|^])a(?=\s)")
LOOSE: Final = re.compile(r"([?$]\w+)\s+([?$]\w+)\s+[?$]\w+")
"""A pattern whose predicate is a variable: any one, unless the thing judged has it or a filter names it."""


def find_reads(shapes: rdflib.Graph, shape: Node, texts: Collection[str]) -> frozenset[Node] | None:
    """The predicates that a rule reads of others, ``texts`` being its queries; ``None`` where it may be any.

    A query counts with every name in it, whether it reads that of the thing judged or of another.
    """
    for text in texts:
        for thing, predicate in LOOSE.findall(text):
            if thing != "$this" and f"FILTER({predicate} IN (" not in text:
                return None
    found: set[Node] = set()
    for text in texts:
        prefixes = dict(re.findall(r"PREFIX (\w+): <([^>]*)>", text))
        found |= {
            rdflib.URIRef(prefixes[prefix] + local)
            for prefix, local in NAME.findall(text)
            if prefix in prefixes
        }
        if KIND.search(text):
            found |= KINDS
    below = set(read_shape(shapes, shape, 0))
    return None if None in below else frozenset(found | {entry for entry in below if entry is not None})


def read_shape(shapes: rdflib.Graph, shape: Node, depth: int) -> Iterator[Node | None]:
    """What a shape reads of things that are some steps away; ``None`` for anything."""
    path = shapes.value(shape, SH.path)
    steps = 0
    if path is not None:
        for distance, predicate in read_path(shapes, path):
            steps = max(steps, distance)
            if depth + distance > 1:
                yield predicate
    at = depth + steps
    if at and (shape, SH["class"], None) in shapes:
        yield from KINDS
    if depth:
        yield from (entry for key in BESIDE for entry in shapes.objects(shape, key))
        if (shape, SH.closed, rdflib.Literal(True)) in shapes:
            yield None
    for key in WITHIN:
        for inner in shapes.objects(shape, key):
            yield from read_shape(shapes, inner, at)
    for key in LISTS:
        for members in shapes.objects(shape, key):
            for inner in Members(shapes, members):
                yield from read_shape(shapes, inner, at)


def read_path(shapes: rdflib.Graph, path: Node, distance: int = 1) -> Iterator[tuple[int, Node]]:
    """The predicates of a path, each with the step that it is; what is followed backward is of others."""
    if isinstance(path, rdflib.URIRef):
        yield distance, path
    elif (path, RDF.first, None) in shapes:
        for number, step in enumerate(Members(shapes, path)):
            yield from read_path(shapes, step, distance + number)
    else:
        for part in shapes.objects(path, SH.inversePath):
            yield from read_path(shapes, part, distance + 1)
        for parts in shapes.objects(path, SH.alternativePath):
            for part in Members(shapes, parts):
                yield from read_path(shapes, part, distance)
        for key in MANY:
            for part in shapes.objects(path, key):
                yield from read_path(shapes, part, distance + 1)
