"""Documents that are sent in, replaced and retracted: sheets, Turtle or JSON-LD, with a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from plangraph.access import Access, Token
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter, MediaTypeUnknown, NotFound
from plangraph.forms import MULTIPART, read_parts
from plangraph.settings import Settings
from plangraph.sheetfiles import SUFFIXES
from plangraph.submissions import Submission
from plangraph.terms import SLUG, graph, thing
from plangraph.uploads import pick_upload_format
from plangraph.web.call import read_body, read_fields, split_content_type
from plangraph.web.conditions import read_intent
from plangraph.web.replies import find_base
from plangraph.web.updates import REFUSED, answer_written
from plangraph.write_errors import ConditionMissing, Outdated, ReasonMissing, UploadRefused
from plangraph.writes import Expected, GraphWrite, Intent, Write, Written

PREFIX: Final = "/api/v1/documents"
SHEETS: Final = {
    "application/json": "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
}
"""The media types of sheets; all others are RDF."""

PARAMETERS: Final = ("dry_run", "reason")


@dataclass(frozen=True)
class Wish:
    """What a request says beside its body: whether it is a trial, and why."""

    dry_run: bool
    reason: str


class Documents:
    """What answers the writes of documents."""

    def __init__(self, engine: QueryEngine, access: Access, settings: Settings) -> None:
        self.engine = engine
        self.access = access
        self.settings = settings

    async def add(self, request: Request) -> Response:
        """Add a document that is not there yet; what is sent in says which it is."""
        wish = read_wish(request)
        token = self.admit(request, wish)
        submission = await self.read_submission(request, None)
        intent = self.read_intent(request, token, wish, None)
        return await self.answer(request, submission, intent)

    async def put(self, request: Request, slug: str) -> Response:
        """Add a document under its name, or replace it."""
        wish = read_wish(request)
        token = self.admit(request, wish)
        name = name_graph(slug)
        submission = await self.read_submission(request, slug)
        intent = self.read_intent(request, token, wish, name)
        if intent.expected and not intent.expected[0].absent:
            self.demand_curate(token, wish)
            return await self.answer(request, submission, intent)
        try:
            new = Intent(**{**vars(intent), "expected": (Expected(name, absent=True),)})
            return await self.answer(request, submission, new)
        except Outdated as error:
            if "if-none-match" in request.headers:
                raise
            raise ConditionMissing(
                f"{error.detail}; to replace it, send its ETag in If-Match", rule="if-match-needed"
            ) from None

    async def retract(self, request: Request, slug: str) -> Response:
        """Take a document out of the data set; the history keeps it."""
        wish = read_wish(request)
        token = self.access.check(request.headers.get("authorization"), "read" if wish.dry_run else "curate")
        if not wish.reason:
            raise ReasonMissing("a retraction says why: ?reason=...")
        name = name_graph(slug)
        intent = self.read_intent(request, token, wish, name)
        return await self.answer(request, GraphWrite("DELETE", name), intent)

    def admit(self, request: Request, wish: Wish) -> Token:
        """Whoever may try, or may add a document."""
        return self.access.check(request.headers.get("authorization"), "read" if wish.dry_run else "submit")

    def demand_curate(self, token: Token, wish: Wish) -> None:
        """Raises :class:`ScopeMissing` unless the token may replace what others wrote, or only tries."""
        if not wish.dry_run:
            token.demand("curate")

    def read_intent(self, request: Request, token: Token, wish: Wish, name: str | None) -> Intent:
        """Who wants it, why, and under which condition."""
        return read_intent(request, name, by=token.name, reason=wish.reason, dry_run=wish.dry_run)

    async def read_submission(self, request: Request, slug: str | None) -> Submission:
        """The document that a request carries, and the text of the report where it comes along."""
        limits = self.settings.limits
        content_type = request.headers.get("content-type", "")
        body = await read_body(request, limits)
        if not content_type.lower().startswith(MULTIPART):
            return Submission(slug, pick_form(content_type), body)
        parts = {part.find_option("name"): part for part in read_parts(body, content_type, limits)}
        unknown = parts.keys() - {"document", "text"}
        if unknown or "document" not in parts:
            raise UploadRefused("a form here has the part document, and may have the part text", rule="parts")
        document, text = parts["document"], parts.get("text")
        form = pick_form(document.headers.get("content-type", ""), document.find_option("filename"))
        return Submission(slug, form, bytes(document.body), None if text is None else bytes(text.body))

    async def answer(self, request: Request, write: Write, intent: Intent) -> Response:
        """Make the write, and say what became of it."""
        written = await self.engine.write(write, intent)
        slug = find_slug(written, write)
        base = find_base(request, self.settings)
        address = f"{base}{PREFIX[1:]}/{slug}"
        status = 201 if not intent.dry_run and not written.existed else 200
        headers = {"Location": address} if status == 201 else {}
        if (digest := written.digests.get(name_graph(slug))) is not None:
            headers["ETag"] = f'"{digest}"'
        document = {"id": thing("document", slug).value, "url": address, "dryRun": intent.dry_run}
        return answer_written(written, status, headers, document)


def read_wish(request: Request) -> Wish:
    """The parameters of the address; raises :class:`BadParameter`."""
    given = read_fields(request.scope["query_string"], "the address")
    if unknown := given.keys() - set(PARAMETERS):
        raise BadParameter(f"there is no parameter {min(unknown)}; there are {', '.join(PARAMETERS)}")
    if len(given.get("dry_run", [])) > 1 or len(given.get("reason", [])) > 1:
        raise BadParameter("dry_run and reason can be given once")
    trial, reason = given.get("dry_run", ["0"])[0], given.get("reason", [""])[0]
    if trial not in ("0", "1"):
        raise BadParameter("dry_run is 0 or 1")
    return Wish(trial == "1", reason)


def name_graph(slug: str) -> str:
    """The graph of the document of that name; raises :class:`NotFound` for what can be no name."""
    if not SLUG.fullmatch(slug):
        raise NotFound(f"{slug!r:.80} is no name: lower-case letters and digits, with hyphens between them")
    return graph(f"document/{slug}").value


def pick_form(content_type: str, file_name: str = "") -> str:
    """``json`` or ``yaml`` for a sheet, else the name of an RDF format; raises :class:`MediaTypeUnknown`."""
    media_type, charset = split_content_type(content_type)
    suffix = "." + file_name.lower().rpartition(".")[2]
    if media_type in SHEETS:
        if charset not in ("utf-8", "utf8", "us-ascii"):
            raise MediaTypeUnknown(f"sheets are read as UTF-8, not as {charset}")
        return SHEETS[media_type]
    if media_type in ("", "application/octet-stream", "text/plain") and suffix in SUFFIXES:
        return SUFFIXES[suffix]
    return pick_upload_format(content_type, file_name).name


def find_slug(written: Written, write: Write) -> str:
    """The name of the document that was written."""
    if isinstance(write, Submission) and write.slug is not None:
        return write.slug
    if isinstance(write, GraphWrite) and write.graph is not None:
        return write.graph.rpartition("/")[2]
    documents = [name for name in written.digests if "/graph/document/" in name]
    return documents[0].rpartition("/")[2]


def create_router(engine: QueryEngine, access: Access, settings: Settings) -> APIRouter:
    """The routes that write documents."""
    documents = Documents(engine, access, settings)
    router = APIRouter(tags=["Writes"])

    @router.post(
        PREFIX, status_code=201, summary="Add a document: a sheet, Turtle or JSON-LD",
        operation_id="add_document", responses=REFUSED, openapi_extra=DOCUMENTED,
    )  # fmt: skip
    async def add_document(request: Request) -> Response:
        return await documents.add(request)

    @router.put(
        PREFIX + "/{slug}", summary="Add a document under its name, or replace the one whose ETag is given",
        operation_id="put_document", responses=REFUSED, openapi_extra=DOCUMENTED,
    )  # fmt: skip
    async def put_document(request: Request, slug: str) -> Response:
        return await documents.put(request, slug)

    @router.delete(
        PREFIX + "/{slug}", summary="Retract a document, with a reason", operation_id="retract_document",
        responses=REFUSED, openapi_extra={"security": [{"token": []}], "parameters": DESCRIBED},
    )  # fmt: skip
    async def retract_document(request: Request, slug: str) -> Response:
        return await documents.retract(request, slug)

    return router


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
        "description": "The ETag of the document that is replaced",
    },
    {
        "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200},
        "description": "A request that is repeated with its key is not made twice",
    },
]  # fmt: skip

DOCUMENTED: Final[dict[str, Any]] = {
    "security": [{"token": []}],
    "parameters": DESCRIBED,
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object", "description": "A sheet"}},
            "application/yaml": {"schema": {"type": "string", "description": "A sheet"}},
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
