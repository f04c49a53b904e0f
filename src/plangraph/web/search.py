"""Full-text search over HTTP: what was found, best first, with the words marked."""

from __future__ import annotations

import asyncio
import csv
import html
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from pyoxigraph import Literal, NamedNode, Triple
from starlette.responses import Response

from plangraph.context import load_context
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.filters import FILTERS, read_limit, read_words
from plangraph.finder import Found, Hit, Snippet, write_texts
from plangraph.formats import CSV
from plangraph.items import NAMES, Json, write_items
from plangraph.paging import pack, unpack
from plangraph.past import PARAMETERS
from plangraph.reads import write_chosen
from plangraph.settings import Settings
from plangraph.sought import Sought, read_sought
from plangraph.terms import ID, KINDS
from plangraph.web.call import read_fields
from plangraph.web.finders import Finders
from plangraph.web.models import SEARCH_RESPONSES, document_paging
from plangraph.web.pages import write_next
from plangraph.web.pin import DOCUMENTED_PIN, describe_extent, find_pin, open_edition
from plangraph.web.replies import (
    PAGE_FORMATS,
    Wish,
    answer_bytes,
    answer_unchanged,
    is_tree,
    link_citation,
    link_formats,
    link_query,
    read_wish,
    write_json,
    write_triples,
)
from plangraph.web.results import ask, for_triples, read_triples

PATH: Final = "api/v1/search"
OFFERED: Final = ("q", "kind", "language", *PARAMETERS, "limit", "next")
COLUMNS: Final = ("item", "kind", "label", "score", "field", "language", "text")
DIGITS: Final = 4
"""How many digits of a score are shown after the point."""

DESCRIBED: Final[dict[str, Any]] = {
    "name": "search",
    "title": "Search",
    "about": "Full-text search over labels, formulations, definitions and key phrases, best first; needs q.",
    "parameters": list(OFFERED),
    "facets": ["kind", "language"],
    "orders": [],
}


@dataclass(frozen=True)
class Asked:
    """What a request looks for, and which page of it."""

    text: str
    sought: tuple[Sought, ...]
    kinds: Sequence[str]
    languages: Sequence[str]
    limit: int
    after: tuple[float, str] | None


def create_router(settings: Settings, finders: Finders) -> APIRouter:
    """The routes of ``/api/v1/search``."""
    router = APIRouter(tags=["Search"])

    async def answer(request: Request, path: str) -> Response:
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, settings, edition, path, PAGE_FORMATS)
            given = read_fields(request.scope["query_string"], "the address")
            asked = read_asked(given, settings)
            unchanged = answer_unchanged(request, wish)
            return unchanged or await answer_search(wish, edition.engine, asked, given, finders)

    async def find_page(request: Request) -> Response:
        return await answer(request, PATH)

    async def find_suffixed(request: Request, suffix: str) -> Response:
        return await answer(request, f"{PATH}.{suffix}")

    router.add_api_route(
        f"/{PATH}",
        find_page,
        summary=DESCRIBED["title"],
        description=DESCRIBED["about"],
        operation_id="search",
        responses=SEARCH_RESPONSES,
        openapi_extra={
            "parameters": [*DOCUMENTED, *DOCUMENTED_PIN, *document_paging(settings.limits, whole=False)]
        },
    )
    router.add_api_route(f"/{PATH}.{{suffix}}", find_suffixed, include_in_schema=False)
    return router


def read_asked(given: Mapping[str, Sequence[str]], settings: Settings) -> Asked:
    """What the parameters of a request look for; raises :class:`BadParameter` by name."""
    for name in given:
        if name not in OFFERED:
            raise BadParameter(f"{name:.200} is no parameter here; there are {', '.join(OFFERED)}")
    texts = given.get("q", [])
    if len(texts) != 1:
        raise BadParameter("q takes the words to look for, once")
    read_words(FILTERS["q"], texts[0])
    kinds = given.get("kind", [])
    for kind in kinds:
        if kind not in KINDS:
            raise BadParameter(f"kind knows no {kind!r:.200}; there are {', '.join(KINDS)}")
    return Asked(
        text=texts[0],
        sought=read_sought(texts[0]),
        kinds=kinds,
        languages=[language.lower() for language in given.get("language", [])],
        limit=read_limit(given.get("limit", []), settings.limits),
        after=read_rank(given.get("next", [])),
    )


def read_rank(values: Sequence[str]) -> tuple[float, str] | None:
    """The score and item that a page comes after; raises :class:`BadParameter` for what no page has given."""
    if not values:
        return None
    score, slug = unpack(values, 2)
    if not isinstance(score, float) or not isinstance(slug, str):
        raise BadParameter("next takes the token that an earlier page gave as its next, once")
    return -score, ID + slug


