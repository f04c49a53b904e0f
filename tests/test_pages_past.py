"""Pages of a revision: each is of the data as it was, says so, stays what it is, and leads on in the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urljoin, urlsplit

import html5rdf  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient

from folders import write_dated, write_report
from plangraph.editions import Edition
from plangraph.engine import QueryEngine
from plangraph.history import History
from plangraph.journal_reads import JournalReader
from plangraph.pages.listing import SECTIONS
from plangraph.pages.numbers import Numbers
from plangraph.past import Past
from plangraph.settings import Limits, Settings
from plangraph.terms import GRAPH
from plangraph.web.pin import AT_REVISION, HEADER
from plangraph.web.site import create_site
from plangraph.write_errors import JournalFailed

TOKEN = "a-token-for-these-tests"
SEND = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/turtle"}
HTML = {"Accept": "text/html,*/*;q=0.1"}
STOOD = {1: "bound early", 2: "bound early later", 3: "bound early"}
"""The documents of each revision: later is accepted in the second and retracted in the third."""

PAGES = (
    "/", *(f"/{section}" for section in SECTIONS), "/plans/test-plan", "/plans/test-plan?columns=versions",
    "/provisions/test-provision", "/claims/early--deadline", "/claims?outlet=early&sort=-published",
    "/claims?q=deadline&sort=relevance", "/documents/early", "/outlets/early", "/questions/03-sourcing",
    "/sparql?query=SELECT%20%3Fplan%20%7B%20%3Fplan%20a%20pg%3APlan%20%7D", "/plans/test-plan/graph",
    "/plans/test-plan/timeline?kind=report", "/timeline",
    "/docs", "/ns", "/docs/ontology/duration", "/docs/downloads",
)  # fmt: skip
PLACES = (*SECTIONS, "", "docs", "doc", "shapes", "graph", "api", "sparql", "export", "dataset", "ns", "id")
CHOSEN = ("as_of", "undated", "revision", "retracted")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(create_site(make_settings(tmp_path_factory.mktemp("pages")))) as opened:
        assert opened.put(address("later"), content=write_report("later"), headers=SEND).status_code == 201
        assert opened.delete(address("later"), headers=SEND).status_code == 204
        yield opened


def make_settings(folder: Path) -> Settings:
    (folder / "tokens").write_text(TOKEN, encoding="utf-8")
    return Settings(
        data=str(write_dated(folder / "data", {"early", "bound"})),
        workers=2,
        token_file=str(folder / "tokens"),
        journal=str(folder / "journal.db"),
        limits=replace(Limits(), pins=16),
    )


def address(slug: str) -> str:
    return f"/graphs?graph={GRAPH}document/{slug}"


def add(page: str, parameters: str) -> str:
    return f"{page}{'&' if '?' in page else '?'}{parameters}"


def read_html(text: str) -> Any:
    """The tree of a page; a parser that takes nothing wrong reads it."""
    return html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def get(client: TestClient, page: str) -> Any:
    answer = client.get(page, headers=HTML)
    assert answer.status_code == 200, (page, answer.text[:300])
    return read_html(answer.text)


def find_text(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def find_notice(tree: Any) -> Any:
    """What a page says of its day and its revision."""
    return next(node for node in tree.iter("p") if node.get("class") == "pinned")


def list_onward(tree: Any, page: str) -> list[dict[str, list[str]]]:
    """What of day and revision each link to a page or to data keeps, but for the one that leaves them.

    That of a citation keeps it in the address that is cited.
    """
    leaving = set(find_notice(tree).iter("a"))
    found = []
    for node in tree.iter("a"):
        address = node.get("href", "")
        parts = urlsplit(urljoin(page, address))
        begun = parts.path.split("/")[1]
        if node in leaving or address.startswith("#") or parts.netloc or begun not in PLACES:
            continue
        given = parse_qs(parts.query)
        given |= parse_qs(urlsplit(given["of"][0]).query) if "of" in given else {}
        found.append({name: given[name] for name in CHOSEN if name in given})
    return found


@pytest.mark.parametrize("number", STOOD)
def test_a_page_of_a_revision_says_so_and_leads_on_in_it(client: TestClient, number: int) -> None:
    followed = 0
    for page in PAGES:
        answer = client.get(add(page, f"revision={number}&lang=uk"), headers=HTML)
        assert answer.status_code == 200, (page, answer.text[:300])
        assert answer.headers[AT_REVISION].startswith(f"{number}; "), page
        assert HEADER not in answer.headers
        tree = read_html(answer.text)
        assert f"ревізію {number}." in find_text(find_notice(tree))
        (leaving,) = find_notice(tree).iter("a")
        assert leaving.get("href") == add(page, "lang=uk")
        for kept in list_onward(tree, page):
            assert kept == {"revision": [str(number)]}, page
            followed += 1
    assert followed > 300


@pytest.mark.parametrize("number", STOOD)
def test_a_page_of_a_revision_shows_what_was_there(client: TestClient, number: int) -> None:
    table = next(get(client, f"/documents?revision={number}").iter("tbody"))
    listed = {find_text(next(iter(row))) for row in table}
    expected = {f"report {slug}" for slug in STOOD[number].split()}
    assert {name for name in listed if name.startswith("report")} == expected
    later = client.get(f"/documents/later?revision={number}", headers=HTML)
    assert later.status_code == (200 if number == 2 else 404)
    assert later.headers[AT_REVISION].startswith(f"{number}; ")
    assert {"revision": [str(number)]} in list_onward(read_html(later.text), "/documents/later")


def test_the_uses_of_a_term_are_counted_as_of_the_revision(client: TestClient) -> None:
    figures = []
    for number in STOOD:
        section = next(
            node
            for node in get(client, f"/docs/ontology/Claim?revision={number}").iter("section")
            if node.get("aria-labelledby") == "uses"
        )
        row = next(iter(next(section.iter("tbody"))))
        assert find_text(row[0]) == "things of this class"
        figures.append(int(find_text(row[1])))
    assert figures[0] == figures[2] == figures[1] - 1 > 0


def test_what_had_been_retracted_is_shown_to_who_asks_for_it_on_every_page(client: TestClient) -> None:
    asked = "revision=3&retracted=show"
    followed = 0
    for page in (*PAGES, "/documents/later"):
        tree = get(client, add(page, asked))
        assert "Documents that had been retracted are shown." in find_text(find_notice(tree))
        for kept in list_onward(tree, page):
            assert kept == {"revision": ["3"], "retracted": ["show"]}, page
            followed += 1
    assert followed > 300


def test_a_day_and_a_revision_stay_together(client: TestClient) -> None:
    tree = get(client, "/plans/test-plan?revision=2&as_of=2025-11-22&undated=include")
    said = find_text(find_notice(tree))
    assert "As of revision 2." in said and "As of 2025-11-22." in said
    onward = list_onward(tree, "/plans/test-plan")
    assert len(onward) > 20
    for kept in onward:
        assert kept == {"revision": ["2"], "as_of": ["2025-11-22"], "undated": ["include"]}
    form = next(node for node in tree.iter("form") if node.get("class") == "pin")
    sent = {node.get("name"): node.get("value") for node in form.iter("input")}
    assert sent == {"revision": "2", "as_of": "2025-11-22", "undated": "include", "retracted": "show"}
    checked = {node.get("name") for node in form.iter("input") if node.get("checked") is not None}
    assert checked == {"undated"}


def test_the_name_of_a_thing_leads_a_browser_to_its_page_in_the_same_revision(client: TestClient) -> None:
    answer = client.get("/id/document/later?revision=2", headers=HTML, follow_redirects=False)
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/documents/later")
    assert answer.headers["location"].endswith("?revision=2")
    twin = client.get("/plans/test-plan.csv?revision=2&lang=uk", follow_redirects=False)
    assert twin.headers["location"] == "/api/v1/plans/test-plan/matrix.csv?limit=all&revision=2"
    assert "later" in client.get(twin.headers["location"]).text


def test_the_past_needs_no_second_sending_after_a_write(tmp_path: Path) -> None:
    with TestClient(create_site(make_settings(tmp_path))) as client:
        page = "/plans/test-plan?revision=1"
        first, present = client.get(page, headers=HTML), client.get("/plans/test-plan", headers=HTML)
        assert client.put(address("later"), content=write_report("later"), headers=SEND).status_code == 201
        again = client.get(page, headers=HTML | {"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(page, headers=HTML).text == first.text
        held = HTML | {"If-None-Match": present.headers["etag"]}
        assert client.get("/plans/test-plan", headers=held).status_code == 200


def read_places(tree: Any) -> tuple[str, str]:
    """The permalink of a page, and where it says that it belongs."""
    link = next(node for node in tree.iter("a") if node.get("class") == "address")
    canonical = next(node for node in tree.iter("link") if node.get("rel") == "canonical")
    return link.get("href", ""), canonical.get("href", "")


def test_a_permalink_names_the_revision_and_shows_the_same_after_a_write(tmp_path: Path) -> None:
    base = "http://testserver"
    with TestClient(create_site(make_settings(tmp_path))) as client:
        kept = {}
        for page in PAGES:
            permalink, canonical = read_places(get(client, add(page, "lang=uk&theme=dark")))
            assert permalink == base + add(page, "revision=1")
            assert canonical == base + page
            kept[permalink] = find_text(next(get(client, page).iter("main")))
        pinned, _ = read_places(get(client, "/claims?as_of=2025-11-22"))
        assert pinned == f"{base}/claims?as_of=2025-11-22&revision=1"
        name = client.get("/claims", headers=HTML).headers["plangraph-revision"]
        assert read_places(get(client, f"/claims?revision={name}"))[0] == f"{base}/claims?revision=1"
        assert client.put(address("later"), content=write_report("later"), headers=SEND).status_code == 201
        assert read_places(get(client, "/claims"))[0] == f"{base}/claims?revision=2"
        for permalink, shown in kept.items():
            tree = get(client, permalink.removeprefix(base))
            notice = find_text(find_notice(tree))
            telling = ("questions/", "sparql", "docs/downloads")  # they tell the revision
            if not permalink.startswith(tuple(f"{base}/{place}" for place in telling)):
                assert find_text(next(tree.iter("main"))) == f"{notice} {shown}", permalink
            assert read_places(tree) == (permalink, permalink)
    assert len(kept) == len(PAGES) > 15


class Forgetful(History):
    """A history whose journal knows one name, once, and then does not answer."""

    def __init__(self) -> None:
        super().__init__(cast(JournalReader, object()))
        self.asked = 0

    async def look_up(self, revision: int | str) -> Past | None:
        self.asked += 1
        if self.asked > 2:
            raise JournalFailed("the database is away")
        return Past(7, str(revision)) if revision == "known" else None


def test_a_number_is_asked_for_once_and_a_journal_that_is_away_keeps_no_page_back() -> None:
    history, numbers = Forgetful(), Numbers()

    def find(name: str) -> int | None:
        edition = Edition(cast(QueryEngine, SimpleNamespace(revision=name)))
        return asyncio.run(numbers.find(history, edition, "present"))

    assert [find(name) for name in ("known", "unknown", "known", "another")] == [7, None, 7, None]
    assert history.asked == 3


def test_a_form_leads_to_a_revision_with_what_had_been_retracted(client: TestClient) -> None:
    form = next(node for node in get(client, "/documents?lang=uk").iter("form") if node.get("class") == "pin")
    fields = {node.get("name"): node for node in form.iter("input")}
    assert {"lang", "as_of", "undated", "revision", "retracted"} == set(fields)
    labels = {node.get("for") for node in form.iter("label")}
    assert fields["revision"].get("id") in labels
    sent = f"{form.get('action')}?lang=uk&as_of=&revision=3&retracted=show"
    answer = client.get(sent, headers=HTML)
    assert answer.status_code == 200
    assert answer.headers[AT_REVISION].endswith("retracted=show")
    again = next(node for node in read_html(answer.text).iter("form") if node.get("class") == "pin")
    shown = {node.get("name"): node for node in again.iter("input")}
    assert shown["revision"].get("value") == "3"
    assert shown["retracted"].get("checked") is not None


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("revision=99", 404), ("revision=0123456789abcdef", 404), ("revision=first", 400),
        ("retracted=show", 400), ("revision=1&retracted=perhaps", 400), ("revision=1&revision=2", 400),
    ],
)  # fmt: skip
def test_a_revision_that_there_is_not_is_told_and_not_kept(
    client: TestClient, asked: str, status: int
) -> None:
    answer = client.get(f"/claims?{asked}&lang=uk", headers=HTML)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    links = [node.get("href", "") for node in read_html(answer.text).iter("a")]
    kept = [link for link in links if "lang=uk" in link]
    assert len(kept) > 5
    assert not [link for link in links if "revision=" in link or "retracted=" in link]
    day = client.get("/claims?revision=99&as_of=2025-11-22", headers=HTML).text
    assert "as_of=2025-11-22" in day and "revision=99" not in day.replace("revision 99", "")


def test_a_form_that_is_sent_without_a_revision_says_nothing_of_what_was_retracted(
    client: TestClient,
) -> None:
    answer = client.get("/claims?revision=&retracted=show", headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/claims")
