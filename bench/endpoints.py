"""plangraph, ``oxigraph serve`` and ``rdflib-endpoint`` side by side: same data, same queries, same load.

All servers run on one core (``--server-core``), wrk on another (``--load-core``). Rounds are interleaved, so
that what else the machine does weighs on all alike; the table shows medians, read the ratios. Beside the
rate stands the CPU that a server used for a request: it says more where the machine has other work too.
Before anything is timed, the numbers of rows that the servers give are compared; errors and the size of an
answer are in the table, so that a server that refuses fast does not win. ``uncached`` cases send no text
twice (a counter in a comment, and another subject each time), so that no cache can hit.

The data are 100,000 made-up quads where this plangraph takes writes (it is filled through ``/graphs``), else
the packaged data set, which the others get as its export. Only plangraph compresses; in the cases with gzip
the others send their answers as they are.

Run (wrk: ``apt-get install wrk``; the servers: ``make .venv/ready-bench``)::

    python bench/endpoints.py [--rounds 5] [--seconds 3] [--only REGEX] [--servers plangraph,oxigraph]
        [--data auto|made-up|packaged] [--oxigraph memory|disk] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Final

from rig.client import Client
from rig.data import Sample, export_sample, list_graphs, make_sample
from rig.figures import write_head, write_row
from rig.launch import Server, find_program, free_port, serve_plangraph, takes_writes
from rig.load import Case, Loader, Run, find_tag
from rig.writes import Writer, fill, make_token

QUADS: Final = 100_000
SERVERS: Final = ("plangraph", "oxigraph", "rdflib-endpoint")
PROBES: Final = 20
"""How many subjects are looked up on each server to compare the answers."""

Runs = Mapping[tuple[str, str], Sequence[Run]]


def list_cases(sample: Sample) -> list[Case]:
    """What is asked, at how many connections."""
    small = "SELECT ?p ?o { <{}> ?p ?o }"
    same = small.replace("{}", sample.subjects[len(sample.subjects) // 2])
    return [
        Case("small, cached", same, 16),
        Case("small, 304", same, 16, revalidates=True),
        *(Case("small, uncached", small, connections, distinct=True) for connections in (16, 4, 1)),
        Case("small, uncached, gzip", small, 16, distinct=True, gzip=True),
        Case("10,000 rows, uncached", sample.rows_query, 4, distinct=True),
        Case("10,000 rows, uncached, gzip", sample.rows_query, 4, distinct=True, gzip=True),
        Case("10,000 rows, cached", sample.rows_query, 4),
        Case("10,000 rows, cached, gzip", sample.rows_query, 4, gzip=True),
    ]


def start_plangraph(sample: Sample, folder: Path, core: int) -> Server:
    """The service, filled with the data if they are made up."""
    if sample.name.startswith("the packaged"):
        server = serve_plangraph(free_port(), core=core)
        server.start()
        return server
    token, file = make_token(folder)
    server = serve_plangraph(free_port(), "--scratch", "--token-file", str(file), core=core)
    server.start()
    fill(Writer(server.port, token), list_graphs(QUADS))
    return server


def start_oxigraph(sample: Sample, folder: Path, core: int, store: str) -> Server:
    """``oxigraph serve``: in memory and filled over HTTP, or on disk and filled by ``oxigraph load``."""
    program, port = find_program("oxigraph", "make .venv/ready-bench"), free_port()
    command = [program, "serve", "--bind", f"127.0.0.1:{port}", "--union-default-graph"]
    if store == "disk":
        place = ["--location", str(folder / "oxigraph")]
        load = [program, "load", *place, "--file", str(sample.file)]
        subprocess.run(load, check=True, capture_output=True)
        command += place
    server = Server("oxigraph", command, port, "/query", core)
    server.start()
    if store == "memory":
        content = sample.file.read_bytes()
        reply = Client(port, timeout=300).ask(
            "/store", "POST", content, {"Content-Type": "application/n-quads"}
        )
        assert 200 <= reply.status < 300, reply.describe()
    return server


def start_rdflib(sample: Sample, core: int) -> Server:
    """``rdflib-endpoint serve`` with its usual store."""
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "rdflib_endpoint", "serve", *options, str(sample.file)]
    server = Server("rdflib-endpoint", command, port, "/", core)
    server.start()
    return server


def stop_all(servers: Sequence[Server]) -> None:
    """End every server that was started."""
    for server in servers:
        server.stop()


def compare_answers(servers: Sequence[Server], loader: Loader, cases: Sequence[Case]) -> None:
    """End the program where the servers do not give the same number of rows."""
    asked = {case.query: case for case in cases}
    for query, case in asked.items():
        for number in range(PROBES if "{}" in query else 1):
            replies = {server.name: loader.probe(server, case, number) for server in servers}
            rows = {name: reply.count_rows() for name, reply in replies.items()}
            if len(set(rows.values())) != 1 or min(rows.values()) < 1:
                told = "; ".join(f"{name}: {reply.describe():.200}" for name, reply in replies.items())
                raise SystemExit(f"{case.name}: rows differ, {rows}; {told}")
        print(f"{case.name}: {next(iter(rows.values())):,} rows on each server", file=sys.stderr)


def measure(
    servers: Sequence[Server], loader: Loader, cases: Sequence[Case], rounds: int, seconds: int
) -> Runs:
    """All rounds; another server begins in each."""
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for number in range(rounds):
        for case in cases:
            for place in range(len(servers)):
                server = servers[(place + number) % len(servers)]
                run = loader.send(server, case, seconds)
                runs[name_case(case), server.name].append(run)
                print(f"{number + 1}: {name_case(case)}: {server.name}: {run}", file=sys.stderr)
    return runs


def name_case(case: Case) -> str:
    """The case with its connections."""
    return f"{case.name}, {case.connections} connection{'s' if case.connections > 1 else ''}"


def write_table(runs: Runs, cases: Sequence[Case], names: Sequence[str]) -> str:
    """Medians of requests a second, ratios of plangraph's to the others', and what tells a false victory.

    That is the errors, and the bytes of an answer with its head: a server that sends less has done less.
    """
    others = [name for name in names if name != "plangraph" and "plangraph" in names]
    head = ["case", *names, *(f"plangraph / {name}" for name in others)]
    lines = [write_head([*head, "CPU µs a request", "p50 / p99 ms", "bytes an answer", "errors"])]
    for case in cases:
        found = {name: runs[name_case(case), name] for name in names}
        rates = {name: statistics.median(run.rate for run in found[name]) for name in names}
        spans = [
            f"{statistics.median(run.p50_ms for run in found[name]):.2f} / "
            f"{statistics.median(run.p99_ms for run in found[name]):.2f}"
            for name in names
        ]
        sizes = [
            f"{sum(run.bytes for run in found[name]) / max(1, sum(run.requests for run in found[name])):,.0f}"
            for name in names
        ]
        errors = [str(sum(run.errors for run in found[name])) for name in names]
        cells = [name_case(case), *(write_rate(rates[name]) for name in names)]
        cells += [compare_rates(rates["plangraph"], found[name], case.connections) for name in others]
        spent = [f"{statistics.median(run.cpu_us for run in found[name]):,.0f}" for name in names]
        lines.append(
            write_row([*cells, " / ".join(spent), ", ".join(spans), " / ".join(sizes), " / ".join(errors)])
        )
    return "\n".join(lines)


def write_rate(rate: float) -> str:
    """Requests a second, with a decimal where they are few."""
    return f"{rate:,.0f}" if rate >= 20 else f"{rate:.1f}"


def compare_rates(ours: float, runs: Sequence[Run], connections: int) -> str:
    """The ratio; a bound of it where the other finished nothing, having had a request on each connection."""
    theirs = statistics.median(run.rate for run in runs)
    if theirs:
        return f"{ours / theirs:.2f}"
    return f"> {ours / (connections / statistics.median(run.seconds for run in runs)):.1f}"


def describe_run(sample: Sample, names: Sequence[str], options: argparse.Namespace) -> str:
    """What was measured, for the reader of the table."""
    packages = {"plangraph": "plangraph", "oxigraph": "oxigraph", "rdflib-endpoint": "rdflib-endpoint"}
    versions = ", ".join(f"{name} {metadata.version(packages[name])}" for name in names)
    load = os.getloadavg()[0]
    return (
        f"{versions} (oxigraph in {options.oxigraph}); {sample.name}; medians of {options.rounds} "
        f"interleaved rounds of {options.seconds} s; servers on core {options.server_core}, wrk on core "
        f"{options.load_core}; load of the machine before the first round {load:.1f}"
    )


def read_options() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each run; whole ones, so wants wrk")
    parser.add_argument("--only", default="", metavar="REGEX", help="cases whose name holds this")
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--data", choices=("auto", "made-up", "packaged"), default="auto")
    parser.add_argument("--oxigraph", choices=("memory", "disk"), default="memory")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="every run, for other programs")
    return parser.parse_args()


def main() -> None:
    """Start all servers, compare, measure, print."""
    options = read_options()
    names = [name for name in SERVERS if name in options.servers.split(",")]
    made_up = options.data == "made-up" or (options.data == "auto" and takes_writes())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plangraph-bench-")))
        sample = make_sample(folder, QUADS) if made_up else export_sample(folder)
        loader = Loader(options.load_core, sample.subjects, folder / "subjects.txt")
        cases = [case for case in list_cases(sample) if re.search(options.only, name_case(case))]
        servers: list[Server] = []
        stack.callback(stop_all, servers)
        for name in names:
            if name == "plangraph":
                servers.append(start_plangraph(sample, folder, options.server_core))
            elif name == "oxigraph":
                servers.append(start_oxigraph(sample, folder, options.server_core, options.oxigraph))
            else:
                servers.append(start_rdflib(sample, options.server_core))
        compare_answers(servers, loader, cases)
        for case in cases:
            if case.revalidates:
                without = [server.name for server in servers if find_tag(server, case) is None]
                print(f"{case.name}: answered whole by {', '.join(without) or 'none'}", file=sys.stderr)
        told = describe_run(sample, names, options)
        runs = measure(servers, loader, cases, options.rounds, options.seconds)
    print(f"{told}\n\n{write_table(runs, cases, names)}")
    if options.json is not None:
        entries = [
            {"case": case, "server": name, **vars(run), "rate": run.rate, "cpu_us": run.cpu_us}
            for (case, name), found in runs.items()
            for run in found
        ]
        options.json.write_text(
            json.dumps({"about": told, "runs": entries}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
