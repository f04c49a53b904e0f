"""The same as data: every page has twins in other formats, which the REST API writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from plangraph.filters import ALL
from plangraph.formats import CSV, GRAPHS, HTML, JSON, JSONLD
from plangraph.pages.links import CHOSEN, Given, Links
from plangraph.paging import DESCENDING, RELEVANCE
from plangraph.past import PARAMETERS
from plangraph.web.describe import TABLED
from plangraph.web.exports import VOID, write_graph_query

API: Final = "api/v1"
LISTED: Final = {"json": "JSON", "jsonld": "JSON-LD", "ttl": "Turtle", "trig": "TriG", "csv": "CSV"}
"""The twins that a page links, by suffix; there are a few more."""

FORMATS: Final = (HTML, JSON, *GRAPHS, CSV)
"""The formats of a page with data behind it, HTML first: that is what a client without a wish gets."""

WHOLE: Final = ("limit", ALL)
"""A page shows the whole of a thing, so that its table has everything as well."""

VERSIONS: Final = "/versions"
"""What stands behind the slug of a plan where its versions are side by side: their data is its matrix."""

SORTED: Final = {
    "plans": "label",
    "versions": "versionDate",
    "provisions": DESCENDING + "claims",
    "claims": DESCENDING + "published",
    "values": "label",
    "divergences": "kind",
    "documents": DESCENDING + "published",
    "outlets": "label",
    "actors": "label",
}
"""How the page of a collection is sorted where nobody chose. The API goes by identifier then, which says
nothing to a reader; so the twins of the page ask it for this order, and have what the page shows."""

TABLES: Final = {
    "plans": "plans/{slug}/matrix.csv?limit=all",
    "versions": "claims.csv?version={slug}&limit=all",
    "provisions": "provisions/{slug}/values.csv",
    "claims": "claims/{slug}/chain.csv",
    "documents": "claims.csv?document={slug}&limit=all",
    "outlets": "documents.csv?outlet={slug}&limit=all",
    "actors": "attributions.csv?actor={slug}&limit=all",
    **{name: f"{name}/{{slug}}.csv" for name in (*TABLED, "questions")},
}
"""Where the table of a page of one thing is, whole."""

MATRIX_PARAMETERS: Final = ("provision", "topic", "version", "slot", "language", "country", *PARAMETERS)
"""What the table of a plan takes of the parameters of its page."""

FIGURES: Final = {
    "graph": ("attributions", ("plan", "provision", "topic", "version", "slot", "outlet", "actor")),
    "map": ("values", ("plan", "provision", "topic", "version")),
    "timeline": ("timeline", ("plan", "since", "until", "kind")),
}
"""The collection that has the data of a figure, and what it takes of the parameters of the figure's page."""

PLACED: Final = ("territory", "atPlace")
"""The slots whose values are places."""


def find_order(section: str, given: Given) -> str:
    """The order of a page where nobody chose one: of what is searched for, the best found comes first."""
    return RELEVANCE if "q" in given else SORTED.get(section, "")


def list_asked(links: Links, section: str) -> list[tuple[str, str]]:
    """What the page of a collection asks of the API, with its order."""
    order = "" if "sort" in links.given else find_order(section, links.given)
    asked = [pair for pair in links.change({}) if pair[0] not in CHOSEN]
    return [*asked, ("sort", order)] if order else asked


def list_twins(links: Links, section: str, slug: str = "") -> Sequence[tuple[str, str]]:
    """The formats that a page is linked in, each with its address."""
    path = f"{section}/{slug}" if slug else section
    pairs = links.keep(PARAMETERS) if slug else list_asked(links, section)
    if section == "plans" and slug:
        pairs = [pair for pair in links.change({}) if pair[0] in MATRIX_PARAMETERS]
    return [(name, links.write(f"{path}.{suffix}", pairs)) for suffix, name in LISTED.items()]


def find_twin(links: Links, section: str, slug: str, suffix: str) -> str:
    """The address at which the API writes a page in a format; what only pages take is left out.

    A list of which nobody asked for a part is written whole, where the format has no place for a way on.
    """
    if not slug:
        part = "limit" in links.given or "next" in links.given
        whole = [] if part else take_whole(suffix)
        return links.write(f"{API}/{section}.{suffix}", [*list_asked(links, section), *whole])
    if slug.endswith(VERSIONS):
        chosen = [pair for pair in links.change({}) if pair[0] in ("version", *PARAMETERS)]
        place = f"{API}/{section}/{slug.removesuffix(VERSIONS)}/matrix.{suffix}"
        return links.write(place, [("columns", "versions"), *take_whole(suffix), *chosen])
    if suffix != CSV.suffix:
        return links.to_data(f"{API}/{section}/{slug}.{suffix}")
    path, _, query = TABLES[section].format(slug=slug).partition("?")
    taken = MATRIX_PARAMETERS if section == "plans" else PARAMETERS
    given = [pair for pair in links.change({}) if pair[0] in taken]
    return links.write(f"{API}/{path}", [*parse_qsl(query), *given])


def list_graph_twins(links: Links, address: str) -> Sequence[tuple[str, str]]:
    """The formats of a graph that has an address of its own, or of what is described below one."""
    return [(name, links.to_data(f"{address}.{suffix}")) for suffix, name in LISTED.items()]


def describe_dataset(links: Links) -> dict[str, Any]:
    """The tools of a page that has no other data than what the data set says of itself."""
    return {
        "queries": {"query.dataset": write_graph_query(VOID)},
        "twins": list_graph_twins(links, VOID),
        "citation": cite_address(links, links.to_data(VOID)),
        "is_text": False,
    }


def cite_page(links: Links) -> str:
    """Where the citation of a page is that is cited by its own address."""
    return cite_address(links, links.to_data(links.path))


def cite_query(links: Links, query: str) -> str:
    """Where the citation of the result of a query is."""
    return cite_address(links, links.to_query(query))


def cite_address(links: Links, address: str) -> str:
    """Where the citation of what an address answers is."""
    return links.write(f"{API}/citation", [("of", address.removeprefix(links.root))])


def find_citation(links: Links, section: str, slug: str = "") -> str:
    """Where the citation of a page is."""
    if slug:
        return links.to_data(f"{API}/{section}/{slug}/citation")
    return cite_address(links, links.write(f"{API}/{section}", list_asked(links, section)))


def find_figure_twin(links: Links, name: str, slug: str, suffix: str) -> str:
    """The address at which the API writes the data of a figure of a plan, or of the whole, in a format."""
    collection, taken = FIGURES[name]
    pairs = [("plan", slug)] if slug else []
    pairs += [("slot", slot) for slot in PLACED] if name == "map" else []
    pairs += [pair for pair in links.change({}) if pair[0] in (*taken, *PARAMETERS)]
    return links.write(f"{API}/{collection}{suffix and '.'}{suffix}", [*pairs, *take_whole(suffix)])


def take_whole(suffix: str) -> Sequence[tuple[str, str]]:
    """What asks for everything at once, in a format that has no place for a way to the next page."""
    return [] if suffix in ("", JSON.suffix, JSONLD.suffix) else [WHOLE]


def list_figure_twins(links: Links, name: str, slug: str = "") -> Sequence[tuple[str, str]]:
    """The formats in which the page of a figure links its data."""
    return [(called, find_figure_twin(links, name, slug, suffix)) for suffix, called in LISTED.items()]


def cite_figure(links: Links, name: str, slug: str = "") -> str:
    """Where the citation of the data of a figure is."""
    return cite_address(links, find_figure_twin(links, name, slug, ""))
