"""One query on one store: its dataset, its format, its bytes. No process, no clock; the worker adds those."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypedDict

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from plangraph.errors import (
    BadParameter,
    NotAcceptable,
    NotWritable,
    QueryRefused,
    QueryTooHungry,
    ResultTooLarge,
)
from plangraph.formats import GRAPHS, ROWS, TRIG, TURTLE, Format, choose
from plangraph.guard import names_dataset
from plangraph.syntax import explain, explain_refusal
from plangraph.terms import BASE, PREFIXES, term

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Kind: TypeAlias = Literal["rows", "boolean", "graph"]

PREFIX_LINES: Final = re.compile(rb"(?:@prefix [^\n]*\n)*")
TYPE: Final = term("rdf:type")
PREFIX_USED: Final = re.compile(r"([a-z]+):")
GZIP_LEVEL: Final = 3
"""Half the time of the next level for a tenth more bytes: compressing takes as long as making an answer."""
GZIP_FROM_BYTES: Final = 1_000
XML_NAME_END: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
NOT_IN_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


@dataclass(frozen=True)
class Query:
    """A complete SPARQL query; the prefixes of ``terms.PREFIXES`` need not be declared, nor ``terms.BASE``.

    ``accept`` is an ``Accept`` header, or one media type. The graph IRIs are those of the SPARQL protocol and
    stand in for ``FROM`` and ``FROM NAMED``. Where nothing names a dataset, ``default_graph`` says whether
    the default graph is the union of all graphs, or strictly the unnamed one; ``None`` leaves it to the
    service. ``compressed`` says that a large body may come compressed by gzip.
    """

    text: str
    accept: str | None = None
    default_graph_uris: tuple[str, ...] = ()
    named_graph_uris: tuple[str, ...] = ()
    default_graph: Literal["union", "strict"] | None = None
    compressed: bool = False


@dataclass(frozen=True)
class Answer:
    """The serialised answer to a query, and the revision of the data that gave it.

    ``compressed`` says that the body is compressed by gzip.
    """

    body: bytes
    format: Format
    kind: Kind
    revision: str
    compressed: bool = False


class Scope(TypedDict, total=False):
    """What the store is told of the dataset of a query."""

    use_default_graph_as_union: bool
    default_graph: list[NamedNode | BlankNode | DefaultGraph]
    named_graphs: list[NamedNode | BlankNode]


class CappedBuffer(io.BytesIO):
    """Bytes in memory, up to a size; the write that would pass it raises :class:`ResultTooLarge`."""

    def __init__(self, cap_bytes: int) -> None:
        super().__init__()
        self.cap_bytes = cap_bytes

    def write(self, data: ReadableBuffer, /) -> int:
        """As any stream."""
        written = io.BytesIO.write(self, data)
        if self.tell() > self.cap_bytes:
            raise ResultTooLarge(
                f"the result is larger than {self.cap_bytes:,} bytes; ask for less, or use LIMIT",
                limit=self.cap_bytes,
            )
        return written


def evaluate(store: Store, query: Query, result_bytes: int, revision: str) -> Answer:
    """The answer to a query, whole.

    Raises :class:`QuerySyntaxWrong` with line and column, :class:`BadParameter` for a graph IRI that is none,
    :class:`QueryRefused` for what the engine does not do, :class:`NotAcceptable`, :class:`NotWritable`,
    :class:`ResultTooLarge`, and :class:`QueryTooHungry` where memory ran out softly.
    """
    scope = find_scope(query)
    try:
        result = store.query(query.text, base_iri=BASE, prefixes=find_prefixes(query.text), **scope)
        buffer = CappedBuffer(result_bytes)
        if isinstance(result, QueryTriples):
            format = pick_format(query.accept, GRAPHS)
            write_triples(result, format, buffer)
            kind: Kind = "graph"
        else:
            format = pick_format(query.accept, ROWS)
            kind = "boolean" if isinstance(result, QueryBoolean) else "rows"
            write_rows(result, format, buffer)
    except SyntaxError as error:
        raise explain(error, query.text) from None
    except MemoryError:
        raise QueryTooHungry("the query ran out of its memory") from None
    except RuntimeError as error:
        raise explain_refusal(error, query.text, QueryRefused) from None
    except (OSError, UnicodeEncodeError):
        raise QueryRefused(
            "the query asks for something outside this data set, or is not Unicode text", rule="evaluation"
        ) from None
    body = buffer.getvalue()
    if "xml" in format.media_type:
        body = mend_xml(body)
    elif format in (TURTLE, TRIG):
        body = drop_prefixes(body)
    return compress(Answer(body, format, kind, revision), query)


def compress(answer: Answer, query: Query) -> Answer:
    """The answer compressed, if the query allows it and it is large enough."""
    if not query.compressed or len(answer.body) < GZIP_FROM_BYTES:
        return answer
    return replace(answer, body=gzip.compress(answer.body, GZIP_LEVEL, mtime=0), compressed=True)


def find_prefixes(text: str) -> dict[str, str]:
    """Our prefixes that the text may use: the parser takes its time over each that it is told of."""
    return {name: PREFIXES[name] for name in set(PREFIX_USED.findall(text)) if name in PREFIXES}


def drop_prefixes(body: bytes) -> bytes:
    """Turtle or TriG without the declarations of prefixes that nothing in it begins with."""
    head = PREFIX_LINES.match(body)
    begin = head.end() if head else 0
    rest = body[begin:]
    lines = body[:begin].splitlines(keepends=True)
    return b"".join(line for line in lines if line.split(b" ", 2)[1] in rest) + rest


def find_scope(query: Query) -> Scope:
    """The dataset a query runs on: what the request names, else what the text names, else the default one.

    Only in the last case is the union asked for: the engine would let it override ``FROM``.
    """
    if query.default_graph_uris or query.named_graph_uris:
        return Scope(
            default_graph=[read_iri("default-graph-uri", uri) for uri in query.default_graph_uris],
            named_graphs=[read_iri("named-graph-uri", uri) for uri in query.named_graph_uris],
        )
    return Scope(use_default_graph_as_union=query.default_graph == "union" and not names_dataset(query.text))


def read_iri(parameter: str, value: str) -> NamedNode:
    """The IRI that a parameter holds; raises :class:`BadParameter`."""
    try:
        return NamedNode(value)
    except ValueError:
        raise BadParameter(f"{parameter} must be an absolute IRI, which {value!r:.200} is not") from None


def pick_format(header: str | None, offered: tuple[Format, ...]) -> Format:
    """The best of the formats offered; raises :class:`NotAcceptable` with the list of them."""
    found = choose(header, offered)
    if found is None:
        names = ", ".join(entry.media_type for entry in offered)
        raise NotAcceptable(f"this answer can be had as {names}")
    return found


def write_rows(result: QuerySolutions | QueryBoolean, format: Format, buffer: CappedBuffer) -> None:
    """A SELECT or an ASK in one of ``formats.ROWS``."""
    assert isinstance(format.engine, QueryResultsFormat)  # noqa: S101 - every entry of ROWS has one
    result.serialize(buffer, format=format.engine)


def write_triples(result: Iterable[Triple], format: Format, buffer: CappedBuffer) -> None:
    """A CONSTRUCT or DESCRIBE in one of ``formats.GRAPHS``; formats of datasets hold it as default graph."""
    assert isinstance(format.engine, RdfFormat)  # noqa: S101 - every entry of GRAPHS has one
    if not format.engine.supports_datasets or format.engine == RdfFormat.TRIG:
        triples = check_names(result) if format.engine == RdfFormat.RDF_XML else result
        serialize(triples, buffer, format=format.engine, prefixes=PREFIXES)
    else:
        serialize(result, buffer, format=format.engine)


def check_names(triples: Iterable[Triple]) -> Iterator[Triple]:
    """The same triples; raises :class:`NotWritable` at a property or class that no XML name can spell."""
    for triple in triples:
        names = [triple.predicate]
        if triple.predicate == TYPE and isinstance(triple.object, NamedNode):
            names.append(triple.object)
        for name in names:
            if not XML_NAME_END.search(name.value):
                raise NotWritable(f"RDF/XML has no name for {name.value}")
        yield triple


def mend_xml(body: bytes) -> bytes:
    """XML that reads back as it was meant: a bare carriage return would turn into a line feed."""
    if found := NOT_IN_XML.search(body):
        raise NotWritable(f"XML cannot hold the character U+{ord(found[0].decode()):04X}")
    return body.replace(b"\r", b"&#13;")
