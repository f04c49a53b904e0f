"""A text that is no SPARQL is told what is wrong with it, at its place, in words that a person can use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import Store

from broken_queries import BROKEN, Broken, find_offence
from plangraph.errors import PlangraphError, QueryRefused, QuerySyntaxWrong
from plangraph.evaluation import Query, evaluate, find_prefixes
from plangraph.grammar import GRAMMAR, Rule, begins
from plangraph.guard import locate
from plangraph.lexemes import Lexeme, read_lexeme
from plangraph.mistakes import SLIPS
from plangraph.scope import AGGREGATES
from plangraph.settings import Limits, Settings
from plangraph.slips import FUNCTIONS
from plangraph.stumbles import find_stumble
from plangraph.syntax import UNTOLD, explain
from plangraph.terms import BASE
from plangraph.update import update
from services import make_site

ROOT = Path(__file__).resolve().parents[1]
LINES = "x\n" * 500


def refuse(text: str) -> PlangraphError:
    """The error of a query; the data it would have asked do not matter."""
    with pytest.raises(PlangraphError) as caught:
        evaluate(Store(), Query(text), 1_000, "revision")
    return caught.value


def list_pieces(text: str) -> list[Lexeme]:
    """All pieces of a text."""
    found, at = [], 0
    while (piece := read_lexeme(text, at)).kind != "end":
        found.append(piece)
        at = piece.end
    return found


def walk(rule: Rule) -> Iterator[Rule]:
    """A rule and all its parts."""
    yield rule
    for part in rule.parts:
        yield from walk(part)


def list_queries() -> list[str]:
    """The texts of all queries that come with the package."""
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "src" / "plangraph").rglob("*.rq"))]


# -- what each slip gets


def test_there_are_as_many_broken_queries_as_there_should_be_and_each_once() -> None:
    assert len({broken.text for broken in BROKEN}) == len(BROKEN) == 127
    assert len({broken.says for broken in BROKEN}) > 90


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.text.replace("\n", " ") for broken in BROKEN])
def test_a_broken_query_is_told_what_is_wrong_and_where(broken: Broken) -> None:
    error = refuse(broken.text)
    assert type(error) is QuerySyntaxWrong
    assert (error.line, error.column, error.detail) == (broken.line, broken.column, broken.says)
    assert find_offence(error, broken.text) == ""


def test_every_row_of_the_table_is_shown_by_a_broken_query() -> None:
    shown = set()
    for broken in BROKEN:
        stumble, _ = find_stumble(broken.text, "Query")
        if stumble is not None:
            shown |= {next((place for place, slip in enumerate(SLIPS) if slip.fits(stumble)), None)}
    assert len(SLIPS) > 70
    assert shown - {None} == set(range(len(SLIPS)))


def test_a_long_piece_is_shown_shortened_and_a_strange_one_by_its_number() -> None:
    for text in (
        f"SELECT ?{'x' * 5_000} (COUNT(*) AS ?n) {{ }}",
        f"SELECT * {{ ?s {'x' * 5_000} ?o }}",
        f"SELECT * {{ ?s <http://[{'x' * 5_000}> ?o }}",
        f"SELECT * {{ ?s {'x' * 5_000}:a ?o }}",
        f"SELECT * {{ ?s '{'x' * 5_000}' ?o }}",
        f"SELECT * {{ ?s '''{LINES}''' ?o }}",
        f"SELECT * {{ ?s ?p ?o FILTER({'x' * 5_000}(?o)) }}",
        "SELECT * { ?s \x00 ?o }",
        "SELECT * { ?s ` ?o }",
        "SELECT * { ?s \u202e ?o }",
    ):
        assert find_offence(refuse(text), text) == ""
    assert refuse("SELECT * { ?s \x00 ?o }").detail == "`U+0000` is not expected here"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("SELECT * { ?x pg:about ?y FILTER(pg:like(?y, 'a')) }", (1, 34), "`pg:like`"),
        ("SELECT * {\n  FILTER(<http://e/like>('a'))\n}", (2, 10), "`<http://e/like>`"),
        ("PREFIX e: <http://e/>\nSELECT (e:like() AS ?x) {}", (2, 9), "`e:like`"),
    ],
)
def test_a_function_that_is_not_known_is_named_at_its_place(
    text: str, place: tuple[int, int], says: str
) -> None:
    error = refuse(text)
    assert type(error) is QueryRefused and error.broken_rule == "evaluation"
    assert (error.line, error.column) == place
    assert error.detail == f"the function {says} is not known here"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("INSERT DATA { ?x a pg:Claim }", (1, 15), "INSERT DATA takes no variables"),
        ("DELETE DATA { _:x a pg:Claim }", (1, 15), "DELETE takes no blank nodes"),
        ("DELETE WHERE { [] a pg:Claim }", (1, 16), "DELETE takes no blank nodes"),
        ("INSERT DATA { pg:x pg:about }", (1, 29), "the object of the triple is missing before `}`"),
        (
            "CLEAR ALL\nCLEAR ALL",
            (2, 1),
            "`CLEAR` is not expected here; expected: `;` or the end of the text",
        ),
        ("INSRT DATA { pg:x a pg:Claim }", (1, 1), "`INSRT` is not expected here; is INSERT meant?"),
        ("INSERT INTO { pg:x a pg:Claim }", (1, 8), "`INTO` is not expected here; expected: DATA or `{`"),
        ("INSERT { pg:x nope:x 1 } WHERE {}", (1, 15), "the prefix nope: is not declared"),
        ("MOVE DEFAULT pg:x", (1, 14), "`pg:x` is not expected here; expected: TO"),
    ],
)
def test_a_broken_update_is_told_likewise(text: str, place: tuple[int, int], says: str) -> None:
    with pytest.raises(QuerySyntaxWrong) as caught:
        update(Store(), text, Limits())
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.detail.startswith(says)
    assert find_offence(caught.value, text) == ""


def test_the_problem_document_has_the_members_that_it_had() -> None:
    asked = 0
    with TestClient(make_site(Settings(workers=1))) as client:
        for broken in BROKEN[::12]:
            answer = client.post("/sparql", data={"query": broken.text})
            assert answer.status_code == 400
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json() == {
                "type": "https://w3id.org/plangraph/problem/query-syntax-wrong",
                "title": "The query does not parse",
                "status": 400,
                "detail": broken.says,
                "line": broken.line,
                "column": broken.column,
                "rule": "syntax",
            }
            asked += 1
    assert asked > 10


def test_the_examples_of_the_documentation_are_told_what_it_says() -> None:
    text = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    head = "| query | line, column | detail |\n| --- | --- | --- |\n"
    rows = text.partition(head)[2].partition("\n\n")[0].splitlines()
    known = {f"| `{one.text}` | {one.line}, {one.column} | {one.says} |" for one in BROKEN}
    assert len(rows) == 9
    assert set(rows) - known == set()


# -- what the texts are held against


def test_the_branches_of_a_rule_begin_differently() -> None:
    branching = [part for rule in GRAMMAR.values() for part in walk(rule) if part.shape == "branches"]
    assert len(branching) > 50
    for rule in branching:
        kinds = [kind for part in rule.parts for kind in begins(part)]
        assert len(kinds) == len(set(kinds)), rule


def test_the_grammar_takes_every_query_of_the_package() -> None:
    texts = list_queries()
    assert len(texts) > 50
    for text in texts:
        assert find_stumble(text, "Query")[0] is None, text


def test_what_the_engine_takes_is_never_blamed_and_what_it_refuses_always_is() -> None:
    """Every query of the package with each of its pieces left out in turn."""
    refused, taken = 0, 0
    for text in list_queries():
        for piece in list_pieces(text):
            broken = text[: piece.start] + text[piece.end :]
            try:
                Store().query(broken, base_iri=BASE, prefixes=find_prefixes(broken))
            except SyntaxError as error:
                told = explain(error, broken)
                assert find_offence(told, broken) == ""
                assert told.detail != UNTOLD, broken
                refused += 1
            else:
                assert find_stumble(broken, "Query")[0] is None, broken
                taken += 1
    assert refused > 3_000 and taken > 500


@pytest.mark.parametrize("name", sorted(FUNCTIONS - AGGREGATES))
def test_the_grammar_knows_how_many_values_a_function_takes(name: str) -> None:
    taken = []
    for count in range(5):
        text = f"ASK {{ ?x ?y ?z FILTER({name}({', '.join(['?x'] * count)}) = 1) }}"
        try:
            Store().query(text)
        except SyntaxError:
            assert find_stumble(text, "Query")[0] is not None, text
        else:
            assert find_stumble(text, "Query")[0] is None, text
            taken.append(count)
    assert taken


def test_the_end_of_a_text_is_told_behind_its_last_piece() -> None:
    text = "SELECT * {\n  ?s ?p ?o .\n\n# a remark\n\n"
    error = refuse(text)
    assert (error.line, error.column) == locate(text, text.index(".") + 1)
