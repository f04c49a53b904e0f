"""What a request says of its pin, and what an answer says of it: ``as_of``, ``undated``, and one header."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Request

from plangraph.editions import Edition, Editions
from plangraph.pinning import EXAMPLE_DAY, UNDATED, Extent, Pin, read_pin
from plangraph.web.call import read_fields

HEADER: Final = "Plangraph-As-Of"


def find_pin(request: Request) -> Pin | None:
    """The pin in the address of a request; raises :class:`~plangraph.errors.BadParameter`."""
    given = read_fields(request.scope["query_string"], "the address")
    return read_pin(given.get("as_of", []), given.get("undated", []))


@asynccontextmanager
async def open_edition(request: Request, pin: Pin | None) -> AsyncIterator[Edition]:
    """The edition that a request asks for; from here on its answer, a problem too, says which it is.

    Raises what :meth:`Editions.open` raises.
    """
    editions: Editions = request.app.state.editions
    async with editions.open(pin) as edition:
        request.state.extent = edition.extent
        yield edition


def find_extent(request: Request) -> Extent | None:
    """The extent of the edition that was opened for a request, if that is one as of a day."""
    extent: Extent | None = getattr(request.state, "extent", None)
    return extent


def name_extent(extent: Extent | None) -> dict[str, str]:
    """The header that says as of which day an answer is; none for the whole data set."""
    if extent is None:
        return {}
    parts = (
        extent.pin.day.isoformat(),
        f"undated={extent.pin.undated}",
        f"documents={extent.documents}",
        f"undated_documents={extent.undated_documents}",
    )
    return {HEADER: "; ".join(parts)}


def describe_extent(extent: Extent | None, base: str) -> dict[str, Any]:
    """The member of a JSON answer that says the same; none for the whole data set."""
    if extent is None:
        return {}
    return {
        "asOf": {
            "date": extent.pin.day.isoformat(),
            "undated": extent.pin.undated,
            "documents": extent.documents,
            "undatedDocuments": extent.undated_documents,
            "leftOut": extent.left_out,
            "sparql": f"{base}sparql?{extent.pin.write_parameters()}",
        }
    }


def add_pin(address: str, extent: Extent | None) -> str:
    """An address of this service that asks for the same edition."""
    if extent is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}{extent.pin.write_parameters()}"


DOCUMENTED_PIN: Final[Sequence[dict[str, Any]]] = (
    {
        "name": "as_of",
        "in": "query",
        "description": "The data set as of this day: the documents published by then, and every figure and "
        "divergence computed from these alone. The answer says what was left out",
        "schema": {"type": "string", "format": "date"},
        "example": EXAMPLE_DAY,
    },
    {
        "name": "undated",
        "in": "query",
        "description": "What `as_of` does with a document that may have been published by that day or later",
        "schema": {"type": "string", "enum": list(UNDATED), "default": UNDATED[0]},
    },
)
