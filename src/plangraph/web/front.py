"""What every request passes first: its id, answers that are held already, and the way to what answers it.

This is plain ASGI in front of FastAPI, since a request that is answered from here costs a fifth of one that
is not. Some paths go past the router for the same reason. HEAD is answered as GET without its body, and pages
of other sites may read everything.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from plangraph.errors import PlangraphError
from plangraph.formats import takes_gzip
from plangraph.settings import Limits
from plangraph.web.cache import IN_304, Cache, Headers, Held, Key, find_tag, matches
from plangraph.web.outgoing import WholeResponse
from plangraph.web.problems import answer_known, answer_unknown
from plangraph.web.watch import Watch

Handler = Callable[[Request], Awaitable[Response]]

logger = logging.getLogger("plangraph.faults")

REQUEST_ID: Final = b"x-request-id"
GOOD_ID: Final = re.compile(rb"[A-Za-z0-9._~-]{1,64}")
NO_BODY: Final = {"type": "http.response.body", "body": b"", "more_body": False}

OPEN_TO_ALL: Final = (b"access-control-allow-origin", b"*")
EXPOSED: Final = (
    b"access-control-expose-headers",
    b"Allow, ETag, Idempotency-Replayed, Link, Location, Plangraph-As-Of, Plangraph-At-Revision, "
    b"Plangraph-Revision, Repr-Digest, Retry-After, WWW-Authenticate, X-Request-Id",
)
PREFLIGHT: Final = (
    OPEN_TO_ALL,
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, DELETE, QUERY, OPTIONS"),
    (b"access-control-max-age", b"86400"),
    (b"vary", b"Access-Control-Request-Headers"),
    (b"content-length", b"0"),
)


class Front:
    """The outermost application. ``shortcuts``, by method and path, answer without the router.

    ``read_revision`` tells the revision that new answers are of; a held answer of another is not given.
    """

    def __init__(
        self,
        app: FastAPI,
        shortcuts: Mapping[tuple[str, str], Handler],
        watch: Watch,
        limits: Limits,
        read_revision: Callable[[], str],
    ) -> None:
        self.app = app
        self.shortcuts = shortcuts
        self.watch = watch
        self.cache: Cache = watch.cache
        self.limits = limits
        self.read_revision = read_revision
        trusted = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
        self.behind_proxy: Any = ProxyHeadersMiddleware(cast(Any, self.take), trusted)
        self.numbers = itertools.count(1)
        self.prefix = secrets.token_hex(4)

    @property
    def state(self) -> State:
        """The state of the application behind."""
        return self.app.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = scope["headers_by_name"] = dict(scope["headers"])
        if b"x-forwarded-for" in headers or b"x-forwarded-proto" in headers:
            await self.behind_proxy(scope, receive, send)
        else:
            await self.take(scope, receive, send)

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request whose scope says who sent it and to which address."""
        begun = time.perf_counter()
        headers = scope["headers_by_name"]
        name = self.name_request(headers)
        method, key, revision = scope["method"], None, self.read_revision()
        if method in ("GET", "HEAD"):
            if b"authorization" not in headers and b"range" not in headers:
                key = make_key(scope, headers)
                if held := self.cache.find(key, revision):
                    await send_held(held, headers, name, send, method == "HEAD")
                    self.watch.note_held(scope, name, begun, len(held[1]))
                    return
            if method == "HEAD":
                scope = {**scope, "method": "GET"}
        elif method == "OPTIONS" and b"access-control-request-method" in headers:
            await send_preflight(headers, name, send)
            return
        scope["request_id"] = name.decode()
        exchange = Exchange(self, send, name, key if method in ("GET", "HEAD") else None, revision)
        exchange.is_head = method == "HEAD"
        try:
            handler = self.shortcuts.get((scope["method"], scope["path"]))
            if handler is None or b"text/html" in headers.get(b"accept", b""):  # a page goes out compressed
                await self.app(scope, receive, exchange.send)
                return
            scope["app"] = self.app
            request = Request(scope, receive)
            response = await self.answer(handler, request)
            if isinstance(response, WholeResponse):
                await exchange.send_whole(response)
            else:
                await response(scope, receive, exchange.send)
        finally:
            self.watch.note(scope, name, exchange.status, begun, exchange.length)

    async def answer(self, handler: Handler, request: Request) -> Response:
        """The response of a shortcut, with the problem documents that the router would give."""
        try:
            return await handler(request)
        except PlangraphError as error:
            return answer_known(request, error, self.limits)
        except Exception:
            logger.exception("a request failed")
            return answer_unknown(self.limits)

    def name_request(self, headers: Mapping[bytes, bytes]) -> bytes:
        """The id that the client chose, or one of ours."""
        given = headers.get(REQUEST_ID)
        if given is not None and GOOD_ID.fullmatch(given):
            return given
        return f"{self.prefix}-{next(self.numbers):x}".encode()


