"""The page of a provision: what is reported of it, slot by slot, by whom, and who differs in what."""

from __future__ import annotations

import asyncio
from typing import Final

from plangraph.pages.captions import ask_captions
from plangraph.pages.facts import DEFINITION, Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.grid import TELLING
from plangraph.pages.twins import find_citation, list_twins
from plangraph.reported import Json
from plangraph.terms import pg
from plangraph.web.comparison_queries import bind_values, collect_values
from plangraph.web.describe import fetch

UNDER: Final = (
    "inVersion", "fromVersion", "inOption", "onTopic", "onlyWhen", "trigger", "heldBy", "denialOf",
    "pointBasis",
)  # fmt: skip
"""What a value may hold under; two values are only compared where these are the same."""


async def show_provision(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    engine = visit.edition.engine
    (provision, bound), (_, described, triples) = await asyncio.gather(
        bind_values(engine, slug, visit.links.asked), fetch(engine, ["provision"], slug)
    )
    laid, queries = await collect_values(engine, provision, bound)
    facts, joined = Facts(provision, triples), laid.tree
    values = {tree["id"]: tree for tree in joined["items"]}
    slots = [(slot["id"], order_values([values[iri] for iri in slot["values"]])) for slot in joined["slots"]]
    iris = facts.list_iris() | {iri for iri, _ in slots}
    for tree in joined["items"]:
        iris |= {entry["id"] for entry in list_under(tree)}
        iris |= {entry["outlet"]["id"] for entry in tree["reports"]}
        iris |= {origin["id"] for entry in tree["reports"] for origin in entry["origins"]}
    return Shown(
        template="provision.html",
        title=facts.name(visit.language).text,
        captions=await ask_captions(engine, iris, visit.language),
        members={
            "facts": facts,
            "known": facts.list_facts(DEFINITION),
            "about": facts.read_text(DEFINITION, visit.language),
            "plans": facts.list_things(pg("ofPlan")),
            "slots": slots,
            "list_under": list_under,
            "figures": count_reports(joined["items"]),
            "telling": TELLING,
            "slug": slug,
        },
        queries={f"query.{name}": text for name, text in queries.items()} | {"query.described": described},
        twins=list_twins(visit.links, "provisions", slug),
        citation=find_citation(visit.links, "provisions", slug),
    )


def order_values(trees: list[Json]) -> list[Json]:
    """The values of a slot, those that most pages report first."""
    return sorted(trees, key=lambda tree: (-tree["documents"], tree["words"], tree["id"]))


def list_under(tree: Json) -> list[Json]:
    """What a value holds under, each as a thing with its name."""
    held = (tree.get(name, []) for name in UNDER)
    listed = (entry for found in held for entry in (found if isinstance(found, list) else [found]))
    return [entry for entry in listed if isinstance(entry, dict) and "id" in entry]


def count_reports(trees: list[Json]) -> dict[str, int]:
    """Figures of a provision: pages, outlets, origins, values, and divergences, each counted once."""
    reports = [entry for tree in trees for entry in tree["reports"]]
    return {
        "documents": len({entry["document"] for entry in reports}),
        "outlets": len({entry["outlet"]["id"] for entry in reports}),
        "origins": len({origin["id"] for entry in reports for origin in entry["origins"]}),
        "values": len(trees),
        "divergences": len({entry["id"] for tree in trees for entry in tree["diverges"]}),
    }
