"""Rounds of SIGKILL: a service on a journal, writers at work, all of it killed, and what is there afterwards.

A writer lets two documents of its own carry the next number, again and again, each write with a key of its
own; now and then it sends one that must be refused. When it is killed, of each writer at most one write is in
flight: that one may be there or not, whole or not at all.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plangraph.journal_copies import verify, verify_chain
from plangraph.journal_reads import JournalReader
from rig.client import Client, Reply
from rig.launch import DidNotStart, Server, free_port, serve_plangraph
from rig.papers import READ, read_numbers, write_breach, write_folder, write_step
from rig.postgresql import PostgreSQL
from rig.writes import make_token

REFUSED_EACH: Final = 6
"""One of so many writes must be refused."""

TRIES: Final = 5
BREACH: Final = 1_000_000
"""Numbers from here on stand in writes that must be refused."""

LEAST_SECONDS, MOST_SECONDS = 0.3, 2.5
"""When the kill comes, after the writers began."""


@dataclass
class Tally:
    """What all rounds have shown."""

    rounds: int = 0
    acknowledged: int = 0
    refused: int = 0
    in_flight: int = 0
    kept_in_silence: int = 0
    lost: int = 0
    halves: int = 0
    refused_seen: int = 0
    faults: list[str] = field(default_factory=list)
    start_seconds: list[float] = field(default_factory=list)


@dataclass
class Hand:
    """One writer: the pair of documents that it writes, and how far it came."""

    place: int
    acknowledged: int = 0
    sent: int = 0
    revisions: dict[int, str] = field(default_factory=dict)
    """The number and the name of each revision that it was told of in this round."""
    refused: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def slugs(self) -> tuple[str, str]:
        """Its two documents."""
        return f"pair-{self.place}-a", f"pair-{self.place}-b"

    def work(self, port: int, token: str, seed: int) -> None:
        """Write until the service is gone."""
        with Client(port, timeout=60) as client:
            self.write(client, token, random.Random(seed))

    def write(self, client: Client, token: str, chance: random.Random) -> None:
        """Write until there is no answer."""
        while True:
            if chance.randrange(REFUSED_EACH) == 0:
                reply = send(client, token, write_breach(self.slugs, self.acknowledged + BREACH))
                if reply.status == 0:
                    return
                self.refused += reply.status == 422
                if reply.status not in (422, 503):
                    self.faults.append(f"a write that breaks a rule got {reply.describe()}")
            number = self.acknowledged + 1
            self.sent = number
            reply = send(client, token, write_step(self.slugs, number), self.name_key(number))
            if reply.status == 0:
                return
            if reply.status == 200:
                self.note(number, reply)
            elif reply.status != 503:
                self.faults.append(f"{self.slugs[0]}, {number}: {reply.describe()}")
                return

    def note(self, number: int, reply: Reply) -> None:
        """Take down that a write was acknowledged."""
        told = reply.read_json()
        self.revisions[int(told["number"])] = str(told["revision"])
        self.acknowledged = number

    def name_key(self, number: int) -> str:
        """The key of a write."""
        return f"{self.place}-{number}"


def send(client: Client, token: str, text: str, key: str | None = None) -> Reply:
    """An update."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sparql-update"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return client.ask("/update", "POST", text.encode(), headers)


