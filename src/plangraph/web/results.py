"""Our own queries asked of the engine, and their answers as terms."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Final, TypeAlias

from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Triple, parse, parse_query_results

from plangraph.engine import QueryEngine
from plangraph.errors import EngineStopped
from plangraph.formats import CSV, NTRIPLES, RESULTS_JSON
from plangraph.terms import Term
from plangraph.worker import Answer, Query

Row: TypeAlias = dict[str, Term]

TRIES: Final = 3
"""How often a read that fell between two revisions is made again."""


async def ask(engine: QueryEngine, *queries: Query, hold: bool = True) -> list[Answer]:
    """The answers to several queries, all of one revision; raises what :meth:`Engine.run` raises.

    They are held for who asks the same again, unless told otherwise. What is held from before serves the
    first try alone: while workers of a new revision take over, it may be of that one and the rest of the one
    before.
    """
    for number in range(TRIES):
        asking = (ask_held(engine, query) if hold and number == 0 else engine.run(query) for query in queries)
        answers = await asyncio.gather(*asking)
        if len({answer.revision for answer in answers}) <= 1:
            return answers
    raise EngineStopped("the data keeps changing while it is read; try again")


async def ask_held(engine: QueryEngine, query: Query) -> Answer:
    """The answer to a query, from before if somebody has needed it of this revision; held from then on."""
    found = engine.memo.find(query, engine.revision)
    if found is not None:
        return found
    answer = await engine.run(query)
    engine.memo.keep(query, answer)
    return answer


def for_rows(text: str) -> Query:
    """A SELECT over all graphs, to be read by :func:`read_rows`."""
    return Query(text, RESULTS_JSON.media_type, default_graph="union")


def for_csv(text: str) -> Query:
    """A SELECT over all graphs, to be handed on as it is, or read by :func:`read_texts`."""
    return Query(text, CSV.media_type, default_graph="union")


def for_triples(text: str) -> Query:
    """A CONSTRUCT over all graphs, to be read by :func:`read_triples`."""
    return Query(text, NTRIPLES.media_type, default_graph="union")


def read_rows(answer: Answer) -> list[Row]:
    """The rows by the names of their columns; what is unbound is left out."""
    solutions = parse_query_results(answer.body, QueryResultsFormat.JSON)
    assert isinstance(solutions, QuerySolutions)  # noqa: S101 - for_rows asks for them
    names = [variable.value for variable in solutions.variables]
    return [
        {name: term for name, term in zip(names, solution, strict=True) if term is not None}
        for solution in solutions
    ]


def read_texts(answer: Answer) -> list[dict[str, str]]:
    """The rows as texts by the names of their columns, from CSV: faster, for who needs no kinds of terms.

    What is unbound, and what is empty, is left out.
    """
    lines = csv.reader(io.StringIO(answer.body.decode(), newline=""))
    names = next(lines)
    return [{name: cell for name, cell in zip(names, line, strict=True) if cell} for line in lines]


def read_triples(answer: Answer) -> list[Triple]:
    """The triples."""
    return [quad.triple for quad in parse(answer.body, RdfFormat.N_TRIPLES)]
