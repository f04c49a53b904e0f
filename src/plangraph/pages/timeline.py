"""The timeline as a page, of a plan or of everything: each day with what stands behind it, by name."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from plangraph.errors import BadParameter
from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.days import draw_days
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.links import read_choice
from plangraph.pages.phrases import say
from plangraph.pages.twins import cite_figure, list_figure_twins
from plangraph.pinning import read_day
from plangraph.reads import write_chosen
from plangraph.reported import Json
from plangraph.timeline import KINDS, PLACES, count_entries, read_entries
from plangraph.web.comparison_queries import ask_timeline, find_things
from plangraph.web.results import ask, for_csv, read_texts

UNPLACED: Final = PLACES[1:]
"""What ``day`` takes beside days: entries that lie between two days, and those without any."""

ENTRIES_SHOWN: Final = 48
OWN: Final = ("day", "kind", "from")


@dataclass(frozen=True)
class Picked:
    """Which entries a visitor asks for: of a day (or of no day), of a kind, passing over the first."""

    day: str
    kind: str
    first: int


async def show_timeline(visit: Visit, slug: str) -> Shown:
    """The page, of a plan or without a slug of all; raises :class:`NotFound`, :class:`BadParameter`."""
    engine, links = visit.edition.engine, visit.links
    picked = read_picked(links.asked)
    given = {name: values for name, values in links.asked.items() if name not in OWN}
    plans: Sequence[NamedNode] = []
    if slug:
        plans = await find_things(engine, "plan", slug)
        read_filters(given, ("since", "until"))
        given["plan"] = [slug]
    query, answer = await ask_timeline(engine, given)

    def read() -> tuple[Json, list[Json]]:
        entries = read_entries(read_texts(answer))
        return count_entries(entries.values()), [entries[place] for place in sorted(entries)]

    days, entries = await asyncio.to_thread(read)
    found = [entry for entry in entries if is_picked(entry, picked)]
    shown = found[picked.first : picked.first + ENTRIES_SHOWN]
    if picked.first and not shown:
        raise BadParameter(f"from takes a number below that of the entries, {len(found)}")
    holding = write_chosen("holders", [NamedNode(e["id"]) for e in shown if e["kind"] == "stance"])
    held = read_texts((await ask(engine, for_csv(holding)))[0])
    holders: dict[str, list[str]] = defaultdict(list)
    for row in held:
        holders[row["item"]].append(row["holder"])
    iris = {plan.value for plan in plans} | list_named(shown) | {row["holder"] for row in held}
    captions = await ask_captions(engine, iris, visit.language)
    return Shown(
        template="timeline.html",
        title=captions[plans[0].value].text if plans else say(visit.language, "timeline.title"),
        captions=captions,
        members={
            "slug": slug,
            "plan": plans[0].value if plans else "",
            "days": days,
            "chart": draw_days(days),
            "kinds": KINDS,
            "unplaced": UNPLACED,
            "picked": picked,
            "shown": shown,
            "holders": holders,
            "found": len(found),
            "after": picked.first + len(shown) if picked.first + len(shown) < len(found) else 0,
            "before": max(picked.first - ENTRIES_SHOWN, 0),
            "filters": [
                (name, value)
                for name in ("plan", "since", "until")
                if not (slug and name == "plan")
                for value in links.asked.get(name, [])
            ],
        },
        queries={"query.timeline": query, "query.holders": holding},
        twins=list_figure_twins(links, "timeline", slug),
        citation=cite_figure(links, "timeline", slug),
    )


def read_picked(asked: dict[str, list[str]]) -> Picked:
    """What an address picks; without a day or kind what is told of by name. Raises :class:`BadParameter`."""
    days, first = asked.get("day", []), asked.get("from", ["0"])
    if len(first) > 1 or not first[0].isdecimal() or len(first[0]) > 6:
        raise BadParameter("from takes the number of entries that are passed over, once")
    if len(days) > 1:
        raise BadParameter("day can be given once")
    day = days[0] if days else ""
    if day and day not in UNPLACED:
        day = read_day("day", day).isoformat()
    return Picked(day, read_choice(asked, "kind", KINDS), int(first[0]))


def is_picked(entry: Json, picked: Picked) -> bool:
    """Whether an entry is asked for; who asks for nothing gets the events."""
    if picked.day in UNPLACED and entry["placed"] != picked.day:
        return False
    if picked.day and picked.day not in UNPLACED and entry.get("day") != picked.day:
        return False
    if picked.kind:
        return bool(entry["kind"] == picked.kind)
    return bool(picked.day) or entry["kind"] == "event"


def list_named(entries: Iterable[Json]) -> set[str]:
    """Everything in some entries that is called something."""
    found: set[str] = set()
    for entry in entries:
        found |= {entry["id"], *entry["claims"]}
        found |= {document["id"] for document in entry["documents"]}
        found |= {outlet["id"] for outlet in entry["outlets"]}
    return found
