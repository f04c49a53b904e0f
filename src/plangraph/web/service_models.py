"""What the JSON of the service about itself looks like, for ``/openapi.json``."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Health(BaseModel):
    """Whether the service does its work, and on which data."""

    status: str = Field(examples=["ok"])
    revision: str


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
