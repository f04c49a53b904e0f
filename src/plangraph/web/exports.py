"""The data set as files over HTTP: whole, in every format, and graph by graph."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from pyoxigraph import NamedNode, Quad
from starlette.responses import FileResponse, RedirectResponse, Response

from plangraph.context import load_context, read_context
from plangraph.editions import Edition, Editions
from plangraph.errors import NotFound
from plangraph.export import write
from plangraph.formats import CSV, GRAPHS, HTML, JSON, JSONLD, NTRIPLES, TURTLE, Format, choose, takes_gzip
from plangraph.items import write_items
from plangraph.reads import load_read, write_whole
from plangraph.settings import Settings
from plangraph.sheets import write_schema
from plangraph.shelf import ARCHIVE, FILES, Shelf
from plangraph.terms import graph
from plangraph.web.conditions import ask_document
from plangraph.web.models import GraphTree
from plangraph.web.pin import DOCUMENTED_PIN, describe_extent, find_pin, name_extent, open_edition
from plangraph.web.replies import (
    Wish,
    answer_bytes,
    answer_unchanged,
    find_base,
    link_formats,
    link_query,
    read_wish,
    write_json,
)
from plangraph.web.results import ask, for_csv
from plangraph.web.tags import is_unchanged

CHECKSUMS: Final = "sha256"
CONTENT_TYPES: Final = {
    **{entry.suffix: entry.content_type for entry in GRAPHS},
    ARCHIVE: "application/zip",
    CHECKSUMS: "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class NamedGraph:
    """A graph with an address of its own, and the query whose rows are it as a table."""

    address: str
    graph: str
    summary: str
    table: str


class ShelfResponse(FileResponse):
    """A file of a shelf, which it holds on to until the file is sent."""

    def __init__(self, shelf: Shelf, path: Path, headers: Mapping[str, str]) -> None:
        self.shelf = shelf
        super().__init__(path, headers=headers)


Show = Callable[[Request], Awaitable[Response]]


def create_router(settings: Settings, pages: Mapping[str, Show] | None = None) -> APIRouter:
    """The routes of ``/export``, ``/graph``, ``/ns``, ``/shapes``, ``/dataset`` and the context.

    ``pages`` answer at some of these addresses for who asks for HTML.
    """
    shown = pages or {}
    router = APIRouter(tags=["Files"])
    documented = {"parameters": [*DOCUMENTED_PIN]}

    async def answer(
        request: Request, name: str, path: str, offered: Sequence[Format] = GRAPHS, table: str = ""
    ) -> Response:
        kind, _, slug = name.partition("/")
        async with open_edition(request, find_pin(request)) as opened:
            # Before its files are made, so that they are never older than what the tag says of them.
            digest = await ask_document(opened, slug) if kind == "document" else None
            edition, shelf = await add_files(request, opened)
            wish = replace(read_wish(request, settings, edition, path, offered), digest=digest)
            if wish.format is not CSV:
                return await asyncio.to_thread(answer_graph, request, wish, shelf, name)
            return answer_unchanged(request, wish) or await answer_table(wish, edition, table)

    @router.get(
        "/export/plangraph.{suffix}",
        summary="The data set as one file",
        responses=DOCUMENTED_FILE,
        openapi_extra=documented,
    )
    async def get_file(request: Request, suffix: str) -> Response:
        if suffix not in CONTENT_TYPES:
            raise NotFound(f"there is no export .{suffix}; there are {', '.join(FILES)} and sha256")
        async with open_edition(request, find_pin(request)) as opened:
            edition, shelf = await add_files(request, opened)
            return await asyncio.to_thread(answer_file, request, edition, shelf, suffix)

    @router.get(
        "/export/documents/{slug}.ttl",
        summary="The graph of one document as Turtle",
        openapi_extra=documented,
    )
    async def get_document(request: Request, slug: str) -> Response:
        return await answer(request, f"document/{slug}", f"export/documents/{slug}.ttl", [TURTLE])

    @router.get(
        "/graph/{name:path}",
        summary="One graph of the data set",
        responses=DOCUMENTED_GRAPH,
        openapi_extra=documented,
    )
    async def get_graph(request: Request, name: str) -> Response:
        stem = name.rpartition(".")[0] if name.rpartition(".")[2] in FILES else name
        return await answer(request, stem, f"graph/{name}")

    for place in NAMED_GRAPHS:
        add_graph(router, place, answer, shown.get(place.address))

    @router.get(
        "/.well-known/void",
        status_code=303,
        summary="To the description of the data set, where VoID clients look for it",
        openapi_extra=documented,
    )
    def find_void(request: Request) -> Response:
        find_pin(request)  # what is wrong with the parameters is told here, too
        suffix, parameters = request.path_params.get("suffix", ""), request.url.query
        target = find_base(request, settings) + VOID + (f".{suffix}" if suffix else "")
        return RedirectResponse(target + (f"?{parameters}" if parameters else ""), status_code=303)

    router.add_api_route("/.well-known/void.{suffix}", find_void, include_in_schema=False)

    @router.get("/dataset/{part:path}", include_in_schema=False)
    def get_part(request: Request) -> Response:
        return RedirectResponse(find_base(request, settings) + VOID, status_code=303)

    @router.get("/context.jsonld", summary="The JSON-LD context of every JSON answer")
    async def get_context(request: Request) -> Response:
        async with open_edition(request, None) as edition:
            wish = read_wish(request, settings, edition, "context.jsonld", [JSONLD])
            return answer_unchanged(request, wish) or answer_bytes(wish, read_context())

    @router.get("/sheet.schema.json", summary="The JSON Schema of a report sheet")
    async def get_schema(request: Request) -> Response:
        async with open_edition(request, None) as edition:
            wish = read_wish(request, settings, edition, "sheet.schema.json", [JSON])
            return answer_unchanged(request, wish) or answer_bytes(wish, write_schema().encode())

    return router


async def add_files(request: Request, edition: Edition) -> tuple[Edition, Shelf]:
    """An edition with its files, and these."""
    editions: Editions = request.app.state.editions
    found = await editions.add_files(edition)
    assert found.shelf is not None  # noqa: S101 - add_files sees to it
    return found, found.shelf


def add_graph(
    router: APIRouter,
    place: NamedGraph,
    answer: Callable[[Request, str, str, Sequence[Format], str], Awaitable[Response]],
    show: Show | None = None,
) -> None:
    """A route that serves a graph under an address of its own, with and without a suffix."""

    async def get_named(request: Request) -> Response:
        if show is not None and choose(request.headers.get("accept"), (*NAMED_FORMATS, HTML)) is HTML:
            return await show(request)
        return await answer(request, place.graph, place.address, NAMED_FORMATS, place.table)

    async def get_suffixed(request: Request, suffix: str) -> Response:
        path = f"{place.address}.{suffix}"
        return await answer(request, place.graph, path, NAMED_FORMATS, place.table)

    router.add_api_route(
        f"/{place.address}",
        get_named,
        summary=place.summary,
        responses=DOCUMENTED_NAMED,
        openapi_extra={"parameters": [*DOCUMENTED_PIN]},
    )
    router.add_api_route(f"/{place.address}.{{suffix}}", get_suffixed, include_in_schema=False)


def answer_file(request: Request, edition: Edition, shelf: Shelf, suffix: str) -> Response:
    """A file, whole or the part that ``Range`` asks for, with the digest of the whole."""
    named = {"Plangraph-Revision": edition.revision} | name_extent(edition.extent)
    if suffix == CHECKSUMS:
        return Response(shelf.list_checksums(), headers=named | {"Content-Type": CONTENT_TYPES[suffix]})
    # The middleware that compresses would leave the digest wrong, so that what it would compress is
    # compressed here; an archive is left alone by both.
    compressed = takes_gzip(request.headers.get("accept-encoding", "")) and suffix != ARCHIVE
    copy = shelf.take(suffix, compressed)
    headers = named | {
        "ETag": f'"{copy.digest.hex()[:32]}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(copy.digest).decode()}:",
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
    }
    if is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return ShelfResponse(shelf, copy.path, headers | {"Content-Type": CONTENT_TYPES[suffix]})


def answer_graph(request: Request, wish: Wish, shelf: Shelf, name: str) -> Response:
    """A graph in the format asked for, Turtle by default, with the query that yields it."""
    quads = shelf.find_graph(name)
    unchanged = answer_unchanged(request, wish)
    if unchanged is not None:
        return unchanged
    home = quads[0].graph_name
    assert isinstance(home, NamedNode)  # noqa: S101 - find_graph looks for an IRI
    query = write_graph_query(name)
    body = write_tree(wish, quads, query) if wish.format is JSON else write(quads, wish.format.name, home)
    return answer_bytes(wish, body, [link_query(wish, query), *link_formats(wish)])


async def answer_table(wish: Wish, edition: Edition, table: str) -> Response:
    """The rows of the query that a graph has as its table."""
    query = write_whole(load_read(table), {})
    (found,) = await ask(edition.engine, for_csv(query))
    return answer_bytes(wish, found.body, [link_query(wish, query), *link_formats(wish)])


def write_graph_query(name: str) -> str:
    """The query that yields a graph."""
    return GRAPH_QUERY.format(name=name, graph=graph(name))


def write_tree(wish: Wish, quads: Sequence[Quad], query: str) -> bytes:
    """A graph as JSON that is JSON-LD: everything in it that has a name, with what the graph says of it."""
    named = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
    triples = (quad.triple for quad in quads)
    return write_json(
        {
            "@context": wish.base + "context.jsonld",
            "id": wish.locate(),
            "items": write_items(triples, map(NamedNode, sorted(named)), load_context()),
            **describe_extent(wish.extent, wish.base),
            "query": query,
        }
    )


VOID: Final = "dataset"
"""Where the data set is described (VoID, section 7.2)."""

NAMED_FORMATS: Final = (*GRAPHS, JSON, CSV)
NAMED_GRAPHS: Final = (
    NamedGraph("ns", "ontology", "The ontology", "terms"),
    NamedGraph("shapes", "shapes", "The SHACL shapes", "rules"),
    NamedGraph(VOID, "dataset", "What the data set says of itself (DCAT, VoID)", "dataset-facts"),
)
GRAPH_QUERY: Final = """#title: The graph {name}
CONSTRUCT {{ ?thing ?property ?value }}
WHERE {{ GRAPH {graph} {{ ?thing ?property ?value }} }}
"""
DOCUMENTED_GRAPH: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "RDF, in the format of the suffix, else the one that Accept likes best",
        "content": {entry.media_type: {} for entry in (TURTLE, NTRIPLES, *GRAPHS)},
    },
}
DOCUMENTED_NAMED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": GraphTree,
        "description": "The graph, in the format of the suffix, else the one that Accept likes best",
        "content": {entry.media_type: {} for entry in NAMED_FORMATS},
    },
}
DOCUMENTED_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": f"The file; suffixes are {', '.join(FILES)}, and sha256 for the checksums of all",
        "headers": {"Repr-Digest": {"schema": {"type": "string"}, "description": "SHA-256 (RFC 9530)"}},
        "content": {content_type.partition(";")[0]: {} for content_type in CONTENT_TYPES.values()},
    },
}
