"""Fill and change a service that takes writes: updates and whole graphs, with a token."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rig.client import Client, Reply, escape
from rig.data import describe_graph

TRIES: Final = 50
"""How often a write is sent again that was put off with 429 or 503."""

CHUNK: Final = 500
"""Triples of one INSERT DATA where whole graphs are not taken; its text stays below 100 kB."""


class NotWritten(Exception):
    """A write was refused."""


def make_token(folder: Path) -> tuple[str, Path]:
    """A token of this run, and the file that a service reads it from."""
    token, file = secrets.token_hex(16), folder / "token"
    file.write_text(token + "\n", encoding="utf-8")
    file.chmod(0o600)
    return token, file


class Writer:
    """Writes to one service, and waits when told to."""

    def __init__(self, port: int, token: str) -> None:
        self.client = Client(port, timeout=120)
        self.token = token

    def update(self, text: str) -> Reply:
        """Run an update; raises :class:`NotWritten`."""
        return self.send("/update", "POST", text.encode(), "application/sparql-update")

    def put(self, graph: str, triples: Sequence[str]) -> Reply:
        """Replace a graph by these triples (without dots); raises :class:`NotWritten`."""
        body = " .\n".join([*triples, ""]).encode()
        return self.send(f"/graphs?graph={escape(graph)}", "PUT", body, "application/n-triples")

    def send(self, path: str, method: str, body: bytes, content_type: str) -> Reply:
        """A write, again and again while the service asks for patience; raises :class:`NotWritten`."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        for _ in range(TRIES):
            reply = self.client.ask(path, method, body, headers)
            if reply.status not in (0, 429, 503):
                break
            time.sleep(read_delay(reply))
        if not 200 <= reply.status < 300:
            raise NotWritten(f"{method} {path:.100} got {reply.describe()}")
        return reply


def read_delay(reply: Reply) -> float:
    """How long the service asks to wait, within reason."""
    try:
        return min(5.0, max(0.05, float((reply.headers or {}).get("retry-after", "0.1"))))
    except ValueError:
        return 0.1


def fill(writer: Writer, graphs: Sequence[str], progress: Callable[[int], None] | None = None) -> None:
    """Write made-up graphs, each whole, or where that is not taken, in updates.

    Raises :class:`NotWritten`.
    """
    whole = True
    for number, graph in enumerate(graphs):
        triples = list(describe_graph(graph))
        if whole:
            try:
                writer.put(graph, triples)
            except NotWritten as error:
                if number:
                    raise
                print(f"whole graphs are not taken ({error}); filling by updates", file=sys.stderr)
                whole = False
        if not whole:
            for begin in range(0, len(triples), CHUNK):
                part = " . ".join(triples[begin : begin + CHUNK])
                writer.update(f"INSERT DATA {{ GRAPH <{graph}> {{ {part} }} }}")
        if progress is not None:
            progress(number + 1)
