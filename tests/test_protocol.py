"""The SPARQL protocol, asked of the real application on the packaged data."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
import uvicorn
from pyoxigraph import RdfFormat, parse
from starlette.testclient import TestClient

from plangraph.formats import GRAPHS
from plangraph.settings import Limits, Settings
from plangraph.terms import term
from plangraph.web.app import create_app
from plangraph.web.endpoint import GRAPHS_OF
from plangraph.web.protocol import comes_from_browser
from plangraph.worker import Engine
from services import ENDLESS, HASTY, TIGHT, make_app, make_engine

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
UPDATE = {"Content-Type": "application/sparql-update"}
UTF16 = {"Content-Type": "application/sparql-query; charset=utf-16"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_app()) as opened:
        yield opened


def read_value(response: object) -> str:
    """The one value of a SELECT ?x."""
    rows = response.json()["results"]["bindings"]  # type: ignore[attr-defined]
    return str(rows[0]["x"]["value"])


def test_get_form_direct_and_query_give_the_same_answer(client: TestClient) -> None:
    text = 'SELECT ("a+b %2F Київ" AS ?x) { ?plan a pg:Plan } LIMIT 1'
    answers = [
        client.get("/sparql", params={"query": text}),
        client.post("/sparql", data={"query": text}),
        client.post("/sparql", content=text.encode(), headers=DIRECT),
        client.request("QUERY", "/sparql", content=text.encode(), headers=DIRECT),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {read_value(answer) for answer in answers} == {"a+b %2F Київ"}
    assert len({answer.headers["etag"] for answer in answers}) == 1


def test_a_form_post_decodes_the_query_once(client: TestClient) -> None:
    body = "query=" + quote('SELECT ("%20+" AS ?x) {}', safe="")
    assert read_value(client.post("/sparql", content=body, headers=FORM)) == "%20+"


def test_a_plus_in_an_address_is_a_space(client: TestClient) -> None:
    assert read_value(client.get("/sparql?query=SELECT+('a%2Bb+c'+AS+?x)+%7B%7D")) == "a+b c"


def test_the_dataset_may_be_named_in_address_and_body(client: TestClient) -> None:
    ask = "ASK { ?s ?p ?o }"
    graph = {"default-graph-uri": "https://w3id.org/plangraph/graph/registry"}
    absent = {"default-graph-uri": "http://e/absent"}
    for parameters, expected in ((graph, True), (absent, False)):
        answers = [
            client.get("/sparql", params={"query": ask, **parameters}),
            client.post("/sparql", data={"query": ask, **parameters}),
            client.post("/sparql", params=parameters, data={"query": ask}),
            client.post("/sparql", params=parameters, content=ask, headers=DIRECT),
        ]
        assert [answer.json()["boolean"] for answer in answers] == [expected] * 4


REFUSALS = {
    "empty": ("GET", "/sparql?query=", {}, b"", 400, "one-query"),
    "two": ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", {}, b"", 400, "one-query"),
    "dataset without query": ("GET", "/sparql?default-graph-uri=http://e/g", {}, b"", 400, "one-query"),
    "form without query": ("POST", "/sparql", FORM, b"other=1", 400, "one-query"),
    "in address and body": ("POST", "/sparql?query=ASK%7B%7D", FORM, b"query=ASK%7B%7D", 400, "one-query"),
    "in address and direct": ("POST", "/sparql?query=ASK%7B%7D", DIRECT, b"ASK{}", 400, "one-query"),
    "update by get": ("GET", "/sparql?update=CLEAR+ALL", {}, b"", 400, "read-only"),
    "update by form": ("POST", "/sparql", FORM, b"update=CLEAR+ALL", 400, "read-only"),
    "update beside a query": ("POST", "/sparql", FORM, b"query=ASK%7B%7D&update=CLEAR", 400, "read-only"),
    "update text": ("POST", "/sparql", DIRECT, b"CLEAR ALL", 400, "read-only"),
    "service": ("POST", "/sparql", DIRECT, b"SELECT*{SERVICE<http://e/>{}}", 400, "service"),
    "bad graph": ("GET", "/sparql?query=ASK%7B%7D&named-graph-uri=no", {}, b"", 400, "parameter"),
    "bad escape": ("GET", "/sparql?query=%FF", {}, b"", 400, "parameter"),
    "not UTF-8": ("POST", "/sparql", DIRECT, b"ASK { ?s ?p '\xff' }", 400, "parameter"),
    "UTF-16": ("POST", "/sparql", DIRECT, "ASK {}".encode("utf-16-le"), 400, "syntax"),
    "plain text": ("POST", "/sparql", {"Content-Type": "text/plain"}, b"ASK {}", 415, "content-type"),
    "no type": ("POST", "/sparql", {}, b"ASK {}", 415, "content-type"),
    "other charset": ("POST", "/sparql", UTF16, b"", 415, "content-type"),
    "update by direct": ("POST", "/sparql", UPDATE, b"CLEAR ALL", 415, "content-type"),
    "compressed": ("POST", "/sparql", {**DIRECT, "Content-Encoding": "gzip"}, b"x", 415, "content-encoding"),
    "form by QUERY": ("QUERY", "/sparql", FORM, b"query=ASK%7B%7D", 415, "content-type"),
    "no such format": ("GET", "/sparql?query=ASK%7B%7D", {"Accept": "image/png"}, b"", 406, "accept"),
    "no such description": ("GET", "/sparql", {"Accept": "text/csv"}, b"", 406, "accept"),
    "too long by get": ("GET", "/sparql?query=" + "x" * 60_001, {}, b"", 413, "query_bytes_get"),
    "too long": ("POST", "/sparql", DIRECT, b"#" * 100_001, 413, "query_bytes"),
    "too many parameters": ("GET", "/sparql?" + "a=1&" * 1_001, {}, b"", 400, "parameter"),
    "put": ("PUT", "/sparql", DIRECT, b"ASK {}", 405, "method"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_wrong_request_is_refused_by_status_and_rule(client: TestClient, name: str) -> None:
    method, address, headers, body, status, rule = REFUSALS[name]
    response = client.request(method, address, headers=headers, content=body)
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["rule"]) == (status, rule)
    assert "retry-after" not in response.headers


def test_a_query_that_ran_out_of_its_time_may_come_again_later() -> None:
    with TestClient(make_app(HASTY)) as client:
        response = client.post("/sparql", headers=DIRECT, content=ENDLESS.encode())
    assert (response.status_code, response.json()["rule"]) == (503, "query_seconds")
    assert int(response.headers["retry-after"]) > 0


def test_there_are_as_many_refusals_as_were_written() -> None:
    assert len(REFUSALS) == 27


def test_a_syntax_error_names_line_and_column(client: TestClient) -> None:
    problem = client.get("/sparql", params={"query": "SELECT * {\n ?s ?p \n}"}).json()
    assert problem["line"] == 3
    assert problem["column"] >= 1


def test_unknown_parameters_are_left_alone(client: TestClient) -> None:
    assert client.get("/sparql?query=ASK%7B%7D&format=json").status_code == 200


def test_content_types_are_read_in_any_case_and_with_parameters(client: TestClient) -> None:
    for content_type in ("Application/SPARQL-Query", 'application/sparql-query; charset="UTF-8"'):
        answer = client.post("/sparql", content=b"ASK {}", headers={"Content-Type": content_type})
        assert answer.status_code == 200


def test_a_body_that_is_too_long_is_refused_even_when_it_comes_in_chunks() -> None:
    with TestClient(make_app(Limits(body_bytes=1_000))) as client:
        response = client.post("/sparql", content=iter([b"#" * 400] * 3), headers=DIRECT)
    assert (response.status_code, response.json()["rule"], response.json()["limit"]) == (
        413,
        "body_bytes",
        1_000,
    )


@pytest.mark.parametrize(
    ("accept", "browser"),
    [
        (BROWSER, True),
        ("text/html,*/*;q=0.1", True),
        ("text/html", False),
        ("*/*", False),
        ("text/turtle,text/html;q=0.5,*/*;q=0.1", False),
        ("text/html,text/csv,*/*;q=0.1", False),
        (None, False),
    ],
)
def test_a_browser_is_told_from_a_program(accept: str | None, browser: bool) -> None:
    assert comes_from_browser(accept) is browser


def test_a_browser_gets_results_and_the_description(client: TestClient) -> None:
    results = client.get("/sparql?query=ASK%7B%7D", headers={"Accept": BROWSER})
    assert results.headers["content-type"] == "application/sparql-results+json"
    assert client.get("/sparql", headers={"Accept": BROWSER}).status_code == 200


def test_the_service_description_says_the_same_in_every_format(client: TestClient) -> None:
    seen = []
    for format in GRAPHS:
        response = client.get("/sparql", headers={"Accept": format.media_type})
        assert response.headers["content-type"] == format.content_type
        assert isinstance(format.engine, RdfFormat)
        quads = list(parse(response.content, format=format.engine))
        endpoints = [quad.object.value for quad in quads if quad.predicate == term("sd:endpoint")]
        assert endpoints == ["http://testserver/sparql"]
        figures = [quad.object.value for quad in quads if quad.predicate == term("schema:value")]
        assert sorted(figures) == sorted(str(entry["value"]) for entry in TIGHT.table())
        seen.append(len(quads))
    assert len(seen) == 6
    assert len(set(seen)) == 1


def test_the_description_lists_graphs_with_their_sizes_and_examples_that_run(client: TestClient) -> None:
    nt = {"Accept": "application/n-triples"}
    triples = list(parse(client.get("/sparql", headers=nt).content, format=RdfFormat.N_TRIPLES))
    subjects = {triple.predicate.value.rpartition("#")[2]: 0 for triple in triples}
    for triple in triples:
        subjects[triple.predicate.value.rpartition("#")[2]] += 1
    sizes = client.get("/sparql", params={"query": GRAPHS_OF}, headers={"Accept": "text/csv"}).text
    rows = dict(line.split(",") for line in sizes.splitlines()[1:])
    listed = {triple.object.value for triple in triples if triple.predicate == term("sd:name")}
    assert listed == set(rows)
    assert len(listed) > 200
    held = [triple.object.value for triple in triples if triple.predicate == term("void:triples")]
    assert sorted(held) == sorted(rows.values())
    examples = [triple.object.value for triple in triples if triple.predicate == term("sh:select")]
    assert len(examples) == 15
    answer = client.post("/sparql", data={"query": examples[0]})
    assert answer.status_code == 200, answer.text[:500]


def test_the_description_names_the_public_base() -> None:
    engine = make_engine(quads=b"")
    with TestClient(create_app(engine, Settings(public_base="https://e.org/"))) as client:
        answer = client.get("/sparql", headers={"Accept": "application/n-triples"})
    assert answer.text.startswith("<https://e.org/sparql> ")


def test_an_answer_names_revision_and_etag_and_304_saves_it(client: TestClient) -> None:
    address = "/sparql?query=SELECT*%7B?s+a+pg:Plan%7D"
    first = client.get(address)
    assert first.headers["plangraph-revision"] == client.get("/healthz").json()["revision"]
    assert "Accept" in first.headers["vary"]
    for held in (
        first.headers["etag"],
        first.headers["etag"].removeprefix("W/"),
        f'"other", {first.headers["etag"]}',
    ):
        again = client.get(address, headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_etag_is_of_one_query_one_dataset_and_one_format(client: TestClient) -> None:
    requests = [
        ("/sparql?query=ASK%7B%7D", "application/sparql-results+json"),
        ("/sparql?query=ASK%7B%7D", "application/sparql-results+xml"),
        ("/sparql?query=ASK+%7B%7D", "application/sparql-results+json"),
        ("/sparql?query=ASK%7B%7D&default-graph-uri=http://e/g", "application/sparql-results+json"),
        ("/sparql?query=ASK%7B%7D&named-graph-uri=http://e/g", "application/sparql-results+json"),
    ]
    tags = {client.get(address, headers={"Accept": accept}).headers["etag"] for address, accept in requests}
    assert len(tags) == 5


def test_an_answer_that_changes_by_itself_has_no_etag(client: TestClient) -> None:
    response = client.get("/sparql", params={"query": "SELECT (RAND() AS ?x) {}"})
    assert "etag" not in response.headers
    assert response.headers["cache-control"] == "no-store"


def test_head_answers_as_get_without_a_body_everywhere(client: TestClient) -> None:
    addresses = ["/sparql?query=ASK%7B%7D", "/sparql", "/healthz", "/readyz", "/limits", "/openapi.json"]
    for address in addresses:
        head, get = client.head(address), client.get(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        assert head.headers["content-length"] == get.headers["content-length"]
    assert len(addresses) == 6


def test_a_large_answer_is_compressed_for_those_who_take_it(client: TestClient) -> None:
    parameters = {"query": "SELECT * { ?s ?p ?o } LIMIT 200"}
    plain = client.get("/sparql", params=parameters, headers={"Accept-Encoding": "identity"})
    with client.stream("GET", "/sparql", params=parameters, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join(packed.iter_raw())
    assert json.loads(gzip.decompress(raw))["head"] == plain.json()["head"]
    assert packed.headers["etag"] == plain.headers["etag"]
    assert plain.headers["etag"].startswith("W/")


def test_any_page_may_ask_without_credentials(client: TestClient) -> None:
    origin = {"Origin": "https://app.example"}
    simple = client.get("/sparql?query=ASK%7B%7D", headers=origin)
    before = client.options(
        "/sparql",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    wrong = client.get("/sparql?query=no", headers=origin)
    assert (simple.status_code, before.status_code, wrong.status_code) == (200, 200, 400)
    for response in (simple, before, wrong):
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
    exposed = simple.headers["access-control-expose-headers"].split(", ")
    assert exposed == sorted(exposed)
    assert {"ETag", "Idempotency-Replayed", "WWW-Authenticate", "Allow", "Location"} <= set(exposed)


def test_options_names_the_methods(client: TestClient) -> None:
    response = client.options("/sparql")
    assert response.status_code == 204
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST, QUERY"


def test_the_limits_and_the_interface_are_told(client: TestClient) -> None:
    assert client.get("/limits").json() == {"limits": TIGHT.table()}
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/sparql", "/healthz", "/readyz", "/limits"} <= set(paths)
    assert set(paths["/sparql"]) == {"get", "post"}
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    for _ in range(1_000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


@pytest.fixture
def served() -> Iterator[tuple[Engine, int]]:
    """A real server with one worker and the usual deadline of ten seconds."""
    engine = make_engine(Limits(), workers=1)
    server = uvicorn.Server(uvicorn.Config(create_app(engine, engine.settings), port=0, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        yield engine, listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def test_a_query_whose_client_has_gone_is_killed(served: tuple[Engine, int]) -> None:
    engine, port = served
    with socket.create_connection(("127.0.0.1", port)) as leaving:
        leaving.sendall(f"GET /sparql?{urlencode({'query': ENDLESS})} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        wait_until(lambda: any(lane.jobs for lane in engine.dispatch.lanes))
    with socket.create_connection(("127.0.0.1", port), timeout=5) as next_one:  # half the deadline
        next_one.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert next_one.recv(12) == b"HTTP/1.1 200"
    wait_until(lambda: engine.dispatch.counts.kills == 1 and not engine.dispatch.lanes.slow)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/*", "text/csv; charset=utf-8"),
        ("text/xml", "application/sparql-results+xml"),
        ("application/json", "application/sparql-results+json"),
        ("application/json;q=0.1, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("application/sparql-results+json;q=0, */*;q=0.1", "application/sparql-results+xml"),
        ("Application/SPARQL-Results+JSON; charset=utf-8", "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
    ],
)
def test_the_format_that_accept_likes_best_is_sent(
    client: TestClient, accept: str, content_type: str
) -> None:
    response = client.get("/sparql?query=ASK%7B%7D", headers={"Accept": accept})
    assert response.headers["content-type"] == content_type


def test_a_client_that_leaves_in_the_middle_of_its_body_breaks_nothing(
    served: tuple[Engine, int], caplog: pytest.LogCaptureFixture
) -> None:
    _, port = served
    lines = [
        "POST /sparql HTTP/1.1",
        "Host: x",
        "Content-Type: application/sparql-query",
        "Content-Length: 9",
    ]
    head = "\r\n".join([*lines, "", ""])
    with socket.create_connection(("127.0.0.1", port)) as leaving:
        leaving.sendall(head.encode() + b"ASK")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as next_one:
        next_one.sendall(head.replace("9", "5").encode() + b"ASK{}")
        assert next_one.recv(12) == b"HTTP/1.1 200"
    assert caplog.records == []
