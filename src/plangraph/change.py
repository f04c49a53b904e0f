"""What turns one state of a data set into the next: quads that go and come, graphs that do.

A change travels between processes and into a journal, so it holds N-Quads, one quad a line, and no objects:
a million quads are written, read and counted without a step of Python each. Blank nodes keep their labels,
since the two sides share a store; only ``extend`` keeps them, while the ``load`` functions of the engine
rename.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeAlias

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
)

from plangraph.terms import Graph

Named: TypeAlias = NamedNode | BlankNode

DEFAULT: Final = DefaultGraph()
REVISION_LETTERS: Final = 16
FEW_QUADS: Final = 50_000
"""Emptied graphs that hold no more are told quad by quad all the same."""

LINE_END: Final = b" .\n"
"""How each line of N-Triples and N-Quads ends; nowhere else, since a literal holds no bare line end."""


@dataclass(frozen=True)
class Change:
    """One change, to be applied whole.

    ``removed`` and ``added`` are N-Quads as the engine writes them. ``emptied`` are graphs that lose all they
    hold before anything is added; what they held is not listed, only how many quads it was. ``dropped`` and
    ``created`` are the named graphs that cease and begin to exist, since a graph may exist and be empty.
    """

    removed: bytes = b""
    added: bytes = b""
    emptied: frozenset[Graph] = frozenset()
    dropped: frozenset[Named] = frozenset()
    created: frozenset[Named] = frozenset()
    emptied_quads: int = field(default=0, compare=False)

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.removed or self.added or self.emptied or self.dropped or self.created)

    @property
    def removed_quads(self) -> int:
        """How many quads go, those of emptied graphs included: the store keeps the room of each."""
        return self.removed.count(b"\n") + self.emptied_quads

    @property
    def added_quads(self) -> int:
        """How many quads come."""
        return self.added.count(b"\n")

    def list_removed(self) -> Iterator[Quad]:
        """The quads that go, without those of emptied graphs."""
        return iter(parse(self.removed, format=RdfFormat.N_QUADS))

    def list_added(self) -> Iterator[Quad]:
        """The quads that come."""
        return iter(parse(self.added, format=RdfFormat.N_QUADS))

    def find_graphs(self) -> set[Graph]:
        """Every graph that changes in any way; one step a quad."""
        graphs: set[Graph] = {*self.emptied, *self.dropped, *self.created}
        for quads in (self.list_removed(), self.list_added()):
            graphs.update(quad.graph_name for quad in quads)
        return graphs


def compare(before: Mapping[Graph, bytes], after: Mapping[Graph, bytes]) -> Change:
    """The change between two states of the same graphs, each as :func:`dump_graph` gives it.

    The graphs that exist are not compared. A graph that did not change costs one comparison of bytes.
    """
    removed, added = [], []
    for graph in before.keys() | after.keys():
        old, new = before.get(graph, b""), after.get(graph, b"")
        if old == new:
            continue
        if old and new:
            old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
            kept = set(old_lines) & set(new_lines)
            old = b"".join(line for line in old_lines if line not in kept)
            new = b"".join(line for line in new_lines if line not in kept)
        removed.append(name_lines(old, graph))
        added.append(name_lines(new, graph))
    return Change(b"".join(removed), b"".join(added))


def dump_graph(store: Store, graph: Graph) -> bytes:
    """What a graph holds, as N-Triples; nothing where there is no such graph."""
    return store.dump(format=RdfFormat.N_TRIPLES, from_graph=graph) or b""


def passes(store: Store, graphs: Iterable[Graph], most: int) -> bool:
    """Whether graphs hold more quads than that, together."""
    quads = (quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph))
    return next(islice(quads, most, None), None) is not None


def count_quads(store: Store, graph: Graph) -> int:
    """How many quads a graph holds."""
    found = store.query("SELECT (COUNT(*) AS ?quads) { ?s ?p ?o }", default_graph=graph)
    assert isinstance(found, QuerySolutions)  # noqa: S101 - it is a SELECT
    value = next(found)["quads"]
    return int(value.value) if isinstance(value, Literal) else 0


def name_lines(triples: bytes, graph: Graph) -> bytes:
    """Lines of N-Triples as lines of N-Quads in a graph."""
    if isinstance(graph, DefaultGraph):
        return triples
    return triples.replace(LINE_END, f" {graph}".encode() + LINE_END)


def join(first: Change, second: Change) -> Change:
    """Two changes as one; they must be of different graphs."""
    return Change(
        first.removed + second.removed,
        first.added + second.added,
        first.emptied | second.emptied,
        first.dropped | second.dropped,
        first.created | second.created,
        first.emptied_quads + second.emptied_quads,
    )


def invert(change: Change) -> Change | None:
    """The change that takes another one back; there is none where graphs were emptied without a list."""
    if change.emptied:
        return None
    return Change(change.added, change.removed, dropped=change.created, created=change.dropped)


def apply(store: Store, change: Change) -> None:
    """Change a store that is in the state which the change was found on."""
    for graph in change.emptied:
        if isinstance(graph, DefaultGraph) or store.contains_named_graph(graph):
            store.clear_graph(graph)
    for quad in change.list_removed():
        store.remove(quad)
    for named in change.dropped:
        store.remove_graph(named)
    for named in change.created:
        store.add_graph(named)
    store.extend(change.list_added())


def write(change: Change) -> bytes:
    """A change as bytes: one line of JSON, then the quads that go, then those that come."""
    head = {
        "removed": len(change.removed),
        "added": len(change.added),
        "emptied": sorted(map(write_graph, change.emptied)),
        "dropped": sorted(map(write_graph, change.dropped)),
        "created": sorted(map(write_graph, change.created)),
        "emptied_quads": change.emptied_quads,
    }
    return b"".join((json.dumps(head).encode(), b"\n", change.removed, change.added))


def read(written: bytes) -> Change:
    """The change that :func:`write` wrote; raises ``ValueError`` for bytes that were cut or are none."""
    line, _, rest = written.partition(b"\n")
    head = json.loads(line)
    if len(rest) != head["removed"] + head["added"]:
        raise ValueError("the change is not whole")
    return Change(
        rest[: head["removed"]],
        rest[head["removed"] :],
        frozenset(map(read_graph, head["emptied"])),
        frozenset(map(read_named, head["dropped"])),
        frozenset(map(read_named, head["created"])),
        head["emptied_quads"],
    )


def write_graph(graph: Graph) -> str:
    """The name of a graph; the default graph has none."""
    return "" if isinstance(graph, DefaultGraph) else str(graph)


def read_graph(name: str) -> Graph:
    """The graph of that name."""
    return read_named(name) if name else DEFAULT


def read_named(name: str) -> Named:
    """The named graph of that name."""
    return BlankNode(name[2:]) if name.startswith("_:") else NamedNode(name[1:-1])


def next_revision(revision: str, change: Change) -> str:
    """The revision that a change leads to: it follows from the one before and from the change alone."""
    digest = hashlib.sha256(revision.encode() + b"\n")
    digest.update(write(change))
    return digest.hexdigest()[:REVISION_LETTERS]
