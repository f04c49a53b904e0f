"""The data set as files over HTTP: whole, in every format, and graph by graph."""

from __future__ import annotations

import base64
import gzip
import hashlib
import tempfile
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from pyoxigraph import NamedNode, Quad
from starlette.responses import FileResponse, RedirectResponse, Response

from plangraph.build import Dataset
from plangraph.context import read_context
from plangraph.errors import NotFound
from plangraph.export import write
from plangraph.formats import GRAPHS, JSONLD, NTRIPLES, TURTLE
from plangraph.settings import Settings
from plangraph.terms import Graph, graph
from plangraph.web.protocol import is_unchanged
from plangraph.web.replies import answer_bytes, answer_unchanged, find_base, read_wish

STEM: Final = "plangraph"
ARCHIVE: Final = "csv.zip"
FILES: Final = {**{entry.suffix: entry.name for entry in GRAPHS}, ARCHIVE: ARCHIVE}
"""The format of each file, by its suffix."""

CONTENT_TYPES: Final = {
    **{entry.suffix: entry.content_type for entry in GRAPHS},
    ARCHIVE: "application/zip",
    "sha256": "text/plain; charset=utf-8",
}
GZIP_LEVEL: Final = 6


@dataclass(frozen=True)
class Copy:
    """A file as it goes over the wire, and the SHA-256 of these very bytes."""

    path: Path
    digest: bytes


@dataclass(frozen=True)
class NamedGraph:
    """A graph with an address of its own."""

    address: str
    graph: str
    summary: str


