"""How a query and its answer travel between two processes: a length, then JSON, then the body as it is."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, Final

from plangraph import errors
from plangraph.errors import PlangraphError
from plangraph.evaluation import Answer, Query
from plangraph.formats import GRAPHS, ROWS

QUERY_HEAD: Final = struct.Struct("!I")
"""The length of the JSON of a query."""

REPLY_HEAD: Final = struct.Struct("!IQ")
"""The lengths of the JSON and of the body of a reply."""

FORMATS: Final = {format.name: format for format in (*ROWS, *GRAPHS)}


@dataclass(frozen=True)
class Reply:
    """What came back: an answer or an error; ``last`` when the worker ends itself after it."""

    outcome: Answer | PlangraphError
    last: bool = False


def write_query(query: Query) -> bytes:
    """A query with the length in front."""
    text = json.dumps(asdict(query)).encode()
    return QUERY_HEAD.pack(len(text)) + text


def read_query(text: bytes) -> Query:
    """The query of a JSON text."""
    entry: dict[str, Any] = json.loads(text)
    for name in ("default_graph_uris", "named_graph_uris"):
        entry[name] = tuple(entry[name])
    return Query(**entry)


def write_reply(reply: Reply) -> list[bytes]:
    """A reply in parts, so that a large body is not copied."""
    body = b""
    entry: dict[str, Any] = {"last": reply.last}
    if isinstance(reply.outcome, Answer):
        body = reply.outcome.body
        entry |= {
            "format": reply.outcome.format.name,
            "kind": reply.outcome.kind,
            "revision": reply.outcome.revision,
        }
    else:
        error = reply.outcome
        entry |= {
            "error": type(error).__name__,
            "detail": error.detail,
            "line": error.line,
            "column": error.column,
            "rule": error.broken_rule,
            "limit": error.limit,
        }
    text = json.dumps(entry).encode()
    return [REPLY_HEAD.pack(len(text), len(body)) + text, body]


def read_reply(text: bytes, body: bytes) -> Reply:
    """The reply of a JSON text and a body."""
    entry: dict[str, Any] = json.loads(text)
    last = bool(entry.pop("last"))
    if "error" not in entry:
        return Reply(Answer(body, FORMATS[entry["format"]], entry["kind"], entry["revision"]), last)
    cause = getattr(errors, entry.pop("error"))
    return Reply(cause(entry.pop("detail"), **entry), last)
