"""A SPARQL server for tests: Oxigraph behind HTTP, with the manners of others where a test asks for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    serialize,
)

from plangraph.dialect import ASKED

TIMED_OUT = {"X-SQL-State": "S1TAT", "X-SQL-Message": "RC...: Returning incomplete results"}
NOTHING = b'{"head": {"vars": ["n"]}, "results": {"bindings": []}}'
OF_THE_TEST = "# test"
"""Queries with this comment get the answer that a test has prescribed."""


@dataclass
class Fake:
    """What the server holds, how it behaves, and what it was asked to change, in order."""

    store: Store = field(default_factory=Store)
    name: str = "Oxigraph/0.5"
    token: str | None = None
    asks_as_rows: bool = False
    prescribed: tuple[int, dict[str, str], bytes] | None = None
    delay_seconds: float = 0
    row_cap: int | None = None
    fails_after: int | None = None
    """How many changes of graphs are taken before every further one is answered 500."""
    changes: list[tuple[str, str]] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sparql"

    @property
    def store_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphs"

    def sent(self) -> list[str]:
        """The graphs that were put, but for the bookkeeping."""
        return [name for method, name in self.changes if method == "PUT" and not name.endswith("/published")]

    def change(self, method: str, name: str, body: bytes) -> int:
        """Do what the Graph Store Protocol says; the status of the answer."""
        if self.fails_after is not None and len(self.changes) >= self.fails_after:
            return 500
        self.changes.append((method, name))
        home = NamedNode(name)
        if method == "DELETE":
            there = self.store.contains_named_graph(home)
            self.store.remove_graph(home)
            return 204 if there else 404
        if method == "PUT":
            self.store.remove_graph(home)
        self.store.bulk_load(body, RdfFormat.N_TRIPLES, to_graph=home)
        return 201

    def read(self, name: str) -> bytes | None:
        quads = list(self.store.quads_for_pattern(None, None, None, NamedNode(name)))
        return serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES) if quads else None

    def answer(self, form: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to a query."""
        text = form["query"][0]
        self.forms.append(form)
        if OF_THE_TEST in text:
            time.sleep(self.delay_seconds)
            if self.prescribed is not None:
                return self.prescribed
        graphs: list[Any] = [NamedNode(name) for name in form.get("default-graph-uri", [])]
        named: list[Any] = [NamedNode(name) for name in form.get("named-graph-uri", [])]
        try:
            if graphs or named:
                result = self.store.query(text, default_graph=graphs, named_graphs=named)
            else:
                result = self.store.query(text, use_default_graph_as_union="FROM <" not in text)
        except SyntaxError as error:
            return 400, {}, str(error).encode()
        if isinstance(result, QueryBoolean):
            if self.asks_as_rows:
                rows = f'[{{"{ASKED}": {{"type": "typed-literal", "value": "1"}}}}]' if result else "[]"
                body = f'{{"head": {{"vars": ["{ASKED}"]}}, "results": {{"bindings": {rows}}}}}'.encode()
            else:
                body = result.serialize(format=QueryResultsFormat.JSON) or b""
            return 200, {"Content-Type": "application/sparql-results+json"}, body
        if isinstance(result, QuerySolutions):
            csv = "text/csv" in form["accept"]
            body = result.serialize(format=QueryResultsFormat.CSV if csv else QueryResultsFormat.JSON) or b""
            if csv and self.row_cap is not None:
                body = b"\r\n".join(body.split(b"\r\n")[: self.row_cap + 1])
            return 200, {"Content-Type": "text/csv" if csv else "application/sparql-results+json"}, body
        return (
            200,
            {"Content-Type": "application/n-triples"},
            result.serialize(format=RdfFormat.N_TRIPLES) or b"",
        )


def make_handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def version_string(self) -> str:
            return fake.name

        def log_message(self, format: str, *args: object) -> None:
            pass

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle_graph(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            name = parse_qs(urlsplit(self.path).query)["graph"][0]
            if self.command == "GET":
                found = fake.read(name)
                self.reply(404 if found is None else 200, {}, found or b"")
            elif fake.token is not None and self.headers.get("Authorization") != f"Bearer {fake.token}":
                self.reply(401, {"WWW-Authenticate": "Bearer"}, b"")
            else:
                self.reply(fake.change(self.command, name, body), {}, b"")

        def do_POST(self) -> None:
            if urlsplit(self.path).path != "/sparql":
                self.handle_graph()
                return
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                self.reply(*fake.answer({**parse_qs(text), "accept": [self.headers["Accept"]]}))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client did not want to wait

        do_GET = do_PUT = do_DELETE = handle_graph

    return Handler


@contextmanager
def serve_fake(fake: Fake) -> Iterator[Fake]:
    """The server, which listens on loopback until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(fake))
    server.daemon_threads = True
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
