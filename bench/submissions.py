"""What one submission costs from the call to the acknowledgement, as the documents grow, and where it goes.

For each size the packaged documents are repeated under new names until there are as many as asked for, as
``bench/increments.py`` does (``--spread``: each round of copies has a plan of its own), and loaded into an
engine with a journal (SQLite) that holds as many parts. Then curated sheets come in under new names, one
after the other. ``made`` is what the copy takes: parse, check and derive, whose shares
``bench/increments.py`` tells; ``committed`` the journal's transaction; ``published`` the change in the
process that holds the data and the first fresh worker; ``rest`` the fork of the copy and the way there.

With ``--pause`` some seconds pass before each sheet, as they do where people write: the process that holds
the data gathers some of its pages meanwhile. With ``--fresh`` each sheet gets a fresh copy, as the first one
after a while does.

Run: ``python bench/submissions.py [--spread] [--writes 40] [--pause SECONDS] [--fresh] [--keep FOLDER]
[DOCUMENTS ...]``. Prints medians and 99th percentiles in milliseconds, by the clock, as rows of a Markdown
table; beside them the median of what the process that holds the data took of a processor, forks included.
100,000 documents take some 12 GB of memory and 25 minutes, most of them to fill the file of quads, which
``--keep`` leaves for another run; remove it when the data or what is derived of it changes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from increments import fill_file
from rig.figures import percentile, write_head, write_row

from plangraph import trial
from plangraph.files import packaged
from plangraph.journal import Journal
from plangraph.process import CPU_CLOCK
from plangraph.records import Draft
from plangraph.settings import Settings
from plangraph.submissions import Submission
from plangraph.terms import GRAPH
from plangraph.worker import Engine
from plangraph.writes import Intent, Written

STEPS: Final = ("made", "committed", "published", "rest", "all")
HOLDER: Final = "holder's CPU"
ATTEMPT: Final = trial.Trial.attempt
FILLER: Final = b"# as long as the text of a report\n" * 200


class Clock:
    """How long each step of one write took."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(STEPS, 0.0)

    def add(self, step: str, begun: float) -> None:
        """Count what has passed since."""
        self.spent[step] += time.perf_counter() - begun

    def take(self) -> dict[str, float]:
        """What was counted, and begin anew."""
        taken, self.spent = self.spent, dict.fromkeys(STEPS, 0.0)
        return taken


class TimedJournal(Journal):
    """A journal that tells how long it takes."""

    spent = Clock()

    def append(self, drafts: Sequence[Draft]) -> list[Written]:
        begun = time.perf_counter()
        try:
            return super().append(drafts)
        finally:
            self.spent.add("committed", begun)


def watch(engine: Engine, clock: Clock) -> None:
    """Have the engine tell how long the copy and the publication take."""
    show = engine.writer.show

    async def show_timed(*given: Any) -> None:
        begun = time.perf_counter()
        await show(*given)
        clock.add("published", begun)

    async def attempt_timed(self: trial.Trial, *given: Any) -> Written:
        begun = time.perf_counter()
        try:
            return await ATTEMPT(self, *given)
        finally:
            clock.add("made", begun)

    vars(engine.writer)["show"] = show_timed
    setattr(trial.Trial, "attempt", attempt_timed)  # noqa: B010 - a method of its own for this program


async def send(engine: Engine, clock: Clock, writes: int, options: Namespace) -> list[dict[str, float]]:
    """Send curated sheets under new names, one after the other."""
    holder = engine.writer.parent.process
    assert holder is not None
    sheets = sorted((packaged("data") / "sheets").glob("*.json"))
    taken = []
    for number in range(writes):
        sheet = json.loads(sheets[number * 7 % len(sheets)].read_bytes())
        sheet["id"] = f"{sheet['id'][:60].rstrip('-')}-new{number}"
        await asyncio.sleep(options.pause)
        if options.fresh:
            engine.writer.trials.drop()
        begun, used = time.perf_counter(), measure_cpu(holder.pid)
        await engine.write(Submission(None, "json", json.dumps(sheet).encode()), Intent(by="bench"))
        clock.add("all", begun)
        spent = clock.take()
        spent["rest"] = spent["all"] - spent["made"] - spent["committed"] - spent["published"]
        spent[HOLDER] = measure_cpu(holder.pid) - used
        taken.append(spent)
    return taken


def measure_cpu(process: int) -> float:
    """The seconds that a process has used of a processor."""
    return time.clock_gettime(~process << 3 | CPU_CLOCK)


async def measure(data: Path, folder: Path, count: int, options: Namespace) -> list[dict[str, float]]:
    """An engine on the data, with a journal of as many parts; the first three writes are not counted."""
    settings = Settings(workers=2, token_file=str(folder / "tokens"))
    clock = TimedJournal.spent
    journal = TimedJournal(str(folder / "journal.db"))
    journal.open()
    journal.seed("begin", {f"{GRAPH}document/filler-{number}": FILLER for number in range(count)}, "begun")
    clock.take()
    engine = Engine(data, "begin", settings, journal)
    await engine.open()
    try:
        watch(engine, clock)
        return (await send(engine, clock, options.writes + 3, options))[3:]
    finally:
        await engine.shut()


def read_options() -> Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--spread", action="store_true", help="each round of copies has a plan of its own")
    parser.add_argument("--writes", type=int, default=40, help="how many sheets come in")
    parser.add_argument("--pause", type=float, default=0, help="seconds before each of them")
    parser.add_argument("--fresh", action="store_true", help="a fresh copy for each of them")
    parser.add_argument("--keep", type=Path, help="folder for the quads, which are made once")
    parser.add_argument("documents", type=int, nargs="*", default=[1_000, 10_000])
    return parser.parse_args()


def main() -> None:
    options = read_options()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    print("milliseconds, median / 99th percentile\n")
    print(write_head(["layout", "documents", "quads", *STEPS, HOLDER]), flush=True)
    for count in options.documents:
        with tempfile.TemporaryDirectory() as folder:
            layout = "spread" if options.spread else "piled-up"
            data = (options.keep or Path(folder)) / f"{layout}-{count}.nq"
            if not data.exists():
                begun = data.with_suffix(".begun")
                fill_file(begun, count, options.spread)
                begun.rename(data)
            with data.open("rb") as stream:
                quads = sum(1 for _ in stream)
            spent = asyncio.run(measure(data, Path(folder), count, options))
        cells = []
        for step in STEPS:
            values = [entry[step] * 1e3 for entry in spent]
            cells.append(f"{percentile(values, 0.5):.1f} / {percentile(values, 0.99):.0f}")
        cells.append(f"{percentile([entry[HOLDER] * 1e3 for entry in spent], 0.5):.1f}")
        print(write_row([layout, f"{count:,}", f"{quads:,}", *cells]), flush=True)


if __name__ == "__main__":
    main()
