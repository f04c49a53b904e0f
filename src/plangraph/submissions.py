"""A report sheet that was sent in: to the graph of its document, and to stubs for what the registry lacks.

It works on a store that is the caller's own copy. Everything that is wrong with a sheet is told at once: what
breaks its form here, what breaks the shapes in the gate that follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Quad, Store

from plangraph.change import Change, apply, compare, dump_graph, join
from plangraph.encode import encode
from plangraph.errors import FileUnreadable
from plangraph.evidence import Fault, examine
from plangraph.findings import Finding, Severity
from plangraph.formats import TURTLE
from plangraph.graph_store import replace_graph
from plangraph.index import Index
from plangraph.names import IN_SCHEME, NAMING, TYPE, Names
from plangraph.notes import Note
from plangraph.settings import Limits
from plangraph.sheetfiles import Form, SheetWrong, read_sheet_text
from plangraph.slots import Slot, read_slots
from plangraph.terms import Subject, Term, graph, term
from plangraph.turtle import write_turtle
from plangraph.uploads import Upload
from plangraph.write_errors import ChangeRefused, SheetUnreadable

NAMED_IN: Final = tuple(graph(name) for name in ("registry", "topics", "ontology"))
REGISTRY: Final = graph("registry")
LABEL, ALIAS = term("rdfs:label"), term("skos:altLabel")


@dataclass(frozen=True)
class Submission:
    """A sheet for the document of that slug; ``text`` is the report itself, to hold its evidence against.

    The text is looked at and not kept.
    """

    slug: str
    form: Form
    body: bytes
    text: bytes | None = None


@dataclass(frozen=True)
class Submitted:
    """What a sheet has changed, what a curator should look at, and where its evidence does not hold."""

    change: Change
    notes: tuple[Finding, ...]
    faults: tuple[Finding, ...]


def submit(store: Store, given: Submission, limits: Limits) -> Submitted:
    """Let the document's graph hold what the sheet says, and the registry what it lacked of that.

    Raises :class:`SheetUnreadable` with line and column for what is no JSON or YAML, and
    :class:`ChangeRefused` with all findings for a sheet that breaks rules of its form.
    """
    place = graph(f"document/{given.slug}").value
    try:
        read = read_sheet_text(decode(given.body, "the sheet"), given.form, "the sheet")
    except FileUnreadable as error:
        raise SheetUnreadable(error.detail, line=error.line, column=error.column) from None
    except SheetWrong as error:
        raise refuse(place, error.notes, limits) from None
    if read.sheet.id != given.slug:
        wrong = Note("/id", "id", f'the address says "{given.slug}", the sheet "{read.sheet.id}"')
        raise refuse(place, [wrong], limits)
    encoded = encode(read.sheet, find_names(store), find_slots(store))
    upload = Upload(write_turtle(encoded.quads), TURTLE)
    change = replace_graph(store, graph(f"document/{given.slug}"), [upload], limits)
    stubs = add_stubs(store, encoded.stubs)
    apply(store, stubs)
    faults = () if given.text is None else hold_evidence(encoded.quads, given.slug, given.text)
    return Submitted(
        join(change, stubs),
        tuple(tell(place, note, "warning") for note in dict.fromkeys([*read.notes, *encoded.notes])),
        faults,
    )


def hold_evidence(quads: Iterable[Quad], slug: str, text: bytes) -> tuple[Finding, ...]:
    """Where the evidence of a document does not hold against its text.

    A key phrase without a place, as sheets give them, has to stand anywhere in the text.
    """
    words = decode(text, "the text")
    examination = examine(Index(quads), slug, words)
    loose = {
        pointer.name: pointer.key_phrase
        for pointer in examination.pointers
        if pointer.key_phrase is not None and pointer.start is None and pointer.digest is None
    }
    faults = [fault for fault in examination.faults if fault.place not in loose]
    faults += [
        Fault(name, f'the key phrase "{phrase}" does not stand in the text')
        for name, phrase in loose.items()
        if phrase not in words
    ]
    place = graph(f"document/{slug}").value
    return tuple(
        Finding(place, None, "violation", f"{fault.place}: {fault.message}", "evidence") for fault in faults
    )


def decode(body: bytes, what: str) -> str:
    """UTF-8 as text; raises :class:`SheetUnreadable` with the line where it is none."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise SheetUnreadable(f"{what} is not UTF-8", line=line) from None


def refuse(place: str, notes: Iterable[Note], limits: Limits) -> ChangeRefused:
    """The refusal of a sheet, with all that is wrong with its form."""
    findings = [tell(place, note, "violation") for note in dict.fromkeys(notes)]
    told = [finding.describe_member() for finding in findings[: limits.findings_told]]
    count = f"{len(findings)} rule{'s' if len(findings) > 1 else ''} of sheets"
    return ChangeRefused(
        f"{count} broken, first: {findings[0].message}", rule="sheet", findings=told, total=len(findings)
    )


def tell(place: str, note: Note, severity: Severity) -> Finding:
    """A note on a sheet as a finding on its graph; the place in the sheet opens the message."""
    return Finding(place, None, severity, f"{note.pointer or '/'}: {note.message}", note.rule)


def find_names(store: Store) -> Names:
    """The names that the registry and the vocabulary of a store give."""
    return Names(list_naming(store))


def list_naming(store: Store) -> Iterator[Quad]:
    """The quads that names are made of."""
    for place in NAMED_IN:
        for predicate in (*NAMING, IN_SCHEME, TYPE):
            yield from store.quads_for_pattern(None, predicate, None, place)


def find_slots(store: Store) -> dict[str, Slot]:
    """The slots that the vocabulary of a store declares, by local name."""
    slots = read_slots(Index(store.quads_for_pattern(None, None, None, graph("ontology"))))
    return {slot.name: slot for slot in slots.values()}


def add_stubs(store: Store, stubs: Iterable[Quad]) -> Change:
    """The change that brings stubs into the registry: another name of a stub that is there is its alias."""
    fresh = Store()
    labels: dict[Subject, Term] = {}
    for quad in stubs:
        predicate = quad.predicate
        if predicate == LABEL:
            known = next(store.quads_for_pattern(quad.subject, LABEL, None, REGISTRY), quad)
            predicate = LABEL if labels.setdefault(quad.subject, known.object) == quad.object else ALIAS
        stub = Quad(quad.subject, predicate, quad.object, REGISTRY)
        if stub not in store:
            fresh.add(stub)
    return compare({REGISTRY: b""}, {REGISTRY: dump_graph(fresh, REGISTRY)})
