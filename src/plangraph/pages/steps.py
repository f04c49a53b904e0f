"""Versions side by side as rows: which, in which order, and what stands in and between their columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plangraph.collation import Collation
from plangraph.errors import BadParameter
from plangraph.pages.clauses import Clause, Place
from plangraph.pages.passages import Passage, list_conditions
from plangraph.reported import Json, Row, read_label
from plangraph.terms import NS

SHOWN: Final = 3
"""How many versions stand side by side where none is chosen."""

MOST_CHOSEN: Final = 6
ROWS: Final = ("all", "reported", "computed")
WORDINGS_NAMED: Final = 4
"""How many wordings of a clause a page has in full; the rest are linked."""


@dataclass(frozen=True)
class Version:
    """A version: when reports place it, how many pages report on provisions in it, and how many claims."""

    iri: str
    label: Mapping[str, str]
    when: str
    documents: int
    claims: int

    @property
    def slug(self) -> str:
        """The end of its IRI."""
        return self.iri.rpartition("/")[2]


@dataclass(frozen=True)
class Step:
    """What lies between two versions in one row: what is reported, and what is computed from the values."""

    changes: Sequence[Passage]
    collations: Sequence[Collation]

    @property
    def differs(self) -> bool:
        """Whether values that are reported of the two are not the same."""
        return any(entry.contrasts for entry in self.collations)


@dataclass(frozen=True)
class Line:
    """One provision: a clause or nothing for each version, and the step before each version."""

    provision: str
    clauses: Sequence[Clause | None]
    steps: Sequence[Step]

    @property
    def passages(self) -> list[tuple[int, Passage]]:
        """The reported changes, each with the place of the version that it leads to."""
        return [(place, entry) for place, step in enumerate(self.steps) for entry in step.changes]

    @property
    def documents(self) -> int:
        """How many pages report on it, version by version."""
        return sum(clause.figures["documents"] for clause in self.clauses if clause)


def order_versions(listed: Sequence[Row], columns: Sequence[Row]) -> list[Version]:
    """The versions of a plan in the order of time, by the last day that reports place each on."""
    pages: dict[str, set[str]] = defaultdict(set)
    for row in columns:
        if "column" in row:
            pages[row["column"]].add(row["document"])
    found = [
        Version(
            row["item"],
            read_label(row),
            row.get("versionDate", ""),
            len(pages[row["item"]]),
            int(row["claims"]),
        )
        for row in listed
    ]
    return sorted(found, key=lambda version: (version.when.rpartition("/")[2] or "9999", version.iri))


def choose(versions: Sequence[Version], asked: Sequence[str]) -> list[Version]:
    """The versions that stand side by side, in the order of time: those asked for, else the most reported.

    Raises :class:`BadParameter`.
    """
    slugs = {version.slug: version for version in versions}
    wanted = list(dict.fromkeys(asked))
    for slug in wanted:
        if slug not in slugs:
            raise BadParameter(f"version knows no {slug!r:.200}; there are {', '.join(slugs)}")
    if len(wanted) > MOST_CHOSEN:
        raise BadParameter(f"version can be given {MOST_CHOSEN} times")
    most = sorted(versions, key=lambda version: -version.documents)[:SHOWN]
    return [version for version in versions if (version.slug in wanted if wanted else version in most)]


def lay_lines(
    chosen: Sequence[Version],
    clauses: Mapping[Place, Clause],
    passages: Sequence[Passage],
    collations: Mapping[tuple[int, str], Sequence[Collation]],
) -> list[Line]:
    """The rows: those with a reported change first, then those that most pages report on.

    A change stands before the version that it leads to, wherever it starts from.
    """
    leading: dict[Place, list[Passage]] = defaultdict(list)
    for passage in passages:
        leading[passage.change.provision, passage.change.newer].append(passage)
    shown = {version.iri for version in chosen}
    provisions = {provision for provision, version in clauses if version in shown}
    provisions |= {provision for provision, version in leading if version in shown}
    lines = [
        Line(
            provision,
            [clauses.get((provision, version.iri)) for version in chosen],
            [
                Step(leading[provision, version.iri], collations.get((place, provision), ()))
                for place, version in enumerate(chosen)
            ],
        )
        for provision in provisions
    ]
    return sorted(lines, key=lambda line: (not is_changed(line), -line.documents, line.provision))


def is_changed(line: Line) -> bool:
    """Whether a document reports a change of the provision."""
    return any(step.changes for step in line.steps)


def choose_lines(lines: Sequence[Line], rows: str) -> list[Line]:
    """All rows, or those with a reported change, or those with values that differ between versions."""
    if rows == "reported":
        return [line for line in lines if is_changed(line)]
    if rows == "computed":
        return [line for line in lines if any(step.differs for step in line.steps)]
    return list(lines)


def list_values(lines: Sequence[Line]) -> dict[str, Json]:
    """Every value that stands in rows, by its IRI."""
    clauses = (clause for line in lines for clause in line.clauses if clause)
    passages = (entry for line in lines for _, entry in line.passages)
    told = (*(clause.values for clause in clauses), *(entry.list_values() for entry in passages))
    return {value["id"]: value for values in told for value in values}


def list_named(lines: Sequence[Line]) -> set[str]:
    """Everything in rows that is called something."""
    found = {line.provision for line in lines}
    for line in lines:
        for clause in filter(None, line.clauses):
            found |= {NS + value["slot"] for value in clause.values} | set(clause.claims[:WORDINGS_NAMED])
            found |= {iri for value in clause.values for iri in list_conditions(value)}
        for step in line.steps:
            found |= {iri for entry in step.changes for iri in entry.list_iris()}
            found |= {entry.slot for entry in step.collations}
    return found
