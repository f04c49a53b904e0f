"""What of the data is checked after a change: what changed, and what may be judged otherwise for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pyoxigraph import BlankNode, NamedNode, Quad, Store
from rdflib import RDFS

from plangraph.blanks import HOLDS_BLANKS
from plangraph.change import Change
from plangraph.findings import Finding
from plangraph.nearby import Vicinity, find_seeing, find_shown
from plangraph.pinning import COMPUTED, DOCUMENT_GRAPHS, REGISTRY
from plangraph.rules import Rule, open_rules, to_term
from plangraph.shacl import find_violations
from plangraph.shapes import tell_finding
from plangraph.surroundings import FOLLOWED, Neighbours
from plangraph.terms import SLUG, Graph, Subject, Term


@dataclass
class Check:
    """What is to be checked of a graph.

    All of it where it is ``whole``; else ``things`` by every rule, and ``seeing``, which see what changed, by
    the rules that mind it, told by their places in the list.
    """

    whole: bool = False
    things: set[Subject] = field(default_factory=set)
    seeing: set[Subject] = field(default_factory=set)
    minding: set[int] = field(default_factory=set)


def find_findings(store: Store, change: Change) -> Iterator[Finding]:
    """The findings on every document that a change touches, and on what may be judged otherwise for it.

    A document is checked with the few descriptions that it refers to. Of the registry, and of documents that
    refer to what changed, those things are checked that changed or see it. So the cost grows with the change
    and with what sees it, not with the data. Where that breaks a rule the graph is checked as a whole, so
    that all is told at once.
    """
    known = Vicinity(store)
    for name, check in plan_checks(store, change).items():
        found = None if check.whole else list(check_part(known, name, check))
        if found is None or any(finding.severity == "violation" for finding in found):
            found = list(check_whole(known, name))
        yield from found


def check_whole(known: Neighbours, name: Graph) -> Iterator[Finding]:
    """The findings on all that a graph describes."""
    quads = list(known.store.quads_for_pattern(None, None, None, name))
    yield from judge(name, quads, known.gather(quads))


def check_part(known: Vicinity, name: Graph, check: Check) -> Iterator[Finding]:
    """The findings on some things of a graph."""
    rules = open_rules(False).rules
    yield from judge(name, *known.look_around(name, check.things))
    minding = [rules[place] for place in sorted(check.minding)]
    yield from judge(name, *known.look_around(name, check.seeing - check.things), minding)


def judge(
    name: Graph, quads: Sequence[Quad], context: Sequence[Quad], chosen: Iterable[Rule] | None = None
) -> Iterator[Finding]:
    """The findings on what the quads of a graph describe."""
    where = name.value if isinstance(name, NamedNode) else str(name)
    if quads:
        for focus, details in find_violations(quads, context, open_rules(False), chosen):
            yield tell_finding(where, None, focus, details)


def plan_checks(store: Store, change: Change) -> dict[Graph, Check]:
    """What is to be checked after a change that the store has already."""
    checks: dict[Graph, Check] = defaultdict(Check)
    removed, added = frozenset(change.list_removed()), frozenset(change.list_added())
    gone, come = removed - added, added - removed
    named = change.find_graphs()
    if change.emptied or any(map(is_unbounded, gone | come)):
        named |= find_referring(store, find_subjects(change))
        if REGISTRY in change.emptied:  # what it held is not told, so any document may have referred to it
            named.update(name for name in store.named_graphs() if is_document(name))
        return {name: Check(whole=True) for name in named}
    for name in named - {REGISTRY}:
        checks[name].whole = True
    for quad in gone | come:
        if quad.graph_name == REGISTRY:
            checks[REGISTRY].things.add(quad.subject)
    for thing, predicates in find_shown(store, gone, come).items():
        minding = find_minding(frozenset(predicates))
        if not minding:
            continue
        had = [quad for quad in gone if quad.subject == thing]
        has = store.quads_for_pattern(thing, None, None, None)
        for name, seeing in set(find_seeing(store, thing, [*had, *has])):
            # The registry is judged when it is written; a document that was written is judged whole anyway.
            if name in named if name == REGISTRY else is_document(name) and name not in named:
                checks[name].seeing.add(seeing)
                checks[name].minding |= minding
    return checks


@lru_cache(maxsize=1024)
def find_minding(predicates: frozenset[NamedNode]) -> frozenset[int]:
    """The rules that may judge things otherwise that see a thing of which such predicates changed."""
    changed = [to_term(predicate) for predicate in predicates]
    return frozenset(place for place, rule in enumerate(open_rules(False).rules) if rule.minds(changed))


def is_unbounded(quad: Quad) -> bool:
    """Whether it is not known what sees a quad: one of a class's place, or of a nameless thing."""
    if to_term(quad.predicate) == RDFS.subClassOf:
        return True
    return quad.graph_name == REGISTRY and any(
        isinstance(node, HOLDS_BLANKS) for node in (quad.subject, quad.object)
    )


def is_document(name: Graph) -> bool:
    """Whether a graph is that of one document."""
    return (
        isinstance(name, NamedNode)
        and name.value.startswith(DOCUMENT_GRAPHS)
        and SLUG.fullmatch(name.value.removeprefix(DOCUMENT_GRAPHS)) is not None
    )


def find_subjects(change: Change) -> set[Subject]:
    """Everything whose description changes."""
    return {quad.subject for quads in (change.list_removed(), change.list_added()) for quad in quads}


def find_referring(store: Store, things: Iterable[Subject]) -> set[Graph]:
    """The graphs of documents that refer to things, or to what a rule looks through to them."""
    waiting: list[Term] = list(things)
    seen, graphs = set(waiting), set[Graph]()
    while waiting:
        for quad in store.quads_for_pattern(None, None, waiting.pop()):
            if quad.graph_name in COMPUTED:
                continue
            if is_document(quad.graph_name):
                graphs.add(quad.graph_name)
            through = quad.predicate in FOLLOWED or isinstance(quad.object, BlankNode)
            if through and quad.subject not in seen:
                seen.add(quad.subject)
                waiting.append(quad.subject)
    return graphs
