"""What ``/openapi.json`` says of the SPARQL protocol, whose requests are read by hand."""

from __future__ import annotations

from typing import Any, Final

from plangraph.formats import GRAPHS, ROWS
from plangraph.web.call import DIRECT, FORM
from plangraph.web.pin import DOCUMENTED_PIN

EXAMPLE: Final = "SELECT ?plan ?label WHERE { ?plan a pg:Plan ; rdfs:label ?label } LIMIT 10"
GRAPH_IRIS: Final = {"type": "array", "items": {"type": "string", "format": "uri"}}
GRAPH_PARAMETERS: Final = {
    "default-graph-uri": "The default graph is the union of these graphs",
    "named-graph-uri": "The named graphs of the query",
}
DOCUMENTED_GET: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "query",
            "in": "query",
            "description": "The query; without one, the service description is answered",
            "schema": {"type": "string"},
            "example": EXAMPLE,
        },
        *(
            {"name": name, "in": "query", "description": text, "schema": GRAPH_IRIS}
            for name, text in GRAPH_PARAMETERS.items()
        ),
        *DOCUMENTED_PIN,
    ]
}
DOCUMENTED_POST: Final[dict[str, Any]] = {
    "parameters": [*DOCUMENTED_PIN],
    "requestBody": {
        "required": True,
        "content": {
            DIRECT: {"schema": {"type": "string"}, "example": EXAMPLE},
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["query"],
                    "properties": {
                        "query": {"type": "string"},
                        **dict.fromkeys(GRAPH_PARAMETERS, GRAPH_IRIS),
                        **{entry["name"]: entry["schema"] for entry in DOCUMENTED_PIN},
                    },
                }
            },
        },
    },
}
DOCUMENTED_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The answer, in the format that Accept likes best",
        "content": {entry.media_type: {} for entry in (*ROWS, *GRAPHS)},
    },
    304: {"description": "The client holds this answer already"},
    **{
        status: {"description": text, "content": {"application/problem+json": {}}}
        for status, text in (
            (400, "The query is wrong, or refused; line, column and rule say where and why"),
            (406, "No accepted format can hold the answer"),
            (413, "The query or its result is larger than the limit"),
            (415, "The body is of a media type that is not read here"),
            (503, "The query took too long or too much memory, or too many are waiting"),
        )
    },
}