async def answer_search(
    wish: Wish, engine: QueryEngine, asked: Asked, given: Mapping[str, Sequence[str]], finders: Finders
) -> Response:
    """A page of what was found; raises what :meth:`Finders.find` raises."""
    finder, found = await finders.find(engine, asked.sought, asked.kinds, asked.languages)
    hits, token = cut_page(found, asked)
    items = [NamedNode(hit.item) for hit in hits]
    query, described = write_texts(items), write_chosen("names", items)
    (graph,) = await ask(engine, for_triples(described))
    triples = read_triples(graph)
    links = [link_query(wish, query), *link_formats(wish)]
    if token:
        rest = {name: values for name, values in given.items() if name not in ("limit", "next")}
        links.insert(0, ("next", write_next(wish, token, rest, asked.limit)))
    if wish.format is not CSV and not is_tree(wish.format):
        body = await asyncio.to_thread(write_triples, triples, wish.format)
        links[links.index(link_query(wish, query))] = link_query(wish, described)
        return answer_bytes(wish, body, links)
    snippets = await asyncio.to_thread(finder.show, hits, asked.sought)
    if wish.format is CSV:
        return answer_bytes(wish, write_table(hits, snippets, triples), links)
    page: Json = {
        "@context": wish.base + "context.jsonld",
        "id": wish.locate(),
        "total": len(found.hits),
        "items": write_found(hits, snippets, triples),
        "facets": {"kind": write_facet(found.kinds), "language": write_facet(found.languages)},
        "next": token,
        **link_citation(wish),
        **describe_extent(wish.extent, wish.base),
        "query": query,
    }
    return answer_bytes(wish, write_json(page), links)


def cut_page(found: Found, asked: Asked) -> tuple[Sequence[Hit], str | None]:
    """The things of one page, and what leads to the next."""
    rest = [hit for hit in found.hits if asked.after is None or (-hit.score, hit.item) > asked.after]
    page = rest[: asked.limit]
    token = pack([page[-1].score, page[-1].item.removeprefix(ID)]) if len(rest) > len(page) else None
    return page, token


def write_found(hits: Sequence[Hit], snippets: Sequence[Snippet], triples: Sequence[Triple]) -> list[Json]:
    """What was found as JSON, in its order: each thing with its names, and what says why it is here."""
    roots = [NamedNode(hit.item) for hit in hits]
    trees = {tree["id"]: tree for tree in write_items(triples, roots, load_context())}
    return [
        {
            **trees.get(hit.item, {"id": hit.item}),
            "kind": hit.kind,
            "score": round(hit.score, DIGITS),
            "snippet": write_snippet(snippet),
        }
        for hit, snippet in zip(hits, snippets, strict=True)
    ]


def write_snippet(snippet: Snippet) -> Json:
    """A snippet as JSON: plain text with ranges in code points, and the same as HTML that is safe to show."""
    return {
        "field": snippet.field,
        "language": snippet.language,
        "text": snippet.text,
        "marks": [list(mark) for mark in snippet.marks],
        "html": write_html(snippet),
    }


def write_html(snippet: Snippet) -> str:
    """A snippet as HTML: every letter that means something there is escaped, only the marks are tags."""
    parts, place = [], 0
    for start, end in snippet.marks:
        parts += [html.escape(snippet.text[place:start])]
        parts += [f"<mark>{html.escape(snippet.text[start:end])}</mark>"]
        place = end
    return "".join([*parts, html.escape(snippet.text[place:])])


def write_facet(counted: Counter[str]) -> list[Json]:
    """The values of a facet, most frequent first."""
    ordered = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
    return [{"value": value, "items": count} for value, count in ordered]


def write_table(hits: Sequence[Hit], snippets: Sequence[Snippet], triples: Sequence[Triple]) -> bytes:
    """What was found as CSV."""
    names = {
        triple.subject: triple.object.value
        for triple in triples
        if triple.predicate in NAMES and isinstance(triple.object, Literal) and triple.object.language == "en"
    }
    stream = io.StringIO()
    rows = csv.writer(stream)
    rows.writerow(COLUMNS)
    for hit, shown in zip(hits, snippets, strict=True):
        name = names.get(NamedNode(hit.item), "")
        score = round(hit.score, DIGITS)
        rows.writerow([hit.item, hit.kind, name, score, shown.field, shown.language, shown.text])
    return stream.getvalue().encode()


DOCUMENTED: Final[Sequence[dict[str, Any]]] = (
    {
        "name": "q",
        "in": "query",
        "required": True,
        "description": 'Words, all of which must be there, in any form; `"a phrase"` as it stands, `amnest*` '
        "for the beginning of a word. No text is wrong but one without a word",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        "example": "amnesty",
    },
    {
        "name": "kind",
        "in": "query",
        "description": "Only things of this kind; given several times, any of them is enough",
        "schema": {"type": "array", "items": {"type": "string", "enum": list(KINDS)}},
        "example": ["provision"],
    },
    {
        "name": "language",
        "in": "query",
        "description": "Only texts in this language, by its tag; `und` where none is known. Given several "
        "times, any of them is enough",
        "schema": {"type": "array", "items": {"type": "string"}},
        "example": ["en"],
    },
)
