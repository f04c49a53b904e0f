"""Canonical Turtle: one graph has one text, and every reader gets the graph back."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Iterable, Iterator

import pytest
import rdflib
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from plangraph.errors import NotWritable
from plangraph.files import list_data, list_vocabulary, read_graph
from plangraph.terms import Graph, Term, graph, pg, term, thing
from plangraph.turtle import write_trig, write_turtle

HEAD = """@prefix pg: <https://w3id.org/plangraph/ns#> .
@prefix claim: <https://w3id.org/plangraph/id/claim/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
XSD = "http://www.w3.org/2001/XMLSchema#"
NASTY = [
    Literal(""),
    Literal('say "no" \\ or\n\r\t\b\f'),
    Literal("'''\"\"\""),
    Literal("\x00\x01\x1f\x7f\x85 \u2028\ufeff\u202e"),
    Literal("мир \U0001f54a й"),
    Literal("a", language="en"),
    Literal("a", language="en-gb"),
    *(Literal(text, datatype=NamedNode(XSD + "integer")) for text in ("7", "07", "+7", "-0", "-7", "x", "")),
    *(Literal(text, datatype=NamedNode(XSD + "decimal")) for text in ("1.50", ".5", "1.", "0.00000001", "7")),
    *(Literal(text, datatype=NamedNode(XSD + "double")) for text in ("1e3", "1.0E3", "INF", "NaN")),
    *(Literal(text, datatype=NamedNode(XSD + "boolean")) for text in ("true", "1", "TRUE")),
    Literal("2025-11-20", datatype=NamedNode(XSD + "date")),
    Literal("x", datatype=pg("t")),
]
NAMES = [
    *(thing("claim", slug) for slug in ("a", "b", "7", "a-b--c")),
    *(pg(name) for name in ("about", "with/slash", "dot.", "-dash", "", "тест", "a%20b", "a(b)")),
    NamedNode("urn:example:1"),
    term("rdf:nil"),
]


def canonicalize(quads: Iterable[Quad]) -> Dataset:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def read(text: bytes, form: RdfFormat = RdfFormat.TURTLE) -> list[Quad]:
    return list(parse(text, format=form))


def convert(node: rdflib.term.Node) -> Term:
    if isinstance(node, rdflib.URIRef):
        return NamedNode(str(node))
    if isinstance(node, rdflib.BNode):
        return BlankNode(str(node))
    assert isinstance(node, rdflib.Literal)
    if node.language:
        return Literal(str(node), language=node.language)
    return Literal(str(node), datatype=NamedNode(str(node.datatype or XSD + "string")))


def read_with_rdflib(text: bytes, form: str) -> Iterator[Quad]:
    dataset = rdflib.Dataset()
    with warnings.catch_warnings():  # rdflib's own parsing trips over what it has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        dataset.parse(data=text, format=form)
    for subject, predicate, value, name in dataset.quads():
        home = DefaultGraph() if name in (None, DATASET_DEFAULT_GRAPH_ID) else convert(name)
        yield Quad(convert(subject), convert(predicate), convert(value), home)  # type: ignore[arg-type]


@pytest.fixture
def lexical_forms_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


def build_random(seed: int, graphs: list[Graph]) -> list[Quad]:
    """A graph of named things, trees, lists, and blank nodes that are shared or lie on cycles."""
    dice = random.Random(seed)
    quads: list[Quad] = []
    predicates = [pg("p"), pg("q"), term("rdf:type"), term("rdf:first"), term("rdf:rest"), term("rdfs:label")]
    blanks = [BlankNode(f"n{place}") for place in range(dice.randrange(6))]

    def grow(home: Graph, depth: int) -> Term:
        kind = dice.randrange(8)
        if kind < 3:
            return dice.choice(NASTY)
        if kind < 5 or depth > 3:
            return dice.choice(NAMES)
        if kind == 5 and blanks:
            return dice.choice(blanks)
        if kind == 6:
            head: NamedNode | BlankNode = term("rdf:nil")
            for _ in range(dice.randrange(4)):
                cell = BlankNode()
                quads.append(Quad(cell, term("rdf:first"), grow(home, depth + 1), home))
                quads.append(Quad(cell, term("rdf:rest"), head, home))
                head = cell
            return head
        inner = BlankNode()
        for _ in range(dice.randrange(3)):
            quads.append(Quad(inner, dice.choice(predicates), grow(home, depth + 1), home))
        return inner

    for _ in range(dice.randrange(1, 12)):
        nodes: list[NamedNode | BlankNode] = [*NAMES, *blanks, BlankNode()]
        subject = dice.choice(nodes)
        home = dice.choice(graphs)
        quads.append(Quad(subject, dice.choice(predicates), grow(home, 0), home))
    return quads


