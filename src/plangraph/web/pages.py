"""A page of a collection: filters settled against the data, queries asked, the answer written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Request
from pyoxigraph import Literal, NamedNode
from starlette.responses import Response

from plangraph.context import load_context
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.filters import EVERYTHING, FILTERS, PAGING, Candidates, name_option, read_filters, read_limit
from plangraph.formats import CSV
from plangraph.items import Json, write_items
from plangraph.paging import RELEVANCE, add_scores, read_order, read_place, write_place
from plangraph.past import PARAMETERS
from plangraph.reads import (
    Order,
    Read,
    write_options,
    write_order,
    write_page,
    write_page_description,
    write_surveys,
    write_values,
)
from plangraph.sought import read_sought
from plangraph.terms import Term
from plangraph.web.call import read_fields
from plangraph.web.describe import KINDS_OF
from plangraph.web.descriptions import describe_listed
from plangraph.web.finders import Finders
from plangraph.web.pin import describe_extent
from plangraph.web.replies import (
    Wish,
    answer_bytes,
    is_tree,
    link_citation,
    link_formats,
    link_query,
    write_json,
    write_triples,
)
from plangraph.web.results import Row, ask, for_csv, for_rows, for_triples, read_rows, read_triples
from plangraph.worker import Answer, Query

OPTIONS_SHOWN: Final = 20
"""How many options a refusal names."""

ROOM: Final = 10
"""What part of a query's length is left for what is not the list of found things."""


@dataclass(frozen=True)
class Asked:
    """What a request asks of a collection, settled against the data; ``kept`` is what its next page keeps."""

    bound: Mapping[str, list[Term]]
    page_bound: Mapping[str, list[Term]]
    """What the queries of this one page are bound to."""
    limit: int
    order: Order | None
    kept: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Page:
    """A page as its queries tell it: its rows and items, how many there are of all, facets, what is next."""

    rows: Sequence[Row]
    items: Sequence[NamedNode]
    total: int
    facets: Mapping[str, list[Json]]
    token: str | None


def list_parameters(read: Read) -> list[str]:
    """The parameters that a collection takes; ``after`` is bound by ``next``."""
    return [name for name in read.filters if name in FILTERS] + [*PARAMETERS, *PAGING]


async def answer_page(
    request: Request, wish: Wish, engine: QueryEngine, read: Read, finders: Finders
) -> Response:
    """A page of a collection; raises :class:`BadParameter` for a filter or value that there is not."""
    given = read_fields(request.scope["query_string"], "the address")
    asked = await read_asked(engine, read, given, finders, whole=not is_tree(wish.format))
    query = write_page(read, asked.page_bound, asked.limit, asked.order)
    described = write_page_description(read, asked.page_bound, asked.limit, asked.order)
    if not is_tree(wish.format):
        return await answer_flat(wish, engine, read, asked, query if wish.format is CSV else described)
    found, (graph,) = await ask_page(engine, read, asked, for_rows(query), for_triples(described))
    page: Json = {
        "@context": wish.base + "context.jsonld",
        "id": wish.locate(),
        "total": found.total,
        "items": await asyncio.to_thread(write_items, read_triples(graph), found.items, load_context()),
        "facets": {name: found.facets.get(name, []) for name in read.facets},
        "next": found.token,
        **link_citation(wish),
        **describe_extent(wish.extent, wish.base),
        "query": query,
    }
    return answer_bytes(wish, write_json(page), link_page(wish, asked, found.token, query))


async def answer_flat(wish: Wish, engine: QueryEngine, read: Read, asked: Asked, query: str) -> Response:
    """A page as a table or as triples. It tells no figures, and leads to the next page all the same."""
    room = asked.limit if asked.limit == EVERYTHING else asked.limit + 1
    listed = for_rows(write_order(read, asked.page_bound, room, asked.order))
    if wish.format is CSV:
        first, *ahead = await ask(engine, for_csv(query), *([] if room == EVERYTHING else [listed]))
        keys, body = [row for answer in ahead for row in read_rows(answer)], first.body
    else:
        keys, triples = await describe_listed(engine, listed, asked.limit)
        body = await asyncio.to_thread(write_triples, triples, wish.format)
    return answer_bytes(wish, body, link_page(wish, asked, find_token(asked.order, keys, asked.limit), query))


