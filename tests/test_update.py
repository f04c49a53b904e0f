"""An update is done on a copy, and what it changed is told whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store, parse

from plangraph.change import FEW_QUADS, Change, apply, read, write
from plangraph.errors import (
    BadParameter,
    PlangraphError,
    QuerySyntaxWrong,
    QueryTooDeep,
    QueryTooLong,
)
from plangraph.operations import check_update
from plangraph.settings import Limits
from plangraph.terms import BASE, PREFIXES
from plangraph.update import update
from plangraph.write_errors import (
    UpdateRefused,
)
from test_touched import HELD, TEXTS, E

LIMITS: Final = Limits()
G, H = NamedNode("http://e/g"), NamedNode("http://e/h")


def make_store(nquads: str = HELD) -> Store:
    store = Store()
    store.extend(parse(nquads, format=RdfFormat.N_QUADS))
    store.add_graph(NamedNode("http://e/empty"))
    return store


def hold(store: Store) -> tuple[set[Any], set[Any]]:
    return set(store), set(store.named_graphs())


def do(text: str, *, limits: Limits = LIMITS, **using: Any) -> tuple[Change, Store]:
    """The change of an update, and the store that it leads to; applying the change must lead there too."""
    copy, original = make_store(), make_store()
    change = update(copy, text, limits, **using)
    apply(original, read(write(change)))
    assert hold(original) == hold(copy)
    return change, copy


@settings(max_examples=1_500, deadline=None, database=None, derandomize=True)
@given(TEXTS)
def test_applying_the_change_of_any_update_gives_what_the_engine_gives(text: str) -> None:
    plain = make_store()
    try:
        plain.update(text, base_iri=BASE, prefixes=PREFIXES)
    except (SyntaxError, RuntimeError):
        return
    _, found = do(text)
    assert hold(found) == hold(plain)


def test_several_operations_are_one_change() -> None:
    change, _ = do(
        E
        + "DELETE WHERE { GRAPH e:g { ?s ?p ?o } } ; INSERT DATA { GRAPH e:g { e:s e:p 9 } } ; DROP GRAPH e:h"
    )
    assert (change.removed_quads, change.added_quads, change.dropped) == (8, 1, frozenset({H}))


def test_a_failing_operation_fails_all_of_them() -> None:
    with pytest.raises(UpdateRefused, match="already exists") as caught:
        do(E + "INSERT DATA { e:s e:p 9 } ; CREATE GRAPH e:g")
    assert (caught.value.status, caught.value.broken_rule) == (400, "evaluation")
    assert do(E + "CREATE SILENT GRAPH e:g")[0] == Change()


def test_a_graph_that_is_created_or_left_empty_is_told() -> None:
    assert do(E + "CREATE GRAPH e:new")[0] == Change(created=frozenset({NamedNode("http://e/new")}))
    change, store = do(E + "DELETE WHERE { GRAPH e:g { ?s ?p ?o } }")
    assert (change.removed_quads, change.dropped) == (4, frozenset())
    assert store.contains_named_graph(G)


def test_an_insertion_of_what_is_there_is_no_change() -> None:
    assert not do('INSERT DATA { <http://e/s> <http://e/p> "1" }')[0]


def test_small_graphs_that_are_emptied_are_told_quad_by_quad() -> None:
    change, _ = do("CLEAR ALL")
    assert (change.emptied, change.removed_quads) == (frozenset(), 20)
    change, _ = do('DROP ALL ; INSERT DATA { <http://e/s> <http://e/p> "1" }')
    assert (change.removed_quads, change.added_quads, len(change.dropped)) == (19, 0, 5)


@pytest.mark.parametrize(
    ("text", "added", "dropped"),
    [
        ("DROP ALL", 0, 5),
        ("CLEAR GRAPH <http://e/g>", 0, 0),
        ("CLEAR NAMED ; INSERT { GRAPH ?g { ?s ?p 1 } } WHERE { ?s ?p ?g }", 2, 0),
        ("DROP DEFAULT ; INSERT DATA { <http://e/s> <http://e/p> 1 }", 1, 0),
        ("MOVE <http://e/g> TO <http://e/other> ; DROP NAMED ; CREATE GRAPH <http://e/new>", 0, 5),
    ],
)
def test_large_graphs_that_are_emptied_are_told_by_name(
    monkeypatch: pytest.MonkeyPatch, text: str, added: int, dropped: int
) -> None:
    assert FEW_QUADS == 50_000
    monkeypatch.setattr("plangraph.update.FEW_QUADS", 3)
    change, _ = do(text)
    assert change.removed == b""
    assert change.emptied
    assert change.removed_quads == (20 if text == "DROP ALL" else 16 if "NAMED" in text else 4)
    assert (change.added_quads, len(change.dropped)) == (added, dropped)


def test_blank_nodes_of_a_template_come_as_nodes_of_their_own() -> None:
    change, store = do(E + "INSERT { GRAPH e:new { ?s e:p _:x . _:x e:q [] } } WHERE { ?s ?p ?o }")
    assert (
        change.added_quads
        == len({quad for quad in store if quad.graph_name == NamedNode("http://e/new")})
        == 8
    )


def test_declarations_between_operations_are_read() -> None:
    change, _ = do(
        "PREFIX a: <http://e/> CREATE GRAPH a:1 ; PREFIX a: <http://f/> BASE <http://b/> CREATE GRAPH a:2 ;"
        "CREATE GRAPH <3>"
    )
    assert change.created == {NamedNode(f"http://{name}") for name in ("e/1", "f/2", "b/3")}


def test_using_stands_for_the_graphs_of_the_protocol() -> None:
    text = "INSERT { ?s <http://e/q> ?o } WHERE { ?s ?p ?o }"
    assert do(text, using_graph_uris=["http://e/empty"])[0] == Change()
    assert do(text, using_graph_uris=["http://e/empty", "http://e/g"])[0].added_quads == 4
    named = "INSERT { ?s <http://e/q> ?g } WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert do(named, using_named_graph_uris=["http://e/g"])[0].added_quads == 1
    assert do(text, using_named_graph_uris=["http://e/g"])[0] == Change()


def test_using_holds_for_every_operation_with_a_pattern_and_no_other() -> None:
    text = (
        E + "INSERT DATA { e:new e:p 1 } ; DELETE WHERE { ?s ?p ?o } ;"
        "\nPREFIX f: <http://f/> DELETE { ?s e:p 1 } INSERT { f:x f:y ?o } # WHERE\nWHERE { ?s ?p ?o }"
    )
    change, store = do(text, using_graph_uris=["http://e/g"])
    assert (change.removed_quads, change.added_quads) == (4, 5)
    assert {quad.subject for quad in store if quad.graph_name == DefaultGraph()} == {
        NamedNode("http://e/new"), NamedNode("http://f/x"),
    }  # fmt: skip


@pytest.mark.parametrize("clause", ["WITH e:g INSERT { ?s ?p 1 }", "INSERT { ?s ?p 1 } USING NAMED e:g"])
def test_using_is_refused_where_the_text_has_its_own(clause: str) -> None:
    with pytest.raises(BadParameter, match="WITH or USING"):
        do(f"{E} CREATE GRAPH e:x ; {clause} WHERE {{ ?s ?p ?o }}", using_graph_uris=["http://e/g"])


def test_using_is_refused_where_its_place_is_not_sure() -> None:
    with pytest.raises(BadParameter, match="too unusual"):
        do(E + "INSERT { e:a e:b 1 } WHERE { FILTER(1<e:a#>\n) }", using_graph_uris=["http://e/g"])
    with pytest.raises(BadParameter, match="using-named-graph-uri must be an absolute IRI"):
        do("CLEAR ALL", using_named_graph_uris=["g"])


@pytest.mark.parametrize(
    ("text", "place", "detail"),
    [
        ("INSERT DATA {\n  <a:a> <a:b> }", (2, 15), "the object of the triple is missing"),
        ("INSERT DATA {\n  no:a <a:b> 1 }", (2, 3), "prefix no: is not declared"),
        (
            "CREATE GRAPH <a:g> ;\nPREFIX x: <http://x/>\nCREATE GRAPH no:g",
            (3, 14),
            "prefix no: is not declared",
        ),
        ("INSERT DATA { <a:a> <a:b> 1 }\nDELETE", (2, 1), "expected: `;`"),
        (
            "INSERT { GRAPH ?g { <a:a> <a:b> 1 } } WHERE { ?g",
            (1, 49),
            "the `{` of line 1, column 45 is still open",
        ),
    ],
)
def test_a_text_that_does_not_parse_is_told_with_its_place(
    text: str, place: tuple[int, int], detail: str
) -> None:
    for using in ([], ["http://e/g"]):
        with pytest.raises(QuerySyntaxWrong, match=detail) as caught:
            do(text, using_graph_uris=using)
        assert (caught.value.line, caught.value.column) == place


def test_a_query_is_no_update() -> None:
    with pytest.raises(UpdateRefused, match="SELECT begins a query") as caught:
        do("PREFIX x: <http://x/>\n SELECT * {}")
    assert (caught.value.line, caught.value.column) == (2, 2)


def test_an_unknown_function_is_the_fault_of_the_client() -> None:
    with pytest.raises(UpdateRefused, match="the function `<a:f>` is not known") as caught:
        do("INSERT { <a:a> <a:b> ?x } WHERE { BIND(<a:f>(1) AS ?x) }")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "text", ["DELETE WHERE { GRAPH ?g { ?s ?p ?o } }", "DELETE WHERE { GRAPH <http://e/g> { ?s ?p ?o } }"]
)
def test_what_is_too_much_to_compare_is_refused_with_the_figure(text: str) -> None:
    few = replace(LIMITS, update_compare_quads=3)
    with pytest.raises(UpdateRefused) as caught:
        do(text, limits=few)
    assert (caught.value.broken_rule, caught.value.limit) == ("update_compare_quads", 3)
    do(text, limits=replace(LIMITS, update_compare_quads=20))
    do('INSERT DATA { GRAPH <http://e/new> { <http://e/s> <http://e/p> "1" } }', limits=few)


REFUSED: Final = {
    "LOAD <http://e/>": (1, 1),
    "load <http://e/> into graph <http://e/g>": (1, 1),
    "LOAD SILENT:a": (1, 1),
    "COPY <a:a> TO <a:b> ; LOAD SILENT <a:c> INTO <a:g>": (1, 23),
    "CREATE GRAPH <a:g>;\n LOAD<http://e/>": (2, 2),
    "BASE <http://e/> LOADe:x": (1, 18),
    "PREFIX LOADe: <http://e/> PREFIX e: <http://e/> LOADe:x": (1, 49),
    "PREFIX load: <http://e/> PREFIX : <http://e/> # x\nload:x": (2, 1),
    "PREFIX load: <http://e/> CREATE GRAPH load:x; #x\n load:x": (2, 2),
    "DROP ALL;LOADSILENT<http://e/>": (1, 10),
    "INSERT { <a:a> <a:b> 1 } WHERE { FILTER(1<a:b#>'''\n) } ; LOAD <http://e/> #'''": (2, 7),
}
HONEST: Final = (
    'PREFIX load: <http://e/LOAD> INSERT DATA { ?x load:x \'LOAD\', """LOAD"""@en-load ; load:LOAD load:y }',
    "PREFIX load: <http://e/> COPY load:a TO load:b ; WITH load:x DELETE { ?load load:y _:load } WHERE { }",
    "# LOAD\nINSERT DATA { <http://e/LOAD> <http://e/p> 1 ; ex:upload 2 }",
)


@pytest.mark.parametrize("text", REFUSED)
def test_load_is_refused_by_name_before_any_parser(text: str) -> None:
    with pytest.raises(UpdateRefused, match="LOAD fetches a document") as caught:
        check_update(text, LIMITS)
    assert (caught.value.broken_rule, caught.value.status) == ("load", 400)
    assert (caught.value.line, caught.value.column) == REFUSED[text]


@pytest.mark.parametrize("text", HONEST)
def test_a_name_with_the_word_load_is_no_load(text: str) -> None:
    check_update(text, LIMITS)


def test_there_are_as_many_cases_as_were_written() -> None:
    assert (len(REFUSED), len(HONEST)) == (11, 3)


@pytest.mark.parametrize(
    ("text", "cause", "rule"),
    [
        ("INSERT { } WHERE { SERVICE <http://e/> { } }", PlangraphError, "service"),
        ("INSERT DATA { " + "[ <a:b> " * 25, QueryTooDeep, "paren_depth"),
        ("# " + "x" * 1_000_000, QueryTooLong, "update_bytes"),
    ],
)
def test_the_limits_of_queries_hold_for_updates(text: str, cause: type[PlangraphError], rule: str) -> None:
    with pytest.raises(cause) as caught:
        check_update(text, LIMITS)
    assert caught.value.broken_rule == rule


def test_a_load_that_may_fail_in_silence_does_and_the_rest_is_done() -> None:
    text = (
        E + "load silent <http://127.0.0.1:1/> ; CREATE GRAPH e:1 ; # LOAD\n"
        "LOAD SILENT e:x INTO GRAPH e:g ; PREFIX e: <http://f/> CREATE GRAPH e:2"
    )
    check_update(text, LIMITS)
    change, _ = do(text)
    assert change == Change(created=frozenset({NamedNode("http://e/1"), NamedNode("http://f/2")}))
    assert not do("LOAD SILENT <file:///etc/hostname>")[0]
