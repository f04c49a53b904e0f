"""Pages of claims on the real data: who is reported to confirm or deny one, and how it was recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from folders import write_seed
from plangraph.files import packaged
from plangraph.pages.phrases import LANGUAGES, load_phrases
from plangraph.settings import Settings
from plangraph.web.site import create_site
from services import PATIENT, make_site
from test_pages import CLAIM, find_text, get
from test_pages_versions import ask, find_all, find_section, find_slugs, slug

READ = {"full": "read in full", "partial": "read in part", "citedOnly": "not read, known from citations"}
DENIED = "sonmuhur-tr-2025-11-20"
"""A document with a claim that somebody is reported to deny."""

Page = tuple[str, str, str, str]
Told = tuple[str, str, str, str, frozenset[Page]]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=1, limits=PATIENT))) as opened:
        yield opened


def read_stances(tree: Any) -> set[Told]:
    """Each stance that a page shows: itself, its wording, kind and holder, the pages that tell of it."""
    entries = [node for node in find_section(tree, "stances").iter("li") if "edge" in node.get("class", "")]
    found = set()
    for entry in entries:
        head, name, pages = entry
        (kind,) = find_all(head, "tag")
        (stance,) = find_slugs(name, "claims")
        (holder,) = find_slugs(head, "actors")
        called = find_text(kind).partition(" ")[2]
        found.add((stance, find_text(name), called, holder, frozenset(map(read_page, pages))))
    assert len(found) == len(entries)
    return found


def read_page(line: Any) -> Page:
    """A page that tells of a stance: itself, its outlet, its day if it has one, how far it was read."""
    (document,), (outlet,) = find_slugs(line, "documents"), find_slugs(line, "outlets")
    days = [find_text(node) for node in line.iter("time")]
    return document, outlet, "".join(days), find_text(find_all(line, "quiet")[-1])


def test_a_claim_shows_every_stance_on_it_with_who_holds_it_and_each_page_that_reports_it(
    client: TestClient,
) -> None:
    rows = ask(
        client,
        """SELECT DISTINCT ?claim ?stance ?kind ?holder ?words ?document ?outlet ?day ?extent {
        ?report pg:assertsClaim ?claim . ?stance pg:about ?claim ; pg:heldBy ?holder ; pg:formulation ?words ;
        pg:stanceKind/rdfs:label ?kind . FILTER(LANG(?kind) = "en" && LANG(?words) = "en")
        ?telling pg:assertsClaim ?stance ; pg:inDocument ?document .
        ?document pg:readingExtent ?extent ; schema:publisher ?outlet
        OPTIONAL { ?document schema:datePublished ?day } }""",
    )
    pages = defaultdict[tuple[str, str, str, str, str], set[Page]](set)
    for row in rows:
        pages[row["claim"], row["stance"], row["words"], row["kind"], row["holder"]].add(
            (
                slug(row["document"]),
                slug(row["outlet"]),
                row.get("day", ""),
                READ[row["extent"].rpartition("#")[2]],
            )
        )
    expected = defaultdict[str, set[Told]](set)
    for (claim, stance, words, kind, holder), told in pages.items():
        expected[claim].add((slug(stance), " ".join(words.split()), kind, slug(holder), frozenset(told)))
    asked = 0
    for claim, stances in expected.items():
        assert read_stances(get(client, f"/claims/{slug(claim)}")) == stances, claim
        asked += 1
    assert asked == len(expected) >= 14
    assert {kind for *_, kind, _ in pages} >= {"confirms", "denies", "rejects"}
    told_by = [page for told in pages.values() for page in told]
    assert any(not day for _, _, day, _ in told_by) and any(day for _, _, day, _ in told_by)
    assert len({extent for *_, extent in told_by}) == len(READ)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_claim_on_which_no_stance_is_reported_the_page_says_that_silence_is_neither(
    client: TestClient, language: str
) -> None:
    assert not ask(client, f"SELECT ?s {{ ?s pg:about claim:{CLAIM.rpartition('/')[2]} ; pg:stanceKind ?k }}")
    section = find_section(get(client, f"{CLAIM}?lang={language}"), "stances")
    assert load_phrases()["claim.stances.none"][language] in find_text(section)
    assert not list(section.iter("li"))


def test_a_stance_that_its_only_page_denies_is_marked_as_denied_and_so_is_the_page(tmp_path: Path) -> None:
    folder, name = write_seed(tmp_path / "data"), f"{DENIED}.ttl"
    text = (packaged("data") / "documents" / name).read_text(encoding="utf-8")
    before, mark, after = text.partition("attribution:sonmuhur-tr-2025-11-20--stance-dmitry-peskov-denies a ")
    assert mark and "pg:polarity pg:positive" in after
    for polarity, expected in (("positive", 0), ("negative", 1)):
        changed = after.replace("pg:polarity pg:positive", f"pg:polarity pg:{polarity}", 1)
        (folder / "documents" / name).write_text(before + mark + changed, encoding="utf-8")
        with TestClient(create_site(Settings(data=str(folder), workers=1, limits=PATIENT))) as opened:
            section = find_section(get(opened, f"/claims/{DENIED}--plan-status-2"), "stances")
        (entry,) = [node for node in section.iter("li") if "edge" in node.get("class", "")]
        words = find_text(entry)
        assert words.count(load_phrases()["cell.denied"]["en"]) == expected
        assert words.count(load_phrases()["claim.stances.denied"]["en"]) == expected
        assert len([node for node in entry.iter("li") if node.get("class") == "s-denies"]) == expected


def test_a_claim_tells_which_pages_are_behind_it_how_far_each_was_read_and_of_which_revision(
    client: TestClient,
) -> None:
    shown = 0
    listed = client.get("/api/v1/claims?kind=Stance&limit=4").json()["items"]
    for name in (CLAIM.rpartition("/")[2], *(item["id"].rpartition("/")[2] for item in listed)):
        answer = client.get(f"/api/v1/claims/{name}/chain")
        hops = [hop for chain in answer.json()["chains"] for hop in chain["hops"] if "document" in hop]
        expected = {slug(hop["document"]["id"]): READ[hop["document"]["readingExtent"]] for hop in hops}
        tree = get(client, f"/claims/{name}")
        told = list(next(find_section(tree, "recorded").iter("dl")))
        *lines, (label, revision) = zip(told[::2], told[1::2], strict=True)
        assert {find_slugs(page, "documents")[0]: find_text(extent) for extent, page in lines} == expected
        assert len(lines) == len(expected) > 0
        assert find_text(label) == "revision" and find_text(revision) == answer.headers["plangraph-revision"]
        order = [node.get("aria-labelledby") for node in tree.iter("section")]
        assert order[:5] == ["chain", "stances", "compared", "facts", "recorded"]
        shown += 1
    assert shown == 5
