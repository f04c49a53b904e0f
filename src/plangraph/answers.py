"""One query from the command line: start an engine on built data, ask, and read rows for people."""

from __future__ import annotations

from typing import Final

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, parse_query_results

from plangraph.build import Dataset
from plangraph.errors import BadParameter, NotAcceptable
from plangraph.export import write
from plangraph.formats import GRAPHS, ROWS, TSV, TURTLE
from plangraph.index import Term
from plangraph.settings import Settings
from plangraph.terms import shorten
from plangraph.worker import Answer, Engine, Query

MEDIA_TYPES: Final = {format.name: format.media_type for format in (*ROWS, *GRAPHS)}
GRAPH_NAMES: Final = {format.name for format in GRAPHS}
FOR_PEOPLE: Final = f"{TSV.media_type}, {TURTLE.media_type}"


def answer_once(text: str, dataset: Dataset, format_name: str | None) -> Answer:
    """The answer of a data set to a query, under the limits of the service.

    ``format_name`` names a format of rows or of graphs; without one it is TSV or Turtle. Raises what
    :meth:`Engine.run` raises, :class:`~plangraph.errors.BadParameter` for a format of the other kind.
    """
    if format_name is not None and format_name not in MEDIA_TYPES:
        raise BadParameter(f"there is no format {format_name!r}; there are {', '.join(MEDIA_TYPES)}")
    accept = MEDIA_TYPES[format_name] if format_name else FOR_PEOPLE
    with Engine(write(dataset.quads, "nquads"), dataset.revision, Settings(workers=1)) as engine:
        try:
            return engine.run_now(Query(text, accept))
        except NotAcceptable:
            fitting = [entry.name for entry in (ROWS if format_name in GRAPH_NAMES else GRAPHS)]
            raise BadParameter(f"{format_name} cannot hold this answer; {', '.join(fitting)} can") from None


def read_rows(content: bytes) -> tuple[list[str], list[list[str]]]:
    """The columns and rows of TSV results, each term as people read it."""
    solutions = parse_query_results(content, QueryResultsFormat.TSV)
    if not isinstance(solutions, QuerySolutions):
        raise TypeError("these are not rows")
    columns = [variable.value for variable in solutions.variables]
    return columns, [[show_term(term) for term in solution] for solution in solutions]


def show_term(term: Term | None) -> str:
    """A term for people: a prefixed name where there is one, the text of a literal, nothing for unbound."""
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return shorten(term.value) or term.value
    return term.value if isinstance(term, Literal) else str(term)
