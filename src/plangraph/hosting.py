"""The HTTP server that runs the application, and how long it waits for a client."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from plangraph.pages.bundle import MISSING, is_built
from plangraph.settings import Settings
from plangraph.web.site import create_site
from plangraph.web.watch import start_log

logger = logging.getLogger("plangraph.pages")

CONNECTIONS: Final = 2_048
"""How many connections may wait to be accepted."""


def host_site(settings: Settings) -> None:
    """Serve until told to end."""
    start_log()
    if not is_built():
        logger.warning(MISSING)
    site = create_site(settings)
    # What is there now stays: a collection that walks the whole data set would hold everybody up each time.
    gc.collect()
    gc.freeze()
    uvicorn.run(
        site,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=create_protocol(settings.limits.head_seconds),
        backlog=CONNECTIONS,
        timeout_graceful_shutdown=settings.limits.query_seconds,  # whoever follows the revisions never ends
        log_level="info",
        access_log=False,
        proxy_headers=False,  # the site reads them itself, where there are any
    )


def create_protocol(head_seconds: float) -> type[asyncio.Protocol]:
    """The server's own protocol, which hangs up where the head of a request does not arrive in time.

    The server has a time for connections that are idle between requests, and none for heads that drip.
    """

    class PromptProtocol(HttpToolsProtocol):
        """Waits so long for the head of a request, from its first byte on, or from the connection."""

        waiting: asyncio.TimerHandle | None = None
        is_reading_head = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.wait_for_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self.stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.is_reading_head:  # most heads arrive whole, and need no timer
                self.wait_for_head()

        def on_message_begin(self) -> None:
            self.is_reading_head = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self.is_reading_head = False
            self.stop_waiting()
            super().on_headers_complete()

        def wait_for_head(self) -> None:
            if self.waiting is None:
                self.waiting = self.loop.call_later(head_seconds, self.hang_up)

        def stop_waiting(self) -> None:
            if self.waiting is not None:
                self.waiting.cancel()
                self.waiting = None

        def hang_up(self) -> None:
            self.waiting = None
            if self.transport is not None and not self.transport.is_closing():
                self.transport.close()

    return PromptProtocol
