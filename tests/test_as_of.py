"""``as_of`` over HTTP: every answer is of one day's data, says so, and its query gives the same rows."""

from __future__ import annotations

import csv
import hashlib
import io
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import RdfFormat, parse

from folders import SEEN, write_dated
from plangraph.build import Dataset, build
from plangraph.export import write
from plangraph.formats import GRAPHS
from plangraph.pinning import Pin, Undated
from plangraph.questions import list_questions
from plangraph.reads import COLLECTIONS
from plangraph.settings import Limits, Settings
from plangraph.shelf import FILES
from plangraph.terms import term
from plangraph.web.pin import HEADER
from plangraph.web.site import create_site
from services import PATIENT

DAY, AGAIN = "2025-11-20", "2025-12-05"
PINNED = {"as_of": DAY}
WIDER = {"as_of": DAY, "undated": "include"}
SAID = f"{DAY}; undated=exclude; documents=2; undated_documents=2"
SAID_WIDER = f"{DAY}; undated=include; documents=4; undated_documents=2"
DOCUMENTS = """SELECT ?slug {
  GRAPH ?g { ?document a pg:Document }
  BIND(STRAFTER(STR(?g), "/document/") AS ?slug)
  FILTER(?slug != "")
} ORDER BY ?slug"""
JSON_ROWS = {"Accept": "application/sparql-results+json"}
CSV_ROWS = {"Accept": "text/csv"}
DIRECT = {"Content-Type": "application/sparql-query", **CSV_ROWS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dated(tmp_path_factory.mktemp("dated") / "data")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_site(Settings(workers=2, data=str(folder), limits=PATIENT))) as opened:
        yield opened


def pinned(folder: Path, day: str = DAY, undated: Undated = "exclude") -> Dataset:
    return build(folder, Pin(date.fromisoformat(day), undated))


