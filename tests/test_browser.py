"""The pages in real Chromium: accessible, quiet, narrow, dark, printed, without script, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from chromium import needs_chromium, open_browser, open_page
from plangraph.pages.bundle import is_built
from plangraph.pages.listing import SECTIONS
from running import serve

ARTICLE = "2025-11-20-rbc-ukraine-plan-pressure"
PLAN = "/plans/ukraine-peace-plan"
DIVERGENCE = "/divergences/nato-membership-renunciation--duration-7b405b9230"
VALUE = "/values/nato-membership-renunciation--duration-63d4d96844"
GRAPH = f"{PLAN}/graph"
PAGES = (
    "/", "/?lang=uk", "/plans",
    PLAN, f"{PLAN}?show=all", f"{PLAN}?columns=versions", f"{PLAN}?columns=origins&lang=uk",
    "/provisions", "/provisions/amnesty", "/claims?outlet=rbc-ukraine", f"/claims/{ARTICLE}--donbas-handover",
    f"/documents/{ARTICLE}", "/outlets", "/outlets/rbc-ukraine", "/actors/marco-rubio", "/claims/no-such",
    "/outlets/reuters?lang=uk",
    "/claims?lang=uk&q=amnesty", "/provisions/amnesty?as_of=2025-11-20", "/questions",
    "/questions/04-independent-origins", "/versions", "/versions/geneva-19-point",
    f"{PLAN}/versions?rows=reported", f"{PLAN}/versions?rows=reported&lang=uk",
    "/divergences?kind=contradicts", DIVERGENCE, VALUE,
    GRAPH, f"{GRAPH}?follow=rbc-ukraine&lang=uk", f"{PLAN}/map?place=donbas", f"{PLAN}/map?lang=uk",
    f"{PLAN}/timeline?day=2025-11-20", "/timeline", "/graph", "/map",
    "/things/event/abu-dhabi-talks-2025-11", "/provisions/donbas-handover",
    "/embed/graph/ukraine-peace-plan",
    "/docs", "/docs/licences", "/docs/what-this-is-not?lang=uk", "/docs/api/comparisons", "/docs/downloads",
    "/docs/api", "/docs/api/models", "/docs/limits", "/docs/citing?lang=uk", "/docs/submitting",
    "/docs/accessibility",
    "/docs/ontology/duration", "/docs/ontology/scheme/durations?lang=uk", "/docs/ontology/topic/amnesty",
    "/ns", "/shapes", "/embed/matrix/ukraine-peace-plan?provision=amnesty&provision=elections",
)  # fmt: skip
FEWER = {
    address: f"{address}&provision=amnesty&provision=elections"
    for address in (f"{PLAN}?show=all", f"{PLAN}?columns=versions", f"{PLAN}?columns=origins&lang=uk")
}
"""Axe takes minutes for thousands of cells; two rows of them have every kind of cell and heading."""

COUNTED = (
    "SELECT ?provision (COUNT(DISTINCT ?claim) AS ?claims) {\n  ?claim pg:about ?provision .\n"
    "  ?provision a pg:Provision\n} GROUP BY ?provision ORDER BY DESC(?claims) LIMIT 12"
)
WRONG = "SELECT ?claim {\n  ?claim nope:about ?x .\n}"
SPARQL = (
    "/sparql", f"/sparql?query={quote(COUNTED)}", f"/sparql?query={quote(COUNTED)}&view=chart&lang=uk",
    f"/sparql?query={quote(WRONG)}",
)  # fmt: skip
"""With the editor: these are not the same without script."""

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
RESULTS = {"resultTypes": ["violations"]}
"""All places are told of what is broken only, and one place of a rule that is kept: telling takes longest."""

COLOURED = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""The rules that look at colours; what the others look at is the same in the dark."""