class Crashes:
    """A service on a journal that is killed again and again."""

    def __init__(
        self, folder: Path, address: str, writers: int, postgresql: PostgreSQL | None = None
    ) -> None:
        self.address = address
        self.postgresql = postgresql
        self.hands = [Hand(place) for place in range(writers)]
        slugs = [slug for hand in self.hands for slug in hand.slugs]
        self.data = write_folder(folder / "data", slugs)
        self.token, self.token_file = make_token(folder)
        self.log = folder / "log"
        self.tally = Tally()
        self.server: Server | None = None

    def start(self) -> Server:
        """The service, once it answers."""
        options = ("--data", str(self.data), "--token-file", str(self.token_file), "--journal", self.address)
        with self.log.open("ab") as log:
            for _ in range(TRIES):
                self.server = serve_plangraph(free_port(), *options, "--workers", "2", log=log)
                self.server.group = True
                begin = time.perf_counter()
                try:
                    self.server.start()
                except DidNotStart:
                    said = self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]
                    if "address already in use" in said:  # somebody took the port meanwhile
                        continue
                    print(said, file=sys.stderr)
                    raise
                self.tally.start_seconds.append(time.perf_counter() - begin)
                return self.server
        raise DidNotStart("no port is to be had")

    def kill(self) -> None:
        """Kill every process of the service at once."""
        assert self.server is not None
        os.killpg(self.server.pid, signal.SIGKILL)
        assert self.server.process is not None
        self.server.process.wait()
        if self.postgresql is not None and self.tally.rounds % 4 == 3:
            self.postgresql.stop()  # as if its machine had died as well
            self.postgresql.start()

    def run_round(self, seed: int) -> None:
        """Write, kill, start anew, and look."""
        server, chance = self.server or self.start(), random.Random(seed)
        threads = [
            threading.Thread(target=hand.work, args=(server.port, self.token, chance.randrange(1 << 30)))
            for hand in self.hands
        ]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(LEAST_SECONDS, MOST_SECONDS))
        self.kill()
        for thread in threads:
            thread.join()
        self.start()
        self.look()
        self.tally.rounds += 1

    def look(self) -> None:
        """Hold what is there against what was acknowledged, and send again what was in flight."""
        assert self.server is not None
        with Client(self.server.port, timeout=60) as client:
            self.compare(client, read_numbers(client.query(READ).read_rows()))

    def compare(self, client: Client, numbers: dict[str, int]) -> None:
        """As :meth:`look`, with what was found."""
        tally = self.tally
        reader = JournalReader(self.address)
        names = {revision.number: revision.name for revision in reader.list_revisions()}
        reader.close()
        for hand in self.hands:
            first, second = (numbers.get(slug, -1) for slug in hand.slugs)
            told = f"{hand.slugs[0]} has {first}, the other one {second}; acknowledged {hand.acknowledged}"
            seen, half = max(first, second) > BREACH, first != second
            lost = min(first, second) < hand.acknowledged or any(
                names.get(number) != name for number, name in hand.revisions.items()
            )
            tally.refused_seen, tally.halves = tally.refused_seen + seen, tally.halves + half
            tally.lost += lost
            if seen or half or lost or first > max(hand.sent, hand.acknowledged):
                tally.faults.append(f"{told}, sent {hand.sent}")
            tally.acknowledged += len(hand.revisions)
            tally.refused += hand.refused
            tally.faults += hand.faults
            hand.revisions, hand.refused, hand.faults = {}, 0, []
            if hand.sent > hand.acknowledged:
                self.repeat(hand, first, client)

    def repeat(self, hand: Hand, found: int, client: Client) -> None:
        """Send a write again that nobody had an answer to: it was made, and is told so, or it is made now."""
        self.tally.in_flight += 1
        made = found == hand.sent
        self.tally.kept_in_silence += made
        text, key = write_step(hand.slugs, hand.sent), hand.name_key(hand.sent)
        reply = send(client, self.token, text, key)
        if reply.status != 200:
            self.tally.faults.append(f"{key} was sent again and got {reply.describe()}")
            return
        again = (reply.headers or {}).get("idempotency-replayed") == "true"
        if again is not made:
            self.tally.faults.append(f"{key} was {'there' if made else 'not there'} and was told otherwise")
        hand.note(hand.sent, reply)

    def close(self) -> None:
        """End the service, and hold the journal against itself."""
        if self.server is not None:
            self.server.stop()
        self.tally.faults += verify(self.address).faults

    def count(self) -> tuple[int, int]:
        """How many revisions the journal has, and how many bytes it takes."""
        reader = JournalReader(self.address)
        try:
            revisions = verify_chain(reader).revisions
            if self.postgresql is None:
                return revisions, Path(self.address).stat().st_size
            with reader.pool.connect() as connection:
                told = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
                return revisions, int(told)
        finally:
            reader.close()
