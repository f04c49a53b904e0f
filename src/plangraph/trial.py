"""A writer, from the outside: writes are tried on its copy, one after the other; none of them counts yet."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from plangraph.errors import EngineFailed, QueryTooHungry
from plangraph.process import Parent, Worker
from plangraph.settings import Limits
from plangraph.write_errors import WriteTooSlow
from plangraph.writes import HEAD, Expected, Write, Written, pack_write, unpack_word


class TryAgain(Exception):
    """The copy died over a write that was not its first, so it may be the others' fault."""


class Trial:
    """A copy of the data between entering and leaving it. ``usable`` says whether it takes another write."""

    def __init__(self, parent: Parent, limits: Limits) -> None:
        self.parent = parent
        self.limits = limits
        self.worker: Worker | None = None
        self.tried = 0
        self.usable = True

    async def __aenter__(self) -> Self:
        """Make the copy; raises :class:`EngineStopped`."""
        self.worker = await asyncio.to_thread(self.parent.fork, "write")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.worker is not None:
            self.worker.end()
            self.worker = None

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
        self.usable = word.usable
        return word.find_written()


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
