"""The page of a term, a topic, a concept or a scheme: what it means, what holds for it, where it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from plangraph.filters import read_filters
from plangraph.pages.captions import Captions
from plangraph.pages.constraints import Rule, load_rules
from plangraph.pages.facts import DEFINITION, Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.links import Links
from plangraph.pages.twins import cite_query, list_graph_twins
from plangraph.pages.vocabulary import load_exemptions, load_vocabulary
from plangraph.questions import Question, list_questions
from plangraph.reads import write_chosen, write_item_description
from plangraph.reported import Row
from plangraph.terms import shorten, split_thing, term
from plangraph.web.results import ask, for_csv, read_texts

EXAMPLE, SCOPE = term("skos:example"), term("skos:scopeNote")
TOLD: Final = (DEFINITION, EXAMPLE, SCOPE, term("rdfs:isDefinedBy"))
"""What the page shows in places of its own."""

THROUGH: Final = "onSlot"
"""The property by which questions reach slots that they do not name."""

PARTS: Final = ("document", "registry", "derived", "ontology", "topics")
"""The graphs that statements are counted in, documents together, in the order in which they are shown."""


@dataclass(frozen=True)
class Use:
    """How many statements use a term in one way: as their property, or as the value of ``way``."""

    way: str
    figures: Mapping[str, int]
    things: int

    @property
    def total(self) -> int:
        """In all parts together."""
        return sum(self.figures.values())


async def show_term(visit: Visit, kind: str, name: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    vocabulary = load_vocabulary()
    item = vocabulary.find(name, kind)
    sort = vocabulary.find_kind(item)
    facts, captions = Facts(item, vocabulary.describe(item)), Captions(visit.language, vocabulary.names)
    queries = write_queries(item, sort)
    used = await ask(visit.edition.engine, *map(for_csv, list(queries.values())[1:]))
    uses = read_uses([row for answer in used for row in read_texts(answer)])
    short = shorten(item.value) or item.value
    (rules, speaking), (asking, reaching) = choose_rules(item.value), choose_questions(item.value, sort)
    return Shown(
        template="term.html",
        title=f"{captions[item.value].text} ({short})",
        captions=captions,
        members={
            "item": item.value,
            "short": short,
            "local": name,
            "kind": sort,
            "labels": sorted({**dict(facts.read_texts(term("rdfs:label"), term("skos:prefLabel")))}.items()),
            "definition": facts.read_text(DEFINITION, visit.language),
            "scope": facts.read_text(SCOPE, visit.language),
            "examples": [text for _, text in facts.read_texts(EXAMPLE)],
            "known": facts.list_facts(*TOLD),
            "pointing": list(vocabulary.list_pointing(item)),
            "members": vocabulary.list_members(item) if sort == "scheme" else [],
            "definitions": vocabulary.definitions,
            "uses": uses,
            "parts": [part for part in PARTS if any(part in use.figures for use in uses)],
            "rules": rules,
            "speaking": speaking,
            "asking": asking,
            "reaching": reaching,
            "exempt": load_exemptions().get(name, "") if not kind else "",
        },
        queries=queries,
        twins=list_twins(visit.links, item),
        citation=find_citation(visit.links, item, short, queries["query.described"]),
    )


def write_queries(item: NamedNode, sort: str) -> dict[str, str]:
    """The queries behind the page: the description first, then those that count."""
    found = {
        "query.described": write_item_description([item]),
        "query.uses": write_chosen("term-uses", [item]),
    }
    if sort in ("slot", "property"):
        found["query.statements"] = write_chosen("term-statements", [item])
    return found


def read_uses(rows: Iterable[Row]) -> list[Use]:
    """The ways in which a term is used: as a property, as a class, then as a value by how often."""
    figures: dict[str, dict[str, int]] = {}
    things: dict[str, int] = {}
    for row in rows:
        way = row.get("property", "")
        figures.setdefault(way, {})[row["part"]] = int(row["statements"])
        things[way] = things.get(way, 0) + int(row.get("things", 0))
    found = [Use(way, parts, things[way]) for way, parts in figures.items()]
    first = ("", term("rdf:type").value)
    return sorted(found, key=lambda use: (use.way not in first, -use.total, use.way))


def choose_rules(iri: str) -> tuple[Sequence[Rule], Sequence[Rule]]:
    """The rules that hold a term, and the others that speak of it."""
    rules = load_rules()
    return [rule for rule in rules if iri in rule.holds], [rule for rule in rules if iri in rule.mentions]


def choose_questions(iri: str, sort: str) -> tuple[Sequence[Question], Sequence[Question]]:
    """The questions that name a term, and for a slot those that reach it through reported values."""
    short = shorten(iri) or iri
    naming = [question for question in list_questions() if short in list_names(question.query)]
    through = [question for question in list_questions() if f"pg:{THROUGH}" in list_names(question.query)]
    return naming, [entry for entry in through if entry not in naming] if sort == "slot" else []


def list_names(query: str) -> set[str]:
    """The prefixed names in a query, its comments aside."""
    lines = [line for line in query.splitlines() if not line.startswith(("#", "PREFIX"))]
    separated = "".join(letter if letter.isalnum() or letter in ":-_" else " " for letter in "\n".join(lines))
    return {word for word in separated.split() if ":" in word}


def list_twins(links: Links, item: NamedNode) -> Sequence[tuple[str, str]]:
    """The formats of the description: of a thing its own, of a term those of the ontology that defines it."""
    found = split_thing(item.value)
    if not found:
        return list_graph_twins(links, "ns")
    return list_graph_twins(links, f"doc/{found[0]}/{found[1]}")


def find_citation(links: Links, item: NamedNode, short: str, query: str) -> str:
    """Where the citation is: of a thing its own, of a term that of the query that describes it."""
    found = split_thing(item.value)
    if found:
        return links.to_data(f"doc/{found[0]}/{found[1]}/citation")
    return cite_query(links, f"#title: The term {short}\n{query.partition(chr(10))[2]}")
