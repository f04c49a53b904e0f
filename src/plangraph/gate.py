"""What may be written into a data set: which graphs, by which rules, and what is computed anew with it.

The gate looks at a store after a change and at the change. Nothing is written by it but the computed graphs
of that store, which is the caller's own copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Store, parse

from plangraph.change import Change, join
from plangraph.checks import find_findings, is_document
from plangraph.computing import compute
from plangraph.findings import Finding, sort_findings
from plangraph.formats import NOT_IN_XML
from plangraph.pinning import COMPUTED, DOCUMENT_GRAPHS, REGISTRY
from plangraph.repeated import Repeated
from plangraph.settings import Limits
from plangraph.terms import GRAPH, Graph, graph, pg, term, thing
from plangraph.write_errors import ChangeRefused

TYPE, LANGUAGE, DOCUMENT = term("rdf:type"), term("schema:inLanguage"), pg("Document")
PACKAGED: Final = frozenset(graph(name) for name in ("ontology", "topics", "shapes"))
SUSPECT: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\\[bfu]|\xef\xbf[\xbe\xbf]")
"""What such a character looks like in N-Quads, escaped or not; it may be something else."""

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


def judge_change(
    store: Store,
    change: Change,
    limits: Limits,
    faults: Iterable[Finding] = (),
    repeated: Repeated | None = None,
) -> Verdict:
    """Whether a change may be made; ``store`` holds its outcome, and then also what is computed from that.

    Raises :class:`ChangeRefused` for a graph that cannot be written, and with the findings where a rule is
    broken; ``faults`` are findings that are known already. Warnings do not refuse a change. The revision is
    that of the same quads in files. ``repeated`` is as :func:`plangraph.computing.compute` has it.
    """
    names = sorted(change.find_graphs(), key=str)
    for name in names:
        check_graph(name)
    found = (finding for name in names for finding in check_described(store, name))
    unwritable = find_unwritable(change.added)
    findings = sort_findings({*faults, *found, *unwritable, *find_findings(store, change)})
    broken = [finding for finding in findings if finding.severity == "violation"]
    if broken:
        told = [finding.describe_member() for finding in broken[: limits.findings_told]]
        count = f"{len(broken)} rule{'s are' if len(broken) > 1 else ' is'} broken"
        raise ChangeRefused(
            f"{count}, first: {broken[0].describe_place()}{broken[0].describe()} ({broken[0].shape})",
            findings=told,
            total=len(broken),
        )
    computed = compute(store, change, repeated)
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


def find_unwritable(added: bytes) -> Iterator[Finding]:
    """The literals among N-Quads that no XML can hold: for one of them RDF/XML of everything would fail.

    Only a line that may have one is read.
    """
    suspects = b"".join(line for line in added.splitlines(keepends=True) if SUSPECT.search(line))
    for quad in parse(suspects, RdfFormat.N_QUADS) if suspects else ():
        wrong = NOT_IN_XML.search(quad.object.value) if isinstance(quad.object, Literal) else None
        if wrong is not None and isinstance(quad.graph_name, NamedNode):
            message = f"This text holds the character U+{ord(wrong[0]):04X}, which no XML can."
            focus = quad.subject.value if isinstance(quad.subject, NamedNode) else None
            yield Finding(
                quad.graph_name.value, None, "violation", message, "characters", focus, quad.predicate.value
            )


def check_described(store: Store, name: Graph) -> Iterator[Finding]:
    """Whether the graph of a document describes that document and, in full, no other one.

    Else it could not be found under its name, or stood under two names. A graph that holds nothing is gone.
    """
    if not is_document(name) or not any(True for _ in store.quads_for_pattern(None, None, None, name)):
        return
    assert isinstance(name, NamedNode)  # noqa: S101 - that of a document
    slug = name.value.removeprefix(DOCUMENT_GRAPHS)
    own = thing("document", slug)
    read = {quad.subject for quad in store.quads_for_pattern(None, LANGUAGE, None, name)}
    for other in sorted(entry.value for entry in read if isinstance(entry, NamedNode) and entry != own):
        message = f"This is the graph of document:{slug}, and tells the schema:inLanguage of another one."
        yield Finding(name.value, None, "violation", message, "one-document", focus=other)
    if not any(True for _ in store.quads_for_pattern(own, TYPE, DOCUMENT, name)):
        message = "Nothing here says that this is a pg:Document: describe the document that is sent in."
        yield Finding(name.value, None, "violation", message, "one-document", focus=own.value)
