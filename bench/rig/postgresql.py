"""A PostgreSQL of one's own: in a temporary folder, on a socket in it, ended by its process id.

The server refuses to run as root; root runs it as the user ``postgres``, which the package makes.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

START_SECONDS: Final = 60
USER: Final = "plangraph"
ABSENT: Final = "PostgreSQL is not installed; on Debian, as root: apt-get install postgresql"


def find_program(name: str) -> str | None:
    """A program of the server: where Debian has it, or on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else shutil.which(name)


def is_installed() -> bool:
    """Whether a server can be started here."""
    return find_program("initdb") is not None and find_program("postgres") is not None


@dataclass
class PostgreSQL:
    """A server that runs."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def write_url(self, database: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def create(self) -> str:
        """The address of a fresh, empty database."""
        name = f"journal_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        return self.write_url(name)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement outside of any transaction, and give its rows."""
        import psycopg  # noqa: PLC0415 - only where a server is

        with psycopg.connect(self.write_url(database), autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def start(self) -> None:
        """Start it on the data that it has, and wait until it answers."""
        program = find_program("postgres")
        assert program is not None
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [program, "-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "listen_addresses="],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **choose_user(),
            )
        import psycopg  # noqa: PLC0415 - only where a server is

        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
        said = (self.folder / "output").read_text("utf-8", "replace")
        raise AssertionError(f"PostgreSQL did not start: {said}")

    def stop(self) -> None:
        """End it, without waiting for its clients."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None


def choose_user() -> dict[str, Any]:
    """Who runs the server, as an option of ``Popen``."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def start_postgresql() -> Iterator[PostgreSQL]:
    """A server with no databases but its own, which ends with the block, and its folder with it."""
    program = find_program("initdb")
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="plangraph-pg-") as name:
        folder, chosen = Path(name), choose_user()
        if chosen:
            os.chown(folder, chosen["user"], chosen["group"])
        made = [program, "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale"]
        told = subprocess.run(made, capture_output=True, check=False, cwd=folder, **chosen)
        if told.returncode:
            raise AssertionError(told.stderr.decode(errors="replace"))
        server = PostgreSQL(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
