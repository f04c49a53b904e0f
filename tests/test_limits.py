"""Each limit is crossed by a test: a table says by which; what is crossed nowhere else is crossed here."""

from __future__ import annotations

import ast
import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from fastapi.testclient import TestClient

from folders import write_dated
from plangraph.errors import PlangraphError, QueryGivenUp, QueueFull
from plangraph.evaluation import Answer
from plangraph.hosting import create_protocol
from plangraph.lane import DEPTH
from plangraph.settings import MIB, Limits, Settings
from plangraph.web.app import create_app
from plangraph.web.problems import describe_problem
from plangraph.web.site import create_site
from plangraph.worker import Query
from plangraph.write_errors import WritesWaiting
from plangraph.writes import Update
from services import make_engine

TESTS: Final = Path(__file__).parent
TOKEN: Final = "a-token-for-these-tests"
COUNT: Final = "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
UPDATE: Final = "application/sparql-update"
FORM: Final = "multipart/form-data; boundary=x"
TURTLE: Final = "text/turtle"
JSONLD: Final = "application/ld+json"
TRIPLE: Final = "<http://e/s> <http://e/p> {} ."
STATEMENT: Final = "INSERT DATA { <http://e/s> <http://e/p> 1 }"
PART: Final = f"--x\r\nContent-Type: text/turtle\r\n\r\n{TRIPLE.format(1)}\r\n"
CONTEXT: Final = '{"@context": {}, "@id": "http://e/s", "http://e/p": 1}'

DOUBLED: Final = " ".join(f"BIND(CONCAT(?t{n}, ?t{n}) AS ?t{n + 1})" for n in range(28))
"""From one letter to a text of 256 MiB, in no time."""

GROWING: Final = "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?a ?p ?c ?d { ?a ?p ?b . ?c ?q ?d } }"
"""A query that holds more the longer it runs, and would run for hours."""

CROSSED: Final = {
    "query_seconds": "test_worker.py::test_a_query_past_its_deadline_is_killed_and_the_next_one_is_answered",
    "result_bytes": "test_worker.py::test_a_result_over_the_cap_is_refused_whole",
    "query_bytes": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "query_bytes_get": "test_protocol.py::test_a_wrong_request_is_refused_by_status_and_rule",
    "update_bytes": "test_limits.py::test_a_write_up_to_a_limit_is_made_and_one_past_it_is_refused_by_name",
    "update_compare_quads": "test_update.py::test_what_is_too_much_to_compare_is_refused_with_the_figure",
    "body_bytes": "test_protocol.py::test_a_body_that_is_too_long_is_refused_even_when_it_comes_in_chunks",
    "upload_depth": "test_uploads.py::test_what_nests_to_the_limit_is_read_and_what_nests_deeper_is_refused",
    "upload_contexts": "test_uploads.py::test_too_many_contexts_are_refused",
    "upload_files": "test_limits.py::test_a_write_up_to_a_limit_is_made_and_one_past_it_is_refused_by_name",
    "findings_told": "test_gate.py::test_only_so_many_findings_are_told_and_all_are_counted",
    "bracket_depth": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "paren_depth": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "branch_words": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "logic_operators": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "negation_run": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "quoted_depth": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "iri_brackets": "test_guard.py::test_a_text_past_a_limit_is_refused_by_rule",
    "worker_memory_bytes": "test_limits.py::test_a_query_past_its_memory_is_refused_by_name",
    "queue_length": "test_limits.py::test_a_query_that_finds_the_queue_full_is_refused_by_name",
    "costly_queries": (
        "test_lanes.py::test_past_the_limit_of_costly_queries_one_of_the_greediest_client_is_given_up"
    ),
    "costly_memory_bytes": "test_limits.py::test_a_costly_query_is_given_up_when_all_hold_too_much_memory",
    "write_seconds": "test_writes.py::test_an_update_past_its_time_is_stopped_and_changes_nothing",
    "write_memory_bytes": "test_limits.py::test_a_write_past_its_memory_is_refused_by_name",
    "writes_waiting": "test_limits.py::test_as_many_writes_wait_as_may_and_the_next_is_refused_by_name",
    "replaced_quads": "test_writes.py::test_a_fresh_process_takes_over_when_many_quads_were_replaced",
    "head_seconds": "test_limits.py::test_a_client_whose_head_does_not_arrive_is_hung_up_on",
    "body_seconds": "test_front.py::test_a_body_that_drips_is_not_waited_for",
    "send_seconds": "test_front.py::test_a_client_that_does_not_take_its_answer_is_hung_up_on",
    "sending_bytes": "test_front.py::test_large_answers_on_their_way_are_bounded_together",
    "cache_bytes": "test_limits.py::test_the_service_holds_answers_up_to_the_limit_and_forgets_the_first",
    "answers_bytes": "test_memo.py::test_the_service_holds_answers_to_its_own_queries_up_to_the_limit",
    "pins": "test_editions.py::test_the_edition_used_longest_ago_ends_when_another_is_wanted",
    "pin_seconds": "test_as_of.py::test_who_cannot_wait_is_told_to_come_again",
    "page_items": "test_limits.py::test_a_page_has_as_many_items_as_the_limits_say",
    "found_items": "test_search.py::test_words_that_are_found_in_too_many_items_are_refused_with_the_figure",
    "page_items_most": "test_limits.py::test_a_page_has_as_many_items_as_the_limits_say",
}
"""The test that crosses each limit."""