def get(client: TestClient, address: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(address, params=parameters or None)
    assert answer.status_code == 200, (address, answer.text)
    page: dict[str, Any] = answer.json()
    return page


def names(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def slugs(page: dict[str, Any]) -> set[str]:
    return {name.rpartition("/")[2] for name in names(page)}


@pytest.mark.parametrize("collection", [*COLLECTIONS, "questions"])
def test_every_collection_says_as_of_which_day_it_is(client: TestClient, collection: str) -> None:
    answer = client.get(f"/api/v1/{collection}", params=PINNED)
    assert answer.status_code == 200, answer.text
    assert answer.headers[HEADER] == SAID
    assert answer.json()["asOf"] == {
        "date": DAY,
        "undated": "exclude",
        "documents": 2,
        "undatedDocuments": 2,
        "leftOut": 5,
        "sparql": f"http://testserver/sparql?as_of={DAY}&undated=exclude",
    }
    for suffix in ("csv", "ttl", "nt"):
        assert client.get(f"/api/v1/{collection}.{suffix}", params=WIDER).headers[HEADER] == SAID_WIDER
    whole = client.get(f"/api/v1/{collection}")
    assert HEADER not in whole.headers
    assert "asOf" not in whole.json()


def test_items_and_figures_are_those_of_the_day(client: TestClient) -> None:
    assert slugs(get(client, "/api/v1/documents", **PINNED)) == {"bound", "early", "cited-early"}
    assert slugs(get(client, "/api/v1/documents", **WIDER)) == {
        "bound", "early", "cited-early", "undated", "window",
    }  # fmt: skip
    origins, divergences = [], []
    for day in ("2025-11-15", DAY, "2025-11-25", AGAIN):
        values = get(client, "/api/v1/values", as_of=day)["items"]
        (value,) = [item for item in values if item["label"]["en"].endswith("2025-11-27")]
        origins.append(value["independentOriginCount"])
        divergences.append(get(client, "/api/v1/divergences", as_of=day)["total"])
    assert origins == [1, 2, 3, 4]
    assert divergences == [0, 0, 0, 1]


def test_an_item_is_the_item_of_the_day(client: TestClient) -> None:
    address = get(client, "/api/v1/values", **PINNED)["items"][0]["id"].rpartition("/")[2]
    counts = {}
    for day in (DAY, AGAIN):
        answer = client.get(f"/api/v1/values/{address}", params={"as_of": day})
        counts[day] = answer.json()["independentOriginCount"]
        assert answer.json()["asOf"]["date"] == day
        assert answer.headers[HEADER].startswith(day)
    assert counts == {DAY: 2, AGAIN: 4}
    claim = get(client, "/api/v1/claims/early--deadline", **PINNED)
    hops = client.get(claim["chain"])
    assert hops.headers[HEADER] == SAID
    assert slugs(hops.json()) == {"early--deadline", "cited-early--deadline"}


def test_what_was_not_out_yet_is_not_there_and_the_problem_says_as_of_when(client: TestClient) -> None:
    missing = client.get("/api/v1/claims/later--deadline", params=PINNED)
    assert (missing.status_code, missing.headers[HEADER]) == (404, SAID)
    assert client.get("/api/v1/claims/later--deadline").status_code == 200
    wrong = client.get("/sparql", params={**PINNED, "query": "SELECT * {"})
    assert (wrong.status_code, wrong.headers[HEADER]) == (400, SAID)


@pytest.mark.parametrize(
    "address",
    [
        *(f"/api/v1/{collection}" for collection in COLLECTIONS),
        "/api/v1/claims?limit=1",
        "/api/v1/claims?provision=test-provision&outlet=early",
    ],
)
@pytest.mark.parametrize("pin", [PINNED, WIDER], ids=["exclude", "include"])
def test_the_query_of_an_answer_gives_its_rows_at_the_address_that_it_names(
    client: TestClient, address: str, pin: dict[str, str]
) -> None:
    mark = "&" if "?" in address else "?"
    answer = client.get(address + mark + "&".join(f"{name}={value}" for name, value in pin.items()))
    page = answer.json()
    for found in (
        client.post(page["asOf"]["sparql"], data={"query": page["query"]}, headers=JSON_ROWS),
        client.get(answer.links["via"]["url"], headers=JSON_ROWS),
        client.post("/sparql", data={"query": page["query"], **pin}, headers=JSON_ROWS),
    ):
        assert found.status_code == 200, found.text
        assert found.headers[HEADER] == answer.headers[HEADER]
        assert [row["item"]["value"] for row in found.json()["results"]["bindings"]] == names(page)


def test_pages_of_a_day_lead_on_within_that_day(client: TestClient) -> None:
    whole = get(client, "/api/v1/outlets", **WIDER)
    seen: list[str] = []
    address: str | None = f"/api/v1/outlets?limit=2&as_of={DAY}&undated=include"
    while address:
        answer = client.get(address)
        assert answer.headers[HEADER] == SAID_WIDER
        seen += names(answer.json())
        address = answer.links["next"]["url"] if answer.json()["next"] else None
    assert seen == names(whole)
    assert len(seen) == len(SEEN) + 2


def test_a_query_is_pinned_however_it_is_sent(client: TestClient) -> None:
    in_address = f"/sparql?as_of={DAY}&undated=include"
    answers = [
        client.get("/sparql", params={"query": DOCUMENTS, **WIDER}, headers=CSV_ROWS),
        client.post("/sparql", data={"query": DOCUMENTS, **WIDER}, headers=CSV_ROWS),
        client.post(in_address, data={"query": DOCUMENTS}, headers=CSV_ROWS),
        client.post(in_address, content=DOCUMENTS, headers=DIRECT),
        client.request("QUERY", in_address, content=DOCUMENTS, headers=DIRECT),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert {tuple(answer.text.split()) for answer in answers} == {
        ("slug", "bound", "early", "undated", "window")
    }
    assert {answer.headers[HEADER] for answer in answers} == {SAID_WIDER}
    assert len({answer.headers["etag"] for answer in answers}) == 1
    whole = client.get("/sparql", params={"query": DOCUMENTS}, headers=CSV_ROWS)
    assert set(whole.text.split()) == {"slug", *SEEN}
    assert HEADER not in whole.headers


def test_revision_and_etag_are_those_of_the_day(client: TestClient, folder: Path) -> None:
    expected = pinned(folder).revision
    assert expected != build(folder).revision
    for address in ("/api/v1/claims", "/sparql?query=ASK%7B%7D", "/export/plangraph.nt", "/graph/registry"):
        mark = "&" if "?" in address else "?"
        first = client.get(f"{address}{mark}as_of={DAY}")
        assert first.headers["plangraph-revision"] == expected, address
        held = {"If-None-Match": first.headers["etag"]}
        again = client.get(f"{address}{mark}as_of={DAY}", headers=held)
        assert (again.status_code, again.headers[HEADER]) == (304, SAID), address
        assert client.get(f"{address}{mark}as_of={AGAIN}", headers=held).status_code == 200, address
        assert client.get(address, headers=held).status_code == 200, address


def test_a_question_is_answered_as_of_the_day(client: TestClient, folder: Path) -> None:
    changed = set()
    for question in list_questions():
        whole = get(client, f"/api/v1/questions/{question.slug}")
        own = get(client, f"/api/v1/questions/{question.slug}", as_of=DAY)
        assert (whole["expected"], own["expected"]) == (question.expected, None)
        assert "answer" not in whole
        assert own["asOf"]["documents"] == 2
        run = client.get(own["run"], headers=CSV_ROWS)
        assert run.headers[HEADER] == SAID
        assert run.text == own["answer"]
        if own["answer"] != client.get(whole["run"], headers=CSV_ROWS).text:
            changed.add(question.number)
        assert client.get(own["self"]).headers[HEADER] == SAID
        turtle = client.get(f"/api/v1/questions/{question.slug}.ttl", params=PINNED)
        assert turtle.headers[HEADER] == SAID
    # The sixth pins itself to that day; what the others ask for, these reports do not speak of.
    assert changed == {1, 2, 3, 4, 5}
    for item in get(client, "/api/v1/questions", as_of=DAY)["items"]:
        assert item["expected"] is None
        assert item["run"].endswith(f"&as_of={DAY}&undated=exclude")


def test_first_reports_as_of_a_day_know_nothing_of_later_ones(client: TestClient) -> None:
    rows = [
        list(csv.DictReader(io.StringIO(get(client, "/api/v1/questions/05", as_of=day)["answer"])))
        for day in ("2025-11-19", DAY, AGAIN)
    ]
    assert [len(found) for found in rows] == [0, 1, 1]
    assert rows[1][0]["firstDay"] == rows[2][0]["firstDay"] == DAY


@pytest.mark.parametrize("suffix", FILES)
def test_a_file_of_a_day_is_the_export_of_that_data_set(
    client: TestClient, folder: Path, suffix: str
) -> None:
    answer = client.get(f"/export/plangraph.{suffix}", params=PINNED)
    assert answer.content == write(pinned(folder).quads, FILES[suffix])
    assert answer.headers[HEADER] == SAID
    digests = client.get("/export/plangraph.sha256", params=PINNED)
    assert digests.headers[HEADER] == SAID
    assert f"{hashlib.sha256(answer.content).hexdigest()}  plangraph.{suffix}\n" in digests.text
    assert client.get(f"/export/plangraph.{suffix}").content == write(build(folder).quads, FILES[suffix])


def test_graphs_of_a_day_are_those_that_were_out(client: TestClient) -> None:
    assert client.get("/graph/document/early.nt", params=PINNED).headers[HEADER] == SAID
    assert client.get("/export/documents/early.ttl", params=PINNED).status_code == 200
    for address in ("/graph/document/later", "/export/documents/undated.ttl"):
        assert client.get(address, params=PINNED).status_code == 404
        assert client.get(address).status_code == 200
    told = client.get("/dataset.nt", params=PINNED)
    assert told.headers[HEADER] == SAID
    triples = list(parse(told.content, format=RdfFormat.N_TRIPLES))
    assert "2025-11-20" in {
        entry.object.value for entry in triples if entry.predicate == term("dcat:endDate")
    }
    links = [entry.object.value for entry in triples if entry.predicate == term("dcat:downloadURL")]
    assert len(links) == len(GRAPHS)
    assert all(link.endswith(f"?as_of={DAY}&undated=exclude") for link in links)


def test_a_name_leads_to_its_description_as_of_the_day(client: TestClient) -> None:
    answer = client.get("/id/claim/early--deadline", params=WIDER, follow_redirects=False)
    assert (answer.status_code, answer.headers[HEADER]) == (303, SAID_WIDER)
    assert answer.headers["location"].endswith(f"/early--deadline?as_of={DAY}&undated=include")
    assert client.get(answer.headers["location"]).headers[HEADER] == SAID_WIDER
    assert client.get("/id/claim/last--deadline", params=WIDER).status_code == 404
    assert client.get("/doc/outlet/early", params=PINNED).headers[HEADER] == SAID


def test_a_day_to_come_takes_all_that_has_a_day(client: TestClient) -> None:
    answer = client.get("/api/v1/documents", params={"as_of": "9999-12-31"})
    assert answer.json()["asOf"]["documents"] == 5
    assert answer.json()["asOf"]["undatedDocuments"] == 2
    everything = client.get("/api/v1/claims", params={"as_of": "9999-12-31", "undated": "include"})
    assert everything.json()["total"] == len(SEEN)


WRONG = {
    "as_of=2025-11-31": "as_of takes a day such as 2025-11-20, not '2025-11-31'",
    "as_of=soon": "as_of takes a day such as 2025-11-20",
    "as_of=": "as_of takes a day such as 2025-11-20",
    "as_of=2025-11-20&as_of=2025-11-21": "as_of can be given once",
    "as_of=2025-11-20&undated=perhaps": "undated takes exclude or include, not 'perhaps'",
    "undated=include": "undated says what as_of does with",
}
PLACES = (
    "/api/v1/claims",
    "/api/v1/claims/early--deadline",
    "/api/v1/questions",
    "/api/v1/questions/05",
    "/sparql?query=ASK%7B%7D",
    "/sparql",
    "/export/plangraph.ttl",
    "/export/plangraph.sha256",
    "/graph/registry",
    "/dataset",
    "/id/claim/early--deadline",
    "/doc/outlet/early",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_wrong_pin_is_a_problem_that_names_its_parameter(client: TestClient, place: str) -> None:
    tried = 0
    for wrong, detail in WRONG.items():
        answer = client.get(f"{place}{'&' if '?' in place else '?'}{wrong}")
        assert answer.status_code == 400, (place, wrong)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].startswith(detail)
        tried += 1
    assert tried == 6


def test_who_cannot_wait_is_told_to_come_again(folder: Path) -> None:
    settings = Settings(workers=1, data=str(folder), limits=Limits(pin_seconds=0))
    with TestClient(create_site(settings)) as opened:
        refused = opened.get("/api/v1/plans", params=PINNED)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json()["rule"] == "pin_seconds"
        assert opened.get("/api/v1/plans").status_code == 200
        answer = refused
        until = time.monotonic() + 120
        while answer.status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
            answer = opened.get("/api/v1/plans", params=PINNED)
        assert answer.headers[HEADER] == SAID


def test_the_interface_documents_the_pin(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    documented = [
        *(f"/api/v1/{collection}" for collection in (*COLLECTIONS, "questions")),
        *(f"/api/v1/{collection}/{{name}}" for collection in (*COLLECTIONS, "questions")),
        "/sparql", "/export/plangraph.{suffix}", "/graph/{name}", "/dataset", "/id/{kind}/{name}",
    ]  # fmt: skip
    for path in documented:
        found = {entry["name"] for entry in paths[path]["get"]["parameters"]}
        assert {"as_of", "undated"} <= found, path
    limits = {entry["name"] for entry in client.get("/limits").json()["limits"]}
    assert {"pins", "pin_seconds"} <= limits


def test_a_service_that_holds_nothing_can_be_pinned_too() -> None:
    with TestClient(create_site(Settings(workers=1, scratch=True))) as opened:
        answer = opened.get("/sparql", params={"query": "ASK { ?s a pg:Claim }", **PINNED})
        assert answer.json()["boolean"] is False
        assert answer.headers[HEADER] == f"{DAY}; undated=exclude; documents=0; undated_documents=0"


def test_scripts_of_other_sites_may_read_the_header(client: TestClient) -> None:
    answer = client.get("/api/v1/plans", params=PINNED, headers={"Origin": "https://example.org"})
    assert HEADER in answer.headers["access-control-expose-headers"]
