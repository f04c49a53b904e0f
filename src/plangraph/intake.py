"""Many sheets to a data set: one canonical Turtle file a sheet, and stubs for what the registry lacks.

Good sheets go through whatever the others do, and a file is written whole or not at all. Large batches are
spread over processes: each sheet needs only itself, the registry and the vocabulary.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad

from plangraph.encode import Encoded, encode
from plangraph.errors import FileUnreadable
from plangraph.files import STUBS, GraphFile, list_registry, list_vocabulary, read_graph, write_whole
from plangraph.findings import UNREADABLE, Finding, Report, Severity, sort_findings
from plangraph.index import Index
from plangraph.names import Names
from plangraph.notes import Note
from plangraph.sheetfiles import ReadSheet, SheetWrong, read_sheet
from plangraph.sheets import write_sheet
from plangraph.slots import Slot, read_slots
from plangraph.terms import Subject, Term, graph, pg, split_thing, term, thing
from plangraph.turtle import write_turtle

FEW: Final = 40
"""Up to how many sheets one process reads alone: starting others would take longer."""

REGISTRY: Final = graph("registry")
LABEL, ALIAS = term("rdfs:label"), term("skos:altLabel")
SAID_ONCE: Final = frozenset(
    term(name) for name in ("rdfs:label", "skos:prefLabel", "skos:definition", "schema:location")
)
"""What a stub has one of, though sheets that are read at once may each say another."""

CITES, CITES_UNNAMED = term("schema:citation"), pg("citesUnnamed")

Progress = Callable[[int, int], None]
"""Called with how many sheets are done and how many there are."""


@dataclass(frozen=True)
class Counts:
    """What sheets say and what the graph holds, kind by kind, and how parameters came out."""

    said: Counter[str]
    held: Counter[str]
    parameters: int = 0
    """Parameters of sheets of the first form."""
    typed: int = 0
    """How many of these became slots, versions, options, changes or gaps, every value of them resolved."""
    values: int = 0
    untyped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.said + other.said,
            self.held + other.held,
            self.parameters + other.parameters,
            self.typed + other.typed,
            self.values + other.values,
            self.untyped + other.untyped,
        )


KINDS_COUNTED: Final = ("claims", "stances", "events", "relays")
NOTHING: Final = Counts(Counter(), Counter())


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its document's slug and Turtle where it went through, and its findings."""

    path: str
    slug: str | None
    turtle: bytes | None
    upgraded: str | None
    stubs: tuple[Quad, ...]
    findings: tuple[Finding, ...]
    counts: Counts


@dataclass(frozen=True)
class Intake:
    """What became of all files."""

    report: Report
    written: tuple[Path, ...]
    unchanged: int
    counts: Counts


def import_sheets(
    paths: Sequence[Path], out: Path, upgrade_to: Path | None = None, progress: Progress | None = None
) -> Intake:
    """Import sheets into a folder of documents; what the registry lacks goes to ``../registry/stubs.ttl``.

    The registry is the one beside ``out``; the packaged one where there is none, or nothing but stubs. Files
    whose bytes would not change are left alone. ``upgrade_to`` is a folder for sheets in the published form.
    """
    files = list(expand(paths))
    root = out.parent if (out.parent / "registry").is_dir() else None
    outcomes = list(read_all(files, root, progress))
    twins = Counter(outcome.slug for outcome in outcomes if outcome.slug is not None)
    findings = {finding for outcome in outcomes for finding in outcome.findings}
    written: list[Path] = []
    stubs: list[Quad] = []
    counts, unchanged = NOTHING, 0
    for outcome in outcomes:
        if outcome.slug is None or outcome.turtle is None:
            continue
        if twins[outcome.slug] > 1:
            message = (
                f'/id: another of these files is the sheet "{outcome.slug}" too: none of them is written'
            )
            findings.add(Finding(outcome.path, None, "violation", message, "duplicate-sheet"))
            continue
        counts += outcome.counts
        stubs += outcome.stubs
        unchanged += not write_changed(out / f"{outcome.slug}.ttl", outcome.turtle, written)
        if upgrade_to is not None and outcome.upgraded is not None:
            write_changed(upgrade_to / f"{outcome.slug}.json", outcome.upgraded.encode(), written)
    if stubs:
        write_changed(out.parent / "registry" / STUBS, merge_stubs(out.parent, stubs), written)
    report = Report(sort_findings(findings), tuple(str(path) for path in files))
    return Intake(report, tuple(written), unchanged, counts)