class Exchange:
    """One answer on its way out: it is given its id, and held for the next who asks the same."""

    def __init__(self, front: Front, send: Send, name: bytes, key: Key | None, revision: str) -> None:
        self.front = front
        self.pass_on = send
        self.name = name
        self.key = key
        self.revision = revision
        self.is_head = False
        self.status = 0
        self.length = 0
        self.head: Headers | None = None
        self.parts: list[bytes] = []

    async def send_whole(self, response: WholeResponse) -> None:
        """Send an answer that is one part, without a detour."""
        body = response.content
        self.status, self.length = 200, len(body)
        headers = [*response.raw_headers, OPEN_TO_ALL, EXPOSED]
        if self.key is not None and self.front.read_revision() == self.revision:
            self.front.cache.keep(self.key, self.revision, headers, body)
        await self.pass_on(
            {"type": "http.response.start", "status": 200, "headers": [*headers, (REQUEST_ID, self.name)]}
        )
        sent = b"" if self.is_head else body
        await self.pass_on({"type": "http.response.body", "body": sent, "more_body": False})

    async def send(self, message: Message) -> None:
        """Hand a part of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], OPEN_TO_ALL, EXPOSED]
            if self.key is not None and self.status == 200 and find_tag(headers) is not None:
                self.head = headers
            message["headers"] = [*headers, (REQUEST_ID, self.name)]
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            self.length += len(body)
            if self.head is not None:
                self.collect(body, not message.get("more_body", False))
            if self.is_head:
                message = {**message, "body": b""}
        await self.pass_on(message)

    def collect(self, body: bytes, is_last: bool) -> None:
        """Hold the answer once it is whole, if it may be held and the data has not changed meanwhile."""
        cache = self.front.cache
        if self.head is None or self.key is None or not cache.takes(self.length):
            self.head, self.parts = None, []
            return
        self.parts.append(body)
        if is_last and self.front.read_revision() == self.revision:
            cache.keep(self.key, self.revision, self.head, b"".join(self.parts))


def make_key(scope: Scope, headers: Mapping[bytes, bytes]) -> Key:
    """What a held answer depends on, beside the revision."""
    codings = headers.get(b"accept-encoding")
    return (
        scope["path"],
        scope["query_string"],
        headers.get(b"accept", b""),
        codings is not None and takes_gzip(codings.decode("latin-1")),
        headers.get(b"host", b""),
    )


async def send_held(
    held: Held, headers: Mapping[bytes, bytes], name: bytes, send: Send, is_head: bool
) -> None:
    """Give an answer that is held, or say that the client holds it too."""
    asked = headers.get(b"if-none-match")
    full, body, _ = held
    named = (REQUEST_ID, name)
    if asked is not None and matches(held, asked):
        short = [entry for entry in full if entry[0] in IN_304]
        await send({"type": "http.response.start", "status": 304, "headers": [*short, named]})
        await send(NO_BODY)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [*full, named]})
    await send({"type": "http.response.body", "body": b"" if is_head else body, "more_body": False})


async def send_preflight(headers: Mapping[bytes, bytes], name: bytes, send: Send) -> None:
    """Tell a page of another site that it may ask what it wants to ask."""
    wanted = (b"access-control-allow-headers", headers.get(b"access-control-request-headers", b"*"))
    allowed = [*PREFLIGHT, wanted, (REQUEST_ID, name)]
    await send({"type": "http.response.start", "status": 200, "headers": allowed})
    await send(NO_BODY)
