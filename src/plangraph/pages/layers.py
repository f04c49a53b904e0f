"""A layered drawing: things in columns that keep their meaning, lines between them from left to right.

A line that passes a column takes a channel of its own there, so that it runs under no box; all lines that
leave one thing share theirs. The order in a column follows that of its neighbours (barycentres, the best of
some sweeps); the heights are the nearest to those of the neighbours that keep the order and let nothing
overlap. The same input gives the same drawing.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, TypeVar

WIDTH, GAP, HEIGHT, SPACE, CHANNEL = 188.0, 48.0, 42.0, 10.0, 6.0
"""In units of the drawing: a box and the room beside it, its height and the room below it, a channel."""

SWEEPS: Final = 8
SETTLINGS: Final = 6

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Slot(Generic[Key]):
    """A place in a column: of a thing itself, or of the lines that leave it and pass."""

    column: int
    key: Key
    passes: bool = False

    @property
    def height(self) -> float:
        """How high it is."""
        return CHANNEL if self.passes else HEIGHT


@dataclass(frozen=True)
class Box:
    """Where something stands."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height at which lines come and go."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Drawing(Generic[Key]):
    """Where each thing and each channel stands, and how large it all is."""

    boxes: Mapping[Key, Box]
    channels: Mapping[tuple[Key, int], Box]
    columns: Mapping[Key, int]
    width: float
    height: float

    def draw_line(self, one: Key, other: Key) -> str:
        """The line from one thing to another, as the path of an SVG."""
        start, end = self.boxes[one], self.boxes[other]
        x, y = start.x + start.width, start.middle
        parts = [f"M{x:g} {y:g}"]
        for column in range(self.columns[one] + 1, self.columns[other]):
            channel = self.channels[one, column]
            parts.append(bend(x, y, channel.x, channel.middle) + f"H{channel.x + channel.width:g}")
            x, y = channel.x + channel.width, channel.middle
        return "".join([*parts, bend(x, y, end.x, end.middle)])


