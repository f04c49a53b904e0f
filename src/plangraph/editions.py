"""The editions of a data set that a service answers from: the whole, and as of days, started when asked for.

An edition as of a day is computed in a process of its own (:mod:`plangraph.pin_process`) and answered by an
engine of its own. A few are held; when another is wanted, the one that was used longest ago ends, if nobody
uses it. Serve the editions from one event loop.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from plangraph.engine import QueryEngine
from plangraph.errors import EngineStopped, PlangraphError, QueueFull
from plangraph.pin_process import compute
from plangraph.pinning import Extent, Pin
from plangraph.shelf import Shelf
from plangraph.worker import Engine

WORKERS: Final = 1
"""How many workers are the fast lane of an edition as of a day."""

Key = tuple[str, Pin]
"""The revision of the whole data set, and the pin."""


class EditionNotReady(PlangraphError):
    """The data set as of that day is still being computed, or has to wait for others; try again."""

    status = 503
    title = "The data set as of that day is not ready yet"
    rule = "pin_seconds"


@dataclass(frozen=True)
class Edition:
    """A data set to answer from. One as of a day has an extent, and the files that are made of it."""

    engine: QueryEngine
    extent: Extent | None = None
    shelf: Shelf | None = None

    @property
    def revision(self) -> str:
        """What names its data; of one with files, what these are of."""
        return self.shelf.revision if self.shelf is not None and self.shelf.revision else self.engine.revision


@dataclass
class Place:
    """Where an edition is held: the task that starts it, and how many use it or wait for it."""

    starting: asyncio.Task[Edition]
    users: int = 0

    def has_failed(self) -> bool:
        """Whether the edition could not be started."""
        task = self.starting
        return task.done() and (task.cancelled() or task.exception() is not None)


class Editions:
    """The whole data set, whose engine somebody else starts, and its editions as of days.

    ``shelf`` has the files of the whole data set as it is at the start.
    """

    def __init__(self, engine: QueryEngine, shelf: Shelf | None = None) -> None:
        self.whole = Edition(engine)
        self.shelf = shelf
        self.limits = engine.settings.limits
        self.places: OrderedDict[Key, Place] = OrderedDict()
        """The one used last is the last."""
        self.waiting: set[asyncio.Future[None]] = set()
        self.process: subprocess.Popen[bytes] | None = None
        self.open_for_use()

    def open_for_use(self) -> None:
        """Begin, in whichever event loop runs next."""
        self.closed = False
        self.turn = asyncio.Lock()
        """Editions start one after the other: several at once would take the machine from the queries."""

    @asynccontextmanager
    async def open(self, pin: Pin | None) -> AsyncIterator[Edition]:
        """The edition of a pin, started if need be, which stays as long as it is used.

        Raises :class:`EditionNotReady` where it cannot be had in time; its start goes on meanwhile. Raises
        :class:`QueueFull`, and :class:`EngineStopped` where it cannot be computed.
        """
        if pin is None:
            yield self.whole
            return
        held: list[Place] = []
        try:
            try:
                async with asyncio.timeout(self.limits.pin_seconds):
                    held.append(await self.take_place(pin))
                    edition = await asyncio.shield(held[0].starting)
            except TimeoutError:
                raise EditionNotReady(
                    f"the data set {'is being computed' if held else 'waits for others'}; try again",
                    limit=self.limits.pin_seconds,
                ) from None
            yield edition
        finally:
            for place in held:
                place.users -= 1
                self.wake()

    async def add_files(self, edition: Edition) -> Edition:
        """The edition with its files; those of the whole data set are made anew when it has changed.

        Raises :class:`EngineStopped` where the data cannot be had.
        """
        if edition.shelf is not None:
            return edition
        if self.shelf is None or self.shelf.revision != edition.revision:
            snapshot = await self.whole.engine.take_snapshot()
            self.shelf = Shelf(source=snapshot.source, revision=snapshot.revision, kept=snapshot)
        return replace(edition, shelf=self.shelf)

    async def take_place(self, pin: Pin) -> Place:
        """The place of an edition, which begins to start if it is new; waits until there is room for it."""
        key = (self.whole.revision, pin)
        while not self.closed and key not in self.places and not self.make_room():
            await self.wait_for_change()
        if self.closed:
            raise EngineStopped("the service is ending")
        if key not in self.places:
            place = self.places[key] = Place(asyncio.create_task(self.start(pin)))
            place.starting.add_done_callback(lambda _: self.look_after(key, place))
        self.places.move_to_end(key)
        self.places[key].users += 1
        return self.places[key]

    def make_room(self) -> bool:
        """Whether one more edition may be held, perhaps since the idle one that was used longest ago ends."""
        if len(self.places) < self.limits.pins:
            return True
        for key, place in self.places.items():
            if place.users == 0 and place.starting.done():
                del self.places[key]
                if not place.has_failed():
                    place.starting.result().engine.close()
                return True
        return False

    def look_after(self, key: Key, place: Place) -> None:
        """Once a start has ended: take leave of a failed one, so that the next request tries again."""
        if place.has_failed() and self.places.get(key) is place:
            del self.places[key]
        self.wake()

    async def wait_for_change(self) -> None:
        """Return when an edition has started or is no longer used; raises :class:`QueueFull`."""
        most = self.limits.queue_length
        if len(self.waiting) >= most:
            raise QueueFull(f"{most} requests wait for a data set as of another day already", limit=most)
        change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.add(change)
        try:
            await change
        finally:
            self.waiting.discard(change)

    def wake(self) -> None:
        """Let those who wait for room look again."""
        for change in self.waiting:
            if not change.done():
                change.set_result(None)

    async def start(self, pin: Pin) -> Edition:
        """Compute an edition and start its engine, when it is its turn."""
        async with self.turn:
            whole, shelf = self.whole.engine, Shelf()
            snapshot = await whole.take_snapshot()
            outcome = await asyncio.to_thread(compute, snapshot.source, pin, shelf.data_file, self.watch)
            settings = replace(whole.settings, workers=min(WORKERS, whole.settings.workers), token_file=None)
            engine = Engine(shelf.data_file, outcome.revision, settings)
            await engine.open()
            return Edition(engine, outcome.extent, shelf)

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """Keep hold of the process that computes, so that it ends with the service."""
        self.process = process
        if self.closed:
            process.kill()

    async def close(self) -> None:
        """End every edition as of a day; requests that wait for one get an error."""
        self.closed = True
        if self.process is not None:
            self.process.kill()
        self.wake()
        tasks = [place.starting for place in self.places.values()]
        self.places.clear()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Edition):
                ended.engine.close()
