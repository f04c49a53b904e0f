"""Run queries on an external SPARQL 1.1 server that holds the graphs, as if they were held here.

Each text is read first by an engine of our own that holds nothing: what it refuses, with line and column, is
refused here, and what it would answer says the kind and the format. Only then does the server get it. Answers
name the revision whose snapshot they were read from (:mod:`plangraph.published`).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from plangraph.dialect import is_distinct, names_graphs, write_query
from plangraph.dispatch import Dispatch
from plangraph.errors import (
    BadParameter,
    DataChanging,
    EngineStopped,
    PlangraphError,
    QueueFull,
)
from plangraph.evaluation import compress
from plangraph.formats import NTRIPLES, RESULTS_JSON
from plangraph.guard import check_query, names_dataset
from plangraph.holdings import Holdings
from plangraph.lane import Job, fail
from plangraph.memo import Memo
from plangraph.settings import Settings
from plangraph.standalone import Standalone
from plangraph.translation import try_translate
from plangraph.upstream import ask_server, time_out, write_form
from plangraph.worker import Answer, Engine, Query
from plangraph.write_errors import UpdateRefused
from plangraph.writer import Snapshot, Writer
from plangraph.writes import NOTHING_MORE, Intent, Write, Written

if TYPE_CHECKING:
    import httpx


class RemoteEngine(Holdings, Standalone):
    """Answers queries on what ``plangraph publish`` has put on the server at ``url``.

    Raises :class:`BadParameter` for settings that no external server can have: a strict default graph is the
    unnamed one, which other servers do not keep apart.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        if settings.default_graph == "strict":
            raise BadParameter(
                "on an external server the default graph is the union; strict is not to be had"
            )
        if settings.scratch:
            raise BadParameter("an empty data set is kept in memory, not on an external server")
        super().__init__(url, settings)
        self.nothing = Memo(0)
        self.reader = Engine(b"", "none", settings)
        """Reads the texts."""
        self.calls: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient, asyncio.Semaphore] | None = None
        self.running = 0
        """How many queries the server has been asked, or will be when it is their turn."""
        self.tasks: dict[Job, asyncio.Task[Answer]] = {}

    @property
    def dispatch(self) -> Dispatch:
        """The processes that read the texts."""
        return self.reader.dispatch

    @property
    def memo(self) -> Memo:
        """Nothing is held: that the server has lost or cut what it held would be seen by nobody."""
        return self.nothing

    @property
    def writer(self) -> Writer:
        """Of the processes that read the texts; nothing is written by it."""
        return self.reader.writer

    async def open(self) -> None:
        """As :meth:`prepare`, and start the processes that read the texts."""
        await asyncio.to_thread(self.prepare)
        await self.reader.open()

    def close(self) -> None:
        """Stop; the server is left as it is."""
        for task in self.tasks.values():
            task.cancel()
        self.reader.close()
        self.hang_up_now()

    async def shut(self) -> None:
        """Close, and let the event loop take notice."""
        self.close()
        await self.hang_up()
        await self.reader.dispatch.lanes.settle()

    async def hang_up(self) -> None:
        """Close the connections that belong to this event loop."""
        calls, self.calls = self.calls, None
        if calls is not None:
            await calls[1].aclose()

    async def run(self, query: Query, client: str = "") -> Answer:
        """The answer to a query.

        Raises what :meth:`plangraph.worker.Engine.run` raises, :class:`ServerFailed`, and
        :class:`DataChanging` where graphs that the query reads are being replaced. When the task is
        cancelled, the connection is closed; the server stops at its own deadline.
        """
        return await self.finish(self.begin(query, client))

    def begin(self, query: Query, client: str = "") -> Job:
        """A query on its way, whose answer comes into ``answered``; :meth:`forget` takes it back.

        Raises what the guard raises, which lets no SERVICE through: the server has a network.
        """
        check_query(query.text, self.settings.limits, isolated=False)
        loop = asyncio.get_running_loop()
        job = Job(b"", client, loop.create_future(), loop.time())
        task = self.tasks[job] = loop.create_task(self.ask(query))
        task.add_done_callback(lambda done: self.settle(job, done))
        return job

    def settle(self, job: Job, done: asyncio.Task[Answer]) -> None:
        """Hand what came of a query to whoever waits for it."""
        self.tasks.pop(job, None)
        if done.cancelled():
            fail(job, EngineStopped("the query was stopped"))
        elif error := done.exception():
            if not job.answered.done():
                job.answered.set_exception(error)
        elif not job.answered.done():
            job.answered.set_result(done.result())

    async def finish(self, job: Job) -> Answer:
        """The answer, once it is there; when the task is cancelled, the query is stopped."""
        try:
            return await job.answered
        except asyncio.CancelledError:
            if task := self.tasks.get(job):
                task.cancel()
            raise

    def forget(self, job: Job, error: PlangraphError) -> None:
        """Stop a query; whoever waits for it gets the error."""
        fail(job, error)
        if task := self.tasks.get(job):
            task.cancel()

    async def write(self, write: Write, intent: Intent = NOTHING_MORE) -> Written:  # noqa: ARG002
        """Refused: what an external server holds is written by ``plangraph publish`` alone."""
        raise UpdateRefused("an external server is written by plangraph publish", rule="external-server")

    async def take_snapshot(self) -> Snapshot:
        """All data that the server holds now as N-Quads; raises what fetching raises."""
        state = self.find_state()
        return Snapshot(await asyncio.to_thread(self.fetch_all, state), state.revision)

    async def ask(self, query: Query) -> Answer:
        """As :meth:`run`, but without the guard."""
        if query.default_graph == "strict":
            raise BadParameter(
                "on an external server the default graph is the union; strict is not to be had"
            )
        limits = self.settings.limits
        outline = await self.reader.ask(replace(query, default_graph="union", compressed=False))
        if self.running >= self.settings.workers + limits.queue_length:
            raise QueueFull(f"{limits.queue_length} queries are waiting already", limit=limits.queue_length)
        self.running += 1
        try:
            async with asyncio.timeout(limits.query_seconds):
                answer = await self.ask_server(query, outline)
                return await asyncio.to_thread(compress, answer, query)
        except TimeoutError:
            raise time_out(limits.query_seconds) from None
        finally:
            self.running -= 1

    async def ask_server(self, query: Query, outline: Answer) -> Answer:
        """The answer of the server, in the form of the outline."""
        state, limits = self.find_state(), self.settings.limits
        named = bool(query.default_graph_uris or query.named_graph_uris) or names_dataset(query.text)
        default_graphs, named_graphs = query.default_graph_uris, query.named_graph_uris
        of_graphs = names_graphs(query.text)
        if not named:
            default_graphs = state.pick_graphs()
            named_graphs = tuple(state.published.digests) if of_graphs else ()
        in_motion = named or of_graphs or state.published.snapshot is None
        if in_motion and state.published.publishing:
            raise DataChanging("graphs that the query reads are being replaced; try again in a moment")
        form = write_form(
            write_query(query.text, state.published.stand_ins),
            limits.query_seconds,
            default_graphs,
            named_graphs,
        )
        accept = NTRIPLES.media_type if outline.kind == "graph" else RESULTS_JSON.media_type
        _, client, turns = self.open_calls()
        async with turns:
            reply = await ask_server(
                client, self.url, form, accept, limit=limits.result_bytes, seconds=limits.query_seconds
            )
        if in_motion:
            await asyncio.to_thread(self.refresh)
            if self.find_state() != state:
                raise DataChanging("graphs that the query read have been replaced meanwhile; try again")
        stand_ins = state.published.stand_ins
        body = await asyncio.to_thread(
            try_translate,
            reply.body,
            outline,
            stand_ins,
            distinct=is_distinct(query.text),
            result_bytes=limits.result_bytes,
        )
        if isinstance(body, PlangraphError):
            raise body
        return Answer(body, outline.format, outline.kind, state.revision)

    def open_calls(self) -> tuple[asyncio.AbstractEventLoop, httpx.AsyncClient, asyncio.Semaphore]:
        """The client of the running event loop, and the turns that bound what the server is asked at once."""
        import httpx  # noqa: PLC0415 - an optional dependency, which __init__ has found

        loop = asyncio.get_running_loop()
        if self.calls is None or self.calls[0] is not loop:
            workers = self.settings.workers
            client = httpx.AsyncClient(trust_env=False, timeout=self.settings.limits.query_seconds)
            self.calls = (loop, client, asyncio.Semaphore(workers))
        return self.calls
