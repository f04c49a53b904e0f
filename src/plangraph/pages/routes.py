"""The routes of the pages: HTML where a browser asks, else the way to the same as data."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from plangraph.errors import EngineStopped, NotAcceptable, NotFound
from plangraph.formats import HTML, choose
from plangraph.pages.actor import show_actor
from plangraph.pages.bundle import BUILT
from plangraph.pages.claim import show_claim
from plangraph.pages.divergence import show_divergence
from plangraph.pages.document import show_document
from plangraph.pages.faults import show_problem
from plangraph.pages.frame import STATIC, Counts, Shown, Visit, answer_page, name_make
from plangraph.pages.home import show_home
from plangraph.pages.links import Links, clean
from plangraph.pages.listing import show_list
from plangraph.pages.outlet import show_outlet
from plangraph.pages.plan import show_plan
from plangraph.pages.provision import show_provision
from plangraph.pages.question import SECTION, show_question, show_questions
from plangraph.pages.sparql import answer_sparql
from plangraph.pages.twins import VERSIONS, find_twin, list_formats
from plangraph.pages.value import show_value
from plangraph.pages.version import show_version
from plangraph.pages.versions import show_versions
from plangraph.settings import Settings
from plangraph.web.call import read_fields
from plangraph.web.finders import Finders
from plangraph.web.pin import find_pin, open_edition
from plangraph.web.protocol import Endpoint
from plangraph.web.replies import find_base, split_suffix
from plangraph.web.results import TRIES
from plangraph.web.tags import is_unchanged

ShowItem = Callable[[Visit, str], Awaitable[Shown]]
Show = Callable[[Visit], Awaitable[Shown]]

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
STATIC_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
NAMED_BY_CONTENT: Final = re.compile(r"[\w-]+-[\w-]{8}\.(?:js|woff2)")
"""What the build names by a digest of what is in it: another content has another address."""

FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Pages:
    """All pages: their routes, the first page, that of ``/sparql``, and what shows a problem to a browser."""

    router: APIRouter
    answer_home: Callable[[Request], Awaitable[Response]]
    answer_sparql: Callable[[Request, Endpoint], Awaitable[Response]]
    show_problem: Callable[[Request, Response], Response]


def create_pages(settings: Settings, finders: Finders) -> Pages:
    """The pages of a service with these settings; ``finders`` are those of its API."""
    router = APIRouter(include_in_schema=False)
    counts: dict[str, Counts] = {}

    async def answer(request: Request, path: str, show: Show) -> Response:
        links = Links(
            find_base(request, settings), path, read_fields(request.scope["query_string"], "the address")
        )
        cleaned = clean(links.given)
        if cleaned is not None:
            return redirect(Links(links.base, path, cleaned).here())
        links.theme, links.language  # noqa: B018 - a wrong choice is told before anything is asked
        async with open_edition(request, find_pin(request)) as edition:
            visit = Visit(request, edition, links)
            if unchanged := visit.answer_unchanged():
                return unchanged
            for _ in range(TRIES):
                revision = edition.revision
                page = await answer_page(visit, await show(visit), counts)
                if edition.revision == revision:
                    return page
        raise EngineStopped("the data keeps changing while it is read; try again")

    async def answer_section(request: Request, section: str, slug: str, suffix: str, show: Show) -> Response:
        path = f"{section}/{slug}" if slug else section
        offered = list_formats(section, item=bool(slug))
        format = choose(request.headers.get("accept"), offered)
        if suffix:
            format = next((entry for entry in offered if entry.suffix == suffix), None)
            if format is None:
                known = ", ".join(entry.suffix for entry in offered)
                raise NotFound(f"there is no .{suffix:.40} here; there are {known}")
        if format is None:
            raise NotAcceptable("this can be had as " + ", ".join(entry.media_type for entry in offered))
        if format is HTML:
            return await answer(request, path, show)
        given = read_fields(request.scope["query_string"], "the address")
        return redirect(
            find_twin(Links(find_base(request, settings), path, given), section, slug, format.suffix)
        )

    def add(section: str) -> None:
        def show_all(visit: Visit) -> Awaitable[Shown]:
            return show_questions(visit) if section == SECTION else show_list(visit, section, finders)

        async def get_list(request: Request) -> Response:
            return await answer_section(request, section, "", "", show_all)

        async def get_list_suffixed(request: Request, suffix: str) -> Response:
            return await answer_section(request, section, "", suffix, show_all)

        async def get_item(request: Request, name: str) -> Response:
            slug, suffix = split_suffix(name)
            return await answer_section(
                request, section, slug, suffix, lambda visit: ITEMS[section](visit, slug)
            )

        router.add_api_route(f"/{section}", get_list)
        router.add_api_route(f"/{section}.{{suffix}}", get_list_suffixed)
        router.add_api_route(f"/{section}/{{name}}", get_item)

    for section in ITEMS:
        add(section)

    async def compare_versions(request: Request, slug: str, suffix: str = "") -> Response:
        return await answer_section(
            request, "plans", slug + VERSIONS, suffix, lambda visit: show_versions(visit, slug)
        )

    router.add_api_route(f"/plans/{{slug}}{VERSIONS}", compare_versions)
    router.add_api_route(f"/plans/{{slug}}{VERSIONS}.{{suffix}}", compare_versions)

    async def answer_home(request: Request) -> Response:
        return await answer(request, "", show_home)

    router.add_api_route("/static/{name}", get_static)
    return Pages(
        router,
        answer_home,
        lambda request, endpoint: answer_sparql(request, endpoint, counts),
        lambda request, problem: show_problem(request, problem, settings),
    )


async def get_static(request: Request, name: str, v: str = "") -> Response:
    """A file that pages load, of ours or of the bundle; raises :class:`NotFound`.

    It may be kept for as long as its address names what pages are made with, or what is in it.
    """
    path = next((folder / name for folder in (STATIC, BUILT) if is_served(folder, folder / name)), None)
    if path is None:
        raise NotFound(f"there is no file {name!r:.100}")
    body = await asyncio.to_thread(path.read_bytes)
    lasting = v == name_make() or (path.parent == BUILT and NAMED_BY_CONTENT.fullmatch(name))
    headers = {
        "Cache-Control": FOR_A_YEAR if lasting else "no-cache",
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',
        "X-Content-Type-Options": "nosniff",
    }
    if is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=STATIC_TYPES[path.suffix])


def is_served(folder: Path, path: Path) -> bool:
    """Whether a path is that of a file in the very folder, of a kind that pages load."""
    return path.parent == folder and path.suffix in STATIC_TYPES and path.is_file()


def redirect(address: str) -> Response:
    """The way to an address; which one it is depends on what the client accepts."""
    return RedirectResponse(address, 303, headers={"Vary": "Accept", "Cache-Control": "no-cache"})
