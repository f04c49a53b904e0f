"""A client of a plangraph service, for Python: sync and async, typed, paging, with pandas frames.

It is a thin layer on httpx (in a clone: ``pip install -e '.[client]'``). Things come as the JSON of the
service: a ``dict`` with the keys that ``/openapi.json`` describes. Comparisons come as models of it. Writes
are those of :mod:`plangraph.curation`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Self

from plangraph.curation import AsyncCuration, Curation, load_httpx
from plangraph.exchange import (
    API,
    LOCAL,
    PAGE_ITEMS,
    RESULTS,
    TIMEOUT_SECONDS,
    Filter,
    Joined,
    Json,
    ServiceRefused,
    Wishes,
    check_filters,
    make_frame,
    name_slug,
    read_table,
)
from plangraph.library import Table
from plangraph.sending import Secret, WriteUnanswered
from plangraph.web.comparison_models import Chains, Matrix, ProvisionValues, Timeline

__all__ = ["AsyncClient", "Client", "ServiceRefused", "WriteUnanswered"]

if TYPE_CHECKING:
    import httpx
    import pandas  # type: ignore[import-untyped]


class Client(Curation):
    """A client that waits for its answers. Use it as a context manager, or close it.

    ``as_of`` pins every answer to a day, ``revision`` to a revision (by number or name, ``retracted="show"``
    with what had been retracted by then); ``token`` is sent with writes alone; ``http`` is an httpx client of
    your own. What the service refuses raises :class:`ServiceRefused`; what does not reach it, the errors of
    httpx, and for a write that may have reached it :class:`WriteUnanswered`.
    """

    def __init__(
        self,
        base: str = LOCAL,
        *,
        as_of: date | str | None = None,
        undated: str | None = None,
        revision: int | str | None = None,
        retracted: str | None = None,
        token: str | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        httpx = load_httpx()
        self.wishes = Wishes(as_of, undated, revision, retracted)
        self.token = None if token is None else Secret(token)
        self.http = http or httpx.Client(timeout=TIMEOUT_SECONDS)
        self.base = base.rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def revision(self) -> str | None:
        """The revision of the data that the last answer is of."""
        return self.wishes.revision

    def close(self) -> None:
        """Close all connections."""
        self.http.close()

    def fetch(self, address: str, /, **filters: Filter) -> Json:
        """The JSON of any address of the service."""
        answer = self.http.get(self.base + address, params=self.wishes.write(filters))
        found: Json = self.wishes.read(answer).json()
        return found

    def fetch_whole(self, address: str, /, **filters: Filter) -> Json:
        """A comparison with the items of all its pages; its queries are those of the first page."""
        check_filters(filters)
        joined, more = Joined(), True
        while more:
            page = self.fetch(address, **filters, limit=PAGE_ITEMS, next=joined.token)
            more = joined.take(page, self.revision)
        return joined.whole

    def get(self, collection: str, thing: str) -> Json:
        """One thing of a collection by slug or IRI, such as ``get("provisions", "amnesty")``."""
        return self.fetch(f"{API}/{collection}/{name_slug(thing)}")

    def iterate(self, collection: str, /, **filters: Filter) -> Iterator[Json]:
        """The items of a collection, page after page, as they are needed."""
        check_filters(filters)
        token: str | None = None
        while True:
            page = self.fetch(f"{API}/{collection}", **filters, limit=PAGE_ITEMS, next=token)
            yield from page["items"]
            token = page["next"]
            if token is None:
                return

    def count(self, collection: str, /, **filters: Filter) -> int:
        """How many items of a collection the filters choose."""
        total: int = self.fetch(f"{API}/{collection}", **filters, limit=1)["total"]
        return total

    def claims(self, **filters: Filter) -> Iterator[Json]:
        """The claims that the filters choose, such as ``outlet="rbc-ukraine"``."""
        return self.iterate("claims", **filters)

    def documents(self, **filters: Filter) -> Iterator[Json]:
        """The documents that the filters choose."""
        return self.iterate("documents", **filters)

    def divergences(self, **filters: Filter) -> Iterator[Json]:
        """The divergences that the filters choose, such as ``kind="contradicts"``."""
        return self.iterate("divergences", **filters)

    def matrix(self, plan: str, /, columns: str = "outlets", **filters: Filter) -> Matrix:
        """The provisions of a plan against outlets, speakers or versions."""
        return Matrix.model_validate(
            self.fetch_whole(f"{API}/plans/{name_slug(plan)}/matrix", columns=columns, **filters)
        )

    def provision_values(self, provision: str, /, **filters: Filter) -> ProvisionValues:
        """What is reported of a provision, slot by slot."""
        found = self.fetch(f"{API}/provisions/{name_slug(provision)}/values", **filters)
        return ProvisionValues.model_validate(found)

    def chain(self, claim: str) -> Chains:
        """The chains of a claim."""
        return Chains.model_validate(self.fetch(f"{API}/claims/{name_slug(claim)}/chain"))

    def timeline(self, **filters: Filter) -> Timeline:
        """What is reported, day by day."""
        return Timeline.model_validate(self.fetch_whole(f"{API}/timeline", **filters))

    def sparql(self, query: str) -> Table:
        """The answer to a SELECT; ``to_pandas()`` of it is a data frame."""
        form = dict([("query", query), *self.wishes.pin])
        answer = self.http.post(f"{self.base}/sparql", data=form, headers=RESULTS)
        return read_table(self.wishes.read(answer).content)

    def frame(self, collection: str, /, **filters: Filter) -> pandas.DataFrame:
        """The items of a collection as a data frame, with a column for each property."""
        return make_frame(list(self.iterate(collection, **filters)))


class AsyncClient(AsyncCuration):
    """A client for asyncio: :class:`Client` with its methods awaited, and its iterations ``async for``."""

    def __init__(
        self,
        base: str = LOCAL,
        *,
        as_of: date | str | None = None,
        undated: str | None = None,
        revision: int | str | None = None,
        retracted: str | None = None,
        token: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        httpx = load_httpx()
        self.wishes = Wishes(as_of, undated, revision, retracted)
        self.token = None if token is None else Secret(token)
        self.http = http or httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self.base = base.rstrip("/")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def revision(self) -> str | None:
        """The revision of the data that the last answer is of."""
        return self.wishes.revision

    async def close(self) -> None:
        """Close all connections."""
        await self.http.aclose()

    async def fetch(self, address: str, /, **filters: Filter) -> Json:
        """The JSON of any address of the service."""
        answer = await self.http.get(self.base + address, params=self.wishes.write(filters))
        found: Json = self.wishes.read(answer).json()
        return found

    async def fetch_whole(self, address: str, /, **filters: Filter) -> Json:
        """A comparison with the items of all its pages; its queries are those of the first page."""
        check_filters(filters)
        joined, more = Joined(), True
        while more:
            page = await self.fetch(address, **filters, limit=PAGE_ITEMS, next=joined.token)
            more = joined.take(page, self.revision)
        return joined.whole

    async def get(self, collection: str, thing: str) -> Json:
        """One thing of a collection."""
        return await self.fetch(f"{API}/{collection}/{name_slug(thing)}")

    async def iterate(self, collection: str, /, **filters: Filter) -> AsyncIterator[Json]:
        """The items of a collection, page after page, as they are needed."""
        check_filters(filters)
        token: str | None = None
        while True:
            page = await self.fetch(f"{API}/{collection}", **filters, limit=PAGE_ITEMS, next=token)
            for item in page["items"]:
                yield item
            token = page["next"]
            if token is None:
                return

    async def count(self, collection: str, /, **filters: Filter) -> int:
        """How many items of a collection the filters choose."""
        total: int = (await self.fetch(f"{API}/{collection}", **filters, limit=1))["total"]
        return total

    def claims(self, **filters: Filter) -> AsyncIterator[Json]:
        """The claims that the filters choose, such as ``outlet="rbc-ukraine"``."""
        return self.iterate("claims", **filters)

    def documents(self, **filters: Filter) -> AsyncIterator[Json]:
        """The documents that the filters choose."""
        return self.iterate("documents", **filters)

    def divergences(self, **filters: Filter) -> AsyncIterator[Json]:
        """The divergences that the filters choose, such as ``kind="contradicts"``."""
        return self.iterate("divergences", **filters)

    async def matrix(self, plan: str, /, columns: str = "outlets", **filters: Filter) -> Matrix:
        """The provisions of a plan against outlets, speakers or versions."""
        return Matrix.model_validate(
            await self.fetch_whole(f"{API}/plans/{name_slug(plan)}/matrix", columns=columns, **filters)
        )

    async def provision_values(self, provision: str, /, **filters: Filter) -> ProvisionValues:
        """What is reported of a provision, slot by slot."""
        found = await self.fetch(f"{API}/provisions/{name_slug(provision)}/values", **filters)
        return ProvisionValues.model_validate(found)

    async def chain(self, claim: str) -> Chains:
        """The chains of a claim."""
        return Chains.model_validate(await self.fetch(f"{API}/claims/{name_slug(claim)}/chain"))

    async def timeline(self, **filters: Filter) -> Timeline:
        """What is reported, day by day."""
        return Timeline.model_validate(await self.fetch_whole(f"{API}/timeline", **filters))

    async def sparql(self, query: str) -> Table:
        """The answer to a SELECT; ``to_pandas()`` of it is a data frame."""
        form = dict([("query", query), *self.wishes.pin])
        answer = await self.http.post(f"{self.base}/sparql", data=form, headers=RESULTS)
        return read_table(self.wishes.read(answer).content)

    async def frame(self, collection: str, /, **filters: Filter) -> pandas.DataFrame:
        """The items of a collection as a data frame, with a column for each property."""
        return make_frame([item async for item in self.iterate(collection, **filters)])
