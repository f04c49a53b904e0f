"""The pages: on the real data, through the real application; valid, guarded, linked, in two languages."""

from __future__ import annotations

import csv
import io
import re
import string
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5rdf  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient

from plangraph.matrix import STANDINGS
from plangraph.pages.bundle import is_built
from plangraph.pages.captions import choose_caption, read_names
from plangraph.pages.days import SPARK_BARS, SPARK_HEIGHT, draw_days, draw_spark
from plangraph.pages.frame import GUARDED, STATIC, TEMPLATES
from plangraph.pages.grid import COLUMNS_SHOWN, LATER, VIEWS
from plangraph.pages.links import Links, point_at
from plangraph.pages.listing import SECTIONS
from plangraph.pages.phrases import LANGUAGES, load_phrases
from plangraph.reads import load_read
from plangraph.settings import Limits, Settings
from plangraph.terms import ID
from plangraph.timeline import KINDS
from plangraph.web.site import create_site
from services import PATIENT, make_site, read_packaged

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HTML = {"Accept": BROWSER}
PLAN = "/plans/ukraine-peace-plan"
ARTICLE = "2025-11-20-rbc-ukraine-plan-pressure"
CLAIM = f"/claims/{ARTICLE}--donbas-handover"
DAY = "2025-11-20"
MAIN = (
    "/", "/plans", PLAN, "/provisions", "/provisions/amnesty", "/provisions/donbas-handover", "/claims",
    CLAIM, "/documents", f"/documents/{ARTICLE}", "/outlets", "/outlets/rbc-ukraine",
    "/outlets/the-wall-street-journal", "/outlets/reuters", "/versions", "/versions/geneva-19-point",
    f"{PLAN}/versions", "/divergences", "/divergences/nato-membership-renunciation--duration-7b405b9230",
    "/values",
    "/values/nato-membership-renunciation--duration-63d4d96844", "/actors", "/actors/marco-rubio",
    f"/actors/{ARTICLE}--source",
    "/things/event/abu-dhabi-talks-2025-11", "/things/place/abu-dhabi",
    "/docs", "/docs/citing", "/docs/licences", "/docs/api", "/docs/api/comparisons", "/docs/api/models",
    "/ns", "/shapes", "/docs/ontology/duration", "/docs/ontology/scheme/topics",
)  # fmt: skip
LOOKS = (
    *(f"{PLAN}?columns={view}" for view in VIEWS), f"{PLAN}?show=all", f"{PLAN}?from=12&sort=divergent",
    f"{PLAN}?version=28-point&sort=name", "/claims?outlet=rbc-ukraine&status=anonymous&sort=-published",
    "/claims?q=amnesty", "/claims?topic=amnesty&topic=security-guarantees", "/documents?since=2025-12-01",
    "/claims?actor=marco-rubio&kind=Stance", "/provisions/amnesty?version=28-point",
    f"{PLAN}/graph", f"{PLAN}/graph?follow=rbc-ukraine&topic=amnesty", f"{PLAN}/map?place=donbas",
    f"{PLAN}/timeline?day={DAY}", "/timeline", "/graph", "/map?place=donbas",
    "/provisions/donbas-handover?follow=rbc-ukraine",
)  # fmt: skip
WHOLE = "/export/plangraph.ttl"
"""A link of every page that is not followed: it is long in the making, and test_site.py asks for it."""

SLOT = re.compile(r"\bsay\(\s*[\"']([^\"']+)[\"']\s*(~?)")
FAMILIES = (
    "query.", "language.", "property.", "class.", "country.", "words.", "truth.", "unit.", "comparator.",
)  # fmt: skip
"""Keys that are put together from what the data has."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=2, limits=PATIENT))) as opened:
        yield opened


@cache
def read_html(text: str) -> Any:
    """The tree of a page, which nobody changes; read once, for a parser that takes nothing wrong is slow."""
    return html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def get(client: TestClient, address: str) -> Any:
    answer = client.get(address, headers=HTML)
    assert answer.status_code == 200, (address, answer.text[:300])
    assert answer.headers["content-type"] == "text/html; charset=utf-8", address
    return read_html(answer.text)


def speak(address: str, language: str) -> str:
    """The address of a page in a language; the first one needs no word, so its pages are held from before."""
    if language == next(iter(LANGUAGES)):
        return address
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def list_links(tree: Any, page: str) -> list[str]:
    """The addresses within the service that a page links, without fragments."""
    found = [
        urljoin(page, node.get("href"))
        for node in tree.iter("a")
        if not node.get("href", "#").startswith("#")
    ]
    own = [address for address in found if not urlsplit(address).netloc or "testserver" in address]
    return list(dict.fromkeys(address.partition("#")[0].removeprefix("http://testserver") for address in own))


def find_text(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", [*MAIN, *LOOKS])
def test_a_page_is_valid_guarded_and_without_script_or_style_of_its_own(
    client: TestClient, address: str, language: str
) -> None:
    chosen = speak(address, language)
    answer = client.get(chosen, headers=HTML)
    tree = get(client, chosen)
    for name, value in GUARDED.items():
        assert answer.headers[name] == value
    assert "Accept" in answer.headers["vary"]
    assert tree.get("lang") == language
    nodes = list(tree.iter())
    assert len(nodes) > 100
    assert not [node.tag for node in nodes if node.tag in ("style", "iframe", "object")]
    for script in tree.iter("script"):
        assert set(script.attrib) == {"type", "src"} and script.get("src", "").startswith("/static/")
        assert not find_text(script)
    attributes = {name for node in nodes for name in node.attrib}
    assert not [
        name for name in attributes if isinstance(name, str) and (name == "style" or name.startswith("on"))
    ]
    assert not [node for node in nodes if node.get("href", "").lower().startswith("javascript:")]
    ids = Counter(node.get("id") for node in nodes if node.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    named = [part for node in nodes for part in node.get("aria-labelledby", "").split()]
    jumps = [node.get("href")[1:] for node in tree.iter("a") if node.get("href", "").startswith("#")]
    labelled = [node.get("for") for node in tree.iter("label") if node.get("for")]
    assert {*named, *jumps, *labelled} <= set(ids)
    levels = [
        int(node.tag[1]) for node in nodes if isinstance(node.tag, str) and re.fullmatch("h[1-6]", node.tag)
    ]
    assert levels.count(1) == 1
    assert len(find_text(next(tree.iter("h1")))) > 2


def test_a_page_that_is_asked_for_in_english_is_the_one_without_a_language(client: TestClient) -> None:
    trees = [get(client, address) for address in ("/plans", "/plans?lang=en", "/plans?lang=uk")]
    assert [tree.get("lang") for tree in trees] == ["en", "en", "uk"]
    told = [find_text(next(tree.iter("main"))) for tree in trees]
    assert told[0] == told[1] != told[2]
    assert all("lang=en" in link for link in list_links(trees[1], "/plans") if link.startswith("/plans/"))


def test_all_that_pages_link_is_there(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    pages = [*MAIN, *LOOKS]
    found = {link: page for page in pages for link in list_links(get(client, page), page)}
    tried, asked = set[tuple[str, ...]](), 0
    for link, page in sorted(found.items(), key=lambda entry: -len(list_parts(entry[0]))):  # each says most
        if (parts := list_parts(link)) <= tried:
            continue
        tried |= parts
        if link == WHOLE:
            continue
        asked += 1
        answer = client.get(link, headers=HTML)
        assert answer.status_code == 200, (page, link, answer.text[:200])
    with capsys.disabled():
        sys.stdout.write(f" [{asked} of {len(found)} links, {len(tried)} kinds of paths and parameters] ")
    assert set(SECTIONS) | {"sparql", "api", "export", "docs"} <= {kind[0] for kind in tried}
    assert asked > 100


def list_parts(link: str) -> set[tuple[str, ...]]:
    """The kind of a link's path, and that with each of its parameters: another code may answer each."""
    parts = urlsplit(link)
    steps = parts.path.strip("/").split("/")
    depth = {"docs": 2, "embed": 2, "id": 2, "doc": 2, "api": 3}.get(steps[0], 1)
    suffix = steps[-1].rpartition(".")[2] if "." in steps[-1] else ""
    path = (*steps[:depth], *(steps[2:] if depth == 1 else ()), str(len(steps)), suffix)
    return {path, *((*path, name) for name, _ in parse_qsl(parts.query))}


