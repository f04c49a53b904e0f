"""What the JSON of the service about itself looks like, for ``/openapi.json``."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Health(BaseModel):
    """Whether the service does its work, and on which data."""

    status: str = Field(examples=["ok"])
    revision: str


class Readiness(Health):
    """Whether the data is loaded."""

    status: str = Field(examples=["ready"])
    bundle: bool = Field(description="Whether the pages have the SPARQL editor, the font and the map shapes")


class Limit(BaseModel):
    """One limit."""

    name: str = Field(examples=["query_seconds"])
    value: int
    unit: str
    help: str


class LimitTable(BaseModel):
    """What one request may cost."""

    limits: list[Limit]


class Entry(BaseModel):
    """An address of the service."""

    url: str
    about: str


class Entries(BaseModel):
    """Where everything is."""

    title: str
    version: str
    revision: str
    entries: list[Entry]


class CollectionEntry(BaseModel):
    """A collection, with what its pages can be asked by."""

    name: str
    title: str
    about: str
    url: str
    parameters: list[str]
    facets: list[str]


class Done(BaseModel):
    """What a write has done."""

    revision: str = Field(description="The revision that it led to")
    removed: int = Field(description="Quads that are no longer there")
    added: int = Field(description="Quads that are new")
    warnings: list[dict[str, object]] = Field(description="Findings that do not forbid it")
    number: int | None = Field(None, description="Its number in the journal, where there is one")
    digests: dict[str, str | None] | None = Field(
        None, description="By document's graph and by thing of the registry, as each is now"
    )


class PartDone(Done):
    """What a write of a document or of a thing of the registry has done, or would do."""

    id: str = Field(description="The IRI of the document or thing")
    url: str = Field(description="Its address")
    dryRun: bool = Field(description="Whether it was only tried")


class PartChange(BaseModel):
    """What a revision did to the graph of a document, or to a thing of the registry."""

    graph: str
    thing: str | None = Field(None, description="The thing, in the registry")
    action: str = Field(examples=["accepted"], description="accepted, replaced or retracted")
    digest: str | None = Field(None, description="SHA-256 of its canonical Turtle")


class Revision(BaseModel):
    """One revision of the journal."""

    number: int
    url: str
    revision: str = Field(description="The revision of the data that it led to")
    documents: str = Field(description="Where the documents are as of it; all else takes `revision`, too")
    acceptedAt: str
    by: str | None = None
    reason: str | None = None
    previous: str | None = Field(None, description="The hash of the one before")
    hash: str
    parts: list[PartChange]


class RevisionPage(BaseModel):
    """Revisions in order."""

    items: list[Revision]
    next: str | None = Field(None, description="The address of those after these")
