"""Writers that get into each other's way, and readers that look for what must not be seen.

Some writers count documents up: read a document with its tag, and put it back with the next number, if
nobody has written it since. Others let both documents of a pair carry the next number in one write. Readers
ask for all documents at once.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rig.client import Client, Reply, escape
from rig.crashes import send
from rig.papers import READ, name_graph, read_numbers, write_paper, write_step

LABEL: Final = re.compile(rb'"paper (\d+)"@en')
PAIRS: Final = 4


@dataclass
class Log:
    """What all of them saw; each adds to it under one lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    counted: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often a document was brought to a number; more than once is a stale tag that was accepted."""
    paired: Counter[int] = field(default_factory=Counter)
    stale: int = 0
    repeated: int = 0
    write_seconds: list[float] = field(default_factory=list)
    read_seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def fail(self, text: str) -> None:
        """Take down what went wrong."""
        with self.lock:
            self.faults.append(text)


@dataclass
class Rivals:
    """Writers and readers of one service, until told to end, or each writer until so many writes are made."""

    port: int
    token: str
    counters: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    most: int | None = None
    log: Log = field(default_factory=Log)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, writers: int, readers: int, seconds: float | None = None) -> float:
        """Let them work; how many seconds that took."""
        begin = time.perf_counter()
        counting = writers - len(self.pairs)
        works: list[Callable[[], None]] = [
            lambda place=place: self.count(place)  # type: ignore[misc]
            for place in range(counting)
        ]
        works += [lambda pair=pair: self.step(pair) for pair in self.pairs]  # type: ignore[misc]
        writing = [threading.Thread(target=work) for work in works]
        reading = [threading.Thread(target=self.read, args=(place,)) for place in range(readers)]
        for thread in (*writing, *reading):
            thread.start()
        if seconds is not None:
            time.sleep(seconds)
            self.ended.set()
        for thread in writing:
            thread.join()
        taken = time.perf_counter() - begin
        self.ended.set()
        for thread in reading:
            thread.join()
        return taken

    def is_over(self, made: int) -> bool:
        """Whether a writer that has made so many writes is done."""
        return self.ended.is_set() or (self.most is not None and made >= self.most)

    def count(self, place: int) -> None:
        """Count documents up, another one each time."""
        with Client(self.port, f"127.0.1.{place + 1}", timeout=120) as client:
            self.count_by(client, place)

    def count_by(self, client: Client, place: int) -> None:
        """Count over a connection."""
        made, tries = 0, place
        while not self.is_over(made):
            tries += 1
            slug = self.counters[tries % len(self.counters)]
            address = f"/graphs?graph={escape(name_graph(slug))}"
            held = client.ask(address, headers={"Accept": "text/turtle"})
            found = LABEL.search(held.body)
            if held.status != 200 or found is None:
                self.log.fail(f"a document was read as {held.describe()}")
                continue
            number = int(found[1]) + 1
            headers = {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "text/turtle",
                "If-Match": (held.headers or {})["etag"],
                "Idempotency-Key": f"{place}-{tries}",
            }
            reply = self.insist(
                lambda: client.ask(address, "PUT", write_paper(slug, number).encode(), headers)  # noqa: B023
            )
            with self.log.lock:
                if reply.status == 204:
                    made += 1
                    self.log.counted[slug, number] += 1
                    self.log.write_seconds.append(reply.seconds)
                elif reply.status == 412:
                    self.log.stale += 1
            if reply.status not in (204, 412):
                self.log.fail(f"{slug}, {number}: {reply.describe()}")

    def step(self, pair: tuple[str, str]) -> None:
        """Let both documents of a pair carry the next number, again and again."""
        number, client = 0, Client(self.port, timeout=120)
        while not self.is_over(number):
            number += 1
            text, key = write_step(pair, number), f"{pair[0]}-{number}"
            reply = self.insist(lambda: send(client, self.token, text, key))  # noqa: B023
            if reply.status == 200:
                with self.log.lock:
                    self.log.paired[number] += 1
                    self.log.write_seconds.append(reply.seconds)
            else:
                self.log.fail(f"{pair[0]}, {number}: {reply.describe()}")
        client.close()

    def insist(self, write: Callable[[], Reply]) -> Reply:
        """Send a write again, with its key, while the service asks for patience."""
        while (reply := write()).status == 503:
            with self.log.lock:
                self.log.repeated += 1
            time.sleep(0.1)
        return reply

    def read(self, place: int) -> None:
        """Look at all documents, again and again: pairs are even, and no number ever falls."""
        client, last = Client(self.port, f"127.0.2.{place + 1}", timeout=120), dict[str, int]()
        while not self.ended.is_set():
            reply = client.query(f"{READ} #{place} {time.perf_counter()}")
            if reply.status != 200:
                self.log.fail(f"a query got {reply.describe()}")
                continue
            try:
                numbers = read_numbers(reply.read_rows())
            except ValueError as error:
                self.log.fail(f"half of a write was seen: {error}")
                continue
            for first, second in self.pairs:
                if numbers[first] != numbers[second]:
                    self.log.fail(f"{first} has {numbers[first]} and {second} {numbers[second]}")
            if any(numbers[slug] < number for slug, number in last.items()):
                self.log.fail("a number has fallen")
            last = numbers
            with self.log.lock:
                self.log.read_seconds.append(reply.seconds)
        client.close()

    def look(self) -> dict[str, int]:
        """Hold the numbers at the end against what was acknowledged: each step counts, and each once."""
        with Client(self.port, timeout=60) as client:
            numbers = read_numbers(client.query(READ).read_rows())
        for (slug, number), times in self.log.counted.items():
            if times > 1:
                self.log.fail(f"{slug} was brought to {number} {times} times: a stale tag was accepted")
        for slug in self.counters:
            steps = sum(times for (name, _), times in self.log.counted.items() if name == slug)
            if numbers[slug] != steps:
                self.log.fail(f"{slug} has {numbers[slug]} after {steps} steps: an update was lost")
        return numbers
