"""What the JSON answers look like, for ``/openapi.json``. Nothing is validated against these models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from plangraph.filters import ALL, FILTERS
from plangraph.settings import Limits
from plangraph.terms import ID
from plangraph.web.pin import DOCUMENTED_PIN

TYPE_OF_PROBLEM: Final = "https://w3id.org/plangraph/problem/bad-parameter"
CLAIM: Final = ID + "claim/2025-11-20-rbc-ukraine-plan-pressure--amnesty-war-crimes"


class AsOf(BaseModel):
    """What ``as_of`` took in and left out."""

    date: str = Field(examples=["2025-11-20"])
    undated: str = Field(description="What became of the undated documents", examples=["exclude"])
    documents: int = Field(description="Documents that the answer rests on")
    undatedDocuments: int = Field(description="Documents that may have been published by that day or later")
    leftOut: int = Field(description="Documents that are not in")
    sparql: str = Field(description="Where a query, such as that of this answer, runs on the same data")


class AtRevision(BaseModel):
    """The revision that `revision` asked for."""

    number: int | None = Field(description="In the journal, where one has it", examples=[5])
    name: str = Field(description="What its data was called when it was accepted")
    acceptedAt: str | None
    retracted: str = Field(description="What became of what had been retracted by then", examples=["hide"])
    servedAs: str = Field(
        description="What this data is called: another name where `as_of` or `retracted=show` make it other "
        "data, or the vocabulary or the software has changed since"
    )
    sparql: str = Field(description="Where a query, such as that of this answer, runs on the same data")


class Thing(BaseModel):
    """A thing. Beside what stands here, it has a key for each of its properties, by local name (``about``,
    ``inVersion``, ``duration``, ...). What it points at stands in it as ``id`` with ``label``, ``prefLabel``
    or ``formulation``."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(description="Its IRI, which stays the same everywhere", examples=[CLAIM])
    type: list[str] = Field(description="Local names of its classes", examples=[["Claim"]])
    label: dict[str, str | list[str]] | None = Field(
        None, description="Its labels by language", examples=[{"en": "amnesty", "uk": "амністія"}]
    )
    prefLabel: dict[str, str | list[str]] | None = Field(
        None, description="The preferred label of a topic or concept, which has no other, by language"
    )
    formulation: dict[str, str | list[str]] | None = Field(
        None,
        description="Of a claim, in our own words, by language",
        examples=[{"en": "The plan grants an amnesty for war crimes."}],
    )


class Item(Thing):
    """One thing as an answer of its own."""

    context: str = Field(alias="@context", description="The JSON-LD context", examples=["/context.jsonld"])
    self: str = Field(description="The address of this answer")
    cite: str | None = Field(None, description="Where its citation is, by `Accept` or `format`")
    asOf: AsOf | None = None
    atRevision: AtRevision | None = None
    query: str = Field(description="The SPARQL query that describes the thing")


class GraphNode(BaseModel):
    """Something that a graph says something of, with a key for each of its properties."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(description="Its IRI")


class GraphTree(BaseModel):
    """A graph that has an address of its own."""

    context: str = Field(alias="@context", description="The JSON-LD context", examples=["/context.jsonld"])
    id: str = Field(description="The address of this answer")
    items: list[GraphNode] = Field(description="All that the graph speaks of and that has a name")
    asOf: AsOf | None = None
    atRevision: AtRevision | None = None
    query: str = Field(description="The SPARQL query that yields the graph")


class FacetValue(BaseModel):
    """One value that a filter can be given next, and how many of the items have it."""

    value: str = Field(description="As the filter takes it", examples=["Stance"])
    id: str = Field(description="Its IRI")
    label: str | None = Field(None, description="Its English label", examples=["stance"])
    items: int = Field(description="How many of the items have it", examples=[5])


class Page(BaseModel):
    """A page of a collection."""

    context: str = Field(alias="@context", description="The JSON-LD context", examples=["/context.jsonld"])
    id: str = Field(description="The address of this page")
    total: int = Field(description="How many items all pages have together", examples=[36])
    items: list[Thing]
    facets: dict[str, list[FacetValue]] = Field(description="By the name of the filter that takes the value")
    next: str | None = Field(description="What ``next`` is given for the page after this one")
    cite: str | None = Field(None, description="Where the citation of this page is, by `Accept` or `format`")
    asOf: AsOf | None = None
    atRevision: AtRevision | None = None
    query: str | None = Field(description="The SPARQL query whose rows are the items of this page")


class Snippet(BaseModel):
    """A text in which the words were found, cut around them."""

    field: str = Field(
        description="label, name, formulation, phrase (a key phrase of evidence), definition, or stated (by "
        "a claim of the document)",
        examples=["label"],
    )
    language: str = Field(description="Its language, `und` where none is known", examples=["uk"])
    text: str = Field(description="Plain text", examples=["амністія"])
    marks: list[list[int]] = Field(
        description="Where the words are: from and to, in code points of `text`", examples=[[[0, 8]]]
    )
    html: str = Field(
        description="The same as HTML: escaped, and marked by `<mark>`", examples=["<mark>амністія</mark>"]
    )


class FoundThing(Thing):
    """A thing that was found: what it is and is called, and why it is here."""

    kind: str = Field(description="The kind in its IRI", examples=["provision"])
    score: float = Field(description="How well it fits; figures of one answer can be compared")
    snippet: Snippet


class Count(BaseModel):
    """How many of the things have this value."""

    value: str
    items: int


class SearchPage(BaseModel):
    """A page of what was found, best first."""

    context: str = Field(alias="@context", description="The JSON-LD context", examples=["/context.jsonld"])
    id: str = Field(description="The address of this page")
    total: int = Field(description="How many things were found")
    items: list[FoundThing]
    facets: dict[str, list[Count]] = Field(description="By `kind` and by `language`")
    next: str | None = Field(description="What ``next`` is given for the page after this one")
    cite: str = Field(description="Where the citation of this page is, by `Accept` or `format`")
    asOf: AsOf | None = None
    atRevision: AtRevision | None = None
    query: str = Field(description="The SPARQL query whose rows are the texts of these things")


class Problem(BaseModel):
    """A problem document (RFC 9457). Members that are not known are left out; some causes have their own."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="An IRI that names the cause", examples=[TYPE_OF_PROBLEM])
    title: str = Field(
        description="The cause in words, the same each time", examples=["A parameter is wrong"]
    )
    status: int = Field(examples=[400])
    detail: str | None = Field(
        None, description="What is wrong with this very request", examples=["next takes the token ..."]
    )
    rule: str | None = Field(None, description="The rule or limit that was broken", examples=["parameter"])
    limit: int | None = Field(None, description="The figure of that limit")
    line: int | None = Field(None, description="Of a text: where, from 1")
    column: int | None = Field(None, description="Of a text: where, from 1")
    findings: list[dict[str, Any]] | None = Field(None, description="Of a refused write: what shapes find")
    total: int | None = Field(None, description="How many findings there are")