def test_a_page_of_a_day_stays_on_that_day_and_says_so(client: TestClient) -> None:
    pinned = f"as_of={DAY}&undated=include&lang=uk&theme=dark"
    pages = [page for page in MAIN if page not in ("/outlets/the-wall-street-journal",)]
    followed = 0
    for page in pages:
        tree = get(client, f"{page}?{pinned}")
        assert tree.get("data-theme") == "dark"
        notice = next(node for node in tree.iter("p") if node.get("class") == "pinned")
        assert DAY in find_text(notice)
        for link in list_links(tree, page):
            parts = urlsplit(link)
            given = parse_qs(parts.query)
            if parts.path.split("/")[1] in (*SECTIONS, "") and "as_of" in given:
                assert given["as_of"] == [DAY] and given["undated"] == ["include"], (page, link)
                followed += 1
            elif parts.path.split("/")[1] in SECTIONS:
                assert find_leaving(tree) == link, (page, link)
    assert followed > 500
    answer = client.get(f"{PLAN}?{pinned}", headers=HTML)
    assert answer.headers["Plangraph-As-Of"].startswith(f"{DAY}; undated=include")


def find_leaving(tree: Any) -> str:
    """The one link that leaves the day."""
    notice = next(node for node in tree.iter("p") if node.get("class") == "pinned")
    return str(next(notice.iter("a")).get("href"))


def find_absence(absent: str, view: str) -> str:
    """What the page calls it that a column of a view has no cell."""
    table = load_phrases()
    return table.get(f"standing.{absent}.{view}", table[f"standing.{absent}"])["en"]


def test_the_cells_of_the_page_are_those_of_the_api(client: TestClient) -> None:
    compared = 0
    for view in ("outlets", "versions", "speakers"):
        matrix = client.get(f"/api/v1{PLAN}/matrix?columns={view}&limit=1000").json()
        tree = get(client, f"{PLAN}?columns={view}&sort=name")
        table = next(node for node in tree.iter("table") if "grid" in node.get("class", ""))
        rows = {item["id"].rpartition("/")[2]: item for item in matrix["items"]}
        body = next(table.iter("tbody"))
        assert len(body) == len(matrix["items"]) > 40
        for line in body:
            heading, *cells = list(line)
            row = rows[urlsplit(next(heading.iter("a")).get("href", "")).path.rpartition("/")[2]]
            expected = {cell["column"]: cell for cell in row["cells"] if cell["column"] < COLUMNS_SHOWN}
            assert len(cells) == min(COLUMNS_SHOWN, len(matrix["columns"]))
            for place, node in enumerate(cells):
                if place in expected:
                    assert node.get("class") == f"s-{expected[place]['standing'][0]}"
                    values = [row["values"][value] for value in expected[place]["values"]]
                    values = [value for value in values if value["slot"] not in LATER] or values
                    most = max((value["documents"] for value in values), default=0)
                    first = [value["words"] for value in values if value["documents"] == most]
                    assert not first or any(words in find_text(node) for words in first)
                    compared += 1
                else:
                    assert node.get("class") == "none"
                    absent = matrix["columns"][place]["absent"]
                    assert find_absence(absent, view) in find_text(node)
            if row["documents"]:
                assert f"origins {row['origins']:,}" in find_text(heading)
                assert f"echoes {row['echoes']:,}" in find_text(heading)
    assert compared > 300


@pytest.mark.parametrize(
    ("view", "pattern"),
    [
        ("languages", "?document schema:inLanguage ?key ; schema:publisher/a schema:NewsMediaOrganization"),
        (
            "countries",
            "?document schema:publisher ?o . ?o a schema:NewsMediaOrganization ; schema:location ?key",
        ),
    ],
)
def test_gathered_columns_count_the_pages_of_their_outlets(
    client: TestClient, view: str, pattern: str
) -> None:
    query = f"""SELECT ?key (COUNT(DISTINCT ?document) AS ?n) {{
      ?claim pg:about/pg:ofPlan|pg:about|pg:inVersion/pg:ofPlan|pg:about/pg:ofVersion/pg:ofPlan
        plan:ukraine-peace-plan .
      ?a pg:assertsClaim ?claim ; pg:inDocument ?document . ?document pg:readingExtent ?e .
      FILTER(?e != pg:citedOnly) {pattern} }} GROUP BY ?key ORDER BY DESC(?n)"""
    counted = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert counted.status_code == 200, counted.text
    expected = sorted((int(line.rpartition(",")[2]) for line in counted.text.split()[1:]), reverse=True)
    found = []
    for first in range(0, len(expected), COLUMNS_SHOWN):
        tree = get(client, f"{PLAN}?columns={view}&from={first}")
        head = next(
            next(node for node in tree.iter("table") if "grid" in node.get("class", "")).iter("thead")
        )
        labels = [find_text(node) for node in head.iter("th")][1:]
        found += [
            int(label.rpartition("pages ")[2].replace(",", ""))
            for label in labels
            if "not known" not in label
        ]
    assert len(expected) > 15
    assert sorted(found, reverse=True) == expected


def test_a_plan_has_all_rows_and_all_days_whatever_the_size_of_a_page_of_the_api(client: TestClient) -> None:
    whole = client.get(f"/api/v1{PLAN}/matrix?limit=1000").json()
    days = client.get("/api/v1/timeline?plan=ukraine-peace-plan&limit=1").json()
    with TestClient(make_site(Settings(workers=1, limits=replace(Limits(), page_items=3)))) as small:
        assert len(small.get(f"/api/v1{PLAN}/matrix").json()["items"]) == 3
        tree = get(small, PLAN)
    table = next(node for node in tree.iter("table") if "grid" in node.get("class", ""))
    assert len(next(table.iter("tbody"))) == len(whole["items"]) == whole["total"] > 40
    told = find_section(tree, "timeline").find(".//tbody")
    assert told is not None and len(told) == len(days["days"]) > 30


def test_an_origin_has_the_cells_of_the_reports_that_end_in_it(client: TestClient) -> None:
    tree = get(client, f"{PLAN}?columns=origins")
    table = next(node for node in tree.iter("table") if "grid" in node.get("class", ""))
    heading = next(iter(next(table.iter("thead")).iter("a")))
    kind, slug = urlsplit(heading.get("href", "")).path.split("/")[1:]
    query = f"""SELECT (COUNT(DISTINCT ?provision) AS ?n) {{
      ?a pg:endsIn <https://w3id.org/plangraph/id/{kind[:-1]}/{slug}> ; pg:assertsClaim/pg:about ?provision ;
        pg:inDocument/pg:readingExtent ?e . ?provision a pg:Provision ; pg:ofPlan plan:ukraine-peace-plan .
      FILTER(?e != pg:citedOnly) }}"""
    expected = int(
        client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"}).text.split()[1]
    )
    cells = [line[1].get("class") for line in next(table.iter("tbody"))]
    assert sum(1 for name in cells if name != "none") == expected > 3


