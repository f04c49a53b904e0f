"""The network of claims as a drawing that can be read without script: boxes, lines, and rows of a table.

What is strong are the boxes and lines of the claims that are followed, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final

from plangraph.pages.captions import Caption, Captions
from plangraph.pages.layers import lay_out
from plangraph.pages.phrases import say
from plangraph.pages.ways import (
    FIRST,
    SPEAKERS,
    SUBJECTS,
    UNNAMED,
    Network,
    Numbers,
    Station,
    gather_rest,
    write_numbers,
)

HEAD: Final = 34
"""Room above the boxes for what a column means."""

LETTERS: Final = 20
LINES: Final = 2
ROWS_SHOWN: Final = 150

STAGES: Final = {
    SPEAKERS: "graph.column.speakers",
    UNNAMED: "graph.column.unnamed",
    FIRST: "graph.column.first",
    FIRST + 1: "graph.column.relays",
}
ENDS: Final = {"claim": "graph.column.claim", "subject": "graph.column.subject"}
"""What the columns mean, as keys of phrases."""

STATES: Final = {None: "", True: " strong", False: " faint"}


@dataclass(frozen=True)
class Node:
    """A box: where it stands, what it says, in which claims, whether these are followed, where it leads."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    lines: Sequence[str]
    name: str
    language: str
    count: int
    claims: str
    state: str
    chosen: bool
    address: str


@dataclass(frozen=True)
class Line:
    """A line: its path, from where to where, how many claims, whether one end of it is not known."""

    path: str
    name: str
    count: int
    claims: str
    state: str
    lost: bool
    weight: float


@dataclass(frozen=True)
class Row:
    """A row of the table: two stations as they are, none gathered, and the number of their claims."""

    one: Station
    other: Station
    count: int


@dataclass(frozen=True)
class Figure:
    """A network, drawn and told."""

    nodes: Sequence[Node]
    lines: Sequence[Line]
    columns: Sequence[tuple[float, str]]
    """What each column means, and where it stands."""
    rests: Sequence[tuple[str, str, Sequence[tuple[Caption, str, int]]]]
    """For each box that stands for others its anchor, its column, and these: name, slug, claims."""
    rows: Sequence[Row]
    all_rows: int
    claims: int
    followed: Sequence[str]
    view: str
    width: float
    circles: int
    head: float = HEAD


def name_station(station: Station, captions: Captions, language: str) -> Caption:
    """What a station is called; of a lost hop the candidates are named as what they are."""
    if station.kind == "lost":
        names = ", ".join(captions[iri].text for iri in station.name.split())
        said = say(language, "graph.candidates", names=names) if names else say(language, "graph.lost")
        return Caption(said, language)
    return captions[station.name]


def name_column(stage: int, last: str) -> str:
    """The key of the phrase for what a stage means; ``last`` is the kind of what the network ends in."""
    if stage == SUBJECTS:
        return ENDS[last]
    return STAGES.get(stage, "graph.column.further")


def draw_network(
    network: Network,
    captions: Captions,
    find_address: Callable[[Station], str],
    *,
    most: int,
    followed: Numbers = frozenset(),
    chosen: str = "",
    rows_shown: int = ROWS_SHOWN,
    page: str = "",
) -> Figure:
    """The drawing of a network with at most so many boxes in a column, those beyond gathered in one more.

    ``chosen`` is the slug of what is followed, with the claims that pass there; nothing leaves all alike.
    ``page`` is the address of the page that has the lists of what is gathered, if that is another one.
    """
    language = captions.language
    drawn, held = gather_rest(network, most, followed)
    stages = sorted({station.stage for station in drawn.stations})
    last = "claim" if any(entry.kind == "claim" for entry in network.stations) else "subject"

    def rank(station: Station) -> tuple[bool, int, Station]:
        return station.kind == "rest", -len(drawn.stations[station]), station

    columns = [sorted((e for e in drawn.stations if e.stage == stage), key=rank) for stage in stages]
    plan = lay_out(columns, sorted(drawn.steps), frozenset(held))

    def tell(station: Station) -> Caption:
        if station.kind == "rest":
            return Caption(say(language, "graph.rest", count=len(held[station])), language)
        return name_station(station, captions, language)

    def judge(numbers: Numbers) -> str:
        return STATES[bool(numbers & followed) if chosen else None]

    nodes = []
    for station, box in plan.boxes.items():
        numbers, name = drawn.stations[station], tell(station)
        nodes.append(
            Node(
                box.x,
                box.y + HEAD,
                box.width,
                box.height,
                station.kind,
                break_lines(name.text),
                name.text,
                name.language,
                len(numbers),
                write_numbers(numbers),
                judge(numbers),
                bool(chosen) and station.slug == chosen,
                f"{page}#{name_anchor(station)}" if station.kind == "rest" else find_address(station),
            )
        )
    lines = [
        Line(
            plan.draw_line(one, other),
            f"{tell(one).text} → {tell(other).text}",
            len(numbers),
            write_numbers(numbers),
            judge(numbers),
            "lost" in (one.kind, other.kind),
            round(1.2 + 0.9 * log2(len(numbers)), 1),
        )
        for (one, other), numbers in sorted(drawn.steps.items())
    ]
    rows = list_rows(network, followed if chosen else None)
    return Figure(
        nodes=nodes,
        lines=sorted(lines, key=lambda line: line.state == " strong"),
        columns=[
            (plan.boxes[column[0]].x, name_column(stage, last))
            for stage, column in zip(stages, columns, strict=True)
        ],
        rests=[
            (
                name_anchor(rest),
                name_column(rest.stage, last),
                [(tell(entry), entry.slug, len(network.stations[entry])) for entry in stations],
            )
            for rest, stations in sorted(held.items())
        ],
        rows=rows[:rows_shown],
        all_rows=len(rows),
        claims=len(network.claims),
        followed=[network.claims[number] for number in sorted(followed)],
        view=f"-2 0 {plan.width + 4:g} {plan.height + HEAD + 4:g}",
        width=plan.width + 4,
        circles=network.circles,
    )


def name_anchor(rest: Station) -> str:
    """The anchor of the list of what one box stands for."""
    return f"others-{rest.stage}"


def list_rows(network: Network, followed: Numbers | None) -> list[Row]:
    """The steps with the number of their claims, most first; where some are followed, of these."""
    rows = [
        Row(one, other, len(numbers if followed is None else numbers & followed))
        for (one, other), numbers in network.steps.items()
    ]
    return sorted((row for row in rows if row.count), key=lambda row: (-row.count, row.one, row.other))


def list_things(network: Network) -> set[str]:
    """Everything in a network that is called something."""
    return {iri for station in network.stations for iri in station.name.split()}


def break_lines(text: str) -> list[str]:
    """A name on at most two lines; what is longer ends in an ellipsis, and is told whole elsewhere."""
    lines: list[str] = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= LETTERS or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    shown = lines[:LINES]
    if len(lines) > LINES:
        shown[-1] = f"{shown[-1][: LETTERS - 1]}…"
    return [line if len(line) <= LETTERS else f"{line[: LETTERS - 1]}…" for line in shown]
