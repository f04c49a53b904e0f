"""Journals for tests, each fresh and empty: in SQLite, and in a PostgreSQL of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from rig.postgresql import ABSENT, is_installed

from plangraph.graph_texts import digest_text
from plangraph.journal import Journal
from plangraph.records import Draft
from plangraph.terms import GRAPH
from plangraph.writes import Intent, Written

needs_postgresql = pytest.mark.skipif(not is_installed(), reason=ABSENT)
KINDS = ["sqlite", pytest.param("postgresql", marks=needs_postgresql)]


def name(slug: str) -> str:
    return f"{GRAPH}document/{slug}"


def draft(revision: str, texts: Mapping[str, str | None], **intent: str) -> Draft:
    """A write that led to a revision, by the texts of documents."""
    held = {name(slug): None if text is None else text.encode() for slug, text in texts.items()}
    digests = {graph: None if text is None else digest_text(text) for graph, text in held.items()}
    written = Written(revision, added=len(held), digests=digests)
    return Draft(Intent(**intent), digest_text(revision.encode()), written, held)  # type: ignore[arg-type]


def tick() -> Callable[[], datetime]:
    """A clock that goes on by a second each time it is looked at."""
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def look() -> datetime:
        nonlocal now
        now += timedelta(seconds=1)
        return now

    return look


def open_journal(address: str) -> Journal:
    journal = Journal(address, "vocabulary", tick(), patience=0)
    journal.open()
    return journal
