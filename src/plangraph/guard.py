"""Refuse a query text that no parser should see: too long, too deep, or asking other servers.

The guard reads the very text that the parser gets, in time linear in its length, and resolves nothing: the
parser resolves ``\\u`` escapes only inside strings and IRIs, so a guard that did more would see another text.
It is a first door, not the wall. Whether ``<`` opens an IRI or compares depends on the grammar, so a text can
still be made that reads differently here; the worker process, its deadline and its cut-off network hold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from itertools import accumulate
from typing import Final, Literal, TypeAlias

from plangraph.errors import PlangraphError, QueryRefused, QueryTooDeep, QueryTooLong
from plangraph.settings import Limits

LengthRule: TypeAlias = Literal["query_bytes", "update_bytes"]

NAME: Final = r"\w.\-·\u0300-\u036f\u203f\u2040"
"""What may stand in a prefix or in a local name; wider than the grammar, which is an error there."""

TOKEN: Final = re.compile(
    rf'''"""(?:[^"\\]++|\\.|"(?!""))*"""'''
    rf"""|\'\'\'(?:[^'\\]++|\\.|'(?!''))*\'\'\'"""
    r"""|"(?:[^"\\\n\r]++|\\.)*"|'(?:[^'\\\n\r]++|\\.)*'"""
    r"|\#[^\n\r]*+"
    r"|(?P<iri><(?:[^<>\"{}|^`\\\x00-\x20]++|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)"
    r"|[?$]\w++"
    r"|@[A-Za-z]++(?:-[A-Za-z0-9]++)*"
    rf"|(?P<word>[^\W\d][{NAME}]*+)?(?P<local>:(?:(?:[\w:]|%[0-9A-Fa-f]{{2}}|\\.)(?:[{NAME}:]++|%|\\.)*)?)"
    rf"|(?P<bare>[^\W\d][{NAME}]*+)"
    r"|\\.",
    re.DOTALL,
)
"""Every token that may hold a bracket or a keyword which the grammar does not read as one.

Only single sets of characters are matched possessively: CPython before 3.11.5 gets possessive groups wrong
(gh-106052). The alternatives of each group begin differently, so backtracking stays linear.
"""

DECLARED: Final = re.compile(r"PREFIX\s*+([^\s:]{0,64}+):", re.IGNORECASE)
SERVICE: Final = re.compile("SERVICE", re.IGNORECASE)
SERVICE_ALOUD: Final = re.compile(r"SERVICE(?!\s+SILENT\b)", re.IGNORECASE)
KEYWORDS: Final = ("SERVICE", "FROM")
BRANCHES: Final = ("UNION", "OPTIONAL", "MINUS", "SELECT", "EXISTS")
STEPS: Final = {"(": 1, "[": 1, "{": 1, "<<": 1, ")": -1, "]": -1, "}": -1, ">>": -1}
BRACKETS: Final = re.compile(r"[()\[\]{}]")
PARENS: Final = re.compile(r"[()\[\]]")
QUOTED: Final = re.compile(r"<<|>>")


def check_query(text: str, limits: Limits, *, isolated: bool = True) -> None:
    """Raises :class:`QueryTooLong`, :class:`QueryTooDeep` or :class:`QueryRefused`, with place and figure.

    ``isolated`` says that the query will run where there is no network, so that SERVICE SILENT may pass.
    """
    check_text(text, limits, "query_bytes", silent=isolated)


def check_text(text: str, limits: Limits, length_rule: LengthRule, *, silent: bool = False) -> None:
    """The guard of a query or an update, which differ in how long they may be."""
    check_length(text, limits, length_rule)
    if is_plain(text, limits):
        return
    seen = outline(text, limits.iri_brackets)
    check_depth(text, seen, BRACKETS, "bracket_depth", limits.bracket_depth)
    check_depth(text, seen, PARENS, "paren_depth", limits.paren_depth)
    check_depth(text, seen, QUOTED, "quoted_depth", limits.quoted_depth)
    if run := re.search(rf"(?:!\s*){{{limits.negation_run + 1}}}", seen):
        raise refuse(QueryTooDeep, text, run.start(), "negation_run", limits.negation_run)
    shouted = seen.upper()
    if sum(map(shouted.count, BRANCHES)) > limits.branch_words:
        raise refuse(QueryRefused, text, None, "branch_words", limits.branch_words)
    if seen.count("||") + seen.count("&&") > limits.logic_operators:
        raise refuse(QueryRefused, text, None, "logic_operators", limits.logic_operators)
    if "SERVICE" in shouted:
        check_service(text, seen, silent)


