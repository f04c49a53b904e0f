"""The page of the graph, of a plan or of all: who said it, which outlet was first, which passed it on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.filters import name_option, read_filters
from plangraph.pages.captions import Captions, ask_captions
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.links import Links, read_choice
from plangraph.pages.network import ROWS_SHOWN, Figure, draw_network, list_things
from plangraph.pages.phrases import say
from plangraph.pages.twins import cite_figure, list_figure_twins
from plangraph.pages.ways import Network, Numbers, Station, find_followed, trace_ways
from plangraph.reads import Bound, load_read, write_whole
from plangraph.reported import Row
from plangraph.web.comparison_queries import find_things
from plangraph.web.pages import settle
from plangraph.web.results import ask, for_csv, read_texts

FILTERS: Final = ("provision", "topic", "version", "slot", "outlet", "actor")
OWN: Final = ("follow", "boxes", "rows")
"""The parameters of a figure that choose no claims."""

BOXES: Final = ("6", "12", "24", "48")
BOXES_SHOWN: Final = 12
"""How many boxes a column can have, and has without a wish."""

CLAIMS_SHOWN: Final = 40

FILTER_OF: Final = {"speaker": "actor", "unnamed": "actor", "outlet": "outlet", "subject": "provision"}
"""The filter that keeps the claims of a station alone."""


@dataclass(frozen=True)
class Choice:
    """What an address chooses of a network: what is followed, and how much is shown."""

    follow: str
    most: int
    rows: int


@dataclass(frozen=True)
class Asked:
    """A network, the rows of its claims, and the queries behind both by what names them."""

    network: Network
    told: Sequence[Row]
    queries: Mapping[str, str]


def read_look(links: Links, boxes: int = BOXES_SHOWN) -> Choice:
    """What an address chooses, with so many boxes if it does not; raises :class:`BadParameter`."""
    follow = links.asked.get("follow", [])
    if len(follow) > 1:
        raise BadParameter("follow takes the name of one thing in the figure")
    return Choice(
        follow="".join(follow),
        most=int(read_choice(links.asked, "boxes", BOXES) or boxes),
        rows=1_000_000 if read_choice(links.asked, "rows", ("all",)) else ROWS_SHOWN,
    )


async def ask_network(engine: QueryEngine, bound: Bound, *, by_claim: bool = False) -> Asked:
    """The network of the claims that filters choose."""
    queries = {
        "query.told": write_whole(load_read("told-claims"), bound),
        "query.hops": write_whole(load_read("told-hops"), bound),
    }
    told, hops = await ask(engine, *map(for_csv, queries.values()))

    def trace() -> tuple[Network, Sequence[Row]]:
        rows = read_texts(told)
        return trace_ways(rows, read_texts(hops), by_claim=by_claim), rows

    network, rows = await asyncio.to_thread(trace)
    return Asked(network, rows, queries)


def follow(network: Network, slug: str) -> Numbers:
    """The claims that are followed; raises :class:`BadParameter` where nothing of the figure is called so."""
    found = find_followed(network, slug) if slug else frozenset()
    if slug and not found:
        raise BadParameter(f"follow knows nothing called {slug!r:.200} among the claims that are shown")
    return found


async def draw(
    visit: Visit, network: Network, captions: Captions, choice: Choice, followed: Numbers
) -> Figure | None:
    """The figure of a network whose boxes lead to themselves followed; nothing where there is no claim."""
    if not network.claims:
        return None
    links = visit.links

    def find_address(station: Station) -> str:
        kept = None if station.slug == choice.follow else station.slug
        return f"{links.here(follow=kept)}#ways"

    return await asyncio.to_thread(
        draw_network,
        network,
        captions,
        find_address,
        most=choice.most,
        followed=followed,
        chosen=choice.follow,
        rows_shown=choice.rows,
        page=links.here() if visit.framed else "",
    )


async def find_plans(engine: QueryEngine, slug: str) -> list[NamedNode]:
    """The plan of that name, or without one all that there are; raises :class:`NotFound`."""
    if slug:
        return await find_things(engine, "plan", slug)
    (listed,) = await ask(engine, for_csv(write_whole(load_read("plans"), {})))
    return [NamedNode(row["item"]) for row in read_texts(listed)]


async def show_graph(visit: Visit, slug: str) -> Shown:
    """The page, of a plan or without a slug of all; raises :class:`NotFound`, :class:`BadParameter`."""
    engine, links = visit.edition.engine, visit.links
    choice = read_look(links)
    given = {name: values for name, values in links.asked.items() if name not in OWN}
    plans = await find_plans(engine, slug)
    offered = FILTERS if slug else ("plan", *FILTERS)
    chosen = await settle(engine, load_read("told-claims"), read_filters(given, offered))
    asked = await ask_network(engine, {"plan": plans, **chosen})
    network = asked.network
    followed = follow(network, choice.follow)
    topics = Counter(row["topic"] for row in asked.told if "topic" in row)
    subjects = Counter(row["subject"] for row in asked.told)
    told = [network.claims[number] for number in sorted(followed)][:CLAIMS_SHOWN]
    filters = [(name, value, find_iri(chosen, name, value)) for name in given for value in given[name]]
    iris = list_things(network) | set(topics) | set(subjects) | set(told)
    iris |= {iri for _, _, iri in filters} | {plan.value for plan in plans}
    captions = await ask_captions(engine, iris, visit.language)
    return Shown(
        template="graph.html",
        title=captions[plans[0].value].text if slug else say(visit.language, "graph.whole"),
        captions=captions,
        members={
            "slug": slug,
            "plan": plans[0].value if slug else "",
            "figure": await draw(visit, network, captions, choice, followed),
            "choice": choice,
            "boxes": BOXES,
            "filters": filters,
            "topics": topics.most_common(),
            "subjects": subjects.most_common(),
            "told": told,
            "followed": list_followed(network, choice.follow),
            "filter_of": FILTER_OF,
        },
        queries=asked.queries,
        twins=list_figure_twins(links, "graph", slug),
        citation=cite_figure(links, "graph", slug),
    )


def find_iri(chosen: Bound, name: str, value: str) -> str:
    """The IRI of the thing that the value of a filter stands for."""
    nodes = [node for node in chosen.get(name, []) if isinstance(node, NamedNode)]
    return next((node.value for node in nodes if value in (name_option(node), node.value)), value)


def list_followed(network: Network, slug: str) -> list[Station]:
    """What is followed, once for each thing that is called so; a claim is no station of a plan's figure."""
    found: dict[str, Station] = {}
    for station in sorted(network.stations):
        if slug and station.slug == slug:
            found.setdefault(station.name, station)
    return list(found.values())
