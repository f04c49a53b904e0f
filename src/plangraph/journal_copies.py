"""A journal backed up, restored and verified. All three read; none changes a journal that holds anything."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from plangraph.errors import BadParameter
from plangraph.graph_texts import digest_text
from plangraph.journal import Journal
from plangraph.journal_answers import ROWS, find_wrong_answers
from plangraph.journal_reads import JournalReader, asking
from plangraph.journal_tables import (
    ANSWER,
    BEGINNING,
    ENTRY,
    RETRACTED,
    REVISION,
    Revision,
    connect,
    fetch_revisions,
    tell_cause,
)
from plangraph.rebuilding import rebuild, vocabulary_digest
from plangraph.write_errors import JournalFailed, JournalUnusable

Progress = Callable[[int, int], None]

HASH: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Verification:
    """What was found: how much there is, what is wrong with it, and what could not be looked at."""

    revisions: int
    entries: int
    last: Revision | None
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def describe(self) -> str:
        """In lines for people; the hash of the last revision stands for the whole journal."""
        lines = [*self.faults, *self.notes]
        lines.append(f"{self.revisions:,} revisions, {self.entries:,} entries, {len(self.faults)} faults")
        if self.last is not None:
            lines.append(describe_last(self.last))
        return "\n".join(lines)


def describe_last(revision: Revision) -> str:
    """A revision with the hash that stands for it and all before it, in one line to be noted elsewhere."""
    return f"revision {revision.number} is {revision.name}, hash {revision.hash}"


def backup(address: str, target: Path) -> Revision | None:
    """Copy one state of a journal into a SQLite file, while services read and write it; its last revision.

    Raises :class:`JournalUnusable`, also where the file is there already, and :class:`JournalFailed`.
    """
    if target.exists():
        raise JournalUnusable(f"{target} is there already")
    reader = JournalReader(address)
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        if reader.url.get_backend_name() == "sqlite":
            copy_file(Path(reader.url.database or ""), partial)
        else:
            copy_rows(reader.pool, partial)
        partial.rename(target)
    except OSError as error:
        raise JournalFailed(f"{target} cannot be written: {error.strerror}") from None
    finally:
        reader.close()
        for leftover in partial.parent.glob(f"{partial.name}*"):
            leftover.unlink(missing_ok=True)
    copied = JournalReader(str(target))
    try:
        return copied.find_last()
    finally:
        copied.close()


def copy_file(source: Path, target: Path) -> None:
    """Copy a SQLite database by its own means, which take in what lies in its log, into one whole file."""
    try:
        with closing(sqlite3.connect(source)) as held, closing(sqlite3.connect(target)) as copy:
            held.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE").close()
    except sqlite3.Error as error:
        raise JournalFailed(f"the journal cannot be copied: {error}") from None


def copy_rows(source: Engine, target: Path) -> None:
    """Copy one state of a journal of any kind into a new SQLite file."""
    pool = connect(URL.create("sqlite", database=str(target)), create=True)
    try:
        with asking(source) as held, pool.begin() as copy:
            copy_tables(held, copy)
        pool.dispose()  # else the file stays as it is
        with closing(sqlite3.connect(target)) as copied:
            copied.execute("PRAGMA journal_mode=DELETE").close()
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise JournalFailed(f"the copy cannot be written: {tell_cause(error)}") from None
    finally:
        pool.dispose()


def copy_tables(source: Connection, target: Connection) -> None:
    """Copy every row, some at a time."""
    for table, order in ((REVISION, (REVISION.c.number,)), (ENTRY, (ENTRY.c.number, ENTRY.c.part)),
                         (ANSWER, (ANSWER.c.number,))):  # fmt: skip
        streamed = source.execution_options(stream_results=True).execute(select(table).order_by(*order))
        for rows in streamed.mappings().partitions(ROWS):
            target.execute(insert(table), [dict(row) for row in rows])


def restore(source: Path, address: str) -> Verification:
    """Copy a backup into an empty journal, once its digests and hashes have been looked at.

    Raises :class:`JournalUnusable` for a backup that is not sound, and for a journal that holds something.
    """
    if not source.is_file():
        raise JournalUnusable(f"there is no backup at {source}")
    reader = JournalReader(str(source))
    try:
        found = verify_chain(reader)
        if found.faults:
            raise JournalUnusable(f"the backup is not sound: {found.faults[0]}")
        journal = Journal(address)
        try:
            journal.open()
            if journal.last is not None:
                raise JournalUnusable("the journal holds something; a backup goes into an empty one")
            with asking(reader.pool) as held, journal.pool.begin() as target:
                copy_tables(held, target)
        except SQLAlchemyError as error:
            raise JournalFailed(f"the journal failed: {tell_cause(error)}") from None
        finally:
            journal.close()
    finally:
        reader.close()
    return found


def verify(address: str, progress: Progress = lambda *_: None, *, noted: str | None = None) -> Verification:
    """Hold a journal against its digests, its hashes, and the data that it rebuilds.

    The data is compared where the vocabulary of the last revision is that of this software. ``noted`` is the
    hash of a revision that must be there. Raises :class:`BadParameter` for one that is no hash,
    :class:`JournalUnusable` and :class:`JournalFailed`.
    """
    if noted is not None and not HASH.fullmatch(noted):
        raise BadParameter("the hash of a revision has 64 digits, 0 to 9 and a to f, as verify prints it")
    reader = JournalReader(address)
    try:
        found = verify_chain(reader, progress, noted)
        last = found.last
        if last is None or found.faults:
            return found
        if last.vocabulary != vocabulary_digest():
            note = "not rebuilt: the last revision was accepted under another vocabulary"
            return Verification(found.revisions, found.entries, last, (), (note,))
        if (name := rebuild(reader, last).revision) != last.name:
            fault = f"revision {last.number}: rebuilt, the data is {name} and not {last.name}"
            return Verification(found.revisions, found.entries, last, (fault,))
        return found
    finally:
        reader.close()


def verify_chain(
    reader: JournalReader, progress: Progress = lambda *_: None, noted: str | None = None
) -> Verification:
    """Hold every text against its digest, and every revision against its hash and the one before it.

    Every answer that is kept is held against the revision that it names. A journal whose end was cut off is
    sound in itself; where it once had the revision of the hash ``noted``, that is missed.
    """
    faults: list[str] = []
    last: Revision | None = None
    entries, is_met = 0, noted is None
    with asking(reader.pool) as connection:
        total = len(connection.execute(select(REVISION.c.number)).all())
        for revision in iterate(connection):
            progress(revision.number, total)
            entries += len(revision.entries)
            faults += find_faults(revision, last)
            is_met = is_met or revision.hash == noted
            last = revision
        columns = (ENTRY.c.number, ENTRY.c.part, ENTRY.c.action, ENTRY.c.digest, ENTRY.c.text)
        streamed = connection.execution_options(stream_results=True).execute(
            select(*columns).order_by(ENTRY.c.number, ENTRY.c.part)
        )
        for row in streamed:
            held = None if row.text is None else digest_text(row.text.encode())
            if held != row.digest or (row.text is None) != (row.action == RETRACTED):
                faults.append(f"revision {row.number}: the text of <{row.part}> is not that of its digest")
        numbers = select(REVISION.c.number)
        strays = connection.execute(select(ENTRY.c.part).where(ENTRY.c.number.not_in(numbers))).scalars()
        faults += [f"<{part}> belongs to no revision" for part in strays]
        faults += find_wrong_answers(connection)
    if not is_met:
        faults.append(f"no revision has the hash {noted}: the end was cut off, or it is another journal")
    return Verification(total, entries, last, tuple(faults))


def iterate(connection: Connection) -> Iterator[Revision]:
    """Every revision, some at a time."""
    since: int | None = None
    while True:
        condition = REVISION.c.number > since if since is not None else REVISION.c.number.is_not(None)
        found = fetch_revisions(connection, condition, limit=ROWS)
        if not found:
            return
        yield from found
        since = found[-1].number


def find_faults(revision: Revision, last: Revision | None) -> Iterator[str]:
    """What is wrong with a revision beside the one before it."""
    place = f"revision {revision.number}"
    if revision.number != (last.number + 1 if last else 1):
        yield f"{place}: it does not follow on revision {last.number if last else 0}"
    if revision.previous != (last.hash if last else BEGINNING):
        yield f"{place}: it names another revision before it than there is"
    if revision.hash != revision.find_hash():
        yield f"{place}: its hash is not that of what it says"
    if not revision.entries:
        yield f"{place}: it has no entries"
