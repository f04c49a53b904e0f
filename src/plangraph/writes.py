"""What a client can ask to be changed, and what is said of a change that was made."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

from plangraph.errors import PlangraphError
from plangraph.formats import GRAPHS
from plangraph.uploads import Upload

Method: TypeAlias = Literal["PUT", "POST", "DELETE"]

FORMATS: Final = {format.name: format for format in GRAPHS}

HEAD: Final = struct.Struct("!Q")
"""The length of what follows, before a write and before the word on it."""


@dataclass(frozen=True)
class Update:
    """A SPARQL update; the graph IRIs are those of the SPARQL protocol."""

    text: str
    using_graph_uris: tuple[str, ...] = ()
    using_named_graph_uris: tuple[str, ...] = ()


@dataclass(frozen=True)
class GraphWrite:
    """A write of the Graph Store Protocol to one graph; ``None`` is the default graph."""

    method: Method
    graph: str | None
    uploads: tuple[Upload, ...] = ()


Write: TypeAlias = Update | GraphWrite


@dataclass(frozen=True)
class Written:
    """What became of a write: the revision it led to, how many quads went and came, and what the shapes say.

    ``offset`` and ``length`` say where its change lies in the log. ``existed`` says whether the graph of an
    upload was there before; it means nothing for an update.
    """

    revision: str
    removed: int = 0
    added: int = 0
    offset: int = 0
    length: int = 0
    existed: bool = True
    warnings: tuple[dict[str, Any], ...] = ()


def pack_write(write: Write) -> bytes:
    """A write as one line of JSON and its text or bodies behind it, with the length of it all in front."""
    if isinstance(write, Update):
        using = (write.using_graph_uris, write.using_named_graph_uris)
        line, bodies = json.dumps({"using": using}), [write.text.encode("utf-8", "surrogatepass")]
    else:
        parts = [(upload.format.name, len(upload.body)) for upload in write.uploads]
        line = json.dumps({"method": write.method, "graph": write.graph, "uploads": parts})
        bodies = [upload.body for upload in write.uploads]
    text = b"".join((line.encode(), b"\n", *bodies))
    return HEAD.pack(len(text)) + text


def unpack_write(text: bytes) -> Write:
    """The write that :func:`pack_write` packed, from behind its length."""
    line, _, rest = text.partition(b"\n")
    entry = json.loads(line)
    if "using" in entry:
        return Update(rest.decode("utf-8", "surrogatepass"), *map(tuple, entry["using"]))
    uploads, begin = [], 0
    for name, length in entry["uploads"]:
        uploads.append(Upload(rest[begin : begin + length], FORMATS[name]))
        begin += length
    return GraphWrite(entry["method"], entry["graph"], tuple(uploads))


def pack_word(outcome: Written | PlangraphError) -> bytes:
    """The word on a write, as JSON with its length in front."""
    if isinstance(outcome, Written):
        text = json.dumps(asdict(outcome)).encode()
    else:
        text = json.dumps({"error": type(outcome).__name__, **outcome.describe()}).encode()
    return HEAD.pack(len(text)) + text


def unpack_word(text: bytes) -> Written:
    """What became of a write; raises the error that it met."""
    entry = json.loads(text)
    if "error" in entry:
        cause = PlangraphError.kinds[entry.pop("error")]
        raise cause(entry.pop("detail"), **entry)
    return Written(**{**entry, "warnings": tuple(entry["warnings"])})
