"""Texts to the words that a search compares: where each stands, how it is folded, what is left of its ending.

Labels, formulations and key phrases are in many languages, and nobody says in which one a search is. So one
set of rules serves all that share a script: letters lose case and accents; in scripts that set no spaces
every letter is a word, and a run of them is a phrase; endings of inflection are cut by script, not by
language. A cut word never replaces the word as it stands: it is a second way to find it, of less weight.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

WITHOUT_SPACES: Final = (
    "\u0e01-\u0e4e\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
)
"""Letters of scripts that set no spaces (Thai, Kana, Han), and Hangul, whose words carry their particles."""

SYNTAX: Final = frozenset("\"'*():^{}")
"""What means something to the index."""

CYRILLIC: Final = re.compile(r"[\u0400-\u052f]+")
LATIN: Final = re.compile(r"[a-z\u00df-\u024f]+")
ARABIC: Final = re.compile(r"[\u0620-\u06d3]+")

SLAVIC_ENDING: Final = re.compile(
    r"(?:іями|иями|ією|иею|іях|иях|іям|иям|ями|ами|ими|ыми|ого|его|ому|ему|ові|еві|єві|ост[ьи]|ості|остю"
    r"|остью|іи|іі|ія|ию|ія|ію|іє|ии|ия|ие|ои|оі|ыи|еи|ая|яя|ое|ее|ые|ую|юю|ою|ею|єю|ью|ам|ям|ом|ем|єм"
    r"|им|ым|ах|ях|их|ых|ов|ев|ів|їв|єв|ут|ют|ат|ят|ив|а|я|о|е|є|и|і|у|ю|ы|ь)$"
)
"""Endings of nouns and adjectives in Russian, Ukrainian and their kin; folded, so й is и, ї is і, ё is е."""

FROM_Y: Final = re.compile(r"(?<=[^aeiou])ie[sd]$")
PLURAL: Final = re.compile(r"(?<=[^su])s$")
PARTICIPLE: Final = re.compile(r"(?:ing|ed|en|em)$")
VOWEL: Final = re.compile(r"[aeiou]$")
ARTICLE: Final = re.compile("^(?:وال|بال|كال|فال|لل|ال)")
"""The Arabic article, alone and after a conjunction or preposition."""

FEMININE: Final = re.compile("(?:ة|ات)$")
"""Its feminine endings, of one and of many."""


@dataclass(frozen=True)
class Word:
    """A word of a text: folded, and where it stands, in code points."""

    form: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        """What is left without its ending."""
        return cut_ending(self.form)


@cache
def compile_pattern() -> re.Pattern[str]:
    """What a word is: letters, digits, and marks on them."""
    marks = [chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)).startswith("M")]
    return re.compile(rf"[{WITHOUT_SPACES}]|(?:(?![{WITHOUT_SPACES}])[^\W_]|[{''.join(marks)}])+")


def split_words(text: str) -> list[Word]:
    """The words of a text, in order."""
    found = (Word(fold(match[0]), match.start(), match.end()) for match in compile_pattern().finditer(text))
    return [word for word in found if word.form]


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """A word without case and accents: ``Łódź`` is ``łodz``, ``мир`` is what it was."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    kept = (letter for letter in apart if not unicodedata.combining(letter) and is_kept(letter))
    return sys.intern(unicodedata.normalize("NFC", "".join(kept)))


def is_kept(letter: str) -> bool:
    """Whether a character may stand in a word; some letters come apart into a space or brackets."""
    return letter.isprintable() and not letter.isspace() and letter not in SYNTAX


@lru_cache(maxsize=50_000)
def cut_ending(form: str) -> str:
    """A folded word without the ending that inflection gives it; it keeps three letters at least."""
    if CYRILLIC.fullmatch(form):
        return cut(SLAVIC_ENDING, form, 3)
    if LATIN.fullmatch(form):
        return cut_latin(form)
    if ARABIC.fullmatch(form):
        return cut(FEMININE, cut(ARTICLE, form, 3), 3)
    return form


def cut_latin(form: str) -> str:
    """A word of a language in Latin letters: without a plural s, a participle's ending, or the last vowel."""
    if len(form) > 5 and FROM_Y.search(form):
        return FROM_Y.sub("y", form)
    shorter = cut(PLURAL, form, 3)
    rest = cut(PARTICIPLE, shorter, 4)
    if rest == shorter or shorter.endswith("ing"):
        rest = cut(VOWEL, rest, 4)
    doubled = rest != shorter and rest[-1] == rest[-2] and rest[-1] not in "aeiousl"
    return rest[:-1] if doubled else rest


def cut(ending: re.Pattern[str], form: str, least: int) -> str:
    """A word without what matches, unless too little would be left."""
    found = ending.sub("", form)
    return found if len(found) >= least else form
