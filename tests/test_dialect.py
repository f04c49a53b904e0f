"""What goes to an external server and what comes back: texts and terms, with no server at hand."""

from __future__ import annotations

import json

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from plangraph.dialect import (
    ASKED,
    is_distinct,
    mend_rows,
    mend_triple,
    names_graphs,
    rename_triple,
    restore_triple,
    write_query,
)
from plangraph.errors import BadParameter, QueryRefused, QueryTooSlow, ServerFailed
from plangraph.published import STAND_INS, Published, read_published
from plangraph.reads import load_read, write_item_description, write_page_description
from plangraph.terms import term
from plangraph.upstream import judge, read_address

ORIGINALS = {stand_in: original for original, stand_in in STAND_INS.items()}
DURATION = term("xsd:duration")
STAND_IN = NamedNode(STAND_INS[DURATION.value])
SUBJECT, PREDICATE = NamedNode("urn:s"), NamedNode("urn:p")


def say(value: Literal | NamedNode | BlankNode) -> Triple:
    return Triple(SUBJECT, PREDICATE, value)


def test_a_query_declares_the_prefixes_that_it_uses_and_no_others() -> None:
    written = write_query("PREFIX pg: <urn:mine#> SELECT * { ?s pg:a ?o ; rdfs:label ?l } # schema:x", {})
    assert written.startswith("BASE <https://w3id.org/plangraph/>\nPREFIX rdfs: <http://www.w3.org/2000/01/")
    assert written.count("PREFIX") == 2
    assert "<https://schema.org/>" not in written


@pytest.mark.parametrize(
    "text",
    [
        'SELECT * { ?s ?p "P7D"^^xsd:duration }',
        'PREFIX x: <http://www.w3.org/2001/XMLSchema#> SELECT * { ?s ?p "P7D"^^x:duration }',
        'SELECT * { ?s ?p "P7D"^^<http://www.w3.org/2001/XMLSchema#duration> }',
        "SELECT * { ?s ?p ?o FILTER(DATATYPE(?o) = xsd:duration) }",
        r"SELECT * { ?s ?p <http://www.w3.org/2001/XMLSchema#dur\u0061tion> }",
    ],
)
def test_a_datatype_goes_under_its_stand_in_however_it_is_spelt(text: str) -> None:
    assert f"{STAND_IN}" in write_query(text, STAND_INS)
    assert f"{STAND_IN}" not in write_query(text, {})


def test_strings_comments_and_other_names_are_left_alone() -> None:
    text = (
        'PREFIX xsd: <urn:mine#> SELECT ("xsd:duration" AS ?x) { ?s ?p xsd:duration } # <urn:x> xsd:duration'
    )
    assert write_query(text, STAND_INS).endswith(text)


@pytest.mark.parametrize(
    "text",
    [
        'SELECT (<bif:upper>("x") AS ?y) {}',
        'PREFIX b: <bif:> SELECT (b:upper("x") AS ?y) {}',
        r'SELECT (<\u0062IF:upper>("x") AS ?y) {}',
        "BASE <sql:> SELECT (<user>() AS ?y) {}",
    ],
)
def test_the_private_functions_of_a_server_are_refused_by_name(text: str) -> None:
    with pytest.raises(QueryRefused, match="no part of SPARQL") as caught:
        write_query(text, {})
    assert caught.value.broken_rule == "external-server"
    assert caught.value.line == 1


def test_a_description_is_put_so_that_virtuoso_finds_it() -> None:
    one, many = write_item_description([SUBJECT]), write_page_description(load_read("plans"), {}, 10)
    several = write_item_description([SUBJECT, PREDICATE])
    for text, optional in ((one, 0), (several, 2), (many, 2)):
        written = write_query(text, {})
        assert "hasEvidence?" in text
        assert "hasEvidence?" not in written
        assert written.count("OPTIONAL") == text.count("OPTIONAL") + optional


def test_a_word_in_a_string_names_no_graph() -> None:
    assert names_graphs("SELECT * { graph ?g { ?s ?p ?o } }")
    assert not names_graphs('SELECT * { ?s ?p "GRAPH" }')


def mend(cell: dict[str, str]) -> dict[str, str]:
    body = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": cell}]}})
    mended = json.loads(mend_rows(body.encode(), STAND_INS))["results"]["bindings"][0]["x"]
    assert isinstance(mended, dict)
    return mended


XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("cell", "mended"),
    [
        (("1", XSD + "boolean"), ("true", XSD + "boolean")),
        (("0", XSD + "boolean"), ("false", XSD + "boolean")),
        (("100000000000", XSD + "decimal"), ("100000000000", XSD + "integer")),
        (("2147483647", XSD + "decimal"), ("2147483647", XSD + "decimal")),
        (("0.5", XSD + "decimal"), ("0.5", XSD + "decimal")),
        (("P7D", STAND_IN.value), ("P7D", XSD + "duration")),
    ],
)
def test_a_literal_of_a_row_comes_back_as_it_was(cell: tuple[str, str], mended: tuple[str, str]) -> None:
    given = {"type": "typed-literal", "value": cell[0], "datatype": cell[1]}
    assert mend(given) == {"type": "typed-literal", "value": mended[0], "datatype": mended[1]}


