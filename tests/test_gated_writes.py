"""Writes to a checked data set: what breaks a rule is refused whole, and what is computed follows at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from folders import write_dated, write_report
from plangraph.build import build
from plangraph.settings import Settings
from plangraph.terms import GRAPH
from plangraph.web.site import create_site

TOKEN = "a-token-for-these-tests"
MAY = {"Authorization": f"Bearer {TOKEN}"}
UPDATE = {**MAY, "Content-Type": "application/sparql-update"}
TURTLE = {**MAY, "Content-Type": "text/turtle"}
LATER = f"/graphs?graph={GRAPH}document/later"
ORIGINS = """SELECT ?n { ?value pg:ofProvision provision:test-provision ; pg:independentOriginCount ?n ;
  rdfs:label ?label FILTER(CONTAINS(?label, "2025-11-27")) }"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dated(tmp_path / "data", {"early", "bound"})


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with serve(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One service for writes that are refused."""
    with serve(write_dated(tmp_path_factory.mktemp("lasting") / "data", {"early", "bound"})) as opened:
        yield opened


@contextmanager
def serve(folder: Path) -> Iterator[TestClient]:
    tokens = folder.parent / "tokens"
    tokens.write_text(TOKEN, encoding="utf-8")
    with TestClient(create_site(Settings(data=str(folder), workers=2, token_file=str(tokens)))) as opened:
        yield opened


def count_origins(client: TestClient, **parameters: str) -> int:
    asked = client.get("/sparql", params={"query": ORIGINS, **parameters}, headers={"Accept": "text/csv"})
    return int(asked.text.split()[1])


def test_a_report_that_comes_in_changes_what_is_computed_and_leads_to_the_revision_of_the_files(
    client: TestClient, folder: Path
) -> None:
    assert count_origins(client) == 2
    written = client.put(LATER, content=write_report("later"), headers=TURTLE)
    assert written.status_code == 201, written.text
    assert count_origins(client) == 3
    assert client.get("/api/v1/documents/later").status_code == 200
    (folder / "documents" / "later.ttl").write_text(write_report("later"), encoding="utf-8")
    assert client.get("/healthz").json()["revision"] == build(folder).revision
    assert client.get("/dataset.nt").text.count(build(folder).revision) == 1
    assert client.delete(LATER, headers=MAY).status_code == 204
    assert count_origins(client) == 2


def test_a_report_that_breaks_rules_is_refused_whole_with_its_findings(lasting: TestClient) -> None:
    before = lasting.get("/healthz").json()["revision"]
    broken = write_report("later").replace("pg:inVersion version:test-version ;", "")
    broken = broken.replace('pg:formulation "The later report names a deadline."@en ;', "")
    answer = lasting.put(LATER, content=broken, headers=TURTLE)
    problem = answer.json()
    assert (answer.status_code, problem["rule"]) == (422, "shapes"), answer.text
    assert problem["total"] == len(problem["findings"]) >= 1
    assert {finding["graph"] for finding in problem["findings"]} == {f"{GRAPH}document/later"}
    assert any("formulation" in finding["message"] for finding in problem["findings"])
    assert lasting.get(LATER).status_code == 404
    assert lasting.get("/healthz").json()["revision"] == before


@pytest.mark.parametrize("name", ["derived", "dataset", "ontology", "topics", "shapes", "elsewhere"])
def test_graphs_that_are_computed_or_packaged_are_not_written(lasting: TestClient, name: str) -> None:
    text = f"INSERT DATA {{ GRAPH <{GRAPH}{name}> {{ <http://e/s> <http://e/p> 1 }} }}"
    answer = lasting.post("/update", content=text, headers=UPDATE)
    assert (answer.status_code, answer.json()["rule"]) == (422, "graph"), answer.text


def test_an_update_that_would_break_one_of_two_reports_changes_neither(lasting: TestClient) -> None:
    good = f'GRAPH <{GRAPH}document/early> {{ claim:early--deadline pg:formulation "Said otherwise."@en }}'
    bad = f'GRAPH <{GRAPH}document/bound> {{ claim:bound--deadline pg:deadline "never"^^xsd:date }}'
    answer = lasting.post("/update", content=f"INSERT DATA {{ {good} {bad} }}", headers=UPDATE)
    assert answer.status_code == 422, answer.text
    for text in ("Said otherwise.", "never"):
        found = lasting.get("/sparql", params={"query": f"ASK {{ ?s ?p ?o FILTER(STR(?o) = '{text}') }}"})
        assert found.json()["boolean"] is False


def test_what_is_written_is_in_editions_as_of_a_day_and_in_exports(client: TestClient) -> None:
    assert count_origins(client, as_of="2025-12-31") == 2
    client.put(LATER, content=write_report("later"), headers=TURTLE)
    assert count_origins(client, as_of="2025-12-31") == 3
    assert count_origins(client, as_of="2025-11-20") == 2
    assert "report later" in client.get("/export/plangraph.ttl").text
    assert client.get("/graph/document/later.nt").status_code == 200
