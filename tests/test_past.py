"""``revision`` over HTTP: every answer is of the data as it was, says so, and stays what it is."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from folders import SEEN, write_dated, write_report
from plangraph.build import Dataset, assemble, build, read_files
from plangraph.editions import Editions
from plangraph.errors import BadParameter, NotFound
from plangraph.export import write
from plangraph.files import list_vocabulary
from plangraph.formats import TURTLE
from plangraph.history import History
from plangraph.journal_reads import JournalReader
from plangraph.journal_tables import Revision
from plangraph.past import Past, View, Wanted, read_wanted
from plangraph.pinning import Extent, Pin
from plangraph.reads import COLLECTIONS
from plangraph.rebuilding import open_journal, rebuild
from plangraph.settings import Limits, Settings
from plangraph.shelf import FILES
from plangraph.steady import Steady
from plangraph.terms import GRAPH
from plangraph.uploads import Upload
from plangraph.web.pin import AT_REVISION, HEADER
from plangraph.web.site import create_site
from plangraph.worker import Engine, Query
from plangraph.writes import GraphWrite, Intent

TOKEN = "a-token-for-these-tests"
SEND = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/turtle"}
CSV_ROWS = {"Accept": "text/csv"}
DIRECT = {"Content-Type": "application/sparql-query", **CSV_ROWS}
SLUGS = """SELECT ?slug {
  GRAPH ?g { ?document a pg:Document }
  BIND(STRAFTER(STR(?g), "/document/") AS ?slug)
  FILTER(?slug != "")
} ORDER BY ?slug"""
ASKED = f"/sparql?query={quote(SLUGS, safe='')}"
LAST = 5
MENDED = write_report("early").replace("The early report names", "The early report was mended and names")
STOOD = {
    1: "bound early",
    2: "bound early later",
    3: "bound early later",
    4: "bound early",
    LAST: "bound early last",
}
"""The documents of each revision: later is accepted in the second, early replaced in the third, later
retracted in the fourth, last accepted in the fifth."""

FAMILIES = (
    *(f"/api/v1/{collection}" for collection in (*COLLECTIONS, "questions")),
    "/api/v1/claims.csv", "/api/v1/documents?sort=-label", "/api/v1/claims?q=deadline",
    "/api/v1/claims/early--deadline", "/api/v1/documents/early.ttl", "/api/v1/questions/05",
    "/api/v1/search?q=deadline", "/api/v1/search.csv?q=deadline",
    "/api/v1/plans/test-plan/matrix", "/api/v1/provisions/test-provision/values",
    "/api/v1/claims/early--deadline/chain", "/api/v1/timeline", "/api/v1/timeline.csv",
    "/api/v1/documents/early/citation?format=csl", "/doc/outlet/early/citation", "/doc/outlet/early",
    ASKED, "/export/plangraph.nt", "/export/plangraph.sha256", "/export/documents/early.ttl",
    "/graph/registry", "/graph/document/bound.nt", "/ns", "/shapes", "/dataset", "/.well-known/void",
)  # fmt: skip


@dataclass
class Served:
    """A service with a past that is not written any more."""

    client: TestClient
    settings: Settings
    revisions: dict[int, Revision]
    expected: dict[int, Dataset]

    @property
    def editions(self) -> Editions:
        return find_editions(self.client)

    def say(self, number: int, retracted: str = "hide") -> str:
        """What the header says of a revision."""
        revision = self.revisions[number]
        return f"{number}; name={revision.name}; accepted={revision.accepted_at}; retracted={retracted}"


def find_editions(client: TestClient) -> Editions:
    return cast(Editions, cast(Any, client.app).state.editions)


def make_settings(folder: Path, slugs: set[str], **limits: int) -> Settings:
    (folder / "tokens").write_text(TOKEN, encoding="utf-8")
    return Settings(
        data=str(write_dated(folder / "data", slugs)),
        workers=2,
        token_file=str(folder / "tokens"),
        journal=str(folder / "journal.db"),
        limits=replace(Limits(), **limits),
    )


def put(client: TestClient, slug: str, text: str | None = None) -> int:
    body = (text or write_report(slug)).encode()
    return client.put(f"/graphs?graph={GRAPH}document/{slug}", content=body, headers=SEND).status_code


def retract(client: TestClient, slug: str) -> int:
    return client.delete(f"/graphs?graph={GRAPH}document/{slug}", headers=SEND).status_code


def add(address: str, parameters: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{parameters}"


def list_slugs(client: TestClient, **parameters: str | int) -> str:
    answer = client.get("/sparql", params={"query": SLUGS, **parameters}, headers=CSV_ROWS)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split()[1:])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = make_settings(tmp_path_factory.mktemp("past"), {"early", "bound"}, pins=16)
    with TestClient(create_site(settings)) as client:
        done = [
            put(client, "later"),
            put(client, "early", MENDED),
            retract(client, "later"),
            put(client, "last"),
        ]
        assert done == [201, 204, 204, 201]
        reader = JournalReader(settings.journal or "")
        try:
            revisions = {revision.number: revision for revision in reader.list_revisions()}
            expected = {number: rebuild(reader, revision) for number, revision in revisions.items()}
        finally:
            reader.close()
        assert list(revisions) == list(STOOD)
        assert [expected[number].revision for number in STOOD] == [revisions[number].name for number in STOOD]
        assert len({revision.name for revision in revisions.values()}) == LAST
        yield Served(client, settings, revisions, expected)


@pytest.mark.parametrize("number", STOOD)
def test_every_kind_of_answer_is_of_the_revision_and_says_so(served: Served, number: int) -> None:
    for family in FAMILIES:
        for wanted in (number, served.revisions[number].name):
            answer = served.client.get(add(family, f"revision={wanted}"))
            assert answer.status_code == 200, (family, answer.text)
            assert answer.headers["plangraph-revision"] == served.expected[number].revision, family
            assert answer.headers[AT_REVISION] == served.say(number), family
            assert HEADER not in answer.headers
    assert len(FAMILIES) > 35
    assert AT_REVISION not in served.client.get("/api/v1/claims").headers


def test_the_answers_are_those_of_then(served: Served) -> None:
    formulations, origins = [], []
    for number, stood in STOOD.items():
        assert list_slugs(served.client, revision=number) == stood
        page = served.client.get(f"/api/v1/documents?revision={number}").json()
        slugs = {item["id"].rpartition("/")[2] for item in page["items"]}
        assert slugs & set(SEEN) == set(stood.split())
        found = served.client.get(f"/api/v1/search?q=mended&revision={number}").json()
        assert (found["total"] > 0) is (number >= 3)
        claim = served.client.get(f"/api/v1/claims/early--deadline?revision={number}").json()
        formulations.append("mended" in claim["formulation"]["en"])
        values = served.client.get(f"/api/v1/values?revision={number}").json()["items"]
        (value,) = [item for item in values if item["label"]["en"].endswith("2025-11-27")]
        origins.append(value["independentOriginCount"])
        later = served.client.get(f"/api/v1/documents/later?revision={number}")
        assert later.status_code == (200 if "later" in stood else 404)
        assert later.headers[AT_REVISION] == served.say(number)
    assert formulations == [False, False, True, True, True]
    assert origins == [2, 3, 3, 2, 2]


@pytest.mark.parametrize("number", STOOD)
def test_a_file_of_a_revision_is_the_export_of_the_journal(served: Served, number: int) -> None:
    command = [
        sys.executable, "-m", "plangraph.cli", "export", "--journal", served.settings.journal or "",
        "--revision", str(number), "--format", "nquads",
    ]  # fmt: skip
    exported = subprocess.run(command, capture_output=True, check=True).stdout
    answer = served.client.get(f"/export/plangraph.nq?revision={number}")
    assert answer.content == exported
    assert len(exported) > 100_000
    for suffix in ("ttl", "csv.zip"):
        written = served.client.get(f"/export/plangraph.{suffix}?revision={number}").content
        assert written == write(served.expected[number].quads, FILES[suffix])


@pytest.mark.parametrize("number", [4, LAST])
def test_what_had_been_retracted_is_shown_if_asked_for(served: Served, number: int) -> None:
    reader = JournalReader(served.settings.journal or "")
    stated = reader.read_revision(number, retracted=True)
    reader.close()
    shown = assemble(
        [*read_files(list_vocabulary()), *(quad for entry in stated for quad in entry.read_quads())]
    )
    assert {entry.part.rpartition("/")[2] for entry in stated if entry.retracted} == {"later"}
    parameters = f"revision={number}&retracted=show"
    answer = served.client.get(f"/export/plangraph.nq?{parameters}")
    assert answer.content == write(shown.quads, "nquads")
    assert list_slugs(served.client, revision=number, retracted="show").split() == sorted(
        [*STOOD[number].split(), "later"]
    )
    page = served.client.get(f"/api/v1/claims/later--deadline?{parameters}")
    assert page.headers["plangraph-revision"] == shown.revision != served.expected[number].revision
    assert page.headers[AT_REVISION] == served.say(number, "show")
    assert page.json()["atRevision"]["retracted"] == "show"
    assert page.json()["atRevision"]["servedAs"] == shown.revision
    hidden = f"/api/v1/claims/later--deadline?revision={number}&retracted=hide"
    assert served.client.get(hidden).status_code == 404


@pytest.mark.parametrize(
    ("number", "day", "undated"), [(2, "2025-11-20", "exclude"), (LAST, "2025-12-31", "include")]
)
def test_a_revision_goes_with_a_day(served: Served, number: int, day: str, undated: Any) -> None:
    reader = JournalReader(served.settings.journal or "")
    expected = rebuild(reader, served.revisions[number], by=Pin(date.fromisoformat(day), undated))
    reader.close()
    parameters = f"revision={number}&as_of={day}&undated={undated}"
    for family in FAMILIES:
        answer = served.client.get(add(family, parameters))
        assert answer.status_code == 200, (family, answer.text)
        assert answer.headers["plangraph-revision"] == expected.revision, family
        assert answer.headers[AT_REVISION] == served.say(number), family
        assert answer.headers[HEADER].startswith(f"{day}; undated={undated}; documents="), family
    assert served.client.get(f"/export/plangraph.nq?{parameters}").content == write(expected.quads, "nquads")
    page = served.client.get(f"/api/v1/claims?{parameters}").json()
    assert expected.extent is not None
    assert page["asOf"]["documents"] == expected.extent.documents
    assert page["atRevision"]["number"] == number
    assert page["asOf"]["sparql"] == page["atRevision"]["sparql"]
    assert page["atRevision"]["sparql"].endswith(f"/sparql?{parameters}")


def test_the_present_revision_is_answered_by_the_whole_data_set(served: Served) -> None:
    held = list(served.editions.places)
    for wanted in (LAST, served.revisions[LAST].name):
        page = served.client.get(f"/api/v1/claims?revision={wanted}")
        assert page.headers[AT_REVISION] == served.say(LAST)
        assert page.json()["items"] == served.client.get("/api/v1/claims").json()["items"]
    assert list(served.editions.places) == held
    assert isinstance(served.editions.present.engine, Steady)


@pytest.mark.parametrize("parameters", ["revision=2", f"revision={LAST}", "revision=4&retracted=show"])
def test_all_links_of_an_answer_lead_on_in_the_past(served: Served, parameters: str) -> None:
    client, followed = served.client, 0
    said = served.say(int(parameters[9]), "show" if "show" in parameters else "hide")
    for address in (
        "/api/v1/claims?limit=1", "/api/v1/documents?sort=label&limit=1", "/api/v1/search?q=deadline&limit=1",
        "/api/v1/claims/early--deadline", "/api/v1/timeline", "/api/v1/plans/test-plan/matrix",
        "/api/v1/questions?limit=1", "/api/v1/questions/05", "/doc/outlet/early",
    ):  # fmt: skip
        answer = client.get(add(address, parameters))
        page = answer.json()
        links = [link["url"] for relation, link in answer.links.items() if relation != "describes"]
        links += [page[name] for name in ("self", "chain", "cite", "run") if name in page]
        links.append(f"{page['atRevision']['sparql']}&query=ASK%7B%7D")
        assert len(links) > 1, address
        for link in links:
            found = client.get(link)
            assert found.status_code == 200, (link, found.text)
            assert found.headers[AT_REVISION] == said, link
            followed += 1
    assert followed > 30
    (cited,) = client.get(f"/api/v1/claims/early--deadline/citation?format=csl&{parameters}").json()
    assert f"number {parameters[9]} of the journal" in cited["note"]
    assert ("with what had been retracted" in cited["note"]) is ("show" in parameters)
    of = quote(f"/api/v1/claims?{parameters}", safe="")
    (cited,) = client.get(f"/api/v1/citation?format=csl&of={of}").json()
    assert cited["version"] == client.get(f"/api/v1/claims?{parameters}").headers["plangraph-revision"]
    moved = client.get(f"/id/claim/early--deadline?{parameters}", follow_redirects=False)
    assert (moved.status_code, moved.headers[AT_REVISION]) == (303, said)
    assert moved.headers["location"].endswith(f"/early--deadline?{parameters}")


def test_pages_of_a_revision_lead_on_within_it(served: Served) -> None:
    seen: list[str] = []
    address: str | None = "/api/v1/claims?revision=2&limit=1"
    while address:
        answer = served.client.get(address)
        assert answer.headers[AT_REVISION] == served.say(2)
        seen += [item["id"].rpartition("/")[2] for item in answer.json()["items"]]
        address = answer.links["next"]["url"] if answer.json()["next"] else None
    assert seen == ["bound--deadline", "early--deadline", "later--deadline"]


def test_a_query_is_of_a_revision_however_it_is_sent(served: Served) -> None:
    client, parameters = served.client, {"revision": "4", "retracted": "show"}
    in_address = "/sparql?revision=4&retracted=show"
    answers = [
        client.get("/sparql", params={"query": SLUGS, **parameters}, headers=CSV_ROWS),
        client.post("/sparql", data={"query": SLUGS, **parameters}, headers=CSV_ROWS),
        client.post(in_address, data={"query": SLUGS}, headers=CSV_ROWS),
        client.post(in_address, content=SLUGS, headers=DIRECT),
        client.request("QUERY", in_address, content=SLUGS, headers=DIRECT),
    ]
    assert [answer.text.split() for answer in answers] == [["slug", "bound", "early", "later"]] * 5
    assert {answer.headers[AT_REVISION] for answer in answers} == {served.say(4, "show")}
    assert len({answer.headers["etag"] for answer in answers}) == 1


@pytest.mark.parametrize("address", [ASKED, "/api/v1/claims", "/export/plangraph.nt", "/graph/registry"])
def test_who_holds_an_answer_of_a_revision_gets_a_304_for_no_other(served: Served, address: str) -> None:
    for number in (2, LAST):
        first = served.client.get(add(address, f"revision={number}"))
        held = {"If-None-Match": first.headers["etag"]}
        again = served.client.get(add(address, f"revision={number}"), headers=held)
        assert (again.status_code, again.headers[AT_REVISION]) == (304, served.say(number))
        assert again.headers["plangraph-revision"] == served.expected[number].revision
        other = served.client.get(add(address, "revision=3"), headers=held)
        shown = served.client.get(add(address, "revision=4&retracted=show"), headers=held)
        assert (other.status_code, shown.status_code) == (200, 200)


def test_a_document_of_the_past_gives_nothing_that_a_replacement_could_name(served: Served) -> None:
    present = served.client.get("/api/v1/documents/early")
    assert "." in present.headers["etag"]
    for wanted in (2, LAST, served.revisions[LAST].name):
        assert "." not in served.client.get(f"/api/v1/documents/early?revision={wanted}").headers["etag"]


WRONG = {
    "revision=": (400, "revision takes the number of a revision, or the 16 letters of its name, not ''"),
    "revision=-1": (400, "revision takes the number of a revision, or the 16 letters of its name, not '-1'"),
    "revision=latest": (400, "revision takes the number of a revision"),
    "revision=1234567890abcde": (400, "revision takes the number of a revision"),
    "revision=1&revision=2": (400, "revision can be given once"),
    "revision=1&retracted=perhaps": (400, "retracted takes hide or show, not 'perhaps'"),
    "retracted=show": (400, "retracted says what revision does with what was retracted: give revision too"),
    "revision=1&as_of=soon": (400, "as_of takes a day"),
    "revision=0": (404, "the journal has no revision 0"),
    "revision=9": (404, "the journal has no revision 9"),
    "revision=999999999999999": (404, "the journal has no revision 999999999999999"),
    "revision=ffffffffffffffff": (404, "the journal has no revision ffffffffffffffff"),
}
PLACES = (
    "/api/v1/claims", "/api/v1/claims/early--deadline", "/api/v1/questions", "/api/v1/questions/05",
    "/api/v1/search?q=deadline", "/api/v1/timeline", "/api/v1/claims/early--deadline/chain",
    "/api/v1/claims/early--deadline/citation", "/sparql?query=ASK%7B%7D", "/export/plangraph.ttl",
    "/export/plangraph.sha256", "/graph/registry", "/dataset", "/id/claim/early--deadline",
    "/doc/outlet/early",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_revision_that_there_is_not_is_a_problem_that_says_why(served: Served, place: str) -> None:
    tried = 0
    for wrong, (status, detail) in WRONG.items():
        answer = served.client.get(add(place, wrong))
        assert answer.status_code == status, (place, wrong, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].startswith(detail)
        tried += 1
    assert tried == len(WRONG) == 12


def test_a_wrong_revision_of_a_cited_answer_is_told(served: Served) -> None:
    for wrong, status in (("revision=x", 400), ("revision=9", 404)):
        of = quote(f"/api/v1/claims?{wrong}", safe="")
        assert served.client.get(f"/api/v1/citation?of={of}").status_code == status


def test_the_interface_documents_the_revision(served: Served) -> None:
    paths = served.client.get("/openapi.json").json()["paths"]
    documented = [
        *(f"/api/v1/{collection}" for collection in (*COLLECTIONS, "questions", "search", "timeline")),
        *(f"/api/v1/{collection}/{{name}}" for collection in (*COLLECTIONS, "questions")),
        "/api/v1/plans/{name}/matrix", "/api/v1/provisions/{name}/values", "/api/v1/claims/{name}/chain",
        "/sparql", "/export/plangraph.{suffix}", "/graph/{name}", "/ns", "/shapes", "/dataset",
        "/id/{kind}/{name}", "/doc/{kind}/{name}", "/api/v1/claims/{slug}/citation",
    ]  # fmt: skip
    for path in documented:
        operation = paths[path]["get"]
        found = {entry["name"] for entry in operation["parameters"]}
        assert {"as_of", "undated", "revision", "retracted"} <= found, path
        assert "404" in operation["responses"], path
    assert len(documented) > 35
    listed = served.client.get("/api/v1/").json()
    assert all({"revision", "retracted"} <= set(entry["parameters"]) for entry in listed)
    answer = served.client.get("/api/v1/plans?revision=1", headers={"Origin": "https://example.org"})
    assert AT_REVISION in answer.headers["access-control-expose-headers"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path, {"early"}, pins=8)


def test_an_answer_stays_what_it_is_while_the_data_goes_on(settings: Settings) -> None:
    addresses = (
        ASKED,
        "/api/v1/claims",
        "/api/v1/search?q=deadline",
        "/api/v1/documents/early",
        "/dataset.nt",
    )
    with TestClient(create_site(settings)) as client:
        name = client.get("/readyz").json()["revision"]
        wanted = [add(address, f"revision={by}") for address in addresses for by in (1, name)]
        first = [client.get(address) for address in wanted if "dataset" not in address]
        assert find_editions(client).places.keys() == set()
        wanted.append("/export/plangraph.nq?revision=1")
        first = [client.get(address) for address in wanted]
        for slug in ("later", "last"):
            assert put(client, slug) == 201
            again = [client.get(address) for address in wanted]
            assert [answer.content for answer in again] == [answer.content for answer in first]
            assert [answer.headers["etag"] for answer in again] == [
                answer.headers["etag"] for answer in first
            ]
            for address, answer in zip(wanted, first, strict=True):
                held = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
                assert (held.status_code, held.headers[AT_REVISION]) == (304, answer.headers[AT_REVISION])
            assert len(find_editions(client).places) == 1  # of one revision by two names
        assert len(wanted) == 11
        assert list_slugs(client) == "early last later"
    with TestClient(create_site(settings)) as client:
        assert client.get(wanted[0]).content == first[0].content


def test_the_data_of_a_name_that_comes_again_is_of_the_last_revision_that_has_it(settings: Settings) -> None:
    with TestClient(create_site(settings)) as client:
        name = client.get("/readyz").json()["revision"]
        assert client.get(f"{ASKED}&revision={name}").headers[AT_REVISION].startswith("1; ")
        assert put(client, "later") == 201
        assert client.get(f"{ASKED}&revision={name}").headers[AT_REVISION].startswith("1; ")
        assert retract(client, "later") == 204
        assert client.get("/readyz").json()["revision"] == name
        assert client.get(f"{ASKED}&revision={name}").headers[AT_REVISION].startswith("3; ")
        assert client.get(f"{ASKED}&revision=1").headers[AT_REVISION].startswith("1; ")
        assert list_slugs(client, revision=3, retracted="show") == "early later"


def test_queries_of_the_past_are_right_while_documents_come_in(settings: Settings) -> None:
    stood = {1: "early"}
    faults: list[str] = []
    asked = 0

    def come_in() -> None:
        for number, slug in enumerate(("later", "last", "window", "undated"), start=2):
            if (status := put(client, slug)) != 201:
                faults.append(f"{slug}: {status}")
            stood[number] = " ".join(sorted([*stood[number - 1].split(), slug]))

    with TestClient(create_site(settings)) as client:
        writer = threading.Thread(target=come_in)
        writer.start()
        while writer.is_alive() or asked < 20:
            number = max(stood) if asked % 3 else 1 + asked % max(stood)
            answer = client.get(
                f"{ASKED}&revision={number}", headers={**CSV_ROWS, "Cache-Control": "no-cache"}
            )
            if answer.status_code != 200 or " ".join(answer.text.split()[1:]) != stood[number]:
                faults.append(f"{number}: {answer.status_code} {answer.text}")
            asked += 1
        writer.join()
        assert faults == []
        assert asked >= 20
        for number, slugs in stood.items():
            assert list_slugs(client, revision=number) == slugs
        assert len(stood) == 5


def test_who_asks_for_the_present_is_not_overtaken_by_a_write(settings: Settings) -> None:
    held = open_journal(settings)
    engine = Engine(write(held.dataset.quads, "nquads"), held.dataset.revision, settings, held.record)
    editions = Editions(engine, None, History(held.journal))
    upload = Upload(write_report("later").encode(), TURTLE)

    async def use() -> list[str]:
        await engine.open()
        editions.open_for_use()
        try:
            async with editions.open(Wanted(revision=1)) as edition:
                before = await edition.engine.run(Query(SLUGS, "text/csv"))
                assert not editions.places
                await engine.write(GraphWrite("PUT", f"{GRAPH}document/later", (upload,)), Intent())
                after = await edition.engine.run(Query(SLUGS, "text/csv"))
                assert before.body == after.body
                files = await editions.add_files(edition)
                assert files.shelf is not None
                assert b"later--deadline" not in files.shelf.take("nq", False).path.read_bytes()
                return [before.revision, after.revision, edition.revision, files.revision]
        finally:
            await editions.close()
            await engine.shut()

    assert set(asyncio.run(use())) == {held.dataset.revision}
    assert engine.revision != held.dataset.revision
    held.journal.close()


def test_data_that_is_called_otherwise_than_it_was_says_both(settings: Settings) -> None:
    with TestClient(create_site(settings)) as client:
        served = client.get("/readyz").json()["revision"]
    reader = JournalReader(settings.journal or "")
    forged = replace(reader.find_revision(1), name="f" * 16)  # as another vocabulary would have it
    reader.close()
    with closing(sqlite3.connect(settings.journal or "")) as raw:
        raw.execute("DROP TRIGGER revision_update")
        raw.execute("UPDATE revision SET name = ?, hash = ?", (forged.name, forged.find_hash()))
        raw.commit()
    with TestClient(create_site(settings)) as client:
        for wanted in ("1", "f" * 16):
            answer = client.get(f"/api/v1/claims?revision={wanted}")
            assert answer.headers["plangraph-revision"] == served
            assert answer.headers[AT_REVISION].startswith(f"1; name={'f' * 16}; accepted=")
            told = answer.json()["atRevision"]
            assert (told["name"], told["servedAs"]) == ("f" * 16, served)
        present = client.get(f"/api/v1/claims?revision={served}")
        assert present.headers[AT_REVISION] == f"unnumbered; name={served}; retracted=hide"


def test_a_journal_that_does_not_answer_is_told_and_asked_again(settings: Settings) -> None:
    with TestClient(create_site(settings)) as client:
        assert client.get(f"{ASKED}&revision=1").status_code == 200
        assert put(client, "later") == 201
        with closing(sqlite3.connect(settings.journal or "")) as raw:
            raw.execute("ALTER TABLE entry RENAME TO elsewhere")
            raw.commit()
            for number in (1, 2):
                refused = client.get(f"/api/v1/claims?revision={number}")
                assert (refused.status_code, refused.json()["rule"]) == (503, "journal"), refused.text
            assert client.get("/api/v1/claims").status_code == 200
            raw.execute("ALTER TABLE elsewhere RENAME TO entry")
            raw.commit()
        assert [list_slugs(client, revision=number) for number in (1, 2)] == ["early", "early later"]


def test_a_service_that_reads_the_journal_of_another_knows_what_was_written_since(settings: Settings) -> None:
    first, second = create_site(settings), create_site(replace(settings, token_file=None))
    with TestClient(first) as writer, TestClient(second) as reader:
        assert put(writer, "later") == 201
        assert [list_slugs(reader, revision=number) for number in (1, 2)] == ["early", "early later"]
        assert list_slugs(reader) == "early"
        assert reader.get("/api/v1/claims?revision=3").status_code == 404


def test_without_a_journal_there_is_the_present_revision_alone(settings: Settings) -> None:
    with TestClient(create_site(replace(settings, journal=None))) as client:
        name = client.get("/readyz").json()["revision"]
        answer = client.get(f"/api/v1/claims?revision={name}")
        assert answer.headers["plangraph-revision"] == name == build(Path(settings.data or "")).revision
        assert answer.headers[AT_REVISION] == f"unnumbered; name={name}; retracted=hide"
        assert answer.links["via"]["url"].endswith(f"&revision={name}")
        assert answer.json()["atRevision"]["number"] is None
        day = client.get(f"/api/v1/claims?revision={name}&as_of=2025-11-20")
        assert (day.status_code, day.headers[HEADER][:10]) == (200, "2025-11-20")
        for wrong in ("revision=1", "revision=" + "f" * 16, f"revision={name}&retracted=show"):
            for address in ("/api/v1/claims", ASKED, "/export/plangraph.nt"):
                refused = client.get(add(address, wrong))
                assert refused.status_code == 404, (address, wrong)
                assert refused.json()["detail"].startswith("this service keeps no past")
        assert put(client, "later") == 201
        gone = client.get(f"/api/v1/claims?revision={name}")
        assert (gone.status_code, name in gone.json()["detail"]) == (404, False)


def test_who_cannot_wait_for_the_past_is_told_to_come_again(tmp_path: Path) -> None:
    with TestClient(create_site(make_settings(tmp_path, {"early"}, pin_seconds=0))) as client:
        assert put(client, "later") == 201
        refused = client.get("/api/v1/plans?revision=1")
        assert (refused.status_code, refused.json()["rule"]) == (503, "pin_seconds")
        assert int(refused.headers["retry-after"]) > 0
        answer = refused
        until = time.monotonic() + 120
        while answer.status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
            answer = client.get("/api/v1/plans?revision=1")
        assert answer.headers[AT_REVISION].startswith("1; ")


def test_what_is_wanted_is_written_back_as_it_was_read() -> None:
    pin = Pin(date(2025, 11, 20), "include")
    cases = {
        "revision=5": View(past=Past(5, "f" * 16)),
        "revision=5&retracted=show": View(past=Past(5, "f" * 16, retracted=True)),
        f"revision={'a' * 16}": View(past=Past(None, "a" * 16)),
        "as_of=2025-11-20&undated=include": View(Extent(pin, 1, 0, 0)),
        "revision=5&as_of=2025-11-20&undated=include": View(Extent(pin, 1, 0, 0), Past(5, "f" * 16)),
    }
    for text, view in cases.items():
        assert view.write_parameters() == text
        wanted = read_wanted({name: [value] for name, value in (pair.split("=") for pair in text.split("&"))})
        assert wanted is not None
        assert wanted.pin == (view.pinned.pin if view.pinned else None)
        assert wanted.revision == ((view.past.number or view.past.name) if view.past else None)
        assert wanted.retracted is (view.past is not None and view.past.retracted)
    assert len(cases) == 5
    assert read_wanted({"q": ["amnesty"]}) is None
    with pytest.raises(BadParameter, match="can be given once"):
        read_wanted({"revision": ["1", "1"]})


def test_what_nobody_keeps_is_refused_though_it_was_present_a_moment_ago() -> None:
    history = History()
    assert asyncio.run(history.find("a" * 16, "a" * 16)) == Past(None, "a" * 16)
    with pytest.raises(NotFound, match="keeps no past"):
        asyncio.run(history.find("a" * 16, "b" * 16))
