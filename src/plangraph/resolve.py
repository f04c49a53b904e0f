"""The words of a sheet to terms: names to registered things, figures to quantities, days to literals.

A name that the registry lacks becomes a stub, marked as such; an ambiguous one, and a word that a scheme does
not have, is kept as it stands. Each is noted. Nothing is dropped, nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.names import LOCATION, Names, list_slugs, slug_of
from plangraph.notes import Note, point_at
from plangraph.sheets import EDTF, Outlet, Quantity, SlotValue
from plangraph.slots import Slot
from plangraph.stubs import Stubs
from plangraph.terms import Term, pg, split_thing, term, thing

TYPE, LABEL, COMMENT = term("rdf:type"), term("rdfs:label"), term("rdfs:comment")
DATE, EDTF_TYPE, DURATION = term("xsd:date"), term("edtf:EDTF"), term("xsd:duration")

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
PERIOD: Final = re.compile(r"P(?=\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?")

BASES: Final = thing("scheme", "bases").value
UNITS: Final = thing("scheme", "units").value
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
KINDS_OF_RANGE: Final[dict[NamedNode, tuple[str, ...]]] = {
    term("schema:Place"): ("place",),
    pg("Provision"): ("provision",),
    pg("PlanVersion"): ("version",),
    term("org:Post"): ("post",),
}
KINDS_OF_SLOT: Final[dict[str, tuple[str, ...]]] = {
    "basedOn": ("version", "document", "event", "plan"),
    "modelledOn": ("document", "event", "plan", "version"),
    "replaces": ("provision", "concept"),
    "replacedBy": ("provision", "concept"),
    "startsFrom": ("event",),
    "deadline": (),
    "duration": (),
    "requestedDuration": (),
    "scheduledFor": (),
}
"""Slots whose values are of several kinds; what has no range and is not here takes actors."""

COMPARED: Final = {
    "about": "about",
    "atLeast": "at least",
    "atMost": "at most",
    "moreThan": "more than",
    "reduceBy": "less by",
    "reduceTo": "less, down to",
}
"""How a comparator reads before a figure."""

TIMES: Final = frozenset({"deadline", "duration", "requestedDuration", "scheduledFor", "startsFrom"})
CLASSES: Final = {
    "person": ("actor", term("schema:Person")),
    "body": ("actor", term("schema:Organization")),
    "actor": ("actor", term("schema:Organization")),
    "outlet": ("outlet", term("schema:NewsMediaOrganization")),
    "place": ("place", term("schema:Place")),
    "event": ("event", term("schema:Event")),
}


class Resolver:
    """Resolves the words of one sheet, and gathers what it had to note, make up as a stub, or describe.

    ``wrong`` is what can neither be resolved nor kept as it was found: the sheet does not go through.
    """

    def __init__(self, names: Names, home: NamedNode) -> None:
        self.names = names
        self.home = home
        self.notes: list[Note] = []
        self.wrong: list[Note] = []
        self.stubs = Stubs(names)
        self.quantities: list[Quad] = []

    def note(self, pointer: str, rule: str, message: str) -> None:
        """Gather a note."""
        self.notes.append(Note(pointer, rule, message))

    def reject(self, pointer: str, rule: str, message: str) -> None:
        """Gather what breaks a rule."""
        self.wrong.append(Note(pointer, rule, message))

    def look_up(self, groups: Iterable[str], name: str, pointer: str) -> NamedNode | None:
        """The thing of a name; an ambiguous name is noted."""
        match = self.names.find(groups, name)
        if match.several:
            bearers = ", ".join(entry.value.rpartition("/id/")[2] for entry in match.several)
            self.note(pointer, "ambiguous-name", f'"{name}" names several: {bearers}; kept as found')
        return match.found

    def actor(self, name: str, pointer: str, kind: str = "actor") -> NamedNode | None:
        """A person or body, else an outlet; a stub where none has the name, ``None`` where several have."""
        if kind == "outlet":
            return self.registered(("outlet",), name, pointer, kind)
        acting = self.names.find(("actor",), name)
        outlet = self.names.find(("outlet",), name)
        if acting.found is None and not acting.several and outlet.found is not None:
            return outlet.found
        return self.registered(("actor",), name, pointer, kind)

    def publisher(self, outlet: Outlet) -> NamedNode | None:
        """The outlet of the page; a new one lies where the sheet says, a registered one where it lay."""
        name, country = point_at("outlet", "name"), point_at("outlet", "country")
        match = self.names.find(("outlet",), outlet.name)
        if outlet.country is None or match.several:
            return self.registered(("outlet",), outlet.name, name, "outlet")
        if match.found is not None:
            self.compare_country(match.found, outlet.country, country)
            return match.found
        place = self.place(outlet.country, country)
        return self.make_stub(outlet.name, name, "outlet", *([] if place is None else [(LOCATION, place)]))

    def compare_country(self, outlet: NamedNode, country: str, pointer: str) -> None:
        """Note a country that is not the one of the registry."""
        held = self.names.locations.get(outlet, set())
        if self.names.find(("place",), country).found not in held:
            places = " and ".join(sorted(f"place:{slug_end(place)}" for place in held))
            outlet_word = f"outlet:{slug_end(outlet)}"
            said = f"{outlet_word} lies in {places}" if held else f"no place of {outlet_word} is known"
            message = f'in the registry {said}, in the sheet it is "{country}": nothing is changed'
            self.note(pointer, "outlet-country", message)

    def place(self, name: str, pointer: str) -> NamedNode | None:
        """A place, a stub of which is made where none has the name."""
        return self.registered(("place",), name, pointer, "place")

    def registered(self, groups: Sequence[str], name: str, pointer: str, kind: str) -> NamedNode | None:
        """A thing of the registry, or a stub of it; ``None`` for an ambiguous name."""
        match = self.names.find(groups, name)
        if match.found is not None:
            return match.found
        if match.several:
            return self.look_up(groups, name, pointer)
        return self.make_stub(name, pointer, kind)

    def make_stub(self, name: str, pointer: str, kind: str, *more: tuple[NamedNode, Term]) -> NamedNode:
        """A stub that says no more than the name, and ``more`` where the sheet does."""
        prefix, class_ = CLASSES[kind]
        slug = self.stubs.choose_slug((prefix,), list_slugs(name), name)
        message = f'no {prefix} is called "{name}": a stub {prefix}:{slug} is made'
        self.note(pointer, f"unknown-{prefix}", message)
        return self.stubs.describe(thing(prefix, slug), class_, name, *more)

    def first_of(self, groups: Iterable[str], name: str | None, pointer: str) -> NamedNode | None:
        """The thing of a name in the first of some groups that knows the name."""
        for group in groups if name is not None else ():
            match = self.names.find((group,), name or "")
            if match.found is not None or match.several:
                return match.found or self.look_up((group,), name or "", pointer)
        return None

    def slot_value(self, slot: Slot, value: SlotValue, pointer: str) -> Term | None:
        """The term of a value of a slot; ``None`` where the value must be kept as it was found."""
        if isinstance(value, Quantity):
            takes = slot.range == pg("Quantity") or slot.name in ("replaces", "replacedBy")
            return self.quantity(value, pointer) if takes else self.refuse(pointer, slot, str(value))
        if slot.range is not None and slot.range.value.startswith(XSD):
            return self.literal(slot, value, pointer)
        if not isinstance(value, str):
            return self.refuse(pointer, slot, value)
        moment = time_literal(value) if slot.name in TIMES else None
        return moment or self.named_value(slot, value, pointer)

    def named_value(self, slot: Slot, name: str, pointer: str) -> NamedNode | None:
        """What a name stands for in a slot: a concept of its schemes, a thing of its kinds, else an actor."""
        groups = [scheme.value for scheme in slot.schemes]
        kinds = KINDS_OF_SLOT.get(slot.name)
        if kinds is None and slot.range is not None:
            kinds = KINDS_OF_RANGE.get(slot.range, ())
        if kinds == ("place",):
            return self.place(name, pointer)
        if kinds is None and not groups:
            return self.actor(name, pointer)
        match = self.names.find([*groups, *(kinds or ())], name)
        if match.found is None and not match.several:
            return self.refuse(pointer, slot, name)
        return match.found or self.look_up([*groups, *(kinds or ())], name, pointer)

    def refuse(self, pointer: str, slot: Slot, value: object) -> NamedNode | None:
        """Note a value that a slot does not take, and give no term for it: it is kept as found."""
        self.note(pointer, "unknown-value", f"pg:{slot.name} knows no {value!r}: kept as found")
        return None

    def literal(self, slot: Slot, value: SlotValue, pointer: str) -> Literal | None:
        """A literal of the datatype of a slot; ``None``, noted, for a value of another type."""
        wanted = str(slot.range).rpartition("#")[2].rstrip(">")
        if wanted == "boolean" and isinstance(value, bool):
            return Literal("true" if value else "false", datatype=slot.range)
        if wanted == "integer" and isinstance(value, int) and not isinstance(value, bool):
            return Literal(str(value), datatype=slot.range)
        if wanted == "string" and isinstance(value, (str, int)) and not isinstance(value, bool):
            return Literal(str(value))
        self.note(
            pointer,
            "wrong-type",
            f"pg:{slot.name} takes a value of type {wanted}, not {value!r}: kept as found",
        )
        return None

    def quantity(self, found: Quantity, pointer: str) -> NamedNode | None:
        """The node of a quantity, named by its content; ``None`` where a part of it resolves to nothing."""
        unit = self.look_up([UNITS], found.unit, pointer)
        base = self.first_of((BASES, "place", "provision", "actor"), found.base, pointer)
        party = self.first_of(("actor", BASES, "provision", "place"), found.party, pointer)
        given = found.model_dump(include={"number", "lowest", "highest"}, exclude_none=True)
        whole = set(given) in ({"number"}, {"lowest", "highest"})
        if unit is None or (found.base and base is None) or (found.party and party is None) or not whole:
            wrong = found.model_dump(exclude_none=True)
            self.note(pointer, "unknown-quantity", f"unit, base, party or figure do not resolve in {wrong}")
            return None
        rows: list[tuple[NamedNode, Term]] = [(TYPE, pg("Quantity")), (pg("unit"), unit)]
        rows += [(pg(name), figure_literal(figure)) for name, figure in given.items()]
        words = [figure_word(figure) for figure in given.values()] + [slug_end(unit)]
        if found.comparator is not None:
            rows.append((pg("quantityComparator"), pg(found.comparator)))
            words.append(re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", found.comparator))
        if base is not None:
            rows.append((pg("ofBase"), base))
            words += ["of", slug_end(base)]
        if party is not None:
            rows.append((pg("inRespectOf"), party))
            words += ["for", slug_end(party)]
        node = thing("quantity", "-".join(words))
        rows.append((LABEL, Literal(self.label_quantity(found, unit, base, party), language="en")))
        self.quantities += [Quad(node, predicate, value, self.home) for predicate, value in rows]
        return node

    def label_quantity(
        self, found: Quantity, unit: NamedNode, base: NamedNode | None, party: NamedNode | None
    ) -> str:
        """A quantity in words, by the names that the registry gives unit, base and party."""
        labels = self.names.labels
        ends = [end for end in (found.number, found.lowest, found.highest) if end is not None]
        figure = " to ".join(f"{end:,}" for end in ends)
        words = [COMPARED.get(found.comparator or "", ""), figure, labels.get(unit, found.unit)]
        words += [f"of {labels.get(base, found.base)}"] if base is not None else []
        words += [f"for {labels.get(party, found.party)}"] if party is not None else []
        return " ".join(word for word in words if word)


def time_literal(text: str) -> Literal | None:
    """A day, an EDTF expression or an ISO 8601 duration; ``None`` for words."""
    if PERIOD.fullmatch(text):
        return Literal(text, datatype=DURATION)
    if DAY.fullmatch(text):
        return Literal(text, datatype=DATE)
    return Literal(text, datatype=EDTF_TYPE) if text.strip("/") and EDTF.fullmatch(text) else None


def figure_text(figure: float) -> str:
    """A number in digits; zero has no sign."""
    return format(Decimal(str(figure or 0)).normalize(), "f")


def figure_literal(figure: float) -> Literal:
    """A number without a fraction of zero as an integer, any other as a decimal."""
    text = figure_text(figure)
    return Literal(text, datatype=term("xsd:integer" if "." not in text else "xsd:decimal"))


def figure_word(figure: float) -> str:
    """A number as a part of a slug: 33.3 is ``33-3``."""
    return figure_text(figure).replace(".", "-").replace("-", "minus-", 1 if figure < 0 else 0)


def slug_end(node: NamedNode) -> str:
    """The slug of a thing, without the doubled hyphens of a slug made of two."""
    kind_and_slug = split_thing(node.value)
    return (kind_and_slug[1] if kind_and_slug else slug_of(node.value)).replace("--", "-")
