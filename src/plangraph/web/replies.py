"""What every answer outside of SPARQL shares: its format, its name (ETag), its links, and 304."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from pyoxigraph import DefaultGraph, Quad, Triple
from starlette.responses import Response

from plangraph.editions import Edition
from plangraph.errors import NotAcceptable, NotFound
from plangraph.export import write
from plangraph.formats import CSV, GRAPHS, JSON, JSONLD, Format, choose
from plangraph.graph_texts import ABBREVIATED
from plangraph.past import View
from plangraph.settings import Settings
from plangraph.web.pin import add_pin
from plangraph.web.protocol import comes_from_browser
from plangraph.web.tags import is_unchanged, name_headers

ITEM_FORMATS: Final = (JSON, *GRAPHS)
PAGE_FORMATS: Final = (JSON, CSV, *GRAPHS)
"""How things, and collections of them, are written; JSON and JSON-LD are the same text."""

PLAIN: Final = "/?:()*"
"""What stands for itself in the query of an address (RFC 3986), and means nothing to who splits a header."""

LINK_LETTERS: Final = 6_000
"""A longer address is not put into a header: servers in between would refuse it."""


@dataclass(frozen=True)
class Wish:
    """What a request wants: an address without its suffix, in a format, of an edition."""

    base: str
    path: str
    parameters: str
    format: Format
    revision: str
    extent: View | None = None
    digest: str | None = None
    """That of the text of the one graph that is described, which a replacement can name."""
    offered: Sequence[Format] = ()
    """The formats that the same can be had in."""

    @property
    def tag(self) -> str:
        """The ETag: known before anything is asked. It is weak, for an answer may be sent compressed."""
        parts = (self.revision, self.extent, self.base, self.path, self.parameters, self.format.name)
        state = "" if self.digest is None else f".{self.digest[:ABBREVIATED]}"
        return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}{state}"'

    def locate(self, suffix: str = "") -> str:
        """The address of what is wanted, with its parameters."""
        path = self.base + self.path + (f".{suffix}" if suffix else "")
        return path + (f"?{self.parameters}" if self.parameters else "")

    def place(self, path: str) -> str:
        """An address of this service that asks the same edition."""
        return add_pin(self.base + path, self.extent)

    def place_query(self, text: str) -> str:
        """The address that runs a query on the same edition."""
        return self.place(f"sparql?query={quote(text, safe=PLAIN)}")


def find_base(request: Request, settings: Settings) -> str:
    """The address that links begin with; it ends with a slash."""
    return (settings.public_base or str(request.base_url)).rstrip("/") + "/"


def read_wish(
    request: Request, settings: Settings, edition: Edition, path: str, offered: Sequence[Format]
) -> Wish:
    """The wish of a request; ``path`` has the suffix still, if it has one.

    A suffix decides; without one ``Accept`` does. Raises :class:`NotFound` for a suffix that is not offered,
    :class:`NotAcceptable`.
    """
    stem, suffix = split_suffix(path)
    if suffix:
        format = next((entry for entry in offered if entry.suffix == suffix), None)
        if format is None:
            known = ", ".join(entry.suffix for entry in offered)
            raise NotFound(f"there is no .{suffix} here; there are {known}")
    else:
        accept = request.headers.get("accept")
        format = choose("*/*" if comes_from_browser(accept) else accept, tuple(offered))
        if format is None:
            known = ", ".join(entry.media_type for entry in offered)
            raise NotAcceptable(f"this can be had as {known}")
    parameters = request.scope["query_string"].decode("ascii", "replace")
    base = find_base(request, settings)
    return Wish(base, stem, parameters, format, edition.revision, edition.extent, offered=tuple(offered))


def split_suffix(path: str) -> tuple[str, str]:
    """A path and the suffix at its end; no slug holds a dot."""
    stem, dot, suffix = path.rpartition(".")
    return (stem, suffix) if dot and "/" not in suffix else (path, "")


def answer_unchanged(request: Request, wish: Wish) -> Response | None:
    """A 304, if the client holds this very answer."""
    if is_unchanged(request, wish.tag):
        return Response(status_code=304, headers=name_headers(wish.tag, wish.revision, wish.extent))
    return None


def answer_bytes(wish: Wish, body: bytes, links: Iterable[tuple[str, str]] = ()) -> Response:
    """The answer to a wish; ``links`` are pairs of relation and address."""
    headers = name_headers(wish.tag, wish.revision, wish.extent) | {"Content-Type": wish.format.content_type}
    written = [f'<{address}>; rel="{relation}"' for relation, address in links if len(address) < LINK_LETTERS]
    return Response(body, headers=headers | ({"Link": ", ".join(written)} if written else {}))


def write_json(members: Mapping[str, Any]) -> bytes:
    """A JSON text that people can read too."""
    return (json.dumps(members, ensure_ascii=False, indent=1) + "\n").encode()


def write_compact_json(members: Mapping[str, Any]) -> bytes:
    """A JSON text without white space, for what is large."""
    return (json.dumps(members, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def write_triples(triples: Iterable[Triple], format: Format) -> bytes:
    """Triples in one of ``formats.GRAPHS``, the same bytes for the same triples."""
    quads = [Quad(triple.subject, triple.predicate, triple.object, DefaultGraph()) for triple in triples]
    return write(quads, format.name)


def is_tree(format: Format) -> bool:
    """Whether a format is our JSON, under either of its names."""
    return format in (JSON, JSONLD)


def link_citation(wish: Wish) -> dict[str, str]:
    """Where the citation of an answer with parameters is."""
    return {"cite": f"{wish.base}api/v1/citation?of={quote(wish.locate().removeprefix(wish.base), safe='')}"}


def link_query(wish: Wish, text: str) -> tuple[str, str]:
    """The link to the query that yields an answer, without its indentation: so more fit into a header."""
    return ("via", wish.place_query("\n".join(line.lstrip(" ") for line in text.split("\n"))))


def link_formats(wish: Wish) -> list[tuple[str, str]]:
    """The links to the same thing in other formats."""
    return [("alternate", wish.locate(entry.suffix)) for entry in wish.offered if entry is not wish.format]
