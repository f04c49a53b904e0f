"""Reports set side by side, through the real application: every number equals that of SPARQL asked apart."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from plangraph.context import load_context
from plangraph.matrix import AXES, COLUMNS, STANDINGS, list_cells
from plangraph.questions import list_questions
from plangraph.settings import Limits
from plangraph.terms import ID, NS
from plangraph.timeline import read_entries
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from services import PATIENT, make_engine, open_shelf, read_packaged

MATRIX = "/api/v1/plans/ukraine-peace-plan/matrix"
TIMELINE = "/api/v1/timeline"
DONBAS = "2025-11-20-rbc-ukraine-plan-pressure--donbas-handover"
CHAIN = f"/api/v1/claims/{DONBAS}/chain"
VALUES = "/api/v1/provisions/ukraine-troop-cap/values"
ADDRESSES = (
    MATRIX, f"{MATRIX}?columns=speakers", f"{MATRIX}?columns=versions&topic=amnesty", VALUES, CHAIN, TIMELINE,
    f"{TIMELINE}?plan=ukraine-peace-plan&since=2025-11-20&until=2025-11-22&kind=stance&kind=event",
)  # fmt: skip
VARYING = {"id", "items", "next", "query"}
"""What may differ between two pages of one answer."""

CHAINS_TRIED = 20
"""Every which claim has its chains compared with question 2."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    engine = make_engine(PATIENT)
    app = create_app(engine, engine.settings, create_routers(engine.settings), shelf=open_shelf())
    with TestClient(app) as opened:
        yield opened


def get(client: TestClient, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.text)
    found: dict[str, Any] = answer.json()
    return found


def walk(client: TestClient, address: str, limit: int = 1_000) -> dict[str, Any]:
    """The first page of an answer with the items of all pages, as their links lead through them."""
    mark = "&" if "?" in address else "?"
    answer = client.get(f"{address}{mark}limit={limit}")
    whole: dict[str, Any] = answer.json()
    while "next" in answer.links:
        assert len(answer.json()["items"]) == limit
        answer = client.get(answer.links["next"]["url"])
        page = answer.json()
        assert {name: page[name] for name in page if name not in VARYING} == {
            name: whole[name] for name in whole if name not in VARYING
        }
        whole["items"] += page["items"]
    assert answer.json()["next"] is None
    assert len(whole["items"]) == whole["total"]
    return whole


