"""Load the data set and answer the ten questions: pyoxigraph in memory against rdflib, side by side.

Rounds are interleaved, so that what else the machine does weighs on both alike; read the ratios.
Run: ``python bench/engines.py [ROUNDS]``. Prints a Markdown table.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import rdflib
from pyoxigraph import QuerySolutions, RdfFormat, Store, serialize

from plangraph.build import build
from plangraph.questions import list_questions


def load_oxigraph(content: bytes) -> Store:
    store = Store()
    store.bulk_load(content, format=RdfFormat.N_QUADS)
    return store


def load_rdflib(content: bytes) -> rdflib.Dataset:
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=content, format="nquads")
    return dataset


def ask_oxigraph(store: Store, query: str) -> int:
    answer = store.query(query, use_default_graph_as_union=True)
    assert isinstance(answer, QuerySolutions)
    return sum(1 for _ in answer)


def ask_rdflib(dataset: rdflib.Dataset, query: str) -> int:
    return len(dataset.query(query))


def clock(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def main(rounds: int) -> None:
    quads = build().quads
    content = serialize(quads, format=RdfFormat.N_QUADS)
    assert content is not None
    questions = list_questions()
    store, dataset = load_oxigraph(content), load_rdflib(content)
    spent: dict[tuple[str, str], list[float]] = defaultdict(list)
    rows = {}
    for _ in range(rounds):
        spent["load", "ox"].append(clock(lambda: load_oxigraph(content)))
        spent["load", "rdf"].append(clock(lambda: load_rdflib(content)))
        for question in questions:
            text = question.query
            spent[question.slug, "ox"].append(clock(lambda text=text: ask_oxigraph(store, text)))  # type: ignore[misc]
            spent[question.slug, "rdf"].append(clock(lambda text=text: ask_rdflib(dataset, text)))  # type: ignore[misc]
    for question in questions:
        rows[question.slug] = (ask_oxigraph(store, question.query), ask_rdflib(dataset, question.query))
    print(f"{len(quads)} quads, medians of {rounds} interleaved rounds\n")
    print("| step | pyoxigraph ms | rdflib ms | ratio | rows |\n| --- | --- | --- | --- | --- |")
    for step in ("load", *rows):
        ox, rdf = (statistics.median(spent[step, engine]) for engine in ("ox", "rdf"))
        counts = "" if step == "load" else " / ".join(map(str, rows[step]))
        print(f"| {step} | {ox:.1f} | {rdf:.1f} | {rdf / ox:.1f} | {counts} |")
    ox, rdf = (sum(statistics.median(spent[step, engine]) for step in rows) for engine in ("ox", "rdf"))
    print(f"| ten questions | {ox:.1f} | {rdf:.1f} | {rdf / ox:.1f} | |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
