"""A data set as it stood on a day: the reports that had been published by then, and nothing that followed.

A day alone does not decide: many pages name none. A pin therefore says what it does with a document whose day
of publication may lie on either side: it is *undated* for that day, and left out unless the pin includes it.
"""

from __future__ import annotations

import typing
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.errors import BadParameter
from plangraph.terms import GRAPH, ID, Graph, Subject, Term, graph, pg, term

Undated = typing.Literal["exclude", "include"]

PARAMETERS: Final = ("as_of", "undated")
"""How a pin is written in an address; the same names are those of Python and, with hyphens, of commands."""

EXAMPLE_DAY: Final = "2025-11-20"
DAY_LETTERS: Final = len(EXAMPLE_DAY)
UNDATED: Final[tuple[Undated, ...]] = ("exclude", "include")
COMPUTED: Final = frozenset({graph("derived"), graph("dataset")})
REGISTRY: Final = graph("registry")
DOCUMENT_GRAPHS: Final = GRAPH + "document/"
PUBLISHED: Final = term("schema:datePublished")
NOT_BEFORE: Final = pg("publishedNotBefore")
NOT_AFTER: Final = pg("publishedNotAfter")
DOCUMENT, ATTRIBUTION, IN_DOCUMENT = pg("Document"), pg("Attribution"), pg("inDocument")
TYPE: Final = term("rdf:type")

Days = Mapping[NamedNode, date]
"""What is known of when a document was published: a day for each of the three properties that it has."""


@dataclass(frozen=True)
class Pin:
    """A day, and what becomes of the documents that it cannot place."""

    day: date
    undated: Undated = "exclude"

    def takes(self, days: Days) -> bool:
        """Whether a document of which this is known belongs to the pinned data set."""
        placed = place(days, self.day)
        return self.undated == "include" if placed is None else placed

    def write_parameters(self) -> str:
        """As the parameters of an address."""
        return f"as_of={self.day.isoformat()}&undated={self.undated}"


@dataclass(frozen=True)
class Extent:
    """What a pin takes in of a data set: how many documents, how many its day cannot place, how many not."""

    pin: Pin
    documents: int
    undated_documents: int
    left_out: int

    def describe(self) -> str:
        """For people, in one line."""
        all_documents = self.documents + self.left_out
        fate = "included" if self.pin.undated == "include" else "left out"
        return (
            f"as of {self.pin.day.isoformat()}: {self.documents} of {all_documents} documents; "
            f"undated: {self.undated_documents}, {fate}"
        )


@dataclass(frozen=True)
class Pinned:
    """What a data set states under a pin, without anything computed, and what the pin took in."""

    quads: tuple[Quad, ...]
    extent: Extent


def read_pin(days: Sequence[str], undated: Sequence[str]) -> Pin | None:
    """The pin that the values of ``as_of`` and ``undated`` make; none without either.

    Raises :class:`BadParameter` by the name of the parameter.
    """
    for name, values in zip(PARAMETERS, (days, undated), strict=True):
        if len(values) > 1:
            raise BadParameter(f"{name} can be given once")
    if undated and undated[0] not in UNDATED:
        raise BadParameter(f"undated takes {' or '.join(UNDATED)}, not {undated[0]!r:.200}")
    if not days:
        if undated:
            raise BadParameter("undated says what as_of does with a document of no known day: give as_of too")
        return None
    day = read_day("as_of", days[0])
    return Pin(day, "include" if "include" in undated else "exclude")


def read_day(name: str, value: str) -> date:
    """A day as ``YYYY-MM-DD``; raises :class:`BadParameter` by the name of the parameter."""
    try:
        day = date.fromisoformat(value)
        if day.isoformat() != value:
            raise ValueError
    except ValueError:
        raise BadParameter(f"{name} takes a day such as {EXAMPLE_DAY}, not {value!r:.200}") from None
    return day


def pin(quads: Iterable[Quad], by: Pin) -> Pinned:
    """What the quads of a data set state under a pin; what is computed in it is dropped.

    Vocabulary and registry stay, and each graph of a document that the pin takes. Of the reports that the
    registry describes because nobody here has read them, those stay that the pin takes too, and those that a
    report which stays refers to: what is cited has been published. Linear in the quads.
    """
    held = list(quads)
    days = find_days(held)
    documents = {name: find_document(name) for name in {quad.graph_name for quad in held}}
    days_of = {name: days.get(document, {}) for name, document in documents.items() if document}
    kept = {name for name, known in days_of.items() if by.takes(known)}
    cited = {quad.object for quad in held if quad.graph_name in kept}
    unseen = find_unseen([quad for quad in held if quad.graph_name == REGISTRY], days, by, cited)
    gone = COMPUTED | (set(days_of) - kept)
    stated = tuple(
        quad
        for quad in held
        if quad.graph_name not in gone and not (quad.graph_name == REGISTRY and quad.subject in unseen)
    )
    unplaced = sum(place(known, by.day) is None for known in days_of.values())
    return Pinned(stated, Extent(by, len(kept), unplaced, len(days_of) - len(kept)))


def place(days: Days, day: date) -> bool | None:
    """Whether a document had been published by a day; ``None`` where it may have been or not."""
    latest = days.get(PUBLISHED, days.get(NOT_AFTER))
    earliest = days.get(PUBLISHED, days.get(NOT_BEFORE))
    if latest is not None and latest <= day:
        return True
    return False if earliest is not None and earliest > day else None


def find_days(quads: Iterable[Quad]) -> dict[Subject, dict[NamedNode, date]]:
    """What is known of each document's day; a literal that is no day says nothing."""
    found: dict[Subject, dict[NamedNode, date]] = defaultdict(dict)
    for quad in quads:
        if quad.predicate in (PUBLISHED, NOT_BEFORE, NOT_AFTER) and isinstance(quad.object, Literal):
            with suppress(ValueError):
                found[quad.subject][quad.predicate] = date.fromisoformat(quad.object.value[:DAY_LETTERS])
    return found


def find_document(name: Graph) -> NamedNode | None:
    """The document whose graph this is; ``None`` for a graph that is not of one document."""
    if not isinstance(name, NamedNode) or not name.value.startswith(DOCUMENT_GRAPHS):
        return None
    return NamedNode(f"{ID}document/{name.value.removeprefix(DOCUMENT_GRAPHS)}")


def find_unseen(
    registry: Sequence[Quad], days: Mapping[Subject, Days], by: Pin, cited: Collection[Term]
) -> set[Subject]:
    """The documents and hops of the registry that a pin leaves out."""
    reports = {
        quad.subject: quad.object
        for quad in registry
        if quad.predicate == TYPE and quad.object in (DOCUMENT, ATTRIBUTION)
    }
    leads: dict[Subject, set[Subject]] = defaultdict(set)
    homes = set()
    for quad in registry:
        if quad.subject in reports and isinstance(quad.object, Subject) and quad.object in reports:
            leads[quad.subject].add(quad.object)
            if quad.predicate == IN_DOCUMENT:
                leads[quad.object].add(quad.subject)
                homes.add(quad.subject)
    # A hop has no day of its own: it goes with its document, and without one it is undated.
    kept = {
        report
        for report, kind in reports.items()
        if report in cited or ((kind == DOCUMENT or report not in homes) and by.takes(days.get(report, {})))
    }
    waiting = list(kept)
    while waiting:
        further = leads[waiting.pop()] - kept
        kept |= further
        waiting += further
    return set(reports) - kept
