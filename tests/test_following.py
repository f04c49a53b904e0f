"""Workers that take in a change of the data in place of fresh ones: which do, and that they hold the same."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

from plangraph import change as changes
from plangraph import following
from plangraph.change import Change
from plangraph.changelog import ChangeLog, Entry, append
from plangraph.errors import EngineStopped
from plangraph.following import Coming, Following, read_coming
from plangraph.process import Parent
from plangraph.settings import Settings
from plangraph.wire import Reply, write_change
from plangraph.worker import Engine, Query
from plangraph.writes import Update

ASK = Query("ASK {}")
ALL = Query("SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }", accept="text/csv")
COSTLY = Query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?f || ?c != ?i) }")
DATA = "".join(f'<http://e/s{number}> <http://e/p> "{number}" <http://e/g> .\n' for number in range(600))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(following, "FOLLOW_SECONDS", 60)  # a busy machine is no reason to be replaced
    with Engine(DATA.encode(), "first", Settings(workers=2, scratch=True)) as engine:
        yield engine


def write(engine: Engine, text: str) -> str:
    assert engine.runner is not None
    return engine.runner.run(engine.write(Update(text))).revision


def wait_until(engine: Engine, holds: Callable[[], object]) -> None:
    assert engine.runner is not None
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        engine.runner.run(asyncio.sleep(0.01))
    assert holds()


def list_workers(engine: Engine) -> dict[int, int]:
    """The workers that take queries, with how many changes each has taken in."""
    lanes = engine.dispatch.lanes
    wait_until(engine, lambda: not lanes.following and len(lanes.fast) >= 2)
    return {entry.worker.pid: entry.followed for entry in lanes.fast}


def count_by_worker(engine: Engine) -> set[bytes]:
    """What all workers say the data is, and that they call it the revision that it is."""
    assert engine.runner is not None
    lanes = engine.dispatch.lanes
    seen = set()
    for entry in list(lanes.fast):
        lanes.fast.sort(key=lambda lane: lane is not entry)  # the first that has nothing to do is asked
        answer = engine.runner.run(engine.run(ALL))
        assert answer.revision == engine.revision
        seen.add(b"\n".join(sorted(answer.body.splitlines())))
    return seen


def test_idle_workers_take_in_a_small_change_and_stay(engine: Engine) -> None:
    before = list_workers(engine)
    revision = write(engine, "INSERT DATA { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }")
    assert list_workers(engine) == dict.fromkeys(before, 1)
    assert engine.run_now(ASK).revision == revision
    (held,) = count_by_worker(engine)
    assert held.count(b"\n") == 601


def test_after_any_changes_a_worker_holds_what_a_fresh_one_holds(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_FOLLOWED", 1000)
    before = list_workers(engine)
    chance, beside = random.Random(7), Store()
    beside.load(DATA.encode(), format=RdfFormat.N_QUADS)
    for number in range(40):
        graph, name = f"<http://e/g{chance.randrange(3)}>", f"<http://e/s{chance.randrange(9)}>"
        text = chance.choice(
            [
                f"INSERT DATA {{ GRAPH {graph} {{ {name} <http://e/p> {number} }} }}",
                f"DELETE WHERE {{ GRAPH {graph} {{ {name} ?p ?o }} }}",
                f"INSERT DATA {{ GRAPH {graph} {{ {name} <http://e/q> [ <http://e/r> {number} ] }} }}",
                f"DELETE {{ GRAPH {graph} {{ ?s ?p ?o }} }} INSERT {{ GRAPH {graph} {{ ?s ?p {number} }} }}"
                f" WHERE {{ GRAPH {graph} {{ ?s ?p ?o FILTER(isLiteral(?o)) }} }}",
                f"CREATE SILENT GRAPH {graph}",
            ]
        )
        write(engine, text)
        beside.update(text)
        followed = list_workers(engine)
    assert followed.keys() == before.keys()
    assert min(followed.values()) > 20
    (held,) = count_by_worker(engine)
    assert held.count(b"\n") == len(beside)
    lanes = engine.dispatch.lanes
    assert engine.runner is not None
    lanes.fast.append(engine.runner.run(lanes.fork_lane()))
    assert len(count_by_worker(engine)) == 1


def test_a_worker_makes_way_for_a_fresh_one_in_time(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_FOLLOWED", 2)
    before = list_workers(engine)
    for number in range(3):
        write(engine, f"INSERT DATA {{ GRAPH <http://e/g> {{ <http://e/x> <http://e/p> {number} }} }}")
        workers = list_workers(engine)
        assert (workers.keys() == before.keys()) is (number < 2)
    assert set(workers.values()) == {0}
    assert len(count_by_worker(engine)) == 1


def test_a_change_that_is_too_large_for_a_worker_is_met_by_fresh_ones(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list_workers(engine)
    monkeypatch.setattr(following, "MOST_BYTES", 500)
    values = ", ".join(map(str, range(100)))
    write(engine, f"INSERT DATA {{ GRAPH <http://e/g> {{ <http://e/x> <http://e/p> {values} }} }}")
    assert list_workers(engine).keys().isdisjoint(before)
    assert len(count_by_worker(engine)) == 1


def test_a_change_that_empties_a_graph_is_not_for_workers() -> None:
    log = ChangeLog()
    given = {
        "few": Change(removed=DATA.splitlines(keepends=True)[0].encode()),
        "emptied": Change(emptied=frozenset({NamedNode("http://e/g")}), emptied_quads=1),
    }
    entries = {}
    for name, change in given.items():
        text = changes.write(change)
        entries[name] = Entry(append(log.handle, text), len(text), name)
    coming = read_coming(log, [entries["few"]])
    assert coming is not None
    assert (coming.place, coming.revision, len(coming.changes)) == (0, "few", 1)
    assert read_coming(log, list(entries.values())) is None


def test_a_worker_that_answers_a_query_is_replaced_and_the_idle_one_goes_on(engine: Engine) -> None:
    async def work() -> None:
        lanes = engine.dispatch.lanes
        costly = asyncio.create_task(engine.run(COSTLY))
        await asyncio.sleep(0)
        (busy,) = [entry for entry in lanes.fast if entry.jobs]
        (idle,) = [entry for entry in lanes.fast if not entry.jobs]
        text = "INSERT DATA { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }"
        revision = (await engine.write(Update(text))).revision
        assert (await engine.run(ASK)).revision == revision
        assert idle in lanes.fast
        assert busy not in lanes.fast
        costly.cancel()
        await asyncio.gather(costly, return_exceptions=True)

    assert engine.runner is not None
    engine.runner.run(work())


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_workers_that_hang_or_die_over_a_change_are_replaced(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(following, "FOLLOW_SECONDS", 0.2)
    before = list_workers(engine)
    for pid in before:
        os.kill(pid, number)
    revision = write(engine, "INSERT DATA { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }")
    assert engine.run_now(ASK).revision == revision
    assert list_workers(engine).keys().isdisjoint(before)
    assert len(count_by_worker(engine)) == 1


def test_a_worker_that_is_sent_what_is_no_change_ends_and_is_replaced(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "write_change", lambda text, revision: write_change(text[:-1], revision))
    before = list_workers(engine)
    write(engine, "INSERT DATA { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }")
    assert list_workers(engine).keys().isdisjoint(before)
    (held,) = count_by_worker(engine)
    assert held.count(b"\n") == 601


def test_a_worker_is_known_by_how_many_changes_it_has_where_a_revision_comes_again(engine: Engine) -> None:
    lanes = engine.dispatch.lanes
    old = lanes.fast[0]
    lanes.remove(old)  # it runs something meanwhile
    line = "{ GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }"
    write(engine, f"INSERT DATA {line}")
    old.revision = write(engine, f"DELETE DATA {line}")  # as gated data would have it again
    assert not lanes.is_current(old)
    wait_until(engine, lambda: len(lanes.fast) >= 2)
    assert all(map(lanes.is_current, lanes.fast))

    async def end() -> None:
        lanes.put_away(old)

    assert engine.runner is not None
    engine.runner.run(end())


def test_a_worker_that_ends_itself_after_a_change_has_not_followed(engine: Engine) -> None:
    async def follow() -> bool:
        lane = engine.dispatch.lanes.fast.pop()
        log = lane.worker.parent.log
        following = Following(lane, Coming(log, log.find_place(), "next", ()))
        following.left = 1
        following.take(Reply(None, last=True))
        lane.end()
        return await following.done

    assert engine.runner is not None
    assert engine.runner.run(follow()) is False


def test_what_is_kept_is_told_so_and_seen_even_if_the_process_with_the_data_dies_over_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = engine.writer.parent

    def die(*entries: Entry) -> None:
        parent.log.entries += entries
        parent.stop()
        raise EngineStopped("the process that holds the data died over a change")

    monkeypatch.setattr(parent, "apply", die)
    revision = write(engine, "INSERT DATA { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }")
    monkeypatch.undo()
    answer = engine.run_now(Query("ASK { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }"))
    assert (answer.revision, engine.revision) == (revision, revision)
    assert b"true" in answer.body
    assert write(engine, "DELETE DATA { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }") != revision
    assert b"false" in engine.run_now(Query("ASK { <http://e/x> ?p ?o }")).body


def test_workers_of_the_data_as_it_was_go_where_no_fresh_one_can_be_forked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise EngineStopped("there is no memory for another process")

    for lane in engine.dispatch.lanes.fast:
        lane.followed = following.MOST_FOLLOWED
    monkeypatch.setattr(engine.writer.lanes, "fork_lane", refuse)
    revision = write(engine, "INSERT DATA { GRAPH <http://e/g> { <http://e/x> <http://e/p> 1 } }")
    assert not engine.dispatch.lanes.fast
    monkeypatch.undo()
    monkeypatch.setattr(following, "FOLLOW_SECONDS", 60)
    assert engine.run_now(ASK).revision == revision


def test_a_query_whose_worker_died_as_the_engine_is_closed_gets_an_error(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, told = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        asked.set()
        told.wait(60)

    async def work() -> None:
        running = asyncio.create_task(engine.run(COSTLY))
        await asyncio.sleep(0)
        (busy,) = [entry for entry in engine.dispatch.lanes.fast if entry.jobs]
        busy.worker.kill()
        while not asked.is_set():
            await asyncio.sleep(0.01)
        engine.dispatch.close()
        told.set()
        with pytest.raises(EngineStopped):
            await asyncio.wait_for(running, 60)

    monkeypatch.setattr(Parent, "find_signal", wait)
    assert engine.runner is not None
    engine.runner.run(work())
