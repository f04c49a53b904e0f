"""The guard lets honest queries through and stops the others before a parser sees them."""

from __future__ import annotations

import random

import pytest

from plangraph.errors import PlangraphError, QueryRefused, QueryTooDeep, QueryTooLong
from plangraph.guard import check_query, names_dataset, outline
from plangraph.questions import list_questions
from plangraph.settings import Limits

LIMITS = Limits()

HONEST = {
    "strings": (
        "ASK { ?s ?p '((((((((((((((((((((((((((((', \"SERVICE\", "
        "'''{ ' SERVICE '' {''', \"\"\"a\"\" \\\"\"\"\" }"
    ),
    "comments": "# SERVICE ((((((((((((((((((((((((((\nASK {}",
    "names": "PREFIX service: <http://e/> ASK { ?service service:a ex:service, _:service, 'x'@en-service }",
    "iri": "SELECT * { <http://e/SERVICE> <http://e/Kyiv_(city)> ?o }",
    "escaped brackets": "ASK { ?s ?p " + ", ".join(["ex:a\\("] * 60) + " }",
    "comparison": "ASK { FILTER(1 < 2 && 3 > 2 && ?a<?b) }",
    "many values": "SELECT * { VALUES ?x { " + " ".join(f"<http://e/{n}>" for n in range(4_000)) + " } }",
    "many iris with brackets": "ASK { VALUES ?x { " + " ".join(["<http://e/a_(b)>"] * 300) + " } }",
    "wide, not deep": "SELECT * { " + "{ ?s ?p [] } " * 500 + "}",
    "deepest": "SELECT * " + "{" * 40 + "}" * 40,
}

REFUSED = {
    "braces": ("SELECT * " + "{" * 41 + "}" * 41, QueryTooDeep, "bracket_depth"),
    "round and square": ("ASK { FILTER(" + "([" * 12 + "1" + "])" * 12 + ") }", QueryTooDeep, "paren_depth"),
    "unclosed": ("SELECT * " + "{" * 500, QueryTooDeep, "bracket_depth"),
    "quoted triples": ("ASK { " + "<<" * 9 + "?s ?p ?o" + ">>" * 9 + " }", QueryTooDeep, "quoted_depth"),
    "quoted triples, no space": ("ASK { " + "<<" * 9 + "<http://e/s> ?p ?o", QueryTooDeep, "quoted_depth"),
    "negations": ("ASK { FILTER(" + "! " * 65 + "true) }", QueryTooDeep, "negation_run"),
    "unions": ("SELECT * { {} " + "UNION {} " * 256 + "}", QueryRefused, "branch_words"),
    "or": ("ASK { FILTER(1" + "||1" * 513 + ") }", QueryRefused, "logic_operators"),
    "less-than that looks like an IRI": (
        "ASK { FILTER(1<" + "(" * 30 + "1" + ")" * 30 + "&&3>1) }", QueryTooDeep, "iri_brackets",
    ),
    "a chain of them": ("ASK { FILTER(" + "1<((((((((1>(" * 30, QueryTooDeep, "bracket_depth"),
    "negations in one": ("ASK { FILTER(1<" + "!" * 70 + "1>1) }", QueryTooDeep, "negation_run"),
    "escape in a name": ("ASK { ?s e:a\\# " + "{" * 41, QueryTooDeep, "bracket_depth"),
    "quote in a name": ("ASK { ?s e:a\\' " + "{" * 41 + "'", QueryTooDeep, "bracket_depth"),
    "carriage return ends a comment": ("# x\r" + "{" * 41, QueryTooDeep, "bracket_depth"),
    "escape for a line end does not": ("# \\u000A '\n" + "{" * 41 + "'", QueryTooDeep, "bracket_depth"),
    "escape for a quote does not": ("ASK { ?s ?p 'x\\u0027 ' " + "{" * 41, QueryTooDeep, "bracket_depth"),
    "length": ("# " + "é" * 50_000, QueryTooLong, "query_bytes"),
    "service": ("SELECT * {\n  SERVICE <http://e/> {} }", QueryRefused, "service"),
    "service in lower case": ("SELECT * { service ?x {} }", QueryRefused, "service"),
    "service after a dot": ("SELECT * { ?s ?p ?o.SERVICE<http://e/>{} }", QueryRefused, "service"),
    "service after a number": ("SELECT * { ?s ?p 5.SERVICE<http://e/>{} }", QueryRefused, "service"),
    "service after true": ("SELECT * { ?s ?p trueSERVICE<http://e/>{} }", QueryRefused, "service"),
    "service grown together": ("SELECT * { SERVICESILENT<http://e/>{} }", QueryRefused, "service"),
    "service before a name": ("SELECT * { SERVICE:x{} }", QueryRefused, "service"),
    "service in a name": ("SELECT * { SERVICEpg:x{} }", QueryRefused, "service"),
    "service after a string": ("SELECT * { ?s ?p 'a'SERVICE<http://e/>{} }", QueryRefused, "service"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_query_passes(name: str) -> None:
    check_query(HONEST[name], LIMITS)


@pytest.mark.parametrize("name", REFUSED)
def test_a_text_past_a_limit_is_refused_by_rule(name: str) -> None:
    text, cause, rule = REFUSED[name]
    with pytest.raises(PlangraphError) as caught:
        check_query(text, LIMITS)
    assert type(caught.value) is cause
    assert caught.value.broken_rule == rule
    if rule != "service":
        assert caught.value.limit == getattr(LIMITS, rule)


def test_there_are_as_many_cases_as_were_written() -> None:
    assert (len(HONEST), len(REFUSED)) == (10, 26)


def test_every_competency_question_passes() -> None:
    questions = list_questions()
    assert len(questions) >= 10
    for question in questions:
        check_query(question.query, LIMITS)


def test_a_refusal_names_line_and_column() -> None:
    with pytest.raises(QueryRefused) as service:
        check_query("SELECT * {\n  SERVICE <http://e/> {} }", LIMITS)
    assert (service.value.line, service.value.column) == (2, 3)
    with pytest.raises(QueryTooDeep) as deep:
        check_query("SELECT *\n" + "{" * 41, LIMITS)
    assert (deep.value.line, deep.value.column) == (2, 41)


def test_the_outline_keeps_every_character_at_its_place() -> None:
    letters = [
        "'",
        '"',
        "'''",
        '"""',
        "\\",
        "#",
        "\n",
        "\r",
        "<",
        ">",
        "(",
        ")",
        "{",
        "a:b",
        "?x",
        "@en",
        " ",
    ]
    chance = random.Random(7)
    for _ in range(2_000):
        text = "".join(chance.choices(letters, k=30))
        assert len(outline(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM <http://e/g> {}", True),
        ("SELECT * from named<http://e/g> {}", True),
        ("SELECT*FROMpg:x{}", True),
        ("SELECT ?from { ?from pg:from 'FROM' } # FROM", False),
        ("SELECT * { <http://e/FROM> ?p ?o }", False),
    ],
)
def test_a_dataset_clause_is_told_from_a_mention(text: str, expected: bool) -> None:
    assert names_dataset(text) is expected
