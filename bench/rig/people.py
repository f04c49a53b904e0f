"""The clients of a long run, each a thread with an address of its own: what they ask and what they count."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rig.client import JSON_ROWS, Client, Reply, escape

FAILURES_KEPT: Final = 20
REFUSED_SECONDS: Final = 0.1
"""How long a costly client that was refused or cut off waits before its next query."""

Ask = Callable[[Client, random.Random], tuple[str, Reply]]
"""One request of a client: the name of what was asked, which gives the same number of bytes each time."""


@dataclass
class Tally:
    """What one kind of client saw in one minute."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    failures: int = 0


@dataclass
class Diary:
    """What all clients of one process saw: by kind and minute, and the first failures in words."""

    begin: float
    minutes: int
    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    causes: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, kind: str, name: str, reply: Reply, must_answer: bool) -> None:
        """Count an answer. One that must be had fails by its status, or by another length than before."""
        with self.lock:
            now = time.monotonic() - self.begin
            tally = self.tallies.setdefault((kind, min(int(now // 60), self.minutes - 1)), Tally())
            tally.seconds.append(reply.seconds)
            tally.statuses[reply.status] = tally.statuses.get(reply.status, 0) + 1
            if not must_answer:
                return
            cause = "" if reply.status == 200 else reply.describe()
            if not cause and self.lengths.setdefault(name, len(reply.body)) != len(reply.body):
                cause = f"{len(reply.body)} bytes, once {self.lengths[name]}"
            if cause:
                tally.failures += 1
                title = f"{kind}: {name_cause(reply)}"
                self.causes[title] = self.causes.get(title, 0) + 1
                if len(self.failures) < FAILURES_KEPT:
                    self.failures.append(f"{now:.1f} s, {kind}, {name}, {reply.seconds:.2f} s: {cause}")


def name_cause(reply: Reply) -> str:
    """A failure in few words: the status and the title of the problem, or what stood in its way."""
    if reply.status == 200:
        return "another length than before"
    try:
        return f"{reply.status} {json.loads(reply.body)['title']}"
    except (ValueError, KeyError, TypeError):
        return reply.describe()[:80]


@dataclass(frozen=True)
class Person:
    """One client: how it is called, what it asks, how long it thinks between two requests."""

    kind: str
    address: str
    ask: Ask
    pause_seconds: float
    must_answer: bool = True

    def live(self, port: int, diary: Diary, end: threading.Event) -> None:
        """Ask until the end."""
        client, chance = Client(port, self.address, timeout=60), random.Random(self.address)
        end.wait(chance.random() * self.pause_seconds)
        while not end.is_set():
            name, reply = self.ask(client, chance)
            diary.write(self.kind, name, reply, self.must_answer)
            pause = self.pause_seconds
            if not self.must_answer and reply.status != 200:
                pause = max(pause, REFUSED_SECONDS)
            if pause:
                end.wait(pause)
        client.close()


def ask_lookups(subjects: Sequence[str]) -> Ask:
    """Cheap queries; no text comes twice."""

    def ask(client: Client, chance: random.Random) -> tuple[str, Reply]:
        subject = chance.choice(subjects)
        return subject, client.query(f"SELECT ?p ?o {{ <{subject}> ?p ?o }} #{chance.random()}")

    return ask


def ask_questions(questions: Sequence[tuple[str, str]]) -> Ask:
    """The competency questions; every other one as it stands, so that a cache may help."""

    def ask(client: Client, chance: random.Random) -> tuple[str, Reply]:
        name, text = chance.choice(questions)
        return name, client.query(text + (f"\n#{chance.random()}" if chance.random() < 0.5 else ""))

    return ask


def ask_constructs(subjects: Sequence[str]) -> Ask:
    """Graphs as N-Triples: all of one thing, and all labels."""

    def ask(client: Client, chance: random.Random) -> tuple[str, Reply]:
        subject = chance.choice(subjects)
        name, text = chance.choice(
            (
                (subject, f"CONSTRUCT {{ <{subject}> ?p ?o }} WHERE {{ <{subject}> ?p ?o }}"),
                (
                    "labels",
                    "CONSTRUCT { ?s rdfs:label ?l } WHERE { ?s rdfs:label ?l } ORDER BY ?s ?l LIMIT 2000",
                ),
            )
        )
        return name, client.query(f"{text} #{chance.random()}", accept="application/n-triples")

    return ask


def ask_pages(paths: Sequence[str]) -> Ask:
    """REST pages."""

    def ask(client: Client, chance: random.Random) -> tuple[str, Reply]:
        path = chance.choice(paths)
        return path, client.ask(path, headers={"Accept": "application/json"})

    return ask


def ask_costly(texts: Sequence[tuple[str, str]]) -> Ask:
    """Queries that end at a limit, one after the other."""

    def ask(client: Client, chance: random.Random) -> tuple[str, Reply]:
        name, text = chance.choice(texts)
        return name, client.query(f"{text} #{chance.random()}")

    return ask


def leave_costly(texts: Sequence[tuple[str, str]]) -> Ask:
    """A costly query whose client goes away in the middle."""

    def ask(client: Client, chance: random.Random) -> tuple[str, Reply]:
        name, text = chance.choice(texts)
        stay = chance.uniform(0.05, 1.5)
        path = f"/sparql?query={escape(f'{text} #{chance.random()}')}"
        client.leave(path, {"Accept": JSON_ROWS}, stay)
        return name, Reply(200, stay)

    return ask
