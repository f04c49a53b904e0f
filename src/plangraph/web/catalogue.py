"""The competency questions over HTTP: files, not part of the graph, and described as RDF all the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from plangraph.context import load_context
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.filters import read_filters, read_limit, read_token, write_token
from plangraph.formats import CSV
from plangraph.items import Json, write_items
from plangraph.past import PARAMETERS
from plangraph.questions import Question, describe_question, find_question, list_questions
from plangraph.settings import Settings
from plangraph.web.call import read_fields
from plangraph.web.models import PAGE_RESPONSES, TABLED_RESPONSES, document_parameters
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
from plangraph.web.results import ask, for_csv

OFFERED: Final = ("q", *PARAMETERS, "limit", "next")
DESCRIBED: Final[dict[str, Any]] = {
    "name": "questions",
    "title": "Questions",
    "about": "The questions that the data must answer, each a query with its expected answer.",
    "parameters": list(OFFERED),
    "facets": [],
}


def create_router(settings: Settings) -> APIRouter:
    """The routes of ``/api/v1/questions``."""
    router = APIRouter(prefix="/api/v1", tags=["Collections"])
    documented = {"parameters": document_parameters(("q",), settings.limits)}

    async def answer(request: Request, path: str) -> Response:
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, settings, edition, path, PAGE_FORMATS)
            return answer_unchanged(request, wish) or answer_page(request, wish, settings)

    async def list_page(request: Request) -> Response:
        return await answer(request, "api/v1/questions")

    async def list_suffixed(request: Request, suffix: str) -> Response:
        return await answer(request, f"api/v1/questions.{suffix}")

    router.add_api_route(
        "/questions",
        list_page,
        summary=DESCRIBED["title"],
        description=DESCRIBED["about"],
        operation_id="list_questions",
        responses=PAGE_RESPONSES,
        openapi_extra=documented,
    )
    router.add_api_route("/questions.{suffix}", list_suffixed, include_in_schema=False)

    @router.get(
        "/questions/{name}",
        summary="One question; as of a day or a revision, with its answer",
        responses=TABLED_RESPONSES,
        openapi_extra={"parameters": [*DOCUMENTED_PIN]},
    )
    async def get_question(request: Request, name: str) -> Response:
        async with open_edition(request, find_pin(request)) as edition:
            wish = read_wish(request, settings, edition, f"api/v1/questions/{name}", PAGE_FORMATS)
            question = find_question(wish.path.rpartition("/")[2])
            return answer_unchanged(request, wish) or await answer_question(wish, edition.engine, question)

    return router


def answer_page(request: Request, wish: Wish, settings: Settings) -> Response:
    """A page of questions."""
    given = read_fields(request.scope["query_string"], "the address")
    kept = {name: values for name, values in given.items() if name not in ("limit", "next")}
    limit = read_limit(given.pop("limit", []), settings.limits, whole=not is_tree(wish.format))
    after = read_token(given.pop("next", []))
    words = given.pop("q", [])
    for pinned in PARAMETERS:
        given.pop(pinned, None)
    if given:
        raise BadParameter(f"{next(iter(given))} is no parameter here; there are {', '.join(OFFERED)}")
    if words:
        read_filters({"q": words}, OFFERED)
    found = [question for question in list_questions() if not words or has(question, words[0])]
    rest = [entry for entry in found if after is None or entry.iri.value > after.value]
    page = rest[:limit]
    token = write_token(page[-1].iri) if len(rest) > limit else None
    if wish.format is CSV:
        body = write_table(page)
    elif is_tree(wish.format):
        body = write_json(
            {
                "@context": wish.base + "context.jsonld",
                "id": wish.locate(),
                "total": len(found),
                "items": [write_question(wish, question) for question in page],
                "facets": {},
                "next": token,
                **link_citation(wish),
                **describe_extent(wish.extent, wish.base),
                "query": None,
            }
        )
    else:
        body = write_triples([row for question in page for row in describe_question(question)], wish.format)
    following = [("next", write_next(wish, token, kept, limit))] if token else []
    return answer_bytes(wish, body, [*following, *link_formats(wish)])


async def answer_question(wish: Wish, engine: QueryEngine, question: Question) -> Response:
    """One question; as of a day or a revision, JSON has the answer of then, since none is recorded.

    The table of a question is its answer.
    """
    if wish.format is CSV:
        (found,) = await ask(engine, for_csv(question.query))
        body = found.body
    elif is_tree(wish.format):
        answered: Json = {}
        if wish.extent is not None:
            (found,) = await ask(engine, for_csv(question.query))
            answered["answer"] = found.body.decode()
        body = write_json(
            {
                "@context": wish.base + "context.jsonld",
                **write_question(wish, question),
                **answered,
                "cite": wish.place(f"doc/question/{question.slug}/citation"),
                **describe_extent(wish.extent, wish.base),
                "query": question.query,
            }
        )
    else:
        body = write_triples(describe_question(question), wish.format)
    return answer_bytes(wish, body, [link_query(wish, question.query), *link_formats(wish)])


def has(question: Question, text: str) -> bool:
    """Whether a text stands in the title or the explanation of a question."""
    return text.lower() in f"{question.title} {question.about}".lower()


def write_question(wish: Wish, question: Question) -> Json:
    """A question as JSON, with the address that runs it, and the answer recorded for the whole data set."""
    return {
        **write_items(describe_question(question), [question.iri], load_context())[0],
        "self": wish.place(f"api/v1/questions/{question.slug}"),
        "run": wish.place_query(question.query),
        "expected": question.expected if wish.extent is None else None,
    }


def write_table(questions: Sequence[Question]) -> bytes:
    """Questions as CSV."""
    stream = io.StringIO()
    rows = csv.writer(stream)
    rows.writerow(["item", "label", "comment"])
    for question in questions:
        rows.writerow([question.iri.value, question.title, question.about])
    return stream.getvalue().encode()
