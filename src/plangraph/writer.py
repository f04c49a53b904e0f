"""Writes to an engine's data: made on a copy, kept for good, then whole or not at all.

Writes that wait at the same time are made on one copy, one after the other, kept together and shown together;
that costs one wait for the disk and one round of fresh workers. What was kept counts, whatever becomes of the
processes then; what was not kept was never there.

The store gets slower with every quad that is replaced, so that in time a fresh process takes over: the data
goes into a file, the new process loads it and makes the changes that came meanwhile, and the old one ends
once its workers have.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from plangraph import change as changes
from plangraph.batch import Batch, Pending
from plangraph.changelog import Entry, append, read_part
from plangraph.errors import EngineFailed, EngineStopped, PlangraphError
from plangraph.following import read_coming
from plangraph.lanes import Lanes
from plangraph.process import Parent, Size
from plangraph.records import Draft, Memory, Record
from plangraph.settings import Settings
from plangraph.snapshots import Photographer, Snapshot
from plangraph.trial import Trial, Trials, TryAgain
from plangraph.write_errors import JournalFailed, JournalUnsure, KeyReused, WritesWaiting
from plangraph.writes import NOTHING_MORE, Intent, Write, Written

SHARE: Final = 10
"""A fresh store is due once this part of all quads was replaced, if that is more than the limit says."""

TOGETHER_SECONDS: Final = 0.05
"""Once the writes of a batch have taken so long, those that still wait are left for the next."""

logger = logging.getLogger("plangraph.writes")

__all__ = ["Snapshot", "Writer"]


class Writer:
    """The one who writes. ``switch`` is told of a new revision, and of the process that holds it."""

    def __init__(
        self,
        parent: Parent,
        lanes: Lanes,
        settings: Settings,
        switch: Callable[[Parent, str], None],
        record: Record | None = None,
    ) -> None:
        self.parent = parent
        self.lanes = lanes
        self.settings = settings
        self.switch = switch
        self.record = record or Memory()
        self.turn = asyncio.Lock()
        self.queue: deque[Pending] = deque()
        """The writes that have not begun."""
        self.waiting = 0
        """How many writes have no answer yet."""
        self.running: asyncio.Task[None] | None = None
        self.open: Batch | None = None
        """Writes of which it is not known whether they were kept."""
        self.digests: dict[str, str | None] = {}
        """The digest of the text of each graph, as far as it is known; nothing for one that is gone."""
        self.trials = Trials(settings.limits)
        self.photographer = Photographer()
        self.handing_over: asyncio.Task[None] | None = None
        self.handovers = 0

    async def write(self, write: Write, intent: Intent = NOTHING_MORE) -> Written:
        """Make a write; when this returns, it is kept, and every new query sees it.

        Raises what :meth:`plangraph.trial.Trial.attempt` raises, :class:`KeyReused`, :class:`JournalFailed`,
        :class:`WritesWaiting`, :class:`EngineStopped`. When the task is cancelled while the write waits or is
        made, nothing has changed.
        """
        most = self.settings.limits.writes_waiting
        if self.waiting > most:  # one of them is being made
            raise WritesWaiting(f"{most} writes are waiting already", limit=most)
        self.waiting += 1
        pending = Pending(write, intent, asyncio.get_running_loop().create_future())
        self.queue.append(pending)
        if self.running is None or self.running.done():
            self.running = asyncio.create_task(self.run())
        try:
            return await pending.answer
        finally:
            self.waiting -= 1
            with suppress(ValueError):
                self.queue.remove(pending)

    def close(self) -> None:
        """Write no more."""
        for task in (self.handing_over, self.running):
            if task is not None and not task.get_loop().is_closed():
                task.cancel()
        self.trials.drop()
        self.dismiss()

    def dismiss(self) -> None:
        """Nobody waits any longer."""
        for pending in self.queue:
            pending.tell(EngineStopped("the engine has been closed"))
        self.queue.clear()

    async def run(self) -> None:
        """Make the writes that wait, until none does."""
        while self.queue:
            async with self.turn:
                await self.make_some()

    async def make_some(self) -> None:
        """Make some of the writes that wait, at least one, and tell what became of them."""
        batch = Batch()
        try:
            await self.settle()
            await self.fill(batch)
            await self.keep(batch)
        except PlangraphError as error:
            self.give_up(batch, error)
        except asyncio.CancelledError:
            self.give_up(batch, EngineStopped("the engine has been closed"))
            self.dismiss()
            raise
        except Exception:
            logger.exception("writes failed")
            self.give_up(batch, EngineFailed("the service failed on this write; it is not your fault"))
        finally:
            batch.tell()
            self.trials.leave(self.parent)

    def give_up(self, batch: Batch, error: PlangraphError) -> None:
        """Let a batch fail; where it has not begun, the first write that waits."""
        if not batch.outcomes and self.queue:
            batch.outcomes.append((self.queue.popleft(), error))
        batch.fail(error)

    async def fill(self, batch: Batch) -> None:
        """Make writes on one copy, until none waits, the copy is spoiled, or it has taken long enough."""
        clock = asyncio.get_running_loop().time
        self.parent.log.forget_rest()
        trial = await self.trials.take(self.parent)
        try:
            begin = clock()
            while self.queue and trial.usable and (not trial.tried or clock() - begin < TOGETHER_SECONDS):
                pending = self.queue.popleft()
                if pending.answer.done():
                    continue
                try:
                    outcome: Written | PlangraphError = await self.make(pending, trial, batch)
                except TryAgain:
                    self.queue.appendleft(pending)
                    break
                except PlangraphError as error:
                    outcome = error
                except BaseException:
                    self.queue.appendleft(pending)
                    raise
                batch.outcomes.append((pending, outcome))
        except BaseException:
            self.trials.drop()
            raise

    async def make(self, pending: Pending, trial: Trial, batch: Batch) -> Written:
        """Make one write, or find the answer that it had before."""
        intent, digest = pending.intent, pending.digest
        if intent.dry_run:
            written = await self.attempt(pending, trial)
            trial.usable = False
            return written
        if intent.key is not None:
            kept = batch.find_kept(intent.by, intent.key)
            if kept is None:
                kept = await asyncio.to_thread(self.record.find_kept, intent.by, intent.key)
            if kept is not None and kept.digest != digest:
                raise KeyReused("this Idempotency-Key came with another request before")
            if kept is not None:
                return kept.written
        written = await self.attempt(pending, trial)
        if written.length or intent.key is not None:
            batch.drafts.append(Draft(intent, digest, written, self.read_texts(written)))
        return written

    async def attempt(self, pending: Pending, trial: Trial) -> Written:
        """Make one write on the copy, unless whoever wanted it leaves."""
        making = asyncio.ensure_future(trial.attempt(pending.write, pending.intent.expected))
        try:
            await asyncio.wait({making, pending.answer}, return_when=asyncio.FIRST_COMPLETED)
            if not making.done():
                raise EngineStopped("whoever wanted the write has left")
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
        return making.result()

    def read_texts(self, written: Written) -> dict[str, bytes | None]:
        """The texts that a writer has put into the log behind its change."""
        texts: dict[str, bytes | None] = {}
        place = written.offset + written.length
        for name in written.digests if written.length else ():
            length = written.texts.get(name)
            texts[name] = None if length is None else read_part(self.parent.log.handle, place, length)
            place += length or 0
        return texts

    async def keep(self, batch: Batch) -> None:
        """Have the writes of a batch kept, and then shown; raises :class:`JournalFailed`."""
        if not batch.drafts:
            return

        def append() -> list[Written]:
            self.open = batch  # only once it has begun is there something to find out
            return self.record.append(batch.drafts)

        try:
            kept = await asyncio.to_thread(append)
        except JournalUnsure:
            raise
        except JournalFailed:
            self.open = None
            raise
        await asyncio.shield(asyncio.ensure_future(self.show(batch, kept)))

    async def settle(self) -> None:
        """Find out about writes of which it was not known whether they were kept, and show them if so."""
        if self.open is not None:
            batch, kept = self.open, await asyncio.to_thread(self.record.settle)
            if kept:
                await asyncio.shield(asyncio.ensure_future(self.show(batch, kept)))
            self.open = None

    async def show(self, batch: Batch, kept: list[Written]) -> None:
        """Let new queries see what was kept, and tell what is known of it by now."""
        self.open = None
        batch.learn(kept)
        if not (entries := batch.list_entries()):
            return
        size, coming = None, read_coming(self.parent.log, entries)
        try:
            size = await asyncio.to_thread(self.parent.apply, *entries)
        except (EngineStopped, OSError):  # a process that is started anew makes them: they are in the log
            logger.exception("what was kept could not be shown")
        self.switch(self.parent, entries[-1].revision)
        await self.lanes.renew(coming)
        for draft in batch.drafts:
            self.digests.update(draft.written.digests)
        is_due = self.handing_over is None or self.handing_over.done()
        if size is not None and self.is_worn(size) and is_due:
            self.handing_over = asyncio.create_task(self.hand_over())

    def is_worn(self, size: Size) -> bool:
        """Whether the store should make way for a fresh one."""
        return size.replaced > max(self.settings.limits.replaced_quads, size.quads // SHARE)

    async def take_snapshot(self) -> Snapshot:
        """All data of the revision that is served now, in a file that goes when nobody holds it."""
        async with self.turn:
            return await (await self.photographer.begin(self.parent))

    async def hand_over(self) -> None:
        """Let a fresh process take the place of the one that holds the data."""
        old = self.parent
        async with self.turn:
            coming = await self.photographer.begin(old)
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
                await self.settle()
                for entry in new.log.take_over(old.log, begin):
                    await asyncio.to_thread(new.apply, entry)
                self.parent = self.lanes.parent = new
                self.trials.drop()
                self.switch(new, new.find_revision())
                await self.lanes.renew()
        except BaseException:
            if self.parent is not new:
                new.close()
            raise
        self.handovers += 1
        try:
            await self.lanes.wait_until_drained(old)
        finally:
            await asyncio.to_thread(old.close)
