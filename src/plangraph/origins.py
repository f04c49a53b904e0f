"""Follow a claim to the ends of its chains, and say which of them are origins of their own.

Rules (design, section 2): what a named person or body said is one origin, however often and wherever it is
relayed; else one public occasion is; else the outlet whose document stands at the end of ``takenFrom`` and
``copyOf``, whoever it cites: two reports of one newsroom are not independent of each other. An end that
names none of these is undetermined and counted apart; a circle of citations is one undetermined end; spun,
generated and summing-up pages add no origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.index import Index, Subject, Term
from plangraph.terms import pg, term

ECHO_KINDS = frozenset(
    pg(name) for name in ("agencyCopy", "repost", "spunCopy", "aggregator", "aiGenerated", "mediaReview")
)
"""Document kinds that only pass on what others report."""

TAKEN_FROM, UTTERED_AT, IN_DOCUMENT = pg("takenFrom"), pg("utteredAt"), pg("inDocument")
COPY_OF, DOCUMENT_KIND = pg("copyOf"), pg("documentKind")
ASSERTS, SAID_BY, PUBLISHER, TYPE = (
    pg("assertsClaim"),
    pg("saidBy"),
    term("schema:publisher"),
    term("rdf:type"),
)
ATTRIBUTION = pg("Attribution")
NAMED = (term("schema:Person"), term("schema:Organization"))
ENDS_IN, ENDS_UNDETERMINED = pg("endsIn"), pg("endsUndeterminedAt")


@dataclass(frozen=True)
class Origins:
    """Where chains end: speakers, occasions and outlets, and hops or pages behind which nothing is known."""

    determined: frozenset[Term] = frozenset()
    undetermined: frozenset[Term] = frozenset()

    def __or__(self, other: Origins) -> Origins:
        return Origins(self.determined | other.determined, self.undetermined | other.undetermined)

    @property
    def all(self) -> frozenset[Term]:
        """Every end, known or not."""
        return self.determined | self.undetermined


def trace(index: Index, attributions: Iterable[Subject]) -> Origins:
    """The origins that the chains of these attributions end in. Linear in the hops walked."""
    determined: set[Term] = set()
    undetermined: set[Term] = set()
    for attribution in attributions:
        found = trace_one(index, attribution)
        determined |= found.determined
        undetermined |= found.undetermined
    return Origins(frozenset(determined), frozenset(undetermined))


def trace_one(index: Index, attribution: Subject) -> Origins:
    """The origins of one attribution's chains, walked without recursion, each hop once."""
    found, ended = Origins(), False
    seen: set[Subject] = {attribution}
    waiting: list[Subject] = [attribution]
    while waiting:
        hop = waiting.pop()
        occasion = index.one(hop, UTTERED_AT)
        upstream = hops_above(index, hop)
        if occasion is not None:
            found, ended = found | Origins(speakers_of(index, hop) or frozenset({occasion})), True
        elif upstream:
            waiting.extend(above for above in upstream if above not in seen)
            seen.update(upstream)
        else:
            found, ended = found | end_of(index, hop), True
    # Every hop of a circle is taken from another one, so the walk meets no end.
    return found if ended else Origins(undetermined=frozenset({name_circle(index, seen)}))


def name_circle(index: Index, hops: set[Subject]) -> Subject:
    """The first by IRI of the hops that lie on a circle, however the walk came into it."""
    circle = set(hops)
    while tail := circle - {above for hop in circle for above in hops_above(index, hop)}:
        circle -= tail
    return min(circle or hops, key=str)


def describe_ends(index: Index, home: NamedNode) -> Iterator[Quad]:
    """For each attribution that no other takes this very claim from: where its chains end, as quads."""
    for attribution in index.instances(ATTRIBUTION):
        yield from describe_end(index, attribution, home)


def describe_end(index: Index, attribution: Subject, home: NamedNode) -> Iterator[Quad]:
    """Where the chains of an attribution end, as quads; none where another takes this very claim from it."""
    claims = set(index.objects(attribution, ASSERTS))
    for below in index.subjects(TAKEN_FROM, attribution):
        if ATTRIBUTION in index.objects(below, TYPE) and claims & set(index.objects(below, ASSERTS)):
            return
    ends = trace_one(index, attribution)
    for predicate, nodes in ((ENDS_IN, ends.determined), (ENDS_UNDETERMINED, ends.undetermined)):
        yield from (Quad(attribution, predicate, node, home) for node in sorted(nodes, key=str))


def chain_of(index: Index, attribution: Subject) -> list[Subject]:
    """An attribution and every hop above it, nearest first, each once."""
    found = [attribution]
    for hop in found:
        found += [above for above in hops_above(index, hop) if above not in found]
    return found


def hops_above(index: Index, hop: Subject) -> list[Subject]:
    """The hops that a hop takes its claim from."""
    return [above for above in index.objects(hop, TAKEN_FROM) if isinstance(above, Subject)]


def end_of(index: Index, hop: Subject) -> Origins:
    """The origin that a hop without upstream stands for: who speaks there, else whose page it is.

    A page that only passes on adds no origin, whoever speaks in it: nothing else shows that they did.
    """
    speakers = speakers_of(index, hop)
    document = index.one(hop, IN_DOCUMENT)
    if not isinstance(document, Subject):
        return Origins(speakers) if speakers else Origins(undetermined=frozenset({hop}))
    original = original_of(index, document)
    if index.one(original, DOCUMENT_KIND) in ECHO_KINDS:
        return Origins(undetermined=frozenset({original}))
    return Origins(speakers or frozenset({index.one(original, PUBLISHER) or original}))


def speakers_of(index: Index, hop: Subject) -> frozenset[Term]:
    """The named persons and bodies whose words a hop gives; an unnamed source is none of them."""
    return frozenset(
        speaker
        for speaker in index.objects(hop, SAID_BY)
        if not isinstance(speaker, Literal) and any(kind in NAMED for kind in index.objects(speaker, TYPE))
    )


def original_of(index: Index, document: Subject) -> Subject:
    """The document at the end of ``copyOf``; of a circle of copies the one first by IRI."""
    seen = [document]
    while isinstance(copied := index.one(seen[-1], COPY_OF), Subject):
        if copied in seen:
            return min(seen[seen.index(copied) :], key=str)
        seen.append(copied)
    return seen[-1]
