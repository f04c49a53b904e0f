"""The engine of the whole data set, held to the revision that it is of: for those who ask for just that one.

Such a request costs what any other does. A query that a write has overtaken is asked again, of the past.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from plangraph.dispatch import Dispatch
from plangraph.engine import QueryEngine
from plangraph.errors import PlangraphError
from plangraph.evaluation import Answer, Query
from plangraph.lane import Job
from plangraph.memo import Memo
from plangraph.settings import Settings
from plangraph.writer import Snapshot, Writer
from plangraph.writes import NOTHING_MORE, Intent, Write, Written

AskPast: TypeAlias = Callable[[Query, str], Awaitable[Answer]]
"""Asks a query of the data as it was, on behalf of a client."""


class Steady:
    """Answers queries on one revision, wherever its data is; somebody else starts and ends the engine."""

    def __init__(self, engine: QueryEngine, ask_past: AskPast) -> None:
        self.engine = engine
        self.revision = engine.revision
        self.settings: Settings = engine.settings
        self.ask_past = ask_past
        self.asked: dict[Job, tuple[Query, str]] = {}

    @property
    def started(self) -> bool:
        """Whether queries can be asked."""
        return self.engine.started

    @property
    def dispatch(self) -> Dispatch:
        """The processes of the engine."""
        return self.engine.dispatch

    @property
    def running(self) -> int:
        """How many queries another server has been asked or will be."""
        return self.engine.running

    @property
    def memo(self) -> Memo:
        """Answers to queries of the service's own."""
        return self.engine.memo

    @property
    def writer(self) -> Writer:
        """The one who writes to them."""
        return self.engine.writer

    async def open(self) -> None:
        """Nothing is to be done."""

    async def shut(self) -> None:
        """Nothing is to be done."""

    def close(self) -> None:
        """Nothing is to be done."""

    async def run(self, query: Query, client: str = "") -> Answer:
        """The answer to a query, of this revision; raises what the engine raises, or the past does."""
        return await self.finish(self.begin(query, client))

    def begin(self, query: Query, client: str = "") -> Job:
        """A query on its way; raises what the engine raises."""
        job = self.engine.begin(query, client)
        self.asked[job] = query, client
        return job

    async def finish(self, job: Job) -> Answer:
        """The answer to a query on its way, from the past if the engine has gone on before it ran."""
        asked = self.asked.pop(job, None)
        answer = await self.engine.finish(job)
        return answer if asked is None or answer.revision == self.revision else await self.ask_past(*asked)

    def forget(self, job: Job, error: PlangraphError) -> None:
        """Stop a query; whoever waits for it gets the error."""
        self.asked.pop(job, None)
        self.engine.forget(job, error)

    async def write(self, write: Write, intent: Intent = NOTHING_MORE) -> Written:
        """Make a write, which leads to another revision."""
        return await self.engine.write(write, intent)

    async def take_snapshot(self) -> Snapshot:
        """All data of the engine, which may have gone on."""
        return await self.engine.take_snapshot()
