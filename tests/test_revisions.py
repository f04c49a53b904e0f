"""The history over HTTP: revisions as JSON, as Atom, and as events, on a service with a journal."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from folders import write_dated, write_report
from plangraph.engine import QueryEngine
from plangraph.settings import Settings
from plangraph.terms import GRAPH, ID
from plangraph.web.revisions import Feed
from plangraph.web.site import create_site

TOKEN = "a-token-for-these-tests"
PLACE = "/api/v1/revisions"
SEND = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/turtle"}


@dataclass
class StillEngine:
    """An engine of which only the name of its data is asked."""

    revision: str = "first"
    started: bool = True


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("history")
    (folder / "tokens").write_text(f"{TOKEN} name=ada")
    settings = Settings(
        data=str(write_dated(folder / "data", {"early", "bound"})),
        workers=1,
        token_file=str(folder / "tokens"),
        journal=str(folder / "journal.db"),
    )
    with TestClient(create_site(settings)) as client:
        assert client.put("/api/v1/documents/later?reason=seen+today", content=write_report("later"),
                          headers=SEND).status_code == 201  # fmt: skip
        done = client.delete("/api/v1/documents/later?reason=withdrawn+%3C%26%3E", headers=SEND)
        assert done.status_code == 200
        yield client


def test_the_history_says_who_did_what_to_which_graph_and_why(client: TestClient) -> None:
    page = client.get(PLACE).json()
    assert [entry["number"] for entry in page["items"]] == [1, 2, 3]
    assert page["next"] is None
    first, second, third = page["items"]
    things = {part["thing"] for part in first["parts"]} - {None}
    assert len(first["parts"]) == len(things) + 2  # two documents, and the registry thing by thing
    assert f"{ID}outlet/begun" in things
    for entry, action, reason in ((second, "accepted", "seen today"), (third, "retracted", "withdrawn <&>")):
        assert (entry["by"], entry["reason"]) == ("ada", reason)
        assert [(part["graph"], part["thing"], part["action"]) for part in entry["parts"]] == [
            (f"{GRAPH}document/later", None, action)
        ]
    assert third["previous"] == second["hash"]
    assert third["revision"] == client.get("/readyz").json()["revision"] == first["revision"]
    assert client.get(f"{PLACE}/2").json() == second
    then = client.get(second["documents"]).json()
    assert then["atRevision"]["number"] == 2
    assert "later" in {item["id"].rpartition("/")[2] for item in then["items"]}
    assert client.get(f"{PLACE}/9").status_code == 404


def test_pages_of_the_history_hold_each_revision_once(client: TestClient) -> None:
    seen: list[int] = []
    address: str | None = f"{PLACE}?limit=1"
    while address is not None:
        page = client.get(address).json()
        seen += [entry["number"] for entry in page["items"]]
        address = page["next"]
    assert seen == [1, 2, 3]
    assert [entry["number"] for entry in client.get(f"{PLACE}?since=2").json()["items"]] == [3]


@pytest.mark.parametrize("wrong", ["since=-1", "since=x", "limit=0", "limit=100000", "sinse=1"])
def test_a_wrong_range_is_refused_by_name(client: TestClient, wrong: str) -> None:
    answer = client.get(f"{PLACE}?{wrong}")
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert wrong.partition("=")[0] in answer.json()["detail"]


def test_the_feed_is_atom_with_the_newest_first(client: TestClient) -> None:
    answer = client.get(f"{PLACE}.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)
    space = "{http://www.w3.org/2005/Atom}"
    summaries = [entry.findtext(f"{space}summary") for entry in feed.iter(f"{space}entry")]
    assert summaries == ["withdrawn <&>", "seen today", "begun with the files of the data set"]
    links = [link.attrib["href"] for link in feed.iter(f"{space}link") if link.attrib.get("rel") == "related"]
    then, things = ([link for link in links if ("?" in link) is asked] for asked in (True, False))
    assert then == [f"http://testserver/api/v1/documents?revision={number}" for number in (3, 2, 1)]
    assert things.count("http://testserver/documents/later") == 2 and len(things) == 4


def test_the_feed_leads_through_all_revisions_and_is_not_sent_twice(client: TestClient) -> None:
    space = "{http://www.w3.org/2005/Atom}"
    seen: list[str] = []
    address: str | None = f"{PLACE}.atom?limit=1&since=1"
    while address is not None:
        answer = client.get(address)
        feed = ElementTree.fromstring(answer.content)
        seen += [entry.findtext(f"{space}id", "") for entry in feed.iter(f"{space}entry")]
        held = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (held.status_code, held.content) == (304, b"")
        older = [
            link.attrib["href"] for link in feed.iter(f"{space}link") if link.attrib.get("rel") == "next"
        ]
        address = older[0] if older else None
    assert [number.rpartition("/")[2] for number in seen] == ["3", "2"]  # all after the first
    assert client.get(f"{PLACE}?before=3").status_code == 400


def test_a_retracted_document_is_hidden_and_can_still_be_read_in_its_revision(client: TestClient) -> None:
    assert client.get("/api/v1/documents/later").status_code == 410
    then = client.get(f"{PLACE}/2/documents/later")
    assert (then.status_code, then.headers["content-type"]) == (200, "text/turtle; charset=utf-8")
    assert "The later report names a deadline." in then.text
    for number in (1, 3):
        assert client.get(f"{PLACE}/{number}/documents/later").status_code == 404
    history = client.get("/api/v1/documents/later/history").json()["items"]
    assert [entry["number"] for entry in history] == [2, 3]
    assert client.get("/api/v1/documents/none/history").status_code == 404


def test_a_retracted_document_says_when_why_and_where_its_history_is(client: TestClient) -> None:
    last = client.get(f"{PLACE}/3").json()
    history = "http://testserver/api/v1/documents/later/history"
    addresses = ("/api/v1/documents/later", "/api/v1/documents/later.ttl", "/doc/document/later")
    for address in (*addresses, "/id/document/later", "/documents/later"):
        gone = client.get(address, headers={"Accept": "application/json"})
        problem = gone.json()
        assert gone.status_code == problem["status"] == 410, address
        assert gone.headers["content-type"] == "application/problem+json"
        told = {name: problem[name] for name in ("retracted", "reason", "revision", "history")}
        assert told == {
            "retracted": last["acceptedAt"], "reason": "withdrawn <&>", "revision": 3, "history": history,
        }  # fmt: skip
        for said in ("withdrawn <&>", last["acceptedAt"], history):
            assert said in problem["detail"]
    assert client.get(history).status_code == 200
    for address in ("/api/v1/documents/none", "/api/v1/documents/Not_A_Name", "/doc/outlet/none"):
        assert client.get(address).status_code == 404


def test_the_page_of_a_retracted_document_leads_to_its_history_and_to_what_it_was(client: TestClient) -> None:
    page = client.get("/documents/later?lang=uk", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert "Цей документ відкликано" in page.text
    assert "withdrawn &lt;&amp;&gt;" in page.text
    assert 'href="http://testserver/api/v1/documents/later/history"' in page.text
    (then,) = re.findall(r'href="([^"]*retracted=show[^"]*)"', page.text)
    assert client.get(html.unescape(then), headers={"Accept": "text/html"}).status_code == 200


def test_whoever_follows_gets_what_was_missed_and_then_each_revision_as_it_comes(client: TestClient) -> None:
    engine = StillEngine()
    feed = Feed(cast(QueryEngine, engine), cast(Any, client.app).state.journal, Settings())

    async def follow() -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        async for event in feed.send_events(1, "http://x/"):
            lines = event.decode().splitlines()
            if lines[0].startswith("id: "):
                seen.append(json.loads(lines[2].removeprefix("data: ")))
                assert lines[:2] == [f"id: {seen[-1]['number']}", "event: revision"]
            if len(seen) == 2:
                engine.started = False  # the service ends, and with it the stream
        return seen

    assert [entry["number"] for entry in asyncio.run(follow())] == [2, 3]
    assert feed.followers == 0


def test_without_a_journal_there_is_no_history(tmp_path: Path) -> None:
    settings = Settings(data=str(write_dated(tmp_path / "data", {"early"})), workers=1)
    with TestClient(create_site(settings)) as client:
        assert client.get(PLACE).status_code == 404


@pytest.mark.parametrize("journal", ["journal.db", None])
def test_a_document_is_gone_only_while_a_journal_says_that_it_was_retracted(
    tmp_path: Path, journal: str | None
) -> None:
    (tmp_path / "tokens").write_text(f"{TOKEN} name=ada")
    settings = Settings(
        data=str(write_dated(tmp_path / "data", {"early"})),
        workers=1,
        token_file=str(tmp_path / "tokens"),
        journal=None if journal is None else str(tmp_path / journal),
    )
    address = "/api/v1/documents/later"
    with TestClient(create_site(settings)) as client:
        for _ in range(2):
            done = client.put(address, content=write_report("later"), headers=SEND)
            assert done.status_code == 201, done.text
            assert client.get(address).status_code == 200
            assert client.delete(f"{address}?reason=x", headers=SEND).status_code == 200
            assert client.get(address).status_code == (404 if journal is None else 410)
        if journal is not None:
            assert client.get(f"{address}?revision=1").status_code == 404  # it had not come yet
