"""Every error becomes a problem document that tells what a user needs and nothing of the inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from plangraph import errors
from plangraph.errors import FileUnreadable, PlangraphError
from plangraph.settings import Limits
from plangraph.web.app import create_app
from plangraph.web.problems import answer_problem, describe_problem
from services import make_engine

CAUSES = list(PlangraphError.kinds.values())


def make_error(cause: type[PlangraphError]) -> PlangraphError:
    """An error of that class with all that one can carry."""
    if cause is FileUnreadable:
        return FileUnreadable("a.ttl", "does not parse", line=3, column=7)
    return cause("what happened", line=3, column=7)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """An application with one route that fails in each way."""
    router = APIRouter()

    @router.get("/broken")
    def break_down() -> None:
        raise RuntimeError("the secret of the house")

    @router.get("/number/{value}")
    def show_number(value: int) -> int:
        return value

    @router.get("/teapot")
    def refuse() -> None:
        raise HTTPException(418, "short and stout")

    engine = make_engine(quads=b"")
    app = create_app(engine, engine.settings, [router])
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def test_every_error_class_has_a_document() -> None:
    types = set()
    for cause in CAUSES:
        error = make_error(cause)
        members = describe_problem(error, Limits())
        response = answer_problem(error, Limits())
        assert response.status_code == members["status"] == cause.status
        assert response.media_type == "application/problem+json"
        assert members["title"] == cause.title
        assert (members["detail"], members["line"], members["column"]) == (error.detail, 3, 7)
        assert members.get("rule") == cause.rule
        assert ("retry-after" in response.headers) == (cause.status in (429, 503))
        types.add(members["type"])
    assert len(CAUSES) >= 20
    assert len(types) == len(CAUSES)


def test_a_broken_limit_is_named_with_its_figure() -> None:
    slow = describe_problem(errors.QueryTooSlow("stopped"), Limits(query_seconds=3))
    assert (slow["rule"], slow["limit"]) == ("query_seconds", 3)
    narrow = describe_problem(errors.QueryTooDeep("deep", rule="quoted_depth", limit=8), Limits())
    assert (narrow["rule"], narrow["limit"]) == ("quoted_depth", 8)
    assert slow["type"] == "https://w3id.org/plangraph/problem/query-too-slow"


def test_what_is_not_known_is_left_out() -> None:
    members = describe_problem(errors.NotFound("nothing"), Limits())
    assert set(members) == {"type", "title", "status", "detail"}


def test_an_unknown_address_is_a_problem(client: TestClient) -> None:
    response = client.get("/nowhere")
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["detail"]) == (404, "there is nothing at /nowhere")


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(client: TestClient) -> None:
    for method, address, allowed in (
        ("DELETE", "/sparql", "GET, HEAD, OPTIONS, POST, QUERY"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("PUT", "/openapi.json", "GET, HEAD, OPTIONS"),
    ):
        response = client.request(method, address)
        assert (response.status_code, response.headers["allow"]) == (405, allowed)
        assert response.headers["content-type"] == "application/problem+json"


def test_a_value_of_the_wrong_form_is_a_problem_that_names_the_parameter(client: TestClient) -> None:
    response = client.get("/number/many")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == 400
    assert response.json()["detail"].startswith("value: ")


def test_any_other_http_error_is_a_problem(client: TestClient) -> None:
    response = client.get("/teapot")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {"type": "about:blank", "title": "short and stout", "status": 418}


def test_an_unexpected_error_tells_nothing_of_the_inside(client: TestClient) -> None:
    response = client.get("/broken", headers={"Origin": "https://app.example"})
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == response.json()["status"] == 500
    assert response.headers["access-control-allow-origin"] == "*"
    for word in ("secret", "RuntimeError", "Traceback", ".py"):
        assert word not in response.text


def test_an_engine_that_is_down_is_a_problem_and_not_ready() -> None:
    engine = make_engine(quads=b"")
    client = TestClient(create_app(engine, engine.settings))  # never started
    for address in ("/readyz", "/healthz", "/sparql?query=ASK%7B%7D"):
        response = client.get(address)
        assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
