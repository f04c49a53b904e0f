"""Editions as of days: computed elsewhere, started once, few at a time, ended when nobody uses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest

from folders import write_dated
from plangraph.build import Dataset, assemble_pinned, build
from plangraph.editions import Edition, EditionNotReady, Editions
from plangraph.errors import EngineStopped, QueueFull
from plangraph.export import write
from plangraph.past import Wanted
from plangraph.pin_process import compute
from plangraph.pinning import Pin, Undated
from plangraph.settings import Limits, Settings
from plangraph.worker import Engine, Query

Result = TypeVar("Result")
DAYS = ("2025-11-15", "2025-11-20", "2025-11-25")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return build(write_dated(tmp_path_factory.mktemp("dated") / "data"))


def make_pin(day: str, undated: Undated = "exclude") -> Pin:
    return Pin(date.fromisoformat(day), undated)


def make_editions(whole: Dataset, **limits: int) -> Editions:
    settings = Settings(workers=1, limits=replace(Limits(), **limits))
    return Editions(Engine(write(whole.quads, "nquads"), whole.revision, settings))


def run_open(editions: Editions, use: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Use editions in an event loop of their own, and close them."""

    async def run() -> Result:
        editions.open_for_use()
        try:
            return await use()
        finally:
            await editions.close()

    return asyncio.run(run())


@asynccontextmanager
async def open_day(editions: Editions, day: str) -> AsyncIterator[Edition]:
    async with editions.open(Wanted(make_pin(day))) as edition:
        yield edition


def test_the_process_that_computes_gives_what_building_gives(whole: Dataset, tmp_path: Path) -> None:
    by, target = make_pin("2025-12-01", "include"), tmp_path / "pinned.nq"
    outcome = compute(write(whole.quads, "nquads"), by, target)
    expected = assemble_pinned(whole.quads, by)
    assert (outcome.revision, outcome.extent) == (expected.revision, expected.extent)
    assert target.read_bytes() == write(expected.quads, "nquads")


def test_data_that_cannot_be_computed_is_told_and_tried_again(
    whole: Dataset, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = Editions(Engine(b"<http://e/s> nonsense\n", whole.revision, Settings(workers=1)))

    async def use() -> int:
        for _ in range(2):
            with pytest.raises(EngineStopped, match="could not be computed"):
                async with open_day(broken, DAYS[0]):
                    pass
        return len(broken.places)

    assert run_open(broken, use) == 0
    assert "SyntaxError" in capfd.readouterr().err


def test_a_burst_of_first_requests_starts_an_edition_once(whole: Dataset) -> None:
    editions = make_editions(whole)
    query = Query("SELECT (COUNT(?claim) AS ?n) { ?claim a pg:Claim }", accept="text/csv")

    async def ask() -> tuple[Edition, bytes]:
        async with open_day(editions, "2025-11-25") as edition:
            return edition, (await edition.engine.run(query)).body

    async def use() -> list[tuple[Edition, bytes]]:
        return await asyncio.gather(*(ask() for _ in range(12)))

    found = run_open(editions, use)
    assert len({id(edition) for edition, _ in found}) == 1
    assert {body for _, body in found} == {b"n\r\n3\r\n"}
    assert found[0][0].revision == assemble_pinned(whole.quads, make_pin("2025-11-25")).revision
    assert not found[0][0].engine.started


def test_the_edition_used_longest_ago_ends_when_another_is_wanted(whole: Dataset) -> None:
    editions = make_editions(whole, pins=2)

    async def use() -> list[bool]:
        seen = []
        for day in (DAYS[0], DAYS[1], DAYS[0], DAYS[2]):
            async with open_day(editions, day) as edition:
                seen.append(edition)
        assert seen[0] is seen[2]
        return [edition.engine.started for edition in seen]

    assert run_open(editions, use) == [True, False, True, True]


def test_an_edition_in_use_is_never_ended(whole: Dataset) -> None:
    editions = make_editions(whole, pins=2)

    async def use() -> list[bool]:
        async with open_day(editions, DAYS[0]) as first:
            async with open_day(editions, DAYS[1]) as second:
                pass
            async with open_day(editions, DAYS[2]) as third:
                answer = await first.engine.run(Query("ASK {}"))
                assert answer.revision == first.revision
            return [edition.engine.started for edition in (first, second, third)]

    assert run_open(editions, use) == [True, False, True]


def test_where_all_are_in_use_another_waits_until_one_is_free(whole: Dataset) -> None:
    editions = make_editions(whole, pins=1)

    async def use() -> str:
        async with open_day(editions, DAYS[0]) as first:
            waiting = asyncio.ensure_future(ask_revision(editions, DAYS[1]))
            while not editions.waiting:
                await asyncio.sleep(0)
            assert first.engine.started
        return await waiting

    assert run_open(editions, use) == assemble_pinned(whole.quads, make_pin(DAYS[1])).revision


async def ask_revision(editions: Editions, day: str) -> str:
    async with open_day(editions, day) as edition:
        return edition.revision


def test_only_so_many_wait_for_room(whole: Dataset) -> None:
    editions = make_editions(whole, pins=1, queue_length=1)

    async def use() -> str:
        async with open_day(editions, DAYS[0]):
            waiting = asyncio.ensure_future(ask_revision(editions, DAYS[1]))
            while not editions.waiting:
                await asyncio.sleep(0)
            with pytest.raises(QueueFull):
                await ask_revision(editions, DAYS[2])
        return await waiting

    assert run_open(editions, use) == assemble_pinned(whole.quads, make_pin(DAYS[1])).revision


def test_who_waits_too_long_is_told_and_the_start_goes_on(whole: Dataset) -> None:
    editions = make_editions(whole, pins=1, pin_seconds=0)

    async def use() -> str:
        with pytest.raises(EditionNotReady, match="is being computed"):
            await ask_revision(editions, DAYS[0])
        with pytest.raises(EditionNotReady, match="waits for others"):
            await ask_revision(editions, DAYS[1])
        (place,) = editions.places.values()
        await place.starting
        return await ask_revision(editions, DAYS[0])

    assert run_open(editions, use) == assemble_pinned(whole.quads, make_pin(DAYS[0])).revision


def test_who_leaves_while_an_edition_starts_leaves_it_to_the_next(whole: Dataset) -> None:
    editions = make_editions(whole, pins=1)

    async def use() -> tuple[int, str]:
        leaving = asyncio.ensure_future(ask_revision(editions, DAYS[0]))
        while not editions.places:
            await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        (place,) = editions.places.values()
        return place.users, await ask_revision(editions, DAYS[0])

    users, revision = run_open(editions, use)
    assert users == 0
    assert revision == assemble_pinned(whole.quads, make_pin(DAYS[0])).revision


def test_closing_ends_an_edition_that_is_being_computed(whole: Dataset) -> None:
    editions = make_editions(whole)

    async def use() -> asyncio.Future[str]:
        waiting = asyncio.ensure_future(ask_revision(editions, DAYS[0]))
        while editions.process is None:
            await asyncio.sleep(0.01)
        return waiting

    async def run() -> BaseException | None:
        waiting = await use()
        await editions.close()
        await asyncio.wait({waiting})
        with pytest.raises(EngineStopped, match="ending"):
            await ask_revision(editions, DAYS[1])
        return waiting.exception()

    assert isinstance(asyncio.run(run()), EngineStopped)
    assert editions.process is not None and editions.process.returncode != 0
