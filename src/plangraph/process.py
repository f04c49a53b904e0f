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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from plangraph import fork
from plangraph.errors import EngineStopped
from plangraph.settings import Settings

COMMAND: Final = "import sys; sys.path[:] = {path!r}; from {module} import main; main()"
"""What the new process runs: it finds the same modules as this one, wherever it was started."""

FORK_SECONDS: Final = 30
"""How long a fork may take before its parent counts as stuck."""

CPU_CLOCK: Final = 2
"""The lower bits of the number of a process's CPU clock (``CPUCLOCK_SCHED``, ``posix-timers.h`` of Linux)."""


@dataclass(frozen=True)
class Worker:
    """A process that answers queries on one revision, and the only handles on it."""

    channel: socket.socket
    pidfd: int
    pid: int
    revision: str

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

    def end(self) -> None:
        """Kill it and let go of its handles."""
        self.kill()
        os.close(self.pidfd)
        self.channel.close()


class Parent:
    """The process that holds the data; started anew when a worker is wanted and it has died."""

    def __init__(self, source: bytes | Path, revision: str, settings: Settings) -> None:
        self.source = source
        self.revision = revision
        self.limits = settings.limits
        self.lock = threading.Lock()
        self.closed = False
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def fork(self) -> Worker:
        """A fresh worker; raises :class:`EngineStopped`."""
        with self.lock:
            if self.closed:  # by another thread, after this one was sent for a worker
                raise EngineStopped("the engine has been closed")
            if self.control is None or not self.is_alive():
                self.stop()
                self.start()
            assert self.control is not None  # noqa: S101 - start() set it
            try:
                self.control.send(b"fork")
                told, handles, _, _ = socket.recv_fds(self.control, 256, 2)
            except OSError:
                told, handles = b"", []
            if len(handles) != 2:
                self.stop()
                raise EngineStopped("the process that holds the data does not answer")
            pid, revision = told.decode().split()
            channel = socket.socket(fileno=handles[0])
            channel.setblocking(False)
            return Worker(channel, handles[1], int(pid), revision)

    def find_signal(self, pid: int) -> int | None:
        """The signal that ended a worker that has hung up, 0 for none; nothing where it is not known.

        It is not known where the process that held the data has died as well.
        """
        with self.lock:
            if self.control is None or not self.is_alive():
                return None
            try:
                self.control.send(f"end {pid}".encode())
                told = self.control.recv(64)
            except OSError:
                return None
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
                revision=self.revision,
                result_bytes=self.limits.result_bytes,
                worker_memory_bytes=self.limits.worker_memory_bytes,
            )
            self.process = start_module(fork.__name__, config.write(), config.control, config.source)
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
    module: str, argument: str, *inherited: int, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """A new process that runs the ``main()`` of one of our modules, and inherits these file descriptors."""
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-c", COMMAND.format(path=sys.path, module=module), argument],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
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
