"""Sheet files to sheets: JSON or YAML is read, its form told, and all that is wrong with it said at once.

A sheet that breaks a rule gives findings and no graph. What a curator should look at, but need not, is a
warning; the sheet goes through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from plangraph.errors import FileUnreadable
from plangraph.files import read_text
from plangraph.first_form import FoundSheet
from plangraph.names import fold
from plangraph.notation import Form, parse_text
from plangraph.notes import Note, point_at
from plangraph.sheets import Attribution, Claim, Event, Quantity, Sheet, Stance
from plangraph.terms import SLUG
from plangraph.upgrade import upgrade

SUFFIXES: Final[dict[str, Form]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


class SheetWrong(Exception):
    """A sheet that breaks rules of its form: all of them, with their places."""

    def __init__(self, notes: list[Note]) -> None:
        super().__init__(f"{len(notes)} rules broken")
        self.notes = notes


@dataclass(frozen=True)
class ReadSheet:
    """A sheet in the published form; ``parameters`` and ``typed`` count those of the first form."""

    sheet: Sheet
    notes: tuple[Note, ...] = ()
    parameters: int = 0
    typed: int = 0


def read_sheet(path: Path) -> ReadSheet:
    """The sheet of a file, in whichever form it is.

    Raises :class:`FileUnreadable` for what is no JSON or YAML, and :class:`SheetWrong` for a sheet that
    breaks a rule of its form.
    """
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise FileUnreadable(str(path), "a sheet is a .json, .yaml or .yml file")
    return read_sheet_text(read_text(path), form, str(path))


def read_sheet_text(text: str, form: Form, where: str) -> ReadSheet:
    """As :func:`read_sheet`, of a text that lies elsewhere; errors say ``where``."""
    plain = parse_text(text, form, where)
    if not isinstance(plain, dict):
        raise SheetWrong([Note("", "object", "a sheet is an object with members")])
    try:
        if "sheet" in plain:
            found = ReadSheet(Sheet.model_validate(plain))
        else:
            upgraded = upgrade(FoundSheet.model_validate(plain))
            found = ReadSheet(*upgraded[:1], tuple(upgraded.notes), upgraded.parameters, upgraded.typed)
    except ValidationError as error:
        raise SheetWrong(list(list_errors(error))) from None
    broken = list(check_sheet(found.sheet))
    if broken:
        raise SheetWrong(broken)
    return found


def list_errors(error: ValidationError) -> Iterator[Note]:
    """What the models found wrong, each with its place; of a choice of types only the outermost place."""
    seen: set[tuple[str, str]] = set()
    for entry in error.errors(include_url=False, include_input=True):
        place = [part for part in entry["loc"] if not (isinstance(part, str) and part in NOISE)]
        message = entry["msg"].removeprefix("Value error, ")
        found = entry.get("input")
        shown = f", not {found!r}" if isinstance(found, (str, int, float, bool)) or found is None else ""
        note = Note(point_at(*place), entry["type"].replace("_", "-"), f"{message}{shown}")
        if (note.pointer, note.rule) not in seen:
            seen.add((note.pointer, note.rule))
            yield note


NOISE: Final = frozenset({"bool", "int", "float", "str", "Quantity", "constrained-str"})
"""Names of alternatives that the models put into places: no members of a sheet."""


def check_sheet(sheet: Sheet) -> Iterator[Note]:
    """The rules that bind several parts of a sheet, each broken one with its place."""
    yield from check_ids(sheet)
    yield from check_relays(sheet)
    if sheet.published and (sheet.published_not_before or sheet.published_not_after):
        yield Note("/published", "one-date", "give either the day or the days it lies between")
    first, last = sheet.published_not_before, sheet.published_not_after
    if first and last and first > last:
        yield Note("/published_not_before", "date-order", "the first day lies after the last")
    if sheet.copy_of is not None and sheet.copy_of.document == sheet.id:
        yield Note("/copy_of/document", "copy-of-itself", "a page is no copy of itself")
    claims = {claim.id for claim in sheet.claims}
    for number, claim in enumerate(sheet.claims):
        if claim.glosses is not None and claim.glosses not in claims - {claim.id}:
            yield Note(
                point_at("claims", number, "glosses"),
                "unknown-claim",
                f'there is no other claim "{claim.glosses}"',
            )
    for pointer, slots in slots_of(sheet):
        for name, values in slots.items():
            for place, value in enumerate(values):
                if isinstance(value, Quantity):
                    yield from check_quantity(value, pointer + point_at(name, place))
    for pointer, attribution in attributions_of(sheet):
        yield from check_attribution(sheet, attribution, pointer)


def entries_of(sheet: Sheet) -> Iterator[tuple[str, Claim | Stance | Event]]:
    """Claims, stances and events, with their places."""
    yield from ((point_at("claims", number), claim) for number, claim in enumerate(sheet.claims))
    yield from ((point_at("stances", number), stance) for number, stance in enumerate(sheet.stances))
    yield from ((point_at("events", number), event) for number, event in enumerate(sheet.events))


def slots_of(sheet: Sheet) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """The slots of every claim and stance, with their places."""
    for number, claim in enumerate(sheet.claims):
        yield point_at("claims", number, "slots"), claim.slots
    for number, stance in enumerate(sheet.stances):
        yield point_at("stances", number, "slots"), stance.slots


def attributions_of(sheet: Sheet) -> Iterator[tuple[str, Attribution]]:
    """Every attribution with its place."""
    for pointer, entry in entries_of(sheet):
        for number, attribution in enumerate(entry.attributions):
            yield pointer + point_at("attributions", number), attribution


def check_ids(sheet: Sheet) -> Iterator[Note]:
    """Claims, stances and events have ids of their own, since each names an attribution."""
    seen: dict[str, str] = {}
    for pointer, entry in entries_of(sheet):
        if entry.id in seen:
            yield Note(f"{pointer}/id", "duplicate-id", f'"{entry.id}" is the id of {seen[entry.id]} already')
        seen.setdefault(entry.id, pointer)


def check_relays(sheet: Sheet) -> Iterator[Note]:
    """A relay is another outlet's report, and each has an id of its own."""
    seen: dict[str, str] = {}
    for number, relay in enumerate(sheet.relays):
        if relay.id in seen:
            yield Note(
                point_at("relays", number, "id"),
                "duplicate-id",
                f'"{relay.id}" is the id of {seen[relay.id]} already',
            )
        seen.setdefault(relay.id, point_at("relays", number, "id"))
        if relay.document == sheet.id:
            yield Note(
                point_at("relays", number, "document"), "relay-to-itself", "a page passes on another page"
            )
        elif relay.document is None and fold(relay.outlet) == fold(sheet.outlet.name):
            yield Note(
                point_at("relays", number, "outlet"),
                "relay-to-itself",
                f'"{relay.outlet}" published this page: name the document it passes on, or drop the relay',
            )


