"""What a client sends in, and how it reads what became of it, without any input or output."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, Unpack

from plangraph.errors import BadParameter, Place, PlangraphError
from plangraph.exchange import API, Json, Parameters, name_slug
from plangraph.findings import Finding
from plangraph.formats import GRAPHS

if TYPE_CHECKING:
    import httpx

Form: TypeAlias = Literal["json", "yaml", "turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads"]
Content: TypeAlias = Mapping[str, Any] | str | bytes
T = TypeVar("T")

DOCUMENTS: Final = f"{API}/documents"
MEDIA_TYPES: Final = {
    "json": "application/json",
    "yaml": "application/yaml",
    **{entry.name: entry.media_type for entry in GRAPHS},
}
PAUSES_SECONDS: Final = (0.2, 1.0)
"""How long to wait before a request whose connection was lost is sent again, each time."""

WORD: Final = re.compile(r"[!-~]+")
KEY: Final = re.compile(r"[ -~]{1,200}")


class WriteUnanswered(PlangraphError):
    """The connection was lost before a write had its answer; ``key`` lets it be repeated and made once."""

    status = 504
    title = "It is not known whether the write was made"

    def __init__(self, detail: str, *, key: str = "", **place: Unpack[Place]) -> None:
        super().__init__(detail, **place)
        self.key = key


class Secret:
    """A token. It stands in the header of a request that writes, and is shown nowhere else."""

    __slots__ = ("_text",)

    def __init__(self, token: str) -> None:
        """Raises :class:`BadParameter`, without the token, for what no header can carry."""
        if not WORD.fullmatch(token):
            raise BadParameter("a token is one word of ASCII letters, digits and signs")
        self._text = token

    def __repr__(self) -> str:
        return "Secret(...)"

    def write_header(self) -> dict[str, str]:
        """The header that carries it."""
        return {"Authorization": f"Bearer {self._text}"}


@dataclass(frozen=True)
class Held(Generic[T]):
    """A document as it was read, and what names the state that it was in."""

    content: T
    etag: str
    """What a replacement of this state gives as ``If-Match``."""

    @property
    def digest(self) -> str:
        """The first letters of the SHA-256 of the document's graph, which its history tells whole."""
        return self.etag.rpartition(".")[2].strip('"')


@dataclass(frozen=True)
class Receipt:
    """What became of a write, or of a trial what would."""

    id: str
    url: str
    revision: str
    etag: str | None
    """That of the document as it is now; nothing where it is gone."""
    number: int | None
    """That of the revision in the journal; nothing without one, or where nothing has changed."""
    added: int
    removed: int
    warnings: tuple[Finding, ...]
    is_new: bool
    dry_run: bool
    repeated: bool
    """Whether it had been made before, under its key."""
    key: str | None


@dataclass(frozen=True)
class Letter:
    """A request that writes. One that has a key can be sent again: it is made once."""

    method: str
    path: str
    parameters: Parameters
    key: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    parts: Mapping[str, tuple[str, bytes, str]] | None = None
    """A form in place of a body: file name, content and media type of each part."""

    def write(self, token: Secret | None) -> dict[str, Any]:
        """What httpx sends, beside method and address."""
        headers = {**self.headers, **(token.write_header() if token else {})}
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        return {"params": self.parameters, "headers": headers, "content": self.body, "files": self.parts}


def write_submission(
    content: Content,
    *,
    slug: str | None = None,
    form: Form | None = None,
    text: str | bytes | None = None,
    held: Held[Any] | Receipt | str | None = None,
    reason: str = "",
    dry_run: bool = False,
    key: str | None = None,
) -> Letter:
    """The request that adds a document, or with ``held`` replaces it; raises :class:`BadParameter`."""
    media_type, body = write_content(content, form)
    headers = {} if held is None else {"If-Match": find_match(held)}
    parts = None
    if text is not None:
        report = text.encode() if isinstance(text, str) else text
        parts = {
            "document": ("document", body, media_type),
            "text": ("text", report, "text/plain; charset=utf-8"),
        }
    else:
        headers["Content-Type"] = media_type
    method, path = ("POST", DOCUMENTS) if slug is None else ("PUT", f"{DOCUMENTS}/{name_slug(slug)}")
    return Letter(
        method,
        path,
        write_wishes(reason, dry_run),
        choose_key(key, dry_run),
        headers,
        None if parts else body,
        parts,
    )


def write_retraction(
    slug: str,
    reason: str,
    *,
    held: Held[Any] | Receipt | str | None = None,
    dry_run: bool = False,
    key: str | None = None,
) -> Letter:
    """The request that takes a document out of the data set; raises :class:`BadParameter`."""
    headers = {} if held is None else {"If-Match": find_match(held)}
    path = f"{DOCUMENTS}/{name_slug(slug)}"
    return Letter("DELETE", path, write_wishes(reason, dry_run), choose_key(key, dry_run), headers)


def write_content(content: Content, form: Form | None) -> tuple[str, bytes]:
    """The media type and the bytes of what is sent in."""
    if form is None:
        if not isinstance(content, Mapping):
            raise BadParameter(f"form says how a text is written: one of {', '.join(MEDIA_TYPES)}")
        form = "json"
    if form not in MEDIA_TYPES:
        raise BadParameter(f"there is no form {form!r:.80}; there are {', '.join(MEDIA_TYPES)}")
    if isinstance(content, Mapping):
        if form not in ("json", "jsonld"):
            raise BadParameter(f"a mapping is sent as json or jsonld, not as {form}")
        return MEDIA_TYPES[form], json.dumps(dict(content), ensure_ascii=False, allow_nan=False).encode()
    return MEDIA_TYPES[form], content.encode() if isinstance(content, str) else content


def write_wishes(reason: str, dry_run: bool) -> Parameters:
    """The parameters of a write."""
    wishes: Parameters = [("reason", reason)] if reason else []
    return [*wishes, ("dry_run", "1")] if dry_run else wishes


def choose_key(given: str | None, dry_run: bool) -> str | None:
    """The key of a write, a new one unless it is given; a trial has none, for it can be repeated anyway."""
    if dry_run:
        return None
    if given is None:
        return uuid.uuid4().hex
    if not KEY.fullmatch(given):
        raise BadParameter("a key has 1 to 200 ASCII letters, digits and signs")
    return given


def find_match(held: Held[Any] | Receipt | str) -> str:
    """What ``If-Match`` says of a document that was read or written, of its ETag, or of its digest."""
    tag = held if isinstance(held, str) else held.etag
    if tag is None:
        raise BadParameter("a document that is gone has no state that could be replaced")
    return tag if '"' in tag or tag == "*" else f'"{tag}"'


def read_receipt(answer: httpx.Response, letter: Letter) -> Receipt:
    """What a service says of a write that it has made."""
    told: Json = answer.json()
    return Receipt(
        id=told["id"],
        url=told["url"],
        revision=told["revision"],
        etag=answer.headers.get("etag"),
        number=told.get("number"),
        added=told["added"],
        removed=told["removed"],
        warnings=tuple(map(Finding.recall, told["warnings"])),
        is_new=answer.status_code == 201,
        dry_run=told["dryRun"],
        repeated=answer.headers.get("idempotency-replayed") == "true",
        key=letter.key,
    )
