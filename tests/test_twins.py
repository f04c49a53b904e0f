"""The tools of every page: the same as data, the queries behind it, its citation; each address answers."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import html5rdf  # type: ignore[import-untyped]
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Literal, Quad, RdfFormat, parse

from plangraph.citation import CITATIONS
from plangraph.context import read_context
from plangraph.formats import CSV, GRAPHS, JSON
from plangraph.pages.docs import ELSEWHERE
from plangraph.pages.listing import SECTIONS
from plangraph.pages.phrases import LANGUAGES, say
from plangraph.pages.routes import create_pages
from plangraph.pages.twins import LISTED, SORTED
from plangraph.settings import Limits, Settings
from plangraph.terms import term
from plangraph.timeline import read_entries
from plangraph.web.finders import Finders
from services import make_site

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CONTEXT: dict[str, Any] = json.loads(read_context())["@context"]
DECIMAL: Final = term("xsd:decimal")
ARTICLE = "2025-11-20-rbc-ukraine-plan-pressure"
PAGES: Final = {
    "/": "/",
    "/plans": "/plans",
    "/plans/{name}": "/plans/ukraine-peace-plan?provision=amnesty",
    "/provisions": "/provisions?limit=2",
    "/provisions/{name}": "/provisions/amnesty",
    "/claims": "/claims?outlet=rbc-ukraine&limit=2",
    "/claims/{name}": f"/claims/{ARTICLE}--donbas-handover",
    "/documents": "/documents?limit=2&lang=uk",
    "/documents/{name}": f"/documents/{ARTICLE}",
    "/outlets": "/outlets?limit=2",
    "/outlets/{name}": "/outlets/axios",
    "/actors": "/actors?limit=2",
    "/actors/{name}": "/actors/marco-rubio",
    "/versions": "/versions?limit=2",
    "/versions/{name}": "/versions/geneva-19-point",
    "/plans/{slug}/versions": "/plans/ukraine-peace-plan/versions?rows=reported",
    "/values": "/values?limit=2",
    "/values/{name}": "/values/nato-membership-renunciation--duration-63d4d96844",
    "/divergences": "/divergences?limit=2",
    "/divergences/{name}": "/divergences/nato-membership-renunciation--duration-7b405b9230",
    "/plans/{slug}/graph": "/plans/ukraine-peace-plan/graph?provision=amnesty",
    "/plans/{slug}/map": "/plans/ukraine-peace-plan/map",
    "/plans/{slug}/timeline": "/plans/ukraine-peace-plan/timeline?day=2025-11-20",
    "/things/{kind}/{name}": "/things/event/abu-dhabi-talks-2025-11",
    "/graph": "/graph?topic=amnesty",
    "/map": "/map?provision=donbas-handover",
    "/timeline": "/timeline?day=2025-11-20",
    "/questions": "/questions",
    "/questions/{name}": "/questions/03-sourcing",
    "/docs": "/docs",
    "/docs/what-this-is-not": "/docs/what-this-is-not",
    "/docs/citing": "/docs/citing",
    "/docs/submitting": "/docs/submitting",
    "/docs/accessibility": "/docs/accessibility",
    "/docs/licences": "/docs/licences",
    "/docs/downloads": "/docs/downloads",
    "/docs/limits": "/docs/limits",
    "/docs/api": "/docs/api",
    "/docs/api/{name}": "/docs/api/search?lang=uk",
    "/docs/ontology": "/docs/ontology",
    "/docs/ontology/{name}": "/docs/ontology/duration?theme=dark",
    "/docs/ontology/{kind}/{name}": "/docs/ontology/topic/amnesty?lang=uk",
    "/ns": "/ns",
    "/shapes": "/shapes",
}
"""A page of every route, with an address that is quick to answer."""

NO_PAGES: Final = {
    "/static/{name}",
    "/docs/api/try",
    "/plans/{slug}/compare",
    "/embed/graph/{slug}",
    "/embed/matrix/{slug}",
    *(f"/{name}" for name in ELSEWHERE),
}
TYPES: Final = {
    "JSON": JSON.media_type,
    "CSV": CSV.media_type,
    "OpenAPI": JSON.media_type,
    **{name: entry.media_type for name, entry in zip(
        ("Turtle", "N-Triples", "RDF/XML", "JSON-LD", "TriG", "N-Quads"), GRAPHS, strict=True
    )},
}  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    settings = Settings(workers=2, limits=replace(Limits(), query_seconds=60))
    with TestClient(make_site(settings)) as opened:
        yield opened


def get(client: TestClient, address: str) -> tuple[Any, str]:
    """The tree of a page, and its header of links."""
    answer = client.get(address, headers=HTML)
    assert answer.status_code == 200, (address, answer.text[:300])
    tree = html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(answer.text)
    return tree, answer.headers.get("link", "")


def find_tools(tree: Any, key: str) -> list[str]:
    """The addresses in a row of the tools of a page, by the phrase that heads it."""
    titles = {say(language, key) for language in LANGUAGES}
    section = next(node for node in tree.iter("section") if node.get("class") == "tools")
    for row in next(section.iter("dl")):
        if "".join(row[0].itertext()) in titles:
            return [node.get("href", "") for node in row.iter("a")]
    return []


def list_routes() -> set[str]:
    """The routes of the pages, without those by suffix; the first page has none of its own."""
    routes = create_pages(Settings(), Finders()).router.routes
    found = {route.path for route in routes if isinstance(route, APIRoute)}
    return {path for path in found if not path.endswith(".{suffix}")}


def test_a_page_of_every_route_is_looked_at() -> None:
    routes = list_routes()
    assert routes - NO_PAGES <= set(PAGES)
    assert set(PAGES) - routes == {"/", "/ns", "/shapes"}
    assert len(PAGES) > 25


def test_the_twins_queries_and_citations_of_every_page_answer(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    twins = queries = citations = 0
    for page in PAGES.values():
        tree, header = get(client, page)
        alternates = [node for node in tree.iter("link") if node.get("rel") == "alternate"]
        linked = [(node.get("title"), node.get("href")) for node in alternates]
        assert [address for _, address in linked] == find_tools(tree, "tools.formats"), page
        assert bool(linked) != has_no_data(tree), page
        assert len(find_tools(tree, "tools.permalink")) == 1, page
        assert len(find_tools(tree, "tools.cite")) == len(CITATIONS), page
        assert find_tools(tree, "tools.sparql") or len(linked) < 2, page
        for name, address in linked:
            assert f'<{address}>; rel="alternate"; title="{name}"' in header, page
            answer = client.get(address)
            assert answer.status_code == 200, (page, address, answer.text[:300])
            assert answer.headers["content-type"].partition(";")[0] == TYPES[name], (page, address)
            twins += 1
        for address in find_tools(tree, "tools.sparql"):
            answer = client.get(address)
            assert answer.status_code == 200, (page, address, answer.text[:300])
            queries += 1
        for address, format in zip(find_tools(tree, "tools.cite"), CITATIONS, strict=False):
            answer = client.get(address)
            assert answer.status_code == 200, (page, address, answer.text[:300])
            assert answer.headers["content-type"].partition(";")[0] == format.media_type, address
            assert answer.headers["plangraph-revision"] in answer.text, (page, address)
            citations += 1
    with capsys.disabled():
        sys.stdout.write(f" [{twins} twins, {queries} queries, {citations} citations] ")
    assert twins > 150
    assert queries > 90
    assert citations == len(PAGES) * len(CITATIONS)


def has_no_data(tree: Any) -> bool:
    """Whether a page says that it is a text, with no data behind it."""
    section = next(node for node in tree.iter("section") if node.get("class") == "tools")
    said = " ".join("".join(section.itertext()).split())
    return any(say(language, "tools.text") in said for language in LANGUAGES)


TEXTS: Final = (
    "/docs", "/docs/what-this-is-not", "/docs/citing", "/docs/submitting", "/docs/accessibility",
    "/docs/licences",
)  # fmt: skip
NO_TABLE: Final = {"/docs/limits": "html, json", "/docs/api": "html, json", "/docs/api/search": "html, json"}
"""Pages that are data of the service, not of the graph: there are no other formats of them."""


@pytest.mark.parametrize("address", TEXTS)
def test_a_page_that_is_a_text_says_that_it_has_no_data(client: TestClient, address: str) -> None:
    for language in LANGUAGES:
        assert has_no_data(get(client, f"{address}?lang={language}")[0])
    refused = client.get(address, headers={"Accept": "text/turtle, application/ld+json"})
    assert refused.status_code == 406
    told = "this page is a text, with no data behind it: this can be had as text/html"
    assert refused.json()["detail"] == told
    for suffix in ("ttl", "trig", "jsonld", "json", "csv"):
        missing = client.get(f"{address}.{suffix}")
        assert missing.status_code == 404
        told = f"this page is a text, with no data behind it: there is no .{suffix} here; there are html"
        assert missing.json()["detail"] == told
    assert client.get(f"{address}.html").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("address", NO_TABLE)
def test_a_page_about_the_service_names_the_formats_that_it_has(client: TestClient, address: str) -> None:
    missing = client.get(f"{address}.csv")
    assert missing.status_code == 404
    assert missing.json()["detail"] == f"there is no .csv here; there are {NO_TABLE[address]}"
    assert client.get(f"{address}.json").json()


def test_the_first_page_is_as_data_what_the_data_set_says_of_itself(client: TestClient) -> None:
    served = client.get("/dataset.ttl")
    assert "void:Dataset" in served.text and served.headers["plangraph-revision"] in served.text
    tried = 0
    for format in (*GRAPHS, CSV):
        answer = client.get("/?lang=uk", headers={"Accept": format.media_type}, follow_redirects=False)
        assert (answer.status_code, answer.headers["vary"]) == (303, "Accept")
        assert answer.headers["location"] == f"/dataset.{format.suffix}"
        assert client.get(answer.headers["location"]).headers["content-type"] == format.content_type
        tried += 1
    assert tried == 7
    dated = client.get("/?as_of=2025-11-20", headers={"Accept": "text/turtle, */*;q=0.1"})
    assert dated.url.query == b"as_of=2025-11-20"
    assert dated.headers["plangraph-as-of"].startswith("2025-11-20;")
    assert "entries" in client.get("/", headers={"Accept": "application/json"}).json()
    refused = client.get("/", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert {"text/html", "application/json", "text/turtle", "text/csv"} <= set(
        refused.json()["detail"].removeprefix("this can be had as ").split(", ")
    )


def test_the_data_set_is_cited_by_its_own_name_and_revision(client: TestClient) -> None:
    for page in ("/", "/docs/downloads?lang=uk"):
        tree, _ = get(client, page)
        text, *_ = find_tools(tree, "tools.cite")
        cited = client.get(text)
        assert "https://w3id.org/plangraph/dataset (accessed [day])" in cited.text
        assert cited.headers["plangraph-revision"] in cited.text
    tree, _ = get(client, "/docs/citing?as_of=2025-11-20&lang=uk")
    text, *_ = find_tools(tree, "tools.cite")
    cited = client.get(text)
    assert "“How to cite” (page, as of 2025-11-20)" in cited.text
    assert "http://testserver/docs/citing?as_of=2025-11-20 (accessed" in cited.text


@pytest.mark.parametrize("address", ["dataset", "ns", "shapes"])
def test_a_graph_is_the_same_in_every_format(client: TestClient, address: str) -> None:
    turtle = client.get(f"/{address}.ttl")
    expected = canonical(parse(turtle.content, format=RdfFormat.TURTLE))
    assert len(expected) > 300
    tree = client.get(f"/{address}.json").json()
    text = json.dumps({**tree, "@context": CONTEXT})
    assert canonical(parse(text, format=RdfFormat.JSON_LD)) == expected
    found = client.post("/sparql", data={"query": tree["query"]}, headers={"Accept": "text/turtle"})
    assert settle(parse(found.content, format=RdfFormat.TURTLE)) == settle(expected)
    table = client.get(f"/{address}.csv")
    via = client.get(table.links["via"]["url"], headers={"Accept": "text/csv"})
    assert via.text == table.text
    assert len(table.text.splitlines()) > 200


def canonical(quads: Any) -> Dataset:
    dataset = Dataset([Quad(quad.subject, quad.predicate, quad.object) for quad in quads])
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def settle(quads: Any) -> Dataset:
    """The same, with decimals as the engine writes them: without noughts at their end."""
    return canonical(
        Quad(quad.subject, quad.predicate, Literal(str(float(quad.object.value)), datatype=DECIMAL))
        if isinstance(quad.object, Literal) and quad.object.datatype == DECIMAL
        else quad
        for quad in quads
    )


def test_the_table_of_the_data_set_has_its_figures(client: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/dataset.csv").text)))
    counted = {row["of"]: int(row["count"]) for row in rows if row["property"].endswith("#classPartition")}
    claims = client.get("/api/v1/claims?limit=1").json()["total"]
    assert counted["https://w3id.org/plangraph/ns#Claim"] == claims > 1_000
    files = [row["of"] for row in rows if row["property"].endswith("#distribution")]
    assert len(files) == len(GRAPHS)
    stated = client.get("/dataset.nt").text.count("<https://w3id.org/plangraph/dataset> ")
    assert len(rows) == stated > 200


@pytest.mark.parametrize(
    "accept",
    [HTML["Accept"], "text/html", "text/turtle", "application/rdf+xml, */*;q=0.1", "*/*", "image/png"],
)
def test_void_clients_are_led_to_the_description(client: TestClient, accept: str) -> None:
    address = "/.well-known/void?as_of=2025-11-20"
    answer = client.get(address, headers={"Accept": accept}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "http://testserver/dataset?as_of=2025-11-20"
    found = client.get(address, headers={"Accept": accept})
    assert found.status_code == (406 if accept == "image/png" else 200)
    if accept.startswith("text/html"):
        assert found.url.path == "/docs/downloads"
        assert "/dataset.ttl?as_of=2025-11-20" in found.text
    elif found.status_code == 200:
        assert "void#Dataset" in found.text or "void:Dataset" in found.text


def test_void_clients_are_told_what_is_wrong_and_keep_their_suffix(client: TestClient) -> None:
    wrong = client.get("/.well-known/void?as_of=soon", follow_redirects=False)
    assert (wrong.status_code, wrong.json()["detail"][:13]) == (400, "as_of takes a")
    lines = client.get("/.well-known/void.nt", follow_redirects=False)
    assert (lines.status_code, lines.headers["location"]) == (303, "http://testserver/dataset.nt")


ATTRIBUTED: Final = "attributions?plan=ukraine-peace-plan"
WHOLE: Final = {
    "/plans/ukraine-peace-plan": ("plans/ukraine-peace-plan/matrix", "provision"),
    "/plans/ukraine-peace-plan/versions": ("plans/ukraine-peace-plan/matrix?columns=versions", "provision"),
    "/versions/28-point": ("claims?version=28-point", "item"),
    f"/documents/{ARTICLE}": (f"claims?document={ARTICLE}", "item"),
    "/outlets/reuters": ("documents?outlet=reuters", "item"),
    "/actors/donald-trump": ("attributions?actor=donald-trump", "item"),
    "/plans/ukraine-peace-plan/graph": (ATTRIBUTED, "item"),
    "/plans/ukraine-peace-plan/map": ("values?plan=ukraine-peace-plan&slot=territory&slot=atPlace", "item"),
    "/timeline": ("timeline", "place"),
    "/divergences": ("divergences", "item"),
}
"""Pages that show the whole of something, where the API has it in pages, and what is counted there."""


def test_the_table_of_a_page_loses_nothing_however_short_pages_are() -> None:
    settings = Settings(workers=2, limits=replace(Limits(), query_seconds=60, page_items=3))
    rows: dict[str, int] = {}
    with TestClient(make_site(settings)) as opened:
        for page, (address, column) in WHOLE.items():
            total = opened.get(f"/api/v1/{address}").json()["total"]
            table = opened.get(f"{page}.csv")
            assert table.status_code == 200 and "next" not in table.links, page
            found = [row[column] for row in csv.DictReader(io.StringIO(table.text))]
            rows[page] = len(set(found)) if column != "place" else count_entries(table.text)
            assert rows[page] == total > 3, (page, address)
        triples = opened.get("/plans/ukraine-peace-plan/graph.nt").text
        described = set(re.findall(r"^<([^>]+)> \S+ns#type> <\S+#Attribution>", triples, re.MULTILINE))
        assert len(described) == rows["/plans/ukraine-peace-plan/graph"]
    assert len(rows) == 10
    assert max(rows.values()) > 2_000


def count_entries(text: str) -> int:
    """How many entries of a timeline its table tells, each in some rows."""
    lines = csv.DictReader(io.StringIO(text))
    return len(read_entries({name: cell for name, cell in row.items() if cell} for row in lines))


def list_rows(tree: Any) -> list[str]:
    """What the rows of a list lead to."""
    rows = next(tree.iter("tbody"))
    return [next(row.iter("a")).get("href", "").partition("?")[0].rpartition("/")[2] for row in rows]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_list_that_nobody_sorted_has_a_named_order_and_its_twins_have_the_same_rows(
    client: TestClient, section: str
) -> None:
    orders = {}
    for page in (f"/{section}?limit=2&lang=uk", f"/{section}?limit=2&lang=uk&q=ukrain*"):
        tree, _ = get(client, page)
        first, *others = (("".join(node.itertext()), node.get("value")) for node in tree.iter("option"))
        assert first[1] == "" and len({name for name, _ in (first, *others)}) == len(others) + 1
        orders[page] = first[0]
        following = [node.get("href", "") for node in tree.iter("a") if node.get("rel") == "next"]
        seen = []
        for address in (page, *following):
            tree, _ = get(client, address)
            rows = list_rows(tree)
            twins = dict(zip(LISTED.values(), find_tools(tree, "tools.formats"), strict=True))
            for name in ("JSON", "JSON-LD"):
                items = client.get(twins[name]).json()["items"]
                assert [item["id"].rpartition("/")[2] for item in items] == rows, (address, name)
            lines = client.get(twins["CSV"]).text.splitlines()[1:]
            assert [line.partition(",")[0].rpartition("/")[2] for line in lines if "/id/" in line] == rows
            assert all(row in client.get(twins["Turtle"]).text for row in rows)
            cited = client.get(find_tools(tree, "tools.cite")[0])
            assert cited.status_code == 200 and "sort" in cited.text
            seen += rows
        assert len(seen) == len(set(seen)) >= 2
    assert len(set(orders.values())) == 2  # what is searched for has the order of the search


def test_what_is_newest_comes_first_where_nobody_sorted(client: TestClient) -> None:
    for section in ("claims", "documents"):
        tree, _ = get(client, f"/{section}?limit=60")
        days = [node.get("datetime", "") for node in next(tree.iter("tbody")).iter("time")]
        assert len(days) == 60
        assert days == sorted(days, reverse=True) and days[0] > days[-1]
    assert set(SORTED) == set(SECTIONS)
