"""What the service has asked itself once it does not ask again, as long as the data is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from plangraph.evaluation import Answer, Query
from plangraph.formats import CSV
from plangraph.memo import ENTRY_BYTES, SHARE, Memo
from plangraph.settings import Limits, Settings
from plangraph.web.results import ask
from plangraph.worker import Engine
from services import make_site

HTML = {"Accept": "text/html"}
PLAN = "/plans/ukraine-peace-plan"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Query]:
    """The queries that come to the engine."""
    seen: list[Query] = []
    begin = Engine.begin

    def note(self: Engine, query: Query, client: str = "") -> object:
        seen.append(query)
        return begin(self, query, client)

    monkeypatch.setattr(Engine, "begin", note)
    return seen


@contextmanager
def open_site(**limits: int) -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=1, limits=replace(Limits(), **limits)))) as client:
        yield client


def test_a_page_in_another_language_asks_nothing_that_was_asked_before(asked: list[Query]) -> None:
    with open_site() as client, open_site(answers_bytes=0) as forgetful:
        for address in (PLAN, f"{PLAN}/versions", "/claims", "/provisions/amnesty", "/outlets/reuters"):
            asked.clear()
            assert client.get(address, headers=HTML).status_code == 200
            first = list(asked)
            asked.clear()
            again = client.get(f"{address}?lang=uk", headers=HTML)
            assert len(asked) < len(first) / 2, address
            assert not set(asked) & set(first), address
            expected = forgetful.get(f"{address}?lang=uk", headers=HTML)
            assert again.text.splitlines() == expected.text.splitlines()


def test_the_service_holds_answers_to_its_own_queries_up_to_the_limit(asked: list[Query]) -> None:
    def read_figure(name: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(f"plangraph_memo_{name} "))

    most = 60_000
    with open_site(answers_bytes=most) as client:
        for item in client.get("/api/v1/provisions?limit=40").json()["items"]:
            assert client.get(f"/api/v1/provisions/{item['id'].rpartition('/')[2]}").status_code == 200
        assert 0 < read_figure("entries") < len(asked)
        assert most / 2 < read_figure("bytes") <= most


class Undecided:
    """An engine between two revisions: its name is that of the new one, its workers are of the old one."""

    def __init__(self) -> None:
        self.revision = "new"
        self.memo = Memo(1_000_000)
        self.asked: list[Query] = []

    async def run(self, query: Query, client: str = "") -> Answer:
        self.asked.append(query)
        return answer(1, "old")


def test_what_is_held_of_a_revision_that_comes_again_does_not_stand_against_workers_of_another() -> None:
    engine: Any = Undecided()
    held, other = Query("ASK {}"), Query("ASK { ?s ?p ?o }")
    engine.memo.keep(held, answer(2, "new"))  # the data was so before, and will be in a moment
    assert asyncio.run(ask(engine, held)) == [answer(2, "new")]
    assert asyncio.run(ask(engine, held, other)) == [answer(1, "old")] * 2
    assert engine.asked == [other, held, other]


def test_what_a_client_names_is_not_held() -> None:
    engine: Any = Undecided()
    assert asyncio.run(ask(engine, Query("ASK {}"), hold=False)) == [answer(1, "old")]
    assert not engine.memo.held


def answer(size: int, revision: str = "r") -> Answer:
    return Answer(b"x" * size, CSV, "rows", revision)


def test_an_answer_is_found_by_its_query_and_revision_and_by_nothing_else() -> None:
    memo, query = Memo(1_000_000), Query("ASK {}")
    memo.keep(query, answer(1))
    assert memo.find(query, "r") == answer(1)
    assert memo.find(query, "another") is None
    for other in (
        Query("ASK { }"),
        replace(query, accept="text/csv"),
        replace(query, default_graph="strict"),
        replace(query, named_graph_uris=("http://e/g",)),
        replace(query, compressed=True),
    ):
        assert memo.find(other, "r") is None


def test_the_answer_used_longest_ago_goes_first_and_a_large_one_is_not_held() -> None:
    each = ENTRY_BYTES + 6 + 100
    memo = Memo(SHARE * each)
    queries = [Query(f"ASK {number:02}") for number in range(SHARE + 1)]
    for query in queries[:SHARE]:
        memo.keep(query, answer(100))
    assert memo.bytes == SHARE * each
    assert memo.find(queries[0], "r") is not None
    memo.keep(queries[0], answer(100))  # held already
    memo.keep(queries[SHARE], answer(100))
    assert [query for query in queries if memo.find(query, "r") is None] == [queries[1]]
    assert (memo.bytes, len(memo.held)) == (SHARE * each, SHARE)
    memo.keep(Query("ASK xx"), answer(101))
    assert memo.find(Query("ASK xx"), "r") is None
