"""Minutes of mixed load with a worker killed every second: no honest query may fail, nothing may grow.

Starts ``plangraph serve`` on the packaged data and, in processes of their own, its clients, each with a
loopback address of its own: cheap lookups (whose latency is the measure), the competency questions,
CONSTRUCTs, 10,000 rows, REST pages; 16 clients that always run a costly query and two that leave in the
middle of one. Every second SIGKILL goes to a random process that runs queries: those are told apart by
their depth (HTTP, then the holder of the data, then workers). An honest query fails by any status but 200,
by no answer in 60 s, or by another number of bytes than the same query gave before.

The clients share the machine with the service; the share of CPU that they took is printed. Memory is PSS,
which counts shared pages once, and the largest of each minute; the tree is looked at every quarter second,
so holders and workers that lived shorter are not counted.

Run: ``python bench/soak.py [--minutes 30] [--costly 16] [--kill-every 1] [--workers N] [--log FILE]``.
Prints Markdown; exit code 1 when an honest query failed or the service died.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rig.crowd import Cast, Crowd, Result
from rig.data import export_sample
from rig.figures import percentile, write_head, write_row
from rig.launch import Server, free_port, serve_plangraph
from rig.people import Tally
from rig.tree import Memory, cpu_seconds, kill_worker, list_children, measure_memory, read_tree

from plangraph.questions import list_questions

LOOK_SECONDS: Final = 0.25
MEMORY_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 12.0
"""Longer than a query may run: what still runs when the clients have gone has ended then."""

HONEST: Final = ("cheap", "question", "construct", "rows", "page")


@dataclass
class Watch:
    """What was seen of the service from outside."""

    server: Server
    kills: int = 0
    holders: set[int] = field(default_factory=set)
    workers: set[int] = field(default_factory=set)
    memory: dict[int, list[Memory]] = field(default_factory=dict)

    def look(self) -> tuple[int, ...]:
        """The workers of this moment."""
        tree = read_tree(self.server.pid)
        self.holders.update(child for child in tree.holders if list_children(child))
        self.workers.update(tree.workers)
        return tree.workers

    def run(self, seconds: float, kill_every: float) -> None:
        """Look, measure and kill until the time is over or the service has died."""
        begin = time.monotonic()
        next_kill = begin + (kill_every or seconds * 2)
        next_memory = begin
        while (now := time.monotonic()) < begin + seconds and self.server.is_alive():
            workers = self.look()
            if now >= next_memory:
                minute = min(int((now - begin) // 60), max(1, round(seconds / 60)) - 1)
                self.memory.setdefault(minute, []).append(measure_memory(self.server.pid))
                next_memory = now + MEMORY_SECONDS
            if now >= next_kill and workers:
                self.kills += kill_worker(self.server.pid, random.choice(workers))
                next_kill += kill_every
            time.sleep(max(0.0, min(LOOK_SECONDS, next_kill - time.monotonic())))


def gather(results: list[Result]) -> dict[tuple[str, int], Tally]:
    """What all processes of clients counted, by kind and minute."""
    return {(kind, minute): tally for result in results for kind, minute, tally in result.diary}


def write_minutes(tallies: dict[tuple[str, int], Tally], watch: Watch) -> str:
    """A row a minute: the latency of the cheap queries, failures, memory."""
    names = [
        "minute",
        "cheap",
        "p50 ms",
        "p99 ms",
        "max ms",
        "honest",
        "failed",
        "costly",
        "tree PSS MiB",
        "web RSS MiB",
    ]
    lines = [write_head(names)]
    for minute in sorted({minute for _, minute in tallies}):
        cheap = tallies.get(("cheap", minute), Tally()).seconds
        honest = [tallies.get((kind, minute), Tally()) for kind in HONEST]
        costly = sum(
            sum(tallies.get((kind, minute), Tally()).statuses.values()) for kind in ("costly", "leaver")
        )
        memory = watch.memory.get(minute, [])
        spans = [f"{percentile(cheap, share) * 1000:.1f}" for share in (0.5, 0.99, 1.0)]
        sent, failed = sum(len(tally.seconds) for tally in honest), sum(tally.failures for tally in honest)
        sizes = [
            f"{max(sizes, default=0):,.0f}"
            for sizes in ([m.pss_mib for m in memory], [m.web_mib for m in memory])
        ]
        lines.append(write_row([minute + 1, len(cheap), *spans, sent, failed, costly, *sizes]))
    return "\n".join(lines)


def write_kinds(tallies: dict[tuple[str, int], Tally]) -> str:
    """A row a kind of client: what it sent, what came back."""
    lines = [write_head(["client", "sent", "failed", "statuses", "p50 ms", "p99 ms"])]
    for kind in (*HONEST, "costly", "leaver"):
        mine = [tally for (of, _), tally in tallies.items() if of == kind]
        seconds = [value for tally in mine for value in tally.seconds]
        statuses: dict[int, int] = {}
        for tally in mine:
            for status, count in tally.statuses.items():
                statuses[status] = statuses.get(status, 0) + count
        told = (
            "left"
            if kind == "leaver"
            else ", ".join(f"{name}: {count}" for name, count in sorted(statuses.items()))
        )
        spans = [f"{percentile(seconds, share) * 1000:.1f}" for share in (0.5, 0.99)]
        failed = sum(tally.failures for tally in mine) if kind in HONEST else "-"
        lines.append(write_row([kind, len(seconds), failed, told, *spans]))
    return "\n".join(lines)


def read_options() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--costly", type=int, default=16, help="clients that always run a costly query")
    parser.add_argument("--kill-every", type=float, default=1.0, metavar="SECONDS", help="0 for never")
    parser.add_argument("--workers", type=int, help="handed to plangraph serve")
    parser.add_argument("--log", type=Path, metavar="FILE", help="what the service says")
    return parser.parse_args()


def main() -> int:
    """Start, watch, report."""
    options = read_options()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plangraph-bench-")))
        subjects = export_sample(folder).subjects
        questions = tuple((question.slug, question.query) for question in list_questions())
        log = stack.enter_context(options.log.open("wb")) if options.log else None
        workers = ["--workers", str(options.workers)] if options.workers else []
        server = serve_plangraph(free_port(), *workers, log=log)
        server.start()
        stack.callback(server.stop)
        watch, quiet = Watch(server), measure_memory(server.pid)
        crowd = Crowd(Cast(server.port, subjects, questions, options.costly, max(1, round(options.minutes))))
        spent, begin = cpu_seconds(server.pid), time.monotonic()
        crowd.start()
        watch.run(options.minutes * 60, options.kill_every)
        wall, results = time.monotonic() - begin, crowd.finish()
        survived = server.is_alive()
        spent = cpu_seconds(server.pid) - spent
        time.sleep(SETTLE_SECONDS)
        after = measure_memory(server.pid)
    tallies = gather(results)
    failed = sum(tally.failures for (kind, _), tally in tallies.items() if kind in HONEST)
    sent = sum(len(tally.seconds) for (kind, _), tally in tallies.items() if kind in HONEST)
    clients = ", ".join(
        f"{name} {result.cpu_seconds / wall:.0%}"
        for name, result in zip(("cheap", "honest", "costly"), results, strict=True)
    )
    print(
        f"{wall / 60:.1f} minutes, {options.costly} costly clients, {watch.kills} workers killed from here; "
        f"{len(watch.workers)} workers and {len(watch.holders)} holders of the data seen; "
        f"the service {'lives' if survived else 'DIED'}.\n\n"
        f"Honest queries: {sent:,} sent, **{failed:,} failed**.\n"
    )
    print(write_minutes(tallies, watch), "\n")
    print(write_kinds(tallies), "\n")
    print(
        f"Memory at rest, PSS of the tree: {quiet.pss_mib:,.0f} MiB before ({quiet.processes} processes), "
        f"{after.pss_mib:,.0f} MiB after ({after.processes}); web process {quiet.web_mib:,.0f} and "
        f"{after.web_mib:,.0f} MiB. CPU, in cores: clients {clients}; "
        f"service {spent / wall:.0%} and what its last processes used."
    )
    failures = [line for result in results for line in result.failures]
    if failures:
        causes = [f"- {count:,} {cause}" for result in results for cause, count in result.causes.items()]
        print("\nFailures by cause:\n" + "\n".join(causes))
        print("\nThe first failures:\n" + "\n".join(f"- {line}" for line in failures[:10]))
    sys.stdout.flush()
    return 1 if failed or not survived else 0


if __name__ == "__main__":
    sys.exit(main())