def disguise(quads: list[Quad], seed: int) -> list[Quad]:
    """The same graph with other labels and in another order."""
    dice = random.Random(seed)
    names: dict[BlankNode, BlankNode] = {}

    def rename(node: Term) -> Term:
        if not isinstance(node, BlankNode):
            return node
        return names.setdefault(node, BlankNode(f"{dice.choice('azkq')}{dice.randrange(10**12)}"))

    changed = [Quad(rename(q.subject), q.predicate, rename(q.object), q.graph_name) for q in quads]  # type: ignore[arg-type]
    dice.shuffle(changed)
    return changed


def test_the_text_is_sorted_prefixed_and_readable() -> None:
    text = (
        HEAD
        + """
        pg:Z a rdfs:Class . <urn:example:x> pg:p 1 .
        claim:b pg:z true ; pg:number 1.50, 28 ; rdfs:label "y"@uk, "x"@en ; a pg:Claim ; pg:l (1 (2) "3") .
        claim:a pg:x claim:b, claim:a ; skos:prefLabel "p" ; skos:definition "d" ; rdfs:label "l" .
    """
    )
    assert write_turtle(read(text.encode())).decode() == (
        "@prefix claim: <https://w3id.org/plangraph/id/claim/> .\n"
        "@prefix pg: <https://w3id.org/plangraph/ns#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "\n"
        'claim:a rdfs:label "l" ;\n'
        '    skos:prefLabel "p" ;\n'
        '    skos:definition "d" ;\n'
        "    pg:x claim:a, claim:b .\n"
        "\n"
        "claim:b a pg:Claim ;\n"
        '    rdfs:label "x"@en, "y"@uk ;\n'
        '    pg:l ( 1 ( 2 ) "3" ) ;\n'
        "    pg:number 1.50, 28 ;\n"
        "    pg:z true .\n"
        "\n"
        "pg:Z a rdfs:Class .\n"
        "\n"
        "<urn:example:x> pg:p 1 .\n"
    )


def test_long_lists_of_objects_and_long_trees_take_lines_of_their_own() -> None:
    names = ", ".join(f"claim:a-rather-long-name-{place}" for place in range(4))
    tree = f'[ pg:p "{"x" * 90}" ; pg:q [ pg:r 1 ] ]'
    text = write_turtle(read(f"{HEAD} claim:a pg:about {names} ; pg:tree {tree} .".encode())).decode()
    assert text.split("\n\n", 1)[1] == (
        "claim:a pg:about\n"
        "        claim:a-rather-long-name-0,\n"
        "        claim:a-rather-long-name-1,\n"
        "        claim:a-rather-long-name-2,\n"
        "        claim:a-rather-long-name-3 ;\n"
        "    pg:tree [\n"
        f'        pg:p "{"x" * 90}" ;\n'
        "        pg:q [ pg:r 1 ]\n"
        "    ] .\n"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("claim:a pg:p [] .", "claim:a pg:p [] ."),
        ("[] pg:p 1 .", "[] pg:p 1 ."),
        ("claim:a pg:p (), ( [ pg:q 1 ] ) .", "claim:a pg:p (), ( [ pg:q 1 ] ) ."),
        ("claim:a pg:p _:x . claim:b pg:p _:x .", "claim:a pg:p _:b0 .\n\nclaim:b pg:p _:b0 ."),
        ("claim:a pg:p _:x . claim:b pg:p _:x . _:x pg:q 1 .", "_:b0 pg:q 1 ."),
        ("_:x pg:p _:y . _:y pg:p _:x .", "_:b0 pg:p _:b1 .\n\n_:b1 pg:p _:b0 ."),
        ("_:x pg:p _:x .", "_:b0 pg:p _:b0 ."),
        ("_:x rdf:first 1 ; rdf:rest _:x .", "_:b0 rdf:first 1 ;\n    rdf:rest _:b0 ."),
        ("claim:a pg:p [ a pg:X ; rdf:first 1 ; rdf:rest () ] .", "[ a pg:X ; rdf:first 1 ; rdf:rest () ]"),
        ("[] rdf:first 1 ; rdf:rest ( 2 ) .", "[] rdf:first 1 ;\n    rdf:rest ( 2 ) ."),
    ],
)  # fmt: skip
def test_a_blank_node_is_written_in_place_where_its_shape_allows_it(body: str, expected: str) -> None:
    assert expected in write_turtle(read((HEAD + body).encode())).decode()


def test_an_empty_graph_is_an_empty_text() -> None:
    assert write_turtle([]) == b""
    assert write_trig([]) == b""


