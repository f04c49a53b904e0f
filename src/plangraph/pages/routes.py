"""The routes of the pages: HTML where a browser asks, else the way to the same as data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from plangraph.errors import BadParameter
from plangraph.pages.actor import show_actor
from plangraph.pages.answering import Answering, Offered, ShowItem
from plangraph.pages.assets import get_static
from plangraph.pages.claim import show_claim
from plangraph.pages.divergence import show_divergence
from plangraph.pages.docs import add_documentation
from plangraph.pages.document import show_document
from plangraph.pages.drawings import add_drawings
from plangraph.pages.faults import show_problem
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.home import show_home
from plangraph.pages.listing import show_list
from plangraph.pages.outlet import show_outlet
from plangraph.pages.plan import show_plan
from plangraph.pages.provision import show_provision
from plangraph.pages.question import SECTION, show_question, show_questions
from plangraph.pages.sparql import answer_sparql
from plangraph.pages.thing import show_thing
from plangraph.pages.twins import FORMATS, VERSIONS
from plangraph.pages.value import show_value
from plangraph.pages.version import show_version
from plangraph.pages.versions import show_versions
from plangraph.settings import Settings
from plangraph.web.describe import THINGS
from plangraph.web.exports import VOID
from plangraph.web.finders import Finders
from plangraph.web.protocol import Endpoint
from plangraph.web.replies import split_suffix

ITEMS: Final[Mapping[str, ShowItem]] = {
    "plans": show_plan,
    "versions": show_version,
    "provisions": show_provision,
    "claims": show_claim,
    "values": show_value,
    "divergences": show_divergence,
    "documents": show_document,
    "outlets": show_outlet,
    "actors": show_actor,
    SECTION: show_question,
}

COMPARED: Final = {"outlet": "outlets", "speaker": "speakers", "version": "versions"}
"""What ``cols`` can be at ``/plans/{plan}/compare``, and which columns of the plan it means."""


HOME: Final = Offered(FORMATS, lambda links, suffix: links.to_data(f"{VOID}.{suffix}"))
"""The first page is as data what the data set says of itself."""


@dataclass(frozen=True)
class Pages:
    """All pages: their routes, the first page, that of ``/sparql``, and what shows a problem to a browser."""

    router: APIRouter
    graphs: Mapping[str, Callable[[Request], Awaitable[Response]]]
    """The pages at the addresses of graphs, for who asks for HTML there."""
    answer_home: Callable[[Request], Awaitable[Response]]
    answer_sparql: Callable[[Request, Endpoint], Awaitable[Response]]
    show_problem: Callable[[Request, Response], Response]


def create_pages(settings: Settings, finders: Finders) -> Pages:
    """The pages of a service with these settings; ``finders`` are those of its API."""
    router, answering = APIRouter(include_in_schema=False), Answering(settings)
    for section in ITEMS:
        add_section(router, section, finders, answering)
    add_versions(router, answering)
    add_things(router, answering)
    add_compare(router, answering)
    add_drawings(router, answering)
    router.add_api_route("/static/{name}", get_static)
    graphs = add_documentation(router, settings, answering)
    return Pages(
        router,
        graphs,
        lambda request: answering.answer_offered(request, "", "", show_home, HOME),
        lambda request, endpoint: answer_sparql(request, endpoint, answering),
        lambda request, problem: show_problem(request, problem, settings),
    )


def add_section(router: APIRouter, section: str, finders: Finders, answering: Answering) -> None:
    """The routes of a list and of its items, each with those of its data by suffix."""

    def show_all(visit: Visit) -> Awaitable[Shown]:
        return show_questions(visit) if section == SECTION else show_list(visit, section, finders)

    async def get_list(request: Request) -> Response:
        suffix = request.path_params.get("suffix", "")
        return await answering.answer_section(request, section, "", suffix, show_all)

    async def get_item(request: Request, name: str) -> Response:
        slug, suffix = split_suffix(name)
        return await answering.answer_section(
            request, section, slug, suffix, lambda visit: ITEMS[section](visit, slug)
        )

    router.add_api_route(f"/{section}", get_list)
    router.add_api_route(f"/{section}.{{suffix}}", get_list)
    router.add_api_route(f"/{section}/{{name}}", get_item)


def add_things(router: APIRouter, answering: Answering) -> None:
    """The routes of things of the kinds that have no section."""

    async def get_thing(request: Request, kind: str, name: str) -> Response:
        slug, suffix = split_suffix(name)
        offered = Offered(FORMATS, lambda links, suffix: links.to_data(f"doc/{kind}/{slug}.{suffix}"))
        return await answering.answer_offered(
            request, f"{THINGS}/{kind}/{slug}", suffix, lambda visit: show_thing(visit, kind, slug), offered
        )

    router.add_api_route(f"/{THINGS}/{{kind}}/{{name}}", get_thing)


def add_versions(router: APIRouter, answering: Answering) -> None:
    """The routes of the versions of a plan side by side."""

    async def compare_versions(request: Request, slug: str) -> Response:
        suffix = request.path_params.get("suffix", "")
        return await answering.answer_section(
            request, "plans", slug + VERSIONS, suffix, lambda visit: show_versions(visit, slug)
        )

    router.add_api_route(f"/plans/{{slug}}{VERSIONS}", compare_versions)
    router.add_api_route(f"/plans/{{slug}}{VERSIONS}.{{suffix}}", compare_versions)


def add_compare(router: APIRouter, answering: Answering) -> None:
    """An address that people try: the page of the plan has the columns that it asks for."""

    async def compare(request: Request, slug: str) -> Response:
        links = answering.read_links(request, f"plans/{slug}")
        wanted = [name for value in links.given.get("cols", []) for name in value.split(",")]
        for name in wanted:
            if name not in COMPARED:
                raise BadParameter(f"cols knows no {name!r:.200}; there are {', '.join(COMPARED)}")
        columns = {"columns": COMPARED[wanted[0]]} if wanted else {}
        return RedirectResponse(links.here(cols=None, **columns), 308)

    router.add_api_route("/plans/{slug}/compare", compare)
