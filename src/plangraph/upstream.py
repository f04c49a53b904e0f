"""Queries over HTTP to an external SPARQL server: a request, and what its response amounts to.

A query is posted as a form, since Virtuoso never answers one that is posted directly. An answer is taken
whole or not at all: one that is too long, late, or cut by the server is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plangraph.errors import (
    BadParameter,
    EngineStopped,
    ExtraMissing,
    PlangraphError,
    QueryRefused,
    QueryTooSlow,
    ResultTooLarge,
    ServerFailed,
)

if TYPE_CHECKING:
    import httpx

SCHEME: Final = "sparql+"
"""What an address of an external server begins with where a folder might be meant as well."""

STATE: Final = "x-sql-state"
ROW_CAP: Final = "x-sparql-maxrows"
TIMED_OUT: Final = re.compile(r"\b(?:S1TAT|S1T00|SR171|SR177)\b")
"""How Virtuoso says that a query took too long: in a header beside a 200, or in the text of a 500."""

GRACE_SECONDS: Final = 1
"""How much longer than we wait a server is let run. Virtuoso gives what it has by then, and where a query has
subqueries it may do so without a word: an answer that comes while we wait is no such one."""

REFUSED: Final = re.compile(r"\b37000\b")
SAID: Final = re.compile(r"\s*SPARQL query:.*", re.DOTALL)
SAID_LETTERS: Final = 300


@dataclass(frozen=True)
class Reply:
    """What a server answered: the body whole, its media type, and the headers."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def load_httpx() -> type[httpx.Client]:
    """The HTTP client's class; raises :class:`ExtraMissing`."""
    try:
        import httpx  # noqa: PLC0415 - an optional dependency
    except ImportError:
        raise ExtraMissing("a server needs httpx; in a clone: pip install -e '.[external]'") from None
    return httpx.Client


def is_external(data: str | None) -> bool:
    """Whether a data set is on an external server."""
    return data is not None and data.startswith(SCHEME)


def read_address(data: str) -> str:
    """The address in ``sparql+http://...``; raises :class:`BadParameter`."""
    address = data.removeprefix(SCHEME)
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", address):
        raise BadParameter(
            f"{data!r:.200} is not the address of a SPARQL server, as sparql+http://host/sparql"
        )
    return address


def write_form(
    query: str, seconds: int, default_graphs: tuple[str, ...] = (), named_graphs: tuple[str, ...] = ()
) -> dict[str, str | list[str]]:
    """The fields of a request that is waited for so long; ``timeout`` is Virtuoso's, others pass it over."""
    milliseconds = 1000 * (seconds + GRACE_SECONDS)
    form: dict[str, str | list[str]] = {"query": query, "timeout": str(milliseconds)}
    if default_graphs:
        form["default-graph-uri"] = list(default_graphs)
    if named_graphs:
        form["named-graph-uri"] = list(named_graphs)
    return form


class Incoming:
    """An answer on its way in, of which no more is taken than ``limit`` bytes."""

    def __init__(self, limit: int, seconds: int) -> None:
        self.limit = limit
        self.seconds = seconds
        self.body = bytearray()

    def take(self, chunk: bytes) -> None:
        """The next bytes; raises :class:`ResultTooLarge`."""
        self.body += chunk
        if len(self.body) > self.limit:
            raise ResultTooLarge(
                f"the result is larger than {self.limit:,} bytes as the external server writes it; "
                "ask for less, or use LIMIT",
                limit=self.limit,
            )

    def finish(self, response: httpx.Response) -> Reply:
        """What came, once it is whole; raises what :func:`judge` raises."""
        judge(response.status_code, response.headers, self.body, self.seconds)
        return Reply(bytes(self.body), response.headers)


@contextmanager
def receive(limit: int, seconds: int) -> Iterator[Incoming]:
    """An answer to be taken in; a server that is late or falls silent is an error of ours."""
    import httpx  # noqa: PLC0415 - whoever made the client has it

    try:
        yield Incoming(limit, seconds)
    except httpx.TimeoutException:
        raise time_out(seconds) from None
    except httpx.HTTPError as error:
        raise unreachable(error) from None


async def ask_server(
    client: httpx.AsyncClient,
    url: str,
    form: Mapping[str, str | list[str]],
    accept: str,
    *,
    limit: int,
    seconds: int,
) -> Reply:
    """The answer to a query.

    Raises what :func:`judge` raises, :class:`ResultTooLarge`, :class:`EngineStopped`.
    """
    with receive(limit, seconds) as incoming:
        async with client.stream("POST", url, data=form, headers={"Accept": accept}) as response:
            async for chunk in response.aiter_bytes():
                incoming.take(chunk)
    return incoming.finish(response)


def ask_server_now(
    client: httpx.Client, url: str, query: str, accept: str, *, limit: int, seconds: int
) -> Reply:
    """As :func:`ask_server`, for callers without an event loop and queries that name their graphs."""
    form = write_form(query, seconds)
    with (
        receive(limit, seconds) as incoming,
        client.stream("POST", url, data=form, headers={"Accept": accept}) as response,
    ):
        for chunk in response.iter_bytes():
            incoming.take(chunk)
    return incoming.finish(response)


def judge(status: int, headers: Mapping[str, str], body: bytes | bytearray, seconds: int) -> None:
    """Raises the error that a response is: a 200 is one too where the server says that it is incomplete.

    :class:`QueryTooSlow` for a time-out, :class:`QueryRefused` for a query that the server cannot run,
    :class:`ServerFailed` for the rest, an answer among them that may have been cut after a number of rows.
    """
    state = headers.get(STATE, "")
    text = "" if status == 200 else SAID.sub("", bytes(body[:4_000]).decode("utf-8", "replace")).strip()
    if TIMED_OUT.search(state) or (status >= 400 and TIMED_OUT.search(text)):
        raise time_out(seconds)
    if state:
        raise ServerFailed(
            f"the external server gave up: {headers.get('x-sql-message', state):.{SAID_LETTERS}}"
        )
    if status == 200 and ROW_CAP in headers:
        raise ServerFailed(
            f"the external server cuts results after {headers[ROW_CAP]} rows; set ResultSetMaxRows to 0",
            rule="row-cap",
        )
    if status in (400, 414, 422) or REFUSED.search(text):
        raise QueryRefused(
            f"the external server cannot run this query: {text:.{SAID_LETTERS}}", rule="external-server"
        )
    if status != 200:
        raise ServerFailed(f"the external server answered {status}: {text:.{SAID_LETTERS}}")


def time_out(seconds: int) -> PlangraphError:
    """The error of a query that the server did not answer in time."""
    return QueryTooSlow(f"the query was stopped after {seconds} seconds", limit=seconds)


def unreachable(error: Exception) -> PlangraphError:
    """The error of a server that cannot be talked to."""
    return EngineStopped(f"the external server does not answer ({type(error).__name__}); try again")
