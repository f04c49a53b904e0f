"""What claims and stances of a sheet are about: topics and things that are named with their kind, to terms.

Unlike a value of a slot, a subject cannot be kept as it was found: what resolves to nothing, and has no stub,
breaks a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode

from plangraph.names import fold, list_slugs
from plangraph.resolve import Resolver
from plangraph.sheets import Sheet
from plangraph.terms import SLUG, pg, split_thing, term, thing

PLAN: Final = thing("plan", "ukraine-peace-plan")
"""The plan that a claim without a version is about."""

TOPICS: Final = thing("scheme", "topics")
NAMED: Final = ("event", "option", "version", "actor", "provision", "attribution")
"""The kinds that a stance can name what it is about by, beside claims."""

About: TypeAlias = tuple[NamedNode, NamedNode | None]
"""What something is about, and the topic where that is no provision of it."""


class Subjects:
    """Finds what the claims and stances of one sheet are about."""

    def __init__(self, sheet: Sheet, resolver: Resolver) -> None:
        self.sheet = sheet
        self.resolver = resolver
        self.names = resolver.names
        self.made: dict[str, str] = {}
        """The slugs of topics that this sheet has brought, by their names."""
        self.claims = {event.id: thing("claim", f"{sheet.id}--{event.id}") for event in sheet.events}
        """The claims of this sheet by their ids; whether one is a change is known once it is written."""

    def of_claim(self, topic: str, version: NamedNode | None, pointer: str) -> About:
        """What a claim on a topic is about; stubs are made of a topic that is not known."""
        slug = self.find_topic(topic, pointer)
        return self.make_topic(topic, pointer) if slug is None else self.on_topic(slug, version)

    def of_stance(self, about: str, version: NamedNode | None, pointer: str) -> About:
        """What a stance is about: the plan, a topic, or a thing that is named with its kind."""
        kind, colon, name = about.partition(":")
        name = name.strip()
        if colon and kind == "claim":
            return self.claim(name, pointer), None
        if colon and kind in NAMED:
            return self.named(kind, name, pointer) or PLAN, None
        slug = None if about == "plan" else self.find_topic(about, pointer)
        if slug is not None:
            return self.on_topic(slug, version)
        if about != "plan":
            message = f'no topic is called "{about}": read as a stance on the plan'
            self.resolver.note(pointer, "unknown-topic", message)
        return version or PLAN, None

    def on_topic(self, slug: str, version: NamedNode | None) -> About:
        """The provision of a topic, else the version or the plan, and the topic."""
        provision, topic = thing("provision", slug), thing("topic", slug)
        if self.names.knows(provision) or slug in self.made.values():
            return provision, None
        return version or PLAN, topic

    def find_topic(self, name: str, pointer: str) -> str | None:
        """The slug of a topic, by the slug itself, by a label, or by the words of the slug."""
        if SLUG.fullmatch(name) and self.knows_topic(name):
            return name
        spelled = spell(name)
        if spelled in self.made:
            return self.made[spelled]
        for group in (TOPICS.value, "provision"):
            match = self.names.find((group,), name)
            if match.several:
                self.reject_ambiguous(name, match.several, pointer)
            if match.found is not None or match.several:
                named = split_thing((match.found or match.several[0]).value)
                return named[1] if named else None
        return spelled if SLUG.fullmatch(spelled) and self.knows_topic(spelled) else None

    def knows_topic(self, slug: str) -> bool:
        """Whether there is a topic of that slug, or a provision."""
        return self.names.knows(thing("provision", slug)) or self.names.knows(thing("topic", slug))

    def make_topic(self, name: str, pointer: str) -> About:
        """Stubs of a topic and of its provision, which have one slug."""
        spelled = spell(name)
        stubs = self.resolver.stubs
        slug = stubs.choose_slug(("topic", "provision"), list_topic_slugs(name), spelled)
        self.made[spelled] = slug
        self.resolver.note(pointer, "unknown-topic", f'no topic is called "{name}": stubs are made of it')
        topic = stubs.describe(
            thing("topic", slug),
            term("skos:Concept"),
            name,
            (term("skos:prefLabel"), Literal(name, language="en")),
            (term("skos:definition"), Literal(f"A topic that a sheet calls {name}.", language="en")),
            (term("skos:inScheme"), TOPICS),
        )
        definition = f"A provision that is not registered yet; a sheet calls its topic {name}."
        provision = stubs.describe(
            thing("provision", slug),
            pg("Provision"),
            name,
            (term("skos:definition"), Literal(definition, language="en")),
            (pg("ofPlan"), PLAN),
            (pg("onTopic"), topic),
        )
        return provision, None

    def claim(self, name: str, pointer: str) -> NamedNode:
        """A claim of this sheet by its id, or of another document as ``document--claim``."""
        if name in self.claims:
            return self.claims[name]
        if SLUG.fullmatch(name) and "--" in name:
            return thing("claim", name)
        message = f'the sheet has no claim "{name}"; one of another document is named document--claim'
        self.resolver.reject(pointer, "unknown-claim", message)
        return PLAN

    def named(self, kind: str, name: str, pointer: str) -> NamedNode | None:
        """A thing of some kind by its name or slug; ``None`` where that broke a rule."""
        if kind == "event" and name in {event.id for event in self.sheet.events}:
            return self.event(name)
        match = self.names.find((kind,), name) if name else None
        if match is not None and match.several:
            self.reject_ambiguous(name, match.several, pointer)
            return None
        if match is not None and match.found is not None:
            return match.found
        if SLUG.fullmatch(name) and ("--" in name or kind == "attribution"):
            return thing(kind, name)  # described in a document, if it is: the shapes look there
        if kind == "actor" and name and self.names.find(("outlet",), name).found is None:
            return self.resolver.actor(name, pointer)
        self.resolver.reject(pointer, f"unknown-{kind}", f'no {kind} is called "{name}"')
        return None

    def event(self, name: str) -> NamedNode:
        """An event of this sheet: one of the registry, or one of its own."""
        found = next(event for event in self.sheet.events if event.id == name)
        return thing("event", found.event or f"{self.sheet.id}--{name}")

    def reject_ambiguous(self, name: str, bearers: tuple[NamedNode, ...], pointer: str) -> None:
        """A name that several bear tells of nothing what this is about."""
        slugs = ", ".join(entry.value.rpartition("/id/")[2] for entry in bearers)
        self.resolver.reject(pointer, "ambiguous-name", f'"{name}" names several: {slugs}; give the slug')


def spell(name: str) -> str:
    """A name as the slug that it would be if it consisted of the words of one."""
    return fold(name).replace(" ", "-")


def list_topic_slugs(name: str) -> Iterator[str]:
    """As :func:`list_slugs`; a topic may be named by its slug as well."""
    spelled = spell(name)
    return chain([spelled] if SLUG.fullmatch(spelled) else [], list_slugs(name))
