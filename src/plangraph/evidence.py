"""Hold every evidence pointer of a document against the document's text.

The data set carries offsets, a short key phrase and digests, never the text: whoever has the text can check
that each pointer is right. Offsets are code points of the text (Web Annotation, ``oa:TextPositionSelector``);
digests are SHA-256 of UTF-8.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode

from plangraph.errors import EvidenceMissing
from plangraph.index import Index, Subject, Term
from plangraph.terms import term, thing

WORD = re.compile(r"\w+")
KEY_PHRASE_WORDS = 12
COVERAGE_ROUNDING = 0.00005
"""Half of the last of the four decimals that a coverage is stated with."""


@dataclass(frozen=True)
class Pointer:
    """One pointer as the graph has it; ``None`` where the graph lacks the part."""

    name: str
    start: int | None
    end: int | None
    key_phrase: str | None
    digest: str | None


@dataclass(frozen=True)
class Fault:
    """What is wrong with a pointer, or with the document as a whole; ``place`` is its slug."""

    place: str
    message: str


@dataclass(frozen=True)
class Examination:
    """The outcome for one document. ``coverage`` is the share of word tokens inside a span, from 0 to 1."""

    pointers: tuple[Pointer, ...]
    faults: tuple[Fault, ...]
    words: int
    covered: int
    uncovered: tuple[str, ...]

    @property
    def coverage(self) -> float:
        """Share of the text's word tokens that lie inside at least one span; 1 for a text without words."""
        return self.covered / self.words if self.words else 1.0


def examine(index: Index, slug: str, text: str) -> Examination:
    """Check every pointer of a document against its text.

    Raises :class:`EvidenceMissing` where the data holds no such document.
    """
    document = thing("document", slug)
    if not index.predicates(document):
        raise EvidenceMissing(f"the data holds no document called {slug}")
    pointers = tuple(read_pointers(index, document))
    faults = [*check_document(index, document, slug, text)]
    for pointer in pointers:
        faults += [Fault(pointer.name, message) for message in check_pointer(pointer, text)]
    spans = [(p.start, p.end) for p in pointers if p.start is not None and p.end is not None]
    words, missing = cover(text, spans)
    examination = Examination(pointers, tuple(faults), words, words - len(missing), tuple(missing))
    stated = literal(index, document, "pg:evidenceCoverage")
    if stated is not None and abs(float(stated) - examination.coverage) > COVERAGE_ROUNDING:
        message = f"evidenceCoverage is {stated}, the pointers cover {examination.coverage:.4f}"
        return replace(examination, faults=(*faults, Fault(slug, message)))
    return examination


def read_pointers(index: Index, document: NamedNode) -> Iterator[Pointer]:
    """The pointers into a document, in the order of their offsets."""
    found = [read_pointer(index, entry) for entry in index.subjects(term("oa:hasSource"), document)]
    yield from sorted(found, key=lambda pointer: (pointer.start or 0, pointer.end or 0, pointer.name))


def read_pointer(index: Index, evidence: Subject) -> Pointer:
    """One pointer from its specific resource and selectors."""
    parts: list[Term] = list(index.objects(evidence, term("oa:hasSelector")))
    start = end = phrase = None
    for part in parts:
        if isinstance(part, Literal):
            continue
        start = literal(index, part, "oa:start") or start
        end = literal(index, part, "oa:end") or end
        phrase = literal(index, part, "oa:exact") or phrase
    name = str(evidence).strip("<>").rpartition("/")[2]
    digest = literal(index, evidence, "pg:spanDigest")
    return Pointer(name, to_int(start), to_int(end), phrase, digest)


def check_document(index: Index, document: NamedNode, slug: str, text: str) -> Iterator[Fault]:
    """Compare the text with the document's length and digest."""
    length = literal(index, document, "pg:textLength")
    if length is not None and int(length) != len(text):
        yield Fault(slug, f"textLength is {length}, the text has {len(text)} code points")
    digest = literal(index, document, "pg:textDigest")
    if digest is not None and digest != sha256(text):
        yield Fault(slug, "textDigest is not that of this text: it is another text, or another edition of it")


def check_pointer(pointer: Pointer, text: str) -> Iterator[str]:
    """What is wrong with one pointer, in words a curator can act on."""
    if pointer.start is None or pointer.end is None or pointer.key_phrase is None or pointer.digest is None:
        yield "the pointer is not complete: it needs start, end, exact and spanDigest"
        return
    if not 0 <= pointer.start < pointer.end <= len(text):
        yield f"{pointer.start} to {pointer.end} is not a span of a text of {len(text)} code points"
        return
    span = text[pointer.start : pointer.end]
    if pointer.key_phrase not in span:
        yield f"the key phrase does not stand between {pointer.start} and {pointer.end}"
    if len(WORD.findall(pointer.key_phrase)) > KEY_PHRASE_WORDS:
        yield f"the key phrase has more than {KEY_PHRASE_WORDS} words"
    if sha256(span) != pointer.digest:
        yield f"spanDigest is not that of the text between {pointer.start} and {pointer.end}"


def cover(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, list[str]]:
    """The number of word tokens of a text, and those that lie inside no span. Linear in words and spans."""
    inside = bytearray(len(text) + 1)
    for start, end in spans:
        if 0 <= start < end <= len(text):
            inside[start:end] = b"\x01" * (end - start)
    words = list(WORD.finditer(text))
    missing = [word.group() for word in words if not all(inside[word.start() : word.end()])]
    return len(words), missing


def sha256(text: str) -> str:
    """The digest of a text in UTF-8, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def literal(index: Index, subject: Subject, prefixed: str) -> str | None:
    """The lexical form of a property's literal, ``None`` where there is none."""
    found = index.one(subject, term(prefixed))
    return found.value if isinstance(found, Literal) else None


def to_int(text: str | None) -> int | None:
    """A whole number from its digits; ``None`` for anything else."""
    return int(text) if text is not None and text.isdigit() else None
