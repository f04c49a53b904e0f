"""An engine for callers without an event loop: it brings one of its own."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from plangraph.errors import EngineStopped, PlangraphError
from plangraph.evaluation import Answer, Query


class Standalone(ABC):
    """An engine that can be started where no event loop is, with :meth:`start` and :meth:`stop` or ``with``.

    Each kind of engine says what it is to open, to shut and to run.
    """

    runner: asyncio.Runner | None = None

    @abstractmethod
    async def open(self) -> None:
        """Get ready; once is enough. Raises :class:`PlangraphError`."""

    @abstractmethod
    async def shut(self) -> None:
        """Stop, and let the event loop take notice."""

    @abstractmethod
    async def run(self, query: Query, client: str = "") -> Answer:
        """The answer to a query; ``client`` names whose it is, for a fair share."""

    def start(self) -> None:
        """As :meth:`open`, for callers without an event loop."""
        if self.runner is not None:
            return
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

    def run_now(self, query: Query) -> Answer:
        """The answer to a query, for callers without an event loop; otherwise as :meth:`run`."""
        if self.runner is None:
            raise EngineStopped("the engine has not been started")
        return self.runner.run(self.run(query))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
