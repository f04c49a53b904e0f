"""What stays is allocated apart, so that a fork takes its own memory from room that is in one piece."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from plangraph.fork import STACK_BYTES, Config, choose_heap
from plangraph.heaps import allocate_apart
from plangraph.process import TUNABLES
from plangraph.settings import Limits

SCATTER = """
import json, os, resource, sys
from plangraph.heaps import allocate_apart

def scatter():
    made = [bytes(700) for _ in range(60_000)]  # too long for Python's own pools, so malloc gives them
    return made[::2]                            # and every other one is free again

def count_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

kept = scatter() if sys.argv[1] == "beside" else allocate_apart(scatter)
told, tell = os.pipe()
if os.fork() == 0:
    begun = count_faults()
    own = [bytes(700) for _ in range(20_000)]
    os.write(tell, json.dumps([count_faults() - begun, len(own), len(kept)]).encode())
    os._exit(0)
os.wait()
print(os.read(told, 1000).decode())
"""


def run_scatter(where: str) -> tuple[int, int, int]:
    """How many pages a fork had to make its own, and what it and its parent hold."""
    told = {name: value for name, value in os.environ.items() if name not in ("MALLOC_ARENA_MAX", TUNABLES)}
    command = [sys.executable, "-c", SCATTER, where]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=told)
    faults, own, kept = json.loads(done.stdout)
    return faults, own, kept


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives a thread a heap")
def test_a_fork_finds_its_memory_in_one_piece_where_what_stays_lies_apart() -> None:
    beside, apart = run_scatter("beside"), run_scatter("apart")
    assert beside[1:] == apart[1:] == (20_000, 30_000)
    filled = 20_000 * 733 // os.sysconf("SC_PAGE_SIZE")
    assert apart[0] < 1.2 * filled + 100, "hardly more pages than it fills"
    assert beside[0] > 1.5 * apart[0], "this is what it is for"


def test_what_the_work_gives_comes_back_and_its_thread_has_gone() -> None:
    def tell() -> tuple[int, str]:
        return threading.get_native_id(), threading.current_thread().name

    before = threading.active_count()
    numbers = {allocate_apart(tell)[0] for _ in range(20)}
    assert len(numbers) > 1
    assert threading.get_native_id() not in numbers
    assert not any(Path(f"/proc/self/task/{number}").exists() for number in numbers)
    assert threading.active_count() == before


def test_a_deep_term_is_read_apart_as_it_is_in_a_thread_with_a_large_stack() -> None:
    depth = 50_000
    text = "<http://e/s> <http://e/p> " + "<<( <http://e/s> <http://e/p> " * depth + '"x"' + " )>>" * depth

    def read() -> int:
        return sum(1 for _ in parse(f"{text} .\n", format=RdfFormat.N_QUADS))

    assert allocate_apart(read, STACK_BYTES) == 1
    assert threading.stack_size() == 0


@pytest.mark.parametrize(("text", "apart"), [(b"", False), (b"<http://e/s> <http://e/p> 'o' .", True)])
def test_a_store_lies_apart_unless_it_begins_empty(tmp_path: Path, text: bytes, apart: bool) -> None:
    source = tmp_path / "source.nq"
    source.write_bytes(text)
    with source.open("rb") as stream:
        config = Config(0, stream.fileno(), 0, "made-up", Limits())
        assert (choose_heap(config)(threading.get_native_id) != threading.get_native_id()) is apart


def test_what_the_work_raises_is_raised_here() -> None:
    def fail() -> None:
        raise SyntaxError("on line 7")

    with pytest.raises(SyntaxError, match="on line 7"):
        allocate_apart(fail)
