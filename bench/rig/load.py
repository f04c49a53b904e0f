"""One run of wrk against one server: what it sends, and what it counted."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rig.client import JSON_ROWS, Client, Reply, escape
from rig.launch import Server, find_program
from rig.tree import cpu_seconds

SCRIPT: Final = Path(__file__).with_name("requests.lua")
ADVICE: Final = "apt-get install wrk (Debian, Ubuntu), as root"
GAP: Final = 10_000_000
"""Runs number their texts from places this far apart, so that none is sent twice in the life of a server."""


@dataclass(frozen=True)
class Case:
    """A request to be sent again and again. ``{}`` in the query is where the subject goes."""

    name: str
    query: str
    connections: int
    distinct: bool = False
    revalidates: bool = False
    gzip: bool = False

    def list_headers(self) -> dict[str, str]:
        """The headers, but for the ETag."""
        return {"Accept": JSON_ROWS} | ({"Accept-Encoding": "gzip"} if self.gzip else {})


@dataclass(frozen=True)
class Run:
    """What wrk counted."""

    requests: int
    seconds: float
    bytes: int
    status: int
    broken: int
    timeout: int
    p50_ms: float
    p99_ms: float
    cpu_seconds: float = 0.0
    """What the server used meanwhile."""

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU that the server used for a request; other load on the machine weighs little."""
        return self.cpu_seconds / self.requests * 1e6 if self.requests else float("nan")

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def errors(self) -> int:
        """Answers of 400 and above, and broken connections. Time-outs are slow answers, no errors."""
        return self.status + self.broken


@dataclass
class Loader:
    """wrk on a core of its own, and the subjects that it asks for."""

    core: int
    subjects: tuple[str, ...]
    file: Path
    wrk: str = field(default_factory=lambda: find_program("wrk", ADVICE))
    number: int = field(default_factory=lambda: random.randrange(1_000) * 1_000_000_000_000)

    def __post_init__(self) -> None:
        self.file.write_text("\n".join(map(escape, self.subjects)) + "\n", encoding="utf-8")

    def send(self, server: Server, case: Case, seconds: int) -> Run:
        """Load a server for that many seconds with one kind of request."""
        before, after = split_path(server, case)
        headers = case.list_headers()
        if case.revalidates and (tag := find_tag(server, case)):
            headers["If-None-Match"] = tag
        self.number += GAP
        command = [
            *("taskset", "-c", str(self.core), self.wrk, "-t", "1", "-c", str(case.connections)),
            *("-d", f"{seconds}s", "--timeout", "30s", "-s", str(SCRIPT), f"http://127.0.0.1:{server.port}"),
            *("--", f"127.0.0.1:{server.port}", before, after),
            str(self.file) if "{}" in case.query and case.distinct else "-",
            str(self.number) if case.distinct else "-",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        spent = cpu_seconds(server.pid)
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        spent = cpu_seconds(server.pid) - spent
        line = next(line for line in told.splitlines() if line.startswith("DONE "))
        return Run(**json.loads(line.removeprefix("DONE ")), cpu_seconds=round(spent, 3))

    def probe(self, server: Server, case: Case, number: int = 0) -> Reply:
        """One answer of the kind that the case gets, for comparing."""
        text = case.query.replace("{}", self.subjects[number % len(self.subjects)])
        return Client(server.port, timeout=120).query(f"{text} #probe{number}", server.path)


def split_path(server: Server, case: Case) -> tuple[str, str]:
    """The address before and after the subject; a text that is to be distinct ends in an open comment."""
    text = case.query + (" #" if case.distinct else "")
    if "{}" not in text:
        return f"{server.path}?query={escape(text)}", ""
    before, after = text.split("{}")
    return f"{server.path}?query={escape(before)}", escape(after)


def ask_once(server: Server, case: Case, extra: Mapping[str, str] | None = None) -> Reply:
    """The very request of a case whose text is the same each time."""
    path = "".join(split_path(server, case))
    return Client(server.port, timeout=120).ask(path, headers={**case.list_headers(), **(extra or {})})


def find_tag(server: Server, case: Case) -> str | None:
    """The ETag of the answer, if the server gives one and then answers 304; if it does not, none is sent."""
    tag = (ask_once(server, case).headers or {}).get("etag")
    if tag and ask_once(server, case, {"If-None-Match": tag}).status == 304:
        return tag
    return None
