"""The bookkeeping of a data set on an external server: its graphs, their state, and the names used there.

It is a graph on that server, so that whoever publishes and whoever reads need nothing else. A graph has the
SHA-256 of its canonical N-Quads as identifier, or ``pending`` before it has been sent. What is being replaced
is marked before the first change and the mark is taken off after the last, so a reader knows, and a run that
was killed is taken up where it ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from plangraph.export import write
from plangraph.terms import BASE, GRAPH, VOCABULARIES, graph, term

RECORD: Final = graph("published")
"""The graph of the bookkeeping, and what it speaks of."""

SNAPSHOTS: Final = GRAPH + "snapshot/"
DATASET_GRAPH: Final = graph("dataset")
DATASET: Final = NamedNode(BASE + "dataset")
VERSION: Final = term("dcat:version")

DIGEST, STATUS, SNAPSHOT, FORMER, STANDS_FOR = (
    term(name)
    for name in (
        "dcterms:identifier",
        "schema:creativeWorkStatus",
        "dcterms:source",
        "dcterms:replaces",
        "dcterms:alternative",
    )
)
MARK: Final = "sha256:"
PENDING: Final = "pending"

XSD: Final = VOCABULARIES["xsd"]
STAND_INS: Final = {
    XSD + name: f"{RECORD.value}#{name}" for name in ("duration", "dayTimeDuration", "yearMonthDuration")
}
"""Other names for datatypes whose literals Virtuoso reads as numbers and cannot give back."""


@dataclass(frozen=True)
class Published:
    """What a server holds. ``digests`` has the graphs that are whole, ``pending`` those that may not be."""

    digests: Mapping[str, str] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    publishing: bool = False
    snapshot: str | None = None
    """The graph that holds all triples once, of the revision published last."""
    former: str | None = None
    """The snapshot before, which a reader may still be asking."""
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def graphs(self) -> list[str]:
        """Every graph that the server may have of the data set."""
        return sorted({*self.digests, *self.pending})

    def describe(self) -> Iterator[Triple]:
        """The bookkeeping as triples."""
        status = "publishing" if self.publishing else "published"
        yield Triple(RECORD, STATUS, Literal(status))
        yield Triple(RECORD, DIGEST, Literal(self.digest()))
        if self.snapshot:
            yield Triple(RECORD, SNAPSHOT, NamedNode(self.snapshot))
        if self.former:
            yield Triple(RECORD, FORMER, NamedNode(self.former))
        for original, stand_in in self.stand_ins.items():
            yield Triple(NamedNode(stand_in), STANDS_FOR, Literal(original))
        for name in sorted(self.pending):
            yield Triple(NamedNode(name), DIGEST, Literal(PENDING))
        for name, digest in self.digests.items():
            yield describe_graph(name, digest)

    def digest(self) -> str:
        """What names this state of the graphs: another one if any graph is another."""
        lines = [f"{digest} {name}\n" for name, digest in sorted(self.digests.items())]
        return MARK + hashlib.sha256("".join(lines).encode()).hexdigest()


def describe_graph(name: str, digest: str) -> Triple:
    """The triple that says that a graph has been sent whole."""
    return Triple(NamedNode(name), DIGEST, Literal(MARK + digest))


def read_published(triples: Iterable[Triple]) -> Published:
    """The bookkeeping that triples say."""
    known = list(triples)
    about = {triple.predicate: read_text(triple) for triple in known if triple.subject == RECORD}
    digests: dict[str, str] = {}
    pending: set[str] = set()
    stand_ins: dict[str, str] = {}
    for triple in known:
        if triple.subject == RECORD or not isinstance(triple.subject, NamedNode):
            continue
        name, value = triple.subject.value, read_text(triple)
        if triple.predicate == STANDS_FOR:
            stand_ins[value] = name
        elif triple.predicate == DIGEST and value.startswith(MARK):
            digests[name] = value.removeprefix(MARK)
        elif triple.predicate == DIGEST:
            pending.add(name)
    return Published(
        digests,
        frozenset(pending - set(digests)),
        about.get(STATUS) == "publishing",
        about.get(SNAPSHOT),
        about.get(FORMER),
        stand_ins,
    )


def read_text(triple: Triple) -> str:
    """What the object of a triple says, as a text or as an IRI."""
    return triple.object.value if isinstance(triple.object, Literal | NamedNode) else ""


def take_digest(quads: Iterable[Quad]) -> str:
    """The SHA-256 of the canonical N-Quads of one graph."""
    return hashlib.sha256(write(quads, "nquads")).hexdigest()
