"""A sheet to the graph of its document. Pure: the same sheet and registry give the same quads.

How every IRI is made is written in ``docs/sheets.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.chains import Chains
from plangraph.content import Content
from plangraph.names import Names
from plangraph.notes import Note, point_at
from plangraph.resolve import COMMENT, DATE, LABEL, TYPE, Resolver, time_literal
from plangraph.sheetfiles import SheetWrong
from plangraph.sheets import Attribution, Claim, Event, Sheet, Stance
from plangraph.slots import Slot
from plangraph.subjects import Subjects
from plangraph.terms import graph, pg, term, thing

DOCUMENT_KINDS: Final = {
    "news": "newsReport",
    "copy": "agencyCopy",
    "repost": "repost",
    "spun-copy": "spunCopy",
    "aggregator": "aggregator",
    "ai-generated": "aiGenerated",
    "opinion": "opinion",
    "editorial": "editorial",
    "analysis": "analysis",
    "media-review": "mediaReview",
    "primary-document": "primaryDocument",
}


@dataclass(frozen=True)
class Encoded:
    """The graph of a document, stubs for the registry, what a curator should look at, how values came out."""

    quads: tuple[Quad, ...]
    stubs: tuple[Quad, ...]
    notes: tuple[Note, ...]
    values: int
    """How many values of slots the sheet gives."""
    untyped: int
    """How many of them, and of its parameters, are kept as they were found."""


def encode(sheet: Sheet, names: Names, slots: Mapping[str, Slot]) -> Encoded:
    """The document graph of a sheet; ``slots`` by local name.

    Raises :class:`SheetWrong` for what can neither be resolved nor kept as it was found.
    """
    encoder = Encoder(sheet, names, slots)
    encoder.write()
    resolver = encoder.resolver
    if resolver.wrong:
        raise SheetWrong(resolver.wrong)
    quads = {*encoder.chains.quads, *encoder.content.quads, *resolver.quantities}
    return Encoded(
        tuple(sorted(quads, key=str)),
        tuple(dict.fromkeys(resolver.stubs.quads)),
        tuple(resolver.notes),
        encoder.content.values,
        encoder.content.untyped,
    )


class Encoder:
    """Writes one sheet."""

    def __init__(self, sheet: Sheet, names: Names, slots: Mapping[str, Slot]) -> None:
        self.sheet = sheet
        self.home = graph(f"document/{sheet.id}")
        self.resolver = Resolver(names, self.home)
        latest = day(sheet.published or sheet.published_not_after)
        self.chains = Chains(sheet, self.resolver, latest)
        self.content = Content(sheet, names, slots, self.resolver)
        self.subjects = Subjects(sheet, self.resolver)

    def write(self) -> None:
        """Everything the sheet holds."""
        self.write_document()
        for number, claim in enumerate(self.sheet.claims):
            self.write_claim(claim, point_at("claims", number))
        for number, stance in enumerate(self.sheet.stances):
            self.write_stance(stance, point_at("stances", number))
        for number, event in enumerate(self.sheet.events):
            self.write_event(event, point_at("events", number))

    def write_document(self) -> None:
        """The document: who published it, when, how it was read."""
        sheet, node = self.sheet, self.chains.document
        outlet = self.resolver.publisher(sheet.outlet)
        label = f"{sheet.outlet.name}: {sheet.title_paraphrase}"
        self.content.say(
            node,
            (TYPE, pg("Document")),
            (TYPE, None if sheet.document_kind == "primary-document" else term("schema:NewsArticle")),
            (LABEL, Literal(label, language="en")),
            (term("schema:publisher"), outlet),
            (term("schema:datePublished"), day(sheet.published)),
            (pg("publishedNotBefore"), day(sheet.published_not_before)),
            (pg("publishedNotAfter"), day(sheet.published_not_after)),
            (term("schema:inLanguage"), Literal(sheet.outlet.language)),
            (term("schema:url"), Literal(sheet.url) if sheet.url else None),
            (pg("documentKind"), pg(DOCUMENT_KINDS[sheet.document_kind])),
            (pg("readingExtent"), pg(sheet.reading.extent)),
            (pg("reviewedOn"), day(sheet.reading.reviewed)),
            (pg("copyOf"), thing("document", sheet.copy_of.document) if sheet.copy_of else None),
            (pg("copyCredited"), boolean(sheet.copy_of.credited) if sheet.copy_of else None),
            (pg("sheetId"), Literal(sheet.id)),
            (pg("dateEvidence"), Literal(sheet.date_evidence) if sheet.date_evidence else None),
            (term("skos:editorialNote"), Literal(sheet.note, language="en") if sheet.note else None),
            *((term("schema:keywords"), Literal(tag)) for tag in sheet.tags),
        )
        for relay in sheet.relays:
            if relay.named:
                self.content.say(node, (term("schema:citation"), self.chains.relay_document(relay)))
            else:
                self.content.say(node, (pg("citesUnnamed"), Literal(relay.outlet, language="en")))
            if relay.note:
                self.content.say(node, (COMMENT, Literal(f"{relay.outlet}: {relay.note}", language="en")))

    def write_claim(self, claim: Claim, pointer: str) -> None:
        """A claim, or a change, with its slots and paths."""
        version = self.content.version(claim.version, pointer + point_at("version"))
        about, topic = self.subjects.of_claim(claim.topic, version, pointer + point_at("topic"))
        changes = self.content.change(claim, version, about, pointer)
        option = pointer + point_at("option")
        node = thing("change" if changes else "claim", f"{self.sheet.id}--{claim.id}")
        self.subjects.claims[claim.id] = node
        self.content.say(
            node,
            (TYPE, pg("Claim")),
            (TYPE, pg("Change") if changes else None),
            (pg("about"), about),
            (pg("onTopic"), topic),
            (pg("formulation"), Literal(claim.formulation, language="en")),
            (pg("inVersion"), None if changes else version),
            (
                pg("inOption"),
                None if changes else self.content.option(claim, topic or about, version, option),
            ),
            (pg("deonticForce"), pg(claim.deontic) if claim.deontic else None),
            (pg("glosses"), thing("claim", f"{self.sheet.id}--{claim.glosses}") if claim.glosses else None),
            *changes,
        )
        doubted = {doubt.slot for doubt in claim.doubts}
        self.content.write_slots(node, claim.slots, doubted, claim, pointer)
        for predicate, gaps in (("leavesOpen", claim.leaves_open), ("statesAbsent", claim.states_absent)):
            self.content.write_gaps(node, predicate, gaps, pointer)
        self.content.keep_all(node, claim.parameters)
        self.write_attributions(node, claim.id, claim.attributions, pointer)

    def write_stance(self, stance: Stance, pointer: str) -> None:
        """A stance: a claim of its own, held by somebody."""
        version = self.content.version(stance.version, pointer + point_at("version"))
        about, topic = self.subjects.of_stance(stance.about, version, pointer + point_at("about"))
        node = thing("stance", f"{self.sheet.id}--{stance.id}")
        holder, _ = self.chains.speaker(stance.holder, pointer + point_at("holder"))
        self.content.say(
            node,
            (TYPE, pg("Claim")),
            (TYPE, pg("Stance")),
            (pg("about"), about),
            (pg("onTopic"), topic),
            (pg("formulation"), Literal(stance.formulation, language="en")),
            (pg("inVersion"), version),
            (pg("heldBy"), holder),
            (pg("stanceKind"), pg(stance.kind)),
            *((pg("denialOf"), pg(aspect)) for aspect in stance.denial_of),
            (
                COMMENT,
                Literal(f"Of the holder the page says: {stance.role}", language="en")
                if stance.role
                else None,
            ),
        )
        self.content.write_slots(node, stance.slots, set(), None, pointer)
        self.content.keep_all(node, stance.parameters)
        self.write_attributions(node, stance.id, stance.attributions, pointer)

    def write_event(self, event: Event, pointer: str) -> None:
        """An event, and the claim that says when, where and with whom it was."""
        node = thing("event", event.event or f"{self.sheet.id}--{event.id}")
        if event.event is None:
            self.content.say(
                node,
                (TYPE, term("schema:Event")),
                (LABEL, Literal(event.what, language="en")),
            )
        claim = thing("claim", f"{self.sheet.id}--{event.id}")
        place = None if event.place is None else self.resolver.place(event.place, pointer + point_at("place"))
        people = [
            self.resolver.actor(name, pointer + point_at("participants", number))
            for number, name in enumerate(event.participants)
        ]
        self.content.say(
            claim,
            (TYPE, pg("Claim")),
            (pg("about"), node),
            (pg("formulation"), Literal(event.what, language="en")),
            (pg("scheduledFor"), None if event.date is None else time_literal(event.date)),
            (pg("atPlace"), place),
            *((pg("participant"), person) for person in people),
        )
        self.content.keep_all(claim, event.parameters)
        self.write_attributions(claim, event.id, event.attributions, pointer)

    def write_attributions(
        self, node: NamedNode, name: str, attributions: list[Attribution], pointer: str
    ) -> None:
        """Every path of a claim; the first bears the claim's name."""
        for number, found in enumerate(attributions):
            slug = name if number == 0 else f"{name}--path-{number + 1}"
            self.chains.write(slug, node, found, pointer + point_at("attributions", number))


def day(value: Any) -> Literal | None:
    """A day as a literal."""
    return None if value is None else Literal(value.isoformat(), datatype=DATE)


def boolean(value: bool) -> Literal:
    """Yes or no as a literal."""
    return Literal("true" if value else "false", datatype=term("xsd:boolean"))
