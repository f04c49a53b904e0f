"""The JSON-LD context: what JSON says is what the triples say, no more and no less."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import rdflib
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from builders import index_of, read_vocabulary
from plangraph.build import read_files
from plangraph.context import build_context, load_context, read_context, render_context
from plangraph.files import list_vocabulary
from plangraph.index import Index
from plangraph.items import write_items
from plangraph.library import to_rdflib
from plangraph.reads import COLLECTIONS, load_read, write_item_description, write_page
from plangraph.terms import pg, term, thing
from services import read_packaged

# rdflib 7.6 uses inside what it has deprecated itself.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(Dataset|ConjunctiveGraph).* is deprecated:DeprecationWarning"
)

CONTEXT: dict[str, Any] = json.loads(read_context())["@context"]
ITEM = thing("claim", "made-up")


@cache
def open_store() -> Store:
    filled = Store()
    filled.extend(read_packaged().quads)
    return filled


def describe(item: NamedNode) -> list[Triple]:
    found = open_store().query(write_item_description([item]), use_default_graph_as_union=True)
    assert isinstance(found, QueryTriples)
    return list(found)


SAMPLE = 40
"""How many items of a collection are compared, spread over all of them."""


def list_items(collection: str) -> list[NamedNode]:
    text = write_page(load_read(collection), {}, 1_000)
    found = open_store().query(text, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    items = [solution["item"] for solution in found]
    return [item for item in items if isinstance(item, NamedNode)]


def expand(tree: dict[str, Any]) -> set[Any]:
    text = json.dumps({"@context": CONTEXT, **tree})
    return set(rdflib.Graph().parse(data=text, format="json-ld"))


def expand_exactly(tree: dict[str, Any]) -> Dataset:
    """By a reader that leaves lexical forms alone; blank nodes under canonical labels."""
    text = json.dumps({"@context": CONTEXT, **tree})
    return canonical(quad.triple for quad in parse(text, format=RdfFormat.JSON_LD))


def canonical(triples: Any) -> Dataset:
    dataset = Dataset([Quad(triple.subject, triple.predicate, triple.object) for triple in triples])
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def test_the_file_is_what_the_ontology_and_the_shapes_give() -> None:
    computed = render_context(Index(read_files(list_vocabulary())))
    assert read_context().decode() == computed, "renew it: python -m plangraph.context"


def test_items_of_every_collection_say_in_json_what_they_say_in_triples() -> None:
    seen: dict[str, int] = {}
    for collection in COLLECTIONS:
        items = list_items(collection)
        for item in items[:: max(1, len(items) // SAMPLE)]:
            triples = describe(item)
            expected = {
                (to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object))
                for triple in triples
            }
            (tree,) = write_items(triples, [item], load_context())
            assert expand(tree) == expected, item
            assert expand_exactly(tree) == canonical(triples), item
            seen[collection] = seen.get(collection, 0) + 1
    assert all(seen[name] >= SAMPLE for name in ("claims", "attributions", "values", "stances"))
    assert set(COLLECTIONS) == set(seen)


def test_a_description_holds_all_that_the_graph_says_of_its_item() -> None:
    index = Index(read_packaged().quads)
    items = [item for collection in COLLECTIONS for item in list_items(collection)]
    for item in items:
        described = {(triple.predicate, triple.object) for triple in describe(item) if triple.subject == item}
        said = {(name, value) for name in index.predicates(item) for value in index.objects(item, name)}
        # The store writes 1.0 as 1; values are compared without their lexical form there.
        assert {name for name, _ in described} == {name for name, _ in said}, item
        assert len(described) == len(said), item
    assert len(items) > 150


def test_every_property_of_an_item_has_a_key_of_its_own() -> None:
    keys = {name for name in CONTEXT if not name.startswith("@")}
    trees = [
        tree
        for collection in COLLECTIONS
        for item in list_items(collection)
        for tree in write_items(describe(item), [item], load_context())
    ]
    used = {name for tree in trees for name in tree}
    assert len(trees) > 150
    assert len(used) > 40
    assert used <= keys


def made_up(*pairs: tuple[str, Any]) -> list[Triple]:
    return [Triple(ITEM, term(name), value) for name, value in pairs]


XSD_INTEGER, XSD_DECIMAL = term("xsd:integer"), term("xsd:decimal")
ODD = {
    "a whole number": made_up(("pg:pointCount", Literal("28", datatype=XSD_INTEGER))),
    "a whole number with a zero in front": made_up(("pg:pointCount", Literal("028", datatype=XSD_INTEGER))),
    "a number too long for a machine": made_up(("pg:pointCount", Literal("9" * 30, datatype=XSD_INTEGER))),
    "a decimal": made_up(("pg:number", Literal("20.50", datatype=XSD_DECIMAL))),
    "a whole number where a decimal is due": made_up(("pg:number", Literal("20", datatype=XSD_INTEGER))),
    "a truth value": made_up(("pg:withinOneOrigin", Literal("true", datatype=term("xsd:boolean")))),
    "a truth value as a digit": made_up(("pg:withinOneOrigin", Literal("1", datatype=term("xsd:boolean")))),
    "a month": made_up(("pg:saidOn", Literal("2025-11", datatype=term("edtf:EDTF")))),
    "a plain text where a day is due": made_up(("pg:saidOn", Literal("soon"))),
    "a thing where a day is due": made_up(("pg:scheduledFor", thing("event", "later"))),
    "a label without a language": made_up(("rdfs:label", Literal("made up"))),
    "two labels of one language": made_up(
        ("rdfs:label", Literal("one", language="en")), ("rdfs:label", Literal("two", language="en"))
    ),
    "a text with a language where none is due": made_up(
        ("schema:inLanguage", Literal("English", language="en"))
    ),
    "two values where one is due": made_up(
        ("pg:about", thing("plan", "a")), ("pg:about", thing("plan", "b"))
    ),
    "a property without a key": made_up(("dcterms:subject", thing("topic", "amnesty"))),
    "a property without a prefix": [Triple(ITEM, NamedNode("https://example.org/odd"), Literal("x"))],
    "a class without a name": made_up(("rdf:type", NamedNode("https://example.org/Odd"))),
    "itself": made_up(("pg:about", ITEM), ("pg:formulation", Literal("made up", language="en"))),
    "a parameter in a blank node": [
        Triple(ITEM, pg("otherParameter"), BlankNode("p")),
        Triple(BlankNode("p"), pg("parameterKey"), Literal("label")),
        Triple(BlankNode("p"), pg("parameterValue"), Literal('"x"')),
    ],
    "one blank node in two places": [
        Triple(ITEM, pg("otherParameter"), BlankNode("p")),
        Triple(ITEM, pg("amount"), BlankNode("p")),
        Triple(BlankNode("p"), pg("parameterKey"), Literal("label")),
    ],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_values_come_back_exactly(name: str) -> None:
    (tree,) = write_items(ODD[name], [ITEM], load_context())
    assert expand_exactly(tree) == canonical(ODD[name]), json.dumps(tree)


def test_what_an_answer_says_of_itself_is_no_rdf() -> None:
    envelope = {
        "id": "https://example.org/page",
        "self": "https://example.org/page",
        "total": 1,
        "asOf": {"date": "2025-11-20", "undatedDocuments": 0},
        "facets": {"kind": [{"value": "Claim", "id": pg("Claim").value, "label": "claim", "items": 1}]},
        "next": "token",
        "query": "ASK {}",
        "expected": "a,b",
        "run": "https://example.org/sparql",
        "items": [],
    }
    assert expand(envelope) == set()


def test_a_term_that_wants_a_key_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="pg:total wants the key total"):
        build_context(index_of("pg:total a owl:ObjectProperty ."))
    assert "about" in build_context(Index(read_vocabulary()))["@context"]


def test_a_page_names_an_item_that_another_item_points_at_and_unfolds_it_once() -> None:
    first, second = thing("claim", "first"), thing("claim", "second")
    triples = [
        Triple(first, pg("about"), second),
        Triple(second, pg("about"), thing("plan", "p")),
        Triple(second, pg("formulation"), Literal("second", language="en")),
    ]
    trees = write_items(triples, [first, second], load_context())
    assert trees[0]["about"] == {"id": second.value, "formulation": {"en": "second"}}
    assert trees[1]["about"] == {"id": thing("plan", "p").value}
    assert expand_exactly({"items": trees}) == canonical(triples)
