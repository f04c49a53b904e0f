"""A timeline as a drawing: a bar for each day, each kind of entry a part; and a small one of reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from plangraph.reported import Json, Row
from plangraph.timeline import DAY, KINDS

WIDTH, HEIGHT, FOOT, HEAD = 960, 190, 26, 14
MOST_STEP: Final = 24
TICKS: Final = 8
SPARK_HEIGHT, SPARK_BARS = 32, 160


@dataclass(frozen=True)
class Part:
    """The entries of one kind on one day, as a box."""

    kind: str
    count: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day."""

    day: str
    x: float
    parts: Sequence[Part]


@dataclass(frozen=True)
class Chart:
    """A drawing in units of its own; ``outside`` counts the entries of days that lie beyond the reports."""

    bars: Sequence[Bar]
    width: float
    ticks: Sequence[tuple[float, str]]
    most: int
    outside: int
    view: str = f"0 0 {WIDTH} {HEIGHT}"
    ground: float = HEIGHT - FOOT
    top: float = HEAD


@dataclass(frozen=True)
class Spark:
    """A small drawing of the reports of a plan, a bar for every ``each`` days, and the figures behind it."""

    bars: Sequence[tuple[int, float, float]]
    view: str
    each: int
    first: str
    last: str
    peak: str
    most: int
    dated: int
    undated: int


def draw_sparks(rows: Iterable[Row]) -> dict[str, Spark]:
    """From the rows of ``plan-days`` the drawing of each plan that has a report with a known day."""
    days: dict[str, dict[str, int]] = {}
    for row in rows:
        days.setdefault(row["plan"], {})[row.get("day", "")] = int(row["reports"])
    drawn = {plan: draw_spark(counts) for plan, counts in days.items()}
    return {plan: spark for plan, spark in drawn.items() if spark is not None}


def draw_spark(counts: Mapping[str, int]) -> Spark | None:
    """The drawing of some days with the number of reports on each; nothing where none is a day."""
    known = {date.fromisoformat(day): count for day, count in counts.items() if DAY.fullmatch(day)}
    if not known:
        return None
    first, last = min(known), max(known)
    each = (last - first).days // SPARK_BARS + 1
    held: dict[int, int] = {}
    for day, count in known.items():
        place = (day - first).days // each
        held[place] = held.get(place, 0) + count
    highest = max(held.values())
    heights = {place: round(count / highest * SPARK_HEIGHT, 2) for place, count in sorted(held.items())}
    peak = max(known, key=lambda day: (known[day], -day.toordinal()))
    return Spark(
        bars=[(place, round(SPARK_HEIGHT - height, 2), height) for place, height in heights.items()],
        view=f"0 0 {max((last - first).days // each + 1, SPARK_BARS // 4)} {SPARK_HEIGHT}",
        each=each,
        first=first.isoformat(),
        last=last.isoformat(),
        peak=peak.isoformat(),
        most=known[peak],
        dated=sum(known.values()),
        undated=sum(counts.values()) - sum(known.values()),
    )


def draw_days(timeline: Json) -> Chart | None:
    """The days from the first report to the last; nothing where no report has a day."""
    days = {entry["day"]: entry for entry in timeline["days"]}
    reported = sorted(day for day, entry in days.items() if entry["report"])
    if not reported:
        return None
    first, last = date.fromisoformat(reported[0]), date.fromisoformat(reported[-1])
    step = min(WIDTH / ((last - first).days + 1), MOST_STEP)
    inside = [day for day in sorted(days) if reported[0] <= day <= reported[-1]]
    totals = {day: sum(days[day][kind] for kind in KINDS) for day in days}
    most = max(totals[day] for day in inside)
    return Chart(
        bars=[draw_day(days[day], (date.fromisoformat(day) - first).days * step, most) for day in inside],
        width=round(max(step - 1, 1), 2),
        ticks=place_ticks(first, last, step),
        most=most,
        outside=sum(total for day, total in totals.items() if day not in inside),
    )


def draw_day(counts: Json, x: float, most: int) -> Bar:
    """The bar of a day; its parts stand on one another in the order of the kinds."""
    ground, parts = float(HEIGHT - FOOT), []
    for kind in KINDS:
        if counts[kind]:
            height = counts[kind] / most * (HEIGHT - FOOT - HEAD)
            ground -= height
            parts.append(Part(kind, counts[kind], round(ground, 2), round(height, 2)))
    return Bar(counts["day"], round(x, 2), parts)


def place_ticks(first: date, last: date, step: float) -> list[tuple[float, str]]:
    """Some days to read the axis by, evenly spaced."""
    apart = max(((last - first).days + TICKS) // TICKS, 1)
    days = [first + timedelta(days=place) for place in range(0, (last - first).days + 1, apart)]
    return [(round((day - first).days * step, 2), day.isoformat()) for day in days]
