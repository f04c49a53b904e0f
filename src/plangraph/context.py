"""The JSON-LD context, computed from the ontology and the shapes: JSON keys are local names of properties.

``python -m plangraph.context`` prints it; ``ontology/context.jsonld`` holds what it printed. There is no
``@vocab``, so a key that the context does not know, such as ``total`` on a page, says nothing in RDF.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from plangraph.build import read_files
from plangraph.files import list_vocabulary, packaged, read_text
from plangraph.index import Index, Subject, Term
from plangraph.terms import NS, VOCABULARIES, shorten, term

PROPERTY_CLASSES: Final = ("owl:ObjectProperty", "owl:DatatypeProperty", "rdf:Property")
KEYWORDS: Final = {"id": "@id", "type": "@type", "value": "@value", "items": "@included"}
"""Our names for JSON-LD's own. A page includes its items, which says nothing of the page itself."""

ENVELOPE: Final = (
    "self", "total", "asOf", "atRevision", "facets", "next", "query", "answer", "expected", "run",
)  # fmt: skip
"""Keys of an answer that are no RDF."""

DATES: Final = ("pg:saidOn", "pg:scheduledFor", "schema:datePublished")
"""Properties that may hold other things than a day, and mostly hold a day."""

TEXTS: Final = (
    "rdfs:label", "rdfs:comment", "skos:prefLabel", "skos:altLabel", "skos:definition", "skos:editorialNote",
    "skos:note", "skos:scopeNote",
)  # fmt: skip
OTHERS: Final = (
    "dcterms:source", "oa:end", "oa:exact", "oa:hasSelector", "oa:hasSource", "oa:start",
    "org:hasMembership", "org:member", "org:memberOf", "org:postIn", "rdfs:isDefinedBy", "rdfs:seeAlso",
    "schema:author", "schema:citation", "schema:containedInPlace", "schema:contributor",
    "schema:datePublished", "schema:inLanguage", "schema:keywords", "schema:location",
    "schema:publisher", "schema:url", "sh:select", "skos:broadMatch", "skos:broader", "skos:closeMatch",
    "skos:exactMatch", "skos:example", "skos:inScheme", "skos:narrowMatch", "skos:notation",
    "skos:relatedMatch", "skos:topConceptOf",
)  # fmt: skip
"""Properties of other vocabularies that things have. A name that is ours already keeps its prefix."""

SINGLE: Final = ("oa:end", "oa:exact", "oa:hasSource", "oa:start", "sh:select")
"""What has one value there, by the shapes of evidence or by its vocabulary."""

CLASSES: Final = (
    "schema:NewsMediaOrganization", "schema:NewsArticle", "schema:Person", "schema:Organization",
    "schema:Place", "schema:Event", "oa:SpecificResource", "oa:TextPositionSelector",
    "oa:TextQuoteSelector", "org:Membership", "org:Post", "skos:Concept", "skos:ConceptScheme",
    "sh:SPARQLExecutable", "sh:SPARQLSelectExecutable",
)  # fmt: skip

COERCED: Final = {VOCABULARIES["xsd"] + name for name in ("date", "decimal", "anyURI")}
"""Datatypes that JSON has no form of, so that the context must name them."""


@dataclass(frozen=True)
class Key:
    """How one property is written in JSON: under which key, as what, and whether always as an array."""

    name: str
    language: bool
    datatype: str | None
    single: bool


@dataclass(frozen=True)
class Context:
    """The context as JSON writers need it: keys by property, names by class."""

    keys: dict[str, Key]
    classes: dict[str, str]


def build_context(index: Index) -> dict[str, Any]:
    """The whole document; raises ``ValueError`` where two meanings want one key."""
    entries: dict[str, Any] = {"@version": 1.1, **KEYWORDS, **dict.fromkeys(ENVELOPE)}
    entries |= {prefix: {"@id": iri, "@prefix": True} for prefix, iri in {"pg": NS, **VOCABULARIES}.items()}
    single = find_single(index) | {term(name) for name in SINGLE}
    named: dict[str, Any] = {}
    for iri in find_properties(index):
        short = shorten(iri.value) or iri.value
        local = short.partition(":")[2]
        name = local if iri.value.startswith(NS) or local not in named else short
        if name in entries or name in named:
            raise ValueError(f"{short} wants the key {name}, which means something else")
        named[name] = define(index, iri, short, single)
    classes = [f"pg:{name}" for name in sorted(find_classes(index))] + list(CLASSES)
    for short in classes:
        named[short.partition(":")[2]] = short
    return {"@context": {**entries, **dict(sorted(named.items()))}}


