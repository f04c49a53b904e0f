"""A worker, from the inside: queries come in over a socket, and each is answered, whatever becomes of it.

Between them a change of the data may come in, which it makes on its own copy.
"""

from __future__ import annotations

import resource
import socket
import time
from dataclasses import replace
from typing import Final

from pyoxigraph import Store

from plangraph import change as changes
from plangraph.confinement import confine
from plangraph.errors import EngineFailed, PlangraphError
from plangraph.evaluation import Query, evaluate
from plangraph.settings import Limits
from plangraph.wire import QUERY_HEAD, Reply, read_query, read_revision, write_reply

READ_BYTES: Final = 64 * 1024
QUICK_SECONDS: Final = 0.005
"""A query that took less has not made the worker large, and is not worth asking the system."""

JOINED_BYTES: Final = 64 * 1024
"""Up to this length a body is copied behind its head, which is cheaper than sending twice."""


class Inbox:
    """The bytes that came in over a socket, taken by length; several queries may come at once."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.held = b""
        self.begin = 0

    def take(self, length: int) -> bytes:
        """That many bytes, or nothing at the end."""
        if len(self.held) - self.begin < length:
            parts = [self.held[self.begin :]]
            missing = length - len(parts[0])
            while missing > 0:
                part = self.channel.recv(max(READ_BYTES, min(missing, 1 << 20)))
                if not part:
                    return b""
                parts.append(part)
                missing -= len(part)
            self.held, self.begin = b"".join(parts), 0
        taken = self.held[self.begin : self.begin + length]
        self.begin += length
        return taken


def serve(channel: socket.socket, store: Store, revision: str, limits: Limits, parent: int) -> None:
    """Answer queries until the other side closes, or until a query has left the worker too large."""
    confine(parent, limits.worker_memory_bytes)
    inbox = Inbox(channel)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while head := inbox.take(QUERY_HEAD.size):
        wishes, text = QUERY_HEAD.unpack(head)
        begun = time.perf_counter()
        told, body = inbox.take(wishes), inbox.take(text)
        coming = read_revision(told)
        if coming is None:
            reply = answer(store, read_query(told, body), revision, limits)
        else:
            reply, revision = follow(store, body), coming
        if time.perf_counter() - begun > QUICK_SECONDS:
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
            if grown > limits.worker_memory_bytes // 4:
                reply = replace(reply, last=True)
        head, rest = write_reply(reply)
        if len(rest) <= JOINED_BYTES:
            channel.sendall(head + rest)
        else:
            channel.sendall(head)
            channel.sendall(rest)
        if reply.last:
            return


def answer(store: Store, query: Query, revision: str, limits: Limits) -> Reply:
    """The reply to a query, whatever becomes of it."""
    try:
        return Reply(evaluate(store, query, limits.result_bytes, revision))
    except PlangraphError as error:
        return Reply(error)
    except BaseException as error:  # a panic of the engine is no Exception; its words stay inside
        return Reply(EngineFailed(f"the engine failed on this query ({type(error).__name__})"), last=True)


def follow(store: Store, change: bytes) -> Reply:
    """The reply to a change, which is made; a worker that could not make it holds nothing that counts."""
    try:
        changes.apply(store, changes.read(change))
    except BaseException as error:  # a panic of the engine is no Exception; its words stay inside
        return Reply(EngineFailed(f"the engine failed on a change ({type(error).__name__})"), last=True)
    return Reply(None)


def warm_up(store: Store, revision: str, limits: Limits) -> None:
    """Import now what is imported late, since a worker opens no file."""
    answer(store, Query("SELECT * WHERE {} LIMIT 0"), revision, limits)
    answer(store, Query("CONSTRUCT {} WHERE {}"), revision, limits)
    answer(store, Query("SELECT nothing"), revision, limits)
