from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode

from builders import found_sheet, published_sheet
from plangraph.files import GraphFile, packaged, read_graph
from plangraph.index import Index
from plangraph.intake import Intake, import_sheets, open_registry
from plangraph.shapes import check
from plangraph.terms import graph, pg, term, thing

HAND_MADE = "2025-11-20-rbc-ukraine-plan-pressure.ttl"


def save(folder: Path, *sheets: dict[str, Any]) -> list[Path]:
    folder.mkdir(exist_ok=True, parents=True)
    paths = []
    for number, plain in enumerate(sheets):
        path = folder / f"{number}-{plain.get('id', 'none')}.json"
        path.write_text(json.dumps(plain), encoding="utf-8")
        paths.append(path)
    return paths


def bring_in(folder: Path, *sheets: dict[str, Any]) -> Intake:
    """Import sheets into a data set of their own, with the packaged registry."""
    root = folder / "data"
    if not root.is_dir():
        shutil.copytree(packaged("data") / "registry", root / "registry")
        (root / "documents").mkdir()
        shutil.copy(packaged("data") / "documents" / HAND_MADE, root / "documents")
    return import_sheets(save(folder / "sheets", *sheets), root / "documents")


def graph_of(folder: Path, slug: str) -> Index:
    path = folder / "data" / "documents" / f"{slug}.ttl"
    stubs = folder / "data" / "registry" / "stubs.ttl"
    quads = list(read_graph(GraphFile(path, graph(f"document/{slug}"))))
    if stubs.is_file():
        quads += read_graph(GraphFile(stubs, graph("registry")))
    return Index(quads)


def violations(folder: Path) -> list[str]:
    """What a check finds wrong in what a test has imported; the registry cites documents that it lacks."""
    made = {path for path in (folder / "data" / "documents").iterdir() if path.name != HAND_MADE}
    made |= set((folder / "data" / "registry").glob("stubs.ttl"))
    found = check(sorted(made)).findings
    assert made
    return [str(finding) for finding in found if finding.severity == "violation"]


def rules(result: Intake, severity: str) -> list[tuple[str, str]]:
    """Place and rule of the findings of a severity."""
    return [
        (finding.message.partition(":")[0], finding.shape)
        for finding in result.report.findings
        if finding.severity == severity
    ]


def test_a_sheet_becomes_one_canonical_file_with_its_chain(tmp_path: Path) -> None:
    result = bring_in(tmp_path, published_sheet())
    index = graph_of(tmp_path, "one-page")
    page, hop = (
        thing("attribution", "one-page--troop-cap"),
        thing("attribution", "one-page--troop-cap--hop-1"),
    )
    source = thing("source", "one-page--two-people-familiar-with-it")
    unseen = thing("document", "one-page--reuters")
    assert [path.name for path in result.written] == ["one-page.ttl", "stubs.ttl"]
    assert index.objects(page, pg("takenFrom")) == (hop,)
    assert index.objects(page, pg("inDocument")) == (thing("document", "one-page"),)
    assert index.objects(hop, pg("inDocument")) == (unseen,)
    assert index.objects(unseen, term("schema:publisher")) == (thing("outlet", "reuters"),)
    assert index.objects(page, pg("saidBy")) == index.objects(hop, pg("saidBy")) == (source,)
    assert index.objects(page, pg("sourceStatus")) == (pg("anonymous"),)
    assert index.objects(source, pg("speakerNumber")) == (pg("severalSpeakers"),)


def test_what_was_imported_is_clean_under_check(tmp_path: Path) -> None:
    bring_in(tmp_path, published_sheet(), found_sheet())
    assert violations(tmp_path) == []


def test_importing_again_changes_no_byte(tmp_path: Path) -> None:
    sheets = (published_sheet(), found_sheet())
    first = bring_in(tmp_path, *sheets)
    before = {path: path.read_bytes() for path in sorted((tmp_path / "data").rglob("*.ttl"))}
    again = bring_in(tmp_path, *sheets)
    assert first.unchanged == 0 and again.unchanged == 2 and again.written == ()
    assert before == {path: path.read_bytes() for path in sorted((tmp_path / "data").rglob("*.ttl"))}


def test_a_changed_sheet_changes_only_the_lines_it_is_about(tmp_path: Path) -> None:
    bring_in(tmp_path, published_sheet())
    path = tmp_path / "data" / "documents" / "one-page.ttl"
    before = path.read_text(encoding="utf-8").splitlines()
    plain = published_sheet()
    plain["claims"][0]["formulation"] = "The forces may have 600,000 at most."
    bring_in(tmp_path, plain)
    after = path.read_text(encoding="utf-8").splitlines()
    assert len(before) == len(after)
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [
        '    pg:formulation "The forces may have 600,000 at most."@en ;'
    ]


def test_what_sheets_say_and_what_the_graph_holds_are_equal_counts(tmp_path: Path) -> None:
    counts = bring_in(tmp_path, published_sheet(), found_sheet()).counts
    assert dict(counts.said) == dict(counts.held) == {"claims": 2, "stances": 2, "events": 2, "relays": 2}


