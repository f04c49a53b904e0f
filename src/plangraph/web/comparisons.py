"""What reports say, side by side: the matrix of a plan, the values of a provision, chains, the timeline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from fastapi import APIRouter, Request
from pyoxigraph import Literal
from starlette.responses import Response

from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.filters import read_filters
from plangraph.formats import CSV
from plangraph.hops import follow
from plangraph.items import Json
from plangraph.matrix import AXES, Tables, assemble, write_table
from plangraph.paging import cut
from plangraph.past import PARAMETERS
from plangraph.reads import load_read, write_whole
from plangraph.settings import Settings
from plangraph.terms import Term
from plangraph.timeline import count_entries, read_entries
from plangraph.web.call import read_fields
from plangraph.web.comparison_pages import (
    Given,
    Part,
    answer_laid,
    lay_out,
    link,
    link_next,
    read_part,
)
from plangraph.web.comparison_queries import (
    bind_timeline,
    bind_values,
    check_option,
    collect_values,
    find_matrix,
    lack,
    write_chain_queries,
)
from plangraph.web.documented_comparisons import CHAIN, MATRIX, TIMELINE, VALUES, Documented, add_paging
from plangraph.web.pin import find_pin, open_edition
from plangraph.web.replies import PAGE_FORMATS, Wish, answer_bytes, answer_unchanged, is_tree, read_wish
from plangraph.web.results import ask, for_csv, read_texts
from plangraph.worker import Answer

PREFIX: Final = "api/v1"

Comparing: TypeAlias = Callable[[Wish, QueryEngine, Given], Awaitable[Response]]


def create_router(settings: Settings) -> APIRouter:
    """The routes that compare."""
    router = APIRouter(prefix=f"/{PREFIX}", tags=["Comparisons"])

    async def serve(request: Request, path: str, answer: Comparing) -> Response:
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, settings, edition, f"{PREFIX}/{path}", PAGE_FORMATS)
            unchanged = answer_unchanged(request, wish)
            if unchanged is not None:
                return unchanged
            given = read_fields(request.scope["query_string"], "the address")
            for pinned in PARAMETERS:
                given.pop(pinned, None)
            return await answer(wish, edition.engine, given)

    add_route(router, "plans/{name}/matrix", serve, answer_matrix, add_paging(MATRIX, settings.limits))
    add_route(router, "provisions/{name}/values", serve, answer_values, VALUES)
    add_route(router, "claims/{name}/chain", serve, answer_chain, CHAIN)

    async def get_timeline(request: Request) -> Response:
        return await serve(request, "timeline", answer_timeline)

    async def get_timeline_suffixed(request: Request, suffix: str) -> Response:
        return await serve(request, f"timeline.{suffix}", answer_timeline)

    documented = add_paging(TIMELINE, settings.limits)
    router.add_api_route("/timeline", get_timeline, operation_id="compare_timeline", **documented)
    router.add_api_route("/timeline.{suffix}", get_timeline_suffixed, include_in_schema=False)
    return router


def add_route(
    router: APIRouter,
    path: str,
    serve: Callable[[Request, str, Comparing], Awaitable[Response]],
    answer: Comparing,
    documented: Documented,
) -> None:
    """A route that compares what is said of one thing, with and without a suffix."""

    async def get(request: Request, name: str) -> Response:
        return await serve(request, path.format(name=name), answer)

    async def get_suffixed(request: Request, name: str, suffix: str) -> Response:
        return await serve(request, f"{path.format(name=name)}.{suffix}", answer)

    operation = f"compare_{path.rpartition('/')[2]}"
    router.add_api_route(f"/{path}", get, operation_id=operation, **documented)
    router.add_api_route(f"/{path}.{{suffix}}", get_suffixed, include_in_schema=False)


async def answer_matrix(wish: Wish, engine: QueryEngine, given: Given) -> Response:
    """The matrix of the plan that the path names; raises :class:`NotFound`, :class:`BadParameter`."""
    part = read_part(given, engine.settings.limits, whole=not is_tree(wish.format))
    axis = take_one(given, "columns", tuple(AXES)) or next(iter(AXES))
    plan, queries = await find_matrix(engine, wish.path.split("/")[-2], axis, given)
    asked = list(map(for_csv, queries.values()))

    def lay(answers: Sequence[Answer]) -> Json:
        matrix = assemble(Tables(*map(read_texts, answers)), axis)
        rows, token = cut(matrix["items"], lambda row: str(row["id"]), part.limit, part.after)
        head = {"plan": plan.value, "total": len(matrix["items"])}
        return head | matrix | {"items": rows, "next": token}

    laid = await lay_out(wish, engine, asked, lay)
    links = link_next(wish, part, laid.tree["next"])
    if wish.format is CSV:
        body = await asyncio.to_thread(write_table, laid.tree)
        return answer_bytes(wish, body, [*links, *link(wish, queries["reports"])])
    return await answer_laid(wish, laid, queries["reports"], {"queries": queries}, links)


async def answer_values(wish: Wish, engine: QueryEngine, given: Given) -> Response:
    """What is reported of the provision that the path names; raises :class:`NotFound`."""
    provision, bound = await bind_values(engine, wish.path.split("/")[-2], given)
    query = write_whole(load_read("provision-values"), bound)
    if wish.format is CSV:
        (answer,) = await ask(engine, for_csv(query))
        return answer_bytes(wish, answer.body, link(wish, query))
    laid, queries = await collect_values(engine, provision, bound)
    return await answer_laid(wish, laid, query, {"queries": queries})


async def answer_chain(wish: Wish, engine: QueryEngine, given: Given) -> Response:
    """The chains of the claim that the path names; raises :class:`NotFound`."""
    read_filters(given, ())
    slug = wish.path.split("/")[-2]
    for claim, query in write_chain_queries(slug):
        laid = await lay_out(wish, engine, [for_csv(query)], partial(lay_chains, claim.value))
        if laid.tree["items"]:
            break
    else:
        raise lack("claim", slug)
    if wish.format is CSV:
        return answer_bytes(wish, laid.answers[0].body, link(wish, query))
    return await answer_laid(wish, laid, query, {"query": query}, [("describes", claim.value)])


def lay_chains(claim: str, answers: Sequence[Answer]) -> Json:
    """The chains of a claim, and every hop of them once."""
    chains = follow(claim, read_texts(answers[0]))
    hops = dict.fromkeys(hop["id"] for chain in chains for hop in chain["hops"])
    return {
        "claim": claim,
        "total": len(chains),
        "chains": chains,
        "items": [{"id": hop} for hop in hops],
    }


async def answer_timeline(wish: Wish, engine: QueryEngine, given: Given) -> Response:
    """What is reported, day by day; raises :class:`BadParameter`."""
    part = read_part(given, engine.settings.limits, whole=not is_tree(wish.format))
    read, bound = load_read("timeline"), await bind_timeline(engine, given)
    whole = write_whole(read, bound)
    laid = await lay_out(wish, engine, [for_csv(whole)], partial(lay_days, part))
    query = write_whole(read, bound | bound_to(part, laid.tree.pop("last")))
    links = link_next(wish, part, laid.tree["next"])
    if wish.format is CSV:
        (answer,) = laid.answers if query == whole else await ask(engine, for_csv(query))
        return answer_bytes(wish, answer.body, [*links, *link(wish, query)])
    return await answer_laid(wish, laid, query, {"query": query}, links)


def lay_days(part: Part, answers: Sequence[Answer]) -> Json:
    """A page of the timeline, and the ``last`` place on it where others follow."""
    entries = read_entries(read_texts(answers[0]))
    places, token = cut(entries, str, part.limit, part.after)
    return {
        **count_entries(entries.values()),
        "items": [entries[place] for place in places],
        "next": token,
        "last": places[-1] if token else None,
    }


def bound_to(part: Part, last: str | None) -> dict[str, list[Term]]:
    """What keeps a query of the timeline to a page of it."""
    places = {"after": part.after, "last": last}
    return {name: [Literal(place)] for name, place in places.items() if place is not None}


def take_one(given: Given, name: str, options: Sequence[str]) -> str | None:
    """A parameter that is given at most once, out of the rest; raises :class:`BadParameter`."""
    values = given.pop(name, [])
    if len(values) > 1:
        raise BadParameter(f"{name} can be given once")
    for value in values:
        check_option(name, value, options)
    return values[0] if values else None
