"""What a claim of a sheet says: its subject, version and option, its slots and gaps, what is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.names import Names, free_slug, slug_of
from plangraph.notes import point_at
from plangraph.resolve import TYPE, Resolver, slug_end
from plangraph.sheets import Claim, Sheet, SlotValue
from plangraph.slots import Slot
from plangraph.terms import Subject, Term, pg, term, thing

NO_VERSION: Final = "none"


class Content:
    """Writes what the claims of one sheet say; ``values`` and ``untyped`` count how that came out."""

    def __init__(self, sheet: Sheet, names: Names, slots: Mapping[str, Slot], resolver: Resolver) -> None:
        self.sheet = sheet
        self.names = names
        self.slots = slots
        self.resolver = resolver
        self.quads: list[Quad] = []
        self.kept: set[str] = set()
        self.values = 0
        self.untyped = 0

    def say(self, subject: Subject, *rows: tuple[NamedNode, Term | None]) -> None:
        """Write triples of the document's graph; what is ``None`` is not said."""
        home = self.resolver.home
        self.quads += [
            Quad(subject, predicate, value, home) for predicate, value in rows if value is not None
        ]

    def version(self, own: str | None, pointer: str) -> NamedNode | None:
        """The version that a claim is about: its own, else the sheet's."""
        name = own or self.sheet.plan_version
        if name is None or name == NO_VERSION:
            return None
        found = self.resolver.look_up(("version",), name, pointer)
        if found is None:
            self.resolver.note(
                pointer, "unknown-version", f'no version is called "{name}": the claim has none'
            )
        return found

    def option(
        self, claim: Claim, topic: NamedNode, version: NamedNode | None, pointer: str
    ) -> NamedNode | None:
        """The option a claim belongs to: one of the registry, or what an actor puts forward on the topic.

        ``topic`` is the topic of the claim, or its provision.
        """
        if claim.option is None:
            return None
        found = self.resolver.look_up(("option",), claim.option, pointer)
        if found is not None or version is None:
            return found
        actor = self.resolver.actor(claim.option, pointer)
        if actor is None:
            return None
        ends = [slug_end(node) for node in (version, actor)]
        node = thing("option", f"{ends[0]}--{topic.value.rpartition('/')[2]}--{ends[1]}")
        if not self.names.knows(node):
            self.resolver.note(
                pointer, "unknown-option", f"a stub option:{node.value.rpartition('/')[2]} is made"
            )
            label = f"what {claim.option} puts forward on {claim.topic} ({ends[0]})"
            self.resolver.stubs.describe(
                node,
                pg("PlanOption"),
                label,
                (term("skos:definition"), Literal(f"In reports: {label}.", language="en")),
                (pg("ofVersion"), version),
                (pg("proposedBy"), actor),
            )
        return node

    def change(
        self, claim: Claim, version: NamedNode | None, about: NamedNode, pointer: str
    ) -> list[tuple[NamedNode, Term | None]]:
        """What makes a claim a change; nothing where what changed or into what is not known."""
        if claim.change is None:
            return []
        where = pointer + point_at("change")
        after = self.version(claim.change.after, where) if claim.change.after else version
        before = self.version(claim.change.before, where) if claim.change.before else None
        if after is None or not (
            self.names.is_a(about, pg("Provision"))
            or about.value.startswith(thing("provision", "x").value[:-1])
        ):
            self.resolver.note(
                where, "change-of-nothing", "a change needs a provision and the version it leads to"
            )
            return []
        return [
            (pg("changeKind"), pg(claim.change.kind)),
            (pg("toVersion"), after),
            (pg("fromVersion"), before if before != after else None),
        ]

    def write_slots(
        self,
        node: NamedNode,
        slots: Mapping[str, list[SlotValue]],
        doubted: set[str],
        claim: Claim | None,
        pointer: str,
    ) -> None:
        """The values of all slots; a doubted one is read apart, one that resolves to nothing is kept."""
        for name, values in slots.items():
            for number, value in enumerate(values):
                where = pointer + point_at("slots", name, number)
                self.values += 1
                slot = self.slots.get(name)
                if slot is None:
                    self.resolver.note(where, "unknown-slot", f"there is no slot pg:{name}: kept as found")
                found = None if slot is None else self.resolver.slot_value(slot, value, where)
                if slot is None or found is None:
                    self.untyped += 1
                    self.keep(node, name, plain_value(value))
                elif name in doubted and claim is not None:
                    self.write_reading(node, slot, found, claim)
                else:
                    self.say(node, (slot.iri, found))

    def write_reading(self, node: NamedNode, slot: Slot, found: Term, claim: Claim) -> None:
        """A value that the page may have corrupted: said of a reading and not of the claim."""
        for doubt in claim.doubts:
            if doubt.slot == slot.name:
                reading = thing("reading", f"{self.sheet.id}--{claim.id}--{slug_of(kebab(slot.name))}")
                self.say(node, (pg("hasReading"), reading))
                self.say(
                    reading,
                    (TYPE, pg("ValueReading")),
                    (pg("onSlot"), slot.iri),
                    (pg("surfaceForm"), Literal(doubt.surface, language=self.sheet.outlet.language)),
                    (pg("readAs"), found),
                    (pg("readingDoubt"), pg(doubt.doubt)),
                )

    def write_gaps(self, node: NamedNode, predicate: str, gaps: list[str], pointer: str) -> None:
        """Slots that the report calls open or absent."""
        for number, gap in enumerate(gaps):
            slot = self.slots.get(gap)
            if slot is None:
                where = pointer + point_at(
                    "leaves_open" if predicate == "leavesOpen" else "states_absent", number
                )
                self.resolver.note(where, "unknown-slot", f"there is no slot pg:{gap}: kept as found")
                self.keep(node, predicate, gap)
            else:
                self.say(node, (pg(predicate), slot.iri))

    def keep_all(self, node: NamedNode, parameters: Mapping[str, Any]) -> None:
        """Keep parameters that have no slot."""
        for key, value in parameters.items():
            self.untyped += 1
            self.keep(node, key, value)

    def keep(self, node: NamedNode, key: str, value: Any) -> None:
        """Keep a value as it was found, under its key."""
        slug = node.value.rpartition("/")[2]
        kept = thing("parameter", free_slug(f"{slug}--{slug_of(kebab(key))}", self.kept))
        self.say(
            node,
            (pg("otherParameter"), kept),
        )
        self.say(
            kept,
            (TYPE, pg("OtherParameter")),
            (pg("parameterKey"), Literal(key)),
            (pg("parameterValue"), Literal(json.dumps(value, ensure_ascii=False, sort_keys=True))),
        )


def plain_value(value: SlotValue) -> Any:
    """A value of a slot as JSON."""
    return value if isinstance(value, (str, int, float, bool)) else value.model_dump(exclude_none=True)


def kebab(name: str) -> str:
    """A local name in lower case with hyphens."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
