"""What is reported to have become of provisions between versions, from the rows of ``version-changes``.

Reports that say the same of a provision on the same way are one entry, however many pages have it. Nothing
here is found by comparing texts: that is :mod:`plangraph.collation`, and pages keep the two apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from plangraph.lineage import NEGATIVE, Denial
from plangraph.reported import Json, Report, Row, count_ends
from plangraph.terms import NS

REPLACES: Final = "replaces"
"""The kind of change that a plain claim reports: something else stood in the place of what it tells."""

KINDS: Final = ("deleted", "replaced", "changed", REPLACES, "moved", "deferred", "revived", "unchanged")
"""What can be reported of a provision, in the order in which pages tell it."""


@dataclass(eq=False)
class Changed:
    """One kind of change of one provision on one way; ``older`` is empty where no report names the start.

    ``former`` is what is said to have stood there before, each with the slots in which reports give it,
    ``stood`` the versions in which the same pages place a provision of these. ``absent`` are slots that are
    said to have no value any more.
    """

    provision: str
    older: str
    newer: str
    kind: str
    claims: dict[str, None] = field(default_factory=dict)
    makers: dict[str, None] = field(default_factory=dict)
    motives: dict[str, None] = field(default_factory=dict)
    instead: dict[str, None] = field(default_factory=dict)
    former: dict[str, dict[str, None]] = field(default_factory=dict)
    stood: dict[str, None] = field(default_factory=dict)
    absent: dict[str, None] = field(default_factory=dict)
    outlets: dict[str, None] = field(default_factory=dict)
    denials: list[Denial] = field(default_factory=list)
    reports: dict[tuple[str, str, str], Report] = field(default_factory=dict)

    @property
    def counts(self) -> Json:
        """Pages that assert it, with origins, echoes and lost ends, and the pages that deny it."""
        denied = count_ends(self.reports.values(), denies=True)["documents"]
        return count_ends(self.reports.values()) | {"denying": denied}

    @property
    def start(self) -> str:
        """The version that it starts from, or the one in which its pages place what stood there before."""
        return self.older or (next(iter(self.stood)) if len(self.stood) == 1 else "")

    @property
    def pages(self) -> set[str]:
        """The pages that assert it."""
        return {report.document for report in self.reports.values() if not report.denies}

    @property
    def origins(self) -> list[str]:
        """The origins that the chains of those who assert it end in, the most told first."""
        told = Counter(
            origin for report in self.reports.values() if not report.denies for origin in report.origins
        )
        return sorted(told, key=lambda origin: (-told[origin], origin))

    def list_iris(self) -> Iterator[str]:
        """Everything about it that is called something."""
        yield from (self.provision, self.newer, *filter(None, [self.older]), *self.claims)
        yield from (*self.makers, *self.motives, *self.instead, *self.outlets, *self.origins)
        yield from (*self.former, *self.stood, *self.absent)
        for places in self.former.values():
            yield from places
        for denial in self.denials:
            yield from (denial.holder, *filter(None, [denial.aspect]))


def gather_changes(rows: Iterable[Row]) -> list[Changed]:
    """The reported changes: by provision and version, those that most pages report first."""
    found: dict[tuple[str, str, str, str], Changed] = {}
    for row in rows:
        key = (row["provision"], row.get("older", ""), row["newer"], row["kind"].removeprefix(NS))
        change = found.setdefault(key, Changed(*key))
        change.claims[row["change"]] = None
        for held, column in (
            (change.makers, "maker"), (change.motives, "motive"), (change.instead, "instead"),
            (change.outlets, "outlet"), (change.stood, "stood"), (change.absent, "absent"),
        ):  # fmt: skip
            if column in row:
                held[row[column]] = None
        if "former" in row:
            change.former.setdefault(row["former"], {}).update(
                dict.fromkeys(filter(None, [row.get("place")]))
            )
        if "document" in row:
            add_report(change, row)
        if "stance" in row:
            denial = Denial(row["stance"], row["holder"], row.get("aspect", ""))
            change.denials += [denial] if denial not in change.denials else []
    return sorted(found.values(), key=rank)


def add_report(change: Changed, row: Row) -> None:
    """One more row on a change in a page."""
    key = (row["change"], row["attribution"], row["document"])
    report = change.reports.setdefault(key, Report(*key, denies=row["polarity"] == NEGATIVE))
    if "origin" in row:
        report.origins.add(row["origin"])
    if "lost" in row:
        report.lost.add(row["lost"])


def rank(change: Changed) -> tuple[str, str, int, int, str]:
    """Where a change stands among others."""
    kind = KINDS.index(change.kind) if change.kind in KINDS else len(KINDS)
    return change.provision, change.newer, -change.counts["documents"], kind, change.older