def summarise(intake: Intake) -> str:
    """What went in and what the graphs hold, kind by kind, and how the values came out."""
    counts = intake.counts
    lines = [f"{'':10}{'sheets say':>12}{'graph holds':>13}"]
    lines += [f"{kind:10}{counts.said[kind]:>12,}{counts.held[kind]:>13,}" for kind in KINDS_COUNTED]
    if counts.parameters:
        share = counts.typed / counts.parameters
        lines.append(
            f"{counts.typed:,} of {counts.parameters:,} parameters typed ({share:.1%}), the rest kept"
        )
    lines.append(f"{counts.values - counts.untyped:,} values in slots, {counts.untyped:,} kept as found")
    lines.append(f"{len(intake.written):,} files written, {intake.unchanged:,} documents unchanged")
    return "\n".join(lines)


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, folders as the sheets in them."""
    for path in paths:
        if path.is_dir():
            yield from sorted(entry for entry in path.iterdir() if entry.suffix in (".json", ".yaml", ".yml"))
        else:
            yield path


def read_all(files: Sequence[Path], root: Path | None, progress: Progress | None) -> Iterator[Outcome]:
    """The outcome of every file, in their order."""
    if len(files) <= FEW:
        outcomes: Iterable[Outcome] = (import_one(path, root) for path in files)
        yield from count_off(outcomes, len(files), progress)
        return
    workers = min(os.cpu_count() or 1, 8)
    with ProcessPoolExecutor(workers) as pool:
        each = pool.map(import_one, files, [root] * len(files), chunksize=max(1, min(64, len(files) // 32)))
        yield from count_off(each, len(files), progress)


def count_off(outcomes: Iterable[Outcome], total: int, progress: Progress | None) -> Iterator[Outcome]:
    """The outcomes as they come, each counted."""
    for number, outcome in enumerate(outcomes, start=1):
        if progress is not None:
            progress(number, total)
        yield outcome


@lru_cache(maxsize=2)
def open_registry(root: Path | None) -> tuple[Names, dict[str, Slot]]:
    """Names and slots of a data set's registry and of the vocabulary, read once a process."""
    files = [file for file in list_vocabulary() if file.graph != graph("shapes")]
    quads = [quad for file in files for quad in read_graph(file)]
    slots = read_slots(Index(quads))
    quads += [quad for file in list_registry(root) for quad in read_graph(file)]
    return Names(quads), {slot.name: slot for slot in slots.values()}


def import_one(path: Path, root: Path | None) -> Outcome:
    """One file to its outcome."""
    names, slots = open_registry(root)
    try:
        found = read_sheet(path)
        encoded = encode(found.sheet, names, slots)
    except FileUnreadable as error:
        finding = Finding(str(path), error.line, "unreadable", error.detail, UNREADABLE)
        return Outcome(str(path), None, None, None, (), (finding,), NOTHING)
    except SheetWrong as error:
        return Outcome(
            str(path), None, None, None, (), list_findings(path, error.notes, "violation"), NOTHING
        )
    notes = [*found.notes, *encoded.notes]
    return Outcome(
        str(path),
        found.sheet.id,
        write_turtle(encoded.quads),
        write_sheet(found.sheet),
        encoded.stubs,
        list_findings(path, notes, "warning"),
        count(found, encoded),
    )


def list_findings(path: Path, notes: Iterable[Note], severity: Severity) -> tuple[Finding, ...]:
    """Notes as findings on a file; the place in the sheet opens the message."""
    return tuple(
        Finding(str(path), None, severity, f"{note.pointer or '/'}: {note.message}", note.rule)
        for note in dict.fromkeys(notes)
    )


KEPT: Final = frozenset({"unknown-value", "wrong-type", "unknown-quantity", "ambiguous-name", "unknown-slot"})
"""The rules by which a value is kept as it was found."""


def count(found: ReadSheet, encoded: Encoded) -> Counts:
    """What the sheet says and what its graph holds, counted apart."""
    sheet, index = found.sheet, Index(encoded.quads)
    said = {
        "claims": len(sheet.claims),
        "stances": len(sheet.stances),
        "events": len(sheet.events),
        "relays": len(sheet.relays),
    }
    claims, stances = set(index.instances(pg("Claim"))), set(index.instances(pg("Stance")))
    events = {claim for claim in claims - stances if is_on_event(index, claim)}
    page = thing("document", sheet.id)
    held = {
        "claims": len(claims - stances - events),
        "stances": len(stances),
        "events": len(events),
        "relays": len(index.objects(page, CITES)) + len(index.objects(page, CITES_UNNAMED)),
    }
    broken = {note.pointer for note in encoded.notes if note.rule in KEPT}
    typed = max(found.typed - len(broken), 0)
    return Counts(Counter(said), Counter(held), found.parameters, typed, encoded.values, encoded.untyped)


def is_on_event(index: Index, claim: Subject) -> bool:
    """Whether a claim is about an event."""
    about = index.one(claim, pg("about"))
    kind_and_slug = split_thing(about.value) if isinstance(about, NamedNode) else None
    return kind_and_slug is not None and kind_and_slug[0] == "event"


def write_changed(path: Path, content: bytes, written: list[Path]) -> bool:
    """Write a file unless it holds just that already; note it among the written ones."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write_whole(path, content)
    written.append(path)
    return True


def merge_stubs(root: Path, found: Iterable[Quad]) -> bytes:
    """The stubs of a registry with the new ones: what they have one of is as it was said first.

    Another spelling of a name becomes an alias.
    """
    path = root / "registry" / STUBS
    known = list(read_graph(GraphFile(path, REGISTRY))) if path.is_file() else []
    said: dict[tuple[Subject, NamedNode], Term] = {}
    for quad in known:
        said.setdefault((quad.subject, quad.predicate), quad.object)
    merged = list(known)
    for quad in dict.fromkeys(found):
        first = said.setdefault((quad.subject, quad.predicate), quad.object)
        if quad.predicate not in SAID_ONCE or first == quad.object:
            merged.append(quad)
        elif quad.predicate == LABEL:
            merged.append(Quad(quad.subject, ALIAS, quad.object, REGISTRY))
    return write_turtle(dict.fromkeys(merged))
