"""What a change of what is stated can change of what is derived: never less than it does.

Each thing that the derivation looks at it finds by following triples from a claim, an attribution or a value.
So from what changed the same triples are followed back, in the store as it is after the change. That is
enough: where a way was broken by the change, the triple that went belongs to something that changed as well,
and the way to that is still there, or was broken nearer still.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import NamedNode

from plangraph.comparison import UPWARD
from plangraph.index import Subject, Term
from plangraph.labels import NAMING
from plangraph.lookup import Lookup
from plangraph.origins import (
    ASSERTS,
    COPY_OF,
    DOCUMENT_KIND,
    IN_DOCUMENT,
    PUBLISHER,
    SAID_BY,
    TAKEN_FROM,
    TYPE,
    UTTERED_AT,
)
from plangraph.recorded import OF_SUBJECT, REPORTED_VALUE, Records
from plangraph.terms import pg, term
from plangraph.values import CLAIM, POLARITY

ABOUT, HELD_BY = pg("about"), pg("heldBy")

HOPS: Final = frozenset({TYPE, ASSERTS, IN_DOCUMENT, POLARITY, SAID_BY, TAKEN_FROM, UTTERED_AT, pg("saidOn")})
"""What is read of an attribution."""

PAGES: Final = frozenset({COPY_OF, DOCUMENT_KIND, PUBLISHER})
"""What is read of a document."""

PARTS: Final = frozenset({pg("inRespectOf"), pg("ofBase")})
"""What is read of a quantity before it is compared: whose it is, and of what."""

MEASURES: Final = frozenset(
    pg(name)
    for name in (
        "unit", "ofBase", "number", "lowest", "highest", "minMonths", "maxMonths", "quantityComparator",
    )
)  # fmt: skip
"""What is read of a value to compare it."""

WAYS: Final = (*UPWARD, pg("coveredBy"))
"""What leads from a value to others that decide how it compares."""

ORDER: Final = frozenset({*WAYS, pg("exclusiveMembers")})
"""What is read of those others."""

NAMES: Final = frozenset(NAMING)

SLOT: Final = frozenset(
    {
        term("rdfs:subPropertyOf"),
        pg("comparison"),
        pg("slotGroup"),
        pg("valueScheme"),
        term("rdfs:range"),
    }
)
"""What makes a slot: where this changes, anything may follow."""


@dataclass
class Reach:
    """What may have to be derived anew.

    ``claims`` may give other values, or other words for them; ``attributions`` may end elsewhere; ``values``
    may be called otherwise, or compare otherwise.
    """

    claims: set[Subject] = field(default_factory=set)
    attributions: set[Subject] = field(default_factory=set)
    values: set[NamedNode] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.claims) + len(self.attributions) + len(self.values)


def find_changed(before: Lookup, after: Lookup, touched: Iterable[Subject]) -> dict[Subject, set[NamedNode]]:
    """What is said otherwise of some subjects than before, by predicate, all graphs taken together."""
    changed = {}
    for subject in touched:
        old, new = before.describe(subject), after.describe(subject)
        differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        if differing:
            changed[subject] = differing
    return changed


def find_reach(
    before: Lookup, records: Records, changed: Mapping[Subject, Set[NamedNode]], slots: Collection[NamedNode]
) -> Reach | None:
    """What a change reaches; ``None`` where nothing bounds it. The records are those of the state before."""
    walk = Walk(before, records)
    for subject, predicates in changed.items():
        if predicates & SLOT or (subject in slots and predicates & NAMES):
            return None
        walk.start_at_statement(subject, predicates)
        walk.start_at_value(subject, predicates)
    return walk.finish()


class Walk:
    """A walk back from what changed: from what is known of it to what rests on that."""

    def __init__(self, before: Lookup, records: Records) -> None:
        self.before = before
        self.after = records.index
        self.records = records
        self.reach = Reach()
        self.hops: set[Subject] = set()
        self.pages: set[Subject] = set()
        self.ordered: set[Subject] = set()

    def start_at_statement(self, subject: Subject, predicates: Set[NamedNode]) -> None:
        """From a claim, an attribution, a document, a speaker, or what claims are about."""
        if CLAIM in self.find_both(subject, TYPE):
            self.reach.claims.add(subject)
        if predicates & HOPS:
            self.hops.add(subject)
            self.reach.attributions |= find_subjects(self.find_both(subject, TAKEN_FROM))
        if predicates & PAGES:
            self.pages.add(subject)
        if TYPE in predicates:
            self.reach.claims.update(self.after.subjects(ABOUT, subject))
        if predicates & (NAMES | {TYPE}):
            self.hops.update(self.after.subjects(SAID_BY, subject))

    def start_at_value(self, subject: Subject, predicates: Set[NamedNode]) -> None:
        """From what claims give as a value, what that lies within, and what values are of."""
        if predicates & PARTS:
            self.reach.claims.update(self.after.referring(subject))
        if predicates & (NAMES | MEASURES):
            self.reach.values |= self.records.find_pointing(REPORTED_VALUE, subject)
        if predicates & (NAMES | {TYPE}):
            self.reach.values |= self.records.find_pointing(OF_SUBJECT, subject)
        if predicates & NAMES:
            self.reach.values |= self.records.find_pointing(HELD_BY, subject)
        if predicates & ORDER:
            self.ordered.add(subject)

    def finish(self) -> Reach:
        """What was reached."""
        for value in follow_back(self.after, self.ordered, WAYS):
            self.reach.values |= self.records.find_pointing(REPORTED_VALUE, value)
        for page in follow_back(self.after, self.pages, (COPY_OF,)):
            self.hops.update(self.after.subjects(IN_DOCUMENT, page))
        for hop in follow_back(self.after, self.hops, (TAKEN_FROM,)):
            self.reach.attributions.add(hop)
            self.reach.claims |= find_subjects(self.find_both(hop, ASSERTS))
        return self.reach

    def find_both(self, subject: Subject, predicate: NamedNode) -> set[Term]:
        """What a subject pointed at before, and what it does after."""
        return {*self.before.objects(subject, predicate), *self.after.objects(subject, predicate)}


def find_subjects(terms: Iterable[Term]) -> set[Subject]:
    """Those of some terms that something can be said of."""
    return {entry for entry in terms if isinstance(entry, Subject)}


def follow_back(index: Lookup, things: Iterable[Subject], ways: Iterable[NamedNode]) -> set[Subject]:
    """Some things, and all that lead to one of them by some predicates, however far off."""
    found = set(things)
    waiting = list(found)
    while waiting:
        thing = waiting.pop()
        for way in ways:
            fresh = set(index.subjects(way, thing)) - found
            found |= fresh
            waiting += fresh
    return found
