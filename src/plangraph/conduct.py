"""Whose costly queries go after those of others: of clients whose queries had to be stopped lately.

Beside many queries that never end, one of half a second does not get so much of the processor in the time
that it has: not if all get the same, and not if those go first that have used less, for new ones keep coming.
What tells them apart is how those before them ended. Nobody is refused for it, and it is forgotten in a
minute or two.
"""

from __future__ import annotations

import math
from typing import Final

NICENESS: Final = 10
"""How nice the worker of any query is that takes more than its share (nice(2)): cheap ones go first."""

MOST: Final = 19
STEP: Final = 3
"""How much nicer for each query of its client that was stopped just now."""

HALF_LIFE_SECONDS: Final = 30.0
OURS: Final = ""
"""The client of what the service asks for itself, to answer with a page or with the REST API."""

CLIENTS: Final = 10_000
"""How many clients are remembered: those that had a query stopped last."""


class Conduct:
    """How many costly queries of each client were stopped, of which older ones count less and less."""

    def __init__(self) -> None:
        self.stopped: dict[str, tuple[float, float]] = {}
        """The count of each client, and when it was so much; whoever had one stopped last comes last."""

    def note(self, client: str, now: float) -> None:
        """A costly query of a client was stopped: past a limit, or since nobody waits for it any more.

        Those of the service itself are not counted: they are asked for many, who must not pay for one.
        """
        if client == OURS:
            return
        count = self.count(client, now) + 1
        self.stopped.pop(client, None)
        self.stopped[client] = count, now
        if len(self.stopped) > CLIENTS:
            del self.stopped[next(iter(self.stopped))]

    def count(self, client: str, now: float) -> float:
        """How many were stopped, by what they count for now (seconds of any clock that does not go back)."""
        count, since = self.stopped.get(client, (0.0, now))
        return count * math.pow(0.5, (now - since) / HALF_LIFE_SECONDS)

    def find_niceness(self, client: str, now: float) -> int:
        """How nice the worker of a costly query of this client should be."""
        return min(NICENESS + int(STEP * self.count(client, now)), MOST)
