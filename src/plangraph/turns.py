"""Who is next: a bounded queue where clients take turns, so that one's many do not keep out another's few."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Turns(Generic[Entry]):
    """Entries by client. Clients take turns; within one client the first in is the first out.

    When the queue is full, a newcomer takes the place of the last entry of the client that holds most places,
    if that client holds more than the newcomer would.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.length = 0
        self.held: OrderedDict[str, deque[Entry]] = OrderedDict()
        """The client whose turn is next is the first."""

    def __len__(self) -> int:
        return self.length

    def add(self, client: str, entry: Entry) -> Entry | None:
        """Queue an entry; what is returned found no place: another entry, this one, or none."""
        given_up: Entry | None = None
        if self.length >= self.most:
            own = len(self.held.get(client, ()))
            greedy = max(self.held, key=lambda name: len(self.held[name]), default=client)
            if self.most == 0 or len(self.held.get(greedy, ())) <= own + 1:
                return entry
            given_up = self.held[greedy].pop()
            self.shrink(greedy)
        self.held.setdefault(client, deque()).append(entry)
        self.length += 1
        return given_up

    def put_back(self, client: str, entry: Entry) -> None:
        """Queue an entry before all others; it had its turn once, so the bound does not apply to it."""
        self.held.setdefault(client, deque()).appendleft(entry)
        self.held.move_to_end(client, last=False)
        self.length += 1

    def take(self) -> Entry:
        """The next entry, whose client then is the last in turn; raises ``IndexError`` when there is none."""
        if not self.held:
            raise IndexError("nobody waits")
        client = next(iter(self.held))
        entry = self.held[client].popleft()
        self.held.move_to_end(client)
        self.shrink(client)
        return entry

    def remove(self, client: str, entry: Entry) -> bool:
        """Take an entry out, wherever it stands; whether it was there."""
        try:
            self.held.get(client, deque()).remove(entry)
        except ValueError:
            return False
        self.shrink(client)
        return True

    def list_entries(self) -> list[Entry]:
        """All entries, in no particular order."""
        return [entry for entries in self.held.values() for entry in entries]

    def shrink(self, client: str) -> None:
        """Count one entry less, and forget a client that has none."""
        self.length -= 1
        if not self.held[client]:
            del self.held[client]
