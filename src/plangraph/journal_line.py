"""The connection that writes a journal, and the lock that keeps it the only one.

The lock ends with the process that has it: in SQLite it is one on a file beside the database, in PostgreSQL
one of the connection itself.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from plangraph.write_errors import JournalUnusable

LOCK: Final = 0x706C616E67726170
"""The number of the lock in PostgreSQL: ``plangrap`` in ASCII."""

LOCK_SECONDS: Final = 5.0
"""A service that was killed may leave PostgreSQL at work on its last commit for a moment."""

LOOK_SECONDS: Final = 0.1
STATEMENT_SECONDS: Final = 30


class Line:
    """A connection out of a pool, with the lock; ``patience`` is how many seconds to wait for that."""

    def __init__(self, pool: Engine, patience: float) -> None:
        """Connect and lock.

        Raises :class:`JournalUnusable` where another service has the lock, and what the database raises.
        """
        self.handle: int | None = None
        path = pool.url.database if pool.dialect.name == "sqlite" else None
        if path is not None:
            self.handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self.connection = pool.connect()
        except BaseException:
            self.let_go()
            raise
        try:
            if self.handle is None:
                self.insist_on_disk()
            end = time.monotonic() + patience
            while not self.try_lock():
                if time.monotonic() >= end:
                    raise JournalUnusable("another service writes this journal", rule="journal-lock")
                time.sleep(LOOK_SECONDS)
        except BaseException:
            self.close()
            raise

    def insist_on_disk(self) -> None:
        """Have PostgreSQL answer in time, and not before the disk has a commit."""
        connection: Connection = self.connection
        connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
        if connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() in ("off", "local"):
            connection.exec_driver_sql("SET synchronous_commit = on")
        connection.commit()

    def try_lock(self) -> bool:
        """Whether the journal is ours alone now."""
        if self.handle is None:
            locked = self.connection.execute(select(func.pg_try_advisory_lock(LOCK))).scalar_one()
            self.connection.commit()
            return bool(locked)
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Give up the connection, and with it the lock."""
        with suppress(SQLAlchemyError):
            self.connection.invalidate()  # not back into the pool: PostgreSQL keeps the lock with it
            self.connection.close()
        self.let_go()

    def let_go(self) -> None:
        """Close the file that the lock is on."""
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None
