"""What a request says of a write beside the write: its key, its condition, and the tags that these rest on.

The ETag of an answer about one graph ends in a full stop and the digest of that graph's text. ``If-Match``
takes such a tag back, or a bare digest, and looks at this part alone: a write elsewhere changes what names
the answer and does not make it stale.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from fastapi import Request
from pyoxigraph import NamedNode, RdfFormat, parse

from plangraph.editions import Edition
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.formats import NTRIPLES
from plangraph.graph_texts import ABBREVIATED, digest_text
from plangraph.parts import find_graph
from plangraph.terms import SLUG, graph
from plangraph.turtle import write_turtle
from plangraph.worker import Query
from plangraph.writes import Expected, Intent

READ: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
READ_THING: Final = "CONSTRUCT {{ {thing} ?p ?o }} WHERE {{ {thing} ?p ?o FILTER(!isBlank(?o)) }}"
"""What the registry says of a thing by itself, as :mod:`plangraph.parts` has it."""

TAG: Final = re.compile(r'\s*(?:W/)?"([^"]*)"\s*')
DIGEST: Final = re.compile(rf"(?:.*\.)?([0-9a-f]{{{ABBREVIATED},64}})")
NONE_OF_OURS: Final = "-"
"""Stands for a tag that this service has not made: no digest begins so."""


def read_intent(
    request: Request,
    part: str | None = None,
    *,
    by: str = "",
    reason: str = "",
    digest: str | None = None,
    dry_run: bool = False,
) -> Intent:
    """What a request says of its write to one graph or thing.

    It says so in ``Idempotency-Key``, ``If-Match`` and ``If-None-Match: *``. ``digest`` is that of the
    request where the write alone does not tell two requests apart. Raises :class:`BadParameter`.
    """
    return Intent(
        by=by,
        reason=reason,
        key=request.headers.get("idempotency-key"),
        digest=digest,
        expected=() if part is None else read_expected(request, part),
        dry_run=dry_run,
    )


def read_expected(request: Request, part: str) -> tuple[Expected, ...]:
    """What a request expects a graph or thing to be."""
    found = []
    if (wanted := request.headers.get("if-match")) is not None:
        found.append(Expected(part, () if wanted.strip() == "*" else tuple(map(find_digest, split(wanted)))))
    if (unwanted := request.headers.get("if-none-match")) is not None:
        if unwanted.strip() != "*":
            raise BadParameter("If-None-Match of a write is only taken as *: it is not there yet")
        found.append(Expected(part, absent=True))
    return tuple(found)


def split(header: str) -> list[str]:
    """The tags of a header, without their quotes; raises :class:`BadParameter`."""
    tags = [TAG.fullmatch(part) for part in header.split(",")]
    if not all(tags):
        raise BadParameter('If-Match takes * or tags in quotes, as an ETag has them: "..."')
    return [tag[1] for tag in tags if tag]


def find_digest(tag: str) -> str:
    """The digest of a text that a tag ends in."""
    found = DIGEST.fullmatch(tag)
    return found[1] if found else NONE_OF_OURS


def add_digest(tag: str | None, digest: str | None) -> str | None:
    """The ETag of an answer about one graph, whose digest was asked for before the answer was."""
    if tag is None or digest is None:
        return tag
    return f'{tag.removesuffix(chr(34))}.{digest[:ABBREVIATED]}"'


async def ask_condition(edition: Edition, part: str) -> str | None:
    """What ``If-Match`` of a replacement takes; nothing where nobody can replace the part.

    Nobody can in an edition of a day or of the past, which is not what a replacement would replace.
    """
    if edition.extent is not None or not edition.engine.settings.is_gated:
        return None
    return await ask_digest(edition.engine, part)


async def ask_document(edition: Edition, slug: str) -> str | None:
    """The same for the document of that name; nothing for what can be no name."""
    return await ask_condition(edition, graph(f"document/{slug}").value) if SLUG.fullmatch(slug) else None


async def ask_digest(engine: QueryEngine, part: str) -> str | None:
    """The digest of the text of a graph or of a thing of the registry, nothing where there is no such.

    It is that of the data as it is, or of a moment ago: an answer that is asked for after this one is never
    older than the digest, so that a tag of both never lets a write pass that has not seen the text.
    """
    if part in engine.writer.digests:
        return engine.writer.digests[part]
    place = find_graph(part).value
    text = READ if part == place else READ_THING.format(thing=NamedNode(part))
    query = Query(text, NTRIPLES.media_type, default_graph_uris=(place,), default_graph="strict")
    answer = await engine.finish(engine.begin(query))
    return await asyncio.to_thread(digest_triples, answer.body)


def digest_triples(body: bytes) -> str | None:
    """The digest of the canonical text of triples in N-Triples."""
    quads = list(parse(body, format=RdfFormat.N_TRIPLES))
    return digest_text(write_turtle(quads)) if quads else None
