"""Bring an external server up to date with a data set, graph by graph, and only the graphs that changed.

The order lets readers follow: first the bookkeeping says what is about to change, then graphs go over one by
one, each held against what was sent, then a snapshot of all under a name of its own. The graph ``dataset``,
with the revision, is the last of the graphs, and the bookkeeping names the new snapshot only after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import NamedNode, Quad, Triple

from plangraph.build import Dataset
from plangraph.dialect import rename_triple, restore_triple
from plangraph.errors import ServerFailed
from plangraph.published import (
    DATASET_GRAPH,
    RECORD,
    SNAPSHOTS,
    STAND_INS,
    Published,
    describe_graph,
    read_published,
    take_digest,
)
from plangraph.remote_graphs import GraphStore

LAST: Final = DATASET_GRAPH.value
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """What is to be done with each graph, by name."""

    unchanged: tuple[str, ...]
    replaced: tuple[str, ...]
    deleted: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What was done, and the revision that the server has now."""

    plan: Plan
    revision: str
    altered: tuple[str, ...] = ()
    """Graphs that the server gave back with literals that mean the same and are written otherwise."""

    def describe(self) -> str:
        """One line for people."""
        plan = self.plan
        text = f"{len(plan.unchanged)} unchanged, {len(plan.replaced)} replaced, {len(plan.deleted)} deleted"
        noted = f"; {len(self.altered)} came back with other literals" if self.altered else ""
        return f"{text}{noted}; the server has revision {self.revision}"


def plan(wanted: Mapping[str, str], there: Published) -> Plan:
    """Which graphs to replace and to delete, given the digests wanted and the bookkeeping of the server."""
    unchanged = {name for name, digest in wanted.items() if there.digests.get(name) == digest}
    return Plan(
        tuple(sorted(unchanged)),
        tuple(sorted(set(wanted) - unchanged, key=lambda name: (name == LAST, name))),
        tuple(name for name in there.graphs if name not in wanted),
    )


def publish(
    dataset: Dataset,
    store: GraphStore,
    *,
    snapshot: bool | None = None,
    progress: Progress = lambda *_: None,
) -> Summary:
    """Bring the server up to date; ``progress`` is told how many steps are done, of how many.

    Without ``snapshot`` only the graphs go over: for a server whose own default graph is their union, as a
    plangraph's; there it is left out unless it is asked for. Raises :class:`ServerFailed`; then the next run
    takes up what is left. A service that checks what is written is refused before anything was changed.
    """
    graphs: dict[str, list[Quad]] = defaultdict(list)
    for quad in dataset.quads:
        if not isinstance(quad.graph_name, NamedNode):
            raise ServerFailed("a quad outside of all named graphs cannot be published")
        graphs[quad.graph_name.value].append(quad)
    wanted = {name: take_digest(quads) for name, quads in graphs.items()}
    stand_ins = STAND_INS if store.is_virtuoso else {}
    there = read_published(store.read(RECORD.value))
    if there.stand_ins != stand_ins:  # what lies there was written for another server
        there = replace(there, digests={}, pending=frozenset(there.graphs), stand_ins=stand_ins)
    todo = plan(wanted, there)
    wants_snapshot = not store.is_plangraph if snapshot is None else snapshot
    target = SNAPSHOTS + dataset.revision if wants_snapshot else None
    finished = Published(wanted, frozenset(), False, target, pick_former(there, target), stand_ins)
    if not todo.replaced and not todo.deleted and not there.publishing and there.snapshot == target:
        return Summary(todo, dataset.revision)

    kept = {name: wanted[name] for name in todo.unchanged}
    begun = replace(there, digests=kept, pending=frozenset((*todo.replaced, *todo.deleted)), publishing=True)
    store.put(RECORD.value, begun.describe())
    steps, done, altered = len(todo.replaced) + len(todo.deleted) + (target is not None), 0, []
    for name in todo.deleted:
        store.delete(name)
        progress(done := done + 1, steps)
    for name in todo.replaced:
        if name == LAST:
            continue
        if not send(store, name, graphs[name], wanted[name], stand_ins):
            altered.append(name)
        store.add(RECORD.value, [describe_graph(name, wanted[name])])
        progress(done := done + 1, steps)
    if target is not None:
        send_snapshot(store, target, dataset.quads, stand_ins)
        progress(done := done + 1, steps)
    if LAST in todo.replaced:
        if not send(store, LAST, graphs[LAST], wanted[LAST], stand_ins):
            altered.append(LAST)
        progress(done := done + 1, steps)
    store.put(RECORD.value, finished.describe())
    for old in {there.snapshot, there.former} - {None, finished.snapshot, finished.former}:
        store.delete(str(old))
    return Summary(todo, dataset.revision, tuple(altered))


def pick_former(there: Published, target: str | None) -> str | None:
    """The snapshot to keep for readers who have not heard of the new one yet."""
    return there.former if there.snapshot == target else there.snapshot


def send(
    store: GraphStore, name: str, quads: Sequence[Quad], digest: str, stand_ins: Mapping[str, str]
) -> bool:
    """Replace a graph and hold it against what was sent; whether it came back literal by literal.

    Raises :class:`ServerFailed` where the server has another number of triples.
    """
    store.put(name, rename(quads, stand_ins))
    originals = {stand_in: original for original, stand_in in stand_ins.items()}
    back = {restore_triple(triple, originals) for triple in store.read(name)}
    check_count(name, len(quads), len(back))
    home = NamedNode(name)
    return take_digest(Quad(entry.subject, entry.predicate, entry.object, home) for entry in back) == digest


def send_snapshot(store: GraphStore, name: str, quads: Iterable[Quad], stand_ins: Mapping[str, str]) -> None:
    """Write the union of all graphs, each triple once, as one graph; raises :class:`ServerFailed`."""
    triples = set(rename(quads, stand_ins))
    store.put(name, triples)
    check_count(name, len(triples), store.count(name))


def rename(quads: Iterable[Quad], stand_ins: Mapping[str, str]) -> list[Triple]:
    """The triples as they go to the server."""
    return [rename_triple(quad.triple, stand_ins) for quad in quads]


def check_count(name: str, sent: int, there: int) -> None:
    """Raises :class:`ServerFailed` where a server holds another number of triples than it was sent."""
    if sent != there:
        raise ServerFailed(f"{name}: {sent:,} triples were sent, and the server has {there:,}")
