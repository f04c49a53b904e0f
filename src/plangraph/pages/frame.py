"""What every page shares: the visit it answers, its frame, its headers, when it need not be sent again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import jinja2
from fastapi import Request
from starlette.responses import Response

from plangraph.editions import Edition
from plangraph.formats import HTML
from plangraph.pages.bundle import is_built
from plangraph.pages.captions import Captions
from plangraph.pages.links import THEMES, Links
from plangraph.pages.phrases import LANGUAGES, has_phrase, say, write_figure
from plangraph.pinning import UNDATED
from plangraph.reads import load_read, write_whole
from plangraph.terms import NS, VOCABULARIES, shorten
from plangraph.web.pin import name_extent
from plangraph.web.results import ask, for_csv, read_texts
from plangraph.web.tags import is_unchanged, name_headers

HERE: Final = Path(__file__).resolve().parent
TEMPLATES: Final = HERE / "templates"
STATIC: Final = HERE / "static"

GUARDED: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
"""What a browser is told to refuse: scripts and styles in the text, and anything from elsewhere."""

FRAMED: Final = {
    "Content-Security-Policy": GUARDED["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", "frame-ancestors *"
    )
}
"""What it is told of a page that others may show within theirs."""

COUNTED: Final = {
    NS + "Document": "documents",
    VOCABULARIES["schema"] + "NewsMediaOrganization": "outlets",
    NS + "Claim": "claims",
    NS + "Attribution": "attributions",
    NS + "Provision": "provisions",
    NS + "Divergence": "divergences",
}
"""The classes whose number every page tells, by the word for their things."""

READ: Final = {"documents": NS + "readingExtent", "outlets": VOCABULARIES["schema"] + "publisher"}
"""What the query calls the number of those that were read."""

READS: Final = (
    "actor-words", "claim-stances", "claim-values", "computed-parts", "dataset-counts", "document-reports",
    "holders", "lineage", "lineage-differences", "newest-divergences", "outlet-citers", "outlet-firsts",
    "outlet-reports", "place-values", "places", "plan-days", "pointing", "term-statements", "told-claims",
    "told-hops", "value-divergences", "value-reports", "version-changes", "version-stances",
    "version-terms", "vocabulary",
)  # fmt: skip
"""The named queries that only pages ask, beside those of the API."""

REVISIONS_HELD: Final = 8


class Count(NamedTuple):
    """How many things of a class there are, and how many of them were read or are of what was read."""

    number: int
    read: int | None = None


Counts = dict[str, Count]


@dataclass(frozen=True)
class Visit:
    """One request for a page of an edition."""

    request: Request
    edition: Edition
    links: Links
    framed: bool = False
    """Whether the page is one that others show within theirs: bare, and its links lead to the full one."""
    made: str = ""
    """Names what the page is made of beside the data and the templates."""
    number: int | None = None
    """That of the revision in the journal, if a journal has what the page shows."""
    keeps: bool = False
    """Whether the service keeps revisions, so that one can be asked for."""

    @property
    def language(self) -> str:
        """The language of the interface."""
        return self.links.language

    @property
    def tag(self) -> str:
        """The ETag: of the data and what it is of, the address with what is chosen, how pages are made."""
        links = self.links
        parts = (
            self.edition.revision,
            self.edition.extent,
            links.base,
            links.path,
            links.change({}),
            self.framed,
            self.made,
            self.keeps,
        )
        return f'W/"{hashlib.sha256(repr((parts, name_make())).encode()).hexdigest()[:32]}"'

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the page, and of a 304 in its place."""
        named = name_headers(self.tag, self.edition.revision, self.edition.extent)
        return named | GUARDED | (FRAMED if self.framed else {})

    def answer_unchanged(self) -> Response | None:
        """A 304, if the browser holds this very page."""
        if is_unchanged(self.request, self.tag):
            return Response(status_code=304, headers=self.headers)
        return None


