"""What ``/openapi.json`` says of the routes that compare."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from plangraph.filters import FILTERS
from plangraph.matrix import AXES
from plangraph.settings import Limits
from plangraph.timeline import KINDS
from plangraph.web.models import document_filter, document_paging
from plangraph.web.pin import DOCUMENTED_PIN

Documented: TypeAlias = dict[str, Any]

COLUMNS: Final = {
    "name": "columns",
    "in": "query",
    "description": "What stands in the columns",
    "schema": {"type": "string", "enum": list(AXES), "default": next(iter(AXES))},
}
KIND: Final = {
    "name": "kind",
    "in": "query",
    "description": "What is told of; given several times, any of them is enough",
    "schema": {"type": "array", "items": {"type": "string", "enum": list(KINDS)}},
}


def document(summary: str, description: str, parameters: list[Documented]) -> Documented:
    """The documentation of one route."""
    return {
        "summary": summary,
        "description": description,
        "openapi_extra": {"parameters": [*parameters, *DOCUMENTED_PIN]},
    }


def add_paging(documented: Documented, limits: Limits) -> Documented:
    """The same of a route that answers page by page."""
    parameters = [*documented["openapi_extra"]["parameters"], *document_paging(limits)]
    return documented | {"openapi_extra": {"parameters": parameters}}


def document_filters(*names: str) -> list[Documented]:
    """Filters as parameters."""
    return [document_filter(name) for name in names if name in FILTERS]


MATRIX: Final = document(
    "The provisions of a plan against outlets, speakers or versions",
    "Each cell has the reported values, how they stand to those of the other cells as the computed graph has "
    "it, and the claims, pages and origins behind it. A cell that is not there is never a denial.",
    [COLUMNS, *document_filters("provision", "topic", "version", "slot", "language", "country")],
)
VALUES: Final = document(
    "What is reported of a provision, slot by slot",
    "Each reported value with the claims that assert or deny it, their pages and origins, and divergences.",
    document_filters("version", "slot"),
)
CHAIN: Final = document(
    "The chains of a claim, hop by hop",
    "Who said it, which page shows it and where, from whom it is taken, and where the chain ends or is lost.",
    [],
)
TIMELINE: Final = document(
    "Reports, stances, changes and events by day",
    "What is known to the day stands on a day, other things between bounds; what has no day comes last.",
    [*document_filters("plan", "since", "until"), KIND],
)
