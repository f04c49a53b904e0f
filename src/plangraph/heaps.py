"""Memory of its own for what stays, so that a fork finds its own memory in order.

Loading leaves free room all over the heap, between what was kept. A fork that takes its memory from there
copies a page for nearly every little thing that it makes, three times as many pages as it fills, the more the
larger the data (``bench/increments.py``). glibc gives each thread a heap ("arena", malloc(3)), so what is
allocated by a thread of its own leaves alone the heap that forks go on with; where the C library does not,
nothing is gained and nothing lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import get_native_id
from typing import TypeVar

T = TypeVar("T")

LEAVING_SECONDS = 0.0001
"""How often it is looked whether a thread has gone."""


def allocate_apart(work: Callable[[], T]) -> T:
    """What some work gives, which lies in a heap apart; raises what the work raises.

    When this returns its thread has gone, so that a fork is safe, and the next thread gets the same heap.
    """
    with ThreadPoolExecutor(max_workers=1) as threads:
        number = threads.submit(get_native_id).result()
        done = threads.submit(work)
    while Path(f"/proc/self/task/{number}").exists():
        time.sleep(LEAVING_SECONDS)
    return done.result()
