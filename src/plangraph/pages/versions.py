"""Versions of a plan side by side, clause by clause: what is reported of each, and what lies between them.

Between two versions stand two things that a page must never mix: what documents report to have become of a
provision, and how the values that are reported of the one differ from those of the other, which is computed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pyoxigraph import NamedNode

from plangraph.changes import gather_changes
from plangraph.collation import Collation, collate
from plangraph.errors import BadParameter
from plangraph.lineage import Link, gather_links, list_unlinked
from plangraph.matrix import Tables
from plangraph.pages.captions import Captions, ask_captions
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.links import read_choice
from plangraph.pages.passages import lay_passage, list_ends, read_grounds
from plangraph.pages.pedigree import draw_pedigree
from plangraph.pages.steps import (
    MOST_CHOSEN,
    ROWS,
    WORDINGS_NAMED,
    Line,
    choose,
    choose_lines,
    lay_lines,
    list_named,
    list_values,
    order_versions,
)
from plangraph.pages.twins import VERSIONS, find_citation, list_twins
from plangraph.reads import load_read, write_page, write_whole
from plangraph.web.comparison_queries import write_matrix_queries
from plangraph.web.describe import fetch
from plangraph.web.results import ask, for_csv, for_triples, read_texts, read_triples

MOST_VERSIONS: Final = 500
OWN: Final = ("version", "rows")


async def show_versions(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    asked, engine = visit.links.asked, visit.edition.engine
    for name in asked:
        if name not in OWN:
            raise BadParameter(f"{name:.200} is no parameter here; there are {', '.join(OWN)}")
    rows = read_choice(asked, "rows", ROWS) or ROWS[0]
    plan, described, triples = await fetch(engine, ["plan"], slug)
    bound = {"plan": [plan]}
    listed = write_page(load_read("versions"), bound, MOST_VERSIONS)
    columns = write_whole(load_read("matrix-versions"), bound)
    changing = write_whole(load_read("version-changes"), bound)
    *told, told_changes = map(read_texts, await ask(engine, *map(for_csv, (listed, columns, changing))))
    versions = order_versions(*told)
    chosen = choose(versions, asked.get("version", []))
    shown = [version.iri for version in chosen]
    changes = [change for change in gather_changes(told_changes) if change.newer in shown]
    read = dict.fromkeys([*shown, *sorted(list_ends(changes))])
    narrowed = bound | {"version": [NamedNode(version) for version in read]}
    tabled = write_matrix_queries("versions", narrowed)
    queries = {
        "query.changes": changing,
        "query.lineage": write_whole(load_read("lineage"), bound),
        "query.disputed": write_whole(load_read("lineage-differences"), bound),
        "query.terms": write_whole(load_read("version-terms"), narrowed),
    }
    *compared, lineage, disputed, terms = await ask(
        engine,
        *map(for_csv, tabled.values()),
        for_csv(queries["query.lineage"]),
        for_csv(queries["query.disputed"]),
        for_triples(queries["query.terms"]),
    )

    def lay() -> list[Line]:
        grounds = read_grounds(Tables(*map(read_texts, compared)), read_triples(terms), read)
        steps: dict[tuple[int, str], list[Collation]] = defaultdict(list)
        for place in range(1, len(chosen)):
            older, newer = (grounds.editions.get(shown[at], {}) for at in (place - 1, place))
            for entry in collate(grounds.index, older, newer):
                steps[place, entry.subject].append(entry)
        passages = [lay_passage(change, grounds) for change in changes]
        return lay_lines(chosen, grounds.clauses, passages, steps)

    lines = await asyncio.to_thread(lay)
    links, facts = gather_links(read_texts(lineage), read_texts(disputed)), Facts(plan, triples)
    iris = facts.list_iris() | {plan.value} | {version.iri for version in versions} | list_named(lines)
    iris |= {iri for link in links for iri in link.list_iris()}
    values = list_values(lines)
    captions = await ask_captions(engine, iris, visit.language, values)
    chosen_given = {"version": [version.slug for version in chosen]}
    data = replace(visit.links, given={**visit.links.given, **chosen_given})
    return Shown(
        template="versions.html",
        title=facts.name(visit.language).text,
        captions=captions,
        members={
            "facts": facts,
            "slug": slug,
            "plan": plan.value,
            "versions": versions,
            "chosen": chosen,
            "place_of": {version: place for place, version in enumerate(shown)},
            "rows": rows,
            "all_rows": ROWS,
            "counted": {name: len(choose_lines(lines, name)) for name in ROWS},
            "lines": choose_lines(lines, rows),
            "values": values,
            "wordings": WORDINGS_NAMED,
            "most": MOST_CHOSEN,
            "links_told": links,
            "current": "",
            "drawing": draw_pedigree(links, name_ends(links, captions)),
            "unlinked": list_unlinked([version.iri for version in versions], links),
        },
        queries={f"query.{name}": text for name, text in tabled.items()}
        | queries
        | {"query.described": described},
        twins=list_twins(data, "plans", slug + VERSIONS),
        citation=find_citation(visit.links, "plans", slug),
    )


def name_ends(links: Sequence[Link], captions: Captions) -> dict[str, str]:
    """What the ends of links are called."""
    return {end: captions[end].text for link in links for end in (link.older, link.newer)}