def test_the_figures_of_a_plan_are_counted_from_the_graph(client: TestClient) -> None:
    query = """SELECT (COUNT(DISTINCT ?d) AS ?n) { ?d pg:divergenceKind pg:contradicts ; pg:betweenValue ?v .
      ?v pg:ofProvision/pg:ofPlan plan:ukraine-peace-plan }"""
    contradictions = client.post(
        "/sparql", data={"query": query}, headers={"Accept": "text/csv"}
    ).text.split()[1]
    claims = client.get("/api/v1/claims?plan=ukraine-peace-plan&limit=1").json()
    ends = {entry["value"]: entry["items"] for entry in claims["facets"]["status"]}
    tree = get(client, PLAN)
    figures = next(node for node in tree.iter("dl") if node.get("class") == "figures")
    shown = {find_text(node[0]): find_text(node[1]) for node in figures}
    assert shown["Contradictions"] == contradictions
    share = round(100 * ends["anonymous"] / claims["total"])
    assert shown["Claims from unnamed sources"] == f"{share} %"
    notes = [find_text(node) for node in figures.iter("dd") if node.get("class") == "note"]
    assert f"of {claims['total']:,} claims" in notes
    assert int(contradictions) > 5


def test_the_figures_of_a_plan_are_the_same_whatever_stands_in_the_columns(client: TestClient) -> None:
    told = set()
    for view in VIEWS:
        tree = get(client, f"{PLAN}?columns={view}")
        told.add(find_text(next(node for node in tree.iter("dl") if node.get("class") == "figures")))
    assert len(told) == 1


def test_the_figures_and_marks_of_a_row_are_of_all_reports_whatever_stands_in_the_columns(
    client: TestClient,
) -> None:
    query = """SELECT ?p ?kind (COUNT(DISTINCT ?d) AS ?n) {
      ?d pg:divergenceKind ?kind ; pg:betweenValue ?one, ?other . FILTER(?one != ?other)
      ?one pg:ofProvision ?p ; pg:assertedIn|pg:deniedIn ?claim .
      ?other pg:assertedIn|pg:deniedIn ?with . ?p pg:ofPlan plan:ukraine-peace-plan .
      ?a pg:assertsClaim ?claim ; pg:inDocument/pg:readingExtent ?e . FILTER(?e != pg:citedOnly)
      ?b pg:assertsClaim ?with ; pg:inDocument/pg:readingExtent ?f . FILTER(?f != pg:citedOnly)
    } GROUP BY ?p ?kind"""
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    marks: dict[str, set[str]] = {}
    for line in answer.text.split()[1:]:
        provision, kind, number = line.split(",")
        word = load_phrases()[f"standing.{kind.rpartition('#')[2]}"]["en"]
        marks.setdefault(provision.rpartition("/")[2], set()).add(f"{word} {int(number):,}")
    told: dict[str, set[str]] = {}
    compared = 0
    for view in VIEWS:
        table = find_grid(get(client, f"{PLAN}?columns={view}"))
        for line in next(table.iter("tbody")):
            provision = urlsplit(next(line[0].iter("a")).get("href", "")).path.rpartition("/")[2]
            tags = [node for node in line[0].iter("span") if "tag" in (node.get("class") or "").split()]
            assert {find_text(tag)[2:] for tag in tags} == marks.get(provision, set()), (view, provision)
            told.setdefault(provision, set()).add(find_text(line[0]))
            compared += len(tags)
    assert {len(texts) for texts in told.values()} == {1}
    assert len(told) > 40 and compared > 100 * len(VIEWS) / 2
    assert len(marks) > 20


def find_grid(tree: Any) -> Any:
    """The matrix of a page."""
    return next(node for node in tree.iter("table") if "grid" in node.get("class", ""))


