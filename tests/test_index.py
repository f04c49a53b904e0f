"""The index answers in one order, whatever the order of the quads."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from pyoxigraph import DefaultGraph, Literal, Quad

from plangraph.files import list_data, read_graph
from plangraph.index import Index
from plangraph.terms import graph, pg, term, thing

A, B = thing("claim", "a"), thing("claim", "b")
QUADS = [
    Quad(A, pg("slot"), Literal("2"), graph("document/x")),
    Quad(A, pg("slot"), Literal("1"), graph("derived")),
    Quad(A, pg("slot"), Literal("1"), graph("document/x")),
    Quad(A, term("rdf:type"), pg("Claim"), graph("document/x")),
    Quad(B, term("rdf:type"), pg("Claim"), graph("registry")),
    Quad(B, term("rdf:type"), pg("Claim"), graph("document/x")),
    Quad(B, pg("about"), A, DefaultGraph()),
]


def test_objects_are_sorted_and_counted_once_across_graphs() -> None:
    index = Index(QUADS)
    assert index.objects(A, pg("slot")) == (Literal("1"), Literal("2"))
    assert index.one(A, pg("slot")) == Literal("1")
    assert index.objects(A, pg("about")) == ()
    assert index.one(B, pg("slot")) is None
    assert index.objects(pg("unknown"), pg("slot")) == ()


def test_subjects_and_instances_are_found_from_their_objects() -> None:
    index = Index(QUADS)
    assert index.subjects(pg("about"), A) == (B,)
    assert index.subjects(pg("about"), B) == ()
    assert index.subjects(pg("unknown"), A) == ()
    assert index.instances(pg("Claim")) == (A, B)
    assert index.instances(pg("Plan")) == ()
    assert index.predicates(A) == (term("rdf:type"), pg("slot"))
    assert index.predicates(pg("unknown")) == ()


def test_a_subject_belongs_to_the_graph_that_types_it() -> None:
    index = Index(QUADS)
    assert index.graph_of(A) == graph("document/x")
    assert index.graph_of(B) == graph("document/x")
    assert index.graph_of(pg("unknown")) is None
    untyped = Index([Quad(A, pg("slot"), B, graph("registry")), Quad(A, pg("slot"), B, graph("derived"))])
    assert untyped.graph_of(A) == graph("derived")


def test_what_is_left_out_cannot_be_asked_for() -> None:
    index = Index(iter(QUADS), without={pg("slot")})
    assert index.predicates(A) == (term("rdf:type"),)
    assert index.instances(pg("Claim")) == (A, B)
    assert index.objects(B, pg("about")) == (A,)
    asked: list[Callable[[], object]] = [
        lambda: index.objects(A, pg("slot")),
        lambda: index.one(B, pg("slot")),
        lambda: index.subjects(pg("slot"), Literal("1")),
        lambda: index.graph_of(A),
    ]
    for ask in asked:
        with pytest.raises(KeyError):
            ask()
    assert len(asked) == 4


def test_the_order_of_the_quads_leaves_no_trace() -> None:
    quads = [quad for file in list_data() for quad in read_graph(file)]
    assert len(quads) > 100
    shuffled = list(quads)
    random.Random(3).shuffle(shuffled)
    one, other = Index(quads), Index(shuffled)
    pairs = {(quad.subject, quad.predicate) for quad in quads}
    assert len(pairs) > 100
    for subject, predicate in pairs:
        assert one.objects(subject, predicate) == other.objects(subject, predicate)
        assert one.predicates(subject) == other.predicates(subject)
        assert one.graph_of(subject) == other.graph_of(subject)
    for quad in quads:
        found = one.subjects(quad.predicate, quad.object)
        assert quad.subject in found
        assert found == other.subjects(quad.predicate, quad.object)
