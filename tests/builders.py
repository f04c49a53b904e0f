"""Small graphs for tests, written in Turtle with every prefix of plangraph at hand."""

from __future__ import annotations

from pyoxigraph import Quad, RdfFormat, parse

from plangraph.build import read_files
from plangraph.files import list_vocabulary
from plangraph.index import Index
from plangraph.terms import PREFIXES, graph

HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def read(turtle: str, graph_name: str = "document/test") -> list[Quad]:
    """The quads of a Turtle text, in the graph of that name."""
    triples = parse(HEAD + turtle, format=RdfFormat.TURTLE)
    return [Quad(entry.subject, entry.predicate, entry.object, graph(graph_name)) for entry in triples]


def read_vocabulary() -> list[Quad]:
    """The ontology with its concepts, as packaged."""
    return read_files(file for file in list_vocabulary() if file.path.parent.name == "ontology")


def index_of(turtle: str) -> Index:
    """A view of a Turtle text together with the vocabulary."""
    return Index([*read_vocabulary(), *read(turtle)])


def claim(name: str, about: str, slots: str, *, source: str = "", said_by: str = "") -> str:
    """A claim stated once in a document of its own (``source`` names another one, or a whole attribution)."""
    document = source or f"pg:inDocument document:{name}"
    speaker = f"pg:saidBy {said_by} ;" if said_by else ""
    return f"""
        claim:{name} a pg:Claim ; pg:about {about} ; {slots} .
        attribution:{name} a pg:Attribution ; pg:assertsClaim claim:{name} ; {speaker}
            pg:polarity pg:positive ; {document} .
    """
