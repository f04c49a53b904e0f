"""Addresses of pages. What a visitor has chosen (language, colours, day, revision) stands there and stays.

So one address is one page: it can be held by any cache, bookmarked and cited, and no cookie is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from plangraph.errors import BadParameter
from plangraph.pages.phrases import LANGUAGES
from plangraph.paging import RELEVANCE
from plangraph.past import PARAMETERS
from plangraph.terms import shorten, split_thing
from plangraph.web.describe import find_page

THEMES: Final = ("light", "dark")
CHOSEN: Final = ("lang", "theme")
"""What only pages take; the data behind them knows nothing of it."""

KEPT: Final = (*PARAMETERS, *CHOSEN)
ONTOLOGY: Final = "docs/ontology"
"""Where the pages of terms are."""

DASH: Final = "%2D"
"""A hyphen means something in a text fragment, and ``quote`` leaves it."""

Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Links:
    """Addresses seen from one page: ``base`` is that of the service, ``path`` the page's below it."""

    base: str
    path: str
    given: Given

    @property
    def root(self) -> str:
        """The path that all pages lie below; it begins and ends with a slash."""
        return urlsplit(self.base).path or "/"

    @property
    def origin(self) -> str:
        """The base without its path: before a path of :meth:`to` it makes a whole address."""
        return self.base.removesuffix(self.root)

    @property
    def language(self) -> str:
        """The language of the interface; raises :class:`BadParameter` for one that there is not."""
        return read_choice(self.given, "lang", tuple(LANGUAGES)) or next(iter(LANGUAGES))

    @property
    def theme(self) -> str:
        """``light``, ``dark``, or nothing where the system decides; raises :class:`BadParameter`."""
        return read_choice(self.given, "theme", THEMES)

    @property
    def asked(self) -> dict[str, list[str]]:
        """The parameters of the page itself, without what stays from page to page."""
        return {name: list(values) for name, values in self.given.items() if name not in KEPT}

    def keep(self, names: Sequence[str] = KEPT) -> list[tuple[str, str]]:
        """What stays from page to page."""
        return [(name, value) for name in names for value in self.given.get(name, [])]

    def to(self, path: str, **parameters: str) -> str:
        """The address of another page."""
        return self.write(path, [*parameters.items(), *self.keep()])

    def to_thing(self, iri: str) -> str:
        """The page of a thing or term; nothing for what is not ours."""
        prefix, _, local = (shorten(iri) or "").partition(":")
        if prefix == "pg":
            return self.to(f"{ONTOLOGY}/{local}")
        found = split_thing(iri)
        if found is None:
            return ""
        return self.to(f"{find_page(found[0])}/{found[1]}")

    def to_data(self, path: str, **parameters: str) -> str:
        """An address of data: of the same day and revision, and no language or colours."""
        return self.write(path, [*parameters.items(), *self.keep(PARAMETERS)])

    def to_query(self, text: str) -> str:
        """The page that runs a query on the same data; for a program, its answer."""
        return self.to("sparql", query=text)

    def here(self, **changed: str | None) -> str:
        """This page with some parameters changed, or without those that are ``None``."""
        return self.write(self.path, self.change(changed))

    def toggle(self, name: str, value: str) -> str:
        """This page with one value of a parameter more, or without it if it is there; from its beginning.

        Without words to search for there is no order by how well they are found.
        """
        held = list(self.given.get(name, []))
        values = [entry for entry in held if entry != value] if value in held else [*held, value]
        rest = [pair for pair in self.change({"next": None}) if pair[0] != name]
        if name == "q" and not values:
            rest = [pair for pair in rest if pair != ("sort", RELEVANCE)]
        return self.write(self.path, [(name, entry) for entry in values] + rest)

    def change(self, changed: Mapping[str, str | None]) -> list[tuple[str, str]]:
        """The parameters of this page with some changed."""
        pairs = [(name, value) for name, values in self.given.items() for value in values]
        rest = [pair for pair in pairs if pair[0] not in changed]
        return rest + [(name, value) for name, value in changed.items() if value is not None]

    def write(self, path: str, pairs: Sequence[tuple[str, str]]) -> str:
        """A path below the service with parameters."""
        written = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        return f"{self.root}{path}" + (f"?{written}" if written else "")

    def place_permanently(self, revision: str | None = None) -> str:
        """The whole address of this page without language and colours: what to cite.

        It names the revision that is given; without one it is that of whatever is there when it is asked.
        """
        left_out = CHOSEN if revision else (*CHOSEN, "retracted")
        pairs = [pair for pair in self.change({"revision": revision}) if pair[0] not in left_out]
        return self.origin + self.write(self.path, pairs)


def read_choice(given: Given, name: str, options: Sequence[str]) -> str:
    """A parameter that is given at most once, else nothing; raises :class:`BadParameter`."""
    values = given.get(name, [])
    if len(values) > 1 or (values and values[0] not in options):
        raise BadParameter(f"{name} takes one of {', '.join(options)}")
    return values[0] if values else ""


def clean(given: Given) -> Given | None:
    """The parameters without the fields that a form sends empty; nothing where there are none of these."""
    if all(value for values in given.values() for value in values):
        return None
    kept = {name: found for name, values in given.items() if (found := [value for value in values if value])}
    for name, sense in (("as_of", "undated"), ("revision", "retracted")):
        if name not in kept:
            kept.pop(sense, None)
    if "q" not in kept and RELEVANCE in kept.get("sort", []):
        kept.pop("sort")
    return kept


def point_at(address: str, phrase: str) -> str:
    """The address of a page of somebody else, opened where a phrase stands (a text fragment)."""
    return f"{address.partition('#')[0]}#:~:text={quote(phrase, safe='').replace('-', DASH)}"
