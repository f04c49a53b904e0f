"""Run queries on an external SPARQL 1.1 server that holds the graphs, as if they were held here.

Each text is read first by an engine of our own that holds nothing: what it refuses, with line and column, is
refused here, and what it would answer says the kind and the format. Only then does the server get it. Answers
name the revision whose snapshot they were read from (:mod:`plangraph.published`).
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse, serialize

from plangraph.blanks import label_blanks
from plangraph.dialect import is_distinct, names_graphs, restore_triple, write_query
from plangraph.dispatch import Dispatch
from plangraph.errors import (
    BadParameter,
    DataChanging,
    EngineStopped,
    PlangraphError,
    QueueFull,
    ServerFailed,
)
from plangraph.evaluation import compress
from plangraph.formats import NTRIPLES, RESULTS_JSON
from plangraph.guard import check_query, names_dataset
from plangraph.lane import Job, fail
from plangraph.published import DATASET, DATASET_GRAPH, RECORD, VERSION, Published, read_published
from plangraph.settings import Settings
from plangraph.translation import try_translate
from plangraph.upstream import ask_server, ask_server_now, load_httpx, time_out, write_form
from plangraph.worker import Answer, Engine, Query
from plangraph.write_errors import UpdateRefused
from plangraph.writer import Snapshot, Writer
from plangraph.writes import Write, Written

if TYPE_CHECKING:
    import httpx

REFRESH_SECONDS: Final = 2
"""How often the server is asked whether it holds another revision by now."""

HANG_UP_SECONDS: Final = 5

PROBE_ROWS: Final = 11_000
PROBE: Final = (
    "SELECT ?a WHERE { VALUES ?a { 1 2 3 4 5 6 7 8 9 10 11 } "
    + " ".join(f"VALUES ?{name} {{ 1 2 3 4 5 6 7 8 9 10 }}" for name in "bcd")
    + " }"
)
"""A query with that many rows, for a server that cuts results: ten thousand is what most are set to."""


@dataclass(frozen=True)
class State:
    """What the server holds, and the revision that it answers from."""

    published: Published
    revision: str

    def pick_graphs(self) -> tuple[str, ...]:
        """The graphs whose union is the default graph."""
        return (self.published.snapshot,) if self.published.snapshot else tuple(self.published.digests)


class RemoteEngine:
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
        self.url = url
        self.settings = settings
        self.started = False
        self.reader = Engine(b"", "none", settings)
        """Reads the texts."""
        self.client_class = load_httpx()
        self.client: httpx.Client | None = None
        self.calls: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient, asyncio.Semaphore] | None = None
        self.running = 0
        self.tasks: dict[Job, asyncio.Task[Answer]] = {}
        self.runner: asyncio.Runner | None = None
        self.ended = threading.Event()
        self.state: State | None = None
        self.status: frozenset[str] = frozenset()

    @property
    def revision(self) -> str:
        """The revision that the next query is answered from, as the server said a moment ago."""
        return self.find_state().revision

    def find_state(self) -> State:
        """What the server holds; raises :class:`EngineStopped` before :meth:`prepare`."""
        if self.state is None:
            raise EngineStopped("the engine has not been started")
        return self.state

    @property
    def dispatch(self) -> Dispatch:
        """The processes that read the texts."""
        return self.reader.dispatch

    @property
    def writer(self) -> Writer:
        """Of the processes that read the texts; nothing is written by it."""
        return self.reader.writer

    def prepare(self) -> None:
        """Ask the server what it holds, and keep asking; once is enough.

        Raises :class:`EngineStopped` where it does not answer, :class:`ServerFailed` where it holds nothing
        that was published, or cuts results.
        """
        if self.started:
            return
        seconds = self.settings.limits.query_seconds
        self.client = self.client_class(trust_env=False, timeout=seconds, follow_redirects=False)
        try:
            self.refresh()
            body = self.ask_now(PROBE, "text/csv")
            if (rows := len(body.split()) - 1) != PROBE_ROWS:
                raise ServerFailed(
                    f"the external server gave {rows:,} of {PROBE_ROWS:,} rows and did not say so",
                    rule="row-cap",
                )
        except PlangraphError:
            self.close()
            raise
        self.ended.clear()
        threading.Thread(target=self.watch, daemon=True, name="external-revision").start()
        self.started = True

    async def open(self) -> None:
        """As :meth:`prepare`, and start the processes that read the texts."""
        await asyncio.to_thread(self.prepare)
        await self.reader.open()

    def close(self) -> None:
        """Stop; the server is left as it is."""
        self.started = False
        self.ended.set()
        for task in self.tasks.values():
            task.cancel()
        self.reader.close()
        if self.client is not None:
            self.client.close()
            self.client = None

    async def shut(self) -> None:
        """Close, and let the event loop take notice."""
        self.close()
        await self.hang_up()
        await asyncio.sleep(0)

    def start(self) -> None:
        """As :meth:`open`, for callers without an event loop."""
        self.runner = asyncio.Runner()
        try:
            self.runner.run(self.open())
        except PlangraphError:
            self.stop()
            raise

    def stop(self) -> None:
        """As :meth:`shut`, for callers without an event loop."""
        if self.runner is not None:
            self.runner.run(self.shut())
            self.runner.close()
            self.runner = None

    def watch(self) -> None:
        """Follow what the server holds until the end; while it does not answer, queries say so."""
        while not self.ended.wait(REFRESH_SECONDS):
            with suppress(PlangraphError, RuntimeError, ValueError):  # the client may just have been closed
                self.refresh()

    def refresh(self) -> None:
        """Take notice of what the server holds by now."""
        status = frozenset(
            self.ask_now(f"SELECT ?p ?o {{ GRAPH {RECORD} {{ {RECORD} ?p ?o }} }}", "text/csv")
            .decode()
            .split("\n")
        )
        if status == self.status and self.state is not None:
            return
        body = self.ask_now(
            f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {RECORD} {{ ?s ?p ?o }} }}", NTRIPLES.media_type
        )
        published = read_published(quad.triple for quad in parse(body, RdfFormat.N_TRIPLES))
        home = published.snapshot or DATASET_GRAPH.value
        found = self.ask_now(
            f"CONSTRUCT {{ {DATASET} {VERSION} ?v }} {{ GRAPH <{home}> {{ {DATASET} {VERSION} ?v }} }}",
            NTRIPLES.media_type,
        )
        versions = [str(quad.object.value) for quad in parse(found, RdfFormat.N_TRIPLES)]
        if len(versions) != 1:
            raise ServerFailed(
                f"{self.url} holds no data set that `plangraph publish` has finished", rule="not-published"
            )
        self.state, self.status = State(published, versions[0]), status

    def ask_now(self, query: str, accept: str) -> bytes:
        """The answer to a query of our own that names its graphs, as the server wrote it."""
        if self.client is None:
            raise EngineStopped("the engine has not been started")
        limits = self.settings.limits
        # Our own reads are bounded by the data, not by what one client may ask for.
        reply = ask_server_now(
            self.client,
            self.url,
            query,
            accept,
            limit=16 * limits.result_bytes,
            seconds=limits.query_seconds,
        )
        return reply.body

    def run_now(self, query: Query) -> Answer:
        """The answer to a query, for callers without an event loop; otherwise as :meth:`run`."""
        if self.runner is None:
            raise EngineStopped("the engine has not been started")
        return self.runner.run(self.run(query))

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

    async def write(self, write: Write) -> Written:  # noqa: ARG002 - the protocol
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
            limits.query_seconds * 1000,
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

    def fetch_triples(self, name: str) -> list[Triple]:
        """The triples of one graph, as they lie on the server."""
        body = self.ask_now(
            f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{name}> {{ ?s ?p ?o }} }}", NTRIPLES.media_type
        )
        return [quad.triple for quad in parse(body, RdfFormat.N_TRIPLES, rename_blank_nodes=True)]

    def fetch_graph(self, home: NamedNode, state: State) -> list[Quad]:
        """The quads of one graph, in the words of our data."""
        originals = {stand_in: original for original, stand_in in state.published.stand_ins.items()}
        restored = (restore_triple(triple, originals) for triple in self.fetch_triples(home.value))
        return [Quad(triple.subject, triple.predicate, triple.object, home) for triple in restored]

    def fetch_all(self, state: State) -> bytes:
        """All graphs as N-Quads, canonically labelled and in order, as an export has them."""
        found: set[Quad] = set()
        for name in state.published.digests:
            found.update(self.fetch_graph(NamedNode(name), state))
        self.check_same(state)
        return serialize(sorted(label_blanks(found), key=str), format=RdfFormat.N_QUADS) or b""

    def check_same(self, state: State) -> None:
        """Raises :class:`DataChanging` where graphs were replaced since: what was read may be of two."""
        self.refresh()
        if state.published.publishing or self.find_state() != state:
            raise DataChanging("graphs have been replaced while they were read; try again in a moment")
