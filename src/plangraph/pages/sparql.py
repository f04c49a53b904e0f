"""The page of ``/sparql``: a query, what it gives or what is wrong with it, and where else it can be asked.

The text goes the way of every query of the protocol: past the guard, to a worker; nothing is parsed here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, TypeAlias

from fastapi import Request
from starlette.responses import Response

from plangraph.engine import QueryEngine
from plangraph.errors import ClientGone, EngineStopped, PlangraphError
from plangraph.formats import takes_gzip
from plangraph.pages.answering import Answering, name_present
from plangraph.pages.asked import (
    LINKED_LETTERS,
    Asked,
    read_format,
    redirect,
    shorten_links,
    take,
    tidy,
)
from plangraph.pages.bars import draw_chart
from plangraph.pages.captions import Captions
from plangraph.pages.excerpt import quote_place
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.links import Links, clean, read_choice
from plangraph.pages.outcome import ACCEPTED, Outcome, read_outcome
from plangraph.pages.phrases import say
from plangraph.pages.snippets import write_snippets
from plangraph.past import PARAMETERS, read_wanted
from plangraph.questions import Question, find_question, list_questions
from plangraph.reads import load_read, write_whole
from plangraph.terms import PREFIXES
from plangraph.web.call import read_call
from plangraph.web.pin import open_edition
from plangraph.web.problems import RETRY_SECONDS, describe_problem
from plangraph.web.protocol import Endpoint, check_length, find_header, find_query
from plangraph.web.replies import find_base
from plangraph.web.results import TRIES
from plangraph.web.tags import name_answer
from plangraph.worker import Query

PATH: Final = "sparql"
OFFERED: Final = {
    "rows": {"csv": "CSV", "tsv": "TSV", "json": "JSON", "xml": "XML"},
    "boolean": {"json": "JSON", "xml": "XML"},
    "graph": {"turtle": "Turtle", "ntriples": "N-Triples", "jsonld": "JSON-LD", "rdfxml": "RDF/XML"},
}
"""The formats that are linked beside an answer, by its kind."""

GRAPH_PARAMETERS: Final = ("default-graph-uri", "named-graph-uri")
VIEWS: Final = ("table", "chart")
TEXT_LINES: Final = (9, 22)
"""How many lines of a query are in sight at least and at most."""

BEGINNING: Final = """\
# How many claims are about each provision
SELECT ?provision (COUNT(DISTINCT ?claim) AS ?claims) WHERE {
  ?provision a pg:Provision .
  ?claim pg:about ?provision .
}
GROUP BY ?provision
ORDER BY DESC(?claims) ?provision
LIMIT 20
"""
"""What stands in the text area when nothing was asked yet."""


AnswerShown: TypeAlias = Callable[[Visit, Shown], Awaitable[Response]]


@dataclass(frozen=True)
class Run:
    """What running a query came to: an outcome, or a problem in the words of its document."""

    outcome: Outcome | None = None
    problem: Mapping[str, Any] | None = None


async def answer_sparql(request: Request, endpoint: Endpoint, answering: Answering) -> Response:
    """The page, the answer as data where ``format`` asks for it, or the way to a cleaner address.

    Raises what reading the request and opening its edition raise; what the query raises is on the page.
    """
    called = await read_call(request, endpoint.settings.limits)
    base = find_base(request, endpoint.settings)
    if request.method == "GET" and (cleaned := clean(called.parameters)) is not None:
        return redirect(Links(base, PATH, cleaned))
    call = tidy(called)
    links = Links(base, PATH, call.parameters)
    if "question" in call.parameters:
        return redirect(links, question=None, query=find_question(take(call.parameters, "question")).query)
    links.theme, links.language, read_choice(links.given, "view", VIEWS)  # each tells of a wrong choice
    asked = Asked(call, shorten_links(links), take(call.parameters, "query"))
    present = name_present(request)
    async with open_edition(request, read_wanted(call.parameters)) as edition:
        if "format" in call.parameters:
            query = read_query(request, asked, endpoint, read_format(call.parameters).media_type)
            return await endpoint.answer_query(request, query, edition.engine, edition.extent)
        visit = Visit(request, edition, asked.links)
        return await answer_visit(visit, asked, endpoint, partial(answering.answer_shown, present=present))


async def answer_visit(visit: Visit, asked: Asked, endpoint: Endpoint, answer: AnswerShown) -> Response:
    """The page itself; a 304 where the browser holds it, before the query is run."""
    lasting = visit.request.method == "GET" and not changes_by_itself(asked.text)
    if lasting and (unchanged := visit.answer_unchanged()):
        return unchanged
    for _ in range(TRIES):
        revision = visit.edition.revision
        ran = Run()
        if not asked.call.asks_nothing():
            ran = await run(visit.request, asked, endpoint, visit.edition.engine)
        page = await answer(visit, await show(visit, asked, ran, endpoint))
        if visit.edition.revision == revision:
            break
    else:
        raise EngineStopped("the data keeps changing while it is read; try again")
    if ran.problem is not None:
        page.status_code = ran.problem["status"]
        if page.status_code in (429, 503):
            page.headers["Retry-After"] = str(RETRY_SECONDS)
    if ran.problem is not None or not lasting:
        del page.headers["ETag"]
        page.headers["Cache-Control"] = "no-store"
    return page


async def run(request: Request, asked: Asked, endpoint: Endpoint, engine: QueryEngine) -> Run:
    """Run the query as the protocol does; what goes wrong is told."""
    try:
        query = read_query(request, asked, endpoint, ACCEPTED)
        answer = await endpoint.run_while_connected(engine, query, request)
        return Run(await asyncio.to_thread(read_outcome, answer))
    except ClientGone:
        raise
    except PlangraphError as error:
        return Run(problem=describe_problem(error, endpoint.settings.limits))


def read_query(request: Request, asked: Asked, endpoint: Endpoint, accept: str) -> Query:
    """The query of a request, to be answered in some format; raises what the protocol raises."""
    settings = endpoint.settings
    if request.method == "GET":
        check_length(asked.text, settings.limits)
    codings = find_header(request, b"accept-encoding") if accept != ACCEPTED else None
    gzip = codings is not None and takes_gzip(codings)
    return find_query(asked.call, accept, settings.default_graph, gzip)


async def show(visit: Visit, asked: Asked, ran: Run, endpoint: Endpoint) -> Shown:
    """What stands on the page."""
    links, given, outcome = asked.links, asked.call.parameters, ran.outcome
    title = "SPARQL"
    question = find_asked(asked.text)
    if question is not None:
        title = f"SPARQL: {question.title}"
    members: dict[str, Any] = {
        "text": asked.text or BEGINNING,
        "height": min(max((asked.text or BEGINNING).count("\n") + 2, TEXT_LINES[0]), TEXT_LINES[1]),
        "question": question,
        "questions": load_questions(),
        "outcome": outcome,
        "problem": ran.problem,
        "excerpt": quote_problem(asked.text, ran.problem),
        "linked": asked.is_linked,
        "editor": describe_editor(links, ran.problem),
        "prefixes": PREFIXES,
        "views": VIEWS,
        "view": take(given, "view") or VIEWS[0],
        "chart": None if outcome is None else draw_chart(outcome, take(given, "bars")),
    }
    if outcome is not None:
        members |= tell_answer(asked, outcome, endpoint)
    return Shown("sparql.html", title, Captions(visit.language, {}), members)


def tell_answer(asked: Asked, outcome: Outcome, endpoint: Endpoint) -> dict[str, Any]:
    """What stands beside an answer: formats, citation, the address fixed to its revision, snippets."""
    links, text = asked.links, asked.text
    pin = dict(links.keep(PARAMETERS))
    graphs = [(name, value) for name in GRAPH_PARAMETERS for value in asked.call.list_values(name)]
    address = links.base.removesuffix(links.root) + links.write(PATH, [*graphs, *pin.items()])
    pinned = [("query", text), *graphs, *pin.items()]
    fixed = pinned if "revision" in pin else [*pinned, ("revision", endpoint.engine.revision)]
    of = links.write(PATH, pinned).removeprefix(links.root)
    return {
        "offered": {
            name: (label, links.write(PATH, [*pinned, ("format", name)]))
            for name, label in OFFERED[outcome.kind].items()
        },
        "cited": links.write("api/v1/citation", [("of", of)]),
        "fixed": links.write(PATH, [*fixed, *links.keep(("lang", "theme"))]),
        "snippets": write_snippets(address, links.base.rstrip("/"), text, pin, outcome.kind),
    }


def quote_problem(text: str, problem: Mapping[str, Any] | None) -> Sequence[Any]:
    """The place in the text that a problem names."""
    if problem is None or "line" not in problem:
        return []
    return quote_place(text, problem["line"], problem.get("column"))


def describe_editor(links: Links, problem: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the script of the editor is told."""
    language = links.language
    fault = None
    if problem is not None and "line" in problem:
        fault = {name: problem.get(name, 1) for name in ("line", "column")} | {"message": problem["detail"]}
    return {
        "label": say(language, "sparql.query"),
        "prefixes": PREFIXES,
        "terms": links.to_data(PATH, query=write_whole(load_read("vocabulary"), {})),
        "fault": fault,
        "most": LINKED_LETTERS,
        "words": {
            "unexpected": say(language, "sparql.unexpected"),
            "place": say(language, "sparql.place"),
            "editor": {
                "Completions": say(language, "sparql.completions"),
                "Diagnostics": say(language, "sparql.diagnostics"),
                "close": say(language, "sparql.close"),
            },
        },
    }


def changes_by_itself(text: str) -> bool:
    """Whether a query gives another answer each time."""
    return bool(text) and name_answer(Query(text), "") is None


@cache
def load_questions() -> Sequence[Question]:
    """The questions, which are files of the package."""
    return list_questions()


def find_asked(text: str) -> Question | None:
    """The question whose query a text is."""
    return next((entry for entry in load_questions() if entry.query.strip() == text.strip()), None)
