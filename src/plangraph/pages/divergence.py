"""The page of a divergence: two reported values side by side, who reports each, and the rule between them."""

from __future__ import annotations

from typing import Final

from pyoxigraph import NamedNode

from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.provision import UNDER
from plangraph.pages.reports import gather_sides, share_origins
from plangraph.pages.twins import find_citation, list_twins
from plangraph.reads import load_read, write_item_description, write_whole
from plangraph.terms import NS, pg
from plangraph.web.describe import fetch
from plangraph.web.results import ask, for_csv, for_triples, read_texts, read_triples

TELLINGS_SHOWN: Final = 6
"""How many reports of a value are shown at once; the rest fold."""

KEY: Final = (pg("ofSubject"), *map(pg, UNDER))
"""What has to be the same before two values are compared, by property."""


async def show_divergence(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    divergence, described, triples = await fetch(engine, ["divergence"], slug)
    facts = Facts(divergence, triples)
    values = [NamedNode(iri) for iri in facts.list_things(pg("betweenValue"))]
    slots = facts.list_things(pg("onSlot"))
    reported = write_whole(load_read("value-reports"), {"divergence": [divergence]})
    keyed = write_item_description([*values, *map(NamedNode, slots)])
    rows, graph = await ask(engine, for_csv(reported), for_triples(keyed))
    sides, around = gather_sides(read_texts(rows)), read_triples(graph)
    mine, *others = [Facts(value, around) for value in values]
    key = [(name.value, mine.list_things(name)) for name in KEY if mine.list_things(name)]
    compared = [iri for slot in slots for iri in Facts(NamedNode(slot), around).list_things(pg("comparison"))]
    shown = [sides[value.value] for value in values if value.value in sides]
    iris = facts.list_iris() | {iri for side in shown for iri in side.list_iris()} | set(compared)
    iris |= {iri for name, held in key for iri in (name, *held)}
    captions = await ask_captions(engine, iris, visit.language)
    subjects = mine.list_things(pg("ofSubject"))
    kind = next(iter(facts.list_things(pg("divergenceKind"))), NS).removeprefix(NS)
    return Shown(
        template="divergence.html",
        title=facts.name(visit.language).text,
        captions=captions,
        members={
            "facts": facts,
            "kind": kind,
            "reason": next((text for _, text in facts.read_texts(pg("reason"))), ""),
            "subjects": subjects,
            "slots": slots,
            "compared": sorted(set(compared)),
            "key": [(name, [iri for iri in held if is_shared(iri, name, others)]) for name, held in key],
            "drift": ("", "true") in list(facts.read_texts(pg("withinOneOrigin"))),
            "sides": shown,
            "shared": share_origins(shown[0], shown[-1]) if len(shown) > 1 else [],
            "tellings_shown": TELLINGS_SHOWN,
            "slug": slug,
        },
        queries={"query.reports": reported, "query.values": keyed, "query.described": described},
        twins=list_twins(visit.links, "divergences", slug),
        citation=find_citation(visit.links, "divergences", slug),
    )


def is_shared(iri: str, name: str, others: list[Facts]) -> bool:
    """Whether the other values have a thing under the same property."""
    return all(iri in other.list_things(NamedNode(name)) for other in others)
