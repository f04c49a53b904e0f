"""What was accepted, replaced and retracted: the revisions of the journal as JSON, as Atom, and as they come.

Events are sent as Server-Sent Events (WHATWG HTML, 9.2); the id of an event is the number of its revision, so
that a client which was cut off goes on where it was.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter, NotFound, QueueFull
from plangraph.journal_reads import JournalReader
from plangraph.journal_tables import Revision
from plangraph.parts import find_graph
from plangraph.settings import Settings
from plangraph.terms import SLUG, graph, split_thing
from plangraph.web.atom import ACTIONS, PREFIX, locate_documents, write_feed
from plangraph.web.call import read_fields
from plangraph.web.registry import name_thing
from plangraph.web.replies import find_base
from plangraph.web.tags import is_unchanged

FOLLOWERS: Final = 100
"""How many clients may follow at the same time."""

LOOK_SECONDS: Final = 0.2
"""How often it is looked whether there is a new revision."""

ALIVE_SECONDS: Final = 15
"""After so much silence a comment is sent, so that nobody in between hangs up."""


class Feed:
    """What answers about revisions."""

    def __init__(self, engine: QueryEngine, journal: JournalReader, settings: Settings) -> None:
        self.engine = engine
        self.journal = journal
        self.settings = settings
        self.followers = 0

    async def list_page(self, request: Request) -> Response:
        """The revisions after a number, in order, some at a time."""
        since, limit, _ = read_range(request, self.settings)
        found = await asyncio.to_thread(self.journal.list_revisions, since, limit + 1)
        shown, base = found[:limit], find_base(request, self.settings)
        page: dict[str, Any] = {"items": [describe(revision, base) for revision in shown], "next": None}
        if len(found) > limit:
            page["next"] = f"{base}{PREFIX[1:]}?since={shown[-1].number}&limit={limit}"
        return JSONResponse(page, headers={"Cache-Control": "no-cache"})

    async def write_atom(self, request: Request) -> Response:
        """The same as a feed, the newest first, in pages that lead to the older ones."""
        since, limit, before = read_range(request, self.settings, ("since", "limit", "before"))
        last = await asyncio.to_thread(self.journal.find_last)
        newest = min(last.number if last else 0, before - 1 if before else sys.maxsize)
        first = max(since, newest - limit)
        tag = f'W/"{first}-{newest}-{last.hash[:16] if last else 0}"'
        headers = {"Cache-Control": "no-cache", "ETag": tag}
        if is_unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        found = await asyncio.to_thread(self.journal.list_revisions, first, newest - first)
        base = find_base(request, self.settings)
        older = (
            f"{base}{PREFIX[1:]}.atom?since={since}&limit={limit}&before={first + 1}" if first > since else ""
        )
        body = write_feed([*reversed(found)], base, older)
        return Response(body, media_type="application/atom+xml", headers=headers)

    async def get_one(self, request: Request, number: int) -> Response:
        """One revision."""
        revision = await asyncio.to_thread(self.journal.find_revision, number)
        return JSONResponse(describe(revision, find_base(request, self.settings)))

    async def get_text(self, number: int, part: str) -> Response:
        """A document or a thing of the registry as it was stated at a revision, as Turtle."""
        await asyncio.to_thread(self.journal.find_revision, number)
        text = await asyncio.to_thread(self.journal.find_text, part, number)
        if text is None:
            raise NotFound(f"at revision {number} there was no <{part}>")
        return Response(text, media_type="text/turtle; charset=utf-8")

    async def list_history(self, request: Request, part: str) -> Response:
        """The revisions that touched a document or a thing of the registry."""
        found = await asyncio.to_thread(self.journal.list_history, part)
        if not found:
            raise NotFound(f"there never was <{part}>")
        base = find_base(request, self.settings)
        return JSONResponse({"items": [describe(revision, base) for revision in found]})

    async def follow(self, request: Request) -> Response:
        """The revisions after a number, and then each as it is accepted."""
        given = read_given(request, ["since"])
        since = read_number("since", given.get("since", ["0"])[-1])
        if (last := request.headers.get("last-event-id")) is not None:
            since = read_number("Last-Event-ID", last)
        if self.followers >= FOLLOWERS:
            raise QueueFull(f"{FOLLOWERS} clients follow already", limit=FOLLOWERS)
        stream = self.send_events(since, find_base(request, self.settings))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def send_events(self, since: int, base: str) -> AsyncIterator[bytes]:
        """Events for as long as the client listens and the service runs."""
        self.followers += 1
        try:
            yield b"retry: 2000\n\n"
            seen = None
            while self.engine.started:
                if seen == self.engine.revision:
                    for _ in range(int(ALIVE_SECONDS / LOOK_SECONDS)):
                        await asyncio.sleep(LOOK_SECONDS)
                        if seen != self.engine.revision or not self.engine.started:
                            break
                    else:
                        yield b": still here\n\n"
                    continue
                seen = self.engine.revision
                for revision in await asyncio.to_thread(self.journal.list_revisions, since):
                    since = revision.number
                    yield write_event(revision, base)
        finally:
            self.followers -= 1


def read_range(
    request: Request, settings: Settings, offered: Sequence[str] = ("since", "limit")
) -> tuple[int, int, int]:
    """After which number, how many, and before which (0 for none); raises :class:`BadParameter`."""
    given = read_given(request, offered)
    since, before = (read_number(name, given.get(name, ["0"])[-1]) for name in ("since", "before"))
    limit = read_number("limit", given.get("limit", [str(settings.limits.page_items)])[-1])
    most = settings.limits.page_items_most
    if not 1 <= limit <= most:
        raise BadParameter(f"limit is a number from 1 to {most:,}", rule="page_items_most", limit=most)
    return since, limit, before


def read_given(request: Request, names: Sequence[str]) -> Mapping[str, list[str]]:
    """The parameters of an address, which may have these; raises :class:`BadParameter`."""
    given = read_fields(request.scope["query_string"], "the address")
    if unknown := given.keys() - set(names):
        are = "is" if len(names) == 1 else "are"
        raise BadParameter(f"there is no parameter {min(unknown)}; there {are} {', '.join(names)}")
    return given


def read_number(name: str, text: str) -> int:
    """A number from 0 on; raises :class:`BadParameter`."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise BadParameter(f"{name} is the number of a revision, not {text!r:.80}")
    return int(text)


