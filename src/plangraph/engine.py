"""What the service asks of whatever answers its queries, be it our own processes or a server elsewhere."""

from __future__ import annotations

from typing import Protocol

from plangraph.dispatch import Dispatch
from plangraph.errors import PlangraphError
from plangraph.evaluation import Answer, Query
from plangraph.lane import Job
from plangraph.memo import Memo
from plangraph.settings import Settings
from plangraph.writer import Snapshot, Writer
from plangraph.writes import NOTHING_MORE, Intent, Write, Written


class QueryEngine(Protocol):
    """Answers queries; :class:`plangraph.worker.Engine` and :class:`plangraph.remote.RemoteEngine` do."""

    @property
    def revision(self) -> str:
        """What names the data that the next query is answered from."""

    @property
    def settings(self) -> Settings:
        """The settings, limits among them."""

    @property
    def started(self) -> bool:
        """Whether queries can be asked."""

    @property
    def dispatch(self) -> Dispatch:
        """The processes of ours that run or read queries."""

    @property
    def running(self) -> int:
        """How many queries another server has been asked or will be; ``dispatch`` knows nothing of these."""

    @property
    def memo(self) -> Memo:
        """Answers to queries of the service's own; :meth:`run` knows nothing of these."""

    @property
    def writer(self) -> Writer:
        """The one who writes to them."""

    async def open(self) -> None:
        """Get ready; once is enough. Raises :class:`~plangraph.errors.PlangraphError`."""

    async def shut(self) -> None:
        """Stop; queries that run get an error."""

    def close(self) -> None:
        """As :meth:`shut`, without waiting for what hangs up by itself."""

    async def run(self, query: Query, client: str = "") -> Answer:
        """The answer to a query; ``client`` names whose it is, for a fair share."""

    def begin(self, query: Query, client: str = "") -> Job:
        """A query on its way, whose answer comes into ``answered``."""

    async def finish(self, job: Job) -> Answer:
        """The answer to a query on its way; when the task is cancelled, the query is stopped."""

    def forget(self, job: Job, error: PlangraphError) -> None:
        """Stop a query; whoever waits for it gets the error."""

    async def write(self, write: Write, intent: Intent = NOTHING_MORE) -> Written:
        """Make a write; when this returns, every new query sees it."""

    async def take_snapshot(self) -> Snapshot:
        """All data of this moment as N-Quads."""
