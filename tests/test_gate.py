"""What is written is held against the shapes, and leads to the data set that the same files would make."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from builders import read
from folders import SEED, write_seed
from plangraph.build import Dataset, assemble, build, settle
from plangraph.change import Change, apply
from plangraph.checks import find_referring, find_subjects
from plangraph.files import packaged
from plangraph.formats import TURTLE
from plangraph.gate import LANGUAGE, Verdict, check_described, check_graph, judge_change
from plangraph.graph_store import delete_graph, replace_graph
from plangraph.graph_texts import write_text
from plangraph.pinning import COMPUTED, REGISTRY
from plangraph.settings import Limits
from plangraph.surroundings import Neighbours, open_surroundings
from plangraph.terms import NS, Graph, graph, term, thing
from plangraph.update import update
from plangraph.uploads import Upload
from plangraph.write_errors import ChangeRefused
from services import read_packaged

LIMITS: Final = Limits()
DOCUMENT: Final = thing("document", SEED)
HOME: Final = graph(f"document/{SEED}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry and one document."""
    return write_seed(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return build(folder)


@pytest.fixture
def store(dataset: Dataset) -> Store:
    return make_store(dataset)


def make_store(dataset: Dataset) -> Store:
    made = Store()
    made.extend(dataset.quads)
    return made


def do(store: Store, text: str) -> Verdict:
    return judge_change(store, update(store, text, LIMITS), LIMITS)


def write(store: Store, path: Path, slug: str | None = None) -> Verdict:
    """A file of a document, put into its graph."""
    upload = Upload(path.read_bytes(), TURTLE)
    change = replace_graph(store, graph(f"document/{slug or path.stem}"), [upload], LIMITS)
    return judge_change(store, change, LIMITS)


def test_a_change_leads_to_the_data_set_that_the_same_files_make(
    folder: Path, dataset: Dataset, store: Store, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "data"))
    path = copy / "documents" / f"{SEED}.ttl"
    text = path.read_text(encoding="utf-8")
    assert "pg:evidenceCoverage 1.0" in text
    path.write_text(text.replace("pg:evidenceCoverage 1.0", "pg:evidenceCoverage 0.50"), encoding="utf-8")
    verdict = write(store, path)
    files = build(copy)
    assert verdict.revision == files.revision != dataset.revision
    assert set(store) == settle(files.quads)
    parent = make_store(dataset)
    apply(parent, verdict.change)
    assert set(parent) == settle(files.quads)
    assert COMPUTED & verdict.change.find_graphs() == {graph("dataset")}


def test_computed_graphs_change_together_with_what_they_are_computed_from(store: Store) -> None:
    before = len(list(store.quads_for_pattern(None, None, None, graph("derived"))))
    verdict = judge_change(store, delete_graph(store, HOME), LIMITS)
    assert verdict.change.find_graphs() == {HOME, *COMPUTED}
    assert verdict.change.dropped == {HOME}
    assert len(list(store.quads_for_pattern(None, None, None, graph("derived")))) < before


def test_the_same_data_give_the_same_revision_whether_from_files_or_from_a_store(dataset: Dataset) -> None:
    stated = [quad for quad in make_store(dataset) if quad.graph_name not in COMPUTED]
    again = assemble(stated)
    assert again.revision == dataset.revision
    assert set(again.quads) == settle(dataset.quads) != set(dataset.quads)


def test_literals_settle_as_the_engine_keeps_them() -> None:
    loose = read('document:a pg:evidenceCoverage 1.50 ; rdfs:label "x"@en , "y" ; pg:n "01"^^xsd:integer .')
    values = {quad.object.value for quad in settle(loose) if isinstance(quad.object, Literal)}
    assert values == {"1.5", "x", "y", "1"}


def test_no_change_changes_nothing_that_is_computed(dataset: Dataset, store: Store) -> None:
    verdict = judge_change(store, Change(), LIMITS)
    assert not verdict.change
    assert verdict.revision == dataset.revision