def find_properties(index: Index) -> list[NamedNode]:
    """Every property with a key: our own first, so that they have the first choice of a name."""
    own = {iri for name in PROPERTY_CLASSES for iri in index.instances(term(name))}
    ours = [iri for iri in own if isinstance(iri, NamedNode) and iri.value.startswith(NS)]
    return [*sorted(ours, key=str), *(term(name) for name in (*TEXTS, *OTHERS))]


def find_classes(index: Index) -> set[str]:
    """The local names of our classes."""
    found = {iri.value for iri in index.instances(term("owl:Class")) if isinstance(iri, NamedNode)}
    return {iri.removeprefix(NS) for iri in found if iri.startswith(NS)}


def define(index: Index, iri: NamedNode, short: str, single: set[Term]) -> str | dict[str, Any]:
    """The definition of one key."""
    ranges = [entry.value for entry in index.objects(iri, term("rdfs:range")) if isinstance(entry, NamedNode)]
    definition: dict[str, Any] = {"@id": short}
    if short in TEXTS or VOCABULARIES["rdf"] + "langString" in ranges:
        return definition | {"@container": "@language"}
    datatypes = [shorten(name) for name in ranges if name in COERCED]
    if datatypes or short in DATES:
        definition["@type"] = datatypes[0] if datatypes else "xsd:date"
    if iri not in single:
        definition["@container"] = "@set"
    return definition if len(definition) > 1 else short


def find_single(index: Index) -> set[Term]:
    """The properties of which no class that the shapes speak of may have two values."""
    once: dict[Term, dict[Term, bool]] = defaultdict(dict)
    for shape in index.instances(term("sh:PropertyShape")):
        path = index.one(shape, term("sh:path"))
        for target in index.objects(shape, term("sh:targetClass")):
            if isinstance(path, NamedNode):
                once[path][target] = once[path].get(target, False) or is_one(index, shape)
    return {
        path
        for path, targets in once.items()
        if all(any(targets.get(entry) for entry in (target, *parents(index, target))) for target in targets)
    }


def parents(index: Index, target: Term) -> tuple[Term, ...]:
    """The classes right above a class: what their shapes allow holds for it too."""
    return index.objects(target, term("rdfs:subClassOf")) if isinstance(target, NamedNode) else ()


def is_one(index: Index, shape: Subject) -> bool:
    """Whether a shape allows one value at most."""
    most = index.one(shape, term("sh:maxCount"))
    return isinstance(most, Literal) and most.value == "1"


@cache
def load_context() -> Context:
    """The packaged context, for writing."""
    entries: dict[str, Any] = json.loads(read_context())["@context"]
    keys: dict[str, Key] = {}
    classes: dict[str, str] = {}
    for name, entry in entries.items():
        definition = {"@id": entry} if isinstance(entry, str) else entry
        if definition is None or name.startswith("@") or "@prefix" in definition:
            continue
        if definition["@id"].startswith("@"):
            continue
        iri = term(definition["@id"]).value
        if name[0].isupper():
            classes[iri] = name
        else:
            kind = definition.get("@type")
            keys[iri] = Key(
                name=name,
                language=definition.get("@container") == "@language",
                datatype=term(kind).value if kind else None,
                single=definition.get("@container") != "@set",
            )
    return Context(keys, classes)


def read_context() -> bytes:
    """The packaged document, as it is served."""
    return read_text(packaged("ontology") / "context.jsonld").encode()


def render_context(index: Index) -> str:
    """The document as text, one key a line."""
    entries = build_context(index)["@context"]
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
    return '{"@context": {\n' + ",\n".join(lines) + "\n}}\n"


if __name__ == "__main__":
    sys.stdout.write(render_context(Index(read_files(list_vocabulary()))))