@dataclass(frozen=True)
class Shown:
    """A page that is ready to be written: its template, its title, and what stands in it."""

    template: str
    title: str
    captions: Captions
    members: Mapping[str, Any]
    queries: Mapping[str, str] = field(default_factory=dict)
    """The queries behind it, by the key of the phrase that names each, or by a name of their own."""
    twins: Sequence[tuple[str, str]] = ()
    """The same as data: the name of the format and its address."""
    citation: str = ""
    is_text: bool = False
    """Whether it is a text, with no data behind it."""


@cache
def name_make() -> str:
    """A digest of all that pages are made with: another version of it makes other pages of the same data.

    That is the whole package: its queries choose what a page shows, its functions compare it.
    """
    files = sorted(path for path in HERE.parent.rglob("*") if path.is_file() and path.suffix != ".pyc")
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def open_environment() -> jinja2.Environment:
    """The templates; what they show is escaped, and what is not there is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )


async def answer_page(visit: Visit, shown: Shown, counts: dict[str, Counts]) -> Response:
    """The page; ``counts`` holds what is known of the sizes of revisions."""
    extent, links = visit.edition.extent, visit.links
    permalink = links.place_permanently(None if visit.number is None else str(visit.number))
    members = {
        **shown.members,
        "layout": "bare.html" if visit.framed else "base.html",
        "title": shown.title,
        "queries": {
            say(visit.language, key) if has_phrase(key) else key: visit.links.to_query(text)
            for key, text in shown.queries.items()
        },
        "twins": shown.twins,
        "citation": shown.citation,
        "is_text": shown.is_text,
        "permalink": permalink,
        "canonical": permalink if extent and extent.past else links.place_permanently(),
        "keeps": visit.keeps,
        "revision": visit.edition.revision,
        "extent": extent,
        "counts": await count_things(visit.edition, counts),
    }
    text = await asyncio.to_thread(write_page, shown.template, visit.links, shown.captions, members)
    alternates = [f'<{address}>; rel="alternate"; title="{name}"' for name, address in shown.twins]
    headers = visit.headers | ({"Link": ", ".join(alternates)} if alternates else {})
    return Response(text, headers=headers, media_type=HTML.content_type)


def write_page(template: str, links: Links, captions: Captions, members: Mapping[str, Any]) -> str:
    """The text of a page."""
    language = links.language

    def tell(key: str, **filled: object) -> str:
        return say(language, key, **filled)

    def count(figure: int) -> str:
        return write_figure(language, figure)

    return (
        open_environment()
        .get_template(template)
        .render(
            {
                "say": tell,
                "has_phrase": has_phrase,
                "count": count,
                "links": links,
                "language": language,
                "languages": LANGUAGES,
                "theme": links.theme,
                "themes": THEMES,
                "undated": UNDATED[1],
                "captions": captions,
                "make": name_make(),
                "bundled": is_built(),
                "prefixed": write_short,
                **members,
            }
        )
    )


def write_short(iri: str) -> str:
    """The prefixed name of an IRI; the IRI itself where it has none."""
    return shorten(iri) or iri


async def count_things(edition: Edition, held: dict[str, Counts]) -> Counts:
    """How many things of the main classes an edition has; asked once for a revision."""
    revision = edition.revision
    if revision not in held:
        (answer,) = await ask(edition.engine, for_csv(write_whole(load_read("dataset-counts"), {})))
        while len(held) >= REVISIONS_HELD:
            del held[next(iter(held))]
        things = {row["class"]: int(row["things"]) for row in read_texts(answer)}
        held[revision] = {
            word: Count(things[entry], things.get(READ.get(word, "")))
            for entry, word in COUNTED.items()
            if entry in things
        }
    return held[revision]


def head_problem(headers: Mapping[str, str], extent: Any, *, framed: bool) -> dict[str, str]:
    """The headers of a page that says what went wrong: those of the document, guarded as pages are."""
    kept = {name: value for name, value in headers.items() if name not in ("content-type", "content-length")}
    guarded = GUARDED | (FRAMED if framed else {})
    return kept | guarded | {"Vary": "Accept, Accept-Encoding"} | name_extent(extent)
