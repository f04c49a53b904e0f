"""What every request passes first: held answers, ids, cancelling, figures, clients that take their time."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from plangraph.settings import MIB, Limits, Settings
from plangraph.web.app import create_app
from plangraph.web.cache import ENTRY_BYTES, Cache, Key
from plangraph.worker import Engine
from services import ENDLESS, HASTY, make_app, make_engine

ASK = "/sparql?query=ASK%7B%7D"
LIMITS = replace(Limits(), body_seconds=1, send_seconds=1)
TAGGED = ((b"etag", b'W/"t"'), (b"content-type", b"text/plain"))


def name_key(name: str) -> Key:
    return (name, b"", b"", False, b"")


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(make_app(Limits())) as opened:
        yield opened


@pytest.fixture(scope="module")
def lasting() -> Iterator[TestClient]:
    """One service for tests that count nothing; each asks what no other does, so nothing is held at first."""
    with TestClient(make_app(Limits())) as opened:
        yield opened


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Engine, str]]:
    """A real server on a port of its own."""
    engine = make_engine(LIMITS)
    app = create_app(engine, engine.settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        for _ in range(500):
            if engine.started:
                break
            time.sleep(0.01)
        yield engine, f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def count(client: TestClient, name: str) -> float:
    """A figure of ``/metrics``, summed over its labels."""
    lines = client.get("/metrics").text.splitlines()
    found = [float(line.split()[-1]) for line in lines if line.startswith((name + " ", name + "{"))]
    assert found, name
    return sum(found)


def test_an_answer_is_held_and_given_again_byte_for_byte(client: TestClient) -> None:
    first, second = client.get(ASK), client.get(ASK)
    assert first.content == second.content
    without = [{**response.headers, "x-request-id": ""} for response in (first, second)]
    assert without[0] == without[1]
    assert count(client, "plangraph_cache_hits_total") == 1
    assert count(client, "plangraph_queries_total") == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/csv"},
        {"Accept-Encoding": "gzip"},
        {"Host": "elsewhere.example"},
        {"Authorization": "Bearer x"},
    ],
)
def test_an_answer_is_given_again_only_to_the_same_wish(client: TestClient, headers: dict[str, str]) -> None:
    plain = {"Accept": "*/*", "Accept-Encoding": "identity"}
    client.get(ASK, headers=plain)
    client.get(ASK, headers=plain | headers)
    assert count(client, "plangraph_cache_hits_total") == 0


def test_pages_of_other_sites_may_read_every_answer(client: TestClient) -> None:
    seen = [client.get(address) for address in (ASK, ASK, "/limits", "/no/such/place", "/sparql?query=no")]
    assert {answer.headers["access-control-allow-origin"] for answer in seen} == {"*"}
    assert "Plangraph-Revision" in seen[0].headers["access-control-expose-headers"]
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "QUERY",
             "Access-Control-Request-Headers": "content-type"}  # fmt: skip
    preflight = client.options("/sparql", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"] == "content-type"
    assert "QUERY" in preflight.headers["access-control-allow-methods"]


def test_what_a_client_holds_is_not_sent_again_from_the_cache_either(client: TestClient) -> None:
    first = client.get(ASK)
    held = client.get(ASK, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (held.status_code, held.content) == (304, b"")
    for name in ("etag", "vary", "cache-control", "plangraph-revision"):
        assert held.headers[name] == first.headers[name]
    assert "content-length" not in held.headers
    assert count(client, "plangraph_cache_hits_total") == 1
    assert client.get(ASK, headers={"If-None-Match": '"other"'}).status_code == 200


def test_answers_that_change_or_fail_are_not_held(client: TestClient) -> None:
    for address in (
        "/sparql?query=SELECT%20(NOW()%20AS%20%3Fx)%20%7B%7D",
        "/sparql?query=nonsense",
        "/healthz",
    ):
        for _ in range(2):
            client.get(address)
    assert count(client, "plangraph_cache_entries") == 0
    assert count(client, "plangraph_cache_hits_total") == 0


@pytest.mark.parametrize("address", [ASK, "/api/v1/plans", "/limits", "/", "/export/plangraph.sha256"])
def test_head_says_what_get_says_without_a_body(lasting: TestClient, address: str) -> None:
    for _ in range(2):
        asked, head = lasting.get(address), lasting.head(address)
        assert head.content == b""
        assert head.status_code == asked.status_code
        assert {**head.headers, "x-request-id": ""} == {**asked.headers, "x-request-id": ""}


def test_a_cache_holds_so_many_bytes_and_forgets_the_one_used_longest_ago() -> None:
    cache, body = Cache(10 * (ENTRY_BYTES + 100)), b"x" * 100
    for name in "abcdefghij":
        cache.keep(name_key(name), "r", TAGGED, body)
    assert cache.find(name_key("a"), "r") is not None
    cache.keep(name_key("k"), "r", TAGGED, body)
    assert cache.find(name_key("b"), "r") is None
    assert cache.find(name_key("a"), "r") is not None
    assert cache.bytes == 10 * (ENTRY_BYTES + 100)
    cache.keep(name_key("a"), "r", TAGGED, body + b"y")
    assert cache.bytes == 9 * (ENTRY_BYTES + 100) + ENTRY_BYTES + 101 - (ENTRY_BYTES + 100) * (
        len(cache.held) == 9
    )


def test_a_cache_holds_nothing_large_unnamed_or_of_another_revision() -> None:
    cache = Cache(80_000)
    cache.keep(name_key("large"), "r", TAGGED, b"x" * 9_000)
    cache.keep(name_key("unnamed"), "r", TAGGED[1:], b"x")
    cache.keep(name_key("private"), "r", (*TAGGED, (b"cache-control", b"no-store")), b"x")
    assert cache.bytes == len(cache.held) == 0
    cache.keep(name_key("old"), "r", TAGGED, b"x")
    assert cache.find(name_key("old"), "s") is None
    cache.keep(name_key("new"), "s", TAGGED, b"x")
    assert list(cache.held) == [name_key("new")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("my-id.1~2_3", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("", False)],
)
def test_a_request_has_the_id_that_its_client_chose_if_it_is_one(
    lasting: TestClient, given: str, kept: bool
) -> None:
    address = f"{ASK}%23{len(given)}"  # with a comment that makes it another query
    found = lasting.get(address, headers={"X-Request-Id": given}).headers["x-request-id"]
    assert (found == given) is kept
    assert found


def test_a_query_is_cancelled_by_the_id_of_its_request(served: tuple[Engine, str]) -> None:
    engine, base = served
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(
            httpx.get(
                f"{base}/sparql", params={"query": ENDLESS}, headers={"X-Request-Id": "mine"}, timeout=20
            )
        )

    assert httpx.delete(f"{base}/queries/mine").status_code == 404
    thread = threading.Thread(target=ask)
    begun = time.perf_counter()
    thread.start()
    while httpx.delete(f"{base}/queries/mine").status_code != 204:
        time.sleep(0.01)
    thread.join()
    assert time.perf_counter() - begun < 5  # half of what the query would run
    problem = answers[0].json()
    assert (answers[0].status_code, problem["rule"]) == (503, "cancelled")
    assert engine.dispatch.counts.kills >= 1


def test_a_body_that_drips_is_not_waited_for(served: tuple[Engine, str]) -> None:
    _, base = served
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as slow:
        head = (
            "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 99"
        )
        slow.sendall(f"{head}\r\n\r\nASK".encode())
        answer = slow.recv(65_536)
        while b"}" not in answer and (more := slow.recv(65_536)):  # head and body may come apart
            answer += more
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"rule": "body_seconds"' in answer


def test_a_client_that_does_not_take_its_answer_is_hung_up_on(served: tuple[Engine, str]) -> None:
    engine, base = served
    host, port = base.removeprefix("http://").split(":")
    query = "SELECT * { ?s ?p ?o } LIMIT 60000"
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.settimeout(10)
        slow.connect((host, int(port)))
        slow.sendall(f"GET /sparql?{urlencode({'query': query})} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert slow.recv(64).startswith(b"HTTP/1.1 200")
        time.sleep(2)  # twice what it may take
        taken = 0
        while part := slow.recv(1 << 20):
            taken += len(part)
    whole = len(httpx.get(f"{base}/sparql", params={"query": query}, timeout=20).content)
    assert taken < whole > MIB
    assert engine.started


def test_large_answers_on_their_way_are_bounded_together() -> None:
    limits = replace(Limits(), sending_bytes=MIB)
    with TestClient(make_app(limits)) as client:
        plain = {"Accept-Encoding": "identity"}
        answer = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o } LIMIT 60000"}, headers=plain)
        assert (answer.status_code, answer.json()["rule"]) == (503, "sending_bytes")
        assert client.get(ASK).status_code == 200


def test_a_body_is_compressed_in_the_worker_and_reads_as_the_plain_one(client: TestClient) -> None:
    address = "/sparql?query=SELECT%20%2A%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20LIMIT%20500"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    for accepted in ("gzip", "br, gzip;q=0.5"):
        packed = client.get(address, headers={"Accept-Encoding": accepted})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(plain.content) // 3
        assert packed.content == plain.content
        assert packed.headers["etag"] == plain.headers["etag"]
    assert "content-encoding" not in client.get(address, headers={"Accept-Encoding": "gzip;q=0"}).headers
    assert "Accept-Encoding" in plain.headers["vary"]


def test_figures_say_what_became_of_queries() -> None:
    with TestClient(make_app(HASTY)) as client:
        client.get(ASK)
        client.get("/sparql?query=nonsense")
        client.get("/sparql", params={"query": ENDLESS})
        client.get("/no/such/place")
        text = client.get("/metrics").text
    for line in (
        'plangraph_queries_total{outcome="answered"} 1.0',
        'plangraph_queries_total{outcome="QueryTooSlow"} 1.0',
        'plangraph_requests_total{method="GET",place="sparql",status="400"} 1.0',
        'plangraph_requests_total{method="GET",place="other",status="404"} 1.0',
        "plangraph_worker_kills_total 1.0",
        "plangraph_queries_waiting 0.0",
        "plangraph_workers 2.0",
    ):
        assert line in text, line


@pytest.mark.parametrize(("chosen", "lines"), [("all", 3), ("notable", 1), ("none", 0)])
def test_the_log_has_a_line_of_json_for_what_is_chosen(
    chosen: str, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine(HASTY)
    settings = Settings(limits=HASTY, log=chosen)  # type: ignore[arg-type]
    with (
        caplog.at_level(logging.INFO, "plangraph.requests"),
        TestClient(create_app(engine, settings)) as client,
    ):
        client.get(ASK)
        client.get(ASK)
        client.get("/sparql", params={"query": ENDLESS}, headers={"X-Request-Id": "slow-one"})
    written = [json.loads(record.message) for record in caplog.records if record.name == "plangraph.requests"]
    assert len(written) == lines
    if written:
        last = written[-1]
        assert (last["request"], last["status"], last["path"]) == ("slow-one", 503, "/sparql")
        assert last["ms"] >= 900 * HASTY.query_seconds
        assert ENDLESS not in caplog.text
