"""One path of a sheet to attributions: the page, the hops behind it, who speaks at each, where it ends.

The page's own attribution comes first, each further one is what it takes the claim from. A speaker belongs to
the hop it spoke to; a text in hand is no speaker, it only says what the status of its hop is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.names import slug_of
from plangraph.notes import point_at
from plangraph.resolve import DATE, EDTF_TYPE, LABEL, TYPE, Resolver, slug_end, time_literal
from plangraph.sheets import MOST_WORDS, Attribution, Hop, Relay, Sheet
from plangraph.terms import Term, pg, term, thing

SPEAKER_STATUS: Final = {"person": "namedPerson", "body": "namedBody", "source": "anonymous"}


@dataclass
class Step:
    """One attribution of a path while it is being built."""

    document: NamedNode | None = None
    speaker: NamedNode | None = None
    status: str | None = None
    surface: list[str] = field(default_factory=list)
    candidates: list[NamedNode] = field(default_factory=list)
    taken_from: NamedNode | None = None
    outlet: bool = False


class Chains:
    """Writes the attributions of one document; unnamed sources and unseen documents are described once.

    ``latest`` is the last day on which the page may have been published, where that is known.
    """

    def __init__(self, sheet: Sheet, resolver: Resolver, latest: Literal | None) -> None:
        self.slug = slug = sheet.id
        self.outlet = sheet.outlet.name
        self.latest = latest
        self.document = thing("document", slug)
        self.relays = {relay.id: relay for relay in sheet.relays}
        self.resolver = resolver
        self.sources: dict[tuple[str, NamedNode | None], NamedNode] = {}
        self.unseen: dict[NamedNode, NamedNode] = {}
        self.quads: list[Quad] = []

    def say(self, subject: NamedNode, rows: list[tuple[NamedNode, Term]]) -> None:
        """Write triples of this document's graph."""
        self.quads += [Quad(subject, predicate, value, self.resolver.home) for predicate, value in rows]

    def write(self, name: str, claim: NamedNode, found: Attribution, pointer: str) -> None:
        """The attributions of one path; ``name`` is the slug of the page's own, without the document's."""
        steps = self.steps(found, pointer)
        slugs = [f"{self.slug}--{name}", *(f"{self.slug}--{name}--hop-{n}" for n in range(1, len(steps)))]
        nodes = [thing("attribution", slug) for slug in slugs]
        speaker, status = None, None
        for number in reversed(range(len(steps))):
            step, node = steps[number], nodes[number]
            speaker, status = step.speaker or speaker, step.status or status
            upstream = nodes[number + 1] if number + 1 < len(nodes) else step.taken_from
            rows: list[tuple[NamedNode, Term]] = [
                (TYPE, pg("Attribution")),
                (pg("assertsClaim"), claim),
                (pg("polarity"), pg(found.polarity)),
                (pg("sourceCertainty"), pg(found.certainty)),
                (pg("sourceStatus"), pg(self.status_of(steps, number, status))),
                *((pg("upstreamCandidate"), outlet) for outlet in step.candidates),
                *((pg("surfaceForm"), Literal(cut(text), language="en")) for text in step.surface),
            ]
            if speaker is not None:
                rows.append((pg("saidBy"), speaker))
            if upstream is not None:
                rows.append((pg("takenFrom"), upstream))
            if step.document is not None:
                rows.append((pg("inDocument"), step.document))
            if number == len(steps) - 1:
                rows += self.moment(found)
            if number == 0:
                rows.append((pg("quotationMode"), pg(found.quotation)))
                if found.certainty_as_found is not None:
                    rows.append((pg("certaintyAsFound"), Literal(found.certainty_as_found)))
                rows += self.evidence(name, found)
            self.say(node, rows)

    def status_of(self, steps: list[Step], number: int, status: str | None) -> str:
        """What is known of the source at a hop: the end of the chain counts."""
        if status is not None:
            return status
        if steps[number].taken_from is not None:
            return "outletNamed"
        if number + 1 < len(steps):
            return "outletNamed" if any(step.outlet for step in steps[number + 1 :]) else "notStated"
        return "ownVoice" if number == 0 else "notStated"

    def moment(self, found: Attribution) -> list[tuple[NamedNode, Term]]:
        """When and on which occasion the words were uttered."""
        rows: list[tuple[NamedNode, Term]] = []
        said = None if found.said_on is None else time_literal(found.said_on)
        if said is not None and said.datatype in (DATE, EDTF_TYPE):
            rows.append((pg("saidOn"), said))
        if found.said_at is not None:
            rows.append((pg("utteredAt"), thing("event", found.said_at)))
        return rows

    def steps(self, found: Attribution, pointer: str) -> list[Step]:
        """The page and every hop behind it."""
        steps = [Step(document=self.document)]
        if found.candidates and not any(hop.kind in ("relay", "outlet", "media") for hop in found.via):
            outlets = [
                self.resolver.actor(name, pointer + point_at("candidates"), "outlet")
                for name in found.candidates
            ]
            steps.append(Step(candidates=[outlet for outlet in outlets if outlet is not None]))
        for number, hop in enumerate(found.via):
            self.walk(steps, hop, pointer + point_at("via", number))
        return steps

    def walk(self, steps: list[Step], hop: Hop, pointer: str) -> None:
        """Go one hop further: a new step for an outlet, a speaker or a text for the last one."""
        if hop.claim is not None:
            steps[-1].surface.append(self.surface_of(hop))
            steps[-1].taken_from = thing("attribution", hop.claim)
        elif hop.kind in ("relay", "outlet", "media"):
            step = self.outlet_step(hop, pointer)
            steps[-1].surface.append(self.surface_of(hop))
            if step.document is None:
                step.surface.append(self.surface_of(hop))
            steps.append(step)
        elif hop.kind == "text":
            steps[-1].surface.append(hop.name)
            steps[-1].status = steps[-1].status or "publishedText"
        else:
            if steps[-1].speaker is not None or steps[-1].status in SPEAKER_STATUS.values():
                steps.append(Step())
            steps[-1].speaker, steps[-1].status = self.speaker(hop, pointer, steps[-1].document)
            steps[-1].surface.append(hop.name)

    def surface_of(self, hop: Hop) -> str:
        """The words that stand for a hop in the sheet."""
        return self.relays[hop.name].outlet if hop.kind == "relay" and hop.name in self.relays else hop.name

    def outlet_step(self, hop: Hop, pointer: str) -> Step:
        """A hop that is an outlet's report: an unseen document of its own, or one the registry describes."""
        relay = self.relays.get(hop.name) if hop.kind == "relay" else None
        if hop.kind == "media" or (relay is not None and not relay.named):
            return Step()
        if relay is not None:
            document = self.relay_document(relay)
            # A page of the data set states claims of its own; this hop is not one of them.
            seen = relay.document is not None and not self.resolver.names.knows(
                thing("document", relay.document)
            )
            return Step(document=None if seen else document, outlet=True)
        outlet = self.resolver.actor(hop.name, pointer, "outlet")
        if outlet is None:
            return Step(outlet=True)
        return Step(document=self.unseen_document(slug_end(outlet), outlet, hop.name), outlet=True)

    def relay_document(self, relay: Relay) -> NamedNode | None:
        """The document that a relay stands for; ``None`` where it names no outlet."""
        if relay.document is not None:
            return thing("document", relay.document)
        number = list(self.relays).index(relay.id)
        outlet = self.resolver.actor(relay.outlet, point_at("relays", number, "outlet"), "outlet")
        return None if outlet is None else self.unseen_document(relay.id, outlet, relay.outlet)

    def unseen_document(self, name: str, outlet: NamedNode, called: str) -> NamedNode:
        """A report that this page passes on and nobody here has read.

        It gets a number where a report by another outlet has its name: that of a relay may be any.
        """
        node, number = thing("document", f"{self.slug}--{name}"), 1
        while self.unseen.get(node, outlet) != outlet:
            number += 1
            node = thing("document", f"{self.slug}--{name}-{number}")
        if node not in self.unseen:
            self.unseen[node] = outlet
            label = f"a report by {called}, passed on by {self.outlet}"
            rows: list[tuple[NamedNode, Term]] = [
                (TYPE, pg("Document")),
                (LABEL, Literal(label, language="en")),
                (term("schema:publisher"), outlet),
                (pg("documentKind"), pg("unseenReport")),
                (pg("readingExtent"), pg("citedOnly")),
            ]
            if self.latest is not None:  # what a page cites is not younger than the page
                rows.append((pg("publishedNotAfter"), self.latest))
            self.say(node, rows)
        return node

    def speaker(
        self, hop: Hop, pointer: str, heard_by: NamedNode | None = None
    ) -> tuple[NamedNode | None, str]:
        """Who speaks, and the status of such a source; ``None`` for an ambiguous name."""
        if hop.kind == "source":
            return self.source(hop, pointer, heard_by), "anonymous"
        found = self.resolver.actor(hop.name, pointer, hop.kind)
        person = found is not None and (
            self.resolver.names.is_a(found, term("schema:Person"))
            or (not self.resolver.names.knows(found) and hop.kind == "person")
        )
        return found, "namedPerson" if person or found is None else "namedBody"

    def source(self, hop: Hop, pointer: str, heard_by: NamedNode | None) -> NamedNode:
        """An unnamed source of this document: the same description, given to the same report, is the same.

        A holder of a stance, who is named apart from any path, is the first source of that description.
        """
        if heard_by is None:
            known = [node for (name, _), node in self.sources.items() if name == hop.name]
            if known:
                return known[0]
        key = hop.name, heard_by
        if key not in self.sources:
            taken = {node.value for node in self.sources.values()}
            slug, number = f"{self.slug}--{slug_of(hop.name, words=8)}", 1
            while thing("source", slug if number == 1 else f"{slug}-{number}").value in taken:
                number += 1
            node = thing("source", slug if number == 1 else f"{slug}-{number}")
            words = cut(hop.name)
            rows: list[tuple[NamedNode, Term]] = [
                (TYPE, pg("AnonymousSource")),
                (LABEL, Literal(f"unnamed source in {self.outlet}: {words}", language="en")),
                (pg("describedAs"), Literal(words, language="en")),
            ]
            if hop.several is not None:
                rows.append((pg("speakerNumber"), pg("severalSpeakers" if hop.several else "oneSpeaker")))
            body = None if hop.affiliation is None else self.resolver.actor(hop.affiliation, pointer, "body")
            if body is not None and not self.resolver.names.is_a(body, term("schema:Person")):
                rows.append((pg("affiliatedWith"), body))
            self.sources[key] = node
            self.say(node, rows)
        return self.sources[key]

    def evidence(self, name: str, found: Attribution) -> list[tuple[NamedNode, Term]]:
        """The place in the page that shows it: a key phrase, with its span where that is known."""
        if found.anchor is None:
            return []
        node = thing("evidence", f"{self.slug}--{name}")
        quote = thing("evidence", f"{self.slug}--{name}--quote")
        rows: list[tuple[NamedNode, Term]] = [
            (TYPE, term("oa:SpecificResource")),
            (term("oa:hasSource"), self.document),
            (term("oa:hasSelector"), quote),
        ]
        self.say(quote, [(TYPE, term("oa:TextQuoteSelector")), (term("oa:exact"), Literal(found.anchor))])
        if found.position is not None:
            place = thing("evidence", f"{self.slug}--{name}--position")
            rows.append((term("oa:hasSelector"), place))
            start, end = (Literal(str(offset), datatype=term("xsd:integer")) for offset in found.position)
            self.say(
                place,
                [
                    (TYPE, term("oa:TextPositionSelector")),
                    (term("oa:start"), start),
                    (term("oa:end"), end),
                ],
            )
        self.say(node, rows)
        return [(pg("hasEvidence"), node)]


def cut(text: str) -> str:
    """As many words of a page as we keep in one place."""
    return " ".join(text.split()[:MOST_WORDS])
