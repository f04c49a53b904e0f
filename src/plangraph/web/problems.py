"""Any error as a problem document (RFC 9457). Nothing of the inside of the service stands in one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from plangraph.errors import BadParameter, MethodNotAllowed, NotFound, PlangraphError
from plangraph.settings import Limits
from plangraph.terms import BASE
from plangraph.web.pin import find_extent, name_extent

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = BASE + "problem/"
"""The type of a problem is this and the name of its class, as ``query-too-slow``."""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "QUERY")
"""What a route may take; HEAD follows GET, and OPTIONS is answered everywhere."""

Show: TypeAlias = Callable[[Request, Response], Response]

RETRY_SECONDS: Final = 2
CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def describe_problem(error: PlangraphError, limits: Limits) -> dict[str, Any]:
    """The members of the document; those that are not known are left out."""
    figure = error.limit if error.limit is not None else getattr(limits, error.broken_rule or "", None)
    members = {
        "type": TYPE_BASE + CAPITAL.sub("-", type(error).__name__).lower(),
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "line": error.line,
        "column": error.column,
        "rule": error.broken_rule,
        "limit": figure,
        **error.members,
    }
    return {name: value for name, value in members.items() if value is not None}


def answer_problem(
    error: PlangraphError, limits: Limits, headers: Mapping[str, str] | None = None
) -> Response:
    """The document as a response; a 429 or 503 says when to try again."""
    return write_problem(describe_problem(error, limits), headers)


def write_problem(members: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries these members."""
    extra = {"Cache-Control": "no-store", **(headers or {})}
    if members["status"] in (429, 503):
        extra["Retry-After"] = str(RETRY_SECONDS)
    if members["status"] == 401:
        extra["WWW-Authenticate"] = 'Bearer realm="plangraph"'
    body = json.dumps(members, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, members["status"], extra, MEDIA_TYPE)


def install_problems(app: FastAPI, limits: Limits, show: Show | None = None) -> None:
    """From now on every error of the application is answered with a problem document.

    ``show`` may put a page in its place, for who asked for one.
    """

    def finish(request: Request, answer: Response) -> Response:
        return answer if show is None else show(request, answer)

    async def on_known(request: Request, error: Exception) -> Response:
        assert isinstance(error, PlangraphError)  # noqa: S101 - registered for it
        return finish(request, answer_known(request, error, limits))

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
        return finish(request, answer_problem(BadParameter(tell_invalid(error)), limits))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        if error.status_code == 404:
            missing = NotFound(f"there is nothing at {request.url.path}")
            return finish(request, answer_problem(missing, limits))
        if error.status_code == 405:
            allowed = {"Allow": ", ".join(list_methods(request))}
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=allowed)
            wrong = MethodNotAllowed(f"{request.url.path} takes {allowed['Allow']}, not {request.method}")
            return finish(request, answer_problem(wrong, limits, allowed))
        members = {"type": "about:blank", "title": str(error.detail), "status": error.status_code}
        return write_problem(members, error.headers)

    async def on_unknown(request: Request, _: Exception) -> Response:
        return finish(request, answer_unknown(limits))

    app.add_exception_handler(PlangraphError, on_known)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_unknown)


def answer_known(request: Request, error: PlangraphError, limits: Limits) -> Response:
    """The document of an error, which says of which edition the answer would have been."""
    return answer_problem(error, limits, name_extent(find_extent(request)))


def answer_unknown(limits: Limits) -> Response:
    """What is said of a fault of ours."""
    failure = PlangraphError("the service failed on this request; it is not your fault")
    return answer_problem(failure, limits)


def tell_invalid(error: RequestValidationError) -> str:
    """Which parameters are wrong, and why, in one line."""
    return "; ".join(
        f"{'.'.join(str(part) for part in entry['loc'][1:])}: {entry['msg']}" for entry in error.errors()
    )


def list_methods(request: Request) -> list[str]:
    """Every method that some route of this address takes."""
    found = {
        method
        for method in METHODS
        for route in request.app.router.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()))
