"""A data set as of a day: which documents are in, and that everything else follows from these alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from builders import read
from folders import SEEN, write_dated
from plangraph.about import DATASET
from plangraph.build import Dataset, assemble, assemble_pinned, build
from plangraph.errors import BadParameter
from plangraph.index import Index
from plangraph.pinning import UNDATED, Extent, Pin, Undated, pin, read_pin
from plangraph.shapes import check
from plangraph.terms import graph, pg, term, thing

Result = TypeVar("Result")
LAST_DAY = "2026-11-24"

STATES: dict[str, tuple[set[str], set[str]]] = {
    "2014-01-01": (set(), {"bound", "undated"}),
    "2025-11-14": (set(), {"bound", "undated", "window"}),
    "2025-11-15": ({"bound"}, {"undated", "window"}),
    "2025-11-20": ({"bound", "early"}, {"undated", "window"}),
    "2025-11-25": ({"bound", "early", "later"}, {"undated", "window"}),
    "2025-12-01": ({"bound", "early", "later", "window"}, {"undated"}),
    "2025-12-05": ({"bound", "early", "later", "window", "last"}, {"undated"}),
    "2025-12-20": ({"bound", "early", "later", "window", "last"}, {"undated", "begun"}),
    LAST_DAY: ({"bound", "early", "later", "window", "last"}, {"undated", "begun"}),
}
"""By day: the documents that were out by then, and those that may have been."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dated(tmp_path_factory.mktemp("dated") / "data")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Dataset:
    return build(folder)


def make_pin(day: str, undated: Undated = "exclude") -> Pin:
    return Pin(date.fromisoformat(day), undated)


def list_documents(quads: tuple[Quad, ...]) -> set[str]:
    """The slugs of the document graphs."""
    head = graph("document/").value
    names = {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode)}
    return {name.removeprefix(head) for name in names if name.startswith(head)}


def describe(dataset: Dataset) -> list[Quad]:
    return [quad for quad in dataset.quads if quad.graph_name == graph("dataset")]


def content(dataset: Dataset) -> list[Quad]:
    """All but what the data set says of itself, which names the pin."""
    return [quad for quad in dataset.quads if quad.graph_name != graph("dataset")]


@pytest.mark.parametrize("day", STATES)
def test_a_day_takes_what_was_out_and_an_inclusive_pin_what_may_have_been(whole: Dataset, day: str) -> None:
    out, unplaced = STATES[day]
    for undated, expected in (("exclude", out), ("include", out | unplaced)):
        by = make_pin(day, undated)  # type: ignore[arg-type]
        pinned = pin(whole.quads, by)
        assert list_documents(pinned.quads) == expected
        left_out = len(SEEN) - len(expected)
        assert pinned.extent == Extent(by, len(expected), len(unplaced), left_out)


def test_every_document_of_the_example_is_in_by_some_day() -> None:
    assert set().union(*(out | unplaced for out, unplaced in STATES.values())) == set(SEEN)
    assert len(SEEN) == 7


def test_the_example_breaks_no_rule(folder: Path) -> None:
    """A report that lacks what the shapes want is invisible to questions: a test with it shows nothing."""
    report = check([folder], processes=1)
    assert len(report.paths) == len(SEEN) + 1
    assert report.exit_code == 0, report.findings


def test_the_vocabulary_and_what_the_registry_names_stay(whole: Dataset) -> None:
    kept = set(pin(whole.quads, make_pin("2014-01-01")).quads)
    for name in ("ontology", "topics", "shapes"):
        held = {quad for quad in whole.quads if quad.graph_name == graph(name)}
        assert held and held <= kept, name
    index = Index(kept)
    assert index.instances(pg("Plan")) and index.instances(pg("Provision"))
    assert index.instances(pg("Document")) == index.instances(pg("Attribution")) == ()


@pytest.mark.parametrize(
    ("day", "undated", "expected"),
    [
        ("2025-11-15", "exclude", set()),
        ("2025-11-15", "include", {"cited-early"}),
        ("2025-11-20", "exclude", {"cited-early"}),  # cited by then, so out by then
        ("2025-11-22", "exclude", {"cited-early"}),
        ("2025-12-04", "exclude", {"cited-early", "cited-late"}),
        ("2025-12-03", "include", {"cited-early"}),
    ],
)
def test_an_unseen_report_is_in_from_its_day_or_from_the_day_on_which_it_is_cited(
    whole: Dataset, day: str, undated: Undated, expected: set[str]
) -> None:
    index = Index(pin(whole.quads, make_pin(day, undated)).quads)
    for slug in ("cited-early", "cited-late"):
        is_in = slug in expected
        assert (thing("document", slug) in index.instances(pg("Document"))) is is_in
        assert (thing("attribution", f"{slug}--deadline") in index.instances(pg("Attribution"))) is is_in


def test_figures_are_those_of_a_data_set_that_never_held_the_others(whole: Dataset, tmp_path: Path) -> None:
    seen = set()
    for day, (out, _) in STATES.items():
        by = make_pin(day)
        alone = build(write_dated(tmp_path / "data", out), by)
        assert list_documents(alone.quads) == out
        pinned = assemble_pinned(whole.quads, by)
        assert content(pinned) == content(alone), day
        assert pinned.revision == alone.revision
        seen.add(len([quad for quad in pinned.quads if quad.graph_name == graph("derived")]))
    assert len(seen) >= 4


