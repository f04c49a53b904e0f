"""The filters of the REST reads: what each means, and a user's text to the terms it may stand for."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from plangraph.errors import BadParameter
from plangraph.index import Term
from plangraph.pinning import read_day
from plangraph.settings import Limits
from plangraph.terms import ID, SLUG, VOCABULARIES, pg, split_thing, term, thing

LOCAL: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
TAG: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
TEXT_LETTERS: Final = 200
"""How long the text of ``q`` may be."""


PAGING: Final = ("sort", "limit", "next")
"""The parameters of a collection that are no filters."""

ALL: Final = "all"
EVERYTHING: Final = sys.maxsize
"""How many items a page has room for where ``limit`` is ``all``."""


@dataclass(frozen=True)
class Filter:
    """One filter: what it means to a reader, a value as an example, and how its values are read.

    ``kinds`` are the kinds of things that a slug may name. Without any, a value is the local name of a term
    (``form`` is ``term``), a day (``day``), a language tag (``tag``), or a text (``text``).
    """

    name: str
    about: str
    example: str
    form: str
    kinds: tuple[str, ...] = ()
    collection: str | None = None
    """Where the things that it takes are listed."""


FILTERS: Final = {
    entry.name: entry
    for entry in (
        Filter("plan", "What concerns this plan", "ukraine-peace-plan", "thing", ("plan",), "plans"),
        Filter("version", "What concerns this version", "28-point", "thing", ("version",), "versions"),
        Filter(
            "claim",
            "What states this claim: every hop of its chains",
            "2025-11-20-rbc-ukraine-plan-pressure--donbas-handover",
            "thing",
            ("claim", "stance", "change"),
            "claims",
        ),
        Filter(
            "document",
            "What this document shows",
            "2025-11-20-rbc-ukraine-plan-pressure",
            "thing",
            ("document",),
            "documents",
        ),
        Filter("provision", "What concerns this provision", "amnesty", "thing", ("provision",), "provisions"),
        Filter(
            "topic",
            "What concerns a provision on this topic, or on one below it",
            "amnesty",
            "thing",
            ("topic",),
        ),
        Filter(
            "outlet", "What a document of this outlet shows", "rbc-ukraine", "thing", ("outlet",), "outlets"
        ),
        Filter(
            "actor",
            "What this person, organisation or unnamed source says or holds, or has a part in",
            "marco-rubio",
            "thing",
            ("actor", "source"),
            "actors",
        ),
        Filter(
            "speaker",
            "What this person, organisation or unnamed source is reported to have said",
            "marco-rubio",
            "thing",
            ("actor", "source"),
            "actors",
        ),
        Filter("language", "Pages in this language, by its tag", "uk", "tag"),
        Filter("country", "What pages of outlets of this country show", "ukraine", "thing", ("place",)),
        Filter("slot", "What fills this slot, or says that it is open or absent", "duration", "term"),
        Filter(
            "status", "What has this source status (for claims: at the end of a chain)", "anonymous", "term"
        ),
        Filter("kind", "What is of this kind; the facet of the same name lists them", "contradicts", "term"),
        Filter("since", "What a document published on or after this day shows", "2025-11-20", "day"),
        Filter("until", "What a document published on or before this day shows", "2025-11-20", "day"),
        Filter(
            "q",
            'What full-text search finds: every word in any form, a `"phrase in quotes"`, or `amnest*`',
            "amnesty",
            "text",
        ),
    )
}


Candidates = Mapping[str, Mapping[str, Sequence[Term]]]
"""For each filter each of its values, with the terms that it may stand for."""


def read_filters(given: Mapping[str, Sequence[str]], offered: Sequence[str]) -> Candidates:
    """What the values of each filter may stand for; raises :class:`BadParameter` by name.

    A slug may stand for a thing of each kind that the filter takes: which of them exist, the data says.
    """
    for name, values in given.items():
        if name not in offered:
            raise BadParameter(f"{name:.200} is no parameter here; there are {', '.join(offered)}")
        if FILTERS[name].form in ("day", "text") and len(values) > 1:
            raise BadParameter(f"{name} can be given once")
    return {
        name: {value: read_value(FILTERS[name], value) for value in values} for name, values in given.items()
    }


def read_value(filter: Filter, value: str) -> list[Term]:
    """What one value stands for; raises :class:`BadParameter` for one that is not of the filter's form."""
    if filter.form == "day":
        return [Literal(read_day(filter.name, value).isoformat(), datatype=term("xsd:date"))]
    if filter.form == "text":
        return [read_words(filter, value)]
    if filter.form == "tag":
        return [read_tag(filter, value)]
    if value.startswith(("http://", "https://")):
        return [read_iri(filter, value)]
    if filter.form == "term" and LOCAL.fullmatch(value):
        return [pg(value), NamedNode(VOCABULARIES["schema"] + value)]
    if filter.form == "thing" and SLUG.fullmatch(value):
        return [thing(kind, value) for kind in filter.kinds]
    what = "a local name" if filter.form == "term" else "a slug"
    raise BadParameter(
        f"{filter.name} takes {what} such as {filter.example}, or a full IRI, not {value!r:.200}"
    )


