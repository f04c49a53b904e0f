"""The REST collections: which there are, and their routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from plangraph.filters import FILTERS
from plangraph.paging import list_orders
from plangraph.reads import COLLECTIONS, Read, load_read
from plangraph.settings import Settings
from plangraph.web import catalogue, cite, comparisons, describe, exports, registry, search
from plangraph.web.conditions import ask_document
from plangraph.web.describe import KINDS_OF, TABLED, answer_item
from plangraph.web.finders import Finders
from plangraph.web.models import (
    GONE,
    ITEM_RESPONSES,
    PAGE_RESPONSES,
    TABLED_RESPONSES,
    document_parameters,
)
from plangraph.web.pages import answer_page, list_parameters
from plangraph.web.pin import DOCUMENTED_PIN, find_pin, open_edition
from plangraph.web.replies import (
    ITEM_FORMATS,
    PAGE_FORMATS,
    answer_unchanged,
    find_base,
    read_wish,
    split_suffix,
)

PREFIX: Final = "api/v1"


def create_routers(
    settings: Settings,
    finders: Finders | None = None,
    graphs: Mapping[str, exports.Show] | None = None,
    name_page: cite.NamePage = lambda _: "",
) -> list[APIRouter]:
    """All routes that read: collections, search, questions, things, files.

    ``graphs`` are the pages that stand at the addresses of graphs, where there are pages; ``name_page`` gives
    the titles of those that are texts.
    """
    finders = finders or Finders()
    return [
        search.create_router(settings, finders),
        cite.create_router(settings, name_page),
        create_router(settings, finders),
        catalogue.create_router(settings),
        comparisons.create_router(settings),
        describe.create_router(settings, paged=graphs is not None),
        registry.create_router(settings),
        exports.create_router(settings, graphs),
    ]


def create_router(settings: Settings, finders: Finders) -> APIRouter:
    """The routes of the collections that queries answer."""
    router = APIRouter(prefix=f"/{PREFIX}", tags=["Collections"])

    @router.get("/", summary="The collections, each with its filters")
    def list_collections(request: Request) -> list[dict[str, Any]]:
        base = find_base(request, settings)
        listed = [describe_collection(load_read(name), base) for name in COLLECTIONS]
        others = (catalogue.DESCRIBED, search.DESCRIBED)
        return [*listed, *({**entry, "url": f"{base}{PREFIX}/{entry['name']}"} for entry in others)]

    for name in COLLECTIONS:
        add_collection(router, settings, load_read(name), finders)
    return router


def describe_collection(read: Read, base: str) -> dict[str, Any]:
    """A collection in the list of them."""
    return {
        "name": read.name,
        "title": read.title,
        "about": read.about,
        "url": f"{base}{PREFIX}/{read.name}",
        "parameters": list_parameters(read),
        "facets": list(read.facets),
        "orders": list_orders(read),
    }


def add_collection(router: APIRouter, settings: Settings, read: Read, finders: Finders) -> None:
    """The routes of one collection and of its items."""
    filters = tuple(name for name in read.filters if name in FILTERS)
    is_table = read.name in TABLED
    responses = TABLED_RESPONSES if is_table else ITEM_RESPONSES
    responses = responses | (GONE if read.name == "documents" else {})

    async def answer(request: Request, path: str) -> Response:
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, settings, edition, path, PAGE_FORMATS)
            unchanged = answer_unchanged(request, wish)
            return unchanged or await answer_page(request, wish, edition.engine, read, finders)

    async def list_page(request: Request) -> Response:
        return await answer(request, f"{PREFIX}/{read.name}")

    async def list_suffixed(request: Request, suffix: str) -> Response:
        return await answer(request, f"{PREFIX}/{read.name}.{suffix}")

    async def get_item(request: Request, name: str) -> Response:
        path = f"{PREFIX}/{read.name}/{name}"
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, settings, edition, path, PAGE_FORMATS if is_table else ITEM_FORMATS)
            if read.name == "documents":
                wish = replace(wish, digest=await ask_document(edition, split_suffix(name)[0]))
            return await answer_item(request, wish, edition.engine, KINDS_OF[read.name])

    router.add_api_route(
        f"/{read.name}",
        list_page,
        summary=read.title,
        description=read.about,
        operation_id=f"list_{read.name}",
        responses=PAGE_RESPONSES,
        openapi_extra={"parameters": document_parameters(filters, settings.limits, list_orders(read))},
    )
    router.add_api_route(f"/{read.name}.{{suffix}}", list_suffixed, include_in_schema=False)
    router.add_api_route(
        f"/{read.name}/{{name}}",
        get_item,
        summary=f"One of the {read.name}",
        operation_id=f"get_{read.name}",
        responses=responses,
        openapi_extra={"parameters": [*DOCUMENTED_PIN]},
    )
