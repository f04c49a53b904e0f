"""The files of a data set that lies on an external server: fetched from there when first asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from pyoxigraph import Quad

from plangraph.errors import NotFound
from plangraph.remote import RemoteEngine
from plangraph.shelf import Copy, Shelf
from plangraph.terms import graph

KEPT: Final = 2
"""Revisions whose files are kept: the latest, and the one before it, of which a file may be on its way."""


class RemoteShelf(Shelf):
    """The files of whichever revision the server has; each revision has a shelf of its own."""

    def __init__(self, engine: RemoteEngine) -> None:
        super().__init__(())
        self.engine = engine
        self.fetching = threading.Lock()
        self.shelves: OrderedDict[str, Shelf] = OrderedDict()

    @property
    def revision(self) -> str:
        """The revision that the server has by now."""
        return self.engine.revision

    def open_shelf(self) -> Shelf:
        """The shelf of the revision that the engine answers from; fetches the graphs if need be."""
        with self.fetching:
            state = self.engine.find_state()
            if state.revision not in self.shelves:
                shelf = Shelf()
                shelf.data_file.write_bytes(self.engine.fetch_all(state))
                self.shelves[state.revision] = shelf
                while len(self.shelves) > KEPT:
                    self.shelves.popitem(last=False)
            return self.shelves[state.revision]

    def take(self, suffix: str, compressed: bool) -> Copy:
        """As any shelf, once the data is here."""
        return self.open_shelf().take(suffix, compressed)

    def list_checksums(self) -> str:
        """As any shelf, once the data is here."""
        return self.open_shelf().list_checksums()

    def find_graph(self, name: str) -> Sequence[Quad]:
        """The quads of a graph, which alone is fetched; raises :class:`NotFound`."""
        state = self.engine.find_state()
        try:
            home = graph(name)
        except ValueError:
            home = None
        if home is None or home.value not in state.published.digests:
            raise NotFound(f"there is no graph {name}; /graph/dataset tells what there is")
        quads = self.engine.fetch_graph(home, state)
        self.engine.check_same(state)
        return quads
