"""What the service says of itself to SPARQL clients: the service description, with prefixes and limits."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from plangraph.formats import GRAPHS, ROWS
from plangraph.settings import Settings
from plangraph.terms import BASE, PREFIXES, Term, term

FORMAT_BASE = "http://www.w3.org/ns/formats/"
FORMAT_NAMES = {
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nquads": "N-Quads",
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
}
"""The W3C's names of the formats, by ours."""


def describe_service(base_url: str, settings: Settings) -> list[Quad]:
    """The description of the service under that base address, which ends with a slash."""
    return [Quad(*triple) for triple in list_triples(base_url, settings)]


def list_triples(
    base_url: str, settings: Settings
) -> Iterator[tuple[NamedNode | BlankNode, NamedNode, Term]]:
    """The triples of the description, what matters most first."""
    service = NamedNode(base_url + "sparql")
    dataset, default_graph = BlankNode("dataset"), BlankNode("default")
    yield service, term("rdf:type"), term("sd:Service")
    yield service, term("sd:endpoint"), service
    yield service, term("sd:supportedLanguage"), term("sd:SPARQL11Query")
    if settings.default_graph == "union":
        yield service, term("sd:feature"), term("sd:UnionDefaultGraph")
    for format in (*ROWS, *GRAPHS):
        yield service, term("sd:resultFormat"), NamedNode(FORMAT_BASE + FORMAT_NAMES[format.name])
    yield service, term("sd:defaultDataset"), dataset
    yield dataset, term("rdf:type"), term("sd:Dataset")
    yield dataset, term("rdfs:seeAlso"), NamedNode(BASE + "dataset")
    yield dataset, term("sd:defaultGraph"), default_graph
    yield default_graph, term("rdf:type"), term("sd:Graph")
    for prefix, iri in PREFIXES.items():
        node = BlankNode(f"prefix-{prefix}")
        yield service, term("sh:declare"), node
        yield node, term("sh:prefix"), Literal(prefix)
        yield node, term("sh:namespace"), Literal(iri, datatype=term("xsd:anyURI"))
    yield service, term("rdfs:seeAlso"), NamedNode(base_url + "limits")
    for entry in settings.limits.table():
        node = BlankNode(f"limit-{entry['name']}")
        yield service, term("schema:additionalProperty"), node
        yield node, term("rdf:type"), term("schema:PropertyValue")
        yield node, term("schema:name"), Literal(str(entry["name"]))
        yield node, term("schema:value"), Literal(int(entry["value"]))
        yield node, term("schema:unitText"), Literal(str(entry["unit"]))
        yield node, term("schema:description"), Literal(str(entry["help"]), language="en")
