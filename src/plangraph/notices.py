"""What is said of a write beside what the shapes find: claims that it takes out, an address taken twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, Store, parse

from plangraph.change import Change
from plangraph.checks import is_document
from plangraph.findings import Finding, show_term
from plangraph.pinning import DOCUMENT_GRAPHS
from plangraph.sheetfiles import SUFFIXES
from plangraph.submissions import Submission
from plangraph.terms import graph, split_thing, term, thing
from plangraph.write_errors import ChangeRefused
from plangraph.writes import GraphWrite, Write

ASSERTS, URL = term("pg:assertsClaim"), term("schema:url")
MARK: Final = f" {URL} ".encode()
"""What stands in each line of N-Quads that gives an address; a few others hold it in a literal."""

NAMED_MOST: Final = 9
"""How many things a message names; the others are counted."""


@dataclass(frozen=True)
class Replaced:
    """The graph of a document that a write replaces, the claims that are stated there, and what comes.

    RDF may come from where only a description was read, and leave out the rest without meaning to. A sheet
    is what its writer knows of a document, so it may state less.
    """

    graph: NamedNode
    claims: frozenset[str]
    by_rdf: bool

    @property
    def slug(self) -> str:
        """The name of the document."""
        return self.graph.value.removeprefix(DOCUMENT_GRAPHS)


def find_replaced(store: Store, write: Write) -> Replaced | None:
    """What a write is going to replace as a whole; nothing where that states no claim, and for an update."""
    match write:
        case Submission(slug=str(slug), form=form):
            place, by_rdf = graph(f"document/{slug}"), form not in SUFFIXES.values()
        case GraphWrite(method="PUT", graph=str(name), thing=None):
            place, by_rdf = NamedNode(name), True
        case _:
            return None
    claims = list_claims(store, place) if is_document(place) else frozenset()
    return Replaced(place, claims, by_rdf) if claims else None


def list_claims(store: Store, place: NamedNode) -> frozenset[str]:
    """The claims that attributions of a graph assert."""
    found = (quad.object for quad in store.quads_for_pattern(None, ASSERTS, None, place))
    return frozenset(claim.value for claim in found if isinstance(claim, NamedNode))


def find_notices(store: Store, change: Change, replaced: Replaced | None) -> Iterator[Finding]:
    """What a curator should know of a change that the store has already.

    Raises :class:`ChangeRefused` where RDF leaves nothing of what a document states.
    """
    if replaced is not None:
        yield from tell_gone(store, replaced)
    yield from tell_shared(store, change)


def tell_gone(store: Store, replaced: Replaced) -> Iterator[Finding]:
    """Which claims a replacement takes out; raises :class:`ChangeRefused` where RDF takes out all."""
    left = list_claims(store, replaced.graph)
    gone, slug = replaced.claims - left, replaced.slug
    document = thing("document", slug).value
    if replaced.by_rdf and not left:
        claims = "the only claim" if len(gone) == 1 else f"all {len(gone):,} claims"
        message = f"This would take out {claims} of the document, and every attribution."
        finding = Finding(replaced.graph.value, None, "violation", message, "loses-claims", focus=document)
        raise ChangeRefused(
            f"{finding.describe_place()}{message} (loses-claims) A replacement stands for the whole graph of "
            f"the document. What is read at /api/v1/documents/{slug} is only the description in it; the "
            f"whole graph is at /graph/document/{slug}, whose ETag is taken by If-Match as well. To take the "
            f"document out, retract it: DELETE /api/v1/documents/{slug}?reason=...",
            rule="loses-claims",
            findings=[finding.describe_member()],
            total=1,
        )
    if gone:
        count = f"{len(gone):,} of the {len(replaced.claims):,} claims that the document stated"
        message = f"{count} {'is' if len(gone) == 1 else 'are'} taken out: {name_some(gone)}."
        yield Finding(replaced.graph.value, None, "warning", message, "claims-gone", focus=document)


def tell_shared(store: Store, change: Change) -> Iterator[Finding]:
    """Which documents have had the very address that a change gives to another one; a look-up each."""
    lines = b"".join(line for line in change.added.splitlines(keepends=True) if MARK in line)
    for quad in parse(lines, format=RdfFormat.N_QUADS):
        place, document = quad.graph_name, quad.subject
        if not isinstance(place, NamedNode) or not isinstance(document, NamedNode):
            continue
        if not is_document(place) or quad.predicate != URL:
            continue
        if document != thing("document", place.value.removeprefix(DOCUMENT_GRAPHS)):
            continue
        having = {found.subject for found in store.quads_for_pattern(None, URL, quad.object)}
        others = {entry.value for entry in having - {document} if isinstance(entry, NamedNode)}
        others = {entry for entry in others if (split_thing(entry) or ("", ""))[0] == "document"}
        if others:
            message = f"This is the address of {name_some(others)} too. Is it one page, recorded twice?"
            yield Finding(
                place.value, None, "warning", message, "same-address",
                focus=document.value, predicate=URL.value, value=str(quad.object),
            )  # fmt: skip


def name_some(iris: Collection[str]) -> str:
    """Things by their short names, the first few of them."""
    names = [show_term(f"<{iri}>") for iri in sorted(iris)]
    more = f" and {len(names) - NAMED_MOST:,} more" if len(names) > NAMED_MOST else ""
    return ", ".join(names[:NAMED_MOST]) + more
