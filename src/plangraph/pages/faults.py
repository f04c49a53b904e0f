"""A problem document as a page, for who came with a browser: the same words, and a way on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from plangraph.errors import BadParameter
from plangraph.formats import HTML, Format, choose
from plangraph.pages.captions import Captions
from plangraph.pages.frame import head_problem, write_page
from plangraph.pages.links import KEPT, Links
from plangraph.pages.phrases import say
from plangraph.past import PARAMETERS, read_wanted
from plangraph.settings import Settings
from plangraph.web.call import read_fields
from plangraph.web.pin import find_extent, is_unopened
from plangraph.web.problems import MEDIA_TYPE, TYPE_BASE
from plangraph.web.protocol import prefers_page
from plangraph.web.replies import find_base

MACHINES: Final = ("/api/", "/update", "/graphs", "/queries/", "/export/")
"""Where programs ask: what goes wrong there is told to them alone, whatever they accept."""

EMBEDDED: Final = "/embed/"
"""Where pages are that others show within theirs: so they do what says why there is none."""

OF_A_REVISION: Final = ("revision", "retracted")
"""What leads to nothing where there is no such revision."""

HEADINGS: Final = {404: "problem.404", 410: "problem.410"}
"""What the page says above all, by the status, where that says more than that it failed."""

PROBLEM: Final = Format("problem", MEDIA_TYPE, "json", None, ("application/json",))


def show_problem(request: Request, answer: Response, settings: Settings) -> Response:
    """The page that says what a problem document says, where a browser asks for one; else the document."""
    accept, path = request.headers.get("accept"), request.url.path
    asked = path == "/sparql" and prefers_page(accept)
    if not asked and (request.method != "GET" or path.startswith((*MACHINES, "/sparql"))):
        return answer
    if answer.media_type != MEDIA_TYPE or choose(accept, (PROBLEM, HTML)) is not HTML:
        return answer
    problem = json.loads(bytes(answer.body))
    unknown = problem["status"] == 404 and is_unopened(request)
    links = read_links(request, settings, OF_A_REVISION if unknown else ())
    framed = path.startswith(EMBEDDED)
    if framed:  # the way out of the frame leads to what there is
        links = replace(links, path="plans", given={name: links.given[name] for name, _ in links.keep()})
    members = {
        "layout": "bare.html" if framed else "base.html",
        "title": problem["title"],
        "problem": problem,
        "kind": problem["type"].removeprefix(TYPE_BASE),
        "heading": say(links.language, HEADINGS.get(problem["status"], "problem.other")),
        "counts": {},
        "queries": {},
        "twins": (),
        "citation": "",
        "is_text": False,
        "permalink": "",
        "canonical": "",
        "keeps": False,
        "revision": "",
        "extent": find_extent(request),
    }
    text = write_page("problem.html", links, Captions(links.language, {}), members)
    headers = head_problem(answer.headers, find_extent(request), framed=framed)
    return Response(text, answer.status_code, headers, HTML.content_type)


def read_links(request: Request, settings: Settings, wrong: Sequence[str]) -> Links:
    """The links of a page that failed: what was chosen is kept as far as it is not what is wrong."""
    base, path = find_base(request, settings), quote(request.url.path.lstrip("/"))
    for dropped in (wrong, PARAMETERS, KEPT):
        try:
            given = read_fields(request.scope["query_string"], "the address")
            kept = {name: values for name, values in given.items() if name not in dropped}
            links = Links(base, path, kept)
            read_wanted(kept)
            links.language, links.theme  # noqa: B018 - raises where there is no such choice
        except BadParameter:
            continue
        return links
    return Links(base, path, {})
