"""Sixteen writers and sixteen readers at once: is an update lost, a stale tag accepted, half a write seen?

Starts ``plangraph serve --journal`` on a small made-up data set. Twelve writers count four documents up with
``If-Match``, so that most of their writes are stale and refused; four change pairs of documents. Readers
ask for all documents without pause. At the end every acknowledged step must be in the numbers, none may have
been made twice, no reader may have seen a pair that is uneven or a number that falls, and the journal must
verify.

Everything is asked by one program on the machine that serves; read the figures as upper bounds.

Run: ``python bench/writers.py [--minutes 5] [--writers 16] [--readers 16] [--kind sqlite]``. Prints Markdown;
exit code 1 when something went wrong, 2 where PostgreSQL is asked for and not installed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rig.figures import describe, write_head, write_row
from rig.launch import free_port, serve_plangraph
from rig.papers import write_folder
from rig.postgresql import ABSENT, is_installed, start_postgresql
from rig.rivals import PAIRS, Rivals
from rig.writes import make_token

from plangraph.journal_copies import verify

COUNTERS = 4
COLUMNS = [
    "journal",
    "s",
    "writes",
    "a second",
    "write p50 / p99 / max ms",
    "stale, refused",
    "put off",
    "lost, doubled or torn",
    "reads",
    "a second",
    "read p50 / p99 / max ms",
    "revisions",
]


def main() -> int:
    """Serve, let them work, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--kind", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    if options.kind == "postgresql" and not is_installed():
        print(ABSENT, file=sys.stderr)
        return 2
    counters = tuple(f"counter-{place}" for place in range(COUNTERS))
    pairs = tuple((f"pair-{place}-a", f"pair-{place}-b") for place in range(PAIRS))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plangraph-bench-")))
        data = write_folder(folder / "data", [*counters, *(slug for pair in pairs for slug in pair)])
        token, token_file = make_token(folder)
        address = str(folder / "journal.db")
        if options.kind == "postgresql":
            address = stack.enter_context(start_postgresql()).create()
        served = ("--data", str(data), "--token-file", str(token_file), "--journal", address)
        server = serve_plangraph(free_port(), *served, "--log", "none")
        server.start()
        stack.callback(server.stop)
        rivals = Rivals(server.port, token, counters, pairs)
        taken = rivals.run(options.writers, options.readers, options.minutes * 60)
        rivals.look()
        server.stop()
        found = verify(address)
    log = rivals.log
    faults = [*log.faults, *found.faults]
    row = [
        options.kind,
        f"{taken:.0f}",
        f"{len(log.write_seconds):,}",
        f"{len(log.write_seconds) / taken:.1f}",
        describe(log.write_seconds),
        f"{log.stale:,}",
        f"{log.repeated:,}",
        len(faults),
        f"{len(log.read_seconds):,}",
        f"{len(log.read_seconds) / taken:.0f}",
        describe(log.read_seconds),
        f"{found.revisions:,}",
    ]
    print(write_head(COLUMNS), write_row(row), sep="\n")
    if faults:
        print("\nWhat went wrong:\n" + "\n".join(f"- {fault}" for fault in faults[:30]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
