"""The journal: every state of every stated part that was ever accepted, in SQL, only ever appended to.

One writer at a time has it: a lock that ends with its process. What it appends is one transaction over all
parts of all writes that were made together, so that there is no half of one, and it is acknowledged by the
database before anybody is told.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from plangraph.errors import PlangraphError
from plangraph.graph_texts import digest_text
from plangraph.journal_line import LOCK_SECONDS, Line
from plangraph.journal_reads import JournalReader, asking, select_latest
from plangraph.journal_tables import (
    ACCEPTED,
    ANSWER,
    BEGINNING,
    ENTRY,
    RETRACTED,
    REVISION,
    SUPERSEDED,
    Entry,
    Revision,
    connect,
    fetch_revisions,
    read_url,
    sort_entries,
    tell_cause,
)
from plangraph.records import Draft, Kept
from plangraph.write_errors import JournalFailed, JournalUnsure, JournalUnusable
from plangraph.writes import Intent, Written

NAMES: Final = 10_000
"""Parts asked about in one statement; SQLite takes some 32,000 values."""


class Journal(JournalReader):
    """A journal that one service writes, between :meth:`open` and :meth:`close`; a :class:`Record`.

    ``vocabulary`` is the digest of the vocabulary that comes with the software, noted with each revision.
    """

    def __init__(
        self,
        address: str,
        vocabulary: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: float = LOCK_SECONDS,
    ) -> None:
        """Find or make the journal at a path or URL; raises :class:`JournalUnusable`.

        ``patience`` is how many seconds to wait for the lock of a service that has just ended.
        """
        self.url = read_url(address)
        self.pool = connect(self.url, create=True)
        self.vocabulary = vocabulary
        self.clock = clock
        self.patience = patience
        self.busy = threading.Lock()
        self.line: Line | None = None
        self.last: Revision | None = None
        """What the next revision follows on, as this service knows it."""
        self.asked: tuple[list[Written], list[Revision], Revision | None] | None = None
        """The answers and the revisions of the last append, and what it followed on."""
        self.opened = False

    # -- life

    def open(self) -> None:
        """Take the lock; once is enough.

        Raises :class:`JournalUnusable` where another service writes this journal, or has written it since
        this one closed it.
        """
        with self.busy:
            if self.line is not None:
                return
            try:
                last = self.read_last(self.take_line())
            except SQLAlchemyError as error:
                self.hang_up()
                raise JournalUnusable(f"the journal cannot be opened: {tell_cause(error)}") from None
            except PlangraphError:
                self.hang_up()
                raise
            known = [self.last, *(self.asked[1][-1:] if self.asked else [])]
            if self.opened and last not in known:
                self.hang_up()
                raise JournalUnusable("another service has written this journal meanwhile; start anew")
            if not self.opened:
                self.opened, self.last = True, last

    def close(self) -> None:
        """Let go of the lock and of the database."""
        with self.busy:
            self.hang_up()
            self.pool.dispose()

    def take_line(self) -> Connection:
        """The connection that writes, with the lock; raises :class:`JournalUnusable`."""
        if self.line is None:
            self.line = Line(self.pool, self.patience)
        return self.line.connection

    def hang_up(self) -> None:
        """Give up the connection that writes, and with it the lock."""
        if self.line is not None:
            self.line.close()
            self.line = None

    # -- what a writer asks

    def find_kept(self, by: str, key: str) -> Kept | None:
        """The answer to the write of that key, if it was made; raises :class:`JournalFailed`."""
        columns = (ANSWER.c.digest, ANSWER.c.members)
        with asking(self.pool) as connection:
            asked = select(*columns).where(ANSWER.c.asked_by == by, ANSWER.c.asked_key == key)
            row = connection.execute(asked).first()
        return None if row is None else Kept(row.digest, Written.recall(json.loads(row.members)))

    def append(self, drafts: Sequence[Draft]) -> list[Written]:
        """Keep writes in one transaction, a revision for each that changed something.

        Raises :class:`JournalFailed` where none is kept, and :class:`JournalUnsure` where that is not known.
        """
        with self.busy:
            self.asked = None
            try:
                line = self.reach()
                line.rollback()
                with line.begin():
                    self.asked = self.insert(line, drafts)
            except SQLAlchemyError as error:
                self.hang_up()
                if self.asked is None:
                    raise JournalFailed(f"the journal failed: {tell_cause(error)}") from None
                return self.find_out(error)
            return self.conclude(kept=True)

    def settle(self) -> list[Written]:
        """The answers of the last append if it was kept, else none; raises :class:`JournalUnsure`."""
        with self.busy:
            return self.find_out(None)

    def seed(self, name: str, texts: dict[str, bytes], reason: str) -> None:
        """Let the first revision hold these parts; raises as :meth:`append`."""
        written = Written(name)
        self.append([Draft(Intent(reason=reason), "", written, dict(texts))])

    # -- inside

    def reach(self) -> Connection:
        """The connection that writes, made anew where it was lost; raises :class:`JournalFailed`."""
        if self.line is None:
            try:
                last = self.read_last(self.take_line())
            except JournalUnusable as error:
                self.hang_up()
                raise JournalFailed(error.detail, rule=error.broken_rule) from None
            if last != self.last:
                self.hang_up()
                raise JournalFailed("another service has written this journal meanwhile")
        return self.take_line()

    def read_last(self, line: Connection) -> Revision | None:
        """The last revision that is kept."""
        last = select(func.max(REVISION.c.number)).scalar_subquery()
        found = fetch_revisions(line, REVISION.c.number == last)
        line.rollback()
        return found[0] if found else None

    def insert(
        self, line: Connection, drafts: Sequence[Draft]
    ) -> tuple[list[Written], list[Revision], Revision | None]:
        """Send what is to be kept; answers, revisions, and what they follow on."""
        follows, made, told = self.last, list[Revision](), list[Written]()
        for draft in drafts:
            last = made[-1] if made else follows
            if draft.texts:
                last = self.insert_revision(line, draft, last)
                made.append(last)
            number = last.number if last else 0
            written = replace(draft.written, number=number if draft.texts else None)
            told.append(written)
            if draft.intent.key is not None:
                line.execute(
                    insert(ANSWER).values(
                        asked_by=draft.intent.by, asked_key=draft.intent.key, digest=draft.digest,
                        number=number, members=json.dumps(written.describe(), ensure_ascii=False),
                    )
                )  # fmt: skip
        return told, made, follows

    def insert_revision(self, line: Connection, draft: Draft, last: Revision | None) -> Revision:
        """Send one revision with its entries."""
        names, held = list(draft.texts), set[str]()
        for begin in range(0, len(names) if last else 0, NAMES):
            asked = select_latest(ENTRY.c.part, known=ENTRY.c.part.in_(names[begin : begin + NAMES]))
            held.update(line.execute(asked.where(ENTRY.c.action != RETRACTED)).scalars())
        entries = sort_entries(make_entry(name, text, name in held) for name, text in draft.texts.items())
        revision = Revision(
            number=last.number + 1 if last else 1,
            name=draft.written.revision,
            previous=last.hash if last else BEGINNING,
            hash="",
            accepted_at=self.clock().astimezone(UTC).isoformat(timespec="microseconds"),
            accepted_by=draft.intent.by,
            reason=draft.intent.reason,
            vocabulary=self.vocabulary,
            entries=entries,
        )
        revision = replace(revision, hash=revision.find_hash())
        line.execute(insert(REVISION).values(**revision.describe()))
        rows: list[dict[str, Any]] = [{"number": revision.number, **vars(entry)} for entry in entries]
        line.execute(insert(ENTRY), rows)
        return replace(revision, entries=tuple(replace(entry, text=None) for entry in entries))

    def find_out(self, cause: SQLAlchemyError | None) -> list[Written]:
        """Look whether the last append was kept; ``cause`` is what it met."""
        if self.asked is None:
            return []
        _, made, follows = self.asked
        if not made and cause is not None:  # only answers, and nothing rests on these
            self.conclude(kept=False)
            raise JournalFailed(f"the journal failed: {tell_cause(cause)}")
        try:
            last = self.read_last(self.take_line())
        except (SQLAlchemyError, JournalUnusable) as error:
            self.hang_up()
            told = tell_cause(error) if isinstance(error, SQLAlchemyError) else error.detail
            raise JournalUnsure(f"the journal does not answer: {told}") from None
        if last not in (*made[-1:], follows):
            self.hang_up()
            raise JournalUnsure("another service has written this journal meanwhile")
        if last == follows and cause is not None:
            self.conclude(kept=False)
            raise JournalFailed(f"the journal failed: {tell_cause(cause)}")
        return self.conclude(kept=[last] == made[-1:])

    def conclude(self, *, kept: bool) -> list[Written]:
        """Take notice that the last append was kept, or that it was not."""
        assert self.asked is not None  # noqa: S101 - its callers have seen it
        told, made, _ = self.asked
        if kept and made:
            self.last = made[-1]
        if not kept:
            self.asked = None
        return told if kept else []


def make_entry(part: str, text: bytes | None, held: bool) -> Entry:
    """What a revision says of a part that was or was not stated before."""
    if text is None:
        return Entry(part, RETRACTED, None)
    return Entry(part, SUPERSEDED if held else ACCEPTED, digest_text(text), text.decode())
