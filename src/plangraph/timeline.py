"""What is reported, day by day, from the rows of the query ``timeline``; a day is never made narrower.

An entry stands on a day where that is known to the day. Else it lies between two bounds, one of which may be
open, or it is undated. An uncertain or approximate day (``?``, ``~``) counts as lying between bounds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final

from plangraph.comparison import days_of_moment
from plangraph.reported import Json, Row
from plangraph.terms import pg

KINDS: Final = ("report", "stance", "event", "change")
"""What a timeline tells of; ``kind`` takes these."""

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
DOUBT: Final = re.compile(r"[?~%]")
PLACES: Final = ("day", "between", "undated")
"""Where an entry stands, in the order of the entries."""


def lay_out(rows: Iterable[Row]) -> Json:
    """The entries, by day, then those between days, then the undated; and the numbers of each day by kind.

    Rows that tell the same of a thing are one entry, with all claims and pages that tell it.
    """
    entries: dict[tuple[str, ...], Json] = {}
    for row in rows:
        bounds = tuple(row.get(name, "") for name in ("when", "notBefore", "notAfter"))
        bounds = bounds if not bounds[0] else (bounds[0], "", "")
        key = (row["kind"], row["item"], row["basis"], *bounds)
        entry = entries.get(key)
        if entry is None:
            entry = entries[key] = begin_entry(row, bounds[0], bounds[1], bounds[2])
        add_page(entry, row)
    ordered = sorted(entries.values(), key=rank)
    days: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    for entry in ordered:
        if "day" in entry:
            days[entry["day"]][entry["kind"]] += 1
    return {
        "total": len(ordered),
        "placed": {place: sum(1 for entry in ordered if entry["placed"] == place) for place in PLACES},
        "days": [{"day": day, **counts} for day, counts in sorted(days.items())],
        "items": ordered,
    }


def begin_entry(row: Row, when: str, not_before: str, not_after: str) -> Json:
    """An entry without its pages."""
    return {
        "kind": row["kind"],
        "id": row["item"],
        "words": row.get("label", ""),
        "basis": row["basis"],
        **place_moment(when, not_before, not_after),
        "claims": [],
        "documents": [],
        "outlets": [],
    }


def place_moment(when: str, not_before: str, not_after: str) -> Json:
    """Where an entry stands: on a day, between bounds, or nowhere; with the text that a page gives."""
    if DAY.fullmatch(when):
        return {"placed": "day", "day": when}
    if when:
        ends = [DOUBT.sub("", part) for part in when.split("/")]
        first, last = days_of_moment(ends[0]), days_of_moment(ends[-1])
        bounds = {
            **({"notBefore": write_day(int(first[0]))} if first else {}),
            **({"notAfter": write_day(int(last[1]))} if last else {}),
        }
        doubted = {"uncertain": True} if DOUBT.search(when) else {}
        return {"placed": "between" if bounds else "undated", "text": when, **bounds, **doubted}
    bounds = {
        **({"notBefore": not_before} if not_before else {}),
        **({"notAfter": not_after} if not_after else {}),
    }
    return {"placed": "between" if bounds else "undated", **bounds}


def write_day(ordinal: int) -> str:
    """The day with that ordinal."""
    return date.fromordinal(ordinal).isoformat()


def add_page(entry: Json, row: Row) -> None:
    """One more claim or page that tells the same."""
    if "claim" in row and row["claim"] not in entry["claims"]:
        entry["claims"].append(row["claim"])
    document = {"id": row["document"], "read": row["extent"] != pg("citedOnly").value}
    if document not in entry["documents"]:
        entry["documents"].append(document)
    if "outlet" in row:
        outlet = {"id": row["outlet"], "label": row.get("outletLabel", "")}
        if outlet not in entry["outlets"]:
            entry["outlets"].append(outlet)


def rank(entry: Json) -> tuple[int, str, str, int, str]:
    """Where an entry stands in the list."""
    place = PLACES.index(entry["placed"])
    first = entry.get("day") or entry.get("notBefore") or entry.get("notAfter") or ""
    return place, first, entry.get("notAfter", ""), KINDS.index(entry["kind"]), entry["id"]
