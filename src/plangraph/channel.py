"""The line to a worker, as the event loop sees it: queries go out, whole replies come in.

Small replies are read many at a time into one buffer; a large one is received where it will stay, so that its
bytes are copied once. The worker answers in the order of the queries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from plangraph.wire import REPLY_HEAD, Reply, read_reply

BUFFER_BYTES: Final = 256 * 1024


class Channel(asyncio.BufferedProtocol):
    """Calls ``on_reply`` with each reply, and ``on_lost`` once when the worker has gone."""

    def __init__(self, revision: str, on_reply: Callable[[Reply], None], on_lost: Callable[[], None]) -> None:
        self.revision = revision
        self.on_reply = on_reply
        self.on_lost = on_lost
        self.transport: asyncio.Transport | None = None
        self.outbox: list[bytes] = []
        """Queries that go out when the event loop has done what it is at."""
        self.buffer = bytearray(BUFFER_BYTES)
        self.filled = 0
        self.large: bytearray | None = None
        """The reply that is being received, where it is larger than the buffer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Called by the event loop when the worker has died or was ended."""
        self.transport = None
        self.on_lost()

    def send(self, query: bytes) -> None:
        """Send a query that :func:`plangraph.wire.write_query` wrote; nothing happens after the end."""
        if not self.outbox:
            asyncio.get_running_loop().call_soon(self.flush)
        self.outbox.append(query)

    def flush(self) -> None:
        """Send all queries of this turn of the event loop at once: a system call costs more than a copy."""
        if self.transport is not None:
            self.transport.write(b"".join(self.outbox))
        self.outbox.clear()

    def close(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the loop's signature
        """Where the next bytes go."""
        return memoryview(self.buffer if self.large is None else self.large)[self.filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on what is whole, and make room for the rest."""
        self.filled += nbytes
        if self.large is not None:
            if self.filled == len(self.large):
                whole, self.large, self.filled = self.large, None, 0
                self.deliver(memoryview(whole))
            return
        begin, seen = 0, memoryview(self.buffer)
        while self.filled - begin >= REPLY_HEAD.size:
            length = measure(seen[begin:])
            if length > self.filled - begin:
                if length > BUFFER_BYTES:
                    self.large = bytearray(length)
                    self.large[: self.filled - begin] = seen[begin : self.filled]
                    self.filled -= begin
                    return
                break
            self.deliver(seen[begin : begin + length])
            begin += length
        if begin:
            rest = self.filled - begin
            self.buffer[:rest] = self.buffer[begin : self.filled]
            self.filled = rest

    def deliver(self, frame: memoryview) -> None:
        """Read a whole reply and hand it on."""
        last, told, body = REPLY_HEAD.unpack_from(frame)
        begin = REPLY_HEAD.size + told
        text = bytes(frame[REPLY_HEAD.size : begin])
        self.on_reply(read_reply(text, bytes(frame[begin : begin + body]), self.revision, last))


def measure(frame: memoryview) -> int:
    """The length of a reply that begins with its head."""
    _, told, body = REPLY_HEAD.unpack_from(frame)
    return int(REPLY_HEAD.size + told + body)
