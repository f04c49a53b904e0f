"""What a request says of the edition that it wants, and what an answer says of it: by a day, by a revision.

``as_of`` and ``undated`` say as of which day, ``revision`` and ``retracted`` as of which revision; an answer
has a header for either.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Request

from plangraph.editions import Edition, Editions
from plangraph.past import RETRACTED, Past, View, Wanted, read_wanted
from plangraph.pinning import EXAMPLE_DAY, UNDATED, Extent
from plangraph.web.call import read_fields

HEADER: Final = "Plangraph-As-Of"
AT_REVISION: Final = "Plangraph-At-Revision"


def find_pin(request: Request) -> Wanted | None:
    """What the address of a request wants; raises :class:`~plangraph.errors.BadParameter`."""
    return read_wanted(read_fields(request.scope["query_string"], "the address"))


@asynccontextmanager
async def open_edition(request: Request, pin: Wanted | None) -> AsyncIterator[Edition]:
    """The edition that a request asks for; from here on its answer, a problem too, says which it is.

    Raises what :meth:`Editions.open` raises.
    """
    editions: Editions = request.app.state.editions
    request.state.wanted = pin
    async with editions.open(pin) as edition:
        request.state.extent = edition.extent
        yield edition


def find_extent(request: Request) -> View | None:
    """What the edition that was opened for a request is of, if it is not the whole data set as it is."""
    extent: View | None = getattr(request.state, "extent", None)
    return extent


def is_unopened(request: Request) -> bool:
    """Whether a request wants another edition than the whole as it is, and has not been given it."""
    return getattr(request.state, "wanted", None) is not None and find_extent(request) is None


def name_extent(extent: View | None) -> dict[str, str]:
    """The headers that say as of which day and revision an answer is; none for the whole data set."""
    found = {}
    if extent is not None and extent.pinned is not None:
        found[HEADER] = name_day(extent.pinned)
    if extent is not None and extent.past is not None:
        found[AT_REVISION] = name_past(extent.past)
    return found


def name_day(pinned: Extent) -> str:
    """As of which day, and what that took in."""
    parts = (
        pinned.pin.day.isoformat(),
        f"undated={pinned.pin.undated}",
        f"documents={pinned.documents}",
        f"undated_documents={pinned.undated_documents}",
    )
    return "; ".join(parts)


def name_past(past: Past) -> str:
    """As of which revision: its number in the journal, its name there, and when it was accepted."""
    parts = ["unnumbered" if past.number is None else str(past.number), f"name={past.name}"]
    parts += [f"accepted={past.accepted_at}"] if past.accepted_at else []
    return "; ".join([*parts, f"retracted={RETRACTED[past.retracted]}"])


def describe_extent(extent: View | None, base: str) -> dict[str, Any]:
    """The members of a JSON answer that say the same; none for the whole data set."""
    if extent is None:
        return {}
    address = f"{base}sparql?{extent.write_parameters()}"
    found: dict[str, Any] = {}
    if (pinned := extent.pinned) is not None:
        found["asOf"] = {
            "date": pinned.pin.day.isoformat(),
            "undated": pinned.pin.undated,
            "documents": pinned.documents,
            "undatedDocuments": pinned.undated_documents,
            "leftOut": pinned.left_out,
            "sparql": address,
        }
    if (past := extent.past) is not None:
        found["atRevision"] = {
            "number": past.number,
            "name": past.name,
            "acceptedAt": past.accepted_at or None,
            "retracted": RETRACTED[past.retracted],
            "servedAs": extent.served,
            "sparql": address,
        }
    return found


def add_pin(address: str, extent: View | None) -> str:
    """An address of this service that asks for the same edition."""
    if extent is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}{extent.write_parameters()}"


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
    {
        "name": "revision",
        "in": "query",
        "description": "The data set as of this revision, by its number in the journal or by its name "
        "(`Plangraph-Revision`); the present one is known by name without a journal, too",
        "schema": {"type": "string", "pattern": "^([0-9]{1,15}|[0-9a-f]{16})$"},
    },
    {
        "name": "retracted",
        "in": "query",
        "description": "Whether documents that had been retracted by that `revision` are shown, as they last "
        "stood",
        "schema": {"type": "string", "enum": list(RETRACTED), "default": RETRACTED[0]},
    },
)
