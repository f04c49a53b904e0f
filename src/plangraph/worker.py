"""Queries in processes that can be killed: a deadline, a memory limit, and a bounded queue in front.

An :class:`Engine` starts one process that holds the data (:mod:`plangraph.fork`) and has it fork workers. A
worker that is past its deadline, whose client has gone, or that died, is replaced by a fresh one; nothing a
query does reaches the process that asked. Linux only: it rests on ``fork``, ``pidfd`` and ``SCM_RIGHTS``.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from plangraph.errors import EngineStopped, PlangraphError, QueryTooHungry, QueryTooSlow, QueueFull
from plangraph.evaluation import Answer, Query
from plangraph.guard import check_query
from plangraph.process import Parent, Worker, exchange
from plangraph.settings import Settings

__all__ = ["Answer", "Engine", "Query"]


class Engine:
    """Answers queries on one revision of the data.

    ``source`` is the dataset as N-Quads, or a file of them. Use it as a context manager, or call
    :meth:`start` and :meth:`close`. Serve it from one event loop, or call :meth:`run_now`; not both at once.
    """

    def __init__(self, source: bytes | Path, revision: str, settings: Settings) -> None:
        self.revision = revision
        self.settings = settings
        self.parent = Parent(source, revision, settings)
        self.places: deque[Worker | None] = deque()
        """The places nobody uses; an empty one is filled by whoever takes it."""
        self.waiting: deque[asyncio.Future[Worker | None]] = deque()
        self.started = False
        self.lock = threading.Lock()

    def start(self) -> None:
        """Load the data and fork the workers; raises :class:`EngineStopped`. Once is enough."""
        if not self.started:
            self.parent.closed = False
            try:
                for _ in range(max(self.settings.workers, 1)):
                    self.places.append(self.parent.fork())
            except PlangraphError:
                self.close()
                raise
            self.started = True

    def close(self) -> None:
        """End every process; queries that run get an error."""
        self.started = False
        while self.places:
            if worker := self.places.popleft():
                worker.end()
        self.parent.close()

    def __enter__(self) -> Engine:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run_now(self, query: Query) -> Answer:
        """The answer to a query, for callers without an event loop; otherwise as :meth:`run`."""
        with self.lock:
            return asyncio.run(self.run(query))

    async def run(self, query: Query) -> Answer:
        """The answer to a query.

        Raises what :func:`plangraph.guard.check_query` and :func:`plangraph.evaluation.evaluate` raise, and
        :class:`QueryTooSlow`, :class:`QueryTooHungry`, :class:`QueueFull`, :class:`EngineStopped`. When the
        task is cancelled, the query is killed.
        """
        check_query(query.text, self.settings.limits)
        return await self.ask(query)

    async def ask(self, query: Query) -> Answer:
        """As :meth:`run`, but without the guard."""
        if query.default_graph is None:
            query = replace(query, default_graph=self.settings.default_graph)
        seconds = self.settings.limits.query_seconds
        worker = await self.take_place()
        kept: Worker | None = None
        try:
            if worker is not None and worker.is_dead():  # killed while it waited, not by this query
                worker.end()
                worker = None
            worker = worker or await self.open_worker()
            async with asyncio.timeout(seconds):
                reply = await exchange(worker, query)
            kept = None if reply.last else worker
        except TimeoutError:
            raise QueryTooSlow(f"the query was stopped after {seconds} seconds", limit=seconds) from None
        except (EOFError, ConnectionError):
            if not self.parent.is_alive():
                raise EngineStopped("the process that holds the data has died; try again") from None
            raise QueryTooHungry(
                "the process that ran the query died, most likely for want of memory",
                limit=self.settings.limits.worker_memory_bytes,
            ) from None
        finally:
            if kept is None and worker is not None:
                worker.end()
            self.give_place(kept)
        if isinstance(reply.outcome, PlangraphError):
            raise reply.outcome
        return reply.outcome

    async def take_place(self) -> Worker | None:
        """A place to run a query in, with its worker if it has one; waits for it, but not without end."""
        if not self.started:
            raise EngineStopped("the engine has not been started")
        if self.places:
            return self.places.popleft()
        limits = self.settings.limits
        if len(self.waiting) >= limits.queue_length:
            raise QueueFull(f"{limits.queue_length} queries are waiting already", limit=limits.queue_length)
        turn: asyncio.Future[Worker | None] = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            async with asyncio.timeout(limits.query_seconds):
                return await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self.give_place(turn.result())
            else:
                with suppress(ValueError):  # whoever gave a place meanwhile has passed this turn over
                    self.waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise QueueFull(f"no worker came free in {limits.query_seconds} seconds") from None
            raise

    def give_place(self, worker: Worker | None) -> None:
        """Hand the place to the query that has waited longest, or keep it."""
        if not self.started:
            if worker is not None:
                worker.end()
            return
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(worker)
                return
        self.places.append(worker)

    async def open_worker(self) -> Worker:
        """A fresh worker, forked while the event loop goes on."""
        opening = asyncio.ensure_future(asyncio.to_thread(self.parent.fork))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(end_late)
            raise


def end_late(opening: asyncio.Future[Worker]) -> None:
    """End a worker that nobody waits for any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().end()
