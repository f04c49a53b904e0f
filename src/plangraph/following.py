"""Workers that take in a change of the data, where a fresh one would cost a fork.

A fork copies an entry for each page of the data, and what is written then in the process that was forked
copies these pages; a change itself is a few hundred quads. So what a commit costs would grow with the data.
A worker that has nothing to do makes the change on its own copy instead. It makes way for a fresh one in
time, since with each change it shares less of its memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plangraph import change as changes
from plangraph.changelog import ChangeLog, Entry, read_part
from plangraph.errors import PlangraphError
from plangraph.lane import Lane
from plangraph.wire import Reply, write_change

MOST_BYTES: Final = 1024 * 1024
"""A larger change is not for workers: a fork takes less, and they may not grow so far."""

MOST_FOLLOWED: Final = 20
"""After so many changes a worker makes way for a fresh one, which shares all its memory again."""

FOLLOW_SECONDS: Final = 1
"""How long a worker may take for a change before a fresh one is forked."""


@dataclass(frozen=True)
class Coming:
    """Changes for workers that have the first so many of a log, as they are sent, and where they lead."""

    log: ChangeLog
    place: int
    revision: str
    changes: tuple[bytes, ...]


def read_coming(log: ChangeLog, entries: Sequence[Entry]) -> Coming | None:
    """The changes that are about to count in a log; nothing where they are too much for a worker."""
    if sum(entry.length for entry in entries) > MOST_BYTES:
        return None
    texts = [read_part(log.handle, entry.offset, entry.length) for entry in entries]
    if any(changes.read(text).emptied for text in texts):  # how much that is, the text does not show
        return None
    written = zip(texts, entries, strict=True)
    sent = tuple(write_change(text, entry.revision) for text, entry in written)
    return Coming(log, log.find_place(), entries[-1].revision, sent)


def may_follow(lane: Lane, coming: Coming) -> bool:
    """Whether a worker may make some changes: it has nothing to do, and holds what they were found on."""
    return (
        not lane.jobs
        and not lane.is_leaving
        and lane.worker.parent.log is coming.log
        and lane.place == coming.place
        and lane.followed + len(coming.changes) <= MOST_FOLLOWED
    )


class Following:
    """A worker on its way to another revision. ``done`` says whether it has got there, once it is known."""

    def __init__(self, lane: Lane, coming: Coming) -> None:
        loop = asyncio.get_running_loop()
        self.lane = lane
        self.coming = coming
        self.left = len(coming.changes)
        self.memory = lane.worker.measure_memory()
        self.done: asyncio.Future[bool] = loop.create_future()
        self.late = loop.call_later(FOLLOW_SECONDS, self.end, False)
        for change in coming.changes:
            lane.channel.send(change)

    def take(self, reply: Reply) -> None:
        """The worker says what became of a change."""
        self.left -= 1
        if reply.last or isinstance(reply.outcome, PlangraphError):
            self.end(False)
        elif not self.left:
            self.end(True)

    def end(self, followed: bool) -> None:
        """It is known whether the worker holds the other revision."""
        self.late.cancel()
        if self.done.done():
            return
        if followed:
            self.lane.revision = self.lane.channel.revision = self.coming.revision
            self.lane.followed += len(self.coming.changes)
            self.lane.place += len(self.coming.changes)
            self.lane.memory_before += self.lane.worker.measure_memory() - self.memory  # that is data
        self.done.set_result(followed)
