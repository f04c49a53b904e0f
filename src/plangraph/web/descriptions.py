"""Many things described: some at a time, so that no query is too long, nor takes too long elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pyoxigraph import NamedNode, Triple

from plangraph.engine import QueryEngine
from plangraph.errors import EngineStopped
from plangraph.reads import write_item_description
from plangraph.web.results import TRIES, Row, ask, for_triples, read_rows, read_triples
from plangraph.worker import Answer, Query

MOST_DESCRIBED: Final = 200
"""How many things one query describes."""

MOST_ASKED: Final = 2
"""How many of these queries wait for an answer at the same time: each has a deadline, and others wait too."""


def write_descriptions(items: Iterable[str]) -> list[str]:
    """The queries that describe things by IRI, each once; where it is more than one, no header has room."""
    things = [NamedNode(iri) for iri in dict.fromkeys(items)]
    starts = range(0, max(1, len(things)), MOST_DESCRIBED)
    return [write_item_description(things[start : start + MOST_DESCRIBED]) for start in starts]


async def ask_descriptions(engine: QueryEngine, queries: Sequence[str]) -> list[Answer]:
    """The answers to such queries; whoever asks sees to it that they are of one revision."""
    answers: list[Answer] = []
    for start in range(0, len(queries), MOST_ASKED):
        answers += await ask(engine, *map(for_triples, queries[start : start + MOST_ASKED]))
    return answers


async def describe_listed(engine: QueryEngine, listed: Query, room: int) -> tuple[list[Row], list[Triple]]:
    """The rows that name some items, and what the graph says of as many of these as there is room for."""
    for _ in range(TRIES):
        (answer,) = await ask(engine, listed)
        keys = read_rows(answer)
        items = [item.value for row in keys[:room] if isinstance(item := row["item"], NamedNode)]
        graphs = await ask_descriptions(engine, write_descriptions(items)) if items else []
        if all(graph.revision == answer.revision for graph in graphs):
            return keys, list(dict.fromkeys(triple for graph in graphs for triple in read_triples(graph)))
    raise EngineStopped("the data keeps changing while it is read; try again")
