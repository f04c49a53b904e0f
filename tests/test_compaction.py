"""Memory that fell apart into small pages is gathered into large ones again, so that forks stay quick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plangraph.compaction import LARGE_BYTES, STEP_PAGES, Compaction, list_large_pages

MAPS = """\
00400000-00c00000 r-xp 00000000 08:01 1311 /usr/bin/python3.11
5555556a1000-555555c05000 rw-p 00000000 00:00 0 [heap]
7ffff0000000-7ffff0200000 rw-p 00000000 00:00 0
7ffff0200000-7ffff03ff000 rw-p 00000000 00:00 0
7ffff1000000-7ffff1800000 rw-s 00000000 00:05 77 /memfd:wishes (deleted)
7ffff2000000-7ffff2800000 r--p 00000000 00:00 0
7ffff3000000-7ffff3800000 rw-p 00000000 00:00 0 [stack]
"""

SCATTER = """
import mmap, os, sys
from plangraph.compaction import Compaction, LARGE_BYTES

def count_large():
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages")) * 1024

room = mmap.mmap(-1, 17 * LARGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
room.madvise(mmap.MADV_HUGEPAGE)
room.write(b"x" * len(room))
whole = count_large()
held, end = os.pipe()
if os.fork() == 0:
    os.close(end)
    os.read(held, 1)  # shares the memory until the other has done
    os._exit(0)
for place in range(0, len(room), LARGE_BYTES // 2):
    room[place] = 1
fallen = count_large()
compaction = Compaction()
compaction.ask()
while compaction.has_work:
    compaction.step()
print(whole, fallen, count_large(), room[:].count(1), len(room[:].strip(b"x\\1")), compaction.gathered)
"""

LEND = """
import os, socket, time
from pyoxigraph import Store
from plangraph.fork import TWICE_PAGES, Config, Holder
from plangraph.settings import Limits

ours, theirs = socket.socketpair()
holder = Holder(theirs, Store(), Config(0, 0, 0, "r", Limits()), lambda work: work())
seen = [holder.may_gather()]
for gathered in (0, TWICE_PAGES - 1, 1):
    holder.compaction.gathered += gathered
    if not holder.children:
        holder.fork(lambda channel, parent: channel.recv(1))
    seen.append(holder.may_gather())
handles = socket.recv_fds(ours, 256, 2)[1]
for handle in handles:
    os.close(handle)  # so that the process ends
deadline = time.monotonic() + 30
while holder.children and time.monotonic() < deadline:
    time.sleep(0.01)
    holder.reap()
seen.append(holder.may_gather())
print(*map(int, seen))
"""


def has_collapse() -> bool:
    """Whether the system has large pages and mends them when asked (Linux 6.1)."""
    release = [int(part) for part in os.uname().release.split(".")[:2] if part.isdecimal()]
    return Path("/sys/kernel/mm/transparent_hugepage").is_dir() and release >= [6, 1]


def test_only_private_memory_without_a_file_is_gathered_and_only_whole_large_pages() -> None:
    places = list(list_large_pages(MAPS))
    assert places == [0x555555800000, 0x555555A00000, 0x7FFFF0000000]
    assert not any(place % LARGE_BYTES for place in places)


@pytest.mark.skipif(not has_collapse(), reason="the system gathers no pages when asked; Linux 6.1 does")
def test_pages_that_fell_apart_beside_a_living_worker_are_large_again_and_hold_the_same() -> None:
    run = subprocess.run([sys.executable, "-c", SCATTER], capture_output=True, text=True, check=True)
    whole, fallen, gathered, written, strange, pages = map(int, run.stdout.split())
    assert whole >= 16 * LARGE_BYTES
    assert fallen < whole / 2
    assert gathered >= whole
    assert pages >= (gathered - fallen) // LARGE_BYTES > 0
    assert (written, strange) == (34, 0)


def test_one_step_is_short_and_what_is_asked_for_meanwhile_is_not_forgotten() -> None:
    compaction = Compaction()
    assert not compaction.has_work
    compaction.ask()
    assert compaction.step() <= STEP_PAGES
    compaction.ask()
    steps = 0
    while compaction.has_work:
        compaction.step()
        steps += 1
    assert steps >= 1
    assert not compaction.rest


def test_only_so_much_is_gathered_while_a_process_lives_that_was_forked_before() -> None:
    run = subprocess.run([sys.executable, "-c", LEND], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "1", "1", "0", "1"]
