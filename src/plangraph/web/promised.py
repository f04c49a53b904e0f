"""What operations answer, as tables: models, formats, problems, examples of what their paths name."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from plangraph.formats import CSV, GRAPHS, JSONLD, TURTLE, Format
from plangraph.shelf import FILES
from plangraph.terms import GRAPH, KINDS
from plangraph.web.comparison_models import Chains, Matrix, ProvisionValues, Timeline
from plangraph.web.models import GraphTree, Item, Page, SearchPage
from plangraph.web.service_models import (
    CollectionEntry,
    Done,
    Entries,
    Health,
    LimitTable,
    PartDone,
    Readiness,
    Revision,
    RevisionPage,
)

MODELS: Final[dict[str, type[BaseModel]]] = {
    "/": Entries,
    "/healthz": Health,
    "/readyz": Readiness,
    "/limits": LimitTable,
    "/api/v1/": CollectionEntry,
    "/doc/{kind}/{name}": Item,
    "/api/v1/registry/{kind}/{name}": Item,
    "/api/v1/plans/{name}/matrix": Matrix,
    "/api/v1/provisions/{name}/values": ProvisionValues,
    "/api/v1/claims/{name}/chain": Chains,
    "/api/v1/timeline": Timeline,
    "/api/v1/revisions": RevisionPage,
    "/api/v1/revisions/{number}": Revision,
    "/api/v1/documents/{slug}/history": RevisionPage,
    "/api/v1/registry/{kind}/{slug}/history": RevisionPage,
}
"""The models of JSON answers that the routes do not name themselves."""

LISTS: Final = ("/api/v1/",)
"""Paths that answer a list of their model."""

FORMATS: Final[dict[type[BaseModel], tuple[Format, ...]]] = {
    Page: (CSV, *GRAPHS),
    SearchPage: (CSV, *GRAPHS),
    Item: GRAPHS,
    GraphTree: (CSV, *GRAPHS),
    **dict.fromkeys((Matrix, ProvisionValues, Chains, Timeline), (CSV, *GRAPHS)),
}
"""What a model can be had as beside JSON."""

GRAPH_PATHS: Final = (
    "/graphs",
    "/graph/{name}",
    "/export/documents/{slug}.ttl",
)
OTHERS: Final = {
    **dict.fromkeys(GRAPH_PATHS, tuple(entry.media_type for entry in GRAPHS)),
    "/context.jsonld": (JSONLD.media_type,),
    "/api/v1/revisions.atom": ("application/atom+xml",),
    "/api/v1/revisions/events": ("text/event-stream",),
    "/api/v1/revisions/{number}/documents/{slug}": (TURTLE.media_type,),
    "/api/v1/revisions/{number}/registry/{kind}/{slug}": (TURTLE.media_type,),
}
"""What paths without a model answer, where the routes do not say it."""

WRITES: Final[dict[str, type[BaseModel]]] = {
    "/update": Done,
    "/graphs": Done,
    "/api/v1/documents": PartDone,
    "/api/v1/documents/{name}": PartDone,
    "/api/v1/registry/{kind}/{name}": PartDone,
}
"""The models of what has been written."""

NAMED: Final = {
    "/id/{kind}/{name}": {"kind": "topic", "name": "amnesty"},
    "/graph/{name}": {"name": "registry"},
    "/graphs": {"graph": GRAPH + "registry"},
    "/export/documents/{slug}.ttl": {"slug": "2025-11-20-rbc-ukraine-plan-pressure"},
    "/export/plangraph.{suffix}": {"suffix": "nt"},
    "/doc/{kind}/{slug}/citation": {"kind": "topic", "slug": "amnesty"},
    "/api/v1/documents/{slug}/history": {"slug": "2025-11-20-rbc-ukraine-plan-pressure"},
    "/api/v1/revisions/{number}/documents/{slug}": {"slug": "2025-11-20-rbc-ukraine-plan-pressure"},
    "/api/v1/registry/{kind}/{name}": {"kind": "outlet", "name": "axios"},
    "/api/v1/registry/{kind}/{slug}/history": {"kind": "outlet", "slug": "axios"},
    "/api/v1/revisions/{number}/registry/{kind}/{slug}": {"kind": "outlet", "slug": "axios"},
}
"""Parameters that name what the packaged data has, of operations without an example of their own."""

OPTIONS: Final = {"kind": KINDS, "suffix": (*FILES, "sha256")}
"""What a part of a path can be, where that is a short list."""

TREES: Final = ("Thing", "Item", "GraphNode", "ProvisionValue", "MatrixRow", "TimelineEntry")
"""Schemas of things, which have a key for each property."""

COMMON: Final = (400, 406, 408, 413, 429, 500, 502, 503)
"""What may happen to any request that reads data."""

CONDITIONAL: Final = {"/api/v1/documents/{name}": (412, 428), "/api/v1/registry/{kind}/{name}": (412, 428)}
"""What may happen to a write that has to name what it replaces."""

SELF_KNOWN: Final = (500, 503)
"""What may happen to one that the service answers of itself."""

NEW: Final = "Done; it was not there before"
HEADERS: Final[dict[str, Any]] = {
    "ETag": {"schema": {"type": "string"}, "description": "The name of this very answer, for If-None-Match"},
    "Plangraph-Revision": {"schema": {"type": "string"}, "description": "The revision of the data"},
    "Link": {
        "schema": {"type": "string"},
        "description": "`via` leads to the query behind the answer, `alternate` to its other formats, `next` "
        "to the next page, `describedby` to the whole graph of a document, `edit-media` to where to edit it",
    },
}
