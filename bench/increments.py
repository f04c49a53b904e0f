"""What one gated write costs as the data grows: the steps of a document that comes in, or is put anew.

Run: ``python bench/increments.py [--spread] [--writes 30] [DOCUMENTS ...]``. The packaged documents are
repeated under new slugs until there are as many as asked for. They all speak of the plan, provisions and
events of the registry, so that values gather more and more claims; with ``--spread`` each round of copies has
a plan of its own, so that a value has as many claims at any size. A size is a process of its own, and so is
each write: a fork of it, as in the service. Prints medians and the worst in milliseconds of the processor, as
rows of a Markdown table.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse, serialize
from rig.figures import percentile, write_head, write_row

from plangraph import computing
from plangraph.about import describe_dataset
from plangraph.build import derive, read_files, settle, undisturbed
from plangraph.change import Change
from plangraph.checks import find_findings, is_document
from plangraph.computing import compute
from plangraph.figures import TYPE, Figures
from plangraph.files import list_data, list_vocabulary
from plangraph.fork import load
from plangraph.formats import TURTLE
from plangraph.graph_store import delete_graph, replace_graph
from plangraph.heaps import allocate_apart
from plangraph.pinning import REGISTRY
from plangraph.revision import sum_quads
from plangraph.settings import Limits
from plangraph.terms import split_thing
from plangraph.update import update
from plangraph.uploads import Upload
from plangraph.writing import prepare

MARK, SUBJECT_MARK = "\x00", "\x01"
"""Where in a text the ending of a document belongs, and that of what it speaks of."""

OWN: Final = re.compile(
    r"(<https://w3id\.org/plangraph/(?:id/[a-z]+|graph/document)/)([a-z0-9]+(?:-[a-z0-9]+)*)(?=--|>)"
)
SUBJECTS: Final = re.compile(
    r"(<https://w3id\.org/plangraph/id/(?:plan|version|option|provision|event)/[a-z0-9-]+)(?=>)"
)
GIVEN: list[Copies] = []
"""What a process that derives a round was given when it began."""

PARTS: Final = ("parse", "check", "derive", "revision and figures", "all")


class Copies:
    """The packaged documents as texts of N-Quads, to be repeated."""

    def __init__(self, spread: bool) -> None:
        quads = settle(read_files([*list_data(), *list_vocabulary()]))
        documents: dict[str, list[str]] = {}
        for quad in quads:
            if is_document(quad.graph_name):
                documents.setdefault(str(quad.graph_name), []).append(f"{quad} .\n")
        self.slugs = {name.rpartition("/")[2][:-1] for name in documents}
        self.rest = [quad for quad in quads if not is_document(quad.graph_name)]
        self.spread = spread
        self.texts = [self.mark("".join(documents[name])) for name in sorted(documents)]
        registry = "".join(f"{quad} .\n" for quad in self.rest if quad.graph_name == REGISTRY)
        marked = self.mark(registry).splitlines(keepends=True)
        self.shared = "".join(line for line in marked if SUBJECT_MARK in line.partition(">")[0])

    def mark(self, text: str) -> str:
        """A text with marks wherever endings belong."""
        marked = OWN.sub(lambda found: found[0] + (MARK if found[2] in self.slugs else ""), text)
        return SUBJECTS.sub(rf"\1{SUBJECT_MARK}", marked) if self.spread else marked

    def write(self, number: int, ending: str | None = None) -> str:
        """The document of that number; with an ending, another one that speaks of the same."""
        round_, place = divmod(number, len(self.texts))
        own = name_round(round_) if ending is None else ending
        return self.texts[place].replace(MARK, own).replace(SUBJECT_MARK, name_round(round_))

    def stream(self, count: int) -> Iterator[str]:
        """So many documents, and the subjects of each round."""
        for round_ in range(-(-count // len(self.texts))):
            yield from self.stream_round(round_, count)

    def stream_round(self, round_: int, count: int) -> Iterator[str]:
        """The documents of one round, of so many in all, and their subjects."""
        if round_:
            yield self.shared.replace(MARK, name_round(round_)).replace(SUBJECT_MARK, name_round(round_))
        first = round_ * len(self.texts)
        for number in range(first, min(first + len(self.texts), count)):
            yield self.write(number)


def name_round(round_: int) -> str:
    """What the names of a round end in; the first has the names of the data set."""
    return f"-round{round_}" if round_ else ""


def fill(copies: Copies, count: int) -> Store:
    """A store of so many documents, with all that is computed."""
    store = Store()
    store.bulk_extend(copies.rest)
    with tempfile.NamedTemporaryFile("w", suffix=".nq") as file:
        file.writelines(copies.stream(count))
        file.flush()
        store.bulk_load(path=file.name, format=RdfFormat.N_QUADS)
    with undisturbed():
        if copies.spread:
            derive_rounds(store, copies, count)
        else:
            store.bulk_extend(list(derive(store)))
        store.extend(describe_dataset(count_all(store), sum_quads(store)))
    return store


def fill_file(target: Path, count: int, spread: bool) -> None:
    """Write such a store into a file, by a process of its own, whose memory is given back."""
    given = [__file__, "--fill", str(target), *["--spread"] * spread, str(count)]
    subprocess.run([sys.executable, *given], check=True)


def derive_rounds(store: Store, copies: Copies, count: int) -> None:
    """Derive round by round, which gives the same where each has subjects of its own, and fits in memory."""
    rounds = range(-(-count // len(copies.texts)))
    workers = len(os.sched_getaffinity(0))
    with multiprocessing.get_context("fork").Pool(workers, GIVEN.append, (copies,)) as pool:
        for derived in pool.imap(partial(derive_round, count), rounds):
            store.bulk_load(derived, format=RdfFormat.N_QUADS)


def derive_round(count: int, round_: int) -> bytes:
    """What is derived of one round of the copies given, as N-Quads."""
    (copies,), alone = GIVEN, Store()
    alone.bulk_extend(copies.rest)
    alone.bulk_load("".join(copies.stream_round(round_, count)).encode(), format=RdfFormat.N_QUADS)
    return serialize(derive(alone), format=RdfFormat.N_QUADS) or b""


def count_all(store: Store) -> Figures:
    """The figures of a store, in which hardly a triple is in two graphs; terms are known by their hashes."""
    subjects, objects = set[int](), set[int]()
    classes, properties = Counter[NamedNode](), Counter[NamedNode]()
    for quad in store:
        subjects.add(hash(quad.subject))
        objects.add(hash(quad.object))
        properties[quad.predicate] += 1
        if quad.predicate == TYPE and isinstance(quad.object, NamedNode):
            classes[quad.object] += 1
    return Figures(len(store), len(subjects), len(objects), classes, properties)


def measure(store: Store, write: Callable[[], Change]) -> dict[str, float]:
    """The seconds of each part of a write, made by a fork."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        status = 1
        try:
            os.write(writing, json.dumps(run(store, write)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    if os.waitpid(child, 0)[1]:
        raise SystemExit("a write failed")
    spent: dict[str, float] = json.loads(told)
    return spent


def run(store: Store, write: Callable[[], Change]) -> dict[str, float]:
    """As :func:`measure`, in this process, whose store is spoiled."""
    spent: dict[str, float] = {}
    marks = [time.process_time()]

    def tell(part: str) -> None:
        marks.append(time.process_time())
        spent[part] = spent.get(part, 0.0) + marks[-1] - marks[-2]

    derive_part = computing.derive_part

    def derive_timed(*given: Any) -> Any:
        tell(PARTS[3])
        found = derive_part(*given)
        tell(PARTS[2])
        return found

    vars(computing)["derive_part"] = derive_timed
    change = write()
    tell(PARTS[0])
    deque(find_findings(store, change), maxlen=0)
    tell(PARTS[1])
    if compute(store, change).whole:
        raise SystemExit("everything was computed, which is not what is measured here")
    tell(PARTS[3])
    return {**spent, PARTS[4]: marks[-1] - marks[0]}


def list_writes(
    store: Store, copies: Copies, count: int, writes: int
) -> Iterator[tuple[str, Callable[[], Change]]]:
    """Writes by their kind, each to be made on a copy of the store."""
    chance, limits = random.Random(count), Limits()
    entries = sorted({quad.subject for quad in copies.rest if is_entry(quad)}, key=str)
    for number in range(writes):
        text = copies.write(chance.randrange(count), f"-new{number}")
        quads = list(parse(text, format=RdfFormat.N_QUADS))
        body = serialize([quad.triple for quad in quads], format=RdfFormat.TURTLE) or b""
        yield (
            "a document comes",
            partial(replace_graph, store, quads[0].graph_name, [Upload(body, TURTLE)], limits),
        )
        known = parse(copies.write(chance.randrange(count)), format=RdfFormat.N_QUADS)
        yield "a document goes", partial(delete_graph, store, next(known).graph_name)
        entry = chance.choice(entries)
        said = f"GRAPH {REGISTRY} {{ {entry} rdfs:label"
        yield (
            "an entry gets a label",
            partial(update, store, f'INSERT DATA {{ {said} "{number}"@nl }} }}', limits),
        )


def is_entry(quad: Quad) -> bool:
    """Whether a quad describes an actor or an outlet in the registry."""
    kind = split_thing(quad.subject.value) if isinstance(quad.subject, NamedNode) else None
    return quad.graph_name == REGISTRY and kind is not None and kind[0] in ("actor", "outlet")


def measure_size(count: int, spread: bool, writes: int) -> Iterator[str]:
    """The rows of the table for a size."""
    copies = Copies(spread)
    with tempfile.NamedTemporaryFile(suffix=".nq") as file:
        fill_file(Path(file.name), count, spread)
        store = allocate_apart(lambda: load(file.fileno()))
    prepare()
    gc.collect()
    gc.freeze()
    spent: dict[str, list[dict[str, float]]] = defaultdict(list)
    for kind, write in list_writes(store, copies, count, writes):
        spent[kind].append(measure(store, write))
    for kind, found in spent.items():
        cells = []
        for part in PARTS:
            values = [entry.get(part, 0.0) * 1e3 for entry in found]
            cells.append(f"{percentile(values, 0.5):.1f} / {max(values):.0f}")
        layout = "spread" if spread else "piled up"
        yield write_row([kind, layout, f"{count:,}", f"{len(store):,}", *cells])


def read_options() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--spread", action="store_true", help="each round of copies has a plan of its own")
    parser.add_argument("--writes", type=int, default=30, help="how many of each kind")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("documents", type=int, nargs="*", default=[225, 1_000, 10_000])
    return parser.parse_args()


def main() -> None:
    options = read_options()
    if options.fill:
        store = fill(Copies(options.spread), options.documents[0])
        store.dump(str(options.fill), format=RdfFormat.N_QUADS)
        return
    if options.one:
        for row in measure_size(options.documents[0], options.spread, options.writes):
            print(row)
        return
    print("milliseconds of the processor, median / worst\n")
    print(write_head(["write", "layout", "documents", "quads", *PARTS]), flush=True)
    for size in options.documents:
        given = [
            __file__,
            "--one",
            "--writes",
            str(options.writes),
            *["--spread"] * options.spread,
            str(size),
        ]
        subprocess.run([sys.executable, *given], check=True)


if __name__ == "__main__":
    main()
