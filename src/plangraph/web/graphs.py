"""The SPARQL 1.1 Graph Store HTTP Protocol at ``/graphs``.

A graph is named by ``?graph=IRI``, by ``?default``, or by its own address below ``/graphs/``. Everybody may
read; writes are there only where tokens are.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from pyoxigraph import NamedNode, QueryBoolean, QueryResultsFormat, parse_query_results
from starlette.responses import Response

from plangraph.access import Access
from plangraph.checks import is_document
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter, NotAcceptable, NotFound
from plangraph.formats import GRAPHS, RESULTS_JSON, choose, takes_gzip
from plangraph.forms import read_form
from plangraph.pinning import REGISTRY
from plangraph.settings import Settings
from plangraph.uploads import Upload, pick_upload_format
from plangraph.web.call import read_body, read_fields
from plangraph.web.conditions import READ, add_digest, ask_digest, read_intent
from plangraph.web.outgoing import Outgoing
from plangraph.web.replies import find_base
from plangraph.web.results import ask
from plangraph.web.tags import head_answer, is_unchanged, name_answer, name_headers
from plangraph.web.updates import REFUSED, answer_written
from plangraph.worker import Query
from plangraph.writes import GraphWrite, Method, digest_write

MULTIPART: Final = "multipart/form-data"
ABSENT: Final[dict[str, Any]] = {
    "description": "There is no such graph",
    "content": {"application/problem+json": {}},
}
NAMED: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "graph",
            "in": "query",
            "description": "The graph; or `default`, without a value, for the default graph",
            "schema": {"type": "string", "format": "uri"},
        }
    ]
}


class GraphStore:
    """What answers ``/graphs``."""

    def __init__(self, engine: QueryEngine, access: Access, settings: Settings) -> None:
        self.engine = engine
        self.access = access
        self.settings = settings
        self.outgoing = Outgoing(settings.limits)

    async def read(self, request: Request) -> Response:
        """The triples of a graph, in the format that ``Accept`` likes best."""
        graph = self.find_graph(request)
        digest = await ask_digest(self.engine, graph) if graph and self.is_tagged(graph) else None
        format = choose(request.headers.get("accept"), GRAPHS)
        if format is None:
            raise NotAcceptable("a graph can be had as " + ", ".join(entry.media_type for entry in GRAPHS))
        gzip = takes_gzip(request.headers.get("accept-encoding", ""))
        query = Query(
            READ,
            format.media_type,
            default_graph_uris=(graph,) if graph else (),
            default_graph="strict",
            compressed=gzip,
        )
        asking = [query]
        if graph:
            asking.append(Query(f"ASK {{ GRAPH <{graph}> {{}} }}", RESULTS_JSON.media_type))
        answer, *exists = await ask(self.engine, *asking, hold=False)  # of any graph that a client names
        if exists and not is_true(exists[0].body):
            raise NotFound(f"there is no graph {graph}")
        tag = add_digest(name_answer(query, answer.revision), digest)
        if is_unchanged(request, tag):
            return Response(status_code=304, headers=name_headers(tag, answer.revision))
        return self.outgoing.respond(answer.body, head_answer(answer, tag))

    async def write(self, request: Request, method: Method) -> Response:
        """Replace, extend or remove a graph."""
        token = self.access.check(request.headers.get("authorization"))
        address: dict[str, str] = {}
        if method == "POST" and is_store(request) and not request.scope["query_string"]:
            graph: str | None = f"{find_base(request, self.settings)}graphs/{uuid.uuid4()}"
            address = {"Location": str(graph)}
        else:
            graph = self.find_graph(request)
        uploads = () if method == "DELETE" else await self.read_uploads(request)
        write = GraphWrite(method, graph, uploads)
        digest = digest_write(replace(write, graph=None)) if address else None
        written = await self.engine.write(write, read_intent(request, graph, by=token.name, digest=digest))
        return answer_written(written, 204 if written.existed else 201, address)

    def is_tagged(self, graph: str) -> bool:
        """Whether the tag of a graph can be taken back as the condition of a write."""
        return self.settings.is_gated and (graph == REGISTRY.value or is_document(NamedNode(graph)))

    async def read_uploads(self, request: Request) -> tuple[Upload, ...]:
        """The bodies of a request: one, or those of a form."""
        content_type = request.headers.get("content-type")
        body = await read_body(request, self.settings.limits)
        if (content_type or "").partition(";")[0].strip().lower() == MULTIPART:
            # In a thread, as in web.documents: 8 MiB take the parser up to 0.1 s.
            return tuple(await asyncio.to_thread(read_form, body, content_type or "", self.settings.limits))
        return (Upload(body, pick_upload_format(content_type)),)

    def find_graph(self, request: Request) -> str | None:
        """The IRI of the graph that a request is for, ``None`` for the default graph.

        Raises :class:`BadParameter` where it names none, several, or something that is no IRI.
        """
        given = read_fields(request.scope["query_string"], "the address")
        named = given.get("graph", [])
        if "default" in given and not named and is_store(request):
            return None
        if not is_store(request):
            if named or "default" in given:
                raise BadParameter("the address names a graph already; it takes no graph and no default")
            base = find_base(request, self.settings)
            return base + str(request.scope["path"]).lstrip("/")
        if len(named) != 1 or "default" in given:
            raise BadParameter("an address of /graphs carries either one graph=IRI or default")
        try:
            iri = NamedNode(named[0])
        except ValueError:
            raise BadParameter(f"graph must be an absolute IRI, which {named[0]!r:.200} is not") from None
        return iri.value


def create_router(engine: QueryEngine, access: Access, settings: Settings) -> APIRouter:
    """The routes of ``/graphs``; those that write only where there are tokens."""
    store = GraphStore(engine, access, settings)
    router = APIRouter(tags=["Graphs"])
    add_routes(router, store, "/graphs", documented=True, writable=bool(access.tokens))
    add_routes(router, store, "/graphs/{name:path}", documented=False, writable=bool(access.tokens))
    return router


def add_routes(router: APIRouter, store: GraphStore, path: str, *, documented: bool, writable: bool) -> None:
    """The routes of the store, or of the graphs below it."""
    shown: dict[str, Any] = {"openapi_extra": NAMED, "include_in_schema": documented}
    refused = {**REFUSED, 404: ABSENT}

    @router.get(path, summary="Read a graph", responses={404: ABSENT}, **shown)
    async def read_graph(request: Request) -> Response:
        return await store.read(request)

    if not writable:
        return

    @router.put(path, summary="Replace a graph", responses=refused, **shown)
    async def replace_graph(request: Request) -> Response:
        return await store.write(request, "PUT")

    @router.post(path, summary="Add to a graph", responses=refused, **shown)
    async def extend_graph(request: Request) -> Response:
        return await store.write(request, "POST")

    @router.delete(path, summary="Remove a graph", responses=refused, **shown)
    async def remove_graph(request: Request) -> Response:
        return await store.write(request, "DELETE")


def is_store(request: Request) -> bool:
    """Whether the address is that of the store and not of a graph below it."""
    return bool(request.scope["path"] == "/graphs")


def is_true(body: bytes) -> bool:
    """What an ASK said, in JSON."""
    found = parse_query_results(body, QueryResultsFormat.JSON)
    return isinstance(found, QueryBoolean) and bool(found)
