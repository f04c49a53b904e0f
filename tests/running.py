"""The service as a process of its own, for tests that speak HTTP to it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

TOKEN: Final = "a-token-of-the-tests"
START_SECONDS: Final = 60


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """A service on the packaged data with a token and a journal: its address, until the block ends."""
    tokens = folder / "tokens"
    tokens.write_text(f"{TOKEN}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "plangraph.cli", "serve", "--port", str(port), "--log", "none"]
    kept = ["--token-file", str(tokens), "--journal", str(folder / "journal.db")]
    with subprocess.Popen([*command, *kept]) as server:
        try:
            wait_until_open(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def wait_until_open(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return when the service takes connections."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"the service does not listen; it ended with {server.poll()}")
