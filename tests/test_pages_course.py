"""The page of a provision tells the words behind each value, and what is reported to have become of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from plangraph.changes import Changed
from plangraph.pages.course import order_course
from plangraph.pages.phrases import load_phrases
from plangraph.settings import Settings
from services import PATIENT, make_site
from test_pages import HTML, find_text, get
from test_pages_versions import (
    LEADING,
    READ,
    ask,
    find_all,
    find_section,
    find_slugs,
    find_wordings,
    read_half,
    read_kind,
    slug,
    slug_of_term,
)

CHANGES = """SELECT DISTINCT ?provision ?older ?newer ?kind ?change ?when { { ?change a pg:Change ;
  pg:about ?provision ; pg:toVersion ?newer ; pg:changeKind ?kind OPTIONAL { ?change pg:fromVersion ?older } }
  UNION { ?change pg:replaces ?former ; pg:about ?provision ; pg:inVersion ?newer
  FILTER NOT EXISTS { ?change a pg:Change } FILTER NOT EXISTS { ?change a pg:Stance }
  BIND(pg:replaces AS ?kind) } ?provision a pg:Provision OPTIONAL { ?newer pg:versionDate ?when } }"""

Way = tuple[str, str, str]
"""From which version, if a report names it, to which, and what became of it."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=2, limits=PATIENT))) as opened:
        yield opened


@pytest.fixture(scope="module")
def reported(client: TestClient) -> dict[str, list[dict[str, str]]]:
    """What SPARQL, asked of all provisions at once, gives of changes, by provision."""
    found = defaultdict(list)
    for row in ask(client, CHANGES):
        found[slug(row["provision"])].append(row)
    return found


def list_cards(tree: Any) -> list[tuple[Way, Any]]:
    """The changes that the page of a provision tells, in its order."""
    found = []
    for card in find_all(find_section(tree, "changes"), "passages"):
        before, block, after = card
        (newer,) = find_slugs(after[0], "versions")
        older = find_slugs(before[0], "versions") if before[0].get("class") is None else []
        (change,) = find_all(block, "change")
        found.append(((older[0] if older else "", newer, read_kind(change)), card))
    return found


def test_every_provision_with_a_reported_change_tells_all_that_the_graph_has_in_the_order_of_time(
    client: TestClient, reported: dict[str, list[dict[str, str]]]
) -> None:
    compared, claims_compared = 0, 0
    for provision, rows in reported.items():
        expected: dict[Way, set[str]] = defaultdict(set)
        for row in rows:
            way = slug(row.get("older", "")), slug(row["newer"]), slug_of_term(row)
            expected[way].add(slug(row["change"]))
        cards = list_cards(get(client, f"/provisions/{provision}"))
        shown = {way: set(find_slugs(find_all(card, "change")[0], "claims")) for way, card in cards}
        assert len(cards) == len(shown)
        assert {way: shown[way] & held for way, held in expected.items()} == expected, provision
        assert shown.keys() == expected.keys(), provision
        days = {slug(row["newer"]): row.get("when", "9999").rpartition("/")[2] for row in rows}
        told = [days[newer] for (_, newer, _), _ in cards]
        assert told == sorted(told), provision
        compared, claims_compared = compared + len(cards), claims_compared + sum(map(len, expected.values()))
    assert len(reported) >= 10
    assert compared >= 20 and claims_compared >= 40


def test_both_sides_of_its_changes_are_those_that_the_pages_of_versions_tell(
    client: TestClient, reported: dict[str, list[dict[str, str]]]
) -> None:
    def read(card: Any, provision: str, kind: str, newer: str) -> Iterator[tuple[Any, ...]]:
        for side, half in map(read_half, find_all(card, "half")):
            yield provision, newer, kind, side, *sorted(find_wordings(half))

    of_provisions, of_versions = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for provision in reported:
        for (_, newer, kind), card in list_cards(get(client, f"/provisions/{provision}")):
            of_provisions.update(read(card, provision, kind, newer))
    for version in LEADING:
        for card in next(find_section(get(client, f"/versions/{version}"), "changes-1").iter("ul")):
            kind = read_kind(find_all(card, "change")[0])
            of_versions.update(read(card, find_slugs(card, "provisions")[0], kind, version))
    assert of_provisions == of_versions
    assert of_provisions.total() > 40


