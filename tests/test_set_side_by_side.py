"""What is made of the rows of comparing queries: standings, chains that branch or go round, bounds."""

from __future__ import annotations

from typing import Any

import pytest
from pyoxigraph import QuerySolutions, Store

from builders import claim, index_of, read, read_vocabulary
from plangraph.denial import find_denials
from plangraph.divergence import describe_divergences, find_divergences
from plangraph.hops import follow
from plangraph.matrix import AXES, Tables, assemble, list_cells, write_table
from plangraph.origins import describe_ends
from plangraph.reads import load_read, write_whole
from plangraph.slots import read_slots
from plangraph.terms import pg, thing
from plangraph.timeline import count_entries, place_moment, read_entries
from plangraph.values import describe_values, gather_values
from plangraph.web.comparison_queries import write_matrix_queries

PLAN = """
    plan:p a pg:Plan ; rdfs:label "plan"@en .
    version:v a pg:PlanVersion ; pg:ofPlan plan:p ; rdfs:label "version"@en .
    provision:army a pg:Provision ; pg:ofPlan plan:p ; rdfs:label "army"@en .
    provision:unheard a pg:Provision ; pg:ofPlan plan:p ; rdfs:label "unheard"@en .
"""


def page(name: str, outlet: str, extent: str = "partial", more: str = "") -> str:
    """A page of an outlet."""
    return f"""
        outlet:{outlet} a schema:NewsMediaOrganization ; rdfs:label "{outlet}"@en .
        document:{name} a pg:Document ; schema:publisher outlet:{outlet} ; pg:readingExtent pg:{extent} ;
            pg:documentKind pg:newsReport {more} .
    """


def report(name: str, force: str, more: str = "") -> str:
    """A claim on the army, stated in the page of the same name."""
    return claim(name, "provision:army", f"pg:inVersion version:v ; pg:deonticForce pg:{force} {more}")


def open_store(turtle: str) -> Store:
    """A made-up data set with everything that is computed of it."""
    index = index_of(turtle)
    values = gather_values(index, read_slots(index))
    divergences = [*find_divergences(index, values), *find_denials(index, values)]
    store = Store()
    store.extend([*read_vocabulary(), *read(turtle)])
    store.extend(describe_values(index, values))
    store.extend(describe_divergences(index, divergences))
    store.extend(describe_ends(index, thing("plan", "derived")))
    return store


def ask(store: Store, text: str) -> list[dict[str, str]]:
    found = store.query(text, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: row[name].value for name in names if row[name] is not None} for row in found]


def make_matrix(turtle: str, axis: str = "outlets") -> dict[str, Any]:
    store = open_store(PLAN + turtle)
    queries = write_matrix_queries(axis, {"plan": [thing("plan", "p")]})
    return assemble(Tables(*(ask(store, query) for query in queries.values())), axis)


def standings(turtle: str) -> dict[str, list[str]]:
    """How the cell of each outlet stands."""
    return {column["label"]["en"]: cell["standing"] for _, column, cell in list_cells(make_matrix(turtle))}


