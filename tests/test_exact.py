"""What REST says is what the graph says: JSON answers expand to its triples, and their queries yield them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import NamedNode, RdfFormat, Store, Triple, parse

from plangraph.context import read_context
from plangraph.filters import FILTERS
from plangraph.index import Index
from plangraph.reads import COLLECTIONS, load_read
from plangraph.settings import Limits
from plangraph.terms import KINDS, Term, pg, split_thing, term, thing
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from plangraph.web.describe import COLLECTION_OF
from services import PATIENT, make_engine, open_shelf, read_packaged

CONTEXT: dict[str, Any] = json.loads(read_context())["@context"]
BELOW = (pg("hasEvidence"), term("oa:hasSelector"), pg("otherParameter"))
NAMES = (term("rdfs:label"), term("skos:prefLabel"))
TYPE = term("rdf:type")
JSON_ROWS = {"Accept": "application/sparql-results+json"}
LARGEST = Limits().page_items_most
COUNTED: Counter[str] = Counter()
"""Over all tests of this file: answers, triples, cases."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    engine = make_engine(PATIENT)
    app = create_app(engine, engine.settings, create_routers(engine.settings), shelf=open_shelf())
    with TestClient(app) as opened:
        yield opened


@cache
def index() -> Index:
    """The data as the engine has it: its literals are in the engine's form."""
    store = Store()
    store.bulk_extend(read_packaged().quads)
    return Index(store)


def describe(item: NamedNode) -> Iterator[Triple]:
    """What a description of a thing has, told from the graph without SPARQL: all that is said of it and of
    the evidence below it, and what the things that these point at are called."""
    nodes = [item]
    for predicate in BELOW:
        nodes += [v for node in nodes for v in index().objects(node, predicate) if isinstance(v, NamedNode)]
    for node in dict.fromkeys(nodes):
        for predicate in index().predicates(node):
            for value in index().objects(node, predicate):
                yield Triple(node, predicate, value)
                if isinstance(value, NamedNode):
                    names = (pg("formulation"), *(NAMES if predicate != TYPE else ()))
                    yield from (
                        Triple(value, name, v) for name in names for v in index().objects(value, name)
                    )


def expand(tree: dict[str, Any]) -> set[Triple]:
    """The triples of a JSON answer; the context is the packaged one, so nothing is fetched."""
    text = json.dumps({**tree, "@context": CONTEXT})
    return {quad.triple for quad in parse(text, format=RdfFormat.JSON_LD)}


def compare(tree: dict[str, Any], expected: Iterable[Triple]) -> None:
    triples = set(expected)
    assert expand(tree) == triples
    COUNTED["answers"] += 1
    COUNTED["triples"] += len(triples)