def test_a_broken_rule_refuses_the_change_and_names_what_breaks_it(store: Store) -> None:
    with pytest.raises(ChangeRefused) as caught:
        do(store, f"DELETE WHERE {{ GRAPH <{HOME.value}> {{ <{DOCUMENT.value}> rdfs:label ?label }} }}")
    assert (caught.value.status, caught.value.broken_rule) == (422, "shapes")
    assert caught.value.total == len(caught.value.findings) >= 1
    finding = caught.value.findings[0]
    assert finding["graph"] == HOME.value
    assert finding["focus"] == DOCUMENT.value
    assert finding["severity"] == "violation"
    assert {"shape", "message"} <= set(finding) <= {
        "graph", "severity", "message", "shape", "focus", "predicate", "value",
    }  # fmt: skip
    assert caught.value.detail.endswith(f"({finding['shape']})")


def test_only_so_many_findings_are_told_and_all_are_counted(store: Store) -> None:
    formulation = f"GRAPH <{HOME.value}> {{ ?claim pg:formulation ?text }}"
    change = update(store, f"DELETE WHERE {{ {formulation} }}", LIMITS)
    with pytest.raises(ChangeRefused) as caught:
        judge_change(store, change, replace(LIMITS, findings_told=3))
    assert len(caught.value.findings) == 3
    assert caught.value.total > 10


def test_a_warning_does_not_refuse_and_is_told(tmp_path: Path) -> None:
    shapes = Path(__file__).parent / "shapes"
    (tmp_path / "documents").mkdir()
    shutil.copytree(shapes / "registry", tmp_path / "registry")
    store = make_store(build(tmp_path))
    slug = "2025-11-20-example-herald-report"
    verdict = write(store, shapes / "bad" / "attribution-cycle.ttl", slug)
    assert {finding.severity for finding in verdict.warnings} == {"warning"}
    assert {finding.shape for finding in verdict.warnings} == {"attribution-cycle"}
    assert verdict.change.added_quads > 10
    shutil.copy(shapes / "bad" / "attribution-cycle.ttl", tmp_path / "documents" / f"{slug}.ttl")
    assert build(tmp_path).revision == verdict.revision


@pytest.mark.parametrize(
    ("described", "others"),
    [
        (["one"], []),
        (["one", "two"], ["two"]),
        (["two"], ["one", "two"]),
        ([], []),  # then it is gone
    ],
)
def test_the_graph_of_a_document_describes_it_and_no_other(described: list[str], others: list[str]) -> None:
    text = "".join(
        f'<{thing("document", name).value}> a <{NS}Document> ; <{LANGUAGE.value}> "en" .\n'
        for name in described
    )
    place, store = graph("document/one"), Store()
    replace_graph(store, place, [Upload(text.encode(), TURTLE)], LIMITS)
    findings = list(check_described(store, place))
    assert sorted(finding.focus or "" for finding in findings) == [
        thing("document", name).value for name in others
    ]
    assert {(finding.shape, finding.severity) for finding in findings} <= {("one-document", "violation")}
    assert list(check_described(store, REGISTRY)) == []


def test_a_document_is_refused_in_the_graph_of_another_one_however_it_is_written(store: Store) -> None:
    text = write_text(store, HOME.value)
    assert text is not None
    other = graph("document/another-name")
    change = replace_graph(store, other, [Upload(text, TURTLE)], LIMITS)
    with pytest.raises(ChangeRefused) as caught:
        judge_change(store, change, LIMITS)
    told = [entry for entry in caught.value.findings if entry["shape"] == "one-document"]
    assert {entry["focus"] for entry in told} == {DOCUMENT.value, thing("document", "another-name").value}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (DefaultGraph(), "default graph is empty"),
        (graph("ontology"), "comes with the software"),
        (graph("topics"), "comes with the software"),
        (graph("shapes"), "comes with the software"),
        (graph("derived"), "is computed"),
        (graph("dataset"), "is computed"),
        (graph("document/NoSlug"), "no graph of this data set"),
        (NamedNode("http://e/g"), "no graph of this data set"),
    ],
)
def test_a_graph_that_cannot_be_written_is_refused_by_name(store: Store, name: Graph, reason: str) -> None:
    quad = Quad(DOCUMENT, term("rdfs:label"), Literal("x"), name)
    with pytest.raises(ChangeRefused, match=reason) as caught:
        judge_change(store, Change(added=f"{quad} .\n".encode()), LIMITS)
    assert caught.value.broken_rule == "graph"


