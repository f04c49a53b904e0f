"""Reported values to divergences: distinct values under one key, never pairs of claims.

What compares two values is :mod:`plangraph.comparison`; here is what surrounds it: which values meet at all,
what later words of one holder do to earlier ones, and what one origin saying two things is called.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.comparison import DAY, Finding, compare, names
from plangraph.index import Index, Subject, Term
from plangraph.labels import label_of
from plangraph.origins import chain_of
from plangraph.terms import graph, pg, term, thing
from plangraph.values import POINT_BASIS, Key, Value, cut_slug, kebab, parties_of

DERIVED = graph("derived")
BOOLEAN = term("xsd:boolean")
HELD_BY = pg("heldBy")
INFERRED = thing("concept", "inferred")
POINT_NUMBER, RECIPIENT, IN_DOCUMENT = pg("pointNumber"), pg("recipient"), pg("inDocument")
VERSIONLESS = (term("schema:Event"), term("schema:Person"), term("schema:Organization"))
"""Subjects that no version of a plan has a say in, so that values about them meet without one."""


@dataclass(frozen=True)
class Divergence:
    """Two values under one key that are not the same."""

    one: Value
    two: Value
    kind: str
    reason: str
    within_one_origin: bool

    @cached_property
    def iri(self) -> NamedNode:
        """An IRI by content: the pair of values, in either order."""
        first, second = sorted((self.one.iri.value, self.two.iri.value))
        digest = hashlib.sha256(f"{first}\n{second}".encode()).hexdigest()[:10]
        slug = self.one.iri.value.rpartition("/")[2].partition("--")[0]
        return thing("divergence", f"{cut_slug(slug)}--{kebab(self.one.slot.name)}-{digest}")


def find_divergences(index: Index, values: Iterable[Value]) -> list[Divergence]:
    """Every divergence among the asserted values, sorted by IRI.

    Values meet within one key and slot group only, so the work grows with the square of the *distinct* values
    of one slot, not of the claims.
    """
    meeting: dict[tuple[Key, NamedNode, frozenset[Term]], list[Value]] = defaultdict(list)
    for value in values:
        if not value.negative and INFERRED not in value.key.terms(POINT_BASIS):
            meeting[value.key, value.slot.group, parties_of(index, value.members)].append(value)
    found = []
    for group in meeting.values():
        for one, two in combinations(group, 2):
            if one.claims & two.claims:
                continue  # one claim that fills two slots, or gives shares of two things, agrees with itself
            if one.slot.iri == POINT_NUMBER and pages_of(index, one) & pages_of(index, two):
                continue  # a page that has both numbers has two points on this matter
            finding = compare(index, one.slot, one.members, two.slot, two.members)
            if finding is not None:
                found.append(judge(index, one, two, finding))
    return sorted(found, key=lambda divergence: divergence.iri.value)


def judge(index: Index, one: Value, two: Value, finding: Finding) -> Divergence:
    """What a difference is called once holder, version and origin are looked at."""
    within = len((one.origins | two.origins).all) == 1
    kind, reason = finding
    if kind in ("contradicts", "differs") and (order := later_words(index, one, two)):
        kind, reason = "supersedes", order
    elif kind == "contradicts" and not has_version(index, one.key):
        kind, reason = "differs", f"{reason} No version is given, so they may speak of different texts."
    elif kind == "contradicts" and passes(one) and not same_day(index, one, two):
        kind, reason = "differs", f"{reason} It is not known that both were said at one time."
    elif kind == "contradicts" and within:
        kind, reason = "internal", f"{reason} One origin gives both."
    return Divergence(one, two, kind, reason, within)


def has_version(index: Index, key: Key) -> bool:
    """Whether a key names a version, or is about something that needs none."""
    kinds = index.objects(key.subject, term("rdf:type"))
    return bool(key.terms(pg("inVersion"))) or any(kind in VERSIONLESS for kind in kinds)


def later_words(index: Index, one: Value, two: Value) -> str | None:
    """The reason why one value supersedes the other: one holder, and all the words of one are later."""
    holder = holder_of(index, one)
    if holder is None or holder != holder_of(index, two):
        return None
    mine, theirs = days_of(index, one), days_of(index, two)
    if not mine or not theirs or not (max(mine) < min(theirs) or max(theirs) < min(mine)):
        return None
    (first, earlier), (second, later) = sorted(
        ((one, max(mine)), (two, max(theirs))), key=lambda pair: pair[1]
    )
    return (
        f"{label_of(index, holder)}: {names(index, first.members)} by {earlier}, "
        f"{names(index, second.members)} by {later}."
    )


def passes(value: Value) -> bool:
    """Whether a value may hold on one day and not on another: a stance, or who has received a text."""
    return bool(value.key.terms(HELD_BY)) or value.slot.iri == RECIPIENT


def pages_of(index: Index, value: Value) -> set[Term]:
    """The documents that state a value."""
    return {page for entry in value.attributions for page in index.objects(entry, IN_DOCUMENT)}


def same_day(index: Index, one: Value, two: Value) -> bool:
    """Whether two values were uttered on a day that they share."""
    return bool(set(days_of(index, one)) & set(days_of(index, two)))


def holder_of(index: Index, value: Value) -> Term | None:
    """Who holds a stance, or the only speaker of a value."""
    held = value.key.terms(HELD_BY)
    speakers = {
        speaker
        for attribution in value.attributions
        for hop in chain_of(index, attribution)
        for speaker in index.objects(hop, pg("saidBy"))
    }
    return held[0] if held else next(iter(speakers)) if len(speakers) == 1 else None


def days_of(index: Index, value: Value) -> list[str]:
    """The days on which a value's words were uttered, empty unless every chain gives one to the day."""
    days = []
    for attribution in value.attributions:
        said = [index.one(hop, pg("saidOn")) for hop in chain_of(index, attribution)]
        exact = [day.value for day in said if isinstance(day, Literal) and DAY.fullmatch(day.value)]
        if not exact:
            return []
        days.append(exact[-1])
    return days


def describe_divergences(index: Index, divergences: Iterable[Divergence]) -> Iterator[Quad]:
    """The divergences as quads of the derived graph."""
    for divergence in divergences:
        one, two = divergence.one, divergence.two
        subject: Subject = one.key.subject
        label = f"{label_of(index, subject)}: {label_of(index, one.slot.iri)}: {divergence.kind}"
        rows: list[tuple[NamedNode, Term]] = [
            (term("rdf:type"), pg("Divergence")),
            (term("rdfs:label"), Literal(label, language="en")),
            (pg("divergenceKind"), pg(divergence.kind)),
            (pg("reason"), Literal(divergence.reason, language="en")),
            (
                pg("withinOneOrigin"),
                Literal("true" if divergence.within_one_origin else "false", datatype=BOOLEAN),
            ),
            *((pg("betweenValue"), value.iri) for value in (one, two)),
            *((pg("onSlot"), value.slot.iri) for value in (one, two)),
            *((pg("inVersion"), version) for version in one.key.terms(pg("inVersion"))),
        ]
        for predicate, entry in dict.fromkeys(rows):
            yield Quad(divergence.iri, predicate, entry, DERIVED)
