"""What the derivation reads is what a change is followed by."""

from __future__ import annotations

from pyoxigraph import NamedNode

from plangraph.build import UNREAD
from plangraph.denial import find_denials
from plangraph.divergence import describe_divergences, find_divergences
from plangraph.index import Index, Subject, Term
from plangraph.origins import describe_ends
from plangraph.pinning import COMPUTED
from plangraph.reach import HOPS, MEASURES, NAMES, ORDER, PAGES, PARTS, SLOT
from plangraph.slots import read_slots
from plangraph.terms import pg
from plangraph.values import DERIVED, KEY_PROPERTIES, POINT_BASIS, describe_values, gather_values
from services import read_packaged

OF_CLAIMS = {*KEY_PROPERTIES, POINT_BASIS, pg("about"), pg("glosses"), pg("toVersion")}
"""What is read of a claim beside its slots; a claim is derived anew whatever of it changes."""


class Watched(Index):
    """An index that keeps which predicates it was asked for."""

    asked: set[NamedNode]

    def objects(self, subject: Subject, predicate: NamedNode) -> tuple[Term, ...]:
        self.asked.add(predicate)
        return super().objects(subject, predicate)

    def subjects(self, predicate: NamedNode, value: Term) -> tuple[Subject, ...]:
        self.asked.add(predicate)
        return super().subjects(predicate, value)


def test_every_property_that_deriving_reads_is_one_that_a_change_is_followed_by() -> None:
    index = Watched((quad for quad in read_packaged().quads if quad.graph_name not in COMPUTED), UNREAD)
    index.asked = set()
    slots = read_slots(index)
    values = gather_values(index, slots)
    found = [*find_divergences(index, values), *find_denials(index, values)]
    told = [
        *describe_ends(index, DERIVED),
        *describe_values(index, values),
        *describe_divergences(index, found),
    ]
    assert len(told) > 10_000
    followed = HOPS | PAGES | PARTS | MEASURES | ORDER | NAMES | SLOT | OF_CLAIMS | set(slots)
    assert index.asked - followed == set()
    assert followed - index.asked - set(slots) == set()
