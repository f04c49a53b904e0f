"""The words of the interface in English and Ukrainian, from the one table ``phrases.toml``.

A phrase has no plural and bends for no figure: what is counted is named first, and its figure follows.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from plangraph.files import read_text

LANGUAGES: Final = {"en": "English", "uk": "Українська"}
"""The languages of the interface, each by what it calls itself; the first is the default."""

TABLE: Final = Path(__file__).resolve().parent / "phrases.toml"
GROUP_MARK: Final = {"en": ",", "uk": "\N{NO-BREAK SPACE}"}


@cache
def load_phrases() -> dict[str, dict[str, str]]:
    """The table: for each key the phrase in each language."""
    table: dict[str, dict[str, str]] = tomllib.loads(read_text(TABLE))
    return table


def say(language: str, key: str, **filled: object) -> str:
    """A phrase, with its gaps filled; raises ``KeyError`` for one that is not in the table."""
    phrase = load_phrases()[key][language]
    return phrase.format(**filled) if filled else phrase


def has_phrase(key: str) -> bool:
    """Whether the table has a phrase."""
    return key in load_phrases()


def write_figure(language: str, figure: int) -> str:
    """A whole number as the language groups its digits."""
    return f"{figure:,}".replace(",", GROUP_MARK[language])


def write_share(part: int, whole: int) -> str:
    """A share in per cent, whole; a dash where there is nothing to take a share of."""
    return f"{round(100 * part / whole)}\N{NO-BREAK SPACE}%" if whole else "\N{EN DASH}"
