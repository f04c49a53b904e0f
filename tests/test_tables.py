"""Tables and triples: what pages and things are beside JSON, led through to the end, or had at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import NamedNode

from plangraph.index import Index
from plangraph.paging import list_orders
from plangraph.questions import list_questions
from plangraph.reads import COLLECTIONS, load_read
from plangraph.settings import Limits
from plangraph.terms import pg, term
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from services import PATIENT, make_engine, open_shelf, read_packaged

LARGEST = Limits().page_items_most
RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
PARTS = {
    "claims": "outlet=rbc-ukraine",
    "attributions": "outlet=rbc-ukraine",
    "values": "topic=amnesty",
    "divergences": "provision=amnesty",
}
"""Filters that leave a part of the large collections."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    engine = make_engine(PATIENT, workers=2)
    app = create_app(engine, engine.settings, create_routers(engine.settings), shelf=open_shelf())
    with TestClient(app) as opened:
        yield opened


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(read_packaged().quads)


def get(client: TestClient, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.text)
    page: dict[str, Any] = answer.json()
    return page


def names(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def read_table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def follow(index: Index, nodes: Iterable[Any], *names: str) -> list[Any]:
    """What one comes to from some things along properties."""
    found = list(nodes)
    for name in names:
        found = [value for node in found for value in index.objects(node, term(name))]
    return found


def list_texts(index: Index, iri: str, name: str) -> list[str]:
    """The texts and IRIs that a property has; an empty one where it has none."""
    return [str(value.value) for value in follow(index, [NamedNode(iri)], name)] or [""]


@pytest.mark.parametrize("suffix", ["csv", "nt"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_tables_and_triples_lead_through_a_collection_as_its_pages_do(
    client: TestClient, collection: str, suffix: str
) -> None:
    walked = 0
    for sort in ("", list_orders(load_read(collection))[0]):
        chosen = [PARTS.get(collection, ""), f"sort={sort}" if sort else ""]
        query = "".join(f"{part}&" for part in chosen if part)
        whole = get(client, f"/api/v1/{collection}?{query}limit={LARGEST}")
        step = whole["total"] // 3 + 1
        seen: list[str] = []
        address: str | None = f"/api/v1/{collection}.{suffix}?{query}limit={step}"
        pages = 0
        while address is not None and pages < 4:
            answer = client.get(address)
            assert f"/api/v1/{collection}.{suffix}?" in address
            seen += list_things(answer.text, suffix, set(names(whole)))
            address = answer.links["next"]["url"] if "next" in answer.links else None
            pages += 1
        assert sorted(seen) == sorted(names(whole)), (collection, sort)
        assert address is None and pages == -(-whole["total"] // step)
        at_once = client.get(f"/api/v1/{collection}.{suffix}?{query}limit=all")
        assert "next" not in at_once.links
        assert sorted(list_things(at_once.text, suffix, set(names(whole)))) == sorted(names(whole))
        if suffix == "csv":
            assert list_things(at_once.text, suffix, set()) == seen == names(whole)
        walked += 1
    assert walked == 2


def list_things(text: str, suffix: str, known: set[str]) -> list[str]:
    """The items that a table has a row for, or that triples describe: by a type, each once."""
    if suffix == "csv":
        return [row["item"] for row in read_table(text)]
    described = {line.split()[0][1:-1] for line in text.splitlines() if RDF_TYPE in line}
    return sorted(described & known)


@pytest.mark.parametrize(
    "address", ["/api/v1/claims", "/api/v1/questions", "/api/v1/timeline", "/api/v1/search.csv"]
)
def test_only_a_table_or_triples_can_be_asked_for_whole(client: TestClient, address: str) -> None:
    refused = client.get(address, params={"limit": "all", **({"q": "plan"} if "search" in address else {})})
    assert refused.status_code == 400
    assert refused.json()["detail"] == "limit takes one number from 1 to 1,000"
    if "search" not in address:
        wrong = client.get(f"{address}.csv?limit=none")
        assert wrong.json()["detail"] == "limit takes one number from 1 to 1,000, or all"


def test_a_table_as_of_the_past_leads_on_there(client: TestClient) -> None:
    answer = client.get("/api/v1/claims.csv?as_of=2025-11-20&limit=5")
    following = client.get(answer.links["next"]["url"])
    assert following.headers["plangraph-as-of"] == answer.headers["plangraph-as-of"]
    assert following.text.splitlines()[0] == answer.text.splitlines()[0]


@pytest.mark.parametrize("collection", ["values", "divergences"])
def test_the_table_of_a_value_and_of_a_divergence_is_who_tells_it(
    client: TestClient, index: Index, collection: str
) -> None:
    items = get(client, f"/api/v1/{collection}?limit={LARGEST}")["items"]
    shown = denials = 0
    for item in items[:: len(items) // 30]:
        address = f"/api/v1/{collection}/{item['id'].rpartition('/')[2]}"
        table = client.get(f"{address}.csv")
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert client.get(table.links["via"]["url"], headers={"Accept": "text/csv"}).text == table.text
        rows = read_table(table.text)
        values = [NamedNode(item["id"])]
        if collection == "divergences":
            values = follow(index, values, "pg:betweenValue")
        expected = {
            (value.value, report, claim.value)
            for value in values
            for report, name in (("asserts", "pg:assertedIn"), ("denies", "pg:deniedIn"))
            for claim in follow(index, [value], name)
        }
        assert {(row["value"], row["report"], row["claim"]) for row in rows} == expected != set()
        for row in rows:
            check_telling(index, row)
            shown += bool(row["exact"])
            denials += row["report"] == "denies"
        assert client.get(address, headers={"Accept": "text/csv"}).text == table.text
    assert shown > 30 and denials > 0


def check_telling(index: Index, row: dict[str, str]) -> None:
    """That a row says of its page and its claim what the graph says."""
    claim, document = row["claim"], row["document"]
    assert row["formulation"] in list_texts(index, claim, "pg:formulation")
    assert row["slot"] in list_texts(index, row["value"], "pg:onSlot")
    if not document:
        assert not row["outlet"] and not row["exact"]
        return
    assert row["published"] in list_texts(index, document, "schema:datePublished")
    assert row["outlet"] in list_texts(index, document, "schema:publisher")
    showing = [
        attribution
        for attribution in index.subjects(pg("assertsClaim"), NamedNode(claim))
        if NamedNode(document) in index.objects(attribution, pg("inDocument"))
    ]
    phrases = follow(index, showing, "pg:hasEvidence", "oa:hasSelector", "oa:exact")
    assert row["exact"] in ([phrase.value for phrase in phrases] or [""])
    assert len(row["exact"].split()) <= 12


def test_the_table_of_a_question_is_its_answer(client: TestClient) -> None:
    questions = list_questions()
    for question in questions:
        table = client.get(f"/api/v1/questions/{question.slug}.csv")
        assert table.status_code == 200
        recorded = list(csv.reader(io.StringIO(question.expected or "")))
        assert list(csv.reader(io.StringIO(table.text))) == recorded, question.slug
    assert len(questions) == 15


def test_the_table_of_any_other_thing_says_where_it_is_used(client: TestClient) -> None:
    table = client.get("/doc/concept/no-such.csv")
    assert table.status_code == 404
    for name, least in (("topic/amnesty", 1), ("place/donbas", 10), ("outlet/axios", 5)):
        table = client.get(f"/doc/{name}.csv")
        rows = read_table(table.text)
        assert {row["item"] for row in rows} == {f"https://w3id.org/plangraph/id/{name}"}
        assert sum(int(row["statements"]) for row in rows) >= least
        assert client.get(table.links["via"]["url"], headers={"Accept": "text/csv"}).text == table.text
