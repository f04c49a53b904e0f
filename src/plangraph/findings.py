"""What a check finds, and how findings are shown: lines of text, JSON, a SHACL report in Turtle, JUnit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal, TypeAlias
from xml.etree import ElementTree

from pyoxigraph import BlankNode, NamedNode, Quad
from pyoxigraph import Literal as Value

from plangraph.terms import BASE, shorten, term
from plangraph.turtle import write_turtle

Severity: TypeAlias = Literal["unreadable", "violation", "warning", "info"]
Look: TypeAlias = Literal["text", "json", "turtle", "junit"]

SEVERITIES: Final[tuple[Severity, ...]] = ("unreadable", "violation", "warning", "info")
SHAPES: Final = BASE + "shapes#"
UNREADABLE: Final = "unreadable"
"""The name that stands for a shape where a file could not be read at all."""

TYPE: Final = term("rdf:type")
SH_SEVERITY: Final[dict[Severity, str]] = {
    "unreadable": "sh:Violation",
    "violation": "sh:Violation",
    "warning": "sh:Warning",
    "info": "sh:Info",
}


@dataclass(frozen=True)
class Finding:
    """One broken rule. ``shape`` is the rule's name, the local part of its IRI; lines count from 1.

    ``path`` is the file, or the IRI of the graph where the data lie in a store; then there is no line.

    ``focus`` is what breaks the rule, ``predicate`` and ``value`` say by which property and with what, in
    N-Triples form, where the rule tells; ``line`` is where the description of ``focus`` begins. ``pointer``
    is the place in a report sheet (a JSON pointer, empty for the whole of it).
    """

    path: str
    line: int | None
    severity: Severity
    message: str
    shape: str
    focus: str | None = None
    predicate: str | None = None
    value: str | None = None
    pointer: str | None = None

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line is not None else self.path
        return f"{where}: {self.severity}: {self.describe()} ({self.shape})"

    def describe(self) -> str:
        """The message, with the property and the value at fault where there are such."""
        return self.message + self.describe_found()

    def describe_found(self) -> str:
        """The property and the value at fault, as they stand behind the message."""
        if self.value is None:
            return ""
        predicate = "" if self.predicate is None else f"{show_term(f'<{self.predicate}>')} "
        return f" Found: {predicate}{show_term(self.value)}"

    def describe_place(self) -> str:
        """What breaks the rule, or where in a sheet, in front of a message that does not say so itself."""
        return "" if self.focus is None or self.pointer is not None else f"{show_term(f'<{self.focus}>')}: "

    def describe_member(self) -> dict[str, object]:
        """As a member of a problem document: ``graph`` for the path, and only what is known."""
        members = {"graph": self.path, **asdict(self), "message": self.describe()}
        return {name: value for name, value in members.items() if value is not None and name != "path"}

    @staticmethod
    def recall(members: Mapping[str, Any]) -> Finding:
        """The finding that :meth:`describe_member` told of; what else the members say is left out."""
        known = {entry.name: members[entry.name] for entry in fields(Finding) if entry.name in members}
        found = Finding(**{"path": members.get("graph", ""), "line": None, "shape": "", **known})
        return replace(found, message=found.message.removesuffix(found.describe_found()))


@dataclass(frozen=True)
class Report:
    """All findings of a check, sorted by file and line, and the files that were checked."""

    findings: tuple[Finding, ...]
    paths: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 clean, 1 violations, 2 something unreadable; warnings and infos alone are clean."""
        found = {finding.severity for finding in self.findings}
        return 2 if "unreadable" in found else 1 if "violation" in found else 0

    def count(self) -> dict[Severity, int]:
        """How many findings of each severity there are, zeros included."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in SEVERITIES}


def sort_findings(findings: set[Finding]) -> tuple[Finding, ...]:
    """Findings in the order a person mends them: by file, line, then shape and value."""
    return tuple(
        sorted(
            findings,
            key=lambda entry: (
                *(entry.path, entry.line or 0, entry.shape, entry.value or ""),
                *(entry.focus or "", entry.pointer or "", entry.message),
            ),
        )
    )


def render(report: Report, look: Look = "text") -> str:
    """The report as text; it ends with a line end. An empty report in ``text`` says how much was checked."""
    if look == "json":
        return json.dumps(describe_report(report), ensure_ascii=False, indent=2) + "\n"
    if look == "turtle":
        return write_turtle(list_results(report)).decode()
    if look == "junit":
        return render_junit(report)
    return "".join(f"{line}\n" for line in [*map(str, report.findings), summarise(report)])


def summarise(report: Report) -> str:
    """One line: how many files, how many findings of each severity."""
    counts = ", ".join(f"{number} {severity}" for severity, number in report.count().items() if number)
    files = f"{len(report.paths)} file" + ("" if len(report.paths) == 1 else "s")
    return f"{files} checked: {counts or 'nothing found'}"


def describe_report(report: Report) -> dict[str, object]:
    """The report as plain values for JSON."""
    return {
        "conforms": report.exit_code == 0,
        "paths": list(report.paths),
        "counts": report.count(),
        "findings": [asdict(finding) for finding in report.findings],
    }


def list_results(report: Report) -> Iterator[Quad]:
    """The report as a ``sh:ValidationReport``; file and line stand in ``schema:url`` as ``file#L12``."""
    node = BlankNode()
    boolean = term("xsd:boolean")
    yield Quad(node, TYPE, term("sh:ValidationReport"))
    yield Quad(node, term("sh:conforms"), Value(str(not report.findings).lower(), datatype=boolean))
    for finding in report.findings:
        result = BlankNode()
        place = finding.path if finding.line is None else f"{finding.path}#L{finding.line}"
        yield Quad(node, term("sh:result"), result)
        yield Quad(result, TYPE, term("sh:ValidationResult"))
        yield Quad(result, term("sh:resultSeverity"), term(SH_SEVERITY[finding.severity]))
        yield Quad(result, term("sh:resultMessage"), Value(finding.describe(), language="en"))
        yield Quad(result, term("sh:sourceShape"), NamedNode(SHAPES + finding.shape))
        yield Quad(result, term("schema:url"), Value(place))
        if finding.focus is not None:
            yield Quad(result, term("sh:focusNode"), NamedNode(finding.focus))
        if finding.predicate is not None:
            yield Quad(result, term("sh:resultPath"), NamedNode(finding.predicate))