def read_iri(filter: Filter, value: str) -> Term:
    """A full IRI."""
    try:
        return NamedNode(value)
    except ValueError:
        raise BadParameter(f"{filter.name} takes an IRI, which {value!r:.200} is not") from None


def read_tag(filter: Filter, value: str) -> Term:
    """A language tag, as documents carry it."""
    if not TAG.fullmatch(value):
        raise BadParameter(f"{filter.name} takes a language tag such as {filter.example}, not {value!r:.200}")
    return Literal(value)


def read_words(filter: Filter, value: str) -> Term:
    """A text to look for."""
    if not value.strip() or len(value) > TEXT_LETTERS or not value.isprintable():
        raise BadParameter(f"{filter.name} takes 1 to {TEXT_LETTERS} printable characters")
    return Literal(value)


def read_limit(values: Sequence[str], limits: Limits, *, whole: bool = False) -> int:
    """The number of items on a page; ``whole`` where everything may be asked for at once.

    Raises :class:`BadParameter`.
    """
    most = limits.page_items_most
    if not values:
        return limits.page_items
    if whole and list(values) == [ALL]:
        return EVERYTHING
    if len(values) > 1 or not re.fullmatch(r"[0-9]{1,9}", values[0]) or not 1 <= int(values[0]) <= most:
        more = f", or {ALL}" if whole else ""
        allowed = f"limit takes one number from 1 to {most:,}{more}"
        raise BadParameter(allowed, rule="page_items_most", limit=most)
    return int(values[0])


def name_option(option: Term) -> str:
    """How an option is written as a value: the slug of a thing, the local name of a term, else the IRI."""
    text = option.value if isinstance(option, NamedNode) else str(option)
    found = split_thing(text)
    return found[1] if found else text.removeprefix(VOCABULARIES["schema"]).removeprefix(pg("").value)


def write_token(item: NamedNode) -> str:
    """What ``next`` is given to go on after an item; nobody should read more into it."""
    return base64.urlsafe_b64encode(item.value.removeprefix(ID).encode()).decode().rstrip("=")


def read_token(values: Sequence[str]) -> NamedNode | None:
    """The item that a page comes after; raises :class:`BadParameter` for what no page has given."""
    if not values:
        return None
    try:
        padded = values[0] + "=" * (-len(values[0]) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        if len(values) == 1 and text:
            return NamedNode(text if "://" in text else ID + text)
    except ValueError:
        pass
    raise BadParameter("next takes the token that an earlier page gave as its next, once")


def name_chosen(given: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    """Each filter that is given with each value, and the IRI that it names, if it names one."""
    return [(name, value, name_first(FILTERS[name], value)) for name in given for value in given[name]]


def name_first(filter: Filter, value: str) -> str:
    """The IRI that a value of a filter stands for, were it of the first kind that the filter takes."""
    if filter.form not in ("thing", "term"):
        return ""
    if "/" in value:
        return value
    return f"{ID}{filter.kinds[0]}/{value}" if filter.kinds else pg(value).value