def bend(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve that begins and ends level."""
    half = (x + to_x) / 2
    return f"C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"


def lay_out(
    columns: Sequence[Sequence[Key]], lines: Sequence[tuple[Key, Key]], last: frozenset[Key] = frozenset()
) -> Drawing[Key]:
    """The drawing of things in columns; those that are ``last`` stand below all others of their column.

    Raises ``ValueError`` for a line that does not lead from a column to a later one.
    """
    column_of = {key: number for number, keys in enumerate(columns) for key in keys}
    segments: set[tuple[Slot[Key], Slot[Key]]] = set()
    furthest: dict[Key, int] = {}
    for one, other in lines:
        if column_of[one] >= column_of[other]:
            raise ValueError(f"a line leads from column {column_of[one]} to column {column_of[other]}")
        furthest[one] = max(furthest.get(one, 0), column_of[other])
        passed = [Slot(number, one, passes=True) for number in range(column_of[one] + 1, column_of[other])]
        way = [Slot(column_of[one], one), *passed, Slot(column_of[other], other)]
        segments |= set(pairwise(way))
    order = [[Slot(number, key) for key in keys] for number, keys in enumerate(columns)]
    for key, end in ((key, furthest.get(key, 0)) for keys in columns for key in keys):
        for number in range(column_of[key] + 1, end):
            order[number].append(Slot(number, key, passes=True))
    neighbours = join_neighbours(segments)
    best = order_slots(order, segments, neighbours, last)
    tops = place_slots(best, neighbours)
    boxes = {
        slot: Box(slot.column * (WIDTH + GAP), round(top, 1), WIDTH, slot.height)
        for slot, top in tops.items()
    }
    return Drawing(
        {slot.key: box for slot, box in boxes.items() if not slot.passes},
        {(slot.key, slot.column): box for slot, box in boxes.items() if slot.passes},
        column_of,
        max(len(columns) * (WIDTH + GAP) - GAP, 0.0),
        max((box.y + box.height for box in boxes.values()), default=0.0),
    )


Neighbours = Mapping[Slot[Key], Sequence[Slot[Key]]]


def join_neighbours(
    segments: set[tuple[Slot[Key], Slot[Key]]],
) -> tuple[Neighbours[Key], Neighbours[Key]]:
    """For each slot those to its left, and those to its right."""
    left: dict[Slot[Key], list[Slot[Key]]] = defaultdict(list)
    right: dict[Slot[Key], list[Slot[Key]]] = defaultdict(list)
    for one, other in segments:
        left[other].append(one)
        right[one].append(other)
    return left, right


def order_slots(
    order: Sequence[Sequence[Slot[Key]]],
    segments: set[tuple[Slot[Key], Slot[Key]]],
    neighbours: tuple[Neighbours[Key], Neighbours[Key]],
    last: frozenset[Key],
) -> list[list[Slot[Key]]]:
    """The slots of each column in the order, of those tried, in which the fewest lines cross."""
    left, right = neighbours
    current = [sink(slots, last) for slots in order]
    best, fewest = current, count_crossings(current, segments)
    for sweep in range(SWEEPS):
        current = [list(slots) for slots in current]
        numbers = range(1, len(current)) if sweep % 2 == 0 else range(len(current) - 2, -1, -1)
        for number in numbers:
            beside = left if sweep % 2 == 0 else right
            places = {
                slot: place
                for slots in current[max(number - 1, 0) : number + 2]
                for place, slot in enumerate(slots)
            }
            means = {
                slot: find_mean([float(places[entry]) for entry in beside.get(slot, [])], float(places[slot]))
                for slot in current[number]
            }
            current[number] = sink(sorted(current[number], key=means.__getitem__), last)
        crossings = count_crossings(current, segments)
        if crossings < fewest:
            best, fewest = current, crossings
    return best


def sink(slots: Sequence[Slot[Key]], last: frozenset[Key]) -> list[Slot[Key]]:
    """The slots with what stands last at the end."""
    return sorted(slots, key=lambda slot: slot.key in last and not slot.passes)


def find_mean(values: Sequence[float], otherwise: float) -> float:
    """The mean; of nothing something else. Sums are exact enough to be the same in any order."""
    return round(sum(sorted(values)) / len(values), 6) if values else otherwise


def count_crossings(order: Sequence[Sequence[Slot[Key]]], segments: set[tuple[Slot[Key], Slot[Key]]]) -> int:
    """How many pairs of lines cross between two columns."""
    place = {slot: number for slots in order for number, slot in enumerate(slots)}
    by_column: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, other in segments:
        by_column[one.column].append((place[one], place[other]))
    crossings = 0
    for pairs in by_column.values():
        seen: list[int] = []
        for _, end in sorted(pairs):
            crossings += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return crossings


def place_slots(
    order: Sequence[Sequence[Slot[Key]]], neighbours: tuple[Neighbours[Key], Neighbours[Key]]
) -> dict[Slot[Key], float]:
    """The top of each slot: near its neighbours, in its order, with room between all."""
    left, right = neighbours
    heights = [sum(slot.height + SPACE for slot in slots) - SPACE for slots in order]
    most = max(heights, default=0.0)
    tops: dict[Slot[Key], float] = {}
    for slots, height in zip(order, heights, strict=True):
        top = (most - height) / 2
        for slot in slots:
            tops[slot] = top
            top += slot.height + SPACE
    for settling in range(SETTLINGS):
        for slots in order if settling % 2 == 0 else reversed(order):
            wanted = []
            for slot in slots:
                beside = [*left.get(slot, []), *right.get(slot, [])]
                middle = find_mean(
                    [tops[entry] + entry.height / 2 for entry in beside], tops[slot] + slot.height / 2
                )
                wanted.append(middle - slot.height / 2)
            tops |= zip(slots, spread(wanted, [slot.height for slot in slots], most), strict=True)
    return tops


def spread(wanted: Sequence[float], heights: Sequence[float], most: float) -> list[float]:
    """The tops nearest to those wanted (least squares) that keep order and room, from 0 to most."""
    offsets = [0.0]
    for height in heights:
        offsets.append(offsets[-1] + height + SPACE)
    blocks: list[tuple[float, int]] = []  # of slots that touch: the sum of what they want, and their number
    for want, offset in zip(wanted, offsets, strict=False):
        block = (want - offset, 1)
        while blocks and blocks[-1][0] / blocks[-1][1] >= block[0] / block[1]:
            total, number = blocks.pop()
            block = (block[0] + total, block[1] + number)
        blocks.append(block)
    room = max(most - (offsets[-1] - SPACE), 0.0)
    levels = [min(max(total / number, 0.0), room) for total, number in blocks for _ in range(number)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]