def tell(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The items without what the graph says of them, which stands once on a page."""
    known = load_context().keys.values()
    properties = {"type", *(key.name for key in known)}
    return [{name: item[name] for name in item if name not in properties} for item in answer["items"]]


def ask(client: TestClient, text: str, **parameters: str) -> list[dict[str, str]]:
    """The rows of a query as texts, by the SPARQL endpoint."""
    answer = client.post("/sparql", data={"query": text, **parameters}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def recorded(number: int) -> list[dict[str, str]]:
    """The recorded answer of a competency question."""
    expected = list_questions()[number - 1].expected
    assert expected
    return list(csv.DictReader(io.StringIO(expected)))


def pairs(matrix: dict[str, Any], standing: str | None = None) -> set[tuple[str, str]]:
    """Provision and column of each cell, or of those that stand so."""
    return {
        (row["id"], column["id"])
        for row, column, cell in list_cells(matrix)
        if standing is None or standing in cell["standing"]
    }


def test_the_figures_of_a_row_are_those_of_question_four(client: TestClient) -> None:
    rows = {row["label"]["en"]: row for row in get(client, MATRIX)["items"]}
    compared = 0
    for expected in recorded(4):
        row = rows[expected["provision"]]
        figures = (expected["documents"], expected["independentOrigins"], expected["undeterminedOrigins"])
        assert (row["documents"], row["origins"], row["undetermined"]) == tuple(map(int, figures))
        compared += 1
    assert compared == len(rows) == 56


def test_the_cells_and_the_silence_of_outlets_are_those_of_question_one(client: TestClient) -> None:
    matrix = get(client, MATRIX)
    absent = {column["label"]["en"]: column["absent"] for column in matrix["columns"]}
    cells = {(row["label"]["en"], column["label"]["en"]) for row, column, _ in list_cells(matrix)}
    told = recorded(1)
    assert cells == {(row["provision"], row["outlet"]) for row in told if row["report"] != "silent"}
    assert len(cells) == sum(len(row["cells"]) for row in matrix["items"]) > 700
    silent = [(row["provision"], outlet) for row in told if row["report"] == "silent"
              for outlet in row["outlet"].split("; ")]  # fmt: skip
    for provision, outlet in silent:
        assert (provision, outlet) not in cells
        assert absent[outlet] == "notReported"
    assert len(silent) > 100


def test_a_column_says_how_far_its_pages_were_read(client: TestClient) -> None:
    rows = ask(
        client,
        """SELECT ?outlet (COUNT(DISTINCT ?page) AS ?pages) (COUNT(DISTINCT ?whole) AS ?full) {
             ?page pg:readingExtent ?extent ; schema:publisher ?outlet .
             ?outlet a schema:NewsMediaOrganization .
             FILTER(?extent IN (pg:full, pg:partial))
             OPTIONAL { ?page pg:readingExtent pg:full . BIND(?page AS ?whole) }
           } GROUP BY ?outlet""",
    )
    expected = {row["outlet"]: (int(row["pages"]), int(row["full"])) for row in rows}
    columns = get(client, MATRIX)["columns"]
    assert {column["id"]: (column["documents"], column["readInFull"]) for column in columns} == expected
    assert Counter(column["absent"] for column in columns) == Counter(
        "notReported" if full else "notShown" for _, full in expected.values()
    )
    assert len(columns) > 150


DIVERGING = """SELECT DISTINCT ?provision ?outlet {
  ?divergence pg:divergenceKind pg:KIND ; pg:betweenValue ?value .
  ?value pg:ofProvision ?provision ; pg:assertedIn|pg:deniedIn ?claim .
  ?attribution pg:assertsClaim ?claim ; pg:inDocument ?page .
  ?page pg:readingExtent ?extent ; schema:publisher ?outlet . FILTER(?extent != pg:citedOnly)
}"""


@pytest.mark.parametrize(("kind", "least"), [("contradicts", 20), ("qualifies", 100), ("differs", 100)])
def test_a_cell_diverges_where_the_computed_graph_says_so(client: TestClient, kind: str, least: int) -> None:
    rows = ask(client, DIVERGING.replace("KIND", kind))
    found = pairs(get(client, MATRIX), kind)
    assert found == {(row["provision"], row["outlet"]) for row in rows}
    assert len(found) > least


def test_every_divergence_of_a_provision_stands_in_its_row_with_both_values(client: TestClient) -> None:
    rows = ask(client, "SELECT DISTINCT ?d { ?d pg:betweenValue/pg:ofProvision ?p }")
    matrix = get(client, MATRIX)
    shown = {entry["id"]: entry for row in matrix["items"] for entry in row["divergences"]}
    assert set(shown) == {row["d"] for row in rows}
    assert len(shown) > 300
    used = {
        row["divergences"][place]["id"]
        for row, _, cell in list_cells(matrix)
        for place in cell["divergences"]
    }
    assert used == set(shown)
    assert all(one < other for one, other in (entry["between"] for entry in shown.values()))


AGREEING = """SELECT DISTINCT ?provision ?outlet {
  { SELECT ?value (COUNT(DISTINCT ?any) AS ?outlets) {
      ?value pg:ofProvision ?p ; pg:assertedIn ?c . ?a pg:assertsClaim ?c ; pg:inDocument ?d .
      ?d pg:readingExtent ?e ; schema:publisher ?any . FILTER(?e != pg:citedOnly) } GROUP BY ?value }
  ?value pg:ofProvision ?provision ; pg:assertedIn ?claim ; pg:independentOriginCount ?origins ;
    pg:undeterminedOriginCount ?lost .
  FILTER(CONDITION)
  ?attribution pg:assertsClaim ?claim ; pg:inDocument ?page .
  ?page pg:readingExtent ?extent ; schema:publisher ?outlet . FILTER(?extent != pg:citedOnly)
}"""


@pytest.mark.parametrize(
    ("standing", "condition", "least"),
    [
        ("agrees", "?origins > 1 && ?outlets > 1", 400),
        ("onlyOrigin", "?origins = 1 && ?lost = 0", 200),
        ("undetermined", "?origins < 2 && ?lost > 0", 50),
    ],
)
def test_a_cell_agrees_or_stands_alone_by_the_origins_that_the_graph_counts(
    client: TestClient, standing: str, condition: str, least: int
) -> None:
    rows = ask(client, AGREEING.replace("CONDITION", condition))
    found = pairs(get(client, MATRIX), standing)
    expected = {(row["provision"], row["outlet"]) for row in rows}
    denied = pairs(get(client, MATRIX), "denies")
    assert found - denied == expected - denied
    assert len(found) > least


def test_a_denial_is_a_stance_that_denies_or_a_claim_that_a_page_denies(client: TestClient) -> None:
    rows = ask(
        client,
        """SELECT DISTINCT ?provision ?outlet {
             { ?value pg:deniedIn ?claim . ?attribution pg:polarity pg:negative }
             UNION { ?value pg:reportedValue pg:denies ; pg:assertedIn ?claim }
             ?value pg:ofProvision ?provision . ?attribution pg:assertsClaim ?claim ; pg:inDocument ?page .
             ?page pg:readingExtent ?extent ; schema:publisher ?outlet . FILTER(?extent != pg:citedOnly)
           }""",
    )
    found = pairs(get(client, MATRIX), "denies")
    assert found == {(row["provision"], row["outlet"]) for row in rows}
    assert found


@pytest.mark.parametrize(
    ("axis", "pattern", "least"),
    [
        ("speakers", "?attribution pg:takenFrom*/pg:saidBy ?column", 150),
        ("versions", "OPTIONAL { ?claim pg:inVersion|pg:toVersion ?column }", 100),
    ],
)
def test_the_cells_of_other_columns_are_those_of_a_query(
    client: TestClient, axis: str, pattern: str, least: int
) -> None:
    rows = ask(
        client,
        f"""SELECT DISTINCT ?provision ?column ?claim ?page {{
              ?provision a pg:Provision . ?claim pg:about ?provision .
              ?attribution pg:assertsClaim ?claim ; pg:inDocument ?page .
              ?page pg:readingExtent ?extent . FILTER(?extent != pg:citedOnly) {pattern} }}""",
    )
    matrix = get(client, f"{MATRIX}?columns={axis}")
    assert matrix["axis"] == axis
    found = {
        (row["id"], column.get("id", ""), claim)
        for row, column, cell in list_cells(matrix)
        for claim in cell["claims"]
    }
    assert found == {(row["provision"], row["column"], row["claim"]) for row in rows}
    pages = {
        (row["id"], column.get("id", ""), page) for row, column, cell in list_cells(matrix)
        for page in cell["documents"]
    }  # fmt: skip
    assert pages == {(row["provision"], row["column"], row["page"]) for row in rows}
    assert sum(len(row["cells"]) for row in matrix["items"]) > least
    assert len({column.get("id") for column in matrix["columns"]}) == len(matrix["columns"])


def test_an_echo_is_a_page_beyond_the_first_that_passes_an_origin_on(client: TestClient) -> None:
    rows = ask(
        client,
        """SELECT ?provision (COUNT(*) - COUNT(DISTINCT ?origin) AS ?echoes) {
             SELECT DISTINCT ?provision ?origin ?page {
               ?provision a pg:Provision . ?claim pg:about ?provision .
               ?attribution pg:assertsClaim ?claim ; pg:polarity pg:positive ; pg:inDocument ?page ;
                 pg:endsIn ?origin . ?page pg:readingExtent ?extent . FILTER(?extent != pg:citedOnly) }
           } GROUP BY ?provision""",
    )
    shown = {row["id"]: row["echoes"] for row in get(client, MATRIX)["items"]}
    assert {iri: echoes for iri, echoes in shown.items() if echoes} == {
        row["provision"]: int(row["echoes"]) for row in rows if row["echoes"] != "0"
    }
    assert sum(shown.values()) > 100


def test_the_table_of_a_matrix_says_what_the_tree_says(client: TestClient) -> None:
    for axis in AXES:
        matrix = get(client, f"{MATRIX}?columns={axis}")
        answer = client.get(f"{MATRIX}.csv?columns={axis}")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert tuple(rows[0]) == COLUMNS
        expected = [
            (row["id"], column.get("id", ""), row["values"][place]["id"], row["values"][place]["words"])
            for row, column, cell in list_cells(matrix)
            for place in cell["values"]
        ]
        told = [(row["provision"], row["column"], row["value"], row["words"]) for row in rows]
        assert [entry for entry in told if entry[2]] == expected
        assert len(told) == sum(max(1, len(cell["values"])) for _, _, cell in list_cells(matrix)) > 300
        assert all(set(row["standing"].split()) <= set(STANDINGS) for row in rows)


def test_filters_of_a_matrix_choose_rows_or_columns(client: TestClient) -> None:
    whole = get(client, MATRIX)
    one = get(client, f"{MATRIX}?provision=amnesty")
    assert [row["id"] for row in one["items"]] == [f"{ID}provision/amnesty"]
    assert len(one["columns"]) == len(whole["columns"])  # who is silent on it is shown, too
    assert one["items"][0]["cells"] and one["items"] != whole["items"]
    slot = get(client, f"{MATRIX}?provision=amnesty&slot=materialScope")["items"][0]
    assert {value["slot"] for value in slot["values"]} == {"materialScope"}
    version = get(client, f"{MATRIX}?version=28-point")
    under = [value["under"] for row in version["items"] for value in row["values"]]
    named = [{thing for things in found.values() for thing in things} for found in under]
    assert named and all(f"{ID}version/28-point" in things for things in named)
    language = get(client, f"{MATRIX}?language=uk")
    assert {tag for column in language["columns"] for tag in column["languages"]} == {"uk"}
    country = get(client, f"{MATRIX}?country=ukraine")
    assert {column["country"]["id"] for column in country["columns"]} == {f"{ID}place/ukraine"}
    assert 0 < len(language["columns"]) < len(country["columns"]) < len(whole["columns"])
    assert len(get(client, f"{MATRIX}?topic=amnesty")["items"]) == 1


def test_a_plan_that_nobody_reports_on_by_provision_has_no_rows(client: TestClient) -> None:
    matrix = get(client, "/api/v1/plans/gaza-20-point-plan/matrix")
    assert matrix["items"] == []


def test_a_matrix_as_of_a_day_has_the_figures_of_that_day(client: TestClient) -> None:
    matrix = get(client, f"{MATRIX}?as_of=2025-11-20")
    question = list_questions()[3]
    expected = {
        row["provision"]: (int(row["documents"]), int(row["independentOrigins"]))
        for row in ask(client, question.query, as_of="2025-11-20")
    }
    found = {row["label"]["en"]: (row["documents"], row["origins"]) for row in matrix["items"]}
    assert {name: figures for name, figures in found.items() if figures[0]} == expected
    assert 5 < len(expected) < 56
    assert matrix["asOf"]["date"] == "2025-11-20"
    assert matrix["asOf"]["documents"] < get(client, "/api/v1/documents?limit=1")["total"]


def test_the_values_of_every_provision_are_those_of_the_graph(client: TestClient) -> None:
    matrix = get(client, MATRIX)
    compared = 0
    for row in matrix["items"]:
        found = get(client, f"/api/v1/provisions/{row['id'].rpartition('/')[2]}/values")
        assert [value["id"] for value in row["values"]] == [value["id"] for value in found["items"]]
        assert sum(len(slot["values"]) for slot in found["slots"]) == len(found["items"])
        for shown, value in zip(row["values"], found["items"], strict=True):
            denies = "deniedIn" in value
            origins = {origin["id"] for report in value["reports"] for origin in report["origins"]}
            lost = {end for report in value["reports"] for end in report["undetermined"]}
            assert value["independentOriginCount"] == (0 if denies else len(origins)) == shown["origins"]
            assert value["undeterminedOriginCount"] == (0 if denies else len(lost)) == shown["undetermined"]
            claims = {claim["id"] for claim in value.get("assertedIn", []) + value.get("deniedIn", [])}
            assert claims == {report["claim"] for report in value["reports"]}
            assert (value["words"], value["echoes"]) == (shown["words"], shown["echoes"])
            compared += 1
    total = get(client, "/api/v1/values?limit=1")["total"]
    assert 900 < compared < total


def test_a_value_names_the_divergences_that_it_takes_part_in(client: TestClient) -> None:
    found = get(client, VALUES)
    told = {(value["id"], entry["id"]) for value in found["items"] for entry in value["diverges"]}
    rows = ask(
        client,
        """SELECT ?value ?divergence { ?divergence pg:betweenValue ?value .
             ?value pg:ofProvision <https://w3id.org/plangraph/id/provision/ukraine-troop-cap> }""",
    )
    assert told == {(row["value"], row["divergence"]) for row in rows}
    assert len(told) >= 20
    assert all(entry["words"] for value in found["items"] for entry in value["diverges"])
    slots = {slot["id"] for slot in get(client, f"{VALUES}?slot=troopCeiling&version=28-point")["slots"]}
    assert slots == {f"{NS}troopCeiling"}


def test_chains_are_those_of_question_two(client: TestClient) -> None:
    told: dict[str, set[tuple[int, str, bool]]] = {}
    for row in recorded(2):
        hop = (int(row["hop"]), row["outlet"], row["undetermined"] == "true")
        told.setdefault(row["chain"], set()).add(hop)
    claims = ask(client, "SELECT DISTINCT ?claim { ?claim a pg:Claim } ORDER BY ?claim")[::CHAINS_TRIED]
    compared = 0
    for row in claims:
        for chain in get(client, f"/api/v1/claims/{row['claim'].rpartition('/')[2]}/chain")["chains"]:
            expected = told.get(chain["begins"].rpartition("/")[2])
            assert (len(chain["hops"]) > 1) == (expected is not None)
            if expected is not None:
                hops = {
                    (hop["hop"], hop.get("relayedBy", {}).get("label", ""), hop["undetermined"])
                    for hop in chain["hops"]
                }
                assert hops == expected, chain["begins"]
                compared += 1
    assert compared > 25
    assert len(claims) > 80


def test_a_chain_shows_who_said_it_where_and_what_is_not_known(client: TestClient) -> None:
    found = get(client, CHAIN)
    assert found["total"] == len(found["chains"]) == 1
    chain = found["chains"][0]
    page, upstream = chain["hops"]
    assert page["relayedBy"]["label"] == "RBC-Ukraine"
    assert page["saidBy"][0]["kind"] == "AnonymousSource"
    assert page["takenFrom"] == [upstream["id"]]
    assert upstream["takenUpBy"] == [page["id"]]
    (evidence,) = page["evidence"]
    assert 0 < evidence["start"] < evidence["end"]
    assert len(evidence["exact"].split()) <= 12
    assert [entry["label"] for entry in upstream["candidates"]] == ["NBC News", "The Wall Street Journal"]
    assert "relayedBy" not in upstream and "document" not in upstream
    assert (page["undetermined"], upstream["undetermined"]) == (False, True)
    assert (chain["endsIn"], chain["endsUndeterminedAt"]) == ([], [upstream["id"]])


def test_a_timeline_counts_what_the_graph_holds(client: TestClient) -> None:
    found = walk(client, TIMELINE)
    expected = ask(
        client,
        """SELECT ?kind (COUNT(DISTINCT ?item) AS ?items) {
             { ?a pg:inDocument ?item . ?item a pg:Document BIND("report" AS ?kind) }
             UNION { ?item a pg:Stance . BIND("stance" AS ?kind) }
             UNION { ?item a pg:Change . BIND("change" AS ?kind) }
             UNION { ?item a schema:Event . ?claim pg:about ?item . BIND("event" AS ?kind) }
           } GROUP BY ?kind""",
    )
    things = {(entry["kind"], entry["id"]) for entry in found["items"]}
    assert Counter(kind for kind, _ in things) == {row["kind"]: int(row["items"]) for row in expected}
    assert sum(found["placed"].values()) == found["total"] == len(found["items"]) > 700
    assert all(found["placed"].values())
    published = ask(client, "SELECT ?page ?day { ?page schema:datePublished ?day }")
    dated = {entry["id"]: entry["day"] for entry in found["items"]
             if entry["kind"] == "report" and "day" in entry}  # fmt: skip
    assert dated == {row["page"]: row["day"] for row in published if row["page"] in dated}
    assert len(dated) > 100
    on_days = Counter((entry["day"], entry["kind"]) for entry in found["items"] if "day" in entry)
    assert {(day["day"], kind): count for day in found["days"] for kind, count in day.items()
            if kind != "day" and count} == on_days  # fmt: skip


def test_a_stretch_of_the_timeline_has_what_may_lie_in_it_and_all_that_is_undated(client: TestClient) -> None:
    whole = tell(walk(client, TIMELINE))
    since, until = "2025-11-20", "2025-11-22"
    expected = [
        entry
        for entry in whole
        if entry.get("day", entry.get("notAfter", "9999")) >= since
        and entry.get("day", entry.get("notBefore", "0000")) <= until
    ]
    assert tell(walk(client, f"{TIMELINE}?since={since}&until={until}")) == expected
    assert {entry["placed"] for entry in expected} == {"day", "between", "undated"}
    assert 100 < len(expected) < len(whole)
    events = tell(walk(client, f"{TIMELINE}?kind=event"))
    assert events == [entry for entry in whole if entry["kind"] == "event"]


@pytest.mark.parametrize(
    ("address", "limits"),
    [
        (MATRIX, (7, 55, 56)),
        (f"{MATRIX}?columns=versions&slot=duration", (10,)),
        (TIMELINE, (100, 371)),
        (f"{TIMELINE}?since=2025-11-20&until=2025-11-22&kind=event&kind=change", (1, 9)),
        (f"{TIMELINE}?as_of=2025-11-20&kind=stance", (17,)),
    ],
)
def test_pages_of_a_comparison_lead_through_it_once(
    client: TestClient, address: str, limits: tuple[int, ...]
) -> None:
    whole = walk(client, address)
    for limit in limits:
        pages = walk(client, address, limit)
        assert tell(pages) == tell(whole), limit
        assert limit >= pages["total"] or len(pages["items"]) > limit
    names = ("id", "basis", "day", "text")
    told = [tuple(entry.get(name) for name in names) for entry in whole["items"]]
    assert len(set(told)) == len(told) > 1


def test_a_page_of_a_comparison_is_as_long_as_one_of_a_collection(client: TestClient) -> None:
    page = get(client, TIMELINE)
    assert len(page["items"]) == Limits().page_items < page["total"]
    matrix = get(client, f"{MATRIX}?limit=3")
    assert (len(matrix["items"]), matrix["total"]) == (3, get(client, MATRIX)["total"])
    assert matrix["columns"] == get(client, MATRIX)["columns"]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{MATRIX}.csv?limit=3").text)))
    assert {row["provision"] for row in rows} == {row["id"] for row in matrix["items"] if row["cells"]}


def test_the_query_of_a_page_of_the_timeline_yields_its_entries_and_no_others(client: TestClient) -> None:
    token: str | None = ""
    pages = 0
    while token is not None:
        part = {"limit": "150", **({"next": token} if token else {})}
        page = client.get(TIMELINE, params=part).json()
        rows = ask(client, page["query"])
        entries = read_entries({name: cell for name, cell in row.items() if cell} for row in rows)
        assert list(entries) == sorted(entries)
        for entry, item in zip(entries.values(), page["items"], strict=True):
            assert item == item | entry
        assert client.get(f"{TIMELINE}.csv", params=part).text.count("\r\n") == len(rows) + 1
        token = page["next"]
        pages += 1
    assert pages > 4


@pytest.mark.parametrize("address", [address for address in ADDRESSES if "matrix" not in address])
def test_the_query_behind_an_answer_yields_its_table(client: TestClient, address: str) -> None:
    path, mark, query = address.partition("?")
    table = client.get(f"{path}.csv{mark}{query}")
    assert table.status_code == 200
    via = client.get(table.links["via"]["url"], headers={"Accept": "text/csv"})
    assert table.text == via.text
    assert len(table.text.splitlines()) > 2


def test_the_queries_behind_a_matrix_run_as_they_stand(client: TestClient) -> None:
    found = get(client, MATRIX)
    sizes = {name: len(ask(client, query)) for name, query in found["queries"].items()}
    assert len(sizes) == 6
    assert all(sizes.values())
    assert sizes["provisions"] == len(found["items"])
    via = client.get(client.get(MATRIX).links["via"]["url"], headers={"Accept": "text/csv"})
    assert len(list(csv.DictReader(io.StringIO(via.text)))) == sizes["reports"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_answer_is_named_and_spared_and_has_its_twins(client: TestClient, address: str) -> None:
    whole = client.get(address)
    assert whole.headers["plangraph-revision"] == read_packaged().revision
    again = client.get(address, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert {link["rel"] for link in whole.links.values()} >= {"via", "alternate"}
    linked = client.get(address, headers={"Accept": "application/ld+json"})
    assert linked.headers["content-type"] == "application/ld+json"
    assert linked.headers["etag"] != whole.headers["etag"]
    assert client.head(address).headers["etag"] == whole.headers["etag"]
    assert client.get(address, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        ("/api/v1/plans/no-such/matrix", 404, "there is no plan called 'no-such'"),
        ("/api/v1/plans/No Such/matrix", 404, "there is no plan called 'No Such'"),
        ("/api/v1/provisions/no-such/values", 404, "there is no provision called 'no-such'"),
        ("/api/v1/claims/no-such/chain", 404, "there is no claim called 'no-such'"),
        (f"{MATRIX}.xlsx", 404, "there is no .xlsx here; there are json, csv, ttl, nt, rdf, jsonld"),
        (f"{MATRIX}?limit=0", 400, "limit takes one number from 1 to 1,000"),
        (f"{MATRIX}?next=x", 400, "next takes the token"),
        (f"{TIMELINE}?next=WzEsIDJd", 400, "next takes the token"),
        (f"{TIMELINE}?next=WyJcdWQ4MDAiXQ", 400, "next takes the token"),
        (f"{TIMELINE}?limit=1001", 400, "limit takes one number"),
        (f"{CHAIN}?limit=5", 400, "limit is no parameter here"),
        (f"{MATRIX}?columns=colours", 400, "columns knows no 'colours'; there are outlets, speakers"),
        (f"{MATRIX}?columns=outlets&columns=versions", 400, "columns can be given once"),
        (f"{MATRIX}?outlet=tass", 400, "outlet is no parameter here; there are provision, topic"),
        (f"{MATRIX}?country=atlantis", 400, "country knows no 'atlantis'; there are "),
        (f"{MATRIX}?language=Klingon!", 400, "language takes a language tag such as uk"),
        (f"{VALUES}?columns=outlets", 400, "columns is no parameter here"),
        (f"{CHAIN}?slot=duration", 400, "slot is no parameter here"),
        (f"{TIMELINE}?kind=rumour", 400, "kind knows no 'rumour'; there are report, stance"),
        (f"{TIMELINE}?since=November", 400, "since takes a day such as 2025-11-20"),
        (f"{TIMELINE}?plan=no-such", 400, "plan knows no 'no-such'"),
    ],
)
def test_what_there_is_not_is_refused_by_name(
    client: TestClient, address: str, status: int, detail: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(detail)
