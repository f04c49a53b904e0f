"""Names to things: which registered thing a name stands for, and the slug of a new one.

A name resolves where it is, but for case and spaces, the label or an alternative label of exactly one thing
of the kind asked for. A name that two things bear is ambiguous and resolves to neither: the registry is the
curated list of aliases.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.terms import KINDS, SLUG, split_thing, term, thing

NAMING: Final = tuple(
    term(name)
    for name in ("rdfs:label", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:notation")
)
IN_SCHEME: Final = term("skos:inScheme")
TYPE: Final = term("rdf:type")
LOCATION: Final = term("schema:location")

ROMAN: Final = {
    "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "ı": "i", "þ": "th", "ð": "d",
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "ж": "zh", "з": "z",
    "и": "y", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia", "є": "ie", "і": "i", "ї": "i",

}  # fmt: skip
"""Letters that no decomposition makes ASCII: a plain romanisation, for slugs only."""

LONGEST: Final = 60
"""How many characters of a name a slug keeps."""

DIGESTED: Final = re.compile(r"-[0-9a-f]{8,}\Z")
"""What ends a slug that has a part of a digest, and no other."""


class Match(NamedTuple):
    """What a name stands for: ``found`` where one thing bears it, all of them where several do."""

    found: NamedNode | None
    several: tuple[NamedNode, ...] = ()


class Names:
    """The names of a registry and a vocabulary, by kind of thing and by concept scheme."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        self.classes: dict[NamedNode, set[NamedNode]] = {}
        self.labels: dict[NamedNode, str] = {}
        self.locations: dict[NamedNode, set[NamedNode]] = {}
        self._bearers: dict[tuple[str, str], set[NamedNode]] = {}
        self._borne: dict[NamedNode, list[tuple[str, str]]] = {}
        said: dict[NamedNode, list[Quad]] = defaultdict(list)
        for quad in quads:
            if isinstance(quad.subject, NamedNode):
                said[quad.subject].append(quad)
        for subject, held in said.items():
            self.learn(subject, held)

    def learn(self, subject: NamedNode, quads: Iterable[Quad]) -> None:
        """Know of a thing what these quads say of it, and nothing else."""
        self.forget(subject)
        names: set[str] = set()
        named = split_thing(subject.value)
        groups = {named[0]} if named else set()
        for quad in quads:
            value = quad.object
            if quad.predicate in NAMING and isinstance(value, Literal):
                names.add(fold(value.value))
                if quad.predicate in NAMING[:2] and value.language == "en":
                    self.labels[subject] = value.value
            elif quad.predicate == IN_SCHEME and isinstance(value, NamedNode):
                groups.add(value.value)
            elif quad.predicate == TYPE and isinstance(value, NamedNode):
                self.classes.setdefault(subject, set()).add(value)
            elif quad.predicate == LOCATION and isinstance(value, NamedNode):
                self.locations.setdefault(subject, set()).add(value)
        self._borne[subject] = [(group, name) for group in groups for name in names]
        for key in self._borne[subject]:
            self._bearers.setdefault(key, set()).add(subject)

    def forget(self, subject: NamedNode) -> None:
        """Know nothing of a thing any more."""
        for key in self._borne.pop(subject, ()):
            self._bearers[key].discard(subject)
        self.classes.pop(subject, None)
        self.labels.pop(subject, None)
        self.locations.pop(subject, None)

    def find(self, groups: Iterable[str], name: str) -> Match:
        """The thing that bears a name, among things of some kinds and concepts of some schemes.

        ``groups`` are kinds such as ``actor`` and IRIs of schemes. A slug counts as a name.
        """
        found: set[NamedNode] = set()
        for group in groups:
            found |= self._bearers.get((group, fold(name)), set())
            if not found and group in KINDS and SLUG.fullmatch(name) and thing(group, name) in self.classes:
                found = {thing(group, name)}
        if len(found) == 1:
            return Match(next(iter(found)))
        return Match(None, tuple(sorted(found, key=str)))

    def is_a(self, thing: NamedNode, class_: NamedNode) -> bool:
        """Whether a thing is stated to be of a class."""
        return class_ in self.classes.get(thing, set())

    def knows(self, thing: NamedNode) -> bool:
        """Whether a thing is described."""
        return thing in self.classes


def fold(name: str) -> str:
    """A name without case, doubled spaces and differences of Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def slug_of(text: str, words: int | None = None) -> str:
    """A slug of a text: ASCII words joined by hyphens, cut at a word; "x" where no letter is left."""
    romanised = "".join(ROMAN.get(letter, letter) for letter in text.casefold())
    ascii_text = unicodedata.normalize("NFKD", romanised).encode("ascii", "ignore").decode()
    parts = re.findall(r"[a-z0-9]+", ascii_text.replace("'", ""))[:words]
    slug = "-".join(parts) or "x"
    return slug if len(slug) <= LONGEST else slug[:LONGEST].rpartition("-")[0] or slug[:LONGEST]


def list_slugs(name: str) -> Iterator[str]:
    """The slugs that a new thing of a name may have, the best first; no other name has any of them.

    Names are the same that :func:`fold` makes the same. A slug of which the name can be read back is enough;
    one that has lost something of it (a letter, a sign, an accent, the end) has a part of a digest as well.
    It may not depend on what else is there: of two sheets that are read at once, neither knows the other.
    """
    folded = fold(name)
    slug = slug_of(folded)
    if slug.replace("-", " ") == folded and not DIGESTED.search(slug):
        yield slug
    digest = hashlib.sha256(folded.encode()).hexdigest()
    yield from (f"{slug}-{digest[:length]}" for length in (8, 16, 32, 64))


def free_slug(slug: str, taken: set[str]) -> str:
    """The slug, or the first of ``slug-2``, ``slug-3`` ... that is free; it is taken from then on."""
    number = 1
    name = slug
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    taken.add(name)
    return name
