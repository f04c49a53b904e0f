"""Things by their names: ``/id/...`` leads to a description, and a description comes in every format."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from pyoxigraph import NamedNode, Triple
from starlette.responses import RedirectResponse, Response

from plangraph.context import load_context
from plangraph.engine import QueryEngine
from plangraph.errors import NotFound
from plangraph.formats import CSV, HTML, choose
from plangraph.items import write_items
from plangraph.past import View
from plangraph.reads import load_read, write_chosen, write_item_description, write_whole
from plangraph.settings import Settings
from plangraph.terms import KINDS, graph, split_thing, term, thing
from plangraph.web.models import GONE
from plangraph.web.pin import DOCUMENTED_PIN, add_pin, describe_extent, find_pin, name_extent, open_edition
from plangraph.web.replies import (
    ITEM_FORMATS,
    PAGE_FORMATS,
    Wish,
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
from plangraph.web.results import ask, for_csv, for_triples, read_triples
from plangraph.web.retracted import check_retracted

KINDS_OF: Final = {
    "plans": ("plan",),
    "versions": ("version",),
    "provisions": ("provision",),
    "claims": ("claim", "stance", "change"),
    "attributions": ("attribution",),
    "documents": ("document",),
    "outlets": ("outlet",),
    "actors": ("actor", "source"),
    "stances": ("stance",),
    "changes": ("change",),
    "values": ("value",),
    "divergences": ("divergence",),
}
"""The kinds of things that a collection holds, in the order in which a slug is looked up."""

COLLECTION_OF: Final = {kind: name for name, kinds in KINDS_OF.items() for kind in kinds} | {
    "question": "questions"
}
"""Where a thing of a kind is described; a kind that is not there is described under ``/doc``."""


PAGE_OF: Final = {
    "plan": "plans",
    "version": "versions",
    "provision": "provisions",
    "claim": "claims",
    "stance": "claims",
    "change": "claims",
    "value": "values",
    "divergence": "divergences",
    "document": "documents",
    "outlet": "outlets",
    "actor": "actors",
    "source": "actors",
    "question": "questions",
    "scheme": "docs/ontology/scheme",
    "topic": "docs/ontology/topic",
    "concept": "docs/ontology/concept",
}
"""Where a thing of a kind has a page for people; others have theirs below ``/things``."""

THINGS: Final = "things"

TOLD: Final = ("value", "divergence")
"""The kinds whose table lists who tells what; that of any other thing says where it is used."""

TABLES: Final = ("value-tellings", "term-uses")
"""The queries of the one and of the other."""

LANGUAGE: Final = term("schema:inLanguage")

TABLED: Final = tuple(name for name, kinds in KINDS_OF.items() if set(kinds) <= set(TOLD))
"""The collections whose items are a table at their own address; for others a comparison or a list is one."""


def find_page(kind: str) -> str:
    """Below which address things of a kind have their pages."""
    return PAGE_OF.get(kind, f"{THINGS}/{kind}")


def create_router(settings: Settings, *, paged: bool = False) -> APIRouter:
    """The routes of ``/id`` and ``/doc``; where there are pages, a browser is led to them."""
    router = APIRouter(tags=["Things"])

    @router.get(
        "/id/{kind}/{name}",
        status_code=303,
        summary="From the name of a thing to its description",
        responses=GONE,
        openapi_extra={"parameters": [*DOCUMENTED_PIN]},
    )
    async def find_description(request: Request, kind: str, name: str) -> Response:
        slug, suffix = split_suffix(name)
        async with open_edition(request, find_pin(request)) as edition:
            if kind != "question":
                await fetch_present(request, edition.extent, edition.engine, [kind], slug)
            headers = {"Plangraph-Revision": edition.revision} | name_extent(edition.extent)
        collection = COLLECTION_OF.get(kind)
        place = f"api/v1/{collection}" if collection else f"doc/{kind}"
        if paged and not suffix:
            headers["Vary"] = "Accept"
            if choose(request.headers.get("accept"), (*ITEM_FORMATS, HTML)) is HTML:
                place = find_page(kind)
        target = f"{find_base(request, settings)}{place}/{slug}" + (f".{suffix}" if suffix else "")
        return RedirectResponse(add_pin(target, edition.extent), 303, headers=headers)

    @router.get(
        "/doc/{kind}/{name}",
        summary="The description of a thing of any kind",
        responses={200: {"description": "The thing", "content": DOCUMENTED_CONTENT}, **GONE},
        openapi_extra={"parameters": [*DOCUMENTED_PIN]},
    )
    async def describe_thing(request: Request, kind: str, name: str) -> Response:
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, settings, edition, f"doc/{kind}/{name}", PAGE_FORMATS)
            return await answer_item(request, wish, edition.engine, [kind])

    return router


async def answer_item(request: Request, wish: Wish, engine: QueryEngine, kinds: Sequence[str]) -> Response:
    """The description of the first thing of these kinds whose slug ends the path of the wish.

    Raises :class:`NotFound`, :class:`Retracted`.
    """
    unchanged = answer_unchanged(request, wish)
    if unchanged is not None:
        return unchanged
    slug = wish.path.rpartition("/")[2]
    item, query, triples = await fetch_present(request, wish.extent, engine, kinds, slug)
    if wish.format is CSV:
        query = write_table_query(item)
        (answer,) = await ask(engine, for_csv(query))
        body = answer.body
    elif is_tree(wish.format):
        tree = write_items(triples, [item], load_context())[0]
        body = write_json(
            {
                "@context": wish.base + "context.jsonld",
                "self": wish.locate(),
                **tree,
                **link_chain(wish, item),
                "cite": wish.place(f"{wish.path}/citation"),
                **describe_extent(wish.extent, wish.base),
                "query": query,
            }
        )
    else:
        body = await asyncio.to_thread(write_triples, triples, wish.format)
    return answer_bytes(wish, body, [*link_item(wish, item, query), *link_graph(wish, item, triples)])


def link_chain(wish: Wish, item: NamedNode) -> dict[str, str]:
    """For a claim, where every hop of its chains is listed: who said it, through whom, in which document."""
    kind, slug = split_thing(item.value) or ("", "")
    if kind not in ("claim", "stance", "change"):
        return {}
    return {"chain": wish.place(f"api/v1/attributions?claim={slug}")}


def link_item(wish: Wish, item: NamedNode, query: str) -> list[tuple[str, str]]:
    """The links of a description: what it describes, the query behind it, its other formats."""
    return [("describes", item.value), link_query(wish, query), *link_formats(wish)]


def link_graph(wish: Wish, item: NamedNode, triples: Sequence[Triple]) -> list[tuple[str, str]]:
    """For a document that was read, where its whole graph is, of which this is only the description.

    Where it can be replaced, RFC 5023 (11.2) has ``edit-media`` for the address at which the very thing that
    an entry tells about is read, put and deleted. That is the graph in the Graph Store; what is described
    here cannot be put back, and ``/graph`` is only read.
    """
    kind, slug = split_thing(item.value) or ("", "")
    # Documents that are only cited have no graph, and no language is told of them.
    if kind != "document" or not any(
        entry.predicate == LANGUAGE for entry in triples if entry.subject == item
    ):
        return []
    place = graph(f"document/{slug}").value
    editable = [] if wish.digest is None else [("edit-media", f"{wish.base}graphs?graph={place}")]
    return [("describedby", wish.place(f"graph/document/{slug}")), *editable]


def write_table_query(item: NamedNode) -> str:
    """The query whose rows are a thing as a table."""
    kind, _ = split_thing(item.value) or ("", "")
    tellings, uses = TABLES
    return write_whole(load_read(tellings), {kind: [item]}) if kind in TOLD else write_chosen(uses, [item])


async def fetch_present(
    request: Request, extent: View | None, engine: QueryEngine, kinds: Sequence[str], slug: str
) -> tuple[NamedNode, str, list[Any]]:
    """As :func:`fetch`; raises :class:`Retracted` for a document that was, unless the past is asked for."""
    try:
        return await fetch(engine, kinds, slug)
    except NotFound:
        if extent is None and "document" in kinds:
            await check_retracted(request, slug)
        raise


async def fetch(engine: QueryEngine, kinds: Sequence[str], slug: str) -> tuple[NamedNode, str, list[Any]]:
    """A thing, the query that describes it, and what the query gives; raises :class:`NotFound`."""
    for item in name_candidates(kinds, slug):
        query = write_item_description([item])
        (answer,) = await ask(engine, for_triples(query))
        triples = read_triples(answer)
        if triples:
            return item, query, triples
    what = kinds[0] if kinds[0] in KINDS else "thing"
    raise NotFound(f"there is no {what} called {slug!r:.200}")


def name_candidates(kinds: Sequence[str], slug: str) -> list[NamedNode]:
    """The things that a slug may name; none for what no slug is."""
    try:
        return [thing(kind, slug) for kind in kinds]
    except ValueError:
        return []


DOCUMENTED_CONTENT: Final[dict[str, Any]] = {entry.media_type: {} for entry in PAGE_FORMATS}
