r"""Citations of things and answers as BibTeX, CSL-JSON and plain text.

What is cited is plangraph's record, at its revision; the day of access is left to whoever cites. A document
is cited twice: as what its outlet published, and as the record of it. The data holds no headline, so the
title of what an outlet published is our own label of it, in square brackets as libraries have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from plangraph.about import TITLE
from plangraph.formats import Format

BIBTEX: Final = Format("bibtex", "application/x-bibtex", "bib", None, ("text/x-bibtex",))
CSL: Final = Format("csl", "application/vnd.citationstyles.csl+json", "csl", None, ("application/json",))
PLAIN: Final = Format("text", "text/plain", "txt", None)
CITATIONS: Final = (PLAIN, BIBTEX, CSL)
"""How a citation is written; the first is what a client without a wish gets."""

AUTHORS: Final = "The plangraph authors"
SHOWN: Final = 3
"""How many documents that show a claim its citation names."""

SPECIAL: Final = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}",
    **{letter: f"\\{letter}" for letter in "#$%&_"},
}  # fmt: skip
r"""Letters that TeX takes otherwise. ``\{`` will not do for a brace: BibTeX counts it all the same."""

SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
IN_URL: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '{}\\"<>^`|')
"""What stands in an address as it is. Fields of addresses are verbatim, so nothing in them can be escaped."""


@dataclass(frozen=True)
class Source:
    """A document, as its outlet published it."""

    iri: str
    title: str
    publisher: str = ""
    authors: tuple[str, ...] = ()
    day: date | None = None
    earliest: date | None = None
    latest: date | None = None
    language: str = ""
    url: str = ""

    def describe(self) -> str:
        """Outlet and day in a few words."""
        when = self.day.isoformat() if self.day else self.describe_undated()
        return ", ".join(part for part in (self.publisher, when) if part) or self.iri

    def describe_undated(self) -> str:
        """What is known of the day where it is not."""
        bounds = (("not before", self.earliest), ("not after", self.latest))
        return ", ".join(f"{word} {day.isoformat()}" for word, day in bounds if day)


@dataclass(frozen=True)
class Reference:
    """One work that is cited: a record of plangraph with its revision (``version``), or an article."""

    key: str
    title: str
    url: str
    authors: tuple[str, ...] = ()
    container: str = ""
    version: str = ""
    issued: date | None = None
    language: str = ""
    note: str = ""
    supplied: bool = field(default=False)
    """Whether the title is ours and not of the work."""


def cite_record(
    title: str,
    kind: str,
    url: str,
    revision: str,
    *,
    as_of: date | None = None,
    at: str = "",
    sources: Sequence[Source] = (),
) -> Reference:
    """A thing or an answer as plangraph has it; ``sources`` are the documents that show it.

    ``at`` says where in the journal the data stands, if that was asked for.
    """
    names = [source.describe() for source in sources[:SHOWN]]
    more = [f"{len(sources) - SHOWN} more"] if len(sources) > SHOWN else []
    notes = [kind, *([f"as of {as_of.isoformat()}"] if as_of else []), *([at] if at else [])]
    notes += [f"shown by {'; '.join([*names, *more])}"] if names else []
    slug = url.partition("?")[0].rpartition("/id/")[2] or "answer"
    key = f"plangraph-{re.sub('[^a-zA-Z0-9]+', '-', slug).strip('-')}-{revision}"
    return Reference(key, title, url, (AUTHORS,), TITLE, revision, note=", ".join(notes))


def cite_article(source: Source) -> Reference:
    """A document as its outlet published it."""
    undated = "" if source.day else source.describe_undated()
    return Reference(
        key=source.iri.rpartition("/")[2],
        title=source.title,
        url=source.url or source.iri,
        authors=source.authors,
        container=source.publisher,
        issued=source.day,
        language=source.language,
        note=f"published {undated}" if undated else "",
        supplied=True,
    )


def write_citation(references: Iterable[Reference], format: Format) -> bytes:
    """The references in one of ``CITATIONS``."""
    if format is CSL:
        items = [write_csl(entry) for entry in references]
        return (json.dumps(items, ensure_ascii=False, indent=1) + "\n").encode()
    write = write_bibtex if format is BIBTEX else write_plain
    return "\n".join(map(write, references)).encode("utf-8", "replace")


def write_bibtex(entry: Reference) -> str:
    """An entry for BibTeX and biblatex, in UTF-8."""
    fields = {
        "author": " and ".join(f"{{{escape(name)}}}" for name in entry.authors),
        "title": f"{{{escape(show_title(entry))}}}",
        "howpublished": escape(entry.container),
        "version": escape(entry.version),
        "year": f"{entry.issued:%Y}" if entry.issued else "",
        "month": str(entry.issued.month) if entry.issued else "",
        "day": str(entry.issued.day) if entry.issued else "",
        "url": quote(entry.url, safe=IN_URL),
        "language": escape(entry.language),
        "note": escape(describe_note(entry)),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{entry.key},\n" + ",\n".join(lines) + "\n}\n"


def write_csl(entry: Reference) -> dict[str, Any]:
    """An item for citation processors."""
    issued = entry.issued
    members: dict[str, Any] = {
        "id": entry.key,
        "type": "article-newspaper" if entry.supplied else "dataset",
        "author": [{"literal": settle_spaces(name)} for name in entry.authors],
        "title": show_title(entry),
        "container-title": settle_spaces(entry.container),
        "version": entry.version,
        "issued": {"date-parts": [[issued.year, issued.month, issued.day]]} if issued else None,
        "URL": entry.url,
        "language": entry.language,
        "note": settle_spaces(entry.note),
    }
    return {name: value for name, value in members.items() if value}


def write_plain(entry: Reference) -> str:
    """A line to paste; the day of access has a place to fill in."""
    title = show_title(entry) if entry.supplied else f"“{show_title(entry)}”"
    parts = [
        ", ".join(map(settle_spaces, entry.authors)),
        f"{title} ({entry.note})" if entry.note else title,
        settle_spaces(entry.container) + (f", revision {entry.version}" if entry.version else ""),
        entry.issued.isoformat() if entry.issued else "",
        f"{quote(entry.url, safe=IN_URL)} (accessed [day])",
    ]
    return settle_spaces(". ".join(part for part in parts if part)) + "\n"


def describe_note(entry: Reference) -> str:
    """The note, with the revision, which most styles do not show by itself."""
    return ", ".join(part for part in (entry.note, entry.version and f"revision {entry.version}") if part)


def show_title(entry: Reference) -> str:
    """The title; one that is not of the work stands in square brackets."""
    title = settle_spaces(entry.title)
    return f"[{title}]" if entry.supplied else title


def escape(text: str) -> str:
    """A text for TeX on one line."""
    return "".join(SPECIAL.get(letter, letter) for letter in settle_spaces(text))


def settle_spaces(text: str) -> str:
    """A text on one line, without letters that no one sees."""
    return SPACES.sub(" ", text).strip()