def test_a_blank_node_gets_a_label_that_every_format_can_hold() -> None:
    assert mend({"type": "bnode", "value": "nodeID://b10110"})["value"] == "nodeIDb10110"


@pytest.mark.parametrize(("rows", "truth"), [([{ASKED: {"value": "1"}}], True), ([], False)])
def test_an_ask_that_is_answered_in_rows_is_a_truth_value(rows: list[object], truth: bool) -> None:
    body = json.dumps({"head": {"vars": [ASKED]}, "results": {"bindings": rows}}).encode()
    assert json.loads(mend_rows(body, {})) == {"head": {}, "boolean": truth}


def test_a_row_that_may_be_there_once_is_there_once() -> None:
    rows = [{"x": {"type": "literal", "value": value}} for value in ("b", "a", "b")]
    body = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": rows}}).encode()
    assert json.loads(mend_rows(body, {}, distinct=True))["results"]["bindings"] == rows[:2]
    assert json.loads(mend_rows(body, {}))["results"]["bindings"] == rows


@pytest.mark.parametrize(
    ("text", "distinct"),
    [
        ("PREFIX select: <urn:x> SELECT DISTINCT ?s { ?s ?p ?o }", True),
        ("# SELECT DISTINCT\nselect ?s { SELECT DISTINCT ?s { ?s ?p ?o } }", False),
        ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", False),
    ],
)
def test_whether_a_row_may_be_there_twice_is_what_the_outermost_select_says(
    text: str, distinct: bool
) -> None:
    assert is_distinct(text) is distinct


def test_what_keeps_to_the_standard_is_not_touched() -> None:
    body = b'{"head":{"vars":["n"]},"results":{"bindings":[]}}'
    assert mend_rows(body, STAND_INS) is body


def test_a_renamed_triple_is_restored() -> None:
    for triple in (
        say(Literal("P7D", datatype=DURATION)),
        say(DURATION),
        Triple(DURATION, PREDICATE, Literal("x", language="en")),
        say(BlankNode("b")),
    ):
        renamed = rename_triple(triple, STAND_INS)
        assert DURATION.value not in str(renamed)
        assert mend_triple(renamed, ORIGINALS) == restore_triple(renamed, ORIGINALS) == triple


def test_a_copy_has_decimals_as_our_files_write_them() -> None:
    decimal = term("xsd:decimal")
    one = say(Literal("1", datatype=decimal))
    assert restore_triple(one, {}) == say(Literal("1.0", datatype=decimal))
    assert mend_triple(one, {}) == one


def test_the_bookkeeping_is_read_as_it_was_written() -> None:
    written = Published({"urn:a": "1", "urn:b": "2"}, frozenset({"urn:c"}), True, "urn:s", "urn:f", STAND_INS)
    assert read_published(written.describe()) == written
    assert read_published([]) == Published()


@pytest.mark.parametrize(
    ("status", "headers", "text", "error"),
    [
        (200, {"x-sql-state": "S1TAT"}, "", QueryTooSlow),
        (500, {}, "Virtuoso S1T00 Error SR171: Transaction timed out", QueryTooSlow),
        (500, {}, "Virtuoso 4000X Error SR177: Misc Transaction Error", QueryTooSlow),
        (200, {"x-sql-state": "42000"}, "", ServerFailed),
        (200, {"x-sparql-maxrows": "10000"}, "", ServerFailed),
        (400, {}, "Virtuoso 37000 Error SP031: SPARQL compiler: Internal error", QueryRefused),
        (500, {}, "Virtuoso 37000 Error SQ074: Line 36", QueryRefused),
        (500, {}, "something else", ServerFailed),
        (404, {}, "", ServerFailed),
        (301, {}, "", ServerFailed),
    ],
)
def test_a_response_that_is_no_whole_answer_is_an_error(
    status: int, headers: dict[str, str], text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        judge(status, headers, text.encode(), 10)


def test_a_whole_answer_is_none() -> None:
    judge(200, {"content-type": "text/csv"}, b"n\r\n", 10)


def test_an_error_shows_nothing_of_the_query_that_the_server_repeats() -> None:
    with pytest.raises(QueryRefused) as caught:
        judge(
            400,
            {},
            b"Virtuoso 37000 Error SP030: Bad\n\nSPARQL query:\ndefine input:x <urn:secret> SELECT",
            10,
        )
    assert "urn:secret" not in caught.value.detail


@pytest.mark.parametrize("address", ["sparql+http://127.0.0.1:8890/sparql", "http://127.0.0.1:8890/sparql"])
def test_an_address_may_say_that_it_speaks_sparql(address: str) -> None:
    assert read_address(address) == "http://127.0.0.1:8890/sparql"


@pytest.mark.parametrize("address", ["sparql+ftp://x/", "sparql+http:/x", "https://user:word@x/", "data"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadParameter):
        read_address(address)
