"""The tables of the journal, in SQLite or PostgreSQL, and what links its revisions to one another.

Nothing in them is ever changed: the database itself refuses to. A revision carries a digest over the one
before it and over all it says, so that no row can be exchanged without all later ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    DDL,
    URL,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from plangraph.write_errors import JournalUnusable

VERSION: Final = 2
"""Of the tables; a journal of another version is not touched."""

BEGINNING: Final = "0" * 64
"""What stands for the revision before the first."""

ACCEPTED, SUPERSEDED, RETRACTED = "accepted", "superseded", "retracted"
CONNECT_SECONDS: Final = 10

metadata = MetaData()

FORMAT: Final = Table("format", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

REVISION: Final = Table(
    "revision",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("accepted_at", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("vocabulary", Text, nullable=False),
)

ENTRY: Final = Table(
    "entry",
    metadata,
    Column("number", ForeignKey("revision.number"), primary_key=True, autoincrement=False),
    Column("part", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("text", Text),
    Column("digest", Text),
    Index("entry_of_part", "part", "number"),
)

ANSWER: Final = Table(
    "answer",
    metadata,
    Column("asked_by", Text, primary_key=True),
    Column("asked_key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("number", ForeignKey("revision.number"), nullable=False),
    Column("members", Text, nullable=False),
)


def make_ddl(text: str, dialect: str) -> Any:
    """A statement that makes tables what they should be, in one kind of database."""
    return DDL(text).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]


for table in (REVISION, ENTRY, ANSWER):
    for act in ("UPDATE", "DELETE"):
        event.listen(
            table,
            "after_create",
            make_ddl(
                f"CREATE TRIGGER {table.name}_{act.lower()} BEFORE {act} ON {table.name} "
                "BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END",
                "sqlite",
            ),
        )
    event.listen(
        table,
        "after_create",
        make_ddl(
            f"CREATE TRIGGER {table.name}_append BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
            "postgresql",
        ),
    )
event.listen(
    metadata,
    "before_create",
    make_ddl(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is only appended to'; END $$",
        "postgresql",
    ),
)


@dataclass(frozen=True)
class Entry:
    """What a revision did to one part. ``text`` is nothing for a retracted one, or where it was not read."""

    part: str
    action: str
    digest: str | None
    text: str | None = None


@dataclass(frozen=True)
class Revision:
    """What was accepted at one time, by whom, and why. ``name`` names the data that it led to."""

    number: int
    name: str
    previous: str
    hash: str
    accepted_at: str
    accepted_by: str
    reason: str
    vocabulary: str
    entries: tuple[Entry, ...] = ()

    def find_hash(self) -> str:
        """The digest over the hash of the revision before and over all that this one says."""
        said = [
            self.number, self.name, self.accepted_at, self.accepted_by, self.reason, self.vocabulary,
            sorted([entry.part, entry.action, entry.digest or ""] for entry in self.entries),
        ]  # fmt: skip
        line = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(f"{self.previous}\n{line}".encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """Its columns, without the entries."""
        return {column.name: getattr(self, column.name) for column in REVISION.columns}


def read_url(address: str) -> URL:
    """The address of a database: a URL, or the path of a SQLite file.

    Raises :class:`JournalUnusable` for what is neither SQLite in a file nor PostgreSQL.
    """
    if "://" not in address:
        return URL.create("sqlite", database=str(Path(address)))
    try:
        url = make_url(address)
    except ArgumentError:
        raise JournalUnusable("the journal is named by a path or by a URL, which this is not") from None
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database and ":memory:" not in url.database:
        return url
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise JournalUnusable("a journal is a file (SQLite) or postgresql://..., which this is not")


def connect(url: URL, *, create: bool = False) -> Engine:
    """A pool of connections to a journal, which is made where it is not there and may be.

    Raises :class:`JournalUnusable` where there is none, or one of another version.
    """
    is_file = url.get_backend_name() == "sqlite"
    if is_file and not create and not Path(url.database or "").is_file():
        raise JournalUnusable(f"there is no journal at {url.database}")
    options = {"check_same_thread": False} if is_file else {"connect_timeout": CONNECT_SECONDS}
    try:
        pool = create_engine(url, connect_args=options, pool_pre_ping=not is_file)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise JournalUnusable("psycopg is missing; in a clone: pip install -e '.[postgresql]'") from None
    if is_file:
        event.listen(pool, "connect", prepare_sqlite)
        if create:  # stays with the file
            event.listen(pool, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode=WAL").close())
        event.listen(pool, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        with pool.begin() as connection:
            prepare(connection, create=create)
    except SQLAlchemyError as error:
        pool.dispose()
        raise JournalUnusable(f"the journal cannot be opened: {tell_cause(error)}") from None
    except BaseException:
        pool.dispose()
        raise
    return pool


def prepare(connection: Connection, *, create: bool) -> None:
    """See to it that the tables are there, and are ours; raises :class:`JournalUnusable`."""
    found = set(inspect(connection).get_table_names()) & set(metadata.tables)
    if not found and create:
        metadata.create_all(connection)
        connection.execute(FORMAT.insert().values(version=VERSION))
    elif found != set(metadata.tables):
        raise JournalUnusable("there is no journal in this database")
    if connection.execute(select(FORMAT.c.version)).scalars().all() != [VERSION]:
        raise JournalUnusable(f"the journal is not of version {VERSION}, which this software reads")
    if connection.dialect.name == "postgresql":
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise JournalUnusable(f"the database keeps {encoding}; a journal needs one that keeps UTF8")


def prepare_sqlite(connection: Any, _: object) -> None:
    """What every connection to a file says first: nothing is acknowledged before the disk has it."""
    connection.isolation_level = None  # BEGIN is sent by us, so that reads have their transaction too
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}").close()


def tell_cause(error: Exception) -> str:
    """What the database said, in one line; no statement and no password."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:300] or type(cause).__name__


def fetch_revisions(connection: Connection, condition: Any, *, limit: int | None = None) -> list[Revision]:
    """The revisions that a condition holds for, in order, with their entries but without the texts."""
    asked = select(REVISION).where(condition).order_by(REVISION.c.number).limit(limit)
    rows = connection.execute(asked).mappings().all()
    numbers = [row["number"] for row in rows]
    entries: dict[int, list[Entry]] = {number: [] for number in numbers}
    if numbers:
        columns = (ENTRY.c.number, ENTRY.c.part, ENTRY.c.action, ENTRY.c.digest)
        between = ENTRY.c.number.between(numbers[0], numbers[-1])
        for number, *entry in connection.execute(select(*columns).where(between)):
            if number in entries:
                entries[number].append(Entry(*entry))
    return [Revision(**row, entries=sort_entries(entries[row["number"]])) for row in rows]


def sort_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries by the name of their part, whatever the order of the database."""
    return tuple(sorted(entries, key=lambda entry: entry.part))
