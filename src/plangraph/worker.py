"""Queries in processes that can be killed: a deadline, a memory limit, and a bounded queue in front.

An :class:`Engine` starts one process that holds the data (:mod:`plangraph.fork`), has it fork workers, and
gives them queries (:mod:`plangraph.dispatch`) and writes (:mod:`plangraph.writer`); nothing that one of them
does reaches the process that asked. Linux only: it rests on ``fork``, ``pidfd`` and ``SCM_RIGHTS``.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from plangraph.dispatch import Dispatch
from plangraph.errors import EngineStopped, PlangraphError
from plangraph.evaluation import Answer, Query
from plangraph.guard import check_query
from plangraph.lane import Job
from plangraph.memo import Memo
from plangraph.process import Parent
from plangraph.records import Record
from plangraph.settings import Settings
from plangraph.standalone import Standalone
from plangraph.wire import write_query
from plangraph.writer import Snapshot, Writer
from plangraph.writes import NOTHING_MORE, Intent, Write, Written

__all__ = ["Answer", "Engine", "Query"]


class Engine(Standalone):
    """Answers queries on the data, whose revision may change.

    ``source`` is the dataset as N-Quads, or a file of them; ``record`` keeps what is written. In an event
    loop, call :meth:`open` and :meth:`close`; without one, use it as a context manager (or :meth:`start` and
    :meth:`stop`) and call :meth:`run_now`.
    """

    def __init__(
        self, source: bytes | Path, revision: str, settings: Settings, record: Record | None = None
    ) -> None:
        self.revision = revision
        self.settings = settings
        self.parent = Parent(source, revision, settings)
        self.dispatch = Dispatch(self.parent, settings)
        self.writer = Writer(self.parent, self.dispatch.lanes, settings, self.switch, record)
        self.memo = Memo(settings.limits.answers_bytes)
        self.started = False
        self.running = 0
        """No other server is asked anything."""

    # -- life

    async def open(self) -> None:
        """Load the data and fork the workers; raises :class:`EngineStopped`. Once is enough."""
        if self.started:
            return
        self.parent.closed = False
        try:
            await asyncio.to_thread(self.writer.record.open)
            await self.dispatch.open()
        except PlangraphError:
            self.close()
            raise
        self.started = True

    def close(self) -> None:
        """End every process; queries that run or wait get an error."""
        self.started = False
        self.writer.close()
        self.parent.close()
        self.dispatch.close()
        self.writer.record.close()

    async def shut(self) -> None:
        """Close, and let the event loop take notice."""
        self.close()
        await self.dispatch.lanes.settle()

    # -- queries

    async def run(self, query: Query, client: str = "") -> Answer:
        """The answer to a query; ``client`` names whose it is, for a fair share.

        Raises what :func:`plangraph.guard.check_query` and :func:`plangraph.evaluation.evaluate` raise, and
        :class:`QueryTooSlow`, :class:`QueryTooHungry`, :class:`QueryGivenUp`, :class:`QueueFull`,
        :class:`QueueShareFull`, :class:`EngineStopped`. When the task is cancelled, the query is killed.
        """
        return await self.finish(self.begin(query, client))

    async def ask(self, query: Query, client: str = "") -> Answer:
        """As :meth:`run`, but without the guard."""
        return await self.finish(self.submit(query, client))

    def begin(self, query: Query, client: str = "") -> Job:
        """A query on its way, whose answer comes into ``answered``; :meth:`forget` takes it back.

        Raises what the guard raises, and :class:`EngineStopped`.
        """
        check_query(query.text, self.settings.limits)
        return self.submit(query, client)

    def submit(self, query: Query, client: str) -> Job:
        """As :meth:`begin`, but without the guard."""
        if not self.started:
            raise EngineStopped("the engine has not been started")
        if query.default_graph is None:
            query = replace(query, default_graph=self.settings.default_graph)
        loop = asyncio.get_running_loop()
        job = Job(write_query(query), client, loop.create_future(), loop.time())
        self.dispatch.add(job)
        return job

    async def finish(self, job: Job) -> Answer:
        """The answer, once it is there; when the task is cancelled, the query is killed."""
        try:
            return await job.answered
        except asyncio.CancelledError:
            self.dispatch.forget(job)
            raise

    def forget(self, job: Job, error: PlangraphError) -> None:
        """Stop a query, whoever waits for it gets the error."""
        self.dispatch.forget(job, error)

    # -- writes

    async def write(self, write: Write, intent: Intent = NOTHING_MORE) -> Written:
        """Make a write; when this returns, every new query sees it. Raises what :meth:`Writer.write` does."""
        if not self.started:
            raise EngineStopped("the engine has not been started")
        return await self.writer.write(write, intent)

    async def take_snapshot(self) -> Snapshot:
        """All data of this moment in a file; raises :class:`EngineStopped`."""
        return await self.writer.take_snapshot()

    def switch(self, parent: Parent, revision: str) -> None:
        """From now on the data is what that process holds."""
        self.parent = parent
        self.revision = revision