PROBLEM: Final[dict[str, Any]] = {
    "model": Problem,
    "content": {"application/problem+json": {}},
}
PAGE_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": Page, "description": "A page", "content": {"text/csv": {}, "text/turtle": {}}},
    304: {"description": "The client holds this answer already"},
    400: {"description": "A parameter is unknown or has no such value", **PROBLEM},
    406: {"description": "No accepted format", **PROBLEM},
}
SEARCH_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **PAGE_RESPONSES,
    200: {"model": SearchPage, "description": "A page", "content": {"text/csv": {}, "text/turtle": {}}},
}
ITEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": Item, "description": "The thing", "content": {"text/turtle": {}}},
    304: {"description": "The client holds this answer already"},
    404: {"description": "There is no such thing", **PROBLEM},
    406: {"description": "No accepted format", **PROBLEM},
}

GONE: Final[dict[int | str, dict[str, Any]]] = {
    410: {"description": "It was retracted; the problem says when, why, and where its history is", **PROBLEM},
}
"""What a document may answer, which a service with a journal remembers."""

TABLED_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **ITEM_RESPONSES,
    200: {"model": Item, "description": "The thing", "content": {"text/csv": {}, "text/turtle": {}}},
}
"""Those of things that are a table too."""


def document_parameters(
    filters: tuple[str, ...], limits: Limits, orders: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The parameters of a collection."""
    sort = [document_sort(orders)] if orders else []
    return [*(document_filter(name) for name in filters), *DOCUMENTED_PIN, *sort, *document_paging(limits)]


def document_sort(orders: Sequence[str]) -> dict[str, Any]:
    """The parameter that sorts."""
    return {
        "name": "sort",
        "in": "query",
        "description": "By what to sort, `-` turns it round; what has no such value comes last, and without "
        "`sort` items stand by IRI. `relevance` has what `q` finds best first, and needs `q`",
        "schema": {"type": "string", "enum": list(orders)},
        "example": orders[0],
    }


def document_filter(name: str) -> dict[str, Any]:
    """A filter as a parameter."""
    filter = FILTERS[name]
    schema: dict[str, Any] = {"type": "string"}
    if filter.form == "day":
        schema["format"] = "date"
    takes = {"thing": "A slug or an IRI", "term": "A local name or an IRI"}.get(filter.form, "")
    listed = f", see `/api/v1/{filter.collection}`" if filter.collection else ""
    ending = f". {takes}{listed}; given several times, any of them is enough" if takes else ""
    return {
        "name": name,
        "in": "query",
        "description": filter.about + ending,
        "schema": {"type": "array", "items": schema} if takes else schema,
        "example": [filter.example] if takes else filter.example,
    }


def document_paging(limits: Limits, *, whole: bool = True) -> list[dict[str, Any]]:
    """The parameters that turn pages; ``whole`` where a table or triples can be had without pages."""
    number: dict[str, Any] = {"type": "integer"}
    amount = {
        **({"anyOf": [number, {"type": "string", "enum": [ALL]}]} if whole else number),
        "minimum": 1,
        "maximum": limits.page_items_most,
        "default": limits.page_items,
    }
    about = "Items on a page" + (f"; of a table or triples `{ALL}` gives everything at once" if whole else "")
    return [
        {"name": "limit", "in": "query", "description": about, "schema": amount, "example": 20},
        {
            "name": "next",
            "in": "query",
            "description": "The token that the page before gave as its `next`",
            "schema": {"type": "string"},
        },
    ]
