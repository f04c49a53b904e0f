"""An engine in front of another server: what it asks, what it makes of the answers, what it refuses."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import Literal, NamedNode, Quad

from fake_sparql import NOTHING, OF_THE_TEST, TIMED_OUT, Fake, serve_fake
from folders import write_dated
from plangraph import holdings
from plangraph.build import Dataset, build
from plangraph.engine import QueryEngine
from plangraph.errors import (
    BadParameter,
    DataChanging,
    EngineStopped,
    QueryRefused,
    QuerySyntaxWrong,
    QueryTooDeep,
    QueryTooSlow,
    QueueFull,
    ResultTooLarge,
    ServerFailed,
)
from plangraph.publish import publish
from plangraph.published import RECORD, STATUS
from plangraph.remote import RemoteEngine
from plangraph.remote_graphs import GraphStore, Login
from plangraph.settings import Limits, Settings
from plangraph.web.site import create_site
from plangraph.worker import Query
from virtuoso import find_port

LIMITS = replace(Limits(), query_seconds=2, result_bytes=200_000, queue_length=1)
ROWS = "SELECT ?s WHERE { ?s a pg:Claim } ORDER BY ?s"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return build(write_dated(tmp_path_factory.mktemp("small") / "data"))


@pytest.fixture
def fake(small: Dataset) -> Iterator[Fake]:
    with serve_fake(Fake()) as server:
        send(server, small)
        server.forms.clear()
        yield server


@pytest.fixture
def engine(fake: Fake) -> Iterator[RemoteEngine]:
    found = make_engine(fake)
    found.start()
    yield found
    found.stop()


Pair = tuple[Fake, RemoteEngine]


@pytest.fixture(scope="module")
def lasting(small: Dataset) -> Iterator[Pair]:
    """A server and the engine in front of it, for tests that leave the data and its record as they are."""
    with serve_fake(Fake()) as server:
        send(server, small)
        found = make_engine(server)
        found.start()
        yield server, found
        found.stop()


@pytest.fixture
def calm(lasting: Pair) -> Pair:
    """The same, with the manners that a server has before a test gives it others."""
    server, _ = lasting
    server.forms.clear()
    server.prescribed, server.asks_as_rows, server.delay_seconds = None, False, 0
    return lasting


def send(fake: Fake, dataset: Dataset, *, snapshot: bool = True) -> None:
    with GraphStore(fake.url, Login(), fake.store_url) as store:
        publish(dataset, store, snapshot=snapshot)


def make_engine(fake: Fake, **settings: Any) -> RemoteEngine:
    return RemoteEngine(fake.url, Settings(workers=2, limits=LIMITS, **settings))


def prescribe(fake: Fake, status: int, headers: dict[str, str], body: bytes) -> str:
    """Let the server answer so; the query that gets it."""
    fake.prescribed = (status, headers, body)
    return f"SELECT ?n WHERE {{ ?s ?p ?n }} {OF_THE_TEST}"


def test_both_kinds_of_engines_are_engines(calm: Pair) -> None:
    _, engine = calm
    asked: QueryEngine = engine
    assert asked.started
    engine.start()
    assert engine.revision == engine.revision


def test_rows_come_in_the_format_asked_for(calm: Pair, small: Dataset) -> None:
    _, engine = calm
    answer = engine.run_now(Query(ROWS, "text/csv"))
    assert (answer.kind, answer.format.name, answer.revision) == ("rows", "csv", small.revision)
    assert answer.body.split()[0] == b"s"
    assert len(answer.body.split()) == 8
    answer = engine.run_now(Query("ASK { ?s a pg:Claim }", "application/sparql-results+xml"))
    assert b"<boolean>true</boolean>" in answer.body
    answer = engine.run_now(Query("CONSTRUCT WHERE { ?s a pg:Claim }", "application/ld+json"))
    assert (answer.kind, answer.format.name) == ("graph", "jsonld")


def test_an_ask_that_is_answered_in_rows_is_understood(calm: Pair) -> None:
    fake, engine = calm
    fake.asks_as_rows = True
    for text, truth in (("ASK { ?s a pg:Claim }", b"true"), ("ASK { ?s a pg:Plane }", b"false")):
        assert engine.run_now(Query(text, "text/csv")).body == truth


def test_the_default_graph_is_the_snapshot_and_named_graphs_go_along_only_where_they_are_asked(
    calm: Pair, small: Dataset
) -> None:
    fake, engine = calm
    engine.run_now(Query(f"{ROWS} {OF_THE_TEST}"))
    (form,) = [entry for entry in fake.forms if OF_THE_TEST in entry["query"][0]]
    assert form["default-graph-uri"] == [f"https://w3id.org/plangraph/graph/snapshot/{small.revision}"]
    assert "named-graph-uri" not in form
    assert form["timeout"] == ["3000"]  # a second longer than the answer is waited for
    answer = engine.run_now(Query("SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }", "text/csv"))
    assert answer.body.split() == [b"n", str(len(small.quads)).encode()]


def test_a_request_and_a_text_may_choose_their_graphs(calm: Pair) -> None:
    _, engine = calm
    home = "https://w3id.org/plangraph/graph/document/early"
    count = "SELECT (COUNT(*) AS ?n) {} WHERE {{ ?s a pg:Claim }}"
    for query in (
        Query(count.format(f"FROM <{home}>"), "text/csv"),
        Query(count.format(""), "text/csv", default_graph_uris=(home,)),
    ):
        assert engine.run_now(query).body.split() == [b"n", b"1"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT * WHERE {", QuerySyntaxWrong),
        ("SELECT * WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", QueryRefused),
        ("SELECT (<urn:f>(1) AS ?x) {}", QueryRefused),
        ("SELECT * { ?s <bif:contains> ?o }", QueryRefused),
        ("SELECT * " + "{" * 50 + "}" * 50, QueryTooDeep),
        ('DEFINE input:same-as "yes" SELECT * { ?s ?p ?o }', QuerySyntaxWrong),
        ("DROP ALL", QueryRefused),
    ],
)
def test_what_is_refused_here_never_reaches_the_server(calm: Pair, text: str, error: type[Exception]) -> None:
    fake, engine = calm
    with pytest.raises(error):
        engine.run_now(Query(text))
    assert not any(text in form["query"][0] for form in fake.forms)


@pytest.mark.parametrize(
    ("status", "headers", "body", "error"),
    [
        (200, TIMED_OUT, NOTHING, QueryTooSlow),
        (500, {}, b"Virtuoso S1T00 Error SR171: Transaction timed out", QueryTooSlow),
        (200, {"X-SPARQL-MaxRows": "10000"}, NOTHING, ServerFailed),
        (200, {}, b"<html>", ServerFailed),
        (200, {}, NOTHING[:-3], ServerFailed),
        (200, {}, b"[]", ServerFailed),
        (400, {}, b"Virtuoso 37000 Error SP031: SPARQL compiler", QueryRefused),
        (503, {}, b"", ServerFailed),
        (200, {}, NOTHING.ljust(300_000), ResultTooLarge),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error_and_never_an_empty_result(
    calm: Pair,
    status: int,
    headers: dict[str, str],
    body: bytes,
    error: type[Exception],
) -> None:
    fake, engine = calm
    text = prescribe(fake, status, headers, body)
    with pytest.raises(error):
        engine.run_now(Query(text))


def test_a_result_that_grows_past_the_limit_in_the_format_asked_for_is_refused(calm: Pair) -> None:
    fake, engine = calm
    row = '{"n":{"type":"literal","value":"' + "x" * 50 + '"}}'
    rows = ",".join([row] * 2_000)
    body = f'{{"head":{{"vars":["n"]}},"results":{{"bindings":[{rows}]}}}}'.encode()
    assert len(body) < LIMITS.result_bytes
    with pytest.raises(ResultTooLarge):
        engine.run_now(Query(prescribe(fake, 200, {}, body), "application/sparql-results+xml"))


def test_a_server_that_does_not_answer_in_time_is_left(calm: Pair) -> None:
    fake, engine = calm
    fake.delay_seconds = 4
    begin = time.monotonic()
    with pytest.raises(QueryTooSlow):
        engine.run_now(Query(f"{ROWS} {OF_THE_TEST}"))
    assert time.monotonic() - begin < 3


def test_more_queries_than_may_wait_are_refused(calm: Pair) -> None:
    fake, engine = calm
    fake.delay_seconds = 1
    query = Query(f"{ROWS} {OF_THE_TEST}")

    async def crowd() -> list[Any]:
        try:
            return await asyncio.gather(*(engine.run(query) for _ in range(5)), return_exceptions=True)
        finally:
            await engine.hang_up()

    assert engine.runner is not None
    refused = [entry for entry in engine.runner.run(crowd()) if isinstance(entry, QueueFull)]
    assert len(refused) == 2
    assert engine.running == 0


def mark_publishing(fake: Fake, status: str) -> None:
    for quad in fake.store.quads_for_pattern(RECORD, STATUS, None, RECORD):
        fake.store.remove(quad)
    fake.store.add(Quad(RECORD, STATUS, Literal(status), RECORD))


def test_while_graphs_are_replaced_the_snapshot_answers_and_the_graphs_do_not(
    fake: Fake, engine: RemoteEngine
) -> None:
    mark_publishing(fake, "publishing")
    engine.refresh()
    assert len(engine.run_now(Query(ROWS, "text/csv")).body.split()) == 8
    with pytest.raises(DataChanging):
        engine.run_now(Query("SELECT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"))
    mark_publishing(fake, "published")
    engine.refresh()
    engine.run_now(Query("SELECT ?g WHERE { GRAPH ?g { ?s a pg:Claim } }"))


def test_graphs_that_change_under_a_query_make_it_an_error(fake: Fake, engine: RemoteEngine) -> None:
    mark_publishing(fake, "publishing")  # which the engine has not heard of
    with pytest.raises(DataChanging, match="meanwhile"):
        engine.run_now(Query("SELECT ?g WHERE { GRAPH ?g { ?s a pg:Claim } }"))


def test_without_a_snapshot_the_default_graph_is_the_union_of_all_graphs(fake: Fake, small: Dataset) -> None:
    send(fake, small, snapshot=False)
    engine = make_engine(fake)
    engine.start()
    try:
        answer = engine.run_now(Query("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", "text/csv"))
        assert int(answer.body.split()[1]) == len({quad.triple for quad in small.quads})
    finally:
        engine.stop()


def test_nothing_of_a_server_is_held_that_it_may_have_lost(calm: Pair) -> None:
    _, engine = calm
    query = Query(ROWS, "text/csv")
    engine.memo.keep(query, engine.run_now(query))
    assert engine.memo.find(query, engine.revision) is None


def test_a_new_revision_is_noticed_without_a_query(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "REFRESH_SECONDS", 0.1)
    engine = make_engine(fake)
    engine.start()
    try:
        before = engine.revision
        changed = build(write_dated(tmp_path / "data", {"early", "later"}))
        send(fake, changed)
        deadline = time.monotonic() + 5
        while engine.revision == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert engine.revision == changed.revision
        assert len(engine.run_now(Query(ROWS, "text/csv")).body.split()) == 3
    finally:
        engine.stop()


def test_a_server_that_nothing_was_published_on_is_refused() -> None:
    with serve_fake(Fake()) as fake:
        fake.store.add(Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal("x"), NamedNode("urn:g")))
        with pytest.raises(ServerFailed, match="plangraph publish"):
            make_engine(fake).start()


def test_a_server_that_cuts_rows_is_refused_at_the_start_whether_it_says_so_or_not(fake: Fake) -> None:
    fake.row_cap = 10_000
    with pytest.raises(ServerFailed, match="10,000 of 11,000") as caught:
        make_engine(fake).start()
    assert caught.value.broken_rule == "row-cap"


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    engine = RemoteEngine(f"http://127.0.0.1:{find_port()}/sparql", Settings())
    with pytest.raises(EngineStopped, match="does not answer"):
        engine.start()
    with pytest.raises(EngineStopped, match="not been started"):
        assert engine.revision


def test_a_query_of_the_server_is_counted_while_it_runs_and_is_cancelled_by_its_id(calm: Pair) -> None:
    fake, _ = calm
    fake.delay_seconds = 1.5
    answers: list[Any] = []
    with TestClient(create_site(Settings(data=f"sparql+{fake.url}", limits=LIMITS))) as client:

        def ask() -> None:
            sent = {"query": f"{ROWS} {OF_THE_TEST}"}
            answers.append(client.post("/sparql", data=sent, headers={"X-Request-Id": "mine"}))

        def count() -> list[str]:
            figures = client.get("/metrics").text.splitlines()
            return [line for line in figures if line.startswith("plangraph_queries_elsewhere")]

        assert count() == ["plangraph_queries_elsewhere 0.0"]
        thread = threading.Thread(target=ask)
        thread.start()
        while count() != ["plangraph_queries_elsewhere 1.0"]:
            assert thread.is_alive()
            time.sleep(0.01)
        assert client.delete("/queries/mine").status_code == 204
        thread.join()
        assert (answers[0].status_code, answers[0].json()["rule"]) == (503, "cancelled")
        deadline = time.monotonic() + 5
        while count() != ["plangraph_queries_elsewhere 0.0"]:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_strict_default_graph_and_an_empty_data_set_are_refused_by_name(calm: Pair) -> None:
    fake, _ = calm
    with pytest.raises(BadParameter, match="strict"):
        make_engine(fake, default_graph="strict")
    with pytest.raises(BadParameter, match="empty data set"):
        make_engine(fake, scratch=True)


def test_the_service_gives_a_problem_document_for_what_the_server_does(fake: Fake) -> None:
    site = create_site(Settings(data=f"sparql+{fake.url}", limits=LIMITS))
    with TestClient(site) as client:
        text = prescribe(fake, 200, TIMED_OUT, NOTHING)
        problem = client.post("/sparql", data={"query": text})
        assert (problem.status_code, problem.json()["rule"]) == (503, "query_seconds")
        assert problem.headers["content-type"] == "application/problem+json"
        text = prescribe(fake, 500, {}, b"out of disk")
        problem = client.post("/sparql", data={"query": text})
        assert (problem.status_code, problem.json()["rule"]) == (502, "external-server")
        assert client.get("/healthz").status_code == 200
        mark_publishing(fake, "publishing")
        problem = client.get("/graph/registry")
        assert (problem.status_code, problem.json()["rule"]) == (503, "publishing")
        assert client.get("/api/v1/claims").json()["total"] == 7