def test_good_sheets_go_through_beside_bad_ones_and_nothing_is_half_written(tmp_path: Path) -> None:
    bad = {**published_sheet(), "id": "bad-page", "document_kind": "gossip"}
    result = bring_in(tmp_path, published_sheet(), bad)
    assert result.report.exit_code == 1
    assert rules(result, "violation") == [("/document_kind", "literal-error")]
    documents = {path.name for path in (tmp_path / "data" / "documents").iterdir()}
    assert documents == {HAND_MADE, "one-page.ttl"}


def test_two_files_of_one_sheet_are_both_refused(tmp_path: Path) -> None:
    result = bring_in(tmp_path, published_sheet(), published_sheet())
    assert rules(result, "violation") == [("/id", "duplicate-sheet")] * 2 and result.written == ()


def test_an_unknown_outlet_becomes_a_marked_stub(tmp_path: Path) -> None:
    result = bring_in(tmp_path, published_sheet())
    index = graph_of(tmp_path, "one-page")
    stub = thing("outlet", "the-example")
    assert ("/outlet/name", "unknown-outlet") in rules(result, "warning")
    assert index.objects(stub, pg("registryStub")) == (Literal("true", datatype=term("xsd:boolean")),)
    assert index.objects(stub, term("rdfs:label")) == (Literal("The Example", language="en"),)


def test_an_unknown_topic_becomes_stubs_of_a_topic_and_a_provision(tmp_path: Path) -> None:
    plain = published_sheet()
    plain["claims"][0]["topic"] = "moon-treaty"
    result = bring_in(tmp_path, plain)
    index = graph_of(tmp_path, "one-page")
    claim = thing("claim", "one-page--troop-cap")
    assert ("/claims/0/topic", "unknown-topic") in rules(result, "warning")
    assert index.objects(claim, pg("about")) == (thing("provision", "moon-treaty"),)
    assert index.objects(thing("provision", "moon-treaty"), pg("onTopic")) == (thing("topic", "moon-treaty"),)
    assert violations(tmp_path) == []


@pytest.mark.parametrize(
    ("slots", "rule", "key", "value"),
    [
        ({"colour": ["red"]}, "unknown-slot", "colour", '"red"'),
        ({"duration": ["a fortnight of sorts"]}, "unknown-value", "duration", '"a fortnight of sorts"'),
        ({"pointCount": ["many"]}, "wrong-type", "pointCount", '"many"'),
        (
            {"share": [{"number": 5, "unit": "percent", "base": "the moon"}]},
            "unknown-quantity",
            "share",
            '{"base": "the moon", "number": 5, "unit": "percent"}',
        ),
    ],
)
def test_what_no_slot_takes_is_kept_as_it_stands(
    tmp_path: Path, slots: dict[str, Any], rule: str, key: str, value: str
) -> None:
    plain = published_sheet()
    plain["claims"][0]["slots"] = slots
    result = bring_in(tmp_path, plain)
    index = graph_of(tmp_path, "one-page")
    (kept,) = index.instances(pg("OtherParameter"))
    assert rule in {found for _, found in rules(result, "warning")}
    assert index.objects(kept, pg("parameterKey")) == (Literal(key),)
    assert index.objects(kept, pg("parameterValue")) == (Literal(value),)
    assert result.counts.untyped == 1


def test_an_ambiguous_name_resolves_to_nobody(tmp_path: Path) -> None:
    bring_in(tmp_path)
    twins = tmp_path / "data" / "registry" / "twins.ttl"
    lines = [
        f"<{thing('actor', name).value}> a <https://schema.org/Person> ; "
        f'<http://www.w3.org/2000/01/rdf-schema#label> "Ann Twin"@en .'
        for name in ("ann-one", "ann-two")
    ]
    twins.write_text("\n".join(lines), encoding="utf-8")
    plain = published_sheet()
    plain["claims"][0]["slots"] = {"author": ["Ann Twin"]}
    result = bring_in(tmp_path, plain)
    assert ("/claims/0/slots/author/0", "ambiguous-name") in rules(result, "warning")
    assert len(graph_of(tmp_path, "one-page").instances(pg("OtherParameter"))) == 1


def test_spellings_of_one_actor_are_one_actor(tmp_path: Path) -> None:
    plain = published_sheet()
    plain["claims"][0]["slots"] = {"author": ["US", "united  states", "Washington"]}
    bring_in(tmp_path, plain)
    found = graph_of(tmp_path, "one-page").objects(thing("claim", "one-page--troop-cap"), pg("author"))
    assert found == (thing("actor", "united-states"),)


def test_the_same_quantity_in_two_sheets_is_one_node(tmp_path: Path) -> None:
    other = {**published_sheet(), "id": "other-page"}
    bring_in(tmp_path, published_sheet(), other)
    nodes = {
        value
        for slug in ("one-page", "other-page")
        for value in graph_of(tmp_path, slug).objects(
            thing("claim", f"{slug}--troop-cap"), pg("troopCeiling")
        )
    }
    assert nodes == {thing("quantity", "600000-persons-at-most")}


