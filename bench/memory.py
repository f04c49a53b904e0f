"""The memory of a service while something else has its way with it, by PSS, which counts shared pages once.

Start it beside whatever asks, attacks or loads the service: it looks for the process whose command line holds
a text, every half second at all processes of it, and ends with them (or after some minutes). The growth is
the largest figure less that of the first three seconds, in which the service had nothing to do yet.

Run: ``python bench/memory.py TEXT [--minutes 30]``, for example with ``--port 7878`` as the text, and in
another terminal the program that starts the service on that port. Prints Markdown.
"""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from rig.figures import write_head, write_row
from rig.tree import Memory, measure_memory

LOOK_SECONDS: Final = 0.5
REST_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 60.0


def find_process(text: str) -> int | None:
    """The oldest process of ``plangraph serve`` whose command line holds a text."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if "plangraph serve" in words and text in words and not words.startswith(("sh ", "bash ")):
                found.append(int(folder.name))
    return min(found, default=None)


def look(text: str, minutes: float) -> list[tuple[float, Memory]]:
    """The memory at each look, with its time; ends when the service has ended."""
    begun, seen = time.perf_counter(), list[tuple[float, Memory]]()
    gone_since: float | None = None
    while (now := time.perf_counter()) - begun < minutes * 60:
        pid = find_process(text)
        memory = measure_memory(pid) if pid is not None else None
        if memory is not None and memory.processes:
            seen.append((now - begun, memory))
            gone_since = None
        elif gone_since is None:
            gone_since = now
        elif now - gone_since > (REST_SECONDS if seen else PATIENCE_SECONDS):
            break
        time.sleep(LOOK_SECONDS)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("text", help="what the command line of the service holds")
    parser.add_argument("--minutes", type=float, default=30.0)
    options = parser.parse_args()
    seen = look(options.text, options.minutes)
    if not seen:
        raise SystemExit("there was no such service")
    first = seen[0][0]
    rest = max(memory.pss_mib for at, memory in seen if at - first < REST_SECONDS)
    at, largest = max(seen, key=lambda entry: entry[1].pss_mib)
    _, last = seen[-1]
    print(
        write_head(
            ["looks", "at rest, MiB", "largest, MiB", "after, s", "processes then", "growth, MiB", "last"]
        )
    )
    cells = [f"{len(seen):,}", f"{rest:,.0f}", f"{largest.pss_mib:,.0f}", f"{at - first:,.0f}"]
    cells += [str(largest.processes), f"{largest.pss_mib - rest:,.0f}", f"{last.pss_mib:,.0f}"]
    print(write_row(cells))


if __name__ == "__main__":
    main()
