"""The process that holds the store and forks workers; :mod:`plangraph.process` starts it.

It has one thread when it forks, so that a fork is safe, and lives behind a socket to the process that started
it: each message that arrives is a wish, and the socket's end is its own. A worker shares the store's pages
and answers one query after another (:mod:`plangraph.serving`); a writer does writes on its copy
(:mod:`plangraph.writing`), and their changes are made here when the other side says so. A store that did not
begin empty lies in a heap apart (:mod:`plangraph.heaps`), so that a fork takes its own memory elsewhere.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

from pyoxigraph import RdfFormat, Store, parse

from plangraph import change as changes
from plangraph.changelog import read_part
from plangraph.compaction import Compaction
from plangraph.confinement import cut_network
from plangraph.heaps import allocate_apart
from plangraph.repeated import read_repeated
from plangraph.serving import serve, warm_up
from plangraph.settings import Limits
from plangraph.submissions import read_lexicon
from plangraph.writing import Copy, prepare, serve_writes

Allocate = Callable[[Callable[[], Any]], Any]

STACK_BYTES: Final = 128 * 1024 * 1024
"""With the usual 8 MiB a query of 70 kB can overflow the stack of the planner."""

NICENESS: Final = 5
"""Of a process that writes the store into a file: nobody waits for it but a new holder."""

READY: Final = b"ready"
WISH_BYTES: Final = 4096
"""How long a message of the control socket may be."""

IDLE_SECONDS: Final = 0.005
"""After so long without a wish the memory is put in order, step by step."""

TWICE_PAGES: Final = 256
"""So many large pages at most are gathered while a process forked before lives, since it holds them too."""

MOST_ENDS: Final = 1000
"""The ends of so many processes are known: of the last."""

LOOK_SECONDS: Final = 1
"""How often it is looked whether such a process has ended, while there is something to gather."""


@dataclass(frozen=True)
class Config:
    """What the process is told. ``control``, ``source`` and ``log`` are inherited file descriptors.

    ``gated`` says that what is written must pass the shapes.
    """

    control: int
    source: int
    log: int
    revision: str
    limits: Limits
    gated: bool = False

    def write(self) -> str:
        """As the argument of the command."""
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str) -> Config:
        """From the argument of the command."""
        entry = json.loads(text)
        return Config(**{**entry, "limits": Limits(**entry["limits"])})


class Holder:
    """The store, its revision, and how the workers of it ended."""

    def __init__(self, control: socket.socket, store: Store, config: Config, allocate: Allocate) -> None:
        self.control = control
        self.store = store
        self.revision = config.revision
        self.limits = config.limits
        self.log = config.log
        self.gated = config.gated
        self.lexicon = read_lexicon(store) if config.gated else None
        self.repeated = read_repeated(store) if config.gated else None
        self.quads = len(store)
        self.replaced = 0
        """How many quads were taken out: the store keeps the room of each."""
        self.compaction = Compaction()
        self.allocate = allocate
        self.children: dict[int, int] = {}
        """The processes that live, and how many pages had been gathered when each was forked."""
        self.ends: dict[int, int] = {}
        """The wait status of each worker that died and was not asked about."""

    def serve(self) -> None:
        """Grant wishes until the other side has gone, and put the memory in order while there are none."""
        while (wish := self.receive())[0]:
            message, handles, _, _ = wish
            self.reap()
            self.grant(message.decode().split(), handles)
            for handle in handles:
                os.close(handle)

    def receive(self) -> tuple[bytes, list[int], int, object]:
        """The next wish, with the handles that came with it; nothing when the other side has gone."""
        while self.compaction.has_work:
            may = self.may_gather()
            if select.select([self.control], [], [], IDLE_SECONDS if may else LOOK_SECONDS)[0]:
                break
            if may:
                self.compaction.step()
            else:
                self.reap()
        return socket.recv_fds(self.control, WISH_BYTES, 1)

    def may_gather(self) -> bool:
        """Whether memory may be put in order, though every process that lives keeps it as it was."""
        return all(self.compaction.gathered - begun < TWICE_PAGES for begun in self.children.values())

    def grant(self, words: list[str], handles: list[int]) -> None:
        """Do what a message asks for."""
        match words:
            case ["fork"]:
                self.fork(self.work)
            case ["write"]:
                self.fork(self.write)
            case ["dump"]:
                self.fork(lambda channel, _: self.dump(channel, handles[0]))
            case ["apply", offset, length, revision]:
                self.apply(int(offset), int(length), revision)
            case ["end", pid]:
                self.tell_end(int(pid))

    def reap(self) -> None:
        """Take leave of every worker that has died."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self.ends[ended[0]] = ended[1]
                self.children.pop(ended[0], None)
                if len(self.ends) > MOST_ENDS:
                    del self.ends[next(iter(self.ends))]

    def fork(self, work: Callable[[socket.socket, int], None]) -> None:
        """Fork a process for some work, and send its socket and its pidfd; a pidfd is never another's."""
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.control.close()
                ours.close()
                work(theirs, parent)
                status = 0
            finally:
                os._exit(status)
        theirs.close()
        handle = os.pidfd_open(child)
        socket.send_fds(self.control, [f"{child} {self.revision}".encode()], [ours.fileno(), handle])
        ours.close()
        os.close(handle)
        self.children[child] = self.compaction.gathered

    def work(self, channel: socket.socket, parent: int) -> None:
        """What a worker does."""
        serve(channel, self.store, self.revision, self.limits, parent)

    def write(self, channel: socket.socket, parent: int) -> None:
        """What a writer does."""
        copy = Copy(self.store, self.revision, self.limits, self.gated, self.lexicon, self.repeated)
        serve_writes(channel, copy, self.log, parent)

    def dump(self, channel: socket.socket, target: int) -> None:
        """Write the store into a file as N-Quads, and send the names of the graphs that are empty."""
        os.nice(NICENESS)
        with open(target, "wb", closefd=False) as stream:
            self.store.dump(stream, format=RdfFormat.N_QUADS)
        empty = [
            str(graph)
            for graph in self.store.named_graphs()
            if next(self.store.quads_for_pattern(None, None, None, graph), None) is None
        ]
        channel.sendall(json.dumps({"empty": empty}).encode())

    def apply(self, offset: int, length: int, revision: str) -> None:
        """Make a change of the log, and say how many quads there are and how many were replaced."""
        change = changes.read(read_part(self.log, offset, length))
        self.allocate(lambda: changes.apply(self.store, change))
        if self.lexicon is not None:
            self.lexicon.follow(self.store, change)
        if self.repeated is not None:
            self.repeated = self.repeated.follow(self.store, change)
        self.revision = revision
        self.replaced += change.removed_quads
        self.quads += change.added_quads - change.removed_quads
        self.compaction.ask()
        self.control.send(f"{self.quads} {self.replaced}".encode())

    def tell_end(self, pid: int) -> None:
        """Send the wait status of a worker that has hung up; that of another process's child is not known."""
        status = self.ends.pop(pid, None)
        if status is None:
            with suppress(ChildProcessError):
                status = os.waitpid(pid, 0)[1]  # it is on its way out
                self.children.pop(pid, None)
        self.control.send(b"none" if status is None else str(status).encode())


