"""What every request passes first: its id, answers that are held already, and the way to what answers it.

This is plain ASGI in front of the router, since a request that is answered from here costs a third of one
that is not. HEAD is answered as GET without its body.
"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plangraph.errors import PlangraphError
from plangraph.formats import takes_gzip
from plangraph.settings import Limits
from plangraph.web.cache import Cache, Held, Key
from plangraph.web.problems import answer_known, answer_unknown
from plangraph.web.watch import Watch

Handler = Callable[[Request], Awaitable[Response]]

REQUEST_ID: Final = b"x-request-id"
GOOD_ID: Final = re.compile(rb"[A-Za-z0-9._~-]{1,64}")
logger = logging.getLogger("plangraph.faults")
NO_BODY: Final = {"type": "http.response.body", "body": b"", "more_body": False}


class Front:
    """The outermost application.

    ``read_revision`` tells the revision that new answers are of; a held answer of another is not given.
    """

    def __init__(
        self,
        app: ASGIApp,
        cache: Cache,
        watch: Watch,
        read_revision: Callable[[], str],
    ) -> None:
        self.app = app
        self.cache = cache
        self.watch = watch
        self.read_revision = read_revision
        self.numbers = itertools.count(1)
        self.prefix = secrets.token_hex(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        headers = dict(scope["headers"])
        name = self.name_request(headers)
        revision = self.read_revision()
        key = None
        if scope["method"] in ("GET", "HEAD") and b"authorization" not in headers and b"range" not in headers:
            key = make_key(scope, headers)
            if held := self.cache.find(key, revision):
                await send_held(held, headers, name, send, scope["method"] == "HEAD")
                self.watch.note_held(scope, begun, len(held.body))
                return
        exchange = Exchange(self, scope, send, name, begun)
        exchange.may_hold(key, revision)
        inner = scope if scope["method"] != "HEAD" else {**scope, "method": "GET"}
        inner["request_id"] = name.decode()
        try:
            await self.app(inner, receive, exchange.send)
        finally:
            exchange.finish()

    def name_request(self, headers: Mapping[bytes, bytes]) -> bytes:
        """The id that the client chose, or one of ours."""
        given = headers.get(REQUEST_ID)
        if given is not None and GOOD_ID.fullmatch(given):
            return given
        return f"{self.prefix}-{next(self.numbers):x}".encode()


class Bypass:
    """Sends some requests past the router, by method and path."""

    def __init__(self, app: ASGIApp, shortcuts: Mapping[tuple[str, str], ASGIApp]) -> None:
        self.app = app
        self.shortcuts = shortcuts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        way = self.app
        if scope["type"] == "http":
            way = self.shortcuts.get((scope["method"], scope["path"]), self.app)
        await way(scope, receive, send)


class Shortcut:
    """A handler as an application of its own, with the problem documents that the router would give."""

    def __init__(self, handler: Handler, limits: Limits) -> None:
        self.handler = handler
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        request = Request(scope, receive)
        try:
            response = await self.handler(request)
        except PlangraphError as error:
            response = answer_known(request, error, self.limits)
        except Exception:
            logger.exception("a request failed")
            response = answer_unknown(self.limits)
        await response(scope, receive, send)


class Exchange:
    """One answer on its way out: it is given its id, counted, and held for the next who asks the same."""

    def __init__(self, front: Front, scope: Scope, send: Send, name: bytes, begun: float) -> None:
        self.front = front
        self.scope = scope
        self.pass_on = send
        self.name = name
        self.begun = begun
        self.key: Key | None = None
        self.revision = ""
        self.status = 0
        self.length = 0
        self.head: Message | None = None
        self.parts: list[bytes] = []

    def may_hold(self, key: Key | None, revision: str) -> None:
        """Under which key the answer may be held, if it is of that revision."""
        self.key, self.revision = key, revision

    async def send(self, message: Message) -> None:
        """Hand a part of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.key is not None and self.status == 200:
                self.head = {**message, "headers": list(message["headers"])}
            message["headers"] = [*message["headers"], (REQUEST_ID, self.name)]
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            self.length += len(body)
            if self.head is not None:
                self.collect(body, not message.get("more_body", False))
            if self.scope["method"] == "HEAD":
                message = {**message, "body": b""}
        await self.pass_on(message)

    def collect(self, body: bytes, is_last: bool) -> None:
        """Hold the answer once it is whole, if it may be held and the data has not changed meanwhile."""
        cache, revision = self.front.cache, self.front.read_revision()
        if self.head is None or self.key is None or not cache.takes(self.length):
            self.head, self.parts = None, []
            return
        self.parts.append(body)
        if is_last and revision == self.revision:
            cache.keep(self.key, revision, self.head["headers"], b"".join(self.parts))

    def finish(self) -> None:
        """Count it, and note it where it is worth a note."""
        self.front.watch.note(self.scope, self.name, self.status, self.begun, self.length)


def make_key(scope: Scope, headers: Mapping[bytes, bytes]) -> Key:
    """What a held answer depends on, beside the revision."""
    return (
        scope["path"],
        scope["query_string"],
        headers.get(b"accept", b""),
        takes_gzip(headers.get(b"accept-encoding", b"").decode("latin-1")),
        headers.get(b"host", b""),
        b"origin" in headers,
    )


async def send_held(
    held: Held, headers: Mapping[bytes, bytes], name: bytes, send: Send, is_head: bool
) -> None:
    """Give an answer that is held, or say that the client holds it too."""
    asked = headers.get(b"if-none-match")
    if asked is not None and held.matches(asked):
        await send(
            {"type": "http.response.start", "status": 304, "headers": [*held.short, (REQUEST_ID, name)]}
        )
        await send(NO_BODY)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [*held.headers, (REQUEST_ID, name)]})
    await send({"type": "http.response.body", "body": b"" if is_head else held.body, "more_body": False})
