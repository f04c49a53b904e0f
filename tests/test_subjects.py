"""What claims and stances are about, as sheets name it: by a slug, by a name, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyoxigraph import NamedNode

from builders import published_sheet
from plangraph.encode import encode
from plangraph.intake import open_registry
from plangraph.sheetfiles import SheetWrong, read_sheet_text
from plangraph.sheets import Sheet
from plangraph.subjects import PLAN
from plangraph.terms import pg, thing
from test_stubs import find_object, send
from test_submissions import make_store

CLAIM, STANCE = thing("claim", "one-page--troop-cap"), thing("stance", "one-page--zelenskyy-rejects")


def with_topic(topic: str, **members: Any) -> dict[str, Any]:
    plain = published_sheet()
    plain["claims"][0] |= {"topic": topic, **members}
    return plain


def with_stance(about: str) -> dict[str, Any]:
    plain = published_sheet()
    plain["stances"][0]["about"] = about
    return plain


def find_about(plain: dict[str, Any], node: NamedNode) -> tuple[object, object, set[tuple[str, str]]]:
    """What a claim or stance of a sheet is about, its topic, and place and rule of each note."""
    names, slots = open_registry(None)
    encoded = encode(Sheet.model_validate(plain), names, slots)
    said = {quad.predicate: quad.object for quad in encoded.quads if quad.subject == node}
    return said[pg("about")], said.get(pg("onTopic")), {(note.pointer, note.rule) for note in encoded.notes}


def find_wrong(plain: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(SheetWrong) as caught:
        find_about(plain, STANCE)
    return [(note.pointer, note.rule) for note in caught.value.notes]


@pytest.mark.parametrize("name", ["amnesty", "Amnesty", " AMNESTY", "амністія", "Амністія"])
def test_a_topic_is_found_by_its_slug_and_by_its_labels(name: str) -> None:
    for plain, node in ((with_topic(name), CLAIM), (with_stance(name), STANCE)):
        about, topic, notes = find_about(plain, node)
        assert (about, topic) == (thing("provision", "amnesty"), None)
        assert not [place for place, _ in notes if place.endswith(("/topic", "/about"))]


@pytest.mark.parametrize("name", ["Territory", "territory"])
def test_a_topic_without_a_provision_is_said_beside_the_version(name: str) -> None:
    found = thing("version", "28-point"), thing("topic", "group-territory")
    assert find_about(with_topic(name), CLAIM)[:2] == find_about(with_stance(name), STANCE)[:2] == found


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ("actor:Donald Trump", "actor/donald-trump"),
        ("actor:donald-trump", "actor/donald-trump"),
        ("version:28-point", "version/28-point"),
        ("version:28-point plan", "version/28-point"),
        ("event:talks", "event/one-page--talks"),
        ("claim:troop-cap", "claim/one-page--troop-cap"),
        ("claim:talks", "claim/one-page--talks"),
        ("claim:other-page--troop-cap", "claim/other-page--troop-cap"),
        ("event:other-page--talks", "event/other-page--talks"),
        ("provision:Amnesty", "provision/amnesty"),
    ],
)
def test_a_stance_names_what_it_is_about_by_kind_and_name_or_slug(about: str, found: str) -> None:
    assert find_about(with_stance(about), STANCE)[0] == thing(*found.split("/"))


@pytest.mark.parametrize(("topic", "kind"), [("amnesty", "change"), ("Territory", "claim")])
def test_a_stance_on_a_claim_is_on_what_became_of_it(topic: str, kind: str) -> None:
    plain = with_topic(topic, change={"kind": "changed"})  # only a provision changes
    plain["stances"][0]["about"] = "claim:troop-cap"
    assert find_about(plain, STANCE)[0] == thing(kind, "one-page--troop-cap")


def test_a_stance_on_an_actor_that_is_not_registered_brings_a_stub() -> None:
    about, _, notes = find_about(with_stance("actor:Moon Council"), STANCE)
    assert about == thing("actor", "moon-council")
    assert ("/stances/0/about", "unknown-actor") in notes


@pytest.mark.parametrize(
    ("about", "rule"),
    [
        ("version:29-point plan", "unknown-version"),
        ("event:Geneva talks of nobody", "unknown-event"),
        ("event:nothing", "unknown-event"),
        ("option:x y", "unknown-option"),
        ("claim:Troop Cap", "unknown-claim"),
        ("claim:nothing", "unknown-claim"),
        ("claim:", "unknown-claim"),
        ("provision:of the moon", "unknown-provision"),
        ("attribution:A b", "unknown-attribution"),
        ("actor:", "unknown-actor"),
        ("actor:Reuters", "unknown-actor"),  # an outlet, which no stance is about
    ],
)
def test_what_a_stance_names_and_nothing_bears_is_wrong_at_its_place(about: str, rule: str) -> None:
    assert find_wrong(with_stance(about)) == [("/stances/0/about", rule)]


def test_a_stance_on_a_topic_that_a_claim_of_the_sheet_brings_is_on_it() -> None:
    plain = with_topic("Fishing rights")
    plain["stances"][0]["about"] = "fishing-rights"
    assert find_about(plain, STANCE)[0] == find_about(plain, CLAIM)[0] == thing("provision", "fishing-rights")
    assert find_about(with_stance("fishing rights"), STANCE)[0] == thing("version", "28-point")
    plain = with_stance("fishing rights") | {"plan_version": None}
    assert find_about(plain, STANCE)[0] == PLAN


def test_an_option_on_a_new_topic_has_the_slug_of_the_topic() -> None:
    store = make_store()
    send(store, with_topic("fishing rights", option="Russia"))
    option = find_object(store, CLAIM, pg("inOption"))
    assert option == thing("option", "28-point--fishing-rights--russia")


TEXTS = (
    "Amnesty", "a b", "a--b", "--", "x:", "actor:", "claim:a b", "version:ЯЯ", "option:--", "中文",
    "\u200b", "/~é",
)  # fmt: skip


def rich_sheet() -> dict[str, Any]:
    """A sheet with a text in every member that can have one."""
    plain = with_topic("fishing rights", version="28-point", option="Russia", leaves_open=["duration"])
    quantity = {"number": -0.0, "unit": "percent", "base": "Ukraine", "party": "Russia"}
    plain["claims"][0]["slots"] |= {"share": [quantity], "author": ["Russia"], "duration": ["P10Y"]}
    hops = [{"kind": "outlet", "name": "Gazeta"}, {"kind": "source", "name": "one", "affiliation": "NATO"}]
    taken = {"kind": "relay", "name": "reuters", "claim": "other-page--cap"}
    plain["claims"][0]["attributions"] += [
        {"via": hops, "said_at": "geneva-talks"}, {"via": [taken]}, {"candidates": ["CNN"]}
    ]  # fmt: skip
    change = {"kind": "changed", "before": "28-point", "after": "20-point"}
    other = plain["claims"][0] | {"id": "second", "glosses": "troop-cap", "change": change, "option": None}
    doubt = {"slot": "author", "surface": "Krievija", "doubt": "typo"}
    plain["claims"].append(other | {"parameters": {"key": "value"}, "doubts": [doubt]})
    plain["copy_of"] = {"document": "other-page", "credited": True}
    return plain | {"tags": ["one"], "note": "a note", "date_evidence": "page date"}


def list_texts(plain: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The places of all texts in a sheet."""
    if isinstance(plain, dict | list):
        members = plain.items() if isinstance(plain, dict) else enumerate(plain)
        return [found for name, member in members for found in list_texts(member, (*place, name))]
    return [place] if isinstance(plain, str) else []


def test_any_text_anywhere_in_a_sheet_goes_through_or_is_wrong_at_its_place() -> None:
    names, slots = open_registry(None)
    through, wrong = 0, 0
    for place in list_texts(rich_sheet()):
        for text in TEXTS:
            plain = rich_sheet()
            part: Any = plain
            for name in place[:-1]:
                part = part[name]
            part[place[-1]] = text
            try:
                read = read_sheet_text(json.dumps(plain), "json", "the sheet")
                encode(read.sheet, names, slots)
                through += 1
            except SheetWrong as error:
                assert all(note.pointer and note.message for note in error.notes)
                wrong += 1
    assert through > 400 and wrong > 100, (through, wrong)
