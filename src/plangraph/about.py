"""What the data set says of itself: DCAT 3 for catalogues, VoID for clients that plan queries.

Figures are counted from the quads, so they cannot disagree with the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.formats import GRAPHS, Format
from plangraph.index import Term
from plangraph.terms import BASE, NS, graph, shorten, term

DATASET = NamedNode(BASE + "dataset")
IN = graph("dataset")
TYPE = term("rdf:type")


def describe_dataset(quads: Sequence[Quad], revision: str) -> Iterator[Quad]:
    """The graph ``dataset``: title, licence, distributions, and how often each class and property occurs."""
    yield from rows(
        DATASET,
        [
            ("rdf:type", term("dcat:Dataset")),
            ("rdf:type", term("void:Dataset")),
            ("dcterms:title", english("plangraph: what is reported about peace plans")),
            ("rdfs:label", english("plangraph: what is reported about peace plans")),
            (
                "dcterms:description",
                english(
                    "Reported provisions of the 2025 peace plan for Ukraine, each with who said it, through "
                    "which outlet and where in which document. Nothing in it says what is true."
                ),
            ),
            ("dcterms:license", NamedNode("https://creativecommons.org/licenses/by/4.0/")),
            ("dcterms:creator", Literal("The plangraph authors")),
            ("dcat:version", Literal(revision)),
            ("dcat:keyword", english("peace plan")),
            ("dcat:theme", NamedNode("https://w3id.org/plangraph/id/scheme/topics")),
            ("void:uriSpace", Literal(BASE + "id/")),
            ("void:vocabulary", NamedNode(NS.rstrip("#"))),
            ("void:triples", number(len({(q.subject, q.predicate, q.object) for q in quads}))),
            ("void:distinctSubjects", number(len({quad.subject for quad in quads}))),
            ("void:distinctObjects", number(len({quad.object for quad in quads}))),
        ],
    )
    yield from describe_partitions(quads)
    for format in GRAPHS:
        yield from describe_distribution(format)


def describe_partitions(quads: Sequence[Quad]) -> Iterator[Quad]:
    """How often each class and each property occurs."""
    classes = Counter(quad.object for quad in quads if quad.predicate == TYPE)
    properties = Counter(quad.predicate for quad in quads)
    for name, counts, predicate, figure in (
        ("class", classes, "void:class", "void:entities"),
        ("property", properties, "void:property", "void:triples"),
    ):
        for entry, total in sorted(counts.items(), key=str):
            if not isinstance(entry, NamedNode):
                continue
            part = NamedNode(f"{BASE}dataset/{name}/{slug_of(entry)}")
            yield Quad(DATASET, term(f"void:{name}Partition"), part, IN)
            yield from rows(part, [(predicate, entry), (figure, number(total))])


def slug_of(entry: NamedNode) -> str:
    """A class's or property's prefixed name, a hyphen for the colon; else its whole IRI, quoted."""
    return (shorten(entry.value) or quote(entry.value, safe="")).replace(":", "-")


def describe_distribution(format: Format) -> Iterator[Quad]:
    """One downloadable form of the data set; its address is relative to the published base."""
    part = NamedNode(f"{BASE}dataset/distribution/{format.suffix}")
    yield Quad(DATASET, term("dcat:distribution"), part, IN)
    yield from rows(
        part,
        [
            ("rdf:type", term("dcat:Distribution")),
            ("dcterms:title", english(f"plangraph as {format.name}")),
            (
                "dcat:mediaType",
                NamedNode(f"https://www.iana.org/assignments/media-types/{format.media_type}"),
            ),
            ("dcat:downloadURL", NamedNode(f"{BASE}export/plangraph.{format.suffix}")),
        ],
    )


def rows(subject: NamedNode, pairs: list[tuple[str, Term]]) -> Iterator[Quad]:
    """Quads of the graph ``dataset`` about one subject, predicates given by prefixed name."""
    for predicate, value in pairs:
        yield Quad(subject, term(predicate), value, IN)


def english(text: str) -> Literal:
    """A text in English."""
    return Literal(text, language="en")


def number(value: int) -> Literal:
    """A whole number."""
    return Literal(str(value), datatype=term("xsd:integer"))
