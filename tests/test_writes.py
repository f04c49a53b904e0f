"""Writes over HTTP: whole or not at all, seen by every query that follows, and kept when processes die."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from pyoxigraph import Store

from plangraph.errors import QueryTooDeep, QueryTooLong
from plangraph.settings import Limits, Settings
from plangraph.web.front import Front
from plangraph.web.site import create_site
from plangraph.worker import Engine
from plangraph.write_errors import UpdateRefused
from plangraph.writes import HEAD, Update, pack_write, unpack_write
from plangraph.writing import Copy, make

TOKEN = "a-token-for-these-tests"
MAY = {"Authorization": f"Bearer {TOKEN}"}
UPDATE = {**MAY, "Content-Type": "application/sparql-update"}
TURTLE = {**MAY, "Content-Type": "text/turtle"}
COUNT = "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
ENDLESS = "INSERT { ?a ?p ?f } WHERE { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f . ?g ?t ?h FILTER(?b != ?h) }"


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tokens") / "tokens.txt"
    path.write_text(f"# who may write\n{TOKEN}\n", encoding="utf-8")
    return str(path)


def open_scratch(token_file: str, limits: Limits | None = None) -> Front:
    settings = Settings(
        scratch=True, default_graph="strict", workers=2, token_file=token_file, limits=limits or Limits()
    )
    return create_site(settings)


@pytest.fixture
def client(token_file: str) -> Iterator[TestClient]:
    with TestClient(open_scratch(token_file)) as opened:
        yield opened


@pytest.fixture(scope="module")
def empty(token_file: str) -> Iterator[TestClient]:
    """One service for requests that change nothing; it holds no answers, so each is made of what is there."""
    with TestClient(open_scratch(token_file, replace(Limits(), cache_bytes=0))) as opened:
        yield opened


@pytest.fixture(scope="module")
def seeded(token_file: str) -> Iterator[TestClient]:
    """The same, with one triple and a graph that is empty."""
    with TestClient(open_scratch(token_file, replace(Limits(), cache_bytes=0))) as opened:
        made = update(opened, "CREATE GRAPH <http://e/g> ; INSERT DATA { <http://e/s> <http://e/p> 1 }")
        assert made.status_code == 200
        yield opened


def find_engine(client: TestClient) -> Engine:
    engine: Engine = client.app.state.editions.whole.engine  # type: ignore[attr-defined]
    return engine


def update(client: TestClient, text: str, **parameters: str) -> httpx2.Response:
    return client.post("/update", content=text, headers=UPDATE, params=parameters)


def count(client: TestClient) -> int:
    answer = client.get("/sparql", params={"query": COUNT}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return int(answer.text.split()[1])


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_an_update_is_seen_by_the_next_query_and_named_by_its_revision(client: TestClient) -> None:
    ask = "/sparql?query=ASK%20%7B%20%3Chttp%3A%2F%2Fe%2Fs%3E%20%3Fp%20%3Fo%20%7D"
    before = client.get(ask)
    assert before.json()["boolean"] is False
    assert client.get(ask, headers={"If-None-Match": before.headers["etag"]}).status_code == 304
    written = update(client, "INSERT DATA { <http://e/s> <http://e/p> 1, 2 }")
    assert written.json() == {
        "revision": written.headers["plangraph-revision"], "removed": 0, "added": 2, "warnings": [],
    }  # fmt: skip
    after = client.get(ask, headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["boolean"]) == (200, True)
    assert after.headers["plangraph-revision"] == written.headers["plangraph-revision"]
    assert client.get("/healthz").json()["revision"] == written.headers["plangraph-revision"]


def test_an_update_that_changes_nothing_leaves_the_revision(client: TestClient) -> None:
    first = update(client, "INSERT DATA { <http://e/s> <http://e/p> 1 }").headers["plangraph-revision"]
    again = update(client, "INSERT DATA { <http://e/s> <http://e/p> 1 }")
    assert again.headers["plangraph-revision"] == first
    assert (again.json()["removed"], again.json()["added"]) == (0, 0)


@pytest.mark.parametrize(
    ("text", "status", "rule"),
    [
        ("INSERT DATA { <http://e/a> <http://e/p> 1 } ; INSERT DATA { <", 400, "syntax"),
        ("INSERT DATA { <http://e/a> <http://e/p> 1 } ; LOAD <http://127.0.0.1:9/>", 400, "load"),
        ("INSERT DATA { <http://e/a> <http://e/p> 1 } ; CREATE GRAPH <http://e/g>", 400, "evaluation"),
        ("SELECT * { ?s ?p ?o }", 400, "syntax"),
        ("", 400, "one-query"),
        ("INSERT DATA { " + "<< " * 9 + "}", 400, "quoted_depth"),
    ],
)
def test_an_update_that_fails_anywhere_changes_nothing(
    seeded: TestClient, text: str, status: int, rule: str
) -> None:
    answer = update(seeded, text)
    assert (answer.status_code, answer.json()["rule"]) == (status, rule), answer.text
    assert count(seeded) == 1


def test_an_update_is_guarded_where_it_is_made_before_the_parser_sees_it() -> None:
    copy = Copy(Store(), "made-up", Limits(), gated=False)
    tried = 0
    for text, cause in (
        ("CREATE GRAPH <http://e/g> ; LOAD <http://127.0.0.1:9/>", UpdateRefused),
        ("CREATE GRAPH <http://e/g> ; nonsense " + "(" * 100_000, QueryTooDeep),
        ("#" * (Limits().update_bytes + 1), QueryTooLong),
    ):
        with pytest.raises(cause):
            make(copy, Update(text))
        tried += 1
    assert tried == 3
    assert list(copy.store.named_graphs()) == []


@pytest.mark.parametrize("text", ["", "a\nb\r\n\x00{}", "\ud83d\ude00 é \U0001f600", '"\\ud83d"'])
def test_the_process_of_a_write_gets_the_very_text(text: str) -> None:
    write = Update(text, ("http://e/g",), ("http://e/h", "http://e/i"))
    packed = pack_write(write)
    assert HEAD.unpack(packed[: HEAD.size]) == (len(packed) - HEAD.size,)
    assert unpack_write(packed[HEAD.size :]) == (write, ())


def test_an_update_past_its_time_is_stopped_and_changes_nothing(token_file: str) -> None:
    limits = replace(Limits(), write_seconds=1)
    with TestClient(open_scratch(token_file, limits)) as client:
        rows = " ".join(f"<http://e/{number}> <http://e/p> {number} ." for number in range(300))
        assert update(client, f"INSERT DATA {{ {rows} }}").status_code == 200
        slow = update(client, ENDLESS)
        assert (slow.status_code, slow.json()["rule"], slow.json()["limit"]) == (503, "write_seconds", 1)
        assert count(client) == 300
        assert update(client, "DELETE WHERE { ?s ?p 7 }").json()["removed"] == 1


def test_an_update_past_its_memory_is_stopped_and_changes_nothing(token_file: str) -> None:
    limits = replace(Limits(), write_memory_bytes=64 * 1024 * 1024)
    with TestClient(open_scratch(token_file, limits)) as client:
        assert update(client, "INSERT DATA { <http://e/s> <http://e/p> 'x' }").status_code == 200
        doubled = " ".join(f"BIND(CONCAT(?t{n}, ?t{n}) AS ?t{n + 1})" for n in range(28))
        text = f"INSERT {{ ?s ?p ?t28 }} WHERE {{ ?s ?p ?t0 {doubled} }}"
        answer = update(client, text)
        assert answer.status_code in (400, 503)
        assert count(client) == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}],
)
def test_without_a_known_token_nothing_is_written_and_the_answer_says_what_is_needed(
    empty: TestClient, headers: dict[str, str]
) -> None:
    tries = [
        empty.post(
            "/update", content="CLEAR ALL", headers={**headers, "Content-Type": "application/sparql-update"}
        ),
        empty.put("/graphs?default", content="", headers={**headers, "Content-Type": "text/turtle"}),
        empty.post("/graphs", content="", headers={**headers, "Content-Type": "text/turtle"}),
        empty.delete("/graphs?default", headers=headers),
    ]
    for answer in tries:
        assert (answer.status_code, answer.json()["rule"]) == (401, "token")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert TOKEN not in answer.text


def test_writes_do_not_exist_where_no_token_is_configured() -> None:
    with TestClient(create_site(Settings(scratch=True, workers=1))) as client:
        assert client.post("/update", content="CLEAR ALL", headers=UPDATE).status_code == 404
        refused = client.put("/graphs?default", content="", headers=TURTLE)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert client.get("/graphs?default").status_code == 200
        assert "/update" not in client.get("/openapi.json").json()["paths"]


def test_update_takes_post_only(empty: TestClient) -> None:
    answer = empty.get("/update?update=CLEAR%20ALL")
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


def test_a_graph_is_put_read_extended_and_deleted(client: TestClient) -> None:
    address = "/graphs?graph=http%3A%2F%2Fe%2Fg"
    assert client.get(address).status_code == client.delete(address, headers=MAY).status_code == 404
    put = client.put(address, content="<s> <p> 1 .", headers=TURTLE)
    assert put.status_code == 201
    read = client.get(address, headers={"Accept": "application/n-triples"})
    assert read.text == '<http://e/s> <http://e/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
    assert read.headers["plangraph-revision"] == put.headers["plangraph-revision"]
    held = client.get(
        address, headers={"Accept": "application/n-triples", "If-None-Match": read.headers["etag"]}
    )
    assert held.status_code == 304
    assert client.post(address, content="<s> <p> 2 .", headers=TURTLE).status_code == 204
    assert count(client) == 2
    assert client.put(address, content="", headers=TURTLE).status_code == 204
    assert client.head(address).status_code == 200  # a graph may exist and be empty
    assert client.delete(address, headers=MAY).status_code == 204
    assert client.get(address).status_code == 404


def test_a_graph_has_an_address_of_its_own_and_a_new_one_is_given_one(client: TestClient) -> None:
    made = client.post("/graphs", content="<> <http://e/p> <s> .", headers=TURTLE)
    assert made.status_code == 201
    own = made.headers["location"]
    assert own.startswith("http://testserver/graphs/")
    assert client.get(own, headers={"Accept": "text/turtle"}).status_code == 200
    assert client.put("/graphs/mine/too", content="<> <http://e/p> 1 .", headers=TURTLE).status_code == 201
    query = "SELECT ?s { GRAPH <http://testserver/graphs/mine/too> { ?s ?p ?o } }"
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    assert answer.text.split() == ["s", "http://testserver/graphs/mine/too"]


@pytest.mark.parametrize(
    ("address", "content_type", "body", "status", "rule"),
    [
        ("/graphs?graph=nonsense", "text/turtle", "", 400, "parameter"),
        ("/graphs?graph=http://e/g&default", "text/turtle", "", 400, "parameter"),
        ("/graphs?graph=http://e/g&graph=http://e/h", "text/turtle", "", 400, "parameter"),
        ("/graphs/g?default", "text/turtle", "", 400, "parameter"),
        ("/graphs?default", "text/csv", "", 415, "content-type"),
        ("/graphs?default", "text/turtle", "<s> <p> .", 400, "syntax"),
        ("/graphs?default", "text/turtle", "<s> <p> " + "[ <p> " * 5_000, 400, "upload_depth"),
        ("/graphs?default", "application/ld+json", '{"@context": "http://e/"}', 400, "remote-context"),
        ("/graphs?default", "application/rdf+xml", "<!DOCTYPE x [<!ENTITY y 'z'>]><x/>", 400, "doctype"),
    ],
)  # fmt: skip
def test_a_body_or_address_that_will_not_do_is_refused_by_rule(
    empty: TestClient, address: str, content_type: str, body: str, status: int, rule: str
) -> None:
    answer = empty.put(address, content=body, headers={**MAY, "Content-Type": content_type})
    assert (answer.status_code, answer.json().get("rule")) == (status, rule), answer.text
    assert count(empty) == 0


def test_the_files_of_the_data_set_are_those_of_the_last_write(client: TestClient) -> None:
    update(client, "INSERT DATA { GRAPH <http://e/g> { <http://e/s> <http://e/p> 1 } }")
    first = client.get("/export/plangraph.nq")
    assert first.text.splitlines() == [
        '<http://e/s> <http://e/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <http://e/g> .'
    ]
    written = update(client, "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }")
    second = client.get("/export/plangraph.nq", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status_code, second.text) == (200, "")
    assert second.headers["plangraph-revision"] == written.headers["plangraph-revision"]


def test_what_was_written_is_there_when_the_holder_of_the_data_has_died(client: TestClient) -> None:
    for number in range(5):
        update(client, f"INSERT DATA {{ <http://e/s> <http://e/p> {number} }}")
    last = update(client, "DELETE DATA { <http://e/s> <http://e/p> 3 }").headers["plangraph-revision"]
    process = find_engine(client).parent.process
    assert process is not None
    process.kill()
    process.wait()
    assert count(client) == 4
    assert update(client, "INSERT DATA { <http://e/s> <http://e/p> 9 }").status_code == 200
    assert count(client) == 5
    assert find_engine(client).revision != last


def test_a_writer_that_somebody_kills_has_changed_nothing(token_file: str) -> None:
    limits = replace(Limits(), write_seconds=3)  # a fresh copy tries it again until then
    with TestClient(open_scratch(token_file, limits)) as client:
        rows = " ".join(f"<http://e/{number}> <http://e/p> {number} ." for number in range(300))
        update(client, f"INSERT DATA {{ {rows} }}")
        answers: list[httpx2.Response] = []
        thread = threading.Thread(target=lambda: answers.append(update(client, ENDLESS)))
        thread.start()
        holder = find_engine(client).parent.process
        assert holder is not None
        workers = {lane.worker.pid for lane in find_engine(client).dispatch.lanes}
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children")
        wait_until(lambda: bool(set(map(int, children.read_text().split())) - workers))
        for pid in set(map(int, children.read_text().split())) - workers:
            os.kill(pid, 9)
        thread.join()
        assert answers[0].status_code == 503
        assert count(client) == 300


def test_readers_never_see_half_of_a_write_nor_an_older_revision_than_they_saw(client: TestClient) -> None:
    ends = threading.Event()
    seen: list[tuple[str, int]] = []
    faults: list[str] = []

    def read() -> None:
        while not ends.is_set():
            answer = client.get("/sparql", params={"query": COUNT}, headers={"Accept": "text/csv"})
            if answer.status_code != 200:
                faults.append(answer.text)
            seen.append((answer.headers["plangraph-revision"], int(answer.text.split()[1])))

    update(client, "INSERT DATA { " + " ".join(f"<http://e/s> <http://e/p> {n} ." for n in range(10)) + " }")
    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    revisions = []
    for step in range(30):
        rows = " ".join(f"<http://e/s> <http://e/p> {step * 10 + n} ." for n in range(10))
        text = f"DELETE WHERE {{ ?s ?p ?o }} ; INSERT DATA {{ {rows} }}"
        revisions.append(update(client, text).headers["plangraph-revision"])
        assert client.get("/sparql?query=ASK%7B%7D").headers["plangraph-revision"] == revisions[-1]
    ends.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert len(seen) > 30
    assert {rows for _, rows in seen} == {10}
    assert len(set(revisions)) == 30


def test_a_fresh_process_takes_over_when_many_quads_were_replaced(token_file: str) -> None:
    limits = replace(Limits(), replaced_quads=200)
    with TestClient(open_scratch(token_file, limits)) as client:
        engine = find_engine(client)
        update(client, "CREATE GRAPH <http://e/empty> ; INSERT DATA { <http://e/kept> <http://e/p> 1 }")
        first = engine.parent.process
        step = 0
        while step < 30 or engine.writer.handovers < 2:  # only a write finds out that a fresh store is due
            assert step < 2_000
            rows = " ".join(f"<http://e/s> <http://e/p> {step * 50 + n} ." for n in range(50))
            body = client.put("/graphs?graph=http://e/g", content=rows, headers=TURTLE)
            assert body.status_code in (201, 204)
            assert count(client) == 51
            step += 1
        assert engine.parent.process is not first
        assert count(client) == 51
        assert client.get("/graphs?graph=http://e/empty").status_code == 200
        last = client.get("/graphs?graph=http://e/g", headers={"Accept": "application/n-triples"}).text
        assert f'"{(step - 1) * 50}"' in last
        wait_until(lambda: first is not None and first.poll() is not None)
        assert "plangraph_handovers_total" in client.get("/metrics").text


def test_too_many_writes_at_once_are_refused_and_none_is_lost(token_file: str) -> None:
    limits = replace(Limits(), writes_waiting=4)
    with TestClient(open_scratch(token_file, limits)) as client:
        answers: list[int] = []

        def write(number: int) -> None:
            answers.append(
                update(client, f"INSERT DATA {{ <http://e/s> <http://e/p> {number} }}").status_code
            )

        threads = [threading.Thread(target=write, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(answers) <= {200, 503}
        assert answers.count(200) >= 4
        assert count(client) == answers.count(200)
