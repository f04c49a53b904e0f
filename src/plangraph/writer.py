"""Writes to an engine's data, one after the other: made on a copy, then whole or not at all.

The store gets slower with every quad that is replaced, so that in time a fresh process takes over: the data
goes into a file, the new process loads it and makes the changes that came meanwhile, and the old one ends
once its workers have.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode

from plangraph import change as changes
from plangraph.change import Change
from plangraph.changelog import Entry, append
from plangraph.errors import (
    EngineStopped,
    QueryTooHungry,
)
from plangraph.lanes import Lanes
from plangraph.process import Parent, Size, Worker
from plangraph.settings import Settings
from plangraph.write_errors import (
    WritesWaiting,
    WriteTooSlow,
)
from plangraph.writes import HEAD, Write, Written, pack_write, unpack_word

DUMP_SECONDS: Final = 600
"""How long the data may take into a file before that counts as stuck."""

SHARE: Final = 10
"""A fresh store is due once this part of all quads was replaced, if that is more than the limit says."""


@dataclass(frozen=True)
class Snapshot:
    """All data of one revision as N-Quads, and the named graphs that exist and are empty."""

    source: bytes | Path
    revision: str
    empty: tuple[str, ...] = ()

    def describe_empty(self) -> Change:
        """The change that makes the empty graphs."""
        return Change(created=frozenset(NamedNode(name[1:-1]) for name in self.empty if name.startswith("<")))


class Writer:
    """The one who writes. ``switch`` is told of a new revision, and of the process that holds it."""

    def __init__(
        self, parent: Parent, lanes: Lanes, settings: Settings, switch: Callable[[Parent, str], None]
    ) -> None:
        self.parent = parent
        self.lanes = lanes
        self.settings = settings
        self.switch = switch
        self.turn = asyncio.Lock()
        self.waiting = 0
        """How many writes wait, with the one that is made."""
        self.snapshot: Snapshot | None = None
        self.handing_over: asyncio.Task[None] | None = None
        self.handovers = 0

    async def write(self, write: Write) -> Written:
        """Make a write; when this returns, every new query sees it.

        Raises what :func:`plangraph.writing.perform` raises, :class:`WriteTooSlow`, :class:`QueryTooHungry`,
        :class:`WritesWaiting`, :class:`EngineStopped`. When the task is cancelled before the change counts,
        nothing has changed.
        """
        most = self.settings.limits.writes_waiting
        if self.waiting > most:  # one of them is being made
            raise WritesWaiting(f"{most} writes are waiting already", limit=most)
        self.waiting += 1
        try:
            async with self.turn:
                written = await self.perform(write)
                if written.length:
                    await asyncio.shield(asyncio.ensure_future(self.commit(written)))
                return written
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Write no more."""
        if self.handing_over is not None:
            self.handing_over.cancel()

    async def perform(self, write: Write) -> Written:
        """Have a write made on a copy; its change lies in the log, and does not count yet."""
        limits = self.settings.limits
        self.parent.log.forget_rest()
        worker = await asyncio.to_thread(self.parent.fork, "write")
        try:
            async with asyncio.timeout(limits.write_seconds):
                return unpack_word(await converse(worker, pack_write(write)))
        except TimeoutError:
            seconds = limits.write_seconds
            raise WriteTooSlow(f"the write was stopped after {seconds} seconds", limit=seconds) from None
        except (EOFError, ConnectionError):
            raise QueryTooHungry(
                "the process that made the write died, most likely for want of memory",
                rule="write_memory_bytes",
                limit=limits.write_memory_bytes,
            ) from None
        finally:
            worker.end()

    async def commit(self, written: Written) -> None:
        """Let a change count, and have new queries see it."""
        entry = Entry(written.offset, written.length, written.revision)
        size = await asyncio.to_thread(self.parent.apply, entry)
        self.switch(self.parent, written.revision)
        await self.lanes.renew()
        if self.is_worn(size) and (self.handing_over is None or self.handing_over.done()):
            self.handing_over = asyncio.create_task(self.hand_over())

    def is_worn(self, size: Size) -> bool:
        """Whether the store should make way for a fresh one."""
        return size.replaced > max(self.settings.limits.replaced_quads, size.quads // SHARE)

    async def take_snapshot(self) -> Snapshot:
        """All data of the revision that is served now, in a file that goes when nobody holds it."""
        async with self.turn:
            return await (await self.begin_snapshot())

    async def begin_snapshot(self) -> asyncio.Future[Snapshot]:
        """A snapshot on its way, of the moment when this returns."""
        revision = self.parent.find_revision()
        if not self.parent.log.entries:
            self.snapshot = Snapshot(self.parent.source, revision)
        if self.snapshot is not None and self.snapshot.revision == revision:
            future: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
            future.set_result(self.snapshot)
            return future
        handle, name = tempfile.mkstemp(prefix="plangraph-", suffix=".nq")
        try:
            worker = await asyncio.to_thread(self.parent.fork, "dump", handle)
        finally:
            os.close(handle)
        return asyncio.ensure_future(self.finish_snapshot(worker, Path(name)))

    async def finish_snapshot(self, worker: Worker, path: Path) -> Snapshot:
        """Wait until the data is in the file."""
        try:
            async with asyncio.timeout(DUMP_SECONDS):
                told = await read_all(worker)
            found = Snapshot(path, worker.revision, tuple(json.loads(told)["empty"]))
        except (TimeoutError, ConnectionError, ValueError):
            path.unlink(missing_ok=True)
            raise EngineStopped("the data could not be put into a file") from None
        finally:
            worker.end()
        weakref.finalize(found, path.unlink, missing_ok=True)
        self.snapshot = found
        return found

    async def hand_over(self) -> None:
        """Let a fresh process take the place of the one that holds the data."""
        old = self.parent
        async with self.turn:
            coming = await self.begin_snapshot()
            begin = len(old.log.entries)
        snapshot = await coming
        new = Parent(snapshot.source, snapshot.revision, self.settings)
        new.keep(snapshot)
        try:
            if empty := snapshot.describe_empty():
                text = changes.write(empty)
                new.log.entries.append(Entry(append(new.log.handle, text), len(text), snapshot.revision))
            await asyncio.to_thread(new.wake)
            async with self.turn:
                for entry in new.log.take_over(old.log, begin):
                    await asyncio.to_thread(new.apply, entry)
                self.parent = self.lanes.parent = new
                self.switch(new, new.find_revision())
                await self.lanes.renew()
        except BaseException:
            if self.parent is not new:
                new.close()
            raise
        self.handovers += 1
        await self.lanes.wait_until_drained(old)
        await asyncio.to_thread(old.close)


async def converse(worker: Worker, text: bytes) -> bytes:
    """Send a text and read the answer, each behind its length; raises ``EOFError`` when the process dies."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(worker.channel, text)
    (length,) = HEAD.unpack(await receive(worker, HEAD.size))
    return await receive(worker, length)


async def receive(worker: Worker, length: int) -> bytes:
    """That many bytes, or ``EOFError``."""
    loop, parts = asyncio.get_running_loop(), []
    while length:
        part = await loop.sock_recv(worker.channel, min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


async def read_all(worker: Worker) -> bytes:
    """Everything until the process hangs up."""
    loop, parts = asyncio.get_running_loop(), []
    while part := await loop.sock_recv(worker.channel, 1 << 20):
        parts.append(part)
    return b"".join(parts)
