"""The SPARQL 1.1 protocol, its query half: an HTTP request to one query, an answer to an HTTP response.

Decoding happens once, here. The query text is not parsed here: the guard looks at it, a worker reads it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from fastapi import APIRouter, Request
from pyoxigraph import RdfFormat, serialize
from starlette.responses import Response

from plangraph.engine import QueryEngine
from plangraph.errors import (
    ClientGone,
    NotAcceptable,
    NotFound,
    PlangraphError,
    QueryCancelled,
    QueryMissing,
    QueryRefused,
    QueryTooLong,
)
from plangraph.formats import GRAPHS, HTML, ROWS, choose, read_accept, takes_gzip
from plangraph.lane import Job
from plangraph.past import View, read_wanted
from plangraph.settings import Limits, Settings
from plangraph.terms import PREFIXES
from plangraph.web.call import Call, read_call
from plangraph.web.documented import DOCUMENTED_GET, DOCUMENTED_POST, DOCUMENTED_RESPONSES
from plangraph.web.endpoint import GRAPHS_OF, describe_service
from plangraph.web.outgoing import Outgoing
from plangraph.web.pin import open_edition
from plangraph.web.results import Row, ask, for_rows, read_rows
from plangraph.web.tags import head_answer, is_unchanged, name_answer, name_headers
from plangraph.web.watch import Watch
from plangraph.worker import Answer, Query

DefaultGraph: TypeAlias = Literal["union", "strict"]

PATIENCE_SECONDS: Final = 0.05
"""A query older than this is watched for a client that has gone; most are done before."""


@dataclass(eq=False, slots=True)
class Asked:
    """A query on its way, for whom, and what watches whether they are still there."""

    job: Job
    request: Request
    engine: QueryEngine
    leaving: asyncio.Task[None] | None = None

    async def leave_with_client(self) -> None:
        """Stop the query when its client has gone."""
        await wait_until_gone(self.request)
        self.engine.forget(self.job, ClientGone("the client left before its query was answered"))


Show: TypeAlias = Callable[[Request, "Endpoint"], Awaitable[Response]]
"""Answers a request with a page."""


class Endpoint:
    """What answers ``/sparql``: one query, or without one the description of the service.

    ``show`` answers those who would rather have a page than any format of results or RDF.
    """

    def __init__(
        self, engine: QueryEngine, settings: Settings, watch: Watch, show: Show | None = None
    ) -> None:
        self.watch = watch
        self.show = show
        self.engine = engine
        self.settings = settings
        self.listed: tuple[str, list[Row]] = ("", [])
        """The named graphs of a revision."""
        self.outgoing = Outgoing(settings.limits)
        self.running: dict[str, Asked] = {}
        """The queries on their way, by the id of their request; of two with one id the later."""
        self.asked: set[Asked] = set()
        """All queries on their way."""
        self.looking: asyncio.TimerHandle | None = None

    async def answer(self, request: Request) -> Response:
        """The response to a request; raises what reading it and running its query raise."""
        if self.show is not None and prefers_page(find_header(request, b"accept")):
            return await self.show(request, self)
        limits = self.settings.limits
        call = await read_call(request, limits)
        pin = read_wanted(call.parameters)
        if request.method == "GET" and call.asks_nothing():
            return await self.answer_description(request)
        codings, accept = find_header(request, b"accept-encoding"), find_header(request, b"accept")
        gzip = codings is not None and takes_gzip(codings)
        query = find_query(call, accept, self.settings.default_graph, gzip)
        if request.method == "GET" and len(query.text) > limits.query_bytes_get // 4:
            check_length(query.text, limits)
        if pin is None:
            return await self.answer_query(request, query, self.engine, None)
        async with open_edition(request, pin) as edition:
            return await self.answer_query(request, query, edition.engine, edition.extent)

    async def answer_description(self, request: Request) -> Response:
        """The service description in the RDF format the client likes best."""
        accept = request.headers.get("accept")
        format = choose("*/*" if comes_from_browser(accept) else accept, GRAPHS)
        if format is None:
            raise NotAcceptable(
                "the service description can be had as " + ", ".join(f.media_type for f in GRAPHS)
            )
        assert isinstance(format.engine, RdfFormat)  # noqa: S101 - every entry of GRAPHS has one
        revision, graphs = self.listed
        if revision != self.engine.revision:
            (answer,) = await ask(self.engine, for_rows(GRAPHS_OF))
            revision, graphs = self.listed = answer.revision, read_rows(answer)
        base = self.settings.public_base or str(request.base_url)
        triples = describe_service(base.rstrip("/") + "/", self.settings, graphs)
        body = serialize(triples, format=format.engine, prefixes=PREFIXES) or b""
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = name_headers(tag, revision)
        if is_unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers={**headers, "Content-Type": format.content_type})

    async def answer_query(
        self, request: Request, query: Query, engine: QueryEngine, extent: View | None
    ) -> Response:
        """The answer of an engine, or a 304."""
        if request.method != "POST" and find_header(request, b"if-none-match") is not None:
            tag = name_answer(query, engine.revision, extent)
            if is_unchanged(request, tag):
                return Response(status_code=304, headers=name_headers(tag, engine.revision, extent))
        answer = await self.run_while_connected(engine, query, request)
        tag = name_answer(query, answer.revision, extent)
        return self.outgoing.respond(answer.body, head_answer(answer, tag, extent))

    async def run_while_connected(self, engine: QueryEngine, query: Query, request: Request) -> Answer:
        """The answer, unless the client leaves first: then the query is killed, and nobody is told."""
        loop = asyncio.get_running_loop()
        client = request.scope.get("client")
        job = engine.begin(query, client[0] if client else "")
        name = request.scope.get("request_id", "")
        asked = self.running[name] = Asked(job, request, engine)
        self.asked.add(asked)
        if self.looking is None:
            self.looking = loop.call_later(PATIENCE_SECONDS, self.look)
        outcome, begun = "left", job.queued_at
        try:
            answer = await engine.finish(job)
            outcome = "answered"
            return answer
        except PlangraphError as error:
            outcome = type(error).__name__
            raise
        finally:
            self.watch.note_query(outcome, loop.time() - begun)
            if self.running.get(name) is asked:
                del self.running[name]
            self.asked.discard(asked)
            if asked.leaving is not None:
                asked.leaving.cancel()

    def look(self) -> None:
        """Watch the clients of queries that take long, and look again as long as there are queries."""
        loop = asyncio.get_running_loop()
        last = loop.time() - PATIENCE_SECONDS
        for asked in self.asked:
            if asked.leaving is None and asked.job.queued_at <= last:
                asked.leaving = loop.create_task(asked.leave_with_client())
        self.looking = loop.call_later(PATIENCE_SECONDS, self.look) if self.asked else None

    def cancel(self, name: str) -> None:
        """Stop the query of the request with that id; raises :class:`NotFound`."""
        asked = self.running.get(name)
        if asked is None:
            raise NotFound(f"no query runs for a request with the id {name}")
        asked.engine.forget(asked.job, QueryCancelled("the query was cancelled by its id"))


def create_router(endpoint: Endpoint) -> APIRouter:
    """The routes of ``/sparql``, and of the queries that run there."""
    router = APIRouter(tags=["SPARQL"])

    async def sparql(request: Request) -> Response:
        """Run one query; without one, describe the service."""
        return await endpoint.answer(request)

    @router.delete(
        "/queries/{request_id}",
        summary="Cancel a query by the X-Request-Id that its request carried",
        status_code=204,
        responses={404: {"description": "No such query runs", "content": {"application/problem+json": {}}}},
    )
    async def cancel_query(request_id: str) -> Response:
        endpoint.cancel(request_id)
        return Response(status_code=204)

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


def find_header(request: Request, name: bytes) -> str | None:
    """A header; the front has put them in order already."""
    value = request.scope["headers_by_name"].get(name)
    return None if value is None else value.decode("latin-1")


def check_length(text: str, limits: Limits) -> None:
    """Raises :class:`QueryTooLong` for a text that is too long for an address."""
    if len(text.encode("utf-8", "surrogatepass")) > limits.query_bytes_get:
        raise QueryTooLong(
            f"by GET a query may be {limits.query_bytes_get:,} bytes long; send it by POST",
            rule="query_bytes_get",
            limit=limits.query_bytes_get,
        )


def find_query(
    call: Call, accept: str | None, default_graph: DefaultGraph = "union", compressed: bool = False
) -> Query:
    """The one query of a call; raises :class:`QueryMissing`, and :class:`QueryRefused` for an update."""
    if "update" in call.parameters:
        raise QueryRefused("this address answers queries; it takes no update")
    texts = call.list_values("query")
    if call.body_text is not None:
        texts += (call.body_text,)
    if len(texts) != 1:
        raise QueryMissing(f"a request carries exactly one query; this one carries {len(texts)}")
    if not texts[0].strip():
        raise QueryMissing("the query is empty")
    return Query(
        text=texts[0],
        accept="*/*" if accept and comes_from_browser(accept) else accept,
        default_graph_uris=call.list_values("default-graph-uri"),
        named_graph_uris=call.list_values("named-graph-uri"),
        default_graph=default_graph,
        compressed=compressed,
    )


@lru_cache(maxsize=256)
def comes_from_browser(accept: str | None) -> bool:
    """Whether a page was asked for that may also be something else; results have no page, so the usual form.

    Browsers list generic XML before the rest, and would get results in a form nobody asked for.
    """
    kinds = {media_type for media_type, weight in read_accept(accept or "") if weight > 0}
    known = {name for entry in (*ROWS, *GRAPHS) for name in (entry.media_type, *entry.aliases)}
    return {"text/html", "*/*"} <= kinds and not kinds & (known - {"application/xml", "text/xml"})


def prefers_page(accept: str | None) -> bool:
    """Whether a page is liked better than anything that a query or a description can be written as."""
    return accept is not None and "text/html" in accept and choose(accept, (*ROWS, *GRAPHS, HTML)) is HTML


async def wait_until_gone(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