pytestmark = needs_chromium
needs_editor = pytest.mark.skipif(
    not is_built(),
    reason="the bundle was not built: npm or its registry was missing when the package was installed",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("pages")
    with serve(folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as opened:
        yield opened


def is_refused(address: str) -> bool:
    return address.endswith("no-such") or quote(WRONG) in address


def visit(browser: Any, base: str, address: str, **options: Any) -> Any:
    return open_page(browser, base + address, refused=is_refused(address), **options)


def wait_for_editor(page: Any, *, faulty: bool = False) -> Any:
    """The text of the editor, once it is there and has looked at it."""
    page.wait_for_selector(".editor[data-ready]")
    if faulty:
        wait_until_told(page, ":")
    return page.locator(".editor .cm-content")


def wait_until_told(page: Any, part: str) -> None:
    """Return when the line below the editor has a text in it, or none at all where that is empty.

    Playwright's own way to wait evaluates a text in the page, which the page forbids.
    """
    for _ in range(100):
        told = page.locator(".status").inner_text()
        if part in told if part else not told:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the editor says {told!r}")


def run_axe(page: Any, rules: dict[str, Any] = RULES, least: int = 16) -> list[tuple[str, list[str]]]:
    """The rules that a page breaks, each with the beginnings of some places."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # noqa: PLC0415

    found = Axe().run(page, options=rules | RESULTS).response
    assert len(found["passes"]) >= least
    return [
        (entry["id"], [node["html"][:200] for node in entry["nodes"][:3]]) for entry in found["violations"]
    ]


def run_axe_in_both_colours(page: Any) -> None:
    assert run_axe(page) == []
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) != light
    assert run_axe(page, COLOURED, 1) == []


@pytest.mark.parametrize("address", [FEWER.get(address, address) for address in PAGES])
def test_axe_finds_nothing_to_complain_of_in_the_light_and_in_the_dark(
    browser: Any, base: str, address: str
) -> None:
    with visit(browser, base, address, color_scheme="light", **DESKTOP) as page:
        run_axe_in_both_colours(page)


def test_axe_finds_what_is_wrong(browser: Any, base: str) -> None:
    with visit(browser, base, "/plans", **DESKTOP) as page:
        page.evaluate("document.querySelector('h1').innerHTML = '<button></button>'")
        page.evaluate("document.documentElement.removeAttribute('lang')")
        assert {"button-name", "html-has-lang"} <= {rule for rule, _ in run_axe(page)}
        page.evaluate("document.querySelector('main p').style.setProperty('color', '#777')")
        page.emulate_media(color_scheme="dark")
        assert [rule for rule, _ in run_axe(page, COLOURED, 0)] == ["color-contrast"]


FOCUS = """(() => {
    const entry = document.activeElement, style = getComputedStyle(entry);
    const seen = parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none";
    const parts = entry.closest("svg") === null ? [] : [...entry.querySelectorAll("*")];
    const drawn = parts.map(part => getComputedStyle(part));
    const stroked = drawn.some(part => part.stroke !== "none" && parseFloat(part.strokeWidth) >= 2);
    return [entry.outerHTML.slice(0, 200), seen || stroked];
})()"""
"""What has the focus, and whether that is seen; boxes of a figure have a stroke of their own for it."""


@pytest.mark.parametrize("address", PAGES)
def test_a_phone_shows_a_page_without_a_way_to_the_side_and_the_keyboard_goes_through_it(
    browser: Any, base: str, address: str
) -> None:
    with visit(browser, base, address, color_scheme="dark", **PHONE) as page:
        assert find_width(page) <= 360
        small = page.evaluate(
            "[...document.querySelectorAll('body *')].filter(e => !e.children.length && e.textContent && "
            "e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 10 && !e.closest('svg'))"
            ".map(e => e.outerHTML)"
        )
        assert small == []
        if not address.startswith("/embed/"):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip"
            page.keyboard.press("Enter")
        reached = []
        for _ in range(15):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(FOCUS))
        assert [html for html, seen in reached if not (seen or html.startswith("<body"))] == []
        assert len({html for html, _ in reached}) > 5  # and nothing keeps it, though a short page is left


def find_width(page: Any) -> int:
    """How wide a page is, as far as it can be scrolled."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


PAPER_MM = (186, 277)
"""How wide A4 is between its margins, upright and (for a matrix) across."""


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_the_same_without_script_and_no_wider_than_the_paper_when_it_is_printed(
    browser: Any, base: str, address: str
) -> None:
    with visit(browser, base, address, **DESKTOP) as page:
        scripted = page.locator("main").inner_text()
        page.emulate_media(media="print")
        for millimetres in PAPER_MM:
            width = int(millimetres / 25.4 * 96)
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            cut = page.evaluate(
                "[...document.querySelectorAll('main table, main svg')].filter(e => e.getClientRects().length"
                f" && e.getBoundingClientRect().right > {width}).map(e => e.outerHTML.slice(0, 80))"
            )
            assert cut == []
    with visit(browser, base, address, java_script_enabled=False, **DESKTOP) as page:
        assert page.locator("main").inner_text() == scripted
    assert len(scripted) > 40


def test_colours_follow_the_system_until_a_visitor_chooses(browser: Any, base: str) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    for system in ("light", "dark"):
        for choice in ("", "?theme=light", "?theme=dark"):
            with visit(browser, base, f"/plans{choice}", color_scheme=system) as page:
                seen[system, choice] = page.evaluate(ground)
    light, dark = seen["light", ""], seen["dark", ""]
    assert light != dark
    assert {seen[system, "?theme=light"] for system in ("light", "dark")} == {light}
    assert {seen[system, "?theme=dark"] for system in ("light", "dark")} == {dark}


def test_the_keyboard_reaches_everything_and_what_it_reaches_is_seen(browser: Any, base: str) -> None:
    with visit(browser, base, PLAN, **DESKTOP) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        reached, outlined = [], 0
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 300)"))
            outlined += page.evaluate(
                "parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2"
            )
        assert outlined == 60
        assert any('class="scroll tall"' in html for html in reached)
        assert any("/claims/" in html for html in reached)


def test_headings_of_the_matrix_stay_in_sight_while_it_is_scrolled(browser: Any, base: str) -> None:
    for size in (DESKTOP, PHONE):
        with visit(browser, base, PLAN, **size) as page:
            page.evaluate("Object.assign(document.querySelector('.tall'), {scrollTop: 600, scrollLeft: 500})")
            places = page.evaluate(
                "(() => { const t = document.querySelector('.tall'), b = t.getBoundingClientRect(); return ["
                "t.scrollTop, t.scrollLeft, "
                "t.querySelector('thead th:last-child').getBoundingClientRect().top - b.top, "
                "t.querySelector('tbody tr:last-child th').getBoundingClientRect().left - b.left, b.width,"
                "t.querySelector('tbody th').getBoundingClientRect().width] })()"
            )
            assert places[0] > 100 and places[1] > 100
            assert abs(places[2]) <= 2 and abs(places[3]) <= 2
            assert places[5] < places[4] / 2


def test_a_visitor_searches_narrows_and_chooses_a_day_by_forms_alone(browser: Any, base: str) -> None:
    with visit(browser, base, "/?lang=uk", java_script_enabled=False, **DESKTOP) as page:
        page.fill("#find", "amnesty")
        page.press("#find", "Enter")
        page.wait_for_url("**/claims?*q=amnesty*")
        assert "lang=uk" in page.url
        page.locator("section.facet a").first.click()
        page.wait_for_load_state()
        assert page.locator("ul.set li").count() == 2
        page.fill("#as-of", "2025-11-21")
        page.click("form.pin button")
        page.wait_for_url("**as_of=2025-11-21*")
        assert "q=amnesty" in page.url and "lang=uk" in page.url
        assert "2025-11-21" in page.locator(".pinned").inner_text()


@pytest.mark.parametrize("section", SECTIONS)
def test_rows_of_a_list_begin_on_the_first_screen_of_a_phone_and_its_filters_open_by_keyboard(
    browser: Any, base: str, section: str
) -> None:
    with visit(browser, base, f"/{section}?q=ukrain*", **PHONE) as page:
        row, chip, field = (page.locator(name).first for name in ("tbody tr", "ul.set a", "#sort"))
        assert row.bounding_box()["y"] < PHONE["viewport"]["height"] - 100
        assert chip.is_visible() and not field.is_visible()
        page.locator(".choose > summary").focus()
        page.keyboard.press("Enter")
        assert field.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert run_axe(page) == []
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.choose')") is None


@pytest.mark.parametrize("address", [f"{PLAN}?provision=amnesty&lang=uk", "/provisions/amnesty"])
def test_what_words_mean_stands_open_where_there_is_room_and_opens_by_keyboard_on_a_phone(
    browser: Any, base: str, address: str
) -> None:
    with visit(browser, base, address, **DESKTOP) as page:
        assert page.locator(".words li").first.is_visible()
        assert not page.locator(".words > summary").is_visible()
    with visit(browser, base, address, **PHONE) as page:
        assert not page.locator(".words li").first.is_visible()
        page.locator(".words > summary").focus()
        page.keyboard.press("Enter")
        assert page.locator(".words li").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert run_axe(page) == []


def test_filters_of_a_list_stand_open_where_there_is_room_and_the_keyboard_goes_through_them(
    browser: Any, base: str
) -> None:
    with visit(browser, base, "/claims", java_script_enabled=False, **DESKTOP) as page:
        field, row = page.locator("#q"), page.locator("tbody tr").first
        assert not page.locator(".choose > summary").is_visible()
        assert field.bounding_box()["x"] + field.bounding_box()["width"] < row.bounding_box()["x"]
    with visit(browser, base, "/claims", **DESKTOP) as page:
        page.locator("#main").focus()
        reached = []
        for _ in range(9):  # a field of a day has stops of its own
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        assert [name for name in dict.fromkeys(reached) if name != "A"] == ["q", "since", "until"]
        tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        said = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") == "heading"]
        assert {"Provision", "Topic", "Outlet"} <= set(said)


def list_boxes(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each sheet of a document, in points."""
    found = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in found]


def test_a_matrix_is_printed_across_with_all_its_columns_and_the_rest_upright(
    browser: Any, base: str
) -> None:
    with visit(browser, base, PLAN, **DESKTOP) as page:
        boxes = list_boxes(page.pdf(prefer_css_page_size=True))
        upright, across = ((width < height for width, height in boxes), (w > h for w, h in boxes))
        assert sum(upright) >= 2 and sum(across) >= 4
        assert {min(box) for box in boxes} <= {595, 596} and {max(box) for box in boxes} <= {842, 843}
    with visit(browser, base, "/claims?limit=5", **DESKTOP) as page:
        assert all(width < height for width, height in list_boxes(page.pdf(prefer_css_page_size=True)))


def test_signs_alone_are_printed_as_a_list_that_names_the_column_of_each(browser: Any, base: str) -> None:
    with visit(browser, base, f"{PLAN}?show=all&provision=amnesty", **DESKTOP) as page:
        page.emulate_media(media="print")
        assert not page.locator("table.dense thead").is_visible()
        told = page.evaluate(
            "[...document.querySelectorAll('.dense td:not(.none) a')]"
            ".map(a => getComputedStyle(a, '::after').content)"
        )
        named = page.evaluate(
            "(() => { const heads = [...document.querySelectorAll('.dense thead th')];"
            "return [...document.querySelectorAll('.dense td:not(.none)')]"
            ".map(td => heads[td.cellIndex].textContent.trim()) })()"
        )
        assert len(told) == len(named) > 10
        assert [text.strip('"').strip(" ,") for text in told] == named
        assert page.locator(".dense td.none").first.is_visible() is False


def test_what_is_printed_is_dark_on_white_whatever_a_visitor_chose(browser: Any, base: str) -> None:
    for address in ("/claims", "/claims?theme=dark"):
        with visit(browser, base, address, color_scheme="dark", **DESKTOP) as page:
            dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
            page.emulate_media(media="print", color_scheme="dark")
            colours = page.evaluate(
                "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
            )
            assert dark != colours[0] and colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_a_printed_page_hides_what_cannot_be_pressed(browser: Any, base: str) -> None:
    with visit(browser, base, PLAN, **DESKTOP) as page:
        page.emulate_media(media="print")
        assert not page.locator("form.find").is_visible()
        assert not page.locator("form.pin").is_visible()
        assert page.locator("table.grid").is_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.tall')).overflow") == "visible"


STRONG = """(() => [...document.querySelectorAll('svg.ways [data-claims]')].map(part => [
  part.dataset.claims, part.classList.contains('strong'), part.classList.contains('faint')]))()"""


def read_numbers(text: str) -> set[int]:
    runs = [run.split("-") for run in text.split()]
    return {number for run in runs for number in range(int(run[0]), int(run[-1]) + 1)}


def test_pointing_at_a_box_or_reaching_it_by_keyboard_lights_its_claims_and_no_others(
    browser: Any, base: str
) -> None:
    with visit(browser, base, GRAPH, **DESKTOP) as page:
        nodes = page.locator("svg.ways a.node")
        assert not any(strong or faint for _, strong, faint in page.evaluate(STRONG))
        tried = 0
        for place in (0, 5, 14, 27, nodes.count() - 1):
            node = nodes.nth(place)
            followed = read_numbers(node.get_attribute("data-claims"))
            for reach in (node.hover, node.focus):
                reach()
                parts = page.evaluate(STRONG)
                for text, strong, faint in parts:
                    assert strong is bool(read_numbers(text) & followed)
                    assert faint is not strong
                assert any(faint for _, _, faint in parts)
                page.mouse.move(2, 2)
                page.evaluate("document.activeElement.blur()")
                tried += 1
        assert tried == 10
        assert not any(strong or faint for _, strong, faint in page.evaluate(STRONG))


def test_what_the_address_follows_comes_back_when_the_pointer_leaves(browser: Any, base: str) -> None:
    with visit(browser, base, f"{GRAPH}?follow=nbc-news", **DESKTOP) as page:
        stood = page.evaluate(STRONG)
        assert any(strong for _, strong, _ in stood) and any(faint for _, _, faint in stood)
        page.locator("svg.ways a.node.faint").first.hover()
        assert page.evaluate(STRONG) != stood
        page.mouse.move(2, 2)
        assert page.evaluate(STRONG) == stood
    with visit(browser, base, f"{GRAPH}?follow=nbc-news", java_script_enabled=False, **DESKTOP) as page:
        plain = page.locator("svg.ways a.node.strong").count()
        assert plain == sum(1 for _, strong, _ in stood if strong) - page.locator("path.way.strong").count()
        page.locator("svg.ways a.node[aria-current]").first.click()
        page.wait_for_url(f"**{GRAPH}#ways")


def test_a_page_does_not_move_while_it_loads(browser: Any, base: str) -> None:
    with visit(browser, base, PLAN, **DESKTOP) as page:
        moved = page.evaluate(
            "new Promise(done => { let sum = 0; new PerformanceObserver(list => list.getEntries().forEach("
            "e => sum += e.value)).observe({type: 'layout-shift', buffered: true}); "
            "setTimeout(() => done(sum), 300) })"
        )
    assert moved <= 0.01


@needs_editor
@pytest.mark.parametrize("address", SPARQL)
def test_axe_finds_nothing_to_complain_of_in_the_editor(browser: Any, base: str, address: str) -> None:
    for colours, rules in (
        ("light", RULES),
        ("dark", COLOURED),
    ):  # the editor takes its colours when it opens
        with visit(browser, base, address, color_scheme=colours, **DESKTOP) as page:
            wait_for_editor(page, faulty=is_refused(address))
            assert run_axe(page, rules, 1) == []


@needs_editor
@pytest.mark.parametrize("address", SPARQL)
def test_a_phone_shows_the_editor_without_a_way_to_the_side(browser: Any, base: str, address: str) -> None:
    with visit(browser, base, address, **PHONE) as page:
        wait_for_editor(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.locator(".editor").bounding_box()["width"] <= 340


@needs_editor
def test_a_query_is_written_completed_mended_and_run_by_keyboard_alone(browser: Any, base: str) -> None:
    with visit(browser, base, "/sparql?lang=uk", **DESKTOP) as page:
        wait_for_editor(page)
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.className") == "editor":
                break
        assert page.evaluate("document.activeElement.className") == "editor"
        page.keyboard.press("Control+A")
        page.keyboard.insert_text("SELECT ?claim WHERE {\n  ?claim a ")
        page.keyboard.type("pg:Cla", delay=20)
        page.wait_for_selector(".cm-tooltip-autocomplete li")
        assert "pg:Claim" in page.locator(".cm-tooltip-autocomplete li").first.inner_text()
        page.wait_for_timeout(150)  # the editor takes no completion that has just appeared
        page.keyboard.press("Enter")
        wait_until_told(page, "Рядок 2")
        page.keyboard.insert_text("\n} LIMIT 3")
        wait_until_told(page, "")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") != "editor"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/sparql?*query=*")
        given = parse_qs(urlsplit(page.url).query)
        assert given["lang"] == ["uk"]
        assert given["query"][0].split() == [
            "SELECT",
            "?claim",
            "WHERE",
            "{",
            "?claim",
            "a",
            "pg:Claim",
            "}",
            "LIMIT",
            "3",
        ]
        assert page.locator("table.cells tbody tr").count() == 3


@needs_editor
def test_what_the_service_refused_is_marked_at_its_line_until_it_is_mended(browser: Any, base: str) -> None:
    with visit(browser, base, f"/sparql?query={quote(WRONG)}", **DESKTOP) as page:
        text = wait_for_editor(page, faulty=True)
        assert page.locator(".status").inner_text().startswith("Line 2, column 10: the prefix nope:")
        assert page.locator(".editor .cm-lint-marker-error").count() == 1
        assert page.locator(".editor .cm-lintRange-error").inner_text() == "nope:about"
        text.focus()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text("ASK { ?plan a pg:Plan }")
        wait_until_told(page, "")
        page.click("text=Run")
        page.wait_for_url("**query=ASK*")
        assert "Yes" in page.locator(".truth").inner_text()


@needs_editor
@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("SELECT * {\n  ?s rdfs:label '\N{DOVE OF PEACE}\N{SLIGHTLY SMILING FACE}' . FILER(?s)\n}", "FILER"),
        ("SELECT * { ?s rdfs:label мир }", "мир"),
        ("SELECT * {\n  ?s ?p ?o", "?o"),
    ],
)
def test_the_very_piece_is_marked(browser: Any, base: str, query: str, marked: str) -> None:
    with open_page(browser, f"{base}/sparql?query={quote(query)}", refused=True, **DESKTOP) as page:
        wait_for_editor(page, faulty=True)
        assert "".join(page.locator(".editor .cm-lintRange-error").all_inner_texts()) == marked


@needs_editor
def test_the_browser_keeps_the_queries_that_were_run_until_it_is_told_to_forget_them(
    browser: Any, base: str
) -> None:
    asked = ["PREFIX ex: <http://example/>\n# which\nSELECT ?p {\n ?p a pg:Plan }", "ASK { ?p a pg:Plan }"]
    with visit(browser, base, "/sparql", **DESKTOP) as page:
        text = wait_for_editor(page)
        past = page.locator("details.past")
        assert past.is_hidden()
        for query in (*asked, asked[0]):
            text.focus()
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(query)
            page.click("text=Run")
            page.wait_for_url(f"**query={'ASK' if query == asked[1] else 'PREFIX'}*")
            text = wait_for_editor(page)
        past.locator("summary").click()
        assert past.locator("li").all_inner_texts() == ["SELECT ?p { ?p a pg:Plan }", asked[1]]
        past.locator("li button").nth(1).click()
        assert text.inner_text() == asked[1]
        assert page.evaluate("Object.keys(localStorage)") == ["plangraph.queries"]
        past.locator("button.forget").click()
        assert past.is_hidden()
        page.reload()
        wait_for_editor(page)
        assert past.is_hidden()


@needs_editor
def test_the_editor_finds_no_fault_in_any_question_and_is_on_no_other_page(browser: Any, base: str) -> None:
    with visit(browser, base, "/sparql", **DESKTOP) as page:
        text = wait_for_editor(page)
        links = page.evaluate(
            "[...document.querySelectorAll('.examples a[href*=question]')].map(a => a.href)"
        )
        runs = [link for link in links if "sparql?" in link]
        assert len(runs) == 15
        for link in runs:
            leads = page.request.get(link, headers={"Accept": "text/html"}, max_redirects=0)
            assert leads.status == 303, link
            text.focus()
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(parse_qs(urlsplit(leads.headers["location"]).query)["query"][0])
            page.wait_for_timeout(400)
            assert page.locator(".status").inner_text() == "", link
    with visit(browser, base, "/plans", **DESKTOP) as page:
        assert page.locator("script").count() == 0


def test_a_query_is_run_without_script(browser: Any, base: str) -> None:
    with visit(browser, base, "/sparql", java_script_enabled=False, **DESKTOP) as page:
        assert page.locator(".editor").is_hidden()
        page.fill("#query", COUNTED)
        page.click("text=Run >> nth=0")
        page.wait_for_url("**query=SELECT*")
        assert page.locator("table.cells tbody tr").count() == 12
        page.click("text=Bars")
        page.wait_for_url("**view=chart*")
        assert page.locator("svg.bar").count() == 12
