"""What the data set says of itself: DCAT 3 for catalogues, VoID for clients that plan queries.

Figures are counted from the quads, so they cannot disagree with the data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.figures import Figures
from plangraph.formats import GRAPHS, Format
from plangraph.index import Term
from plangraph.pinning import Extent
from plangraph.revision import name_revision, read_sum, write_sum
from plangraph.terms import BASE, NS, graph, shorten, term

DATASET = NamedNode(BASE + "dataset")
IN = graph("dataset")
PARTITIONS: Final = {"class": ("void:class", "void:entities"), "property": ("void:property", "void:triples")}
TITLE = "plangraph: what is reported about peace plans"
DESCRIPTION = (
    "Reported provisions of the 2025 peace plan for Ukraine, each with who said it, through which outlet and "
    "where in which document. Nothing in it says what is true."
)


def describe_dataset(figures: Figures, total: int, extent: Extent | None = None) -> Iterator[Quad]:
    """The graph ``dataset``: title, licence, distributions, and how often each class and property occurs.

    ``total`` is the sum that gives the revision. With an extent it says as of which day the data set is, and
    what was left out of it.
    """
    title = TITLE if extent is None else f"{TITLE}, as of {extent.pin.day.isoformat()}"
    described = DESCRIPTION if extent is None else f"{DESCRIPTION} This is the state {extent.describe()}."
    yield from rows(
        DATASET,
        [
            ("rdf:type", term("dcat:Dataset")),
            ("rdf:type", term("void:Dataset")),
            ("dcterms:title", english(title)),
            ("rdfs:label", english(title)),
            ("dcterms:description", english(described)),
            ("dcterms:license", NamedNode("https://creativecommons.org/licenses/by/4.0/")),
            ("dcterms:creator", Literal("The plangraph authors")),
            ("dcterms:identifier", write_sum(total)),
            ("dcat:version", Literal(name_revision(total))),
            ("dcat:keyword", english("peace plan")),
            ("dcat:theme", NamedNode("https://w3id.org/plangraph/id/scheme/topics")),
            ("void:uriSpace", Literal(BASE + "id/")),
            ("void:vocabulary", NamedNode(NS.rstrip("#"))),
            ("void:triples", number(figures.triples)),
            ("void:distinctSubjects", number(figures.subjects)),
            ("void:distinctObjects", number(figures.objects)),
        ],
    )
    yield from describe_partitions(figures)
    for format in GRAPHS:
        yield from describe_distribution(format, extent)
    if extent is not None:
        period = NamedNode(f"{BASE}dataset/period")
        day = Literal(extent.pin.day.isoformat(), datatype=term("xsd:date"))
        yield Quad(DATASET, term("dcterms:temporal"), period, IN)
        yield from rows(period, [("rdf:type", term("dcterms:PeriodOfTime")), ("dcat:endDate", day)])


def describe_partitions(figures: Figures) -> Iterator[Quad]:
    """How often each class and each property occurs."""
    for name, counts in (("class", figures.classes), ("property", figures.properties)):
        predicate, figure = PARTITIONS[name]
        for entry, total in counts.items():
            part = NamedNode(f"{BASE}dataset/{name}/{slug_of(entry)}")
            yield Quad(DATASET, term(f"void:{name}Partition"), part, IN)
            yield from rows(part, [(predicate, entry), (figure, number(total))])


def read_description(quads: Iterable[Quad]) -> tuple[Figures, int] | None:
    """The figures and the sum that :func:`describe_dataset` wrote; ``None`` where one of them is missing."""
    held: dict[tuple[Term, NamedNode], list[Term]] = defaultdict(list)
    for quad in quads:
        held[quad.subject, quad.predicate].append(quad.object)

    def read(subject: Term, predicate: str) -> Literal:
        (found,) = held[subject, term(predicate)]
        assert isinstance(found, Literal)  # noqa: S101 - it was written so
        return found

    def read_parts(name: str) -> Iterator[tuple[NamedNode, int]]:
        predicate, figure = PARTITIONS[name]
        for part in held[DATASET, term(f"void:{name}Partition")]:
            (entry,) = held[part, term(predicate)]
            assert isinstance(entry, NamedNode)  # noqa: S101 - it was written so
            yield entry, int(read(part, figure).value)

    try:
        figures = Figures(
            triples=int(read(DATASET, "void:triples").value),
            subjects=int(read(DATASET, "void:distinctSubjects").value),
            objects=int(read(DATASET, "void:distinctObjects").value),
            classes=Counter(dict(read_parts("class"))),
            properties=Counter(dict(read_parts("property"))),
        )
        return figures, read_sum(read(DATASET, "dcterms:identifier"))
    except ValueError:
        return None


def slug_of(entry: NamedNode) -> str:
    """A class's or property's prefixed name, a hyphen for the colon; else its whole IRI, quoted."""
    return (shorten(entry.value) or quote(entry.value, safe="")).replace(":", "-")


def describe_distribution(format: Format, extent: Extent | None) -> Iterator[Quad]:
    """One downloadable form of the data set; its address is relative to the published base."""
    pinned = f"?{extent.pin.write_parameters()}" if extent is not None else ""
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
            ("dcat:downloadURL", NamedNode(f"{BASE}export/plangraph.{format.suffix}{pinned}")),
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
