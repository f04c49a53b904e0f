"""SHACL on a graph in memory: quads, and descriptions of what they refer to, in; results out.

The graph is a plain rdflib one: on an Oxigraph-backed graph pyshacl gives false results. Terms keep their
lexical form, so that a rule finds an ill-typed date; nothing is fetched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import rdflib
from pyoxigraph import Quad, Store
from pyshacl.pytypes import SHACLExecutor
from rdflib import SH
from rdflib.term import IdentifiedNode

from plangraph.rules import Details, PlainGraph, Rule, Rules, Things, to_rdflib, to_term


def find_violations(
    quads: Sequence[Quad], context: Sequence[Quad], rules: Rules, chosen: Iterable[Rule] | None = None
) -> Iterator[tuple[str, Details]]:
    """Each result of SHACL on what the quads describe: the IRI at fault, and the result's properties.

    ``context`` is looked at and never judged; of the rules only some may be chosen. Pure, but for the caches
    of pyshacl.
    """
    with quiet():
        data = PlainGraph()
        for quad in (*quads, *context):
            data.add(to_rdflib(quad))
        things = Things(data, dict.fromkeys(to_term(quad.subject) for quad in quads))
        executor = SHACLExecutor()
        store = Store()
        store.extend((*quads, *context))
        for rule in rules.rules if chosen is None else chosen:
            focus = rule.choose(things)
            if not focus:
                continue
            for details in rule.ask(store, focus):
                yield climb(data, details[SH.focusNode]), details
            for _, result, triples in rule.shape.validate(
                executor, data, focus=cast(list[IdentifiedNode], focus)
            )[1]:
                # The triples also hold the results of nested shapes; and a node of the data has its graph.
                details = {
                    key: node[1] if isinstance(node, tuple) else node
                    for subject, key, node in triples
                    if subject == result
                }
                yield climb(data, details[SH.focusNode]), details


def climb(data: rdflib.Graph, node: rdflib.term.Node) -> str:
    """The IRI of a node, or of what a blank node hangs on."""
    seen = set()
    while isinstance(node, rdflib.BNode) and node not in seen:
        seen.add(node)
        node = next(data.subjects(None, node), node)
    return str(node)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep rdflib from logging ill-typed literals: a rule finds them, with file and line."""
    logger = logging.getLogger("rdflib.term")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
