"""Percentiles, and tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share (0 to 1) of the values lies; not a number where there is none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def describe(values: Sequence[float]) -> str:
    """Seconds as milliseconds: p50, p99 and the largest."""
    if not values:
        return "none"
    return " / ".join(f"{value * 1000:.1f}" for value in (*map_shares(values, (0.5, 0.99)), max(values)))


def map_shares(values: Sequence[float], shares: Iterable[float]) -> list[float]:
    """The percentiles of several shares."""
    return [percentile(values, share) for share in shares]


def write_row(cells: Iterable[object]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def write_head(names: Sequence[str]) -> str:
    """The first two rows of a Markdown table."""
    return write_row(names) + "\n" + write_row("---" for _ in names)
