"""A report that was sent in: to the graph of its document, and to stubs for what the registry lacks.

It works on a store that is the caller's own copy. Everything that is wrong with a sheet is told at once: what
breaks its form here, what breaks the shapes in the gate that follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from plangraph.change import LINE_END, Change, apply, compare, dump_graph, join
from plangraph.encode import encode
from plangraph.errors import EvidenceMissing, FileUnreadable
from plangraph.evidence import Fault, Pointer, examine
from plangraph.findings import Finding, Severity
from plangraph.formats import GRAPHS, TURTLE
from plangraph.graph_store import replace_graph
from plangraph.index import Index
from plangraph.names import IN_SCHEME, LOCATION, NAMING, TYPE, Names
from plangraph.nesting import JSON, check_brackets
from plangraph.notation import Form
from plangraph.notes import Note
from plangraph.settings import Limits
from plangraph.sheetfiles import SheetWrong, read_sheet_text
from plangraph.slots import Slot, read_slots
from plangraph.terms import BASE, SLUG, Subject, Term, graph, split_thing, term, thing
from plangraph.turtle import write_turtle
from plangraph.uploads import Upload, read_upload
from plangraph.write_errors import AlreadyThere, ChangeRefused, SheetUnreadable

NAMED_IN: Final = tuple(graph(name) for name in ("registry", "topics", "ontology"))
REGISTRY: Final = graph("registry")
LANGUAGE: Final = term("schema:inLanguage")
FORMATS: Final = {format.name: format for format in GRAPHS}
LABEL, ALIAS = term("rdfs:label"), term("skos:altLabel")


@dataclass(frozen=True)
class Submission:
    """A document that is sent in: a sheet, in JSON or YAML, or the RDF of its graph.

    Without ``slug`` the content says which document it is, and there must be none of that name yet. ``text``
    is the report itself, to hold the evidence against; it is looked at and not kept.
    """

    slug: str | None
    form: str
    """``json`` or ``yaml`` for a sheet, else the name of an RDF format."""
    body: bytes
    text: bytes | None = None


@dataclass
class Lexicon:
    """What the words of a sheet are read by: the names of the registry and the vocabulary, and the slots.

    It is as large as the registry, so it is read once and then follows the changes.
    """

    names: Names
    slots: Mapping[str, Slot]

    def follow(self, store: Store, change: Change) -> None:
        """Take in a change of the registry that the store has already; nothing else here can change."""
        if REGISTRY in change.emptied:
            self.names = Names(list_naming(store))
            return
        mark = f" {REGISTRY}".encode() + LINE_END
        for subject in find_subjects(change.removed, mark) | find_subjects(change.added, mark):
            self.names.learn(subject, list_naming(store, subject))


@dataclass(frozen=True)
class Submitted:
    """What a submission has changed, what a curator should look at, and where its evidence does not hold."""

    slug: str
    change: Change
    notes: tuple[Finding, ...]
    faults: tuple[Finding, ...]


def read_lexicon(store: Store) -> Lexicon:
    """The lexicon of a store."""
    slots = read_slots(Index(store.quads_for_pattern(None, None, None, graph("ontology"))))
    return Lexicon(Names(list_naming(store)), {slot.name: slot for slot in slots.values()})


def list_naming(store: Store, subject: NamedNode | None = None) -> Iterator[Quad]:
    """The quads that names are made of, all or those of one thing."""
    for place in NAMED_IN:
        for predicate in (*NAMING, IN_SCHEME, TYPE, LOCATION):
            yield from store.quads_for_pattern(subject, predicate, None, place)


def find_subjects(quads: bytes, mark: bytes) -> set[NamedNode]:
    """The named subjects of those lines of N-Quads that end so."""
    lines = b"".join(line for line in quads.splitlines(keepends=True) if line.endswith(mark))
    found = (quad.subject for quad in parse(lines, format=RdfFormat.N_QUADS))
    return {subject for subject in found if isinstance(subject, NamedNode)}


def submit(store: Store, given: Submission, limits: Limits, lexicon: Lexicon | None = None) -> Submitted:
    """Let the document's graph hold what was sent in, and the registry what it lacked of a sheet.

    ``lexicon`` is that of the store, read from it unless given.
    Nothing is done where an error is raised: :class:`SheetUnreadable` with line and column for what is no
    JSON or YAML, :class:`ChangeRefused` with all findings for a sheet that breaks rules of its form,
    :class:`AlreadyThere` where a document that should be new is there, and what :func:`read_upload` raises.
    What else is wrong is among the ``faults``, so that it is told together with what the shapes find.
    """
    if given.form in ("json", "yaml"):
        slug, quads, stubs, notes = read_submitted_sheet(given, limits, lexicon or read_lexicon(store))
        body = Upload(write_turtle(quads), TURTLE)
    else:
        body = Upload(given.body, FORMATS[given.form])
        quads = list(read_quads(body, given.slug, limits))
        slug, stubs, notes = given.slug or name_document(quads), (), ()
    place = graph(f"document/{slug}")
    if given.slug is None and store.contains_named_graph(place):
        raise AlreadyThere(f"there is a document {slug} already; replace it by PUT with If-Match")
    faults: tuple[Finding, ...] = ()
    if given.text is not None:
        with suppress(EvidenceMissing):  # then the document is not described, which the gate tells
            faults = hold_evidence(quads, slug, given.text)
    missing = add_stubs(store, stubs)
    change = replace_graph(store, place, [body], limits)
    apply(store, missing)
    told = dict.fromkeys(notes)
    return Submitted(
        slug, join(change, missing), tuple(tell(place.value, note, "warning") for note in told), faults
    )


def read_submitted_sheet(
    given: Submission, limits: Limits, lexicon: Lexicon
) -> tuple[str, Sequence[Quad], Sequence[Quad], Sequence[Note]]:
    """A sheet's slug, the quads of its document, the stubs that it needs, what a curator should look at."""
    place = graph(f"document/{given.slug or 'new'}").value
    form: Form = "yaml" if given.form == "yaml" else "json"
    check_brackets(given.body.decode("latin-1"), JSON, limits.upload_depth)
    try:
        read = read_sheet_text(decode(given.body, "the sheet"), form, "the sheet")
    except FileUnreadable as error:
        raise SheetUnreadable(error.detail, line=error.line, column=error.column) from None
    except SheetWrong as error:
        raise refuse(place, error.notes, limits) from None
    if given.slug is not None and read.sheet.id != given.slug:
        wrong = Note("/id", "id", f'the address says "{given.slug}", the sheet "{read.sheet.id}"')
        raise refuse(place, [wrong], limits)
    try:
        encoded = encode(read.sheet, lexicon.names, lexicon.slots)
    except SheetWrong as error:
        raise refuse(place, error.notes, limits) from None
    return read.sheet.id, encoded.quads, encoded.stubs, [*read.notes, *encoded.notes]


