"""Memory of its own for what stays, so that a fork finds its own memory in order.

Loading leaves free room all over the heap, between what was kept. A fork that takes its memory from there
copies a page for nearly every little thing that it makes, several times as many pages as it fills, the more
the larger the data (``bench/increments.py``). glibc gives each thread a heap ("arena", malloc(3)), so what is
allocated by a thread of its own leaves alone the heap that forks go on with. Where the C library is another,
or was told to have one heap only (``MALLOC_ARENA_MAX``), nothing is gained and nothing lost.
"""

from __future__ import annotations

import ctypes
import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Names of parameters of mallopt(3)."""

HEAP_BYTES: Final = 64 * 1024 * 1024
"""How far a heap of a thread grows before there is another one (``HEAP_MAX_SIZE``, ``arena.c`` of glibc)."""

PAD_BYTES: Final = 128 * 1024
"""How much more than asked for a heap grows where nothing else is said, and what else glibc begins with."""

LEAVING_SECONDS: Final = 0.0001
"""How often it is looked whether a thread has gone."""


def allocate_apart(work: Callable[[], T], stack_bytes: int = 0) -> T:
    """What some work gives, which lies in a heap apart; raises what the work raises.

    Its thread has so large a stack, or one of the usual size. When this returns the thread has gone, by what
    the system tells of it under ``/proc``, so that a fork is safe, and the next thread gets the same heap.
    """
    done: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # a panic of the engine is no Exception
            raised.append(error)

    thread = threading.Thread(target=run)
    usual = threading.stack_size(stack_bytes)
    grow_at_once(HEAP_BYTES)
    try:
        thread.start()
        thread.join()
        while Path(f"/proc/self/task/{thread.native_id}").exists():
            time.sleep(LEAVING_SECONDS)
    finally:
        grow_at_once(PAD_BYTES)
        threading.stack_size(usual)
    if raised:
        raise raised[0]
    return done[0]


def grow_at_once(size: int) -> None:
    """Say by how much heaps grow.

    glibc gives large pages, where it was asked for them (``glibc.malloc.hugetlb``), to the heap of a thread
    as long as that is when it is made; what comes later in small steps lies in small pages. Once anything is
    said of this, glibc no longer learns how large a block must be to be a mapping of its own, so it stays
    with what it begins with: what large answers took is given back at once.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_TOP_PAD, size)
        mallopt(M_MMAP_THRESHOLD, PAD_BYTES)
        mallopt(M_TRIM_THRESHOLD, PAD_BYTES)
