"""A writer, from the outside: writes are tried on its copy, one after the other; none of them counts yet.

Where what was tried counts in the end, the copy is what the data is, and the next writes need no other.
"""

from __future__ import annotations

import asyncio
from typing import Final, Self

from plangraph.errors import EngineFailed, QueryTooHungry
from plangraph.process import Parent, Worker
from plangraph.settings import Limits
from plangraph.write_errors import WriteTooSlow
from plangraph.writes import HEAD, Expected, Write, Written, pack_write, unpack_word

MOST_WRITES: Final = 100
"""After so many writes a copy makes way for a fresh one, which shares all its memory with the data again."""

IDLE_SECONDS: Final = 60
"""How long a copy waits for the next write. It keeps what it has copied of the data, some tens of megabytes;
a fresh one costs a fork and copies that again, which with much data takes longer than the write."""


class TryAgain(Exception):
    """The copy died or ran out of memory over a write that was not its first; the others may be to blame."""


class Trial:
    """A copy of the data, made by :meth:`open`. ``usable`` says whether it takes another write."""

    def __init__(self, parent: Parent, limits: Limits) -> None:
        self.parent = parent
        self.limits = limits
        self.worker: Worker | None = None
        self.tried = 0
        self.usable = True
        self.place = 0
        """How many changes the copy has, with those that were tried on it."""

    async def open(self) -> Self:
        """Make the copy; raises :class:`EngineStopped`."""
        self.worker = await asyncio.to_thread(self.parent.fork, "write")
        self.place = self.worker.place
        return self

    def end(self) -> None:
        """Throw the copy away."""
        if self.worker is not None:
            self.worker.end()
            self.worker = None

    def holds(self, parent: Parent) -> bool:
        """Whether it is a copy of what that process holds now, and takes another write."""
        fits = self.parent is parent and self.place == parent.find_place()
        return self.worker is not None and self.usable and fits and self.tried < MOST_WRITES

    async def attempt(self, write: Write, expected: tuple[Expected, ...] = ()) -> Written:
        """Try a write, whose change lies in the log then.

        Raises what :func:`plangraph.writing.attempt` tells of, :class:`WriteTooSlow`,
        :class:`QueryTooHungry`, and :class:`TryAgain`.
        """
        assert self.worker is not None  # noqa: S101 - the copy was made
        usable, self.usable = self.usable, False
        if not usable:
            raise EngineFailed("the copy has been spoiled")
        self.tried += 1
        limits = self.limits
        try:
            async with asyncio.timeout(limits.write_seconds):
                word = unpack_word(await converse(self.worker, pack_write(write, expected)))
        except TimeoutError:
            seconds = limits.write_seconds
            raise WriteTooSlow(f"the write was stopped after {seconds} seconds", limit=seconds) from None
        except (EOFError, ConnectionError):
            if self.tried > 1:
                raise TryAgain from None
            raise QueryTooHungry(
                "the process that made the write died, most likely for want of memory",
                rule="write_memory_bytes",
                limit=limits.write_memory_bytes,
            ) from None
        if self.tried > 1 and isinstance(word.outcome, QueryTooHungry):
            raise TryAgain  # what the writes before it took may have been what it lacked
        self.usable = word.usable
        written = word.find_written()
        if written.length:
            self.place += 1
        return written


class Trials:
    """The copy that writes are tried on, and that waits for the next ones. Use it from one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.copy: Trial | None = None
        self.waiting: asyncio.TimerHandle | None = None

    async def take(self, parent: Parent) -> Trial:
        """A copy of what that process holds: the one that waits, or a fresh one.

        Raises :class:`EngineStopped`.
        """
        if self.copy is None or not self.copy.holds(parent):
            self.drop()
            self.copy = await Trial(parent, self.limits).open()
        self.end_waiting()
        return self.copy

    def leave(self, parent: Parent) -> None:
        """Let the copy wait for the next writes, unless it is not what that process holds now."""
        self.end_waiting()
        if self.copy is not None and self.copy.holds(parent):
            self.waiting = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.drop)
        else:
            self.drop()

    def end_waiting(self) -> None:
        """The copy is wanted, or is none any more."""
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def drop(self) -> None:
        """Throw the copy away."""
        self.end_waiting()
        if self.copy is not None:
            self.copy.end()
            self.copy = None


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
