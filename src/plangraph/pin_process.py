"""The process that computes an edition: what was stated as of a day or a revision in, N-Quads of it all out.

Deriving takes seconds of pure computing, in which the process that serves could answer nobody. This one is
started for an edition, does its work with a lower priority than the queries, and ends. It never learns where
the journal is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

from pyoxigraph import Quad, RdfFormat, parse, serialize

from plangraph.build import assemble, assemble_pinned, stream_files, undisturbed
from plangraph.confinement import die_with
from plangraph.errors import EngineStopped
from plangraph.files import list_vocabulary
from plangraph.pinning import Extent, Pin, Undated
from plangraph.process import open_source, start_module

NICENESS: Final = 5
WORK_SECONDS: Final = 600
"""How long the work may take before the process counts as stuck."""


@dataclass(frozen=True)
class Task:
    """What the process is told; ``source`` is an inherited file descriptor, ``target`` a file to write.

    The source holds what a journal stated, or else all quads of a data set. Without a day it is taken whole.
    """

    parent: int
    source: int
    journalled: bool
    target: str
    day: str | None
    undated: Undated

    def read_quads(self, stream: IO[bytes]) -> Iterator[Quad]:
        """The quads of the source; those of a journal with the vocabulary of this software."""
        if not self.journalled:
            yield from parse(stream, format=RdfFormat.N_QUADS)
            return
        from plangraph.journal_reads import unpack_quads  # noqa: PLC0415 - only where there is one

        yield from stream_files(list_vocabulary())
        yield from unpack_quads(stream)


@dataclass(frozen=True)
class Outcome:
    """What came of it: the revision of the data set in the file, and what the pin took in."""

    revision: str
    extent: Extent | None


def main() -> None:
    """Do the task and print its outcome as JSON."""
    task = Task(**json.loads(sys.argv[1]))
    die_with(task.parent)
    os.nice(NICENESS)
    with undisturbed():
        with os.fdopen(task.source, "rb") as stream:
            stream.seek(0)
            quads = list(task.read_quads(stream))
        if task.day is None:
            dataset = assemble(quads)
        else:
            dataset = assemble_pinned(quads, Pin(date.fromisoformat(task.day), task.undated))
        # The quads come with canonical labels and in order, so these are the bytes of an export.
        Path(task.target).write_bytes(serialize(dataset.quads, format=RdfFormat.N_QUADS) or b"")
    figures = {} if dataset.extent is None else asdict(dataset.extent)
    figures.pop("pin", None)
    json.dump({"revision": dataset.revision, **figures}, sys.stdout)


def compute(
    source: bytes | Path,
    pin: Pin | None,
    target: Path,
    watch: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
    *,
    journalled: bool = False,
) -> Outcome:
    """Write a data set, perhaps as of a day, to a file, in a process of its own, and wait for it.

    ``source`` is all of a data set as N-Quads, or what a journal packed
    (:meth:`~plangraph.journal_reads.JournalReader.pack_revision`). ``watch`` is handed the process, to end it
    early. Raises :class:`EngineStopped`.
    """
    day = None if pin is None else pin.day.isoformat()
    with open_source(source) as data:
        handle = data.fileno()
        task = Task(os.getpid(), handle, journalled, str(target), day, pin.undated if pin else "exclude")
        process = start_module(__name__, json.dumps(asdict(task)), handle, stdout=subprocess.PIPE)
    with process:
        watch(process)
        try:
            said, _ = process.communicate(timeout=WORK_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise EngineStopped("the data set as of then took too long to compute") from None
    if process.returncode != 0:
        raise EngineStopped("the data set as of then could not be computed")
    entry: dict[str, Any] = json.loads(said)
    return Outcome(entry.pop("revision"), None if pin is None else Extent(pin, **entry))
