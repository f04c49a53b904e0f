"""What is reported of one provision, slot by slot: trees of its values, joined with pages and divergences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from plangraph.reported import Json, Report, Row, count_ends, list_sources
from plangraph.terms import NS

PAGE_TEXTS: Final = {"published": "published", "status": "status", "formulation": "formulation"}
"""Plain texts that a row says of a claim in a page, by the keys they stand under."""


def join_values(trees: Sequence[Json], rows: Iterable[Row], divergences: Iterable[Row]) -> Json:
    """The values, sorted by slot, and the slots with the number of their values.

    Each tree gets ``words``, the ``reports`` that assert or deny it, counts of pages and origins, and its
    ``diverges``. A value whose pages are all only cited has no reports.
    """
    words: dict[str, str] = {}
    labels: dict[str, str] = {}
    reports: dict[str, dict[tuple[str, str, str], Json]] = defaultdict(dict)
    for row in rows:
        value, slot = row["value"], row["slot"]
        words[value], labels[slot] = row["words"], row["slotLabel"]
        add_report(reports[value], row)
    diverges = read_divergences(divergences)
    found = [
        {
            **tree,
            "words": words.get(tree["id"], ""),
            **count_reports(reports[tree["id"]].values()),
            "reports": list(reports[tree["id"]].values()),
            "diverges": [entry | {"words": words.get(entry["from"], "")} for entry in diverges[tree["id"]]],
        }
        for tree in sorted(trees, key=lambda tree: (tree["onSlot"][0]["id"], tree["id"]))
    ]
    of_slot: dict[str, list[str]] = defaultdict(list)
    for tree in found:
        of_slot[tree["onSlot"][0]["id"]].append(tree["id"])
    slots = [
        {"id": slot, "label": labels.get(slot, slot.removeprefix(NS)), "values": values}
        for slot, values in of_slot.items()
    ]
    return {"slots": slots, "items": found}


def add_report(reports: dict[tuple[str, str, str], Json], row: Row) -> None:
    """One more row on a claim in a page: an end of its chains, or a page that is new."""
    key = (row["claim"], row["document"], row["report"])
    report = reports.get(key)
    if report is None:
        report = reports[key] = {
            "report": key[2],
            "claim": key[0],
            **{name: row[column] for name, column in PAGE_TEXTS.items() if column in row},
            "document": key[1],
            "outlet": {"id": row["outlet"], "label": row.get("outletLabel", "")},
            "origins": [],
            "undetermined": [],
        }
    if "origin" in row:
        origin = {"id": row["origin"], "label": row.get("originLabel", "")}
        report["origins"] += [origin] if origin not in report["origins"] else []
    if "lost" in row:
        end = row["lost"]
        report["undetermined"] += [end] if end not in report["undetermined"] else []


def count_reports(reports: Iterable[Json]) -> Json:
    """Pages, echoes and the origins of the reports, as a matrix counts them; a denial has none."""
    behind = [
        Report(
            report["claim"],
            "",
            report["document"],
            report["report"] == "denies",
            {origin["id"] for origin in report["origins"]},
            set(report["undetermined"]),
        )
        for report in reports
    ]
    counted = count_ends(behind)
    counted["denials"] = count_ends(behind, denies=True)["documents"]
    return counted | {"sources": list_sources(behind)}


def read_divergences(rows: Iterable[Row]) -> dict[str, list[Json]]:
    """The divergences of each value, each with the value that it diverges from."""
    found: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        one, other = row["one"], row["other"]
        shown = {
            "id": row["divergence"],
            "kind": row["kind"].removeprefix(NS),
            "reason": row["reason"],
            "withinOneOrigin": row["withinOneOrigin"] == "true",
        }
        found[one].append(shown | {"from": other})
        found[other].append(shown | {"from": one})
    return found
