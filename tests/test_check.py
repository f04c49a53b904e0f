"""The check: what files are looked at, how findings are told, and what it exits with."""

from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest
from pyoxigraph import RdfFormat, parse

from plangraph.files import packaged
from plangraph.findings import Finding, Look, Report, render, sort_findings
from plangraph.shapes import FEW, check, check_file
from plangraph.terms import term

HERE = Path(__file__).parent / "shapes"
BAD = sorted((HERE / "bad").glob("attribution-*.ttl"))
LINE = re.compile(r"\S+\.ttl:\d+: (?:violation|warning|info|unreadable): \S.* \([a-z-]+\)")

HEAD = """\
@prefix pg: <https://w3id.org/plangraph/ns#> .
@prefix document: <https://w3id.org/plangraph/id/document/> .
@prefix outlet: <https://w3id.org/plangraph/id/outlet/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def write_document(folder: Path, slug: str, *lines: str) -> Path:
    """A file with one partly read document by the Example Herald, and further lines of its description."""
    path = folder / "documents" / f"{slug}.ttl"
    path.parent.mkdir(parents=True, exist_ok=True)
    described = [
        f"document:{slug} a pg:Document",
        'rdfs:label "a report"@en',
        "schema:publisher outlet:example-herald",
        'schema:inLanguage "en"',
        "pg:documentKind pg:newsReport",
        "pg:readingExtent pg:partial",
        *(lines or ('schema:datePublished "2025-11-20"^^xsd:date',)),
    ]
    path.write_text(HEAD + " ;\n    ".join(described) + " .\n", encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder laid out like the packaged data, with a registry and no documents yet."""
    shutil.copytree(HERE / "registry", tmp_path / "registry")
    return tmp_path


def test_a_folder_with_clean_files_exits_with_nought(data: Path) -> None:
    write_document(data, "example-report")
    report = check([data])
    assert report.findings == ()
    assert report.exit_code == 0
    assert len(report.paths) == 7
    assert render(report) == "7 files checked: nothing found\n"


def test_a_violation_exits_with_one() -> None:
    report = check([HERE / "bad" / "attribution-polarity.ttl"])
    assert report.exit_code == 1
    assert report.count() == {"unreadable": 0, "violation": 1, "warning": 0, "info": 0}


@pytest.mark.parametrize("name", ["attribution-cycle", "attribution-evidence-partial"])
def test_a_warning_or_an_info_alone_exits_with_nought(name: str) -> None:
    report = check([HERE / "bad" / f"{name}.ttl"])
    assert report.exit_code == 0
    assert report.findings


def test_a_file_that_does_not_parse_is_told_with_its_line_and_the_others_are_checked(data: Path) -> None:
    broken = write_document(data, "broken-report")
    broken.write_text(HEAD + "document:broken-report a .\n", encoding="utf-8")
    write_document(data, "dateless-report", "schema:dateModified 1")
    report = check([data])
    assert report.exit_code == 2
    unreadable = [finding for finding in report.findings if finding.severity == "unreadable"]
    assert [(Path(entry.path).name, entry.line) for entry in unreadable] == [("broken-report.ttl", 7)]
    assert {finding.shape for finding in report.findings} == {
        "unreadable", "document-terms", "document-date-known",
    }  # fmt: skip


def test_a_triple_inside_another_one_is_told_of_and_the_rest_is_checked(data: Path) -> None:
    broken = write_document(data, "dateless-report", "schema:dateModified 1")
    with broken.open("a", encoding="utf-8") as stream:
        stream.write("document:dateless-report rdfs:seeAlso <<( <http://e/s> a pg:Document )>> .\n")
    found = {(entry.shape, Path(entry.path).name) for entry in check([data]).findings}
    assert found == {
        (rule, "dateless-report.ttl") for rule in ("triple-term", "document-terms", "document-date-known")
    }


def test_a_registry_that_does_not_parse_is_told_once(data: Path) -> None:
    (data / "registry" / "plans.ttl").write_text("plan:x a pg:Plan .\n", encoding="utf-8")
    write_document(data, "example-report")
    write_document(data, "other-report")
    report = check([data])
    assert report.exit_code == 2
    assert [Path(entry.path).name for entry in report.findings if entry.severity == "unreadable"] == [
        "plans.ttl"
    ]


@pytest.mark.parametrize("name", ["nowhere.ttl", "nowhere"])
def test_a_path_that_does_not_exist_is_unreadable(tmp_path: Path, name: str) -> None:
    report = check([tmp_path / name])
    assert report.exit_code == 2
    assert len(report.findings) == 1


def test_a_folder_that_is_not_laid_out_like_data_is_unreadable(tmp_path: Path) -> None:
    assert check([tmp_path]).exit_code == 2


def test_a_path_is_checked_once_however_often_it_is_named() -> None:
    path = HERE / "bad" / "attribution-polarity.ttl"
    assert len(check([path, path]).findings) == 1


