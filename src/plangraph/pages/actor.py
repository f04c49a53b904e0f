"""The page of a person, body or unnamed source: what it is reported to say and hold, what contradicts it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from plangraph.filters import read_filters
from plangraph.pages.captions import ask_captions
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.outlet import SHOWN, for_all, write_contradictions
from plangraph.pages.twins import find_citation, list_twins
from plangraph.reads import load_read, write_whole
from plangraph.reported import Json, Row
from plangraph.web.describe import KINDS_OF, fetch
from plangraph.web.results import ask, read_texts


async def show_actor(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    actor, described, triples = await fetch(engine, KINDS_OF["actors"], slug)
    queries = {
        "query.words": write_whole(load_read("actor-words"), {"actor": [actor]}),
        "query.contradictions": write_contradictions("actor", actor),
    }
    words, contradictions = (read_texts(answer) for answer in await ask(engine, *for_all(queries)))
    facts, against, claims = Facts(actor, triples), contradictions[:SHOWN], gather_words(words)
    iris = facts.list_iris() | {value for row in words for value in row.values() if "/id/" in value}
    iris |= {row[name] for row in against for name in ("oneValue", "otherValue", "onSlot")}
    return Shown(
        template="actor.html",
        title=facts.name(visit.language).text,
        captions=await ask_captions(engine, iris, visit.language),
        members={
            "facts": facts,
            "known": facts.list_facts(),
            "unnamed": actor.value.split("/")[-2] == "source",
            "said": sum("said" in claim["parts"] for claim in claims),
            "held": sum("held" in claim["parts"] for claim in claims),
            "claims": claims,
            "against": against,
            "contradictions": len(contradictions),
            "most": SHOWN,
            "slug": slug,
        },
        queries=queries | {"query.described": described},
        twins=list_twins(visit.links, "actors", slug),
        citation=find_citation(visit.links, "actors", slug),
    )


COLUMNS: Final = {"parts": "part", "about": "about", "outlets": "outlet", "readers": "reader"}
"""What a claim has several of, and the column of the query that tells it."""


def gather_words(rows: Iterable[Row]) -> list[Json]:
    """The claims that somebody says and the stances they hold, each with the outlets that show it, by day."""
    found: dict[str, Json] = {}
    for row in rows:
        claim = found.setdefault(
            row["claim"],
            {
                "id": row["claim"],
                "denied": False,
                "parts": [],
                "about": [],
                "outlets": [],
                "readers": [],
                "published": "",
                "read": "",
            },
        )
        claim["denied"] = claim["denied"] or row["polarity"] == "negative"
        for name, column in COLUMNS.items():
            if column in row and row[column] not in claim[name]:
                claim[name].append(row[column])
        for name in ("published", "read"):
            claim[name] = claim[name] or row.get(name, "")
    return sorted(
        found.values(), key=lambda claim: (claim["published"] or claim["read"] or "9999", claim["id"])
    )
