"""Documents that are sent in, replaced and retracted: sheets, Turtle or JSON-LD, with a token."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from plangraph.access import Access
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter, MediaTypeUnknown, NotFound
from plangraph.formats import JSONLD
from plangraph.forms import MULTIPART, Part, read_parts
from plangraph.pinning import DOCUMENT_GRAPHS
from plangraph.settings import Settings
from plangraph.sheetfiles import SUFFIXES
from plangraph.submissions import Submission
from plangraph.terms import SLUG, graph, thing
from plangraph.uploads import pick_upload_format
from plangraph.web.call import read_body, split_content_type
from plangraph.web.replies import find_base
from plangraph.web.submitting import DESCRIBED, Aim, Submitting, answer_part, read_aim
from plangraph.web.updates import REFUSED
from plangraph.write_errors import UploadRefused
from plangraph.writes import GraphWrite, Written

PREFIX: Final = "/api/v1/documents"
SHEETS: Final = {
    "application/json": "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
}
"""The media types of sheets; all others are RDF."""


class Documents(Submitting):
    """What answers the writes of documents."""

    async def add(self, request: Request) -> Response:
        """Add a document that is not there yet; what is sent in says which it is."""
        aim = read_aim(request)
        token = self.admit(request, aim)
        if "if-match" in request.headers:
            raise BadParameter("POST only adds, and takes no If-Match; a document is replaced by PUT")
        submission = await self.read_submission(request, None)
        written = await self.engine.write(submission, self.read_intent(request, token, aim, None))
        return self.answer(request, written, aim, find_slug(written))

    async def put_document(self, request: Request, slug: str) -> Response:
        """Add a document under its name, or replace it."""
        aim = read_aim(request)
        token = self.admit(request, aim)
        name = name_graph(slug)
        submission = await self.read_submission(request, slug)
        return self.answer(request, await self.put(request, token, aim, name, submission), aim, slug)

    async def retract_document(self, request: Request, slug: str) -> Response:
        """Take a document out of the data set; the history keeps it."""
        aim = read_aim(request)
        name = name_graph(slug)
        written = await self.retract(request, aim, name, GraphWrite("DELETE", name))
        return self.answer(request, written, aim, slug)

    async def read_submission(self, request: Request, slug: str | None) -> Submission:
        """The document that a request carries, and the text of the report where it comes along."""
        limits = self.settings.limits
        content_type = request.headers.get("content-type", "")
        body = await read_body(request, limits)
        if not content_type.lower().startswith(MULTIPART):
            form = pick_form(content_type)
            return Submission(slug, form, self.name_context(request, body) if form == JSONLD.name else body)
        # 8 MiB take the parser up to 0.1 s; in a thread it lets others be answered meanwhile.
        found = await asyncio.to_thread(read_parts, body, content_type, limits)
        document, text = pick_parts(found)
        with naming_part("document"):
            form = pick_form(document.headers.get("content-type", ""), document.find_option("filename"))
        return Submission(slug, form, bytes(document.body), None if text is None else bytes(text.body))

    def answer(self, request: Request, written: Written, aim: Aim, slug: str) -> Response:
        """What became of a write."""
        address = f"{find_base(request, self.settings)}{PREFIX[1:]}/{slug}"
        return answer_part(written, aim, thing("document", slug).value, address)


def pick_parts(found: list[Part]) -> tuple[Part, Part | None]:
    """The document of a form, and the text of the report; raises :class:`UploadRefused` for other parts."""
    counts = Counter(part.find_option("name") for part in found)
    wrong = [f'it has no part "{name:.80}"' for name in sorted(counts.keys() - {"document", "text"})]
    wrong += [f"the part {name} can be given once" for name in ("document", "text") if counts[name] > 1]
    if not counts["document"]:
        wrong.append("the part document is missing")
    if wrong:
        allowed = "a form here has the part document, and may have the part text"
        raise UploadRefused(f"{allowed}: {'; '.join(wrong)}", rule="parts")
    parts = {part.find_option("name"): part for part in found}
    return parts["document"], parts.get("text")


@contextmanager
def naming_part(name: str) -> Iterator[None]:
    """Let what is said of a media type say of which part it is."""
    try:
        yield
    except MediaTypeUnknown as error:
        raise MediaTypeUnknown(f"the part {name}: {error.detail}", rule=error.broken_rule) from None


def name_graph(slug: str) -> str:
    """The graph of the document of that name; raises :class:`NotFound` for what can be no name."""
    if not SLUG.fullmatch(slug):
        raise NotFound(
            f"{slug!r:.80} is no name: lower-case letters and digits, with hyphens between them", rule="slug"
        )
    return graph(f"document/{slug}").value


def pick_form(content_type: str, file_name: str = "") -> str:
    """``json`` or ``yaml`` for a sheet, else the name of an RDF format; raises :class:`MediaTypeUnknown`."""
    media_type, charset = split_content_type(content_type)
    suffix = "." + file_name.lower().rpartition(".")[2]
    if media_type in SHEETS:
        if charset not in ("utf-8", "utf8", "us-ascii"):
            raise MediaTypeUnknown(f"sheets are read as UTF-8, not as {charset}", rule="charset")
        return SHEETS[media_type]
    if media_type in ("", "application/octet-stream", "text/plain") and suffix in SUFFIXES:
        return SUFFIXES[suffix]
    try:
        return pick_upload_format(content_type, file_name).name
    except MediaTypeUnknown as error:
        if error.broken_rule == "charset":
            raise
        raise MediaTypeUnknown(f"{error.detail}; and sheets as application/json, application/yaml") from None


def find_slug(written: Written) -> str:
    """The name of the document that was written."""
    documents = [name for name in written.digests if name.startswith(DOCUMENT_GRAPHS)]
    return documents[0].removeprefix(DOCUMENT_GRAPHS)


def create_router(engine: QueryEngine, access: Access, settings: Settings) -> APIRouter:
    """The routes that write documents."""
    documents = Documents(engine, access, settings)
    router = APIRouter(tags=["Writes"])

    @router.post(
        PREFIX, status_code=201, summary="Add a document: a sheet, Turtle or JSON-LD",
        operation_id="add_document", responses=REFUSED, openapi_extra={**DOCUMENTED, "parameters": OF_NEW},
    )  # fmt: skip
    async def add_document(request: Request) -> Response:
        return await documents.add(request)

    @router.put(
        PREFIX + "/{name}", summary="Add a document under its name, or replace the one whose ETag is given",
        operation_id="put_document", responses=REFUSED, openapi_extra=DOCUMENTED,
    )  # fmt: skip
    async def put_document(request: Request, name: str) -> Response:
        return await documents.put_document(request, name)

    @router.delete(
        PREFIX + "/{name}", summary="Retract a document, with a reason", operation_id="retract_document",
        responses=REFUSED, openapi_extra={"security": [{"token": []}], "parameters": DESCRIBED},
    )  # fmt: skip
    async def retract_document(request: Request, name: str) -> Response:
        return await documents.retract_document(request, name)

    return router


OF_NEW: Final = [entry for entry in DESCRIBED if entry["name"] != "If-Match"]
"""What a document that is not there yet can be sent in with."""

SHEET: Final = "A report sheet; its JSON Schema is at `/sheet.schema.json`"
DOCUMENTED: Final[dict[str, Any]] = {
    "security": [{"token": []}],
    "parameters": DESCRIBED,
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object", "description": SHEET}},
            "application/yaml": {"schema": {"type": "string", "description": SHEET}},
            "text/turtle": {"schema": {"type": "string"}},
            "application/ld+json": {"schema": {"type": "object"}},
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["document"],
                    "properties": {
                        "document": {"type": "string", "format": "binary"},
                        "text": {
                            "type": "string",
                            "description": "The text of the report, to hold the evidence against; not kept",
                        },
                    },
                }
            },
        },
    },
}
