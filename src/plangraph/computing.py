"""What is computed of a store, brought up to date after a change: as much as the change asks for, or all.

Both ways lead to the same graphs and the same revision. All of it is computed where the change cannot be
bounded: where it touches blank nodes, whose labels depend on one another; or the slots; or where it reaches
so much that nothing would be gained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import Quad, RdfFormat, Store, serialize

from plangraph.about import IN, describe_dataset, read_description
from plangraph.blanks import HOLDS_BLANKS
from plangraph.build import UNREAD, Dataset, assemble, undisturbed
from plangraph.change import Change, apply, compare, dump_graph
from plangraph.figures import shift_figures
from plangraph.increments import Difference, derive_again, differ
from plangraph.lookup import Lookup
from plangraph.pinning import COMPUTED
from plangraph.reach import find_changed, find_reach
from plangraph.recorded import Records
from plangraph.repeated import Repeated
from plangraph.revision import name_revision, shift_sum
from plangraph.slots import read_slots
from plangraph.terms import Graph
from plangraph.values import CLAIM

FEW_REACHED: Final = 5_000
"""Up to so many claims, attributions and values are derived one by one, however few there are in all."""

SHARE_REACHED: Final = 2
"""Beyond that, all are derived at once where more are reached than one in so many claims."""


@dataclass(frozen=True)
class Computed:
    """The change of the computed graphs, the revision, and whether everything was computed for it."""

    change: Change
    revision: str
    whole: bool


def compute(store: Store, change: Change, repeated: Repeated | None = None) -> Computed:
    """The change of the computed graphs that follows from another, which the store has already; made there.

    The computed graphs must be those of the state before that change, if they are there at all. ``repeated``
    is what that state said of things that documents repeat; without it, it is looked up, which takes longer
    the more documents do.
    """
    with undisturbed():
        return compute_part(store, change, repeated or Repeated({})) or compute_whole(store)


def compute_whole(store: Store) -> Computed:
    """As :func:`compute`, from all that the store states."""
    dataset = assemble(quad for quad in store if quad.graph_name not in COMPUTED)
    change = compare({name: dump_graph(store, name) for name in COMPUTED}, dict(dump_computed(dataset)))
    missing = frozenset(name for name in COMPUTED if not store.contains_named_graph(name))
    change = replace(change, created=missing)
    apply(store, change)
    return Computed(change, dataset.revision, True)


def compute_part(store: Store, change: Change, repeated: Repeated) -> Computed | None:
    """As :func:`compute`, from what the change touches; ``None`` where that is not bounded."""
    description = list(store.quads_for_pattern(None, None, None, IN))
    known = read_description(description)
    if known is None or change.emptied or not all(map(store.contains_named_graph, COMPUTED)):
        return None
    stated = differ(change.list_removed(), change.list_added())
    if any(holds_blanks(quad) for quads in (stated.gone, stated.come) for quad in quads):
        return None
    most = max(FEW_REACHED, known[0].classes[CLAIM] // SHARE_REACHED)
    derived = derive_part(store, stated, most, repeated)
    if derived is None:
        return None
    moved = stated.then(derived)
    figures = shift_figures(known[0], store, moved.gone, moved.come, IN)
    total = shift_sum(known[1], moved.gone, moved.come)
    described = differ(description, describe_dataset(figures, total))
    described.apply(store)
    return Computed(write_difference(derived.then(described)), name_revision(total), False)


def derive_part(store: Store, stated: Difference, most: int, repeated: Repeated) -> Difference | None:
    """The change of the derived graph, made in the store; ``None`` where it reaches more than that."""
    moved = stated.gone | stated.come
    before = Lookup(store, UNREAD, stated.gone, stated.come, repeated.said)
    after = Lookup(store, UNREAD, repeated=repeated.learn(store, moved).said)
    touched = {quad.subject for quad in moved}
    changed = find_changed(before, after, touched)
    slots = read_slots(after)
    reach = find_reach(before, Records(after, slots), changed, slots)
    if reach is None or len(reach) > most:
        return None
    return derive_again(before, after, slots, reach)


def holds_blanks(quad: Quad) -> bool:
    """Whether a quad has a blank node in it, or a triple that may have one."""
    return any(isinstance(node, HOLDS_BLANKS) for node in (quad.subject, quad.object, quad.graph_name))


def write_difference(difference: Difference) -> Change:
    """A difference as a change."""
    removed, added = (
        serialize(sorted(quads, key=str), format=RdfFormat.N_QUADS) or b""
        for quads in (difference.gone, difference.come)
    )
    return Change(removed, added)


def dump_computed(dataset: Dataset) -> Iterator[tuple[Graph, bytes]]:
    """The computed graphs of a data set, each as the engine writes it."""
    fresh = Store()
    fresh.extend(quad for quad in dataset.quads if quad.graph_name in COMPUTED)
    for name in COMPUTED:
        yield name, dump_graph(fresh, name)