def name_document(slug: str) -> str:
    """The graph of the document of that name; raises :class:`NotFound` for what can be no name."""
    if not SLUG.fullmatch(slug):
        raise NotFound(f"{slug!r:.80} is no name of a document")
    return graph(f"document/{slug}").value


def describe(revision: Revision, base: str) -> dict[str, Any]:
    """A revision as JSON, with what it did to which graphs, and to which things of the registry."""
    return {
        "number": revision.number,
        "url": f"{base}{PREFIX[1:]}/{revision.number}",
        "revision": revision.name,
        "documents": locate_documents(revision, base),
        "acceptedAt": revision.accepted_at,
        "by": revision.accepted_by,
        "reason": revision.reason,
        "previous": revision.previous,
        "hash": revision.hash,
        "parts": [
            {
                "graph": find_graph(entry.part).value,
                "thing": entry.part if split_thing(entry.part) else None,
                "action": ACTIONS[entry.action],
                "digest": entry.digest,
            }
            for entry in revision.entries
        ],
    }


def write_event(revision: Revision, base: str) -> bytes:
    """A revision as an event; JSON holds no bare line end, which would end it early."""
    data = json.dumps(describe(revision, base), ensure_ascii=False)
    return f"id: {revision.number}\nevent: revision\ndata: {data}\n\n".encode()


def create_router(engine: QueryEngine, journal: JournalReader, settings: Settings) -> APIRouter:
    """The routes of the revisions."""
    feed = Feed(engine, journal, settings)
    router = APIRouter(tags=["History"])

    @router.get(PREFIX, summary="What was accepted, replaced and retracted, in order", openapi_extra=RANGE)
    async def list_revisions(request: Request) -> Response:
        return await feed.list_page(request)

    @router.get(PREFIX + ".atom", summary="The same as an Atom feed", openapi_extra=PAGED)
    async def list_revisions_atom(request: Request) -> Response:
        return await feed.write_atom(request)

    @router.get(
        PREFIX + "/events", summary="The same as it happens (Server-Sent Events)", openapi_extra=FOLLOWING
    )
    async def follow_revisions(request: Request) -> Response:
        return await feed.follow(request)

    @router.get(PREFIX + "/{number}", summary="One revision")
    async def get_revision(request: Request, number: int) -> Response:
        return await feed.get_one(request, number)

    @router.get(PREFIX + "/{number}/documents/{slug}", summary="A document as it was at a revision")
    async def get_document_then(number: int, slug: str) -> Response:
        return await feed.get_text(number, name_document(slug))

    @router.get(
        PREFIX + "/{number}/registry/{kind}/{slug}", summary="What the registry said of a thing at a revision"
    )
    async def get_entry_then(number: int, kind: str, slug: str) -> Response:
        return await feed.get_text(number, name_thing(kind, slug).value)

    @router.get("/api/v1/documents/{slug}/history", summary="The revisions that touched a document")
    async def list_history(request: Request, slug: str) -> Response:
        return await feed.list_history(request, name_document(slug))

    @router.get(
        "/api/v1/registry/{kind}/{slug}/history", summary="The revisions that touched a thing of the registry"
    )
    async def list_entry_history(request: Request, kind: str, slug: str) -> Response:
        return await feed.list_history(request, name_thing(kind, slug).value)

    return router


SINCE: Final[dict[str, Any]] = {
    "name": "since", "in": "query", "schema": {"type": "integer", "minimum": 0},
    "description": "Only revisions after this number",
}  # fmt: skip
RANGE: Final[dict[str, Any]] = {
    "parameters": [SINCE, {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}}]
}
FOLLOWING: Final[dict[str, Any]] = {
    "parameters": [
        SINCE,
        {
            "name": "Last-Event-ID", "in": "header", "schema": {"type": "integer", "minimum": 0},
            "description": "The number of the last revision that a client has seen, which it goes on after; "
            "browsers send it by themselves. It goes before `since`",
        },
    ]
}  # fmt: skip

PAGED: Final[dict[str, Any]] = {
    "parameters": [
        *RANGE["parameters"],
        {
            "name": "before", "in": "query", "schema": {"type": "integer", "minimum": 0},
            "description": "Only revisions before this number; the link `next` of a feed has it",
        },
    ]
}  # fmt: skip
