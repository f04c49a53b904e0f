"""Stated data in parts: what each holds, what a write touches, and that nothing is lost between the two."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyoxigraph import NamedNode, Quad, Store

from builders import HEAD
from folders import REGISTRY as ENTRIES
from folders import write_report
from plangraph import graph_store, writing
from plangraph import update as updates
from plangraph.build import assemble, read_files, settle
from plangraph.change import Change
from plangraph.files import list_data, list_vocabulary
from plangraph.formats import TURTLE
from plangraph.graph_texts import read_text, write_text
from plangraph.parts import REST, find_graph, find_parts, find_quads, list_registry, name_part, split
from plangraph.pinning import REGISTRY
from plangraph.settings import Limits
from plangraph.terms import GRAPH, ID, graph, term, thing
from plangraph.turtle import write_turtle
from plangraph.uploads import Upload
from plangraph.write_errors import ChangeRefused
from plangraph.writes import GraphWrite, Update, Written
from plangraph.writing import Copy, Outcome, judge, make

LIMITS = Limits()
OUTLET = thing("outlet", "early")


def make_copy() -> Copy:
    """A small data set, as a writer has it."""
    store = Store()
    for text, place in ((HEAD + ENTRIES, REGISTRY), (write_report("early"), graph("document/early"))):
        store.extend(read_text(text, place))
    dataset = assemble([*read_files(list_vocabulary()), *store])
    store = Store()
    store.extend(dataset.quads)
    return Copy(store, dataset.revision, LIMITS, gated=True)


def put(body: str, thing: NamedNode | None = None) -> GraphWrite:
    upload = Upload((HEAD + body).encode(), TURTLE)
    return GraphWrite("PUT", REGISTRY.value, (upload,), None if thing is None else thing.value)


def attempt(copy: Copy, write: GraphWrite | Update) -> Outcome:
    return judge(copy, make(copy, write))


def test_the_parts_of_the_real_data_are_the_real_data() -> None:
    quads = settle(read_files(list_data()))
    parts = split(quads)
    assert set().union(*parts.values()) == quads
    assert sum(map(len, parts.values())) == len(quads)
    registry = {quad.subject for quad in quads if quad.graph_name == REGISTRY}
    things = {part for part in parts if find_graph(part) == REGISTRY}
    assert things == {subject.value for subject in registry if isinstance(subject, NamedNode)}
    assert len(things) > 600
    assert {part for part in parts if part not in things} == {
        quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode)
    } - {REGISTRY.value}


def test_a_part_and_its_text_are_the_same() -> None:
    store = Store()
    store.extend(settle(read_files(list_data())))
    read = 0
    for part in split(store):
        text = write_text(store, part)
        assert text is not None
        assert write_turtle(read_text(text, find_graph(part))) == text
        assert len(set(read_text(text, find_graph(part)))) == len(find_quads(store, part))
        read += 1
    assert read > 800


@pytest.mark.parametrize(
    ("subject", "value", "part"),
    [
        (f"<{ID}outlet/one>", '"One"', f"{ID}outlet/one"),
        (f"<{ID}outlet/one>", "[ ]", REST),
        ("[ ]", '"nameless"', REST),
        ("<http://example.org/other>", '"One"', REST),
        (f"<{ID}nothing/one>", '"One"', REST),
    ],
)
def test_what_is_no_single_things_is_one_part_more(subject: str, value: str, part: str) -> None:
    (quad,) = read_text(f"{subject} <http://www.w3.org/2000/01/rdf-schema#label> {value} .", REGISTRY)
    assert name_part(quad) == part
    store = Store()
    store.add(quad)
    assert find_quads(store, part) == [quad]
    assert list_registry(store) == {part}
    assert find_graph(part) == REGISTRY


def test_a_thing_that_is_replaced_is_the_one_part_that_is_written() -> None:
    copy = make_copy()
    changed = 'outlet:early a schema:NewsMediaOrganization ; rdfs:label "another name"@en .'
    outcome = attempt(copy, put(changed, OUTLET))
    assert list(outcome.texts) == [OUTLET.value]
    assert b"another name" in (outcome.texts[OUTLET.value] or b"")
    assert outcome.written.existed
    gone = attempt(make_copy(), GraphWrite("DELETE", REGISTRY.value, thing=ID + "outlet/window"))
    assert dict(gone.texts) == {ID + "outlet/window": None}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("", "empty"),
        ('outlet:early rdfs:label "a" . outlet:later rdfs:label "b" .', "one-thing"),
        ("outlet:early schema:address [ rdfs:label 'nameless' ] .", "one-thing"),
    ],
)
def test_an_entry_speaks_of_its_thing_alone(body: str, rule: str) -> None:
    with pytest.raises(ChangeRefused) as caught:
        make(make_copy(), put(body, OUTLET))
    assert caught.value.broken_rule == rule


def test_a_registry_that_is_put_whole_is_written_where_it_differs() -> None:
    body = ENTRIES.replace('"outlet early"@en', '"outlet early, renamed"@en')
    assert list(attempt(make_copy(), put(body)).texts) == [OUTLET.value]


@pytest.mark.parametrize("write", ["put", "clear", "drop"])
def test_a_large_registry_that_is_emptied_takes_leave_of_each_thing(
    monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    for module in (graph_store, updates, writing):
        monkeypatch.setattr(module, "FEW_QUADS", 5)
    copy = make_copy()
    things = list_registry(copy.store)
    assert len(things) > 10
    kept = 'plan:test-plan a pg:Plan ; rdfs:label "test plan"@en ; skos:definition "A plan."@en .'
    insert = f"INSERT DATA {{ GRAPH {REGISTRY} {{ {kept} }} }}"
    prefixes = "\n".join(line.replace("@prefix", "PREFIX").rstrip(" .") for line in HEAD.splitlines() if line)
    made = make(
        copy,
        put(kept) if write == "put" else Update(f"{prefixes}\n{write.upper()} GRAPH {REGISTRY} ;\n{insert}"),
    )
    assert REGISTRY in made.change.emptied
    found = find_parts(copy.store, made.change, REGISTRY, made.held)
    texts = {part: write_text(copy.store, part) for part in found}
    assert set(texts) == things
    assert [part for part, text in texts.items() if text is not None] == [ID + "plan/test-plan"]


def test_a_change_of_a_document_touches_that_document() -> None:
    name = graph("document/early")
    quad = Quad(OUTLET, term("rdfs:label"), OUTLET, name)
    store = Store()
    store.add(quad)
    assert find_parts(store, Change(added=f"{quad} .\n".encode()), name) == [f"{GRAPH}document/early"]
    assert write_text(store, REGISTRY.value) is None
    assert replace(Written("x"), digest="d").describe()["digest"] == "d"
