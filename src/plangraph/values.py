"""Claims to reported values: the whole set of values that claims give one slot under one key.

The key is what must be the same before two values can be said to disagree: subject, topic, version, option,
conditions, and for stances the holder. A slot compared as ``key`` never has a value of its own. Where a claim
gives numbers of several parties, each party's are a value of their own.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.index import Index, Subject, Term
from plangraph.labels import label_of
from plangraph.origins import IN_DOCUMENT, Origins, hops_above, trace
from plangraph.slots import Slot
from plangraph.terms import graph, pg, split_thing, term, thing

DERIVED = graph("derived")
TYPE, LABEL, INTEGER = term("rdf:type"), term("rdfs:label"), term("xsd:integer")
POLARITY, NEGATIVE, ASSERTS = pg("polarity"), pg("negative"), pg("assertsClaim")
IN_VERSION, POINT_BASIS = pg("inVersion"), pg("pointBasis")
CLAIM, ATTRIBUTION = pg("Claim"), pg("Attribution")
ASSERTED_IN, DENIED_IN, OF_PROVISION = pg("assertedIn"), pg("deniedIn"), pg("ofProvision")
DETERMINED_COUNT, UNDETERMINED_COUNT = pg("independentOriginCount"), pg("undeterminedOriginCount")

KEY_PROPERTIES = tuple(
    pg(name)
    for name in (
        "inVersion", "fromVersion", "inOption", "onTopic", "onlyWhen", "trigger", "heldBy", "denialOf",
    )
)  # fmt: skip
"""What belongs to the key beside the subject; a change is keyed by the version it leads to as well."""

WHOLE_DENIALS = frozenset(pg(name) for name in ("existence", "approval", "substance"))
"""What a denial can deny that a confirmation or endorsement affirms; other aspects are keys."""


@dataclass(frozen=True)
class Key:
    """What a value is a value of. ``context`` pairs each key property with its terms."""

    subject: Subject
    context: tuple[tuple[NamedNode, tuple[Term, ...]], ...]

    def terms(self, predicate: NamedNode) -> tuple[Term, ...]:
        """The terms of a key property, none where the key does not have it."""
        return next((terms for entry, terms in self.context if entry == predicate), ())


Whole = frozenset[tuple[NamedNode, tuple[Term, ...]]]
"""All that a claim says, slot by slot."""


Name: TypeAlias = tuple[Key, NamedNode, tuple[Term, ...], bool, Whole]
"""What tells a value from all others: key, slot, members, whether it is denied, and then what with it."""

Gathered: TypeAlias = dict[Name, tuple[set[Subject], set[Subject]]]
"""Values while they are being gathered: the claims that give each, and the attributions that state those."""


@dataclass(eq=False)
class Value:
    """A reported value; ``members`` is the whole set, sorted.

    What claims assert and what they deny are two values: ``negative`` says which this one is, and its
    ``claims`` are those that assert it or those that deny it. A claim is denied whole, so a denied value is
    one only of claims that say the same in all their slots: ``whole`` is what they say.
    """

    key: Key
    slot: Slot
    members: tuple[Term, ...]
    negative: bool
    whole: Whole
    claims: Set[Subject]
    attributions: Set[Subject]
    origins: Origins
    _pages: set[Term] | None = field(default=None, init=False)

    def list_ends(self) -> Iterator[Term]:
        """Where its chains end, known or not; some perhaps more than once."""
        return iter(self.origins.all)

    def is_stated_in(self, index: Index, page: Term) -> bool:
        """Whether a document states it."""
        if self._pages is None:
            self._pages = set(self.list_pages(index))
        return page in self._pages

    def list_pages(self, index: Index) -> Iterator[Term]:
        """The documents that state it; some perhaps more than once."""
        return (page for entry in self.attributions for page in index.objects(entry, IN_DOCUMENT))

    @cached_property
    def iri(self) -> NamedNode:
        """An IRI by content: the same claims give the same name, whatever else the data holds."""
        parts = [str(self.key.subject), str(self.slot.iri), *map(str, self.members)]
        parts += ["denied"] if self.negative else []
        parts += sorted(f"{slot} {' '.join(map(str, members))}" for slot, members in self.whole)
        parts += [f"{name} {' '.join(map(str, terms))}" for name, terms in self.key.context]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]
        return thing("value", begin_slug(self.key.subject, self.slot) + digest)


def begin_slug(subject: Subject, slot: Slot) -> str:
    """How the slug of every value begins that some subject has on a slot."""
    kind_and_slug = split_thing(subject.value) if isinstance(subject, NamedNode) else None
    return f"{cut_slug(kind_and_slug[1] if kind_and_slug else 'thing')}--{kebab(slot.name)}-"


def gather_values(index: Index, slots: Mapping[NamedNode, Slot]) -> list[Value]:
    """Every reported value of the data, sorted by IRI. Linear in claims and their attributions."""
    found: Gathered = {}
    for claim in index.instances(CLAIM):
        gather_claim(index, claim, slots, found)
    return make_values(index, slots, found)


def gather_claim(index: Index, claim: Subject, slots: Mapping[NamedNode, Slot], found: Gathered) -> None:
    """Add a claim to the values that it gives.

    A claim that no attribution states, and a gloss, give no value.
    """
    stated = find_statements(index, claim)
    if not stated or index.one(claim, pg("glosses")) is not None:
        return
    said = list(slot_values(index, claim, slots))
    everything = frozenset((slot.iri, members) for slot, members in said)
    for slot, members in said:
        key = key_of(index, claim, slot)
        for attribution, denies in stated:
            name = (key, slot.iri, members, denies, everything if denies else frozenset())
            claims, attributions = found.setdefault(name, (set(), set()))
            claims.add(claim)
            attributions.add(attribution)


def make_values(index: Index, slots: Mapping[NamedNode, Slot], found: Gathered) -> list[Value]:
    """The values that were gathered, with their origins, sorted by IRI."""
    values = [
        Value(key, slots[slot], members, denies, whole, claims, stated, trace(index, sorted(stated, key=str)))
        for (key, slot, members, denies, whole), (claims, stated) in found.items()
    ]
    return sorted(values, key=lambda value: value.iri.value)


def find_statements(index: Index, claim: Subject) -> list[tuple[Subject, bool]]:
    """The attributions of a claim that no other takes it from, each with whether it denies the claim.

    Only the downstream ends are kept: the hops above them are reached by following their chains. In a circle
    every attribution is upstream of another, so all of them are kept.
    """
    stated = [entry for entry in index.subjects(ASSERTS, claim) if ATTRIBUTION in index.objects(entry, TYPE)]
    upstream = {above for entry in stated for above in hops_above(index, entry)}
    ends = [entry for entry in stated if entry not in upstream] or stated
    return [(entry, index.one(entry, POLARITY) == NEGATIVE) for entry in ends]


def key_of(index: Index, claim: Subject, slot: Slot) -> Key:
    """The key that a claim's value of a slot stands under.

    A claim about a version is in that version. Whether a point number is stated or inferred is part of its
    own key and of no other.
    """
    about = index.one(claim, pg("about"))
    subject = about if isinstance(about, Subject) else claim
    context: list[tuple[NamedNode, tuple[Term, ...]]] = []
    for predicate in (*KEY_PROPERTIES, *((POINT_BASIS,) if slot.name == "pointNumber" else ())):
        terms = index.objects(claim, predicate)
        if predicate == IN_VERSION and not terms:
            terms = index.objects(claim, pg("toVersion"))
            if not terms and pg("PlanVersion") in index.objects(subject, TYPE):
                terms = (subject,)
        if predicate == pg("denialOf"):
            terms = tuple(aspect for aspect in terms if aspect not in WHOLE_DENIALS)
        if terms:
            context.append((predicate, terms))
    return Key(subject, tuple(context))


def slot_values(
    index: Index, claim: Subject, slots: Mapping[NamedNode, Slot]
) -> Iterator[tuple[Slot, tuple[Term, ...]]]:
    """The slots that a claim fills, each with its whole set of values; numbers by party and base."""
    for predicate in index.predicates(claim):
        slot = slots.get(predicate)
        if slot is None or slot.comparison == "key":
            continue
        members = index.objects(claim, predicate)
        if slot.comparison != "number" or len(members) == 1:
            yield slot, members
            continue
        by_party: dict[tuple[frozenset[Term], tuple[Term, ...]], list[Term]] = defaultdict(list)
        for member in members:
            bases = () if isinstance(member, Literal) else index.objects(member, pg("ofBase"))
            by_party[parties_of(index, (member,)), bases].append(member)
        yield from ((slot, tuple(found)) for found in by_party.values())


def parties_of(index: Index, members: Iterable[Term]) -> frozenset[Term]:
    """Whose some quantities are: part of the key, since one party's share is not another's."""
    return frozenset(
        party
        for member in members
        if not isinstance(member, Literal)
        for party in index.objects(member, pg("inRespectOf"))
    )


def describe_values(index: Index, values: Iterable[Value]) -> Iterator[Quad]:
    """The reported values as quads of the derived graph."""
    for value in values:
        yield from describe_value(index, value)
        yield from describe_claims(value)


def describe_value(index: Index, value: Value) -> Iterator[Quad]:
    """What the derived graph says of a value, but for its claims and the ends of their chains."""
    subject = value.key.subject
    rows: list[tuple[NamedNode, Term]] = [
        (TYPE, pg("ReportedValue")),
        (LABEL, Literal(label_value(index, value), language="en")),
        (pg("ofSubject"), subject),
        (pg("onSlot"), value.slot.iri),
    ]
    if pg("Provision") in index.objects(subject, TYPE):
        rows.append((OF_PROVISION, subject))
    rows += [(predicate, entry) for predicate, terms in value.key.context for entry in terms]
    rows += [(pg("reportedValue"), member) for member in value.members]
    yield from (Quad(value.iri, predicate, entry, DERIVED) for predicate, entry in rows)


def describe_claims(value: Value) -> Iterator[Quad]:
    """The claims of a value, and how many origins they have; a value that is denied is supported by none."""
    supporting = Origins() if value.negative else value.origins
    yield Quad(value.iri, DETERMINED_COUNT, count(len(supporting.determined)), DERIVED)
    yield Quad(value.iri, UNDETERMINED_COUNT, count(len(supporting.undetermined)), DERIVED)
    given = DENIED_IN if value.negative else ASSERTED_IN
    yield from (Quad(value.iri, given, claim, DERIVED) for claim in value.claims)


def count(ends: int) -> Literal:
    """A number of ends as a literal."""
    return Literal(str(ends), datatype=INTEGER)


def label_value(index: Index, value: Value) -> str:
    """A line for people: subject, slot, members."""
    members = ", ".join(sorted(label_of(index, member) for member in value.members))
    members = f"not {members}" if value.negative else members
    return f"{label_of(index, value.key.subject)}: {label_of(index, value.slot.iri)}: {members}"


def cut_slug(slug: str, most: int = 48) -> str:
    """The beginning of a slug, cut at a hyphen, so that computed IRIs stay readable."""
    slug = slug.replace("--", "-")
    return slug if len(slug) <= most else slug[:most].rpartition("-")[0] or slug[:most]


def kebab(local_name: str) -> str:
    """A local name in lower case with hyphens: ``materialScope`` gives ``material-scope``."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in local_name).strip("-")
