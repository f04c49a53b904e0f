"""All workers of an engine: those that take queries, those that run a costly one, and those of older data.

A fast lane that is taken up by one query is made up for by a fresh one, and comes back if the query was no
more than middling, unless there are twice as many as wanted: so as many such queries at once as there are
workers cost no fork. When the data has changed, those that have nothing to do take in the change; all others
are replaced, and end what they have.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from plangraph.errors import EngineStopped
from plangraph.following import Coming, Following, may_follow
from plangraph.lane import QUICK_SECONDS, Job, Lane, open_lane
from plangraph.process import Parent
from plangraph.settings import MIB, Settings
from plangraph.wire import Reply

logger = logging.getLogger("plangraph.workers")

PROMPT_SECONDS: Final = 0.002
"""A worker whose first query is older gets another one only when all others are no better."""

SPARE: Final = 2
"""How many times the wanted number of fast lanes there may be, once so many were needed."""

KEPT_BYTES: Final = 16 * MIB
"""A worker that has come to hold more than this for a query that was set aside is not used again."""

DRAIN_SECONDS: Final = 0.05
"""How often it is looked whether old workers have ended."""


class Lanes:
    """The workers of one event loop, between :meth:`open` and :meth:`close`.

    ``on_reply`` and ``on_lost`` are told of every lane. ``on_ready`` is called when a fresh lane takes
    queries, or with the error when there can be none.
    """

    def __init__(
        self,
        parent: Parent,
        settings: Settings,
        *,
        on_reply: Callable[[Lane, Reply], None],
        on_lost: Callable[[Lane], None],
        on_ready: Callable[[EngineStopped | None], None],
    ) -> None:
        self.parent = parent
        self.wanted = max(settings.workers, 1)
        self.on_reply = on_reply
        self.on_lost = on_lost
        self.on_ready = on_ready
        self.fast: list[Lane] = []
        self.slow: set[Lane] = set()
        """Lanes that run one costly query each."""
        self.old: set[Lane] = set()
        """Lanes that end what they had before the data changed."""
        self.following: dict[Lane, Following] = {}
        """Lanes that take in a change and get no queries meanwhile."""
        self.catching_up: set[asyncio.Task[None]] = set()
        self.refilling: asyncio.Task[None] | None = None
        self.is_open = False

    def __iter__(self) -> Any:
        """All lanes there are, as a list of this moment."""
        return iter([*self.fast, *self.slow, *self.old, *self.following])

    async def open(self) -> None:
        """Fork the workers; raises :class:`EngineStopped`."""
        while len(self.fast) < self.wanted:
            self.fast.append(await self.fork_lane())
        self.is_open = True

    def close(self) -> list[Job]:
        """End every worker; the jobs that they had."""
        self.is_open = False
        jobs: list[Job] = []
        for lane in self:
            jobs += lane.jobs
            lane.jobs.clear()
            self.remove(lane)
            lane.end()
        return jobs

    async def settle(self) -> None:
        """Return when nothing is on its way any more, after :meth:`close`."""
        if waiting := {*self.catching_up, *filter(None, [self.refilling])}:
            await asyncio.wait(waiting)
        await asyncio.sleep(0)

    def find_free(self, now: float) -> Lane | None:
        """The first lane that is quick; else the one with the fewest queries of those that take one more.

        So one worker gets what one worker can do, which is cheaper than waking several.
        """
        for lane in self.fast:
            if not lane.jobs or (now - lane.jobs[0].begun_at < PROMPT_SECONDS and lane.takes_more()):
                return lane
        roomy = (lane for lane in self.fast if lane.takes_more() and lane.spent_cpu() < QUICK_SECONDS)
        return min(roomy, key=lambda lane: len(lane.jobs), default=None)

    def set_aside(self, lane: Lane) -> list[Job]:
        """A lane takes no more queries while it has its first one; the jobs behind it, which it loses."""
        mates = lane.drop_mates()
        self.remove(lane)
        if lane.jobs:
            self.slow.add(lane)
        self.refill()
        return mates

    def take_back(self, lane: Lane) -> bool:
        """Let a lane that was set aside take queries again, unless it is spent or there are enough."""
        if lane.is_leaving or lane.niceness or len(self.fast) >= SPARE * self.wanted:
            return False
        if lane.grown() > KEPT_BYTES or not self.is_current(lane):
            return False
        self.slow.discard(lane)
        self.fast.insert(0, lane)  # it has its pages already
        return True

    def put_away(self, lane: Lane) -> list[Job]:
        """End a worker, whatever it does; the jobs that it had."""
        jobs = list(lane.jobs)
        lane.jobs.clear()
        self.remove(lane)
        lane.end()
        self.refill()
        return jobs

    def remove(self, lane: Lane) -> None:
        """Strike a lane off every list."""
        with suppress(ValueError):
            self.fast.remove(lane)
        self.slow.discard(lane)
        self.old.discard(lane)
        if following := self.following.pop(lane, None):
            following.end(False)

    def refill(self) -> None:
        """See to it that there are as many fast lanes as there should be."""
        if self.refilling is not None and not self.refilling.done():
            return
        if self.lacks_some():
            self.refilling = asyncio.get_running_loop().create_task(self.fork_missing())

    async def fork_missing(self) -> None:
        """Fork workers until none is missing; where that fails, those who wait are told."""
        try:
            while self.lacks_some():
                lane = await self.fork_lane()
                if self.is_open and self.is_current(lane):
                    self.fast.append(lane)
                    self.on_ready(None)
                else:  # the data has changed while it was forked, or nobody needs it any more
                    lane.end()
        except EngineStopped as error:
            if self.is_open and not self.fast:
                self.on_ready(error)

    def lacks_some(self) -> bool:
        """Whether there are fewer fast lanes than there should be, with those that soon will be."""
        return self.is_open and len(self.fast) + len(self.following) < self.wanted

    def is_current(self, lane: Lane) -> bool:
        """Whether a lane holds the data as it is now."""
        return lane.worker.parent is self.parent and lane.place == self.parent.find_place()

    async def fork_lane(self) -> Lane:
        """A lane on a fresh worker; raises :class:`EngineStopped`."""
        forking = asyncio.ensure_future(asyncio.to_thread(self.parent.fork))
        try:
            worker = await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(end_late)
            raise
        return await open_lane(worker, self.on_reply, self.on_lost)

    async def renew(self, coming: Coming | None = None) -> None:
        """Have workers that see the data as it is now; when this returns, every new query goes to one.

        One worker is enough to go on; the others take in the change, where it is one that they can, or are
        forked meanwhile. Where none can be forked, queries wait for the next that can.
        """
        if not self.is_open:
            return
        fresh = await self.find_follower(coming)
        if not self.is_open:
            return
        if fresh is None and not any(map(self.is_current, self.fast)):
            try:
                fresh = await self.fork_lane()
            except (EngineStopped, OSError):  # those of the data as it was go all the same
                logger.exception("no worker could be forked")
        retired, self.fast = self.fast, [fresh] if fresh else []
        for lane in retired:
            if coming is not None and may_follow(lane, coming):
                task = asyncio.get_running_loop().create_task(self.catch_up(self.send_after(lane, coming)))
                self.catching_up.add(task)
                task.add_done_callback(self.catching_up.discard)
            elif self.is_current(lane):
                self.fast.append(lane)
            else:
                lane.is_leaving = True
                if lane.jobs:
                    self.old.add(lane)
                else:
                    lane.end()
        self.on_ready(None)
        self.refill()

    async def find_follower(self, coming: Coming | None) -> Lane | None:
        """A lane that has taken in a change; nothing where none could, or one is not needed any more."""
        while coming is not None and not any(map(self.is_current, self.fast)):
            lane = next((entry for entry in self.fast if may_follow(entry, coming)), None)
            if lane is None:
                break
            self.fast.remove(lane)
            if await self.send_after(lane, coming).done and not lane.is_leaving:
                del self.following[lane]
                return lane
            self.give_up_following(lane)
        return None

    def send_after(self, lane: Lane, coming: Coming) -> Following:
        """Have a lane take in a change."""
        following = self.following[lane] = Following(lane, coming)
        return following

    async def catch_up(self, following: Following) -> None:
        """Let a lane take queries again once it has taken in a change, unless the data has changed since."""
        lane = following.lane
        followed = await following.done
        if followed and not lane.is_leaving and self.is_current(lane):
            del self.following[lane]
            self.fast.append(lane)
            self.on_ready(None)
        else:
            self.give_up_following(lane)

    def give_up_following(self, lane: Lane) -> None:
        """End a lane that could not take in a change, unless it has been ended, and with it its handles."""
        if not lane.is_leaving:
            self.put_away(lane)

    async def wait_until_drained(self, parent: Parent) -> None:
        """Return when no worker of that process runs a query any more."""
        while any(lane.worker.parent is parent for lane in self):
            await asyncio.sleep(DRAIN_SECONDS)


def end_late(forking: asyncio.Future[Any]) -> None:
    """End a worker that nobody waits for any more."""
    if not forking.cancelled() and forking.exception() is None:
        forking.result().end()
