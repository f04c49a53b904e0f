"""Reported values of two versions set against each other, slot by slot: what the graph itself never pairs.

Divergences stand within one version, since values of two versions do not disagree. How they differ is found
here by the same comparison, with the version left out of the key. It says how what is *reported* of two
versions differs, never what became of a text: a slot that only one of them is reported to fill says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from pyoxigraph import NamedNode, Quad, Triple

from plangraph.comparison import compare
from plangraph.index import Index, Term
from plangraph.slots import Slot, read_slots
from plangraph.terms import pg
from plangraph.values import KEY_PROPERTIES, POINT_BASIS, parties_of

IN_VERSION: Final = pg("inVersion")
CONTEXT: Final = (*(entry for entry in KEY_PROPERTIES if entry != IN_VERSION), POINT_BASIS)
ORDER: Final = ("contradicts", "differs", "qualifies")
"""The kinds of findings, the sharpest first. Between versions none of them is a disagreement."""

Meeting: TypeAlias = tuple[Term, tuple[tuple[Term, ...], ...], NamedNode, frozenset[Term]]
"""What must be the same before two values are compared: subject, conditions, slot group, parties."""


@dataclass(frozen=True)
class Told:
    """A value that is reported of one version."""

    iri: str
    slot: Slot
    members: tuple[Term, ...]


class Contrast(NamedTuple):
    """A value of the older and one of the newer version that are not the same: how, and why."""

    older: Told
    newer: Told
    kind: str
    reason: str


@dataclass(frozen=True)
class Collation:
    """What is reported of one slot in two versions: the values that both have, and how the others differ."""

    subject: str
    slot: str
    shared: Sequence[tuple[Told, Told]]
    contrasts: Sequence[Contrast]


Edition: TypeAlias = Mapping[Meeting, Sequence[Told]]
"""The values of one version, by what they meet under."""


def read_editions(triples: Iterable[Triple], kept: Set[str]) -> tuple[Index, dict[str, Edition]]:
    """The values that are ``kept``, by version; ``triples`` are those of the query ``version-terms``."""
    index = Index(Quad(triple.subject, triple.predicate, triple.object) for triple in triples)
    slots = read_slots(index)
    found: dict[str, dict[Meeting, list[Told]]] = defaultdict(lambda: defaultdict(list))
    for iri in sorted(kept):
        value = NamedNode(iri)
        slot, subject = index.one(value, pg("onSlot")), index.one(value, pg("ofSubject"))
        if not isinstance(slot, NamedNode) or slot not in slots or subject is None:
            continue
        told = Told(iri, slots[slot], index.objects(value, pg("reportedValue")))
        context = tuple(index.objects(value, name) for name in CONTEXT)
        meeting = (subject, context, told.slot.group, parties_of(index, told.members))
        for version in index.objects(value, IN_VERSION):
            if isinstance(version, NamedNode):
                found[version.value][meeting].append(told)
    return index, {version: dict(edition) for version, edition in found.items()}


def narrow(edition: Edition, kept: Set[str], subject: NamedNode) -> Edition:
    """Some values of a version, told as of one subject: what replaces a thing meets it slot by slot."""
    found: dict[Meeting, list[Told]] = defaultdict(list)
    for meeting, held in edition.items():
        found[subject, *meeting[1:]] += [told for told in held if told.iri in kept]
    return {meeting: held for meeting, held in found.items() if held}


def collate(index: Index, older: Edition, newer: Edition) -> list[Collation]:
    """The slots that both versions are reported to fill, by subject; the sharpest differences first."""
    found = [
        collate_slot(index, meeting, mine, newer[meeting])
        for meeting, mine in older.items()
        if meeting in newer
    ]
    return sorted(found, key=lambda entry: (entry.subject, rank(entry.contrasts), entry.slot))


def collate_slot(index: Index, meeting: Meeting, mine: Sequence[Told], theirs: Sequence[Told]) -> Collation:
    """The values of one slot in both versions; only those that one of them lacks are set against others."""
    pairs = [(one, two) for one in mine for two in theirs]
    findings = {
        (one, two): compare(index, one.slot, one.members, two.slot, two.members) for one, two in pairs
    }
    shared = [pair for pair in pairs if findings[pair] is None]
    met = {told for pair in shared for told in pair}
    contrasts = [
        Contrast(one, two, finding.kind, finding.reason)
        for (one, two), finding in findings.items()
        if finding is not None and one not in met and two not in met
    ]
    return Collation(
        meeting[0].value if isinstance(meeting[0], NamedNode) else str(meeting[0]),
        mine[0].slot.iri.value,
        shared,
        sorted(contrasts, key=lambda entry: (ORDER.index(entry.kind), entry.older.iri, entry.newer.iri)),
    )


def rank(contrasts: Sequence[Contrast]) -> int:
    """The key that sorts by the sharpest difference; slots without one come last."""
    return ORDER.index(contrasts[0].kind) if contrasts else len(ORDER)