def get(client: TestClient, address: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(address, params=parameters or None)
    assert answer.status_code == 200, (address, answer.text)
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_page_expands_to_exactly_the_triples_of_its_items(client: TestClient, collection: str) -> None:
    page = get(client, f"/api/v1/{collection}", limit=LARGEST)
    items = [NamedNode(item["id"]) for item in page["items"]]
    assert len(items) == min(page["total"], LARGEST) > 0
    compare(page, (triple for item in items for triple in describe(item)))
    for item in items[:: max(1, len(items) // 25)]:
        kind_and_slug = split_thing(item.value)
        assert kind_and_slug
        compare(get(client, f"/api/v1/{collection}/{kind_and_slug[1]}"), describe(item))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("question", "reading", "parameter")])
def test_a_description_of_a_thing_of_any_kind_expands_to_its_triples(client: TestClient, kind: str) -> None:
    beginning = thing(kind, "x").value[:-1]
    subjects = {quad.subject for quad in read_packaged().quads}
    things = sorted(s.value for s in subjects if isinstance(s, NamedNode) and s.value.startswith(beginning))
    assert things
    for iri in things[:: max(1, len(things) // 10)]:
        slug = iri.removeprefix(beginning)
        compare(get(client, f"/doc/{kind}/{slug}"), describe(NamedNode(iri)))
        assert (kind in COLLECTION_OF) == (COLLECTION_OF.get(kind, "") in (*COLLECTIONS, "questions"))


def test_a_search_expands_to_what_the_things_are_and_are_called(client: TestClient) -> None:
    for text in ("amnesty", "europ*", "Україна"):
        page = get(client, "/api/v1/search", q=text, limit=LARGEST)
        names = (TYPE, *NAMES, pg("formulation"))
        compare(
            page,
            (
                Triple(item, name, value)
                for item in (NamedNode(entry["id"]) for entry in page["items"])
                for name in names
                for value in index().objects(item, name)
            ),
        )


PLAN = "/api/v1/plans/ukraine-peace-plan/matrix"
PAGED = (
    PLAN,
    f"{PLAN}?columns=speakers&limit=20",
    f"{PLAN}?columns=versions&slot=duration&limit=10",
    "/api/v1/timeline?limit=200",
    "/api/v1/timeline?kind=event&until=2025-11-30&limit=7",
    "/api/v1/timeline?as_of=2025-11-20",
)
CLAIMS_TRIED = 12
"""Every which claim has its chains compared."""


def compare_twins(client: TestClient, address: str) -> dict[str, Any]:
    """A comparison, whose items are all that it expands to, and its twin of triples, which says the same."""
    tree = get(client, address)
    items = dict.fromkeys(NamedNode(item["id"]) for item in tree["items"])
    if "as_of" not in address:  # the graph of a day is another one
        compare(tree, (triple for item in items for triple in describe(item)))
    path, mark, query = address.partition("?")
    twin = client.get(f"{path}.nt{mark}{query}")
    assert twin.headers["content-type"] == "application/n-triples"
    assert {quad.triple for quad in parse(twin.content, format=RdfFormat.N_TRIPLES)} == expand(tree)
    if "via" in twin.links:
        via = client.get(twin.links["via"]["url"], headers={"Accept": "application/n-triples"})
        assert set(via.text.splitlines()) == set(twin.text.splitlines())
        COUNTED["links"] += 1
    COUNTED["twins"] += 1
    return tree


@pytest.mark.parametrize("address", PAGED)
def test_every_page_of_a_comparison_expands_to_exactly_the_triples_of_its_items(
    client: TestClient, address: str
) -> None:
    mark = "&" if "?" in address else "?"
    met, token, pages = 0, "", 0
    while True:
        page = compare_twins(client, address + (f"{mark}next={token}" if token else ""))
        met, pages = met + len(page["items"]), pages + 1
        token = page["next"]
        if token is None:
            break
    assert met == page["total"] > 5
    assert pages > 1 or "limit" not in address


def test_the_values_of_a_provision_expand_to_exactly_the_triples_of_these(client: TestClient) -> None:
    compared = 0
    for row in get(client, PLAN)["items"]:
        slug = row["id"].rpartition("/")[2]
        tree = compare_twins(client, f"/api/v1/provisions/{slug}/values")
        values = {
            value
            for value in index().subjects(pg("ofProvision"), NamedNode(row["id"]))
            if pg("ReportedValue") in index().objects(value, TYPE)
        }
        assert {NamedNode(item["id"]) for item in tree["items"]} == values
        compared += len(values)
    assert compared > 900


def test_the_chains_of_a_claim_expand_to_exactly_the_triples_of_their_hops(client: TestClient) -> None:
    claims = sorted(index().instances(pg("Claim")), key=str)[::CLAIMS_TRIED]
    hops_met = 0
    for claim in claims:
        assert isinstance(claim, NamedNode)
        address = f"/api/v1/claims/{claim.value.rpartition('/')[2]}/chain"
        tree = compare_twins(client, address)
        hops = [NamedNode(item["id"]) for item in tree["items"]]
        stating = list(index().subjects(pg("assertsClaim"), claim))
        expected = set(stating)
        while stating:
            above = index().objects(stating.pop(), pg("takenFrom"))
            stating += [hop for hop in above if isinstance(hop, NamedNode) and hop not in expected]
            expected |= set(stating)
        assert set(hops) == expected
        rows = client.post("/sparql", data={"query": tree["query"]}, headers=JSON_ROWS).json()
        assert {row["hop"]["value"] for row in rows["results"]["bindings"]} == {hop.value for hop in hops}
        hops_met += len(hops)
    assert len(claims) > 80
    assert hops_met > len(claims)


def list_filters() -> list[tuple[str, dict[str, str]]]:
    """Every filter of every collection by itself, with q and an order, and all but q together."""
    cases: list[tuple[str, dict[str, str]]] = []
    for collection in COLLECTIONS:
        read = load_read(collection)
        values = {name: FILTERS[name].example for name in read.filters if name in FILTERS}
        if "kind" in values and collection != "divergences":
            values["kind"] = KIND[collection]
        order = f"-{next(iter(read.orders))}"
        cases += [(collection, {})]
        cases += [(collection, {name: value}) for name, value in values.items()]
        cases += [(collection, {"q": "plan", "sort": order})]
        cases += [(collection, {"q": "plan", "sort": "relevance"})]
        cases += [
            (collection, {name: values[name] for name in values if name in ("plan", "until", "outlet")})
        ]
    return cases


KIND = {
    "claims": "Stance",
    "attributions": "paraphrase",
    "documents": "newsReport",
    "actors": "Person",
    "stances": "denies",
    "changes": "deleted",
}
CASES = list_filters()


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_query_of_an_answer_yields_its_items_under_every_filter(
    client: TestClient, collection: str
) -> None:
    met = 0
    for _, parameters in [case for case in CASES if case[0] == collection]:
        page = get(client, f"/api/v1/{collection}", limit=50, **parameters)
        items = [item["id"] for item in page["items"]]
        answer = client.post("/sparql", data={"query": page["query"]}, headers=JSON_ROWS)
        rows = [row["item"]["value"] for row in answer.json()["results"]["bindings"]]
        assert rows == items, parameters
        table = client.get(f"/api/v1/{collection}.csv", params={"limit": 50, **parameters})
        assert table.text.count("\r\n") >= len(items) + 1
        met += bool(items)
        COUNTED["cases"] += 1
        COUNTED["rows"] += len(items)
    assert met >= 3


def test_enough_was_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """Runs last; a part of this file run alone compares less."""
    if COUNTED["answers"] and COUNTED["cases"] == len(CASES):
        with capsys.disabled():
            print(f" [{dict(COUNTED)}] ")  # noqa: T201
        assert COUNTED["answers"] > 300
        assert COUNTED["triples"] > 50_000
        assert COUNTED["rows"] > 2_000
        assert COUNTED["twins"] > 150
        assert COUNTED["links"] > 100
    assert len(CASES) == 180


def test_a_wrong_triple_would_be_noticed(client: TestClient) -> None:
    tree = get(client, "/api/v1/provisions/amnesty")
    item = thing("provision", "amnesty")
    added: Term = thing("topic", "amnesty-2")
    with pytest.raises(AssertionError):
        compare(tree, [*describe(item), Triple(item, pg("onTopic"), added)])
    with pytest.raises(AssertionError):
        compare({**tree, "onTopic": []}, describe(item))
