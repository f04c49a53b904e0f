"""Pages of versions, divergences and values on the real data: they tell what SPARQL, asked apart, gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import RdfFormat, Triple, parse

from plangraph.changes import Changed
from plangraph.collation import collate, read_editions
from plangraph.lineage import Link
from plangraph.pages.clauses import Clause
from plangraph.pages.passages import Grounds, Passage, Side, compare_sides
from plangraph.pages.pedigree import draw_pedigree
from plangraph.pages.phrases import load_phrases
from plangraph.settings import Settings
from plangraph.terms import ID, NS, prefixes_text
from services import PATIENT, make_site
from test_pages import HTML, find_text, get

PLAN = "/plans/ukraine-peace-plan"
SIDE = f"{PLAN}/versions"
LEADING = ("28-point", "e3-counter-proposal", "geneva-19-point", "20-point")
"""The versions that changes are reported to lead to."""

TOO_MANY = (*LEADING, "22-point", "27-point", "30-point")
READ = "?document pg:readingExtent ?extent . FILTER(?extent != pg:citedOnly)"
PLAIN = "FILTER NOT EXISTS { ?claim a pg:Stance } FILTER NOT EXISTS { ?claim a pg:Change }"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=2, limits=PATIENT))) as opened:
        yield opened


def ask(client: TestClient, pattern: str) -> list[dict[str, str]]:
    """The rows of a query, as texts."""
    answer = client.post(
        "/sparql", data={"query": pattern}, headers={"Accept": "application/sparql-results+json"}
    )
    assert answer.status_code == 200, answer.text
    rows = answer.json()["results"]["bindings"]
    return [{name: entry["value"] for name, entry in row.items()} for row in rows]


def slug(iri: str) -> str:
    return iri.rpartition("/")[2]


def find_slugs(node: Any, section: str) -> list[str]:
    """The slugs of the pages of a section that something links."""
    paths = [urlsplit(link.get("href", "")).path for link in list_anchors(node)]
    return [path.rpartition("/")[2] for path in paths if path.startswith(f"/{section}/")]


def list_anchors(node: Any) -> list[Any]:
    """Links of HTML and of drawings."""
    return [
        entry for entry in node.iter() if isinstance(entry.tag, str) and entry.tag.rpartition("}")[2] == "a"
    ]


def find_all(node: Any, name: str) -> list[Any]:
    """Everything of a class."""
    return [entry for entry in node.iter() if name in (entry.get("class") or "").split()]


def find_section(tree: Any, heading: str) -> Any:
    return next(node for node in tree.iter("section") if node.get("aria-labelledby") == heading)


def read_figures(tree: Any) -> dict[str, str]:
    figures = next(node for node in tree.iter("dl") if node.get("class") == "figures")
    return {find_text(node[0]): find_text(node[1]) for node in figures}


def test_versions_are_listed_in_the_order_of_time(client: TestClient) -> None:
    rows = ask(client, "SELECT ?v ?when { ?v a pg:PlanVersion ; pg:versionDate ?when }")
    expected = [
        slug(row["v"]) for row in sorted(rows, key=lambda row: (row["when"].split("/")[-1], row["v"]))
    ]
    tree = get(client, "/versions")
    assert find_slugs(next(tree.iter("tbody")), "versions") == expected
    assert find_text(next(tree.iter("h1"))) == f"Versions {len(expected)}"
    assert len(expected) > 15
    named = get(client, "/versions?sort=label&lang=uk")
    assert find_slugs(next(named.iter("tbody")), "versions") != expected


@pytest.mark.parametrize("version", LEADING)
def test_a_version_has_the_claims_pages_and_values_that_the_graph_gives_it(
    client: TestClient, version: str
) -> None:
    claims = ask(
        client,
        f"""SELECT DISTINCT ?claim ?provision {{ ?claim pg:inVersion version:{version} ; pg:about ?provision .
        ?provision a pg:Provision ; pg:ofPlan plan:ukraine-peace-plan .
        ?a pg:assertsClaim ?claim ; pg:inDocument ?document . {READ} {PLAIN} }}""",
    )
    whole = ask(
        client,
        f"""SELECT DISTINCT ?value {{ ?value a pg:ReportedValue ; pg:ofSubject version:{version}
        FILTER NOT EXISTS {{ ?value pg:heldBy ?holder }} }}""",
    )
    tree = get(client, f"/versions/{version}")
    figures = read_figures(tree)
    assert figures["Provisions reported"] == str(len({row["provision"] for row in claims}))
    divergences = ask(client, f"SELECT DISTINCT ?d {{ ?d a pg:Divergence ; pg:inVersion version:{version} }}")
    assert figures["Divergences"] == str(len(divergences))
    assert figures["Claims on provisions"].replace(",", "") == str(len({row["claim"] for row in claims}))
    clauses = find_section(tree, "clauses")
    shown = [find_slugs(line[0], "provisions")[0] for line in next(clauses.iter("tbody"))]
    assert sorted(shown) == sorted({slug(row["provision"]) for row in claims})
    if whole:
        table = find_section(tree, "whole")
        heads = [head for head in table.iter("th") if head.get("scope") == "row"]
        assert {found for head in heads for found in find_slugs(head, "values")} == {
            slug(row["value"]) for row in whole
        }
    assert claims


def test_who_takes_a_stance_towards_a_version_is_told_kind_by_kind(client: TestClient) -> None:
    rows = ask(
        client,
        f"""SELECT ?kind (COUNT(DISTINCT ?holder) AS ?n) {{ ?s a pg:Stance ; pg:about version:28-point ;
        pg:stanceKind ?kind ; pg:heldBy ?holder . ?a pg:assertsClaim ?s ; pg:polarity pg:positive ;
        pg:inDocument ?document . {READ} }} GROUP BY ?kind""",
    )
    section = find_section(get(client, "/versions/28-point"), "stances")
    terms, told = list(section.iter("dt")), list(section.iter("dd"))
    shown = sorted(int(find_text(term).rpartition(" ")[2]) for term in terms)
    assert shown == sorted(int(row["n"]) for row in rows)
    assert [len(find_slugs(entry, "actors")) for entry in told] == sorted(shown, reverse=True)
    assert len(rows) > 3


def test_every_reported_change_stands_before_the_version_that_it_leads_to(client: TestClient) -> None:
    rows = ask(
        client,
        """SELECT ?change ?provision ?to ?kind ?from { ?change a pg:Change ; pg:about ?provision ;
        pg:toVersion ?to ; pg:changeKind ?kind . OPTIONAL { ?change pg:fromVersion ?from } }""",
    )
    chosen = "&".join(f"version={name}" for name in LEADING)
    tree = get(client, f"{SIDE}?{chosen}&rows=reported")
    columns, bodies = read_collated(tree)
    assert set(columns) == set(LEADING)
    found = set()
    for provision, body in bodies.items():
        for line in body:
            for place, cell in enumerate(node for node in line if node.tag == "td"):
                version = columns[(place + 1) // 2]
                for block in find_all(cell, "change"):
                    kind = read_kind(block)
                    assert load_phrases()[f"change.{kind}"]["en"] in find_text(block)
                    found |= {(change, provision, version, kind) for change in find_slugs(block, "claims")}
                assert not [
                    name for part in find_all(cell, "worked-out") for name in find_slugs(part, "claims")
                ]
    expected = {
        (slug(row["change"]), slug(row["provision"]), slug(row["to"]), slug_of_term(row)) for row in rows
    }
    told = {entry for entry in found if entry[0] in {row[0] for row in expected}}
    assert told == expected
    assert len(expected) > 30
    words = find_text(tree)
    assert words.count("From which version is not said") > 5
    assert sum("from" not in row for row in rows) > 5


def read_collated(tree: Any) -> tuple[list[str], dict[str, Any]]:
    """The versions in the columns of the table, and its rows by provision, one group each."""
    table = next(node for node in tree.iter("table") if "collated" in node.get("class", ""))
    heads = [find_slugs(head, "versions") for head in next(table.iter("thead")).iter("th")]
    bodies = list(table.iter("tbody"))
    groups = {find_slugs(body[0][0], "provisions")[0]: body for body in bodies}
    assert len(groups) == len(bodies)
    for body in bodies:
        assert int(body[0][0].get("rowspan", "1")) == len(body)
    return [found[0] for found in heads if found], groups


def read_kind(block: Any) -> str:
    """What a reported change is."""
    return next(str(name)[2:] for name in block.get("class").split() if name.startswith("c-"))


def slug_of_term(row: dict[str, str]) -> str:
    return row["kind"].removeprefix(NS)


def test_a_reported_change_tells_pages_who_made_it_why_and_who_denies_it(client: TestClient) -> None:
    tree = get(client, f"{SIDE}?version=earlier-draft&version=28-point&rows=reported")
    blocks = {
        read_kind(block): find_text(block)
        for block in find_all(read_collated(tree)[1]["aid-audit"], "change")
    }
    assert set(blocks) == {"replaced", "deleted", "changed"}
    assert "Rustem Umerov: denies" in blocks["replaced"] and "Rustem Umerov: denies" in blocks["changed"]
    assert "replaced by: amnesty" in blocks["replaced"]
    rows = ask(
        client,
        f"""SELECT (COUNT(DISTINCT ?document) AS ?n) {{ ?c pg:changeKind pg:replaced .
        ?c pg:about provision:aid-audit . ?a pg:assertsClaim ?c ; pg:inDocument ?document . {READ} }}""",
    )
    assert f"pages {rows[0]['n']} ·" in blocks["replaced"]
    assert "reports differ" in " ".join(blocks.values())


CHANGING = f"""{{ ?change a pg:Change ; pg:about ?provision ; pg:toVersion ?newer ; pg:changeKind ?kind .
  OPTIONAL {{ ?change pg:fromVersion ?older }} OPTIONAL {{ ?change pg:replacedBy ?instead }} }}
  UNION {{ ?change pg:replaces ?former ; pg:about ?provision ; pg:inVersion ?newer .
  FILTER NOT EXISTS {{ ?change a pg:Change }} BIND(pg:replaces AS ?kind) }}
  ?told pg:assertsClaim ?change ; pg:polarity pg:positive ; pg:inDocument ?document . {READ}"""
SIDES = {
    "before": "(?of = ?provision && ?version = ?older) || (?of = ?former && ?version != ?newer)",
    "after": "(?of = ?provision || ?of = ?instead) && ?version = ?newer",
}
"""Which claims of the pages that report a change are on which side of it."""

Entry = tuple[str, str, str]
"""A reported change on a page: its provision, the version it leads to and its kind; some stand twice."""


def ask_sides(client: TestClient, side: str, *what: str) -> dict[Entry, set[tuple[str, ...]]]:
    """What the pages that report changes say of one side, by SPARQL, change by change."""
    valued = "?value pg:onSlot ?slot ; pg:assertedIn ?claim ; pg:reportedValue ?member ."
    rows = ask(
        client,
        f"""SELECT DISTINCT ?provision ?newer ?kind {" ".join(what)} {{ {CHANGING}
        ?with pg:inDocument ?document ; pg:assertsClaim ?claim . ?claim pg:about ?of ; pg:inVersion ?version .
        FILTER({SIDES[side]}) {PLAIN} {valued if "?slot" in what else ""} }}""",
    )
    found: dict[Entry, set[tuple[str, ...]]] = {}
    for row in rows:
        key = slug(row["provision"]), slug(row["newer"]), slug_of_term(row)
        found.setdefault(key, set()).add(tuple(slug(row[name[1:]]).rpartition("#")[2] for name in what))
    return found


def list_passages(client: TestClient) -> list[tuple[Entry, Any, dict[str, Any]]]:
    """Every reported change side by side: its row, and what stands before and after, wherever it is."""
    chosen = "&".join(f"version={name}" for name in (*LEADING, "earlier-draft"))
    columns, bodies = read_collated(get(client, f"{SIDE}?{chosen}&rows=reported"))
    found = []
    for provision, body in bodies.items():
        for line in list(body)[:-1]:
            cells = [node for node in line if node.tag == "td"]
            (at,) = [place for place, cell in enumerate(cells) if find_all(cell, "change")]
            (block,) = find_all(cells[at], "change")
            columns_at = columns[(at + 1) // 2]
            halves = dict(read_half(half) for half in find_all(line, "half"))
            assert set(halves) == {"before", "after"}
            found.append(((provision, columns_at, read_kind(block)), line, halves))
    return found


def read_half(half: Any) -> tuple[str, Any]:
    """Which side of a change something is."""
    caption = find_text(next(half.iter("p")))
    phrases = {load_phrases()[f"passage.{name}"]["en"]: name for name in SIDES}
    return phrases[caption], half


def test_both_wordings_of_a_reported_change_are_those_of_the_pages_that_report_it(client: TestClient) -> None:
    passages = list_passages(client)
    told = 0
    for side in SIDES:
        expected = {
            entry: {slug for (slug,) in held} for entry, held in ask_sides(client, side, "?claim").items()
        }
        shown: dict[Entry, set[str]] = {}
        for entry, _, halves in passages:
            shown.setdefault(entry, set()).update(find_wordings(halves[side]))
        assert {entry: held for entry, held in shown.items() if held} == expected
        told += sum(map(len, expected.values()))
    assert told > 20
    assert len(passages) > 20


def test_wordings_stand_in_the_columns_of_their_versions(client: TestClient) -> None:
    columns, bodies = read_collated(get(client, f"{SIDE}?version=earlier-draft&version=28-point"))
    assert columns == ["earlier-draft", "28-point"]
    line = next(line for line in bodies["aid-audit"] if "replaced by" in find_text(line))
    before, change, after = (node for node in line if node.tag == "td")
    assert read_half(find_all(before, "half")[0])[0] == "before"
    assert "audit of all international aid" in find_text(before)
    assert not find_all(change, "half")
    assert read_half(find_all(after, "half")[0])[0] == "after"
    assert find_slugs(after, "provisions") == ["amnesty"] and "Full amnesty for all parties" in find_text(
        after
    )
    kept = next(line for line in bodies["amnesty"] if "stands in the place of" in find_text(line))
    assert "Original had a full audit" in find_text(next(node for node in kept if node.tag == "td"))


def test_the_slots_that_differ_between_both_wordings_are_marked_and_named(client: TestClient) -> None:
    given = [ask_sides(client, side, "?slot", "?member") for side in SIDES]
    passages = list_passages(client)
    several = {entry for entry, times in Counter(entry for entry, *_ in passages).items() if times > 1}
    assert not several & given[0].keys() & given[1].keys()
    marked, compared = Counter[str](), 0
    for entry, line, halves in passages:
        before, after = (held.get(entry, set()) for held in given)
        slots = [{slot for slot, _ in side} - {"replaces"} for side in (before, after)]
        named = {
            name: find_named(line, name) for name in ("differing", "shared", "lone.before", "lone.after")
        }
        signs = {slot for half in halves.values() for slot in find_marked(half)}
        assert signs == named["differing"], entry
        if all(slots):
            compared += 1
            assert named["differing"] | named["shared"] == slots[0] & slots[1], entry
            assert named["lone.before"] == slots[0] - slots[1] and named["lone.after"] == slots[1] - slots[0]
            assert all({value for value in before if value[0] == slot} & after for slot in named["shared"])
            assert not any(
                {value for value in before if value[0] == slot} & after for slot in named["differing"]
            )
        marked.update(named["differing"])
    assert compared >= 2
    assert marked["bearer"] >= 2 and marked["troopCeiling"] == 2
    (told,) = [
        halves for entry, _, halves in passages if entry[2] == "deleted" and entry[0] == "ukraine-troop-cap"
    ]
    assert "troop ceiling at most 600,000 persons" in find_text(told["before"])
    assert f"troop ceiling {load_phrases()['passage.absent']['en']}" in find_text(told["after"])


def find_named(line: Any, name: str) -> set[str]:
    """The slots that a line of what is computed between two sides names."""
    phrase = load_phrases()[f"passage.{name}"]["en"]
    return {
        slug(urlsplit(link.get("href", "")).path)
        for block in find_all(line, "worked-out")
        for part in block.iter("p")
        if f"{phrase}: " in find_text(part)
        for link in list_anchors(part)
    }


def find_marked(half: Any) -> set[str]:
    """The slots that are marked on one side of a change, with a sign beside the colour."""
    marks = find_all(half, "apart")
    assert all(find_text(mark).startswith("± ") for mark in marks)
    words = {find_text(mark)[2:] for mark in marks}
    found = {slot for slot in ("bearer", "beneficiary", "troopCeiling") if name_slot(slot) in words}
    assert len(found) == len(words)
    return found


def name_slot(slot: str) -> str:
    return re.sub("([A-Z])", r" \1", slot).lower()


def test_what_a_report_does_not_say_of_a_side_is_told_plainly(client: TestClient) -> None:
    unsaid = Counter[str]()
    for entry, _, halves in list_passages(client):
        for side, half in halves.items():
            said = bool(find_all(half, "worded") or find_all(half, "told"))
            silent = load_phrases()[f"passage.unsaid.{side}"]["en"] in find_text(half)
            gone = load_phrases()["passage.gone"]["en"] in find_text(half)
            assert silent is not (said or gone), (entry, side)
            assert gone is (side == "after" and entry[2] == "deleted")
            unsaid[side] += silent
    assert unsaid["before"] > 5 and unsaid["after"] >= 2


def test_the_page_of_a_version_tells_its_changes_with_the_same_two_sides(client: TestClient) -> None:
    beside = Counter(
        (entry, side, *sorted(find_wordings(half)))
        for entry, _, halves in list_passages(client)
        for side, half in halves.items()
    )
    alone: Counter[tuple[Any, ...]] = Counter()
    for version in LEADING:
        section = find_section(get(client, f"/versions/{version}"), "changes-1")
        for card in next(section.iter("ul")):
            (block,) = find_all(card, "change")
            entry = find_slugs(card, "provisions")[0], version, read_kind(block)
            halves = dict(read_half(half) for half in find_all(card, "half"))
            alone.update((entry, side, *sorted(find_wordings(half))) for side, half in halves.items())
    assert alone == beside
    assert alone.total() > 40


def find_wordings(half: Any) -> set[str]:
    """The claims that a side of a change gives as wordings."""
    return {name for part in find_all(half, "worded") for name in find_slugs(part, "claims")}


def test_where_the_pages_of_a_change_are_silent_others_are_pointed_at(client: TestClient) -> None:
    section = find_section(get(client, "/versions/28-point"), "changes-2")
    counted = 0
    for card in next(section.iter("ul")):
        provision = find_slugs(card, "provisions")[0]
        (before, _) = find_all(card, "half")
        rows = ask(
            client,
            f"""SELECT (COUNT(DISTINCT ?document) AS ?n) {{ ?claim pg:about provision:{provision} ;
            pg:inVersion version:28-point . ?a pg:assertsClaim ?claim ; pg:inDocument ?document .
            {READ} {PLAIN} }}""",
        )
        (others,) = find_all(before, "others")
        phrase = load_phrases()["passage.others"]["en"].format(count=rows[0]["n"])
        assert phrase in find_text(others) and find_slugs(others, "values")
        assert not find_wordings(before)
        counted += 1
    assert counted > 4


def test_pages_and_the_origins_that_their_chains_lead_to_are_two_counts_and_the_origins_are_named(
    client: TestClient,
) -> None:
    rows = ask(
        client,
        f"""SELECT DISTINCT ?origin ?document {{ ?c pg:about provision:aid-audit ; pg:changeKind pg:deleted .
        ?a pg:assertsClaim ?c ; pg:polarity pg:positive ; pg:inDocument ?document ; pg:endsIn ?origin .
        {READ} }}""",
    )
    origins, pages = {slug(row["origin"]) for row in rows}, {row["document"] for row in rows}
    assert len(pages) == 1 < len(origins)
    (row,) = [row for entry, row, _ in list_passages(client) if entry == ("aid-audit", "28-point", "deleted")]
    (block,) = find_all(row, "change")
    assert f"pages 1 · their chains lead to origins: {len(origins)}" in find_text(block)
    (line,) = [part for part in block.iter("p") if find_text(part).startswith("Their chains lead to: ")]
    assert {slug(urlsplit(link.get("href", "")).path) for link in list_anchors(line)} == origins


def test_the_lineage_is_what_claims_changes_and_the_registry_say_and_no_more(client: TestClient) -> None:
    rows = ask(
        client,
        """SELECT DISTINCT ?newer ?link ?older { ?newer pg:ofPlan plan:ukraine-peace-plan ; a pg:PlanVersion .
        { ?c ?link ?older ; pg:about ?newer . VALUES ?link { pg:basedOn pg:modelledOn } }
        UNION { ?c ?link ?older ; pg:about/a pg:Plan ; pg:inVersion ?newer .
          VALUES ?link { pg:basedOn pg:modelledOn } }
        UNION { ?c pg:toVersion ?newer ; ?link ?older . VALUES ?link { pg:fromVersion } }
        UNION { ?newer ?link ?older . VALUES ?link { pg:companionOf } } }""",
    )
    differing = ask(
        client,
        """SELECT DISTINCT ?newer ?link ?older { ?d pg:betweenValue ?v ; pg:onSlot ?link .
        VALUES ?link { pg:basedOn pg:modelledOn } ?v pg:assertedIn ?c . ?c ?link ?older ; pg:about ?newer .
        ?newer a pg:PlanVersion }""",
    )
    section = find_section(get(client, SIDE), "lineage")
    phrases = {
        load_phrases()[f"lineage.{name}"]["en"]: name
        for name in ("basedOn", "modelledOn", "fromVersion", "companionOf")
    }
    shown, marked = set(), set()
    for line in next(next(section.iter("table")).iter("tbody")):
        newer, link, older, _, dispute = list(line)
        row = (
            find_slugs(newer, "versions")[0],
            phrases[find_text(link)],
            list_anchors(older)[0].get("href", ""),
        )
        row = (*row[:2], slug(urlsplit(row[2]).path))
        shown.add(row)
        if find_slugs(dispute, "divergences"):
            marked.add(row)
        assert bool(list_anchors(dispute)) is ("nothing is reported against it" not in find_text(dispute))
    assert shown == {read_link(row) for row in rows}
    assert marked == {read_link(row) for row in differing}
    assert len(shown) > 8 and len(marked) > 2
    drawing = next(node for node in section.iter() if "pedigree" in (node.get("class") or "").split())
    lines = list(find_all(drawing, "line"))
    assert len(lines) == len({(row["newer"], row["older"]) for row in rows})
    ends = {end for row in rows for end in (slug(row["newer"]), slug(row["older"]))}
    assert {slug(urlsplit(link.get("href", "")).path) for link in list_anchors(drawing)} == ends
    disputed = {row[::2] for row in marked}
    assert len(find_all(drawing, "disputed")) >= 2 * len(disputed)


def read_link(row: dict[str, str]) -> tuple[str, str, str]:
    return slug(row["newer"]), row["link"].removeprefix(NS), slug(row["older"])


def test_a_version_shows_only_the_links_that_name_it(client: TestClient) -> None:
    shown = 0
    for version in ("28-point", "e3-counter-proposal", "russian-non-paper", "paris-declaration"):
        section = find_section(get(client, f"/versions/{version}"), "lineage")
        for line in (node for body in section.iter("tbody") for node in body):
            assert version in (*find_slugs(line[0], "versions"), *find_slugs(line[2], "versions"))
            shown += 1
    assert shown > 10
    assert "No lineage is reported." in find_text(section)


def test_what_is_computed_between_versions_is_of_values_that_both_are_reported_to_have(
    client: TestClient,
) -> None:
    tree = get(client, f"{SIDE}?version=28-point&version=e3-counter-proposal&rows=computed")
    blocks = find_all(tree, "worked-out")
    values = [found for block in blocks for found in find_slugs(block, "values")]
    rows = ask(
        client,
        """SELECT ?v ?version { ?v a pg:ReportedValue ; pg:inVersion ?version ; pg:ofProvision ?p .
        ?v pg:assertedIn ?c }""",
    )
    versions = {slug(row["v"]): slug(row["version"]) for row in rows}
    assert {versions[value] for value in values} == {"28-point", "e3-counter-proposal"}
    cap = read_collated(tree)[1]["ukraine-troop-cap"]
    told = " ".join(find_text(block) for block in find_all(cap, "worked-out"))
    assert "at most 600,000 persons →and of the newer version at most 800,000 persons" in told
    assert "Cannot both stand in one text" in told
    assert load_phrases()["versions.computed.short"]["en"] in told
    assert len(values) > 30


TOLD_VALUES = ("one", "two", "three", "four", "five", "six")
TOLD = f"""{prefixes_text()}
pg:duration rdfs:subPropertyOf pg:slot ; pg:comparison pg:exclusive ; rdfs:label "duration"@en .
concept:a skos:prefLabel "a"@en . concept:b skos:prefLabel "b"@en . concept:c skos:prefLabel "c"@en .
value:one pg:ofSubject provision:p ; pg:inVersion version:x ; pg:reportedValue concept:a .
value:two pg:ofSubject provision:p ; pg:inVersion version:x ; pg:reportedValue concept:b .
value:three pg:ofSubject provision:p ; pg:inVersion version:y ; pg:reportedValue concept:b .
value:four pg:ofSubject provision:p ; pg:inVersion version:y ; pg:reportedValue concept:c .
value:five pg:ofSubject provision:p ; pg:inVersion version:y ; pg:reportedValue concept:c ;
  pg:onlyWhen concept:peacetime .
