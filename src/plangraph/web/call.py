"""A request of the SPARQL protocol as it came over HTTP, decoded once and within its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.requests import ClientDisconnect

from plangraph.errors import BadParameter, BodyTooSlow, ClientGone, MediaTypeUnknown, QueryTooLong
from plangraph.settings import Limits

FORM: Final = "application/x-www-form-urlencoded"
DIRECT: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
UTF8: Final = ("utf-8", "utf8", "us-ascii")
PROTOCOL_FIELDS: Final = frozenset({"query", "update", "default-graph-uri", "named-graph-uri"})
FIELDS: Final = 1_000
"""How many parameters a request may carry."""


@dataclass(frozen=True)
class Call:
    """A request of the protocol, decoded: its parameters by name, and a body that is the text itself."""

    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body_text: str | None = None

    def list_values(self, name: str) -> tuple[str, ...]:
        """All values of a parameter."""
        return tuple(self.parameters.get(name, ()))

    def asks_nothing(self) -> bool:
        """Whether it carries nothing of a query, and so wants the service description."""
        return self.body_text is None and PROTOCOL_FIELDS.isdisjoint(self.parameters)


async def read_call(request: Request, limits: Limits, direct: str = DIRECT) -> Call:
    """The request decoded; ``direct`` is the media type of a body that is the text itself.

    Raises :class:`MediaTypeUnknown`, :class:`QueryTooLong`, :class:`BadParameter`."""
    in_address = read_fields(request.scope["query_string"], "the address")
    if request.method == "GET":
        return Call(in_address)
    media_type, charset = split_content_type(request.headers.get("content-type", ""))
    if media_type not in (direct, FORM) or (media_type == FORM and request.method == "QUERY"):
        taken = direct if request.method == "QUERY" else f"{direct} and {FORM}"
        raise MediaTypeUnknown(
            f"{request.method} takes {taken}, not {media_type or 'a body of no named type'}"
        )
    if charset not in UTF8:
        raise MediaTypeUnknown(f"queries are read as UTF-8, not as {charset}")
    body = await read_body(request, limits)
    if media_type == direct:
        return Call(in_address, decode(body, "the text"))
    # The protocol wants the parameters of a form in its body, its test suite sends some in the address.
    in_form = read_fields(body, "the form")
    return Call(
        {name: in_form.get(name, []) + in_address.get(name, []) for name in {**in_form, **in_address}}
    )


async def read_body(request: Request, limits: Limits) -> bytes:
    """The body, whole; one that is longer, announced or not, raises :class:`QueryTooLong`.

    Raises :class:`MediaTypeUnknown` for a compressed one, :class:`BodyTooSlow` where it does not arrive in
    time, and :class:`ClientGone`.
    """
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        raise MediaTypeUnknown(
            f"a compressed body is not read: send it without Content-Encoding: {coding:.80}",
            rule="content-encoding",
        )
    parts, length, most = [], 0, limits.body_bytes
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                length += len(part)
                if length > most:
                    raise QueryTooLong(f"a body may be {most:,} bytes long", rule="body_bytes", limit=most)
                parts.append(part)
    except ClientDisconnect:
        raise ClientGone("the client left before its request was whole") from None
    except TimeoutError:
        seconds = limits.body_seconds
        raise BodyTooSlow(f"the body did not arrive in {seconds} seconds", limit=seconds) from None
    return b"".join(parts)


def read_fields(raw: bytes, place: str) -> dict[str, list[str]]:
    """The parameters of an address or a form, each decoded once: ``+`` is a space, ``%2B`` a plus."""
    fields: dict[str, list[str]] = {}
    pairs = raw.replace(b"+", b" ").split(b"&")
    if len(pairs) > FIELDS:
        raise BadParameter(f"{place} holds more than {FIELDS:,} parameters")
    try:
        for pair in pairs:
            if pair:
                name, _, value = pair.partition(b"=")
                key = (name if name.isalpha() else unquote_to_bytes(name)).decode()
                fields.setdefault(key, []).append(unquote_to_bytes(value).decode())
    except UnicodeDecodeError:
        raise BadParameter(f"{place} holds an escape that is not UTF-8") from None
    return fields


def decode(raw: bytes, what: str) -> str:
    """UTF-8 as text; raises :class:`BadParameter`."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadParameter(f"{what} is not UTF-8") from None


def split_content_type(header: str) -> tuple[str, str]:
    """Media type and charset, both in lower case; UTF-8 where none is named."""
    media_type, *parameters = (part.strip().lower() for part in header.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return media_type, value.strip().strip('"')
    return media_type, "utf-8"
