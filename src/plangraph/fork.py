"""The process that holds the store and forks workers; :mod:`plangraph.process` starts it.

It has one thread, so that a fork is safe, and lives behind a socket to the process that started it: each
message that arrives is a wish, and the socket's end is its own. A worker shares the store's pages and answers
one query after the other (:mod:`plangraph.serving`).
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from pyoxigraph import RdfFormat, Store

from plangraph.confinement import cut_network
from plangraph.serving import Bounds, serve, warm_up

STACK_BYTES: Final = 128 * 1024 * 1024
"""With the usual 8 MiB a query of 70 kB can overflow the stack of the planner."""

READY: Final = b"ready"
WISH_BYTES: Final = 4096
"""How long a message of the control socket may be."""


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


class Holder:
    """The store, its revision, and how the workers of it ended."""

    def __init__(self, control: socket.socket, store: Store, config: Config) -> None:
        self.control = control
        self.store = store
        self.revision = config.revision
        self.bounds = Bounds(config.result_bytes, config.worker_memory_bytes)
        self.ends: dict[int, int] = {}
        """The wait status of each worker that died and was not asked about."""

    def serve(self) -> None:
        """Grant wishes until the other side has gone."""
        while message := self.control.recv(WISH_BYTES):
            name, *words = message.decode().split()
            self.reap()
            self.grant(name, words)

    def grant(self, name: str, words: list[str]) -> None:
        """Do what a message asks for."""
        match name:
            case "fork":
                self.fork_worker()
            case "end":
                self.tell_end(int(words[0]))

    def reap(self) -> None:
        """Take leave of every worker that has died."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self.ends[ended[0]] = ended[1]

    def fork_worker(self) -> None:
        """Fork a worker and send its socket and its pidfd; a pidfd is never another process by mistake."""
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.control.close()
                ours.close()
                serve(theirs, self.store, self.revision, self.bounds, parent)
                status = 0
            finally:
                os._exit(status)
        theirs.close()
        handle = os.pidfd_open(child)
        socket.send_fds(self.control, [f"{child} {self.revision}".encode()], [ours.fileno(), handle])
        ours.close()
        os.close(handle)

    def tell_end(self, pid: int) -> None:
        """Send the wait status of a worker that has hung up; that of another process's child is not known."""
        status = self.ends.pop(pid, None)
        if status is None:
            with suppress(ChildProcessError):
                status = os.waitpid(pid, 0)[1]  # it is on its way out
        self.ends = dict(list(self.ends.items())[-1000:])
        self.control.send(b"none" if status is None else str(status).encode())


def main() -> None:
    """Load the store, say so, and hold it until the other side has gone."""
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
    holder = Holder(control, store, config)
    warm_up(store, config.revision, holder.bounds)
    gc.collect()
    gc.freeze()
    control.send(READY)
    holder.serve()


def load(source: int) -> Store:
    """A store in memory with the N-Quads of a file descriptor."""
    store = Store()
    with open(source, "rb") as stream:
        stream.seek(0)
        store.bulk_load(stream, format=RdfFormat.N_QUADS)
    return store