def test_several_processes_find_what_one_finds() -> None:
    assert len(BAD) > FEW
    one, two = check(BAD, processes=1), check(BAD, processes=2)
    assert one == two
    assert len(one.findings) >= len(BAD)


def test_progress_is_told_file_by_file() -> None:
    told: list[tuple[int, int]] = []
    check(BAD[:3], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_lone_file_is_held_against_the_packaged_registry(tmp_path: Path) -> None:
    alone = write_document(tmp_path, "example-report").rename(tmp_path / "example-report.ttl")
    assert {finding.shape for finding in check_file(alone)} == {"document-publisher"}
    text = alone.read_text(encoding="utf-8").replace("outlet:example-herald", "outlet:rbc-ukraine")
    alone.write_text(text, encoding="utf-8")
    assert check_file(alone) == []


def test_a_lone_file_is_held_against_the_registry_beside_it(data: Path) -> None:
    alone = write_document(data, "example-report").rename(data / "example-report.ttl")
    assert check_file(alone) == []


def test_a_registry_file_is_checked_with_its_fellows_and_alone_told_of(data: Path) -> None:
    actors, outlets = data / "registry" / "actors.ttl", data / "registry" / "outlets.ttl"
    text = outlets.read_text(encoding="utf-8")
    outlets.write_text(text.replace("@en", "@uk"), encoding="utf-8")
    assert check_file(actors) == []
    assert {finding.shape for finding in check_file(outlets)} == {"outlet-label"}


def test_another_document_of_the_data_set_is_found_when_it_is_referred_to(data: Path) -> None:
    copy = write_document(
        data,
        "example-copy",
        'schema:datePublished "2025-11-21"^^xsd:date',
        "pg:copyOf document:example-report",
    )
    assert {finding.shape for finding in check_file(copy)} == {"document-copy"}
    # Read once a process, a data set is a new one where a document is added to it.
    moved = data.rename(data.with_name("moved"))
    write_document(moved, "example-report")
    assert check_file(moved / "documents" / copy.name) == []


def test_an_ill_typed_date_is_found_and_not_logged(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_document(data, "example-report", 'schema:datePublished "2025-02-30"^^xsd:date')
    with caplog.at_level(logging.DEBUG, logger="rdflib"):
        findings = check_file(path)
    assert [(finding.shape, finding.line) for finding in findings] == [("document-date", 7)]
    assert "2025-02-30" in str(findings[0])
    assert caplog.records == []


def test_a_term_is_held_against_the_rules_for_the_vocabulary() -> None:
    paths = [packaged("ontology"), HERE / "bad" / "term-example.ttl"]
    report = check(paths)
    assert {finding.shape for finding in report.findings} == {"term-example"}
    assert len(report.paths) == 5


def test_text_has_one_line_a_finding_and_a_summary() -> None:
    report = check(BAD)
    *lines, summary = render(report).splitlines()
    assert len(lines) == len(report.findings) >= len(BAD)
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert summary.startswith(f"{len(BAD)} files checked: ")


def test_json_tells_every_finding_with_its_place() -> None:
    report = check(BAD[:3])
    told = json.loads(render(report, "json"))
    assert told["conforms"] is False
    assert len(told["findings"]) == len(report.findings) >= 3
    assert {"path", "line", "severity", "message", "shape", "focus", "predicate", "value", "pointer"} == set(
        told["findings"][0]
    )


def test_turtle_is_a_shacl_report() -> None:
    report = check(BAD[:3])
    quads = list(parse(render(report, "turtle").encode(), format=RdfFormat.TURTLE))
    assert [quad for quad in quads if quad.object == term("sh:ValidationReport")] != []
    results = [quad for quad in quads if quad.predicate == term("sh:result")]
    assert len(results) == len(report.findings) >= 3
    assert {quad.object.value for quad in quads if quad.predicate == term("sh:conforms")} == {"false"}


def test_a_report_in_junit_fails_the_case_of_a_file_with_a_violation() -> None:
    names = ["attribution-polarity", "attribution-cycle"]
    suite = ElementTree.fromstring(render(check([HERE / "bad" / f"{name}.ttl" for name in names]), "junit"))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    cases = {Path(case.get("name", "")).stem: [part.tag for part in case] for case in suite.iter("testcase")}
    assert cases == {"attribution-polarity": ["failure"], "attribution-cycle": ["system-out"]}


@pytest.mark.parametrize("look", get_args(Look))
def test_an_empty_report_can_be_shown_in_every_way(look: Look) -> None:
    shown = render(Report((), ("a.ttl",)), look)
    assert shown.endswith("\n")
    assert "violation" not in shown or look == "json"


def test_findings_are_sorted_by_file_and_line() -> None:
    early, late = (Finding("b.ttl", line, "violation", "Mend it.", "rule") for line in (2, 10))
    first = Finding("a.ttl", None, "warning", "Look.", "rule")
    assert sort_findings({late, early, first}) == (first, early, late)
