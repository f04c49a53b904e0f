"""The process that computes a data set as of a day: N-Quads of all data in, N-Quads of that day out.

Deriving takes seconds of pure computing, in which the process that serves could answer nobody. This one is
started for a pin, does its work with a lower priority than the queries, and ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pyoxigraph import RdfFormat, parse, serialize

from plangraph.build import assemble_pinned, undisturbed
from plangraph.confinement import die_with
from plangraph.errors import EngineStopped
from plangraph.pinning import Extent, Pin, Undated
from plangraph.process import open_source, start_module

NICENESS: Final = 5
WORK_SECONDS: Final = 600
"""How long the work may take before the process counts as stuck."""


@dataclass(frozen=True)
class Task:
    """What the process is told; ``source`` is an inherited file descriptor, ``target`` a file to write."""

    parent: int
    source: int
    target: str
    day: str
    undated: Undated


@dataclass(frozen=True)
class Outcome:
    """What came of it: the revision of the data set in the file, and what the pin took in."""

    revision: str
    extent: Extent


def main() -> None:
    """Do the task and print its outcome as JSON."""
    task = Task(**json.loads(sys.argv[1]))
    die_with(task.parent)
    os.nice(NICENESS)
    with undisturbed():
        with os.fdopen(task.source, "rb") as stream:
            stream.seek(0)
            quads = list(parse(stream, format=RdfFormat.N_QUADS))
        dataset = assemble_pinned(quads, Pin(date.fromisoformat(task.day), task.undated))
        # The quads come with canonical labels and in order, so these are the bytes of an export.
        Path(task.target).write_bytes(serialize(dataset.quads, format=RdfFormat.N_QUADS) or b"")
    assert dataset.extent is not None  # noqa: S101 - a pinned data set has one
    figures = asdict(dataset.extent)
    del figures["pin"]
    json.dump({"revision": dataset.revision, **figures}, sys.stdout)


def compute(
    source: bytes | Path,
    pin: Pin,
    target: Path,
    watch: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
) -> Outcome:
    """Write the data set of a pin to a file, in a process of its own, and wait for it.

    ``watch`` is handed the process, to end it early. Raises :class:`EngineStopped`.
    """
    with open_source(source) as data:
        task = Task(os.getpid(), data.fileno(), str(target), pin.day.isoformat(), pin.undated)
        process = start_module(__name__, json.dumps(asdict(task)), task.source, stdout=subprocess.PIPE)
    with process:
        watch(process)
        try:
            said, _ = process.communicate(timeout=WORK_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise EngineStopped("the data set of that day took too long to compute") from None
    if process.returncode != 0:
        raise EngineStopped("the data set of that day could not be computed")
    entry: dict[str, Any] = json.loads(said)
    return Outcome(entry.pop("revision"), Extent(pin, **entry))
