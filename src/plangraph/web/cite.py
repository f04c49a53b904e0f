"""Citations over HTTP: of any thing, of a page of a collection, of a search, of the result of a query, of the
data set, and of a page that is a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from pyoxigraph import Literal, NamedNode
from starlette.responses import Response

from plangraph.about import DATASET, TITLE
from plangraph.citation import CITATIONS, Reference, Source, cite_article, cite_record, write_citation
from plangraph.editions import Edition
from plangraph.errors import BadParameter, NotFound
from plangraph.past import PARAMETERS, read_wanted
from plangraph.questions import find_question, head
from plangraph.reads import COLLECTIONS, load_read, write_chosen
from plangraph.settings import Settings
from plangraph.terms import ID, Term
from plangraph.web import catalogue
from plangraph.web.call import read_fields
from plangraph.web.describe import KINDS_OF, name_candidates
from plangraph.web.exports import VOID
from plangraph.web.models import ITEM_RESPONSES
from plangraph.web.pin import DOCUMENTED_PIN, find_pin, open_edition
from plangraph.web.replies import Wish, answer_bytes, answer_unchanged, find_base, link_query, read_wish
from plangraph.web.results import Row, ask, for_rows, read_rows

PREFIX: Final = "api/v1"
OFFERED: Final = ("format", *PARAMETERS)
LONGEST: Final = 8_000
"""How long an address may be that is cited."""

PROMISED: Final = 5_000
"""So many letters fit into a request whatever they are: escaped, a letter takes up to twelve."""


class Cited(NamedTuple):
    """What an address is cited as; ``url`` where that has a name of its own."""

    title: str
    kind: str = "answer"
    url: str = ""


NamePage = Callable[[str], str]
"""The title of a page that is a text, by its address; nothing for any other address."""


def create_router(settings: Settings, name_page: NamePage = lambda _: "") -> APIRouter:
    """The routes of citations."""
    router = APIRouter(tags=["Citations"])

    async def answer_thing(request: Request, path: str, kinds: Sequence[str], slug: str) -> Response:
        given = read_given(request, OFFERED)
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_citation_wish(request, settings, edition, path, given)
            unchanged = answer_unchanged(request, wish)
            return unchanged or await cite_thing(wish, edition, kinds, slug)

    def add(name: str, kinds: Sequence[str]) -> None:
        async def cite_item(request: Request, slug: str) -> Response:
            return await answer_thing(request, f"{PREFIX}/{name}/{slug}/citation", kinds, slug)

        router.add_api_route(
            f"/{PREFIX}/{name}/{{slug}}/citation",
            cite_item,
            summary=f"How to cite one of the {name}",
            operation_id=f"cite_{name}",
            responses=RESPONSES,
            openapi_extra={"parameters": [FORMAT, *DOCUMENTED_PIN]},
        )

    for name in COLLECTIONS:
        add(name, KINDS_OF[name])
    add("questions", ["question"])

    @router.get(
        "/doc/{kind}/{slug}/citation",
        summary="How to cite a thing of any kind",
        responses=RESPONSES,
        openapi_extra={"parameters": [FORMAT, *DOCUMENTED_PIN]},
    )
    async def cite_described(request: Request, kind: str, slug: str) -> Response:
        return await answer_thing(request, f"doc/{kind}/{slug}/citation", [kind], slug)

    @router.get(
        "/api/v1/citation",
        summary="How to cite an answer of this service",
        responses=RESPONSES,
        openapi_extra={"parameters": [OF, FORMAT]},
    )
    async def cite_answer(request: Request) -> Response:
        given = read_given(request, ("of", "format"))
        base = find_base(request, settings)
        place, cited = read_place(given.get("of", []), base, name_page)
        parameters = read_fields(place.partition("?")[2].encode(), "of")
        async with open_edition(request, read_wanted(parameters)) as edition:
            wish = read_citation_wish(request, settings, edition, f"{PREFIX}/citation", given)
            url, state = cited.url or base + place, tell_state(edition)
            record = cite_record(cited.title, cited.kind, url, edition.revision, **state)
            return answer_unchanged(request, wish) or answer_references(wish, [record], [])

    return router


def read_given(request: Request, offered: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The parameters of a request; raises :class:`BadParameter` for one that there is not."""
    given = read_fields(request.scope["query_string"], "the address")
    for name in given:
        if name not in offered:
            raise BadParameter(f"{name:.200} is no parameter here; there are {', '.join(offered)}")
    return given


def read_citation_wish(
    request: Request, settings: Settings, edition: Edition, path: str, given: Mapping[str, Sequence[str]]
) -> Wish:
    """The wish for a citation: ``format`` decides, without it ``Accept`` does."""
    values = given.get("format", [])
    known = {entry.name: entry for entry in CITATIONS}
    if values and (len(values) > 1 or values[0] not in known):
        raise BadParameter(f"format takes one of {', '.join(known)}")
    suffix = f".{known[values[0]].suffix}" if values else ""
    return read_wish(request, settings, edition, path + suffix, CITATIONS)


async def cite_thing(wish: Wish, edition: Edition, kinds: Sequence[str], slug: str) -> Response:
    """The citation of the first thing of these kinds with that slug; raises :class:`NotFound`."""
    for item in name_candidates(kinds, slug):
        query = write_chosen("citation", [item])
        (answer,) = await ask(edition.engine, for_rows(query))
        if rows := read_rows(answer):
            return answer_references(wish, cite_rows(item, rows, edition), [link_query(wish, query)])
    if kinds == ["question"]:
        question = find_question(slug)
        record = cite_record(question.title, "question", question.iri.value, edition.revision)
        return answer_references(wish, [record], [])
    raise NotFound(f"there is nothing to cite called {slug!r:.200}")


