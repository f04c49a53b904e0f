"""The page of a provision: what is reported of it and by whom, who differs in what, what changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

from plangraph.filters import name_chosen
from plangraph.pages.captions import ask_captions
from plangraph.pages.course import ask_course
from plangraph.pages.facts import DEFINITION, Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.graph import OWN, ask_network, draw, follow, list_followed, read_look
from plangraph.pages.grid import LATER, TELLING, keep_given
from plangraph.pages.map import show_on_provision
from plangraph.pages.network import list_things
from plangraph.pages.spoken import RELATIONS
from plangraph.pages.twins import find_citation, list_twins
from plangraph.reported import Json
from plangraph.terms import NS, pg
from plangraph.web.comparison_queries import bind_values, collect_values
from plangraph.web.describe import fetch

UNDER: Final = (
    "inVersion", "fromVersion", "inOption", "onTopic", "onlyWhen", "trigger", "heldBy", "denialOf",
    "pointBasis",
)  # fmt: skip
"""What a value may hold under; two values are only compared where these are the same."""

BOXES_SHOWN: Final = 6
"""How many boxes a column of its graph has without a wish."""


async def show_provision(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    engine = visit.edition.engine
    choice = read_look(visit.links, BOXES_SHOWN)
    given = {name: values for name, values in visit.links.asked.items() if name not in OWN}
    (provision, bound), (_, described, triples) = await asyncio.gather(
        bind_values(engine, slug, given), fetch(engine, ["provision"], slug)
    )
    facts = Facts(provision, triples)
    plans = facts.list_things(pg("ofPlan"))
    (laid, queries), asked, course = await asyncio.gather(
        collect_values(engine, provision, bound),
        ask_network(engine, bound, by_claim=True),
        ask_course(engine, provision, plans),
    )
    network, followed = asked.network, follow(asked.network, choice.follow)
    joined = laid.tree
    values = {tree["id"]: tree for tree in joined["items"]}
    slots = order_slots(
        [(slot["id"], order_values([values[iri] for iri in slot["values"]])) for slot in joined["slots"]]
    )
    iris = facts.list_iris() | {iri for iri, _ in slots}
    for tree in joined["items"]:
        iris |= {entry["id"] for entry in list_under(tree)}
        iris |= {iri for entry in tree["reports"] for iri in (entry["outlet"]["id"], entry["claim"])}
        iris |= {origin["id"] for entry in tree["reports"] for origin in entry["origins"]}
    chart, places, mapped = await show_on_provision(visit, bound, plans)
    filters = name_chosen(given)
    iris |= list_things(network) | places | set(course.list_iris()) | {iri for _, _, iri in filters if iri}
    captions = await ask_captions(engine, iris, visit.language, {*values, *course.list_values()})
    return Shown(
        template="provision.html",
        title=facts.name(visit.language).text,
        captions=captions,
        members={
            "facts": facts,
            "known": facts.list_facts(DEFINITION),
            "about": facts.read_text(DEFINITION, visit.language),
            "plans": plans,
            "filters": filters,
            "kept": keep_given(given),
            "figure": await draw(visit, network, captions, choice, followed),
            "choice": choice,
            "followed": list_followed(network, choice.follow),
            "chart": chart,
            "relations": RELATIONS,
            "slots": slots,
            "kinds": list_kinds(joined["items"]),
            "list_under": list_under,
            "list_wordings": list_wordings,
            "changes": course.passages,
            "figures": count_reports(joined["items"]),
            "telling": TELLING,
            "slug": slug,
        },
        queries={f"query.{name}": text for name, text in queries.items()}
        | {**course.queries, **asked.queries, **mapped, "query.described": described},
        twins=list_twins(visit.links, "provisions", slug),
        citation=find_citation(visit.links, "provisions", slug),
    )


def order_slots(slots: list[tuple[str, list[Json]]]) -> list[tuple[str, list[Json]]]:
    """Slots with their values: what and how much before who and how strictly; of most pages first."""

    def rank(entry: tuple[str, list[Json]]) -> tuple[bool, int, str]:
        slot, trees = entry
        return slot.removeprefix(NS) in LATER, -max(tree["documents"] for tree in trees), slot

    return sorted(slots, key=rank)


def order_values(trees: list[Json]) -> list[Json]:
    """The values of a slot, those that most pages report first."""
    return sorted(trees, key=lambda tree: (-tree["documents"], tree["words"], tree["id"]))


def list_under(tree: Json) -> list[Json]:
    """What a value holds under, each as a thing with its name."""
    held = (tree.get(name, []) for name in UNDER)
    listed = (entry for found in held for entry in (found if isinstance(found, list) else [found]))
    return [entry for entry in listed if isinstance(entry, dict) and "id" in entry]


def list_wordings(tree: Json) -> list[tuple[str, bool]]:
    """The claims that assert or deny a value, each once, with whether that is denied; the most told first."""
    pages = Counter((entry["claim"], entry["report"] == "denies") for entry in tree["reports"])
    return sorted(pages, key=lambda entry: (-pages[entry], entry))


def list_kinds(trees: list[Json]) -> list[str]:
    """In what ways some of the values differ, the sharpest first."""
    found = {entry["kind"] for tree in trees for entry in tree["diverges"]}
    return [kind for kind in TELLING if kind in found]


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
