"""The page of a plan: who says the plan says what, how far that diverges, and when it was reported."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pyoxigraph import NamedNode

from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.evaluation import Answer
from plangraph.filters import name_chosen
from plangraph.matrix import Tables, assemble
from plangraph.pages.captions import ask_captions
from plangraph.pages.days import draw_days
from plangraph.pages.facts import DEFINITION, Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.grid import (
    SORTS,
    VIEWS,
    Line,
    count_values,
    cut,
    gather,
    lay_lines,
    narrow,
    sort_lines,
)
from plangraph.pages.links import read_choice
from plangraph.pages.phrases import write_share
from plangraph.pages.twins import find_citation, list_twins
from plangraph.reads import load_read, write_surveys
from plangraph.reported import Json
from plangraph.terms import NS, split_thing
from plangraph.timeline import KINDS, count_entries, read_entries
from plangraph.web.comparison_queries import ask_matrix, ask_timeline
from plangraph.web.describe import fetch
from plangraph.web.pages import read_survey
from plangraph.web.results import ask, for_rows, read_rows, read_texts

WHOLE: Final = "outlets"
"""The view whose matrix has every reported value."""

OWN: Final = ("columns", "sort", "show", "from")
"""The parameters of the page that the matrix behind it does not take."""


@dataclass(frozen=True)
class Look:
    """How a visitor looks at the matrix: what the columns are, which are shown, and the order of rows."""

    view: str
    sort: str
    whole: bool
    first: int


def read_look(visit: Visit) -> Look:
    """The look that an address asks for; raises :class:`BadParameter`."""
    asked = visit.links.asked
    first = asked.get("from", ["0"])
    if len(first) > 1 or not first[0].isdecimal() or len(first[0]) > 6:
        raise BadParameter("from takes the number of columns that are passed over, once")
    return Look(
        view=read_choice(asked, "columns", tuple(VIEWS)) or "outlets",
        sort=read_choice(asked, "sort", SORTS) or SORTS[0],
        whole=read_choice(asked, "show", ("all",)) == "all",
        first=int(first[0]),
    )


async def show_plan(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    look = read_look(visit)
    given = {name: values for name, values in visit.links.asked.items() if name not in OWN}
    engine = visit.edition.engine
    plan, described, triples = await fetch(engine, ["plan"], slug)
    (_, queries, answers), (timed, timeline), sourcing = await asyncio.gather(
        ask_matrix(engine, slug, VIEWS[look.view], given),
        ask_timeline(engine, {"plan": [slug]}),
        count_sourcing(engine, plan),
    )
    counted = answers
    if VIEWS[look.view] != VIEWS[WHOLE]:  # the figures stay, whoever the columns are
        _, _, counted = await ask_matrix(engine, slug, VIEWS[WHOLE], given)

    def compare() -> tuple[Json, Json, Json]:
        matrix = read_matrix(answers, look.view)
        entries = read_entries(read_texts(timeline))
        told = {"items": [entries[place] for place in sorted(entries)]}
        whole = matrix if look.view == WHOLE else read_matrix(counted, WHOLE)
        return matrix, whole, count_entries(entries.values()) | told

    matrix, whole, days = await asyncio.to_thread(compare)
    if look.first >= max(len(matrix["columns"]), 1):
        raise BadParameter(f"from takes a number below that of the columns, {len(matrix['columns'])}")
    shown = cut(matrix["columns"], look.first, whole=look.whole)
    lines = sort_lines(lay_lines(matrix, whole, look.view, shown), look.sort, visit.language)
    lines = narrow(lines, given)
    facts, filters = Facts(plan, triples), name_chosen(given)
    iris = facts.list_iris() | find_named(matrix, look.view, shown) | {iri for _, _, iri in filters if iri}
    worded = {value["id"] for line in lines for cell in line.cells if cell for value in cell.values}
    chart = draw_days(days)
    return Shown(
        template="plan.html",
        title=facts.name(visit.language).text,
        captions=await ask_captions(engine, iris, visit.language, () if look.whole else worded),
        members={
            "facts": facts,
            "known": facts.list_facts(DEFINITION),
            "about": facts.read_text(DEFINITION, visit.language),
            "look": look,
            "views": list(VIEWS),
            "sorts": SORTS,
            "columns": [matrix["columns"][place] for place in shown],
            "all_columns": len(matrix["columns"]),
            "shown": shown,
            "lines": lines,
            "filtered": bool(given),
            "filters": filters,
            "figures": count_values(whole) | {"documents": count_documents(days)},
            "shares": {
                "single": write_share(*count_single(whole)),
                "anonymous": write_share(sourcing["anonymous"], sourcing["claims"]),
            },
            "sourcing": sourcing,
            "days": days,
            "chart": chart,
            "kinds": KINDS,
            "slug": slug,
            "row_kinds": {cell.standing for line in lines for cell in line.cells if cell},
            "row_slots": {
                NS + value["slot"] for line in lines for cell in line.cells if cell for value in cell.values
            },
            "absences": list_absences(lines, [matrix["columns"][place] for place in shown]),
        },
        queries={f"query.{name}": text for name, text in queries.items()}
        | {"query.timeline": timed, "query.described": described},
        twins=list_twins(visit.links, "plans", slug),
        citation=find_citation(visit.links, "plans", slug),
    )


def read_matrix(answers: Sequence[Answer], view: str) -> Json:
    """The matrix that answers tell, its columns gathered for a view."""
    return assemble(*gather(Tables(*map(read_texts, answers)), view))


def count_single(matrix: Json) -> tuple[int, int]:
    """How many values rest on one known origin and no other end, of how many."""
    figures = count_values(matrix)
    return figures["single"], figures["values"]


def count_documents(days: Json) -> int:
    """How many documents that were read report on the plan: each is one entry of its timeline."""
    return sum(1 for entry in days["items"] if entry["kind"] == "report" and entry["documents"][0]["read"])


def list_absences(lines: Sequence[Line], columns: Sequence[Json]) -> set[str]:
    """What it means of the empty cells that are shown that they are empty."""
    return {
        column["absent"]
        for line in lines
        for cell, column in zip(line.cells, columns, strict=True)
        if cell is None
    }


def find_named(matrix: Json, view: str, shown: Sequence[int]) -> set[str]:
    """What of the matrix has no name in both languages yet: slots, and what stands in some columns."""
    slots = {NS + value["slot"] for row in matrix["items"] for value in row["values"]}
    if view not in ("countries", "origins", "speakers"):
        return slots
    columns = (matrix["columns"][place].get("id", "") for place in shown)
    return slots | {iri for iri in columns if split_thing(iri)}


async def count_sourcing(engine: QueryEngine, plan: NamedNode) -> dict[str, Any]:
    """How many claims concern a plan, and how many of them have a chain that ends in an unnamed source."""
    read = load_read("claims")
    counting = replace(read, facets={"status": read.facets["status"]})
    surveys = write_surveys(counting, {"plan": [plan]}, engine.settings.limits.query_bytes)
    answers = await ask(engine, *map(for_rows, surveys))
    total, _, facets = read_survey([row for answer in answers for row in read_rows(answer)])
    ends = {entry["value"]: entry["items"] for entry in facets.get("status", [])}
    return {"claims": total, "anonymous": ends.get("anonymous", 0), "ends": ends}
