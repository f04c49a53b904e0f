"""The process that holds the store and forks workers; :mod:`plangraph.process` starts it.

It has one thread, so that a fork is safe, and lives behind a socket to the process that started it: each
byte that arrives asks for a worker, and the socket's end is its own. A worker shares the store's pages and
answers one query at a time. It has no network, opens no file, and gets so much memory and no more.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, Store

from plangraph.errors import EngineFailed, PlangraphError
from plangraph.evaluation import Query, evaluate
from plangraph.wire import QUERY_HEAD, Reply, read_query, write_reply

STACK_BYTES: Final = 128 * 1024 * 1024
"""With the usual 8 MiB a query of 70 kB can overflow the stack of the planner."""

READY: Final = b"ready"
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000
PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Config:
    """What the process is told. ``control`` and ``source`` are inherited file descriptors."""

    control: int
    source: int
    revision: str
    result_bytes: int
    worker_memory_bytes: int

    def write(self) -> str:
        """As the argument of the command."""
        return json.dumps(asdict(self))


def main() -> None:
    """Load the store, say so, and fork a worker for each byte until the other side has gone."""
    config = Config(**json.loads(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    stack = STACK_BYTES if most == resource.RLIM_INFINITY else min(STACK_BYTES, most)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cut_network()
    control = socket.socket(fileno=config.control)
    try:
        store = load(config.source)
    except (SyntaxError, OSError) as error:
        control.send(str(error).encode()[:1000])
        return
    answer(store, Query("SELECT * WHERE {} LIMIT 0"), config)  # what is imported late is imported now
    gc.collect()
    gc.freeze()
    control.send(READY)
    while control.recv(1):
        reap()
        spawn(control, store, config)


def cut_network() -> bool:
    """Leave the network for good; false where the system does not let us, and only RLIMIT_NOFILE remains."""
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def load(source: int) -> Store:
    """A store in memory with the N-Quads of a file descriptor."""
    store = Store()
    with open(source, "rb") as stream:
        stream.seek(0)
        store.bulk_load(stream, format=RdfFormat.N_QUADS)
    return store


def reap() -> None:
    """Take leave of every worker that has died."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def spawn(control: socket.socket, store: Store, config: Config) -> None:
    """Fork a worker and send its socket and its pidfd; a pidfd is never another process by mistake."""
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            control.close()
            ours.close()
            confine(parent, config.worker_memory_bytes)
            serve(theirs, store, config)
            status = 0
        finally:
            os._exit(status)
    theirs.close()
    handle = os.pidfd_open(child)
    socket.send_fds(control, [b"worker"], [ours.fileno(), handle])
    ours.close()
    os.close(handle)


def confine(parent: int, memory_bytes: int) -> None:
    """The limits of a worker. It dies with the process that forked it."""
    die_with(parent)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # if the machine runs out, a worker goes first
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def die_with(parent: int) -> None:
    """From now on this process is killed when its parent ends; at once, if that has happened already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def serve(channel: socket.socket, store: Store, config: Config) -> None:
    """Answer queries until the other side closes, or until a query has left the worker too large."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while head := receive(channel, QUERY_HEAD.size):
        reply = answer(store, read_query(receive(channel, *QUERY_HEAD.unpack(head))), config)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        reply = replace(reply, last=reply.last or grown > config.worker_memory_bytes // 4)
        for part in write_reply(reply):
            channel.sendall(part)
        if reply.last:
            return


def answer(store: Store, query: Query, config: Config) -> Reply:
    """The reply to a query, whatever becomes of it."""
    try:
        return Reply(evaluate(store, query, config.result_bytes, config.revision))
    except PlangraphError as error:
        return Reply(error)
    except BaseException as error:  # a panic of the engine is no Exception; its words stay inside
        return Reply(EngineFailed(f"the engine failed on this query ({type(error).__name__})"), last=True)


def receive(channel: socket.socket, length: int) -> bytes:
    """That many bytes, or nothing at the end."""
    parts = []
    while length:
        part = channel.recv(min(length, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
