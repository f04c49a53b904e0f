"""Who runs where, and for how long: queries to lanes, and what becomes of them.

A lane is sent several queries, since waiting for every answer costs more than a small query. One whose first
query turns out costly goes on as a slow lane, and the queries behind it go elsewhere; where it then takes
more than its share it goes on at a lower priority. A worker that is past its deadline, whose client has gone,
or that died, is replaced.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from typing import Final

from plangraph.conduct import NICENESS, Conduct
from plangraph.errors import (
    EngineStopped,
    PlangraphError,
    QueryGivenUp,
    QueryTooHungry,
    QueryTooSlow,
    QueueFull,
    QueueShareFull,
)
from plangraph.lane import Counts, Job, Lane, fail, find_greediest
from plangraph.lanes import Lanes
from plangraph.process import Parent
from plangraph.settings import Settings
from plangraph.turns import Turns
from plangraph.wire import Reply

SWEEP_SECONDS: Final = 0.01
"""How often running queries are looked at."""

WEIGH_SWEEPS: Final = 5
"""Every how many looks the memory of costly queries is weighed."""

IN_TIME: Final = 0.97
"""The part of its time after which a query is stopped, so that the refusal arrives within it."""

DEATHS: Final = 4
"""How many workers may be killed under a query by others before it counts as its own fault."""


class Dispatch:
    """Gives jobs to lanes, between :meth:`open` and :meth:`close`."""

    def __init__(self, parent: Parent, settings: Settings) -> None:
        self.limits = settings.limits
        self.counts = Counts()
        self.conduct = Conduct()
        self.queue: Turns[Job] = Turns(self.limits.queue_length)
        self.lanes = Lanes(
            parent, settings, on_reply=self.on_reply, on_lost=self.on_lost, on_ready=self.on_ready
        )
        self.settling: dict[asyncio.Task[None], Job] = {}
        """Queries of which it is being found out why their worker died."""
        self.sweeping: asyncio.TimerHandle | None = None
        self.sweeps = 0

    async def open(self) -> None:
        """Fork the workers; raises :class:`EngineStopped`."""
        await self.lanes.open()

    def close(self) -> None:
        """End every worker; queries that run or wait get an error."""
        for task, job in self.settling.items():
            task.cancel()
            fail(job, EngineStopped("the engine has been closed"))
        if self.sweeping is not None:
            self.sweeping.cancel()
            self.sweeping = None
        for job in (*self.lanes.close(), *self.queue.list_entries()):
            fail(job, EngineStopped("the engine has been closed"))
        self.queue = Turns(self.limits.queue_length)

    # -- jobs

    def add(self, job: Job) -> None:
        """Send a job to a worker, or let it wait for one."""
        if not self.queue and (lane := self.lanes.find_free(job.queued_at)) is not None:
            lane.send(job, job.queued_at)
        else:
            self.lanes.refill()  # a fork may have failed while nobody waited for it
            if given_up := self.queue.add(job.client, job):
                most = self.limits.queue_length
                cause = QueueFull if given_up is job else QueueShareFull
                fail(given_up, cause(f"{most} queries are waiting already", limit=most))
        self.watch()

    def send_waiting(self) -> None:
        """Send what waits to workers that have room."""
        now = asyncio.get_running_loop().time()
        while self.queue and (lane := self.lanes.find_free(now)) is not None:
            job = self.queue.take()
            if not job.answered.done():
                lane.send(job, now)

    def forget(self, job: Job, error: PlangraphError | None = None) -> None:
        """Nobody waits for this job any more, or they get the error; if it is running, it is killed."""
        if error is not None:
            fail(job, error)
        if self.queue.remove(job.client, job):
            return
        for lane in self.lanes:
            if lane.jobs and lane.jobs[0] is job:
                self.give_up(lane)

    def repeat(self, jobs: Iterable[Job]) -> None:
        """Let jobs wait for another worker, before all others."""
        for job in reversed(list(jobs)):
            if not job.answered.done():
                self.counts.repeats += 1
                self.queue.put_back(job.client, job)
        self.send_waiting()
        self.watch()

    # -- what lanes say

    def on_reply(self, lane: Lane, reply: Reply) -> None:
        """An answer has come in."""
        if lane in self.lanes.following:
            self.lanes.following[lane].take(reply)
            return
        if not lane.jobs or reply.outcome is None:  # it was given up as the answer came
            return
        job = lane.finish_first(asyncio.get_running_loop().time())
        if not job.answered.done():
            if isinstance(reply.outcome, PlangraphError):
                job.answered.set_exception(reply.outcome)
            else:
                job.answered.set_result(reply.outcome)
        spent = lane in self.lanes.slow and not self.lanes.take_back(lane)
        if reply.last or spent or (lane.is_leaving and not lane.jobs):
            self.repeat(self.lanes.put_away(lane))
        elif self.queue:
            self.send_waiting()

    def on_lost(self, lane: Lane) -> None:
        """A worker has gone: we ended it, it died of its query, or somebody killed it."""
        was_ended = lane.is_leaving and not lane.jobs
        jobs = self.lanes.put_away(lane)
        lane.worker.let_go()
        if was_ended or not self.lanes.is_open:
            return
        self.counts.deaths += 1
        self.repeat(jobs[1:])
        if jobs:
            task = asyncio.get_running_loop().create_task(self.settle_death(lane, jobs[0]))
            self.settling[task] = jobs[0]
            task.add_done_callback(lambda done: self.settling.pop(done, None))

    def on_ready(self, error: EngineStopped | None) -> None:
        """There is a fresh lane; or there can be none, and nobody has to wait for it."""
        if error is None:
            self.send_waiting()
        else:
            while self.queue:
                fail(self.queue.take(), error)

    async def settle_death(self, lane: Lane, job: Job) -> None:
        """Ask a query again whose worker was killed by another's hand; else it was the query's fault."""
        found = await asyncio.to_thread(lane.worker.parent.find_signal, lane.worker.pid)
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

    # -- time

    def watch(self) -> None:
        """Look at what runs and waits in a moment, and again as long as something does."""
        if self.sweeping is None and self.lanes.is_open:
            self.sweeping = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self.sweep)

    def sweep(self) -> None:
        """Move costly queries out of the way, and stop those whose time is up."""
        self.sweeping = None
        now = asyncio.get_running_loop().time()
        seconds = self.limits.query_seconds
        last = now - seconds * IN_TIME
        self.sweeps += 1
        for lane in self.lanes:
            if not lane.jobs:
                continue
            job = lane.jobs[0]
            if job.queued_at < last:
                fail(job, QueryTooSlow(f"the query was stopped after {seconds} seconds", limit=seconds))
                self.give_up(lane)
            elif job.answered.done():  # its client has gone, and it did not end by itself
                if now - job.begun_at > SWEEP_SECONDS:
                    self.give_up(lane)
            elif lane in self.lanes.slow:
                if lane.niceness or lane.is_unfair():
                    lane.give_way(self.conduct.find_niceness(job.client, now))
            elif lane.is_costly(now):
                self.move_aside(lane)
        for job in self.queue.list_entries():
            if job.queued_at < last and self.queue.remove(job.client, job):
                late = QueueFull(
                    f"no worker came free in {seconds} seconds", rule="query_seconds", limit=seconds
                )
                fail(job, late)
        if self.lanes.slow and self.sweeps % WEIGH_SWEEPS == 0:
            self.weigh_costly()
        if self.queue or any(lane.jobs for lane in self.lanes):
            self.watch()

    def weigh_costly(self) -> None:
        """Give up the largest of the costly queries while all together hold too much memory."""
        most = self.limits.costly_memory_bytes
        weights = {lane: lane.grown() for lane in self.lanes.slow}
        while weights and sum(weights.values()) > most:
            largest = max(weights, key=weights.__getitem__)
            del weights[largest]
            fail(
                largest.jobs[0],
                QueryGivenUp(
                    f"costly queries hold more than {most:,} bytes; this one held most and was given up",
                    rule="costly_memory_bytes",
                    limit=most,
                ),
            )
            self.give_up(largest)

    def move_aside(self, lane: Lane) -> None:
        """A costly query goes on by itself; past the limit of such queries one is given up.

        One of a client whose queries had to be stopped lately lets all others go first at once.
        """
        self.counts.moves += 1
        niceness = self.conduct.find_niceness(lane.jobs[0].client, asyncio.get_running_loop().time())
        if niceness > NICENESS:
            lane.give_way(niceness)
        self.repeat(self.lanes.set_aside(lane))
        most = self.limits.costly_queries
        if len(self.lanes.slow) > most:
            victim = find_greediest(self.lanes.slow)
            fail(
                victim.jobs[0],
                QueryGivenUp(f"more than {most} costly queries ran; this one was given up", limit=most),
            )
            self.give_up(victim)

    def give_up(self, lane: Lane) -> None:
        """Kill a worker for its first query, which gets no answer from it; the others go elsewhere."""
        self.counts.kills += 1
        if lane in self.lanes.slow:
            self.conduct.note(lane.jobs[0].client, asyncio.get_running_loop().time())
        self.repeat(self.lanes.put_away(lane)[1:])
