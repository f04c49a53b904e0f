"""Report sheets: the published form in which a curator writes down what one page reports.

The models are the form: ``python -m plangraph.sheets`` prints their JSON Schema, which stands in
``data/sheet.schema.json``. A sheet is JSON or YAML; ``docs/sheets.md`` says what becomes of each part.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from plangraph.formats import NOT_IN_XML
from plangraph.terms import SLUG

FORM: Final = 2
"""The number of the published form. Sheets without ``sheet`` are of the first, which is still read."""

MOST_WORDS: Final = 12
"""How many words of a page a sheet may quote in one place."""

EDTF: Final = re.compile(
    r"(?:\d{4}(?:-\d{2}(?:-\d{2})?)?[?~%]?|\.\.)?(?:/(?:\d{4}(?:-\d{2}(?:-\d{2})?)?[?~%]?|\.\.)?)?"
)
"""The part of EDTF level 1 that sheets use: days, months, years, uncertain ones, intervals."""


def as_list(value: Any) -> Any:
    """One value where several may stand is a list of one."""
    return value if isinstance(value, list) or value is None else [value]


def short(text: str) -> str:
    """A key phrase; raises for one of more words than we keep of a page."""
    if len(text.split()) > MOST_WORDS:
        raise ValueError(f"a key phrase has at most {MOST_WORDS} words: quote less of the page")
    return text


def day_or_span(text: str) -> str:
    """A day, month, year or interval in EDTF; raises for a day that the calendar does not have."""
    if not text.strip("/") or not EDTF.fullmatch(text):
        raise ValueError(
            "give a day, month, year or interval in EDTF: 2025-11-20, 2025-11, 2025-12-02/2025-12-04"
        )
    for part in re.findall(r"\d{4}-\d{2}(?:-\d{2})?", text):
        date.fromisoformat(part if len(part) == 10 else f"{part}-01")
    return text


def writable(text: str) -> str:
    """A text that every format can hold; raises for a character that XML has no word for."""
    if wrong := NOT_IN_XML.search(text):
        raise ValueError(f"the character U+{ord(wrong[0]):04X} has no place in a text: no XML can hold it")
    return text


Text: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(writable)
]
Slug: TypeAlias = Annotated[str, StringConstraints(pattern=rf"^{SLUG.pattern}$")]
Phrase: TypeAlias = Annotated[Text, AfterValidator(short)]
When: TypeAlias = Annotated[str, AfterValidator(day_or_span)]
Span: TypeAlias = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)]

DocumentKind: TypeAlias = Literal[
    "news", "copy", "repost", "spun-copy", "aggregator", "ai-generated", "opinion", "editorial", "analysis",
    "media-review", "primary-document",
]  # fmt: skip
Certainty: TypeAlias = Literal["asserted", "reported", "alleged", "probable", "possible"]
Deontic: TypeAlias = Literal["obligation", "prohibition", "permission", "expectation", "promise"]
StanceKind: TypeAlias = Literal["confirms", "denies", "endorses", "rejects", "qualifies", "noComment"]
DenialAspect: TypeAlias = Literal[
    "existence", "receipt", "substance", "authorship", "approval", "clause", "attribution"
]
ChangeKind: TypeAlias = Literal["unchanged", "changed", "replaced", "deleted", "moved", "revived", "deferred"]


class Part(BaseModel):
    """A part of a sheet: unknown members are refused, so that a slip of the pen does not vanish."""

    model_config = ConfigDict(extra="forbid", strict=False)


class Outlet(Part):
    """Who published the page."""

    name: Text
    country: Text | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Relay(Part):
    """Another outlet's report that the page says it passes on. Hops name it by ``id``."""

    id: Slug
    outlet: Text
    named: bool = Field(default=True, description='False for "US media" and the like, which name no outlet.')
    document: Slug | None = Field(
        default=None, description="The described document it is, where that is known."
    )
    note: str = ""


class CopyOf(Part):
    """The text that this page's text was taken from: an analyst's finding where the page does not say so."""

    document: Slug
    credited: bool = Field(description="Whether the page itself names where its text comes from.")


class Reading(Part):
    """How much of the page was read, and how often."""

    extent: Literal["full", "partial"] = "partial"
    reviewed: date | None = Field(default=None, description="The day of a second reading, claim by claim.")


class Hop(Part):
    """One step from the page towards where a claim comes from."""

    kind: Literal["relay", "outlet", "media", "person", "body", "source", "text"] = Field(
        description="A relay of the sheet, another outlet, outlets nobody names, a named person or body, an "
        "unnamed source, or a text in hand."
    )
    name: Text = Field(description="The relay's id, or the name or description as the page has it.")
    affiliation: Text | None = None
    several: bool | None = Field(
        default=None, description="Of an unnamed source: whether it is more than one."
    )
    claim: Text | None = Field(
        default=None,
        description="Of a relay that is in the data: the claim taken from it, as document--claim.",
    )


