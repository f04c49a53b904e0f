"""The application: the engine's life, the routes, and what wraps every answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response

from plangraph.access import read_access
from plangraph.editions import Editions
from plangraph.engine import QueryEngine
from plangraph.errors import EngineStopped
from plangraph.formats import CSV, GRAPHS, HTML, JSON, choose
from plangraph.history import History
from plangraph.pages.bundle import is_built
from plangraph.pages.routes import Pages
from plangraph.settings import Settings
from plangraph.shelf import Shelf
from plangraph.web import documents, graphs, protocol, registry, revisions, updates
from plangraph.web.cache import Cache
from plangraph.web.contract import complete
from plangraph.web.front import Front
from plangraph.web.problems import install_problems
from plangraph.web.replies import find_base
from plangraph.web.watch import Watch
from plangraph.worker import Query

if TYPE_CHECKING:
    from plangraph.journal_reads import JournalReader

FIGURES: Final = "text/plain; version=0.0.4; charset=utf-8"
ENTRIES: Final = {
    "sparql": "SPARQL 1.1 queries; without a query, the description of the service",
    "api/v1/": "The collections of the REST API, each with its filters",
    "api/v1/questions": "Fifteen questions that the data answers, each with its query and answer",
    "export/plangraph.ttl": "The whole data set; other formats by suffix, checksums as .sha256",
    "dataset": "What the data set says of itself",
    "ns": "The ontology",
    "shapes": "The rules that the data is held against",
    "limits": "What one request may cost",
    "metrics": "What the service does, in figures for Prometheus",
    "openapi.json": "This service as an OpenAPI document",
}
"""What the address without a path lists."""

DOCUMENTED_ENTRIES: Final[dict[int | str, dict[str, Any]]] = {
    303: {"description": "To what the data set says of itself, for who accepts a table or RDF alone"},
    406: {"description": "No accepted format"},
}
GZIP_LEVEL: Final = 5
GZIP_FROM_BYTES: Final = 1_000


def create_app(
    engine: QueryEngine,
    settings: Settings,
    routers: Sequence[APIRouter] = (),
    shelf: Shelf | None = None,
    journal: JournalReader | None = None,
    *,
    pages: Pages | None = None,
) -> Front:
    """The service on an engine, which lives as long as the application does.

    ``shelf`` has the files of the whole data set as it is at the start; ``journal`` is read by those who ask
    for the past, and is ``app.state.journal``; ``pages`` are for people.
    """

    editions = Editions(engine, shelf, History(journal))

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        await engine.open()
        editions.open_for_use()
        try:
            yield
        finally:
            await editions.close()
            await engine.shut()
            if journal is not None:
                journal.close()

    app = FastAPI(
        title="plangraph",
        summary="What is reported about peace plans: who said it, through whom, in which words, where.",
        version=read_version(),
        license_info={"name": "Apache-2.0 (code), CC BY 4.0 (data)"},
        docs_url=None,  # both of FastAPI's pages load their scripts from elsewhere
        redoc_url=None,
        lifespan=live,
    )
    app.state.editions = editions
    app.state.journal = journal
    cache = Cache(settings.limits.cache_bytes)
    watch = Watch(engine, cache, settings.log)
    endpoint = protocol.Endpoint(engine, settings, watch, None if pages is None else pages.answer_sparql)
    app.include_router(protocol.create_router(endpoint))
    access = read_access(settings.token_file)
    if access.tokens:
        app.include_router(updates.create_router(engine, access, settings))
        if settings.is_gated:
            app.include_router(documents.create_router(engine, access, settings))
            app.include_router(registry.create_write_router(engine, access, settings))
    app.include_router(graphs.create_router(engine, access, settings))
    if journal is not None:
        app.include_router(revisions.create_router(engine, journal, settings))
    app.include_router(create_router(engine, settings, watch, pages))
    for router in routers:
        app.include_router(router)
    if pages is not None:
        app.include_router(pages.router)
    install_problems(app, settings.limits, None if pages is None else pages.show_problem)
    document = app.openapi
    app.openapi = lambda: app.openapi_schema or complete(document(), access)  # type: ignore[method-assign]
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
    shortcuts = {(method, "/sparql"): endpoint.answer for method in ("GET", "POST", "QUERY")}
    return Front(app, shortcuts, watch, settings.limits, lambda: engine.revision)


def create_router(
    engine: QueryEngine, settings: Settings, watch: Watch, pages: Pages | None = None
) -> APIRouter:
    """What watches over the service, what it tells of its limits, and where everything is."""
    router = APIRouter(tags=["Service"])

    @router.get("/healthz", summary="Whether queries are answered, found out by asking one")
    async def check_health() -> JSONResponse:
        await engine.run(Query("ASK {}"))
        return JSONResponse(
            {"status": "ok", "revision": engine.revision}, headers={"Cache-Control": "no-store"}
        )

    @router.get("/readyz", summary="Whether the data is loaded, and whether pages have all that they load")
    async def check_ready() -> JSONResponse:
        if not engine.started:
            raise EngineStopped("the data is not loaded yet")
        return JSONResponse(
            {"status": "ready", "revision": engine.revision, "bundle": pages is not None and is_built()},
            headers={"Cache-Control": "no-store"},
        )

    @router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    async def list_figures() -> Response:
        return Response(watch.write_figures(), headers={"Cache-Control": "no-store"}, media_type=FIGURES)

    @router.get("/limits", summary="What one request may cost")
    async def list_limits() -> dict[str, Any]:
        return {"limits": settings.limits.table()}

    @router.get(
        "/", summary="Where everything is", response_model=dict[str, Any], responses=DOCUMENTED_ENTRIES
    )
    async def list_entries(request: Request, response: Response) -> Any:
        wanted = choose(request.headers.get("accept"), (JSON, HTML, CSV, *GRAPHS))
        if pages is not None and wanted is not JSON:
            return await pages.answer_home(request)
        response.headers["Vary"] = "Accept"
        base = find_base(request, settings)
        return {
            "title": "plangraph: what is reported about peace plans",
            "version": read_version(),
            "revision": engine.revision,
            "entries": [{"url": base + path, "about": about} for path, about in ENTRIES.items()],
        }

    return router


def read_version() -> str:
    """The version of the installed package; in a checkout that is not installed there is none."""
    try:
        return metadata.version("plangraph")
    except metadata.PackageNotFoundError:
        return "0"
