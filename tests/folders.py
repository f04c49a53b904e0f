"""Small data sets in folders: one of reports whose days are known, half known and not known, and the seed.

All reports of the first speak of the deadline of one provision in one version, so that each that comes in
changes figures: a value gets another origin, or diverges from another value. They are as complete as the
shapes want a report to be: the questions ask for what every report has, and are blind to one that lacks it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from builders import HEAD
from plangraph.files import packaged

SEED = "2025-11-20-rbc-ukraine-plan-pressure"
"""The one packaged document that was encoded by hand, in full."""

SEEN = {
    "begun": ('pg:publishedNotBefore "2025-12-20"^^xsd:date', "2026-02-28", ""),
    "bound": ('pg:publishedNotAfter "2025-11-15"^^xsd:date', "2025-11-27", ""),
    "early": ('schema:datePublished "2025-11-20"^^xsd:date', "2025-11-27", "cited-early--deadline"),
    "last": ('schema:datePublished "2025-12-05"^^xsd:date', "2025-12-25", "cited-late--deadline"),
    "later": ('schema:datePublished "2025-11-25"^^xsd:date', "2025-11-27", ""),
    "undated": ("", "2026-01-31", ""),
    "window": (
        'pg:publishedNotBefore "2025-11-10"^^xsd:date ; pg:publishedNotAfter "2025-12-01"^^xsd:date',
        "2025-11-27",
        "",
    ),
}
"""What is known of each document's day, the deadline it reports, and the hop that it takes it from."""

REGISTRY = """
plan:test-plan a pg:Plan ; rdfs:label "test plan"@en ; skos:definition "A plan for tests."@en .
version:test-version a pg:PlanVersion ; rdfs:label "test version"@en ; pg:ofPlan plan:test-plan ;
    skos:definition "The only version of the plan for tests."@en .
provision:test-provision a pg:Provision ; rdfs:label "test provision"@en ; pg:ofPlan plan:test-plan ;
    pg:onTopic topic:acceptance-deadline ; skos:definition "By when the plan is to be accepted."@en .
document:cited-early a pg:Document ; rdfs:label "cited early"@en ; schema:publisher outlet:cited-early ;
    pg:documentKind pg:unseenReport ; pg:readingExtent pg:citedOnly ;
    pg:publishedNotAfter "2025-11-22"^^xsd:date .
attribution:cited-early--deadline a pg:Attribution ; pg:inDocument document:cited-early ;
    pg:assertsClaim claim:early--deadline ; pg:polarity pg:positive ;
    pg:sourceStatus pg:outletNamed ; pg:sourceCertainty pg:reported .
document:cited-late a pg:Document ; rdfs:label "cited late"@en ; schema:publisher outlet:cited-late ;
    pg:documentKind pg:unseenReport ; pg:readingExtent pg:citedOnly ;
    schema:datePublished "2025-12-04"^^xsd:date .
attribution:cited-late--deadline a pg:Attribution ; pg:inDocument document:cited-late ;
    pg:assertsClaim claim:last--deadline ; pg:polarity pg:positive ;
    pg:sourceStatus pg:outletNamed ; pg:sourceCertainty pg:reported .
""" + "".join(
    f'outlet:{name} a schema:NewsMediaOrganization ; rdfs:label "outlet {name}"@en .\n'
    for name in (*SEEN, "cited-early", "cited-late")
)


def write_report(slug: str) -> str:
    """One document with one claim, as Turtle."""
    days, deadline, hop = SEEN[slug]
    taken = f"; pg:takenFrom attribution:{hop}" if hop else ""
    return (
        HEAD
        + f"""
document:{slug} a pg:Document ; rdfs:label "report {slug}"@en ; schema:publisher outlet:{slug} ;
    pg:documentKind pg:newsReport ; pg:readingExtent pg:partial ; schema:inLanguage "en"
    {"; " + days if days else ""} .
claim:{slug}--deadline a pg:Claim ; pg:about provision:test-provision ; pg:inVersion version:test-version ;
    pg:formulation "The {slug} report names a deadline."@en ; pg:deadline "{deadline}"^^xsd:date .
attribution:{slug}--deadline a pg:Attribution ; pg:inDocument document:{slug} ;
    pg:assertsClaim claim:{slug}--deadline ; pg:polarity pg:positive ;
    pg:sourceStatus pg:{"outletNamed" if hop else "ownVoice"} ; pg:sourceCertainty pg:asserted ;
    pg:quotationMode pg:paraphrase {taken} .
"""
    )


def write_dated(folder: Path, slugs: set[str] | None = None) -> Path:
    """The data set, or only some of its documents, in a folder that may be there already."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("registry", "documents"):
        (folder / name).mkdir(parents=True)
    (folder / "registry" / "all.ttl").write_text(HEAD + REGISTRY, encoding="utf-8")
    for slug in SEEN if slugs is None else slugs:
        (folder / "documents" / f"{slug}.ttl").write_text(write_report(slug), encoding="utf-8")
    return folder


def write_seed(folder: Path) -> Path:
    """The packaged registry with that one document: as large tomorrow as today."""
    shutil.copytree(packaged("data") / "registry", folder / "registry")
    (folder / "documents").mkdir()
    shutil.copy(packaged("data") / "documents" / f"{SEED}.ttl", folder / "documents")
    return folder
