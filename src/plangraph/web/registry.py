"""Things of the registry, one by one: what it says of each, replaced and retracted, with a token.

An address has what the registry says and nothing else, so that what was read can be changed and put back.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from pyoxigraph import NamedNode
from starlette.responses import Response

from plangraph.access import Access
from plangraph.context import load_context
from plangraph.engine import QueryEngine
from plangraph.errors import NotFound
from plangraph.formats import JSON, JSONLD
from plangraph.items import write_items
from plangraph.pinning import REGISTRY
from plangraph.settings import Settings
from plangraph.terms import KINDS, thing
from plangraph.uploads import Upload, pick_upload_format
from plangraph.web.call import read_body
from plangraph.web.conditions import ask_condition
from plangraph.web.pin import DOCUMENTED_PIN, describe_extent, find_pin, open_edition
from plangraph.web.replies import (
    ITEM_FORMATS,
    answer_bytes,
    answer_unchanged,
    find_base,
    is_tree,
    link_formats,
    link_query,
    read_wish,
    split_suffix,
    write_json,
    write_triples,
)
from plangraph.web.results import ask, for_triples, read_triples
from plangraph.web.submitting import DESCRIBED, Submitting, answer_part, read_aim
from plangraph.web.updates import REFUSED
from plangraph.writes import GraphWrite

PREFIX: Final = "/api/v1/registry"
QUERY: Final = """CONSTRUCT {{ {thing} ?property ?value }}
WHERE {{ GRAPH {graph} {{ {thing} ?property ?value FILTER(!isBlank(?value)) }} }}
"""


class Registry:
    """What answers reads of things of the registry."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def read(self, request: Request, kind: str, name: str) -> Response:
        """What the registry says of a thing; its ETag is the condition of a replacement."""
        item = name_thing(kind, split_suffix(name)[0])
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, self.settings, edition, f"{PREFIX[1:]}/{kind}/{name}", ITEM_FORMATS)
            wish = replace(wish, digest=await ask_condition(edition, item.value))
            if (unchanged := answer_unchanged(request, wish)) is not None:
                return unchanged
            query = QUERY.format(thing=item, graph=REGISTRY)
            (answer,) = await ask(edition.engine, for_triples(query))
        triples = read_triples(answer)
        if not triples:
            raise NotFound(f"the registry has no {kind} called {item.value.rpartition('/')[2]!r:.200}")
        if is_tree(wish.format):
            members = {
                "@context": wish.base + "context.jsonld",
                "self": wish.locate(),
                **write_items(triples, [item], load_context())[0],
                **describe_extent(wish.extent, wish.base),
                "query": query,
            }
            body = write_json(members)
        else:
            body = await asyncio.to_thread(write_triples, triples, wish.format)
        links = [("describes", item.value), link_query(wish, query), *link_formats(wish)]
        return answer_bytes(wish, body, links)


class RegistryWrites(Submitting):
    """What answers their writes."""

    async def put_thing(self, request: Request, kind: str, slug: str) -> Response:
        """Add a thing under its name, or replace what the registry says of it."""
        aim = read_aim(request)
        token = self.admit(request, aim)
        item = name_thing(kind, slug)
        content_type = request.headers.get("content-type", "")
        media_type = content_type.partition(";")[0].strip().lower()
        format = JSONLD if media_type == JSON.media_type else pick_upload_format(content_type)
        body = await read_body(request, self.settings.limits)
        upload = Upload(self.name_context(request, body) if format is JSONLD else body, format)
        write = GraphWrite("PUT", REGISTRY.value, (upload,), item.value)
        written = await self.put(request, token, aim, item.value, write)
        return answer_part(written, aim, item.value, self.locate(request, kind, slug))

    async def retract_thing(self, request: Request, kind: str, slug: str) -> Response:
        """Take a thing out of the registry; the history keeps it."""
        aim = read_aim(request)
        item = name_thing(kind, slug)
        write = GraphWrite("DELETE", REGISTRY.value, thing=item.value)
        written = await self.retract(request, aim, item.value, write)
        return answer_part(written, aim, item.value, self.locate(request, kind, slug))

    def locate(self, request: Request, kind: str, slug: str) -> str:
        """The address of a thing."""
        return f"{find_base(request, self.settings)}{PREFIX[1:]}/{kind}/{slug}"


def name_thing(kind: str, slug: str) -> NamedNode:
    """The thing of that kind and name; raises :class:`NotFound` for what can be none."""
    if kind not in KINDS:
        raise NotFound(f"there is no kind {kind!r:.80}; there are {', '.join(KINDS)}")
    try:
        return thing(kind, slug)
    except ValueError:
        raise NotFound(
            f"{slug!r:.80} is no name: lower-case letters and digits, with hyphens between them", rule="slug"
        ) from None


def create_router(settings: Settings) -> APIRouter:
    """The route that reads things of the registry."""
    registry = Registry(settings)
    router = APIRouter(tags=["Registry"])

    @router.get(
        PREFIX + "/{kind}/{name}", summary="What the registry says of a thing", operation_id="get_entry",
        openapi_extra={"parameters": [*DOCUMENTED_PIN]},
    )  # fmt: skip
    async def get_entry(request: Request, kind: str, name: str) -> Response:
        return await registry.read(request, kind, name)

    return router


def create_write_router(engine: QueryEngine, access: Access, settings: Settings) -> APIRouter:
    """The routes that write things of the registry."""
    writes = RegistryWrites(engine, access, settings)
    router = APIRouter(tags=["Writes"])

    @router.put(
        PREFIX + "/{kind}/{name}", operation_id="put_entry", responses=REFUSED, openapi_extra=DOCUMENTED,
        summary="Add a thing to the registry, or replace the one whose ETag is given",
    )  # fmt: skip
    async def put_entry(request: Request, kind: str, name: str) -> Response:
        return await writes.put_thing(request, kind, name)

    @router.delete(
        PREFIX + "/{kind}/{name}", operation_id="retract_entry", responses=REFUSED,
        summary="Retract a thing of the registry, with a reason",
        openapi_extra={"security": [{"token": []}], "parameters": DESCRIBED},
    )  # fmt: skip
    async def retract_entry(request: Request, kind: str, name: str) -> Response:
        return await writes.retract_thing(request, kind, name)

    return router


DOCUMENTED: Final[dict[str, Any]] = {
    "security": [{"token": []}],
    "parameters": DESCRIBED,
    "requestBody": {
        "required": True,
        "content": {
            "text/turtle": {"schema": {"type": "string"}},
            "application/ld+json": {"schema": {"type": "object"}},
            "application/json": {"schema": {"type": "object", "description": "JSON-LD, as it is read here"}},
        },
    },
}
