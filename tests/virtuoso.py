"""A Virtuoso of the test's own: on loopback, in a temporary folder, ended by its process id."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

BINARY = shutil.which("virtuoso-t")
START_SECONDS = 60

needs_virtuoso = pytest.mark.skipif(
    BINARY is None,
    reason="Virtuoso is not installed; on Debian, as root: apt-get install virtuoso-opensource-7-bin",
)

CONFIGURATION = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200

[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx

[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DisableUnixSocket = 1
ServerThreads = 20
CheckpointInterval = 0
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
DirsAllowed = .
VectorSize = {vector_size}
AdjustVectorSize = 0

[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = .
ServerThreads = 10
MaxClientConnections = 10
KeepAliveTimeout = 10

[SPARQL]
ResultSetMaxRows = {row_cap}
MaxQueryExecutionTime = {time_cap}
MaxQueryCostEstimationTime = 0
"""


@dataclass(frozen=True)
class Virtuoso:
    """A server that runs. Its one user, who may write, is ``dba``."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sparql"

    @property
    def password_file(self) -> Path:
        path = self.folder / "password"
        path.write_text("dba\n", encoding="utf-8")
        return path


def find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def start_virtuoso(
    folder: Path, *, row_cap: int = 0, time_cap: int = 90, vector_size: int = 10_000
) -> Iterator[Virtuoso]:
    """A server with an empty database of its own, which ends with the block.

    ``vector_size`` is how many rows it works on at once; its own default is ten thousand.
    """
    assert BINARY is not None
    folder.mkdir(parents=True, exist_ok=True)
    server = Virtuoso(find_port(), folder)
    text = CONFIGURATION.format(
        port=server.port,
        sql_port=find_port(),
        row_cap=row_cap,
        time_cap=time_cap,
        vector_size=vector_size,
    )
    (folder / "virtuoso.ini").write_text(text, encoding="utf-8")
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [BINARY, "+foreground", "+configfile", "virtuoso.ini"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until_ready(server, process)
        yield server
    finally:
        process.kill()
        process.wait()


def wait_until_ready(server: Virtuoso, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(server.url, params={"query": "ASK {}"}, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError("Virtuoso did not start: " + (server.folder / "output").read_text(errors="replace"))