def read_quads(upload: Upload, slug: str | None, limits: Limits) -> Iterator[Quad]:
    """The triples of a body of RDF; relative IRIs are relative to the document's graph, if it is known."""
    if slug is None:
        read = read_upload(upload, DefaultGraph(), BASE, limits)
    else:
        place = graph(f"document/{slug}")
        read = read_upload(upload, place, place.value, limits)
    yield from parse(read, format=RdfFormat.N_TRIPLES)


def name_document(quads: Iterable[Quad]) -> str:
    """The slug of the one document whose language is told; raises :class:`ChangeRefused`.

    The graph of a report also describes documents that it relays, but only by outlet and kind.
    """
    found = {
        named[1]
        for quad in quads
        if quad.predicate == LANGUAGE and isinstance(quad.subject, NamedNode)
        if (named := split_thing(quad.subject.value)) and named[0] == "document"
    }
    if len(found) != 1:
        raise ChangeRefused(
            f"what is sent in tells the schema:inLanguage of one document; here are {len(found)}",
            rule="one-document",
        )
    return found.pop()


def hold_evidence(quads: Iterable[Quad], slug: str, text: bytes) -> tuple[Finding, ...]:
    """Where the evidence of a document does not hold against its text.

    A key phrase without a place has to stand anywhere in the text. A span without a digest, as sheets give
    them, has to lie in the text and to hold its key phrase; where a digest is needed, the shapes ask for it.
    """
    words = decode(text, "the text")
    examination = examine(Index(quads), slug, words)
    loose = {
        pointer.name: pointer
        for pointer in examination.pointers
        if pointer.key_phrase is not None and pointer.digest is None
    }
    faults = [fault for fault in examination.faults if fault.place not in loose]
    faults += [Fault(name, said) for name, pointer in loose.items() if (said := hold_phrase(pointer, words))]
    return tuple(tell_fault(slug, fault) for fault in faults)


def hold_phrase(pointer: Pointer, words: str) -> str | None:
    """What is wrong with a key phrase, and with its span where there is one."""
    start, end, phrase = pointer.start, pointer.end, pointer.key_phrase or ""
    if start is None or end is None:
        return None if phrase in words else f'the key phrase "{phrase}" does not stand in the text'
    if not 0 <= start < end <= len(words):
        return f"{start} to {end} is not a span of a text of {len(words):,} code points"
    if phrase not in words[start:end]:
        return f'the key phrase "{phrase}" does not stand between {start} and {end}'
    return None


def tell_fault(slug: str, fault: Fault) -> Finding:
    """A fault of the evidence as a finding on the pointer, or on the document."""
    place = graph(f"document/{slug}").value
    if not SLUG.fullmatch(fault.place):  # a pointer without an IRI
        return Finding(place, None, "violation", f"{fault.place}: {fault.message}", "evidence")
    focus = thing("document" if fault.place == slug else "evidence", fault.place).value
    return Finding(place, None, "violation", fault.message, "evidence", focus=focus)


def decode(body: bytes, what: str) -> str:
    """UTF-8 as text; raises :class:`SheetUnreadable` with line and column where it is none."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        column = len(body[body.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1
        raise SheetUnreadable(f"{what} is not UTF-8", line=line, column=column) from None


def refuse(place: str, notes: Iterable[Note], limits: Limits) -> ChangeRefused:
    """The refusal of a sheet, with all that is wrong with its form."""
    findings = [tell(place, note, "violation") for note in dict.fromkeys(notes)]
    told = [finding.describe_member() for finding in findings[: limits.findings_told]]
    count = f"{len(findings)} rule{'s' if len(findings) > 1 else ''} of sheets"
    return ChangeRefused(
        f"{count} broken, first: {findings[0].message} ({findings[0].shape})",
        rule="sheet",
        findings=told,
        total=len(findings),
    )


def tell(place: str, note: Note, severity: Severity) -> Finding:
    """A note on a sheet as a finding on its graph; the place in the sheet opens the message too."""
    message = f"{note.pointer or '/'}: {note.message}"
    return Finding(place, None, severity, message, note.rule, pointer=note.pointer)


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
