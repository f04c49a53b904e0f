"""How long a fork of the process that holds the data takes, with pages of 4 KiB and of 2 MiB, side by side.

Loads made-up quads into an engine, once with each kind of page in every round, and measures the fork of a
worker, a small query and a scan. Prints medians as rows of a Markdown table.

Run: ``python bench/forks.py [--quads 1000000] [--rounds 3]``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rig.figures import write_head, write_row
from rig.tree import read_rollup

from plangraph import process
from plangraph.settings import Settings
from plangraph.worker import Engine, Query

PAGES: Final = {"4 KiB": "glibc.malloc.hugetlb=0", "2 MiB": process.LARGE_PAGES}
FORKS: Final = 25
QUERIES: Final = 300
SCANS: Final = 5
SMALL: Final = "SELECT ?p ?o {{ GRAPH ?g {{ <http://e/s{}> ?p ?o }} }}"
SCAN: Final = "SELECT (COUNT(?o) AS ?n) {{ GRAPH ?g {{ ?s <http://e/p{}> ?o }} FILTER(STRLEN(?o) > 3) }}"
MEASURES: Final = ("load s", "fork ms", "small query us", "scan ms", "MiB", "of these in large pages")


def write_quads(path: Path, quads: int) -> None:
    """Made-up quads: ten of a subject, a thousand of a graph."""
    with path.open("w", encoding="utf-8") as stream:
        for number in range(quads):
            subject, place = f"<http://e/s{number // 10}>", f"<http://e/g{number // 1000}>"
            stream.write(f'{subject} <http://e/p{number % 10}> "value {number}" {place} .\n')


def clock(work: Callable[[int], object], times: int) -> float:
    """The median seconds of some work."""
    spent = []
    for number in range(times):
        begun = time.perf_counter()
        work(number)
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def measure(path: Path) -> dict[str, float]:
    """An engine on the quads: what each step takes, and its memory."""
    engine = Engine(path, "made-up", Settings(workers=1))
    begun = time.perf_counter()
    engine.start()
    loaded = time.perf_counter() - begun
    try:
        holder = engine.parent.process
        assert holder is not None
        held = read_rollup(holder.pid)
        return {
            "load s": loaded,
            "fork ms": clock(lambda _: engine.parent.fork().end(), FORKS) * 1e3,
            "small query us": clock(lambda number: engine.run_now(Query(SMALL.format(number * 7))), QUERIES)
            * 1e6,
            "scan ms": clock(lambda number: engine.run_now(Query(SCAN.format(number))), SCANS) * 1e3,
            "MiB": held["Rss"] / 1024,
            "of these in large pages": held["AnonHugePages"] / 1024,
        }
    finally:
        engine.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quads", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made-up.nq"
        write_quads(path, options.quads)
        for _ in range(options.rounds):
            for name, tunable in PAGES.items():
                vars(process)["LARGE_PAGES"] = tunable
                found[name].append(measure(path))
    print(f"{options.quads:,} quads, medians of {options.rounds} interleaved rounds\n")
    print(write_head(["pages", *MEASURES]))
    for name, runs in found.items():
        cells = [f"{statistics.median(run[measure] for run in runs):,.1f}" for measure in MEASURES]
        print(write_row([name, *cells]))


if __name__ == "__main__":
    main()
