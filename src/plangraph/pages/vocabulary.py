"""The vocabulary as pages show it: terms, schemes, topics and concepts, out of the files of the software."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from plangraph.build import read_files
from plangraph.errors import NotFound
from plangraph.files import list_vocabulary, packaged, read_text
from plangraph.index import Index
from plangraph.pages.captions import read_names
from plangraph.pages.facts import DEFINITION
from plangraph.terms import NS, Term, graph, pg, split_thing, term, thing

DEFINED_BY, IN_SCHEME, BROADER = term("rdfs:isDefinedBy"), term("skos:inScheme"), term("skos:broader")
KINDS: Final[Mapping[Term, str]] = {
    term("owl:Class"): "class",
    term("owl:ObjectProperty"): "property",
    term("owl:DatatypeProperty"): "property",
    term("rdf:Property"): "property",
    term("skos:ConceptScheme"): "scheme",
    term("skos:Concept"): "concept",
}
"""What a term is; one that is a property and a concept too counts as the property."""

GROUPS: Final = ("class", "slot", "property", "scheme", "concept")
"""The kinds of terms in the order in which they are listed."""

THINGS: Final = ("scheme", "topic", "concept")
"""The kinds of things that have a page among the terms."""

POINTING: Final = (
    "rdfs:subClassOf", "rdfs:subPropertyOf", "schema:domainIncludes", "rdfs:range", "pg:comparison",
    "pg:slotGroup", "pg:valueScheme", "skos:broader",
)  # fmt: skip
"""By which properties other terms point at a term in a way that is worth a list."""


@dataclass(frozen=True)
class Member:
    """A concept in the tree of its scheme."""

    iri: str
    below: Sequence[Member]


class Vocabulary:
    """Everything that the ontology, the topics and the value concepts state."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        held = list(quads)
        self.index = Index(held)
        self.names = read_names([quad.triple for quad in held])
        self.definitions = {
            quad.subject.value: quad.object.value
            for quad in held
            if quad.predicate == DEFINITION and isinstance(quad.subject, NamedNode)
            if isinstance(quad.object, Literal) and quad.object.language == "en"
        }

    @cached_property
    def groups(self) -> Mapping[str, list[str]]:
        """The terms that the namespace defines, by kind, each once; by name."""
        found: dict[str, list[str]] = {kind: [] for kind in GROUPS}
        for entry in self.index.subjects(DEFINED_BY, NamedNode(NS.removesuffix("#"))):
            if isinstance(entry, NamedNode) and entry.value != NS.removesuffix("#"):
                found[self.find_kind(entry)].append(entry.value)
        return {kind: sorted(iris, key=str.lower) for kind, iris in found.items()}

    def find_kind(self, item: NamedNode) -> str:
        """What an item is: one of ``GROUPS``, or a topic."""
        if pg("slot") in self.index.objects(item, term("rdfs:subPropertyOf")):
            return "slot"
        kinds = [KINDS[entry] for entry in self.index.objects(item, term("rdf:type")) if entry in KINDS]
        kind = min(kinds, key=GROUPS.index)
        return "topic" if split_thing(item.value) and kind == "concept" and is_topic(item) else kind

    def find(self, name: str, kind: str = "") -> NamedNode:
        """The term of a local name, or the thing of a kind and slug; raises :class:`NotFound`."""
        try:
            item = thing(kind, name) if kind else pg(name)
        except ValueError:
            item = pg("")
        if (kind and kind not in THINGS) or not self.index.objects(item, term("rdf:type")):
            raise NotFound(f"the vocabulary has no {kind or 'term'} called {name!r:.200}")
        return item

    def describe(self, item: NamedNode) -> list[Triple]:
        """What is stated of an item."""
        return [
            Triple(item, predicate, value)
            for predicate in self.index.predicates(item)
            for value in self.index.objects(item, predicate)
        ]

    def list_pointing(self, item: NamedNode) -> Iterator[tuple[str, list[str]]]:
        """What points at an item, by the property that does."""
        for name in POINTING:
            found = [
                entry.value
                for entry in self.index.subjects(term(name), item)
                if isinstance(entry, NamedNode) and entry != item
            ]
            if found:
                yield name, found

    def list_members(self, scheme: NamedNode) -> list[Member]:
        """The concepts of a scheme as a tree; one that is below two stands below both."""
        inside = {entry for entry in self.index.subjects(IN_SCHEME, scheme) if isinstance(entry, NamedNode)}
        above = {entry: inside & set(self.index.objects(entry, BROADER)) for entry in inside}

        def grow(entry: NamedNode, passed: frozenset[NamedNode]) -> Member:
            below = [one for one in inside if entry in above[one] and one not in passed]
            return Member(entry.value, order(grow(one, passed | {one}) for one in below))

        return order(grow(entry, frozenset({entry})) for entry in inside if not above[entry])

    def list_schemes(self) -> list[str]:
        """All schemes, those of other data sets that topics are matched with too."""
        return [
            entry.value
            for entry in self.index.instances(term("skos:ConceptScheme"))
            if isinstance(entry, NamedNode)
        ]


def order(members: Iterable[Member]) -> list[Member]:
    """Members by name."""
    return sorted(members, key=lambda member: member.iri.lower())


def is_topic(item: NamedNode) -> bool:
    """Whether an item is a topic by its name."""
    return (split_thing(item.value) or ("", ""))[0] == "topic"


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary that comes with the software."""
    return Vocabulary(read_files(file for file in list_vocabulary() if file.graph != graph("shapes")))


@cache
def name_vocabulary() -> str:
    """A digest of the files of the vocabulary and of the shapes."""
    texts = (read_text(file.path) for file in list_vocabulary())
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:16]


@cache
def load_exemptions() -> Mapping[str, str]:
    """Why no competency question uses a term, by its local name."""
    text = read_text(packaged("ontology") / "questions" / "exempt.csv")
    return {row["term"]: row["reason"] for row in csv.DictReader(io.StringIO(text))}