def check_quantity(value: Quantity, pointer: str) -> Iterator[Note]:
    """A quantity is one number or a range."""
    ends = (value.lowest, value.highest)
    if (value.number is None) == (None in ends) or (value.number is not None and ends != (None, None)):
        yield Note(pointer, "number-or-range", "give either number, or both lowest and highest")
    elif value.lowest is not None and value.highest is not None and value.lowest >= value.highest:
        yield Note(pointer, "range-order", "lowest must be less than highest")


def check_attribution(sheet: Sheet, found: Attribution, pointer: str) -> Iterator[Note]:
    """A path names relays of its sheet, and a span begins before it ends."""
    known = {relay.id for relay in sheet.relays}
    for number, hop in enumerate(found.via):
        if hop.kind == "relay" and hop.name not in known:
            yield Note(
                pointer + point_at("via", number, "name"),
                "unknown-relay",
                f'the sheet has no relay "{hop.name}"',
            )
        if hop.claim is not None and not SLUG.fullmatch(hop.claim):
            yield Note(
                pointer + point_at("via", number, "claim"),
                "unknown-claim",
                f'"{hop.claim}" names no claim: give document--claim, in a-z, 0-9 and hyphens',
            )
    if found.position is not None and found.position[0] >= found.position[1]:
        yield Note(pointer + point_at("position"), "span-order", "a span begins before it ends")
    if found.position is not None and found.anchor is None:
        yield Note(pointer + point_at("anchor"), "anchor", "a span comes with a key phrase found inside it")
