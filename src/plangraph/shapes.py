"""Files to findings, each with file and line: the check of documents, registry and vocabulary.

A document is checked with the few descriptions it refers to, never with the whole data set, so the cost of
one report does not grow with the data.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import rdflib
from pyoxigraph import Quad
from rdflib import SH

from plangraph.errors import FileUnreadable
from plangraph.files import GraphFile, find_line, list_data, list_vocabulary, packaged, read_graph, read_text
from plangraph.findings import SHAPES, UNREADABLE, Finding, Report, Severity, sort_findings
from plangraph.rules import Details, open_rules, to_term
from plangraph.shacl import find_violations
from plangraph.surroundings import open_surroundings
from plangraph.terms import graph, shorten, term

TYPE: Final = term("rdf:type")
SEVERITY: Final[dict[rdflib.term.Node | None, Severity]] = {SH.Warning: "warning", SH.Info: "info"}
VOCABULARY_TYPES: Final = frozenset(
    term(name)
    for name in (
        "owl:Ontology", "owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "rdf:Property",
        "skos:ConceptScheme", "skos:Concept",
    )
)  # fmt: skip
FEW: Final = 24
"""Files up to this number are checked in this process: starting others (1.5 s) would take longer."""

Progress = Callable[[int, int], None]


def judge(
    described: Sequence[tuple[GraphFile, Sequence[Quad]]], context: Sequence[Quad], vocabulary: bool
) -> Iterator[Finding]:
    """The findings on files that are checked as one graph."""
    homes = find_homes(described)
    texts: dict[Path, str] = {}
    together = [quad for _, quads in described for quad in quads]
    for focus, details in find_violations(together, context, open_rules(vocabulary)):
        path = homes.get(focus, described[0][0].path)
        text = texts.setdefault(path, read_text(path))
        yield tell_finding(str(path), find_line(text, focus, shorten(focus)), focus, details)


def tell_finding(path: str, line: int | None, focus: str, details: Details) -> Finding:
    """A result of SHACL as a finding in a file, or in a graph where there is no file."""
    value = details.get(SH.value)
    predicate = details.get(SH.resultPath)
    return Finding(
        path=path,
        line=line,
        severity=SEVERITY.get(details.get(SH.resultSeverity), "violation"),
        message=str(details.get(SH.resultMessage, "This breaks a rule that has no message.")),
        shape=name_rule(details),
        focus=focus if ":" in focus else None,
        predicate=str(predicate) if isinstance(predicate, rdflib.URIRef) else None,
        value=None if value is None or str(value) == focus else value.n3(),
    )


def find_homes(described: Sequence[tuple[GraphFile, Sequence[Quad]]]) -> dict[str, Path]:
    """The file that each subject is described in: the first to give it a type, else the first to name it."""
    named: dict[str, Path] = {}
    typed: dict[str, Path] = {}
    for file, quads in described:
        for quad in quads:
            subject = str(to_term(quad.subject))
            named.setdefault(subject, file.path)
            if quad.predicate == TYPE:
                typed.setdefault(subject, file.path)
    return named | typed


def name_rule(details: Details) -> str:
    """The name of the rule that was broken: the constraint's where it has one, else the shape's."""
    for key in (SH.sourceConstraint, SH.sourceShape):
        if isinstance(named := details.get(key), rdflib.URIRef):
            return str(named).removeprefix(SHAPES)
    return "unnamed"


@dataclass(frozen=True)
class Task:
    """Files that are checked as one graph, against one data set; only findings on ``wanted`` are told."""

    files: tuple[GraphFile, ...]
    root: Path | None
    wanted: frozenset[str]


def check_task(task: Task) -> list[Finding]:
    """The findings of one task; files that cannot be read are told, and the others still checked."""
    findings, described = [], []
    for file in task.files:
        try:
            described.append((file, list(read_graph(file))))
        except FileUnreadable as error:
            findings.append(tell_unreadable(error))
    vocabulary = any(
        quad.predicate == TYPE and quad.object in VOCABULARY_TYPES for _, quads in described for quad in quads
    )
    try:
        if described:
            known = open_surroundings(task.root)
            together = [quad for _, quads in described for quad in quads]
            # A term is judged beside all others, since its label must be its own.
            own = {quad.subject for quad in together}
            beside = [quad for thing, held in known.known.items() if thing not in own for quad in held]
            findings += judge(described, beside if vocabulary else known.gather(together), vocabulary)
    except FileUnreadable as error:
        findings.append(tell_unreadable(error))
    # One value can break a rule in two ways, as a date that is none and not in time; that is one finding.
    told = (entry for entry in findings if entry.path in task.wanted or entry.shape == UNREADABLE)
    return list(dict.fromkeys(told))


def tell_unreadable(error: FileUnreadable) -> Finding:
    """An unreadable file as a finding."""
    return Finding(error.path, error.line, "unreadable", error.detail, UNREADABLE)


def check_file(path: Path, root: Path | None = None) -> list[Finding]:
    """The findings on one file; ``root`` is the data set it refers to, found by its place when not given."""
    return check_task(place_file(path, root))


def check(
    paths: Sequence[Path] = (), processes: int | None = None, progress: Progress | None = None
) -> Report:
    """Check files and folders laid out like ``data/``; without any, the packaged data and vocabulary.

    Several files are shared out to ``processes`` (by default one a processor); ``progress`` is told how many
    files are done, of how many. An unreadable file is a finding, and the others are still checked.
    """
    findings: set[Finding] = set()
    tasks: list[Task] = []
    for path in paths or (packaged("ontology"), packaged("data")):
        try:
            tasks += plan(path)
        except FileUnreadable as error:
            findings.add(tell_unreadable(error))
    tasks = list(dict.fromkeys(tasks))
    for done, found in enumerate(run_tasks(tasks, processes or os.cpu_count() or 1), start=1):
        findings.update(found)
        if progress is not None:
            progress(done, len(tasks))
    checked = {path for task in tasks for path in task.wanted} | {entry.path for entry in findings}
    shown = {replace(entry, path=show_path(entry.path)) for entry in findings}
    return Report(sort_findings(shown), tuple(sorted(map(show_path, checked))))


def show_path(path: str) -> str:
    """A path as a person here would type it: relative where it lies below the working folder."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def run_tasks(tasks: Sequence[Task], processes: int) -> Iterator[list[Finding]]:
    """The findings of each task, as they come."""
    if len(tasks) <= FEW or processes == 1:
        yield from map(check_task, tasks)
        return
    with ProcessPoolExecutor(min(processes, len(tasks)), mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(check_task, task) for task in tasks]):
            yield future.result()


