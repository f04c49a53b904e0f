"""The routes of the documentation: pages below ``/docs``, their twins, forms that lead to an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from plangraph.errors import NotFound
from plangraph.formats import HTML, JSON, Format
from plangraph.pages.answering import Answering, Offered, Show, redirect
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
from plangraph.pages.twins import FORMATS
from plangraph.pages.vocabulary import THINGS, load_vocabulary, name_vocabulary
from plangraph.settings import Settings
from plangraph.web.exports import VOID
from plangraph.web.replies import split_suffix

ELSEWHERE: Final = {
    "about": "docs/what-this-is-not",
    "accessibility": "docs/accessibility",
    "licences": "docs/licences",
    "export": "docs/downloads",
    "download": "docs/downloads",
    "api": "docs/api",
    "examples": "questions",
    "examples/{name}": "questions/{name}",
    "ontology": "ns",
    "ontology/{name}": "docs/ontology/{name}",
    "void": "dataset",
    "health": "healthz",
    "validation": "shapes",
    "docs/how-to-cite": "docs/citing",
    "docs/how-to-submit": "docs/submitting",
}
"""Addresses that people try, and where they lead."""

GAP: Final = "{suffix}"
"""Stands in the address of a twin for the suffix of its format."""


@dataclass(frozen=True)
class Page:
    """A page of the documentation: its address, what shows it, and where the same is as data."""

    path: str
    show: Show
    offered: tuple[Format, ...] = (HTML,)
    twin: str = ""
    """Has a ``GAP`` where it takes a suffix."""


class Documentation:
    """The documentation of a service with these settings."""

    def __init__(self, settings: Settings, answering: Answering) -> None:
        self.settings = settings
        self.answering = answering
        self.made = ""

    def name_made(self, request: Request) -> str:
        """Names what the pages are made of beside the data: their ETags follow it."""
        if not self.made:
            document = request.app.openapi()
            parts = (document, self.settings.limits, name_vocabulary(), list_packages(), read_built())
            self.made = sha256(repr(parts).encode()).hexdigest()[:16]
        return self.made

    async def show(self, request: Request, path: str, show: Show) -> Response:
        """A page that is HTML whatever is asked for."""
        return await self.answering.answer(request, path, show, made=self.name_made(request))

    async def negotiate(self, request: Request, page: Page, suffix: str = "") -> Response:
        """A page, or the way to the same as data, as :meth:`Answering.answer_offered`."""

        def find(links: Links, suffix: str) -> str:
            return links.to_data(page.twin.replace(GAP, suffix))

        offered, made = Offered(page.offered, find), self.name_made(request)
        return await self.answering.answer_offered(request, page.path, suffix, page.show, offered, made=made)

    async def get_term(self, request: Request, kind: str, name: str) -> Response:
        """The page of a term, or of a scheme, topic or concept; raises :class:`NotFound`."""
        slug, suffix = split_suffix(name)
        load_vocabulary().find(slug, kind)
        show = partial(show_term, kind=kind, name=slug)
        page = Page(f"{ONTOLOGY}/{slug}", show, FORMATS, f"ns.{GAP}")
        if kind:
            page = Page(f"{ONTOLOGY}/{kind}/{slug}", show, FORMATS, f"doc/{kind}/{slug}.{GAP}")
        return await self.negotiate(request, page, suffix)

    async def get_reference(self, request: Request, name: str) -> Response:
        """The page of the operations of one tag, or of the models."""
        tag, suffix = split_suffix(name)
        document: dict[str, Any] = request.app.openapi()
        groups = group_operations(read_operations(document))
        if tag == "models":
            show: Show = partial(show_models, document=document)
        elif tag in groups:
            show = partial(show_operations, group=groups[tag], tag=tag)
        else:
            raise NotFound(f"there are no operations {tag!r:.100}; there are {', '.join(groups)}")
        page = Page(f"docs/api/{tag}", show, (HTML, JSON), "openapi.json")
        return await self.negotiate(request, page, suffix)

    def try_operation(self, request: Request) -> Response:
        """From a form with the parameters of an operation to the address that answers it."""
        links = self.answering.read_links(request, "docs/api/try")
        operation = find_operation(request.app.openapi(), next(iter(links.given.get(OPERATION, [])), ""))
        if not operation.is_tried:
            raise NotFound(f"{operation.id} cannot be tried by a form")
        path, pairs = operation.fill(links.given)
        return redirect(links.write(path, pairs))


def add_documentation(
    router: APIRouter, settings: Settings, answering: Answering
) -> Mapping[str, Callable[[Request], Awaitable[Response]]]:
    """Add the routes; gives the pages that stand at the addresses of graphs, by these."""
    docs = Documentation(settings, answering)
    plain = [
        Page("docs", show_front),
        Page("docs/licences", show_licences),
        Page("docs/downloads", show_downloads, FORMATS, f"{VOID}.{GAP}"),
        Page("docs/limits", partial(show_limits, settings=settings), (HTML, JSON), "limits"),
        Page(ONTOLOGY, show_ontology, FORMATS, f"ns.{GAP}"),
        *(Page(f"docs/{name}", partial(show_prose, name=name, settings=settings)) for name in PROSE),
    ]
    for page in plain:
        add_page(router, page.path, partial(docs.negotiate, page=page))

    async def get_api(request: Request, suffix: str) -> Response:
        show = partial(show_reference, document=request.app.openapi())
        return await docs.negotiate(request, Page("docs/api", show, (HTML, JSON), "openapi.json"), suffix)

    add_page(router, "docs/api", get_api)

    async def get_term(request: Request, name: str) -> Response:
        return await docs.get_term(request, "", name)

    async def get_thing(request: Request, kind: str, name: str) -> Response:
        if kind not in THINGS:
            raise NotFound(f"there are no {kind!r:.40} here; there are {', '.join(THINGS)}")
        return await docs.get_term(request, kind, name)

    async def get_tag(request: Request, name: str) -> Response:
        return await docs.get_reference(request, name)

    async def get_try(request: Request) -> Response:
        return docs.try_operation(request)

    for path, get in (
        ("docs/api/try", get_try), ("docs/api/{name}", get_tag),
        ("docs/ontology/{name}", get_term), ("docs/ontology/{kind}/{name}", get_thing),
    ):  # fmt: skip
        router.add_api_route(f"/{path}", get)
    for path, place in ELSEWHERE.items():
        add(router, path, partial(go, docs, path, place))
    return {
        "dataset": partial(go, docs, "dataset", "docs/downloads"),
        "ns": lambda request: docs.show(request, "ns", show_ontology),
        "shapes": lambda request: docs.show(request, "shapes", show_shapes),
    }


def add_page(router: APIRouter, path: str, answer: Callable[..., Awaitable[Response]]) -> None:
    """The routes of a page, with and without a suffix."""

    async def get(request: Request) -> Response:
        return await answer(request, suffix=request.path_params.get("suffix", ""))

    router.add_api_route(f"/{path}", get)
    router.add_api_route(f"/{path}.{{suffix}}", get)


def add(router: APIRouter, path: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
    """A route without parts."""

    async def get(request: Request) -> Response:
        return await answer(request)

    router.add_api_route(f"/{path}", get)


async def go(docs: Documentation, path: str, place: str, request: Request) -> Response:
    """From an address that people try to the page; what was chosen stays."""
    filled, target = (text.format(**request.path_params) for text in (path, place))
    return redirect(docs.answering.read_links(request, filled).to(target))
