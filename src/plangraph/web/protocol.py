"""The SPARQL 1.1 protocol, its query half: an HTTP request to one query, an answer to an HTTP response.

Decoding happens once, here. The query text is not parsed here: the guard looks at it, a worker reads it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from fastapi import APIRouter, Request
from pyoxigraph import Quad, RdfFormat, serialize
from starlette.responses import Response

from plangraph.errors import (
    ClientGone,
    NotAcceptable,
    QueryMissing,
    QueryRefused,
    QueryTooLong,
)
from plangraph.formats import GRAPHS, ROWS, choose, read_accept
from plangraph.pinning import Extent, read_pin
from plangraph.settings import Settings
from plangraph.terms import PREFIXES
from plangraph.web.call import DIRECT, FORM, Call, read_call
from plangraph.web.pin import DOCUMENTED_PIN, name_extent, open_edition
from plangraph.worker import Answer, Engine, Query

PATIENCE_SECONDS: Final = 0.05
"""A query older than this is watched for a client that has gone; most are done before."""

VOLATILE: Final = re.compile(r"\b(?:RAND|NOW|UUID|STRUUID)\s*\(", re.IGNORECASE)
"""Calls that give another value each time: such an answer has no ETag."""

DescribeService = Callable[[str], Sequence[Quad]]
"""The service description, given the public base address (which ends with a slash)."""


def create_router(engine: Engine, settings: Settings, describe_service: DescribeService) -> APIRouter:
    """The routes of ``/sparql``."""
    limits = settings.limits
    router = APIRouter(tags=["SPARQL"])

    async def sparql(request: Request) -> Response:
        """Run one query; without one, describe the service."""
        call = await read_call(request, limits)
        pin = read_pin(call.list_values("as_of"), call.list_values("undated"))
        if request.method == "GET" and call.asks_nothing():
            return answer_description(request, engine, settings, describe_service)
        query = find_query(call, request.headers.get("accept"))
        length = len(query.text.encode("utf-8", "surrogatepass"))
        if request.method == "GET" and length > limits.query_bytes_get:
            raise QueryTooLong(
                f"by GET a query may be {limits.query_bytes_get:,} bytes long; send it by POST",
                rule="query_bytes_get",
                limit=limits.query_bytes_get,
            )
        async with open_edition(request, pin) as edition:
            tag = name_answer(query, edition.revision, edition.extent)
            if request.method != "POST" and is_unchanged(request, tag):
                return Response(status_code=304, headers=name_headers(tag, edition.revision, edition.extent))
            answer = await run_while_connected(edition.engine, query, request)
            return write_answer(query, answer, edition.extent)

    texts: dict[str, Any] = {
        "summary": "SPARQL query",
        "responses": DOCUMENTED_RESPONSES,
        "response_class": Response,
        "response_model": None,
    }
    router.add_api_route(
        "/sparql", sparql, methods=["GET"], operation_id="sparql_get", openapi_extra=DOCUMENTED_GET, **texts
    )
    router.add_api_route(
        "/sparql",
        sparql,
        methods=["POST"],
        operation_id="sparql_post",
        openapi_extra=DOCUMENTED_POST,
        **texts,
    )
    router.add_api_route("/sparql", sparql, methods=["QUERY"], include_in_schema=False)
    return router


def find_query(call: Call, accept: str | None) -> Query:
    """The one query of a call; raises :class:`QueryMissing`, and :class:`QueryRefused` for an update."""
    if "update" in call.parameters:
        raise QueryRefused("this address answers queries; it takes no update")
    texts = call.list_values("query")
    if call.body_query is not None:
        texts += (call.body_query,)
    if len(texts) != 1:
        raise QueryMissing(f"a request carries exactly one query; this one carries {len(texts)}")
    if not texts[0].strip():
        raise QueryMissing("the query is empty")
    return Query(
        text=texts[0],
        accept="*/*" if comes_from_browser(accept) else accept,
        default_graph_uris=call.list_values("default-graph-uri"),
        named_graph_uris=call.list_values("named-graph-uri"),
    )


def comes_from_browser(accept: str | None) -> bool:
    """Whether a page was asked for that may also be something else; results have no page, so the usual form.

    Browsers list generic XML before the rest, and would get results in a form nobody asked for.
    """
    kinds = {media_type for media_type, weight in read_accept(accept or "") if weight > 0}
    known = {name for entry in (*ROWS, *GRAPHS) for name in (entry.media_type, *entry.aliases)}
    return {"text/html", "*/*"} <= kinds and not kinds & (known - {"application/xml", "text/xml"})


async def run_while_connected(engine: Engine, query: Query, request: Request) -> Answer:
    """The answer, unless the client leaves first: then the query is killed, and nobody reads the error."""
    running = asyncio.ensure_future(engine.run(query))
    gone: asyncio.Future[None] | None = None
    try:
        done, _ = await asyncio.wait({running}, timeout=PATIENCE_SECONDS)
        if not done:
            gone = asyncio.ensure_future(wait_until_gone(request))
            await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
        raise ClientGone("the client left before its query was answered")
    finally:
        for task in (running, gone):
            if task is not None and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def wait_until_gone(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def name_answer(query: Query, revision: str, extent: Extent | None = None) -> str | None:
    """The ETag of an answer: known before the query runs, so that a 304 costs none.

    It is weak, for one answer may be sent compressed or not. Each wish of a client has its own, which costs a
    second transfer where two wishes end in one format, and never mixes two formats up.
    """
    if VOLATILE.search(query.text):
        return None
    graphs = (query.default_graph_uris, query.named_graph_uris)
    parts = (revision, extent, query.text, query.accept or "*/*", graphs)
    return f'W/"{hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:32]}"'


def is_unchanged(request: Request, tag: str | None) -> bool:
    """Whether the client holds this very answer (RFC 9110, section 13.1.2)."""
    held = [entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")]
    return tag is not None and tag.removeprefix("W/") in held


def name_headers(tag: str | None, revision: str, extent: Extent | None = None) -> dict[str, str]:
    """The headers that say what an answer is an answer of."""
    headers = {"Plangraph-Revision": revision, "Vary": "Accept"} | name_extent(extent)
    if tag is None:
        return headers | {"Cache-Control": "no-store"}
    return headers | {"ETag": tag, "Cache-Control": "no-cache"}


def write_answer(query: Query, answer: Answer, extent: Extent | None) -> Response:
    """The response of an answer, named by the revision of the worker that made it."""
    headers = name_headers(name_answer(query, answer.revision, extent), answer.revision, extent)
    return Response(answer.body, headers={**headers, "Content-Type": answer.format.content_type})


def answer_description(
    request: Request, engine: Engine, settings: Settings, describe_service: DescribeService
) -> Response:
    """The service description in the RDF format the client likes best."""
    accept = request.headers.get("accept")
    format = choose("*/*" if comes_from_browser(accept) else accept, GRAPHS)
    if format is None:
        raise NotAcceptable(
            "the service description can be had as " + ", ".join(f.media_type for f in GRAPHS)
        )
    assert isinstance(format.engine, RdfFormat)  # noqa: S101 - every entry of GRAPHS has one
    quads = describe_service(settings.public_base or str(request.base_url))
    body = serialize((quad.triple for quad in quads), format=format.engine, prefixes=PREFIXES) or b""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = name_headers(tag, engine.revision)
    if is_unchanged(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers={**headers, "Content-Type": format.content_type})


EXAMPLE: Final = "SELECT ?plan ?label WHERE { ?plan a pg:Plan ; rdfs:label ?label } LIMIT 10"
GRAPH_IRIS: Final = {"type": "array", "items": {"type": "string", "format": "uri"}}
GRAPH_PARAMETERS: Final = {
    "default-graph-uri": "The default graph is the union of these graphs",
    "named-graph-uri": "The named graphs of the query",
}
DOCUMENTED_GET: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "query",
            "in": "query",
            "description": "The query; without one, the service description is answered",
            "schema": {"type": "string"},
            "example": EXAMPLE,
        },
        *(
            {"name": name, "in": "query", "description": text, "schema": GRAPH_IRIS}
            for name, text in GRAPH_PARAMETERS.items()
        ),
        *DOCUMENTED_PIN,
    ]
}
DOCUMENTED_POST: Final[dict[str, Any]] = {
    "parameters": [*DOCUMENTED_PIN],
    "requestBody": {
        "required": True,
        "content": {
            DIRECT: {"schema": {"type": "string"}, "example": EXAMPLE},
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["query"],
                    "properties": {
                        "query": {"type": "string"},
                        **dict.fromkeys(GRAPH_PARAMETERS, GRAPH_IRIS),
                        **{entry["name"]: entry["schema"] for entry in DOCUMENTED_PIN},
                    },
                }
            },
        },
    },
}
DOCUMENTED_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The answer, in the format that Accept likes best",
        "content": {entry.media_type: {} for entry in (*ROWS, *GRAPHS)},
    },
    304: {"description": "The client holds this answer already"},
    **{
        status: {"description": text, "content": {"application/problem+json": {}}}
        for status, text in (
            (400, "The query is wrong, or refused; line, column and rule say where and why"),
            (406, "No accepted format can hold the answer"),
            (413, "The query or its result is larger than the limit"),
            (415, "The body is of a media type that is not read here"),
            (503, "The query took too long or too much memory, or too many are waiting"),
        )
    },
}
