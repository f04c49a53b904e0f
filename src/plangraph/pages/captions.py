"""What things are called on a page: in its language where the data has a name in it, else in English."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from plangraph.engine import QueryEngine
from plangraph.items import NAMES
from plangraph.pages.phrases import say
from plangraph.pages.wording import WORDED, Found, Wording, is_composed, list_held, read_parts
from plangraph.reads import write_chosen
from plangraph.web.results import ask, for_triples, read_triples

AT_ONCE: Final = 400
"""How many things one query names: it stays well below the length that a query may have."""


@dataclass(frozen=True)
class Caption:
    """A name, and the language it is in; without one where it is no word of a language."""

    text: str
    language: str


class Captions:
    """Names by IRI, for a page in a language; ``told`` has what values say in it without subject and slot."""

    def __init__(self, language: str, found: Found, told: Mapping[str, str] | None = None) -> None:
        self.language = language
        self.found = found
        self.told = told or {}

    def __getitem__(self, iri: str) -> Caption:
        return choose_caption(self.found.get(iri, {}), self.language, iri)

    def tell(self, value: str, slot: str, words: str = "", *, denied: bool = False) -> Caption:
        """What a value says, without the names of its subject and slot, which stand beside it.

        ``words`` is what the data says of it; it is read off the label of the value where it is not given.
        What is ``denied`` is told without its "not", where it stands beside a word that says so already.
        """
        label, name = self.found.get(value, {}).get(WORDED, ""), self.found.get(slot, {}).get(WORDED, "")
        language = self.language if value in self.told else WORDED
        words = self.told.get(value) or words or label.partition(f": {name}: ")[2]
        if denied:
            words = words.removeprefix(say(language, "words.denied", words=""))
        return Caption(words, language) if words else self[value]


def choose_caption(names: Mapping[str, str], language: str, iri: str = "") -> Caption:
    """The name in that language, else in English, else any, else the end of the IRI."""
    for wanted in (language, "en", *sorted(names)):
        if wanted in names:
            return Caption(names[wanted], wanted)
    return Caption(iri.rstrip("/").rpartition("/")[2].rpartition("#")[2], "")


async def ask_captions(
    engine: QueryEngine, iris: Iterable[str], language: str, values: Iterable[str] = ()
) -> Captions:
    """The names of all these things; those that have none are called by the end of their IRI.

    ``values`` are reported values whose words the page has in the language of the data, and in no other.
    """
    wanted = set(iris)
    if language == WORDED:
        return Captions(language, read_names(await ask_of(engine, "names", wanted)))
    composed = {iri for iri in wanted if is_composed(iri)} | set(values)
    triples: list[Triple] = []
    asked: set[str] = set()
    while composed - asked:
        triples += await ask_of(engine, "computed-parts", composed - asked)
        asked |= composed
        composed = {iri for iri in list_held(read_parts(triples)) if is_composed(iri)}
    parts = read_parts(triples)
    found = await ask_of(engine, "names", wanted)  # as the page in the other language asks it
    names = read_names([*found, *await ask_of(engine, "names", list_held(parts) - wanted)])
    wording = Wording(language, parts, names)
    told = {iri: words for iri in asked if (words := wording.tell(iri)) is not None}
    made = {iri: {language: name} for iri in asked if (name := wording.name(iri)) is not None}
    return Captions(language, {**names, **{iri: {**names.get(iri, {}), **made[iri]} for iri in made}}, told)


async def ask_of(engine: QueryEngine, name: str, iris: Collection[str]) -> list[Triple]:
    """What the query of that name gives of all these things."""
    wanted = [NamedNode(iri) for iri in sorted(iris)]
    slices = [wanted[place : place + AT_ONCE] for place in range(0, len(wanted), AT_ONCE)]
    answers = await ask(engine, *(for_triples(write_chosen(name, part)) for part in slices))
    return [triple for answer in answers for triple in read_triples(answer)]


def read_names(triples: Iterable[Triple]) -> Found:
    """The names that triples give; of several in one language the first of the alphabet."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for triple in triples:
        name = triple.object
        if triple.predicate in NAMES and isinstance(name, Literal) and isinstance(triple.subject, NamedNode):
            names, language = found[triple.subject.value], name.language or ""
            names[language] = min(name.value, names.get(language, name.value))
    return found
