"""The lineage of versions as a drawing: older things left of newer ones, a line for each pair that is linked.

Boxes stand in layers, so that a line leads from left to right. A line that passes a layer has a place of its
own in it and runs under no box. Everything drawn is in the table beside it as well.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from plangraph.lineage import Link
from plangraph.terms import split_thing

WIDTH, GAP, ROW, PAD, BETWEEN, MARGIN = 200, 180, 17, 12, 20, 8
LETTERS: Final = 22
LINES: Final = 3
ABOVE, BELOW = -6, 15
SWEEPS: Final = 4

Node: TypeAlias = str
"""The IRI of a thing; the place of a line in a layer that it passes is called by its ends and the layer."""

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Box:
    """A thing: its name in lines, and where it stands."""

    iri: str
    lines: Sequence[tuple[float, str]]
    x: float
    y: float
    width: float
    height: float
    is_version: bool


@dataclass(frozen=True)
class Line:
    """What joins two boxes: its way, where its words stand, and the links that it stands for."""

    way: str
    x: float
    y: float
    anchor: str
    links: Sequence[Link]
    kind: str
    dispute: str


@dataclass(frozen=True)
class Drawing:
    """Boxes and lines in units of their own."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: float
    height: float


def draw_pedigree(links: Sequence[Link], names: Mapping[str, str]) -> Drawing | None:
    """The drawing of some links; ``names`` are what their ends are called. Nothing without links."""
    if not links:
        return None
    pairs: dict[Pair, list[Link]] = defaultdict(list)
    for link in links:
        pairs[link.older, link.newer].append(link)
    beside = [pair for pair, held in pairs.items() if all(link.kind == "companionOf" for link in held)]
    leading = [pair for pair in pairs if pair not in beside]
    depths = find_depths(leading, beside)
    layers, ways = lay_layers(leading, beside, depths)
    texts = {node: wrap(names.get(node, node)) for node in depths}
    boxes = place_boxes(layers, texts)
    lines = [join(pair, held, ways.get(pair, ()), boxes, leading) for pair, held in pairs.items()]
    real = [box for node, box in boxes.items() if node in depths]
    return Drawing(
        real,
        sorted(lines, key=lambda line: bool(line.dispute)),
        max(box.x + box.width for box in real) + MARGIN,
        max(box.y + box.height for box in real) + MARGIN,
    )


def find_depths(leading: Sequence[Pair], beside: Sequence[Pair]) -> dict[str, int]:
    """The layer of each thing: right of all that it derives from, and no farther left than it has to be.

    Where reports lead in a circle, the line that would close it is left out of account here.
    """
    above: dict[str, list[str]] = defaultdict(list)
    for older, newer in leading:
        above[newer].append(older)
    depths: dict[str, int] = {}

    def dive(node: str, on_the_way: frozenset[str]) -> int:
        if node not in depths:
            further = [entry for entry in above[node] if entry not in on_the_way and entry != node]
            depths[node] = max((dive(entry, on_the_way | {node}) + 1 for entry in further), default=0)
        return depths[node]

    for node in sorted({end for pair in leading for end in pair}):
        dive(node, frozenset())
    for node in [node for node in depths if not above[node]]:
        depths[node] = min(depths[newer] for older, newer in leading if older == node) - 1
    for older, newer in beside:
        depths[newer] = depths.setdefault(older, 0) if newer not in depths else depths[newer]
        depths.setdefault(older, depths[newer])
    lowest = min(depths.values())
    return {node: depth - lowest for node, depth in depths.items()}


def lay_layers(
    leading: Sequence[Pair], beside: Sequence[Pair], depths: Mapping[str, int]
) -> tuple[list[list[Node]], dict[Pair, list[Node]]]:
    """The layers from top to bottom, and for each line the places that it has in layers that it passes."""
    layers: list[list[Node]] = [[] for _ in range(max(depths.values()) + 1)]
    for node in sorted(depths):
        layers[depths[node]].append(node)
    ways: dict[Pair, list[Node]] = {}
    steps: list[Pair] = []
    for older, newer in leading:
        ways[older, newer] = [f"{older} {newer} {depth}" for depth in range(depths[older] + 1, depths[newer])]
        for depth, place in enumerate(ways[older, newer], depths[older] + 1):
            layers[depth].append(place)
        stops = [older, *ways[older, newer], newer]
        steps += pairwise(stops)
    for sweep in range(SWEEPS):
        order = range(len(layers)) if sweep % 2 else range(len(layers) - 1, -1, -1)
        for depth in order:
            layers[depth] = sort_layer(layers[depth], steps, layers)
    for older, newer in beside:
        layer = layers[depths[newer]]
        if older in layer and newer in layer:
            layer.remove(newer)
            layer.insert(layer.index(older) + 1, newer)
    return layers, ways


