"""The answers to writes with a key that a journal keeps, held against the revisions that they name.

The hashes of the revisions do not cover these rows. What a row and its revision both say is compared here:
which revision it is, who wrote it, which texts it left. The key, the digest of what was asked, the counts of
quads and the warnings stand nowhere else, so that of them only the form can be looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from plangraph.errors import BadParameter
from plangraph.journal_tables import ANSWER, ENTRY, REVISION, Revision, fetch_revisions
from plangraph.writes import Intent, Written

ROWS: Final = 500
"""How many rows are held at a time."""

DIGEST: Final = re.compile("[0-9a-f]{64}")


def find_wrong_answers(connection: Connection) -> Iterator[str]:
    """What is wrong with the answers that are kept."""
    streamed = connection.execution_options(stream_results=True).execute(
        select(ANSWER).order_by(ANSWER.c.number, ANSWER.c.asked_by, ANSWER.c.asked_key)
    )
    for rows in streamed.partitions(ROWS):
        numbers = {row.number for row in rows}
        found = fetch_revisions(connection, REVISION.c.number.in_(numbers))
        revisions = {revision.number: revision for revision in found}
        for row in rows:
            for fault in check_answer(connection, row, revisions.get(row.number)):
                yield f"the answer to the key {row.asked_key!r:.200} of {row.asked_by!r:.200}: {fault}"


def check_answer(connection: Connection, row: Row[Any], revision: Revision | None) -> Iterator[str]:
    """What is wrong with one answer."""
    if revision is None:
        yield f"it names revision {row.number}, which is not there"
        return
    if not DIGEST.fullmatch(str(row.digest)):
        yield "what was asked has no digest"
    try:
        Intent(by=row.asked_by, key=row.asked_key)
    except BadParameter as error:
        yield error.detail
    written = read_answer(row.members)
    if written is None:
        yield "it is not of the form of an answer"
    elif written.number is not None:
        yield from check_made(row, written, revision)
    else:
        yield from check_unchanged(connection, row.number, written.digests)


def read_answer(text: str) -> Written | None:
    """What an answer says, or nothing where it does not have the members that it has to have."""
    try:
        members = json.loads(text)
        has_form = (
            all(type(members[name]) is int and members[name] >= 0 for name in ("removed", "added"))
            and type(members["revision"]) is str
            and type(members["existed"]) is bool
            and all(type(found) is dict for found in members["warnings"])
            and all(digest is None or DIGEST.fullmatch(digest) for digest in members["digests"].values())
        )
        return Written.recall(members) if has_form else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def check_made(row: Row[Any], written: Written, revision: Revision) -> Iterator[str]:
    """What an answer says otherwise than the revision that the write made."""
    if written.number != revision.number:
        yield f"it tells of revision {written.number}, and stands at revision {revision.number}"
    if written.revision != revision.name:
        yield f"it tells of the data {written.revision}, and revision {revision.number} is {revision.name}"
    if row.asked_by != revision.accepted_by:
        yield f"revision {revision.number} is of {revision.accepted_by!r:.200}"
    entries = {entry.part: entry.digest for entry in revision.entries}
    yield from compare_digests(written.digests, entries, f"revision {revision.number}")
    for part in entries.keys() - written.digests.keys():
        yield f"it leaves out <{part}>, which revision {revision.number} changed"


def check_unchanged(connection: Connection, number: int, digests: Mapping[str, str | None]) -> Iterator[str]:
    """What the answer to a write that changed nothing says otherwise than the journal did at that time."""
    stated: dict[str, str | None] = {}
    for part in digests:
        asked = select(ENTRY.c.digest).where(ENTRY.c.part == part, ENTRY.c.number <= number)
        row = connection.execute(asked.order_by(ENTRY.c.number.desc()).limit(1)).first()
        if row is not None:
            stated[part] = row.digest
        elif digests[part] is None:
            stated[part] = None
    yield from compare_digests(digests, stated, f"at revision {number} the journal")


def compare_digests(
    told: Mapping[str, str | None], held: Mapping[str, str | None], where: str
) -> Iterator[str]:
    """Which texts an answer tells of otherwise than the journal."""
    for part, digest in told.items():
        if part in held and held[part] != digest:
            yield f"{where} has another text of <{part}>"
        elif part not in held:
            yield f"{where} has no text of <{part}>"
