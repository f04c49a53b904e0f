"""The REST collections through the real application: pages, filters, facets, twins, and the query behind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse

from plangraph.context import read_context
from plangraph.filters import FILTERS
from plangraph.paging import RELEVANCE, list_orders
from plangraph.questions import list_questions
from plangraph.reads import COLLECTIONS, load_read
from plangraph.settings import Limits, Settings
from plangraph.terms import split_thing
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from plangraph.worker import Engine
from services import PATIENT, make_engine, open_shelf, read_packaged

CONTEXT: dict[str, Any] = json.loads(read_context())["@context"]
VALUES_TRIED, ITEMS_TRIED, PAGES = 12, 60, 12
"""Enough of each, however much data there is."""

LARGEST = Limits().page_items_most

JSON_ROWS = {"Accept": "application/sparql-results+json"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    engine: Engine = make_engine(PATIENT)
    settings = engine.settings
    app = create_app(engine, settings, create_routers(settings), shelf=open_shelf())
    with TestClient(app) as opened:
        yield opened


def get(client: TestClient, address: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(address, params=parameters or None)
    assert answer.status_code == 200, (address, answer.text)
    page: dict[str, Any] = answer.json()
    return page


def names(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def canonical(quads: Any) -> Dataset:
    dataset = Dataset([Quad(quad.subject, quad.predicate, quad.object) for quad in quads])
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def read_tree(tree: dict[str, Any]) -> Dataset:
    """The triples of a JSON answer; the context is the packaged one, so nothing is fetched."""
    return canonical(parse(json.dumps({**tree, "@context": CONTEXT}), format=RdfFormat.JSON_LD))


ADDRESSES = [
    *(f"/api/v1/{collection}" for collection in COLLECTIONS),
    "/api/v1/claims?limit=5",
    "/api/v1/claims?outlet=rbc-ukraine&status=anonymous&limit=3",
    "/api/v1/claims?kind=Stance&kind=Change",
    "/api/v1/claims?slot=duration&q=nato",
    "/api/v1/claims?actor=marco-rubio&until=2025-11-20",
    "/api/v1/claims?topic=https://w3id.org/plangraph/id/topic/amnesty",
    "/api/v1/values?provision=nato-membership-renunciation",
    "/api/v1/divergences?kind=contradicts&until=2025-12-31",
    "/api/v1/divergences?kind=contradicts&sort=label&limit=7",
    "/api/v1/claims?q=plan&sort=-published&limit=9",
    "/api/v1/documents?q=%22war+crimes%22&sort=published",
    "/api/v1/claims?q=plan&sort=relevance&limit=9",
    "/api/v1/claims?q=no+such+words&sort=relevance&kind=Change",
    "/api/v1/provisions?q=амністія",
    "/api/v1/actors?kind=AnonymousSource",
    "/api/v1/documents?since=2025-01-01&kind=newsReport",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_query_of_a_page_gives_the_rows_of_the_page(client: TestClient, address: str) -> None:
    page = get(client, address)
    answer = client.post("/sparql", data={"query": page["query"]}, headers=JSON_ROWS)
    assert answer.status_code == 200, answer.text
    rows = [row["item"]["value"] for row in answer.json()["results"]["bindings"]]
    assert rows == names(page)
    assert rows or "changes" in address or "no+such" in address


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_twins_of_a_page_say_the_same(client: TestClient, address: str) -> None:
    path, mark, query = address.partition("?")
    page = get(client, address)
    table = client.get(f"{path}.csv{mark}{query}")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        table.text
        == client.post("/sparql", data={"query": page["query"]}, headers={"Accept": "text/csv"}).text
    )
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["item"] for row in rows] == names(page)
    turtle = client.get(address, headers={"Accept": "text/turtle"})
    assert turtle.headers["content-type"] == "text/turtle; charset=utf-8"
    assert canonical(parse(turtle.content, format=RdfFormat.TURTLE)) == read_tree(page)


def test_the_link_of_a_twin_leads_to_a_query_that_yields_it(client: TestClient) -> None:
    for suffix, accept in (("csv", "text/csv"), ("nt", "application/n-triples")):
        twin = client.get(f"/api/v1/outlets.{suffix}")
        via = twin.links["via"]["url"]
        yielded = client.get(via, headers={"Accept": accept})
        assert sorted(yielded.text.splitlines()) == sorted(twin.text.splitlines()), suffix


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_pages_lead_through_a_collection_once(client: TestClient, collection: str) -> None:
    whole = get(client, f"/api/v1/{collection}", limit=LARGEST)
    assert len(whole["items"]) == min(whole["total"], LARGEST)
    seen: list[str] = []
    address: str | None = f"/api/v1/{collection}?limit={max(7, len(whole['items']) // PAGES)}"
    while address and (not seen or len(seen) < len(whole["items"])):
        answer = client.get(address)
        page = answer.json()
        assert page["total"] == whole["total"]
        assert (page["next"] is None) == ("next" not in answer.links)
        seen += names(page)
        address = answer.links["next"]["url"] if page["next"] else None
    assert seen[: len(whole["items"])] == names(whole)
    assert (address is None) == (len(seen) == whole["total"])


SORTED = {
    name: [order for order in list_orders(load_read(name)) if order != RELEVANCE] for name in COLLECTIONS
}
"""The orders of each collection that need no ``q``; for relevance see test_search.py."""


PARTS = {
    "claims": "outlet=rbc-ukraine",
    "attributions": "outlet=rbc-ukraine",
    "values": "topic=amnesty",
    "divergences": "provision=amnesty",
    "actors": "outlet=rbc-ukraine",
    "stances": "actor=marco-rubio",
    "outlets": "until=2025-11-20",
    "documents": "until=2025-11-20",
    "provisions": "outlet=rbc-ukraine",
}
"""Filters that leave a part of the large collections, for the many walks."""


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_pages_in_any_order_lead_through_a_collection_once(client: TestClient, collection: str) -> None:
    walked = 0
    for sort in ("", *SORTED[collection]):
        chosen = [PARTS.get(collection, ""), f"sort={sort}" if sort else ""]
        start = f"/api/v1/{collection}?{''.join(f'{part}&' for part in chosen if part)}"
        whole = get(client, f"{start}limit={LARGEST}")
        count = whole["total"]
        assert whole["next"] is None
        assert len(whole["items"]) == count == len(set(names(whole))) > 0
        for limit in {1 if count < 12 else count // 4 + 1, count // 2 + 1, count}:
            seen: list[str] = []
            address: str | None = f"{start}limit={limit}"
            while address is not None and len(seen) <= count:
                answer = client.get(address)
                seen += names(answer.json())
                address = answer.links["next"]["url"] if "next" in answer.links else None
            assert seen == names(whole), (collection, sort, limit)
            walked += 1
    assert walked >= 2 * (1 + len(SORTED[collection]))


BESIDE = {
    "since": "2025-11-22", "until": "2025-11-22", "outlet": "reuters", "status": "anonymous",
    "actor": "donald-trump", "version": "28-point",
}  # fmt: skip
PAGES_OF_A_FACET = 3
"""How many values of a facet are asked for as pages, which count every facet anew; the rest as tables."""


def count_as_page(client: TestClient, collection: str, **chosen: str) -> int:
    """How many items there are by what a page says."""
    total: int = get(client, f"/api/v1/{collection}", limit=1, **chosen)["total"]
    return total


def count_as_table(client: TestClient, collection: str, **chosen: str) -> int:
    """How many there are by the rows of the whole table."""
    answer = client.get(f"/api/v1/{collection}.csv", params={"limit": "all", **chosen})
    assert answer.status_code == 200, answer.text
    return len(list(csv.DictReader(io.StringIO(answer.text))))


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_facet_counts_what_its_filter_gives(client: TestClient, collection: str) -> None:
    page = get(client, f"/api/v1/{collection}")
    counted = 0
    for facet, values in page["facets"].items():
        assert facet in load_read(collection).filters
        for place, value in enumerate(values[:VALUES_TRIED]):
            count = count_as_page if place < PAGES_OF_A_FACET else count_as_table
            for chosen in (value["value"], value["id"]):
                assert count(client, collection, **{facet: chosen}) == value["items"] > 0, (facet, value)
            counted += 1
    assert counted or not page["facets"] or page["total"] == 0


@pytest.mark.parametrize("collection", ["claims", "stances", "actors"])
def test_a_facet_counts_what_its_filter_gives_beside_another_filter(
    client: TestClient, collection: str
) -> None:
    counted = 0
    for name, chosen in BESIDE.items():
        if name not in load_read(collection).filters:
            continue
        page = get(client, f"/api/v1/{collection}", limit=1, **{name: chosen})
        for facet, values in page["facets"].items():
            for value in values[:1] if facet != name else ():
                asked = {name: chosen, facet: value["value"]}
                found = get(client, f"/api/v1/{collection}", limit=1, **asked)
                assert found["total"] == value["items"], asked
                counted += 1
    assert counted >= 9


def test_a_collection_has_its_facets_even_where_they_are_empty(client: TestClient) -> None:
    page = get(client, "/api/v1/claims", q="no such words anywhere")
    assert page["total"] == 0
    assert page["items"] == []
    assert page["facets"] == {name: [] for name in load_read("claims").facets} != {}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_item_of_a_page_is_the_item_of_its_own_address(client: TestClient, collection: str) -> None:
    page = get(client, f"/api/v1/{collection}", limit=LARGEST)
    for item in page["items"][:ITEMS_TRIED]:
        kind_and_slug = split_thing(item["id"])
        assert kind_and_slug
        address = f"/api/v1/{collection}/{kind_and_slug[1]}"
        own = get(client, address)
        assert own["id"] == item["id"]
        assert own["self"].endswith(address)
        assert set(item) <= set(own)
        turtle = client.get(f"{address}.ttl")
        assert canonical(parse(turtle.content, format=RdfFormat.TURTLE)) == read_tree(own), address
    assert len(page["items"]) == min(page["total"], LARGEST)


def test_the_query_of_an_item_gives_its_description(client: TestClient) -> None:
    for collection in ("claims", "attributions", "actors"):
        item = get(client, f"/api/v1/{collection}", limit=1)["items"][0]
        kind_and_slug = split_thing(item["id"])
        assert kind_and_slug
        own = get(client, f"/api/v1/{collection}/{kind_and_slug[1]}")
        answer = client.post("/sparql", data={"query": own["query"]}, headers={"Accept": "text/turtle"})
        assert canonical(parse(answer.content, format=RdfFormat.TURTLE)) == read_tree(own)


def test_an_attribution_brings_the_evidence_below_it(client: TestClient) -> None:
    page = get(client, "/api/v1/attributions", outlet="rbc-ukraine", limit=LARGEST)
    shown = [item for item in page["items"] if "hasEvidence" in item]
    assert len(shown) > 10
    placed = 0
    for item in shown:
        for evidence in item["hasEvidence"]:
            position = [entry for entry in evidence["hasSelector"] if "start" in entry]
            quotation = [entry for entry in evidence["hasSelector"] if "exact" in entry]
            assert all(entry["start"] < entry["end"] for entry in position)
            assert len(quotation[0]["exact"].split()) <= 12
            placed += len(position)
    assert placed > 10


REFUSED = {
    "/api/v1/claims?colour=red": "colour is no parameter here; there are plan, ",
    "/api/v1/plans?slot=duration": "slot is no parameter here; there are ",
    "/api/v1/claims?outlet=nobody": "outlet knows no 'nobody'; there are ",
    "/api/v1/claims?outlet=rbc-ukraine&outlet=nobody": "outlet knows no 'nobody'",
    "/api/v1/claims?topic=nothing": "topic knows no 'nothing'; there are ",
    "/api/v1/claims?slot=about": "slot knows no 'about'; there are ",
    "/api/v1/claims?status=full": "status knows no 'full'; there are ",
    "/api/v1/claims?kind=contradicts": "kind knows no 'contradicts'; there are Change, Claim, Stance",
    "/api/v1/divergences?kind=Claim": "kind knows no 'Claim'; there are ",
    "/api/v1/claims?plan=https://example.org/plan": "plan knows no 'https://example.org/plan'",
    "/api/v1/claims?since=November": "since takes a day such as 2025-11-20",
    "/api/v1/claims?limit=100000": "limit takes one number from 1 to 1,000",
    "/api/v1/claims?next=x": "next takes the token",
    "/api/v1/claims?as_of=2025-11-20&as_of=2025-11-21": "as_of can be given once",
    "/api/v1/claims?undated=include": "undated says what as_of does with a document",
    "/api/v1/claims?after=https://w3id.org/plangraph/id/claim/a": "after is no parameter here",
    "/api/v1/claims?suffix=csv": "suffix is no parameter here",
    "/api/v1/questions?kind=x": "kind is no parameter here; there are q, as_of, undated, revision, ",
    "/api/v1/claims?q=...": "q takes words, and this text has none",
    "/api/v1/claims?q=plan&q=peace": "q can be given once",
    "/api/v1/claims?sort=size": "sort takes one of label, -label, published, -published, relevance",
    "/api/v1/claims?sort=-relevance&q=plan": "sort takes one of",
    "/api/v1/claims?sort=relevance": "sort=relevance needs q",
    "/api/v1/claims?sort=relevance&q=a&next=WyJwdWJsaXNoZWQiLCAiIiwgImNsYWltL3giXQ": "next takes the token",
    "/api/v1/claims?sort=label&sort=published": "sort takes one of",
    "/api/v1/claims?sort=label&next=Y2xhaW0veA": "next takes the token",
    "/api/v1/claims?sort=label&next=WyJwdWJsaXNoZWQiLCAiIiwgImNsYWltL3giXQ": "next takes the token of a page",
    "/api/v1/claims?sort=label&next=WyJsYWJlbCIsICIiLCAiPD4iXQ": "next takes the token",
    "/api/v1/claims?q=%FF": "the address holds an escape that is not UTF-8",
}


@pytest.mark.parametrize("address", REFUSED)
def test_a_wrong_parameter_is_refused_by_name_with_what_is_allowed(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(REFUSED[address])


@pytest.mark.parametrize(
    ("address", "accept", "status"),
    [
        ("/api/v1/nothing", "*/*", 404),
        ("/api/v1/claims/no-such", "*/*", 404),
        ("/api/v1/claims/No Such", "*/*", 404),
        ("/api/v1/plans/amnesty", "*/*", 404),
        ("/api/v1/claims.pdf", "*/*", 404),
        ("/api/v1/questions/11-no-such", "*/*", 404),
        ("/api/v1/claims", "image/png", 406),
        ("/api/v1/plans/ukraine-peace-plan", "text/csv", 406),
    ],
)
def test_what_there_is_not_is_a_problem(client: TestClient, address: str, accept: str, status: int) -> None:
    answer = client.get(address, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "address", ["/api/v1/claims", "/api/v1/plans/ukraine-peace-plan", "/api/v1/questions"]
)
def test_an_answer_has_a_name_that_spares_sending_it_again(client: TestClient, address: str) -> None:
    whole = client.get(address)
    tag = whole.headers["etag"]
    assert whole.headers["plangraph-revision"] == read_packaged().revision
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    turtle = client.get(address, headers={"Accept": "text/turtle", "If-None-Match": tag})
    assert turtle.status_code == 200
    assert turtle.headers["etag"] != tag
    assert (
        client.get(f"{address}?limit=1" if "plans/" not in address else f"{address}.nt").headers["etag"]
        != tag
    )
    head = client.head(address)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert "Accept" in whole.headers["vary"]


def test_a_browser_gets_json_and_other_scripts_may_read_it(client: TestClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = client.get("/api/v1/plans", headers={"Accept": accept, "Origin": "https://example.org"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_json_and_json_ld_are_one_text(client: TestClient) -> None:
    for address in ("/api/v1/outlets", "/api/v1/outlets/nbc-news"):
        plain, linked = client.get(f"{address}.json"), client.get(f"{address}.jsonld")
        assert linked.headers["content-type"] == "application/ld+json"
        assert plain.json()["@context"].endswith("/context.jsonld")
        assert linked.json()["@context"] == plain.json()["@context"]
        assert read_tree(linked.json()) == read_tree(plain.json())


def test_questions_come_with_their_query_their_answer_and_a_link_that_runs_them(client: TestClient) -> None:
    page = get(client, "/api/v1/questions")
    questions = list_questions()
    assert page["total"] == len(questions) == 15
    assert [item["id"].rpartition("/")[2] for item in page["items"]] == [entry.slug for entry in questions]
    for item, question in zip(page["items"], questions, strict=True):
        assert item["select"] == question.query
        assert item["label"] == {"en": question.title}
        assert item["expected"] == question.expected
        assert parse_qs(urlsplit(item["run"]).query) == {"query": [question.query]}
        own = get(client, f"/api/v1/questions/{question.slug}")
        assert own["query"] == question.query
        turtle = client.get(f"/api/v1/questions/{question.slug}.ttl")
        assert canonical(parse(turtle.content, format=RdfFormat.TURTLE)) == read_tree(own)
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/questions.csv").text)))
    assert [row["label"] for row in rows] == [entry.title for entry in questions]


def test_questions_have_pages_and_can_be_searched(client: TestClient) -> None:
    first = get(client, "/api/v1/questions", limit=4)
    second = get(client, "/api/v1/questions", limit=100, next=first["next"])
    assert names(first) + names(second) == names(get(client, "/api/v1/questions"))
    assert (len(names(first)), second["next"]) == (4, None)
    found = get(client, "/api/v1/questions", q="AUTHOR")
    assert 0 < found["total"] < 10


def test_the_list_of_collections_names_them_all(client: TestClient) -> None:
    listed = client.get("/api/v1/").json()
    assert [entry["name"] for entry in listed] == [*COLLECTIONS, "questions", "search"]
    for entry in listed:
        words = {"q": "plan"} if entry["name"] == "search" else None
        assert client.get(entry["url"], params=words).status_code == 200
        assert entry["about"].endswith(".")


def test_openapi_documents_every_collection_with_its_parameters(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for collection in COLLECTIONS:
        entry = paths[f"/api/v1/{collection}"]["get"]
        expected = [name for name in load_read(collection).filters if name in FILTERS]
        others = ["as_of", "undated", "revision", "retracted", "sort", "limit", "next"]
        assert [parameter["name"] for parameter in entry["parameters"]] == [*expected, *others]
        assert all(len(parameter["description"]) > 10 for parameter in entry["parameters"])
        assert entry["summary"] and entry["description"]
        assert f"/api/v1/{collection}/{{name}}" in paths
    assert "/api/v1/questions" in paths
    assert not [path for path in paths if "suffix" in path and not path.startswith("/export")]


def test_the_examples_of_parameters_are_of_the_data(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    tried = 0
    for collection in COLLECTIONS:
        for parameter in paths[f"/api/v1/{collection}"]["get"]["parameters"]:
            wrong_kind = parameter["name"] == "kind" and collection != "divergences"
            if "example" in parameter and not wrong_kind:
                asked = {parameter["name"]: parameter["example"]}
                answer = client.get(f"/api/v1/{collection}.csv", params=asked)  # which counts no facets
                assert answer.status_code == 200, (collection, asked, answer.text)
                tried += 1
    assert tried > 80


def test_links_begin_with_the_public_base_and_names_stay() -> None:
    engine = make_engine(Limits(), workers=1)
    settings = Settings(public_base="https://example.org/pg")
    app = create_app(engine, settings, create_routers(settings), shelf=open_shelf())
    with TestClient(app) as opened:
        page = get(opened, "/api/v1/plans")
        links = opened.get("/api/v1/plans").links
        assert page["@context"] == "https://example.org/pg/context.jsonld"
        assert page["id"] == "https://example.org/pg/api/v1/plans"
        assert all(link["url"].startswith("https://example.org/pg/") for link in links.values())
        assert "https://w3id.org/plangraph/id/plan/ukraine-peace-plan" in names(page)
