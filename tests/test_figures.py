"""The figures of a plan as pages: the graph, the map and the timeline say what the graph database says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree.ElementTree import Element

import html5rdf  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient

from plangraph.pages.frame import STATIC
from plangraph.pages.phrases import load_phrases
from plangraph.pages.regions import REGIONS, Atlas, read_atlas, read_view
from plangraph.pages.spoken import find_heat
from plangraph.settings import Settings
from plangraph.terms import ID
from plangraph.timeline import KINDS
from services import PATIENT, make_site

HTML = {"Accept": "text/html,*/*;q=0.1"}
PLAN = "/plans/ukraine-peace-plan"
GRAPH, MAP, TIMELINE = f"{PLAN}/graph", f"{PLAN}/map", f"{PLAN}/timeline"
SVG = "{http://www.w3.org/2000/svg}"
SCRIPT_BYTES = 4_000


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=2, limits=PATIENT))) as opened:
        yield opened


def get(client: TestClient, address: str) -> Any:
    answer = client.get(address, headers=HTML)
    assert answer.status_code == 200, (address, answer.text[:300])
    return html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(answer.text)


def find_text(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


def ask(client: TestClient, query: str) -> list[list[str]]:
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return [line.split(",") for line in answer.text.split()[1:]]


def find_drawing(tree: Any, name: str) -> Element:
    return next(
        node for node in tree.iter() if node.tag == f"{SVG}svg" and name in node.get("class", "").split()
    )


def read_numbers(text: str) -> set[int]:
    runs = [run.split("-") for run in text.split()]
    return {number for run in runs for number in range(int(run[0]), int(run[-1]) + 1)}


def find_parts(tree: Any) -> list[tuple[Element, set[int]]]:
    parts = [node for node in find_drawing(tree, "ways").iter() if node.get("data-claims")]
    return [(node, read_numbers(node.get("data-claims", ""))) for node in parts]


def count_passing(client: TestClient, pattern: str) -> int:
    """How many claims on provisions of the plan have a hop that the pattern describes."""
    query = f"""SELECT (COUNT(DISTINCT ?claim) AS ?n) {{
      ?claim pg:about ?p . ?p a pg:Provision ; pg:ofPlan plan:ukraine-peace-plan .
      ?a pg:assertsClaim ?claim ; pg:takenFrom* ?hop . {pattern} }}"""
    return int(ask(client, query)[0][0])


FOLLOWED = {
    "the-wall-street-journal": "?hop pg:inDocument/schema:publisher outlet:the-wall-street-journal",
    "nbc-news": "?hop pg:inDocument/schema:publisher outlet:nbc-news",
    "rbc-ukraine": "?hop pg:inDocument/schema:publisher outlet:rbc-ukraine",
    "emmanuel-macron": "?hop pg:saidBy actor:emmanuel-macron",
    "donald-trump": "?hop pg:saidBy actor:donald-trump",
    "2025-11-20-rbc-ukraine-plan-pressure--source":
        "?hop pg:saidBy source:2025-11-20-rbc-ukraine-plan-pressure--source",
    "amnesty": "?claim pg:about provision:amnesty",
    "2025-11-20-rbc-ukraine-plan-pressure--donbas-handover":
        "FILTER(?claim = claim:2025-11-20-rbc-ukraine-plan-pressure--donbas-handover)",
}  # fmt: skip


@pytest.mark.parametrize("slug", FOLLOWED)
def test_following_lights_exactly_what_the_claims_of_a_query_pass_through(
    client: TestClient, slug: str
) -> None:
    tree = get(client, f"{GRAPH}?follow={slug}")
    parts = find_parts(tree)
    banner = next(node for node in tree.iter("p") if node.get("class") == "following")
    count = count_passing(client, FOLLOWED[slug])
    assert f"claims {count:,}" in find_text(banner)
    chosen = [numbers for node, numbers in parts if node.get("aria-current")]
    followed = set().union(*chosen) if chosen else find_only(parts)
    assert len(followed) == count > 0
    strong = faint = 0
    for node, numbers in parts:
        classes = node.get("class", "").split()
        assert ("strong" in classes) is bool(numbers & followed)
        assert ("faint" in classes) is not bool(numbers & followed)
        strong, faint = strong + ("strong" in classes), faint + ("faint" in classes)
    assert strong >= 3 and faint >= 3


def find_only(parts: list[tuple[Element, set[int]]]) -> set[int]:
    """The one claim that is followed where no box stands for it: what all that is strong shares."""
    strong = [numbers for node, numbers in parts if "strong" in node.get("class", "").split()]
    return set.intersection(*strong)


def test_a_box_leads_to_itself_followed_and_the_chosen_one_back(client: TestClient) -> None:
    tree, followed = get(client, GRAPH), 0
    nodes = list(find_drawing(tree, "ways").iter(f"{SVG}a"))
    assert len(nodes) > 40
    for node in nodes[::6]:
        address = node.get("href", "")
        if address.startswith("#"):
            assert any(other.get("id") == address[1:] for other in tree.iter("details"))
            continue
        again = find_drawing(get(client, address), "ways")
        chosen = [other for other in again.iter(f"{SVG}a") if other.get("aria-current")]
        assert (
            node.get("aria-label")
            in {
                re.sub(r"claims [\d,]+$", "", other.get("aria-label", "")) + find_count(node)
                for other in chosen
            }
            or len(chosen) > 1
        )
        assert all("follow=" not in other.get("href", "") for other in chosen)
        followed += 1
    assert followed > 5


def find_count(node: Element) -> str:
    found = re.search(r"claims [\d,]+$", node.get("aria-label", ""))
    assert found
    return found[0]


def test_the_table_below_the_graph_has_the_real_rows(client: TestClient) -> None:
    tree = get(client, f"{GRAPH}?provision=amnesty&rows=all")
    table = next(node for node in tree.iter("details")).find(".//tbody")
    assert table is not None
    rows = [[find_text(cell) for cell in line] for line in table]
    assert len(rows) > 20
    query = """SELECT ?n (COUNT(DISTINCT ?claim) AS ?c) {
      ?a pg:assertsClaim ?claim ; pg:saidBy ?s ; pg:inDocument/schema:publisher ?o .
      ?claim pg:about provision:amnesty . FILTER NOT EXISTS { ?a pg:takenFrom ?u }
      FILTER NOT EXISTS { ?a pg:inDocument/pg:copyOf ?copied }
      FILTER NOT EXISTS { ?a pg:endsUndeterminedAt ?lost }
      ?s rdfs:label ?sl . ?o rdfs:label ?ol . FILTER(LANG(?sl) = "en" && LANG(?ol) = "en")
      BIND(ENCODE_FOR_URI(CONCAT(?sl, "|", ?ol)) AS ?n) } GROUP BY ?n"""
    expected = {tuple(unquote(name).split("|")): int(count) for name, count in ask(client, query)}
    assert len(expected) > 8
    shown = {(one, other): int(count) for one, other, count in rows}
    for (speaker, outlet), count in expected.items():
        assert shown[speaker, outlet] == count


def test_what_a_gathering_box_stands_for_is_listed_and_can_be_followed(client: TestClient) -> None:
    tree = get(client, GRAPH)
    boxes = {
        node.get("href", "")[1:]: read_numbers(node.get("data-claims", ""))
        for node in find_drawing(tree, "ways").iter(f"{SVG}a")
        if "n-rest" in node.get("class", "")
    }
    lists = {node.get("id"): node for node in tree.iter("details") if node.get("id")}
    assert set(boxes) == set(lists) and len(boxes) >= 4
    for anchor, numbers in boxes.items():
        entries = list(lists[anchor].iter("li"))
        told = int(re.search(r"others: (\d+)", find_text(lists[anchor]))[1])  # type: ignore[index]
        counts = [int(find_text(entry).rpartition(" ")[2]) for entry in entries]
        assert len(entries) == told > 1
        assert max(counts) <= len(numbers) <= sum(counts)
    link = next(lists["others-2"].iter("a")).get("href", "")
    slug = parse_qs(urlsplit(link).query)["follow"][0]
    chosen = [node for node, _ in find_parts(get(client, link)) if node.get("aria-current")]
    assert chosen, f"{slug} is drawn when it is followed"


def test_filters_of_the_graph_choose_claims_as_those_of_the_api_do(client: TestClient) -> None:
    compared = 0
    for given in ("provision=amnesty", "topic=amnesty", "outlet=rbc-ukraine", "actor=volodymyr-zelenskyy"):
        name, _, value = given.partition("=")
        tree = get(client, f"{GRAPH}?{given}")
        drawn = set().union(*(numbers for _, numbers in find_parts(tree)))
        pattern = {
            "provision": f"?claim pg:about provision:{value} .",
            "topic": f"?claim pg:about/pg:onTopic/skos:broader* topic:{value} .",
            "outlet": f"?x pg:assertsClaim ?claim ; pg:inDocument/schema:publisher outlet:{value} .",
            "actor": f"?x pg:assertsClaim ?claim ; pg:saidBy actor:{value} .",
        }[name]
        assert len(drawn) == count_passing(client, pattern)
        shown = next(node for node in tree.iter("ul") if node.get("class") == "set")
        assert next(shown.iter("a")).get("href", "").partition("?")[0] == GRAPH
        compared += 1
    assert compared == 4


def test_a_provision_and_a_claim_draw_their_own_chains(client: TestClient) -> None:
    slug = "2025-11-20-rbc-ukraine-plan-pressure--amnesty-war-crimes"
    parts = find_parts(get(client, f"/provisions/amnesty?follow={slug}"))
    told = "?a pg:assertsClaim ?c . ?c pg:about provision:amnesty"
    expected = int(ask(client, f"SELECT (COUNT(DISTINCT ?c) AS ?n) {{ {told} }}")[0][0])
    assert len(set().union(*(numbers for _, numbers in parts))) == expected >= 20
    strong = [node.tag for node, _ in parts if "strong" in node.get("class", "").split()]
    assert Counter(strong) == {f"{SVG}a": 3, f"{SVG}path": 2}
    claim = get(client, "/claims/2025-11-20-rbc-ukraine-plan-pressure--donbas-handover")
    names = [node.get("aria-label", "") for node in find_drawing(claim, "ways").iter(f"{SVG}a")]
    assert len(names) == 4
    assert sum("page not known; may be: NBC News, The Wall Street Journal" in name for name in names) == 1


def test_the_script_is_small_and_of_this_service(client: TestClient) -> None:
    assert 500 < len((STATIC / "graph.js").read_bytes()) < SCRIPT_BYTES
    tree = get(client, GRAPH)
    (script,) = tree.iter("script")
    assert script.get("type") == "module" and not find_text(script)
    answer = client.get(script.get("src", ""))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]


def read_places(client: TestClient) -> Atlas:
    query = """SELECT ?place ?whole ?part { ?place a schema:Place
      OPTIONAL { ?place schema:containedInPlace ?whole } OPTIONAL { ?place pg:coveredBy ?part } }"""
    rows = [dict(zip(("place", "whole", "part"), line, strict=True)) for line in ask(client, query)]
    return read_atlas([{name: value for name, value in row.items() if value} for row in rows])


@pytest.mark.parametrize(
    ("place", "relation", "regions"),
    [
        ("donetsk-oblast", "itself", {"donetsk"}), ("crimea", "itself", {"crimea"}),
        ("kyiv", "itself", {"kyiv"}), ("donbas", "larger", {"donetsk", "luhansk"}),
        ("enerhodar", "part", {"zaporizhzhia"}), ("donetsk-oblast-held-by-kyiv", "part", {"donetsk"}),
        ("donbas-rest", "elsewhere", set()), ("ukraine", "elsewhere", set()),
        ("kinburn-spit", "elsewhere", set()), ("poland", "elsewhere", set()), ("russia", "elsewhere", set()),
    ],
)  # fmt: skip
def test_a_place_lies_where_the_registry_says_and_nowhere_else(
    client: TestClient, place: str, relation: str, regions: set[str]
) -> None:
    ground = read_places(client).locate(f"{ID}place/{place}")
    assert (ground.relation, {region.name for region in ground.regions}) == (relation, regions)


def test_the_map_counts_the_claims_and_pages_that_speak_of_a_region(client: TestClient) -> None:
    query = """SELECT ?region (COUNT(DISTINCT ?claim) AS ?claims) (COUNT(DISTINCT ?document) AS ?pages) {
      ?value pg:ofProvision/pg:ofPlan plan:ukraine-peace-plan .
      ?value pg:reportedValue|pg:reportedValue/pg:ofBase ?place . ?place a schema:Place .
      { ?place schema:containedInPlace* ?at } UNION { ?place pg:coveredBy ?at }
      ?at schema:containedInPlace place:ukraine .
      FILTER(STRENDS(STR(?at), "-oblast") || ?at IN (place:crimea, place:kyiv))
      BIND(STRAFTER(STR(?at), "/place/") AS ?region)
      ?value pg:assertedIn|pg:deniedIn ?claim .
      ?a pg:assertsClaim ?claim ; pg:inDocument ?document . ?document pg:readingExtent ?e
      FILTER(?e != pg:citedOnly) } GROUP BY ?region"""
    expected = {region: (int(claims), int(pages)) for region, claims, pages in ask(client, query)}
    tree = get(client, MAP)
    names = {load_phrases()[f"region.{region.name}"]["en"]: region for region in REGIONS}
    table = next(node for node in tree.iter("details")).find(".//tbody")
    assert table is not None
    rows = [[find_text(cell) for cell in line] for line in table]
    shown = {names[row[0]].place: (int(row[1]), int(row[5])) for row in rows}
    assert shown == expected
    assert len(shown) > 8 and shown["donetsk-oblast"][0] > 40
    drawn = {node.get("aria-label"): node for node in find_drawing(tree, "regions").iter(f"{SVG}a")}
    assert set(drawn) == {f"{row[0]}: claims {row[1]}" for row in rows}
    for row in rows:
        counts = [int(cell) for cell in row[2:5]]
        assert max(counts) <= int(row[1]) <= sum(counts)


def test_the_map_has_every_region_once_and_no_two_in_one_place() -> None:
    assert len(REGIONS) == len({region.name for region in REGIONS}) == 26
    assert len({(region.column, region.row) for region in REGIONS}) == 26
    assert all(f"region.{region.name}" in load_phrases() for region in REGIONS)
    assert len({region.shape for region in REGIONS}) == 26
    assert [find_heat(count, 100) for count in (0, 1, 5, 30, 100)] == [0, 1, 2, 3, 4]
    assert find_heat(1, 1) == 1


def test_shapes_are_used_where_every_region_has_one_and_tiles_else() -> None:
    paths = [f'<path id="{region.shape}"/>' for region in REGIONS]
    assert read_view(f'<svg viewBox="0 0 1000 670">{"".join(paths)}</svg>') == "0 0 1000 670"
    assert read_view(f'<svg viewBox="0 0 1000 670">{"".join(paths[1:])}</svg>') == ""
    assert all(0 < region.x < 1000 and 0 < region.y < 670 for region in REGIONS)


def test_a_place_that_is_chosen_shows_the_values_that_speak_of_it(client: TestClient) -> None:
    shown = 0
    for place in ("luhansk-oblast", "donbas", "donbas-rest"):
        tree = get(client, f"{MAP}?place={place}")
        section = next(node for node in tree.iter("section") if node.get("aria-labelledby") == "said")
        body = section.find(".//tbody")
        assert body is not None
        alone = "?place = place:donbas" if place == "luhansk-oblast" else "false"
        query = f"""SELECT DISTINCT ?value {{ ?value pg:ofProvision/pg:ofPlan plan:ukraine-peace-plan ;
          pg:reportedValue|pg:reportedValue/pg:ofBase ?place ; pg:assertedIn|pg:deniedIn ?claim .
          FILTER(?place = place:{place} || {alone})
          ?a pg:assertsClaim ?claim ; pg:inDocument/pg:readingExtent ?e FILTER(?e != pg:citedOnly) }}"""
        expected = {line[0].rpartition("/")[2] for line in ask(client, query)}
        linked = {node.get("href", "").partition("#")[2] for node in body.iter("a")}
        assert linked == expected and expected
        shown += len(linked)
    assert shown > 20


def test_what_lies_on_no_region_is_listed_by_name(client: TestClient) -> None:
    tree = get(client, MAP)
    entries = [
        find_text(node) for area in tree.iter("ul") if area.get("class") == "many" for node in area.iter("li")
    ]
    assert len(entries) > 20
    lying = [entry for entry in entries if "on no region" in entry]
    assert any(entry.startswith("rest of Donbas") and "lies in Donbas" in entry for entry in lying)
    assert any(entry.startswith("land outside the five regions") for entry in lying)
    assert not any("Donetsk Oblast" in entry and "on no region" in entry for entry in entries)
    assert "who controls what" in find_text(next(tree.iter("main")))


def test_a_provision_with_land_has_a_small_map_and_others_none(client: TestClient) -> None:
    tree = get(client, "/provisions/donbas-handover")
    links = [node.get("href", "") for node in find_drawing(tree, "regions").iter(f"{SVG}a")]
    assert links and all(f"{MAP}?provision=donbas-handover&place=" in link for link in links)
    for link in links:
        assert client.get(link, headers=HTML).status_code == 200
    amnesty = get(client, "/provisions/amnesty")
    assert not [node for node in amnesty.iter() if (node.get("class") or "").startswith("regions")]


def list_entries(tree: Any) -> list[Element]:
    found = [node for node in tree.iter("ol") if "days-of" in node.get("class", "")]
    return list(found[0]) if found else []


def test_every_day_of_the_timeline_leads_to_the_entries_that_stand_on_it(client: TestClient) -> None:
    timeline = client.get("/api/v1/timeline?plan=ukraine-peace-plan&limit=1").json()
    days = {entry["day"]: sum(entry[kind] for kind in KINDS) for entry in timeline["days"]}
    tree = get(client, TIMELINE)
    links = {
        parse_qs(urlsplit(node.get("href", "")).query)["day"][0]: node.get("href", "")
        for node in tree.iter("a")
        if "day=20" in node.get("href", "")
    }
    assert set(links) == set(days) and len(days) > 30
    bars = list(find_drawing(tree, "days").iter(f"{SVG}a"))
    assert {node.get("aria-label", "")[:10] for node in bars} <= set(days) and len(bars) > 20
    seen = 0
    for day in sorted(days, key=lambda name: -days[name])[:3] + sorted(days)[:3]:
        address, entries = links[day].partition("#")[0], 0
        while address:
            page = get(client, address)
            entries += len(list_entries(page))
            following = [node.get("href", "") for node in page.iter("a") if node.get("rel") == "next"]
            address = following[0].partition("#")[0] if following else ""
        assert entries == days[day], day
        seen += entries
    assert seen > 60


def test_entries_are_named_and_lead_to_what_they_are(client: TestClient) -> None:
    kinds = Counter[str]()
    for kind, path in (("event", "/things/event/"), ("stance", "/claims/"), ("report", "/documents/")):
        tree = get(client, f"{TIMELINE}?kind={kind}")
        entries = list_entries(tree)
        assert len(entries) > 5
        for entry in entries:
            assert f"e-{kind}" in entry.get("class", "")
            assert any(path in node.get("href", "") for node in entry.iter("a")), kind
            if kind == "stance":
                held = entry.find(".//strong")
                assert held is not None and "/actors/" in next(held.iter("a")).get("href", "")
            kinds[kind] += 1
        assert client.get(next(entries[0].iter("a")).get("href", ""), headers=HTML).status_code == 200
    placed = client.get("/api/v1/timeline?plan=ukraine-peace-plan&limit=1").json()["placed"]
    for name in ("between", "undated"):
        heading = [
            node for node in get(client, f"{TIMELINE}?day={name}").iter("h2") if node.get("id") == "entries"
        ]
        assert find_text(heading[0]).endswith(f" {placed[name]:,}")
    assert sum(kinds.values()) > 60


def test_the_whole_timeline_stands_apart_from_that_of_a_plan(client: TestClient) -> None:
    whole = client.get("/api/v1/timeline?limit=1").json()["total"]
    part = client.get("/api/v1/timeline?plan=ukraine-peace-plan&limit=1").json()["total"]
    for address, total in (
        ("/timeline", whole),
        (TIMELINE, part),
        ("/timeline?plan=ukraine-peace-plan", part),
    ):
        assert f"{total:,} in all" in find_drawing(get(client, address), "days").get("aria-label", "")


@pytest.mark.parametrize(("name", "drawing"), [("graph", "ways"), ("map", "regions")])
def test_a_figure_of_all_plans_has_what_those_of_each_have(
    client: TestClient, name: str, drawing: str
) -> None:
    (one, rest) = (f"/plans/{plan}/{name}" for plan in ("ukraine-peace-plan", "gaza-20-point-plan"))
    told = []
    for address in (f"/{name}", f"/{name}?plan=ukraine-peace-plan", one):
        tree = get(client, address)
        drawn = find_drawing(tree, drawing)
        named = [node.get("aria-label") or find_text(node) for node in drawn.iter(f"{SVG}a")]
        told.append((drawn.get("aria-label"), named))
        tabs = [node for node in tree.iter("nav") if node.get("class") == "views"]
        assert bool(tabs) is (address == one)
    assert told[0] == told[1] == told[2] and len(told[0][1]) > 8
    others = [node.get("class") for node in get(client, rest).iter() if str(node.tag).endswith("svg")]
    assert drawing not in others  # nothing is recorded of that plan


@pytest.mark.parametrize(
    ("address", "suffix", "place"),
    [
        (GRAPH, "csv", "/api/v1/attributions.csv?plan=ukraine-peace-plan&limit=all"),
        (f"{GRAPH}?topic=amnesty&follow=rbc-ukraine&lang=uk", "json",
         "/api/v1/attributions.json?plan=ukraine-peace-plan&topic=amnesty"),
        ("/graph", "csv", "/api/v1/attributions.csv?limit=all"),
        ("/map?plan=ukraine-peace-plan", "trig",
         "/api/v1/values.trig?slot=territory&slot=atPlace&plan=ukraine-peace-plan&limit=all"),
        (MAP, "ttl", "/api/v1/values.ttl?plan=ukraine-peace-plan&slot=territory&slot=atPlace&limit=all"),
        (TIMELINE, "csv", "/api/v1/timeline.csv?plan=ukraine-peace-plan&limit=all"),
        ("/timeline?kind=event&day=2025-11-20", "json", "/api/v1/timeline.json?kind=event"),
    ],
)  # fmt: skip
def test_a_figure_is_data_too_and_can_be_cited(
    client: TestClient, address: str, suffix: str, place: str
) -> None:
    path, _, query = address.partition("?")
    answer = client.get(f"{path}.{suffix}" + (f"?{query}" if query else ""), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert client.get(place).status_code == 200
    tree = get(client, address)
    twins = [node.get("href", "") for node in tree.iter("link") if node.get("rel") == "alternate"]
    assert place in twins and len(twins) == 5
    cited = [node.get("href", "") for node in tree.iter("a") if "/citation?" in node.get("href", "")]
    assert len(cited) == 3
    for link in cited:
        assert client.get(link).status_code == 200, link
    queries = [node.get("href", "") for node in tree.iter("a") if "/sparql?query=" in node.get("href", "")]
    assert queries and all(client.get(link).status_code == 200 for link in queries)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/plans/no-such/graph", 404), ("/plans/no-such/map", 404), ("/plans/no-such/timeline", 404),
        (f"{GRAPH}?follow=nobody", 400), (f"{GRAPH}?boxes=7", 400), (f"{GRAPH}?colour=red", 400),
        (f"{GRAPH}?outlet=no-such", 400), (f"{GRAPH}?follow=a&follow=b", 400), (f"{MAP}?place=atlantis", 400),
        (f"{MAP}?place=donbas&place=crimea", 400), (f"{TIMELINE}?day=yesterday", 400), (f"{GRAPH}.pdf", 404),
        (f"{TIMELINE}?from=99999", 400), (f"{TIMELINE}?plan=ukraine-peace-plan", 400),
        (f"{GRAPH}?plan=ukraine-peace-plan", 400), ("/graph?plan=no-such", 400), ("/map?plan=no-such", 400),
        (f"{TIMELINE}?kind=rumour", 400), ("/timeline?plan=no-such", 400), ("/timeline?slug=x", 400),
    ],
)  # fmt: skip
def test_what_goes_wrong_on_a_figure_is_told(client: TestClient, address: str, status: int) -> None:
    assert client.get(address, headers=HTML).status_code == status


def test_figures_stay_on_their_day_and_in_their_language(client: TestClient) -> None:
    followed = 0
    for address in (GRAPH, MAP, TIMELINE, "/timeline"):
        tree = get(client, f"{address}?as_of=2025-11-21&lang=uk")
        assert tree.get("lang") == "uk"
        for node in find_drawing(tree, {GRAPH: "ways", MAP: "regions"}.get(address, "days")).iter(f"{SVG}a"):
            link = node.get("href", "")
            if not link.startswith("#"):
                given = parse_qs(urlsplit(link).query)
                assert given["as_of"] == ["2025-11-21"] and given["lang"] == ["uk"]
                followed += 1
    assert followed > 20


@pytest.mark.parametrize(("name", "page"), [("matrix", PLAN), ("graph", GRAPH)])
def test_what_others_may_frame_is_bare_and_leads_to_the_full_page(
    client: TestClient, name: str, page: str
) -> None:
    address = f"/embed/{name}/ukraine-peace-plan?lang=uk&provision=amnesty"
    framed, full = client.get(address, headers=HTML), client.get(page, headers=HTML)
    told = [answer.headers["content-security-policy"] for answer in (framed, full)]
    assert ["frame-ancestors *" in policy for policy in told] == [True, False]
    assert told[0].replace("frame-ancestors *", "frame-ancestors 'none'") == told[1]
    again = client.get(address, headers=HTML | {"If-None-Match": framed.headers["etag"]})
    assert again.status_code == 304 and "'none'" not in again.headers.get("content-security-policy", "")
    same = client.get(f"{page}?lang=uk&provision=amnesty", headers=HTML)
    assert same.headers["etag"] != framed.headers["etag"]
    tree = get(client, address)
    assert not list(tree.iter("header")) and not list(tree.iter("form"))
    assert [node.get("target") for node in tree.iter("base")] == ["_top"]
    paths = {urlsplit(node.get("href", "")).path for node in tree.iter() if str(node.tag).endswith("a")}
    assert page in paths and not any(path.startswith("/embed") for path in paths)
    assert client.get("/embed/graph/no-such", headers=HTML).status_code == 404
    pinned = get(client, f"/embed/{name}/ukraine-peace-plan?as_of=2025-11-21")
    assert any(node.get("class") == "pinned" and "2025-11-21" in find_text(node) for node in pinned.iter("p"))
