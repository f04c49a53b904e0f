"""What things are called on a page: in its language where the data has a name in it, else in English."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from plangraph.engine import QueryEngine
from plangraph.items import NAMES
from plangraph.reads import write_chosen
from plangraph.web.results import ask, for_triples, read_triples

AT_ONCE: Final = 400
"""How many things one query names: it stays well below the length that a query may have."""

Found = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Caption:
    """A name, and the language it is in; without one where it is no word of a language."""

    text: str
    language: str


class Captions:
    """Names by IRI, for a page in a language."""

    def __init__(self, language: str, found: Found) -> None:
        self.language = language
        self.found = found

    def __getitem__(self, iri: str) -> Caption:
        return choose_caption(self.found.get(iri, {}), self.language, iri)


def choose_caption(names: Mapping[str, str], language: str, iri: str = "") -> Caption:
    """The name in that language, else in English, else any, else the end of the IRI."""
    for wanted in (language, "en", *sorted(names)):
        if wanted in names:
            return Caption(names[wanted], wanted)
    return Caption(iri.rstrip("/").rpartition("/")[2].rpartition("#")[2], "")


async def ask_captions(engine: QueryEngine, iris: Iterable[str], language: str) -> Captions:
    """The names of all these things; those that have none are called by the end of their IRI."""
    wanted = [NamedNode(iri) for iri in sorted(set(iris))]
    slices = [wanted[place : place + AT_ONCE] for place in range(0, len(wanted), AT_ONCE)]
    answers = await ask(engine, *(for_triples(write_chosen("names", part)) for part in slices))
    return Captions(language, read_names([triple for answer in answers for triple in read_triples(answer)]))


def read_names(triples: Sequence[Triple]) -> Found:
    """The names that triples give; of several in one language the first of the alphabet."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for triple in triples:
        name = triple.object
        if triple.predicate in NAMES and isinstance(name, Literal) and isinstance(triple.subject, NamedNode):
            names, language = found[triple.subject.value], name.language or ""
            names[language] = min(name.value, names.get(language, name.value))
    return found
