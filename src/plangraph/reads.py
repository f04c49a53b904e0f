"""REST reads as described SPARQL queries: a file of ``queries/`` and bound values to one complete query.

Every file is valid SPARQL as it stands, with comment lines that say more. ``#title:`` and ``#about:`` stand
at its head. The lines from ``#choice`` to ``#end`` choose the things, ``?item``; the rest says what is shown
of them. ``#? plan: PATTERN`` is switched on where the filter ``plan`` is given (a long pattern takes several
such lines); its values are bound by a ``VALUES`` block of serialised terms, so no text of a user ever becomes
query text. The values of ``q`` are the things themselves, which the full-text index has found.
``#= kind: PATTERN`` is a facet with the values ``?value``, ``#< label: PATTERN`` an order by ``?by``.
``#kinds:`` says what ``kind`` takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode

from plangraph.files import read_text
from plangraph.filters import EVERYTHING
from plangraph.index import Term
from plangraph.questions import head
from plangraph.terms import BASE, KINDS, PREFIXES, shorten

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
FILTER, FACET, ORDER = "#? ", "#= ", "#< "
BOUND_AS: Final = {"q": "item"}
"""The variable that the values of a filter are bound to, where it is not called as the filter is."""

NOTHING: Final = NamedNode(BASE + "nothing")
"""What nothing is called: stands where a filter has no values, for servers that take no empty ``VALUES``."""

LAST: Final = "~"
"""Sorts behind whatever a thing without a value is sorted among: days, figures, and names in lower case."""

SHOWN: Final = {"appeared": f'SELECT ?item (IF(?key = "{LAST}", "", ?key) AS ?appeared)'}
"""How the query of a page begins in an order whose key no column of the items shows."""

KIND_PREFIXES: Final = tuple(f"PREFIX {kind}: <{PREFIXES[kind]}>" for kind in KINDS)

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
    orders: Mapping[str, str]

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters, in the order of the file."""
        return tuple(dict.fromkeys(name for line in self.choice if (name := read_mark(line, FILTER)[0])))


@dataclass(frozen=True)
class Order:
    """By what a collection is sorted, and after which value and item a page begins."""

    name: str
    descending: bool = False
    after: tuple[Literal, NamedNode] | None = None
    pattern: str = ""  # binds ?by where the order is none of the collection's own

    def write_after(self) -> list[str]:
        """The line that leaves out what stands before the page."""
        if self.after is None:
            return []
        key, item = map(str, self.after)
        sign = "<" if self.descending else ">"
        return [f"      FILTER(?key {sign} {key} || (?key = {key} && STR(?item) > STR({item})))"]

    def write_by(self) -> str:
        """The line that sorts."""
        return f"ORDER BY {'DESC(?key)' if self.descending else '?key'} ?item"


@cache
def load_read(name: str) -> Read:
    """The packaged read of that name."""
    return parse_read(name, read_text(FOLDER / f"{name}.rq"))


def parse_read(name: str, text: str) -> Read:
    """A read from the text of its file; without ``#end`` the choice is the one line ``#choice``."""
    lines = [line for line in text.splitlines() if line.strip()]
    notes = ("PREFIX ", "#title:", "#about:", "#kinds:", FACET, ORDER)
    body = [line for line in lines if not line.startswith(notes)]
    marks = [line.strip() for line in body]
    start = marks.index(CHOICE) if CHOICE in marks else len(body)
    end = marks.index(END) if END in marks else start
    return Read(
        name=name,
        title=head(text, "title"),
        about=head(text, "about"),
        kinds=head(text, "kinds"),
        prologue=tuple(line for line in lines if line.startswith("PREFIX ")),
        before=tuple(body[:start]),
        choice=tuple(body[start + 1 : end]),
        after=tuple(body[end + 1 :]),
        facets=join_marked(lines, FACET),
        orders=join_marked(lines, ORDER),
    )


def join_marked(lines: Iterable[str], mark: str) -> dict[str, str]:
    """The patterns of the lines with a mark, by name."""
    found: dict[str, str] = {}
    for line in lines:
        name, pattern = read_mark(line, mark)
        if name:
            found[name] = f"{found.get(name, '')} {pattern}".strip()
    return found


def read_mark(line: str, mark: str) -> tuple[str, str]:
    """Name and pattern of a marked comment line; two empty strings for any other line."""
    stripped = line.strip()
    name, colon, pattern = stripped.removeprefix(mark).partition(":")
    return (name.strip(), pattern.strip()) if stripped.startswith(mark) and colon else ("", "")


def write_whole(read: Read, bound: Bound) -> str:
    """The query with its filters switched on, however many rows it has."""
    return finish(read, [*read.before, *choose_items(read, bound), *read.after])


def write_page(read: Read, bound: Bound, limit: int, order: Order | None = None) -> str:
    """The query whose rows are one page of a collection; sorted by IRI unless an order is given."""
    before, rest = read.before, read.after
    if order is not None:
        first = SHOWN.get(order.name, "SELECT ?item")
        before = tuple(first if line == "SELECT ?item" else line for line in before)
        rest = tuple("GROUP BY ?item ?key" if line == "GROUP BY ?item" else line for line in rest)
        rest = tuple(order.write_by() if line == "ORDER BY ?item" else line for line in rest)
    return finish(read, [*before, *choose_page(read, bound, limit, order), *rest])


def write_order(read: Read, bound: Bound, limit: int, order: Order | None) -> str:
    """The query for the first items of a page; in an order each has the ``?key`` that it is sorted by."""
    return finish(read, choose_page(read, bound, limit, order))


