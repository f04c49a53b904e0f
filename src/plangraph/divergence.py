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
from itertools import chain, combinations, zip_longest

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
POINT_NUMBER, RECIPIENT, SAID_BY, SAID_ON = pg("pointNumber"), pg("recipient"), pg("saidBy"), pg("saidOn")
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
        if meets(value):
            meeting[value.key, value.slot.group, parties_of(index, value.members)].append(value)
    found = (diverge(index, one, two) for group in meeting.values() for one, two in combinations(group, 2))
    return sorted(filter(None, found), key=lambda divergence: divergence.iri.value)


def meets(value: Value) -> bool:
    """Whether a value is set against others: what is denied, or numbered by us, is not."""
    return not value.negative and INFERRED not in value.key.terms(POINT_BASIS)


def diverge(index: Index, one: Value, two: Value) -> Divergence | None:
    """How two values differ that meet, the first of them by IRI first; ``None`` where they do not."""
    finding = compare(index, one.slot, one.members, two.slot, two.members)
    if finding is None:
        return None
    if not one.claims.isdisjoint(two.claims):
        return None  # one claim that fills two slots, or gives shares of two things, agrees with itself
    if one.slot.iri == POINT_NUMBER and share_page(index, one, two):
        return None  # a page that has both numbers has two points on this matter
    return judge(index, one, two, finding)


def share_page(index: Index, one: Value, two: Value) -> bool:
    """Whether a document states both values."""
    return any(two.is_stated_in(index, page) for page in one.list_pages(index))


def judge(index: Index, one: Value, two: Value, finding: Finding) -> Divergence:
    """What a difference is called once holder, version and origin are looked at."""
    within = is_one(chain(one.list_ends(), two.list_ends()))
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
    if (order := find_order(index, one, two)) is None:
        return None
    (first, earlier), (second, later) = order
    return (
        f"{label_of(index, holder)}: {names(index, first.members)} by {earlier}, "
        f"{names(index, second.members)} by {later}."
    )


def find_order(index: Index, one: Value, two: Value) -> tuple[tuple[Value, str], tuple[Value, str]] | None:
    """Two values in the order of their words, each with its last day; ``None`` unless all of one are later.

    A value of thousands of attributions is seldom walked to its end: the first that gives no day to the day,
    or that lies between days of the other value, decides.
    """
    first, last = ["9999-99-99", "9999-99-99"], ["", ""]  # of each value, before any day is known
    for pair in zip_longest(one.attributions, two.attributions):
        for side, attribution in enumerate(pair):
            if attribution is None:
                continue
            if (day := day_of(index, attribution)) is None:
                return None
            first[side], last[side] = min(first[side], day), max(last[side], day)
        if last[0] >= first[1] and last[1] >= first[0]:
            return None
    sides = (one, last[0]), (two, last[1])
    return sides if last[0] < last[1] else (sides[1], sides[0])


def passes(value: Value) -> bool:
    """Whether a value may hold on one day and not on another: a stance, or who has received a text."""
    return bool(value.key.terms(HELD_BY)) or value.slot.iri == RECIPIENT


def same_day(index: Index, one: Value, two: Value) -> bool:
    """Whether two values were uttered on a day that they share."""
    return not days_of(index, one).isdisjoint(days_of(index, two))


def holder_of(index: Index, value: Value) -> Term | None:
    """Who holds a stance, or the only speaker of a value."""
    if held := value.key.terms(HELD_BY):
        return held[0]
    speakers = (
        speaker
        for attribution in value.attributions
        for hop in chain_of(index, attribution)
        for speaker in index.objects(hop, SAID_BY)
    )
    first = next(speakers, None)
    return first if all(speaker == first for speaker in speakers) else None


def days_of(index: Index, value: Value) -> set[str]:
    """The days on which a value's words were uttered, empty unless every chain gives one to the day."""
    days = set()
    for attribution in value.attributions:
        if (day := day_of(index, attribution)) is None:
            return set()
        days.add(day)
    return days


def day_of(index: Index, attribution: Subject) -> str | None:
    """The day on which the words of an attribution were uttered, where its chain gives one to the day."""
    said = [index.one(hop, SAID_ON) for hop in chain_of(index, attribution)]
    exact = [day.value for day in said if isinstance(day, Literal) and DAY.fullmatch(day.value)]
    return exact[-1] if exact else None


def is_one(nodes: Iterable[Term]) -> bool:
    """Whether some nodes are all the same one; not for none."""
    found = iter(nodes)
    first = next(found, None)
    return first is not None and all(node == first for node in found)


def describe_divergences(index: Index, divergences: Iterable[Divergence]) -> Iterator[Quad]:
    """The divergences as quads of the derived graph."""
    for divergence in divergences:
        yield from describe_divergence(index, divergence)


def describe_divergence(index: Index, divergence: Divergence) -> Iterator[Quad]:
    """One divergence as quads of the derived graph."""
    one, two = divergence.one, divergence.two
    subject: Subject = one.key.subject
    label = f"{label_of(index, subject)}: {label_of(index, one.slot.iri)}: {divergence.kind}"
    within = Literal("true" if divergence.within_one_origin else "false", datatype=BOOLEAN)
    rows: list[tuple[NamedNode, Term]] = [
        (term("rdf:type"), pg("Divergence")),
        (term("rdfs:label"), Literal(label, language="en")),
        (pg("divergenceKind"), pg(divergence.kind)),
        (pg("reason"), Literal(divergence.reason, language="en")),
        (pg("withinOneOrigin"), within),
        *((pg("betweenValue"), value.iri) for value in (one, two)),
        *((pg("onSlot"), value.slot.iri) for value in (one, two)),
        *((pg("inVersion"), version) for version in one.key.terms(pg("inVersion"))),
    ]
    for predicate, entry in dict.fromkeys(rows):
        yield Quad(divergence.iri, predicate, entry, DERIVED)