def test_every_limit_is_crossed_by_a_test_that_exists() -> None:
    assert list(CROSSED) == [row["name"] for row in Limits().table()]
    assert len(CROSSED) == len(fields(Limits)) > 30
    names: dict[str, set[str]] = {}
    for place in CROSSED.values():
        file, _, test = place.partition("::")
        if file not in names:
            tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
            names[file] = {entry.name for entry in tree.body if isinstance(entry, ast.FunctionDef)}
        assert test in names[file], place
    assert len(names) > 5


@contextmanager
def open_scratch(folder: Path, **limits: int) -> Iterator[TestClient]:
    """A service on an empty data set that may be written, with these limits."""
    tokens = folder / "tokens"
    tokens.write_text(TOKEN, encoding="utf-8")
    settings = Settings(scratch=True, workers=1, token_file=str(tokens), limits=replace(Limits(), **limits))
    with TestClient(create_site(settings), headers={"Authorization": f"Bearer {TOKEN}"}) as opened:
        yield opened


def send(client: TestClient, content_type: str, body: str) -> dict[str, Any]:
    """What is said of an update or of an upload, with the status."""
    address = "/update" if content_type == UPDATE else "/graphs?default"
    answer = client.post(address, content=body, headers={"Content-Type": content_type})
    return {"status": answer.status_code, **(answer.json() if answer.content else {})}


def count(client: TestClient) -> int:
    answer = client.get("/sparql", params={"query": COUNT}, headers={"Accept": "text/csv"})
    return int(answer.text.split()[1])


WRITES: Final = {
    "update_bytes": (80, UPDATE, STATEMENT.ljust(80), STATEMENT.ljust(81), 413),
    "update_compare_quads": (2, UPDATE, STATEMENT.replace(" 1", " 1, 2"), STATEMENT.replace(" 1", " 3"), 400),
    "body_bytes": (80, TURTLE, TRIPLE.format(1).ljust(80), TRIPLE.format(1).ljust(81), 413),
    "upload_depth": (2, TURTLE, TRIPLE.format("((1))"), TRIPLE.format("(((1)))"), 400),
    "upload_contexts": (1, JSONLD, f"[{CONTEXT}]", f"[{CONTEXT}, {CONTEXT}]", 400),
    "upload_files": (2, FORM, PART * 2 + "--x--\r\n", PART * 3 + "--x--\r\n", 400),
    "bracket_depth": (3, UPDATE, STATEMENT.replace("1", "((1))"), STATEMENT.replace("1", "(((1)))"), 400),
    "paren_depth": (2, UPDATE, STATEMENT.replace("1", "((1))"), STATEMENT.replace("1", "(((1)))"), 400),
}
"""Of each limit: a figure, a kind of body, one that keeps to it, one that does not, the status of that."""


