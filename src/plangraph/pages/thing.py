"""The page of a thing of a kind that has no page of its own: a quantity, an event, a place, an option."""

from __future__ import annotations

from typing import Final

from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.twins import list_graph_twins
from plangraph.reads import write_chosen
from plangraph.web.describe import fetch
from plangraph.web.results import ask, for_csv, read_texts

SHOWN: Final = 30
"""How many of the things that point at it by one property are listed; all are counted."""


async def show_thing(visit: Visit, kind: str, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    item, described, triples = await fetch(engine, [kind], slug)
    pointing = write_chosen("pointing", [item])
    (answer,) = await ask(engine, for_csv(pointing))
    uses: dict[str, list[str]] = {}
    for row in read_texts(answer):
        uses.setdefault(row["property"], []).append(row["by"])
    facts = Facts(item, triples)
    iris = facts.list_iris() | uses.keys() | {iri for held in uses.values() for iri in held[:SHOWN]}
    place = f"doc/{kind}/{slug}"
    return Shown(
        template="thing.html",
        title=facts.name(visit.language).text,
        captions=await ask_captions(engine, iris, visit.language),
        members={"facts": facts, "known": facts.list_facts(), "uses": uses, "most": SHOWN},
        queries={"query.described": described, "query.pointing": pointing},
        twins=list_graph_twins(visit.links, place),
        citation=visit.links.to_data(f"{place}/citation"),
    )
