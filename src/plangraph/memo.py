"""Answers to the queries that the service asks itself, held for whoever needs the same again.

The same page in another language, a list in another order and the item behind a link ask much of what the
page before them asked. A revision names its data, so what was answered of one stays true of it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from plangraph.evaluation import Answer, Query

ENTRY_BYTES: Final = 2_000
"""What an entry takes beside its texts."""

SHARE: Final = 8
"""No answer is held that takes more than this part of the whole."""


class Memo:
    """Answers by revision and query, up to a number of bytes; the one used longest ago goes first."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.held: OrderedDict[tuple[str, Query], Answer] = OrderedDict()

    def find(self, query: Query, revision: str) -> Answer | None:
        """The answer of that revision, if it is held."""
        found = self.held.get((revision, query))
        if found is not None:
            self.held.move_to_end((revision, query))
        return found

    def keep(self, query: Query, answer: Answer) -> None:
        """Hold an answer, unless it is too large."""
        key, size = (answer.revision, query), measure(query, answer)
        if key in self.held or size > self.most_bytes // SHARE:
            return
        self.held[key] = answer
        self.bytes += size
        while self.bytes > self.most_bytes:
            (_, asked), former = self.held.popitem(last=False)
            self.bytes -= measure(asked, former)


def measure(query: Query, answer: Answer) -> int:
    """The bytes that an answer takes, with the query that it is found by."""
    return len(answer.body) + len(query.text) + ENTRY_BYTES
