"""A body of RDF to the triples of one graph. Nothing is fetched: no remote context, no external entity.

Our own JSON-LD context is the one exception that needs no network: it is put in from the package.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Final

from pyoxigraph import DefaultGraph, RdfFormat, Store

from plangraph.change import DEFAULT, dump_graph
from plangraph.context import read_context
from plangraph.errors import (
    MediaTypeUnknown,
)
from plangraph.formats import GRAPHS, JSONLD, NTRIPLES, Format
from plangraph.guard import locate
from plangraph.nesting import check_body
from plangraph.settings import Limits
from plangraph.terms import BASE, Graph
from plangraph.write_errors import (
    UploadRefused,
    UploadSyntaxWrong,
)

OWN_CONTEXT: Final = BASE + "context.jsonld"
NAMED_CONTEXT: Final = re.compile(rb'("@context"\s*:\s*(?:\[\s*)?)"([^"\\]*)"')
REMOTE: Final = re.compile(r'"@(?:context|import)"\s*:\s*(?:\[[^\]\[{}]*?)?"([^"]*)"')
PLACE: Final = re.compile(
    r"^Parser error at line \d+ (?:between columns \d+ and \d+|column \d+): | \(line \d+\)$"
)
CALLBACK: Final = "LoadDocumentCallback"
PLAIN: Final = ("text/plain", "application/octet-stream")
"""Media types that say nothing where a file has a name with a suffix."""


@dataclass(frozen=True)
class Upload:
    """A body of RDF and how it is written."""

    body: bytes
    format: Format


def pick_upload_format(content_type: str | None, file_name: str | None = None) -> Format:
    """How a body is written: as its media type says, else the suffix of its file.

    Raises :class:`MediaTypeUnknown` with what can be read here, also for text that is not in UTF-8.
    """
    media_type, _, parameters = (content_type or "").partition(";")
    media_type = media_type.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise MediaTypeUnknown(f"text is read here in UTF-8 only, not in {charset[1]}", rule="charset")
    suffix = PurePath(file_name or "").suffix.lower().lstrip(".")
    if media_type not in ("", *PLAIN):
        for format in GRAPHS:
            if media_type in (format.media_type, *format.aliases):
                return format
    else:
        for format in GRAPHS:
            if suffix == format.suffix:
                return format
        if media_type == "text/plain" and not suffix:
            return NTRIPLES
    names = ", ".join(format.media_type for format in GRAPHS)
    what = media_type or (f"a file that ends in .{suffix}" if suffix else "a body without a media type")
    raise MediaTypeUnknown(f"{what} is not read here; this is: {names}")


def read_upload(upload: Upload, graph: Graph, base: str, limits: Limits) -> bytes:
    """The triples of a body as N-Triples of the engine, with blank nodes of their own.

    Relative IRIs are resolved against ``base``. A body in a format of data sets may name the graph it is for,
    and no other. Raises :class:`UploadSyntaxWrong` with line and column where they are known,
    :class:`UploadRefused` and :class:`QueryTooLong`.
    """
    check_body(upload.body, upload.format, limits)
    assert isinstance(upload.format.engine, RdfFormat)  # noqa: S101 - every entry of GRAPHS has one
    body = put_context(upload.body) if upload.format == JSONLD else upload.body
    store = Store()
    try:
        store.load(body, format=upload.format.engine, base_iri=base)
    except SyntaxError as error:
        if CALLBACK in str(error):
            raise refuse_remote(body) from None
        raise explain_upload(error) from None
    except ValueError as error:
        raise UploadRefused(str(error), rule="base") from None
    others = [named for named in store.named_graphs() if named != graph]
    if others:
        target = "the default graph" if isinstance(graph, DefaultGraph) else str(graph)
        other = min(map(str, others))
        raise UploadRefused(f"the body is for {target}, and also speaks of {other}", rule="graph")
    held = dump_graph(store, DEFAULT)
    own = b"" if isinstance(graph, DefaultGraph) else dump_graph(store, graph)
    if not held or not own:
        return held or own
    return b"".join(dict.fromkeys([*held.splitlines(keepends=True), *own.splitlines(keepends=True)]))


def explain_upload(error: SyntaxError) -> UploadSyntaxWrong:
    """What the parser said, with the place where it said one."""
    return UploadSyntaxWrong(PLACE.sub("", str(error.msg)), line=error.lineno, column=error.offset)


def put_context(body: bytes) -> bytes:
    """JSON-LD with our own context in the places that name it; the line stays the same."""

    def put(found: re.Match[bytes]) -> bytes:
        return found[1] + own_context() if found[2].decode("latin-1") == OWN_CONTEXT else found[0]

    return NAMED_CONTEXT.sub(put, body)


@cache
def own_context() -> bytes:
    """The packaged context, on one line."""
    return json.dumps(json.loads(read_context())["@context"]).encode()


def refuse_remote(body: bytes) -> UploadRefused:
    """The refusal of a context that would have to be fetched, by its name where the text shows it."""
    text = body.decode("utf-8", "replace")
    shown = next((found for found in REMOTE.finditer(text) if found[1] != OWN_CONTEXT), None)
    line, column = locate(text, shown.start(1)) if shown else (None, None)
    which = f"the remote context {shown[1]:.200}" if shown else "a remote context"
    return UploadRefused(
        f"{which} is never fetched; write it into the document, or name {OWN_CONTEXT}",
        line=line,
        column=column,
        rule="remote-context",
    )