def link_page(wish: Wish, asked: Asked, token: str | None, query: str) -> list[tuple[str, str]]:
    """The page after a page, the query behind it, its other formats."""
    following = [("next", write_next(wish, token, asked.kept, asked.limit))] if token else []
    return [*following, link_query(wish, query), *link_formats(wish)]


async def read_asked(
    engine: QueryEngine,
    read: Read,
    given: Mapping[str, Sequence[str]],
    finders: Finders,
    *,
    whole: bool = False,
) -> Asked:
    """What the parameters of a request ask of a collection; ``whole`` where that may be all at once.

    Raises :class:`BadParameter`.
    """
    limit = read_limit(given.get("limit", []), engine.settings.limits, whole=whole)
    wanted = read_order(read, given.get("sort", []), searched="q" in given)
    order, after = read_place(wanted, given.get("next", []))
    filters = {name: values for name, values in given.items() if name not in (*PARAMETERS, *PAGING)}
    candidates = read_filters(filters, list_parameters(read))
    bound = await settle(engine, read, {name: candidates[name] for name in candidates if name != "q"})
    page_bound = dict(bound)
    if "q" in candidates:
        scores = await look_up(engine, read, next(iter(candidates["q"])), finders)
        bound["q"] = list(scores)
        if order is not None and order.name == RELEVANCE:
            order = add_scores(order, scores)
            check_room(engine, read, len(scores), order.pattern)
        else:
            page_bound["q"] = bound["q"]
    page_bound |= {"after": [after]} if after else {}
    kept = {name: values for name, values in given.items() if name not in ("limit", "next")}
    return Asked(bound, page_bound, limit, order, kept)


async def ask_page(
    engine: QueryEngine, read: Read, asked: Asked, rows: Query, *others: Query
) -> tuple[Page, list[Answer]]:
    """A page, whose rows the first query gives, and the answers to others of the same revision."""
    surveys = write_surveys(read, asked.bound, engine.settings.limits.query_bytes)
    order = asked.order
    one_more = asked.limit + 1
    ordered = [] if order is None else [for_rows(write_order(read, asked.page_bound, one_more, order))]
    first, *answers = await ask(engine, rows, *others, *ordered, *map(for_rows, surveys))
    counted = answers[len(others) :]
    keys = read_rows(counted.pop(0)) if ordered else []
    shown = read_rows(first)
    items = [item for row in shown if isinstance(item := row["item"], NamedNode)]
    total, last, facets = read_survey([row for answer in counted for row in read_rows(answer)])
    token = find_token(order, keys, asked.limit)
    if order is None and items and items[-1].value < last:
        token = write_place(None, items[-1])
    return Page(shown, items, total, facets, token), answers[: len(others)]


def find_token(order: Order | None, keys: Sequence[Row], room: int) -> str | None:
    """What leads to the page after this one, if there is one.

    ``keys`` are the rows of :func:`write_order`, one more than the page has room for.
    """
    if len(keys) <= room:
        return None
    last = keys[room - 1]
    assert isinstance(last["item"], NamedNode)  # noqa: S101 - items have names
    return write_place(order, last["item"], last.get("key"))


async def settle(engine: QueryEngine, read: Read, candidates: Candidates) -> dict[str, list[Term]]:
    """The terms that each filter is bound to; raises :class:`BadParameter` for a value that names nothing.

    A text to search for is none of these filters: see :func:`look_up`.
    """
    bound = {
        name: [term for terms in values.values() for term in terms] for name, values in candidates.items()
    }
    looked_up = [name for name in bound if FILTERS[name].form in ("thing", "term")]
    answers = await ask(engine, *(for_rows(write_options(read, name, bound[name])) for name in looked_up))
    for name, answer in zip(looked_up, answers, strict=True):
        known = {row["option"] for row in read_rows(answer)}
        for value, terms in candidates[name].items():
            if not known & set(terms):
                raise BadParameter(await explain_unknown(engine, read, name, value))
        bound[name] = [term for term in bound[name] if term in known]
    return bound


