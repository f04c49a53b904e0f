"""What a journal keeps when the service is killed: rounds of SIGKILL at random moments under writers.

Starts ``plangraph serve --journal`` on a small made-up data set, on SQLite and on a PostgreSQL of its own.
In each round concurrent writers change pairs of documents, then SIGKILL goes to every process of the service
at once (in every fourth round PostgreSQL is ended without warning as well), the service is started anew, and
it is looked at whether every acknowledged write is there, both documents of a pair carry the same number,
nothing of a refused write is seen, and a write that was in flight and is sent again with its key is made
once. At the end the journal is verified whole. SIGKILL says nothing of a loss of power.

Run: ``python bench/crash.py [--rounds 200] [--writers 8] [--kinds sqlite,postgresql] [--seed 1]``. Prints
Markdown; exit code 1 when something was lost, torn or made up, 2 where PostgreSQL is not installed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rig.crashes import Crashes
from rig.figures import percentile, write_head, write_row
from rig.postgresql import ABSENT, is_installed, start_postgresql

COLUMNS = [
    "journal",
    "rounds",
    "acknowledged",
    "of them lost",
    "half commits",
    "refused",
    "of them seen",
    "in flight at a kill",
    "of them kept",
    "revisions",
    "start p50 / max s",
    "journal MB",
    "faults",
]


def measure(kind: str, rounds: int, writers: int, seed: int, pause: Path | None) -> tuple[str, list[str]]:
    """A row of the table, and what went wrong; between rounds it rests while there is a file ``pause``."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plangraph-bench-")))
        postgresql = stack.enter_context(start_postgresql()) if kind == "postgresql" else None
        address = postgresql.create() if postgresql else str(folder / "journal.db")
        crashes = Crashes(folder, address, writers, postgresql)
        begin = time.perf_counter()
        try:
            for number in range(rounds):
                while pause is not None and pause.exists():
                    time.sleep(1)
                crashes.run_round(seed + number)
                print(f"{kind} {number + 1}: {describe(crashes)}", file=sys.stderr, flush=True)
        finally:
            crashes.close()
        tally = crashes.tally
        revisions, size = crashes.count()
        faults = tally.faults
        starts = tally.start_seconds
        print(f"{kind}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)
        row = write_row(
            [
                kind,
                tally.rounds,
                f"{tally.acknowledged:,}",
                tally.lost,
                tally.halves,
                f"{tally.refused:,}",
                tally.refused_seen,
                tally.in_flight,
                tally.kept_in_silence,
                f"{revisions:,}",
                f"{percentile(starts, 0.5):.1f} / {max(starts):.1f}",
                f"{size / 1e6:.1f}",
                len(faults),
            ]
        )
        return row, [f"{kind}: {fault}" for fault in faults]


def describe(crashes: Crashes) -> str:
    """How far it has come, in a line."""
    tally = crashes.tally
    return (
        f"{tally.acknowledged} acknowledged, {tally.refused} refused, {tally.in_flight} in flight "
        f"({tally.kept_in_silence} kept), {len(tally.faults)} faults"
    )


def main() -> int:
    """Run the rounds, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--kinds", default="sqlite,postgresql")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=Path, metavar="FILE", help="rest between rounds while it exists")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    if "postgresql" in kinds and not is_installed():
        print(ABSENT, file=sys.stderr)
        return 2
    faults: list[str] = []
    rows = []
    for kind in kinds:
        row, found = measure(kind, options.rounds, options.writers, options.seed, options.pause)
        rows.append(row)
        faults += found
    print(write_head(COLUMNS), *rows, sep="\n")
    if faults:
        print("\nWhat went wrong:\n" + "\n".join(f"- {fault}" for fault in faults[:30]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
