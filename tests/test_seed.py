"""The encoded article of 20 November 2025: what the data set must say of it."""

from functools import cache

import pytest
from pyoxigraph import Literal, NamedNode

from plangraph.build import Dataset, assemble, build
from plangraph.files import list_data, read_graph
from plangraph.index import Index, Subject
from plangraph.labels import label_of
from plangraph.terms import graph, pg, term, thing
from plangraph.turtle import write_turtle

SLUG = "2025-11-20-rbc-ukraine-plan-pressure"
DOCUMENT = thing("document", SLUG)
COMPUTED = (graph("derived"), graph("dataset"))


@cache
def dataset() -> Dataset:
    return build()


@cache
def index() -> Index:
    return Index(dataset().quads)


def of_document(kind: str) -> list[Subject]:
    home = graph(f"document/{SLUG}")
    return [entry for entry in index().instances(pg(kind)) if index().graph_of(entry) == home]


def named(kind: str, name: str) -> NamedNode:
    return thing(kind, f"{SLUG}--{name}")


@cache
def article_alone() -> Index:
    """The data set as if the article were its only document."""
    kept = [
        quad
        for quad in dataset().quads
        if not str(quad.graph_name).startswith(str(graph("document/"))[:-1])
        or quad.graph_name == graph(f"document/{SLUG}")
    ]
    return Index(assemble(quad for quad in kept if quad.graph_name not in COMPUTED).quads)


def divergences() -> dict[tuple[str, str, frozenset[str]], bool]:
    found, alone = {}, article_alone()
    for entry in alone.instances(pg("Divergence")):
        kind, slot = (alone.one(entry, pg(name)) for name in ("divergenceKind", "onSlot"))
        assert isinstance(kind, NamedNode) and isinstance(slot, NamedNode)
        values = alone.objects(entry, pg("betweenValue"))
        members = [
            ", ".join(sorted(label_of(alone, member) for member in alone.objects(value, pg("reportedValue"))))
            for value in values
            if isinstance(value, NamedNode)
        ]
        within = alone.one(entry, pg("withinOneOrigin"))
        key = (kind.value.partition("#")[2], slot.value.partition("#")[2], frozenset(members))
        found[key] = isinstance(within, Literal) and within.value == "true"
    return found


def test_every_statement_of_the_article_is_an_attribution() -> None:
    attributions = of_document("Attribution")
    with_evidence = [entry for entry in attributions if index().one(entry, pg("hasEvidence"))]
    upstream = [entry for entry in attributions if index().subjects(pg("takenFrom"), entry)]
    assert (len(attributions), len(with_evidence), len(upstream)) == (42, 33, 9)
    assert index().one(DOCUMENT, pg("evidenceCoverage")) == Literal("1.0", datatype=term("xsd:decimal"))


@pytest.mark.parametrize(
    "slug",
    [
        "amnesty",
        "nato-membership-renunciation",
        "donbas-handover",
        "foreign-troops-ban",
        "russia-nonaggression-law",
        "russia-global-economy",
        "nato-statute-bar",
    ],
)
def test_each_of_the_seven_provisions_has_a_claim(slug: str) -> None:
    provision = thing("provision", slug)
    assert index().subjects(pg("about"), provision)
    assert index().one(provision, pg("ofPlan")) == thing("plan", "ukraine-peace-plan")


def test_permanent_contradicts_several_years_and_it_is_a_matter_of_two_origins() -> None:
    key = ("contradicts", "duration", frozenset({"permanent", "several years"}))
    assert divergences()[key] is False


def test_war_crimes_qualify_all_wartime_crimes_within_one_origin() -> None:
    key = ("qualifies", "materialScope", frozenset({"war crimes", "all wartime crimes"}))
    assert divergences()[key] is True


def test_the_two_authorship_accounts_differ() -> None:
    key = ("differs", "author", frozenset({"Russia, United States", "Steve Witkoff"}))
    assert divergences()[key] is False


def test_nothing_else_diverges_but_what_is_to_be_done_about_nato() -> None:
    assert {slot for _, slot, _ in divergences()} == {"duration", "materialScope", "author", "action"}
    assert len(divergences()) == 4


@pytest.mark.parametrize("name", ["donbas-handover", "non-aggression", "gaza-approach"])
def test_a_hop_whose_outlet_is_not_named_has_candidates_and_no_document(name: str) -> None:
    hop = named("attribution", f"{name}-upstream")
    assert index().subjects(pg("takenFrom"), hop)
    assert index().one(hop, pg("inDocument")) is None
    candidates = {label_of(index(), entry) for entry in index().objects(hop, pg("upstreamCandidate"))}
    assert candidates == {"NBC News", "The Wall Street Journal"}


def test_headline_and_body_state_one_claim_with_sources_of_their_own() -> None:
    stance = named("stance", "pressure")
    stated = index().subjects(pg("assertsClaim"), stance)
    described = {
        words.value
        for entry in stated
        for source in index().objects(entry, pg("saidBy"))
        if isinstance(source, NamedNode)
        for words in index().objects(source, pg("describedAs"))
        if isinstance(words, Literal)
    }
    assert described == {"sources", "a source"}
    assert pg("headline") in {index().one(entry, pg("quotationMode")) for entry in stated}


def test_no_official_confirmation_is_an_absence_and_no_stance() -> None:
    claim = named("claim", "no-official-confirmation")
    assert index().one(claim, pg("statesAbsent")) == pg("confirmedBy")
    assert claim not in index().instances(pg("Stance"))


def test_nobody_unnamed_is_identified_with_anybody() -> None:
    assert len(of_document("AnonymousSource")) == 5
    for source in index().instances(pg("AnonymousSource")):
        assert not {"sameAs", "exactMatch", "closeMatch"} & {
            predicate.value.rpartition("#")[2] for predicate in index().predicates(source)
        }


def test_the_files_of_the_data_set_are_canonical_turtle() -> None:
    files = list_data()
    assert len(files) > 225
    for file in files:
        assert file.path.read_bytes() == write_turtle(read_graph(file)), file.path.name


def test_building_twice_gives_the_same_revision_and_quads() -> None:
    assert build() == dataset()
