"""How soon a write is seen, and what five thousand writes do to the service.

Fills ``plangraph serve --scratch --token-file F`` with a million made-up quads, then:

1. 300 small updates through ``/update`` while a reader asks without pause. ``seen`` is the time from sending
   the update to the arrival of the first answer that shows it, ``acknowledged`` the time to the answer of the
   update. A query that was sent after that answer and does not show the update is stale; there must be none.
2. One graph of 100 triples is replaced 5,000 times through ``/graphs``. An in-memory store gets slower and
   larger with each quad replaced, so the service must hand over to a fresh process in time: the table shows
   the latency of a scan of that graph, of the write, and the memory, from beginning to end, while a reader
   checks that every query is answered, and with a whole graph of one writing.

Everything is asked by one program on the machine that serves; read the figures as upper bounds.

Run: ``python bench/commits.py [--quads 1000000] [--updates 300] [--replacements 5000] [--log FILE]``. Prints
Markdown; exit code 1 when an answer was stale, torn or missing, 2 where this plangraph takes no writes.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rig.client import Client, Reply
from rig.data import SPACE, list_graphs
from rig.figures import describe, percentile, write_head, write_row
from rig.launch import Server, free_port, serve_plangraph, takes_writes
from rig.tree import Memory, list_children, measure_memory, read_tree
from rig.writes import NotWritten, Writer, fill, make_token

COMMITS: Final = f"{SPACE}graph/commits"
REPLACED: Final = f"{SPACE}graph/replaced"
TRIPLES_REPLACED: Final = 100
ROWS_OF_TABLE: Final = 10
SCANS: Final = 20
QUIET_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 10.0


@dataclass(eq=False)  # a thread is itself only
class Reader(threading.Thread):
    """Asks one query after the other; ``read`` makes the text new each time, so that no cache answers.

    Every answer is kept as the time it was sent, the time it came, and the number that it shows.
    """

    port: int
    text: str
    seen: list[tuple[float, float, tuple[int, ...]]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    pause_seconds: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        """Ask until told to end."""
        client = Client(self.port, "127.0.0.9")
        while not self.ended.is_set():
            sent = time.perf_counter()
            reply = client.query(f"{self.text} #{random.random()}")
            if reply.status == 200:
                self.seen.append((sent, sent + reply.seconds, read_numbers(reply)))
            else:
                self.failures.append(reply.describe())
                time.sleep(0.05)
            if self.pause_seconds:
                time.sleep(self.pause_seconds)
        client.close()

    def wait_for(self, number: int, first: int) -> float | None:
        """When the first answer came that shows the number, looking from that answer on; none in time."""
        end = time.perf_counter() + PATIENCE_SECONDS
        while time.perf_counter() < end:
            for _, came, numbers in self.seen[first:]:
                if numbers and max(numbers) >= number:
                    return came
            time.sleep(0.0005)
        return None

    def end(self) -> None:
        """Stop, and wait for it."""
        self.ended.set()
        self.join(60)


def read_numbers(reply: Reply) -> tuple[int, ...]:
    """The integers of a result in JSON, in its only column."""
    return tuple(int(next(iter(row.values()))["value"]) for row in reply.read_rows())


def measure_visibility(server: Server, writer: Writer, updates: int) -> list[str]:
    """The first part; returns what went wrong."""
    writer.update(f"INSERT DATA {{ GRAPH <{COMMITS}> {{ <{SPACE}commit> <{SPACE}number> 0 }} }}")
    reader = Reader(
        server.port, f"SELECT ?n {{ GRAPH <{COMMITS}> {{ <{SPACE}commit> <{SPACE}number> ?n }} }}"
    )
    reader.start()
    time.sleep(QUIET_SECONDS)
    quiet = [came - sent for sent, came, _ in reader.seen]
    acknowledged, seen, stale, never = [], [], 0, 0
    begin_of_writes = len(reader.seen)
    for number in range(1, updates + 1):
        first = len(reader.seen)
        begin = time.perf_counter()
        reply = writer.update(write_commit(number))
        written = time.perf_counter()
        acknowledged.append(reply.seconds)
        came = reader.wait_for(number, first)
        if came is None:
            never += 1
            continue
        seen.append(came - begin)
        stale += sum(
            sent > written and max(numbers, default=-1) < number for sent, _, numbers in reader.seen[first:]
        )
    reader.end()
    during = [came - sent for sent, came, _ in reader.seen[begin_of_writes:]]
    print(f"## {updates} small updates\n")
    print(write_head(["", "n", "p50 / p99 / max ms"]))
    for name, values in (
        ("acknowledged", acknowledged),
        ("seen", seen),
        ("query of the reader before", quiet),
        ("query of the reader meanwhile", during),
    ):
        print(write_row([name, len(values), describe(values)]))
    print(
        f"\nseen p99: **{percentile(seen, 0.99) * 1000:.1f} ms**; {stale} stale, {never} never seen\n",
        flush=True,
    )
    faults = [f"{stale} answers older than an acknowledged update"] * bool(stale)
    faults += [f"{never} updates were not seen in {PATIENCE_SECONDS:.0f} s"] * bool(never)
    return faults + [f"reader: {line}" for line in reader.failures]


def write_commit(number: int) -> str:
    """An update that replaces the number of the last one and adds nine triples."""
    more = " ; ".join(f'<{SPACE}detail{place}> "{number} {place}"' for place in range(9))
    thing = f"<{SPACE}commit> <{SPACE}number>"
    return (
        f"DELETE DATA {{ GRAPH <{COMMITS}> {{ {thing} {number - 1} }} }} ; "
        f"INSERT DATA {{ GRAPH <{COMMITS}> {{ {thing} {number} . <{SPACE}commit/{number}> {more} }} }}"
    )


def measure_replacing(server: Server, writer: Writer, replacements: int) -> list[str]:
    """The second part; returns what went wrong."""
    text = f"SELECT ?n {{ GRAPH <{REPLACED}> {{ ?s <{SPACE}writing> ?n }} }}"
    writer.put(REPLACED, write_graph(0))
    reader = Reader(server.port, text, pause_seconds=0.02)
    reader.start()
    scanner = Client(server.port)
    print(f"## {replacements:,} replacements of a graph of {TRIPLES_REPLACED} triples\n")
    print(
        write_head(
            [
                "written",
                "scan p50 / p99 / max ms",
                "write p50 / p99 / max ms",
                "tree PSS MiB",
                "web RSS MiB",
                "holders seen",
            ]
        )
    )
    spans: list[float] = []
    holders: set[int] = set()
    every = max(1, replacements // ROWS_OF_TABLE)
    for number in range(1, replacements + 1):
        spans.append(writer.put(REPLACED, write_graph(number)).seconds)
        holders.update(child for child in read_tree(server.pid).holders if list_children(child))
        if number == 1 or number % every == 0:
            scans = [scanner.query(f"{text} #{random.random()}").seconds for _ in range(SCANS)]
            memory: Memory = measure_memory(server.pid)
            cells = [f"{number:,}", describe(scans), describe(spans), f"{memory.pss_mib:,.0f}"]
            print(write_row([*cells, f"{memory.web_mib:,.0f}", len(holders)]), flush=True)
            spans = []
    reader.end()
    torn = sum(len(numbers) != TRIPLES_REPLACED or len(set(numbers)) != 1 for _, _, numbers in reader.seen)
    print(f"\n{len(reader.seen):,} queries meanwhile: {len(reader.failures)} failed, {torn} torn\n")
    faults = [f"{torn} answers were not the whole graph of one writing"] * bool(torn)
    return faults + [f"reader: {line}" for line in reader.failures]


def write_graph(number: int) -> list[str]:
    """The triples of a writing of the graph, all of them new."""
    return [
        f'<{SPACE}replaced/{place}> <{SPACE}writing> "{number}"^^<http://www.w3.org/2001/XMLSchema#integer>'
        for place in range(TRIPLES_REPLACED)
    ]


def check_filled(server: Server, quads: int) -> None:
    """End the program where the service does not hold what was sent."""
    reply = Client(server.port, timeout=60).query("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")
    if reply.status != 200 or read_numbers(reply)[0] < quads:
        raise SystemExit(f"{quads:,} quads were sent; the service says {reply.describe()}")


def read_options() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quads", type=int, default=1_000_000)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--replacements", type=int, default=5_000)
    parser.add_argument("--log", type=Path, metavar="FILE", help="what the service says")
    return parser.parse_args()


def main() -> int:
    """Fill, write, report."""
    options = read_options()
    if not takes_writes():
        print("this plangraph serve has no --token-file, so it takes no writes", file=sys.stderr)
        return 2
    faults: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plangraph-bench-")))
        token, file = make_token(folder)
        log = stack.enter_context(options.log.open("wb")) if options.log else None
        server = serve_plangraph(free_port(), "--scratch", "--token-file", str(file), log=log)
        server.start()
        stack.callback(server.stop)
        writer, begin = Writer(server.port, token), time.perf_counter()
        graphs = list_graphs(options.quads)
        fill(writer, graphs, lambda done: print(f"\r{done} of {len(graphs)} graphs", end="", file=sys.stderr))
        print(file=sys.stderr)
        check_filled(server, options.quads)
        memory = measure_memory(server.pid)
        print(
            f"{options.quads:,} quads written in {time.perf_counter() - begin:.0f} s; "
            f"tree PSS {memory.pss_mib:,.0f} MiB, web RSS {memory.web_mib:,.0f} MiB\n",
            flush=True,
        )
        try:
            if options.updates:
                faults += measure_visibility(server, writer, options.updates)
            if options.replacements:
                faults += measure_replacing(server, writer, options.replacements)
        except NotWritten as error:
            faults.append(str(error))
        if not server.is_alive():
            faults.append("the service died")
    if faults:
        print("What went wrong:\n" + "\n".join(f"- {fault}" for fault in faults[:20]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