class Attribution(Part):
    """One path by which a claim reached the page, and the place in the page that shows it."""

    via: list[Hop] = Field(
        default=[], description="From the page outwards; empty where the page speaks itself."
    )
    candidates: list[Text] = Field(
        default=[], description="Outlets that an unnamed hop before all others may be."
    )
    certainty: Certainty = "reported"
    certainty_as_found: Text | None = None
    polarity: Literal["positive", "negative"] = "positive"
    quotation: Literal["direct", "paraphrase", "headline", "ownVoice"] = "paraphrase"
    said_on: When | None = Field(default=None, description="When the words were uttered, not published.")
    said_at: Slug | None = Field(default=None, description="The public occasion: an event of the registry.")
    anchor: Phrase | None = Field(default=None, description="A key phrase of the page, in its language.")
    position: Span | None = Field(default=None, description="Begin and end of the span, in code points.")


class Quantity(Part):
    """A number as reported: of what, and whose."""

    number: float | int | None = None
    lowest: float | int | None = None
    highest: float | int | None = None
    unit: Text
    comparator: (
        Literal["exactly", "about", "atMost", "atLeast", "moreThan", "reduceBy", "reduceTo"] | None
    ) = None
    base: Text | None = Field(default=None, description="What a share or a change is taken of.")
    party: Text | None = Field(default=None, description="Whose number it is.")


SlotValue: TypeAlias = bool | int | float | str | Quantity
Values: TypeAlias = Annotated[list[SlotValue], BeforeValidator(as_list), Field(min_length=1)]


class Doubt(Part):
    """A value that the page may have corrupted: kept, shown apart, never compared."""

    slot: Text
    surface: Phrase
    doubt: Literal["typo", "mistranslation", "ambiguousWord"]


class Change(Part):
    """What became of the clause that a claim is about, from one version to another."""

    kind: ChangeKind
    before: Text | None = Field(
        default=None, description="The version it had been in; unknown where left out."
    )
    after: Text | None = Field(
        default=None, description="The version it leads to; the claim's where left out."
    )


class Claim(Part):
    """One thing that the page shows somebody to have said of a plan."""

    id: Slug
    topic: Text
    formulation: Text = Field(description="A sentence in our own words, no more and no less than the claim.")
    version: Text | None = Field(
        default=None, description='Instead of the sheet\'s; "none" for no version at all.'
    )
    option: Text | None = Field(default=None, description="One of several alternatives inside the version.")
    deontic: Deontic | None = None
    change: Change | None = None
    glosses: Slug | None = Field(default=None, description="The claim that this one explains.")
    slots: dict[str, Values] = Field(default={}, description="Content, by slot of the ontology.")
    leaves_open: list[Text] = Field(default=[], description="Slots that the report calls open or unknown.")
    states_absent: list[Text] = Field(
        default=[], description="Slots that the report says are not in the text."
    )
    doubts: list[Doubt] = []
    parameters: dict[str, Any] = Field(default={}, description="What has no slot, kept as found.")
    attributions: list[Attribution] = Field(min_length=1)


class Stance(Part):
    """A position that somebody takes, as the page reports it."""

    id: Slug
    holder: Hop
    role: str | None = Field(default=None, description="The holder's role as the page gives it.")
    kind: StanceKind
    about: Text = Field(
        description='"plan", a topic, or "claim:", "event:", "option:", "version:", "actor:" with a name.'
    )
    version: Text | None = None
    denial_of: Annotated[list[DenialAspect], BeforeValidator(as_list)] = []
    formulation: Text
    slots: dict[str, Values] = {}
    parameters: dict[str, Any] = Field(default={}, description="What has no slot, kept as found.")
    attributions: list[Attribution] = Field(min_length=1)


class Event(Part):
    """An occasion the page reports: when, where and with whom is a claim like any other."""

    id: Slug
    event: Slug | None = Field(
        default=None, description="The event of the registry it is; else one of this page's own."
    )
    what: Text
    date: When | None = None
    place: Text | None = None
    participants: list[Text] = []
    parameters: dict[str, Any] = Field(default={}, description="What has no slot, kept as found.")
    attributions: list[Attribution] = Field(min_length=1)


class Sheet(Part):
    """What one published page reports."""

    sheet: Literal[2] = Field(default=FORM, description="The number of the form.")
    id: Slug
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    outlet: Outlet
    published: date | None = None
    published_not_before: date | None = None
    published_not_after: date | None = None
    date_evidence: str = ""
    title_paraphrase: Text
    plan_version: Text | None = Field(
        default=None, description="The version its claims are about unless they say so."
    )
    document_kind: DocumentKind
    copy_of: CopyOf | None = None
    reading: Reading = Reading()
    relays: list[Relay] = []
    claims: list[Claim] = []
    stances: list[Stance] = []
    events: list[Event] = []
    tags: list[Text] = []
    note: str = ""


def write_sheet(sheet: Sheet) -> str:
    """A sheet as JSON: members in the order of the models, what says nothing left out."""
    plain = sheet.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"sheet": FORM, **plain}, ensure_ascii=False, indent=1) + "\n"


def write_schema() -> str:
    """The JSON Schema of a sheet, as it stands in ``data/sheet.schema.json``."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://w3id.org/plangraph/sheet.schema.json",
        **Sheet.model_json_schema(),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(write_schema())
