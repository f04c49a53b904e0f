"""Which graphs an update can touch is read off its text, and never too few are named."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store, parse

from plangraph.terms import BASE, PREFIXES, Graph, graph
from plangraph.touched import Touched, find_touched

DEFAULT: Final = DefaultGraph()


def named(*iris: str) -> frozenset[Graph]:
    return frozenset(NamedNode(iri) for iri in iris)


E: Final = "PREFIX e: <http://e/> "
TRIPLE: Final = "<http://e/s> <http://e/p> 1"

BOUNDED: Final = {
    f"INSERT DATA {{ {TRIPLE} }}": frozenset({DEFAULT}),
    f"INSERT DATA {{ GRAPH <http://e/g> {{ {TRIPLE} }} }}": named("http://e/g"),
    E + "insert data { graph e:g { [] e:p () } e:s e:p e:GRAPH }": named("http://e/g") | {DEFAULT},
    E + "DELETE DATA{GRAPH e:g{e:s e:p 'GRAPH ?g {'}}": named("http://e/g"),
    E + "INSERT DATA { GRAPH e:g { e:s e:p e:o {| e:p 1 |} . << e:s e:p e:o >> e:p 2 } }": named("http://e/g"),
    E + "DELETE WHERE { GRAPH e:a { ?s ?p ?o } GRAPH e:b { ?s ?p ?o } }": named("http://e/a", "http://e/b"),
    E + "WITH e:w DELETE { ?s ?p 1 } INSERT { GRAPH e:g { ?s ?p 2 } } USING e:u USING NAMED e:n "
    "WHERE { GRAPH ?g { ?s ?p ?o { ?s ?q ?r } } FILTER(?o<?r) }": named("http://e/w", "http://e/g"),
    E + "WITH e:w INSERT { GRAPH e:g { ?s ?p 2 } } WHERE { ?s ?p ?o }": named("http://e/g"),
    E + "CREATE SILENT GRAPH e:g": named("http://e/g"),
    E + "ADD e:a TO e:b": named("http://e/b"),
    E + "COPY SILENT DEFAULT TO GRAPH e:b": named("http://e/b"),
    E + "MOVE GRAPH e:a TO DEFAULT": named("http://e/a") | {DEFAULT},
    "INSERT DATA { GRAPH <http://e/\\u0067> { <a:a> <a:b> 1 } }": named("http://e/g"),
    E + "INSERT DATA { GRAPH e:g%41\\,x.y { <a:a> <a:b> 1 } }": named("http://e/g%41,x.y"),
    "BASE <http://x/y/> BASE <../z/> CREATE GRAPH <g>": named("http://x/z/g"),
    "CREATE GRAPH <graph/registry>": frozenset({graph("registry")}),
    "CREATE GRAPH document:a": named(PREFIXES["document"] + "a"),
    "PREFIX document: <http://e/> CREATE GRAPH document:a": named("http://e/a"),
    "PREFIX p: <http://1/> CREATE GRAPH p:a ; PREFIX p: <http://2/> CREATE GRAPH p:a":
        named("http://1/a", "http://2/a"),
    "PREFIX graph: <http://e/> INSERT DATA { GRAPH graph:a { graph:s graph:p 1 } }": named("http://e/a"),
    "# GRAPH <http://e/no>\n CREATE # x\n GRAPH # y\r <http://e/g>;": named("http://e/g"),
    "CREATE GRAPH <http://e/a#b> ; INSERT DATA { <#a> <b:c#d> 1 }": named("http://e/a#b") | {DEFAULT},
    E + "INSERT { e:a e:b ?x } WHERE { VALUES (?x ?y) { (<http://a/#x> <http://a/#y>) } }": {DEFAULT},
    "": frozenset(),
    "PREFIX e: <http://e/>": frozenset(),
}  # fmt: skip

EMPTYING: Final = {
    "DROP ALL": Touched(frozenset({DEFAULT}), frozenset({DEFAULT}), every_named=True),
    "CLEAR SILENT NAMED": Touched(every_named=True),
    "DROP DEFAULT": Touched(frozenset({DEFAULT}), frozenset({DEFAULT})),
    E + "CLEAR GRAPH e:g": Touched(named("http://e/g"), named("http://e/g")),
    E + "DROP GRAPH e:g ; CREATE GRAPH e:h": Touched(named("http://e/g", "http://e/h"), named("http://e/g")),
    "DROP NAMED ; INSERT { GRAPH ?g { ?g ?g ?g } } WHERE { ?g ?p ?o }": Touched(every_named=True),
}

UNBOUNDED: Final = (
    "INSERT { GRAPH ?g { ?s ?p 1 } } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }",
    "DELETE WHERE { GRAPH $g { ?s ?p ?o } }",
    f"DROPALL; INSERT DATA {{ {TRIPLE} }}",
    E + "INSERT DATA { GRAPHe:g { e:s e:p 1 } }",
    E + "INSERT DATA { e:s e:p trueGRAPHe:g { e:s e:p 1 } }",
    E + "COPY e:a TOe:b",
    "PREFIX : <http://e/> PREFIX SILENT: <http://f/> COPY SILENT:a TO :b",
    "PREFIX : <http://e/> PREFIX graph: <http://f/> MOVE graph:a TO graph:b",
    "INSERT { <a:a> <a:b> ?x } WHERE { FILTER(?a<?b#>'''\n) } ; CLEAR GRAPH <http://e/g> #'''",
    E + "INSERT { <a:a> <a:b> 1 } WHERE { <<e:s#>'''\n e:p e:o>> e:p 1 } ; CLEAR GRAPH e:g #'''",
    E + "INSERT { <a:a> <a:b> 1 } WHERE { FILTER(?a<<e:b#>) } ; CLEAR GRAPH e:g #>\n) }",
    "CREATE GRAPH nowhere:g",
    "SELECT * {}",
)


@pytest.mark.parametrize("text", BOUNDED)
def test_the_graphs_that_a_text_names_are_found(text: str) -> None:
    assert find_touched(text) == Touched(frozenset(BOUNDED[text]))


@pytest.mark.parametrize("text", EMPTYING)
def test_graphs_that_are_emptied_are_told_apart(text: str) -> None:
    assert find_touched(text) == EMPTYING[text]


@pytest.mark.parametrize("text", UNBOUNDED)
def test_what_cannot_be_bounded_is_called_unbounded(text: str) -> None:
    assert not find_touched(text).bounded


def test_there_are_as_many_cases_as_were_written() -> None:
    assert (len(BOUNDED), len(EMPTYING), len(UNBOUNDED)) == (25, 6, 14)


HELD: Final = "".join(
    f"<http://e/s> <http://e/p> {value}{home} .\n"
    for value in ('"1"', '"2"', "<http://e/g>", "<http://e/h>")
    for home in ("", " <http://e/g>", " <http://e/h>", " <http://1/g>", f" <{BASE}g>")
)
PIECES: Final = (
    "INSERT", "DELETE", "DATA", "WHERE", "WITH", "USING", "NAMED", "GRAPH", "CLEAR", "DROP", "CREATE", "COPY",
    "MOVE", "ADD", "TO", "SILENT", "DEFAULT", "ALL", "PREFIX e: <http://1/>", "PREFIX graph: <http://e/>",
    "PREFIX GRAPHe: <http://e/>", "PREFIX SILENT: <http://e/>", "BASE <http://e/>", "{", "}", "{ }",
    ";", ".", "e:g", "graph:g", ":g",
    "<http://e/g>", "<http://e/h>", "<g>", "<h>", "?g", "?s ?p ?o", "<g> <p> ?o", "e:g e:p '1'",
    "{ ?s ?p ?g }", "{ GRAPH ?g { ?s ?p ?o } }", "{ GRAPH e:g { ?s ?p ?o } }", "FILTER(?g<?o#>'''\n)", "#'''",
    "FILTER(?o<<e:g#>\n)", "#>\n", "<<e:s#>'''\n e:p e:o>> e:p ?o .", "'''x'''", "true",
)  # fmt: skip
FORMS: Final = (
    ("INSERT DATA", "{", "QUADS", "}"),
    ("DELETE DATA", "{", "QUADS", "}"),
    ("DELETE WHERE", "{", "QUADS", "}"),
    ("INSERT", "{", "QUADS", "}", "WHERE", "PATTERN"),
    ("WITH", "NAME", "DELETE", "{", "QUADS", "}", "INSERT", "{", "QUADS", "}", "WHERE", "PATTERN"),
    ("DELETE", "{", "QUADS", "}", "USING", "NAME", "WHERE", "PATTERN"),
    ("CLEAR SILENT", "PLACE"),
    ("DROP SILENT", "PLACE"),
    ("CREATE SILENT GRAPH", "NAME"),
    ("COPY SILENT", "NAME", "TO", "NAME"),
    ("MOVE SILENT", "GRAPH", "NAME", "TO", "NAME"),
    ("ADD SILENT", "DEFAULT", "TO", "NAME"),
)
NAMES: Final = st.sampled_from(
    ["<http://e/g>", "<http://e/h>", "<g>", "e:g", ":g", "graph:g", "SILENT:g", "GRAPHe:g"]
)
OBJECTS: Final = st.sampled_from(["'1'", "'3'", "?o", "e:g", "'''{'''"])
CHOICES: Final = {
    "NAME": NAMES,
    "PLACE": st.one_of(st.sampled_from(["ALL", "NAMED", "DEFAULT"]), NAMES.map("GRAPH {}".format)),
    "PATTERN": st.sampled_from(
        [
            "{ ?s ?p ?o }",
            "{ GRAPH ?g { ?s ?p ?o } }",
            "{ ?s ?p ?o FILTER(?p<?o#>'''\n) } # '''",
            "{ ?s ?p ?o FILTER(?p<?o#>\n) }",
        ]
    ),
    "QUADS": st.lists(
        st.one_of(
            OBJECTS.map("<http://e/s> <http://e/p> {} .".format),
            st.builds(
                "GRAPH{}{}{{ <http://e/s> <http://e/p> {} }}".format,
                st.sampled_from([" ", "", "#x\n"]),
                st.one_of(NAMES, st.just("?g")),
                OBJECTS,
            ),
        ),
        max_size=2,
    ).map(" ".join),
}


@st.composite
def write_operation(draw: st.DrawFn) -> str:
    """One operation, mostly well-formed, its words joined loosely or not at all."""
    parts = [draw(CHOICES[part]) if part in CHOICES else part for part in draw(st.sampled_from(FORMS))]
    return draw(st.sampled_from([" ", " ", "\n", "", " #'\n"])).join(parts)


PROLOGUES: Final = st.sampled_from(
    [
        "",
        "PREFIX e: <http://e/>",
        "PREFIX e: <http://1/> PREFIX graph: <http://e/>",
        "BASE <http://e/> PREFIX SILENT: <http://1/>",
    ]
)
TEXTS: Final = st.one_of(
    st.builds(" ".join, st.lists(st.one_of(PROLOGUES, write_operation()), min_size=1, max_size=3)),
    st.builds("{} {}".format, PROLOGUES, st.lists(write_operation(), min_size=1, max_size=3).map(" ; ".join)),
    st.builds("".join, st.lists(st.sampled_from(PIECES), min_size=2, max_size=12)),
)


def hold(store: Store) -> dict[Graph, set[object]]:
    """What each graph holds; a graph that exists and is empty holds itself."""
    found: dict[Graph, set[object]] = {name: {name} for name in store.named_graphs()}
    for quad in store:
        found.setdefault(quad.graph_name, set()).add(quad.triple)
    return found


def make_store() -> Store:
    store = Store()
    store.extend(parse(HELD, format=RdfFormat.N_QUADS))
    return store


COUNTS: Final = {"done": 0, "bounded": 0}


@settings(max_examples=3_000, deadline=None, database=None, derandomize=True)
@given(TEXTS)
def test_no_update_touches_a_graph_that_was_not_named(text: str) -> None:
    store = make_store()
    before = hold(store)
    try:
        store.update(text, base_iri=BASE, prefixes=PREFIXES)
    except (SyntaxError, RuntimeError):
        return
    COUNTS["done"] += 1
    touched = find_touched(text)
    if not touched.bounded:
        return
    COUNTS["bounded"] += 1
    after = hold(store)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name for name in changed if name == DEFAULT or not touched.every_named} <= touched.graphs


def test_the_property_was_held_against_many_updates() -> None:
    test_no_update_touches_a_graph_that_was_not_named()
    assert COUNTS["done"] > 500
    assert COUNTS["bounded"] > 300
