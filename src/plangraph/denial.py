"""Claims that are denied, against claims that are asserted: compared whole, not slot by slot.

Who denies a claim denies all of it together. "Nothing was received officially" does not deny that something
was received: it says more than what it is set against, so it only qualifies that. A denial of what another
asserts, or of a part of it, contradicts it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from plangraph.comparison import Finding
from plangraph.divergence import Divergence, judge
from plangraph.index import Index, Subject
from plangraph.labels import label_of
from plangraph.values import POINT_BASIS, Key, Value

Content = frozenset[Value]


def find_denials(index: Index, values: Iterable[Value]) -> list[Divergence]:
    """A divergence for each pair of what is denied and what is asserted under one key, sorted by IRI.

    It stands between the denied and the asserted value of the first slot that the two share. The work grows
    with the pairs of *distinct* contents under one key.
    """
    held = list(values)
    denied, asserted = contents_of(held, negative=True), contents_of(held, negative=False)
    pairs = (
        (one, two) for key, contents in denied.items() for one in contents for two in asserted.get(key, ())
    )
    return oppose_all(index, pairs)


def oppose_all(index: Index, pairs: Iterable[tuple[Content, Content]]) -> list[Divergence]:
    """How denied contents stand to asserted ones, sorted by IRI.

    Where several contents have the same two values, a denial of the whole counts before one that says more.
    """
    found: dict[str, Divergence] = {}
    for denied, asserted in pairs:
        if (divergence := oppose(index, denied, asserted)) is not None:
            known = found.get(divergence.iri.value, divergence)
            found[divergence.iri.value] = min(known, divergence, key=rank)
    return [found[iri] for iri in sorted(found)]


def rank(divergence: Divergence) -> tuple[bool, str]:
    """The key that sorts divergences of the same two values: the one that counts comes first."""
    return divergence.kind == "qualifies", divergence.reason


def contents_of(values: Iterable[Value], *, negative: bool) -> dict[Key, set[Content]]:
    """What claims say in all their slots together, by key: each content once, however many claims say it."""
    of_claim: dict[Subject, list[Value]] = defaultdict(list)
    for value in values:
        if value.negative == negative:
            for claim in value.claims:
                of_claim[claim].append(value)
    contents: dict[Key, set[Content]] = defaultdict(set)
    for entries in of_claim.values():
        contents[key_of_content(entries[0].key)].add(frozenset(entries))
    return contents


def key_of_content(key: Key) -> Key:
    """The key that all values of a claim share: without what only that of a point number has."""
    return Key(key.subject, tuple(entry for entry in key.context if entry[0] != POINT_BASIS))


def oppose(index: Index, denied: Content, asserted: Content) -> Divergence | None:
    """How a denied content stands to an asserted one; ``None`` where they do not speak of the same."""
    other = {value.slot.iri: value for value in sorted(asserted, key=lambda value: value.iri.value)}
    shared = sorted((value for value in denied if value.slot.iri in other), key=lambda value: value.iri.value)
    if not shared or any(value.members != other[value.slot.iri].members for value in shared):
        return None
    beyond = sorted(label_of(index, value.slot.iri) for value in denied if value.slot.iri not in other)
    if beyond:
        finding = Finding("qualifies", f"What is denied says more: {', '.join(beyond)}.")
    else:
        finding = Finding("contradicts", "The one denies, as a whole, what the other asserts.")
    return judge(index, shared[0], other[shared[0].slot.iri], finding)
