"""The routes of the documentation: pages below ``/docs``, their twins, forms that lead to an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from plangraph.errors import NotAcceptable, NotFound
from plangraph.formats import GRAPHS, HTML, JSON, Format, choose
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.licences import list_packages, read_built
from plangraph.pages.links import ONTOLOGY, Links
from plangraph.pages.manual import (
    PROSE,
    show_downloads,
    show_front,
    show_licences,
    show_limits,
    show_models,
    show_operations,
    show_prose,
    show_reference,
)
from plangraph.pages.ontology import show_ontology, show_shapes
from plangraph.pages.reference import OPERATION, find_operation, group_operations, read_operations
from plangraph.pages.term import show_term
from plangraph.pages.vocabulary import THINGS, load_vocabulary, name_vocabulary
from plangraph.settings import Settings
from plangraph.web.call import read_fields
from plangraph.web.replies import find_base, split_suffix

Show = Callable[[Visit], Awaitable[Shown]]
Answer = Callable[[Request, str, Show, str], Awaitable[Response]]
"""Answers with a page of an address; the text names what it is made of beside the data."""

ELSEWHERE: Final = {
    "about": "docs/what-this-is-not",
    "accessibility": "docs/accessibility",
    "licences": "docs/licences",
    "export": "docs/downloads",
}
"""Addresses that people try, and where they lead."""

GAP: Final = "{suffix}"
"""Stands in the address of a twin for the suffix of its format."""

ITEM_FORMATS: Final = (HTML, JSON, *GRAPHS)
GRAPH_FORMATS: Final = (HTML, *GRAPHS)


@dataclass(frozen=True)
class Page:
    """A page of the documentation: its address, what shows it, and where the same is as data."""

    path: str
    show: Show
    offered: tuple[Format, ...] = (HTML,)
    twin: str = ""
    """Has a ``GAP`` where it takes a suffix."""


class Documentation:
    """The documentation of a service with these settings; ``answer`` writes its pages."""

    def __init__(self, settings: Settings, answer: Answer) -> None:
        self.settings = settings
        self.answer = answer
        self.made = ""

    async def show(self, request: Request, path: str, show: Show) -> Response:
        """A page, whose ETag follows what it is made of beside the data."""
        if not self.made:
            document = request.app.openapi()
            parts = (document, self.settings.limits, name_vocabulary(), list_packages(), read_built())
            self.made = sha256(repr(parts).encode()).hexdigest()[:16]
        return await self.answer(request, path, show, self.made)

    async def negotiate(self, request: Request, page: Page, suffix: str = "") -> Response:
        """A page, or the way to the same as data.

        Raises :class:`NotFound` for a suffix that is not offered, :class:`NotAcceptable`.
        """
        format = choose(request.headers.get("accept"), page.offered)
        if suffix:
            format = next((entry for entry in page.offered if entry.suffix == suffix), None)
            if format is None:
                known = ", ".join(entry.suffix for entry in page.offered)
                raise NotFound(f"there is no .{suffix:.40} here; there are {known}")
        if format is None:
            raise NotAcceptable("this can be had as " + ", ".join(entry.media_type for entry in page.offered))
        if format is HTML:
            return await self.show(request, page.path, page.show)
        return lead(self.link(request, page.path).to_data(page.twin.replace(GAP, format.suffix)))

    def link(self, request: Request, path: str) -> Links:
        """The links of a page."""
        given = read_fields(request.scope["query_string"], "the address")
        return Links(find_base(request, self.settings), path, given)

    async def get_term(self, request: Request, kind: str, name: str) -> Response:
        """The page of a term, or of a scheme, topic or concept; raises :class:`NotFound`."""
        slug, suffix = split_suffix(name)
        load_vocabulary().find(slug, kind)
        show = partial(show_term, kind=kind, name=slug)
        page = Page(f"{ONTOLOGY}/{slug}", show, GRAPH_FORMATS, f"ns.{GAP}")
        if kind:
            page = Page(f"{ONTOLOGY}/{kind}/{slug}", show, ITEM_FORMATS, f"doc/{kind}/{slug}.{GAP}")
        return await self.negotiate(request, page, suffix)

    async def get_reference(self, request: Request, tag: str) -> Response:
        """The page of the operations of one tag, or of the models."""
        document: dict[str, Any] = request.app.openapi()
        groups = group_operations(read_operations(document))
        if tag == "models":
            show: Show = partial(show_models, document=document)
        elif tag in groups:
            show = partial(show_operations, group=groups[tag], tag=tag)
        else:
            raise NotFound(f"there are no operations {tag!r:.100}; there are {', '.join(groups)}")
        return await self.negotiate(request, Page(f"docs/api/{tag}", show, (HTML, JSON), "openapi.json"))

    def try_operation(self, request: Request) -> Response:
        """From a form with the parameters of an operation to the address that answers it."""
        links = self.link(request, "docs/api/try")
        operation = find_operation(request.app.openapi(), next(iter(links.given.get(OPERATION, [])), ""))
        if not operation.is_tried:
            raise NotFound(f"{operation.id} cannot be tried by a form")
        path, pairs = operation.fill(links.given)
        return lead(links.write(path, pairs))


def lead(address: str) -> Response:
    """The way to an address; which one it is depends on what the client accepts."""
    return RedirectResponse(address, 303, headers={"Vary": "Accept", "Cache-Control": "no-cache"})


def add_documentation(
    router: APIRouter, settings: Settings, answer: Answer
) -> Mapping[str, Callable[[Request], Awaitable[Response]]]:
    """Add the routes; gives the pages that stand at the addresses of graphs, by these."""
    docs = Documentation(settings, answer)
    plain = [
        Page("docs", show_front),
        Page("docs/licences", show_licences),
        Page("docs/downloads", show_downloads),
        Page("docs/limits", partial(show_limits, settings=settings), (HTML, JSON), "limits"),
        Page(ONTOLOGY, show_ontology, GRAPH_FORMATS, f"ns.{GAP}"),
        *(Page(f"docs/{name}", partial(show_prose, name=name, settings=settings)) for name in PROSE),
    ]
    for page in plain:
        add(router, page.path, partial(docs.negotiate, page=page))

    async def get_api(request: Request) -> Response:
        show = partial(show_reference, document=request.app.openapi())
        return await docs.negotiate(request, Page("docs/api", show, (HTML, JSON), "openapi.json"))

    async def get_term(request: Request, name: str) -> Response:
        return await docs.get_term(request, "", name)

    async def get_thing(request: Request, kind: str, name: str) -> Response:
        if kind not in THINGS:
            raise NotFound(f"there are no {kind!r:.40} here; there are {', '.join(THINGS)}")
        return await docs.get_term(request, kind, name)

    async def get_tag(request: Request, tag: str) -> Response:
        return await docs.get_reference(request, tag)

    async def get_try(request: Request) -> Response:
        return docs.try_operation(request)

    for path, get in (
        ("docs/api", get_api), ("docs/api/try", get_try), ("docs/api/{tag}", get_tag),
        ("docs/ontology/{name}", get_term), ("docs/ontology/{kind}/{name}", get_thing),
    ):  # fmt: skip
        router.add_api_route(f"/{path}", get)
    for path, place in ELSEWHERE.items():
        add(router, path, partial(go, docs, path, place))
    return {
        "ns": lambda request: docs.show(request, "ns", show_ontology),
        "shapes": lambda request: docs.show(request, "shapes", show_shapes),
    }


def add(router: APIRouter, path: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
    """A route without parts."""

    async def get(request: Request) -> Response:
        return await answer(request)

    router.add_api_route(f"/{path}", get)


async def go(docs: Documentation, path: str, place: str, request: Request) -> Response:
    """From an address that people try to the page; what was chosen stays."""
    return lead(docs.link(request, path).to(place))
