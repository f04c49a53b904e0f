"""Made-up histories of a small data set: documents put, replaced and retracted, entries changed.

Few names and few values, so that claims meet, chains lead from one document into another and back, and each
fact that the derivation reads comes and goes while something rests on it. What is written need not pass the
shapes: what is computed must be right for anything that a store can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from hypothesis import strategies as st
from pyoxigraph import Quad

from builders import read, read_vocabulary
from plangraph.build import settle
from plangraph.change import Change
from plangraph.index import Index
from plangraph.slots import read_slots

DOCUMENTS: Final = ("one", "two", "three")
CLAIMS: Final = tuple(f"{document}--{name}" for document in DOCUMENTS for name in ("first", "second"))
ATTRIBUTIONS: Final = tuple(
    f"{document}--{name}" for document in DOCUMENTS for name in ("first", "second", "hop")
)

ABOUT: Final = ("provision:p", "provision:q", "version:v", "plan:x", "event:e", "claim:one--first", "")
CONTEXT: Final = (
    "", "pg:inVersion version:v", "pg:inVersion version:w", "pg:inVersion version:v ; pg:inOption option:o",
    "pg:toVersion version:w", "pg:onTopic topic:t", "pg:inVersion version:v ; pg:onlyWhen concept:then",
    "pg:heldBy actor:ann", "pg:heldBy actor:bob", "pg:heldBy actor:ann ; pg:denialOf pg:substance",
    "pg:heldBy actor:ann ; pg:denialOf pg:receipt", "pg:glosses claim:two--first",
)  # fmt: skip
SLOTS: Final = {
    "duration": (
        "pg:duration concept:long", "pg:duration concept:short", 'pg:duration "P10Y"^^xsd:duration',
    ),
    "deadline": (
        'pg:deadline "2025-11-27"^^xsd:date', 'pg:deadline "2025-11"^^edtf:EDTF',
        'pg:deadline "2025-12-27"^^xsd:date',
    ),
    "territory": (
        "pg:territory place:whole", "pg:territory place:east, place:west", "pg:territory place:east",
        "pg:territory place:north",
    ),
    "scope": (
        "pg:materialScope concept:one", "pg:materialScope concept:two", "pg:materialScope concept:either",
    ),
    "troops": (
        "pg:troopCeiling quantity:many", "pg:troopLevel quantity:many", "pg:troopCeiling quantity:some",
        "pg:troopCeiling quantity:half",
    ),
    "share": (
        "pg:share quantity:third", "pg:share quantity:third, quantity:half", "pg:share quantity:half",
        "pg:share quantity:half, quantity:many",
    ),
    "point": (
        "pg:pointNumber 7 ; pg:pointBasis concept:stated", "pg:pointNumber 8 ; pg:pointBasis concept:stated",
        "pg:pointNumber 7 ; pg:pointBasis concept:inferred", "pg:pointNumber 7", "pg:pointNumber 8",
    ),
    "stance": ("pg:stanceKind pg:endorses", "pg:stanceKind pg:rejects", "pg:stanceKind pg:qualifies"),
    "recipient": ("pg:recipient actor:ann", "pg:recipient actor:bob", "pg:recipient actor:ann, actor:bob"),
    "author": ("pg:author actor:ann, actor:body", "pg:author actor:body", "pg:author actor:ann"),
    "pace": ("pg:pace concept:one", "pg:pace concept:two"),
}  # fmt: skip
"""What claims may say, by the question it answers."""

SPEAKERS: Final = ("", "", "actor:ann", "actor:bob", "actor:body", "source:s")
DAYS: Final = ("2025-11-20", "2025-11-21", "2025-12-01", "2025-12-02", "2025-11", "")
PAGES: Final = (
    "schema:publisher outlet:o ; pg:documentKind pg:newsReport",
    "schema:publisher outlet:r ; pg:documentKind pg:newsReport",
    "schema:publisher outlet:r ; pg:documentKind pg:agencyCopy",
    "pg:documentKind pg:newsReport",
    "schema:publisher outlet:o ; pg:copyOf document:one",
    "pg:copyOf document:two",
    "pg:copyOf document:three, document:one",
)
QUANTITIES: Final = (
    "",
    "quantity:third pg:number 33 ; pg:unit concept:percent ; pg:ofBase place:east .",
    "quantity:half a pg:Quantity ; pg:number 50 ; pg:unit concept:percent .",
)

REGISTRY: Final = {
    "p": (
        "",
        'provision:p a pg:Provision ; rdfs:label "p"@en .',
        'provision:p a pg:Provision ; rdfs:label "the p"@en .',
    ),
    "v": ("", 'version:v a pg:PlanVersion ; rdfs:label "v"@en .', "version:v a pg:PlanVersion ."),
    "e": ("event:e a schema:Event .", ""),
    "ann": (
        "actor:ann a schema:Person .",
        'actor:ann a schema:Person ; rdfs:label "Ann"@en ; pg:actsFor actor:body .',
        "",
        'actor:ann rdfs:label "Ann" ; org:memberOf actor:body .',
    ),
    "bob": ('actor:bob a schema:Person ; rdfs:label "Bob"@en .', "actor:bob pg:actsFor actor:ann ."),
    "body": ("actor:body a schema:Organization .", 'actor:body rdfs:label "the body"@en .'),
    "east": (
        "place:east schema:containedInPlace place:whole .",
        "place:east schema:containedInPlace place:whole ; pg:coveredBy place:north .",
        "",
    ),
    "north": ("", "place:north schema:containedInPlace place:east .", 'place:north rdfs:label "N"@en .'),
    "whole": (
        "place:whole pg:coveredBy place:east, place:west .",
        'place:whole rdfs:label "all of it"@en .',
        "place:whole pg:coveredBy place:east ; schema:containedInPlace place:world .",
    ),
    "one": (
        "concept:one skos:broader concept:either .",
        'concept:one skos:broader concept:either ; skos:prefLabel "one"@en .',
        "",
    ),
    "two": ("concept:two skos:broader concept:either .", "concept:two skos:broader concept:one ."),
    "either": ("", "concept:either pg:exclusiveMembers true .", "concept:either skos:broader concept:two ."),
    "long": (
        "concept:long pg:minMonths 60 ; pg:maxMonths 120 .",
        "concept:long pg:minMonths 600 ; pg:maxMonths 600 .",
        "",
    ),
    "short": (
        "concept:short pg:minMonths 1 ; pg:maxMonths 60 .",
        "concept:short skos:broader concept:long .",
    ),
    "many": (
        "quantity:many pg:number 600000 ; pg:unit concept:persons .",
        "quantity:many pg:lowest 1 ; pg:highest 2 ; pg:quantityComparator pg:atMost .",
    ),
    "some": (
        "quantity:some pg:number 400000 ; pg:unit concept:persons ; pg:inRespectOf actor:body .",
        "quantity:some pg:number 400000 ; pg:unit concept:persons .",
    ),
    "third": (
        "",
        "quantity:third pg:number 33 ; pg:inRespectOf actor:ann .",
        "quantity:third pg:number 50 .",
    ),
    "half": ("", "quantity:half pg:inRespectOf actor:body ; pg:ofBase place:east ."),
    "wire": (
        "",
        "attribution:wire a pg:Attribution ; pg:inDocument document:wire ; pg:assertsClaim claim:one--first ;"
        " pg:polarity pg:positive . document:wire schema:publisher outlet:r .",
        "attribution:wire a pg:Attribution ; pg:takenFrom attribution:two--first, attribution:wire ;"
        " pg:assertsClaim claim:one--first, claim:two--first .",
        "attribution:wire a pg:Attribution ; pg:utteredAt event:e ; pg:saidBy actor:bob .",
    ),
}
"""Entries of the registry, each with the states that it may have; the first is the one it begins with."""

State = frozenset[Quad]
"""What a data set states beside its vocabulary."""


@dataclass(frozen=True)
class Step:
    """What one commit does: graphs and entries that it writes, and quads that it takes out or puts back.

    ``written`` is Turtle by document and by entry of the registry; an empty one retracts. ``toggled`` are
    quads that there have been: the place of a predicate among all, and that of one of its quads.
    """

    written: dict[str, str]
    toggled: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Theme:
    """What the claims of a history speak of: little, so that they meet."""

    about: tuple[str, ...]
    context: tuple[str, ...]
    slots: tuple[str, ...]


@st.composite
def choose_theme(draw: st.DrawFn) -> Theme:
    """One or two things to speak of, in one or two contexts, and one or two questions to answer."""
    questions = draw(st.lists(st.sampled_from(sorted(SLOTS)), min_size=1, max_size=2, unique=True))
    return Theme(
        tuple(draw(st.lists(st.sampled_from(ABOUT), min_size=1, max_size=2, unique=True))),
        tuple(draw(st.lists(st.sampled_from(CONTEXT), min_size=1, max_size=2, unique=True))),
        tuple(text for question in questions for text in SLOTS[question]),
    )


@st.composite
def write_claim(draw: st.DrawFn, name: str, theme: Theme) -> str:
    """A claim as Turtle."""
    kind = draw(st.sampled_from(["pg:Claim"] * 8 + ["pg:Claim, pg:Stance", "pg:Stance"]))
    about = draw(st.sampled_from(theme.about))
    slots = draw(st.lists(st.sampled_from(theme.slots), min_size=1, max_size=2, unique=True))
    rows = [f"a {kind}", about and f"pg:about {about}", draw(st.sampled_from(theme.context)), *slots]
    return f"claim:{name} {' ; '.join(filter(None, rows))} ."


@st.composite
def write_attribution(draw: st.DrawFn, document: str, name: str) -> str:
    """An attribution as Turtle: of a claim of the document, perhaps of another one, taken from anywhere."""
    rows = ["a pg:Attribution", f"pg:polarity pg:{draw(st.sampled_from(['positive'] * 3 + ['negative']))}"]
    claims = {name if name in CLAIMS else draw(st.sampled_from(CLAIMS))}
    claims |= set(draw(st.sampled_from([[], [], [], [], CLAIMS[:1], CLAIMS[-1:]])))
    rows += [f"pg:assertsClaim claim:{claim}" for claim in sorted(claims)]
    if draw(st.integers(0, 3)):
        rows.append(f"pg:inDocument document:{document}")
    if speaker := draw(st.sampled_from(SPEAKERS)):
        rows.append(f"pg:saidBy {speaker}")
    if day := draw(st.sampled_from(DAYS)):
        rows.append(f'pg:saidOn "{day}"^^xsd:date')
    above = st.sampled_from([f"{document}--hop", "wire", *ATTRIBUTIONS])
    for taken in draw(st.sampled_from([0, 0, 0, 1, 1, 2])) * [above]:
        rows.append(f"pg:takenFrom attribution:{draw(taken)}")
    if not draw(st.integers(0, 7)):
        rows.append("pg:utteredAt event:e")
    return f"attribution:{name} {' ; '.join(rows)} ."


@st.composite
def write_document(draw: st.DrawFn, document: str, theme: Theme) -> str:
    """A document with its claims and attributions as Turtle."""
    parts = [f"document:{document} {draw(st.sampled_from(PAGES))} .", draw(st.sampled_from(QUANTITIES))]
    parts += [draw(write_claim(f"{document}--{name}", theme)) for name in ("first", "second")]
    names = ["first", "second", *draw(st.sampled_from([[], ["hop"]]))]
    parts += [draw(write_attribution(document, f"{document}--{name}")) for name in names]
    return "\n".join(parts)


@st.composite
def write_step(draw: st.DrawFn, theme: Theme) -> Step:
    """What one commit does."""
    written: dict[str, str] = {}
    for document in draw(st.lists(st.sampled_from(DOCUMENTS), max_size=2, unique=True)):
        coming = write_document(document, theme)
        written[f"document/{document}"] = draw(st.one_of(coming, coming, coming, st.just("")))
    for entry in draw(st.lists(st.sampled_from(sorted(REGISTRY)), max_size=1)):
        written[entry] = draw(st.sampled_from(REGISTRY[entry]))
    place = st.integers(0, 1_000)
    return Step(written, tuple(draw(st.lists(st.tuples(place, place), max_size=2))))


@st.composite
def write_history(draw: st.DrawFn) -> list[Step]:
    """The commits of a history: first all documents, then what becomes of them."""
    theme = draw(choose_theme())
    first = Step({f"document/{name}": draw(write_document(name, theme)) for name in DOCUMENTS}, ())
    return [first, *draw(st.lists(write_step(theme), min_size=6, max_size=12))]


class Telling:
    """A history as it is told: what is stated, and all that ever was."""

    def __init__(self) -> None:
        self.entries = {name: read_entry(name, states[0]) for name, states in REGISTRY.items()}
        self.state: State = frozenset().union(*self.entries.values())
        self.known = self.state

    def tell(self, step: Step) -> Change:
        """The change that a commit makes; two entries of the registry may say the same."""
        before = self.state
        self.entries |= {name: read_entry(name, text) for name, text in step.written.items()}
        stated: State = frozenset().union(*self.entries.values()) if step.written else before
        self.known |= stated
        self.state = stated ^ {self.find_known(*places) for places in step.toggled}
        return Change(write_lines(before - self.state), write_lines(self.state - before))

    def find_known(self, of_predicate: int, of_quad: int) -> Quad:
        """A quad that there has been: each predicate comes as often, however many quads have it."""
        predicates = sorted({quad.predicate for quad in self.known}, key=str)
        predicate = predicates[of_predicate % len(predicates)]
        quads = sorted((quad for quad in self.known if quad.predicate == predicate), key=str)
        return quads[of_quad % len(quads)]


def read_entry(name: str, text: str) -> frozenset[Quad]:
    """The quads of a document or of an entry of the registry, as a store keeps them."""
    return frozenset(settle(read(text, name if "/" in name else "registry")))


def write_lines(quads: frozenset[Quad]) -> bytes:
    """Quads as N-Quads."""
    return "".join(f"{quad} .\n" for quad in quads).encode()


@cache
def read_slots_alone() -> tuple[Quad, ...]:
    """Of the vocabulary the slots that occur and nothing else, so that deriving everything takes little."""
    vocabulary = read_vocabulary()
    slots = read_slots(Index(vocabulary)).values()
    texts = [*CONTEXT, *(text for texts in SLOTS.values() for text in texts)]
    kept = {slot.iri for slot in slots if any(f"pg:{slot.name} " in text for text in texts)}
    assert len(kept) > 12
    return tuple(quad for quad in vocabulary if quad.subject in kept)