def test_graph_names_are_dropped_in_turtle_and_sorted_in_trig() -> None:
    quads = [
        Quad(thing("claim", "a"), pg("p"), Literal(name), graph(name)) for name in ("registry", "derived")
    ]
    quads.append(Quad(thing("claim", "a"), pg("p"), Literal("none")))
    quads.append(Quad(thing("claim", "b"), pg("p"), BlankNode(), graph("derived")))
    assert write_turtle(quads[:2]).decode().endswith('claim:a pg:p "derived", "registry" .\n')
    assert write_trig(quads).decode().split("\n\n", 1)[1] == (
        'claim:a pg:p "none" .\n\n'
        "<https://w3id.org/plangraph/graph/derived> {\n"
        '    claim:a pg:p "derived" .\n\n'
        "    claim:b pg:p [] .\n"
        "}\n\n"
        "<https://w3id.org/plangraph/graph/registry> {\n"
        '    claim:a pg:p "registry" .\n'
        "}\n"
    )


def test_a_triple_as_a_term_is_refused_by_name() -> None:
    inner = Triple(thing("claim", "a"), pg("p"), Literal("x"))
    with pytest.raises(NotWritable, match="triple is used as a term"):
        write_turtle([Quad(thing("claim", "a"), pg("p"), inner)])


@pytest.mark.usefixtures("lexical_forms_kept")
def test_every_literal_and_name_comes_back_as_it_was() -> None:
    quads = [Quad(name, pg("p"), literal) for name in NAMES for literal in NASTY]
    assert len(set(quads)) == len(quads) == 392
    text = write_turtle(quads)
    assert set(read(text)) == set(quads)
    assert set(read_with_rdflib(text, "turtle")) == set(quads)


@pytest.mark.usefixtures("lexical_forms_kept")
def test_random_graphs_have_one_text_and_come_back_through_both_readers() -> None:
    tried = labelled = lists = 0
    for seed in range(300):
        quads = build_random(seed, [DefaultGraph()])
        text = write_turtle(quads)
        assert write_turtle(disguise(quads, seed)) == text, seed
        assert canonicalize(read(text)) == canonicalize(quads), seed
        assert write_turtle(read(text)) == text, seed
        assert canonicalize(read_with_rdflib(text, "turtle")) == canonicalize(quads), seed
        tried += 1
        labelled += b"_:b0" in text
        lists += b"( " in text
    assert tried == 300
    assert labelled >= 40
    assert lists >= 40


@pytest.mark.usefixtures("lexical_forms_kept")
def test_random_datasets_have_one_trig_and_come_back_through_both_readers() -> None:
    homes: list[Graph] = [DefaultGraph(), graph("registry"), graph("document/a")]
    tried = 0
    for seed in range(150):
        quads = build_random(seed, homes)
        text = write_trig(quads)
        assert write_trig(disguise(quads, seed)) == text, seed
        assert canonicalize(read(text, RdfFormat.TRIG)) == canonicalize(quads), seed
        assert canonicalize(read_with_rdflib(text, "trig")) == canonicalize(quads), seed
        tried += 1
    assert tried == 150


def test_a_blank_node_that_names_a_graph_keeps_its_tie() -> None:
    name = BlankNode()
    quads = [Quad(name, pg("p"), Literal("x")), Quad(thing("claim", "a"), pg("p"), name, name)]
    text = write_trig(quads)
    assert b"_:b0 {" in text
    assert canonicalize(read(text, RdfFormat.TRIG)) == canonicalize(quads)


@pytest.mark.parametrize("verb", ["p", "rest"])
def test_a_chain_of_blank_nodes_of_any_depth_is_written_and_read(verb: str) -> None:
    length, link = 3_000, term("rdf:rest") if verb == "rest" else pg(verb)
    chain = [BlankNode() for _ in range(length)]
    quads = [Quad(thing("claim", "a"), pg("p"), chain[0])]
    quads += [Quad(one, link, other) for one, other in itertools.pairwise(chain)]
    quads += [Quad(node, term("rdf:first"), Literal(str(place))) for place, node in enumerate(chain)]
    text = write_turtle(quads)
    assert canonicalize(read(text)) == canonicalize(quads)
    assert len(rdflib.Graph().parse(data=text, format="turtle")) == len(quads)
    assert write_turtle(disguise(quads, 1)) == text


def test_a_long_list_stays_a_list() -> None:
    text = write_turtle(read(f"{HEAD} claim:a pg:p ( {' '.join(map(str, range(3_000)))} ) .".encode()))
    assert b"_:b" not in text
    assert len(read(text)) == 6_001


def test_the_projects_own_files_come_back_whole() -> None:
    tried = 0
    for file in [*list_vocabulary(), *list_data()]:
        quads = list(read_graph(file))
        text = write_trig(quads)
        assert canonicalize(read(text, RdfFormat.TRIG)) == canonicalize(quads), file.path
        assert write_trig(disguise(quads, 7)) == text, file.path
        tried += 1
    assert tried >= 5
