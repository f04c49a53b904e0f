"""The Python client and the sessions of docs/client.md, against the service as it runs."""

from __future__ import annotations

import asyncio
import doctest
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from plangraph.client import AsyncClient, Client, ServiceRefused
from plangraph.errors import BadParameter
from plangraph.exchange import API, PAGE_ITEMS, Filter, Joined, flatten, name_slug, write_parameters
from plangraph.matrix import AXES
from plangraph.questions import list_questions
from running import TOKEN, serve

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "client.md"
BASE = "http://127.0.0.1:8000"
PLAN = "ukraine-peace-plan"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("service")) as base:
        yield base


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    with Client(address) as opened:
        yield opened


def test_the_sessions_of_the_guide_print_what_it_shows(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANGRAPH_TOKEN", TOKEN)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    text = "\n".join(blocks).replace(BASE, address)
    session = doctest.DocTestParser().get_doctest(text, {}, "client.md", str(GUIDE), 0)
    assert (len(blocks), len(session.examples)) == (15, 52)
    said: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(session, out=said.append)
    assert outcome.failed == 0, "".join(said)


def test_a_collection_is_iterated_once_over_all_pages(client: Client) -> None:
    seen = [item["id"] for item in client.iterate("claims")]
    assert len(seen) == len(set(seen)) == client.count("claims") > 1_000
    assert [item["id"] for item in client.claims()] == seen
    assert len(list(client.documents(since=date(2025, 11, 20), until="2025-11-21"))) > 10
    assert {
        item["divergenceKind"]["id"].partition("#")[2] for item in client.divergences(kind="contradicts")
    } == {"contradicts"}
    both = client.count("claims", kind=["Stance", "Change"])
    assert both == client.count("claims", kind="Stance") + client.count("claims", kind="Change")


def test_both_clients_give_the_same(address: str, client: Client) -> None:
    async def ask() -> list[object]:
        async with AsyncClient(address) as other:
            items = [item async for item in other.iterate("plans")]
            claims = [item async for item in other.claims(outlet="rbc-ukraine", provision="amnesty")]
            documents = [item async for item in other.documents(outlet="tass")]
            diverging = [item async for item in other.divergences(kind="contradicts")]
            return [
                items, claims, documents, diverging,
                await other.get("plans", PLAN), await other.count("claims"),
                await other.matrix(PLAN, topic="amnesty"), await other.provision_values("amnesty"),
                await other.chain(claims[0]["id"]), await other.timeline(kind="change"),
                await other.sparql(list_questions()[3].query),
                (await other.frame("plans")).to_dict(), other.revision,
            ]  # fmt: skip

    claims = list(client.claims(outlet="rbc-ukraine", provision="amnesty"))
    expected = [
        list(client.iterate("plans")), claims, list(client.documents(outlet="tass")),
        list(client.divergences(kind="contradicts")), client.get("plans", PLAN), client.count("claims"),
        client.matrix(PLAN, topic="amnesty"), client.provision_values("amnesty"),
        client.chain(claims[0]["id"]),
        client.timeline(kind="change"), client.sparql(list_questions()[3].query),
        client.frame("plans").to_dict(), client.revision,
    ]  # fmt: skip
    assert asyncio.run(ask()) == expected
    assert all(expected)


def test_comparisons_come_as_models_with_nothing_lost(client: Client) -> None:
    for axis in AXES:
        matrix = client.matrix(PLAN, columns=axis)
        raw = client.fetch(f"{API}/plans/{PLAN}/matrix", columns=axis, limit=PAGE_ITEMS)
        assert matrix.model_dump(by_alias=True, exclude_unset=True) == raw
        assert matrix.axis == axis
    values = client.provision_values("ukraine-troop-cap", slot="troopCeiling")
    raw = client.fetch(f"{API}/provisions/ukraine-troop-cap/values", slot="troopCeiling")
    assert values.model_dump(by_alias=True, exclude_unset=True) == raw
    timeline = client.timeline().model_dump(by_alias=True, exclude_unset=True)
    raw = client.fetch(f"{API}/timeline", limit=1_000)
    of_a_page = ("id", "items", "query")
    assert {name: raw[name] for name in raw if name not in of_a_page} == {
        name: timeline[name] for name in timeline if name not in of_a_page
    }
    told = [(entry["id"], entry["words"], entry["claims"]) for entry in raw["items"]]
    assert [(entry["id"], entry["words"], entry["claims"]) for entry in timeline["items"]] == told
    assert len(told) == timeline["total"] > PAGE_ITEMS


def test_pages_of_two_revisions_are_not_joined() -> None:
    joined = Joined()
    one, two = {"items": [1], "next": "a"}, {"items": [2], "next": None}
    assert joined.take(one, "r") and joined.token == "a"
    assert joined.take(two, "s") and joined.token is None
    assert joined.take(one, "s")
    assert not joined.take(two, "s")
    assert joined.whole == {"items": [1, 2], "next": None}
    restless = Joined()
    with pytest.raises(ServiceRefused, match="keeps changing"):
        for revision in range(10):
            restless.take(one, str(revision))


def test_a_query_gives_python_values_pinned_as_the_client_is(address: str, client: Client) -> None:
    query = "SELECT (COUNT(*) AS ?n) (MAX(?day) AS ?last) { ?page schema:datePublished ?day }"
    ((count, last),) = client.sparql(query).rows
    assert isinstance(count, int) and isinstance(last, date)
    with Client(address, as_of=date(2025, 11, 20)) as then:
        ((early, last_then),) = then.sparql(query).rows
        assert isinstance(early, int) and early < count
        assert last_then == date(2025, 11, 20)
        assert then.count("documents") < client.count("documents")
        assert then.matrix(PLAN).asOf is not None
    frame = client.sparql(query).to_pandas()
    assert list(frame.columns) == ["n", "last"]


def test_a_client_can_be_pinned_to_a_revision(address: str, client: Client) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?claim a pg:Claim }"
    claims = client.count("claims")
    first = next(client.revisions())
    for revision, name in ((1, first.revision), (client.revision, client.revision)):
        with Client(address, revision=revision) as then:
            assert then.count("claims") == claims
            assert then.sparql(query) == client.sparql(query)
            assert then.matrix(PLAN).atRevision is not None
            assert then.revision == name
    with (
        Client(address, revision=99, retracted="show") as never,
        pytest.raises(ServiceRefused, match="the journal has no revision 99"),
    ):
        never.count("claims")

    async def count() -> int:
        async with AsyncClient(address, revision=1) as then:
            return await then.count("claims")

    assert asyncio.run(count()) == claims