value:six pg:ofSubject provision:q ; pg:inVersion version:y ; pg:reportedValue concept:a .
{" ".join(f"value:{name} pg:onSlot pg:duration ." for name in TOLD_VALUES)}
"""


def read_told() -> list[Triple]:
    return [quad.triple for quad in parse(TOLD.encode(), RdfFormat.TURTLE)]


def test_values_of_two_versions_are_compared_under_one_key_with_the_version_left_out() -> None:
    kept = {f"{ID}value/{name}" for name in TOLD_VALUES}
    index, editions = read_editions(read_told(), kept)
    (found,) = collate(index, editions[f"{ID}version/x"], editions[f"{ID}version/y"])
    assert [tuple(slug(told.iri) for told in pair) for pair in found.shared] == [("two", "three")]
    assert [(slug(entry.older.iri), slug(entry.newer.iri), entry.kind) for entry in found.contrasts] == [
        ("one", "four", "contradicts")
    ]
    assert found.contrasts[0].reason == "Only one of a and c can hold."
    index, fewer = read_editions(read_told(), kept - {f"{ID}value/four"})
    (found,) = collate(index, fewer[f"{ID}version/x"], fewer[f"{ID}version/y"])
    assert list(found.contrasts) == []


def make_side(*names: str) -> Side:
    """A side with these values of :data:`TOLD`, of which ``six`` is of the other provision."""
    values = [{"id": f"{ID}value/{name}", "slot": "duration", "under": {}} for name in names]
    version = "x" if set(names) <= {"one", "two"} else "y"
    return Side([((f"{ID}provision/p", f"{ID}version/{version}"), Clause(values, (), {}, ()))], None)


@pytest.mark.parametrize(
    ("before", "after", "former", "absent", "found"),
    [
        (("one",), ("four",), "", False, "differing"),
        (("two",), ("three",), "", False, "shared"),
        (("one",), ("six",), "", False, "shared"),
        (("one",), ("five",), "", False, "unmet"),
        (("one",), (), "", False, ""),
        (("one",), (), "", True, "differing"),
        ((), ("four",), "a", False, "differing"),
        ((), ("four",), "c", False, ""),
        ((), (), "a", True, "differing"),
        ((), (), "", True, ""),
    ],
)
def test_the_sides_of_a_change_are_compared_as_of_one_clause_under_the_same_conditions(
    before: tuple[str, ...], after: tuple[str, ...], former: str, absent: bool, found: str
) -> None:
    index, editions = read_editions(read_told(), {f"{ID}value/{name}" for name in TOLD_VALUES})
    change = Changed(f"{ID}provision/p", f"{ID}version/x", f"{ID}version/y", "changed")
    change.former |= {f"{ID}concept/{former}": {f"{NS}duration": None}} if former else {}
    change.absent |= {f"{NS}duration": None} if absent else {}
    sides = make_side(*before), make_side(*after)
    differing, shared = compare_sides(change, *sides, Grounds({}, {}, {}, {}, index, editions))
    passage = Passage(change, (), (), *sides, differing, shared)
    told = {"differing": differing, "shared": shared, "unmet": passage.unmet}
    assert {name: slots for name, slots in told.items() if slots} == (
        {found: [f"{NS}duration"]} if found else {}
    )
    assert passage.lone == ([], [])


def make_links(*pairs: str, kind: str = "basedOn") -> list[Link]:
    return [Link(kind, f"{ID}version/{pair[0]}", f"{ID}version/{pair[1]}") for pair in pairs]


def test_older_things_stand_left_of_newer_ones_and_no_two_boxes_meet() -> None:
    links = make_links("ab", "bc", "ac", "dc", "ce", "cf", "cg") + make_links("ch", kind="companionOf")
    drawing = draw_pedigree(links, {})
    assert drawing is not None
    boxes = {slug(box.iri): box for box in drawing.boxes}
    assert sorted(boxes) == list("abcdefgh")
    for link in links:
        older, newer = boxes[slug(link.older)], boxes[slug(link.newer)]
        assert older.x < newer.x or link.kind == "companionOf"
    assert boxes["d"].x == boxes["b"].x and boxes["h"].x == boxes["c"].x
    for one, other in combinations(drawing.boxes, 2):
        assert one.x != other.x or one.y + one.height <= other.y or other.y + other.height <= one.y
    assert len(drawing.lines) == len(links)
    (long,) = [line for line in drawing.lines if len(re.findall("[CH]", line.way)) == 3]
    assert long.links[0].older.endswith("/a") and long.links[0].newer.endswith("/c")


def test_a_lineage_that_leads_back_to_itself_is_drawn_all_the_same() -> None:
    drawing = draw_pedigree(make_links("ab", "bc", "ca"), {})
    assert drawing is not None
    assert len(drawing.boxes) == 3 and len(drawing.lines) == 3
    assert draw_pedigree([], {}) is None


def test_divergences_are_listed_contradictions_first_with_counts_beside_every_choice(
    client: TestClient,
) -> None:
    rows = ask(
        client, "SELECT ?kind (COUNT(DISTINCT ?d) AS ?n) { ?d pg:divergenceKind ?kind } GROUP BY ?kind"
    )
    counted = {row["kind"].removeprefix(NS): int(row["n"]) for row in rows}
    tree = get(client, "/divergences")
    assert find_text(next(tree.iter("h1"))) == f"Divergences {sum(counted.values()):,}"
    facets = {
        node.get("aria-labelledby"): {
            parse_qs(urlsplit(link.get("href", "")).query).get(node.get("aria-labelledby", "")[6:], [""])[
                0
            ]: int(find_text(link).rpartition(" ")[2].replace(",", ""))
            for link in node.iter("a")
        }
        for node in tree.iter("section")
        if node.get("class") == "facet"
    }
    assert facets["facet-kind"] == counted
    assert {"facet-plan", "facet-version", "facet-slot", "facet-provision"} <= set(facets)
    for name in ("plan", "slot"):
        value, count = next(iter(facets[f"facet-{name}"].items()))
        narrowed = get(client, f"/divergences?{name}={value}")
        assert find_text(next(narrowed.iter("h1"))) == f"Divergences {count:,}"
    kinds = [find_text(node) for node in find_all(next(tree.iter("tbody")), "tag")]
    assert kinds[0].endswith("contradicts") and len(kinds) > 20
    assert len(counted) >= 4


def list_samples(client: TestClient) -> list[dict[str, str]]:
    """Two divergences of each kind, of one origin and of several."""
    rows = ask(
        client,
        """SELECT ?d ?kind ?reason ?within ?one ?two { ?d pg:divergenceKind ?kind ; pg:reason ?reason ;
        pg:withinOneOrigin ?within ; pg:betweenValue ?one, ?two . FILTER(STR(?one) < STR(?two)) }
        ORDER BY ?d""",
    )
    seen = Counter[tuple[str, str]]()
    samples = []
    for row in rows:
        seen[row["kind"], row["within"]] += 1
        if seen[row["kind"], row["within"]] <= 2:
            samples.append(row)
    return samples


def test_a_divergence_shows_both_values_with_all_that_report_them(client: TestClient) -> None:
    samples = list_samples(client)
    documents = 0
    for sample in samples:
        tree = get(client, f"/divergences/{slug(sample['d'])}")
        kind = sample["kind"].removeprefix(NS)
        assert load_phrases()[f"standing.{kind}"]["en"] in find_text(next(tree.iter("h1")))
        (rule,) = find_all(tree, "rule-fired")
        assert " ".join(sample["reason"].split()) in find_text(rule)
        assert ("drift in retelling" in find_text(rule)) is (sample["within"] == "true")
        sides = {find_slugs(side[0], "values")[0]: side for side in find_all(tree, "side")}
        assert set(sides) == {slug(sample["one"]), slug(sample["two"])}
        for value, side in sides.items():
            rows = ask(
                client,
                f"""SELECT DISTINCT ?claim ?document ?known {{
                <{ID}value/{value}> pg:independentOriginCount ?known .
                {{ <{ID}value/{value}> pg:assertedIn ?claim . ?a pg:polarity pg:positive }}
                UNION {{ <{ID}value/{value}> pg:deniedIn ?claim . ?a pg:polarity pg:negative }}
                ?a pg:assertsClaim ?claim . OPTIONAL {{ ?a pg:inDocument ?document . {READ} }} }}""",
            )
            assert set(find_slugs(side, "claims")) == {slug(row["claim"]) for row in rows}
            pages = {slug(row["document"]) for row in rows if "document" in row}
            assert {*find_slugs(side, "documents")} >= pages
            assert f"documents: {len(pages)} ·" in find_text(side)
            denied = "a denial supports nothing" in find_text(side)
            assert denied or f"origins {rows[0]['known']} ·" in find_text(side)
            documents += len(pages)
    assert len(samples) >= 8 and documents > 20


def test_a_value_shows_every_claim_that_asserts_or_denies_it(client: TestClient) -> None:
    rows = ask(
        client,
        """SELECT ?value ?report (COUNT(DISTINCT ?claim) AS ?n) {
        VALUES ?report { pg:assertedIn pg:deniedIn } ?value ?report ?claim ; pg:ofProvision ?p }
        GROUP BY ?value ?report ORDER BY ?report DESC(?n) ?value""",
    )
    denied = [row for row in rows if row["report"].endswith("deniedIn")]
    for row in (*rows[:2], *denied[:2]):
        tree = get(client, f"/values/{slug(row['value'])}")
        told = find_section(tree, "told")
        assert len(set(find_slugs(told, "claims"))) == int(row["n"])
        assert (find_all(told, "s-denies") != []) is row["report"].endswith("deniedIn")
        differing = ask(client, f"SELECT DISTINCT ?d {{ ?d pg:betweenValue <{row['value']}> }}")
        assert set(find_slugs(find_section(tree, "differs"), "divergences")) == {
            slug(row["d"]) for row in differing
        }
    assert denied and int(rows[0]["n"]) > 5


@pytest.mark.parametrize(
    ("address", "suffix", "place"),
    [
        ("/versions/28-point?lang=uk", "ttl", "/api/v1/versions/28-point.ttl"),
        ("/versions/28-point", "csv", "/api/v1/claims.csv?version=28-point&limit=all"),
        ("/versions?q=Geneva", "json", "/api/v1/versions.json?q=Geneva&sort=relevance"),
        (
            "/divergences?kind=contradicts",
            "csv",
            "/api/v1/divergences.csv?kind=contradicts&sort=kind&limit=all",
        ),
        (
            f"{SIDE}?version=28-point&version=20-point&lang=uk",
            "csv",
            f"/api/v1{PLAN}/matrix.csv?columns=versions&limit=all&version=28-point&version=20-point",
        ),
        (f"{SIDE}?rows=reported", "jsonld", f"/api/v1{PLAN}/matrix.jsonld?columns=versions"),
    ],
)
def test_these_pages_are_data_too(client: TestClient, address: str, suffix: str, place: str) -> None:
    path, _, query = address.partition("?")
    answer = client.get(f"{path}.{suffix}" + (f"?{query}" if query else ""), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert client.get(place).status_code == 200


def test_every_twin_query_and_citation_of_these_pages_is_there(client: TestClient) -> None:
    sample = list_samples(client)[0]
    followed = Counter[str]()
    for page in (
        SIDE,
        "/versions/28-point",
        f"/divergences/{slug(sample['d'])}",
        f"/values/{slug(sample['one'])}",
    ):
        tools = next(node for node in get(client, page).iter("section") if node.get("class") == "tools")
        for link in tools.iter("a"):
            address = link.get("href", "").removeprefix("http://testserver")
            answer = client.get(address)
            assert answer.status_code == 200, (page, address, answer.text[:200])
            followed[urlsplit(address).path.split("/")[1]] += 1
    assert followed["sparql"] > 15 and followed["api"] >= 12
    assert sum(followed.values()) > 45


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{SIDE}?version=no-such", 400), (f"{SIDE}?rows=some", 400), (f"{SIDE}?colour=red", 400),
        ("/plans/no-such/versions", 404), ("/versions/no-such", 404), ("/divergences/no-such", 404),
        ("/values/no-such", 404), ("/versions/28-point?colour=red", 400), ("/divergences?kind=agrees", 400),
        (f"{SIDE}.pdf", 404), ("/divergences/no-such.csv", 404),
        (f"{SIDE}?" + "&".join(f"version={name}" for name in TOO_MANY), 400),
    ],
)  # fmt: skip
def test_what_there_is_not_is_told(client: TestClient, address: str, status: int) -> None:
    assert client.get(address, headers=HTML).status_code == status


def test_a_plan_without_versions_has_a_page_that_says_so(client: TestClient) -> None:
    assert "nothing that matches" in find_text(get(client, "/plans/gaza-20-point-plan/versions"))


def test_divergences_values_and_versions_are_linked_from_where_they_are_told(client: TestClient) -> None:
    divergence = list_samples(client)[0]
    rows = ask(client, f"SELECT ?claim {{ <{divergence['one']}> pg:assertedIn|pg:deniedIn ?claim }}")
    claim = get(client, f"/claims/{slug(rows[0]['claim'])}")
    assert slug(divergence["d"]) in find_slugs(claim, "divergences")
    assert slug(divergence["one"]) in find_slugs(claim, "values")
    provision = get(client, "/provisions/amnesty")
    values = client.get("/api/v1/provisions/amnesty/values").json()["items"]
    told = {entry["id"] for value in values for entry in value["diverges"]}
    assert set(find_slugs(provision, "divergences")) == {slug(iri) for iri in told}
    assert SIDE in {urlsplit(link.get("href", "")).path for link in list_anchors(get(client, PLAN))}
    home = {link.get("href", "") for link in list_anchors(get(client, "/"))}
    assert SIDE in home and "/divergences" in home
    assert any(link.startswith("/divergences?provision=") for link in home)
    pages = {
        "version/28-point": "/versions/28-point",
        f"divergence/{slug(divergence['d'])}": f"/divergences/{slug(divergence['d'])}",
        f"value/{slug(divergence['one'])}": f"/values/{slug(divergence['one'])}",
    }
    for name, page in pages.items():
        answer = client.get(f"/id/{name}", headers=HTML, follow_redirects=False)
        assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, page)


def test_no_page_of_these_says_that_something_is_true_or_that_silence_is_a_deletion(
    client: TestClient,
) -> None:
    tree = get(client, SIDE)
    assert "An empty cell is never a deletion" in find_text(tree)
    columns = [
        find_slugs(head, "versions")
        for head in next(t for t in tree.iter("table") if "collated" in t.get("class", "")).iter("th")
    ]
    shown = [found[0] for found in columns if found]
    rows = ask(
        client,
        f"""SELECT ?version ?when (COUNT(DISTINCT ?document) AS ?n) {{
        ?claim pg:inVersion|pg:toVersion ?version ; pg:about/a pg:Provision .
        ?a pg:assertsClaim ?claim ; pg:inDocument ?document . {READ} ?version pg:versionDate ?when }}
        GROUP BY ?version ?when ORDER BY DESC(?n) LIMIT 3""",
    )
    assert shown == [slug(row["version"]) for row in sorted(rows, key=lambda row: row["when"].split("/")[-1])]
    words = " ".join(
        text
        for key, table in load_phrases().items()
        for text in table.values()
        if key.startswith(("divergence", "collation", "lineage"))
    )
    assert not re.search(r"\b(lie|lied|false|wrong|fake|correct)\b", words)
