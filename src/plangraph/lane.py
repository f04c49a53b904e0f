"""One worker as the engine uses it: the queries it was sent, in order, and how long the first has taken."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from plangraph.channel import Channel
from plangraph.errors import PlangraphError
from plangraph.evaluation import Answer
from plangraph.process import Worker
from plangraph.wire import Reply

DEPTH: Final = 16
"""How many queries a worker is sent at the same time."""

CHEAP_SECONDS: Final = 0.02
"""A query that has used more CPU than this leaves the fast lanes; most use a hundredth of it."""

FAIR_SECONDS: Final = 0.1
"""A query that has used more than this goes on at a lower priority, for good. The first query of ten thousand
rows of a fresh worker, half of which are copies of pages, takes a third of it on our machines."""

QUICK_SECONDS: Final = 0.005
"""A worker whose last query used more CPU than this, or that has answered none, gets one query at a time; and
one whose first query has used more gets no other behind it."""


@dataclass(eq=False)
class Job:
    """A query on its way: its bytes for the worker, and who waits for the answer.

    The bytes are for a worker and nobody else: nothing is logged, counted or cancelled by them. A query that
    another server is asked has none.
    """

    query: bytes
    client: str
    answered: asyncio.Future[Answer]
    queued_at: float
    """When it was asked (in the event loop's time)."""
    begun_at: float = 0.0
    """When it became the first of its worker."""
    cpu_before: float = 0.0
    """The seconds of CPU that the worker had used then."""
    deaths: int = 0
    """How many workers died under it by another's hand."""


def fail(job: Job, error: PlangraphError) -> None:
    """Tell whoever waits for a job that it got no answer, unless they know more already."""
    if not job.answered.done():
        job.answered.set_exception(error)


@dataclass
class Counts:
    """What has happened since the start, for those who watch."""

    kills: int = 0
    """Workers killed for their query: past its deadline, given up, or left by its client."""
    deaths: int = 0
    """Workers that died by themselves or by another's hand."""
    moves: int = 0
    """Queries that turned out costly and left the fast lane."""
    repeats: int = 0
    """Queries that were asked again, since their worker died or left under them."""


@dataclass(eq=False)
class Lane:
    """A worker with the queries it was sent. The first of them is running."""

    worker: Worker
    channel: Channel
    revision: str
    """That of the data which the worker holds."""
    place: int
    """How many changes of the log the worker has."""
    followed: int = 0
    """How many changes of the data it has taken in."""
    jobs: deque[Job] = field(default_factory=deque)
    memory_before: int = 0
    """The bytes that the worker held when it was fresh."""
    niceness: int = 0
    is_quick: bool = False
    """Whether its last query was a small one, so that the next most likely is too."""
    is_leaving: bool = False
    """Whether it gets no more queries and ends after those it has."""

    def send(self, job: Job, now: float) -> None:
        """Give the worker one more query."""
        self.jobs.append(job)
        if len(self.jobs) == 1:
            self.begin_first(now)
        self.channel.send(job.query)

    def finish_first(self, now: float) -> Job:
        """The query that has just been answered; the next one, if there is one, runs from now."""
        done = self.jobs.popleft()
        self.is_quick = (
            now - done.begun_at < QUICK_SECONDS  # most are, and need not be measured
            or self.worker.measure_cpu() - done.cpu_before < QUICK_SECONDS
        )
        if self.jobs:
            self.begin_first(now)
        return done

    def begin_first(self, now: float) -> None:
        """Note from when on the first query runs."""
        self.jobs[0].begun_at, self.jobs[0].cpu_before = now, self.worker.measure_cpu()

    def takes_more(self) -> bool:
        """Whether a query may be sent behind those it has."""
        return self.is_quick and len(self.jobs) < DEPTH

    def drop_mates(self) -> list[Job]:
        """Take all queries but the first away, in order; a worker that has some ends after the first."""
        mates = list(self.jobs)[1:]
        self.is_leaving = self.is_leaving or bool(mates)
        while len(self.jobs) > 1:
            self.jobs.pop()
        return mates

    def spent_cpu(self) -> float:
        """The seconds of CPU that the first query has used."""
        return self.worker.measure_cpu() - self.jobs[0].cpu_before if self.jobs else 0.0

    def give_way(self, niceness: int) -> None:
        """Let the worker of a costly query have the processor after all that are less nice."""
        if niceness > self.niceness:
            self.niceness = niceness
            self.worker.yield_way(niceness)

    def grown(self) -> int:
        """The bytes that the worker has come to hold since it was fresh."""
        return self.worker.measure_memory() - self.memory_before

    def is_costly(self, now: float) -> bool:
        """Whether its first query should no longer stand before others; judged by CPU, since on a loaded
        machine a cheap query takes its time too."""
        return (
            bool(self.jobs)
            and now - self.jobs[0].begun_at > CHEAP_SECONDS
            and (self.spent_cpu() > CHEAP_SECONDS)
        )

    def is_unfair(self) -> bool:
        """Whether its first query should let all others have the processor first."""
        return self.spent_cpu() > FAIR_SECONDS

    def end(self) -> None:
        """Kill the worker and hang up."""
        self.is_leaving = True
        self.worker.kill()
        self.channel.close()


async def open_lane(
    worker: Worker, on_reply: Callable[[Lane, Reply], None], on_lost: Callable[[Lane], None]
) -> Lane:
    """A lane on a fresh worker, bound to the event loop that runs."""
    channel = Channel(worker.revision, lambda reply: on_reply(lane, reply), lambda: on_lost(lane))
    lane = Lane(worker, channel, worker.revision, worker.place, memory_before=worker.measure_memory())
    await asyncio.get_running_loop().create_connection(lambda: channel, sock=worker.channel)
    return lane


def find_greediest(lanes: Iterable[Lane]) -> Lane:
    """Of lanes with running queries the one to give up: of the client that has most, the costliest."""
    by_client: dict[str, list[Lane]] = {}
    for lane in lanes:
        by_client.setdefault(lane.jobs[0].client, []).append(lane)
    most = max(map(len, by_client.values()))
    return max(
        (lane for held in by_client.values() if len(held) == most for lane in held), key=Lane.spent_cpu
    )
