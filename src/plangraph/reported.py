"""What the rows of the comparing queries tell: reports of claims in pages, and reported values.

The computed graph says which values there are, how they diverge, and in which origins the chains of an
attribution end. Here that is only joined and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from plangraph.terms import NS, pg

Json: TypeAlias = dict[str, Any]
Row: TypeAlias = Mapping[str, str]
"""One row: the text of each literal and the IRI of each thing, by column; what is unbound is left out."""


@dataclass(frozen=True)
class Report:
    """One claim in one page: by which attribution, asserted or denied, and where its chains end."""

    claim: str
    attribution: str
    document: str
    denies: bool
    origins: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Value:
    """A reported value: what is shown of it, the claims behind it, and its divergences with their values.

    ``negative`` is one that its claims deny; ``denying`` is the stance of somebody who denies.
    """

    id: str
    shown: Json
    denying: bool = False
    negative: bool = False
    claims: set[str] = field(default_factory=set)
    divergences: list[tuple[Json, Value]] = field(default_factory=list)


def read_reports(rows: Iterable[Row], names: dict[str, str]) -> dict[str, list[Report]]:
    """The reports by provision; names the origins."""
    found: dict[tuple[str, str, str, str], Report] = {}
    by_provision: dict[str, list[Report]] = defaultdict(list)
    for row in rows:
        key = (row["provision"], row["claim"], row["attribution"], row["document"])
        report = found.get(key)
        if report is None:
            provision, claim, attribution, document = key
            report = found[key] = Report(
                claim, attribution, document, row["polarity"] == pg("negative").value
            )
            by_provision[provision].append(report)
        if "origin" in row:
            report.origins.add(row["origin"])
            names[row["origin"]] = row.get("originLabel", row["origin"])
        if "lost" in row:
            report.lost.add(row["lost"])
    return by_provision


def read_values(
    values: Iterable[Row], claims: Iterable[Row], divergences: Iterable[Row], names: dict[str, str]
) -> dict[str, list[Value]]:
    """The reported values by provision, joined with their claims and divergences; names slots and keys."""
    found: dict[str, Value] = {}
    by_provision: dict[str, list[Value]] = defaultdict(list)
    for row in values:
        iri = row["value"]
        value = found.get(iri)
        if value is None:
            slot = row["slot"].removeprefix(NS)
            names[slot] = row["slotLabel"]
            shown: Json = {"id": iri, "slot": slot, "words": row["words"]}
            shown |= {"origins": int(row["origins"]), "undetermined": int(row["undetermined"])}
            value = found[iri] = Value(iri, shown | {"under": {}}, denying="denying" in row)
            by_provision[row["provision"]].append(value)
        if "property" in row:
            under = row["under"]
            names[under] = row.get("underLabel", row["under"])
            value.shown["under"].setdefault(row["property"].removeprefix(NS), []).append(under)
    for row in claims:
        entry = found[row["value"]]
        entry.claims.add(row["claim"])
        entry.negative |= row["report"] == pg("deniedIn").value
    for row in divergences:
        one, other = found.get(row["one"]), found.get(row["other"])
        if one is not None and other is not None:
            shown = {
                "id": row["divergence"],
                "kind": row["kind"].removeprefix(NS),
                "reason": row["reason"],
                "withinOneOrigin": row["withinOneOrigin"] == "true",
            }
            one.divergences.append((shown, other))
            other.divergences.append((shown, one))
    return by_provision


def write_value(value: Value, reports: Sequence[Report]) -> Json:
    """A value with its origins as the graph counts them, and how many pages pass them on."""
    behind = [report for report in reports if report.claim in value.claims]
    counted = count_ends(behind, denies=value.negative)
    echoes = {"documents": counted["documents"], "echoes": counted["echoes"]}
    return {**value.shown, **echoes, **({"denied": True} if value.negative else {})}


def count_ends(reports: Iterable[Report], *, denies: bool = False) -> Json:
    """Documents that report, the origins that chains end in, echoes of these, and ends that are not known.

    An echo is a page beyond the first that passes on an origin: pairs of page and origin, less the origins.
    """
    counted = [report for report in reports if report.denies == denies]
    passed = {(origin, report.document) for report in counted for origin in report.origins}
    origins = {origin for origin, _ in passed}
    return {
        "documents": len({report.document for report in counted}),
        "origins": len(origins),
        "echoes": len(passed) - len(origins),
        "undetermined": len({end for report in counted for end in report.lost}),
    }


def list_sources(reports: Iterable[Report]) -> list[Json]:
    """The origins that several pages pass on, each with their number; the most passed on first."""
    pages: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        if not report.denies:
            for origin in report.origins:
                pages[origin].add(report.document)
    ordered = sorted(pages.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [
        {"id": origin, "documents": len(documents)} for origin, documents in ordered if len(documents) > 1
    ]


def read_label(row: Row) -> dict[str, str]:
    """The names in English and Ukrainian, as far as there are."""
    pairs = (("en", row.get("label")), ("uk", row.get("labelUk")))
    return {language: label for language, label in pairs if label is not None}
