"""The first form of a report sheet: flat, with open parameters, and with nobody's place in a chain.

It is still read; ``upgrade`` makes it the published form. Members that it does not know are kept.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from plangraph.sheets import DocumentKind, Outlet, Slug, Span, StanceKind, Text

STANCES: Final[dict[str, StanceKind]] = {
    "confirms": "confirms",
    "denies": "denies",
    "endorses": "endorses",
    "rejects": "rejects",
    "qualifies": "qualifies",
    "no-comment": "noComment",
}
SPEAKER_KINDS: Final[dict[str, Literal["person", "body", "source", "outlet", "text"]]] = {
    "named-official": "person",
    "expert": "person",
    "journalist": "person",
    "body": "body",
    "anonymous-official": "source",
    "anonymous-source": "source",
    "outlet": "outlet",
    "document": "text",
}
UNNAMED_OUTLETS: Final = frozenset(
    {
        "us media",
        "us media citing sources",
        "western media",
        "western press",
        "british media",
        "ukrainian media",
        "russian media",
        "media",
        "media (not named)",
        "media accounts",
        "news agency (unnamed)",
    }
)
"""What sheets write for outlets that the page does not name."""

DESCRIPTION: Final = re.compile(
    r"\b(?:officials?|sources?|persons?|people|aides?|diplomats?|insiders?|advisers?|unnamed|familiar)\b",
    re.IGNORECASE,
)
"""Words of a description: who is called so has no name."""

SUBJECTS: Final = {
    "authorship": "plan-authorship",
    "troop limits": "ukraine-troop-cap",
    "deadline": "acceptance-deadline",
    "accountability": "amnesty",
}
"""What some stances are about, in the words of the first form."""


class Found(BaseModel):
    """A part of the first form; members it does not know are kept."""

    model_config = ConfigDict(extra="allow")

    def unknown(self) -> dict[str, Any]:
        """The members that the form does not know."""
        return dict(self.model_extra or {})


def empty_as_none(value: Any) -> Any:
    """An empty text says nothing."""
    return None if isinstance(value, str) and not value.strip() else value


MaybeText: TypeAlias = Annotated[Text | None, BeforeValidator(empty_as_none)]


class FoundRelay(Found):
    """A relay of the page."""

    outlet: Text
    note: str | None = ""


class FoundSpeaker(Found):
    """One of those a claim is attributed to, in no order."""

    kind: Literal[
        "named-official", "anonymous-official", "anonymous-source", "document", "outlet", "journalist",
        "expert", "body",
    ]  # fmt: skip
    name_or_description: Text
    affiliation: MaybeText = None


class FoundClaim(Found):
    """A claim; ``parameters`` is open."""

    topic: Slug
    formulation: Text
    parameters: dict[str, Any] = {}
    obligated_party: list[Text] = []
    beneficiary: list[Text] = []
    deontic: Literal["obligation", "prohibition", "permission", "statement"] | None = None
    attributed_to: list[FoundSpeaker] = []
    certainty: Text
    locator_anchor: MaybeText = None
    position: Span | None = None


class FoundStance(Found):
    """A stance, with no word on who relays it."""

    speaker: Text
    role: MaybeText = None
    stance: Literal["confirms", "denies", "endorses", "rejects", "qualifies", "no-comment"]
    about: Text
    paraphrase: Text
    date: MaybeText = None


class FoundEvent(Found):
    """An event as the page gives it."""

    what: Text
    date: MaybeText = None
    place: MaybeText = None
    participants: list[Text] | None = []


class FoundSheet(Found):
    """A sheet of the first form."""

    id: Slug
    url: MaybeText = None
    outlet: Outlet
    published: date | None = None
    date_evidence: str | None = ""
    title_paraphrase: Text
    plan_version: MaybeText = None
    document_kind: DocumentKind
    tags: list[Text] = []
    relays: list[FoundRelay] = []
    reviewed: date | None = None
    list_complete: bool | None = None
    claims: list[FoundClaim] = []
    status_statements: list[FoundStance] = []
    events: list[FoundEvent] = []
    note: str | None = ""
