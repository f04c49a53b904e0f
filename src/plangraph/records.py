"""What is kept of writes that count: what a journal does for a writer, and how little is done without one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from plangraph.writes import Intent, Written

KEYS: Final = 10_000
"""How many keys of writes are remembered where there is no journal."""


@dataclass(frozen=True)
class Draft:
    """A write that was made on a copy and is to count. ``texts`` is empty where it changed nothing.

    ``digest`` is that of what was asked for, and means something together with the key of the intent.
    """

    intent: Intent
    digest: str
    written: Written
    texts: Mapping[str, bytes | None]


@dataclass(frozen=True)
class Kept:
    """The answer to a write with a key, and the digest of what was asked for."""

    digest: str
    written: Written


class Record(Protocol):
    """Keeps what counts. Its functions may wait for a disk; one writer calls them, one at a time."""

    def open(self) -> None:
        """Get ready to keep writes; once is enough. Raises :class:`JournalUnusable`."""

    def close(self) -> None:
        """Keep no more."""

    def find_kept(self, by: str, key: str) -> Kept | None:
        """The answer to the write of that key, if it was made; raises :class:`JournalFailed`."""

    def append(self, drafts: Sequence[Draft]) -> list[Written]:
        """Keep writes, all or none, and say of each what is known then.

        Raises :class:`JournalFailed` where none is kept, and :class:`JournalUnsure` where that is not known;
        then :meth:`settle` has to be asked before anything else is.
        """

    def settle(self) -> list[Written]:
        """What :meth:`append` could not say, nothing where none was kept; raises :class:`JournalUnsure`."""


class Memory:
    """Keeps the answers to the last writes that had a key, as long as the service runs."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()

    def open(self) -> None:
        """There is nothing to do."""

    def close(self) -> None:
        """There is nothing to do."""

    def find_kept(self, by: str, key: str) -> Kept | None:
        """The answer to the write of that key, if it is one of the last."""
        return self.kept.get((by, key))

    def append(self, drafts: Sequence[Draft]) -> list[Written]:
        """Keep the answers of writes that have a key."""
        for draft in drafts:
            if draft.intent.key is not None:
                answer = replace(draft.written, repeated=True)
                self.kept[draft.intent.by, draft.intent.key] = Kept(draft.digest, answer)
        while len(self.kept) > KEYS:
            self.kept.popitem(last=False)
        return [draft.written for draft in drafts]

    def settle(self) -> list[Written]:
        """Nothing is ever open."""
        return []
