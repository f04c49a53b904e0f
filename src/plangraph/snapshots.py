"""All data of one revision in a file, made by a process that shares the store."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode

from plangraph.change import Change
from plangraph.errors import EngineStopped
from plangraph.process import Parent, Worker
from plangraph.trial import read_all

DUMP_SECONDS: Final = 600
"""How long the data may take into a file before that counts as stuck."""


@dataclass(frozen=True)
class Snapshot:
    """All data of one revision as N-Quads, and the named graphs that exist and are empty."""

    source: bytes | Path
    revision: str
    empty: tuple[str, ...] = ()

    def describe_empty(self) -> Change:
        """The change that makes the empty graphs."""
        return Change(created=frozenset(NamedNode(name[1:-1]) for name in self.empty if name.startswith("<")))


class Photographer:
    """Who takes snapshots, and keeps the last one: it is taken once a revision."""

    def __init__(self) -> None:
        self.last: Snapshot | None = None
        self.taken: tuple[weakref.ref[Parent], int] | None = None
        """The process that the last one was taken of, and how many changes it had."""

    async def begin(self, parent: Parent) -> asyncio.Future[Snapshot]:
        """A snapshot on its way, of the moment when this returns."""
        moment = weakref.ref(parent), parent.find_place()
        if not parent.log.entries:
            self.last, self.taken = Snapshot(parent.source, parent.find_revision()), moment
        if self.last is not None and self.taken == moment:
            future: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
            future.set_result(self.last)
            return future
        handle, name = tempfile.mkstemp(prefix="plangraph-", suffix=".nq")
        try:
            worker = await asyncio.to_thread(parent.fork, "dump", handle)
        finally:
            os.close(handle)
        return asyncio.ensure_future(self.finish(worker, Path(name)))

    async def finish(self, worker: Worker, path: Path) -> Snapshot:
        """Wait until the data is in the file, which goes when nobody holds the snapshot."""
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
        self.last, self.taken = found, (weakref.ref(worker.parent), worker.place)
        return found
