"""Answers on their way to clients: large ones in slices, within a time and a sum; slow readers are cheap."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from plangraph.errors import AnswersPending
from plangraph.settings import Limits

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values, as they are sent."""

SLICE_BYTES: Final = 256 * 1024
"""The server takes a slice only when the client has taken most of what came before it."""


class Outgoing:
    """The large answers that clients are still taking."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes = 0

    def respond(self, body: bytes, headers: RawHeaders) -> Response:
        """The response that carries a body; raises :class:`AnswersPending` where there are too many."""
        if len(body) <= SLICE_BYTES:
            return WholeResponse(body, headers)
        most = self.limits.sending_bytes
        if self.bytes + len(body) > most:
            raise AnswersPending(f"{self.bytes:,} bytes of other answers are on their way", limit=most)
        return SlicedResponse(self, body, headers)


class WholeResponse(Response):
    """An answer with status 200 whose head is made with little ado: most answers of ``/sparql`` are such."""

    def __init__(self, body: bytes, headers: RawHeaders) -> None:
        self.status_code = 200
        self.background = None
        self.body = self.content = body
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]


class SlicedResponse(Response):
    """A large answer. A client that does not take it in time is hung up on."""

    def __init__(self, outgoing: Outgoing, body: bytes, headers: RawHeaders) -> None:
        self.outgoing = outgoing
        super().__init__(body)
        self.raw_headers = [*headers, *self.raw_headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Send it slice by slice."""
        length = len(self.body)
        self.outgoing.bytes += length
        try:
            async with asyncio.timeout(self.outgoing.limits.send_seconds):
                await send(
                    {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
                )
                for begin in range(0, length, SLICE_BYTES):
                    part = self.body[begin : begin + SLICE_BYTES]
                    more = begin + SLICE_BYTES < length
                    await send({"type": "http.response.body", "body": part, "more_body": more})
        except TimeoutError:
            return  # the server closes the connection of an answer that is not whole
        finally:
            self.outgoing.bytes -= length