def check_length(text: str, limits: Limits, length_rule: LengthRule) -> None:
    """Raises :class:`QueryTooLong`; the one part of the guard that costs nothing."""
    length, most = len(text.encode("utf-8", "surrogatepass")), getattr(limits, length_rule)
    if length > most:
        noun = length_rule.removesuffix("_bytes")
        raise QueryTooLong(
            f"the {noun} is {length:,} bytes long; the limit is {most:,}", rule=length_rule, limit=most
        )


def is_plain(text: str, limits: Limits) -> bool:
    """Whether a text has too few of everything to pass any limit, wherever in it they stand.

    Most texts are such, and counting letters costs a tenth of telling strings from brackets.
    """
    parens = text.count("(") + text.count("[")
    shouted = text.upper()
    return (
        parens <= min(limits.paren_depth, limits.iri_brackets)
        and parens + text.count("{") <= limits.bracket_depth
        and text.count("<<") <= limits.quoted_depth
        and text.count("!") <= limits.negation_run
        and text.count("||") + text.count("&&") <= limits.logic_operators
        and sum(map(shouted.count, BRANCHES)) <= limits.branch_words
        and "SERVICE" not in shouted
    )


def check_service(text: str, seen: str, silent: bool) -> None:
    """Raises :class:`QueryRefused` for SERVICE.

    Where ``silent`` is allowed, SERVICE SILENT passes: it may fail without a word (SPARQL 1.1 Federated
    Query, 2.2), and in a worker without a network it always does.
    """
    found = (SERVICE_ALOUD if silent else SERVICE).search(seen)
    if found is not None:
        line, column = locate(text, found.start())
        raise QueryRefused(
            "SERVICE asks another server, which this one never does", line=line, column=column, rule="service"
        )


def names_dataset(text: str) -> bool:
    """Whether the query says with ``FROM`` what its default graph is."""
    return "FROM" in text.upper() and "FROM" in outline(text).upper()


def outline(text: str, iri_brackets: int | None = None) -> str:
    """The text with strings, comments, names and IRIs blanked, each character at its place.

    Opening brackets that an IRI holds beyond its closing ones stay, as do ``!`` and ``&``: where the parser
    reads ``<`` as less-than, they are operators. An IRI with more than ``iri_brackets`` of them is refused.
    """

    declared = set(DECLARED.findall(text))

    def blank(token: re.Match[str]) -> str:
        found, kind = token[0], token.lastgroup
        if kind == "bare" or (kind == "local" and hides_keyword(token["word"] or "", declared)):
            return found
        if kind != "iri":
            return " " * len(found)
        opened = found.count("(") + found.count("[")
        if iri_brackets is not None and opened > iri_brackets:
            raise refuse(QueryTooDeep, text, token.start(), "iri_brackets", iri_brackets)
        beyond = opened - found.count(")") - found.count("]")
        kept = "(" * beyond + "".join(letter for letter in found if letter in "!&")
        return "<" + kept.ljust(len(found) - 2) + ">"

    return TOKEN.sub(blank, text)


def hides_keyword(prefix: str, declared: Set[str]) -> bool:
    """Whether a keyword may stand where a name seems to: the parser wants no space between the two."""
    return any(word in prefix.upper() for word in KEYWORDS) and prefix not in declared


def check_depth(text: str, seen: str, brackets: re.Pattern[str], rule: str, limit: int) -> None:
    """Raises :class:`QueryTooDeep` at the first bracket that lies deeper than the limit."""
    if deepest(brackets.findall(seen)) <= limit:
        return
    depth = 0
    for bracket in brackets.finditer(seen):
        depth += STEPS[bracket[0]]
        if depth > limit:
            raise refuse(QueryTooDeep, text, bracket.start(), rule, limit)


def deepest(brackets: Iterable[str]) -> int:
    """How deep the brackets nest; all of one kind, since a closing bracket of another kind is an error."""
    return max(accumulate(map(STEPS.__getitem__, brackets)), default=0)


def refuse(
    cause: type[PlangraphError], text: str, offset: int | None, rule: str, limit: int
) -> PlangraphError:
    """The error of a broken limit, with the place where it was broken."""
    line, column = (None, None) if offset is None else locate(text, offset)
    name = rule.replace("_", " ")
    return cause(
        f"the query passes the limit of {name}: {limit}", line=line, column=column, rule=rule, limit=limit
    )


def locate(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a place in a text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
