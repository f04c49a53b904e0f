"""Graphs put to, read from and deleted on a server by the SPARQL 1.1 Graph Store Protocol."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from pyoxigraph import BlankNode, RdfFormat, Triple, parse, serialize

from plangraph.errors import BadParameter, ServerFailed
from plangraph.formats import NTRIPLES
from plangraph.upstream import ask_server_now, load_httpx, unreachable

if TYPE_CHECKING:
    import httpx

CHUNK_BYTES: Final = 6_000_000
"""How much one request carries; servers bound the length of a body."""

WAIT_SECONDS: Final = 120
READ_BYTES: Final = 2**31


@dataclass(frozen=True)
class Login:
    """How a server knows who writes: by name and password (digest), by a bearer token, or not at all."""

    name: str | None = None
    password: str = ""
    token: str | None = None


class GraphStore:
    """The graphs of the server whose SPARQL endpoint is at ``url``.

    ``store_url`` is where its Graph Store Protocol is; for Virtuoso and for plangraph that is known. Raises
    :class:`BadParameter` where it is not, :class:`EngineStopped` where nothing answers.
    """

    def __init__(self, url: str, login: Login, store_url: str | None = None) -> None:
        load_httpx()
        import httpx  # noqa: PLC0415 - an optional dependency, which load_httpx has found

        auth = httpx.DigestAuth(login.name, login.password) if login.name else None
        headers = {"Authorization": f"Bearer {login.token}"} if login.token else {}
        self.url = url
        self.client = httpx.Client(trust_env=False, timeout=WAIT_SECONDS, auth=auth, headers=headers)
        try:
            greeting = self.client.post(url, data={"query": "ASK {}"}, headers={"Accept": "*/*"})
        except httpx.HTTPError as error:
            self.client.close()
            raise unreachable(error) from None
        self.is_virtuoso = greeting.headers.get("server", "").startswith("Virtuoso/")
        self.is_plangraph = "plangraph-revision" in greeting.headers
        if store_url is None and self.is_virtuoso:
            store_url = urljoin(url, "sparql-graph-crud-auth" if login.name else "sparql-graph-crud")
        elif store_url is None and self.is_plangraph:
            store_url = urljoin(url, "graphs")
        if store_url is None:
            self.client.close()
            raise BadParameter(
                "where is the Graph Store Protocol of this server? say so with --graph-store URL"
            )
        self.store_url = store_url

    def __enter__(self) -> GraphStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def put(self, name: str, triples: Iterable[Triple]) -> None:
        """Make these the triples of the graph, whatever it held before."""
        first, *others = split_body(triples) or [b""]
        self.send("PUT", name, first)
        for chunk in others:
            self.send("POST", name, chunk)

    def add(self, name: str, triples: Iterable[Triple]) -> None:
        """Add triples to the graph."""
        for chunk in split_body(triples):
            self.send("POST", name, chunk)

    def delete(self, name: str) -> None:
        """Take the graph away; it may be gone already."""
        self.send("DELETE", name, None)

    def read(self, name: str) -> list[Triple]:
        """The triples of a graph; none for a graph that is not there."""
        response = self.request("GET", name, None)
        if response.status_code == 404:
            return []
        self.check("GET", name, response)
        return [quad.triple for quad in parse(response.content, RdfFormat.N_TRIPLES)]

    def count(self, name: str) -> int:
        """How many triples the server says that a graph has."""
        query = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
        reply = ask_server_now(
            self.client, self.url, query, "text/csv", limit=READ_BYTES, seconds=WAIT_SECONDS
        )
        return int(reply.body.split()[-1].strip(b'"'))

    def send(self, method: str, name: str, body: bytes | None) -> None:
        """One change of a graph; raises :class:`ServerFailed` for what the server does not take."""
        response = self.request(method, name, body)
        if not (method == "DELETE" and response.status_code == 404):
            self.check(method, name, response)

    def request(self, method: str, name: str, body: bytes | None) -> httpx.Response:
        """One request about a graph; raises :class:`EngineStopped`."""
        import httpx  # noqa: PLC0415 - an optional dependency, which __init__ has found

        # Virtuoso refuses a change where its page about it is not accepted.
        headers = {"Accept": NTRIPLES.media_type if method == "GET" else "*/*"}
        if body is not None:
            headers["Content-Type"] = NTRIPLES.media_type
        try:
            return self.client.request(
                method, self.store_url, params={"graph": name}, content=body, headers=headers
            )
        except httpx.HTTPError as error:
            raise unreachable(error) from None

    def check(self, method: str, name: str, response: httpx.Response) -> None:
        """Raises :class:`ServerFailed` for a response that is none of success."""
        if response.status_code in (401, 403):
            raise ServerFailed(
                f"{self.store_url} lets only some write ({response.status_code}); say who you are with "
                "--user and --password-file, or with --token-file"
            )
        if self.is_plangraph and response.status_code == 422 and read_rule(response.content) == "graph":
            raise ServerFailed(
                f"{self.store_url} checks what is written, and takes neither the bookkeeping of a "
                "publication nor computed graphs; publish to a service that runs with --scratch, or change "
                "its files",
                rule="graph",
            )
        if not response.is_success:
            raise ServerFailed(
                f"{method} of {name} was answered {response.status_code}: {response.text.strip():.300}"
            )


def read_rule(problem: bytes) -> str:
    """The rule that a problem document names, else nothing."""
    try:
        found = json.loads(problem)
    except ValueError:
        return ""
    return str(found.get("rule", "")) if isinstance(found, dict) else ""


def split_body(triples: Iterable[Triple]) -> list[bytes]:
    """Triples as N-Triples in parts of bounded length; the first has all blank nodes, so each stays one."""
    bound: list[Triple] = []
    ground: list[Triple] = []
    for triple in triples:
        nodes = (triple.subject, triple.object)
        (bound if any(isinstance(node, BlankNode) for node in nodes) else ground).append(triple)
    whole = serialize(ground, format=RdfFormat.N_TRIPLES) or b""
    first = serialize(bound, format=RdfFormat.N_TRIPLES) or b""
    return [chunk for chunk in cut_lines(first, whole) if chunk]


def cut_lines(first: bytes, rest: bytes) -> Iterator[bytes]:
    """The first text with lines of the rest up to the length of a part, then part after part."""
    begin, head = 0, first
    while begin < len(rest) or head:
        room = CHUNK_BYTES - len(head)
        end = len(rest) if len(rest) - begin <= room else rest.rfind(b"\n", begin, begin + max(room, 0)) + 1
        if end <= begin and not head:  # a line that is longer than a part
            end = rest.find(b"\n", begin) + 1
        end = max(end, begin)
        yield head + rest[begin:end]
        begin, head = end, b""
