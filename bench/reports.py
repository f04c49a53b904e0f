"""Import, check and derive at the size of the corpus and at synthetic ones that keep its shape.

Run: ``python bench/reports.py [REPORTS ...]``. The sheets of the data set are repeated under new ids, each
copy with a day of publication of its own; outlets, actors and versions stay, so that reported values gather
more and more claims. Every step runs in a process of its own; its peak memory is that process's, and for the
import that of the largest of its workers beside it. Prints a Markdown table.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from pyoxigraph import Quad

from plangraph.build import derive, stream_files, undisturbed
from plangraph.files import list_data, list_vocabulary, packaged
from plangraph.intake import import_sheets
from plangraph.shapes import check
from plangraph.terms import pg, term

SAMPLE = 50
"""How many reports are checked one by one."""

FIRST = date(2025, 11, 18)
REFERENCE = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)*)("|--)')
"""What may name a sheet, or a thing of its document: a text in quotation marks, up to two hyphens."""


def write_sheets(folder: Path, reports: int) -> None:
    """Sheets of the data set, again and again; references to other sheets lead to those of the same round."""
    sources = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((packaged("data") / "sheets").glob("*.json"))
    ]
    names = {sheet["id"] for sheet in sources}
    folder.mkdir(parents=True)
    for number in range(reports):
        round_, place = divmod(number, len(sources))
        text = json.dumps(sources[place], ensure_ascii=False)
        if round_:
            text = REFERENCE.sub(partial(rename, names, f"-round{round_}"), text)
        sheet = json.loads(text)
        if round_ and sheet.get("published"):
            sheet["published"] = str(FIRST + timedelta(days=number % 300))
        (folder / f"{sheet['id']}.json").write_text(json.dumps(sheet, ensure_ascii=False), encoding="utf-8")


def rename(names: Collection[str], ending: str, found: re.Match[str]) -> str:
    """A reference to one of the sheets, as one to its copy of this round; any other text as it is."""
    return f'"{found[1]}{ending if found[1] in names else ""}{found[2]}'


def peak() -> str:
    """The most memory that this process, and any of its children, has held, in MiB."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own, children = (resource.getrusage(kind).ru_maxrss / 1024 for kind in kinds)
    return f"{own:,.0f} + {children:,.0f}" if children else f"{own:,.0f}"


def run_import(root: Path, reports: int) -> tuple[str, str, str]:
    begin = time.perf_counter()
    found = import_sheets([root / "sheets"], root / "data" / "documents")
    spent = time.perf_counter() - begin
    assert len(found.written) >= reports, "every sheet gives a file"
    return f"{spent:.1f}", f"{spent / reports * 1e3:.1f} ms", peak()


def run_one_by_one(root: Path, _: int) -> tuple[str, str, str]:
    """One report after the other, as after an edit; the first loads registry and shapes and is left out."""
    files = sorted((root / "data" / "documents").glob("*.ttl"))
    files = files[:: max(1, len(files) // SAMPLE)][:SAMPLE]
    check(files[:1])
    spans = []
    for path in files:
        begin = time.perf_counter()
        check([path])
        spans.append(time.perf_counter() - begin)
    return f"{sum(spans):.1f}", f"{statistics.median(spans) * 1e3:.1f} ms", peak()


def run_check(root: Path, reports: int) -> tuple[str, str, str]:
    begin = time.perf_counter()
    check([root / "data"])
    spent = time.perf_counter() - begin
    return f"{spent:.1f}", f"{spent / reports * 1e3:.1f} ms", peak()


def run_derive(root: Path, _: int) -> tuple[str, str, str]:
    """From files to the derived graph, as a stream: neither what is read nor what is derived is kept."""
    claims = 0

    def count_claims(quads: Iterator[Quad]) -> Iterator[Quad]:
        nonlocal claims
        for quad in quads:
            claims += quad.predicate == term("rdf:type") and quad.object == pg("Claim")
            yield quad

    begin = time.perf_counter()
    with undisturbed():
        quads = stream_files([*list_data(root / "data"), *list_vocabulary()])
        derived = sum(1 for _ in derive(count_claims(quads)))
    spent = time.perf_counter() - begin
    each = f"{spent / claims * 1e6:.0f} µs a claim ({claims:,} claims, {derived:,} quads derived)"
    return f"{spent:.1f}", each, peak()


STEPS = {
    "import": run_import,
    "check one by one": run_one_by_one,
    "check all": run_check,
    "read and derive": run_derive,
}
LARGEST = {"check all": 10_000}
"""Up to how many reports a step is run: beyond, it takes hours."""


def main(sizes: Sequence[int]) -> None:
    print(f"{os.cpu_count()} cores\n")
    print("| reports | step | seconds | each | peak MiB |\n| --- | --- | --- | --- | --- |")
    for size in sizes:
        root = Path(tempfile.mkdtemp(prefix="plangraph-bench-"))
        try:
            shutil.copytree(packaged("data") / "registry", root / "data" / "registry")
            (root / "data" / "documents").mkdir()
            write_sheets(root / "sheets", size)
            for name in STEPS:
                if size > LARGEST.get(name, size):
                    continue
                done = subprocess.run(
                    [sys.executable, __file__, "--step", name, str(root), str(size)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                print(f"| {size:,} | {name} | {done.stdout.strip()} |", flush=True)
        finally:
            shutil.rmtree(root)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        print(" | ".join(STEPS[sys.argv[2]](Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main([int(size) for size in sys.argv[1:]] or [224, 2_000])
