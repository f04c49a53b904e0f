"""What a process that runs strangers' queries must not do: it has no network, opens no file, grows so far.

Linux only: it rests on namespaces, resource limits and ``prctl``.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000
PR_SET_PDEATHSIG: Final = 1
PR_SET_THP_DISABLE: Final = 41


def cut_network() -> bool:
    """Leave the network for good; false where the system does not let us, and only RLIMIT_NOFILE remains."""
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def confine(parent: int, memory_bytes: int) -> None:
    """From now on this process gets so much memory more, opens nothing, and dies with its parent.

    It also interrupts nobody when it gets work: where it shares a processor with whoever sent the work, that
    one goes on until it waits, and the work comes in batches.
    """
    die_with(parent)
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)  # what it needs for itself are few pages
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # if the machine runs out, a worker goes first
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def die_with(parent: int) -> None:
    """From now on this process is killed when its parent ends; at once, if that has happened already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
