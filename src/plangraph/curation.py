"""How a client writes: documents sent in, replaced and retracted, and their history, sync and async.

What is refused raises :class:`ServiceRefused`, whose ``findings`` say what is wrong and whose ``key`` repeats
the very request. A write whose connection is lost is sent again with its key, so that it is made once.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from plangraph.errors import ExtraMissing
from plangraph.exchange import API, PAGE_ITEMS, Json, ServiceRefused, Wishes, name_slug
from plangraph.formats import TURTLE
from plangraph.sending import (
    DOCUMENTS,
    PAUSES_SECONDS,
    Content,
    Form,
    Held,
    Letter,
    Receipt,
    Secret,
    WriteUnanswered,
    read_receipt,
    write_retraction,
    write_submission,
)
from plangraph.terms import graph
from plangraph.web.service_models import Revision, RevisionPage

if TYPE_CHECKING:
    import httpx

Outcome = TypeVar("Outcome")

REVISIONS: Final = f"{API}/revisions"
AS_TURTLE: Final = {"Accept": TURTLE.media_type}


def load_httpx() -> ModuleType:
    """The HTTP library; raises :class:`~plangraph.errors.ExtraMissing`."""
    try:
        import httpx  # noqa: PLC0415 - an optional dependency
    except ModuleNotFoundError:
        raise ExtraMissing("the client needs httpx; in a clone: pip install -e '.[client]'") from None
    return httpx


def check_lost(error: Exception, letter: Letter, attempt: int) -> None:
    """Return where a request with a key may be sent again, since its connection was lost.

    Raises :class:`WriteUnanswered` after the last attempt, and for a service that has not answered in time:
    it may be at it still. Any other error is raised as it is, and all are for a request without a key.
    """
    httpx = load_httpx()
    lost = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout)
    if letter.key is None or not isinstance(error, (*lost, httpx.TimeoutException)):
        raise error
    if attempt == len(PAUSES_SECONDS) or not isinstance(error, lost):
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        raise WriteUnanswered(
            f"no answer in {attempt + 1} attempts ({said}); repeated with its key, the write is made once",
            key=letter.key,
        ) from error


def read_outcome(wishes: Wishes, answer: httpx.Response, letter: Letter) -> Receipt:
    """What became of a write; raises :class:`ServiceRefused`, which knows the key."""
    try:
        return read_receipt(wishes.read(answer), letter)
    except ServiceRefused as error:
        error.key = letter.key
        raise


def read_page(wishes: Wishes, answer: httpx.Response) -> RevisionPage:
    """Some revisions; raises :class:`ServiceRefused`."""
    return RevisionPage.model_validate(wishes.read(answer).json())


def name_graph(document: str) -> str:
    """The graph of a document that is given by its slug or its IRI."""
    return graph(f"document/{name_slug(document)}").value


class Writing(ABC, Generic[Outcome]):
    """What a client can write; ``Outcome`` is a receipt, or one to be awaited.

    A document is named by its slug or its IRI. Nothing here is pinned to a day.
    """

    @abstractmethod
    def send(self, letter: Letter) -> Outcome:
        """Send a write until it has an answer, some times at most; raises :class:`WriteUnanswered`."""

    def submit(
        self,
        content: Content,
        *,
        document: str | None = None,
        form: Form | None = None,
        text: str | bytes | None = None,
        reason: str = "",
        dry_run: bool = False,
        key: str | None = None,
    ) -> Outcome:
        """Add a document that is not there yet: a sheet as a mapping, or a text in the form that is named.

        Without ``document`` the content says which it is. Its evidence is held against ``text``, the report
        itself, which the service does not keep. With ``dry_run`` all is checked and nothing changed.
        """
        return self.send(
            write_submission(
                content, slug=document, form=form, text=text, reason=reason, dry_run=dry_run, key=key
            )
        )

    def replace(
        self,
        document: str,
        content: Content,
        held: Held[Any] | Receipt | str,
        *,
        form: Form | None = None,
        text: str | bytes | None = None,
        reason: str = "",
        dry_run: bool = False,
        key: str | None = None,
    ) -> Outcome:
        """Replace a document in the state that was read or written (or that an ETag or digest names)."""
        return self.send(
            write_submission(
                content, slug=document, form=form, text=text, held=held, reason=reason, dry_run=dry_run,
                key=key,
            )
        )  # fmt: skip

    def retract(
        self,
        document: str,
        reason: str,
        *,
        held: Held[Any] | Receipt | str | None = None,
        dry_run: bool = False,
        key: str | None = None,
    ) -> Outcome:
        """Take a document out of the data set, with a reason; its history keeps it."""
        return self.send(write_retraction(document, reason, held=held, dry_run=dry_run, key=key))


class Curation(Writing[Receipt]):
    """The writes of a client that waits for its answers, and what it reads to write."""

    http: httpx.Client
    base: str
    wishes: Wishes
    token: Secret | None

    def hold(self, document: str) -> Held[Json]:
        """A document as its JSON, to be replaced in the very state that was read."""
        answer = self.wishes.read(self.http.get(f"{self.base}{DOCUMENTS}/{name_slug(document)}"))
        return Held(answer.json(), answer.headers.get("etag", ""))

    def hold_turtle(self, document: str) -> Held[str]:
        """The whole graph of a document as Turtle, to be changed and sent in again."""
        asked = self.http.get(
            f"{self.base}/graphs", params={"graph": name_graph(document)}, headers=AS_TURTLE
        )
        answer = self.wishes.read(asked)
        return Held(answer.text, answer.headers.get("etag", ""))

    def revisions(self, since: int = 0) -> Iterator[Revision]:
        """What was accepted, replaced and retracted after the revision of that number, in order."""
        while True:
            asked = {"since": since, "limit": PAGE_ITEMS}
            page = read_page(self.wishes, self.http.get(f"{self.base}{REVISIONS}", params=asked))
            yield from page.items
            if page.next is None:
                return
            since = page.items[-1].number

    def history(self, document: str) -> list[Revision]:
        """The revisions that touched a document, in order; a retracted one has them too."""
        asked = self.http.get(f"{self.base}{DOCUMENTS}/{name_slug(document)}/history")
        return read_page(self.wishes, asked).items

    def send(self, letter: Letter) -> Receipt:
        """As :meth:`Writing.send`."""
        for attempt, pause in enumerate((*PAUSES_SECONDS, 0.0)):
            try:
                answer = self.http.request(letter.method, self.base + letter.path, **letter.write(self.token))
            except Exception as error:
                check_lost(error, letter, attempt)
                time.sleep(pause)
            else:
                return read_outcome(self.wishes, answer, letter)
        raise AssertionError("the last attempt is answered or raises")


class AsyncCuration(Writing[Coroutine[Any, Any, Receipt]]):
    """The writes of a client for asyncio: :class:`Curation` with its methods awaited."""

    http: httpx.AsyncClient
    base: str
    wishes: Wishes
    token: Secret | None

    async def hold(self, document: str) -> Held[Json]:
        """A document as its JSON, to be replaced in the very state that was read."""
        answer = self.wishes.read(await self.http.get(f"{self.base}{DOCUMENTS}/{name_slug(document)}"))
        return Held(answer.json(), answer.headers.get("etag", ""))

    async def hold_turtle(self, document: str) -> Held[str]:
        """The whole graph of a document as Turtle, to be changed and sent in again."""
        asked = await self.http.get(
            f"{self.base}/graphs", params={"graph": name_graph(document)}, headers=AS_TURTLE
        )
        answer = self.wishes.read(asked)
        return Held(answer.text, answer.headers.get("etag", ""))

    async def revisions(self, since: int = 0) -> AsyncIterator[Revision]:
        """What was accepted, replaced and retracted after the revision of that number, in order."""
        while True:
            asked = {"since": since, "limit": PAGE_ITEMS}
            page = read_page(self.wishes, await self.http.get(f"{self.base}{REVISIONS}", params=asked))
            for revision in page.items:
                yield revision
            if page.next is None:
                return
            since = page.items[-1].number

    async def history(self, document: str) -> list[Revision]:
        """The revisions that touched a document, in order."""
        asked = await self.http.get(f"{self.base}{DOCUMENTS}/{name_slug(document)}/history")
        return read_page(self.wishes, asked).items

    async def send(self, letter: Letter) -> Receipt:
        """As :meth:`Writing.send`."""
        for attempt, pause in enumerate((*PAUSES_SECONDS, 0.0)):
            try:
                answer = await self.http.request(
                    letter.method, self.base + letter.path, **letter.write(self.token)
                )
            except Exception as error:
                check_lost(error, letter, attempt)
                await asyncio.sleep(pause)
            else:
                return read_outcome(self.wishes, answer, letter)
        raise AssertionError("the last attempt is answered or raises")
