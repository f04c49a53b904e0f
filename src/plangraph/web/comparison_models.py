"""What the JSON of the comparisons looks like, for ``/openapi.json``. Nothing is validated against these."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from plangraph.web.models import AsOf, AtRevision, Thing


class Named(BaseModel):
    """A thing and its English name."""

    id: str = Field(description="Its IRI")
    label: str


class Compared(BaseModel):
    """What all comparisons say of themselves."""

    context: str = Field(alias="@context", description="The JSON-LD context")
    id: str = Field(description="The address of this answer")
    asOf: AsOf | None = None
    atRevision: AtRevision | None = None


class Counted(BaseModel):
    """Pages that report, and the ends of their chains; a denial counts for none of these."""

    documents: int = Field(description="Pages that were read and report it")
    origins: int = Field(description="Origins that are known, each once")
    echoes: int = Field(description="Pages beyond the first that pass an origin on")
    undetermined: int = Field(description="Ends of chains that are not known")


class Source(BaseModel):
    """An origin that several pages pass on."""

    id: str
    documents: int


class Divergence(BaseModel):
    """How the computed graph sets two values against each other."""

    id: str
    kind: str = Field(description="Such as contradicts, qualifies or differs")
    reason: str = Field(description="In words")
    withinOneOrigin: bool = Field(description="Whether all chains of both values end in one origin")


class Column(BaseModel):
    """An outlet, speaker or version. What no page gives a version has no ``id``."""

    id: str | None = Field(None, description="Its IRI")
    label: dict[str, str] = Field(description="By language")
    country: Named | None = Field(None, description="Of an outlet")
    kind: str | None = Field(None, description="Of a speaker: Person, Organization, AnonymousSource")
    languages: list[str] = Field(description="Of its pages")
    documents: int = Field(description="Its pages that were read")
    readInFull: int = Field(description="How many of these were read in full")
    cells: int
    absent: Literal["notReported", "notShown"] = Field(
        description="What it means that it has no cell in a row: it is not reported, or the pages were not "
        "read in full. Neither is a denial"
    )


class MatrixValue(Counted):
    """A reported value; its figures are of all pages."""

    id: str
    slot: str = Field(description="The local name of the slot", examples=["duration"])
    words: str
    under: dict[str, list[str]] = Field(description="What it holds under, by property")
    denied: bool | None = Field(None, description="Whether its claims deny it")


class MatrixDivergence(Divergence):
    """A divergence between two values of a row."""

    between: list[int] = Field(description="Places in the values of the row")


class Cell(BaseModel):
    """What a column reports of a provision."""

    column: int = Field(description="Place in the columns")
    standing: list[str] = Field(description="How it stands to the other cells, the most telling first")
    values: list[int] = Field(description="Places in the values of the row")
    divergences: list[int] = Field(description="Places in the divergences of the row")
    claims: list[str]
    denials: list[str] = Field(description="Those of the claims that a page denies")
    documents: list[str]
    origins: list[str]
    echoes: int
    undetermined: int


class MatrixRow(Thing, Counted):
    """A provision, with a key for each property; its figures are of all pages that report."""

    sources: list[Source]
    values: list[MatrixValue]
    divergences: list[MatrixDivergence]
    cells: list[Cell]


class Matrix(Compared):
    """Provisions against outlets, speakers or versions."""

    plan: str
    total: int = Field(description="How many rows all pages have together")
    axis: Literal["outlets", "speakers", "versions"]
    columns: list[Column] = Field(description="The same on every page; their figures are of all rows")
    items: list[MatrixRow]
    names: dict[str, str] = Field(description="English names of slots, origins and what values hold under")
    next: str | None = Field(description="What `next` is given for the page after this one")
    queries: dict[str, str] = Field(description="The SPARQL queries behind all pages, by what they give")


class Slot(BaseModel):
    """A slot and its reported values."""

    id: str
    label: str
    values: list[str]


class PageReport(BaseModel):
    """A claim as one page asserts or denies it."""

    report: Literal["asserts", "denies"]
    claim: str
    formulation: str | None = None
    document: str
    outlet: Named
    published: str | None = None
    status: str | None = Field(None, description="The source status on the page")
    origins: list[Named]
    undetermined: list[str]


class Diverging(Divergence):
    """A divergence from another value."""

    of: str = Field(alias="from", description="The other value")
    words: str = Field(description="The other value in words, where it is shown")


class ProvisionValue(Thing, Counted):
    """A reported value with the reports behind it; beside what stands here it has a key for each property."""

    words: str
    denials: int
    sources: list[Source]
    reports: list[PageReport]
    diverges: list[Diverging]


class ProvisionValues(Compared):
    """What is reported of a provision, slot by slot."""

    provision: str
    slots: list[Slot]
    items: list[ProvisionValue]
    queries: dict[str, str]


class HopDocument(BaseModel):
    """The page whose words show a hop."""

    id: str
    label: str
    url: str | None = None
    published: str | None = None
    inLanguage: str | None = Field(None, description="That of its text, and so of the key phrases")
    readingExtent: str


class Speaker(Named):
    """Who speaks; of one that is not named, how the page describes it."""

    kind: str
    describedAs: str | None = None


class Evidence(BaseModel):
    """A place in a page: a key phrase, and code points where they are known."""

    exact: str
    start: int | None = None
    end: int | None = None


class ChainHop(BaseModel):
    """One hop of a chain."""

    hop: int = Field(description="Its distance from the page")
    id: str
    named: str | None = Field(None, description="What the page calls the source")
    status: str
    certainty: str
    polarity: str
    mode: str | None = None
    saidOn: str | None = None
    document: HopDocument | None = None
    relayedBy: Named | None = Field(None, description="The outlet")
    utteredAt: Named | None = Field(None, description="The occasion")
    saidBy: list[Speaker]
    candidates: list[Named] = Field(description="Who the next hop may be; never chosen from")
    evidence: list[Evidence]
    states: list[str] = Field(description="The claims that it states")
    takenFrom: list[str]
    takenUpBy: list[str]
    undetermined: bool = Field(description="Whether the chain is lost here")


class Chain(BaseModel):
    """A chain from the page to its ends."""

    begins: str
    hops: list[ChainHop]
    endsIn: list[Named]
    endsUndeterminedAt: list[str]
    circular: bool


class Chains(Compared):
    """The chains of a claim."""

    claim: str
    total: int
    chains: list[Chain]
    items: list[Thing] = Field(description="Every hop once, with a key for each property")
    query: str


class TimelineDocument(BaseModel):
    """A page that tells of an entry."""

    id: str
    read: bool = Field(description="Whether it was read, or is only cited")


class TimelineEntry(Thing):
    """A report, stance, change or event, with a key for each property; on a day, between days, or undated."""

    kind: Literal["report", "stance", "event", "change"]
    words: str
    basis: Literal["published", "said", "reported"] = Field(description="What its day is the day of")
    placed: Literal["day", "between", "undated"]
    day: str | None = None
    text: str | None = Field(None, description="The time as a page gives it, where that is no day (EDTF)")
    notBefore: str | None = None
    notAfter: str | None = None
    uncertain: bool | None = None
    claims: list[str]
    documents: list[TimelineDocument]
    outlets: list[Named]


class DayCounts(BaseModel):
    """How many entries of each kind stand on a day."""

    day: str
    report: int
    stance: int
    event: int
    change: int


class Timeline(Compared):
    """What is reported, day by day."""

    total: int = Field(description="How many entries all pages have together; so placed, and days")
    placed: dict[str, int]
    days: list[DayCounts]
    items: list[TimelineEntry]
    next: str | None = Field(description="What `next` is given for the page after this one")
    query: str
