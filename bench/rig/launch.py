"""Start and end the servers that are measured: on loopback, on a core of their own if wanted."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from rig.client import Client

START_SECONDS: Final = 300.0
END_SECONDS: Final = 15.0


class DidNotStart(Exception):
    """A server gave no answer in time, or ended."""


@dataclass
class Server:
    """A process that answers on a port."""

    name: str
    command: Sequence[str]
    port: int
    path: str = "/sparql"
    core: int | None = None
    log: IO[bytes] | int = subprocess.DEVNULL
    group: bool = False
    """Whether it is the first of a group of processes of its own, which can be killed as one."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """Its process id; ``taskset`` becomes what it starts, so it is the server's own."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it and wait for its first answer; raises :class:`DidNotStart`."""
        pinned = ["taskset", "-c", str(self.core)] if self.core is not None else []
        self.process = subprocess.Popen(
            [*pinned, *self.command], stdout=self.log, stderr=self.log, start_new_session=self.group
        )
        client, begin = Client(self.port, timeout=10), time.perf_counter()
        while client.query("ASK {}", self.path).status != 200:
            if self.process.poll() is not None or time.perf_counter() - begin > START_SECONDS:
                status = self.process.poll()
                self.stop()
                raise DidNotStart(f"{self.name}: {' '.join(self.command)} (status {status})")
            time.sleep(0.1)
        client.close()

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End the process, gently first."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_program(name: str, advice: str) -> str:
    """A program beside this Python or on the path; ends with the advice where there is none."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is needed: {advice}")
    return found


def serve_plangraph(
    port: int, *options: str, core: int | None = None, log: IO[bytes] | None = None
) -> Server:
    """The service of this working copy."""
    command = [sys.executable, "-m", "plangraph.cli", "serve", "--port", str(port), *options]
    return Server("plangraph", command, port, core=core, log=log or subprocess.DEVNULL)


def takes_writes() -> bool:
    """Whether ``plangraph serve`` can be given a token, without which it takes no writes."""
    told = subprocess.run(
        [sys.executable, "-m", "plangraph.cli", "serve", "--help"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
    )
    return "--token-file" in told.stdout
