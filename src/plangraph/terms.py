"""The names of the graph: namespaces, kinds of things, IRIs of things and of graphs.

Everything is a plain ``pyoxigraph`` term: it keeps the lexical form of a literal as the file has it,
and is immutable and cheap to compare.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Triple

Subject: TypeAlias = NamedNode | BlankNode | Triple
Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
Graph: TypeAlias = NamedNode | BlankNode | DefaultGraph

BASE: Final = "https://w3id.org/plangraph/"
NS: Final = BASE + "ns#"
ID: Final = BASE + "id/"
GRAPH: Final = BASE + "graph/"

KINDS: Final = (
    "plan", "version", "option", "provision", "document", "claim", "stance", "change", "attribution",
    "evidence", "reading", "parameter", "source", "actor", "outlet", "place", "event", "post", "membership",
    "topic", "concept", "scheme", "quantity", "value", "divergence", "question",
)  # fmt: skip
"""Every ``<kind>`` that may stand in ``id/<kind>/<slug>``; the prefix of a kind in Turtle is its name."""

VOCABULARIES: Final = {
    "cito": "http://purl.org/spar/cito/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "grasp": "http://groundedannotationframework.org/grasp/factuality#",
    "oa": "http://www.w3.org/ns/oa#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "time": "http://www.w3.org/2006/time#",
    "void": "http://rdfs.org/ns/void#",
    "wd": "http://www.wikidata.org/entity/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

PREFIXES: Final = {"pg": NS, **{kind: f"{ID}{kind}/" for kind in KINDS}, **VOCABULARIES}
"""One prefix a namespace, in the order a lookup should try them; the same everywhere a prefix is shown."""

SLUG: Final = re.compile(r"[a-z0-9]+(?:-{1,2}[a-z0-9]+)*")
"""A slug: lower-case ASCII words joined by one hyphen, or by two where a slug is made of two slugs."""


def pg(name: str) -> NamedNode:
    """The plangraph term with that local name."""
    return NamedNode(NS + name)


def term(prefixed: str) -> NamedNode:
    """The term that a prefixed name such as ``schema:publisher`` stands for."""
    prefix, _, local = prefixed.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


def thing(kind: str, slug: str) -> NamedNode:
    """The IRI of a thing; raises ``ValueError`` for a kind that does not exist or a malformed slug."""
    if kind not in KINDS or not SLUG.fullmatch(slug):
        raise ValueError(f"{kind}/{slug} is not the name of a thing")
    return NamedNode(f"{ID}{kind}/{slug}")


def graph(name: str) -> NamedNode:
    """The IRI of a graph, from its name: ``registry``, ``derived``, ``document/<slug>``, ..."""
    return NamedNode(GRAPH + name)


def name_graph(name: str) -> NamedNode:
    """A graph by its IRI or by its name; raises ``ValueError`` for what can be neither."""
    return NamedNode(name) if ":" in name else graph(name)


def split_thing(iri: str) -> tuple[str, str] | None:
    """Kind and slug of a thing's IRI; ``None`` for any other IRI."""
    kind, slash, slug = iri.removeprefix(ID).partition("/")
    return (kind, slug) if iri.startswith(ID) and slash and kind in KINDS else None


def prefixes_text() -> str:
    """The prefixes as SPARQL ``PREFIX`` lines, for queries that a person will read."""
    return "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())


LOCAL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
"""A local name that needs no escape in Turtle or SPARQL."""

PREFIX_OF: Final = {iri: prefix for prefix, iri in PREFIXES.items()}


def shorten(iri: str) -> str | None:
    """The prefixed name of an IRI, as ``pg:about``; ``None`` where it has no prefix or would need escapes."""
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    prefix, local = PREFIX_OF.get(iri[:cut]), iri[cut:]
    return f"{prefix}:{local}" if prefix is not None and LOCAL.fullmatch(local) else None
