"""SHACL on a graph in memory: quads, and descriptions of what they refer to, in; results out.

The graph is a plain rdflib one: on an Oxigraph-backed graph pyshacl gives false results. Terms keep their
lexical form, so that a rule finds an ill-typed date; nothing is fetched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, cast

import rdflib
from pyoxigraph import Quad, Store, Triple
from pyshacl.pytypes import SHACLExecutor
from rdflib import SH
from rdflib.term import IdentifiedNode

from plangraph.rules import Details, PlainGraph, Rule, Rules, Things, to_rdflib, to_term
from plangraph.terms import BASE

RULE: Final = rdflib.URIRef(BASE + "shapes#triple-term")
MESSAGE: Final = rdflib.Literal(
    "No triple stands inside another one here: what is said of a statement is a claim with its attributions."
)


def find_violations(
    quads: Sequence[Quad], context: Sequence[Quad], rules: Rules, chosen: Iterable[Rule] | None = None
) -> Iterator[tuple[str, Details]]:
    """Each result of SHACL on what the quads describe: the IRI at fault, and the result's properties.

    ``context`` is looked at and never judged; of the rules only some may be chosen. Triple terms, which SHACL
    1.0 and rdflib do not know, are told of and not looked at. Pure, but for the caches of pyshacl.
    """
    for quad in quads:
        if isinstance(quad.object, Triple):
            yield str(to_term(quad.subject)), tell_triple_term(quad)
    quads, context = leave_triple_terms(quads), leave_triple_terms(context)
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


def tell_triple_term(quad: Quad) -> Details:
    """The result for a quad whose object is a triple."""
    return {
        SH.focusNode: to_term(quad.subject),
        SH.resultPath: to_term(quad.predicate),
        SH.resultSeverity: SH.Violation,
        SH.sourceConstraint: RULE,
        SH.resultMessage: MESSAGE,
    }


def leave_triple_terms(quads: Sequence[Quad]) -> Sequence[Quad]:
    """The quads whose objects are no triples."""
    return [quad for quad in quads if not isinstance(quad.object, Triple)]


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
