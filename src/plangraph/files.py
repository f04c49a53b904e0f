"""Files and folders: where the packaged data lies, how a Turtle file is read, which graph it fills.

A *data set* is any folder laid out like ``data/``: ``registry/*.ttl`` fill the graph ``registry``, each
``documents/<slug>.ttl`` fills the graph ``document/<slug>``. The vocabulary and the shapes come along from
the package. Nothing is ever fetched.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from plangraph.errors import FileUnreadable
from plangraph.terms import SLUG, graph

STUBS: Final = "stubs.ttl"
"""The file of a registry with what sheets named and nobody has described yet."""

VOCABULARY_GRAPHS = {
    "plangraph.ttl": "ontology",
    "alignments.ttl": "ontology",
    "topics.ttl": "topics",
    "concepts.ttl": "topics",
}


@dataclass(frozen=True)
class GraphFile:
    """A Turtle file and the graph that its triples fill."""

    path: Path
    graph: NamedNode


def packaged(folder: str) -> Path:
    """Where ``ontology``, ``shapes`` or ``data`` lies: inside the installed package, else in the checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "packaged" / folder
    return installed if installed.is_dir() else here.parents[1] / folder


def list_registry(root: Path | None) -> list[GraphFile]:
    """The files of a data set's registry, or without a data set of the packaged one.

    A registry of nothing but stubs adds to the packaged one: it is what an import into a new folder leaves.
    """
    own = [] if root is None else sorted((root / "registry").glob("*.ttl"))
    if root is None or (own and all(path.name == STUBS for path in own)):
        own = [*sorted((packaged("data") / "registry").glob("*.ttl")), *own]
    return [GraphFile(path, graph("registry")) for path in own]


def list_data(data: Path | None = None) -> list[GraphFile]:
    """The files of a data set, registry first, in the order of their names.

    Raises :class:`FileUnreadable` for a folder that is not laid out like ``data/``, and for a document whose
    name cannot name a graph.
    """
    root = data or packaged("data")
    registry, documents = root / "registry", root / "documents"
    if not registry.is_dir() and not documents.is_dir():
        raise FileUnreadable(str(root), "holds neither registry/ nor documents/, so it is not a data set")
    found = [GraphFile(path, graph("registry")) for path in sorted(registry.glob("*.ttl"))]
    for path in sorted(documents.glob("*.ttl")):
        if not SLUG.fullmatch(path.stem):
            raise FileUnreadable(str(path), "a document's file is named by its slug: a-z, 0-9 and hyphens")
        found.append(GraphFile(path, graph(f"document/{path.stem}")))
    return found


def list_vocabulary() -> list[GraphFile]:
    """The files of the vocabulary and of the shapes, with their graphs."""
    ontology, shapes = packaged("ontology"), packaged("shapes")
    return [
        *(GraphFile(ontology / name, graph(target)) for name, target in VOCABULARY_GRAPHS.items()),
        *(GraphFile(path, graph("shapes")) for path in sorted(shapes.glob("*.ttl"))),
    ]


def read_text(path: Path) -> str:
    """The text of a file; line ends stay as they are, so that offsets and digests are those of the file."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise FileUnreadable(str(path), "there is no such file") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise FileUnreadable(str(path), "is not UTF-8 text", line=line) from None
    except OSError as error:
        raise FileUnreadable(str(path), (error.strerror or "cannot be read").lower()) from None


def read_graph(file: GraphFile) -> Iterator[Quad]:
    """The quads of one Turtle file, in its graph; raises :class:`FileUnreadable` with line and column."""
    text = read_text(file.path)
    try:
        for quad in parse(text.encode(), format=RdfFormat.TURTLE, rename_blank_nodes=True):
            yield Quad(quad.subject, quad.predicate, quad.object, file.graph)
    except SyntaxError as error:
        raise FileUnreadable(str(file.path), str(error.msg), line=error.lineno, column=error.offset) from None


def find_line(text: str, iri: str, prefixed: str | None) -> int | None:
    """The line (from 1) on which a subject's description begins in a Turtle text; ``None`` if not found.

    A name at the beginning of a line is a subject where the statement before it has ended, or, failing such
    a line, where the line is not indented.
    """
    spellings = {f"<{iri}>", prefixed or f"<{iri}>"}
    ended, outer = True, None
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if ended and words[0] in spellings:
            return number
        if outer is None and words[0] in spellings and not line[0].isspace():
            outer = number
        ended = line.rstrip().endswith(".")
    return outer


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
