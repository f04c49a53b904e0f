"""Under which number the journal has what a page shows, so that the permalink of the page can say it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from plangraph.editions import Edition
from plangraph.history import History
from plangraph.write_errors import JournalFailed

HELD: Final = 64
"""How many numbers are known without another look into the journal."""


class Numbers:
    """The numbers of revisions by their names. Nothing is taken out of a journal, so a number stays good."""

    def __init__(self) -> None:
        self.held: OrderedDict[str, int] = OrderedDict()

    async def find(self, history: History, edition: Edition, present: str) -> int | None:
        """The number of the revision that an edition is of; nothing where none can be asked for later.

        ``present`` names the whole data set as it was when the edition was opened: what is shown as of a day
        alone is taken from that. A journal that does not answer is no reason to show no page.
        """
        past = edition.extent.past if edition.extent is not None else None
        if past is not None:
            return past.number
        name = edition.revision if edition.extent is None else present
        if name not in self.held and history.journal is not None:
            try:
                found = await history.look_up(name)
            except JournalFailed:
                return None
            if found is not None and found.number is not None:
                while len(self.held) >= HELD:
                    self.held.popitem(last=False)
                self.held[name] = found.number
        return self.held.get(name)
