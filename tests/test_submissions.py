"""Sheets that are sent in, to changes of a store that holds the real data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from pyoxigraph import Literal, Quad, Store

from builders import published_sheet
from plangraph.change import Change, apply, join
from plangraph.files import packaged
from plangraph.formats import TURTLE
from plangraph.graph_store import delete_thing, replace_thing
from plangraph.names import Match, Names
from plangraph.notation import Form
from plangraph.settings import Limits
from plangraph.submissions import Submission, add_stubs, hold_evidence, read_lexicon, submit
from plangraph.terms import graph, term, thing
from plangraph.update import update
from plangraph.uploads import Upload
from plangraph.write_errors import ChangeRefused, SheetUnreadable
from services import read_packaged

SHEETS = sorted((packaged("data") / "sheets").glob("*.json"))
SEED = "2025-11-20-rbc-ukraine-plan-pressure"
LANGUAGE = term("schema:inLanguage").value


def make_store() -> Store:
    store = Store()
    store.extend(read_packaged().quads)
    return store


def write_sheet(slug: str = "one-page", **members: object) -> Submission:
    return Submission(slug, "json", json.dumps(published_sheet() | members).encode())


def list_graph(store: Store, name: str) -> set[str]:
    return {str(quad) for quad in store.quads_for_pattern(None, None, None, graph(name))}


def test_every_curated_sheet_sent_in_again_changes_nothing() -> None:
    store, cases = make_store(), 0
    lexicon = read_lexicon(store)
    for path in SHEETS:
        done = submit(store, Submission(path.stem, "json", path.read_bytes()), Limits(), lexicon)
        assert (done.change.removed, done.change.added, done.faults) == (b"", b"", ()), path.name
        cases += 1
    assert cases == 224


def tell_names(names: Names) -> tuple[object, ...]:
    """All that an index of names knows, whatever the order in which it learned that."""
    borne = {key: things for key, things in names._bearers.items() if things}
    return borne, names.classes, names.labels, names.locations


def test_what_sheets_are_read_by_follows_every_change_of_the_registry() -> None:
    store = make_store()
    lexicon = read_lexicon(store)
    registry, limits = graph("registry"), Limits()
    outlet = thing("outlet", "axios")
    named = f'<{outlet.value}> a schema:NewsMediaOrganization ; rdfs:label "Axios, renamed"@en .'
    prefixes = (
        "@prefix schema: <https://schema.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
    )
    entry = Upload(f"{prefixes} {named}".encode(), TURTLE)
    label, group = term("rdfs:label"), ("outlet",)
    done = [
        submit(store, write_sheet(), limits, lexicon).change,
        update(store, f'INSERT DATA {{ GRAPH {registry} {{ {outlet} {label} "Another"@en }} }}', limits),
        replace_thing(store, outlet, [entry], limits),
    ]
    lexicon.follow(store, join(done[0], join(done[1], done[2])))
    assert tell_names(lexicon.names) == tell_names(read_lexicon(store).names)
    assert lexicon.names.find(group, "axios, renamed").found == outlet
    assert lexicon.names.find(group, "Another") == Match(None)
    assert lexicon.names.find(group, "The Example").found == thing("outlet", "the-example")
    lexicon.follow(store, delete_thing(store, outlet))
    assert lexicon.names.find(group, "axios, renamed").found is None
    assert not lexicon.names.knows(outlet)
    assert tell_names(lexicon.names) == tell_names(read_lexicon(store).names)
    emptied = Change(emptied=frozenset({registry}))
    apply(store, emptied)
    lexicon.follow(store, emptied)
    assert tell_names(lexicon.names) == tell_names(read_lexicon(store).names)
    assert thing("topic", "amnesty") in lexicon.names.find(("topic",), "amnesty").several


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_new_sheet_makes_its_document_and_the_stubs_that_the_registry_lacked(form: Form) -> None:
    store = make_store()
    before = list_graph(store, "registry")
    body = json.dumps(published_sheet()) if form == "json" else yaml.safe_dump(published_sheet())
    done = submit(store, Submission("one-page", form, body.encode()), Limits())
    assert done.change.find_graphs() == {graph("document/one-page"), graph("registry")}
    assert Quad(thing("outlet", "the-example"), term("rdf:type"), term("schema:NewsMediaOrganization"),
                graph("registry")) in store  # fmt: skip
    assert before < list_graph(store, "registry")
    assert {note.shape for note in done.notes} >= {"unknown-outlet"}
    again = submit(store, Submission("one-page", "json", json.dumps(published_sheet()).encode()), Limits())
    assert (again.change.removed, again.change.added) == (b"", b"")


def test_another_name_of_a_stub_is_its_alias_and_what_is_there_is_not_added_again() -> None:
    store, outlet, registry = make_store(), thing("outlet", "new-one"), graph("registry")
    label = term("rdfs:label")
    first, second = (Quad(outlet, label, Literal(name, language="en"), registry) for name in ("One", "Uno"))
    apply(store, add_stubs(store, [first]))
    assert add_stubs(store, [first]).added == b""
    change = add_stubs(store, [first, second])
    alias = Quad(outlet, term("skos:altLabel"), second.object, registry)
    assert (list(change.list_removed()), list(change.list_added())) == ([], [alias])


def test_all_that_is_wrong_with_a_sheet_is_told_at_once() -> None:
    wrong = write_sheet(published="yesterday", relays=[{"id": "x"}], document_kind="rumour")
    with pytest.raises(ChangeRefused) as refused:
        submit(make_store(), wrong, Limits())
    messages = " ".join(str(finding["message"]) for finding in refused.value.findings)
    for pointer in ("/published", "/relays/0/outlet", "/document_kind"):
        assert pointer in messages
    assert refused.value.broken_rule == "sheet"
    assert refused.value.total == len(refused.value.findings) >= 3


def test_the_sheet_has_to_be_of_the_document_that_the_address_names() -> None:
    with pytest.raises(ChangeRefused, match='"another", the sheet "one-page"'):
        submit(make_store(), write_sheet(slug="another"), Limits())


@pytest.mark.parametrize(
    ("form", "body", "line"),
    [("json", b'{"sheet": 2,\n "id": }', 2), ("yaml", b"sheet: 2\nid: [", 2), ("json", b'{}\n"\xff"', 2)],
)
def test_what_is_no_sheet_at_all_is_told_with_its_line(form: Form, body: bytes, line: int) -> None:
    with pytest.raises(SheetUnreadable) as told:
        submit(make_store(), Submission("one", form, body), Limits())
    assert told.value.line is not None
    assert told.value.line >= line


@pytest.mark.parametrize(("text", "faults"), [("Forces of 600,000 at most.", 0), ("Forces of 800,000.", 1)])
def test_evidence_is_held_against_a_text_that_comes_along_and_the_text_is_not_kept(
    text: str, faults: int
) -> None:
    store = make_store()
    plain = published_sheet()
    for entry in (*plain["claims"], *plain["stances"]):
        for attribution in entry["attributions"]:
            attribution["anchor"] = "600,000"
    given = Submission("one-page", "json", json.dumps(plain).encode(), text.encode())
    done = submit(store, given, Limits())
    assert (len(done.faults) > 0) == (faults > 0)
    assert all("600,000" in fault.message and fault.shape == "evidence" for fault in done.faults)
    assert text not in "".join(list_graph(store, "document/one-page"))


def point(position: list[int] | None) -> Submission:
    """A sheet with one key phrase, and the text of its report."""
    plain = published_sheet()
    pointer = {"anchor": "600,000"} | ({"position": position} if position else {})
    plain["claims"][0]["attributions"][0] |= pointer
    return Submission("one-page", "json", json.dumps(plain).encode(), b"At most 600,000 of them.")


@pytest.mark.parametrize(
    ("position", "said"),
    [
        (None, None),
        ([8, 15], None),
        ([0, 24], None),
        ([8, 99], "8 to 99 is not a span of a text of 24 code points"),
        ([0, 9], 'the key phrase "600,000" does not stand between 0 and 9'),
    ],
)
def test_a_span_of_a_sheet_is_held_against_the_text_though_it_has_no_digest(
    position: list[int] | None, said: str | None
) -> None:
    faults = submit(make_store(), point(position), Limits()).faults
    assert [fault.message for fault in faults] == ([said] if said else [])
    assert {fault.focus for fault in faults} <= {thing("evidence", "one-page--troop-cap").value}


def test_pointers_with_places_are_held_against_the_text_of_the_seed() -> None:
    quads = [quad for quad in read_packaged().quads if quad.graph_name == graph(f"document/{SEED}")]
    faults = hold_evidence(quads, SEED, b"another text")
    assert len(faults) > 33  # each of its pointers, and its length and digest


def test_the_packaged_sheets_are_where_this_test_looks() -> None:
    assert Path(SHEETS[0]).is_file()
