"""What names an answer: its ETag, the revision it is of, and when a client holds it already."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final

from fastapi import Request

from plangraph.evaluation import Answer, Query
from plangraph.past import View
from plangraph.web.pin import name_extent

VOLATILE: Final = re.compile(r"\b(?:RAND|NOW|UUID|STRUUID)\s*\(", re.IGNORECASE)
"""Calls that give another value each time: such an answer has no ETag."""


def name_answer(query: Query, revision: str, extent: View | None = None) -> str | None:
    """The ETag of an answer: known before the query runs, so that a 304 costs none.

    It is weak, for one answer may be sent compressed or not. Each wish of a client has its own, which costs a
    second transfer where two wishes end in one format, and never mixes two formats up.
    """
    if "(" in query.text and VOLATILE.search(query.text):
        return None
    graphs = (query.default_graph_uris, query.named_graph_uris)
    parts = (revision, extent, query.text, query.accept or "*/*", graphs)
    return f'W/"{hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:32]}"'


def is_unchanged(request: Request, tag: str | None) -> bool:
    """Whether the client holds this very answer (RFC 9110, section 13.1.2)."""
    held = [entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")]
    return tag is not None and tag.removeprefix("W/") in held


@lru_cache(maxsize=64)
def head_of(
    content_type: str, compressed: bool, revision: str, extent: View | None, tagged: bool
) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of an answer but for its ETag, as they are sent; one of many answers alike."""
    headers = name_headers("" if tagged else None, revision, extent) | {"Content-Type": content_type}
    if compressed:
        headers["Content-Encoding"] = "gzip"
    headers.pop("ETag", None)
    return tuple((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items())


def head_answer(answer: Answer, tag: str | None, extent: View | None = None) -> list[tuple[bytes, bytes]]:
    """All headers of an answer to a query but for its length, as they are sent."""
    head = head_of(answer.format.content_type, answer.compressed, answer.revision, extent, tag is not None)
    return [*head, (b"etag", tag.encode())] if tag is not None else [*head]


def name_headers(tag: str | None, revision: str, extent: View | None = None) -> dict[str, str]:
    """The headers that say what an answer is an answer of."""
    headers = {"Plangraph-Revision": revision, "Vary": "Accept, Accept-Encoding"} | name_extent(extent)
    if tag is None:
        return headers | {"Cache-Control": "no-store"}
    return headers | {"ETag": tag, "Cache-Control": "no-cache"}
