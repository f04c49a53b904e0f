"""How the derived graph grows: the encoded article again and again, under new slugs.

Run: ``python bench/derive.py [CLAIMS ...]``. Prints seconds of the processor, and microseconds a claim, for
each size in rows of a Markdown table. Every copy is a document of its own about the same provisions, so that
reported values gather more and more claims, which is the hard case.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence

from pyoxigraph import NamedNode, Quad

from plangraph.build import derive, read_files, undisturbed
from plangraph.files import list_data, list_vocabulary
from plangraph.index import Term
from plangraph.pinning import find_document
from plangraph.terms import graph, pg, term

SLUG = "2025-11-20-rbc-ukraine-plan-pressure"
HOME = graph(f"document/{SLUG}")


def rename(node: Term, number: int) -> Term:
    if isinstance(node, NamedNode) and SLUG in node.value:
        return NamedNode(node.value.replace(SLUG, f"{SLUG}-{number}"))
    return node


def repeat(document: Sequence[Quad], times: int) -> Iterator[Quad]:
    for number in range(times):
        for quad in document:
            subject = rename(quad.subject, number)
            assert isinstance(subject, NamedNode)
            yield Quad(subject, quad.predicate, rename(quad.object, number), HOME)


def main(sizes: Sequence[int]) -> None:
    stated = read_files([*list_data(), *list_vocabulary()])
    document = [quad for quad in stated if quad.graph_name == HOME]
    rest = [quad for quad in stated if find_document(quad.graph_name) is None]
    claims = sum(quad.predicate == term("rdf:type") and quad.object == pg("Claim") for quad in document)
    print("| claims | quads | seconds | µs a claim |\n| --- | --- | --- | --- |")
    for size in sizes:
        times = max(1, round(size / claims))
        quads = [*rest, *repeat(document, times)]
        begin = time.process_time()
        with undisturbed():
            deque(derive(quads), maxlen=0)
        spent = time.process_time() - begin
        row = (
            f"{times * claims:,}",
            f"{len(quads):,}",
            f"{spent:.2f}",
            f"{spent / (times * claims) * 1e6:.0f}",
        )
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 5_000, 20_000])