@pytest.mark.parametrize("name", WRITES)
def test_a_write_up_to_a_limit_is_made_and_one_past_it_is_refused_by_name(name: str, tmp_path: Path) -> None:
    figure, content_type, within, past, status = WRITES[name]
    with open_scratch(tmp_path, **{name: figure}) as client:
        assert send(client, content_type, within)["status"] in (200, 204)
        before = count(client)
        refused = send(client, content_type, past)
        assert (refused["status"], refused.get("rule"), refused.get("limit")) == (status, name, figure)
        assert count(client) == before > 0


def test_there_are_as_many_writes_as_were_written() -> None:
    assert len(WRITES) == 8


def test_a_refused_update_names_the_place_though_another_process_refuses_it(tmp_path: Path) -> None:
    with open_scratch(tmp_path, paren_depth=1) as client:
        refused = send(client, UPDATE, "INSERT DATA {\n <http://e/s> <http://e/p> ((1)) }")
    assert (refused["line"], refused["column"], refused["title"]) == (2, 29, "The query nests too deep")
    assert refused["type"].endswith("/query-too-deep")


def test_a_query_past_its_memory_is_refused_by_name(tmp_path: Path) -> None:
    with open_scratch(tmp_path, worker_memory_bytes=64 * MIB, query_seconds=60) as client:
        query = f"SELECT (STRLEN(?t28) AS ?n) {{ BIND('x' AS ?t0) {DOUBLED} }}"
        refused = client.get("/sparql", params={"query": query})
        problem = refused.json()
        assert (refused.status_code, problem["rule"]) == (503, "worker_memory_bytes")
        assert problem["limit"] == 64 * MIB
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200


def test_a_write_past_its_memory_is_refused_by_name(tmp_path: Path) -> None:
    with open_scratch(tmp_path, write_memory_bytes=64 * MIB, write_seconds=60) as client:
        send(client, UPDATE, "INSERT DATA { <http://e/s> <http://e/p> 'x' }")
        refused = send(client, UPDATE, f"INSERT {{ ?s ?p ?t28 }} WHERE {{ ?s ?p ?t0 {DOUBLED} }}")
        assert (refused["status"], refused["rule"]) == (503, "write_memory_bytes")
        assert refused["limit"] == 64 * MIB
        assert count(client) == 1


def test_a_query_that_finds_the_queue_full_is_refused_by_name() -> None:
    limits = replace(Limits(), queue_length=3)

    async def ask() -> tuple[list[Answer], BaseException | None]:
        engine.dispatch.lanes.fast[0].is_quick = True  # so that it is sent many
        jobs = [engine.begin(Query("ASK {}")) for _ in range(DEPTH + 4)]
        *others, last = [job.answered for job in jobs]
        return await asyncio.gather(*others), last.exception()

    with make_engine(limits, workers=1, quads=b"") as engine:
        assert engine.runner is not None
        answers, error = engine.runner.run(ask())
    assert {answer.kind for answer in answers} == {"boolean"}
    assert isinstance(error, QueueFull)
    problem = describe_problem(error, limits)
    assert (problem["status"], problem["rule"], problem["limit"]) == (503, "queue_length", 3)


def test_a_query_that_waited_its_whole_time_is_refused_by_the_name_of_that_time() -> None:
    limits = replace(Limits(), query_seconds=0)

    async def ask() -> list[Answer | BaseException]:
        jobs = [engine.begin(Query("ASK {}")) for _ in range(DEPTH + 1)]
        engine.dispatch.sweep()
        return await asyncio.gather(*(job.answered for job in jobs), return_exceptions=True)

    with make_engine(limits, workers=1, quads=b"") as engine:
        assert engine.runner is not None
        *_, error = engine.runner.run(ask())
    assert isinstance(error, QueueFull)
    assert (error.broken_rule, error.limit) == ("query_seconds", 0)