def choose_page(read: Read, bound: Bound, limit: int, order: Order | None) -> list[str]:
    """The lines that choose the items of one page."""
    chosen = choose_items(read, bound)
    cut = [] if limit == EVERYTHING else [f"    LIMIT {limit}"]
    if order is None:
        return [*chosen, *cut]
    missing = Literal("" if order.descending else LAST)
    keyed = [] if order.pattern else [f"      BIND(COALESCE(?least, {missing}) AS ?key)"]
    return [
        "    SELECT ?item ?key WHERE {",
        f"      {{ SELECT ?item (MIN(?by) AS {'?least' if keyed else '?key'}) WHERE {{ {{",
        *(line for line in chosen if line.strip() != "ORDER BY ?item"),
        "      }",
        f"        {order.pattern or read.orders[order.name]}",
        "      } GROUP BY ?item }",
        *keyed,
        *order.write_after(),
        "    }",
        f"    {order.write_by()}",
        *cut,
    ]


def write_surveys(read: Read, bound: Bound, most_bytes: int) -> list[str]:
    """The queries that count what is chosen: together rows of ``facet value items last label``.

    The facet ``total`` has one row, with an empty value; ``last`` is there the IRI of the last item of all
    pages. It is one query unless that would be too long: each facet repeats the choice.
    """
    total = '("total" AS ?facet) ("" AS ?value) (COUNT(?item) AS ?items) (MAX(STR(?item)) AS ?last)'
    chosen = [line for line in choose_items(read, bound) if line.strip() != "ORDER BY ?item"]
    branches = [[f"    {{ SELECT {total} WHERE {{ {{", *chosen, "    } } }"]]
    for name, pattern in read.facets.items():
        columns = f'("{name}" AS ?facet) ?value (COUNT(DISTINCT ?item) AS ?items)'
        head = f"    {{ SELECT {columns} WHERE {{ {{"
        branches.append([head, *chosen, "    }", f"      {pattern}", "    } GROUP BY ?value }"])
    whole = write_survey(read, branches)
    fits = len(whole.encode()) <= most_bytes
    return [whole] if fits else [write_survey(read, [branch]) for branch in branches]


def write_survey(read: Read, branches: Sequence[Sequence[str]]) -> str:
    """The query that joins counts."""
    survey = load_read("survey")
    first, *others = branches
    counts = [*first, *(line for branch in others for line in ("    UNION", *branch))]
    lines = [entry for line in survey.before for entry in (counts if line.strip() == FACETS else [line])]
    return finish(survey, lines, read.prologue)


def write_page_description(
    read: Read, bound: Bound, limit: int | None = None, order: Order | None = None
) -> str:
    """The query that describes the items of one page, or without a limit of all: a graph."""
    chosen = choose_items(read, bound) if limit is None else choose_page(read, bound, limit, order)
    return write_description(["  {", *chosen, "  }"], read.prologue)


def write_chosen(name: str, items: Iterable[Term]) -> str:
    """The query of that name on these things: ``names``, what they are called; ``citation``, how to cite."""
    read = load_read(name)
    return finish(read, [*read.before, f"  {write_values('item', items)}", *read.after])


def write_item_description(items: Iterable[Term]) -> str:
    """The query that describes these things: a graph."""
    values = f"  {write_values('item', given := list(items))}"
    return write_description([values] if len(given) == 1 else ["  {", values, "  }"])


def write_description(choice: Iterable[str], prologue: Sequence[str] = ()) -> str:
    """The query that describes what the lines choose; ``prologue`` has the prefixes of these lines."""
    description = load_read("description")
    return finish(description, [*description.before, *choice, *description.after], prologue)


def write_options(read: Read, filter_name: str, among: Iterable[Term] = ()) -> str:
    """The query for what a filter of a collection can be given, or for which of some terms are among that."""
    options = load_read("options")
    marked = (read_mark(line, FILTER) for line in options.after)
    patterns = [pattern for name, pattern in marked if name == filter_name]
    if filter_name == "kind":
        patterns = [read.kinds]
    values = [f"  {write_values('option', given)}"] if (given := list(among)) else []
    rest = [line for line in options.after if not read_mark(line, FILTER)[0]]
    return finish(
        options, [*options.before, *values, *(f"  {pattern}" for pattern in patterns), *rest], read.prologue
    )


def choose_items(read: Read, bound: Bound) -> list[str]:
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
            lines.append(indent + write_values(BOUND_AS.get(name, name), bound[name]))
        if not name or name in bound:
            lines.append(indent + pattern if name else line)
    return lines


def write_values(variable: str, terms: Iterable[Term]) -> str:
    """A ``VALUES`` block; a term is written by the library that reads it, with every escape it needs."""
    written = [write_term(entry) for entry in terms] or [str(NOTHING)]
    return f"VALUES ?{variable} {{ {' '.join(written)} }}"


def write_term(entry: Term) -> str:
    """A term as SPARQL reads it: a thing by its prefix, which is half as long, any other in full."""
    name = shorten(entry.value) if isinstance(entry, NamedNode) else None
    kind = name.partition(":")[0] if name else ""
    return name if name and kind in KINDS else str(entry)


def finish(read: Read, lines: Iterable[str], prologue: Sequence[str] = ()) -> str:
    """A complete query: title, the prefixes that the lines use, the lines."""
    body = "\n".join(lines)
    declared = dict.fromkeys((*read.prologue, *prologue, *KIND_PREFIXES))
    prefixes = [line for line in declared if re.search(rf"(?<!\w){line.split()[1]}", body)]
    return "\n".join([f"#title: {read.title}", *prefixes, body, ""])
