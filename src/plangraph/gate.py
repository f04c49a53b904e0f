"""What may be written into a data set: which graphs, by which rules, and what is computed anew with it.

The gate looks at a store after a change and at the change. Nothing is written by it but the computed graphs
of that store, which is the caller's own copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Store

from plangraph.change import Change, join
from plangraph.computing import compute
from plangraph.findings import Finding, sort_findings
from plangraph.pinning import COMPUTED, DOCUMENT_GRAPHS, REGISTRY
from plangraph.rules import open_rules
from plangraph.settings import Limits
from plangraph.shacl import find_violations
from plangraph.shapes import tell_finding
from plangraph.surroundings import FOLLOWED, Neighbours
from plangraph.terms import GRAPH, SLUG, Graph, Subject, Term, graph
from plangraph.write_errors import ChangeRefused

PACKAGED: Final = frozenset(graph(name) for name in ("ontology", "topics", "shapes"))
WRITABLE: Final = f"what can be written is <{REGISTRY.value}> and <{GRAPH}document/...>"


@dataclass(frozen=True)
class Verdict:
    """A change that may be made, all that is computed from it included; its revision; and warnings.

    ``whole`` says whether everything had to be computed for it, or only what it touches.
    """

    change: Change
    revision: str
    warnings: tuple[Finding, ...]
    whole: bool


def judge_change(store: Store, change: Change, limits: Limits, faults: Iterable[Finding] = ()) -> Verdict:
    """Whether a change may be made; ``store`` holds its outcome, and then also what is computed from that.

    Raises :class:`ChangeRefused` for a graph that cannot be written, and with the findings where a rule is
    broken; ``faults`` are findings that are known already. Warnings do not refuse a change. The revision is
    that of the same quads in files.
    """
    for name in sorted(change.find_graphs(), key=str):
        check_graph(name)
    findings = sort_findings({*faults, *find_findings(store, change)})
    broken = [finding for finding in findings if finding.severity == "violation"]
    if broken:
        told = [finding.describe_member() for finding in broken[: limits.findings_told]]
        count = f"{len(broken)} rule{'s are' if len(broken) > 1 else ' is'} broken"
        raise ChangeRefused(
            f"{count}, first: {broken[0].describe()} ({broken[0].shape})", findings=told, total=len(broken)
        )
    computed = compute(store, change)
    return Verdict(join(change, computed.change), computed.revision, findings, computed.whole)


def check_graph(name: Graph) -> None:
    """Raises :class:`ChangeRefused` for a graph that nobody can write; it needs no data to say so."""
    if name == REGISTRY or is_document(name):
        return
    if isinstance(name, DefaultGraph):
        detail = "the default graph is empty in this data set"
    elif name in PACKAGED:
        detail = f"{name} comes with the software"
    elif name in COMPUTED:
        detail = f"{name} is computed"
    else:
        detail = f"{name} is no graph of this data set"
    raise ChangeRefused(f"{detail}; {WRITABLE}", rule="graph")


def is_document(name: Graph) -> bool:
    """Whether a graph is that of one document."""
    return (
        isinstance(name, NamedNode)
        and name.value.startswith(DOCUMENT_GRAPHS)
        and SLUG.fullmatch(name.value.removeprefix(DOCUMENT_GRAPHS)) is not None
    )


def find_findings(store: Store, change: Change) -> Iterator[Finding]:
    """The findings on every graph that the change touches, and on every document that refers to such things.

    A document is checked with the few descriptions that it refers to, so its cost does not grow with the
    data; the registry is checked as a whole.
    """
    graphs = change.find_graphs() | find_referring(store, find_subjects(change))
    if REGISTRY in change.emptied:  # what it held is not told, so any document may have referred to it
        graphs.update(name for name in store.named_graphs() if is_document(name))
    known, rules = Neighbours(store), open_rules(False)
    for name in graphs:
        quads = list(store.quads_for_pattern(None, None, None, name))
        where = name.value if isinstance(name, NamedNode) else str(name)
        for focus, details in find_violations(quads, known.gather(quads), rules) if quads else ():
            yield tell_finding(where, None, focus, details)


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
