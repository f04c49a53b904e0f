"""What a text of ``q`` looks for: words, phrases and beginnings of words, all of which must be there.

A bare word is found in any of its forms, ``"several words"`` as they stand, ``amnest*`` at the beginning of
a word. There is no other syntax: whatever else a text holds separates words. So no text is wrong but one
without a word, and nothing of it reaches the language of the index unquoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plangraph.errors import BadParameter
from plangraph.words import Word, cut_ending, split_words

STEMS: Final = "stems"
"""The column of the index that has the words without their endings."""

PIECE: Final = re.compile(r'"([^"]*)"|([^\s"]+)')
MOST: Final = 32
"""How many words and phrases one text may look for."""


@dataclass(frozen=True)
class Sought:
    """A word in any form, or words as they stand of which the last may only begin so (``open``)."""

    forms: tuple[str, ...]
    exact: bool = False
    open: bool = False

    def write(self) -> str:
        """The expression that finds it in the index: quoted forms, which are letters and digits only."""
        as_it_stands = f'- {STEMS} : "{" ".join(self.forms)}"{" *" if self.open else ""}'
        if self.exact or self.open or len(self.forms) > 1:
            return as_it_stands
        return f'({as_it_stands} OR {STEMS} : "{cut_ending(self.forms[0])}")'

    def find(self, words: Sequence[Word]) -> list[tuple[int, int]]:
        """Where it stands among the words of a text, each place from its start to its end."""
        count = len(self.forms)
        return [
            (words[place].start, words[place + count - 1].end)
            for place in range(len(words) - count + 1)
            if self.stands_at(words[place : place + count])
        ]

    def stands_at(self, words: Sequence[Word]) -> bool:
        """Whether these words are what is looked for."""
        *before, last = zip(words, self.forms, strict=True)
        if any(word.form != form for word, form in before):
            return False
        word, form = last
        if self.open:
            return word.form.startswith(form)
        in_any_form = not self.exact and not before
        return word.form == form or (in_any_form and word.stem == cut_ending(form))


def read_sought(text: str) -> tuple[Sought, ...]:
    """What a text looks for, each thing once; raises :class:`BadParameter` by the name of ``q``."""
    found: dict[Sought, None] = {}
    for piece in PIECE.finditer(text):
        phrase, bare = piece.groups()
        forms = tuple(word.form for word in split_words(phrase if bare is None else bare))
        if forms:
            is_open = bare is not None and bare.endswith("*")
            found[Sought(forms, exact=bare is None, open=is_open)] = None
    if not found:
        raise BadParameter("q takes words, and this text has none")
    if len(found) > MOST:
        raise BadParameter(f"q takes {MOST} words and phrases at most")
    return tuple(found)


def write_expression(sought: Sequence[Sought]) -> str:
    """The expression that finds what has everything that is looked for."""
    return " AND ".join(entry.write() for entry in sought)


def find_marks(sought: Sequence[Sought], words: Sequence[Word]) -> list[tuple[int, int]]:
    """The places in a text to mark, in order; those that touch or overlap are one."""
    marks: list[tuple[int, int]] = []
    for start, end in sorted(place for entry in sought for place in entry.find(words)):
        if marks and start <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((start, end))
    return marks
