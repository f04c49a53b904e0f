"""Sheets of the first form (flat, with open parameters) to the published form, without guessing.

What the first form does not say stays unsaid: which of several relays a claim comes from becomes a hop whose
outlet is undetermined, with the relays as its candidates; parallel speakers become attributions of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

from plangraph.first_form import (
    DESCRIPTION,
    SPEAKER_KINDS,
    STANCES,
    SUBJECTS,
    UNNAMED_OUTLETS,
    FoundClaim,
    FoundEvent,
    FoundRelay,
    FoundSheet,
    FoundSpeaker,
    FoundStance,
)
from plangraph.names import free_slug, slug_of
from plangraph.notes import Note, point_at
from plangraph.parameters import read_parameters
from plangraph.sheets import (
    MOST_WORDS,
    Attribution,
    Change,
    Claim,
    Deontic,
    Event,
    Hop,
    Outlet,
    Reading,
    Relay,
    Sheet,
    Stance,
    day_or_span,
)

HOSTED: Final = re.compile(r"(?P<origin>[^()]+) \(via (?P<host>[^()]+)\)")
"""An outlet's name that says where its text was read: ``ABC News (via The Pulse of NH)``."""

SINGLE_CERTAINTIES: Final = ("asserted", "reported", "alleged", "probable", "possible")


class Upgraded(NamedTuple):
    """A sheet in the published form, what to look at, and how many parameters came in and found a slot."""

    sheet: Sheet
    notes: list[Note]
    parameters: int
    typed: int


def upgrade(found: FoundSheet) -> Upgraded:
    """A sheet of the first form in the published one. The same sheet always gives the same result."""
    notes: list[Note] = []
    outlet, relays = split_host(found.outlet, upgrade_relays(found.relays))
    known = {relay.outlet: relay.id for relay in relays}
    claims: list[Claim] = []
    taken: set[str] = set()
    typed = 0
    for number, claim in enumerate(found.claims):
        upgraded, slots_found = upgrade_claim(claim, known, taken, f"/claims/{number}", notes)
        claims.append(upgraded)
        typed += slots_found
    sheet = Sheet(
        sheet=2,
        id=found.id,
        url=found.url,
        outlet=outlet,
        published=found.published,
        date_evidence=found.date_evidence or "",
        title_paraphrase=found.title_paraphrase,
        plan_version=None if found.plan_version == "unspecified" else found.plan_version,
        document_kind=found.document_kind,
        reading=Reading(extent="full" if found.list_complete else "partial", reviewed=found.reviewed),
        relays=relays,
        claims=claims,
        stances=[upgrade_stance(entry, known, taken) for entry in found.status_statements],
        events=[upgrade_event(entry, known, taken) for entry in found.events],
        tags=found.tags,
        note=keep_unknown(found.note or "", found.unknown(), notes),
    )
    return Upgraded(sheet, notes, sum(len(claim.parameters) for claim in found.claims), typed)


def keep_unknown(note: str, unknown: dict[str, Any], notes: list[Note]) -> str:
    """The sheet's note with the members that the form does not know, as JSON."""
    for name in unknown:
        notes.append(
            Note(point_at(name), "unknown-member", f'"{name}" is no member of a sheet: kept in the note')
        )
    return " ".join(
        part for part in (note, json.dumps(unknown, ensure_ascii=False) if unknown else "") if part
    )


def upgrade_relays(found: Iterable[FoundRelay]) -> list[Relay]:
    """The relays, each with an id made of its outlet's name."""
    taken: set[str] = set()
    return [
        Relay(
            id=free_slug(slug_of(relay.outlet), taken),
            outlet=relay.outlet,
            document=None,
            note=relay.note or "",
        )
        for relay in found
    ]


def split_host(outlet: Outlet, relays: list[Relay]) -> tuple[Outlet, list[Relay]]:
    """The outlet that published the page; whose text it hosts is a relay.

    Where the sheet gives the host as a relay of its own, the page is the other outlet's.
    """
    hosted = HOSTED.fullmatch(outlet.name)
    if hosted is None:
        return outlet, relays
    host, origin = hosted["host"].strip(), hosted["origin"].strip()
    if any(relay.outlet == host for relay in relays):
        return outlet.model_copy(update={"name": origin}), relays
    if all(relay.outlet != origin for relay in relays):
        relays = [
            Relay(id=slug_of(origin), outlet=origin, note="whose text the page hosts"),
            *relays,
        ]
    return outlet.model_copy(update={"name": host}), relays