TWO_PAGES = page("one", "first") + page("two", "second")
NAMED = 'actor:ada a schema:Person ; rdfs:label "Ada"@en .'
DENIAL = report("two", "obligation").replace("pg:positive", "pg:negative")
LOST = report("two", "obligation").replace(
    "pg:assertsClaim", "pg:takenFrom attribution:lost ; pg:assertsClaim"
) + "attribution:lost a pg:Attribution ; pg:assertsClaim claim:two ; pg:polarity pg:positive ."  # fmt: skip
STANDINGS = {
    "only origin": (page("one", "first") + report("one", "obligation"), {"first": ["onlyOrigin"]}),
    "agrees": (
        TWO_PAGES + report("one", "obligation") + report("two", "obligation"),
        {"first": ["agrees"], "second": ["agrees"]},
    ),
    "echo": (
        page("one", "first") + page("two", "second", more="; pg:copyOf document:one")
        + report("one", "obligation") + report("two", "obligation"),
        {"first": ["onlyOrigin"], "second": ["onlyOrigin"]},
    ),
    "denies": (
        TWO_PAGES + report("one", "obligation") + DENIAL,
        {"first": ["contradicts", "onlyOrigin"], "second": ["denies", "contradicts"]},
    ),
    "differs": (
        TWO_PAGES + report("one", "obligation") + report("two", "expectation"),
        {"first": ["differs", "onlyOrigin"], "second": ["differs", "onlyOrigin"]},
    ),
    "undetermined": (
        page("two", "second") + LOST,
        {"second": ["undetermined"]},
    ),
    "fills no slot": (
        page("one", "first") + claim("one", "provision:army", "pg:inVersion version:v"),
        {"first": ["reported"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDINGS)
def test_a_cell_stands_as_the_computed_graph_says(case: str) -> None:
    turtle, expected = STANDINGS[case]
    assert standings(turtle) == expected


def test_all_seven_standings_are_tried() -> None:
    assert len(STANDINGS) == 7


def test_a_missing_cell_is_not_reported_only_where_a_page_was_read_in_full() -> None:
    matrix = make_matrix(
        page("one", "first", "full") + report("one", "obligation")
        + page("two", "second") + claim("two", "version:v", "pg:pointCount 28")
        + page("three", "cited", "citedOnly") + report("three", "obligation")
    )  # fmt: skip
    assert {column["label"]["en"]: column["absent"] for column in matrix["columns"]} == {
        "first": "notReported",
        "second": "notShown",
    }
    assert [len(row["cells"]) for row in matrix["items"]] == [1, 0]


def test_an_echo_is_counted_once_for_each_further_page() -> None:
    copies = "".join(page(f"copy-{n}", f"outlet-{n}", more="; pg:copyOf document:one") for n in range(3))
    copied = "".join(report(f"copy-{n}", "obligation") for n in range(3))
    row = make_matrix(page("one", "first") + report("one", "obligation") + copies + copied)["items"][0]
    assert (row["documents"], row["origins"], row["echoes"], row["undetermined"]) == (4, 1, 3, 0)
    assert row["sources"] == [{"id": thing("outlet", "first").value, "documents": 4}]
    assert [value["echoes"] for value in row["values"]] == [3]


def test_what_has_no_version_stands_in_a_column_of_its_own() -> None:
    turtle = TWO_PAGES + report("one", "obligation") + claim("two", "provision:army", "pg:degree concept:d")
    columns = make_matrix(turtle, "versions")["columns"]
    assert [(column.get("id"), column["label"]["en"]) for column in columns] == [
        (None, "no version stated"),
        (thing("version", "v").value, "version"),
    ]
    assert [column["cells"] for column in columns] == [1, 1]


def test_a_speaker_has_a_column_for_words_further_up_a_chain() -> None:
    turtle = (
        page("one", "first") + NAMED + report("one", "obligation").replace(
            "pg:assertsClaim", "pg:takenFrom attribution:up ; pg:assertsClaim")
        + "attribution:up a pg:Attribution ; pg:assertsClaim claim:one ; pg:saidBy actor:ada ."
    )  # fmt: skip
    (column,) = make_matrix(turtle, "speakers")["columns"]
    assert (column["label"], column["kind"], column["cells"]) == ({"en": "Ada"}, "Person", 1)


def test_a_table_has_a_row_for_a_claim_that_fills_no_slot() -> None:
    turtle, _ = STANDINGS["fills no slot"]
    header, row = write_table(make_matrix(turtle)).decode().splitlines()
    assert row.split(",")[header.split(",").index("standing")] == "reported"
    assert sorted(AXES) == ["outlets", "speakers", "versions"]


HOP = (
    "a pg:Attribution ; pg:polarity pg:positive ; "
    "pg:sourceStatus pg:anonymous ; pg:sourceCertainty pg:reported"
)


def make_chains(turtle: str) -> list[dict[str, Any]]:
    store = Store()
    store.extend(read(turtle))
    name = thing("claim", "c")
    return follow(name.value, ask(store, write_whole(load_read("claim-chain"), {"claim": [name]})))


def hops_of(chain: dict[str, Any]) -> list[tuple[int, str]]:
    return [(hop["hop"], hop["id"].rpartition("/")[2]) for hop in chain["hops"]]


def test_a_chain_that_branches_has_every_hop_once_at_its_distance() -> None:
    (chain,) = make_chains(
        f"""attribution:a {HOP} ; pg:assertsClaim claim:c ; pg:takenFrom attribution:b, attribution:d .
            attribution:b {HOP} ; pg:takenFrom attribution:e .
            attribution:d {HOP} ; pg:takenFrom attribution:e .
            attribution:e {HOP} ."""
    )
    assert hops_of(chain) == [(0, "a"), (1, "b"), (1, "d"), (2, "e")]
    assert len(chain["hops"][3]["takenUpBy"]) == 2
    assert not chain["circular"]


def test_several_pages_of_a_claim_are_several_chains() -> None:
    chains = make_chains(
        f"""attribution:a {HOP} ; pg:assertsClaim claim:c ; pg:takenFrom attribution:up .
            attribution:b {HOP} ; pg:assertsClaim claim:c .
            attribution:up {HOP} ; pg:assertsClaim claim:c ."""
    )
    assert [hops_of(chain) for chain in chains] == [[(0, "a"), (1, "up")], [(0, "b")]]


@pytest.mark.parametrize(
    "begin", ["", "attribution:0 HOP ; pg:assertsClaim claim:c ; pg:takenFrom attribution:a ."]
)
def test_a_circle_is_followed_once_and_marked(begin: str) -> None:
    (chain,) = make_chains(
        begin.replace("HOP", HOP)
        + f"""attribution:a {HOP} ; pg:assertsClaim claim:c ; pg:takenFrom attribution:b .
              attribution:b {HOP} ; pg:assertsClaim claim:c ; pg:takenFrom attribution:a ."""
    )
    assert chain["circular"]
    assert [name for _, name in hops_of(chain)] == (["0"] if begin else []) + ["a", "b"]


MOMENTS: list[tuple[tuple[str, str, str], dict[str, Any]]] = [
    (("2025-11-20", "", ""), {"placed": "day", "day": "2025-11-20"}),
    (("2025-11", "", ""), {"placed": "between", "text": "2025-11", "notBefore": "2025-11-01",
                           "notAfter": "2025-11-30"}),
    (("2025-10-24/2025-10-26", "", ""), {"placed": "between", "text": "2025-10-24/2025-10-26",
                                         "notBefore": "2025-10-24", "notAfter": "2025-10-26"}),
    (("2026-02-16?", "", ""), {"placed": "between", "text": "2026-02-16?", "notBefore": "2026-02-16",
                               "notAfter": "2026-02-16", "uncertain": True}),
    (("2025", "", ""), {"placed": "between", "text": "2025", "notBefore": "2025-01-01",
                        "notAfter": "2025-12-31"}),
    (("soon", "", ""), {"placed": "undated", "text": "soon"}),
    (("", "2025-11-20", ""), {"placed": "between", "notBefore": "2025-11-20"}),
    (("", "2025-11-20", "2025-11-22"), {"placed": "between", "notBefore": "2025-11-20",
                                        "notAfter": "2025-11-22"}),
    (("", "", ""), {"placed": "undated"}),
]  # fmt: skip


@pytest.mark.parametrize(("moment", "expected"), MOMENTS)
def test_a_day_is_never_made_narrower_than_it_is_given(
    moment: tuple[str, str, str], expected: dict[str, Any]
) -> None:
    assert place_moment(*moment) == expected


def test_nine_moments_are_tried() -> None:
    assert len(MOMENTS) == 9


def test_pages_that_give_an_event_one_day_are_one_entry_and_another_day_is_another() -> None:
    row = {"kind": "event", "item": "e", "basis": "reported", "extent": pg("partial").value}
    entries = read_entries(
        [
            row | {"place": "1 2025-11-20", "when": "2025-11-20", "claim": "c1", "document": "d1"},
            row | {"place": "1 2025-11-20", "when": "2025-11-20", "claim": "c2", "document": "d2"},
            row | {"place": "1 2025-11-21", "when": "2025-11-21", "claim": "c3", "document": "d3"},
            row | {"place": "3", "claim": "c4", "document": "d4"},
        ]
    )
    assert [entry["claims"] for entry in entries.values()] == [["c1", "c2"], ["c3"], ["c4"]]
    counted = count_entries(entries.values())
    assert (counted["total"], counted["placed"]) == (3, {"day": 2, "between": 0, "undated": 1})
    assert [day["event"] for day in counted["days"]] == [1, 1]