def test_what_is_said_of_the_columns_fits_what_stands_in_them(client: TestClient) -> None:
    phrases, titles, legends = load_phrases(), set(), set()
    for view, language in product(VIEWS, LANGUAGES):
        tree = get(client, speak(f"{PLAN}?columns={view}", language))
        section = next(node for node in tree.iter("section") if node.get("aria-labelledby") == "matrix")
        title = find_text(next(section.iter("h2")))
        assert title == phrases[f"plan.matrix.{view}"][language]
        pager = next(node for node in section.iter("p") if node.get("class") == "pager")
        assert f", {phrases[f'plan.first.{view}'][language]}" in find_text(pager)
        legend = next(node for node in section.iter("ul") if node.get("class") == "legend")
        words = [find_text(node).partition(" ")[2].partition(":")[0] for node in legend]
        empty = {find_text(cell)[1:] for cell in section.iter("td") if cell.get("class") == "none"}
        standings = {phrases[f"standing.{name}"][language] for name in STANDINGS}
        assert {word for word in words if word not in standings} == empty
        titles.add(title)
        legends |= empty if language == "en" else set()
    assert len(titles) == len(VIEWS) * len(LANGUAGES)
    assert len(legends) >= 6


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("", PLAN),
        ("?cols=outlet", f"{PLAN}?columns=outlets"),
        ("?cols=version&lang=uk", f"{PLAN}?lang=uk&columns=versions"),
        ("?cols=speaker,version", f"{PLAN}?columns=speakers"),
        (
            f"?provision=amnesty&cols=speaker&as_of={DAY}",
            f"{PLAN}?provision=amnesty&as_of={DAY}&columns=speakers",
        ),
    ],
)
def test_the_address_to_compare_by_leads_for_good_to_the_columns_of_the_plan(
    client: TestClient, asked: str, place: str
) -> None:
    for accept in (HTML, {"Accept": "application/json"}):
        answer = client.get(f"{PLAN}/compare{asked}", headers=accept, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (308, place)
    table = find_grid(get(client, place))
    columns = find_text(list(next(table.iter("thead")).iter("th"))[1])
    shown = find_grid(read_html(client.get(f"{PLAN}/compare{asked}", headers=HTML).text))
    assert find_text(list(next(shown.iter("thead")).iter("th"))[1]) == columns
    refused = client.get(f"{PLAN}/compare?cols=moon", headers=HTML)
    assert refused.status_code == 400 and "outlet, speaker, version" in refused.text
    assert client.get("/plans/no-such/compare?cols=outlet", headers=HTML).status_code == 404


def test_a_plan_without_a_recorded_provision_says_so_and_shows_no_empty_frames(client: TestClient) -> None:
    tree = get(client, "/plans/gaza-20-point-plan")
    assert "No provision of this plan is recorded." in find_text(next(tree.iter("main")))
    classes = {node.get("class") for node in tree.iter()}
    assert {"figures", "grid"}.isdisjoint(classes)
    assert {"figures", "grid"} <= {node.get("class") for node in get(client, PLAN).iter()}


def test_a_cell_says_nothing_twice(client: TestClient) -> None:
    several = 0
    for view in ("versions", "languages"):
        tree = get(client, f"{PLAN}?columns={view}")
        table = next(node for node in tree.iter("table") if node.get("class") == "grid")
        for cell in next(table.iter("tbody")).iter("td"):
            told = [find_text(node) for node in cell.iter("span") if node.get("class") == "value"]
            assert len(set(told)) == len(told)
            several += len(told) > 1
    assert several > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_signs_and_words_of_the_trade_are_explained_before_they_are_met(
    client: TestClient, language: str
) -> None:
    explained = set()
    counts = {"independentOriginCount": "origins", "undeterminedOriginCount": "unknown"}
    for address in (PLAN, f"{PLAN}?columns=versions&provision=amnesty", "/provisions/donbas-handover"):
        tree = get(client, speak(address, language))
        nodes = list(tree.iter())
        lists = [node for node in nodes if node.tag == "ul" and node.get("class") == "legend"]
        signs, words = lists[:2]
        table = next(node for node in nodes if node.tag == "table")
        assert nodes.index(words) < nodes.index(table)
        met = {
            kind.removeprefix("s-")
            for node in table.iter("span")
            for kind in node.get("class", "").split()
            if kind.startswith("s-")
        }
        shown = {node.get("class", "").partition(" s-")[2] for node in signs.iter("span")} - {""}
        assert met <= shown
        for entry in (*signs, *words):
            told = find_text(entry)
            link = entry.find("span/a")
            key = "" if link is None else urlsplit(link.get("href", "")).path.rpartition("/")[2]
            if key:
                assert told.endswith(load_phrases()[f"means.{counts.get(key, key)}"][language]), told
                assert client.get(link.get("href", ""), headers=HTML).status_code == 200
                explained.add(key)
        assert load_phrases()["means.echoes"][language] in find_text(words)
    assert {"bearer", "deonticForce", "qualifies", "differs", "independentOriginCount"} <= explained
    dense = get(client, speak(f"{PLAN}?show=all", language))
    assert not [node for node in dense.iter("details") if "words" in node.get("class", "").split()]


def test_a_provision_names_the_ways_in_which_its_values_differ_and_no_others(client: TestClient) -> None:
    seen = set()
    for slug in ("donbas-handover", "amnesty", "nato-membership-renunciation", "territory-recognition"):
        values = client.get(f"/api/v1/provisions/{slug}/values").json()
        kinds = {entry["kind"] for item in values["items"] for entry in item["diverges"]}
        legend = next(
            node for node in get(client, f"/provisions/{slug}").iter("ul") if node.get("class") == "legend"
        )
        links = [urlsplit(node.get("href", "")).path.rpartition("/")[2] for node in legend.iter("a")]
        assert set(links) == kinds and len(links) == len(kinds)
        seen |= kinds
    assert len(seen) >= 3


def test_the_timeline_is_drawn_and_told_with_the_same_figures(client: TestClient) -> None:
    timeline = client.get("/api/v1/timeline?plan=ukraine-peace-plan").json()
    tree = get(client, PLAN)
    drawing = next(
        node for node in tree.iter() if str(node.tag).endswith("svg") and node.get("class") == "days"
    )
    drawn = [node.text for node in drawing.iter() if str(node.tag).endswith("title")]
    chart = draw_days(timeline)
    assert chart is not None
    assert len(drawn) == sum(len(bar.parts) for bar in chart.bars) > 50
    assert (
        sum(int(text.rpartition(" ")[2]) for text in drawn if text) + chart.outside
        == timeline["placed"]["day"]
    )
    table = find_section(tree, "timeline").find(".//tbody")
    rows = [[find_text(cell) for cell in line] for line in table] if table is not None else []
    assert rows == [[entry["day"], *(str(entry[kind]) for kind in KINDS)] for entry in timeline["days"]]


@pytest.mark.parametrize("asked", ["", f"?as_of={DAY}&undated=include", "?lang=uk"])
def test_the_first_page_draws_the_reports_on_each_plan_as_its_timeline_counts_them(
    client: TestClient, asked: str
) -> None:
    tree = get(client, f"/{asked}")
    drawn = 0
    for card in next(node for node in tree.iter("ul") if node.get("class") == "cards"):
        slug = urlsplit(next(card.iter("a")).get("href", "")).path.rpartition("/")[2]
        days = "&" + asked[1:] if "as_of" in asked else ""
        timeline = client.get(f"/api/v1/timeline?plan={slug}&kind=report&limit=1{days}").json()
        counts = {entry["day"]: entry["report"] for entry in timeline["days"]}
        links = [node for node in card.iter("a") if node.get("class") == "spark"]
        assert bool(links) is bool(counts)
        for link in links:
            assert urlsplit(link.get("href", "")).path == f"/plans/{slug}/timeline"
            told = find_text(link)
            most = max(counts.values())
            peak = next(day for day in sorted(counts) if counts[day] == most)
            assert f"{min(counts)} – {max(counts)}: {sum(counts.values())} " in told
            assert f" {peak}: {most}" in told
            undated = timeline["total"] - sum(counts.values())
            assert told.endswith(f": {undated}") is bool(undated)
            (drawing,) = (node for node in link.iter() if str(node.tag).endswith("svg"))
            bars = [node for node in drawing.iter() if str(node.tag).endswith("rect")]
            assert drawing.get("aria-hidden") == "true" and len(bars) == len(counts) > 2
            first = date.fromisoformat(min(counts))
            places = {(date.fromisoformat(day) - first).days: counts[day] for day in counts}
            for bar in bars:
                height = float(bar.get("height", ""))
                assert height == pytest.approx(places[int(bar.get("x", ""))] / most * SPARK_HEIGHT, abs=0.01)
                assert float(bar.get("y", "")) + height == pytest.approx(SPARK_HEIGHT, abs=0.02)
            drawn += 1
    assert drawn == 1


@pytest.mark.parametrize(("day", "language"), [("", "en"), (DAY, "en"), ("", "uk")])
def test_the_first_page_has_the_divergences_that_came_last(
    client: TestClient, day: str, language: str
) -> None:
    pinned = {"as_of": day} if day else {}
    text = """SELECT ?item ?side ?day WHERE { ?item a pg:Divergence ; pg:betweenValue ?side .
        ?side pg:assertedIn/^pg:assertsClaim/pg:inDocument/(schema:datePublished|pg:publishedNotAfter) ?day
    }"""
    answer = client.get("/sparql", params={"query": text, **pinned}, headers={"Accept": "text/csv"})
    begun: dict[str, dict[str, str]] = defaultdict(dict)
    for row in csv.DictReader(io.StringIO(answer.text)):
        sides = begun[row["item"]]
        sides[row["side"]] = min(row["day"], sides.get(row["side"], row["day"]))
    appeared = {item: max(sides.values()) for item, sides in begun.items() if len(sides) == 2}
    expected = sorted(sorted(appeared), key=lambda item: appeared[item], reverse=True)
    assert len(expected) > 40
    section = find_section(get(client, f"/?{urlencode({'lang': language, **pinned})}"), "recent")
    entries = [node for node in section.iter("li") if "edge" in node.get("class", "")]
    links = [next(node for node in entry.iter("a") if node.get("class") == "versus") for entry in entries]
    found = [urlsplit(link.get("href", "")).path.rpartition("/")[2] for link in links]
    assert found == [item.rpartition("/")[2] for item in expected[:8]]
    for entry, item in zip(entries, expected, strict=False):
        assert [node.get("datetime") for node in entry.iter("time")] == [appeared[item]]
        linked = {urlsplit(node.get("href", "")).path.rpartition("/")[2] for node in entry.iter("a")}
        assert {side.rpartition("/")[2] for side in begun[item]} < linked
    listed = client.get("/api/v1/divergences.csv", params={"sort": "-appeared", "limit": 100, **pinned})
    rows = [row["item"] for row in csv.DictReader(io.StringIO(listed.text))]
    assert [item for item in rows if item in appeared] == expected[: len(rows)]


def test_many_days_share_a_bar_and_none_is_lost() -> None:
    assert draw_spark({"": 4}) is None and draw_spark({}) is None
    one = draw_spark({"2025-11-20": 3, "": 2})
    assert one is not None and (one.dated, one.undated, one.each, len(one.bars)) == (3, 2, 1, 1)
    begun = date(2020, 1, 1)
    days = {(begun + timedelta(days=place)).isoformat(): 1 + place % 3 for place in range(900)}
    long = draw_spark(days)
    assert long is not None and len(long.bars) <= SPARK_BARS and long.each == 900 // SPARK_BARS + 1
    assert (long.first, long.peak, long.most) == ("2020-01-01", "2020-01-03", 3)
    assert long.dated == sum(days.values()) and max(height for _, _, height in long.bars) == SPARK_HEIGHT
    assert max(place for place, _, _ in long.bars) < int(long.view.split()[2]) <= SPARK_BARS


def test_a_claim_shows_every_hop_of_its_chains_and_opens_the_original_at_the_phrase(
    client: TestClient,
) -> None:
    hops = phrases = lost = 0
    listed = client.get("/api/v1/claims?outlet=gazeta-ru&limit=6").json()["items"]
    for slug in (f"{ARTICLE}--donbas-handover", *(item["id"].rpartition("/")[2] for item in listed)):
        answer = client.get(f"/api/v1/claims/{slug}/chain")
        tree = get(client, f"/claims/{slug}")
        shown = [node for node in tree.iter("li") if (node.get("class") or "").startswith("hop")]
        expected = [hop for chain in answer.json()["chains"] for hop in chain["hops"]]
        assert [node.get("id") for node in shown] == [hop["id"].rpartition("/")[2] for hop in expected]
        for node, hop in zip(shown, expected, strict=True):
            hops += 1
            assert ("lost" in node.get("class", "")) is hop["undetermined"]
            lost += hop["undetermined"]
            opened = [link.get("href", "") for link in node.iter("a") if "#:~:text=" in link.get("href", "")]
            if "document" in hop and "url" in hop["document"]:
                assert [unquote(link.partition("#:~:text=")[2]) for link in opened] == [
                    place["exact"] for place in hop["evidence"]
                ]
                phrases += len(opened)
    assert hops >= 3 and phrases >= 2 and lost >= 1


def test_the_name_of_the_data_set_leads_a_browser_to_its_files_and_a_program_to_its_description(
    client: TestClient,
) -> None:
    shown = client.get("/dataset?lang=uk", headers=HTML, follow_redirects=False)
    assert (shown.status_code, shown.headers["location"]) == (303, "/docs/downloads?lang=uk")
    links = list_links(get(client, "/docs/downloads"), "/docs/downloads")
    described = [link for link in links if link.startswith("/dataset")]
    assert described == ["/dataset.ttl", *(f"/dataset.{name}" for name in ("json", "jsonld", "trig", "csv"))]
    for address, headers in ((described[0], HTML), ("/dataset", {"Accept": "*/*"}), ("/dataset", {})):
        answer = client.get(address, headers=headers)
        assert answer.headers["content-type"].startswith("text/turtle")
        assert "void:Dataset" in answer.text


def test_a_text_fragment_escapes_what_means_something_in_it() -> None:
    address = point_at("https://example.org/a?b=c#d", "a well-known, so & so")
    assert address == "https://example.org/a?b=c#:~:text=a%20well%2Dknown%2C%20so%20%26%20so"


def test_a_claim_leads_to_its_place_on_the_page_of_its_document(client: TestClient) -> None:
    claims = [
        item["id"].rpartition("/")[2] for item in client.get("/api/v1/claims?limit=200").json()["items"]
    ]
    led = 0
    for slug in claims[::20]:
        links = [node.get("href", "") for node in get(client, f"/claims/{slug}").iter("a")]
        found = {link for link in links if link.startswith("/documents/") and link.endswith(f"#{slug}")}
        (page,) = found
        entries = [node for node in get(client, page.partition("#")[0]).iter("li") if node.get("id") == slug]
        (entry,) = entries
        assert f"/claims/{slug}" in {node.get("href", "") for node in entry.iter("a")}
        led += 1
    assert led == 10


def test_every_page_tells_how_many_documents_were_read_and_of_how_many_outlets(client: TestClient) -> None:
    asked = """SELECT (COUNT(DISTINCT ?page) AS ?pages) (COUNT(DISTINCT ?house) AS ?houses) {
        ?page pg:readingExtent ?extent FILTER (?extent IN (pg:full, pg:partial))
        OPTIONAL { ?page schema:publisher ?house }
    }"""
    answer = client.get("/sparql", params={"query": asked}, headers={"Accept": "text/csv"})
    pages, houses = answer.text.split()[1].split(",")
    known = client.get("/api/v1/documents?limit=1").json()["total"]
    assert int(pages) < known
    for page in ("/", "/outlets"):
        told = find_text(next(node for node in get(client, page).iter("p") if node.get("class") == "counts"))
        assert f"{known} documents ({pages} read)" in told
        assert f"outlets ({houses} read)" in told


def ask(client: TestClient, query: str) -> list[list[str]]:
    rows = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"}).text.splitlines()
    return [row.split(",") for row in rows[1:]]


def read_figures(tree: Any) -> dict[str, str]:
    (figures,) = (node for node in tree.iter("dl") if node.get("class") == "figures")
    return {find_text(node.find("dt")): find_text(node.find("dd")) for node in figures}


def find_section(tree: Any, name: str) -> Any:
    return next(node for node in tree.iter("section") if node.get("aria-labelledby") == name)


def test_an_outlet_shows_what_others_took_from_it_though_no_page_of_it_was_read(client: TestClient) -> None:
    pairs = ask(
        client,
        """SELECT DISTINCT ?house ?claim WHERE {
        ?below pg:takenFrom/pg:inDocument/schema:publisher outlet:reuters ;
            pg:assertsClaim ?claim ; pg:inDocument ?page .
        ?page schema:publisher ?house ; pg:readingExtent ?extent
        FILTER (?extent IN (pg:full, pg:partial) && !STRENDS(STR(?house), "/reuters"))
    }""",
    )
    traced = ask(
        client,
        """SELECT DISTINCT ?claim (STR(?house) AS ?above) WHERE {
        ?there pg:inDocument/schema:publisher outlet:reuters ; pg:assertsClaim ?claim .
        OPTIONAL { ?there pg:takenFrom/pg:inDocument/schema:publisher ?house } }""",
    )
    claims, straight = {claim for claim, _ in traced}, {claim for _, claim in pairs}
    assert straight < claims  # of the others there is none on the page of an outlet that was not read
    tree = get(client, "/outlets/reuters")
    told = read_figures(tree)
    assert told["Claims traced to its pages"] == str(len(claims)) != "0"
    steps = f"straight {len(straight)}, through further steps {len(claims - straight)}"
    assert steps in find_text(next(tree.iter("dl")))
    assert told["Named as the first outlet"] == str(sum(1 for _, above in traced if not above)) != "0"
    assert told["Outlets that pass them on straight"] == str(len({house for house, _ in pairs})) != "0"
    *counts, further = read_counts(find_section(tree, "cited"))
    assert counts == sorted(Counter(house for house, _ in pairs).values(), reverse=True)
    assert len(counts) > 10 and further == len(claims - straight) > 0
    assert sum(read_counts(find_section(tree, "named"))) == len(claims)
    above = Counter(above for _, above in traced if above)
    assert read_counts(find_section(tree, "above")) == sorted(above.values(), reverse=True) != []
    (button,) = (node for node in tree.iter("a") if node.get("href") == "/claims?outlet=reuters")
    assert find_text(button).endswith(f": {len(claims)}")


def test_an_outlet_reported_first_what_no_dated_page_of_another_has_earlier(client: TestClient) -> None:
    rows = ask(
        client,
        """SELECT DISTINCT ?value ?house ?page ?day WHERE {
        ?value a pg:ReportedValue ; pg:ofProvision ?provision ; pg:assertedIn ?claim .
        ?telling pg:assertsClaim ?claim ; pg:polarity pg:positive ; pg:inDocument ?page .
        ?page schema:publisher ?house ; pg:readingExtent ?extent FILTER (?extent != pg:citedOnly)
        OPTIONAL { ?page schema:datePublished ?day } }""",
    )
    reports: dict[str, set[tuple[str, str]]] = {}
    for value, house, _, day in rows:
        reports.setdefault(value, set()).add((house.rpartition("/")[2], day))
    first: dict[str, dict[str, set[str]]] = {}
    for value, told in reports.items():
        begun = min((day for _, day in told if day), default="")
        if begun and len({house for house, _ in told}) > 1:
            houses = {house for house, day in told if day == begun}
            for house in houses:
                first.setdefault(house, {})[value.rpartition("/")[2]] = houses - {house}
    undated = sum(1 for told in reports.values() if any(not day for _, day in told))
    assert undated > 50 and len(first) > 30
    for slug in ("tass", "rbc-ukraine", "cgtn", *sorted(first, key=lambda house: -len(first[house]))[:5]):
        tree = get(client, f"/outlets/{slug}")
        assert read_figures(tree)["Reported first"] == str(len(first[slug])), slug
        table = next(find_section(tree, "first").iter("tbody"))
        alone = sum(1 for line in table if find_text(list(line)[-1]) == "nobody")
        expected = sum(1 for houses in first[slug].values() if not houses)
        assert alone == min(expected, len(table)), slug


def read_counts(section: Any) -> list[int]:
    return [int(find_text(node).rpartition(" ")[2]) for node in section.iter("summary")]


def test_the_page_of_an_outlet_that_was_not_read_says_so_and_begins_with_what_there_is(
    client: TestClient,
) -> None:
    rows = ask(
        client,
        """SELECT ?outlet (COUNT(DISTINCT ?page) AS ?pages) (COUNT(DISTINCT ?claim) AS ?claims) WHERE {
        ?outlet a schema:NewsMediaOrganization .
        OPTIONAL { ?page schema:publisher ?outlet
            OPTIONAL { ?telling pg:inDocument ?page ; pg:assertsClaim ?claim } }
        FILTER NOT EXISTS { ?read schema:publisher ?outlet ; pg:readingExtent ?extent
            FILTER (?extent != pg:citedOnly) } } GROUP BY ?outlet""",
    )
    kinds = Counter((int(pages) > 0, int(claims) > 0) for _, pages, claims in rows)
    assert kinds[True, True] > 30 and kinds[True, False] > 3 and kinds[False, False] > 1
    for iri, pages, claims in rows:
        slug = iri.rpartition("/")[2]
        main = next(get(client, f"/outlets/{slug}").iter("main"))
        said = find_text(main)
        assert ("None of its own pages was read" if int(pages) else "No page of it is known") in said, slug
        buttons = [node for node in main.iter("a") if node.get("href") == f"/claims?outlet={slug}"]
        assert [find_text(node).rpartition(" ")[2] for node in buttons] == [claims] * (claims != "0"), slug
        figures = [find_text(node) for node in main.iter("dd") if node.get("class") != "note"]
        assert "0" not in figures, slug
        assert bool([node for node in main.iter("dl") if node.get("class") == "figures"]) is (claims != "0")
        headed = [find_text(node) for node in main.iter("h2")]
        assert "Reported first" not in headed and "Pages that were read" not in headed, slug
        assert ("Its pages that others name" in headed) is bool(int(pages)), slug


def test_the_button_of_an_outlet_counts_the_claims_that_its_list_has(client: TestClient) -> None:
    for slug in ("rbc-ukraine", "tass", "cgtn"):  # with pages that were read, and others that were not
        total = client.get(f"/api/v1/claims?outlet={slug}&limit=1").json()["total"]
        tree = get(client, f"/outlets/{slug}")
        (button,) = (node for node in tree.iter("a") if node.get("href") == f"/claims?outlet={slug}")
        assert find_text(button).endswith(f": {total}") and total > 5
        assert read_figures(tree)["Pages that were read"] != "0"
        named = find_section(tree, "named")
        read = find_section(tree, "pages")
        stand = [int(find_text(node).rpartition(" ")[2]) for node in read.iter("li")]
        assert sum(stand) + sum(read_counts(named)) == total


def test_a_provision_shows_each_value_with_who_reports_it_and_what_differs(client: TestClient) -> None:
    values = client.get("/api/v1/provisions/amnesty/values").json()
    tree = get(client, "/provisions/amnesty")
    rows = {node.get("id"): node for node in tree.iter("tr") if node.get("id")}
    assert len(rows) == len(values["items"]) > 3
    for value in values["items"]:
        row = rows[value["id"].rpartition("/")[2]]
        assert value["words"] in find_text(row)
        worded = {
            id(link)
            for node in row.iter("ul")
            if node.get("class") == "plain worded"
            for link in node.iter("a")
        }
        linked = [urlsplit(node.get("href", "")).path for node in row.iter("a") if id(node) not in worded]
        claims = [entry["claim"].rpartition("/")[2] for entry in value["reports"]]
        assert [path.rpartition("/")[2] for path in linked if path.startswith("/claims/")] == claims
        assert sum(entry["reason"] in find_text(row) for entry in value["diverges"]) == len(value["diverges"])


def test_facets_live_in_the_address_and_tell_what_is_left(client: TestClient) -> None:
    tree = get(client, "/claims?outlet=rbc-ukraine")
    total = client.get("/api/v1/claims?outlet=rbc-ukraine&limit=1").json()["total"]
    assert find_text(next(tree.iter("h1"))) == f"Claims {total}"
    followed = 0
    for section in (node for node in tree.iter("section") if node.get("class") == "facet"):
        for link in list(section.iter("a"))[:3]:
            count = int(find_text(link).rpartition(" ")[2].replace(",", ""))
            address = link.get("href", "")
            if link.get("aria-current"):
                assert "outlet=rbc-ukraine" not in address
                continue
            assert "outlet=rbc-ukraine" in address
            if section.get("aria-labelledby") == "facet-outlet":
                continue  # another outlet makes more, for one of them is enough
            narrowed = find_text(next(get(client, address).iter("h1")))
            assert narrowed == f"Claims {count}", address
            followed += 1
    assert followed >= 8


def test_every_filter_that_is_set_stands_above_the_rows_and_can_be_taken_away(client: TestClient) -> None:
    removed = 0
    for section in SECTIONS:
        facets = client.get(f"/api/v1/{section}?limit=1").json()["facets"]
        given = {name: str(entries[0]["value"]) for name, entries in facets.items() if entries}
        known = load_read(section).filters
        days = {"q": "plan", "since": "2025-11-01", "until": "2026-06-30"}
        given |= {name: value for name, value in days.items() if name in known}
        tree = get(client, f"/{section}?{urlencode({**given, 'lang': 'uk'})}")
        nodes = list(tree.iter())
        (chips,) = (node for node in nodes if node.get("class") == "set")
        (form,) = (node for node in nodes if "choose" in node.get("class", "").split())
        assert nodes.index(chips) < nodes.index(form)
        assert not [node for node in form.iter() if node is chips]
        left = [
            set(parse_qsl(urlsplit(link.get("href")).query))
            for link in chips.iter("a")
            if urlsplit(link.get("href")).path == f"/{section}"
        ]
        whole = {*given.items(), ("lang", "uk")}
        for entry in given.items():
            assert whole - {entry} in left, (section, entry)
            removed += 1
        alone = next(iter(given))
        tree = get(client, f"/{section}?{urlencode({alone: given[alone], 'lang': 'uk'})}")
        (chips,) = (node for node in tree.iter() if node.get("class") == "set")
        assert [link.get("href") for link in chips.iter("a")] == [f"/{section}?lang=uk"]
    assert removed > 30


def test_a_form_that_is_sent_half_empty_leads_to_an_address_without_the_empty_fields(
    client: TestClient,
) -> None:
    answer = client.get("/claims?q=&since=&sort=&outlet=rbc-ukraine", headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/claims?outlet=rbc-ukraine")
    answer = client.get("/claims?as_of=&undated=include", headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/claims")


def test_what_is_found_can_be_put_in_the_order_of_search_and_only_that(client: TestClient) -> None:
    expected = client.get("/api/v1/claims?q=amnesty&sort=relevance&limit=100").json()["items"]
    tree = get(client, "/claims?q=amnesty&sort=relevance&limit=100")
    shown = [next(row.iter("a")).get("href", "") for row in next(tree.iter("tbody"))]
    slugs = [urlsplit(link).path.rpartition("/")[2] for link in shown]
    assert slugs == [item["id"].rpartition("/")[2] for item in expected] != sorted(slugs)
    assert find_text(next(tree.iter("option"))) == "Best found first"
    assert "Best found first" not in [find_text(node) for node in get(client, "/claims").iter("option")]
    usual = get(client, "/claims?q=amnesty&limit=100")
    assert [next(row.iter("a")).get("href", "") for row in next(usual.iter("tbody"))] == shown
    (removed,) = (
        node.get("href", "")
        for area in tree.iter("ul")
        if area.get("class") == "set"
        for node in area.iter("a")
    )
    assert removed == "/claims?limit=100"
    answer = client.get("/claims?q=&sort=relevance", headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/claims")


def test_the_pages_of_a_list_follow_one_another(client: TestClient) -> None:
    address, seen = "/provisions?limit=20", []
    for _ in range(10):
        tree = get(client, address)
        seen += [find_text(node) for node in next(tree.iter("tbody")).iter("th")]
        following = [node.get("href") for node in tree.iter("a") if node.get("rel") == "next"]
        if not following:
            break
        address = str(following[0])
    assert len(seen) == len(set(seen)) == client.get("/api/v1/provisions?limit=1").json()["total"] > 40


@pytest.mark.parametrize(
    ("address", "suffix", "place"),
    [
        (PLAN, "ttl", f"/api/v1{PLAN}.ttl"),
        (f"{PLAN}?columns=languages&lang=uk", "csv", f"/api/v1{PLAN}/matrix.csv?limit=all"),
        (f"{PLAN}?version=28-point", "csv", f"/api/v1{PLAN}/matrix.csv?limit=all&version=28-point"),
        ("/provisions/amnesty", "csv", "/api/v1/provisions/amnesty/values.csv"),
        (CLAIM, "csv", f"/api/v1{CLAIM}/chain.csv"),
        ("/outlets/rbc-ukraine", "csv", "/api/v1/documents.csv?outlet=rbc-ukraine&limit=all"),
        ("/actors/marco-rubio", "csv", "/api/v1/attributions.csv?actor=marco-rubio&limit=all"),
        (f"/documents/{ARTICLE}?lang=uk&theme=dark", "jsonld", f"/api/v1/documents/{ARTICLE}.jsonld"),
        (
            "/claims?outlet=rbc-ukraine&lang=uk",
            "trig",
            "/api/v1/claims.trig?outlet=rbc-ukraine&sort=-published&limit=all",
        ),
        ("/claims", "json", "/api/v1/claims.json?sort=-published"),
        ("/claims?sort=label&lang=uk", "csv", "/api/v1/claims.csv?sort=label&limit=all"),
        ("/claims?limit=7", "csv", "/api/v1/claims.csv?limit=7&sort=-published"),
        ("/claims?q=amnesty", "ttl", "/api/v1/claims.ttl?q=amnesty&sort=relevance&limit=all"),
        ("/outlets", "csv", "/api/v1/outlets.csv?sort=label&limit=all"),
    ],
)
def test_a_page_is_data_too_by_suffix_and_by_accept(
    client: TestClient, address: str, suffix: str, place: str
) -> None:
    path, _, query = address.partition("?")
    answer = client.get(f"{path}.{suffix}" + (f"?{query}" if query else ""), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert client.get(place).status_code == 200
    wished = {"csv": "text/csv", "ttl": "text/turtle", "json": "application/json", "trig": "application/trig"}
    if suffix in wished:
        again = client.get(address, headers={"Accept": wished[suffix]}, follow_redirects=False)
        assert (again.status_code, again.headers["location"], again.headers["vary"]) == (303, place, "Accept")


def test_who_asks_for_nothing_gets_the_page_and_at_the_front_address_the_list(client: TestClient) -> None:
    assert client.get(PLAN).headers["content-type"].startswith("text/html")
    assert client.get("/").headers["content-type"] == "application/json"
    assert client.get("/", headers={"Accept": "application/json"}).json()["entries"]
    assert client.get("/", headers=HTML).headers["content-type"].startswith("text/html")
    assert "Accept" in client.get("/").headers["vary"]


def test_the_name_of_a_thing_leads_a_browser_to_its_page_and_a_program_to_its_data(
    client: TestClient,
) -> None:
    things = {
        "plan/ukraine-peace-plan": PLAN,
        "provision/amnesty": "/provisions/amnesty",
        f"claim/{ARTICLE}--donbas-handover": CLAIM,
        f"document/{ARTICLE}": f"/documents/{ARTICLE}",
        "outlet/rbc-ukraine": "/outlets/rbc-ukraine",
        "actor/marco-rubio": "/actors/marco-rubio",
        f"source/{ARTICLE}--source": f"/actors/{ARTICLE}--source",
    }
    for name, page in things.items():
        answer = client.get(f"/id/{name}", headers=HTML, follow_redirects=False)
        assert answer.status_code == 303
        assert urlsplit(answer.headers["location"]).path == page
        assert answer.headers["vary"] == "Accept"
        program = client.get(f"/id/{name}", headers={"Accept": "text/turtle"}, follow_redirects=False)
        assert "/api/v1/" in program.headers["location"]
    pinned = client.get(f"/id/provision/amnesty?as_of={DAY}", headers=HTML, follow_redirects=False)
    assert pinned.headers["location"].endswith(f"/provisions/amnesty?as_of={DAY}&undated=exclude")
    places = [
        client.get("/id/place/donbas", headers=asked, follow_redirects=False).headers["location"]
        for asked in (HTML, {"Accept": "text/turtle"})
    ]
    assert [urlsplit(place).path for place in places] == ["/things/place/donbas", "/doc/place/donbas"]


def test_a_page_that_a_browser_holds_is_not_sent_again(client: TestClient) -> None:
    tags = set()
    for address in (PLAN, f"{PLAN}?lang=uk", f"{PLAN}?theme=dark", f"{PLAN}?as_of={DAY}", "/claims", "/"):
        first = client.get(address, headers=HTML)
        again = client.get(address, headers=HTML | {"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["plangraph-revision"] == first.headers["plangraph-revision"]
        tags.add(first.headers["etag"])
    assert len(tags) == 6
    packed = client.get(PLAN, headers=HTML | {"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    head = client.head(PLAN, headers=HTML)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/plans/no-such", 404), ("/claims/no-such", 404), ("/nowhere", 404), ("/plans.pdf", 404),
        ("/claims?outlet=no-such", 400), ("/claims?colour=red", 400), (f"{PLAN}?columns=moons", 400),
        ("/plans?lang=xx", 400), ("/plans?theme=pink", 400), (f"{PLAN}?as_of=yesterday", 400),
        (f"{PLAN}?from=99999", 400), (f"/documents/{ARTICLE}.pdf", 404), ("/static/none.css", 404),
        ("/outlets/rbc-ukraine?colour=red", 400), ("/claims?next=nonsense", 400),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_to_a_browser_in_the_words_of_the_problem_document(
    client: TestClient, address: str, status: int
) -> None:
    page, problem = (
        client.get(address, headers=HTML),
        client.get(address, headers={"Accept": "application/json, */*;q=0.1"}),
    )
    told = client.get(address, headers={"Accept": "application/problem+json, text/html;q=0.5"})
    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == GUARDED["Content-Security-Policy"]
    tree = read_html(page.text)
    document = (problem if problem.headers["content-type"] == "application/problem+json" else told).json()
    words = find_text(next(node for node in tree.iter("main")))
    for member in ("title", "detail", "status"):
        assert " ".join(str(document[member]).split()) in words
    assert page.headers["cache-control"] == "no-store"


def test_a_program_is_told_of_a_problem_in_json_wherever_it_asks(client: TestClient) -> None:
    for address, accept in (
        ("/api/v1/plans/no-such", BROWSER),
        ("/plans/no-such", "text/turtle"),
        ("/nowhere", "*/*"),
    ):
        answer = client.get(address, headers={"Accept": accept})
        assert answer.status_code in (303, 404)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_service_that_holds_nothing_has_pages_that_say_so() -> None:
    with TestClient(create_site(Settings(workers=1, scratch=True))) as empty:
        for address in ("/", *(f"/{section}" for section in SECTIONS)):
            assert len(find_text(next(get(empty, address).iter("main")))) > 20
        assert empty.get(PLAN, headers=HTML).status_code == 404


def test_nothing_of_an_address_becomes_markup(client: TestClient) -> None:
    for address in (
        "/claims?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/claims?outlet=%22%3E%3Cb%3E",
        "/%3Cb%3Ex",
    ):
        text = client.get(address, headers=HTML).text
        assert "<script" not in text and "<b>" not in text


def test_files_of_the_pages_may_be_kept_as_long_as_their_address_names_them(client: TestClient) -> None:
    text = client.get("/plans", headers=HTML).text
    found = re.findall(r'href="(/static/[^"]+)"', text)
    assert len(found) == (4 if is_built() else 2)
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "immutable" not in client.get(address.partition("?")[0]).headers["cache-control"]
    assert client.get("/static/..%2Fphrases.toml").status_code == 404


def test_every_phrase_is_there_in_both_languages_with_the_same_gaps() -> None:
    table = load_phrases()
    assert len(table) > 250
    for key, phrases in table.items():
        assert set(phrases) == set(LANGUAGES), key
        gaps = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in phrases.values()
        ]
        assert gaps[0] == gaps[1], key
        assert all(text.strip() == text and text for text in phrases.values()), key
        assert re.search("[а-яіїєґ]", phrases["uk"].lower()), key


def test_every_phrase_is_used_and_every_one_that_is_used_is_there() -> None:
    sources = [*TEMPLATES.glob("*.html"), *Path(TEMPLATES.parent).glob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    used = [match for text in texts for match in SLOT.findall(text)]
    whole = {key for key, joined in used if not joined} - set(LANGUAGES)
    begun = {key for text in texts for key in re.findall(r"\"([a-z.]+\.)\" ~", text)}
    beginnings = (*begun, *FAMILIES)
    assert len(whole) > 100 and len(beginnings) > 8
    table = load_phrases()
    assert {key for key in whole if key not in table} == set()
    quoted = {key for text in texts for key in re.findall(r"[\"']([a-z]+\.[A-Za-z.]+)[\"']", text)}
    assert {key for key in table if key not in whole | quoted and not key.startswith(beginnings)} == set()


def test_what_the_data_has_no_name_for_in_a_language_is_called_by_its_english_one() -> None:
    assert choose_caption({"en": "a", "uk": "б"}, "uk").text == "б"
    assert choose_caption({"en": "a", "de": "c"}, "uk") == choose_caption({"en": "a"}, "en")
    assert choose_caption({"de": "c"}, "uk").language == "de"
    assert choose_caption({}, "uk", "https://w3id.org/plangraph/ns#about").text == "about"


IN_UKRAINIAN = (
    PLAN, f"{PLAN}?columns=countries", f"{PLAN}?columns=languages", f"{PLAN}?columns=speakers",
    f"{PLAN}/versions", f"{PLAN}/map?place=donbas", f"{PLAN}/timeline", "/provisions/amnesty",
    "/provisions/ukraine-troop-cap", "/claims", "/documents", "/divergences", "/values", "/provisions",
    "/versions", "/versions/geneva-19-point", CLAIM, f"/documents/{ARTICLE}",
    "/outlets/rbc-ukraine", "/actors", "/actors/marco-rubio",
    "/values/nato-membership-renunciation--duration-63d4d96844",
    "/divergences/nato-membership-renunciation--duration-7b405b9230", "/ns",
    "/docs/ontology/scheme/draft-stages", "/docs/ontology/scheme/topics",
)  # fmt: skip


def list_texts(node: Element) -> Iterator[str]:
    """Every text of its own in a node, code aside."""
    if node.tag in ("code", "pre"):
        return
    yield " ".join((node.text or "").split())
    for child in node:
        if isinstance(child.tag, str):
            yield from list_texts(child)
        yield " ".join((child.tail or "").split())


def test_a_ukrainian_page_calls_nothing_in_english_that_has_a_ukrainian_name(client: TestClient) -> None:
    """Also the words of values, which the data has in English only: they are names of what values hold."""
    names = read_names(quad.triple for quad in read_packaged().quads)
    pairs = {(held["en"], held["uk"]) for held in names.values() if "uk" in held and held["en"] != held["uk"]}
    only_english = {held["en"] for held in names.values() if "en" in held and "uk" not in held}
    english = {text for text, _ in pairs} - only_english
    ukrainian, found = {text for _, text in pairs}, 0
    assert len(pairs) > 900 and len(english) > 850
    for address in IN_UKRAINIAN:
        page = get(client, speak(address, "uk"))
        texts = Counter(text for text in list_texts(next(page.iter("main"))) if text not in only_english)
        shown = [text for text in texts if english.issuperset(text.split(", "))]
        own = names.get(f"{ID}{address.removeprefix('/docs/ontology/')}", {}).get("en")
        assert shown == ([own] if own else []), address  # the page of a scheme tells all its names
        known = sum(number for text, number in texts.items() if text in ukrainian)
        assert known > 5, address
        found += known
    assert found > 3000


def test_without_a_journal_a_permalink_has_no_revision_and_its_name_stands_beside_it(
    client: TestClient,
) -> None:
    revision = client.get("/claims", headers=HTML).headers["plangraph-revision"]
    for asked in ("", f"revision={revision}", f"as_of={DAY}"):
        tree = get(client, f"/claims?outlet=rbc-ukraine&lang=uk&{asked}")
        link = next(node for node in tree.iter("a") if node.get("class") == "address")
        day = f"&as_of={DAY}" if "as_of" in asked else ""
        assert link.get("href") == f"http://testserver/claims?outlet=rbc-ukraine{day}"
        canonical = next(node for node in tree.iter("link") if node.get("rel") == "canonical")
        assert canonical.get("href") == link.get("href")
        if not day:
            assert revision in find_text(next(tree.iter("footer")))
        form = next(node for node in tree.iter("form") if node.get("class") == "pin")
        shown = {node.get("name") for node in form.iter("input") if node.get("type") != "hidden"}
        assert shown == {"as_of", "undated"}


def test_a_service_below_a_path_links_below_it() -> None:
    links = Links("https://example.org/graph/", "claims", {"lang": ["uk"], "q": ["x y"]})
    assert links.to("plans") == "/graph/plans?lang=uk"
    assert links.here(q=None) == "/graph/claims?lang=uk"
    assert links.toggle("outlet", "a") == "/graph/claims?outlet=a&lang=uk&q=x%20y"
    assert links.place_permanently() == "https://example.org/graph/claims?q=x%20y"
    assert links.to_thing("https://example.org/elsewhere") == ""
    assert links.to_thing("https://w3id.org/plangraph/ns#duration") == "/graph/docs/ontology/duration?lang=uk"
    assert links.place_permanently("7") == "https://example.org/graph/claims?q=x%20y&revision=7"
    past = Links("https://example.org/", "claims", {"revision": ["f" * 16], "retracted": ["show"]})
    assert past.place_permanently("7") == "https://example.org/claims?retracted=show&revision=7"
    assert past.place_permanently() == "https://example.org/claims"


def read_tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_stands_out_from_its_ground_in_light_and_dark() -> None:
    css = (STATIC / "pages.css").read_text(encoding="utf-8")
    blocks = [read_tokens(css[start : css.index("}", start)]) for start in find_all(css, ":root")]
    light, by_system, by_choice = blocks[:3]
    assert by_system == by_choice, "the two ways to dark must agree"
    checked = 0
    for tokens in (light, by_choice):
        marks = ("agrees", "contradicts", "qualifies", "denies", "only", "plain")
        pairs = [
            (text, ground) for text in ("text", "quiet", "link") for ground in ("page", "surface", "sunken")
        ]
        pairs += [(mark, f"{mark}-ground") for mark in marks] + [("text", f"{mark}-ground") for mark in marks]
        pairs += [("surface", mark) for mark in marks] + [("on-accent", "accent")]
        for text, ground in pairs:
            assert contrast(tokens[text], tokens[ground]) >= 4.5, (text, ground)
            checked += 1
        for mark in ("report", "stance", "event", "change", "focus"):
            assert contrast(tokens[mark], tokens["surface"]) >= 3, mark
    assert checked == 56


def find_all(text: str, part: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(part), text)]
