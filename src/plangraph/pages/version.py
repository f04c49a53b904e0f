"""The page of a version: its lineage, what is reported of it as a whole, and provision by provision."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pyoxigraph import NamedNode

from plangraph.changes import gather_changes
from plangraph.filters import read_filters
from plangraph.lineage import gather_links, touching
from plangraph.matrix import Tables
from plangraph.pages.captions import ask_captions
from plangraph.pages.facts import DEFINITION, Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.passages import lay_passage, list_ends, list_provisions, read_grounds
from plangraph.pages.pedigree import draw_pedigree
from plangraph.pages.reports import gather_sides, order_sides
from plangraph.pages.steps import WORDINGS_NAMED, Line, Step, list_named, list_values
from plangraph.pages.twins import find_citation, list_twins
from plangraph.pages.versions import name_ends
from plangraph.reads import load_read, write_surveys, write_whole
from plangraph.reported import Json, Row
from plangraph.terms import NS, pg
from plangraph.web.comparison_queries import write_matrix_queries
from plangraph.web.describe import fetch
from plangraph.web.pages import read_survey
from plangraph.web.results import ask, for_csv, for_rows, for_triples, read_rows, read_texts, read_triples

HOLDERS_SHOWN: Final = 8
DATE: Final = pg("versionDate")


async def show_version(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    version, described, triples = await fetch(engine, ["version"], slug)
    facts = Facts(version, triples)
    plans = facts.list_things(pg("ofPlan"))
    of_it = {"version": [version]}
    of_plan = {"plan": [NamedNode(plan) for plan in plans]}
    changing = write_whole(load_read("version-changes"), of_it)
    (told_changes,) = await ask(engine, for_csv(changing))
    changes = gather_changes(read_texts(told_changes))
    read = dict.fromkeys([version.value, *sorted(list_ends(changes))])
    narrowed = of_plan | {"version": [NamedNode(iri) for iri in read]}
    tabled = write_matrix_queries("versions", narrowed)
    queries = {
        "query.lineage": write_whole(load_read("lineage"), of_plan),
        "query.disputed": write_whole(load_read("lineage-differences"), of_plan),
        "query.whole": write_whole(load_read("value-reports"), of_it),
        "query.differences": write_whole(load_read("value-divergences"), of_it),
        "query.stances": write_whole(load_read("version-stances"), of_it),
    }
    counting = replace(load_read("divergences"), facets={})
    (counted,) = write_surveys(counting, of_it, engine.settings.limits.query_bytes)
    compared = {"provision": [NamedNode(iri) for iri in sorted(list_provisions(changes))]}
    termed = write_whole(load_read("version-terms"), narrowed | compared)
    asked = map(for_csv, [*tabled.values(), *queries.values()])
    survey, terms, *answers = await ask(engine, for_rows(counted), for_triples(termed), *asked)
    tables = Tables(*map(read_texts, answers[: len(tabled)]))
    lineage, disputed, told, differing, stances = map(read_texts, answers[len(tabled) :])
    grounds = await asyncio.to_thread(lambda: read_grounds(tables, read_triples(terms), read))
    leading = [lay_passage(change, grounds) for change in changes]
    clauses = {place: clause for place, clause in grounds.clauses.items() if place[1] == version.value}
    lines = [
        Line(provision, [clause], [Step([], [])])
        for (provision, _), clause in sorted(
            clauses.items(), key=lambda entry: (-entry[1].figures["documents"], entry[0])
        )
    ]
    links, sides = touching(gather_links(lineage, disputed), version.value), gather_sides(told)
    held = group_stances(stances)
    iris = facts.list_iris() | list_named(lines) | {version.value}
    iris |= {iri for link in links for iri in link.list_iris()}
    iris |= {iri for entry in leading for iri in entry.list_iris()}
    iris |= {iri for side in sides.values() for iri in (side.id, side.slot, *filter(None, [side.topic]))}
    iris |= {entry.outlet for side in sides.values() for entry in side.tellings if entry.outlet}
    iris |= {NS + row["kind"] for row in differing} | {
        row[name] for row in differing for name in ("other", "slot")
    }
    iris |= {iri for kind, holders in held for iri in (kind, *(entry["id"] for entry in holders))}
    worded = {value["id"] for entry in leading for value in entry.list_values()} | set(list_values(lines))
    captions = await ask_captions(engine, iris, visit.language, worded)
    documents = {row["document"] for row in tables.columns if row.get("column") == version.value}
    documents |= {entry.document for side in sides.values() for entry in side.tellings if entry.document}
    return Shown(
        template="version.html",
        title=facts.name(visit.language).text,
        captions=captions,
        members={
            "facts": facts,
            "known": facts.list_facts(DEFINITION, DATE),
            "about": facts.read_text(DEFINITION, visit.language),
            "when": next((text for _, text in facts.read_texts(DATE)), ""),
            "plans": plans,
            "slug": slug,
            "current": version.value,
            "links_told": links,
            "drawing": draw_pedigree(links, name_ends(links, captions)),
            "changes": [entry for entry in leading if entry.change.newer == version.value],
            "later": [entry for entry in leading if entry.change.newer != version.value],
            "slots": order_sides(sides.values()),
            "differing": group_differences(differing),
            "stances": held,
            "holders_shown": HOLDERS_SHOWN,
            "lines": lines,
            "wordings": WORDINGS_NAMED,
            "figures": {
                "documents": len(documents),
                "provisions": len(lines),
                "claims": sum(len(clause.claims) for clause in clauses.values()),
                "divergences": read_survey(read_rows(survey))[0],
            },
        },
        queries={f"query.{name}": text for name, text in tabled.items()}
        | queries
        | {"query.changes": changing, "query.terms": termed}
        | {"query.divergences.count": counted, "query.described": described},
        twins=list_twins(visit.links, "versions", slug),
        citation=find_citation(visit.links, "versions", slug),
    )


def group_differences(rows: Iterable[Row]) -> dict[str, list[Json]]:
    """The divergences of each value, each with the other value of it."""
    found: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        within = {"withinOneOrigin": row["withinOneOrigin"] == "true"}
        kept = {name: row[name] for name in ("divergence", "kind", "reason", "other", "slot")}
        found[row["value"]].append(kept | within)
    return found


def group_stances(rows: Iterable[Row]) -> list[tuple[str, list[Json]]]:
    """Who is reported to hold which kind of stance towards it, and in how many pages; the most told first."""
    kinds: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        kinds[row["kind"]][row["holder"]].add(row["document"])
    listed = [
        (
            kind,
            [
                {"id": holder, "documents": len(pages)}
                for holder, pages in sorted(holders.items(), key=lambda entry: (-len(entry[1]), entry[0]))
            ],
        )
        for kind, holders in kinds.items()
    ]
    return sorted(listed, key=lambda entry: (-len(entry[1]), entry[0]))
