"""REST reads as described SPARQL queries: a file of ``queries/`` and bound values to one complete query.

Every file is valid SPARQL as it stands, with comment lines that say more. ``#title:`` and ``#about:`` stand
at its head. The lines from ``#choice`` to ``#end`` choose the things, ``?item``; the rest says what is shown
of them. ``#? plan: PATTERN`` is switched on where the filter ``plan`` is given (a long pattern takes several
such lines); its values are bound by a ``VALUES`` block of serialised terms, so no text of a user ever becomes
query text. ``#= kind: PATTERN`` is a facet with the values ``?value``. ``#kinds:`` says what ``kind`` takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from plangraph.files import read_text
from plangraph.index import Term
from plangraph.questions import head

FOLDER: Final = Path(__file__).resolve().parent / "queries"
COLLECTIONS: Final = (
    "plans", "versions", "provisions", "claims", "attributions", "documents", "outlets", "actors",
    "stances", "changes", "values", "divergences",
)  # fmt: skip
"""The collections that have a file; a collection's items are ``?item``, one row each, sorted by IRI."""

COMPARISONS: Final = (
    "matrix-provisions", "matrix-outlets", "matrix-speakers", "matrix-versions", "matrix-reports",
    "matrix-values", "matrix-claims", "matrix-divergences", "provision-values", "claim-chain", "timeline",
)  # fmt: skip
"""What sets reports side by side; each is asked whole, and its rows are no items."""

CHOICE, END, FACETS = "#choice", "#end", "#facets"
FILTER, FACET = "#? ", "#= "

Bound = Mapping[str, Sequence[Term]]
"""The values of each filter that is given; of several values one is enough."""


@dataclass(frozen=True)
class Read:
    """One file of queries: what it answers, and the lines it is made of."""

    name: str
    title: str
    about: str
    kinds: str
    prologue: tuple[str, ...]
    before: tuple[str, ...]
    choice: tuple[str, ...]
    after: tuple[str, ...]
    facets: Mapping[str, str]

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters, in the order of the file."""
        return tuple(dict.fromkeys(name for line in self.choice if (name := read_mark(line, FILTER)[0])))


@cache
def load_read(name: str) -> Read:
    """The packaged read of that name."""
    return parse_read(name, read_text(FOLDER / f"{name}.rq"))


def parse_read(name: str, text: str) -> Read:
    """A read from the text of its file; without ``#end`` the choice is the one line ``#choice``."""
    lines = [line for line in text.splitlines() if line.strip()]
    body = [
        line for line in lines if not line.startswith(("PREFIX ", "#title:", "#about:", "#kinds:", FACET))
    ]
    marks = [line.strip() for line in body]
    start = marks.index(CHOICE) if CHOICE in marks else len(body)
    end = marks.index(END) if END in marks else start
    facets: dict[str, str] = {}
    for line in lines:
        facet, pattern = read_mark(line, FACET)
        if facet:
            facets[facet] = f"{facets.get(facet, '')} {pattern}".strip()
    return Read(
        name=name,
        title=head(text, "title"),
        about=head(text, "about"),
        kinds=head(text, "kinds"),
        prologue=tuple(line for line in lines if line.startswith("PREFIX ")),
        before=tuple(body[:start]),
        choice=tuple(body[start + 1 : end]),
        after=tuple(body[end + 1 :]),
        facets=facets,
    )


def read_mark(line: str, mark: str) -> tuple[str, str]:
    """Name and pattern of a marked comment line; two empty strings for any other line."""
    stripped = line.strip()
    name, colon, pattern = stripped.removeprefix(mark).partition(":")
    return (name.strip(), pattern.strip()) if stripped.startswith(mark) and colon else ("", "")


def write_whole(read: Read, bound: Bound) -> str:
    """The query with its filters switched on, however many rows it has."""
    return finish(read, [*read.before, *choose_items(read, bound), *read.after])


def write_page(read: Read, bound: Bound, limit: int) -> str:
    """The query whose rows are one page of a collection."""
    return finish(read, [*read.before, *choose_items(read, bound, limit), *read.after])


