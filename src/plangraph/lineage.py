"""What reports derive from what: links between versions, from the rows of the queries ``lineage``.

Nothing is inferred: a link is there where a claim says that one thing rests on another or takes after it,
where a change is reported to lead from one version to another, or where the registry sets a paper beside one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from plangraph.reported import Row
from plangraph.terms import NS, pg

LINKS: Final = ("basedOn", "modelledOn", "fromVersion", "companionOf")
"""What can join two things, by the property that says so, in the order in which pages tell them."""

NEGATIVE: Final = pg("negative").value


@dataclass(frozen=True)
class Denial:
    """Somebody is reported to deny a claim behind a link, or an aspect of it."""

    stance: str
    holder: str
    aspect: str


@dataclass(eq=False)
class Link:
    """What is reported to join something older to a version, with all that stands behind it.

    ``documents`` are the pages that assert it and ``denying`` those that deny it; ``differences`` are the
    divergences of what the claims give, each with its kind and reason.
    """

    kind: str
    older: str
    newer: str
    claims: list[str] = field(default_factory=list)
    provisions: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    denying: set[str] = field(default_factory=set)
    outlets: dict[str, None] = field(default_factory=dict)
    denials: list[Denial] = field(default_factory=list)
    differences: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def is_denied(self) -> bool:
        """Whether a page denies it, or reports that somebody denies a claim behind it."""
        return bool(self.denying or self.denials)

    @property
    def is_disputed(self) -> bool:
        """Whether it is denied, or other reports give something else in its place."""
        return self.is_denied or bool(self.differences)

    @property
    def dispute(self) -> str:
        """How it is disputed, as a standing: denied, else as reports differ; nothing where it is not."""
        return "denies" if self.is_denied else "differs" if self.differences else ""

    def list_iris(self) -> Iterator[str]:
        """Everything about it that is called something."""
        yield from (self.older, self.newer, *self.claims, *self.provisions, *self.outlets)
        for denial in self.denials:
            yield from (denial.holder, *filter(None, [denial.aspect]))


def gather_links(rows: Iterable[Row], differences: Iterable[Row]) -> list[Link]:
    """The links, each once: by version, kind, and what they lead from.

    ``differences`` are the rows of the query ``lineage-differences``.
    """
    found: dict[tuple[str, str, str], Link] = {}
    for row in rows:
        key = (row["newer"], row["link"].removeprefix(NS), row["older"])
        link = found.setdefault(key, Link(key[1], key[2], key[0]))
        if row["claim"] not in (row["link"], *link.claims):
            link.claims.append(row["claim"])
        if "provision" in row:
            link.provisions.add(row["provision"])
        if "document" in row:
            (link.denying if row["polarity"] == NEGATIVE else link.documents).add(row["document"])
        if "outlet" in row:
            link.outlets[row["outlet"]] = None
        if "stance" in row:
            denial = Denial(row["stance"], row["holder"], row.get("aspect", ""))
            link.denials += [denial] if denial not in link.denials else []
    for row in differences:
        named = found.get((row["newer"], row["link"].removeprefix(NS), row["older"]))
        if named is not None:
            named.differences[row["divergence"]] = (row["kind"].removeprefix(NS), row["reason"])
    return sorted(found.values(), key=lambda link: (link.newer, LINKS.index(link.kind), link.older))


def touching(links: Iterable[Link], version: str) -> list[Link]:
    """The links that lead to a version or from it; nothing that is only reached through others."""
    return [link for link in links if version in (link.older, link.newer)]


def list_unlinked(versions: Iterable[str], links: Sequence[Link]) -> list[str]:
    """The versions of which no link is reported."""
    linked = {end for link in links for end in (link.older, link.newer)}
    return [version for version in versions if version not in linked]
