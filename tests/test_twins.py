"""The tools of every page: the same as data, the queries behind it, its citation; each address answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import html5rdf  # type: ignore[import-untyped]
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from plangraph.citation import CITATIONS
from plangraph.formats import CSV, GRAPHS, JSON
from plangraph.pages.docs import ELSEWHERE
from plangraph.pages.listing import SECTIONS
from plangraph.pages.phrases import LANGUAGES, say
from plangraph.pages.routes import create_pages
from plangraph.pages.twins import LISTED, SORTED
from plangraph.settings import Limits, Settings
from plangraph.web.finders import Finders
from plangraph.web.site import create_site

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
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
    "/docs/api/{tag}": "/docs/api/search?lang=uk",
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
    with TestClient(create_site(settings)) as opened:
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
    assert twins > 75
    assert queries > 35
    assert citations > 45


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
