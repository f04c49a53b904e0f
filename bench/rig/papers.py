"""A small made-up data set whose documents carry a number, and the writes that change it.

The shapes hold for it, so that a service checks and derives as it does for real reports.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from plangraph.terms import GRAPH, ID, PREFIXES

HEAD: Final = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
REGISTRY: Final = """
plan:made-up a pg:Plan ; rdfs:label "made-up plan"@en ; skos:definition "A plan that nobody made."@en .
version:made-up a pg:PlanVersion ; rdfs:label "made-up version"@en ; pg:ofPlan plan:made-up ;
    skos:definition "Its only version."@en .
provision:made-up a pg:Provision ; rdfs:label "made-up provision"@en ; pg:ofPlan plan:made-up ;
    pg:onTopic topic:acceptance-deadline ; skos:definition "By when it is to be accepted."@en .
outlet:made-up a schema:NewsMediaOrganization ; rdfs:label "The Made-up"@en .
"""


def name_graph(slug: str) -> str:
    """The graph of a document."""
    return f"{GRAPH}document/{slug}"


def write_paper(slug: str, number: int) -> str:
    """A document that carries a number in its label, as Turtle."""
    return (
        HEAD
        + f"""
document:{slug} a pg:Document ; rdfs:label "paper {number}"@en ; schema:publisher outlet:made-up ;
    pg:documentKind pg:newsReport ; pg:readingExtent pg:partial ; schema:inLanguage "en" ;
    schema:datePublished "2025-11-20"^^xsd:date .
claim:{slug}--deadline a pg:Claim ; pg:about provision:made-up ; pg:inVersion version:made-up ;
    pg:formulation "It names a deadline."@en ; pg:deadline "2025-11-27"^^xsd:date .
attribution:{slug}--deadline a pg:Attribution ; pg:inDocument document:{slug} ;
    pg:assertsClaim claim:{slug}--deadline ; pg:polarity pg:positive ; pg:sourceStatus pg:ownVoice ;
    pg:sourceCertainty pg:asserted ; pg:quotationMode pg:paraphrase .
"""
    )


def write_folder(folder: Path, slugs: list[str]) -> Path:
    """A data set of such documents, each with the number 0."""
    for name in ("registry", "documents"):
        (folder / name).mkdir(parents=True)
    (folder / "registry" / "all.ttl").write_text(HEAD + REGISTRY, encoding="utf-8")
    for slug in slugs:
        (folder / "documents" / f"{slug}.ttl").write_text(write_paper(slug, 0), encoding="utf-8")
    return folder


def write_step(slugs: tuple[str, str], number: int) -> str:
    """An update that lets two documents carry a number, so that they carry different ones only in between."""
    return " ;\n".join(
        f"""DELETE {{ GRAPH <{name_graph(slug)}> {{ <{ID}document/{slug}> rdfs:label ?old }} }}
INSERT {{ GRAPH <{name_graph(slug)}> {{ <{ID}document/{slug}> rdfs:label "paper {number}"@en }} }}
WHERE {{ GRAPH <{name_graph(slug)}> {{ <{ID}document/{slug}> rdfs:label ?old }} }}"""
        for slug in slugs
    )


def write_breach(slugs: tuple[str, str], number: int) -> str:
    """An update that is right about the first of two documents, and breaks a rule in the second."""
    first, second = slugs
    claim = f"<{ID}claim/{second}--deadline> pg:formulation ?text"
    graph = name_graph(second)
    return (
        write_step((first, first), number)
        + f" ;\nDELETE {{ GRAPH <{graph}> {{ {claim} }} }} WHERE {{ GRAPH <{graph}> {{ {claim} }} }}"
    )


READ: Final = f"""SELECT ?document ?label {{
  GRAPH ?graph {{ ?document a pg:Document ; rdfs:label ?label }}
  FILTER(STRSTARTS(STR(?graph), "{GRAPH}document/"))
}}"""
"""All documents with their labels, and so with their numbers."""


def read_numbers(rows: list[dict[str, dict[str, str]]]) -> dict[str, int]:
    """The number of each document, from the rows of :data:`READ`; raises where one has no or two labels."""
    found: dict[str, int] = {}
    for row in rows:
        slug = row["document"]["value"].removeprefix(f"{ID}document/")
        if slug in found:
            raise ValueError(f"{slug} has two labels")
        found[slug] = int(row["label"]["value"].removeprefix("paper "))
    return found
