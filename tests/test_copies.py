"""The copy that writes are made on: kept for the next ones while it is what the data is, and no longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from plangraph import trial
from plangraph.errors import PlangraphError
from plangraph.records import Draft, Memory
from plangraph.settings import Limits, Settings
from plangraph.worker import Engine, Query
from plangraph.write_errors import JournalFailed
from plangraph.writes import Intent, Update, Written

COUNT = Query("SELECT (COUNT(*) AS ?n) { GRAPH <http://e/g> { ?s ?p ?o } }")


class Moody(Memory):
    """Keeps what it is in the mood to keep."""

    def __init__(self) -> None:
        super().__init__()
        self.willing = True

    def append(self, drafts: Sequence[Draft]) -> list[Written]:
        if not self.willing:
            raise JournalFailed("the disk is full")
        return super().append(drafts)


@pytest.fixture
def record() -> Moody:
    return Moody()


@pytest.fixture
def engine(record: Moody) -> Iterator[Engine]:
    limits = replace(Limits(), replaced_quads=50)
    with Engine(b"", "empty", Settings(workers=1, scratch=True, limits=limits), record) as engine:
        yield engine


def insert(engine: Engine, name: int, *, dry_run: bool = False) -> str:
    """Make a write that adds a quad; the revision after it."""
    assert engine.runner is not None
    wish = Update(f"INSERT DATA {{ GRAPH <http://e/g> {{ <http://e/{name}> <http://e/p> 1 }} }}")
    return engine.runner.run(engine.write(wish, Intent(dry_run=dry_run))).revision


def find_copy(engine: Engine) -> int | None:
    """The process of the copy that waits for the next write."""
    copy = engine.writer.trials.copy
    return None if copy is None or copy.worker is None else copy.worker.pid


def count(engine: Engine) -> bytes:
    return engine.run_now(COUNT).body.split()[-1]


def test_writes_that_follow_one_another_are_made_on_one_copy(engine: Engine) -> None:
    revisions = [insert(engine, 1)]
    first = find_copy(engine)
    assert first is not None
    revisions += [insert(engine, number) for number in range(2, 6)]
    assert find_copy(engine) == first
    assert len(set(revisions)) == 5
    assert engine.revision == revisions[-1]
    assert b"5" in count(engine)


def test_a_write_that_was_not_kept_takes_its_copy_with_it(engine: Engine, record: Moody) -> None:
    insert(engine, 1)
    first, before = find_copy(engine), engine.revision
    record.willing = False
    with pytest.raises(JournalFailed):
        insert(engine, 2)
    assert (find_copy(engine), engine.revision) == (None, before)
    record.willing = True
    insert(engine, 3)
    assert find_copy(engine) not in (None, first)
    assert b"2" in count(engine)


def test_a_trial_and_an_update_that_fails_in_part_spoil_their_copy(engine: Engine) -> None:
    insert(engine, 1)
    before = engine.revision
    insert(engine, 2, dry_run=True)
    assert (find_copy(engine), engine.revision) == (None, before)
    insert(engine, 3)
    assert engine.runner is not None
    broken = Update("INSERT DATA { <http://e/a> <http://e/p> 1 } ; LOAD <http://e/none>")
    with pytest.raises(PlangraphError):
        engine.runner.run(engine.write(broken))
    assert b"2" in count(engine)
    assert insert(engine, 4) == engine.revision
    assert b"3" in count(engine)


def test_a_copy_makes_way_for_a_fresh_one_in_time(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_WRITES", 2)
    seen = []
    for number in range(4):
        insert(engine, number)
        seen.append(find_copy(engine))
    assert seen[1] is seen[3] is None
    assert len(set(seen)) == 3
    assert b"4" in count(engine)


def test_a_copy_that_nobody_writes_on_ends(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "IDLE_SECONDS", 0.05)
    insert(engine, 1)
    assert engine.runner is not None
    deadline = time.monotonic() + 5
    while find_copy(engine) is not None and time.monotonic() < deadline:
        engine.runner.run(asyncio.sleep(0.02))
    assert find_copy(engine) is None


def test_a_copy_of_a_process_that_has_been_replaced_is_none(engine: Engine) -> None:
    assert engine.runner is not None
    holder = engine.parent
    for number in range(15):
        values = ", ".join(str(number * 10 + place) for place in range(5))
        insertion = f"INSERT DATA {{ GRAPH <http://e/g> {{ <http://e/x> <http://e/p> {values} }} }}"
        engine.runner.run(engine.write(Update(f"CLEAR SILENT GRAPH <http://e/g> ; {insertion}")))
    first, deadline = find_copy(engine), time.monotonic() + 30
    while not engine.writer.handovers and time.monotonic() < deadline:
        engine.runner.run(asyncio.sleep(0.02))
    assert engine.parent is not holder
    insert(engine, 1)
    assert find_copy(engine) not in (None, first)
    assert b"6" in count(engine)


def test_a_copy_whose_process_somebody_kills_is_made_up_for(engine: Engine) -> None:
    insert(engine, 1)
    copy = engine.writer.trials.copy
    assert copy is not None and copy.worker is not None
    copy.worker.kill()
    assert insert(engine, 2) == engine.revision
    assert b"2" in count(engine)
