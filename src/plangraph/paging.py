"""The order of a collection and the place in it where a page begins, as the texts ``sort`` and ``next``."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from plangraph.errors import BadParameter
from plangraph.filters import read_token, write_token
from plangraph.index import Term
from plangraph.reads import Order, Read
from plangraph.terms import ID, VOCABULARIES, term

DESCENDING: Final = "-"
"""Stands before the name of an order to turn it round."""

INTEGER: Final = VOCABULARIES["xsd"] + "integer"


def list_orders(read: Read) -> list[str]:
    """What ``sort`` takes."""
    return [mark + name for name in read.orders for mark in ("", DESCENDING)]


def read_order(read: Read, values: Sequence[str]) -> Order | None:
    """The order that is asked for; raises :class:`BadParameter` by name."""
    if not values:
        return None
    offered = list_orders(read)
    if len(values) > 1 or values[0] not in offered:
        raise BadParameter(f"sort takes one of {', '.join(offered)}")
    name = values[0].removeprefix(DESCENDING)
    return Order(name, descending=name != values[0])


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
    return Order(order.name, order.descending, after=(key, name_item(slug))), None


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
    raise BadParameter("next takes the token that an earlier page gave as its next, once")


def name_item(text: str) -> NamedNode:
    """The item that a token names; raises :class:`BadParameter`."""
    try:
        return NamedNode(text if "://" in text else ID + text)
    except ValueError:
        raise BadParameter("next takes the token that an earlier page gave as its next, once") from None
