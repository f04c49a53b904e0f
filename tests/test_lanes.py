"""Who runs where: cheap queries never wait long for costly ones, and another's death is nobody's failure."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from plangraph import lane
from plangraph.channel import BUFFER_BYTES, Channel
from plangraph.dispatch import DEATHS
from plangraph.errors import PlangraphError, QueryGivenUp, QueryTooHungry, QueueShareFull
from plangraph.evaluation import Answer
from plangraph.formats import RESULTS_JSON
from plangraph.lane import DEPTH, QUICK_SECONDS
from plangraph.lanes import KEPT_BYTES, SPARE
from plangraph.process import Parent, Worker
from plangraph.settings import Limits
from plangraph.wire import Reply, write_reply
from plangraph.worker import Engine, Query
from services import ENDLESS, make_engine

ASK = Query("ASK {}")


@pytest.fixture
def engine() -> Iterator[Engine]:
    with make_engine(replace(Limits(), query_seconds=5, costly_queries=3)) as started:
        yield started


async def wait_until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


async def end_all(tasks: list[asyncio.Task[Answer]]) -> Counter[str]:
    """How the tasks ended; those that still run are cancelled."""
    for task in tasks:
        task.cancel()
    return Counter(type(end).__name__ for end in await asyncio.gather(*tasks, return_exceptions=True))


def test_cheap_queries_do_not_wait_for_costly_ones(engine: Engine) -> None:
    async def work() -> list[float]:
        costly = [asyncio.create_task(engine.run(Query(ENDLESS))) for _ in range(3)]
        await wait_until(lambda: len(engine.dispatch.lanes.slow) == 3)
        spans = []
        for _ in range(50):
            begun = time.perf_counter()
            await engine.run(ASK)
            spans.append(time.perf_counter() - begun)
        assert await end_all(costly) == {"CancelledError": 3}
        return spans

    assert engine.runner is not None
    assert max(engine.runner.run(work())) < 1  # a costly one runs for five seconds
    assert engine.dispatch.counts.moves == 3
    assert engine.dispatch.counts.kills == 3


def test_queries_behind_a_costly_one_are_answered_elsewhere(engine: Engine) -> None:
    async def work() -> Counter[str]:
        for entry in engine.dispatch.lanes.fast:
            entry.is_quick = True  # as if they had answered small ones
        costly = [asyncio.create_task(engine.run(Query(ENDLESS))) for _ in range(2)]
        cheap = [asyncio.create_task(engine.run(ASK)) for _ in range(DEPTH)]
        answers = await asyncio.gather(*cheap)
        await end_all(costly)
        return Counter(answer.kind for answer in answers)

    assert engine.runner is not None
    assert engine.runner.run(work()) == {"boolean": DEPTH}
    assert engine.dispatch.counts.repeats >= DEPTH


MIDDLING = Query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?a ?d ?e }")
"""Takes so long that it is looked at while it runs, and ends."""


def list_pids(engine: Engine) -> set[int]:
    return {entry.worker.pid for entry in engine.dispatch.lanes.fast}


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The workers that are forked."""
    pids: list[int] = []
    fork = Parent.fork

    def note(self: Parent) -> Worker:
        worker = fork(self)
        pids.append(worker.pid)
        return worker

    monkeypatch.setattr(Parent, "fork", note)
    return pids


def set_shares(monkeypatch: pytest.MonkeyPatch, cheap: float, fair: float) -> None:
    monkeypatch.setattr(lane, "CHEAP_SECONDS", cheap)
    monkeypatch.setattr(lane, "FAIR_SECONDS", fair)


async def ask_together(engine: Engine, number: int, rounds: int) -> None:
    for _ in range(rounds):
        await asyncio.gather(*(engine.run(MIDDLING) for _ in range(number)))
        await wait_until(lambda: not engine.dispatch.lanes.slow)