def write_survey(read: Read, bound: Bound) -> str:
    """The query that counts what is chosen: rows of ``facet value items last label``.

    The facet ``total`` has one row, with an empty value; ``last`` is there the IRI of the last item of all
    pages.
    """
    survey = load_read("survey")
    chosen = [line for line in choose_items(read, bound) if not line.strip().startswith("ORDER BY")]
    total = '("total" AS ?facet) ("" AS ?value) (COUNT(?item) AS ?items) (MAX(STR(?item)) AS ?last)'
    branches = [f"    {{ SELECT {total} WHERE {{ {{", *chosen, "    } } }"]
    for name, pattern in read.facets.items():
        columns = f'("{name}" AS ?facet) ?value (COUNT(DISTINCT ?item) AS ?items)'
        branches += [f"    UNION {{ SELECT {columns} WHERE {{ {{", *chosen, "    }", f"      {pattern}"]
        branches += ["    } GROUP BY ?value }"]
    lines: list[str] = []
    for line in survey.before:
        lines += branches if line.strip() == FACETS else [line]
    return finish(survey, lines, read.prologue)


def write_page_description(read: Read, bound: Bound, limit: int | None = None) -> str:
    """The query that describes the items of one page, or without a limit of all: a graph."""
    return write_description(["  {", *choose_items(read, bound, limit), "  }"], read.prologue)


def write_item_description(items: Iterable[Term]) -> str:
    """The query that describes these things: a graph."""
    return write_description([f"  {write_values('item', items)}"])


def write_description(choice: Iterable[str], prologue: Sequence[str] = ()) -> str:
    """The query that describes what the lines choose; ``prologue`` has the prefixes of these lines."""
    description = load_read("description")
    return finish(description, [*description.before, *choice, *description.after], prologue)


def write_options(read: Read, filter_name: str, among: Iterable[Term] = ()) -> str:
    """The query for what a filter of a collection can be given, or for which of some terms are among that."""
    options = load_read("options")
    patterns = [pattern for line in options.after if (pattern := switched_on(line, {filter_name}))]
    if filter_name == "kind":
        patterns = [read.kinds]
    given = list(among)
    values = [f"  {write_values('option', given)}"] if given else []
    rest = [line for line in options.after if not read_mark(line, FILTER)[0]]
    return finish(
        options, [*options.before, *values, *(f"  {pattern}" for pattern in patterns), *rest], read.prologue
    )


def choose_items(read: Read, bound: Bound, limit: int | None = None) -> list[str]:
    """The lines that choose the items: the filters given are switched on and bound, the others are left out.

    Raises ``ValueError`` for a filter that the collection does not have.
    """
    unknown = set(bound) - set(read.filters)
    if unknown:
        raise ValueError(f"{read.name} cannot be filtered by {', '.join(sorted(unknown))}")
    lines: list[str] = []
    opened: set[str] = set()
    for line in read.choice:
        name, pattern = read_mark(line, FILTER)
        indent = line[: len(line) - len(line.lstrip())]
        if name in bound and name not in opened:
            opened.add(name)
            lines.append(indent + write_values(name, bound[name]))
        if not name or name in bound:
            lines.append(indent + pattern if name else line)
    if limit is not None:
        lines.append(f"    LIMIT {limit}")
    return lines


def switched_on(line: str, names: set[str]) -> str:
    """The pattern of a filter line of one of these names, else nothing."""
    name, pattern = read_mark(line, FILTER)
    return pattern if name in names else ""


def write_values(variable: str, terms: Iterable[Term]) -> str:
    """A ``VALUES`` block; a term is written by the library that reads it, with every escape it needs."""
    return f"VALUES ?{variable} {{ {' '.join(map(str, terms))} }}"


def finish(read: Read, lines: Iterable[str], prologue: Sequence[str] = ()) -> str:
    """A complete query: title, the prefixes that the lines use, the lines."""
    body = "\n".join(lines)
    declared = dict.fromkeys((*read.prologue, *prologue))
    prefixes = [line for line in declared if re.search(rf"(?<!\w){line.split()[1]}", body)]
    return "\n".join([f"#title: {read.title}", *prefixes, body, ""])
