"""Every wrong write of the table is refused as it says, with its place and its rule, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bad_inputs import CASES, GUIDE, Case, open_service, write_guide
from plangraph.findings import Finding
from plangraph.terms import shorten


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with open_service(tmp_path_factory.mktemp("service")) as opened:
        yield opened


def look(client: TestClient) -> tuple[Any, ...]:
    """What names the state of the data, and of its history."""
    return client.get("/readyz").json()["revision"], client.get("/api/v1/revisions").json()["items"]


def find_places(problem: dict[str, Any]) -> list[str]:
    """Where the findings are: in the sheet, or at which thing."""
    found = [Finding.recall(members) for members in problem.get("findings", ())]
    assert all(finding.shape for finding in found)
    places = [shorten(entry.focus or "") if entry.pointer is None else entry.pointer for entry in found]
    return [place or "" for place in places]


@pytest.mark.parametrize("case", CASES, ids=[case.about for case in CASES])
def test_a_wrong_write_is_refused_with_its_place_and_its_rule_and_changes_nothing(
    client: TestClient, case: Case
) -> None:
    before = look(client)
    answer = case.send(client)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert answer.status_code < 500, problem
    assert (answer.status_code, problem.get("rule")) == (case.status, case.rule), problem
    assert problem["status"] == case.status
    assert case.says in problem["detail"], problem
    assert problem.get("line") == case.line, problem
    assert case.column is None or problem["column"] == case.column, problem
    assert sorted(find_places(problem)) == sorted(case.at), problem
    assert problem.get("total", 0) == len(case.at)
    if case.at:
        first = problem["findings"][0]
        assert first["message"] in problem["detail"] and f"({first['shape']})" in problem["detail"]
    assert case.says, "the row says nothing of the detail"
    assert look(client) == before


def test_the_table_has_as_many_kinds_as_it_should_and_each_once() -> None:
    assert len({case.about for case in CASES}) == len(CASES) == 80
    assert {case.status for case in CASES} == {400, 401, 403, 404, 405, 412, 413, 415, 422, 428}
    assert len({case.rule for case in CASES}) > 20


def test_the_guide_has_the_table() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text == write_guide(text), "write it anew: python tests/bad_inputs.py"
    assert text.count("\n| ") == len(CASES) + 2
