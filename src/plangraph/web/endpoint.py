"""What the service says of itself to SPARQL clients: graphs, formats, prefixes, limits, examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from plangraph.formats import GRAPHS, ROWS
from plangraph.questions import describe_question, list_questions
from plangraph.settings import Settings
from plangraph.terms import BASE, PREFIXES, term
from plangraph.web.results import Row

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


LISTED: Final = 1_000
"""How many named graphs are listed; the data set's own description tells of all."""

GRAPHS_OF: Final = (
    f"SELECT ?graph (COUNT(*) AS ?triples) {{ GRAPH ?graph {{ ?s ?p ?o }} }} "
    f"GROUP BY ?graph ORDER BY ?graph LIMIT {LISTED}"
)
"""The query that finds the named graphs and their sizes."""


def describe_service(base_url: str, settings: Settings, graphs: Sequence[Row]) -> Iterator[Triple]:
    """The description of the service under that base address, which ends with a slash.

    What matters most comes first. ``graphs`` are the rows of the query ``GRAPHS_OF``.
    """
    service = NamedNode(base_url + "sparql")
    dataset, default_graph = BlankNode("dataset"), BlankNode("default")
    yield Triple(service, term("rdf:type"), term("sd:Service"))
    yield Triple(service, term("sd:endpoint"), service)
    yield Triple(service, term("sd:supportedLanguage"), term("sd:SPARQL11Query"))
    if settings.token_file is not None:
        yield Triple(service, term("sd:supportedLanguage"), term("sd:SPARQL11Update"))
    if settings.default_graph == "union":
        yield Triple(service, term("sd:feature"), term("sd:UnionDefaultGraph"))
    for format in (*ROWS, *GRAPHS):
        yield Triple(service, term("sd:resultFormat"), NamedNode(FORMAT_BASE + FORMAT_NAMES[format.name]))
    yield Triple(service, term("sd:defaultDataset"), dataset)
    yield Triple(dataset, term("rdf:type"), term("sd:Dataset"))
    yield Triple(dataset, term("rdfs:seeAlso"), NamedNode(BASE + "dataset"))
    yield Triple(dataset, term("sd:defaultGraph"), default_graph)
    yield Triple(default_graph, term("rdf:type"), term("sd:Graph"))
    for number, row in enumerate(graphs):
        named, held = BlankNode(f"named-{number}"), BlankNode(f"graph-{number}")
        yield Triple(dataset, term("sd:namedGraph"), named)
        yield Triple(named, term("rdf:type"), term("sd:NamedGraph"))
        yield Triple(named, term("sd:name"), row["graph"])
        yield Triple(named, term("sd:graph"), held)
        yield Triple(held, term("rdf:type"), term("sd:Graph"))
        yield Triple(held, term("void:triples"), row["triples"])
    for question in list_questions():
        yield from describe_question(question)
        yield Triple(question.iri, term("schema:target"), service)
    for prefix, iri in PREFIXES.items():
        node = BlankNode(f"prefix-{prefix}")
        yield Triple(service, term("sh:declare"), node)
        yield Triple(node, term("sh:prefix"), Literal(prefix))
        yield Triple(node, term("sh:namespace"), Literal(iri, datatype=term("xsd:anyURI")))
    yield Triple(service, term("rdfs:seeAlso"), NamedNode(base_url + "limits"))
    for entry in settings.limits.table():
        node = BlankNode(f"limit-{entry['name']}")
        yield Triple(service, term("schema:additionalProperty"), node)
        yield Triple(node, term("rdf:type"), term("schema:PropertyValue"))
        yield Triple(node, term("schema:name"), Literal(str(entry["name"])))
        yield Triple(node, term("schema:value"), Literal(int(entry["value"])))
        yield Triple(node, term("schema:unitText"), Literal(str(entry["unit"])))
        yield Triple(node, term("schema:description"), Literal(str(entry["help"]), language="en"))