@pytest.mark.parametrize("together", [1, 2])
def test_the_workers_of_middling_queries_answer_others_again(
    forks: list[int], monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    set_shares(monkeypatch, cheap=0.001, fair=60)
    with make_engine(Limits()) as engine:
        assert engine.runner is not None
        engine.runner.run(ask_together(engine, together, 6))
        counts, lanes = engine.dispatch.counts, engine.dispatch.lanes
        assert counts.moves >= 6 * together - 4  # but for those that ended before somebody looked
        assert len(forks) <= SPARE * lanes.wanted < counts.moves
        assert lanes.wanted <= len(lanes.fast) <= SPARE * lanes.wanted
        assert list_pids(engine) <= set(forks)
        assert (counts.kills, counts.deaths) == (0, 0)


def test_the_worker_of_a_query_that_let_others_go_first_is_replaced(
    forks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_shares(monkeypatch, cheap=0.001, fair=0.001)
    with make_engine(Limits()) as engine:
        assert engine.runner is not None
        engine.runner.run(ask_together(engine, 1, 5))
        engine.runner.run(wait_until(lambda: len(list_pids(engine)) == 2))
    assert engine.dispatch.counts.moves == 5
    assert len(forks) == 2 + 5


@pytest.mark.parametrize("cause", ["large", "niced", "many", "of older data", "behind"])
def test_a_worker_that_is_spent_is_not_taken_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    lanes = engine.dispatch.lanes
    entry = lanes.fast.pop()
    lanes.slow.add(entry)
    if cause == "large":
        entry.memory_before -= KEPT_BYTES + (1 << 20)
    elif cause == "niced":
        entry.niceness = 1
    elif cause == "many":
        lanes.fast += [lanes.fast[0]] * (SPARE * lanes.wanted - 1)
    elif cause == "of older data":
        monkeypatch.setattr(Parent, "find_place", lambda _: 99)
    else:
        entry.is_leaving = True
    assert not lanes.take_back(entry)
    assert entry in lanes.slow
    monkeypatch.undo()
    entry.memory_before, entry.niceness, entry.is_leaving = entry.worker.measure_memory(), 0, False
    del lanes.fast[1:]
    assert lanes.take_back(entry)
    assert lanes.fast[0] is entry and not lanes.slow


def test_a_query_is_sent_behind_others_only_where_small_ones_are_answered(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_shares(monkeypatch, cheap=60, fair=60)  # nothing is set aside
    lanes, spent = engine.dispatch.lanes, {0: 0.0, 1: 0.0}

    async def work() -> None:
        running = [asyncio.create_task(engine.run(Query(ENDLESS))) for _ in range(2)]
        await asyncio.sleep(0)
        assert [len(entry.jobs) for entry in lanes.fast] == [1, 1]  # nothing is known of them yet
        late = asyncio.get_running_loop().time() + 1
        assert lanes.find_free(late) is None
        for number, entry in enumerate(lanes.fast):
            entry.is_quick = True
            monkeypatch.setattr(entry, "spent_cpu", lambda number=number: spent[number])
        assert lanes.find_free(late) is lanes.fast[0]
        spent[0] = QUICK_SECONDS
        assert lanes.find_free(late) is lanes.fast[1]
        spent[1] = QUICK_SECONDS
        assert lanes.find_free(late) is None
        await end_all(running)
        await wait_until(lambda: len(lanes.fast) == 2)
        for _ in range(4):
            await engine.run(ASK)
        assert lanes.fast[0].is_quick

    assert engine.runner is not None
    engine.runner.run(work())


def test_past_the_limit_of_costly_queries_one_of_the_greediest_client_is_given_up(engine: Engine) -> None:
    async def work() -> tuple[list[object], list[object]]:
        other = [asyncio.create_task(engine.run(Query(ENDLESS), "other"))]
        await wait_until(lambda: len(engine.dispatch.lanes.slow) == 1)
        greedy = [asyncio.create_task(engine.run(Query(ENDLESS), "greedy")) for _ in range(3)]
        await wait_until(lambda: any(task.done() for task in greedy))
        done = [task.exception() for task in greedy if task.done()]
        waiting = [task.done() for task in other]
        await end_all([*other, *(task for task in greedy if not task.done())])
        return [type(error) for error in done], [*waiting, getattr(done[0], "limit", None)]

    assert engine.runner is not None
    assert engine.runner.run(work()) == ([QueryGivenUp], [False, 3])


def test_a_client_with_many_waiting_queries_gives_a_place_to_one_with_few() -> None:
    limits = replace(Limits(), queue_length=2, query_seconds=5, costly_queries=1)

    async def work(engine: Engine) -> Counter[str]:
        engine.dispatch.lanes.fast[0].is_quick = True  # so that it is sent many
        many = [asyncio.create_task(engine.run(Query(ENDLESS), "many")) for _ in range(DEPTH + 2)]
        await asyncio.sleep(0)
        few = asyncio.create_task(engine.run(Query(ENDLESS), "few"))
        await wait_until(lambda: any(task.done() for task in many))
        assert not few.done()
        ended = Counter(type(task.exception()).__name__ for task in many if task.done())
        await end_all([*many, few])
        return ended

    with make_engine(limits, workers=1) as engine:
        assert engine.runner is not None
        assert engine.runner.run(work(engine)) == {QueueShareFull.__name__: 1}


def test_a_query_whose_worker_somebody_kills_is_asked_again(engine: Engine) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?a ?d ?e }"  # long enough to be hit
    killed = 0

    async def work() -> set[bytes]:
        nonlocal killed
        bodies = set()
        for _ in range(8):
            running = asyncio.create_task(engine.run(Query(text)))
            await asyncio.sleep(0.01)
            for entry in engine.dispatch.lanes:
                if entry.jobs:
                    os.kill(entry.worker.pid, signal.SIGKILL)
                    killed += 1
            bodies.add((await running).body)
        return bodies

    assert engine.runner is not None
    assert len(engine.runner.run(work())) == 1
    assert killed >= 4
    assert engine.dispatch.counts.deaths == killed


def test_a_query_under_which_workers_keep_dying_is_given_up_at_last(engine: Engine) -> None:
    async def work() -> int:
        running = asyncio.create_task(engine.run(Query(ENDLESS)))
        deaths = 0
        while not running.done():
            for entry in engine.dispatch.lanes:
                if entry.jobs and not entry.is_leaving:
                    os.kill(entry.worker.pid, signal.SIGKILL)
                    deaths += 1
                    await wait_until(lambda entry=entry: not entry.jobs)  # type: ignore[misc]
            await asyncio.sleep(0.001)
        with pytest.raises(QueryTooHungry):
            await running
        return deaths

    assert engine.runner is not None
    assert engine.runner.run(work()) == DEATHS
    assert engine.run_now(ASK).kind == "boolean"


def test_an_idle_worker_that_somebody_kills_is_replaced(engine: Engine) -> None:
    async def work() -> bool:
        lanes = engine.dispatch.lanes
        old = lanes.fast[0]
        os.kill(old.worker.pid, signal.SIGKILL)
        await wait_until(
            lambda: old not in engine.dispatch.lanes.fast and len(engine.dispatch.lanes.fast) == 2
        )
        return (await engine.run(ASK)).kind == "boolean"

    assert engine.runner is not None
    assert engine.runner.run(work())


def test_when_the_data_is_loaded_anew_nobody_who_waits_is_failed(engine: Engine) -> None:
    async def work() -> Counter[str]:
        assert engine.parent.process is not None
        running = [asyncio.create_task(engine.run(ASK)) for _ in range(40)]
        await asyncio.sleep(0)
        engine.parent.process.kill()
        ends = await asyncio.gather(*running, return_exceptions=True)
        return Counter(type(end).__name__ for end in ends)

    assert engine.runner is not None
    assert engine.runner.run(work()) == {"Answer": 40}


def test_a_fork_under_way_when_the_process_that_holds_the_data_dies_is_made_up_for(engine: Engine) -> None:
    async def work() -> bool:
        lanes, process = engine.dispatch.lanes, engine.parent.process
        assert process is not None
        process.send_signal(signal.SIGSTOP)  # so that the fork is on its way when the last worker dies
        for entry in list(lanes.fast):
            entry.worker.kill()
        await wait_until(lambda: not lanes.fast)
        refilling = lanes.refilling
        assert refilling is not None
        assert not refilling.done()
        process.kill()
        await wait_until(refilling.done)
        return (await engine.run(ASK)).kind == "boolean"

    assert engine.runner is not None
    assert engine.runner.run(work())


@pytest.mark.parametrize("step", [1, 7, 1_000, BUFFER_BYTES])
def test_replies_are_read_whole_however_their_bytes_arrive(step: int) -> None:
    bodies = [b"x" * length for length in (0, 1, 100, 5_000, BUFFER_BYTES, 3, 2 * BUFFER_BYTES + 17, 8)]
    if step == 1:
        bodies = bodies[:4]
    sent = b"".join(
        part for body in bodies for part in write_reply(Reply(Answer(body, RESULTS_JSON, "rows", "r")))
    )
    sent += b"".join(write_reply(Reply(PlangraphError("no", line=2), last=True)))
    seen: list[Reply] = []
    channel = Channel("r", seen.append, lambda: None)
    for begin in range(0, len(sent), step):
        piece = memoryview(sent)[begin : begin + step]
        while piece:
            room = channel.get_buffer(-1)
            part = piece[: len(room)]
            room[: len(part)] = part
            channel.buffer_updated(len(part))
            piece = piece[len(part) :]
    *answers, error = (reply.outcome for reply in seen)
    assert [answer.body for answer in answers if isinstance(answer, Answer)] == bodies
    assert isinstance(error, PlangraphError)
    assert (error.line, seen[-1].last) == (2, True)