def render_junit(report: Report) -> str:
    """One test suite, one case a file; a violation or unreadable file fails its case, the rest is output."""
    counts = report.count()
    failed = {entry.path for entry in report.findings if entry.severity in ("violation", "unreadable")}
    suite = ElementTree.Element(
        "testsuite",
        name="plangraph check",
        tests=str(len(report.paths)),
        failures=str(len(failed - {entry.path for entry in report.findings if entry.shape == UNREADABLE})),
        errors=str(counts["unreadable"]),
    )
    for path in report.paths:
        case = ElementTree.SubElement(suite, "testcase", classname="plangraph.check", name=path)
        mine = [finding for finding in report.findings if finding.path == path]
        for severity, tag in (("unreadable", "error"), ("violation", "failure")):
            lines = [str(finding) for finding in mine if finding.severity == severity]
            if lines:
                mark = ElementTree.SubElement(case, tag, message=f"{len(lines)} {severity}")
                mark.text = "\n".join(lines)
        others = [str(finding) for finding in mine if finding.severity in ("warning", "info")]
        if others:
            ElementTree.SubElement(case, "system-out").text = "\n".join(others)
    ElementTree.indent(suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suite, encoding="unicode")}\n'


def show_term(text: str) -> str:
    """A term in N-Triples form, shortened to its prefixed name where it has one."""
    if text.startswith("<") and text.endswith(">"):
        return shorten(text[1:-1]) or text
    return text
