"""The competency questions over HTTP: files, not part of the graph, and described as RDF all the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from pyoxigraph import Literal, NamedNode, Triple
from starlette.responses import Response

from plangraph.context import load_context
from plangraph.errors import BadParameter
from plangraph.filters import read_filters, read_limit, read_token, write_token
from plangraph.formats import CSV
from plangraph.items import Json, write_items
from plangraph.questions import Question, find_question, list_questions
from plangraph.settings import Settings
from plangraph.terms import term, thing
from plangraph.web.call import read_fields
from plangraph.web.models import ITEM_RESPONSES, PAGE_RESPONSES, document_parameters
from plangraph.web.replies import (
    ITEM_FORMATS,
    PAGE_FORMATS,
    Wish,
    answer_bytes,
    answer_unchanged,
    is_tree,
    link_formats,
    link_query,
    read_wish,
    write_json,
    write_triples,
)

OFFERED: Final = ("q", "limit", "next")
DESCRIBED: Final[dict[str, Any]] = {
    "name": "questions",
    "title": "Questions",
    "about": "The questions that the data must answer, each a query with its expected answer.",
    "parameters": list(OFFERED),
    "facets": [],
}


def create_router(settings: Settings, revision: str) -> APIRouter:
    """The routes of ``/api/v1/questions``."""
    router = APIRouter(prefix="/api/v1", tags=["Collections"])
    documented = {"parameters": document_parameters(("q",), settings.limits)}

    def answer(request: Request, path: str) -> Response:
        wish = read_wish(request, settings, revision, path, PAGE_FORMATS)
        return answer_unchanged(request, wish) or answer_page(request, wish, settings)

    def list_page(request: Request) -> Response:
        return answer(request, "api/v1/questions")

    def list_suffixed(request: Request, suffix: str) -> Response:
        return answer(request, f"api/v1/questions.{suffix}")

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

    @router.get("/questions/{name}", summary="One question", responses=ITEM_RESPONSES)
    def get_question(request: Request, name: str) -> Response:
        wish = read_wish(request, settings, revision, f"api/v1/questions/{name}", ITEM_FORMATS)
        question = find_question(wish.path.rpartition("/")[2])
        return answer_unchanged(request, wish) or answer_question(wish, question)

    return router


def answer_page(request: Request, wish: Wish, settings: Settings) -> Response:
    """A page of questions."""
    given = read_fields(request.scope["query_string"], "the address")
    limit = read_limit(given.pop("limit", []), settings.limits)
    after = read_token(given.pop("next", []))
    words = given.pop("q", [])
    if given:
        raise BadParameter(f"{next(iter(given))} is no parameter here; there are {', '.join(OFFERED)}")
    if words:
        read_filters({"q": words}, OFFERED)
    found = [question for question in list_questions() if not words or has(question, words[0])]
    rest = [entry for entry in found if after is None or name(entry).value > after.value]
    page = rest[:limit]
    token = write_token(name(page[-1])) if len(rest) > limit else None
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
                "query": None,
            }
        )
    else:
        body = write_triples([row for question in page for row in describe_question(question)], wish.format)
    return answer_bytes(wish, body, link_formats(wish, PAGE_FORMATS))


def answer_question(wish: Wish, question: Question) -> Response:
    """One question."""
    if is_tree(wish.format):
        tree = write_question(wish, question)
        body = write_json({"@context": wish.base + "context.jsonld", **tree, "query": question.query})
    else:
        body = write_triples(describe_question(question), wish.format)
    return answer_bytes(
        wish, body, [link_query(wish.base, question.query), *link_formats(wish, ITEM_FORMATS)]
    )


def has(question: Question, text: str) -> bool:
    """Whether a text stands in the title or the explanation of a question."""
    return text.lower() in f"{question.title} {question.about}".lower()


def name(question: Question) -> NamedNode:
    """The IRI of a question."""
    return thing("question", question.slug)


def describe_question(question: Question) -> list[Triple]:
    """A question as RDF: an executable query, as SHACL has it."""
    iri = thing("question", question.slug)
    return [
        Triple(iri, term("rdf:type"), term("sh:SPARQLExecutable")),
        Triple(iri, term("rdf:type"), term("sh:SPARQLSelectExecutable")),
        Triple(iri, term("rdfs:label"), Literal(question.title, language="en")),
        Triple(iri, term("rdfs:comment"), Literal(question.about, language="en")),
        Triple(iri, term("sh:select"), Literal(question.query)),
    ]


def write_question(wish: Wish, question: Question) -> Json:
    """A question as JSON, with its expected answer and the address that runs it."""
    iri = thing("question", question.slug)
    return {
        **write_items(describe_question(question), [iri], load_context())[0],
        "self": f"{wish.base}api/v1/questions/{question.slug}",
        "run": f"{wish.base}sparql?query={quote(question.query, safe='')}",
        "expected": question.expected,
    }


def write_table(questions: Sequence[Question]) -> bytes:
    """Questions as CSV."""
    stream = io.StringIO()
    rows = csv.writer(stream)
    rows.writerow(["item", "label", "comment"])
    for question in questions:
        rows.writerow([name(question).value, question.title, question.about])
    return stream.getvalue().encode()
