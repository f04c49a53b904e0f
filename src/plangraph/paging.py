"""The order of a collection and the place in it where a page begins, as the texts ``sort`` and ``next``."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from pyoxigraph import Literal, NamedNode

from plangraph.errors import BadParameter
from plangraph.filters import read_token, write_token
from plangraph.index import Term
from plangraph.reads import NOTHING, Order, Read, write_term
from plangraph.terms import ID, VOCABULARIES, term

DESCENDING: Final = "-"
"""Stands before the name of an order to turn it round."""

RELEVANCE: Final = "relevance"
"""The order in which full-text search has what it finds; only what ``q`` finds has one."""

SCORE: Final = "018.12f"
"""How a score is written as an order's value: such texts sort as the figures do, in any engine."""

INTEGER: Final = VOCABULARIES["xsd"] + "integer"

NOT_GIVEN: Final = "next takes the token that an earlier page gave as its next, once"

T = TypeVar("T")


def list_orders(read: Read) -> list[str]:
    """What ``sort`` takes."""
    own = [mark + name for name in read.orders for mark in ("", DESCENDING)]
    return [*own, RELEVANCE] if "q" in read.filters else own


def read_order(read: Read, values: Sequence[str], *, searched: bool = False) -> Order | None:
    """The order that is asked for; raises :class:`BadParameter` by name.

    Relevance is an order of what is ``searched`` for; :func:`add_scores` completes it.
    """
    if not values:
        return None
    offered = list_orders(read)
    if len(values) > 1 or values[0] not in offered:
        raise BadParameter(f"sort takes one of {', '.join(offered)}")
    if values[0] == RELEVANCE:
        if not searched:
            raise BadParameter(f"sort={RELEVANCE} needs q: it is how well the words of q are found")
        return Order(RELEVANCE, descending=True)
    name = values[0].removeprefix(DESCENDING)
    return Order(name, descending=name != values[0])


def add_scores(order: Order, scores: Mapping[NamedNode, float]) -> Order:
    """The order with the score that each thing was found with; it leaves out whatever was not found."""
    rows = [f'({write_term(item)} "{score:{SCORE}}")' for item, score in scores.items()]
    written = " ".join(rows or [f'({NOTHING} "")'])
    return replace(order, pattern=f"VALUES (?item ?by) {{ {written} }}")


def read_place(order: Order | None, values: Sequence[str]) -> tuple[Order | None, NamedNode | None]:
    """The order with the place of the page in it, or without an order the item that the page comes after.

    Raises :class:`BadParameter` for a token that no page in this order has given.
    """
    if order is None or not values:
        return order, read_token(values)
    name, value, slug = unpack(values, 3)
    if name != write_order_name(order) or not isinstance(value, str | int) or not isinstance(slug, str):
        raise BadParameter("next takes the token of a page with the same sort")
    key = Literal(str(value), datatype=term("xsd:integer")) if isinstance(value, int) else Literal(value)
    return replace(order, after=(key, name_item(slug))), None


def write_place(order: Order | None, item: NamedNode, key: Term | None = None) -> str:
    """What ``next`` is given to go on after an item, and after the value that it is sorted by."""
    if order is None:
        return write_token(item)
    assert isinstance(key, Literal)  # noqa: S101 - the query makes one
    value: str | int = int(key.value) if key.datatype.value == INTEGER else key.value
    return pack([write_order_name(order), value, item.value.removeprefix(ID)])


def write_order_name(order: Order) -> str:
    """An order as ``sort`` takes it."""
    return (DESCENDING if order.descending else "") + order.name


def cut(
    entries: Iterable[T], place: Callable[[T], str], limit: int, after: str | None
) -> tuple[list[T], str | None]:
    """A page of what is sorted by a text that names its place, and what ``next`` is given to go on."""
    rest = sorted((entry for entry in entries if after is None or place(entry) > after), key=place)
    page = rest[:limit]
    return page, pack([place(page[-1])]) if len(rest) > len(page) else None


def read_after(values: Sequence[str]) -> str | None:
    """The place that a page of :func:`cut` begins after; raises :class:`BadParameter`."""
    if not values:
        return None
    (place,) = unpack(values, 1)
    if not isinstance(place, str) or not place.isprintable():
        raise BadParameter(NOT_GIVEN)
    return place


def pack(parts: Sequence[Any]) -> str:
    """Some values as a token."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def unpack(values: Sequence[str], count: int) -> list[Any]:
    """The values of a token; raises :class:`BadParameter` for what no page has given."""
    try:
        padded = values[0] + "=" * (-len(values[0]) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if len(values) == 1 and isinstance(parts, list) and len(parts) == count:
            return parts
    except (ValueError, RecursionError):
        pass
    raise BadParameter(NOT_GIVEN)


def name_item(text: str) -> NamedNode:
    """The item that a token names; raises :class:`BadParameter`."""
    try:
        return NamedNode(text if "://" in text else ID + text)
    except ValueError:
        raise BadParameter(NOT_GIVEN) from None
