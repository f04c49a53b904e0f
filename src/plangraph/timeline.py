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
"""How an entry can be placed."""


def read_entries(rows: Iterable[Row]) -> dict[str, Json]:
    """The entries by their places, which sort: by day, then those between days, then the undated.

    Rows that tell the same of a thing are one entry, with all claims and pages that tell it.
    """
    entries: dict[str, Json] = {}
    for row in rows:
        entry = entries.get(row["place"])
        if entry is None:
            entry = entries[row["place"]] = begin_entry(row)
        add_page(entry, row)
    return entries


def count_entries(entries: Iterable[Json]) -> Json:
    """How many entries there are, how they are placed, and how many of each kind stand on each day."""
    placed = dict.fromkeys(PLACES, 0)
    days: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    for entry in entries:
        placed[entry["placed"]] += 1
        if "day" in entry:
            days[entry["day"]][entry["kind"]] += 1
    return {
        "total": sum(placed.values()),
        "placed": placed,
        "days": [{"day": day, **counts} for day, counts in sorted(days.items())],
    }


def begin_entry(row: Row) -> Json:
    """An entry without its pages."""
    when, not_before, not_after = (row.get(name, "") for name in ("when", "notBefore", "notAfter"))
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
