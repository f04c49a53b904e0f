"""One update on one store, and the change that it made there. No process, no clock.

The store is the caller's own copy: it holds the outcome afterwards, and is spoiled where an error is raised.
The WHERE of an update sees the default graph as it is, never the union of all graphs, unless USING says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pyoxigraph import DefaultGraph, Store

from plangraph.change import (
    DEFAULT,
    FEW_QUADS,
    Change,
    Named,
    compare,
    count_quads,
    dump_graph,
    name_lines,
    passes,
)
from plangraph.errors import (
    BadParameter,
    PlangraphError,
    QueryTooHungry,
)
from plangraph.evaluation import read_iri
from plangraph.operations import Operation, read_operations
from plangraph.settings import Limits
from plangraph.syntax import explain_refusal, explain_update
from plangraph.terms import BASE, PREFIXES, Graph
from plangraph.tokens import Unclear
from plangraph.touched import UNBOUNDED, Touched, join_targets
from plangraph.write_errors import (
    UpdateRefused,
)


def update(
    store: Store,
    text: str,
    limits: Limits,
    using_graph_uris: Sequence[str] = (),
    using_named_graph_uris: Sequence[str] = (),
) -> Change:
    """Do an update on a store and say what it changed.

    The text must have passed :func:`~plangraph.operations.check_update`. The two lists of graph IRIs are
    those of the SPARQL protocol and stand in for ``USING`` and ``USING NAMED``. All operations of the text
    make one change.

    Raises :class:`QuerySyntaxWrong` with line and column, :class:`BadParameter` for graph IRIs that are none
    or that the text has an answer to, :class:`UpdateRefused` for what cannot be done on these data or passes
    ``update_compare_quads``, and :class:`QueryTooHungry` where memory ran out softly.
    """
    clauses = write_using(using_graph_uris, using_named_graph_uris)
    try:
        try:
            operations = read_operations(text)
            touched = join_targets(text, operations)
        except (Unclear, SyntaxError):
            operations, touched = [], UNBOUNDED
            check_syntax(text)
        if clauses and touched is UNBOUNDED:
            raise BadParameter("the text is too unusual to add using-graph-uri to it; write USING into it")
        parts = list(split(text, operations, clauses))
        if clauses:  # an error must be told at its place in the text as it was sent
            for part in split(text, operations, ""):
                check_syntax(part)
        recorder = Recorder(store, touched, limits)
        for part in parts:
            store.update(part, base_iri=BASE, prefixes=PREFIXES)
        return recorder.find_change()
    except SyntaxError as error:
        raise explain_update(error, text) from None
    except MemoryError:
        raise QueryTooHungry(
            "the update ran out of its memory", rule="write_memory_bytes", limit=limits.write_memory_bytes
        ) from None
    except RuntimeError as error:
        raise explain_refusal(error, text, UpdateRefused) from None
    except (OSError, UnicodeEncodeError):
        raise UpdateRefused(
            "the update asks for something outside this data set, or is not Unicode text", rule="evaluation"
        ) from None


def check_syntax(text: str) -> None:
    """Raises ``SyntaxError`` for a text that is no update; what it does is done to nothing."""
    try:
        Store().update(text, base_iri=BASE, prefixes=PREFIXES)
    except (RuntimeError, OSError):
        return


def write_using(default: Sequence[str], named: Sequence[str]) -> str:
    """The clauses that stand for the parameters of the protocol."""
    return "".join(
        [f"USING {read_iri('using-graph-uri', uri)} " for uri in default]
        + [f"USING NAMED {read_iri('using-named-graph-uri', uri)} " for uri in named]
    )


def split(text: str, operations: Sequence[Operation], clauses: str) -> Iterator[str]:
    """The text as the engine takes it: whole, or operation by operation.

    The grammar allows declarations before each operation, the engine only before the first. A part holds one
    operation and what is declared before it, each at its place, so that errors name the right one.
    """
    declared = {operation.declarations for operation in operations}
    if not clauses and len(declared) <= 1 and not any(operation.ignored for operation in operations):
        yield text
        return
    for operation in operations:
        if operation.ignored:
            continue
        if clauses and operation.scoped:
            raise BadParameter("using-graph-uri cannot be given where the update says WITH or USING itself")
        kept = keep(text, [*operation.declarations, (operation.start, operation.end)])
        if clauses and operation.where is not None:
            before, after = kept[: operation.where], kept[operation.where :]
            if operation.pattern is not None:
                start, end = operation.pattern
                before += f"{text[start:end]} "
            kept = before + clauses + after
        yield kept


def keep(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with all outside of these spans blanked, its lines as they are."""
    parts, last = [], 0
    for start, end in spans:
        parts += [blank(text[last:start]), text[start:end]]
        last = end
    return "".join(parts)


def blank(text: str) -> str:
    """As many spaces, with the ends of lines where they were."""
    return "".join(letter if letter in "\r\n" else " " for letter in text)


class Recorder:
    """What the graphs that an update can touch held before it."""

    def __init__(self, store: Store, touched: Touched, limits: Limits) -> None:
        self.store = store
        self.touched = touched
        self.most = limits.update_compare_quads
        self.names = set(self.list_names())
        graphs = set(touched.graphs) if touched.bounded else {DEFAULT, *self.names}
        emptied = set(touched.emptied) | (self.names if touched.every_named else set())
        self.emptied: set[Graph] = emptied if passes(store, emptied, FEW_QUADS) else set()
        self.emptied_quads = sum(count_quads(store, graph) for graph in self.emptied)
        self.before = self.dump((graphs | emptied) - self.emptied)

    def list_names(self) -> Iterable[Named]:
        """The named graphs that exist, of those that can be touched."""
        if self.touched.bounded and not self.touched.every_named:
            named = (graph for graph in self.touched.graphs if not isinstance(graph, DefaultGraph))
            return [graph for graph in named if self.store.contains_named_graph(graph)]
        return self.store.named_graphs()

    def dump(self, graphs: Iterable[Graph]) -> dict[Graph, bytes]:
        """What graphs hold; raises :class:`UpdateRefused` where that is too much to compare."""
        held: dict[Graph, bytes] = {}
        left = self.most
        for graph in graphs:
            held[graph] = dump_graph(self.store, graph)
            left -= held[graph].count(b"\n")
            if left < 0:
                raise self.refuse()
        return held

    def refuse(self) -> PlangraphError:
        """The error of an update that can touch too much."""
        which = "the graphs it names" if self.touched.bounded else "any graph, since nothing in it bounds it"
        return UpdateRefused(
            f"the update can change {which}; more than {self.most:,} quads cannot be compared",
            rule="update_compare_quads",
            limit=self.most,
        )

    def find_change(self) -> Change:
        """What has changed since."""
        names = set(self.list_names())
        graphs = self.before.keys() if self.touched.bounded else self.before.keys() | {DEFAULT} | names
        if self.touched.every_named:
            graphs |= names
        found = compare(self.before, self.dump(graph for graph in graphs if graph not in self.emptied))
        came = [name_lines(held, graph) for graph, held in self.dump(self.emptied & names).items()]
        if DEFAULT in self.emptied:
            came.append(dump_graph(self.store, DEFAULT))
        return replace(
            found,
            added=found.added + b"".join(came),
            emptied=frozenset(self.emptied),
            emptied_quads=self.emptied_quads,
            dropped=frozenset(self.names - names),
            created=frozenset(names - self.names),
        )