def test_a_costly_query_is_given_up_when_all_hold_too_much_memory() -> None:
    limits = replace(Limits(), costly_memory_bytes=8 * MIB, query_seconds=60)
    with make_engine(limits, workers=1) as engine:
        with pytest.raises(QueryGivenUp) as caught:
            engine.run_now(Query(GROWING))
        assert engine.run_now(Query("ASK {}")).kind == "boolean"
    problem = describe_problem(caught.value, limits)
    assert (problem["rule"], problem["limit"]) == ("costly_memory_bytes", 8 * MIB)


def test_as_many_writes_wait_as_may_and_the_next_is_refused_by_name() -> None:
    limits = replace(Limits(), writes_waiting=2)

    async def write() -> list[BaseException]:
        first = asyncio.create_task(engine.write(Update(STATEMENT)))
        while not first.done() and (not engine.writer.running or engine.writer.queue):
            await asyncio.sleep(0)
        wishes = [engine.write(Update(STATEMENT)) for _ in range(3)]  # one is made, two wait
        ends = await asyncio.gather(first, *wishes, return_exceptions=True)
        return [end for end in ends if isinstance(end, BaseException)]

    with make_engine(limits, workers=1, quads=b"") as engine:
        assert engine.runner is not None
        (error,) = engine.runner.run(write())
    assert isinstance(error, WritesWaiting)
    problem = describe_problem(error, limits)
    assert (problem["status"], problem["rule"], problem["limit"]) == (503, "writes_waiting", 2)


@contextmanager
def serve(limits: Limits) -> Iterator[int]:
    """A real server on a port of its own, which hangs up as the one of the service does."""
    engine = make_engine(limits, workers=1, quads=b"")
    app = create_app(engine, engine.settings)
    config = uvicorn.Config(app, log_level="error", http=create_protocol(limits.head_seconds))
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def test_a_client_whose_head_does_not_arrive_is_hung_up_on() -> None:
    head = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\n"
    with serve(replace(Limits(), head_seconds=1)) as port:
        for begun in (b"", head[:9], head):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
                slow.sendall(begun)
                assert slow.recv(64) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=30) as prompt:
            prompt.sendall(head + b"\r\n")
            assert prompt.recv(64).startswith(b"HTTP/1.1 200")


def test_the_service_holds_answers_up_to_the_limit_and_forgets_the_first(tmp_path: Path) -> None:
    def read_figure(name: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(f"plangraph_cache_{name} "))

    with open_scratch(tmp_path, cache_bytes=16_000) as client:
        del client.headers["Authorization"]
        addresses = [f"/sparql?query=SELECT%20({number}%20AS%20%3Fn)%7B%7D" for number in range(20)]
        for address in addresses:
            assert client.get(address).status_code == 200
        assert 0 < read_figure("entries") < len(addresses)
        assert 0 < read_figure("bytes") <= 16_000
        client.get(addresses[0])
        assert read_figure("hits_total") == 0
        client.get(addresses[-1])
        assert read_figure("hits_total") == 1


def test_a_page_has_as_many_items_as_the_limits_say(tmp_path: Path) -> None:
    limits = replace(Limits(), page_items=2, page_items_most=3)
    data = str(write_dated(tmp_path / "data"))
    with TestClient(create_site(Settings(data=data, workers=1, limits=limits))) as client:
        assert len(client.get("/api/v1/claims").json()["items"]) == 2
        assert len(client.get("/api/v1/claims?limit=3").json()["items"]) == 3
        refused = client.get("/api/v1/claims?limit=4")
        problem = refused.json()
        assert (refused.status_code, problem["rule"], problem["limit"]) == (400, "page_items_most", 3)


def test_a_problem_names_a_limit_only_with_its_figure() -> None:
    limits = Limits()
    ruled = [
        kind for kind in PlangraphError.kinds.values() if kind.rule in {row["name"] for row in limits.table()}
    ]
    assert len(ruled) > 10
    for kind in ruled:
        problem = describe_problem(kind("it is too much"), limits)
        assert problem["limit"] == getattr(limits, str(problem["rule"])), kind.__name__
