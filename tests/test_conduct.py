"""Costly queries of clients whose queries keep being stopped go after those of others, for a while."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plangraph import conduct
from plangraph.conduct import HALF_LIFE_SECONDS, MOST, NICENESS, OURS, STEP, Conduct
from plangraph.settings import Limits
from plangraph.worker import Engine, Query
from services import ENDLESS, make_engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    with make_engine(replace(Limits(), query_seconds=3)) as started:
        yield started


def test_one_stopped_query_costs_little_and_many_cost_all_there_is() -> None:
    seen = Conduct()
    assert seen.find_niceness("somebody", 0.0) == NICENESS
    places = []
    for _ in range(5):
        seen.note("somebody", 0.0)
        places.append(seen.find_niceness("somebody", 0.0))
    assert places == [NICENESS + STEP, NICENESS + 2 * STEP, MOST, MOST, MOST]
    assert seen.find_niceness("another", 0.0) == NICENESS


def test_what_was_stopped_long_ago_is_forgotten() -> None:
    seen = Conduct()
    for _ in range(4):
        seen.note("somebody", 100.0)
    places = [seen.find_niceness("somebody", 100.0 + HALF_LIFE_SECONDS * lives) for lives in range(6)]
    assert places == sorted(places, reverse=True)
    assert (places[0], places[-1]) == (MOST, NICENESS)


def test_nobody_pays_for_a_page_that_somebody_else_left() -> None:
    seen = Conduct()
    for _ in range(5):
        seen.note(OURS, 0.0)
    assert seen.find_niceness(OURS, 0.0) == NICENESS


def test_no_more_clients_are_remembered_than_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "CLIENTS", 3)
    seen = Conduct()
    for client in ("a", "b", "a", "c", "d"):
        seen.note(client, 0.0)
    assert list(seen.stopped) == ["a", "c", "d"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1_000)), max_size=60))
def test_a_place_is_always_one_that_there_is(stops: list[tuple[str, float]]) -> None:
    seen, now = Conduct(), 0.0
    for client, later in stops:
        now += later
        seen.note(client, now)
        assert all(NICENESS <= seen.find_niceness(other, now) <= MOST for other in "abc")
        assert seen.find_niceness(client, now) > NICENESS


def test_the_worker_of_a_client_whose_queries_were_stopped_lets_others_go_first(engine: Engine) -> None:
    async def ask(client: str) -> int:
        running = asyncio.create_task(engine.run(Query(ENDLESS), client))
        ended = time.monotonic() + 3
        slow = engine.dispatch.lanes.slow
        while not any(lane.niceness for lane in slow) and time.monotonic() < ended:
            await asyncio.sleep(0.005)
        (lane,) = slow
        niceness = os.getpriority(os.PRIO_PROCESS, lane.worker.pid)
        await asyncio.wait([running])
        assert running.exception() is not None
        return niceness

    async def work() -> list[int]:
        return [await ask("greedy"), await ask("greedy"), await ask("greedy"), await ask("other")]

    assert engine.runner is not None
    first, second, third, other = engine.runner.run(work())
    assert first == other == NICENESS
    assert first < second < third
