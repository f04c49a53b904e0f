"""The page of a reported value: all that assert or deny it, where their chains end, what differs from it."""

from __future__ import annotations

from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.divergence import KEY, TELLINGS_SHOWN
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.reports import gather_sides
from plangraph.pages.twins import find_citation, list_twins
from plangraph.pages.version import group_differences
from plangraph.reads import load_read, write_whole
from plangraph.terms import pg
from plangraph.web.describe import fetch
from plangraph.web.results import ask, for_csv, read_texts


async def show_value(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    value, described, triples = await fetch(engine, ["value"], slug)
    reported = write_whole(load_read("value-reports"), {"value": [value]})
    diverging = write_whole(load_read("value-divergences"), {"value": [value]})
    rows, differing = await ask(engine, for_csv(reported), for_csv(diverging))
    facts, differences = Facts(value, triples), group_differences(read_texts(differing)).get(value.value, [])
    sides = list(gather_sides(read_texts(rows)).values())
    iris = facts.list_iris() | {iri for side in sides for iri in side.list_iris()}
    iris |= {entry[name] for entry in differences for name in ("other", "slot")}
    return Shown(
        template="value.html",
        title=facts.name(visit.language).text,
        captions=await ask_captions(engine, iris, visit.language),
        members={
            "facts": facts,
            "subjects": facts.list_things(pg("ofSubject")),
            "slots": facts.list_things(pg("onSlot")),
            "key": [(name.value, facts.list_things(name)) for name in KEY if facts.list_things(name)],
            "sides": sides,
            "origins": [origin for side in sides for origin in side.list_origins()],
            "differences": differences,
            "tellings_shown": TELLINGS_SHOWN,
            "slug": slug,
        },
        queries={"query.reports": reported, "query.divergences": diverging, "query.described": described},
        twins=list_twins(visit.links, "values", slug),
        citation=find_citation(visit.links, "values", slug),
    )
