"""What comparisons ask of the graph, whole: the API answers page by page, pages for people show all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from pyoxigraph import Literal, NamedNode

from plangraph.context import load_context
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter, NotFound
from plangraph.filters import read_filters
from plangraph.items import Json, write_items
from plangraph.provision_values import join_values
from plangraph.reads import Bound, load_read, write_options, write_page_description, write_whole
from plangraph.terms import Term
from plangraph.timeline import KINDS
from plangraph.web.comparison_pages import Given, Laid
from plangraph.web.describe import KINDS_OF, name_candidates
from plangraph.web.pages import settle
from plangraph.web.results import ask, for_csv, for_rows, for_triples, read_rows, read_texts, read_triples
from plangraph.worker import Answer

MATRIX_FILTERS: Final = ("provision", "topic", "version", "slot", "language", "country")
VALUES_FILTERS: Final = ("version", "slot")
TIMELINE_FILTERS: Final = ("plan", "since", "until")
MATRIX_PARTS: Final = ("provisions", "columns", "reports", "values", "claims", "divergences")


async def find_matrix(
    engine: QueryEngine, slug: str, axis: str, given: Given
) -> tuple[NamedNode, dict[str, str]]:
    """A plan, and the queries of its matrix; raises :class:`NotFound`, :class:`BadParameter`."""
    (plan,) = await find_things(engine, "plan", slug)
    bound = await settle(engine, load_read("matrix-reports"), read_filters(given, MATRIX_FILTERS))
    return plan, write_matrix_queries(axis, bound | {"plan": [plan]})


async def ask_matrix(
    engine: QueryEngine, slug: str, axis: str, given: Given
) -> tuple[NamedNode, dict[str, str], list[Answer]]:
    """A plan, the queries of its whole matrix, and their answers, in the order of :class:`Tables`.

    Raises what :func:`find_matrix` raises.
    """
    plan, queries = await find_matrix(engine, slug, axis, given)
    return plan, queries, await ask(engine, *map(for_csv, queries.values()))


def write_matrix_queries(axis: str, bound: Bound) -> dict[str, str]:
    """The queries of a matrix by the name of what they give; each takes the filters that it has."""
    found = {}
    for part in MATRIX_PARTS:
        read = load_read(f"matrix-{axis if part == 'columns' else part}")
        found[part] = write_whole(read, {name: bound[name] for name in bound if name in read.filters})
    return found


async def bind_values(
    engine: QueryEngine, slug: str, given: Given
) -> tuple[NamedNode, dict[str, list[Term]]]:
    """A provision, and what the filters of its values are bound to.

    Raises :class:`NotFound`, :class:`BadParameter`.
    """
    (provision,) = await find_things(engine, "provision", slug)
    bound = await settle(engine, load_read("provision-values"), read_filters(given, VALUES_FILTERS))
    return provision, bound | {"provision": [provision]}


async def collect_values(
    engine: QueryEngine, provision: NamedNode, bound: Bound
) -> tuple[Laid, dict[str, str]]:
    """All values of a provision, joined with reports and divergences, and the queries behind them."""
    query = write_whole(load_read("provision-values"), bound)
    described = write_page_description(load_read("values"), bound)
    diverging = write_whole(load_read("matrix-divergences"), bound)
    rows, graph, divergences = await ask(engine, for_csv(query), for_triples(described), for_csv(diverging))
    triples = read_triples(graph)

    def lay() -> Json:
        values = sorted({triple.subject for triple in triples if is_value(triple.subject)}, key=str)
        trees = write_items(triples, values, load_context())
        return {"provision": provision.value} | join_values(trees, read_texts(rows), read_texts(divergences))

    laid = Laid(await asyncio.to_thread(lay), described, triples)
    return laid, {"reports": query, "values": described, "divergences": diverging}


def is_value(node: object) -> bool:
    """Whether a node of a description is a reported value, by its name."""
    return isinstance(node, NamedNode) and "/id/value/" in node.value


def write_chain_queries(slug: str) -> list[tuple[NamedNode, str]]:
    """The claims that may be called so, each with the query of its chains."""
    read, claims = load_read("claim-chain"), name_candidates(KINDS_OF["claims"], slug)
    return [(claim, write_whole(read, {"claim": [claim]})) for claim in claims]


async def ask_chain(engine: QueryEngine, slug: str) -> tuple[NamedNode, str, Answer]:
    """A claim, the query of its chains, and its rows; raises :class:`NotFound`."""
    for claim, query in write_chain_queries(slug):
        (answer,) = await ask(engine, for_csv(query))
        if read_texts(answer):
            return claim, query, answer
    raise lack("claim", slug)


async def bind_timeline(engine: QueryEngine, given: Given) -> dict[str, list[Term]]:
    """What the filters of a timeline are bound to; raises :class:`BadParameter`."""
    kinds = given.pop("kind", [])
    for kind in kinds:
        check_option("kind", kind, KINDS)
    bound = await settle(engine, load_read("timeline"), read_filters(given, TIMELINE_FILTERS))
    return bound | ({"kind": [Literal(kind) for kind in kinds]} if kinds else {})


async def ask_timeline(engine: QueryEngine, given: Given) -> tuple[str, Answer]:
    """The query of a whole timeline, and its rows; raises :class:`BadParameter`."""
    query = write_whole(load_read("timeline"), await bind_timeline(engine, given))
    (answer,) = await ask(engine, for_csv(query))
    return query, answer


async def find_things(engine: QueryEngine, filter_name: str, slug: str) -> list[NamedNode]:
    """The one thing that a path names; raises :class:`NotFound`."""
    candidates = name_candidates([filter_name], slug)
    if candidates:
        query = write_options(load_read("values"), filter_name, candidates)
        (answer,) = await ask(engine, for_rows(query))
        found = [row["option"] for row in read_rows(answer)]
        if found:
            return [option for option in found if isinstance(option, NamedNode)]
    raise lack(filter_name, slug)


def lack(kind: str, slug: str) -> NotFound:
    """That there is no such thing."""
    return NotFound(f"there is no {kind} called {slug!r:.200}")


def check_option(name: str, value: str, options: Sequence[str]) -> None:
    """Raises :class:`BadParameter` for a value that there is not."""
    if value not in options:
        raise BadParameter(f"{name} knows no {value!r:.200}; there are {', '.join(options)}")
