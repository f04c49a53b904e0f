"""The processes behind an engine, seen from the one that asks: their handles, their start, their end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias

from plangraph import fork
from plangraph.changelog import ChangeLog, Entry
from plangraph.errors import EngineStopped
from plangraph.settings import Settings

COMMAND: Final = "import sys; sys.path[:] = {path!r}; from {module} import main; main()"
"""What the new process runs: it finds the same modules as this one, wherever it was started."""

FORK_SECONDS: Final = 30
"""How long a fork may take before its parent counts as stuck."""

LOCK_SECONDS: Final = 1
"""How long the end of a worker may wait for the process that holds the data to have done something else."""

FORK_TRIES: Final = 2
"""How often a process is asked for: the one that held the data may just have died, and another is started."""

TUNABLES: Final = "GLIBC_TUNABLES"
LARGE_PAGES: Final = "glibc.malloc.hugetlb=1"

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
CPU_CLOCK: Final = 2
"""The lower bits of the number of a process's CPU clock (``CPUCLOCK_SCHED``, ``posix-timers.h`` of Linux)."""


Wish: TypeAlias = Literal["fork", "write", "dump"]
"""What a new process is for: to answer queries, to make a write, or to put the data into a file."""


@dataclass(frozen=True)
class Size:
    """How many quads the store holds, and how many were replaced since it was made."""

    quads: int
    replaced: int


@dataclass(frozen=True)
class Worker:
    """A process that answers queries on one revision, and the only handles on it."""

    channel: socket.socket
    pidfd: int
    pid: int
    revision: str
    place: int
    """How many changes of the log it has."""
    parent: Parent

    def kill(self) -> None:
        """Kill it, whatever it is doing."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def yield_way(self, niceness: int) -> None:
        """Let others have the processor first."""
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self.pid, niceness)

    def measure_cpu(self) -> float:
        """The seconds of CPU it has used; a dead one has used none."""
        try:
            return time.clock_gettime(~self.pid << 3 | CPU_CLOCK)
        except OSError:
            return 0.0

    def measure_memory(self) -> int:
        """The bytes that it holds in memory, those that it shares included; a dead one holds none."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE_BYTES
        except (OSError, IndexError):
            return 0

    def let_go(self) -> None:
        """Let go of its handles."""
        os.close(self.pidfd)
        self.channel.close()

    def end(self) -> None:
        """Kill it and let go of its handles."""
        self.kill()
        self.let_go()


