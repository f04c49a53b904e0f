"""SPARQL Update over HTTP: ``/update``, which is there only where tokens are (SPARQL 1.1 Protocol, 2.2)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from plangraph.access import Access
from plangraph.engine import QueryEngine
from plangraph.errors import QueryMissing
from plangraph.guard import check_length
from plangraph.settings import Settings
from plangraph.web.call import FORM, UPDATE, Call, read_call
from plangraph.web.conditions import read_intent
from plangraph.writes import Update, Written

REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, "content": {"application/problem+json": {}}}
    for status, text in (
        (400, "The write is wrong, or refused; line, column and rule say where and why"),
        (401, "There is no token, or none that is known"),
        (403, "The token does not allow this"),
        (412, "The graph is not what If-Match or If-None-Match expects"),
        (413, "The body or what it leads to is larger than the limit"),
        (415, "The body is of a media type that is not read here"),
        (422, "The shapes do not allow what would come of it, or the key belongs to another write"),
        (503, "The write took too long or too much memory, too many wait, or the journal does not take it"),
    )
}


def create_router(engine: QueryEngine, access: Access, settings: Settings) -> APIRouter:
    """The route of ``/update``."""
    router = APIRouter(tags=["SPARQL"])

    @router.post(
        "/update",
        summary="SPARQL update, made whole or not at all",
        responses={200: {"description": "What was changed"}, **REFUSED},
        openapi_extra=DOCUMENTED,
    )
    async def update(request: Request) -> Response:
        token = access.check(request.headers.get("authorization"))
        wish = find_update(await read_call(request, settings.limits, UPDATE))
        check_length(wish.text, settings.limits, "update_bytes")  # no turn for what is refused anyway
        return answer_written(await engine.write(wish, read_intent(request, by=token.name)))

    return router


def find_update(call: Call) -> Update:
    """The one update of a call; raises :class:`QueryMissing`."""
    texts = call.list_values("update")
    if call.body_text is not None:
        texts += (call.body_text,)
    if len(texts) != 1 or "query" in call.parameters:
        raise QueryMissing(f"a request to this address carries one update; this one carries {len(texts)}")
    if not texts[0].strip():
        raise QueryMissing("the update is empty")
    return Update(texts[0], call.list_values("using-graph-uri"), call.list_values("using-named-graph-uri"))


def answer_written(
    written: Written,
    status: int = 200,
    headers: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
) -> Response:
    """What a write has done, named by the revision that it led to; with ``more`` members in front."""
    told = written.describe()
    members = {name: told[name] for name in ("revision", "removed", "added", "warnings")}
    members |= {name: told[name] for name in ("number", "digests") if told[name]}
    named = {"Plangraph-Revision": written.revision, "Cache-Control": "no-store", **(headers or {})}
    if written.repeated:
        named["Idempotency-Replayed"] = "true"
    if written.digest is not None:
        named["ETag"] = f'"{written.digest}"'
    if status == 204:
        return Response(status_code=204, headers=named)
    return JSONResponse({**(more or {}), **members}, status, named)


DOCUMENTED: Final[dict[str, Any]] = {
    "security": [{"token": []}],
    "requestBody": {
        "required": True,
        "content": {
            UPDATE: {"schema": {"type": "string"}},
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["update"],
                    "properties": {
                        "update": {"type": "string"},
                        "using-graph-uri": {"type": "array", "items": {"type": "string", "format": "uri"}},
                        "using-named-graph-uri": {
                            "type": "array",
                            "items": {"type": "string", "format": "uri"},
                        },
                    },
                }
            },
        },
    },
}