def test_a_frame_has_a_row_for_each_item_and_names_for_things(client: Client) -> None:
    frame = client.frame("claims", outlet="rbc-ukraine")
    assert len(frame) == client.count("claims", outlet="rbc-ukraine") > 10
    assert {"id", "formulation", "about"} <= set(frame.columns)
    assert frame["id"].is_unique
    assert frame["formulation"].map(type).eq(str).all()
    assert len(client.frame("claims", q="no such words anywhere")) == 0


def test_a_refusal_carries_the_problem(client: Client) -> None:
    with pytest.raises(ServiceRefused, match="404 There is nothing here: there is no plan") as caught:
        client.get("plans", "no such/plan?")
    assert caught.value.problem["status"] == 404
    with pytest.raises(ServiceRefused) as caught:
        client.sparql("SELECT ?x {")
    assert (caught.value.problem["rule"], caught.value.problem["line"]) == ("syntax", 1)
    with pytest.raises(BadParameter, match="limit is set by the client"):
        next(client.claims(limit=5))
    with pytest.raises(BadParameter, match="takes a SELECT"):
        client.sparql("ASK {}")


@pytest.mark.parametrize(
    ("item", "row"),
    [
        ({"@context": "x", "id": "a"}, {"id": "a"}),
        ({"label": {"en": "plan", "uk": "план"}}, {"label": "plan"}),
        ({"label": {"uk": ["а", "б"]}}, {"label": "а; б"}),
        ({"about": {"id": "p", "label": {"en": "amnesty"}}}, {"about": "amnesty"}),
        ({"bearer": [{"id": "p", "label": {"en": "Ukraine"}}, {"id": "q"}]}, {"bearer": "Ukraine; q"}),
        ({"deadline": [{"value": "P7D", "type": "xsd:duration"}]}, {"deadline": "P7D"}),
        ({"total": 5, "read": True}, {"total": 5, "read": True}),
    ],
)
def test_an_item_is_flattened_to_a_row(item: dict[str, object], row: dict[str, object]) -> None:
    assert flatten(item) == row


def test_parameters_are_written_and_slugs_quoted() -> None:
    filters: dict[str, Filter] = {
        "kind": ["Stance", "Change"],
        "since": date(2025, 11, 20),
        "q": None,
        "limit": 5,
    }
    written = [("kind", "Stance"), ("kind", "Change"), ("since", "2025-11-20"), ("limit", "5")]
    assert write_parameters(filters) == written
    assert name_slug("https://w3id.org/plangraph/id/plan/gaza-20-point-plan") == "gaza-20-point-plan"
    assert name_slug("a b?") == "a%20b%3F"