class Shelf:
    """The files of one data set, each written to a temporary folder when it is first asked for."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.lock = threading.Lock()
        self.copies: dict[tuple[str, bool], Copy] = {}

    @cached_property
    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """Where the files lie; it goes when the shelf goes."""
        return tempfile.TemporaryDirectory(prefix="plangraph-")

    @cached_property
    def graphs(self) -> dict[Graph, list[Quad]]:
        """The quads of each graph."""
        found: dict[Graph, list[Quad]] = defaultdict(list)
        for quad in self.dataset.quads:
            found[quad.graph_name].append(quad)
        return dict(found)

    def take(self, suffix: str, compressed: bool) -> Copy:
        """The file of that suffix, as it is or compressed by gzip; the same data gives the same bytes."""
        with self.lock:
            if (suffix, compressed) not in self.copies:
                plain = self.copies.get((suffix, False))
                body = plain.path.read_bytes() if plain else write(self.dataset.quads, FILES[suffix])
                self.keep(suffix, False, body)
                if compressed:
                    self.keep(suffix, True, gzip.compress(body, GZIP_LEVEL, mtime=0))
            return self.copies[suffix, compressed]

    def keep(self, suffix: str, compressed: bool, body: bytes) -> None:
        """Put bytes on the shelf."""
        path = Path(self.folder.name) / f"{STEM}.{suffix}{'.gz' if compressed else ''}"
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


def create_router(shelf: Shelf, settings: Settings) -> APIRouter:
    """The routes of ``/export``, ``/graph``, ``/ns``, ``/shapes``, ``/dataset`` and the context."""
    router = APIRouter(tags=["Files"])
    revision = shelf.dataset.revision

    @router.get("/export/plangraph.{suffix}", summary="The data set as one file", responses=DOCUMENTED_FILE)
    def get_file(request: Request, suffix: str) -> Response:
        if suffix == "sha256":
            headers = {"Plangraph-Revision": revision, "Content-Type": CONTENT_TYPES[suffix]}
            return Response(shelf.list_checksums(), headers=headers)
        if suffix not in FILES:
            raise NotFound(f"there is no export .{suffix}; there are {', '.join(FILES)} and sha256")
        return answer_file(request, shelf, suffix)

    @router.get("/export/documents/{slug}.ttl", summary="The graph of one document as Turtle")
    def get_document(request: Request, slug: str) -> Response:
        return answer_graph(request, shelf, settings, f"document/{slug}", f"export/documents/{slug}.ttl")

    @router.get("/graph/{name:path}", summary="One graph of the data set", responses=DOCUMENTED_GRAPH)
    def get_graph(request: Request, name: str) -> Response:
        stem = name.rpartition(".")[0] if name.rpartition(".")[2] in FILES else name
        return answer_graph(request, shelf, settings, stem, f"graph/{name}")

    for place in NAMED_GRAPHS:
        add_graph(router, shelf, settings, place)

    @router.get("/dataset/{part:path}", include_in_schema=False)
    def get_part(request: Request) -> Response:
        return RedirectResponse(find_base(request, settings) + "dataset", status_code=303)

    @router.get("/context.jsonld", summary="The JSON-LD context of every JSON answer")
    def get_context(request: Request) -> Response:
        wish = read_wish(request, settings, revision, "context.jsonld", [JSONLD])
        return answer_unchanged(request, wish) or answer_bytes(wish, read_context())

    return router


def add_graph(router: APIRouter, shelf: Shelf, settings: Settings, place: NamedGraph) -> None:
    """A route that serves a graph under an address of its own, with and without a suffix."""
    address = place.address

    def get_named(request: Request) -> Response:
        return answer_graph(request, shelf, settings, place.graph, address)

    def get_suffixed(request: Request, suffix: str) -> Response:
        return answer_graph(request, shelf, settings, place.graph, f"{address}.{suffix}")

    router.add_api_route(f"/{address}", get_named, summary=place.summary, responses=DOCUMENTED_GRAPH)
    router.add_api_route(f"/{address}.{{suffix}}", get_suffixed, include_in_schema=False)


def answer_file(request: Request, shelf: Shelf, suffix: str) -> Response:
    """A file, whole or the part that ``Range`` asks for, with the digest of the whole."""
    # The middleware that compresses would leave the digest wrong, so that what it would compress is
    # compressed here; an archive is left alone by both.
    compressed = "gzip" in request.headers.get("accept-encoding", "") and suffix != ARCHIVE
    copy = shelf.take(suffix, compressed)
    headers = {
        "ETag": f'"{copy.digest.hex()[:32]}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(copy.digest).decode()}:",
        "Plangraph-Revision": shelf.dataset.revision,
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
    }
    if is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return FileResponse(copy.path, headers=headers | {"Content-Type": CONTENT_TYPES[suffix]})


def answer_graph(request: Request, shelf: Shelf, settings: Settings, name: str, path: str) -> Response:
    """A graph in the RDF format asked for, Turtle by default."""
    quads = shelf.find_graph(name)
    wish = read_wish(request, settings, shelf.dataset.revision, path, GRAPHS)
    unchanged = answer_unchanged(request, wish)
    if unchanged is not None:
        return unchanged
    home = quads[0].graph_name
    assert isinstance(home, NamedNode)  # noqa: S101 - find_graph looks for an IRI
    return answer_bytes(wish, write(quads, wish.format.name, home))


NAMED_GRAPHS: Final = (
    NamedGraph("ns", "ontology", "The ontology"),
    NamedGraph("shapes", "shapes", "The SHACL shapes"),
    NamedGraph("dataset", "dataset", "What the data set says of itself (DCAT, VoID)"),
    NamedGraph(".well-known/void", "dataset", "The same, where VoID clients look for it"),
)
DOCUMENTED_GRAPH: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "RDF, in the format of the suffix, else the one that Accept likes best",
        "content": {entry.media_type: {} for entry in (TURTLE, NTRIPLES, *GRAPHS)},
    },
}
DOCUMENTED_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": f"The file; suffixes are {', '.join(FILES)}, and sha256 for the checksums of all",
        "headers": {"Repr-Digest": {"schema": {"type": "string"}, "description": "SHA-256 (RFC 9530)"}},
        "content": {content_type.partition(";")[0]: {} for content_type in CONTENT_TYPES.values()},
    },
}