async def look_up(engine: QueryEngine, read: Read, text: str, finders: Finders) -> dict[NamedNode, float]:
    """The things of a collection that words are found in, by IRI, each with its score.

    Raises :class:`BadParameter` for a text without words, and where they are found in too many: the query
    behind an answer has to name each, and to leave some out would be another answer.
    """
    _, found = await finders.find(engine, read_sought(text), KINDS_OF[read.name])
    scores = {NamedNode(hit.item): hit.score for hit in sorted(found.hits, key=lambda hit: hit.item)}
    check_room(engine, read, len(scores), write_values("item", scores))
    return scores


def check_room(engine: QueryEngine, read: Read, count: int, listed: str) -> None:
    """Raises :class:`BadParameter` where a list of found things is longer than a query may name."""
    limits = engine.settings.limits
    if count > limits.found_items or len(listed.encode()) > limits.query_bytes - limits.query_bytes // ROOM:
        raise BadParameter(
            f"q is found in {count:,} of the {read.name}, more than can be listed; look for more words, "
            "or ask /api/v1/search",
            rule="found_items",
            limit=limits.found_items,
        )


async def explain_unknown(engine: QueryEngine, read: Read, name: str, value: str) -> str:
    """Why a value is refused, with what could be given instead."""
    (answer,) = await ask(engine, for_rows(write_options(read, name)))
    options = [name_option(row["option"]) for row in read_rows(answer)]
    shown = ", ".join(options[:OPTIONS_SHOWN]) or "none"
    more = f" and {len(options) - OPTIONS_SHOWN} more" if len(options) > OPTIONS_SHOWN else ""
    return f"{name} knows no {value!r:.200}; there are {shown}{more}"


def read_survey(rows: Sequence[Row]) -> tuple[int, str, dict[str, list[Json]]]:
    """How many items there are, the IRI of the last, and the facets, most frequent values first."""
    total, last = 0, ""
    facets: dict[str, dict[Term, Json]] = {}
    for row in rows:
        facet = read_text(row["facet"])
        if facet == "total":
            total = read_number(row["items"])
            last = read_text(row.get("last"))
            continue
        value, label = row["value"], row.get("label")
        entry: Json = {"value": name_option(value)}
        if isinstance(value, NamedNode):
            entry["id"] = value.value
        if isinstance(label, Literal):
            entry["label"] = label.value
        facets.setdefault(facet, {}).setdefault(value, entry | {"items": read_number(row["items"])})
    return total, last, {name: sorted(values.values(), key=rank) for name, values in facets.items()}


def rank(entry: Json) -> tuple[int, str, str]:
    """Where a value of a facet stands: the frequent first, of equals by label, whoever sorted them before."""
    return -int(entry["items"]), str(entry.get("label", "")), str(entry["value"])


def read_number(node: Term) -> int:
    """A count."""
    assert isinstance(node, Literal)  # noqa: S101 - COUNT gives one
    return int(node.value)


def read_text(node: Term | None) -> str:
    """The text of a literal."""
    return node.value if isinstance(node, Literal) else ""


def write_next(wish: Wish, token: str, given: Mapping[str, Sequence[str]], limit: int) -> str:
    """The address of the next page; of a table or triples in the same format, whatever is accepted."""
    pairs = [(name, value) for name, values in given.items() for value in values]
    pairs += [("limit", str(limit)), ("next", token)]
    written = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    suffix = "" if is_tree(wish.format) else f".{wish.format.suffix}"
    return f"{wish.base}{wish.path}{suffix}?{written}"
