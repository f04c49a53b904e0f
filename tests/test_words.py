"""Words as a search compares them: forms that occur in the data are found by one of them, others are not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plangraph.library import query
from plangraph.words import cut_ending, fold, split_words

GROUPS: dict[str, list[str]] = json.loads((Path(__file__).parent / "word_forms.json").read_text())["groups"]


@cache
def read_vocabulary() -> frozenset[str]:
    """Every word of the labels, formulations, definitions and key phrases of the data."""
    rows = query(
        """SELECT ?text {
          { ?thing oa:exact ?text }
          UNION { ?thing rdfs:label|skos:prefLabel|skos:altLabel|pg:formulation|skos:definition ?text }
        }"""
    ).rows
    return frozenset(word.form for (text,) in rows for word in split_words(str(text)))


def test_forms_of_a_word_are_found_by_it_and_few_others_are() -> None:
    found = wanted = others = exact = by_prefix = 0
    for word, forms in GROUPS.items():
        form = fold(word)
        expected = {fold(entry) for entry in forms}
        assert expected <= read_vocabulary(), word
        met = {entry for entry in read_vocabulary() if cut_ending(entry) == cut_ending(form)}
        found += len(met & expected)
        wanted += len(expected)
        others += len(met - expected - {form})
        exact += form in expected
        beginning = form[: max(3, len(form) - 2)]
        begun = {entry for entry in read_vocabulary() if entry.startswith(beginning)}
        by_prefix += len(begun - expected - {form})
    assert len(GROUPS) == 59
    assert wanted == 153
    assert (exact, found, others) == (44, 143, 4)
    assert by_prefix > 20 * others


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("28-point plan", ["28", "point", "plan"]),
        ("Łódź, ÇA IRA", ["łodz", "ca", "ira"]),
        ("Київ і Ёлка", ["киів", "і", "елка"]),
        ("安全保證!", ["安", "全", "保", "證"]),
        ("19項目", ["19", "項", "目"]),
        ("ｆｕｌｌ　ﬁne", ["full", "fine"]),
        ("शांति योजना", ["शांति", "योजना"]),
        ("a_b", ["a", "b"]),
        ("… — !", []),
    ],
)
def test_a_text_is_parted_into_folded_words(text: str, forms: list[str]) -> None:
    expected = [fold(form) for form in forms]
    assert [word.form for word in split_words(text)] == expected


@settings(deadline=None)
@given(st.text(max_size=60))
@example("\ufe70")  # comes apart into a space and a mark
@example("\u2474 \u33c2")  # come apart into brackets, and into letters with full stops
def test_a_word_stands_where_it_says(text: str) -> None:
    words = split_words(text)
    for word in words:
        assert fold(text[word.start : word.end]) == word.form
        assert not any(letter.isspace() or letter in "\"'*():^{}" for letter in word.form)
    assert [word.start for word in words] == sorted(word.start for word in words)


@pytest.mark.parametrize(
    ("one", "other"),
    [("status", "state"), ("crime", "Crimea"), ("part", "party"), ("Russia", "Russian"), ("мир", "мера")],
)
def test_words_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    assert cut_ending(fold(one)) != cut_ending(fold(other))


@pytest.mark.parametrize("word", ["мир", "ban", "СШA", "нет", "ال", "28"])
def test_a_short_word_is_left_alone(word: str) -> None:
    folded: Any = fold(word)
    assert len(cut_ending(folded)) >= min(3, len(folded))