def test_documents_and_the_registry_can_be_written() -> None:
    check_graph(graph("registry"))
    check_graph(HOME)


def test_a_change_of_the_registry_is_held_against_the_documents_that_refer_to_it(store: Store) -> None:
    publisher = next(iter(store.quads_for_pattern(DOCUMENT, term("schema:publisher"), None, HOME))).object
    change = update(
        store, f"DELETE WHERE {{ GRAPH <{graph('registry').value}> {{ {publisher} ?p ?o }} }}", LIMITS
    )
    assert find_referring(store, find_subjects(change)) == {HOME}
    with pytest.raises(ChangeRefused) as caught:
        judge_change(store, change, LIMITS)
    assert {HOME.value} <= {finding["graph"] for finding in caught.value.findings}


def test_an_emptied_registry_is_held_against_every_document(store: Store) -> None:
    registry = graph("registry")
    store.clear_graph(registry)
    with pytest.raises(ChangeRefused) as caught:
        judge_change(store, Change(emptied=frozenset({registry}), emptied_quads=1), LIMITS)
    assert {finding["graph"] for finding in caught.value.findings} == {HOME.value}


def test_a_new_entry_of_the_registry_is_checked_with_the_registry(store: Store) -> None:
    entry = f"GRAPH <{graph('registry').value}> {{ outlet:brand-new a schema:NewsMediaOrganization }}"
    with pytest.raises(ChangeRefused) as caught:
        do(store, f"INSERT DATA {{ {entry} }}")
    assert {finding["graph"] for finding in caught.value.findings} == {graph("registry").value}


def test_a_store_and_files_tell_the_same_of_what_a_document_refers_to() -> None:
    whole = read_packaged()
    store = make_store(whole)
    known, files = Neighbours(store), open_surroundings(None)
    compared = 0
    for name in store.named_graphs():
        quads = list(store.quads_for_pattern(None, None, None, name))
        if not isinstance(name, NamedNode) or "/graph/document/" not in name.value:
            continue
        here, there = known.gather(quads), settle(files.gather(quads))
        assert {quad.triple for quad in here} == {quad.triple for quad in there}, name
        compared += 1
    assert compared == len(list((packaged("data") / "documents").glob("*.ttl"))) > 200


@pytest.mark.parametrize(
    ("escaped", "code"),
    [("\\u0000", "U+0000"), ("\\b", "U+0008"), ("\\u001F", "U+001F"), ("\\uFFFE", "U+FFFE")],
)
def test_a_text_that_no_xml_can_hold_is_refused(store: Store, escaped: str, code: str) -> None:
    text = f'INSERT DATA {{ GRAPH <{HOME.value}> {{ <{DOCUMENT.value}> rdfs:comment "so {escaped}"@en }} }}'
    with pytest.raises(ChangeRefused) as caught:
        do(store, text)
    (finding,) = caught.value.members["findings"]
    assert finding["shape"] == "characters" and code in finding["message"]
    assert (finding["focus"], finding["graph"]) == (DOCUMENT.value, HOME.value)


def test_line_ends_tabs_and_backslashes_are_no_characters_of_that_kind(store: Store) -> None:
    words = r"one\n two\t three \\b four \\u0007 five"
    text = f'INSERT DATA {{ GRAPH <{HOME.value}> {{ <{DOCUMENT.value}> rdfs:comment "{words}"@en }} }}'
    assert do(store, text).change.added_quads > 0
