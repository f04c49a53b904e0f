"""A page of a comparison: laid out of the rows of queries, its items described as the graph has them.

What is computed stands under keys that the JSON-LD context does not know; the rest of an item is its
description, so that the answer expands to that and to nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pyoxigraph import NamedNode, Triple
from starlette.responses import Response

from plangraph.context import load_context
from plangraph.engine import QueryEngine
from plangraph.errors import EngineStopped
from plangraph.filters import read_limit
from plangraph.formats import CSV
from plangraph.items import Json, write_items
from plangraph.paging import read_after
from plangraph.settings import Limits
from plangraph.web.call import read_fields
from plangraph.web.descriptions import ask_descriptions, write_descriptions
from plangraph.web.pages import write_next
from plangraph.web.pin import describe_extent
from plangraph.web.replies import (
    Wish,
    answer_bytes,
    is_tree,
    link_formats,
    link_query,
    write_compact_json,
    write_triples,
)
from plangraph.web.results import TRIES, ask, read_triples
from plangraph.worker import Answer, Query

Given: TypeAlias = dict[str, list[str]]
Lay: TypeAlias = Callable[[Sequence[Answer]], Json]
"""From answers to the members of a tree; its ``items`` are things by ``id``, with what was computed."""


@dataclass(frozen=True)
class Part:
    """Which page is asked for: how many items it has room for, and after which place it begins."""

    limit: int
    after: str | None


@dataclass(frozen=True)
class Laid:
    """A page: the members of its tree, the query that describes its items, and what that gives."""

    tree: Json
    described: str
    triples: Sequence[Triple]
    answers: Sequence[Answer] = ()


def read_part(given: Given, limits: Limits, *, whole: bool = False) -> Part:
    """The page that is asked for, out of the rest; ``whole`` where that may be all at once.

    Raises :class:`BadParameter`.
    """
    limit = read_limit(given.pop("limit", []), limits, whole=whole)
    return Part(limit, read_after(given.pop("next", [])))


async def lay_out(wish: Wish, engine: QueryEngine, queries: Sequence[Query], lay: Lay) -> Laid:
    """What is made of the answers to some queries, all of one revision; its items described but for a table.

    Raises what :func:`ask` raises.
    """
    for _ in range(TRIES):
        answers = await ask(engine, *queries)
        tree = await asyncio.to_thread(lay, answers)
        described = write_descriptions(item["id"] for item in tree["items"])
        wanted = tree["items"] and wish.format is not CSV
        graphs = await ask_descriptions(engine, described) if wanted else []
        if all(graph.revision == answers[0].revision for graph in graphs):
            triples = [triple for graph in graphs for triple in read_triples(graph)]
            if is_tree(wish.format):
                tree["items"] = await asyncio.to_thread(write_nodes, tree["items"], triples)
            return Laid(tree, described[0], triples, answers)
    raise EngineStopped("the data keeps changing while it is read; try again")


async def answer_laid(
    wish: Wish, laid: Laid, query: str, tail: Json, links: Sequence[tuple[str, str]] = ()
) -> Response:
    """A page as a tree or as triples; ``query`` yields its rows, and ``tail`` says so in a tree."""
    if not is_tree(wish.format):
        body = await asyncio.to_thread(write_triples, laid.triples, wish.format)
        return answer_bytes(wish, body, [*links, *link(wish, laid.described)])

    def make() -> bytes:
        head = {"@context": wish.base + "context.jsonld", "id": wish.locate()}
        return write_compact_json(head | laid.tree | describe_extent(wish.extent, wish.base) | tail)

    body = await asyncio.to_thread(make)
    return answer_bytes(wish, body, [*links, *link(wish, query)])


def write_nodes(items: Sequence[Json], triples: Sequence[Triple]) -> list[Json]:
    """The items, each with all that the graph says of it beside what was computed."""
    things = [NamedNode(iri) for iri in dict.fromkeys(item["id"] for item in items)]
    trees = {tree["id"]: tree for tree in write_items(triples, things, load_context())}
    return [{**item, **trees.get(item["id"], {})} for item in items]


def link_next(wish: Wish, part: Part, token: str | None) -> list[tuple[str, str]]:
    """The link to the page after a page, if there is one."""
    if token is None:
        return []
    given = read_fields(wish.parameters.encode(), "the address")
    rest = {name: values for name, values in given.items() if name not in ("limit", "next")}
    return [("next", write_next(wish, token, rest, part.limit))]


def link(wish: Wish, query: str) -> list[tuple[str, str]]:
    """The query behind an answer, and its other formats."""
    return [link_query(wish, query), *link_formats(wish)]
