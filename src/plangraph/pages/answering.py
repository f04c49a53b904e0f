"""How a request for a page is answered, whatever the page shows: HTML, or the way to the same as data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from plangraph.editions import Editions
from plangraph.errors import EngineStopped, NotAcceptable, NotFound
from plangraph.formats import HTML, Format, choose
from plangraph.pages.frame import Counts, Shown, Visit, answer_page
from plangraph.pages.links import Links, clean
from plangraph.pages.numbers import Numbers
from plangraph.pages.twins import FORMATS, find_twin
from plangraph.settings import Settings
from plangraph.web.call import read_fields
from plangraph.web.pin import find_pin, open_edition
from plangraph.web.replies import find_base
from plangraph.web.results import TRIES

Show: TypeAlias = Callable[[Visit], Awaitable[Shown]]
ShowItem: TypeAlias = Callable[[Visit, str], Awaitable[Shown]]


TEXT: Final = "this page is a text, with no data behind it: "


@dataclass(frozen=True)
class Offered:
    """The formats of a page, HTML first, and what finds the address of the same as data by suffix."""

    formats: Sequence[Format]
    find: Callable[[Links, str], str]

    def tell(self) -> str:
        """What a refusal says first of a page that is nothing but HTML."""
        return TEXT if tuple(self.formats) == (HTML,) else ""


class Answering:
    """Answers requests for the pages of a service with these settings.

    ``counts`` holds what is known of the sizes of revisions, ``numbers`` their numbers in a journal.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts: dict[str, Counts] = {}
        self.numbers = Numbers()

    async def answer(
        self, request: Request, path: str, show: Show, *, made: str = "", framed: str = ""
    ) -> Response:
        """A page as HTML, which is made of what ``made`` names beside the data and the templates.

        One that others may show within theirs is ``framed`` at that path below ``/embed/``.
        """
        links = self.read_links(request, path)
        cleaned = clean(links.given)
        if cleaned is not None:
            place = f"embed/{framed}" if framed else path
            return redirect(Links(links.base, place, cleaned).here())
        links.theme, links.language  # noqa: B018 - a wrong choice is told before anything is asked
        present = name_present(request)
        keeps = request.app.state.editions.history.journal is not None
        async with open_edition(request, find_pin(request)) as edition:
            visit = Visit(request, edition, links, framed=bool(framed), made=made, keeps=keeps)
            if unchanged := visit.answer_unchanged():
                return unchanged
            for _ in range(TRIES):
                revision = edition.revision
                page = await self.answer_shown(visit, await show(visit), present)
                if edition.revision == revision:
                    return page
        raise EngineStopped("the data keeps changing while it is read; try again")

    async def answer_shown(self, visit: Visit, shown: Shown, present: str) -> Response:
        """What is shown as HTML; ``present`` names the whole data set when the edition was opened."""
        history = visit.request.app.state.editions.history
        number = await self.numbers.find(history, visit.edition, present)
        return await answer_page(replace(visit, number=number), shown, self.counts)

    async def answer_section(
        self, request: Request, section: str, slug: str, suffix: str, show: Show
    ) -> Response:
        """A list, or one of its items, in the format that the suffix names or the client likes best."""

        def find(links: Links, suffix: str) -> str:
            return find_twin(links, section, slug, suffix)

        path = f"{section}/{slug}" if slug else section
        return await self.answer_offered(request, path, suffix, show, Offered(FORMATS, find))

    async def answer_offered(
        self, request: Request, path: str, suffix: str, show: Show, offered: Offered, *, made: str = ""
    ) -> Response:
        """A page in one of the formats offered; raises :class:`NotFound`, :class:`NotAcceptable`."""
        format = choose(request.headers.get("accept"), offered.formats)
        if suffix:
            format = next((entry for entry in offered.formats if entry.suffix == suffix), None)
            if format is None:
                known = ", ".join(entry.suffix for entry in offered.formats)
                raise NotFound(f"{offered.tell()}there is no .{suffix:.40} here; there are {known}")
        if format is None:
            media_types = ", ".join(entry.media_type for entry in offered.formats)
            raise NotAcceptable(f"{offered.tell()}this can be had as {media_types}")
        if format is HTML:
            return await self.answer(request, path, show, made=made)
        return redirect(offered.find(self.read_links(request, path), format.suffix))

    def read_links(self, request: Request, path: str) -> Links:
        """Addresses as seen from a page that is asked for."""
        given = read_fields(request.scope["query_string"], "the address")
        return Links(find_base(request, self.settings), path, given)


def name_present(request: Request) -> str:
    """The name of the whole data set as it is now."""
    editions: Editions = request.app.state.editions
    return editions.whole.revision


def redirect(address: str) -> Response:
    """The way to an address; which one it is depends on what the client accepts."""
    return RedirectResponse(address, 303, headers={"Vary": "Accept", "Cache-Control": "no-cache"})