def test_a_doubted_value_is_read_apart_and_fills_no_slot(tmp_path: Path) -> None:
    plain = published_sheet()
    plain["claims"][0]["slots"] = {"recogniser": ["Russia"]}
    plain["claims"][0]["doubts"] = [{"slot": "recogniser", "surface": "Krievija", "doubt": "mistranslation"}]
    bring_in(tmp_path, plain)
    index = graph_of(tmp_path, "one-page")
    claim = thing("claim", "one-page--troop-cap")
    (reading,) = index.objects(claim, pg("hasReading"))
    assert isinstance(reading, NamedNode) and index.objects(claim, pg("recogniser")) == ()
    assert index.objects(reading, pg("readAs")) == (thing("actor", "russia"),)
    assert violations(tmp_path) == []


def test_what_an_actor_puts_forward_is_an_option_of_the_version(tmp_path: Path) -> None:
    plain = published_sheet()
    plain["claims"][0]["option"] = "Russia"
    bring_in(tmp_path, plain)
    index = graph_of(tmp_path, "one-page")
    (option,) = index.objects(thing("claim", "one-page--troop-cap"), pg("inOption"))
    assert isinstance(option, NamedNode)
    assert option.value.endswith("/option/28-point--ukraine-troop-cap--russia")
    assert index.objects(option, pg("proposedBy")) == (thing("actor", "russia"),)


def test_a_denial_is_a_negative_attribution_of_the_claim(tmp_path: Path) -> None:
    plain = published_sheet()
    plain["claims"][0]["attributions"] = [
        {"via": [{"kind": "person", "name": "Volodymyr Zelenskyy"}], "polarity": "negative"}
    ]
    bring_in(tmp_path, plain)
    found = graph_of(tmp_path, "one-page").objects(
        thing("attribution", "one-page--troop-cap"), pg("polarity")
    )
    assert found == (pg("negative"),)


def test_a_deletion_is_a_change_that_leads_to_the_version(tmp_path: Path) -> None:
    plain = published_sheet()
    plain["claims"][0]["change"] = {"kind": "deleted"}
    bring_in(tmp_path, plain)
    index = graph_of(tmp_path, "one-page")
    (change,) = index.instances(pg("Change"))
    assert index.objects(change, pg("toVersion")) == (thing("version", "28-point"),)
    assert index.objects(change, pg("changeKind")) == (pg("deleted"),)


def test_sheets_of_many_files_are_read_by_several_processes_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets = [{**published_sheet(), "id": f"page-{number}"} for number in range(3)]
    alone = bring_in(tmp_path / "alone", *sheets)
    monkeypatch.setattr("plangraph.intake.FEW", 1)
    together = bring_in(tmp_path / "together", *sheets)
    assert alone.counts == together.counts
    for path in (tmp_path / "alone" / "data").rglob("*.ttl"):
        twin = tmp_path / "together" / path.relative_to(tmp_path / "alone")
        assert twin.read_bytes() == path.read_bytes()


def test_the_documents_of_the_data_set_are_what_its_sheets_give(tmp_path: Path) -> None:
    bring_in(tmp_path)
    sheets = sorted((packaged("data") / "sheets").glob("*.json"))
    result = import_sheets(sheets, tmp_path / "data" / "documents")
    assert len(sheets) == 224 and [path.name for path in result.written if path.name == "stubs.ttl"] == []
    assert [finding for finding in result.report.findings if finding.severity == "violation"] == []
    differing = [
        path.name
        for path in (tmp_path / "data" / "documents").iterdir()
        if path.read_bytes() != (packaged("data") / "documents" / path.name).read_bytes()
    ]
    assert differing == []


def test_a_folder_that_has_nothing_but_stubs_goes_on_with_the_packaged_registry(tmp_path: Path) -> None:
    sheets = save(tmp_path / "sheets", published_sheet())
    results = []
    for _ in range(2):
        open_registry.cache_clear()  # as in a process of its own
        results.append(import_sheets(sheets, tmp_path / "new" / "documents"))
    first, second = results
    assert (tmp_path / "new" / "registry" / "stubs.ttl").exists()
    assert first.report.exit_code == second.report.exit_code == 0
    assert len(first.written) == 2
    assert len(second.written) == 0 and second.unchanged == 1
    lacking = [finding.shape for finding in second.report.findings if finding.severity == "violation"]
    assert lacking == []
    open_registry.cache_clear()


def test_what_was_imported_into_a_new_folder_is_checked_with_the_packaged_registry(tmp_path: Path) -> None:
    import_sheets(save(tmp_path / "sheets", published_sheet()), tmp_path / "new" / "documents")
    report = check([tmp_path / "new"])
    assert [finding for finding in report.findings if finding.severity == "violation"] == []
    assert len(report.paths) == 2