def read_counts(dataset: Dataset) -> tuple[int, int]:
    """The independent origins of the first deadline, and the divergences."""
    index = Index(dataset.quads)
    first = Literal("2025-11-27", datatype=term("xsd:date"))
    (value,) = index.subjects(pg("reportedValue"), first)
    count = index.one(value, pg("independentOriginCount"))
    assert isinstance(count, Literal)
    return int(count.value), len(index.instances(pg("Divergence")))


def test_origins_and_divergences_grow_with_the_days(whole: Dataset) -> None:
    days = ("2025-11-15", "2025-11-20", "2025-11-25", "2025-12-01", "2025-12-05")
    counts = [read_counts(assemble_pinned(whole.quads, make_pin(day))) for day in days]
    assert counts == [(1, 0), (2, 0), (3, 0), (4, 0), (4, 1)]
    assert read_counts(assemble_pinned(whole.quads, make_pin(LAST_DAY, "include"))) == (4, 6)


def test_files_and_a_built_data_set_give_the_same_under_a_pin(folder: Path, whole: Dataset) -> None:
    for day in STATES:
        for undated in UNDATED:
            by = make_pin(day, undated)
            assert assemble_pinned(reversed(whole.quads), by) == build(folder, by)


def test_a_pin_that_takes_everything_has_the_data_and_the_revision_of_the_whole(whole: Dataset) -> None:
    pinned = assemble_pinned(whole.quads, make_pin(LAST_DAY, "include"))
    assert pinned.extent is not None and pinned.extent.left_out == 0
    assert pinned.revision == whole.revision
    assert content(pinned) == content(whole)
    assert assemble_pinned(whole.quads, make_pin(LAST_DAY)).revision != whole.revision


def test_a_pinned_data_set_says_so_of_itself(whole: Dataset) -> None:
    index = Index(describe(assemble_pinned(whole.quads, make_pin("2025-11-20"))))
    title = index.one(DATASET, term("dcterms:title"))
    assert isinstance(title, Literal) and title.value.endswith("as of 2025-11-20")
    described = index.one(DATASET, term("dcterms:description"))
    assert isinstance(described, Literal) and "2 of 7 documents; undated: 2, left out" in described.value
    period = index.one(DATASET, term("dcterms:temporal"))
    assert isinstance(period, NamedNode)
    assert index.one(period, term("dcat:endDate")) == Literal("2025-11-20", datatype=term("xsd:date"))
    files = [str(link) for link in index.subjects(term("rdf:type"), term("dcat:Distribution"))]
    assert len(files) == 6
    for part in index.instances(term("dcat:Distribution")):
        assert str(index.one(part, term("dcat:downloadURL"))).endswith("?as_of=2025-11-20&undated=exclude>")
    assert not Index(describe(whole)).objects(DATASET, term("dcterms:temporal"))


def test_a_document_that_says_nothing_of_itself_is_undated() -> None:
    quads = read("claim:c a pg:Claim .", "document/silent")
    assert pin(quads, make_pin("2025-11-20")).extent == Extent(make_pin("2025-11-20"), 0, 1, 1)
    assert pin(quads, make_pin("2025-11-20", "include")).extent.documents == 1


def test_a_day_that_is_none_says_nothing() -> None:
    quads = read('document:odd a pg:Document ; schema:datePublished "soon"^^xsd:date .', "document/odd")
    assert pin(quads, make_pin("2025-11-20")).extent.undated_documents == 1


def test_nothing_at_all_can_be_pinned() -> None:
    assert pin([], make_pin("2025-11-20")).extent.documents == 0
    assert assemble([]).extent is None


@pytest.mark.parametrize(
    ("days", "undated", "message"),
    [
        (["2025-11-31"], [], "as_of takes a day such as 2025-11-20, not '2025-11-31'"),
        (["20251120"], [], "as_of takes a day"),
        (["2025-11-20T00:00:00"], [], "as_of takes a day"),
        (["yesterday"], [], "as_of takes a day"),
        ([""], [], "as_of takes a day"),
        (["2025-11-20", "2025-11-20"], [], "as_of can be given once"),
        (["2025-11-20"], ["maybe"], "undated takes exclude or include, not 'maybe'"),
        (["2025-11-20"], ["include", "include"], "undated can be given once"),
        ([], ["include"], "undated says what as_of does with"),
    ],
)
def test_a_wrong_pin_is_refused_by_the_name_of_its_parameter(
    days: list[str], undated: list[str], message: str
) -> None:
    with pytest.raises(BadParameter) as refused:
        read_pin(days, undated)
    assert refused.value.detail.startswith(message)


def test_a_pin_is_read_from_its_parameters() -> None:
    assert read_pin([], []) is None
    assert read_pin(["2025-11-20"], []) == make_pin("2025-11-20")
    assert read_pin(["9999-12-31"], ["include"]) == make_pin("9999-12-31", "include")
