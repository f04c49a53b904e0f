"""A service that is killed loses nothing it acknowledged, and writers at once lose nothing to each other.

These are short runs of what ``bench/crash.py`` and ``bench/writers.py`` run for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rig.crashes import Crashes
from rig.launch import free_port, serve_plangraph
from rig.papers import write_folder
from rig.postgresql import start_postgresql
from rig.rivals import Rivals
from rig.writes import make_token

from journals import KINDS
from plangraph.journal_copies import verify

ROUNDS = 2
STEPS = 3


@pytest.fixture(params=KINDS)
def crashes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crashes]:
    if request.param == "sqlite":
        yield Crashes(tmp_path, str(tmp_path / "journal.db"), writers=4)
        return
    with start_postgresql() as server:
        yield Crashes(tmp_path, server.create(), writers=4, postgresql=server)


def test_a_service_that_is_killed_among_writers_keeps_what_it_acknowledged_and_no_half(
    crashes: Crashes,
) -> None:
    try:
        for number in range(ROUNDS):
            crashes.run_round(number)
    finally:
        crashes.close()
    tally = crashes.tally
    assert tally.faults == [], crashes.log.read_text(encoding="utf-8", errors="replace")[-2_000:]
    assert (tally.rounds, tally.lost, tally.halves, tally.refused_seen) == (ROUNDS, 0, 0, 0)
    assert tally.acknowledged + tally.in_flight > 0
    revisions, _ = crashes.count()
    assert revisions >= 1 + tally.acknowledged


def test_writers_at_once_lose_no_update_and_readers_see_no_half(tmp_path: Path) -> None:
    counters, pairs = ("counter-0", "counter-1"), (("pair-0-a", "pair-0-b"),)
    data = write_folder(tmp_path / "data", [*counters, *pairs[0]])
    token, token_file = make_token(tmp_path)
    journal = tmp_path / "journal.db"
    options = ("--data", str(data), "--token-file", str(token_file), "--journal", str(journal))
    server = serve_plangraph(free_port(), *options, "--workers", "2", "--log", "none")
    server.start()
    try:
        rivals = Rivals(server.port, token, counters, pairs, most=STEPS)
        rivals.run(writers=4, readers=2)
        numbers = rivals.look()
    finally:
        server.stop()
    assert rivals.log.faults == []
    assert sum(numbers[slug] for slug in counters) == 3 * STEPS
    assert numbers["pair-0-a"] == numbers["pair-0-b"] == STEPS
    assert len(rivals.log.read_seconds) > 0
    found = verify(str(journal))
    assert (found.faults, found.revisions) == ((), 1 + 4 * STEPS)
