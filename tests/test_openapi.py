"""The OpenAPI document: every operation typed, every model held against real answers, real examples."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from examples import BASE, take_examples
from plangraph.settings import Settings
from plangraph.web.contract import EXAMPLES
from plangraph.web.models import Problem
from plangraph.web.site import create_site

UNSHOWN = {
    "/", "/healthz", "/readyz",  # these have the revision of the day
    "/dataset", "/ns", "/shapes",  # and these are whole graphs
    "/api/v1/revisions", "/api/v1/revisions/{number}",  # and these the time
    "/api/v1/documents/{slug}/history", "/api/v1/registry/{kind}/{slug}/history",
}  # fmt: skip
WRITES = {
    ("/update", "post"), ("/graphs", "put"), ("/graphs", "post"), ("/graphs", "delete"),
    ("/api/v1/documents", "post"), ("/api/v1/documents/{name}", "put"),
    ("/api/v1/documents/{name}", "delete"),
    ("/api/v1/registry/{kind}/{name}", "put"), ("/api/v1/registry/{kind}/{name}", "delete"),
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("service")
    (folder / "tokens").write_text("a-token-of-the-tests\n", encoding="utf-8")
    settings = Settings(
        workers=2, token_file=str(folder / "tokens"), journal=f"sqlite:///{folder / 'journal.db'}"
    )
    with TestClient(create_site(settings), base_url=BASE) as opened:
        yield opened


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, found in document["paths"].items()
        for method, operation in found.items()
    ]


def validator(document: dict[str, Any], model: str) -> Any:
    """What holds an answer against a model of the document."""
    schema = {"$ref": f"#/components/schemas/{model}", "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(schema)


def test_the_examples_are_what_the_data_answers(client: TestClient) -> None:
    recorded = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    found = take_examples(client)
    assert list(recorded) == list(found)
    for path, example in found.items():
        assert recorded[path] == example, f"{path}: write them anew with python tests/examples.py"
    assert len(found) > 30


def test_every_operation_says_what_it_answers(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    described = operations(document)
    names = [operation["operationId"] for _, _, operation in described]
    assert len(names) == len(set(names)) > 50
    for path, method, operation in described:
        assert operation["summary"], path
        good = {status: entry for status, entry in operation["responses"].items() if status < "400"}
        assert good, (path, method)
        for status, entry in good.items():
            assert entry["description"], (path, status)
            assert all(content["schema"] for content in entry.get("content", {}).values()), (path, status)
            assert ("content" in entry) == (status in ("200", "201")), (path, status)


def test_every_problem_is_a_problem_document_with_its_members(document: dict[str, Any]) -> None:
    counted = 0
    for path, _, operation in operations(document):
        problems = {status: entry for status, entry in operation["responses"].items() if status >= "400"}
        assert "500" in problems, path
        for status, entry in problems.items():
            schema = {"$ref": "#/components/schemas/Problem"}
            assert entry["content"] == {"application/problem+json": {"schema": schema}}, (path, status)
            assert entry["description"]
            counted += 1
    assert counted > 300
    members = document["components"]["schemas"]["Problem"]["properties"]
    assert set(members) == set(Problem.model_fields)
    assert {"type", "title", "status", "detail", "rule", "limit", "line", "column", "findings"} <= set(
        members
    )


def test_every_json_answer_has_a_model_and_an_example_that_meets_it(document: dict[str, Any]) -> None:
    held = 0
    for path, method, operation in operations(document):
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if method != "get" or content is None:
            continue
        schema = {**content["schema"], "components": document["components"]}
        assert "$ref" in json.dumps(content["schema"]), path
        if path in UNSHOWN:
            continue
        (example,) = content["examples"].values()
        jsonschema_rs.Draft202012Validator(schema).validate(example["value"])
        held += 1
    assert held > 30


@pytest.mark.parametrize("member", ["id", "axis", "columns", "items"])
def test_a_model_refuses_an_answer_that_lacks_a_member(document: dict[str, Any], member: str) -> None:
    example = json.loads(EXAMPLES.read_text(encoding="utf-8"))["/api/v1/plans/{name}/matrix"]["answer"]
    model = validator(document, "Matrix")
    assert model.is_valid(example)
    assert not model.is_valid({name: entry for name, entry in example.items() if name != member})


def test_whole_answers_meet_their_models(client: TestClient, document: dict[str, Any]) -> None:
    addresses = {
        "/api/v1/plans/ukraine-peace-plan/matrix": "Matrix",
        "/api/v1/plans/ukraine-peace-plan/matrix?columns=speakers": "Matrix",
        "/api/v1/plans/ukraine-peace-plan/matrix?columns=versions&as_of=2025-11-20": "Matrix",
        "/api/v1/plans/ukraine-peace-plan/matrix?topic=amnesty&revision=1": "Matrix",
        "/api/v1/documents?limit=1&revision=1": "Page",
        "/api/v1/provisions/ukraine-troop-cap/values": "ProvisionValues",
        "/api/v1/timeline": "Timeline",
        "/dataset.json": "GraphTree",
        "/ns.json?revision=1": "GraphTree",
        "/shapes.json": "GraphTree",
        **{
            f"/api/v1/{name}?limit=1000": "Page" for name in ("claims", "attributions", "values", "documents")
        },
    }
    for address, model in addresses.items():
        validator(document, model).validate(client.get(address).json())


@pytest.mark.parametrize("address", ["/api/v1/claims?colour=red", "/sparql?query=SELEC", "/api/v1/plans/x"])
def test_a_problem_meets_its_model(client: TestClient, document: dict[str, Any], address: str) -> None:
    answer = client.get(address)
    assert answer.status_code >= 400
    validator(document, "Problem").validate(answer.json())


def test_writes_name_the_token_that_they_need(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    secured = {(path, method) for path, method, operation in operations(document) if "security" in operation}
    assert secured == WRITES


def test_no_two_paths_are_the_same_but_for_the_names_of_their_parameters(document: dict[str, Any]) -> None:
    # OpenAPI 3.1, Paths Object: templated paths of one hierarchy but other names are identical.
    bare = Counter(re.sub(r"\{[^}]*\}", "{}", path) for path in document["paths"])
    assert len(bare) > 50
    assert [path for path, times in bare.items() if times > 1] == []
    assert set(document["paths"]["/api/v1/documents/{name}"]) == {"get", "put", "delete"}
    assert set(document["paths"]["/api/v1/registry/{kind}/{name}"]) == {"get", "put", "delete"}


def test_the_stream_of_events_is_asked_for_by_what_it_heeds_and_nothing_else(
    client: TestClient, document: dict[str, Any]
) -> None:
    told = document["paths"]["/api/v1/revisions/events"]["get"]["parameters"]
    assert {(entry["name"], entry["in"]) for entry in told} == {
        ("since", "query"),
        ("Last-Event-ID", "header"),
    }
    refused = client.get("/api/v1/revisions/events?limit=2")  # it would send all the same
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "there is no parameter limit; there is since",
    )
    wrong = client.get("/api/v1/revisions/events", headers={"Last-Event-ID": "x"})
    assert (wrong.status_code, "Last-Event-ID" in wrong.json()["detail"]) == (400, True)


def test_the_history_meets_its_models(client: TestClient, document: dict[str, Any]) -> None:
    page = client.get("/api/v1/revisions").json()
    validator(document, "RevisionPage").validate(page)
    validator(document, "Revision").validate(client.get("/api/v1/revisions/1").json())
    assert page["items"]
