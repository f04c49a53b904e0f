"""For Python users: the data set as an rdflib ``Dataset``, and SELECT queries as tables.

Queries run on Oxigraph inside the calling process: without the service's limits, and following ``SERVICE``
if the query asks for it. Give it no query that is not your own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store, Triple

from plangraph import build
from plangraph.errors import BadParameter, ExtraMissing, NotWritable
from plangraph.pinning import Pin, Undated, read_pin
from plangraph.syntax import explain
from plangraph.terms import PREFIXES, VOCABULARIES, Term

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

Value: TypeAlias = str | int | float | Decimal | bool | date | datetime | None

STORES: Final = 4
"""How many stores of the packaged data set are kept: the whole, and as of days."""

XSD: Final = VOCABULARIES["xsd"]
TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
READERS: Final[dict[str, Callable[[str], Value]]] = {
    **dict.fromkeys(("integer", "int", "long", "short", "nonNegativeInteger", "positiveInteger"), int),
    **dict.fromkeys(("double", "float"), float),
    "decimal": Decimal,
    "boolean": TRUTHS.__getitem__,
    "date": date.fromisoformat,
    "dateTime": datetime.fromisoformat,
}
"""How the text of a literal becomes a Python value, by the local name of its datatype; others stay text."""


@dataclass(frozen=True)
class Table:
    """The answer to a SELECT: names of columns, and rows of Python values with ``None`` for unbound."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """The rows as dictionaries, which is what ``pandas.DataFrame(table)`` reads."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame; unlike ``pandas.DataFrame(table)`` it keeps the columns of a table without rows."""
        try:
            import pandas  # noqa: PLC0415 - an optional dependency
        except ModuleNotFoundError:
            raise ExtraMissing("data frames need pandas; in a clone: pip install -e '.[frames]'") from None

        return pandas.DataFrame(list(self.rows), columns=list(self.columns))


def load(
    data: Path | str | None = None, *, as_of: date | str | None = None, undated: Undated | None = None
) -> rdflib.Dataset:
    """All graphs of a data set, the computed one included; the default graph is their union.

    ``data`` is a folder laid out like ``data/``, by default the packaged data set. With ``as_of`` (a day) it
    is the data set of what had been published by then, every figure computed from that alone; ``undated``
    says what becomes of a document that may have been published by that day or later: ``exclude``, which is
    the default, or ``include``. Literals keep the lexical form of the files.

    Raises :class:`~plangraph.errors.FileUnreadable`, :class:`~plangraph.errors.BadParameter`.
    """
    dataset = rdflib.Dataset(default_union=True)
    for prefix, iri in PREFIXES.items():
        dataset.bind(prefix, iri, replace=True)
    for quad in build.build(Path(data) if data else None, choose_pin(as_of, undated)).quads:
        home = dataset.default_graph
        if isinstance(quad.graph_name, NamedNode):
            home = dataset.graph(rdflib.URIRef(quad.graph_name.value))
        home.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return dataset


def query(
    text: str,
    data: Path | str | None = None,
    *,
    as_of: date | str | None = None,
    undated: Undated | None = None,
) -> Table:
    """The answer to a SELECT over the union of all graphs; the project's prefixes need not be declared.

    ``data``, ``as_of`` and ``undated`` are those of :func:`load`. The packaged data set is read once a
    process for each day asked for, but only the last few are kept; a folder is read anew at each call. Raises
    :class:`~plangraph.errors.QuerySyntaxWrong`, or :class:`~plangraph.errors.BadParameter` for another form
    of query.
    """
    pin = choose_pin(as_of, undated)
    store = open_packaged(pin) if data is None else open_store(Path(data), pin)
    try:
        answer = store.query(text, prefixes=PREFIXES, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise explain(error, text) from None
    if not isinstance(answer, QuerySolutions):
        raise BadParameter("query() takes a SELECT; for graphs there is load()")
    columns = tuple(variable.value for variable in answer.variables)
    return Table(columns, tuple(tuple(map(to_python, solution)) for solution in answer))


def choose_pin(as_of: date | str | None, undated: str | None) -> Pin | None:
    """The pin that the arguments of a function make; raises :class:`BadParameter` by their names."""
    day = as_of.isoformat() if isinstance(as_of, date) else as_of
    return read_pin([] if day is None else [day], [] if undated is None else [undated])


@lru_cache(maxsize=STORES)
def open_packaged(pin: Pin | None) -> Store:
    """The store of the packaged data set, which does not change while a process runs."""
    return open_store(None, pin)


def open_store(data: Path | None, pin: Pin | None) -> Store:
    """A store in memory with all quads of a data set."""
    store = Store()
    store.bulk_extend(build.build(data, pin).quads)
    return store


def to_rdflib(node: Term) -> rdflib.term.Node:
    """The same term for rdflib, with its lexical form; raises :class:`NotWritable` for a triple."""
    if isinstance(node, NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, BlankNode):
        return rdflib.BNode(node.value)
    if isinstance(node, Triple):
        raise NotWritable("rdflib holds no triple as a term")
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    kind = None if node.datatype.value == XSD + "string" else rdflib.URIRef(node.datatype.value)
    return rdflib.Literal(node.value, datatype=kind, normalize=False)


def to_python(node: Term | None) -> Value:
    """The Python value of a term: of an IRI its text, of a literal that its datatype cannot read its text."""
    if node is None:
        return None
    if isinstance(node, Literal):
        name = node.datatype.value.removeprefix(XSD)
        with suppress(ValueError, KeyError, InvalidOperation):
            return READERS.get(name, str)(node.value)
        return node.value
    return node.value if isinstance(node, NamedNode) else str(node)
