"""What a journal tells: what was accepted when, and what was stated as of any revision."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from pyoxigraph import Quad
from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from plangraph.errors import NotFound
from plangraph.graph_texts import read_text
from plangraph.journal_tables import (
    ENTRY,
    RETRACTED,
    REVISION,
    Revision,
    connect,
    fetch_revisions,
    read_url,
    tell_cause,
)
from plangraph.parts import find_graph
from plangraph.write_errors import JournalFailed


@dataclass(frozen=True)
class Stated:
    """A part as of a revision: its text, and the revision that it is from. A retracted one has its last."""

    part: str
    text: str
    digest: str
    number: int
    retracted: bool = False

    def read_quads(self) -> Iterator[Quad]:
        """The quads of the part, in its graph."""
        return read_text(self.text, find_graph(self.part))


def unpack_quads(lines: Iterable[bytes]) -> Iterator[Quad]:
    """The quads of what :meth:`JournalReader.pack_revision` gave, in whichever process."""
    for line in lines:
        yield from Stated(**json.loads(line)).read_quads()


class JournalReader:
    """A journal that is read. Its functions may be called from any thread, and wait for the database.

    All raise :class:`JournalFailed` where that does not answer. Leave it with :meth:`close`.
    """

    def __init__(self, address: str) -> None:
        """Find the journal at a path or URL; raises :class:`JournalUnusable`."""
        self.url = read_url(address)
        self.pool = connect(self.url)

    def close(self) -> None:
        """Let go of the database."""
        self.pool.dispose()

    def find_last(self) -> Revision | None:
        """The last revision, or nothing in an empty journal."""
        with asking(self.pool) as connection:
            last = select(func.max(REVISION.c.number)).scalar_subquery()
            found = fetch_revisions(connection, REVISION.c.number == last)
            return found[0] if found else None

    def find_revision(self, number: int) -> Revision:
        """The revision of that number; raises :class:`NotFound`."""
        with asking(self.pool) as connection:
            found = fetch_revisions(connection, REVISION.c.number == number)
        if not found:
            raise NotFound(f"the journal has no revision {number}")
        return found[0]

    def find_name(self, name: str) -> Revision | None:
        """The last revision that led to data of that name."""
        with asking(self.pool) as connection:
            last = select(func.max(REVISION.c.number)).where(REVISION.c.name == name).scalar_subquery()
            found = fetch_revisions(connection, REVISION.c.number == last)
            return found[0] if found else None

    def list_revisions(self, since: int = 0, limit: int | None = None) -> list[Revision]:
        """The revisions after that number, in order, with what each did to which parts, without texts."""
        with asking(self.pool) as connection:
            return fetch_revisions(connection, REVISION.c.number > since, limit=limit)

    def list_history(self, part: str) -> list[Revision]:
        """The revisions that touched a part, in order; of the entries only that part's."""
        with asking(self.pool) as connection:
            touching = select(ENTRY.c.number).where(ENTRY.c.part == part)
            found = fetch_revisions(connection, REVISION.c.number.in_(touching))
        return [keep_part(revision, part) for revision in found]

    def find_text(self, part: str, number: int) -> str | None:
        """The text of a part as of a revision; nothing where it was not stated then."""
        with asking(self.pool) as connection:
            asked = select(ENTRY.c.text).where(ENTRY.c.part == part, ENTRY.c.number <= number)
            found = connection.execute(asked.order_by(ENTRY.c.number.desc()).limit(1)).scalar()
            return None if found is None else str(found)

    def read_revision(self, number: int, *, retracted: bool = False) -> list[Stated]:
        """What was stated as of a revision, part by part; those retracted by then too, if asked for.

        Raises :class:`NotFound` for a number that there is not.
        """
        self.find_revision(number)
        known = ENTRY.c.number <= number
        has_text = ENTRY.c.text.is_not(None)
        columns = (ENTRY.c.part, ENTRY.c.text, ENTRY.c.digest, ENTRY.c.number)
        with asking(self.pool) as connection:
            asked = select_latest(*columns, known=known & has_text if retracted else known)
            rows = connection.execute(asked.where(has_text)).all()
            left = connection.execute(
                select_latest(ENTRY.c.part, known=known).where(ENTRY.c.action == RETRACTED)
            )
            gone = set(left.scalars())
        found = [Stated(row.part, row.text, row.digest, row.number, row.part in gone) for row in rows]
        return sorted(found, key=lambda entry: entry.part)

    def pack_revision(self, number: int, *, retracted: bool = False) -> bytes:
        """What :meth:`read_revision` gives, one line of JSON each, for a process that reads no journal."""
        found = self.read_revision(number, retracted=retracted)
        return b"".join(json.dumps(asdict(entry)).encode() + b"\n" for entry in found)

    def list_digests(self) -> dict[str, str]:
        """The digest of each part that is stated now."""
        with asking(self.pool) as connection:
            asked = select_latest(ENTRY.c.part, ENTRY.c.digest, known=ENTRY.c.number > 0)
            return {part: digest for part, digest in connection.execute(asked) if digest is not None}


@contextmanager
def asking(pool: Engine) -> Iterator[Connection]:
    """A transaction that reads one state of the journal; raises :class:`JournalFailed`."""
    if pool.dialect.name == "postgresql":
        pool = pool.execution_options(isolation_level="REPEATABLE READ")
    try:
        with pool.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise JournalFailed(f"the journal does not answer: {tell_cause(error)}") from None


def select_latest(*columns: Column[Any], known: ColumnElement[bool]) -> Select[Any]:
    """The columns of the last entry of each part, among the entries that a condition holds for."""
    last = select(ENTRY.c.part, func.max(ENTRY.c.number).label("number")).where(known)
    latest = last.group_by(ENTRY.c.part).subquery()
    same = (ENTRY.c.part == latest.c.part) & (ENTRY.c.number == latest.c.number)
    return select(*columns).join(latest, same)


def keep_part(revision: Revision, part: str) -> Revision:
    """A revision with nothing but what it did to one part."""
    entries = tuple(entry for entry in revision.entries if entry.part == part)
    return Revision(**revision.describe(), entries=entries)
