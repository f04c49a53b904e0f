"""The editions of a data set that a service answers from: the whole, and others, started when asked for.

An edition as of a day, of a revision of the journal, or of both is computed in a process of its own
(:mod:`plangraph.pin_process`) and answered by an engine of its own. A few are held; when another is wanted,
the one that was used longest ago ends, if nobody uses it. Serve the editions from one event loop.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from plangraph.engine import QueryEngine
from plangraph.errors import EngineStopped, PlangraphError, QueueFull
from plangraph.history import History
from plangraph.past import Past, View, Wanted
from plangraph.pin_process import Outcome, compute
from plangraph.pinning import Pin
from plangraph.shelf import Shelf
from plangraph.steady import Steady
from plangraph.worker import Answer, Engine, Query

WORKERS: Final = 1
"""How many workers are the fast lane of an edition that is not the whole data set."""

Key = tuple[str | Past, Pin | None]
"""What an edition is made of, and the pin: the whole data set by its revision, or the past."""


class EditionNotReady(PlangraphError):
    """The data set as of that day or revision is being computed, or has to wait for others; try again."""

    status = 503
    title = "The data set as of then is not ready yet"
    rule = "pin_seconds"


@dataclass(frozen=True)
class Edition:
    """A data set to answer from. ``extent`` says what it is of, where that is not the whole as it is.

    One that was computed for it has the files that are made of it.
    """

    engine: QueryEngine
    extent: View | None = None
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
    """The whole data set, whose engine somebody else starts, and its editions as of days and revisions.

    ``shelf`` has the files of the whole data set as it is at the start; ``history`` knows the past.
    """

    def __init__(
        self, engine: QueryEngine, shelf: Shelf | None = None, history: History | None = None
    ) -> None:
        self.whole = Edition(engine)
        self.shelf = shelf
        self.history = history or History()
        self.limits = engine.settings.limits
        self.present = self.whole
        """The whole data set for those who ask for the revision that it is of."""
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
    async def open(self, wanted: Wanted | None) -> AsyncIterator[Edition]:
        """The edition that is wanted, started if need be, which stays as long as it is used.

        A revision that is the present one is answered by the whole data set. Raises :class:`NotFound` for one
        that nobody knows, :class:`JournalFailed`, and what :meth:`hold` raises.
        """
        if wanted is None:
            yield self.whole
            return
        key: Key = self.whole.revision, wanted.pin
        if wanted.revision is not None:
            present = self.whole.revision
            past = await self.history.find(wanted.revision, present, retracted=wanted.retracted)
            if wanted.pin is None and not past.retracted and past.name == self.whole.revision:
                yield self.find_present(past)
                return
            key = past, wanted.pin
        async with self.hold(key) as edition:
            yield edition

    def find_present(self, past: Past) -> Edition:
        """The whole data set for those who ask for its revision: where it goes on, the past answers."""
        view = View(past=past, served=past.name)
        if self.present.extent != view:
            self.present = Edition(Steady(self.whole.engine, partial(self.ask_past, past)), view)
        return self.present

    async def ask_past(self, past: Past, query: Query, client: str) -> Answer:
        """The answer to a query as of a revision; raises what :meth:`hold` and the engine raise."""
        async with self.hold((past, None)) as edition:
            return await edition.engine.run(query, client)

    @asynccontextmanager
    async def hold(self, key: Key) -> AsyncIterator[Edition]:
        """The edition of a key, started if need be, which stays as long as it is used.

        Raises :class:`EditionNotReady` where it cannot be had in time; its start goes on meanwhile. Raises
        :class:`QueueFull`, :class:`NotFound` where nobody keeps the data any more, :class:`JournalFailed`,
        and :class:`EngineStopped` where it cannot be computed.
        """
        held: list[Place] = []
        try:
            try:
                async with asyncio.timeout(self.limits.pin_seconds):
                    held.append(await self.take_place(key))
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

        The files of a revision are those of the past even while it is present: what the store holds may be
        written in other bytes, and these are to stay what they are. Raises :class:`EngineStopped` where the
        data cannot be had, and what :meth:`hold` raises.
        """
        if edition.shelf is not None:
            return edition
        past = None if edition.extent is None else edition.extent.past
        if past is None or past.number is None:
            if self.shelf is None or self.shelf.revision != edition.revision:
                snapshot = await self.whole.engine.take_snapshot()
                self.shelf = Shelf(source=snapshot.source, revision=snapshot.revision, kept=snapshot)
            if past is None or self.shelf.revision == edition.revision:
                return replace(edition, shelf=self.shelf)
        async with self.hold((past, None)) as then:  # its files outlast it
            return then

    async def take_place(self, key: Key) -> Place:
        """The place of an edition, which begins to start if it is new; waits until there is room for it."""
        while not self.closed and key not in self.places and not self.make_room():
            await self.wait_for_change()
        if self.closed:
            raise EngineStopped("the service is ending")
        if key not in self.places:
            place = self.places[key] = Place(asyncio.create_task(self.start(key)))
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
            raise QueueFull(f"{most} requests wait for a data set as of another time already", limit=most)
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

    async def start(self, key: Key) -> Edition:
        """Compute an edition and start its engine, when it is its turn."""
        stand, pin = key
        past = stand if isinstance(stand, Past) else None
        async with self.turn:
            whole, shelf = self.whole.engine, Shelf()
            packed = None if past is None else await self.history.pack(past)
            if packed is None:
                snapshot = await whole.take_snapshot()
                if past and (pin is None or past.retracted or snapshot.revision != past.name):
                    raise self.history.refuse(past.name, snapshot.revision)
                outcome = await self.compute(snapshot.source, pin, shelf)
            else:
                outcome = await self.compute(packed, pin, shelf, journalled=True)
            settings = replace(whole.settings, workers=min(WORKERS, whole.settings.workers), token_file=None)
            engine = Engine(shelf.data_file, outcome.revision, settings)
            await engine.open()
            return Edition(engine, View(outcome.extent, past, outcome.revision), shelf)

    async def compute(
        self, source: bytes | Path, pin: Pin | None, shelf: Shelf, *, journalled: bool = False
    ) -> Outcome:
        """Have a data set computed and put onto a shelf."""
        target = shelf.data_file
        return await asyncio.to_thread(compute, source, pin, target, self.watch, journalled=journalled)

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """Keep hold of the process that computes, so that it ends with the service."""
        self.process = process
        if self.closed:
            process.kill()

    async def close(self) -> None:
        """End every edition but the whole; requests that wait for one get an error."""
        self.closed = True
        if self.process is not None:
            self.process.kill()
        self.wake()
        tasks = [place.starting for place in self.places.values()]
        self.places.clear()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Edition):
                ended.engine.close()
