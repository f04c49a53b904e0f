"""Subqueries that Virtuoso loses rows of, written so that it loses none.

Virtuoso 7.2.5 works on rows in batches. A subquery that is joined to something is moved into that join, and
its DISTINCT, and a GROUP BY without aggregates, are then keyed by the place of a row in its batch. Places
begin anew with each batch while the rows met are kept: one that stood at the same place before counts as met
and is gone. What computes an aggregate is worked out by itself, and so is what has a LIMIT. Where the query
around it does not see copies of rows, a subquery needs no DISTINCT at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from plangraph.errors import QueryRefused
from plangraph.guard import TOKEN, locate, outline

SELECT: Final = re.compile(r"\bSELECT\b(?:\s*+(DISTINCT)\b)?", re.IGNORECASE)
NO_MORE: Final = re.compile(r"\bWHERE\b|\(\s*+(?:[\d.]++|true|false|<\s*+>)?\s*+AS\s*+\)|\s++", re.IGNORECASE)
"""What an outline of columns has where they are variables, other names for variables, and constants."""

GROUPED: Final = re.compile(r"\bGROUP\s++BY\b", re.IGNORECASE)
HAVING: Final = re.compile(r"\bHAVING\b", re.IGNORECASE)
AFTER_KEYS: Final = re.compile(r"\b(?:ORDER|OFFSET|VALUES)\b", re.IGNORECASE)
LIMITED: Final = re.compile(r"\b(?:LIMIT|OFFSET)\b", re.IGNORECASE)
LIMIT: Final = re.compile(r"\bLIMIT\b", re.IGNORECASE)
VALUES: Final = re.compile(r"\bVALUES\b", re.IGNORECASE)
AGGREGATE: Final = re.compile(r"\b(?:COUNT|SUM|MIN|MAX|AVG|SAMPLE|GROUP_CONCAT)\b", re.IGNORECASE)
INNERMOST: Final = re.compile(r"\{[^{}]*+\}")
OF_A_SET: Final = re.compile(
    r"\b(?:MIN|MAX|SAMPLE)\b|\b(?:COUNT|SUM|AVG|GROUP_CONCAT)\s*+\(\s*+DISTINCT\b", re.IGNORECASE
)
"""Aggregates that are the same however often a row is there."""

TESTS: Final = re.compile(r"\b(?:MINUS|EXISTS)\s*+\Z", re.IGNORECASE)
COMMENT: Final = re.compile(r"#[^\n\r]*+")
TESTED: Final = re.compile(r"\b(?:MINUS|EXISTS)\b", re.IGNORECASE)
KEEP_ALL: Final = " HAVING (COUNT(*) > 0) "
"""True of every group of rows, and an aggregate."""

Edit = tuple[int, int, str]
"""From where to where a text is replaced, and by what."""


@dataclass(frozen=True)
class Group:
    """What stands between two braces, these included, and the group around it."""

    start: int
    end: int
    around: Group | None


@dataclass(frozen=True)
class Subselect:
    """A subquery: the group that it fills, its body, its DISTINCT, and where its columns begin."""

    group: Group
    body: Group
    distinct: tuple[int, int] | None
    columns: int


def protect_subselects(text: str) -> str:
    """The query with its subqueries as Virtuoso answers them right.

    Raises :class:`QueryRefused` where no such form is known, or where the text can be read in two ways.
    """
    seen = outline(text)
    edits = [edit for found in find_subselects(text, seen) for edit in protect(found, text, seen)]
    for start, end, words in sorted(edits, reverse=True):
        text = text[:start] + words + text[end:]
    return text


def find_subselects(text: str, seen: str) -> Iterator[Subselect]:
    """The subqueries of a text, whose outline is ``seen``."""
    groups = find_groups(text, seen)
    for found in SELECT.finditer(seen):
        around = [group for group in groups if group.start < found.start() < group.end]
        if not around:
            continue
        inside = (group for group in groups if group.around is around[-1] and group.start >= found.end())
        body = next((group for group in inside if is_balanced(seen[found.end() : group.start])), None)
        if body is None:
            raise refuse(text, found.start(), "the body of this subquery is not found")
        yield Subselect(around[-1], body, found.span(1) if found[1] else None, found.end())


def find_groups(text: str, seen: str) -> list[Group]:
    """All groups, in the order of their beginnings; raises :class:`QueryRefused` for a lone brace."""
    opened: list[int] = []
    spans: list[tuple[int, int]] = []
    for brace in re.finditer("[{}]", seen):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened:
            spans.append((opened.pop(), brace.end()))
        else:
            raise refuse(text, brace.start(), "this brace closes nothing")
    if opened:
        raise refuse(text, opened[-1], "this brace is not closed")
    groups: list[Group] = []
    around: Group | None = None
    for start, end in sorted(spans):
        while around is not None and around.end < end:
            around = around.around
        around = Group(start, end, around)
        groups.append(around)
    return groups


def is_balanced(seen: str) -> bool:
    """Whether no parenthesis is open at the end."""
    return seen.count("(") == seen.count(")")


def protect(found: Subselect, text: str, seen: str) -> list[Edit]:
    """What to change in one subquery; raises :class:`QueryRefused`."""
    columns, tail = seen[found.columns : found.body.start], seen[found.body.end : found.group.end - 1]
    grouped = GROUPED.search(tail)
    computed = AGGREGATE.search(columns + tail) is not None
    around_it = read_query_around(found.group, seen)
    if (
        LIMIT.search(tail)
        or (found.distinct is None and (computed or grouped is None))
        or is_to_stay(climb(found.group, text), around_it, seen)
    ):
        return []
    if found.distinct is not None and around_it.copies:
        return [(*found.distinct, "")]
    names = find_sources(text[found.columns : found.body.start])
    plain = names and not NO_MORE.sub("", columns)
    if HAVING.search(tail) or (found.distinct is not None and (grouped or not plain)):
        raise refuse(
            text,
            found.columns,
            "the external server loses rows of such a subquery; ask for DISTINCT in the query around it, or "
            "set a LIMIT in it",
        )
    if found.distinct is not None:
        end = found.body.end
        return [(*found.distinct, ""), (end, end, f" GROUP BY {' '.join(names)}{KEEP_ALL}")]
    after = AFTER_KEYS.search(tail, grouped.end() if grouped else 0)
    place = found.body.end + (after.start() if after else len(tail))
    return [(place, place, KEEP_ALL)]


def is_to_stay(outermost: Group, query: Around, seen: str) -> bool:
    """Whether a subquery loses nothing where it stands, or has no form there that is right and fast.

    ``outermost`` is the group that the subquery alone fills. One that is joined to nothing is right; one that
    is only tested has not been seen to go wrong. For those beside a test, see docs/external.md.
    """
    around = outermost.around
    if around is None:
        return not VALUES.search(seen, outermost.end)
    if is_tested(outermost, seen):
        return True
    beside = seen[around.start : outermost.start] + seen[outermost.end : around.end]
    return TESTED.search(beside) is not None and (query.outermost or not query.copies)


@dataclass(frozen=True)
class Around:
    """The query right around a subquery: is it the whole one, and are copies of a row nothing new to it."""

    outermost: bool
    copies: bool


def read_query_around(group: Group, seen: str) -> Around:
    """What the query right around a subquery makes of its rows."""
    body, home = group, group.around
    while home is not None and not SELECT.search(drop_groups(seen[home.start + 1 : body.start])):
        body, home = home, home.around
    head = drop_groups(seen[home.start + 1 if home else 0 : body.start])
    tail = drop_groups(seen[body.end : home.end - 1 if home else len(seen)])
    selects = SELECT.search(head)
    if selects is None:  # ASK, CONSTRUCT, DESCRIBE
        copies = not LIMITED.search(tail)
    elif AGGREGATE.search(head + tail):
        copies = not AGGREGATE.search(OF_A_SET.sub("", head + tail))
    else:
        copies = bool(selects[1] or GROUPED.search(tail))
    return Around(home is None, copies)


def drop_groups(seen: str) -> str:
    """A text without the groups that lie whole in it."""
    while (shorter := INNERMOST.sub("", seen)) != seen:
        seen = shorter
    return seen


def climb(group: Group, text: str) -> Group:
    """The outermost group that holds nothing but this one."""
    while (around := group.around) is not None:
        beside = text[around.start + 1 : group.start] + "\n" + text[group.end : around.end - 1]
        if COMMENT.sub("", beside).strip(" \t\r\n."):
            break
        group = around
    return group


def is_tested(group: Group | None, seen: str) -> bool:
    """Whether a group lies in one that is only tested; Virtuoso mixes up columns of aggregates there."""
    while group is not None:
        if TESTS.search(seen[: group.start]):
            return True
        group = group.around
    return False


def find_sources(columns: str) -> list[str]:
    """The variables that columns are taken from, each once; what follows AS is only a name."""
    tokens = ["", *(token[0] for token in TOKEN.finditer(columns) if token[0][0] != "#")]
    found = [token for before, token in pairwise(tokens) if token[0] in "?$" and before.upper() != "AS"]
    return list(dict.fromkeys(found))


def refuse(text: str, offset: int, why: str) -> QueryRefused:
    """The error of a query that has no safe form, with the place."""
    line, column = locate(text, offset)
    return QueryRefused(why, line=line, column=column, rule="external-server")
