"""Where a text of SPARQL leaves the grammar: what stands there, and what could stand there instead.

The engine's parser tells how far it has looked, which is beyond the place by as many letters as the longest
word that it tried, and what it tried last. A text that it refuses is therefore read once more here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias

from plangraph.grammar import GRAMMAR, Rule, begins, is_empty
from plangraph.lexemes import Lexeme, halve, read_lexeme

Ahead: TypeAlias = "tuple[Rule, Ahead] | None"
Begin: TypeAlias = Literal["Query", "Updates"]

BRACKETS: Final = {"(": ")", "[": "]", "{": "}", "<<": ">>", "<<(": ")>>", "{|": "|}"}
CLOSING: Final = frozenset(BRACKETS.values())
HALVED: Final = ("iri", "signed")
"""What reads as a sign and more in one place, and as one piece in another."""


@dataclass(frozen=True)
class Stumble:
    """The first piece that cannot stand where it does, those before it, and the kinds that could."""

    text: str
    before: Sequence[Lexeme]
    found: Lexeme
    expected: frozenset[str]

    @property
    def last(self) -> Lexeme:
        """The piece before; an empty one at the beginning."""
        return self.before[-1] if self.before else Lexeme("", "", 0, 0)

    @cached_property
    def open(self) -> Sequence[Lexeme]:
        """The brackets that are open there, outermost first."""
        opened: list[Lexeme] = []
        for piece in self.before:
            if piece.kind in BRACKETS:
                opened.append(piece)
            elif piece.kind in CLOSING:
                opened.pop()
        return opened

    @cached_property
    def level(self) -> Sequence[Lexeme]:
        """The pieces before it within the same brackets, without what lies in brackets of their own."""
        begin = self.open[-1].end if self.open else 0
        found, depth = list[Lexeme](), 0
        for piece in self.before:
            if piece.start >= begin:
                depth -= piece.kind in CLOSING
                if depth == 0:
                    found.append(piece)
                depth += piece.kind in BRACKETS
        return found


def find_stumble(text: str, begin: Begin) -> tuple[Stumble | None, Sequence[Lexeme]]:
    """The first place where the text leaves the grammar, if it does, and the pieces that were read."""
    ahead: Ahead = (GRAMMAR[begin], None)
    taken: list[Lexeme] = []
    at = 0
    while ahead is not None:
        piece = read_lexeme(text, at)
        after = take(ahead, piece.kind)
        if after is ahead and piece.kind in HALVED:
            shorter = halve(piece)
            after = take(ahead, shorter.kind)
            piece = piece if after is ahead else shorter
        if after is ahead:
            return Stumble(text, taken, piece, list_expected(ahead)), taken
        ahead, at = after, piece.end
        taken.append(piece)
    return None, taken


def take(ahead: Ahead, kind: str) -> Ahead:
    """What is ahead once a piece of that kind is read; the very same where none can stand there."""
    rest = ahead
    while rest is not None:
        rule, rest = rest
        if rule.shape == "piece":
            return rest if rule.name == kind else ahead
        if kind not in begins(rule):
            if not is_empty(rule):
                return ahead
        elif rule.shape == "rule":
            rest = (GRAMMAR[rule.name], rest)
        elif rule.shape == "branches":
            rest = (next(part for part in rule.parts if kind in begins(part)), rest)
        elif rule.shape == "any":
            rest = (rule.parts[0], (rule, rest))
        else:
            for part in reversed(rule.parts):
                rest = (part, rest)
    return ahead


def list_expected(ahead: Ahead) -> frozenset[str]:
    """The kinds of all pieces that could come next."""
    found = frozenset[str]()
    while ahead is not None:
        rule, ahead = ahead
        found |= begins(rule)
        if not is_empty(rule):
            break
    return found
