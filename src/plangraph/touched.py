"""Which graphs an update can touch, from its text alone: never fewer than it does touch.

Names are resolved by the engine itself, from the text's own declarations, so a name means here what it means
when the update is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions, Store

from plangraph.change import DEFAULT
from plangraph.operations import Operation, Target, read_operations
from plangraph.terms import BASE, PREFIXES, Graph
from plangraph.tokens import Token, Unclear


@dataclass(frozen=True)
class Touched:
    """The graphs that an update can touch.

    ``emptied`` are those of ``graphs`` that it leaves without anything that was in them before; with
    ``every_named`` that goes for all named graphs there are. Where it is not ``bounded``, it can touch any
    graph, and ``graphs`` says nothing.
    """

    graphs: frozenset[Graph] = frozenset()
    emptied: frozenset[Graph] = frozenset()
    every_named: bool = False
    bounded: bool = True


UNBOUNDED: Final = Touched(bounded=False)


def find_touched(text: str) -> Touched:
    """The graphs that a text can touch; a text that is no update may be called unbounded."""
    try:
        return join_targets(text, read_operations(text))
    except (Unclear, SyntaxError):
        return UNBOUNDED


def join_targets(text: str, operations: Sequence[Operation]) -> Touched:
    """The graphs of all operations; raises ``SyntaxError`` where a name has no meaning."""
    declared: dict[tuple[tuple[int, int], ...], list[Operation]] = defaultdict(list)
    for operation in operations:
        declared[operation.declarations].append(operation)
    written: set[Graph] = set()
    emptied: set[Graph] = set()
    specials: set[Target] = set()
    for spans, group in declared.items():
        prologue = "\n".join(text[start:end] for start, end in spans)
        writes = {target for operation in group for target in operation.writes}
        empties = {target for operation in group for target in operation.empties}
        specials |= {target for target in writes | empties if not isinstance(target, Token)}
        written.update(resolve(prologue, writes))
        emptied.update(resolve(prologue, empties))
        if "default" in empties:
            emptied.add(DEFAULT)
    if "default" in specials:
        written.add(DEFAULT)
    return Touched(
        graphs=frozenset(written | emptied),
        emptied=frozenset(emptied),
        every_named="every named" in specials,
        bounded="any" not in specials or "every named" in specials,
    )


def resolve(prologue: str, targets: Iterable[Target]) -> set[NamedNode]:
    """What the names among the targets stand for after these declarations."""
    names = {target.text for target in targets if isinstance(target, Token)}
    if not names:
        return set()
    query = f"{prologue}\nSELECT ?graph {{ VALUES ?graph {{ {' '.join(names)} }} }}"
    found = Store().query(query, base_iri=BASE, prefixes=PREFIXES)
    assert isinstance(found, QuerySolutions)  # noqa: S101 - it is a SELECT
    graphs = {row["graph"] for row in found}
    return {graph for graph in graphs if isinstance(graph, NamedNode)}
