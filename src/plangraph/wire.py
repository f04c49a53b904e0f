"""How a query and its answer travel between two processes: lengths, then a small JSON text, then the body.

The JSON of queries and of answers says the same again and again, so each side keeps what it has written and
read: a small query costs more in packing and unpacking than in the engine.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from plangraph.errors import PlangraphError
from plangraph.evaluation import Answer, Kind, Query
from plangraph.formats import GRAPHS, ROWS, Format

QUERY_HEAD: Final = struct.Struct("!II")
"""The lengths of the JSON of a query's wishes and of its text."""

REPLY_HEAD: Final = struct.Struct("!?IQ")
"""Whether the worker ends itself after this reply, and the lengths of the reply's JSON and body."""

FORMATS: Final = {format.name: format for format in (*ROWS, *GRAPHS)}


@dataclass(frozen=True)
class Reply:
    """What came back: an answer or an error; ``last`` when the worker ends itself after it.

    The outcome of a change that was made is nothing.
    """

    outcome: Answer | PlangraphError | None
    last: bool = False


def write_query(query: Query) -> bytes:
    """A query with its lengths in front."""
    wishes = tell_wishes(
        query.accept,
        query.default_graph_uris,
        query.named_graph_uris,
        query.default_graph,
        query.compressed,
    )
    text = query.text.encode("utf-8", "surrogatepass")
    return QUERY_HEAD.pack(len(wishes), len(text)) + wishes + text


def write_change(change: bytes, revision: str) -> bytes:
    """A change for a worker to make, and the revision that it leads to, in the form of a query."""
    told = json.dumps({"revision": revision}).encode()
    return QUERY_HEAD.pack(len(told), len(change)) + told + change


def read_revision(wishes: bytes) -> str | None:
    """The revision that a change leads to; nothing where these are the wishes of a query."""
    return str(json.loads(wishes)["revision"]) if wishes.startswith(b"{") else None


@lru_cache(maxsize=64)
def tell_wishes(*wishes: object) -> bytes:
    """What a query says beside its text, as JSON."""
    return json.dumps(wishes).encode()


def read_query(wishes: bytes, text: bytes) -> Query:
    """The query of its two parts."""
    return Query(text.decode("utf-8", "surrogatepass"), *read_wishes(wishes))


@lru_cache(maxsize=64)
def read_wishes(wishes: bytes) -> tuple[Any, ...]:
    """What a query says beside its text, in the order of the fields of :class:`Query`."""
    accept, default_graph_uris, named_graph_uris, default_graph, compressed = json.loads(wishes)
    return accept, tuple(default_graph_uris), tuple(named_graph_uris), default_graph, compressed


def write_reply(reply: Reply) -> tuple[bytes, bytes]:
    """A reply in two parts, so that a large body is not copied."""
    outcome = reply.outcome
    if outcome is None:
        told, body = b"", b""
    elif isinstance(outcome, Answer):
        told, body = tell_answer(outcome.format, outcome.kind, outcome.compressed), outcome.body
    else:
        told, body = tell_error(outcome), b""
    return REPLY_HEAD.pack(reply.last, len(told), len(body)) + told, body


@lru_cache(maxsize=64)
def tell_answer(format: Format, kind: Kind, compressed: bool) -> bytes:
    """What is said of an answer beside its body; its revision is that of the worker."""
    return json.dumps([format.name, kind, compressed]).encode()


def tell_error(error: PlangraphError) -> bytes:
    """An error with its place, as JSON."""
    return json.dumps({"error": type(error).__name__, **error.describe()}).encode()


def read_reply(told: bytes, body: bytes, revision: str, last: bool = False) -> Reply:
    """The reply of a worker that holds that revision."""
    if not told:
        return Reply(None, last)
    if told.startswith(b"["):
        format, kind, compressed = read_answer(told)
        return Reply(Answer(body, format, kind, revision, compressed), last)
    entry = json.loads(told)
    cause = PlangraphError.kinds[entry.pop("error")]
    return Reply(cause(entry.pop("detail"), **entry), last)


@lru_cache(maxsize=64)
def read_answer(told: bytes) -> tuple[Format, Kind, bool]:
    """Format and kind of an answer, and whether its body is compressed."""
    name, kind, compressed = json.loads(told)
    return FORMATS[name], kind, compressed