@pytest.mark.parametrize("language", ["en", "uk"])
def test_where_no_change_is_reported_the_page_says_so_and_not_that_it_stayed(
    client: TestClient, reported: dict[str, list[dict[str, str]]], language: str
) -> None:
    listed = client.get("/api/v1/provisions?limit=100").json()["items"]
    silent = [slug(item["id"]) for item in listed if slug(item["id"]) not in reported]
    assert len(silent) > 20
    for provision in silent[:2]:
        section = find_section(get(client, f"/provisions/{provision}?lang={language}"), "changes")
        phrases = load_phrases()
        name, sentence = phrases["provision.changes"][language], phrases["provision.changes.none"][language]
        assert find_text(section) == f"{name} {sentence}"


def test_its_changes_can_be_asked_as_sparql_and_a_chosen_version_hides_none(client: TestClient) -> None:
    whole, chosen = (
        client.get(f"/provisions/amnesty{end}", headers=HTML) for end in ("", "?version=20-point")
    )
    assert ">changes</a>" in whole.text and ">changes: reports</a>" in whole.text
    assert whole.text.count('class="passages"') == chosen.text.count('class="passages"') > 3


@pytest.mark.parametrize("provision", ["donbas-handover", "aid-audit"])
def test_each_value_has_the_words_of_the_claims_that_assert_or_deny_it(
    client: TestClient, provision: str
) -> None:
    rows = ask(
        client,
        f"""SELECT DISTINCT ?value ?claim ?words ?denied {{ ?value pg:ofProvision provision:{provision} .
        {{ ?value pg:assertedIn ?claim . ?a pg:assertsClaim ?claim ; pg:polarity pg:positive
          BIND(false AS ?denied) }}
        UNION {{ ?value pg:deniedIn ?claim . ?a pg:assertsClaim ?claim ; pg:polarity pg:negative
          BIND(true AS ?denied) }}
        ?claim pg:formulation ?words . ?a pg:inDocument ?document . {READ} }}""",
    )
    expected: dict[str, set[tuple[str, str, bool]]] = defaultdict(set)
    for row in rows:
        words, denied = " ".join(row["words"].split()), row["denied"] == "true"
        expected[slug(row["value"])].add((slug(row["claim"]), words, denied))
    shown: dict[str, set[tuple[str, str, bool]]] = {}
    tree = get(client, f"/provisions/{provision}")
    for line in (node for node in tree.iter("tr") if node.get("id")):
        for part in find_all(line, "worded"):
            (name,) = find_slugs(line[0], "values")
            told = [
                (
                    find_slugs(entry, "claims")[0],
                    find_text(next(entry.iter("a"))),
                    bool(find_all(entry, "s-denies")),
                )
                for entry in part
            ]
            shown[name] = set(told)
            assert len(told) == len(shown[name])
    assert shown == expected
    assert sum(map(len, shown.values())) > {"donbas-handover": 200, "aid-audit": 20}[provision]


def test_changes_on_one_way_keep_their_order_and_those_whose_start_no_report_names_come_first() -> None:
    changes = [
        Changed("p", "", "late", "deleted"),
        Changed("p", "middle", "late", "changed"),
        Changed("p", "early", "late", "moved"),
        Changed("p", "early", "late", "changed"),
        Changed("p", "early", "middle", "revived"),
        Changed("p", "early", "elsewhere", "changed"),
    ]
    days = {"late": "2025-11-30", "early": "2025-10-01", "middle": "2025-11-01/2025-11-20"}
    listed = [{"item": iri, "versionDate": day, "claims": "0"} for iri, day in days.items()]
    ordered = [(entry.older, entry.newer, entry.kind) for entry in order_course(changes, listed, [])]
    assert ordered == [
        ("early", "middle", "revived"),
        ("", "late", "deleted"),
        ("early", "late", "moved"),
        ("early", "late", "changed"),
        ("middle", "late", "changed"),
        ("early", "elsewhere", "changed"),
    ]
