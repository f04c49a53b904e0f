"""Who reports values: the rows of the query ``value-reports`` as people look at them, one side a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from plangraph.pages.captions import Caption, Captions
from plangraph.reported import Json, Report, Row, count_ends
from plangraph.terms import NS


@dataclass(eq=False)
class Telling:
    """One claim in one page; ``document`` is empty where every page of the claim is only cited."""

    claim: str
    document: str
    denies: bool
    outlet: str
    published: str
    status: str
    speakers: dict[str, None] = field(default_factory=dict)
    origins: dict[str, None] = field(default_factory=dict)
    lost: dict[str, None] = field(default_factory=dict)


@dataclass(eq=False)
class Side:
    """A value with all that tell it. ``origins`` and ``undetermined`` are as the graph counts them."""

    id: str
    slot: str
    topic: str
    denied: bool
    origins: int
    undetermined: int
    tellings: list[Telling] = field(default_factory=list)

    @property
    def counts(self) -> Json:
        """The pages that tell it, and how many of them pass an origin on that another has as well."""
        behind = [
            Report(entry.claim, "", entry.document, entry.denies, set(entry.origins), set(entry.lost))
            for entry in self.tellings
            if entry.document
        ]
        counted = count_ends(behind, denies=self.denied)
        claims = len({entry.claim for entry in self.tellings})
        return {"claims": claims, "documents": counted["documents"], "echoes": counted["echoes"]}

    def list_origins(self) -> list[str]:
        """The known origins that its chains end in, those of most pages first."""
        pages: dict[str, int] = {}
        for entry in self.tellings:
            for origin in entry.origins:
                pages[origin] = pages.get(origin, 0) + 1
        return sorted(pages, key=lambda origin: (-pages[origin], origin))

    def list_outlets(self) -> list[str]:
        """The outlets whose pages tell it."""
        return list(dict.fromkeys(entry.outlet for entry in self.tellings if entry.outlet))

    def list_iris(self) -> Iterator[str]:
        """Everything about it that is called something."""
        yield from (self.id, self.slot, *filter(None, [self.topic]))
        for entry in self.tellings:
            yield from filter(None, (entry.claim, entry.document, entry.outlet))
            yield from (*entry.speakers, *entry.origins, *([NS + entry.status] if entry.status else ()))

    def tell(self, captions: Captions) -> Caption:
        """What it says, without the names of its subject and its slot."""
        return captions.tell(self.id, self.slot, denied=self.denied)


def gather_sides(rows: Iterable[Row]) -> dict[str, Side]:
    """The values by IRI, in the order of the rows."""
    found: dict[str, Side] = {}
    tellings: dict[tuple[str, str, str], Telling] = {}
    for row in rows:
        side = found.get(row["value"])
        if side is None:
            denied = row["report"] == "denies"
            counts = int(row["origins"]), int(row["undetermined"])
            side = found[row["value"]] = Side(
                row["value"], row["slot"], row.get("topic", ""), denied, *counts
            )
        key = (row["value"], row["claim"], row.get("document", ""))
        telling = tellings.get(key)
        if telling is None:
            telling = tellings[key] = Telling(
                claim=row["claim"],
                document=row.get("document", ""),
                denies=row["report"] == "denies",
                outlet=row.get("outlet", ""),
                published=row.get("published", ""),
                status=row.get("status", ""),
            )
            side.tellings.append(telling)
        for held, column in (
            (telling.speakers, "speaker"), (telling.origins, "origin"), (telling.lost, "lost"),
        ):  # fmt: skip
            if column in row:
                held[row[column]] = None
    for side in found.values():
        side.tellings.sort(key=lambda entry: (entry.published or "9999", entry.document, entry.claim))
    return found


def share_origins(one: Side, other: Side) -> list[str]:
    """The known origins that two values have in common."""
    theirs = set(other.list_origins())
    return [origin for origin in one.list_origins() if origin in theirs]


def order_sides(sides: Iterable[Side]) -> list[tuple[str, Sequence[Side]]]:
    """The values by slot; slots and values that most pages tell come first."""
    slots: dict[str, list[tuple[int, Side]]] = {}
    for side in sides:
        slots.setdefault(side.slot, []).append((side.counts["documents"], side))
    ordered = [
        (slot, sorted(held, key=lambda entry: (-entry[0], entry[1].id))) for slot, held in slots.items()
    ]
    ordered.sort(key=lambda entry: (-entry[1][0][0], entry[0]))
    return [(slot, [side for _, side in held]) for slot, held in ordered]
