"""Writes that wait, and those that are made on one copy and kept together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from plangraph.changelog import Entry
from plangraph.errors import PlangraphError
from plangraph.records import Draft, Kept
from plangraph.writes import Intent, Write, Written, digest_write


@dataclass(eq=False)
class Pending:
    """A write that waits for its turn, and whoever waits for its answer."""

    write: Write
    intent: Intent
    answer: asyncio.Future[Written]

    @property
    def digest(self) -> str:
        """What names that which is asked for."""
        return self.intent.digest or digest_write(self.write)

    def tell(self, outcome: Written | PlangraphError) -> None:
        """Tell whoever waits, if anybody still does."""
        if self.answer.done():
            return
        if isinstance(outcome, PlangraphError):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


@dataclass
class Batch:
    """Writes that were made on one copy.

    ``outcomes`` are held back, refusals too, until those writes count that they rest on.
    """

    drafts: list[Draft] = field(default_factory=list)
    outcomes: list[tuple[Pending, Written | PlangraphError]] = field(default_factory=list)

    def find_kept(self, by: str, key: str) -> Kept | None:
        """The answer to a write of this batch that has that key."""
        for draft in self.drafts:
            if (draft.intent.by, draft.intent.key) == (by, key):
                return Kept(draft.digest, draft.written)
        return None

    def list_entries(self) -> list[Entry]:
        """The changes, in their order."""
        made = (draft.written for draft in self.drafts if draft.written.length)
        return [Entry(written.offset, written.length, written.revision) for written in made]

    def learn(self, kept: list[Written]) -> None:
        """Take what is known of the drafts, now that they are kept, into the outcomes."""
        known = {id(draft.written): written for draft, written in zip(self.drafts, kept, strict=True)}
        told = set[int]()
        for place, (pending, outcome) in enumerate(self.outcomes):
            found = known.get(id(outcome))
            if found is not None:
                again = replace(found, repeated=True) if id(outcome) in told else found
                told.add(id(outcome))
                self.outcomes[place] = (pending, again)

    def fail(self, error: PlangraphError) -> None:
        """Everybody gets that error."""
        self.outcomes = [(pending, error) for pending, _ in self.outcomes]

    def tell(self) -> None:
        """Tell everybody what became of his write."""
        for pending, outcome in self.outcomes:
            pending.tell(outcome)
