"""The page of a document: what is known of it, and every claim that it shows, at its place in the text."""

from __future__ import annotations

from collections.abc import Iterable

from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.links import point_at
from plangraph.pages.twins import find_citation, list_twins
from plangraph.reads import load_read, write_whole
from plangraph.reported import Json, Row
from plangraph.terms import NS, pg, term
from plangraph.web.describe import fetch_present
from plangraph.web.results import ask, for_csv, read_texts


async def show_document(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`Retracted`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    extent = visit.edition.extent
    document, described, triples = await fetch_present(visit.request, extent, engine, ["document"], slug)
    query = write_whole(load_read("document-reports"), {"document": [document]})
    (answer,) = await ask(engine, for_csv(query))
    facts, reports = Facts(document, triples), group_reports(read_texts(answer))
    iris = facts.list_iris()
    for entry in reports:
        iris |= {entry["claim"], NS + entry["status"], *entry["about"], *entry["speakers"], *entry["from"]}
    addresses = [value for _, value in facts.read_texts(term("schema:url"))]
    return Shown(
        template="document.html",
        title=facts.name(visit.language).text,
        captions=await ask_captions(engine, iris, visit.language),
        members={
            "facts": facts,
            "known": facts.list_facts(),
            "publishers": facts.list_things(term("schema:publisher")),
            "extents": facts.list_things(pg("readingExtent")),
            "published": next((text for _, text in facts.read_texts(term("schema:datePublished"))), ""),
            "address": (addresses or facts.list_things(term("schema:url")) or [""])[0],
            "reports": reports,
            "slug": slug,
            "tongue": next((text for _, text in facts.read_texts(term("schema:inLanguage"))), ""),
            "point_at": point_at,
        },
        queries={"query.reports": query, "query.described": described},
        twins=list_twins(visit.links, "documents", slug),
        citation=find_citation(visit.links, "documents", slug),
    )


def group_reports(rows: Iterable[Row]) -> list[Json]:
    """A report for each claim by each attribution, by its place in the text; those without one last.

    The first of each claim has a ``name``, which is that of the claim, for an address that leads there.
    """
    found: dict[tuple[str, str], Json] = {}
    for row in rows:
        report = found.setdefault(
            (row["attribution"], row["claim"]),
            {
                "claim": row["claim"],
                "denied": row["polarity"] == "negative",
                "status": row["status"],
                "about": [],
                "speakers": [],
                "from": [],
                "relayed": False,
                "evidence": [],
            },
        )
        for name, column in (("about", "about"), ("speakers", "speaker"), ("from", "aboveOutlet")):
            if column in row and row[column] not in report[name]:
                report[name].append(row[column])
        report["relayed"] = report["relayed"] or "above" in row
        if "exact" in row:
            place = {
                "exact": row["exact"],
                "start": int(row.get("start", -1)),
                "end": int(row.get("end", -1)),
            }
            if place not in report["evidence"]:
                report["evidence"].append(place)
    ordered, named = sorted(found.values(), key=find_start), set[str]()
    for report in ordered:
        name = report["claim"].rpartition("/")[2]
        report["name"] = "" if name in named else name
        named.add(name)
    return ordered


def find_start(report: Json) -> tuple[bool, int]:
    """Where a report stands among others: by the first place of its evidence."""
    starts = [place["start"] for place in report["evidence"] if place["start"] >= 0]
    return not starts, min(starts, default=0)
