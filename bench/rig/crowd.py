"""Clients in processes of their own, so that those who wait do not slow those who measure."""

from __future__ import annotations

import multiprocessing
import resource
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from rig.data import TYPE, rows_of
from rig.people import (
    Diary,
    Person,
    Tally,
    ask_constructs,
    ask_costly,
    ask_lookups,
    ask_pages,
    ask_questions,
    leave_costly,
)

REST: Final = (
    "/api/v1/plans",
    "/api/v1/provisions?limit=20",
    "/api/v1/claims?limit=20",
    "/api/v1/outlets?limit=50",
    "/api/v1/documents?limit=20",
    "/api/v1/divergences?limit=20",
    "/limits",
)
"""Pages of the REST API; they carry no clock, so the same page has the same length."""

MEMBERS: Final = " ".join(map(str, range(1000)))
COSTLY: Final = (
    ("cartesian, COUNT", "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"),
    ("cartesian, streamed", "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"),
    (
        "VALUES, COUNT",
        "SELECT (COUNT(*) AS ?n) { " + " ".join(f"VALUES ?{name} {{ {MEMBERS} }}" for name in "abc") + " }",
    ),
    ("DISTINCT, ORDER BY", "SELECT DISTINCT ?a ?c ?d ?f { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f LIMIT 1"),
    ("GROUP_CONCAT", "SELECT (STRLEN(GROUP_CONCAT(STR(?c))) AS ?n) { ?a ?b ?c . ?d ?e ?f }"),
    ("all paths", "SELECT (COUNT(*) AS ?n) { ?a !<http://bench.example/none>* ?b }"),
    (
        "doubled strings",
        "SELECT (STRLEN(?s28) AS ?n) { BIND('a' AS ?s0) "
        + " ".join(f"BIND(CONCAT(?s{place},?s{place}) AS ?s{place + 1})" for place in range(28))
        + " }",
    ),
    ("ORDER BY RAND", "SELECT ?a { ?a ?b ?c . ?d ?e ?f } ORDER BY RAND() LIMIT 1"),
)
"""Queries that run into the deadline, the memory limit or the size of a result."""


@dataclass(frozen=True)
class Cast:
    """Who takes part. ``questions`` are pairs of a name and a text."""

    port: int
    subjects: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    costly: int
    minutes: int
    leavers: int = 2

    def list_cheap(self) -> list[Person]:
        """Those whose latency is the measure; few threads, so that they do not wait for each other."""
        lookup = ask_lookups(self.subjects)
        return [Person("cheap", f"127.0.0.{place + 10}", lookup, 0.03) for place in range(2)]

    def list_honest(self) -> list[Person]:
        """Those who ask what the service is made for."""
        return [
            Person("question", "127.0.0.20", ask_questions(self.questions), 0.3),
            Person("construct", "127.0.0.30", ask_constructs(self.subjects), 0.2),
            Person(
                "rows",
                "127.0.0.40",
                ask_questions([("10,000 rows", rows_of(TYPE))]),
                1.0,
            ),
            Person("page", "127.0.0.50", ask_pages(REST), 0.2),
        ]

    def list_costly(self) -> list[Person]:
        """Those who always run a costly query, and those who leave in the middle of one."""
        return [
            *(
                Person("costly", f"127.0.1.{place + 1}", ask_costly(COSTLY), 0.0, must_answer=False)
                for place in range(self.costly)
            ),
            *(
                Person("leaver", f"127.0.2.{place + 1}", leave_costly(COSTLY), 0.5, must_answer=False)
                for place in range(self.leavers if self.costly else 0)
            ),
        ]


PARTS: Final = ("cheap", "honest", "costly")


@dataclass
class Result:
    """What one process of clients saw, and the CPU seconds that it took."""

    diary: list[tuple[str, int, Tally]]
    failures: list[str]
    causes: dict[str, int]
    cpu_seconds: float


@dataclass
class Crowd:
    """The processes of all clients."""

    cast: Cast
    processes: list[SpawnProcess] = field(default_factory=list)
    ends: list[Connection] = field(default_factory=list)

    def start(self, parts: Sequence[str] = PARTS) -> None:
        """Start them; minutes count from now."""
        context = multiprocessing.get_context("spawn")
        begin = time.monotonic()
        for part in parts:
            ours, theirs = context.Pipe()
            process = context.Process(target=act, args=(self.cast, part, begin, theirs), daemon=True)
            process.start()
            self.processes.append(process)
            self.ends.append(ours)

    def finish(self) -> list[Result]:
        """Tell all to end, and hear what they saw."""
        results: list[Result] = []
        for end in self.ends:
            end.send("end")
        for end, process in zip(self.ends, self.processes, strict=True):
            results.append(end.recv())
            process.join(5)
        return results


def act(cast: Cast, part: str, begin: float, link: Connection) -> None:
    """One process of clients, until it is told to end; whoever waits for an answer then is not counted."""
    people: list[Person] = getattr(cast, f"list_{part}")()
    diary, end = Diary(begin, cast.minutes), threading.Event()
    for person in people:
        threading.Thread(target=person.live, args=(cast.port, diary, end), daemon=True).start()
    link.recv()
    end.set()
    time.sleep(0.5)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    with diary.lock:
        tallies = [(kind, minute, tally) for (kind, minute), tally in diary.tallies.items()]
        link.send(Result(tallies, diary.failures, diary.causes, spent.ru_utime + spent.ru_stime))
