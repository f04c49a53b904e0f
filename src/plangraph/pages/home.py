"""The first page: what there is, the plans with reports by day, where reports differ most and last."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.days import draw_sparks
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.phrases import say
from plangraph.pages.twins import describe_dataset
from plangraph.reads import load_read, write_page, write_surveys, write_whole
from plangraph.terms import pg
from plangraph.web.pages import read_survey
from plangraph.web.results import ask, for_csv, for_rows, read_rows, read_texts

DIVERGENT_SHOWN: Final = 12
NEWEST_SHOWN: Final = 8
PLANS_SHOWN: Final = 20


async def show_home(visit: Visit) -> Shown:
    """The page."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    plans = write_page(load_read("plans"), {}, PLANS_SHOWN)
    days = write_whole(load_read("plan-days"), {})
    newest = write_page(load_read("newest-divergences"), {}, NEWEST_SHOWN)
    read = load_read("divergences")
    counting = replace(read, facets={"provision": read.facets["provision"]})
    most = engine.settings.limits.query_bytes
    (survey,), (contradicting,) = (
        write_surveys(counting, bound, most) for bound in ({}, {"kind": [pg("contradicts")]})
    )
    listed, reported, late, *counted = await ask(
        engine, for_csv(plans), for_csv(days), for_csv(newest), for_rows(survey), for_rows(contradicting)
    )
    (total, _, facets), (sharp, _, sharpest) = (read_survey(read_rows(answer)) for answer in counted)
    divergent = facets.get("provision", [])
    rows = sorted(read_texts(listed), key=lambda row: -int(row["provisions"]))
    recent = read_texts(late)
    values = {row[side] for row in recent for side in ("one", "other")}
    iris = {row["item"] for row in rows} | {entry["id"] for entry in divergent[:DIVERGENT_SHOWN]} | values
    tools = describe_dataset(visit.links)
    tools["queries"] |= {
        "query.plans": plans,
        "query.days": days,
        "query.divergent": survey,
        "query.contradictions": contradicting,
        "query.newest": newest,
    }
    return Shown(
        template="home.html",
        title=say(visit.language, "site.title"),
        captions=await ask_captions(engine, iris, visit.language, values),
        members={
            "plans": rows,
            "sparks": draw_sparks(read_texts(reported)),
            "recent": recent,
            "divergent": divergent[:DIVERGENT_SHOWN],
            "most": max((entry["items"] for entry in divergent), default=1),
            "total": total,
            "sharp": sharp,
            "contradictions": {entry["id"]: entry["items"] for entry in sharpest.get("provision", [])},
        },
        **tools,
    )
