"""All workers of an engine: who runs where, and for how long.

The fast lanes are sent several queries each, since waiting for every answer costs more than a small query;
another is used as soon as the first query of the one takes its time. A worker whose first query turns out
costly goes on at a lower priority as a slow lane; the queries behind it go to others, and a fresh worker
takes its place. One that is past its deadline, whose client has gone, or that died, is replaced.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from plangraph.errors import (
    EngineStopped,
    PlangraphError,
    QueryGivenUp,
    QueryTooHungry,
    QueryTooSlow,
    QueueFull,
    QueueShareFull,
)
from plangraph.lane import NICENESS, Counts, Job, Lane, fail, find_greediest, open_lane
from plangraph.process import Parent
from plangraph.settings import Settings
from plangraph.turns import Turns
from plangraph.wire import Reply

DEPTH: Final = 16
"""How many queries a worker of the fast lane is sent at the same time."""

PROMPT_SECONDS: Final = 0.002
"""A worker whose first query is older gets another one only when all others are no better."""

SWEEP_SECONDS: Final = 0.01
"""How often running queries are looked at."""

DEATHS: Final = 4
"""How many workers may be killed under a query by others before it counts as its own fault."""


class Lanes:
    """The workers of one event loop, between :meth:`open` and :meth:`close`."""

    def __init__(self, parent: Parent, settings: Settings) -> None:
        self.parent = parent
        self.limits = settings.limits
        self.wanted = max(settings.workers, 1)
        self.counts = Counts()
        self.queue: Turns[Job] = Turns(self.limits.queue_length)
        self.fast: list[Lane] = []
        self.slow: set[Lane] = set()
        """Lanes that run one costly query each, or end what they had before the data changed."""
        self.refilling: asyncio.Task[None] | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.sweeping: asyncio.TimerHandle | None = None
        self.is_open = False

    async def open(self) -> None:
        """Fork the workers; raises :class:`EngineStopped`."""
        while len(self.fast) < self.wanted:
            self.fast.append(await self.fork_lane())
        self.is_open = True

    def close(self) -> None:
        """End every worker; queries that run or wait get an error."""
        self.is_open = False
        for task in (*self.tasks, *([self.refilling] if self.refilling else [])):
            task.cancel()
        if self.sweeping is not None:
            self.sweeping.cancel()
            self.sweeping = None
        lanes = (*self.fast, *self.slow)
        for job in (*self.queue.list_entries(), *(job for lane in lanes for job in lane.jobs)):
            fail(job, EngineStopped("the engine has been closed"))
        self.queue = Turns(self.limits.queue_length)
        for lane in lanes:
            lane.jobs.clear()
            lane.end()
        self.fast, self.slow = [], set()

    def enqueue(self, job: Job) -> None:
        """Send a job to a worker, or let it wait for one."""
        if not self.queue and (lane := self.find_free_lane(job.queued_at)) is not None:
            lane.send(job, job.queued_at)
            self.watch()
            return
        most = self.limits.queue_length
        if given_up := self.queue.add(job.client, job):
            cause = QueueFull if given_up is job else QueueShareFull
            fail(given_up, cause(f"{most} queries are waiting already", limit=most))
        self.watch()

    def find_free_lane(self, now: float) -> Lane | None:
        """The first lane that is quick; else the one with the fewest queries, if it takes one more.

        So one worker gets what one worker can do, which is cheaper than waking several.
        """
        for lane in self.fast:
            if not lane.jobs or (now - lane.jobs[0].begun_at < PROMPT_SECONDS and len(lane.jobs) < DEPTH):
                return lane
        idlest = min(self.fast, key=lambda entry: len(entry.jobs), default=None)
        return idlest if idlest is not None and len(idlest.jobs) < DEPTH else None

    def dispatch(self) -> None:
        """Send what waits to workers that have room."""
        now = asyncio.get_running_loop().time()
        while self.queue and (lane := self.find_free_lane(now)) is not None:
            job = self.queue.take()
            if not job.answered.done():
                lane.send(job, now)

    def forget(self, job: Job, error: PlangraphError | None = None) -> None:
        """Nobody waits for this job any more, or they get the error; if it is running, it is killed."""
        if error is not None:
            fail(job, error)
        if self.queue.remove(job.client, job):
            return
        for lane in (*self.fast, *self.slow):
            if lane.jobs and lane.jobs[0] is job:
                self.give_up(lane)
                return

    # -- what workers say

    def on_reply(self, lane: Lane, reply: Reply) -> None:
        """An answer has come in."""
        if not lane.jobs:  # it was given up as the answer came
            return
        job = lane.finish_first(asyncio.get_running_loop().time())
        if not job.answered.done():
            if isinstance(reply.outcome, PlangraphError):
                job.answered.set_exception(reply.outcome)
            else:
                job.answered.set_result(reply.outcome)
        if reply.last and not lane.is_leaving:
            self.replace_lane(lane)
        if lane.is_leaving and not lane.jobs:
            self.slow.discard(lane)
            lane.end()
        if self.queue:
            self.dispatch()

    def on_lost(self, lane: Lane) -> None:
        """A worker has gone: we ended it, it died of its query, or somebody killed it."""
        jobs = list(lane.jobs)
        lane.jobs.clear()
        lane.worker.end()
        self.slow.discard(lane)
        with suppress(ValueError):
            self.fast.remove(lane)
        if not self.is_open:
            for job in jobs:
                fail(job, EngineStopped("the engine has been closed"))
            return
        if not lane.is_leaving or jobs:
            self.counts.deaths += 1
        self.repeat(jobs[1:])
        if jobs:
            self.spawn(self.settle_death(lane, jobs[0]))
        self.refill()

    async def settle_death(self, lane: Lane, job: Job) -> None:
        """Ask a query again whose worker was killed by another's hand; else it was the query's fault."""
        found = await asyncio.to_thread(self.parent.find_signal, lane.worker.pid)
        job.deaths += 1
        if found in (signal.SIGKILL, None) and job.deaths < DEATHS:
            self.repeat([job])
            return
        fail(
            job,
            QueryTooHungry(
                "the process that ran the query died, most likely for want of memory",
                limit=self.limits.worker_memory_bytes,
            ),
        )

    def repeat(self, jobs: list[Job]) -> None:
        """Let jobs wait for another worker, before all others."""
        self.counts.repeats += len(jobs)
        for job in reversed(jobs):
            if not job.answered.done():
                self.queue.put_back(job.client, job)
        self.dispatch()
        self.watch()

    # -- lanes

    def replace_lane(self, lane: Lane) -> None:
        """A worker leaves the fast lanes after its first query; a fresh one takes its place."""
        with suppress(ValueError):
            self.fast.remove(lane)
        mates = lane.drop_mates()
        if lane.jobs:
            self.slow.add(lane)
        self.repeat(mates)
        self.refill()

    def refill(self) -> None:
        """See to it that there are as many fast lanes as there should be."""
        if self.is_open and (self.refilling is None or self.refilling.done()):
            self.refilling = asyncio.get_running_loop().create_task(self.fork_missing())

    async def fork_missing(self) -> None:
        """Fork workers until none is missing; where that fails, those who wait are told."""
        try:
            while self.is_open and len(self.fast) < self.wanted:
                self.fast.append(await self.fork_lane())
                self.dispatch()
        except EngineStopped as error:
            if not self.fast:
                while self.queue:
                    fail(self.queue.take(), error)

    async def fork_lane(self) -> Lane:
        """A lane on a fresh worker; raises :class:`EngineStopped`."""
        forking = asyncio.ensure_future(asyncio.to_thread(self.parent.fork))
        try:
            worker = await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(end_late)
            raise
        return await open_lane(worker, self.on_reply, self.on_lost)

    def give_up(self, lane: Lane) -> None:
        """Kill a worker for its first query, which gets no answer from it; the others go elsewhere."""
        self.counts.kills += 1
        self.replace_lane(lane)
        lane.jobs.clear()
        self.slow.discard(lane)
        lane.end()

    # -- time

    def watch(self) -> None:
        """Look at what runs and waits in a moment, and again as long as something does."""
        if self.sweeping is None and self.is_open:
            self.sweeping = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self.sweep)

    def sweep(self) -> None:
        """Move costly queries out of the way, and stop those whose time is up."""
        self.sweeping = None
        now = asyncio.get_running_loop().time()
        seconds = self.limits.query_seconds
        for lane in (*self.fast, *self.slow):
            if not lane.jobs:
                continue
            job = lane.jobs[0]
            if now - job.begun_at > seconds:
                fail(job, QueryTooSlow(f"the query was stopped after {seconds} seconds", limit=seconds))
                self.give_up(lane)
            elif job.answered.done():  # its client has gone, and it did not end by itself
                if now - job.begun_at > SWEEP_SECONDS:
                    self.give_up(lane)
            elif lane not in self.slow and lane.is_costly(now):
                self.move_aside(lane)
        for job in self.queue.list_entries():
            if now - job.queued_at > seconds and self.queue.remove(job.client, job):
                fail(job, QueueFull(f"no worker came free in {seconds} seconds"))
        if self.queue or any(lane.jobs for lane in (*self.fast, *self.slow)):
            self.watch()

    def move_aside(self, lane: Lane) -> None:
        """A costly query goes on at a lower priority; past the limit of such queries one is given up."""
        self.counts.moves += 1
        lane.worker.yield_way(NICENESS)
        self.replace_lane(lane)
        most = self.limits.costly_queries
        if len(self.slow) > most:
            victim = find_greediest(self.slow)
            fail(
                victim.jobs[0],
                QueryGivenUp(f"more than {most} costly queries ran; this one was given up", limit=most),
            )
            self.give_up(victim)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something be done meanwhile; it ends with the engine."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def end_late(forking: asyncio.Future[Any]) -> None:
    """End a worker that nobody waits for any more."""
    if not forking.cancelled() and forking.exception() is None:
        forking.result().end()
