"""Where places lie on the map of Ukraine: its regions, as tiles and as shapes, and what the registry says.

A place stands for a region of the table by its name alone. All else is read from the registry: what a place
lies in (``schema:containedInPlace``), and which places together make it up (``pg:coveredBy``). A place that
leads to no region that way is not put on the map.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from plangraph.files import read_text
from plangraph.reported import Row

SHAPES: Final = Path(__file__).resolve().parent / "built" / "ukraine.svg"
"""The shapes, where the build has put them; without them the map is drawn in tiles."""

VIEW: Final = re.compile(r'viewBox="(0 0 [0-9.]+ [0-9.]+)"')


@dataclass(frozen=True)
class Region:
    """A region: the place of the registry that it is (if it has one there), its tile, and its shape.

    ``column`` and ``row`` place the tile roughly where the region lies. ``shape`` is the name of its path,
    and ``x`` and ``y`` are where a figure can be written on that.
    """

    name: str
    place: str
    column: int
    row: int
    shape: str = ""
    x: float = 0
    y: float = 0


REGIONS: Final = tuple(
    Region(*entry)
    for entry in (
        ("volyn", "volyn-oblast", 1, 0, "volyn", 156, 117),
        ("rivne", "rivne-oblast", 2, 0, "rivne", 246, 86),
        ("zhytomyr", "zhytomyr-oblast", 3, 0, "zhytomyr", 347, 144),
        ("kyiv", "kyiv", 4, 0, "kyiv-city", 466, 173),
        ("chernihiv", "chernihiv-oblast", 5, 0, "chernihiv", 536, 79),
        ("sumy", "sumy-oblast", 6, 0, "sumy", 660, 135),
        ("lviv", "lviv-oblast", 0, 1, "lviv", 117, 215),
        ("ternopil", "ternopil-oblast", 1, 1, "ternopil", 190, 267),
        ("khmelnytskyi", "khmelnytskyi-oblast", 2, 1, "khmelnytskyi", 268, 251),
        ("vinnytsia", "vinnytsia-oblast", 3, 1, "vinnytsia", 361, 316),
        ("kyiv-oblast", "kyiv-oblast", 4, 1, "kyiv", 454, 234),
        ("cherkasy", "cherkasy-oblast", 5, 1, "cherkasy", 540, 260),
        ("poltava", "poltava-oblast", 6, 1, "poltava", 658, 245),
        ("kharkiv", "kharkiv-oblast", 7, 1, "kharkiv", 806, 238),
        ("luhansk", "luhansk-oblast", 8, 1, "luhansk", 931, 268),
        ("zakarpattia", "zakarpattia-oblast", 0, 2, "zakarpattia", 57, 345),
        ("ivano-frankivsk", "ivano-frankivsk-oblast", 1, 2, "ivano-frankivsk", 125, 312),
        ("chernivtsi", "chernivtsi-oblast", 2, 2, "chernivtsi", 199, 366),
        ("kirovohrad", "kirovohrad-oblast", 5, 2, "kirovohrad", 569, 341),
        ("dnipropetrovsk", "dnipropetrovsk-oblast", 6, 2, "dnipropetrovsk", 725, 332),
        ("donetsk", "donetsk-oblast", 7, 2, "donetsk", 868, 380),
        ("odesa", "odesa-oblast", 3, 3, "odessa", 452, 450),
        ("mykolaiv", "mykolaiv-oblast", 4, 3, "mykolaiv", 567, 424),
        ("kherson", "kherson-oblast", 5, 3, "kherson", 645, 489),
        ("zaporizhzhia", "zaporizhzhia-oblast", 6, 3, "zaporizhia", 753, 450),
        ("crimea", "crimea", 5, 4, "crimea", 666, 592),
    )
)
"""All regions. Nothing here says who holds what, and no border is drawn but those of the shapes."""

REGION_OF: Final = {region.place: region for region in REGIONS}


@dataclass(frozen=True)
class Ground:
    """Where a place lies: the regions, and whether it is one, makes up several, or is a part of one.

    ``within`` are the places of the registry that it lies in, the nearest first.
    """

    regions: tuple[Region, ...]
    relation: str
    within: tuple[str, ...] = ()


@dataclass
class Atlas:
    """What the registry says of places: what each lies in, and what makes it up."""

    wholes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def locate(self, place: str) -> Ground:
        """Where a place lies; without regions where the registry does not lead to any."""
        within = self.list_wholes(place)
        if region := find_region(place):
            return Ground((region,), "itself", within)
        covered = [find_region(part) for part in self.parts.get(place, [])]
        if covered and all(covered):
            return Ground(tuple(region for region in covered if region), "larger", within)
        around = next((region for whole in within if (region := find_region(whole))), None)
        return Ground((around,), "part", within) if around else Ground((), "elsewhere", within)

    def list_wholes(self, place: str) -> tuple[str, ...]:
        """What a place lies in, the nearest first, each once."""
        found: list[str] = []
        waiting = [place]
        for entry in waiting:
            for whole in self.wholes.get(entry, []):
                if whole not in found:
                    found.append(whole)
                    waiting.append(whole)
        return tuple(found)


def find_region(place: str) -> Region | None:
    """The region that a place is, by its name."""
    return REGION_OF.get(place.rpartition("/")[2])


def read_atlas(rows: Iterable[Row]) -> Atlas:
    """What the rows of the query ``places`` say."""
    atlas = Atlas()
    for row in rows:
        for name, held in (("whole", atlas.wholes), ("part", atlas.parts)):
            if name in row and row[name] not in held[row["place"]]:
                held[row["place"]].append(row[name])
    return atlas


@cache
def find_view() -> str:
    """The view box of the shapes that are there; nothing where there are none, or not all of them."""
    if not SHAPES.is_file():
        return ""
    return read_view(read_text(SHAPES))


def read_view(text: str) -> str:
    """The view box of a text of shapes; nothing where a region has none in it."""
    view = VIEW.search(text)
    whole = all(region.shape and f'id="{region.shape}"' in text for region in REGIONS)
    return view[1] if view and whole else ""
