"""Search over HTTP: ranked, marked, in pages, narrowed and counted, of a day, of new data; the filter q."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fake_sparql import Fake, serve_fake
from folders import write_dated
from plangraph.build import build
from plangraph.publish import publish
from plangraph.reads import COLLECTIONS
from plangraph.remote_graphs import GraphStore, Login
from plangraph.settings import Limits, Settings
from plangraph.terms import KINDS, split_thing, thing
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from plangraph.web.describe import KINDS_OF
from plangraph.web.site import create_site
from services import PATIENT, make_engine, open_shelf

JSON_ROWS = {"Accept": "application/sparql-results+json"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    engine = make_engine(PATIENT)
    app = create_app(engine, engine.settings, create_routers(engine.settings), shelf=open_shelf())
    with TestClient(app) as opened:
        yield opened


def search(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/search", params=parameters)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def names(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_what_was_found_comes_best_first_with_what_says_so(client: TestClient) -> None:
    page = search(client, q="амністії")
    assert names(page)[:2] == [thing("provision", "amnesty").value, thing("topic", "amnesty").value]
    codes = {thing("topic", name).value for name in ("pam-amnesty", "pax-tjam", "ucdp-amnesty")}
    assert set(names(page)[2:]) == codes
    first = page["items"][0]
    assert (first["kind"], first["type"], first["label"]["en"]) == ("provision", ["Provision"], "amnesty")
    assert first["snippet"] == {
        "field": "label", "language": "uk", "text": "амністія", "marks": [[0, 8]],
        "html": "<mark>амністія</mark>",
    }  # fmt: skip
    assert [entry["score"] for entry in page["items"]] == sorted(
        (entry["score"] for entry in page["items"]), reverse=True
    )


EXAMPLE = re.compile(r"```console\n\$ curl -s '?http://127\.0\.0\.1:8000([^ '\n]*)'?(.*)\n([^`]*)```")

QUERIES = (
    "amnesty", '"war crimes"', "europ*", "plan", "territory recognition", "територія", "Україна",
    "Зеленський",
    "Langstreckenwaffen", "garantias", "安全", "非武装地帯", "القرم", "сокращение численности", "NATO 20",
)  # fmt: skip


@pytest.mark.parametrize("text", QUERIES)
def test_every_page_of_a_search_is_a_part_of_the_whole(client: TestClient, text: str) -> None:
    whole = search(client, q=text, limit=1000)
    assert whole["total"] >= len(whole["items"]) > 0
    seen: list[str] = []
    address: str | None = f"/api/v1/search?q={text.replace(' ', '+')}&limit={max(2, whole['total'] // 4)}"
    while address is not None and len(seen) <= whole["total"]:
        answer = client.get(address)
        seen += names(answer.json())
        address = answer.links["next"]["url"] if "next" in answer.links else None
    assert seen[:1000] == names(whole)
    assert len(seen) == len(set(seen)) == whole["total"]


@pytest.mark.parametrize("text", QUERIES)
def test_marks_are_ranges_of_the_text_and_its_html_is_safe(client: TestClient, text: str) -> None:
    for item in search(client, q=text)["items"]:
        snippet = item["snippet"]
        assert snippet["marks"]
        marked = re.findall(r"<mark>(.*?)</mark>", snippet["html"])
        assert [snippet["text"][start:end] for start, end in snippet["marks"]] == list(
            map(html.unescape, marked)
        )
        assert html.unescape(re.sub("</?mark>", "", snippet["html"])) == snippet["text"]


def test_the_examples_of_the_documentation_are_as_they_come(client: TestClient) -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / "service.md").read_text(encoding="utf-8")
    found = EXAMPLE.findall(text)
    assert len(found) == 2
    for address, options, shown in found:
        headers = dict([options.split("'")[1].split(": ")]) if options else {}
        assert client.get(address, headers=headers).text.replace("\r\n", "\n") == shown, address


def test_a_facet_counts_what_its_parameter_gives(client: TestClient) -> None:
    counted = 0
    for text in ("amnesty", "europ*"):
        page = search(client, q=text, limit=1)
        for facet, values in page["facets"].items():
            for value in values:
                found = search(client, q=text, limit=1, **{facet: value["value"]})
                assert found["total"] == value["items"] > 0, (facet, value)
                counted += 1
        kinds = [value["value"] for value in page["facets"]["kind"]]
        assert search(client, q=text, limit=1, kind=kinds[:2])["total"] == sum(
            value["items"] for value in page["facets"]["kind"][:2]
        )
    assert counted > 20


def test_the_query_of_a_page_yields_the_texts_that_were_searched(client: TestClient) -> None:
    compared = 0
    for text in QUERIES:
        page = search(client, q=text, limit=20)
        rows = client.post("/sparql", data={"query": page["query"]}, headers=JSON_ROWS).json()["results"][
            "bindings"
        ]
        texts = {(row["item"]["value"], row["field"]["value"]): "" for row in rows}
        for row in rows:
            texts[row["item"]["value"], row["field"]["value"]] += row["text"]["value"] + "\n"
        assert {item for item, _ in texts} == set(names(page))
        for item in page["items"]:
            shown = item["snippet"]["text"].strip("…")
            assert shown in texts[item["id"], item["snippet"]["field"]]
            compared += 1
        via = client.get("/api/v1/search", params={"q": text, "limit": 1}).links["via"]["url"]
        assert client.get(via, headers=JSON_ROWS).status_code == 200
    assert compared > 100


def test_the_twins_of_a_search_say_the_same(client: TestClient) -> None:
    page = search(client, q="amnesty", limit=30)
    table = client.get("/api/v1/search.csv", params={"q": "amnesty", "limit": 30})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["item"] for row in rows] == names(page)
    assert [row["text"] for row in rows] == [item["snippet"]["text"] for item in page["items"]]
    assert rows[0]["label"] == "amnesty"
    turtle = client.get("/api/v1/search.nt", params={"q": "amnesty", "limit": 30})
    assert {line.split(" ")[0].strip("<>") for line in turtle.text.splitlines()} == set(names(page))
    held = client.get("/api/v1/search", params={"q": "amnesty"})
    again = client.get(
        "/api/v1/search", params={"q": "amnesty"}, headers={"If-None-Match": held.headers["etag"]}
    )
    assert again.status_code == 304


REFUSED = {
    "/api/v1/search": "q takes the words to look for, once",
    "/api/v1/search?q=a&q=b": "q takes the words to look for, once",
    "/api/v1/search?q=": "q takes 1 to 200 printable characters",
    "/api/v1/search?q=" + "x" * 201: "q takes 1 to 200 printable characters",
    "/api/v1/search?q=%00": "q takes 1 to 200 printable characters",
    "/api/v1/search?q=---": "q takes words, and this text has none",
    "/api/v1/search?q=a&kind=dog": "kind knows no 'dog'; there are plan, ",
    "/api/v1/search?q=a&colour=red": "colour is no parameter here; there are q, kind, language, as_of, ",
    "/api/v1/search?q=a&next=x": "next takes the token",
    "/api/v1/search?q=a&next=WzEsIDJd": "next takes the token",
    "/api/v1/search?q=a&limit=0": "limit takes one number",
}


@pytest.mark.parametrize("address", REFUSED)
def test_a_wrong_parameter_is_refused_by_name(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(REFUSED[address])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_q_restricts_a_collection_to_what_search_finds_of_its_kinds(
    client: TestClient, collection: str
) -> None:
    compared = 0
    for text in ("amnesty", '"war crimes"', "europ*", "Ukraine Russia", "територія", "plan"):
        found = search(client, q=text, kind=KINDS_OF[collection], limit=1000)
        page = client.get(f"/api/v1/{collection}", params={"q": text, "limit": 1000}).json()
        assert names(page) == sorted(names(found))
        assert page["total"] == found["total"]
        compared += len(names(page))
    assert compared > 0


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_by_relevance_a_collection_has_the_order_of_search_and_its_pages_lead_through_it(
    client: TestClient, collection: str
) -> None:
    compared = turned = 0
    for text in ("amnesty", "europ*", "Ukraine Russia", "plan"):
        found = names(search(client, q=text, kind=KINDS_OF[collection], limit=1000))
        seen: list[str] = []
        limit = max(1, len(found) // 3)
        address: str | None = f"/api/v1/{collection}?q={text.replace(' ', '+')}&sort=relevance&limit={limit}"
        while address is not None and len(seen) <= len(found):
            answer = client.get(address)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert page["total"] == len(found)
            seen += names(page)
            address = answer.links["next"]["url"] if page["next"] else None
            turned += address is not None
        assert seen == found, text
        compared += len(found)
    assert compared > 0
    assert turned or compared < 8


def test_by_relevance_filters_leave_the_order_of_what_they_leave(client: TestClient) -> None:
    found = names(search(client, q="plan", kind=KINDS_OF["claims"], limit=1000))
    some = client.get("/api/v1/claims", params={"q": "plan", "outlet": "rbc-ukraine", "limit": 1000}).json()
    kept = [item for item in found if item in set(names(some))]
    address = "/api/v1/claims?q=plan&outlet=rbc-ukraine&limit=1000&sort=relevance"
    page = client.get(address).json()
    assert names(page) == kept != sorted(kept)
    assert (page["total"], page["facets"]) == (some["total"], some["facets"])
    assert 2 < len(kept) < len(found)


def test_words_that_are_found_in_too_many_items_are_refused_with_the_figure() -> None:
    limits = Limits(found_items=5)
    engine = make_engine(limits, workers=1)
    with TestClient(create_app(engine, engine.settings, create_routers(engine.settings))) as opened:
        refused = opened.get("/api/v1/claims", params={"q": "plan"})
        assert refused.status_code == 400
        assert (refused.json()["rule"], refused.json()["limit"]) == ("found_items", 5)
        again = opened.get("/api/v1/claims", params={"q": "plan", "sort": "relevance"})
        assert (again.status_code, again.json()["rule"]) == (400, "found_items")
        assert opened.get("/api/v1/plans", params={"q": "plan"}).json()["total"] == 2


def test_a_query_that_names_many_items_is_counted_in_parts() -> None:
    """The survey repeats the items for each facet, and would be too long to be one query."""
    limits = Limits(query_bytes=40_000, query_bytes_get=40_000)
    engine = make_engine(limits, workers=1)
    with TestClient(create_app(engine, engine.settings, create_routers(engine.settings))) as opened:
        page = opened.get("/api/v1/claims", params={"q": "plan", "limit": 1}).json()
        assert page["total"] > 100
        counted = {facet: len(values) for facet, values in page["facets"].items()}
        assert all(counted.values()) and len(counted) == 7


def test_a_search_as_of_a_day_finds_what_was_published_by_then(client: TestClient) -> None:
    whole = search(client, q="amnesty", kind="document", limit=1000)
    early = search(client, q="amnesty", kind="document", limit=1000, as_of="2025-11-20")
    assert 0 < early["total"] < whole["total"]
    assert set(names(early)) < set(names(whole))
    assert early["asOf"]["date"] == "2025-11-20"


def test_a_search_finds_what_has_just_been_written(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("a-long-enough-secret\n", encoding="utf-8")
    settings = Settings(workers=1, scratch=True, token_file=str(tokens))
    with TestClient(create_site(settings)) as opened:
        assert search(opened, q="крокодил")["total"] == 0
        for number, (tag, word) in enumerate((("uk", "крокодилами"), ("en", "crocodiles"))):
            text = (
                f"<{thing('topic', 'reptiles').value}> "
                f'<http://www.w3.org/2004/02/skos/core#altLabel> "{word}"@{tag} .'
            )
            written = opened.post(
                "/graphs?default", content=text,
                headers={"Authorization": "Bearer a-long-enough-secret", "Content-Type": "text/turtle"},
            )  # fmt: skip
            assert written.status_code < 300, written.text
            for asked in ("крокодил", "crocodile")[: number + 1]:
                found = search(opened, q=asked)
                assert names(found) == [thing("topic", "reptiles").value], asked


def test_a_search_in_front_of_an_external_server_finds_the_same(tmp_path: Path) -> None:
    data = write_dated(tmp_path / "data")
    with serve_fake(Fake()) as fake:
        with GraphStore(fake.url, Login(), fake.store_url) as store:
            publish(build(data), store)
        compared = 0
        with (
            TestClient(create_site(Settings(workers=1, data=f"sparql+{fake.url}"))) as outside,
            TestClient(create_site(Settings(workers=1, data=str(data)))) as inside,
        ):
            for text in ("deadlines", "report*", '"test plan"', "amnesty", "nothing at all"):
                found = search(outside, q=text)
                assert found["items"] == search(inside, q=text)["items"], text
                for collection in ("claims", "documents", "provisions"):
                    address = f"/api/v1/{collection}"
                    there, here = (
                        client.get(address, params={"q": text, "sort": "-label"}).json()
                        for client in (outside, inside)
                    )
                    assert (names(there), there["total"]) == (names(here), here["total"])
                    compared += len(names(here))
        assert compared > 0


def test_the_query_of_a_search_that_finds_nothing_finds_nothing(client: TestClient) -> None:
    page = search(client, q="амністії", kind="stance", limit=1)
    found = search(client, q="amnesty", kind="claim", limit=1)
    for answer in (page, search(client, q="nosuchwordanywhere"), found):
        rows = client.get("/sparql", params={"query": answer["query"]}, headers={"Accept": "text/csv"})
        assert (len(rows.text.splitlines()) > 1) is bool(answer["items"])
    assert found["items"] and not search(client, q="nosuchwordanywhere")["items"]


def test_everything_that_has_a_name_can_be_found_and_nothing_else(client: TestClient) -> None:
    kinds: set[str] = set()
    for text in ("a*", "e*", "u*", "р*", "2*"):
        page = search(client, q=text, limit=1)
        kinds |= {value["value"] for value in page["facets"]["kind"]}
    assert {
        "plan",
        "version",
        "provision",
        "topic",
        "claim",
        "document",
        "outlet",
        "actor",
        "divergence",
    } <= kinds
    assert kinds <= set(KINDS)
    item = search(client, q="amnesty", limit=1)["items"][0]
    assert split_thing(item["id"]) == ("provision", "amnesty")