def upgrade_claim(
    found: FoundClaim, relays: dict[str, str], taken: set[str], pointer: str, notes: list[Note]
) -> tuple[Claim, int]:
    """A claim, and how many of its parameters found a slot."""
    reading = read_parameters(found.topic, found.parameters)
    for key in reading.other:
        notes.append(
            Note(
                pointer + point_at("parameters", key),
                "unknown-parameter",
                f'"{key}" with this value has no slot: kept as found',
            )
        )
    for name in found.unknown():
        notes.append(
            Note(
                pointer + point_at(name),
                "unknown-member",
                f'"{name}" is no member of a claim: kept as found',
            )
        )
    slots: dict[str, list[Any]] = {}
    for slot, parties in (("bearer", found.obligated_party), ("beneficiary", found.beneficiary)):
        if parties:
            slots[slot] = list(dict.fromkeys(parties))
    for slot, values in reading.slots.items():
        slots[slot] = [*slots.get(slot, []), *(value for value in values if value not in slots.get(slot, []))]
    name = free_slug(found.topic, taken)
    claim = Claim(
        id=name,
        topic=found.topic,
        formulation=found.formulation,
        version=reading.version,
        option=reading.option_by,
        deontic=deontic_of(found, reading.deontic),
        change=Change(kind=reading.change) if reading.change else None,  # type: ignore[arg-type]
        slots=slots,
        leaves_open=reading.leaves_open,
        states_absent=reading.states_absent,
        parameters={**reading.other, **found.unknown()},
        attributions=upgrade_attributions(found, relays, reading.negative, pointer, notes),
    )
    return claim, len(reading.typed)


def deontic_of(found: FoundClaim, sharper: str | None) -> Deontic | None:
    """The claim's deontic form; a statement has none."""
    said = sharper or found.deontic
    return None if said in (None, "statement") else said  # type: ignore[return-value]


def upgrade_attributions(
    found: FoundClaim, relays: dict[str, str], negative: bool, pointer: str, notes: list[Note]
) -> list[Attribution]:
    """One attribution a path: outlets and speakers in parallel each give one, a text goes with each."""
    texts = [hop_of(entry, relays) for entry in found.attributed_to if entry.kind == "document"]
    outlets = [hop_of(entry, relays) for entry in found.attributed_to if entry.kind == "outlet"]
    speakers = [
        hop_of(entry, relays) for entry in found.attributed_to if entry.kind not in ("document", "outlet")
    ]
    paths = [
        [*near, *far]
        for near in ([outlet] for outlet in outlets)
        for far in ([speaker] for speaker in speakers)
    ] or [[hop] for hop in (*outlets, *speakers)]
    paths = [[*path, *texts] for path in paths] or ([texts] if texts else [[]])
    if found.locator_anchor and len(found.locator_anchor.split()) > MOST_WORDS:
        notes.append(
            Note(f"{pointer}/locator_anchor", "long-anchor", f"more than {MOST_WORDS} words of the page: cut")
        )
    anchor = " ".join((found.locator_anchor or "").split()[:MOST_WORDS]) or None
    certainty = found.certainty if found.certainty in SINGLE_CERTAINTIES else "reported"
    return [
        Attribution(
            via=path,
            candidates=[] if outlets else list(relays),
            certainty=certainty,  # type: ignore[arg-type]
            certainty_as_found=None if certainty == found.certainty else found.certainty,
            polarity="negative" if negative else "positive",
            quotation="ownVoice" if not path and not relays else "paraphrase",
            anchor=anchor,
            position=found.position,
        )
        for path in paths
    ]


def hop_of(found: FoundSpeaker, relays: dict[str, str]) -> Hop:
    """One of those a claim is attributed to, as a hop; an outlet among the relays is that relay."""
    name = found.name_or_description
    if found.kind == "outlet" and name in relays:
        return Hop(kind="relay", name=relays[name])
    if found.kind == "outlet" and name.casefold() in UNNAMED_OUTLETS:
        return Hop(kind="media", name=name)
    return Hop(kind=SPEAKER_KINDS[found.kind], name=name, affiliation=found.affiliation)


def upgrade_stance(found: FoundStance, relays: dict[str, str], taken: set[str]) -> Stance:
    """A stance, said by its holder; whether a relay stands between is not known."""
    holder = Hop(kind="source" if DESCRIPTION.search(found.speaker) else "person", name=found.speaker)
    day, kept = read_day(found.date)
    return Stance(
        id=free_slug(f"stance-{slug_of(found.speaker)}-{found.stance}", taken),
        holder=holder,
        role=found.role,
        kind=STANCES[found.stance],
        about=SUBJECTS.get(found.about, found.about),
        formulation=found.paraphrase,
        parameters=kept,
        attributions=[Attribution(via=[holder], candidates=list(relays), said_on=day)],
    )


def upgrade_event(found: FoundEvent, relays: dict[str, str], taken: set[str]) -> Event:
    """An event, told by the page."""
    quotation: Literal["ownVoice", "paraphrase"] = "paraphrase" if relays else "ownVoice"
    certainty: Literal["asserted", "reported"] = "reported" if relays else "asserted"
    day, kept = read_day(found.date)
    return Event(
        id=free_slug(f"event-{slug_of(found.what, words=6)}", taken),
        what=found.what,
        date=day,
        place=found.place,
        participants=found.participants or [],
        parameters=kept,
        attributions=[Attribution(candidates=list(relays), certainty=certainty, quotation=quotation)],
    )


def read_day(text: str | None) -> tuple[str | None, dict[str, Any]]:
    """A day in EDTF; a day in other words is kept as a parameter."""
    try:
        return (day_or_span(text) if text else None), {}
    except ValueError:
        return None, {"date": text}