def cite_rows(item: NamedNode, rows: Sequence[Row], edition: Edition) -> list[Reference]:
    """The references that the rows of the query ``citation`` make for a thing."""
    kind = item.value.removeprefix(ID).partition("/")[0]
    names = [
        (read_value(row.get("language")) != "en", read_value(row["name"])) for row in rows if "name" in row
    ]
    title = min(names, default=(True, item.value))[1]
    sources: dict[Term, Source] = {}
    for row in rows:
        if "document" in row:
            source = read_source(row)
            known = sources.setdefault(row["document"], source)
            if not set(source.authors) <= set(known.authors):
                joined = Source(**{**vars(known), "authors": (*known.authors, *source.authors)})
                sources[row["document"]] = joined
    shown = sorted(sources.values(), key=lambda source: (source.day or date.max, source.iri))
    if kind == "document":
        record = cite_record(title, kind, item.value, edition.revision, **tell_state(edition))
        return [*map(cite_article, shown), record]
    return [cite_record(title, kind, item.value, edition.revision, **tell_state(edition), sources=shown)]


def read_source(row: Row) -> Source:
    """A document as a row has it."""
    document = row["document"]
    assert isinstance(document, NamedNode)  # noqa: S101 - documents have names
    author = read_value(row.get("author"))
    return Source(
        iri=document.value,
        title=read_value(row.get("title")) or document.value.rpartition("/")[2],
        publisher=read_value(row.get("publisher")),
        authors=(author,) if author else (),
        day=read_date(row.get("day")),
        earliest=read_date(row.get("earliest")),
        latest=read_date(row.get("latest")),
        language=read_value(row.get("tongue")),
        url=read_value(row.get("url")),
    )


def read_value(node: Term | None) -> str:
    """The text of a literal or an IRI; nothing where there is none."""
    return node.value if isinstance(node, Literal | NamedNode) else ""


def read_date(node: Term | None) -> date | None:
    """A day; nothing for a year, a month, or what is no date."""
    try:
        return date.fromisoformat(read_value(node))
    except ValueError:
        return None


def tell_state(edition: Edition) -> dict[str, Any]:
    """As of which day and which revision an edition is, for who cites it."""
    view = edition.extent
    if view is None:
        return {}
    return {
        "as_of": view.pinned.pin.day if view.pinned is not None else None,
        "at": view.past.describe() if view.past is not None else "",
    }


def answer_references(
    wish: Wish, references: Sequence[Reference], links: Sequence[tuple[str, str]]
) -> Response:
    """The references in the format of the wish."""
    return answer_bytes(wish, write_citation(references, wish.format), links)


def read_place(values: Sequence[str], base: str, name_page: NamePage) -> tuple[str, Cited]:
    """The address that is cited, below the base, and what it is cited as; raises :class:`BadParameter`."""
    if len(values) != 1 or len(values[0]) > LONGEST or not values[0].isprintable():
        raise BadParameter(
            f"of takes the address of an answer of this service, up to {LONGEST:,} letters, once"
        )
    place = values[0].removeprefix(base).removeprefix("/")
    path, _, query = place.partition("?")
    parameters = parse_qsl(query, keep_blank_values=True)
    if path == "sparql" and dict(parameters).get("query"):
        text = dict(parameters)["query"]
        return place, Cited(head(text, "title") or f"Result of the query {' '.join(text.split())}")
    stem = path.partition(".")[0]
    name = stem.removeprefix(f"{PREFIX}/")
    if stem != name and name in (*COLLECTIONS, *TITLES, "timeline"):
        shown = [f"{key} {value}" for key, value in parameters if key not in ("limit", "next", *PARAMETERS)]
        return place, Cited(", ".join([TITLES.get(name) or load_read(name).title, *shown]))
    if stem == VOID:
        return place, Cited(TITLE, "data set", DATASET.value)
    if title := name_page(stem):
        return place, Cited(title, "page")
    raise BadParameter(
        "of takes the address of a collection, a search or a query of this service, such as "
        f"/api/v1/claims?outlet=rbc-ukraine, of the data set (/{VOID}), or of a page of the documentation"
    )


TITLES: Final = {"search": "Search", catalogue.DESCRIBED["name"]: catalogue.DESCRIBED["title"]}
"""What is called otherwise than a query."""


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **ITEM_RESPONSES,
    200: {
        "description": "The citation; the day of access is left to whoever cites",
        "content": {entry.media_type: {} for entry in CITATIONS},
    },
}
FORMAT: Final[dict[str, Any]] = {
    "name": "format",
    "in": "query",
    "description": "Instead of `Accept`",
    "schema": {"type": "string", "enum": [entry.name for entry in CITATIONS]},
    "example": "bibtex",
}
OF: Final[dict[str, Any]] = {
    "name": "of",
    "in": "query",
    "required": True,
    "description": "The address of a collection, a search or a query of this service, with its parameters; "
    f"`/{VOID}` for the data set, or the address of a page of the documentation",
    "schema": {"type": "string", "maxLength": PROMISED},
    "example": "/api/v1/claims?outlet=rbc-ukraine",
}
