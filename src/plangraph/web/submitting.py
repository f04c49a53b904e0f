"""What the writes of documents and of things of the registry share: who may, on which condition, answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from plangraph.access import Access, Token
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.settings import Settings
from plangraph.uploads import OWN_CONTEXT
from plangraph.web.call import read_fields
from plangraph.web.conditions import read_intent
from plangraph.web.replies import find_base
from plangraph.web.updates import answer_written
from plangraph.write_errors import ConditionMissing, Outdated, ReasonMissing
from plangraph.writes import Expected, Intent, Write, Written

PARAMETERS: Final = ("dry_run", "reason")


@dataclass(frozen=True)
class Aim:
    """What a request says beside its body: whether it is a trial, and why."""

    dry_run: bool
    reason: str


class Submitting:
    """What answers the writes of parts of the data, each under an address of its own."""

    def __init__(self, engine: QueryEngine, access: Access, settings: Settings) -> None:
        self.engine = engine
        self.access = access
        self.settings = settings

    def admit(self, request: Request, aim: Aim) -> Token:
        """Whoever may try, or may add something."""
        return self.access.check(request.headers.get("authorization"), "read" if aim.dry_run else "submit")

    def read_intent(self, request: Request, token: Token, aim: Aim, part: str | None) -> Intent:
        """Who wants it, why, and under which condition."""
        return read_intent(request, part, by=token.name, reason=aim.reason, dry_run=aim.dry_run)

    def name_context(self, request: Request, body: bytes) -> bytes:
        """JSON-LD that names our context by the address of this service, as what is read here does."""
        here = f"{find_base(request, self.settings)}context.jsonld"
        return body.replace(json.dumps(here).encode(), json.dumps(OWN_CONTEXT).encode())

    async def put(self, request: Request, token: Token, aim: Aim, part: str, write: Write) -> Written:
        """Make a write that adds a part, or replaces the one whose ETag is given; a replacement wants more.

        Raises :class:`ConditionMissing` where the part is there and no ETag is given, and what
        :meth:`Engine.write` raises.
        """
        intent = self.read_intent(request, token, aim, part)
        if intent.expected and not intent.expected[0].absent:
            if not aim.dry_run:
                token.demand("curate")
            return await self.engine.write(write, intent)
        try:
            return await self.engine.write(write, replace(intent, expected=(Expected(part, absent=True),)))
        except Outdated as error:
            if "if-none-match" in request.headers:
                raise
            raise ConditionMissing(
                f"{error.detail}; to replace it, send its ETag in If-Match", rule="if-match-needed"
            ) from None

    async def retract(self, request: Request, aim: Aim, part: str, write: Write) -> Written:
        """Take a part out of the data set; the history keeps it."""
        given = request.headers.get("authorization")
        token = self.access.check(given, "read" if aim.dry_run else "curate")
        if not aim.reason:
            raise ReasonMissing("a retraction says why: ?reason=...")
        return await self.engine.write(write, self.read_intent(request, token, aim, part))


def read_aim(request: Request) -> Aim:
    """The parameters of the address; raises :class:`BadParameter`."""
    given = read_fields(request.scope["query_string"], "the address")
    wrong = []
    if unknown := sorted(given.keys() - set(PARAMETERS)):
        names = ", ".join(f"{name:.80}" for name in unknown[:9])
        wrong.append(f"there is no parameter {names}; there are {', '.join(PARAMETERS)}")
    wrong += [f"{name} can be given once" for name in PARAMETERS if len(given.get(name, [])) > 1]
    trial, reason = given.get("dry_run", ["0"])[0], given.get("reason", [""])[0]
    if trial not in ("0", "1"):
        wrong.append(f"dry_run is 0 or 1, not {trial!r:.80}")
    if wrong:
        raise BadParameter("; ".join(wrong))
    return Aim(trial == "1", reason)


def answer_part(written: Written, aim: Aim, iri: str, address: str) -> Response:
    """What became of the write of a part that has an address."""
    status = 201 if not aim.dry_run and not written.existed else 200
    headers = {"Location": address} if status == 201 else {}
    return answer_written(written, status, headers, {"id": iri, "url": address, "dryRun": aim.dry_run})


DESCRIBED: Final[list[dict[str, Any]]] = [
    {
        "name": "dry_run", "in": "query", "schema": {"type": "string", "enum": ["0", "1"]},
        "description": "1: check everything, say what would come of it, and change nothing",
    },
    {
        "name": "reason", "in": "query", "schema": {"type": "string", "maxLength": 2000},
        "description": "Why; it stands in the history, and a retraction needs one",
    },
    {
        "name": "If-Match", "in": "header", "schema": {"type": "string"},
        "description": "The ETag of what is replaced or retracted",
    },
    {
        "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200},
        "description": "A request that is repeated with its key is not made twice",
    },
]  # fmt: skip
"""The parameters that these writes share."""
