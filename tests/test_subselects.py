"""Subqueries as they are written for Virtuoso, with no server at hand; test_virtuoso.py shows it helps."""

from __future__ import annotations

import pytest
from pyoxigraph import Store

from plangraph.errors import QueryRefused
from plangraph.questions import list_questions
from plangraph.reads import COLLECTIONS, load_read, write_page, write_surveys
from plangraph.subselects import protect_subselects
from plangraph.terms import PREFIXES


def squeeze(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "SELECT * { ?a ?p ?b { SELECT DISTINCT ?b { ?b a ?c } } }",
            "SELECT * { ?a ?p ?b { SELECT ?b { ?b a ?c } GROUP BY ?b HAVING (COUNT(*) > 0) } }",
        ),
        (
            "SELECT * { ?a ?p ?b { select distinct $b (?c AS ?d) (1 as ?e) where { ?b a ?c } ORDER BY ?b } }",
            "SELECT * { ?a ?p ?b { select $b (?c AS ?d) (1 as ?e) where { ?b a ?c } "
            "GROUP BY $b ?c HAVING (COUNT(*) > 0) ORDER BY ?b } }",
        ),
        (
            "SELECT DISTINCT * { ?a ?p ?b { SELECT DISTINCT (STR(?c) AS ?b) { ?c a ?d } } }",
            "SELECT DISTINCT * { ?a ?p ?b { SELECT (STR(?c) AS ?b) { ?c a ?d } } }",
        ),
        (
            "SELECT (COUNT(DISTINCT ?b) AS ?n) (MAX(?b) AS ?m) { ?a ?p ?b { SELECT DISTINCT * { ?b a 1 } } }",
            "SELECT (COUNT(DISTINCT ?b) AS ?n) (MAX(?b) AS ?m) { ?a ?p ?b { SELECT * { ?b a 1 } } }",
        ),
        (
            "CONSTRUCT WHERE { ?a ?p ?b { SELECT DISTINCT ?b { ?b a 1 } } { SELECT (SUM(?c) AS ?d) {} } }",
            "CONSTRUCT WHERE { ?a ?p ?b { SELECT ?b { ?b a 1 } } { SELECT (SUM(?c) AS ?d) {} } }",
        ),
        (
            "CONSTRUCT WHERE { ?a ?p ?b { SELECT DISTINCT ?b { ?b a 1 } } } ORDER BY ?a LIMIT 3",
            "CONSTRUCT WHERE { ?a ?p ?b { SELECT ?b { ?b a 1 } GROUP BY ?b HAVING (COUNT(*) > 0) } } "
            "ORDER BY ?a LIMIT 3",
        ),
        (
            "SELECT * { ?a ?p ?b { SELECT ?b { ?b a ?c } GROUP BY ?b } }",
            "SELECT * { ?a ?p ?b { SELECT ?b { ?b a ?c } GROUP BY ?b HAVING (COUNT(*) > 0) } }",
        ),
        (
            "SELECT * { { SELECT DISTINCT ?b { ?b a ?c } } } VALUES ?b { 1 }",
            "SELECT * { { SELECT ?b { ?b a ?c } GROUP BY ?b HAVING (COUNT(*) > 0) } } VALUES ?b { 1 }",
        ),
        (
            "SELECT * { ?a ?p '}' { SELECT DISTINCT ?b { ?b ?p <urn:SELECT#{> # SELECT DISTINCT {\n } } }",
            "SELECT * { ?a ?p '}' { SELECT ?b { ?b ?p <urn:SELECT#{> # SELECT DISTINCT { } "
            "GROUP BY ?b HAVING (COUNT(*) > 0) } }",
        ),
    ],
)
def test_a_joined_subquery_computes_an_aggregate(text: str, written: str) -> None:
    assert squeeze(protect_subselects(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "SELECT DISTINCT ?a { ?a ?p ?b }",
        "SELECT (COUNT(*) AS ?n) { # all alone\n { SELECT DISTINCT * { ?a ?p ?b } } . }",
        "SELECT * { ?a ?p ?b { SELECT DISTINCT ?b { ?b a ?c } LIMIT 3 } }",
        "SELECT * { ?a ?p ?b { SELECT ?b (COUNT(?c) AS ?n) { ?b a ?c } GROUP BY ?b } }",
        "SELECT * { ?a ?p ?b { SELECT ?b { ?b a ?c } GROUP BY ?b HAVING (COUNT(?c) > 1) } }",
        "SELECT * { ?a ?p ?b MINUS { SELECT DISTINCT ?b { ?b a ?c } } }",
        "SELECT * { ?a ?p ?b FILTER NOT EXISTS { { SELECT DISTINCT ?b { ?b a ?c } } } }",
        "SELECT * { ?a ?p ?b MINUS { ?b ?p ?c { SELECT DISTINCT ?b { ?b a ?c } } } }",
        "SELECT * { ?a ?p ?b { SELECT DISTINCT ?b { ?b a ?c } } MINUS { ?a ?p 1 } }",
        "SELECT * { ?a ?p 'SELECT DISTINCT ?b' { SELECT ?b { ?b a ?c } } }",
    ],
)
def test_a_query_that_loses_nothing_or_has_no_better_form_is_left_alone(text: str) -> None:
    assert protect_subselects(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?a ?p ?b { SELECT DISTINCT * { ?b a ?c } } }",
        "SELECT * { ?a ?p ?b { SELECT DISTINCT (STR(?b) AS ?d) { ?b a ?c } } }",
        "SELECT * { ?a ?p ?b { SELECT DISTINCT ?b (COUNT(?c) AS ?n) { ?b a ?c } GROUP BY ?b ?d } }",
        "SELECT * { ?a ?p ?b { SELECT ?b { ?b a ?c } GROUP BY ?b HAVING (?b > 1) } }",
    ],
)
def test_a_query_that_would_lose_rows_in_any_form_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(QueryRefused, match="loses rows") as caught:
        protect_subselects(text)
    assert caught.value.line == 1
    assert caught.value.broken_rule == "external-server"


@pytest.mark.parametrize("text", ["SELECT * { { SELECT ?a { ?a ?p ?b }", "SELECT * } { { SELECT ?a"])
def test_braces_that_cannot_be_told_are_an_error(text: str) -> None:
    with pytest.raises(QueryRefused, match="brace"):
        protect_subselects(text)


def test_all_our_own_queries_have_a_safe_form_that_is_sparql() -> None:
    texts = [question.query for question in list_questions()]
    texts += [text for name in COLLECTIONS for text in write_surveys(load_read(name), {}, 100_000)]
    texts += [write_page(load_read(name), {}, 10) for name in COLLECTIONS]
    changed = 0
    for text in texts:
        written = protect_subselects(text)
        Store().query(written, prefixes=PREFIXES)
        changed += written != text
    assert len(texts) > 30
    assert changed > 15
