"""A collection as a page: its items as a table, its filters as facets in the address, with counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from plangraph.filters import FILTERS, name_option
from plangraph.index import Term
from plangraph.items import Json
from plangraph.pages.captions import Caption, Captions, ask_captions, choose_caption
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.phrases import has_phrase, say
from plangraph.pages.twins import find_citation, find_order, list_twins
from plangraph.paging import RELEVANCE, list_orders
from plangraph.reads import Bound, Read, load_read, write_page
from plangraph.sought import read_sought
from plangraph.web.describe import KINDS_OF
from plangraph.web.finders import Finders
from plangraph.web.pages import ask_page, read_asked
from plangraph.web.results import Row, for_rows

SECTIONS: Final = (
    "plans", "versions", "provisions", "claims", "values", "divergences", "documents", "outlets", "actors",
)  # fmt: skip
"""The collections that have pages, in the order of the menu."""

TOLD: Final = {"divergences": ("onSlot",), "values": ("ofSubject", "onSlot")}
"""Columns that the names of the items of a collection tell already."""

FACET_MOST: Final = 60
NAMED: Final = ("provisions", "versions", "actors", "outlets")
"""Where somebody who searches claims for a name finds what has it."""

NAMED_SHOWN: Final = 6
HIDDEN: Final = ("label",)
"""Columns that say the same as the name of the item, in one language."""


@dataclass(frozen=True)
class Choice:
    """One value of a facet."""

    value: str
    iri: str
    name: Caption
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A facet: the values to choose among, the chosen first, and how many more there are than are shown."""

    name: str
    choices: Sequence[Choice]
    more: int


@dataclass(frozen=True)
class Cell:
    """What stands in one column of an item: a thing, a figure, or a text."""

    column: str
    iri: str
    text: str
    figure: int | None


async def show_list(visit: Visit, section: str, finders: Finders) -> Shown:
    """The page; raises :class:`BadParameter`."""
    read, engine = load_read(section), visit.edition.engine
    usual = find_order(section, visit.links.asked)
    given = {"sort": [usual], **visit.links.asked}
    asked = await read_asked(engine, read, given, finders)
    query = write_page(read, asked.page_bound, asked.limit, asked.order)
    found, _ = await ask_page(engine, read, asked, for_rows(query))
    columns = list_columns(found.rows)
    items = [
        (item.value, [write_cell(row, name) for name in columns])
        for row in found.rows
        if isinstance(item := row["item"], NamedNode)
    ]
    iris = {iri for iri, _ in items} | {cell.iri for _, cells in items for cell in cells if cell.iri}
    iris |= {
        entry["id"] for entries in found.facets.values() for entry in entries[:FACET_MOST] if "id" in entry
    }
    iris |= {
        value.value for values in asked.bound.values() for value in values if isinstance(value, NamedNode)
    }
    named = await find_named(visit, section, finders)
    captions = await ask_captions(engine, iris | set(named), visit.language)
    facets = [write_facet(name, found.facets.get(name, []), visit, captions) for name in read.facets]
    return Shown(
        template="listing.html",
        title=say(visit.language, f"section.{section}"),
        captions=captions,
        members={
            "section": section,
            "total": found.total,
            "columns": columns,
            "items": items,
            "facets": [facet for facet in facets if facet.choices],
            "filters": list_filters(read, visit, captions, asked.bound),
            "days": [name for name in ("since", "until") if name in read.filters],
            "usual": usual,
            "orders": [
                order
                for order in list_orders(read)
                if order != usual and (order != RELEVANCE or "q" in asked.bound)
            ],
            "told": TOLD.get(section, ()),
            "plans": sorted({cell.iri for _, cells in items for cell in cells if cell.column == "ofPlan"}),
            "sorted": given["sort"][0],
            "named": named,
            "next": visit.links.here(next=found.token) if found.token else "",
            "begun": "next" in visit.links.asked,
        },
        queries={"query.page": query},
        twins=list_twins(visit.links, section),
        citation=find_citation(visit.links, section),
    )


async def find_named(visit: Visit, section: str, finders: Finders) -> list[str]:
    """What has the words that a list is searched for as its name, and is in no such list: the best found."""
    kinds = [kind for name in NAMED if name != section for kind in KINDS_OF[name]]
    words = "".join(visit.links.asked.get("q", []))
    if not words:
        return []
    _, found = await finders.find(visit.edition.engine, read_sought(words), kinds)
    return [hit.item for hit in found.hits[:NAMED_SHOWN]]


def list_columns(rows: Sequence[Row]) -> list[str]:
    """The columns that some row has a value in, in the order of the query."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [name for name in names if name != "item" and name not in HIDDEN]


def write_cell(row: Row, name: str) -> Cell:
    """What a row has in a column."""
    value = row.get(name)
    if isinstance(value, NamedNode):
        return Cell(name, value.value, "", None)
    text = value.value if isinstance(value, Literal) else ""
    is_figure = isinstance(value, Literal) and value.datatype.value.endswith("#integer")
    return Cell(name, "", text, int(text) if is_figure else None)


def write_facet(name: str, entries: Sequence[Json], visit: Visit, captions: Captions) -> Facet:
    """A facet with the names of its values in the language of the page."""
    chosen = visit.links.asked.get(name, [])
    choices = [
        Choice(
            str(entry["value"]),
            entry.get("id", ""),
            name_choice(entry, visit.language, captions),
            entry["items"],
            entry["value"] in chosen,
        )
        for entry in entries[:FACET_MOST]
    ]
    ordered = sorted(choices, key=lambda choice: not choice.chosen)
    return Facet(name, ordered, max(len(entries) - FACET_MOST, 0))


def name_choice(entry: Json, language: str, captions: Captions) -> Caption:
    """What a value of a facet is called."""
    key = f"class.{entry['value']}"
    if has_phrase(key):
        return Caption(say(language, key), language)
    iri = entry.get("id", "")
    if iri in captions.found:
        return captions[iri]
    return choose_caption({"en": entry["label"]} if "label" in entry else {}, language, str(entry["value"]))


def list_filters(
    read: Read, visit: Visit, captions: Captions, bound: Bound
) -> list[tuple[str, str, Caption]]:
    """The filters that are set: each with its value and what that is called."""
    asked: Mapping[str, Sequence[str]] = visit.links.asked
    found = []
    for name, values in asked.items():
        for value in values if name in read.filters and name in FILTERS else ():
            key = f"class.{value}"
            said = Caption(say(visit.language, key), visit.language) if has_phrase(key) else None
            found.append((name, value, said or find_caption(value, bound.get(name, ()), captions)))
    return found


def find_caption(value: str, terms: Sequence[Term], captions: Captions) -> Caption:
    """What the value of a filter is called, if it stands for one of these terms that has a name."""
    for term in terms:
        if (
            isinstance(term, NamedNode)
            and value in (name_option(term), term.value)
            and term.value in captions.found
        ):
            return captions[term.value]
    return Caption(value, "")
