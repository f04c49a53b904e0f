"""The page of an outlet: what it reported first, what it passed on and others from it. It is no score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.twins import find_citation, list_twins
from plangraph.reads import load_read, write_page, write_whole
from plangraph.reported import Json, Row
from plangraph.terms import pg
from plangraph.web.describe import fetch
from plangraph.web.results import ask, for_csv, read_texts
from plangraph.worker import Query

SHOWN: Final = 40
"""How many entries a part of the page shows; the rest are counted, and linked."""

MOST_DIVERGENCES: Final = 500

UNREAD: Final = "citedOnly"
"""How far a page was read that is only known because others name it."""


@dataclass(frozen=True)
class Traced:
    """What others trace to pages of an outlet that were not read.

    ``above`` has the outlets that it is said to have these claims from, ``first`` counts the claims that go
    back to it and no further, and ``further`` are those that no page that was read took straight from it.
    """

    pages: Sequence[Json]
    claims: Sequence[str]
    above: Sequence[tuple[str, list[str]]]
    first: int
    further: Sequence[str]


async def show_outlet(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    outlet, described, triples = await fetch(engine, ["outlet"], slug)
    queries = {
        "query.reports": write_whole(load_read("outlet-reports"), {"outlet": [outlet]}),
        "query.citers": write_whole(load_read("outlet-citers"), {"outlet": [outlet]}),
        "query.firsts": write_whole(load_read("outlet-firsts"), {"outlet": [outlet]}),
        "query.contradictions": write_contradictions("outlet", outlet),
    }
    answers = await ask(engine, *for_all(queries))
    reports, citers, firsts, contradictions = (read_texts(answer) for answer in answers)
    facts = Facts(outlet, triples)
    read, unread = ([row for row in reports if (row["reading"] == UNREAD) is way] for way in (False, True))
    own, relayed = split_reports(read)
    cited = {row["claim"] for row in citers}
    first = find_firsts(firsts, outlet.value)
    against = contradictions[:SHOWN]
    iris = facts.list_iris() | {
        value for row in (*reports, *citers, *firsts) for value in row.values() if "/id/" in value
    }
    iris |= {row[name] for row in against for name in ("oneValue", "otherValue", "onSlot")}
    return Shown(
        template="outlet.html",
        title=facts.name(visit.language).text,
        captions=await ask_captions(engine, iris, visit.language),
        members={
            "facts": facts,
            "known": facts.list_facts(),
            "documents": list_documents(read),
            "traced": trace(unread, cited),
            "claims": len({row["claim"] for row in reports if "claim" in row}),
            "own": own,
            "relayed": relayed,
            "passed_on": len({claim for _, claims in relayed for claim in claims}),
            "citers": group_citers(citers),
            "cited": len(cited),
            "firsts": first,
            "against": against,
            "contradictions": len(contradictions),
            "most": SHOWN,
            "slug": slug,
        },
        queries=queries | {"query.described": described},
        twins=list_twins(visit.links, "outlets", slug),
        citation=find_citation(visit.links, "outlets", slug),
    )


def for_all(queries: dict[str, str]) -> list[Query]:
    """The queries, to be read as rows of texts."""
    return [for_csv(text) for text in queries.values()]


def write_contradictions(filter_name: str, item: NamedNode) -> str:
    """The query for the contradictions that an outlet or actor has a part in."""
    bound = {filter_name: [item], "kind": [pg("contradicts")]}
    return write_page(load_read("divergences"), bound, MOST_DIVERGENCES)


def list_documents(rows: Iterable[Row]) -> list[Json]:
    """Pages of an outlet with their day and the claims that stand in them."""
    found: dict[str, Json] = {}
    for row in rows:
        page = found.setdefault(
            row["document"], {"id": row["document"], "published": row.get("published", ""), "claims": {}}
        )
        page["claims"].update({row["claim"]: None} if "claim" in row else {})
    return sorted(found.values(), key=lambda page: (page["published"] or "9999", page["id"]))


def list_claims(rows: Iterable[Row]) -> list[str]:
    """The claims of some rows, each once; a page may have none."""
    return list(dict.fromkeys(row["claim"] for row in rows if "claim" in row))


def trace(rows: Sequence[Row], straight: set[str]) -> Traced:
    """What the rows of pages that were not read tell; ``straight`` is what read pages took straight there."""
    first, above = split_reports(rows)
    claims = list_claims(rows)
    return Traced(
        pages=list_documents(rows),
        claims=claims,
        above=above,
        first=len(first),
        further=[claim for claim in claims if claim not in straight],
    )


def split_reports(rows: Sequence[Row]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Claims that pages bring themselves, and those they take from others, by the outlet they are taken from.

    Those taken from what is no page of a known outlet stand under an empty name. The most taken come first.
    """
    taken: dict[str, dict[str, None]] = {}
    for row in rows:
        if "above" in row:
            taken.setdefault(row.get("aboveOutlet", ""), {})[row["claim"]] = None
    passed = {claim for claims in taken.values() for claim in claims}
    own = [claim for claim in list_claims(rows) if claim not in passed]
    ordered = sorted(taken.items(), key=lambda entry: (not entry[0], -len(entry[1]), entry[0]))
    return own, [(outlet, list(claims)) for outlet, claims in ordered]


def group_citers(rows: Iterable[Row]) -> list[tuple[str, list[str]]]:
    """The claims that others pass on, by the outlet that does; who passes on most comes first."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row["house"], {})[row["claim"]] = None
    ordered = sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [(outlet, list(claims)) for outlet, claims in ordered]


def find_firsts(rows: Iterable[Row], outlet: str) -> list[Json]:
    """The values that no dated page reports before a page of the outlet, with who else did on that day."""
    found: dict[str, Json] = {}
    for row in rows:
        value = found.setdefault(
            row["value"],
            {
                "id": row["value"],
                "provision": row["provision"],
                "day": row["first"],
                "outlets": int(row["outlets"]),
                "claim": "",
                "beside": [],
            },
        )
        if row["house"] == outlet:
            value["claim"] = value["claim"] or row["claim"]
        elif row["house"] not in value["beside"]:
            value["beside"].append(row["house"])
    mine = [value for value in found.values() if value["claim"]]
    return sorted(mine, key=lambda value: (len(value["beside"]) > 0, -value["outlets"], value["id"]))
