"""A request for the page of ``/sparql``, decoded: its query, its links, the format that it wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from plangraph.errors import BadParameter
from plangraph.formats import GRAPHS, ROWS, Format
from plangraph.pages.links import Given, Links, clean
from plangraph.web.call import Call

FORMATS: Final = {entry.name: entry for entry in (*ROWS, *GRAPHS)}
LINKED_LETTERS: Final = 8_000
"""A longer query is sent by a form: an address that holds it would be refused, or cut, on its way."""


@dataclass(frozen=True)
class Asked:
    """A request for the page, decoded."""

    call: Call
    links: Links
    text: str

    @property
    def is_linked(self) -> bool:
        """Whether the query can stand in an address."""
        return count_letters(self.text) <= LINKED_LETTERS


def tidy(call: Call) -> Call:
    """The call with lines as they were written, since a form ends each with two signs; without what is empty.

    A body that is the text itself counts as that of a form.
    """
    given = {name: list(values) for name, values in call.parameters.items()}
    if call.body_text is not None:
        given["query"] = [*given.get("query", []), call.body_text]
    if "query" in given:
        given["query"] = [text.replace("\r\n", "\n") for text in given["query"]]
    return Call(clean(given) or given)


def count_letters(text: str) -> int:
    """How long a text is in an address."""
    return len(quote(text, safe=""))


def shorten_links(links: Links) -> Links:
    """The links of the page: without a query that is too long to stand in each of them."""
    if sum(map(count_letters, links.given.get("query", []))) <= LINKED_LETTERS:
        return links
    kept = {name: found for name, found in links.given.items() if name != "query"}
    return Links(links.base, links.path, kept)


def redirect(links: Links, **changed: str | None) -> Response:
    """The way to an address of the page."""
    headers = {"Vary": "Accept", "Cache-Control": "no-cache"}
    return RedirectResponse(links.here(**changed), 303, headers=headers)


def read_format(given: Given) -> Format:
    """The format that an address asks for; raises :class:`BadParameter`."""
    name = take(given, "format")
    if name not in FORMATS:
        raise BadParameter(f"format takes one of {', '.join(FORMATS)}")
    return FORMATS[name]


def take(given: Given, name: str) -> str:
    """The first value of a parameter, else nothing."""
    return next(iter(given.get(name, ())), "")