def sort_layer(layer: Sequence[Node], steps: Iterable[Pair], layers: Sequence[Sequence[Node]]) -> list[Node]:
    """A layer with each node near the middle of those that it is joined to."""
    places = {node: place / max(len(held), 1) for held in layers for place, node in enumerate(held)}
    near: dict[Node, list[float]] = defaultdict(list)
    for one, other in steps:
        near[one].append(places[other])
        near[other].append(places[one])
    return sorted(layer, key=lambda node: (sum(near[node]) / len(near[node]) if near[node] else 1, node))


def wrap(name: str) -> list[str]:
    """A name in a few lines."""
    return textwrap.wrap(name, LETTERS, max_lines=LINES, placeholder=" …") or [name]


def place_boxes(layers: Sequence[Sequence[Node]], texts: Mapping[str, Sequence[str]]) -> dict[Node, Box]:
    """Where everything stands; each layer is as high as it needs to be, all have one middle."""
    heights = [[len(texts[node]) * ROW + PAD if node in texts else ROW for node in layer] for layer in layers]
    totals = [sum(held) + BETWEEN * (len(held) - 1) for held in heights]
    boxes = {}
    for depth, layer in enumerate(layers):
        y = MARGIN + (max(totals) - totals[depth]) / 2
        for node, height in zip(layer, heights[depth], strict=True):
            written = [
                (y + PAD / 2 + ROW * (place + 0.75), text) for place, text in enumerate(texts.get(node, ()))
            ]
            x = MARGIN + depth * (WIDTH + GAP)
            boxes[node] = Box(node, written, x, y, WIDTH, height, is_version(node))
            y += height + BETWEEN
    return boxes


def is_version(node: Node) -> bool:
    """Whether a node is a version of a plan, and not something else that one derives from."""
    return (split_thing(node) or ("", ""))[0] == "version"


def join(
    pair: Pair,
    links: Sequence[Link],
    passed: Sequence[Node],
    boxes: Mapping[Node, Box],
    leading: Sequence[Pair],
) -> Line:
    """The line between two boxes; its words stand where fewer lines meet."""
    one, other = boxes[pair[0]], boxes[pair[1]]
    dispute = next((link.dispute for link in links if link.is_denied), "")
    dispute = dispute or next((link.dispute for link in links if link.dispute), "")
    if pair not in leading:
        middle = one.x + WIDTH / 2
        way = f"M{middle:.1f} {one.y + one.height:.1f}V{other.y:.1f}"
        return Line(
            way, middle + 8, (one.y + one.height + other.y) / 2 + 4, "start", links, "companionOf", dispute
        )
    start, end = (one.x + WIDTH, middle_of(one)), (other.x, middle_of(other))
    points = [start]
    for node in passed:
        points += [(boxes[node].x, middle_of(boxes[node])), (boxes[node].x + WIDTH, middle_of(boxes[node]))]
    points.append(end)
    way = f"M{start[0]:.1f} {start[1]:.1f}"
    for place, (here, there) in enumerate(pairwise(points)):
        if place % 2:
            way += f"H{there[0]:.1f}"
            continue
        half = (here[0] + there[0]) / 2
        way += f"C{half:.1f} {here[1]:.1f} {half:.1f} {there[1]:.1f} {there[0]:.1f} {there[1]:.1f}"
    leaving = sum(older == pair[0] for older, _ in leading)
    arriving = sum(newer == pair[1] for _, newer in leading)
    kind = next((link.kind for link in links if link.kind == "basedOn"), links[0].kind)
    if leaving <= arriving:  # the words stand on the side that the line turns away from
        y = start[1] + (BELOW if points[1][1] < start[1] else ABOVE)
        return Line(way, start[0] + 6, y, "start", links, kind, dispute)
    y = end[1] + (BELOW if points[-2][1] < end[1] else ABOVE)
    return Line(way, end[0] - 12, y, "end", links, kind, dispute)


def middle_of(box: Box) -> float:
    """Half the height of a box."""
    return box.y + box.height / 2
