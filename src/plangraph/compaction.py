"""The memory of the process that forks, gathered into large pages again while it has nothing to do.

A fork copies one entry for each page, so data in pages of 2 MiB forks many times faster than in pages of
4 KiB (``bench/forks.py``). But a large page that is written to while a worker still shares it falls apart
into small ones, 512 entries more for every fork to come, and the system's own daemon takes minutes to mend
that and leaves alone what is shared much. ``MADV_COLLAPSE`` (Linux 6.1, madvise(2)) mends it when asked;
elsewhere nothing is done and nothing is lost.

A process that was forked before keeps the page as it was, so that while it lives the memory is held twice.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LARGE_BYTES: Final = 2 * 1024 * 1024
MADV_COLLAPSE: Final = 25
STEP_PAGES: Final = 1
"""How many large pages are mended before somebody who waits is looked for: two milliseconds of copying."""

COPIED_SECONDS: Final = 0.0001
"""To gather a large page takes a millisecond; to find that it is whole, a hundredth of this."""


class Compaction:
    """What of this process's memory is still to be gathered; one thread only.

    ``gathered`` tells how many large pages were, for whoever counts them from some moment on.
    """

    def __init__(self) -> None:
        self.rest: list[int] = []
        self.due = False
        self.gathered = 0
        self.collapse = ctypes.CDLL(None, use_errno=True).madvise
        self.collapse.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

    @property
    def has_work(self) -> bool:
        """Whether a step would do something."""
        return self.due or bool(self.rest)

    def ask(self) -> None:
        """Memory was written to: go over it once more, after what is being gone over now."""
        self.due = True

    def step(self) -> int:
        """Gather some large pages; how many were looked at. What cannot be gathered is passed over."""
        if not self.rest:
            self.rest, self.due = list(list_large_pages(Path("/proc/self/maps").read_text())), False
        taken = self.rest[:STEP_PAGES]
        del self.rest[:STEP_PAGES]
        for place in taken:
            begun = time.perf_counter()
            self.collapse(place, LARGE_BYTES, MADV_COLLAPSE)
            self.gathered += time.perf_counter() - begun > COPIED_SECONDS
        return len(taken)


def list_large_pages(maps: str) -> Iterator[int]:
    """The places at which memory of one's own can lie in a large page, of ``/proc/PID/maps`` (proc(5))."""
    for line in maps.splitlines():
        places, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights == "rw-p" and inode == "0" and (not name or name[0] == "[heap]"):
            first, last = (int(place, 16) for place in places.split("-"))
            yield from range(-(-first // LARGE_BYTES) * LARGE_BYTES, last - LARGE_BYTES + 1, LARGE_BYTES)
