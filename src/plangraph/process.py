"""The processes behind an engine, seen from the one that asks: their handles, their start, their end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from plangraph import fork
from plangraph.errors import EngineStopped
from plangraph.evaluation import Query
from plangraph.settings import Settings
from plangraph.wire import REPLY_HEAD, Reply, read_reply, write_query

COMMAND: Final = "import sys; sys.path[:] = {path!r}; from {module} import main; main()"
"""What the new process runs: it finds the same modules as this one, wherever it was started."""

FORK_SECONDS: Final = 30
"""How long a fork may take before its parent counts as stuck."""


@dataclass(frozen=True)
class Worker:
    """A process that answers one query at a time, and the only handles on it."""

    channel: socket.socket
    pidfd: int

    def is_dead(self) -> bool:
        """Whether it died while nobody asked it anything: then its channel has ended."""
        try:
            return self.channel.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
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
                self.control.send(b"f")
                _, handles, _, _ = socket.recv_fds(self.control, 64, 2)
            except OSError:
                handles = []
            if len(handles) != 2:
                self.stop()
                raise EngineStopped("the process that holds the data does not answer")
            channel = socket.socket(fileno=handles[0])
            channel.setblocking(False)
            return Worker(channel, handles[1])

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


async def exchange(worker: Worker, query: Query) -> Reply:
    """Send a query and read the reply; raises ``EOFError`` or ``ConnectionError`` when the worker dies."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(worker.channel, write_query(query))
    lengths = REPLY_HEAD.unpack(await receive(worker.channel, REPLY_HEAD.size))
    text, body = [await receive(worker.channel, length) for length in lengths]
    return read_reply(text, body)


async def receive(channel: socket.socket, length: int) -> bytes:
    """That many bytes, or ``EOFError``."""
    loop = asyncio.get_running_loop()
    buffer = bytearray(length)
    view, done = memoryview(buffer), 0
    while done < length:
        count = await loop.sock_recv_into(channel, view[done:])
        if count == 0:
            raise EOFError
        done += count
    return bytes(buffer)
