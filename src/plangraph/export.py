"""The dataset in every format: the same quads give the same bytes, in whatever order they arrive.

Blank nodes of N-Triples, N-Quads, RDF/XML and JSON-LD carry their canonical labels, so that the SHA-256 of
the N-Quads is the RDFC-1.0 hash of the dataset. Turtle, N-Triples and RDF/XML hold triples: they drop the
names of the graphs.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from plangraph.blanks import label_blanks
from plangraph.errors import BadParameter, ExtraMissing, NotFound, NotWritable
from plangraph.formats import NOT_IN_XML
from plangraph.index import Index
from plangraph.tables import CLAIM_COLUMNS, CLASSES, NUMBER_COLUMNS, list_claims, list_class, write_csv
from plangraph.terms import PREFIXES, shorten, term
from plangraph.turtle import write_trig, write_turtle

EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The one date in every archive: the day of writing must not change the bytes."""

XML_NAME_END: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
TYPE: Final = term("rdf:type")


def write(quads: Iterable[Quad], format_name: str, graph: NamedNode | None = None) -> bytes:
    """The quads, or those of one graph, in a format of ``FORMATS``.

    Raises :class:`BadParameter` for another format, :class:`NotFound` for a graph without a quad,
    :class:`NotWritable` for data that the format cannot hold, :class:`ExtraMissing` where a library is needed
    that is not installed.
    """
    if format_name not in FORMATS:
        raise BadParameter(f"there is no format {format_name!r}; there are {', '.join(FORMATS)}")
    chosen = set(quads)
    if graph is not None and not any(quad.graph_name == graph for quad in chosen):
        raise NotFound(f"there is no graph {graph.value}")
    return FORMATS[format_name](chosen, graph)


def of_graph(writer: Callable[[set[Quad]], bytes]) -> Callable[[set[Quad], NamedNode | None], bytes]:
    """A writer of quads that is handed those of the graph asked for. Tables choose for themselves, since
    their labels and slots come from other graphs."""
    return lambda quads, graph: writer(
        quads if graph is None else {quad for quad in quads if quad.graph_name == graph}
    )


def drop_graphs(quads: Iterable[Quad]) -> set[Quad]:
    """The same triples, out of their graphs: what a triple format can hold."""
    return {Quad(quad.subject, quad.predicate, quad.object) for quad in quads}


def write_nquads(quads: set[Quad]) -> bytes:
    """Canonical N-Quads: one quad a line, lines sorted by code point."""
    text = serialize(label_blanks(quads), format=RdfFormat.N_QUADS) or b""
    return b"".join(sorted(line + b"\n" for line in text.split(b"\n") if line))


def write_ntriples(quads: set[Quad]) -> bytes:
    """Canonical N-Triples: N-Quads of the triples without their graphs."""
    return write_nquads(drop_graphs(quads))


def write_jsonld(quads: set[Quad]) -> bytes:
    """Expanded JSON-LD, one object a subject, within one object a named graph."""
    ordered = sorted(label_blanks(quads), key=lambda quad: (str(quad.graph_name), str(quad)))
    text = serialize(ordered, format=RdfFormat.JSON_LD) or b"[]"
    return (json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n").encode()


def write_rdfxml(quads: set[Quad]) -> bytes:
    """RDF/XML; raises :class:`NotWritable` for a property or class that no XML name can spell, or a control
    character."""
    triples = label_blanks(drop_graphs(quads))
    used = {quad.predicate for quad in triples}
    used |= {quad.object for quad in triples if quad.predicate == TYPE and isinstance(quad.object, NamedNode)}
    for name in sorted(used, key=str):
        if not XML_NAME_END.search(name.value):
            raise NotWritable(f"RDF/XML has no name for {name.value}")
    ordered = sorted(triples, key=lambda quad: (str(quad.subject), quad.predicate != TYPE, str(quad)))
    prefixes = sorted({(shorten(name.value) or ":").partition(":")[0] for name in used} - {"", "rdf"})
    named = {name: PREFIXES[name] for name in prefixes}
    text = serialize(ordered, format=RdfFormat.RDF_XML, prefixes=named) or b""
    if found := NOT_IN_XML.search(text.decode()):
        raise NotWritable(f"RDF/XML cannot hold the character U+{ord(found[0]):04X}")
    # An XML reader turns a bare carriage return into a line feed.
    return text.replace(b"\r", b"&#13;")


def write_claims(quads: set[Quad], graph: NamedNode | None) -> bytes:
    """The flat table of claims as CSV."""
    return write_csv(CLAIM_COLUMNS, list_claims(Index(quads), graph))


def write_archive(quads: set[Quad], graph: NamedNode | None) -> bytes:
    """A zip archive of CSV files: one a class that occurs, and the flat table ``table.csv``.

    The bytes are those of one zlib: another release of it may compress the same files otherwise.
    """
    index = Index(quads)
    files = {"table": write_csv(CLAIM_COLUMNS, list_claims(index, graph))}
    for name, class_ in CLASSES.items():
        columns, rows = list_class(index, class_, graph)
        if rows:
            files[name] = write_csv(columns, rows)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{name}.csv", EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            target.writestr(entry, files[name])
    return archive.getvalue()


def write_parquet(quads: set[Quad], graph: NamedNode | None) -> bytes:
    """The flat table of claims as Parquet: texts, with whole numbers for the evidence; empty cells are null.

    The bytes are those of one release of pyarrow, whose name stands in the file.
    """
    try:
        import pyarrow as arrow  # type: ignore[import-untyped]  # noqa: PLC0415 - an optional dependency
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise ExtraMissing("Parquet needs pyarrow; in a clone: pip install -e '.[frames]'") from None
    kinds = {name: arrow.int64() if name in NUMBER_COLUMNS else arrow.string() for name in CLAIM_COLUMNS}
    table = arrow.Table.from_pylist(list_claims(Index(quads), graph), schema=arrow.schema(kinds.items()))
    output = io.BytesIO()
    parquet.write_table(table, output)
    return output.getvalue()


FORMATS: Final[dict[str, Callable[[set[Quad], NamedNode | None], bytes]]] = {
    "turtle": of_graph(write_turtle),
    "trig": of_graph(write_trig),
    "ntriples": of_graph(write_ntriples),
    "nquads": of_graph(write_nquads),
    "jsonld": of_graph(write_jsonld),
    "rdfxml": of_graph(write_rdfxml),
    "csv": write_claims,
    "parquet": write_parquet,
    "csv.zip": write_archive,
}
"""Every format by name. All but ``csv.zip``, which is for the web, are those of the command line."""
