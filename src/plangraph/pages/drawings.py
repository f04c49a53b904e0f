"""The routes of the drawings: graph, map and timeline, and of what others may show within their pages."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from plangraph.pages.answering import Answering, Offered, ShowItem
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.graph import show_graph
from plangraph.pages.links import Links
from plangraph.pages.map import show_map
from plangraph.pages.plan import show_plan
from plangraph.pages.timeline import show_timeline
from plangraph.pages.twins import FORMATS, find_figure_twin

SHOW: Final[Mapping[str, ShowItem]] = {"graph": show_graph, "map": show_map, "timeline": show_timeline}


def add_drawings(router: APIRouter, answering: Answering) -> None:
    """The routes of each drawing, of a plan and of all, and of what is embedded."""
    for name in SHOW:
        add_figure(router, f"plans/{{slug}}/{name}", name, answering)
        add_figure(router, name, name, answering)
    whole = partial(show_within, "embed-matrix.html", show_plan)
    add_embedded(router, "matrix", "plans/{slug}", whole, answering)
    within = partial(show_within, "embed-ways.html", show_graph)
    add_embedded(router, "graph", "plans/{slug}/graph", within, answering)


def add_figure(router: APIRouter, path: str, name: str, answering: Answering) -> None:
    """The routes of a figure, of a plan where the path has a slug, and of its data by suffix."""

    async def get_figure(request: Request) -> Response:
        slug, suffix = (str(request.path_params.get(part, "")) for part in ("slug", "suffix"))

        def find(links: Links, suffix: str) -> str:
            return find_figure_twin(links, name, slug, suffix)

        def show(visit: Visit) -> Awaitable[Shown]:
            return SHOW[name](visit, slug)

        offered = Offered(FORMATS, find)
        return await answering.answer_offered(request, path.format(slug=slug), suffix, show, offered)

    router.add_api_route(f"/{path}", get_figure)
    router.add_api_route(f"/{path}.{{suffix}}", get_figure)


def add_embedded(router: APIRouter, name: str, path: str, show: ShowItem, answering: Answering) -> None:
    """The route of what others may show within their pages; its links lead to the page at ``path``."""

    async def get_embedded(request: Request, slug: str) -> Response:
        at = path.format(slug=slug)
        within = f"{name}/{slug}"
        return await answering.answer(request, at, lambda visit: show(visit, slug), framed=within)

    router.add_api_route(f"/embed/{name}/{{slug}}", get_embedded)


async def show_within(template: str, show: ShowItem, visit: Visit, slug: str) -> Shown:
    """A page by another template."""
    return replace(await show(visit, slug), template=template)
