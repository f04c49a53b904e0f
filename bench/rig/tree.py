"""A service as the system sees it: its processes, told apart by depth, and their memory.

The process that was started speaks HTTP; its children hold the store; what those forked runs queries.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True)
class Tree:
    """The processes of a service, by their part in it."""

    web: int
    holders: tuple[int, ...]
    workers: tuple[int, ...]


@dataclass(frozen=True)
class Memory:
    """Megabytes (2^20) of a service. ``pss_mib`` counts shared pages once, ``rss_mib`` in each process."""

    pss_mib: float
    rss_mib: float
    web_mib: float
    processes: int


def read_tree(pid: int) -> Tree:
    """The tree below the process that was started."""
    holders, workers = [], []
    for child in list_children(pid):
        below = list_children(child)
        holders.append(child)
        workers.extend(below)
    return Tree(pid, tuple(holders), tuple(workers))


def list_children(pid: int) -> list[int]:
    """The children of all threads of a process; none where it has gone."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found.extend(map(int, (task / "children").read_text().split()))
    return found


def measure_memory(pid: int) -> Memory:
    """The memory of a whole tree."""
    tree = read_tree(pid)
    pss = rss = web = processes = 0
    for member in (tree.web, *tree.holders, *tree.workers):
        with suppress(OSError, ValueError):
            found = read_rollup(member)
            pss, rss, processes = pss + found["Pss"], rss + found["Rss"], processes + 1
            web += found["Rss"] if member == pid else 0
    return Memory(pss / 1024, rss / 1024, web / 1024, processes)


def read_rollup(pid: int) -> dict[str, int]:
    """Kilobytes by name, from ``smaps_rollup``."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    figures = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    if "Pss" not in figures:
        raise ValueError("the process ends just now")
    return figures


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that the processes of a tree have used, and those that were reaped by them."""
    tree, spent = read_tree(pid), 0
    for member in (tree.web, *tree.holders, *tree.workers):
        with suppress(OSError, IndexError):
            cells = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
            spent += sum(map(int, cells[11:15]))
    return spent / os.sysconf("SC_CLK_TCK")


def kill_worker(web: int, worker: int) -> bool:
    """Kill a worker; false where it has gone meanwhile. By pidfd, so that it is never another process."""
    try:
        handle = os.pidfd_open(worker)
    except OSError:
        return False
    try:
        if worker not in read_tree(web).workers:
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True