class Parent:
    """The process that holds the data; started anew when a worker is wanted and it has died."""

    def __init__(self, source: bytes | Path, revision: str, settings: Settings) -> None:
        self.source = source
        self.revision = revision
        self.limits = settings.limits
        self.gated = settings.is_gated
        self.log = ChangeLog()
        self.lock = threading.Lock()
        self.closed = False
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.told = ""
        self.kept: object = None

    def keep(self, source: object) -> None:
        """Hold on to what the source goes with."""
        self.kept = source

    def find_revision(self) -> str:
        """The revision of the data, with all changes that count."""
        return self.log.entries[-1].revision if self.log.entries else self.revision

    def find_place(self) -> int:
        """How many changes count: what is removed and made again has its revision back, but other labels."""
        return self.log.find_place()

    def wake(self) -> None:
        """Start the process and have it make all changes of the log; raises :class:`EngineStopped`."""
        with self.lock:
            self.revive()

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def fork(self, wish: Wish = "fork", target: int | None = None) -> Worker:
        """A fresh process, by default a worker; ``target`` is an open file that a dump goes to.

        Raises :class:`EngineStopped`.
        """
        with self.lock:
            for _ in range(FORK_TRIES):
                self.revive()
                told, handles = self.ask(wish, [] if target is None else [target])
                if len(handles) == 2:
                    break
                self.stop()
            else:
                raise EngineStopped("the process that holds the data does not answer")
            pid, revision = told.split()
            channel = socket.socket(fileno=handles[0])
            channel.setblocking(False)
            return Worker(channel, handles[1], int(pid), revision, self.find_place(), self)

    def apply(self, *entries: Entry) -> Size:
        """Make changes that a writer has put at the end of the log; raises :class:`EngineStopped`.

        All of them count from the beginning: where the process dies over one, a new one makes it with all
        others of the log.
        """
        with self.lock:
            self.log.entries += entries
            for entry in entries:
                if not (self.is_alive() and self.apply_entry(entry)):
                    self.stop()
                    self.revive()
                    break
            return Size(*map(int, self.told.split()))

    def apply_entry(self, entry: Entry) -> str:
        """Have one change of the log made; nothing where the process has died."""
        self.told = self.ask(f"apply {entry.offset} {entry.length} {entry.revision}")[0]
        return self.told

    def ask(self, wish: str, handles: Sequence[int] = ()) -> tuple[str, list[int]]:
        """Send a wish; what comes back is nothing where the process has died."""
        if self.control is None:
            return "", []
        try:
            socket.send_fds(self.control, [wish.encode()], handles)
            told, received, _, _ = socket.recv_fds(self.control, 256, 2)
        except OSError:
            return "", []
        return told.decode(), received

    def revive(self) -> None:
        """See to it that the process runs and has made all changes; raises :class:`EngineStopped`."""
        if self.closed:  # by another thread, after this one was sent for a worker
            raise EngineStopped("the engine has been closed")
        if self.control is not None and self.is_alive():
            return
        self.stop()
        self.start()
        for entry in self.log.entries:
            if not self.apply_entry(entry):
                self.stop()
                raise EngineStopped("the process that holds the data died over a change")

    def find_signal(self, pid: int) -> int | None:
        """The signal that ended a worker that has hung up, 0 for none; nothing where it is not known.

        It is not known where the process that held the data has died as well, nor while another one loads it.
        """
        if not self.lock.acquire(timeout=LOCK_SECONDS):
            return None
        try:
            told = self.ask(f"end {pid}")[0] if self.is_alive() else ""
            if not told:  # what it says late would be taken for an answer to the next wish
                self.stop()
        finally:
            self.lock.release()
        if not told.isdigit():
            return None
        status = int(told)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def start(self) -> None:
        """Start the process and wait until it has loaded the data; raises :class:`EngineStopped`."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, open_source(self.source) as source:
            config = fork.Config(
                control=theirs.fileno(),
                source=source.fileno(),
                log=self.log.handle,
                revision=self.revision,
                limits=self.limits,
                gated=self.gated,
            )
            handles = (config.control, config.source, config.log)
            self.process = start_module(fork.__name__, config.write(), *handles, large_pages=True)
        said = self.control.recv(1024)
        if said != fork.READY:
            self.stop()
            raise EngineStopped(
                said.decode(errors="replace") or "the process that holds the data did not start"
            )
        self.control.settimeout(FORK_SECONDS)

    def stop(self) -> None:
        """End the process, and with it every worker."""
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = self.control = None

    def close(self) -> None:
        """End the process for good."""
        self.closed = True
        self.stop()


def start_module(
    module: str, argument: str, *inherited: int, stdout: int | None = None, large_pages: bool = False
) -> subprocess.Popen[bytes]:
    """A new process that runs the ``main()`` of one of our modules, and inherits these file descriptors.

    With ``large_pages`` it asks the system for pages of 2 MiB for what it allocates, where the C library is
    glibc (2.35 or later): forking a process takes as long as it has pages.
    """
    environment = dict(os.environ)
    if large_pages:
        tunables = [environment[TUNABLES]] if environment.get(TUNABLES) else []
        environment[TUNABLES] = ":".join([*tunables, LARGE_PAGES])
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-c", COMMAND.format(path=sys.path, module=module), argument],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        env=environment,
        pass_fds=inherited,
    )


def open_source(source: bytes | Path) -> IO[bytes]:
    """A file that another process can read from its beginning."""
    if isinstance(source, Path):
        return source.open("rb")
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    stream.write(source)
    stream.flush()
    return stream
