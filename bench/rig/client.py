"""One HTTP client with one connection: a request, its answer whole, and how long it took."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

JSON_ROWS: Final = "application/sparql-results+json"
IDLE_SECONDS: Final = 3.0
"""A connection that was idle for longer is opened anew: servers close theirs after five seconds."""


@dataclass(frozen=True)
class Reply:
    """An answer; status 0 stands for none, with the cause as its body."""

    status: int
    seconds: float
    body: bytes = b""
    headers: Mapping[str, str] | None = None

    def count_rows(self) -> int:
        """How many rows a result in JSON has; -1 where it is none, an ASK has one."""
        try:
            entry = json.loads(self.body)
            return len(entry["results"]["bindings"]) if "results" in entry else int("boolean" in entry)
        except (ValueError, KeyError, TypeError):
            return -1

    def read_rows(self) -> list[dict[str, dict[str, str]]]:
        """The rows of a result in JSON; raises ``ValueError`` or ``KeyError`` where it is none."""
        rows: list[dict[str, dict[str, str]]] = json.loads(self.body)["results"]["bindings"]
        return rows

    def read_json(self) -> dict[str, Any]:
        """The members of a body in JSON; raises ``ValueError`` where it is none."""
        members: dict[str, Any] = json.loads(self.body)
        return members

    def describe(self) -> str:
        """Status and the beginning of the body, for people."""
        return f"{self.status}: {self.body[:300].decode('utf-8', 'replace')}"


class Client:
    """Asks one server, over one connection that is kept.

    ``address`` is the loopback address it calls from: a service that shares out by address takes clients
    with an address of their own for so many people.
    """

    def __init__(self, port: int, address: str = "127.0.0.1", timeout: float = 30.0) -> None:
        self.port = port
        self.address = address
        self.timeout = timeout
        self.connection: http.client.HTTPConnection | None = None
        self.used = 0.0

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to a request; never raises for want of one."""
        begin = time.perf_counter()
        try:
            connection = self.connect()
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read()
            self.used = time.perf_counter()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, self.used - begin, content, found)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Reply(0, time.perf_counter() - begin, f"{type(error).__name__}: {error}".encode())

    def query(self, text: str, path: str = "/sparql", accept: str = JSON_ROWS) -> Reply:
        """The answer to a query by GET."""
        return self.ask(f"{path}?query={quote(text, safe='')}", headers={"Accept": accept})

    def leave(self, path: str, headers: Mapping[str, str], after_seconds: float) -> None:
        """Ask, and go away without reading an answer."""
        with suppress(OSError, http.client.HTTPException):
            self.connect().request("GET", path, headers=dict(headers))
            time.sleep(after_seconds)
        self.close()

    def connect(self) -> http.client.HTTPConnection:
        """The connection, opened anew where it may have been closed."""
        if self.connection is None or time.perf_counter() - self.used > IDLE_SECONDS:
            self.close()
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=self.timeout, source_address=(self.address, 0)
            )
        self.used = time.perf_counter()
        return self.connection

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *caught: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def escape(text: Any) -> str:
    """A text as part of an address."""
    return quote(str(text), safe="")
