"""Pages say of what they show just what their links lead to, whatever is chosen and whoever looks."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import html5rdf  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient

from plangraph.pages import frame
from plangraph.pages.captions import Captions
from plangraph.pages.phrases import say
from plangraph.settings import Settings
from plangraph.web.site import create_site
from services import PATIENT
from test_pages import HTML, PLAN, ask, find_section, find_text, get


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_site(Settings(workers=2, limits=PATIENT))) as opened:
        yield opened


def find_links(tree: Any) -> list[str]:
    return [node.get("href", "") for node in tree.iter() if str(node.tag).rpartition("}")[2] == "a"]


def list_chips(tree: Any) -> list[str]:
    lists = [node for node in tree.iter("ul") if node.get("class") == "set"]
    return [find_text(node).partition(" ✕")[0] for chips in lists for node in chips.iter("a")]


@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_denial_is_told_once(client: TestClient, language: str) -> None:
    values = ask(client, "SELECT DISTINCT ?v { ?v pg:deniedIn ?c . ?v pg:reportedValue ?held } ORDER BY ?v")
    denied, negation = say(language, "cell.denied"), say(language, "words.denied", words="")
    for (value,) in values:
        page = get(client, f"/values/{value.rpartition('/')[2]}?lang={language}")
        told = find_text(next(page.iter("h1"))).partition(denied)[2].strip()
        assert told and not told.startswith(negation), value
    assert len(values) > 10
    claims = ask(client, "SELECT DISTINCT ?c { ?v pg:deniedIn ?c } ORDER BY ?c LIMIT 12")
    for (claim,) in claims:
        text = find_text(get(client, f"/claims/{claim.rpartition('/')[2]}?lang={language}"))
        assert denied in text and f"{denied} {negation}" not in text, claim
    assert len(claims) == 12


def test_without_a_word_beside_it_a_denied_value_says_not() -> None:
    captions = Captions("uk", {}, {"v": "не Польща", "w": "Польща"})
    assert [captions.tell(value, "").text for value in ("v", "w")] == ["не Польща", "Польща"]
    assert [captions.tell(value, "", denied=True).text for value in ("v", "w")] == ["Польща"] * 2
    english = Captions("en", {})
    assert english.tell("v", "", "not Poland", denied=True).text == "Poland"


@pytest.mark.parametrize(
    ("address", "chips"),
    [
        (f"{PLAN}?version=28-point&language=uk", ["Version: 28-point plan", "Language: Ukrainian"]),
        (f"{PLAN}?country=ukraine&slot=duration", ["Country: Ukraine", "What it settles: duration"]),
        ("/embed/matrix/ukraine-peace-plan?topic=amnesty", ["Topic: amnesty"]),
        ("/provisions/donbas-handover?version=28-point", ["Version: 28-point plan"]),
        ("/claims?topic=foreign-troops-ban", ["Topic: ban on foreign troops"]),
        ("/claims?speaker=marco-rubio", ["Speaker: Marco Rubio"]),
        (PLAN, []),
    ],
)
def test_what_is_chosen_stands_above_it_by_its_name(
    client: TestClient, address: str, chips: list[str]
) -> None:
    assert list_chips(get(client, address)) == chips


def test_the_cells_of_a_plan_lead_to_no_more_than_is_chosen(client: TestClient) -> None:
    rows = next(get(client, f"{PLAN}?version=28-point").iter("tbody"))
    links = [urlsplit(link) for cell in rows.iter("td") for link in find_links(cell)]
    lists = [link for link in links if not link.path.startswith("/claims/")]
    for link in lists:
        assert parse_qs(link.query)["version"] == ["28-point"], link
        assert client.get(link.geturl(), headers=HTML).status_code == 200
    assert len(lists) > 10


def test_a_day_is_chosen_without_what_only_the_present_has(client: TestClient) -> None:
    addresses = (f"{PLAN}?from=168", f"{PLAN}/graph?follow=rbc-ukraine&topic=amnesty", "/map?place=donbas")
    for address in addresses:
        (form,) = [node for node in get(client, address).iter("form") if node.get("class") == "pin"]
        kept = {
            node.get("name"): node.get("value") for node in form.iter("input") if node.get("type") == "hidden"
        }
        assert kept == ({"topic": "amnesty"} if "topic" in address else {}), address
        chosen = {**kept, "as_of": "2025-10-25"}
        assert client.get(form.get("action"), params=chosen, headers=HTML).status_code == 200


def test_a_day_before_all_reports_does_not_say_that_no_provision_is_recorded(client: TestClient) -> None:
    told = find_text(get(client, f"{PLAN}?as_of=2020-01-01"))
    assert say("en", "plan.unreported") in told and say("en", "plan.empty") not in told
    assert say("en", "plan.empty") in find_text(get(client, "/plans/gaza-20-point-plan"))
    assert say("en", "plan.empty") in find_text(get(client, "/embed/matrix/gaza-20-point-plan"))


def test_key_phrases_say_which_language_they_are_in(client: TestClient) -> None:
    query = """SELECT DISTINCT ?d ?language ?claim {
        ?a pg:hasEvidence ?e ; pg:inDocument ?d ; pg:assertsClaim ?claim . ?d schema:inLanguage ?language
        FILTER(?language IN ("ar", "zh", "uk", "fr")) } ORDER BY ?d ?claim"""
    pages: dict[str, str] = {}
    for document, language, claim in ask(client, query):
        pages[f"/documents/{document.rpartition('/')[2]}"] = language
        pages.setdefault(f"/claims/{claim.rpartition('/')[2]}", language)
    marked = 0
    for page, language in list(pages.items())[::6]:
        quoted = [node for node in get(client, page).iter("span") if find_text(node).startswith("“")]
        evidence = [node for node in quoted if node.get("lang")]
        assert {node.get("lang") for node in evidence} == {language}, page
        assert {node.get("dir") for node in quoted} == {"auto"}
        marked += len(evidence)
    assert marked > 10


def test_names_of_a_figure_that_are_in_english_say_so(client: TestClient) -> None:
    tree = get(client, f"{PLAN}/graph?lang=uk&boxes=24")
    marked = [node for node in tree.iter() if str(node.tag).endswith("text") and node.get("lang") == "en"]
    assert any("unnamed source" in find_text(node) for node in marked)
    gathered = [node for node in tree.iter("details") if node.get("id", "").startswith("others-")]
    assert any(node.get("lang") == "en" for rest in gathered for node in rest.iter("span"))
    heads = get(client, f"{PLAN}?columns=speakers&lang=uk")
    assert any(node.get("lang") == "en" for head in heads.iter("thead") for node in head.iter("span"))


def test_a_place_is_listed_with_the_claims_that_its_link_shows(client: TestClient) -> None:
    listed = next(node for node in get(client, "/map").iter("ul") if node.get("class") == "many")
    entries = list(listed)
    for entry in entries:
        (link,) = find_links(entry)
        number = next(find_text(node) for node in entry.iter("span") if node.get("class") == "number")
        heading = next(node for node in get(client, link).iter("h2") if node.get("id") == "said")
        assert f"claims {number} ·" in find_text(heading), link
    assert len(entries) > 20


def test_the_days_of_a_timeline_lead_to_all_that_stands_on_them(client: TestClient) -> None:
    tree = get(client, "/timeline?kind=event")
    placed = client.get("/api/v1/timeline?limit=1").json()["placed"]
    tabs = [link for link in find_links(tree) if re.search(r"[?&]day=(between|undated)", link)]
    for link in tabs:
        day = parse_qs(urlsplit(link).query)["day"][0]
        heading = next(node for node in get(client, link).iter("h2") if node.get("id") == "entries")
        assert find_text(heading).endswith(f" {placed[day]:,}")
    assert len(tabs) == 2
    bars = [link for link in find_links(tree) if re.search(r"[?&]day=\d", link)]
    assert bars and not any("kind=" in link for link in bars)


def test_what_an_outlet_passed_on_is_counted_once_whoever_it_is_from(client: TestClient) -> None:
    tree = get(client, "/outlets/defence24")
    figures = {find_text(node[0]): find_text(node[1]) for node in next(tree.iter("dl"))}
    claims = [link for link in find_links(find_section(tree, "relayed")) if link.startswith("/claims/")]
    assert len(set(claims)) < len(claims)
    assert figures["Passed on from others"] == str(len(set(claims)))


def test_a_claim_without_a_quotation_speaks_of_none(client: TestClient) -> None:
    with_one, without = (
        "2025-11-20-rbc-ukraine-plan-pressure--donbas-handover",
        "babil-uk-telegraph--plan-authorship",
    )
    for slug, quoted in ((with_one, True), (without, False)):
        assert (say("en", "claim.theirs") in find_text(get(client, f"/claims/{slug}"))) is quoted


def test_within_a_frame_there_is_a_way_out_and_a_word_of_what_is_wrong(client: TestClient) -> None:
    tree = get(client, "/embed/graph/ukraine-peace-plan")
    others = [link for link in find_links(tree) if "#others-" in link]
    assert others and all(link.startswith(f"{PLAN}/graph#") for link in others)
    cleaned = client.get("/embed/matrix/ukraine-peace-plan?version=", headers=HTML, follow_redirects=False)
    assert cleaned.headers["location"] == "/embed/matrix/ukraine-peace-plan"
    for address in ("/embed/matrix/no-such", "/embed/graph/no-such?lang=uk"):
        answer = client.get(address, headers=HTML)
        assert answer.status_code == 404
        assert "frame-ancestors *" in answer.headers["content-security-policy"]
        bare = html5rdf.parse(answer.text, namespaceHTMLElements=False)
        assert [node.get("target") for node in bare.iter("base")] == ["_top"]
        assert {urlsplit(link).path for link in find_links(bare)} == {"/", "/claims", "/plans"}
    assert (
        "frame-ancestors 'none'"
        in client.get("/plans/no-such", headers=HTML).headers["content-security-policy"]
    )


@pytest.mark.parametrize("path", ["//other.example/x", "/%2Fother.example/x", "/a%3Fb%23c"])
def test_no_page_of_a_problem_leads_elsewhere(client: TestClient, path: str) -> None:
    answer = client.get(f"http://testserver{path}", headers=HTML)
    assert answer.status_code == 404
    links = find_links(html5rdf.parse(answer.text, namespaceHTMLElements=False))
    assert links and not any(link.startswith("//") or urlsplit(link).netloc for link in links)
    assert all(dict(parse_qsl(urlsplit(link).query)).keys() <= {"lang", "theme", "v"} for link in links)


def test_what_is_downloaded_and_checked_is_of_the_day_that_is_shown(client: TestClient) -> None:
    for asked in ("", "?as_of=2025-11-20"):
        told = find_text(next(get(client, f"/docs/downloads{asked}").iter("pre")))
        addresses = re.findall(r"'([^']+)'", told)
        assert addresses == [f"http://testserver/export/plangraph.{end}{asked}" for end in ("ttl", "sha256")]


def test_a_page_is_made_of_all_that_chooses_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pages/page.html", "queries/read.rq", "matrix.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(frame, "HERE", tmp_path / "pages")
    digest = frame.name_make.__wrapped__
    made = {digest()}
    for name in ("pages/page.html", "queries/read.rq", "matrix.py"):
        (tmp_path / name).write_text("two")
        made.add(digest())
    assert len(made) == 4


def test_a_claim_is_of_the_day_of_the_page_that_was_read(client: TestClient) -> None:
    query = """SELECT ?claim (MIN(?day) AS ?own) {
        ?a pg:assertsClaim ?claim ; pg:inDocument ?d . ?d pg:readingExtent ?e FILTER(?e != pg:citedOnly)
        OPTIONAL { ?d schema:datePublished ?day } } GROUP BY ?claim"""
    own = dict(ask(client, query))
    for name, total in (("claims", 1_000), ("stances", 200), ("changes", 30)):
        rows = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/{name}.csv?limit=all").text)))
        assert {row["item"]: row["published"] for row in rows} == {
            row["item"]: own[row["item"]] for row in rows
        }
        assert len(rows) > total
    day = {"since": "2025-11-20", "until": "2025-11-20", "provision": "amnesty", "limit": "all"}
    table = client.get("/api/v1/claims.csv", params=day).text
    assert {row["published"] for row in csv.DictReader(io.StringIO(table))} == {"2025-11-20"}


def test_what_somebody_said_elsewhere_is_told_with_the_page_that_was_read_of_it(client: TestClient) -> None:
    rows = next(get(client, "/actors/marco-rubio").iter("tbody"))
    elsewhere = [row for row in rows.iter("tr") if say("en", "hop.nowhere") in find_text(row)]
    for row in elsewhere:
        assert any(link.startswith("/outlets/") for link in find_links(row)), find_text(row)
    assert elsewhere and any(list(row.iter("time")) for row in elsewhere)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Marco Rubio", "/actors/marco-rubio"), ("Zelensky", "/actors/volodymyr-zelenskyy"),
        ("Financial Times", "/outlets/financial-times"), ("амністія", "/provisions/amnesty"),
    ],
)  # fmt: skip
def test_who_searches_claims_for_a_name_is_led_to_what_has_it(
    client: TestClient, words: str, found: str
) -> None:
    links = find_links(get(client, f"/claims?{urlencode({'q': words})}"))
    assert found in links
    assert found not in find_links(get(client, "/claims?q=nosuchword"))


def test_the_page_of_a_document_has_all_that_it_reports_as_turtle(client: TestClient) -> None:
    (link,) = [
        link
        for link in find_links(get(client, "/documents/2025-11-20-rbc-ukraine-plan-pressure"))
        if link.startswith("/export/documents/")
    ]
    assert client.get(link).text.count("pg:assertsClaim") > 30


def test_a_provision_tells_what_and_how_much_before_who(client: TestClient) -> None:
    tree = get(client, "/provisions/ukraine-troop-cap")
    slots = [node.get("id") for node in tree.iter("h2") if node.get("id")]
    assert slots.index("troopCeiling") < slots.index("bearer") < slots.index("deonticForce")


def test_divergences_in_the_order_of_time_tell_the_day(client: TestClient) -> None:
    table = client.get("/api/v1/divergences.csv?sort=-appeared&limit=all").text
    days = [row["appeared"] for row in csv.DictReader(io.StringIO(table))]
    dated = [day for day in days if day]
    assert days == [*sorted(dated, reverse=True), *[""] * (len(days) - len(dated))]
    assert len(dated) > 300 and "" in days
    assert "appeared" not in client.get("/api/v1/divergences.csv?limit=1").text.splitlines()[0]
    assert say("en", "column.appeared") in find_text(get(client, "/divergences?sort=-appeared"))


def test_a_thing_of_any_kind_has_a_page_with_what_points_at_it(client: TestClient) -> None:
    query = """SELECT ?kind (MIN(?s) AS ?one) { ?s ?p ?o FILTER(STRSTARTS(STR(?s), STR(id:)))
        BIND(STRBEFORE(STRAFTER(STR(?s), STR(id:)), "/") AS ?kind) } GROUP BY ?kind"""
    tried = 0
    for kind, one in ask(client, query.replace("STR(id:)", '"https://w3id.org/plangraph/id/"')):
        slug = one.rpartition("/")[2]
        led = client.get(f"/id/{kind}/{slug}", headers=HTML, follow_redirects=False)
        assert led.status_code == 303, one
        page = get(client, led.headers["location"].removeprefix("http://testserver"))
        assert find_text(next(page.iter("h1"))), one
        if "/things/" in led.headers["location"]:
            pointing = ask(client, f"SELECT DISTINCT ?by ?p {{ ?by ?p <{one}> FILTER(ISIRI(?by)) }}")
            heads = [find_text(node) for node in find_section(page, "uses").iter("h3")]
            told = [int(head.rpartition(" ")[2].replace(",", "")) for head in heads]
            assert sorted(told) == sorted(Counter(way for _, way in pointing).values()), one
        tried += 1
    assert tried > 20