def plan(path: Path) -> list[Task]:
    """The tasks that a path stands for; raises :class:`FileUnreadable` for one that names no file."""
    if not path.is_dir():
        read_text(path)
        return [place_file(path, None)]
    if path.resolve() == packaged("ontology").resolve():
        files = tuple(file for file in list_vocabulary() if file.graph != graph("shapes"))
        return [Task(files, None, frozenset(str(file.path) for file in files))]
    files = tuple(list_data(path))
    registry = tuple(file for file in files if file.graph == graph("registry"))
    return [
        *([Task(registry, path, frozenset(str(file.path) for file in registry))] if registry else []),
        *(Task((file,), path, frozenset({str(file.path)})) for file in files if file not in registry),
    ]


def place_file(path: Path, root: Path | None) -> Task:
    """The task of one file: a registry file is checked with its fellows, any other file alone."""
    places = (path.parent, path.parent.parent)
    beside = next((place for place in places if (place / "registry").is_dir()), None)
    if path.parent.name == "registry":
        fellows = tuple(GraphFile(other, graph("registry")) for other in sorted(path.parent.glob("*.ttl")))
        return Task(fellows, root or path.parent.parent, frozenset({str(path)}))
    return Task((GraphFile(path, graph("document/" + path.stem)),), root or beside, frozenset({str(path)}))
