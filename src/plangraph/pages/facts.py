"""What the graph says of one thing, to be shown property by property; nothing of it is left out unasked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from plangraph.pages.captions import Caption, choose_caption
from plangraph.pages.phrases import has_phrase
from plangraph.terms import Term, pg, shorten, term

NAMING: Final = (term("rdfs:label"), term("skos:prefLabel"), pg("formulation"))
DEFINITION: Final = term("skos:definition")
ELSEWHERE: Final = (*NAMING, term("rdf:type"))
"""What every page shows in places of its own."""


@dataclass(frozen=True)
class Value:
    """One value: a thing or address (``iri``), or a text, and its language if it has one."""

    iri: str
    text: str
    language: str


@dataclass(frozen=True)
class Fact:
    """A property with its values; ``key`` is its phrase where the interface has one."""

    property: str
    key: str
    values: Sequence[Value]


class Facts:
    """What the triples of a description say of the thing described."""

    def __init__(self, item: NamedNode, triples: Iterable[Triple]) -> None:
        self.item = item
        self.held: dict[NamedNode, list[Term]] = defaultdict(list)
        for triple in triples:
            if triple.subject == item and triple.object not in self.held[triple.predicate]:
                self.held[triple.predicate].append(triple.object)

    def name(self, language: str) -> Caption:
        """What the thing is called."""
        names = dict(self.read_texts(*NAMING))
        return choose_caption(names, language, self.item.value)

    def read_text(self, predicate: NamedNode, language: str) -> Caption | None:
        """A text that a property gives, in that language if there is one; ``None`` without any."""
        texts = dict(self.read_texts(predicate))
        return choose_caption(texts, language) if texts else None

    def read_texts(self, *predicates: NamedNode) -> Iterator[tuple[str, str]]:
        """Language and text of the literals of some properties."""
        for predicate in predicates:
            for value in sorted(self.held.get(predicate, []), key=str):
                if isinstance(value, Literal):
                    yield value.language or "", value.value

    def list_things(self, *predicates: NamedNode) -> list[str]:
        """The IRIs of the things that some properties give."""
        return [
            value.value
            for predicate in predicates
            for value in sorted(self.held.get(predicate, []), key=str)
            if isinstance(value, NamedNode)
        ]

    def list_facts(self, *without: NamedNode) -> list[Fact]:
        """Every property but those that the page shows elsewhere, by name."""
        left_out = {*ELSEWHERE, *without}
        return [
            write_fact(predicate, values)
            for predicate, values in sorted(self.held.items(), key=lambda entry: entry[0].value)
            if predicate not in left_out and values
        ]

    def list_iris(self) -> set[str]:
        """Every property and thing that has to be called something."""
        things = {
            value.value for values in self.held.values() for value in values if isinstance(value, NamedNode)
        }
        return things | {predicate.value for predicate in self.held}


def write_fact(predicate: NamedNode, values: Sequence[Term]) -> Fact:
    """A property with its values, as a page shows them."""
    key = f"property.{shorten(predicate.value)}"
    return Fact(
        predicate.value,
        key if has_phrase(key) else "",
        [write_value(value) for value in sorted(values, key=str)],
    )


def write_value(value: Term) -> Value:
    """One value."""
    if isinstance(value, NamedNode):
        return Value(value.value, "", "")
    if isinstance(value, Literal):
        return Value("", value.value, value.language or "")
    return Value("", str(value), "")
