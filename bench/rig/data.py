"""Made-up data of any size, and the texts that ask it; and the same for the data set of plangraph."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SPACE: Final = "http://bench.example/"
TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
TRIPLES_OF_ONE: Final = 10
"""How many triples describe one subject."""

SUBJECTS_OF_GRAPH: Final = 1_000
"""So that one graph is 10,000 triples, about 1 MB."""

WORDS: Final = ("plan", "clause", "force", "border", "treaty", "council", "budget", "prisoner", "grain")


@dataclass(frozen=True)
class Sample:
    """Data as a file of N-Quads, subjects that it describes, and a query of 10,000 rows."""

    name: str
    file: Path
    subjects: tuple[str, ...]
    rows_query: str


def make_sample(folder: Path, quads: int = 100_000) -> Sample:
    """Made-up data: ten triples a subject, a thousand subjects a graph; the same for the same size."""
    file = folder / "made-up.nq"
    with file.open("w", encoding="utf-8") as stream:
        for graph in list_graphs(quads):
            stream.writelines(f"{triple} <{graph}> .\n" for triple in describe_graph(graph))
    subjects = tuple(f"{SPACE}item/{number}" for number in range(quads // TRIPLES_OF_ONE))
    return Sample(f"{quads:,} made-up quads", file, subjects, rows_of(f"{SPACE}label"))


def list_graphs(quads: int) -> list[str]:
    """The IRIs of the graphs of that many quads."""
    return [f"{SPACE}graph/{number}" for number in range(-(-quads // (TRIPLES_OF_ONE * SUBJECTS_OF_GRAPH)))]


def describe_graph(graph: str) -> Iterator[str]:
    """The triples of a graph, without the dot at their end."""
    first = int(graph.rpartition("/")[2]) * SUBJECTS_OF_GRAPH
    for number in range(first, first + SUBJECTS_OF_GRAPH):
        subject = f"<{SPACE}item/{number}>"
        word = WORDS[number % len(WORDS)]
        yield f"{subject} <{SPACE}kind> <{SPACE}kind/{number % 7}>"
        yield f'{subject} <{SPACE}label> "{word} number {number}"@en'
        yield f'{subject} <{SPACE}number> "{number}"^^<http://www.w3.org/2001/XMLSchema#integer>'
        yield f"{subject} <{SPACE}next> <{SPACE}item/{number + 1}>"
        for place in range(TRIPLES_OF_ONE - 4):
            other = WORDS[(number + place) % len(WORDS)]
            yield f'{subject} <{SPACE}detail{place}> "{other} {number * place % 997}"'


def export_sample(folder: Path) -> Sample:
    """The packaged data set."""
    file = folder / "packaged.nq"
    subprocess.run(
        [sys.executable, "-m", "plangraph.cli", "export", "--format", "nquads", "-o", str(file)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    subjects: dict[str, int] = {}
    quads = 0
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            quads += 1
            subject = line.partition(" ")[0]
            if subject.startswith("<https://w3id.org/plangraph/id/"):
                subjects[subject[1:-1]] = subjects.get(subject[1:-1], 0) + 1
    few = tuple(subject for subject, triples in subjects.items() if 5 <= triples <= 20)
    return Sample(f"the packaged data set, {quads:,} quads", file, few, rows_of(TYPE))


def rows_of(predicate: str) -> str:
    """The query of 10,000 rows on data that has so many of a predicate."""
    return f"SELECT ?s ?o {{ ?s <{predicate}> ?o }} LIMIT 10000"
