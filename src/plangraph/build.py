"""Files to one data set: read, derived, described, named by a revision, and read-only from there.

The derived graph is computed here and never on read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, Quad, Store, Triple

from plangraph.about import describe_dataset
from plangraph.blanks import label_blanks
from plangraph.denial import find_denials
from plangraph.divergence import describe_divergences, find_divergences
from plangraph.figures import count_figures
from plangraph.files import GraphFile, list_data, list_vocabulary, read_graph
from plangraph.index import Index
from plangraph.origins import describe_ends
from plangraph.pinning import Extent, Pin, pin
from plangraph.revision import name_revision, sum_quads
from plangraph.slots import read_slots
from plangraph.terms import term
from plangraph.values import DERIVED, describe_values, gather_values

STRING, LANGUAGE_STRING = term("xsd:string"), term("rdf:langString")

UNREAD: Final = frozenset(
    term(name)
    for name in (
        "pg:certaintyAsFound", "pg:citesUnnamed", "pg:dateEvidence", "pg:describedAs", "pg:evidenceCoverage",
        "pg:formulation", "pg:hasEvidence", "pg:hasReading", "pg:otherParameter", "pg:quotationMode",
        "pg:readingExtent", "pg:reviewedOn", "pg:sheetId", "pg:sourceCertainty", "pg:sourceStatus",
        "pg:spanDigest", "pg:speakerNumber", "pg:surfaceForm", "pg:upstreamCandidate", "oa:end", "oa:exact",
        "oa:hasSelector", "oa:hasSource", "oa:start", "rdfs:comment", "schema:citation",
        "schema:datePublished", "schema:inLanguage", "schema:keywords", "schema:url", "skos:definition",
        "skos:editorialNote", "skos:example",
    )
)  # fmt: skip
"""What deriving never reads: near half of the triples of reports. An index without them says so if asked."""


@dataclass(frozen=True)
class Dataset:
    """All quads in a fixed order, and the revision: a digest of what the files say and what follows.

    A data set that is pinned to a day has an extent, which says what the pin took in.
    """

    quads: tuple[Quad, ...]
    revision: str
    extent: Extent | None = None


def build(data: Path | None = None, by: Pin | None = None) -> Dataset:
    """The data set of a folder (the packaged one by default) with its vocabulary and computed graphs.

    With a pin it is the data set as of that day. Raises :class:`~plangraph.errors.FileUnreadable` for the
    first file that cannot be read.
    """
    with undisturbed():
        stated = read_files([*list_data(data), *list_vocabulary()])
        return assemble(stated) if by is None else assemble_pinned(stated, by)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No collection of garbage meanwhile: millions of small objects that all stay are walked in vain.

    Measured on 20,000 claims: deriving takes a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_files(files: Iterable[GraphFile]) -> list[Quad]:
    """The quads of all files, each in its graph."""
    return list(stream_files(files))


def stream_files(files: Iterable[GraphFile]) -> Iterator[Quad]:
    """The quads of all files one by one, for what does not need them all at once."""
    for file in files:
        yield from read_graph(file)


def assemble_pinned(quads: Iterable[Quad], by: Pin) -> Dataset:
    """The data set that quads make under a pin; whether they hold what was computed before or not."""
    pinned = pin(quads, by)
    return assemble(pinned.quads, pinned.extent)


def assemble(stated: Iterable[Quad], extent: Extent | None = None) -> Dataset:
    """The stated quads, with what is computed from them; the same quads in any order give the same result.

    Stated literals keep their form. The revision and all that is computed follow from the form that the
    engine keeps, so they are the same for files and for a store that those files were loaded into.
    """
    kept = set(stated)
    settled = settle(kept)
    labelled = label_blanks(settled)
    by_text = {str(quad): quad for quad in labelled}
    by_text |= {str(quad): quad for quad in derive(by_text.values())}
    total = sum_quads(by_text.values())
    figures = count_figures(by_text.values())
    by_text |= {str(quad): quad for quad in describe_dataset(figures, total, extent)}
    if settled != kept:
        own = label_blanks(kept)
        for quad in labelled - own:
            del by_text[str(quad)]
        by_text |= {str(quad): quad for quad in own - labelled}
    return Dataset(tuple(by_text[line] for line in sorted(by_text)), name_revision(total), extent)


def settle(quads: Iterable[Quad]) -> set[Quad]:
    """The same quads with each literal in the one form that the engine keeps: ``1.0`` is ``1`` there."""
    settled = set(quads)
    loose = {quad for quad in settled if isinstance(quad.object, Triple) or is_loose(quad.object)}
    store = Store()
    store.extend(loose)
    return (settled - loose) | set(store)


def is_loose(value: object) -> bool:
    """Whether the engine may keep a term in another form."""
    return isinstance(value, Literal) and value.datatype not in (STRING, LANGUAGE_STRING)


def derive(quads: Iterable[Quad]) -> Iterator[Quad]:
    """The derived graph: reported values with their origins, and the divergences between them.

    Neither the quads nor what is derived are kept: both stream by, so memory goes into what deriving reads.
    """
    index = Index(quads, without=UNREAD)
    yield from describe_ends(index, DERIVED)
    values = gather_values(index, read_slots(index))
    yield from describe_values(index, values)
    yield from describe_divergences(index, [*find_divergences(index, values), *find_denials(index, values)])
