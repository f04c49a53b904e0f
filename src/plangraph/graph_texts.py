"""The canonical text of one part of what is stated, and the digest that names the state it is in.

A text and its part are the same thing in two forms: nothing is lost in the text, and two that say the same
have one text, whatever their blank nodes are called. So what no text can hold is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, parse

from plangraph.errors import NotWritable
from plangraph.parts import find_graph, find_quads
from plangraph.turtle import write_turtle
from plangraph.write_errors import AlreadyThere, ChangeRefused, Outdated
from plangraph.writes import Expected

ABBREVIATED: Final = 16
"""Letters of a digest that suffice to name a state of one graph."""


def write_text(store: Store, part: str) -> bytes | None:
    """The canonical Turtle of a part, or of a graph by its name; nothing where it says nothing.

    Raises :class:`ChangeRefused` for a triple used as a term, and for a blank node that another graph holds
    as well: apart, the two texts would not say that it is one.
    """
    quads, graph = find_quads(store, part), find_graph(part)
    blanks = {node for quad in quads for node in (quad.subject, quad.object) if isinstance(node, BlankNode)}
    for node in blanks:
        found = chain(store.quads_for_pattern(node, None, None), store.quads_for_pattern(None, None, node))
        if elsewhere := next((quad.graph_name for quad in found if quad.graph_name != graph), None):
            raise ChangeRefused(
                f"{graph} and {elsewhere} hold one blank node; give it an IRI", rule="shared-blank-node"
            )
    try:
        return write_turtle(quads) if quads else None
    except NotWritable as error:
        raise ChangeRefused(f"{graph}: {error.detail}", rule="triple-term") from None


def read_text(text: bytes | str, graph: NamedNode) -> Iterator[Quad]:
    """The quads of a text, in its graph; their blank nodes are those of no other text.

    Raises ``SyntaxError`` for a text that is no Turtle.
    """
    for quad in parse(text, format=RdfFormat.TURTLE, rename_blank_nodes=True):
        yield Quad(quad.subject, quad.predicate, quad.object, graph)


def digest_text(text: bytes) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text).hexdigest()


def check_expected(store: Store, condition: Expected) -> None:
    """Raises :class:`Outdated` unless a part is what a write expects it to be."""
    part = condition.part
    text = write_text(store, part)
    if condition.absent:
        if text is not None:
            raise AlreadyThere(f"<{part}> is there already")
    elif text is None:
        raise Outdated(f"there is no <{part}>")
    elif condition.digests and not any(map(digest_text(text).startswith, condition.digests)):
        raise Outdated(f"<{part}> has been written since; read it again and look at what has changed")
