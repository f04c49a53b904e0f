"""What sheets name and the registry lacks: each name a stub of its own, however the sheets come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from builders import published_sheet
from plangraph.intake import merge_stubs
from plangraph.names import list_slugs
from plangraph.settings import Limits
from plangraph.submissions import Lexicon, Submission, Submitted, read_lexicon, submit
from plangraph.terms import graph, pg, term, thing
from plangraph.turtle import write_turtle
from test_import import bring_in, graph_of, violations
from test_submissions import make_store

LABEL, ALIAS, REGISTRY = term("rdfs:label"), term("skos:altLabel"), graph("registry")
PUBLISHER, LOCATION = term("schema:publisher"), term("schema:location")


def outlet_of(name: str, slug: str = "one-page", **members: Any) -> dict[str, Any]:
    """A sheet of an outlet; it relays nobody."""
    plain = published_sheet()
    return plain | {"id": slug, "outlet": {"name": name, "language": "en"} | members}


def send(store: Store, plain: dict[str, Any], lexicon: Lexicon | None = None) -> Submitted:
    done = submit(store, Submission(plain["id"], "json", json.dumps(plain).encode()), Limits(), lexicon)
    if lexicon is not None:
        lexicon.follow(store, done.change)
    return done


def find_object(store: Store, subject: NamedNode, predicate: NamedNode) -> object:
    found = [quad.object for quad in store.quads_for_pattern(subject, predicate, None, None)]
    assert len(found) == 1, found
    return found[0]


OUTLETS = ("测试日报", "新社网", "明天晚报", "Foo-Bar", "Foo Bar", "BBC 中文", "BBC हिन्दी")


def test_outlets_of_several_sheets_are_as_many_in_whatever_order_they_come() -> None:
    stated: set[tuple[str, object]] = set()
    for order in (OUTLETS, OUTLETS[::-1]):
        store = make_store()
        lexicon = read_lexicon(store)
        for name in (*order, *order):
            slug = f"page-{OUTLETS.index(name)}"
            send(store, outlet_of(name, slug), lexicon)
            outlet = find_object(store, thing("document", slug), PUBLISHER)
            assert isinstance(outlet, NamedNode)
            assert find_object(store, outlet, LABEL) == Literal(name, language="en")
            assert not list(store.quads_for_pattern(outlet, ALIAS, None, None))
            stated.add((name, outlet))
    assert len(stated) == len({outlet for _, outlet in stated}) == len(OUTLETS)


def test_persons_of_one_sheet_whose_letters_have_no_romanisation_are_two() -> None:
    store, plain = make_store(), published_sheet()
    people = ("王小明", "李大伟")
    plain["claims"][0]["attributions"] = [{"via": [{"kind": "person", "name": name}]} for name in people]
    send(store, plain)
    paths = ("one-page--troop-cap", "one-page--troop-cap--path-2")
    speakers = [find_object(store, thing("attribution", path), pg("saidBy")) for path in paths]
    names = [find_object(store, who, LABEL) for who in speakers if isinstance(who, NamedNode)]
    assert names == [Literal(name, language="en") for name in people]


def test_sheets_that_are_imported_together_keep_their_outlets_apart(tmp_path: Path) -> None:
    sheets = [outlet_of(name, f"page-{number}") for number, name in enumerate(OUTLETS)]
    bring_in(tmp_path, *sheets)
    graphs = [graph_of(tmp_path, plain["id"]) for plain in sheets]
    outlets = [index.one(thing("document", f"page-{n}"), PUBLISHER) for n, index in enumerate(graphs)]
    assert len(set(outlets)) == len(OUTLETS)
    assert all(not graphs[0].objects(outlet, ALIAS) for outlet in outlets if isinstance(outlet, NamedNode))
    assert violations(tmp_path) == []


def test_reports_of_outlets_without_a_latin_letter_are_reports_of_each() -> None:
    store, plain = make_store(), published_sheet()
    hops = ("测试日报", "新社网", "Reuters", "Gazeta")
    plain["relays"] = [{"id": "gazeta", "outlet": "Another Gazeta"}]
    plain["claims"][0]["attributions"] = [{"via": [{"kind": "outlet", "name": name}]} for name in hops]
    send(store, plain)
    paths = ["one-page--troop-cap", *(f"one-page--troop-cap--path-{n}" for n in range(2, len(hops) + 1))]
    pages = [find_object(store, thing("attribution", f"{path}--hop-1"), pg("inDocument")) for path in paths]
    outlets = [find_object(store, page, PUBLISHER) for page in pages if isinstance(page, NamedNode)]
    assert len(set(pages)) == len(set(outlets)) == len(hops)
    assert pages[2:] == [thing("document", "one-page--reuters"), thing("document", "one-page--gazeta-2")]


def test_a_name_whose_slug_something_else_bears_gets_a_slug_of_its_own() -> None:
    store = make_store()
    taken = thing("outlet", "the-example")
    for predicate, value in ((term("rdf:type"), term("schema:NewsMediaOrganization")),
                             (LABEL, Literal("Renamed", language="en"))):  # fmt: skip
        store.add(Quad(taken, predicate, value, REGISTRY))
    send(store, published_sheet())
    outlet = find_object(store, thing("document", "one-page"), PUBLISHER)
    assert outlet == thing("outlet", list(list_slugs("The Example"))[1])


def test_spellings_of_a_new_name_are_one_stub_with_the_first_as_its_label() -> None:
    store, plain = make_store(), published_sheet()
    plain["events"][0]["participants"] = ["Moon Council", "MOON  council"]
    send(store, plain)
    stub = thing("actor", "moon-council")
    assert find_object(store, stub, LABEL) == Literal("Moon Council", language="en")
    assert not list(store.quads_for_pattern(stub, ALIAS, None, None))
    found = store.quads_for_pattern(thing("claim", "one-page--talks"), pg("participant"), None, None)
    assert [quad.object for quad in found] == [stub]


def test_stubs_of_sheets_that_are_read_at_once_are_said_once(tmp_path: Path) -> None:
    sheets = [outlet_of("The Example", f"page-{n}") for n in range(2)]
    for plain, topic in zip(sheets, ("Moon treaty", "moon treaty"), strict=True):
        plain["claims"][0] |= {"topic": topic, "option": "Russia"}
    bring_in(tmp_path, *sheets)
    index = graph_of(tmp_path, "page-0")
    provision = thing("provision", "moon-treaty")
    assert index.objects(provision, LABEL) == (Literal("Moon treaty", language="en"),)
    assert index.objects(provision, ALIAS) == (Literal("moon treaty", language="en"),)
    assert len(index.objects(provision, term("skos:definition"))) == 1
    assert violations(tmp_path) == []


def test_what_a_curator_wrote_of_a_stub_stays_when_others_are_added(tmp_path: Path) -> None:
    stub = thing("outlet", "one")
    labels = [Literal(text, language=tag) for text, tag in (("One", "en"), ("Один", "uk"))]
    (tmp_path / "registry").mkdir()
    kept = write_turtle([Quad(stub, LABEL, label, REGISTRY) for label in labels])
    (tmp_path / "registry" / "stubs.ttl").write_bytes(kept)
    assert merge_stubs(tmp_path, [Quad(stub, LABEL, labels[0], REGISTRY)]) == kept


def note_rules(done: Submitted) -> set[tuple[str | None, str]]:
    """Place and rule of what a curator should look at in the outlet of a sheet."""
    return {(note.pointer, note.shape) for note in done.notes if "/outlet" in str(note.pointer)}


@pytest.mark.parametrize(("country", "place"), [("Ukraine", "ukraine"), ("Atlantis", "atlantis")])
def test_a_new_outlet_lies_in_the_country_that_the_sheet_names(country: str, place: str) -> None:
    store, plain = make_store(), outlet_of("The Example", country=country)
    told = note_rules(send(store, plain))
    assert find_object(store, thing("outlet", "the-example"), LOCATION) == thing("place", place)
    assert told - {("/outlet/name", "unknown-outlet")} == (
        {("/outlet/country", "unknown-place")} if place == "atlantis" else set()
    )
    again = send(store, plain)
    assert (again.change.removed, again.change.added, note_rules(again)) == (b"", b"", set())


@pytest.mark.parametrize("country", ["Russia", "Atlantis"])
def test_a_registered_outlet_stays_where_it_lies_and_another_country_is_a_warning(country: str) -> None:
    store = make_store()
    done = send(store, outlet_of("24 Kanal", country=country))
    assert note_rules(done) == {("/outlet/country", "outlet-country")}
    assert find_object(store, thing("outlet", "24-kanal"), LOCATION) == thing("place", "ukraine")
    assert not list(store.quads_for_pattern(thing("place", "atlantis"), None, None, None))
    assert note_rules(send(store, outlet_of("24 Kanal", "other-page", country="Україна"))) == set()


def test_an_outlet_of_which_two_sheets_name_two_countries_lies_in_the_first(tmp_path: Path) -> None:
    countries = ("Ukraine", "Poland")
    bring_in(
        tmp_path, *(outlet_of("The Example", f"page-{where.lower()}", country=where) for where in countries)
    )
    outlet = thing("outlet", "the-example")
    assert graph_of(tmp_path, "page-poland").objects(outlet, LOCATION) == (thing("place", "ukraine"),)
    assert violations(tmp_path) == []
