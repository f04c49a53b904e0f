"""The names of values, divergences and quantities in a language in which the data has none for them.

The graph words these in English only. Here a name is put together from those of what the thing holds, where
each of them has one in the language; where one has none, there is none for the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode, Triple

from plangraph.pages.phrases import has_phrase, say, write_figure
from plangraph.terms import NS, Term, split_thing, term

WORDED: Final = "en"
"""The language in which the data words what is computed."""

COMPOSED: Final = ("value", "divergence", "quantity")
"""The kinds of things whose names are made of others."""

BOOLEAN: Final = term("xsd:boolean")
DASH: Final = "\N{EN DASH}"
SIGNS: Final = {"percent": "%"}
"""Units that are written alike in every language; the others are phrases."""

Parts: TypeAlias = Mapping[str, Mapping[str, list[Term]]]
"""What things hold: by their IRI and the local name of the property."""

Found: TypeAlias = Mapping[str, Mapping[str, str]]
"""Names by IRI and language."""


def is_composed(iri: str) -> bool:
    """Whether the name of a thing is made of others."""
    return (split_thing(iri) or ("", ""))[0] in COMPOSED


def read_parts(triples: Iterable[Triple]) -> Parts:
    """What things hold, as the query ``computed-parts`` tells it."""
    found: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        if isinstance(triple.subject, NamedNode):
            held = found[triple.subject.value][triple.predicate.value.removeprefix(NS)]
            if triple.object not in held:  # what several documents say is there once for each
                held.append(triple.object)
    return found


def list_held(parts: Parts) -> set[str]:
    """The things that names are made of; the claims that deny a value are none."""
    return {
        value.value
        for held in parts.values()
        for name, values in held.items()
        for value in values
        if name != "deniedIn" and isinstance(value, NamedNode)
    }


class Wording:
    """Names in one language, out of what things hold and the names that the data has in it."""

    def __init__(self, language: str, parts: Parts, found: Found) -> None:
        self.language = language
        self.parts = parts
        self.found = found

    def name(self, iri: str) -> str | None:
        """What a thing is called; nothing where the language has no name for it or a part of it."""
        kind = (split_thing(iri) or ("", ""))[0]
        if kind == "value":
            return self._join(self._head(iri, iri), self.tell(iri))
        if kind == "divergence":
            return self._name_divergence(iri)
        if kind == "quantity":
            return self._name_quantity(iri)
        return self.found.get(iri, {}).get(self.language)

    def tell(self, value: str) -> str | None:
        """What a reported value says, without its subject and its slot."""
        words = self._list(self._of(value, "reportedValue"))
        if words and self._of(value, "deniedIn"):
            return say(self.language, "words.denied", words=words)
        return words

    def _of(self, iri: str, name: str) -> list[Term]:
        return self.parts.get(iri, {}).get(name, [])

    def _word(self, member: Term) -> str | None:
        """A member of a value: a thing by its name, a text as it stands."""
        if isinstance(member, NamedNode):
            return self.name(member.value)
        if isinstance(member, Literal) and has_phrase(f"truth.{member.value}") and member.datatype == BOOLEAN:
            return say(self.language, f"truth.{member.value}")
        return member.value if isinstance(member, Literal) else None

    def _list(self, members: Iterable[Term]) -> str | None:
        """Members by name; nothing where one of them has none, or there are none."""
        words = [self._word(member) for member in members]
        named = sorted(word for word in words if word is not None)
        return ", ".join(named) if named and len(named) == len(words) else None

    def _head(self, value: str, slotted: str) -> str | None:
        """What a value, or another thing on its subject, is about and on which slots."""
        subject, slot = self._list(self._of(value, "ofSubject")), self._list(self._of(slotted, "onSlot"))
        return self._join(subject, slot)

    def _join(self, *words: str | None) -> str | None:
        return ": ".join(word for word in words if word) if all(words) else None

    def _name_divergence(self, iri: str) -> str | None:
        values = [value.value for value in self._of(iri, "betweenValue") if isinstance(value, NamedNode)]
        kinds = [kind.value for kind in self._of(iri, "divergenceKind") if isinstance(kind, NamedNode)]
        if not values or not kinds:
            return None
        standing = say(self.language, f"standing.{kinds[0].removeprefix(NS)}")
        return self._join(self._head(min(values), iri), standing)

    def _name_quantity(self, iri: str) -> str | None:
        """A figure with its unit; of what and whose it is stands behind, so that no name has to be bent."""
        ends = [
            write_number(self.language, figure.value)
            for name in ("number", "lowest", "highest")
            for figure in self._of(iri, name)
            if isinstance(figure, Literal)
        ]
        units = [self._name_unit(end_of(unit)) for unit in self._of(iri, "unit")]
        if not ends or len(units) != 1 or not units[0]:
            return None
        words = f"{DASH.join(ends)}\N{NO-BREAK SPACE}{units[0]}"
        for comparator in self._of(iri, "quantityComparator"):
            words = say(self.language, f"comparator.{end_of(comparator)}", words=words)
        behind = []
        for key, name in (("words.base", "ofBase"), ("words.party", "inRespectOf")):
            if self._of(iri, name):
                named = self._list(self._of(iri, name))
                if named is None:
                    return None
                behind.append(say(self.language, key, words=named))
        return f"{words} ({'; '.join(behind)})" if behind else words

    def _name_unit(self, unit: str) -> str:
        key = f"unit.{unit}"
        return SIGNS.get(unit, "") or (say(self.language, key) if has_phrase(key) else "")


def end_of(node: Term) -> str:
    """The last part of an IRI."""
    return node.value.rpartition("/")[2].rpartition("#")[2] if isinstance(node, NamedNode) else ""


def write_number(language: str, text: str) -> str:
    """A number as the language groups its digits; one with a fraction as it stands."""
    return write_figure(language, int(text)) if text.lstrip("-").isdecimal() else text
