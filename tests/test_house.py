"""Rules of the house that no one module can keep: sizes, names, documented limits, nothing of a machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from conftest import DEAREST
from plangraph.settings import Limits, Settings
from plangraph.terms import NS, PREFIXES, term

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 300
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "service", "base", "misc"}
PROPERTY_KINDS = {
    term(name)
    for name in ("owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty", "rdf:Property")
}
NOT_OURS = re.compile(
    r"\.(?:git|venv|hypothesis|[a-z]+_cache)|build|built|dist|__pycache__|node_modules|.*\.egg-info"
)
OF_A_MACHINE = re.compile(r"(?<![\w.-])/(?:home|Users|root|work)/\w")
OF_A_REGISTRY = re.compile(
    r"pypi\.org/simple|files\.pythonhosted\.org|registry\.(?:npmjs|yarnpkg)\."
    r'|--(?:extra-)?index-?url|--find-?links|"resolved":\s*"http'
)
LICENCES = {"LICENSE", "LICENSE-DATA"}


def find_sources() -> list[Path]:
    return sorted((ROOT / "src").rglob("*.py"))


def iterate_files(folder: Path = ROOT) -> Iterator[Path]:
    """The files of the project: all but what git, the build, and the tools put there."""
    for path in sorted(folder.iterdir()):
        if NOT_OURS.fullmatch(path.name) or path.is_symlink():
            continue
        if path.is_dir():
            yield from iterate_files(path)
        else:
            yield path


def find_lines(pattern: re.Pattern[str], paths: list[Path]) -> tuple[int, list[str]]:
    """How many of the files are text, and where the pattern occurs in them."""
    texts, found = 0, []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        texts += 1
        found += [f"{path}:{number}" for number, line in enumerate(lines, start=1) if pattern.search(line)]
    return texts, found


def find_shadowing(properties: set[str]) -> set[str]:
    """The names that an rdflib namespace cannot reach as attributes, since strings have such a method."""
    return properties & set(dir(str))


def read_rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of docs/limits.md, without the marks of code."""
    text = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in find_sources()
    }
    assert len(sizes) > 5
    assert {name: lines for name, lines in sizes.items() if lines > MOST_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    sources = find_sources()
    assert len(sources) > 5
    names = {part for path in sources for part in path.relative_to(ROOT / "src").with_suffix("").parts}
    assert "terms" in names
    assert names & VAGUE == set()


def test_the_files_of_tests_that_come_first_are_there() -> None:
    assert len(set(DEAREST)) == len(DEAREST) > 10
    assert [name for name in DEAREST if not (ROOT / "tests" / f"{name}.py").is_file()] == []


def test_no_property_of_the_ontology_has_the_name_of_a_method_of_str() -> None:
    files = sorted((ROOT / "ontology").glob("*.ttl"))
    assert len(files) >= 4
    properties = {
        quad.subject.value.removeprefix(NS)
        for path in files
        for quad in parse(path.read_bytes(), format=RdfFormat.TURTLE)
        if quad.predicate == term("rdf:type") and quad.object in PROPERTY_KINDS
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(NS)
    }
    assert len(properties) > 50
    assert "saidBy" in properties
    assert find_shadowing(properties) == set()


def test_a_property_called_title_would_be_noticed() -> None:
    assert find_shadowing({"saidBy", "title", "count"}) == {"title", "count"}


def test_the_documented_limits_are_those_of_the_settings() -> None:
    rows = read_rows("Limits")
    expected = [[str(row[key]) for key in ("name", "value", "unit", "help")] for row in Limits().table()]
    assert len(rows) == len(fields(Limits)) > 5
    assert rows == expected


def test_the_documented_settings_are_those_of_the_settings() -> None:
    rows = read_rows("Settings")
    defaults = {entry.name: repr(getattr(Settings(), entry.name)) for entry in fields(Settings)}
    assert len(rows) == len(fields(Settings)) > 5
    assert [row[0] for row in rows] == list(defaults)
    assert {row[0]: row[1] for row in rows if row[0] != "limits"} == {
        name: default for name, default in defaults.items() if name != "limits"
    }


def test_the_documented_prefixes_are_those_of_the_terms() -> None:
    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*) \| `(.*)` \|$", text.partition("\n## Prefixes\n")[2], re.MULTILINE)
    listed = [
        (name, namespace.replace("<prefix>", name))
        for names, namespace in rows
        for name in re.findall(r"`(\w+)`", names)
    ]
    assert len(listed) == len(PREFIXES) > 40
    assert dict(listed) == PREFIXES


@pytest.mark.parametrize("pattern", [OF_A_MACHINE, OF_A_REGISTRY], ids=["folder", "registry"])
def test_no_file_names_a_folder_of_somebody_or_a_package_registry(pattern: re.Pattern[str]) -> None:
    texts, found = find_lines(pattern, list(iterate_files()))
    assert texts > 30
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "line", "matches"),
    [
        (OF_A_MACHINE, "see /" + "home/ada/plan.ttl", True),
        (OF_A_MACHINE, "file:///" + "Users/ada/plan.ttl", True),
        (OF_A_MACHINE, "https://example.org/home/ada", False),
        (OF_A_MACHINE, "ontology/home/terms.ttl", False),
        (OF_A_REGISTRY, "https://pypi." + "org/simple/rdflib", True),
        (OF_A_REGISTRY, "pip install --extra-index" + "-url https://example.org", True),
        (OF_A_REGISTRY, '"resolved": ' + '"https://example.org/a.tgz"', True),
        (OF_A_REGISTRY, "https://pypi." + "org/project/rdflib", False),
    ],
)
def test_a_folder_or_registry_is_noticed_and_nothing_else(
    pattern: re.Pattern[str], line: str, matches: bool
) -> None:
    assert bool(pattern.search(line)) is matches


def test_both_licences_are_there_in_full() -> None:
    sizes = {name: len((ROOT / name).read_text(encoding="utf-8").split()) for name in sorted(LICENCES)}
    assert len(sizes) == 2
    assert min(sizes.values()) > 1_500


def test_every_version_is_pinned_exactly_and_every_dependency_is_among_them() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [re.fullmatch(r"([A-Za-z0-9._-]+)==[0-9][\w.]*", line) for line in lines]
    assert len(pins) > 30
    assert all(pins)
    names = {re.sub(r"[-_.]+", "-", pin[1].lower()) for pin in pins if pin}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    asked = {found.lower() for found in re.findall(r'^    "([A-Za-z0-9-]+)[<>=]', project, re.MULTILINE)}
    assert len(asked) > 7
    assert asked - names == set()
