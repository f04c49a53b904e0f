"""The ontology and the shapes as pages: every term, and every rule, at a place that its IRI leads to."""

from __future__ import annotations

from itertools import groupby

from pyoxigraph import NamedNode

from plangraph.filters import read_filters
from plangraph.pages.captions import Captions
from plangraph.pages.constraints import load_rules
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.phrases import say
from plangraph.pages.twins import cite_query, list_graph_twins
from plangraph.pages.vocabulary import load_vocabulary
from plangraph.reads import load_read, write_whole
from plangraph.terms import NS, pg, split_thing
from plangraph.web.results import ask, for_csv, read_texts


async def show_ontology(visit: Visit) -> Shown:
    """The list of all terms, each with an anchor of its local name; raises :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    vocabulary = load_vocabulary()
    query = write_whole(load_read("terms"), {})
    (answer,) = await ask(visit.edition.engine, for_csv(query))
    counted = {
        row["term"]: int(row.get("things") or row.get("statements") or 0) for row in read_texts(answer)
    }
    comparisons = {
        iri: [
            entry.value
            for entry in vocabulary.index.objects(NamedNode(iri), pg("comparison"))
            if isinstance(entry, NamedNode)
        ]
        for iri in vocabulary.groups["slot"]
    }
    defined = {iri for iris in vocabulary.groups.values() for iri in iris}
    return Shown(
        template="ontology.html",
        title=say(visit.language, "docs.ontology"),
        captions=Captions(visit.language, vocabulary.names),
        members={
            "groups": vocabulary.groups,
            "schemes": [iri for iri in vocabulary.list_schemes() if iri not in defined],
            "definitions": vocabulary.definitions,
            "counted": counted,
            "comparisons": comparisons,
            "namespace": NS,
            "name": name_place,
        },
        queries={"query.vocabulary": query},
        twins=list_graph_twins(visit.links, "ns"),
        citation=cite_query(visit.links, query),
    )


async def show_shapes(visit: Visit) -> Shown:
    """The list of all rules, each with an anchor of its name; raises :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    query = write_whole(load_read("rules"), {})
    rules = load_rules()
    return Shown(
        template="shapes.html",
        title=say(visit.language, "docs.shapes"),
        captions=Captions(visit.language, load_vocabulary().names),
        members={
            "files": [(name, list(held)) for name, held in groupby(rules, lambda rule: rule.file)],
            "total": len(rules),
        },
        queries={"query.rules": query},
        twins=list_graph_twins(visit.links, "shapes"),
        citation=cite_query(visit.links, query),
    )


def name_place(iri: str) -> str:
    """The anchor of a term: its local name, so that the IRI of a term leads to it."""
    found = split_thing(iri)
    return "-".join(found) if found else iri.removeprefix(NS)
