"""Which revision of a data set is meant, and what it stated: asked of the journal, where there is one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plangraph.errors import NotFound
from plangraph.past import Past

if TYPE_CHECKING:
    from plangraph.journal_reads import JournalReader

KNOWN: Final = 1_000
"""How many revisions are known without another look into the journal."""


class History:
    """What is known of the past. Use it from one event loop, which the journal does not hold up."""

    def __init__(self, journal: JournalReader | None = None) -> None:
        self.journal = journal
        self.known: dict[int, Past] = {}

    async def find(self, revision: int | str, present: str, *, retracted: bool = False) -> Past:
        """The revision of a number or a name; of several of one name the last.

        ``present`` names the data that is served now, which is known without a journal. Raises
        :class:`NotFound`, :class:`JournalFailed`.
        """
        past = await self.look_up(revision)
        if past is None and revision == present:
            past = Past(None, present)
        if past is None:
            raise self.refuse(revision, present)
        return replace(past, retracted=retracted)

    async def look_up(self, revision: int | str) -> Past | None:
        """What the journal has of a number or a name: that may come again, with another number.

        Raises :class:`NotFound` for a number that there is not, :class:`JournalFailed`.
        """
        if self.journal is None:
            return None
        if isinstance(revision, str):
            named = await asyncio.to_thread(self.journal.find_name, revision)
            return None if named is None else Past(named.number, named.name, named.accepted_at)
        if revision not in self.known:
            found = await asyncio.to_thread(self.journal.find_revision, revision)
            if len(self.known) >= KNOWN:
                self.known.clear()
            self.known[revision] = Past(found.number, found.name, found.accepted_at)
        return self.known[revision]

    async def pack(self, past: Past) -> bytes | None:
        """What a revision stated, for the process that computes; nothing where no journal has it."""
        if self.journal is None or past.number is None:
            return None
        return await asyncio.to_thread(self.journal.pack_revision, past.number, retracted=past.retracted)

    def refuse(self, revision: int | str, present: str) -> NotFound:
        """Why a revision cannot be had."""
        if self.journal is not None:
            return NotFound(f"the journal has no revision {revision}")
        return NotFound(
            f"this service keeps no past: without a journal there is only the present revision, {present}, "
            "and nothing of what was retracted"
        )
