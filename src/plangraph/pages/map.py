"""The map of a plan or of all: which regions its reports speak of, and what they say of each.

It shows what is reported, never who holds what, and draws no line but those of the regions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.filters import name_option, read_filters
from plangraph.index import Term
from plangraph.pages.captions import ask_captions
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.graph import find_iri, find_plans
from plangraph.pages.phrases import say
from plangraph.pages.regions import find_view, read_atlas
from plangraph.pages.spoken import (
    RELATIONS,
    Shade,
    Spoken,
    Told,
    choose_places,
    list_spoken,
    read_told,
    shade_regions,
    tally,
)
from plangraph.pages.twins import cite_figure, list_figure_twins
from plangraph.reads import Bound, load_read, write_whole
from plangraph.terms import ID
from plangraph.web.pages import settle
from plangraph.web.results import ask, for_csv, read_texts

FILTERS: Final = ("provision", "topic", "version")
VALUES_SHOWN: Final = 80
TILE, HIGH, ROOM = 104, 72, 6
"""The width of a tile, its height, and the room between two."""


@dataclass(frozen=True)
class Tile:
    """A region as it is drawn."""

    shade: Shade
    x: float
    y: float
    address: str
    chosen: bool


@dataclass(frozen=True)
class Chart:
    """A map: tiles, or shapes where there are any, and the places that stand on none."""

    tiles: Sequence[Tile]
    view: str
    shaped: bool
    rows: Sequence[Shade]
    elsewhere: Sequence[Spoken]
    spoken: Sequence[Spoken]


async def ask_places(
    engine: QueryEngine, bound: Bound, slots: Collection[Term] = ()
) -> tuple[Sequence[Told], Sequence[Spoken], dict[str, str]]:
    """The values that speak of places, on these slots or any, these places, and the queries behind both."""
    queries = {
        "query.spoken": write_whole(load_read("place-values"), bound),
        "query.places": write_whole(load_read("places"), {}),
    }
    rows, places = (read_texts(answer) for answer in await ask(engine, *map(for_csv, queries.values())))
    if slots:
        rows = [row for row in rows if NamedNode(row["slot"]) in slots]
    told = [NamedNode(slot) for slot in sorted({row["slot"] for row in rows})]
    queries["query.divergences"] = write_whole(load_read("matrix-divergences"), {**bound, "slot": told})
    (divergences,) = await ask(engine, for_csv(queries["query.divergences"]))
    values = await asyncio.to_thread(read_told, rows, read_texts(divergences))
    return values, list_spoken(values, read_atlas(places)), queries


def draw_map(
    values: Sequence[Told], spoken: Sequence[Spoken], find_address: Callable[[str], str], chosen: str = ""
) -> Chart:
    """The map of some values; a region leads on where something speaks of it."""
    shades, view = shade_regions(values, spoken), find_view()
    tiles = [
        Tile(
            shade,
            shade.region.x if view else shade.region.column * (TILE + ROOM),
            shade.region.y if view else shade.region.row * (HIGH + ROOM),
            find_address(shade.region.place) if shade.tally.claims else "",
            shade.region.place == chosen,
        )
        for shade in shades
    ]
    columns = 1 + max(tile.shade.region.column for tile in tiles)
    rows = 1 + max(tile.shade.region.row for tile in tiles)
    grid = f"-3 -3 {columns * (TILE + ROOM) - ROOM + 6} {rows * (HIGH + ROOM) - ROOM + 6}"
    told = [shade for shade in shades if shade.tally.claims]
    return Chart(
        tiles=sorted(tiles, key=lambda tile: tile.chosen),
        view=view or grid,
        shaped=bool(view),
        rows=sorted(told, key=lambda shade: (-shade.tally.claims, shade.region.name)),
        elsewhere=[entry for entry in spoken if not entry.ground.regions],
        spoken=spoken,
    )


async def show_map(visit: Visit, slug: str) -> Shown:
    """The page, of a plan or without a slug of all; raises :class:`NotFound`, :class:`BadParameter`."""
    engine, links = visit.edition.engine, visit.links
    given = {name: values for name, values in links.asked.items() if name != "place"}
    plans = await find_plans(engine, slug)
    offered = FILTERS if slug else ("plan", *FILTERS)
    bound = await settle(engine, load_read("place-values"), read_filters(given, offered))
    values, spoken, queries = await ask_places(engine, {"plan": plans, **bound})
    chosen, place = read_place(links.asked.get("place", []), spoken)
    chart = draw_map(values, spoken, lambda name: f"{links.here(place=name)}#said", chosen)
    meant = choose_places(spoken, place)
    said = [value for value in values if value.places & meant]
    filters = [(name, value, find_iri(bound, name, value)) for name in given for value in given[name]]
    iris = {plan.value for plan in plans} | list_places(spoken) | {iri for _, _, iri in filters}
    iris |= {iri for value in said for iri in (value.provision, value.slot, *value.under)}
    worded = [value.id for value in said[:VALUES_SHOWN]]
    captions = await ask_captions(engine, iris, visit.language, worded)
    return Shown(
        template="map.html",
        title=captions[plans[0].value].text if slug else say(visit.language, "map.whole"),
        captions=captions,
        members={
            "slug": slug,
            "plan": plans[0].value if slug else "",
            "chart": chart,
            "relations": RELATIONS,
            "reach": count_reach(values, spoken),
            "total": tally(values),
            "filters": filters,
            "chosen": chosen,
            "place": place,
            "meant": [entry for entry in spoken if entry.place in meant],
            "said": said[:VALUES_SHOWN],
            "all_said": len(said),
            "of_said": tally(said),
        },
        queries=queries,
        twins=list_figure_twins(links, "map", slug),
        citation=cite_figure(links, "map", slug),
    )


def count_reach(values: Sequence[Told], spoken: Sequence[Spoken]) -> dict[str, int]:
    """How many claims speak of each place and of what lies in it: what choosing it shows."""
    return {
        entry.place: tally(value for value in values if value.places & meant).claims
        for entry in spoken
        for meant in [choose_places(spoken, entry.place)]
    }


def read_place(values: Sequence[str], spoken: Sequence[Spoken]) -> tuple[str, str]:
    """The slug and the IRI of the place that is chosen; raises :class:`BadParameter`."""
    if not values:
        return "", ""
    place = f"{ID}place/{values[0]}"
    if len(values) > 1 or not choose_places(spoken, place):
        raise BadParameter(f"place takes one place that is spoken of here, not {values[0]!r:.200}")
    return values[0], place


def list_places(spoken: Sequence[Spoken]) -> set[str]:
    """The places that are spoken of, what they lie in, and the regions that these lead to."""
    found = {iri for entry in spoken for iri in (entry.place, *entry.ground.within)}
    return found | {f"{ID}place/{region.place}" for entry in spoken for region in entry.ground.regions}


async def show_on_provision(
    visit: Visit, bound: Bound, plans: Sequence[str]
) -> tuple[Chart | None, set[str], Mapping[str, str]]:
    """The map of a provision, what of it is called something, and its queries; none without a region.

    ``bound`` has the provision, and what chooses among its values. The regions lead to the map of the plan,
    cut to this provision and, if one is chosen, a version.
    """
    chosen = {name: bound[name] for name in ("provision", "version") if name in bound}
    values, spoken, queries = await ask_places(visit.edition.engine, chosen, bound.get("slot", ()))
    if not plans or not any(entry.ground.regions for entry in spoken):
        return None, set(), {}
    plan = plans[0].rpartition("/")[2]
    kept = {name: name_option(terms[0]) for name, terms in chosen.items() if len(terms) == 1}

    def find_address(place: str) -> str:
        return f"{visit.links.to(f'plans/{plan}/map', **kept, place=place)}#said"

    shown = {key: text for key, text in queries.items() if key != "query.divergences"}
    return draw_map(values, spoken, find_address), list_places(spoken), shown
