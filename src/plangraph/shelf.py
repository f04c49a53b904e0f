"""The files of one data set, each written to a temporary folder when it is first asked for."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
import threading
import weakref
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, RdfFormat, parse

from plangraph.errors import NotFound
from plangraph.export import write
from plangraph.formats import GRAPHS
from plangraph.terms import Graph, graph

STEM: Final = "plangraph"
ARCHIVE: Final = "csv.zip"
FILES: Final = {**{entry.suffix: entry.name for entry in GRAPHS}, ARCHIVE: ARCHIVE}
"""The format of each file, by its suffix."""

GZIP_LEVEL: Final = 6


@dataclass(frozen=True)
class Copy:
    """A file as it goes over the wire, and the SHA-256 of these very bytes."""

    path: Path
    digest: bytes


class Shelf:
    """The files of one data set; without its quads, one that somebody puts into ``data_file`` as N-Quads.

    It may also be in N-Quads elsewhere: ``source``, which lasts as long as ``kept`` is held. ``revision``
    says what the files are of, where nobody else does. The folder goes when nobody holds the shelf any more,
    as whoever sends a file of it does.
    """

    def __init__(
        self,
        quads: Sequence[Quad] | None = None,
        *,
        source: bytes | Path | None = None,
        revision: str | None = None,
        kept: object = None,
    ) -> None:
        self.given = quads
        self.source = source
        self.named = revision
        self.kept = kept
        self.lock = threading.Lock()
        self.copies: dict[tuple[str, bool], Copy] = {}

    @property
    def revision(self) -> str | None:
        """What the files are of, where nobody else says it."""
        return self.named

    @cached_property
    def folder(self) -> Path:
        """Where the files lie."""
        path = tempfile.mkdtemp(prefix="plangraph-")
        weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        return Path(path)

    @property
    def data_file(self) -> Path:
        """Where the data set lies if it was not given."""
        return self.folder / "data.nq"

    @cached_property
    def quads(self) -> Sequence[Quad]:
        """The data set."""
        if self.given is not None:
            return self.given
        if isinstance(self.source, bytes):
            return tuple(sorted(parse(self.source, format=RdfFormat.N_QUADS), key=str))
        return tuple(sorted(parse(path=self.source or self.data_file, format=RdfFormat.N_QUADS), key=str))

    @cached_property
    def graphs(self) -> dict[Graph, list[Quad]]:
        """The quads of each graph."""
        found: dict[Graph, list[Quad]] = defaultdict(list)
        for quad in self.quads:
            found[quad.graph_name].append(quad)
        return dict(found)

    def take(self, suffix: str, compressed: bool) -> Copy:
        """The file of that suffix, as it is or compressed by gzip; the same data gives the same bytes."""
        with self.lock:
            if (suffix, compressed) not in self.copies:
                plain = self.copies.get((suffix, False))
                body = plain.path.read_bytes() if plain else write(self.quads, FILES[suffix])
                if plain is None:  # somebody may be reading a file that is there
                    self.keep(suffix, False, body)
                if compressed:
                    self.keep(suffix, True, gzip.compress(body, GZIP_LEVEL, mtime=0))
            return self.copies[suffix, compressed]

    def keep(self, suffix: str, compressed: bool, body: bytes) -> None:
        """Put bytes on the shelf."""
        path = self.folder / f"{STEM}.{suffix}{'.gz' if compressed else ''}"
        path.write_bytes(body)
        self.copies[suffix, compressed] = Copy(path, hashlib.sha256(body).digest())

    def list_checksums(self) -> str:
        """The checksums of all files, as ``sha256sum --check`` reads them."""
        digests = {suffix: self.take(suffix, compressed=False).digest for suffix in FILES}
        return "".join(f"{digest.hex()}  {STEM}.{suffix}\n" for suffix, digest in digests.items())

    def find_graph(self, name: str) -> Sequence[Quad]:
        """The quads of a graph, by the end of its IRI; raises :class:`NotFound`."""
        try:
            return self.graphs[graph(name)]
        except (KeyError, ValueError):
            raise NotFound(f"there is no graph {name}; /graph/dataset tells what there is") from None