def main() -> None:
    """Load the store, say so, and hold it until the other side has gone."""
    config = Config.read(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    stack = STACK_BYTES if most == resource.RLIM_INFINITY else min(STACK_BYTES, most)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cut_network()
    control = socket.socket(fileno=config.control)
    try:
        allocate = choose_heap(config)
        store = allocate(lambda: load(config.source))
    except (SyntaxError, OSError) as error:
        control.send(str(error).encode()[:1000])
        return
    holder = Holder(control, store, config, allocate)
    warm_up(store, config.revision, config.limits)
    prepare(gated=config.gated)
    gc.collect()
    gc.freeze()
    control.send(READY)
    holder.serve()


def choose_heap(config: Config) -> Allocate:
    """Where the store lies: apart where there is something to load.

    One that begins empty has no holes from loading, and apart it takes room in every process for nothing.
    """
    if os.fstat(config.source).st_size:
        return lambda work: allocate_apart(work, STACK_BYTES)
    return lambda work: work()


def load(source: int) -> Store:
    """A store in memory with the N-Quads of a file descriptor.

    Blank nodes keep their labels, which ``bulk_load`` would change: the changes of the log name them.
    """
    store = Store()
    with open(source, "rb") as stream:
        stream.seek(0)
        store.bulk_extend(parse(stream, format=RdfFormat.N_QUADS))
    return store
