"""What is judged otherwise because something else changed, and what a rule sees from where it stands.

A rule looks from the thing it judges along some ways; :mod:`plangraph.rule_reads` says what it may read at
the end of them. Here the ways are followed: back from what changed to the things that see it, and from a
thing to all that it sees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, NamedNode, Quad, Store

from plangraph.pinning import COMPUTED
from plangraph.surroundings import FOLLOWED, SHARED, TYPE, Neighbours, find_home, is_ours
from plangraph.terms import Graph, Subject, Term, pg, term

TAKEN_FROM: Final = pg("takenFrom")

THROUGH: Final = FOLLOWED | {term("schema:containedInPlace"), pg("coveredBy")}
"""What a rule may look through within one graph."""

BACKWARD: Final = frozenset(
    {
        TAKEN_FROM,
        pg("assertsClaim"),
        pg("hasEvidence"),
        *(
            term(name)
            for name in (
                "owl:sameAs", "schema:sameAs", "skos:exactMatch", "skos:closeMatch", "skos:broadMatch",
                "skos:narrowMatch", "skos:relatedMatch",
            )
        ),
    }
)  # fmt: skip
"""What a rule may look along against its direction, as its first step."""

Place: TypeAlias = tuple[Graph, Subject]
"""A thing as one graph describes it."""


def find_shown(store: Store, gone: Set[Quad], come: Set[Quad]) -> dict[NamedNode, set[NamedNode]]:
    """What changed so that other graphs can see it: things, each with the predicates that changed.

    A graph sees of another one's things what the registry says, else what the thing's own document says.
    Where one of these begins or ceases to describe a thing, every predicate of it may have changed.
    """
    changed: dict[tuple[NamedNode, Graph], set[NamedNode]] = defaultdict(set)
    had: dict[tuple[Subject, Graph], set[NamedNode]] = defaultdict(set)
    for quad in gone:
        had[quad.subject, quad.graph_name].add(quad.predicate)
    for quad in (*gone, *come):
        thing, home = quad.subject, quad.graph_name
        if isinstance(thing, NamedNode) and (home in SHARED or home == find_home(thing)):
            changed[thing, home].add(quad.predicate)
    shown: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    for (thing, home), predicates in changed.items():
        shown[thing] |= predicates
        has = set(store.quads_for_pattern(thing, None, None, home))
        if not has or (has <= come and (thing, home) not in had):
            shown[thing].update(quad.predicate for quad in store.quads_for_pattern(thing, None, None, None))
            shown[thing].update(*(held for place, held in had.items() if place[0] == thing))
    return shown


def find_seeing(store: Store, thing: NamedNode, leads: Iterable[Quad]) -> Iterator[Place]:
    """The things that may see some thing, in the graphs that show them; some perhaps more than once.

    ``leads`` are the quads that the thing has or had: what they point at may look back along them.
    """
    seen: set[tuple[Subject, bool]] = {(thing, False)}
    waiting = list(seen)
    graphs: set[Graph] = set()
    while waiting:
        node, strayed = waiting.pop()
        for quad in store.quads_for_pattern(None, None, node, None):
            through = quad.predicate in THROUGH or isinstance(node, BlankNode)
            if quad.graph_name in COMPUTED or (strayed and quad.predicate != TAKEN_FROM):
                continue
            yield quad.graph_name, quad.subject
            if not strayed:
                graphs.add(quad.graph_name)
            step = quad.subject, strayed or not through
            if step not in seen:
                seen.add(step)
                waiting.append(step)
    for lead in leads:
        if lead.predicate in BACKWARD and isinstance(lead.object, NamedNode | BlankNode):
            yield from ((name, lead.object) for name in {*graphs, lead.graph_name})


class Vicinity(Neighbours):
    """What things of one graph see: there, and in the graphs that any graph may refer to."""

    def look_around(self, name: Graph, things: Collection[Subject]) -> tuple[list[Quad], list[Quad]]:
        """What a graph says of some things, and what a rule on them may look at."""
        own = [quad for thing in things for quad in self.read(name, thing)]
        context: list[Quad] = []
        near_to: dict[Term, bool] = dict.fromkeys(things, True)
        waiting = list(list_steps(own, True))
        for thing in things:
            for predicate in BACKWARD:
                found = self.store.quads_for_pattern(None, predicate, thing, name)
                waiting += ((quad.subject, False) for quad in found)
        while waiting:
            node, near = waiting.pop()
            known = near_to.get(node)
            if known is not None and known >= near:
                continue
            near_to[node] = near
            held = self.read(name, node)
            waiting += list_steps(held, near)
            if known is None:
                context += held
                described = self.describe_outside(node, held)
                context += described
                waiting += ((quad.object, False) for quad in described if quad.predicate in FOLLOWED)
        return own, context

    def read(self, name: Graph, thing: Term) -> list[Quad]:
        """What a graph says of a thing."""
        if not isinstance(thing, Subject):
            return []
        return list(self.store.quads_for_pattern(thing, None, None, name))

    def describe_outside(self, thing: Term, held: Sequence[Quad]) -> Sequence[Quad]:
        """What other graphs say of a thing that a graph says so much of; nothing if it says what it is."""
        if not is_ours(thing) or any(quad.predicate == TYPE for quad in held):
            return ()
        return self.describe(thing)


def list_steps(quads: Iterable[Quad], near: bool) -> Iterator[tuple[Term, bool]]:
    """Where a rule may look next: from what is near to everything, from elsewhere along few ways."""
    for quad in quads:
        through = quad.predicate in THROUGH or isinstance(quad.object, BlankNode)
        if through or near:
            yield quad.object, near and through
