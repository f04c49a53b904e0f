"""JSON and YAML to plain values: what both say is the same, and what is wrong is told with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plangraph.errors import FileUnreadable
from plangraph.notation import DEPTH, DIGITS, Form, find_oddity, parse_text

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

WRONG: dict[str, tuple[Form, str, str, tuple[int, int]]] = {
    "twice": ("json", '{"a": 1,\n "a": 2}', 'the member "a" stands twice', (2, 2)),
    "twice, in an inner object": ("json", '{"a": {"b": 1, "b": 2}, "a": 1}', 'member "b"', (1, 16)),
    "twice, written otherwise": ("json", '{"a": 1, "\\u0061": 2}', 'member "a"', (1, 10)),
    "no number": ("json", "[1, NaN]", "NaN is no number", (1, 5)),
    "past all bounds": ("json", '{"a": -Infinity}', "-Infinity is no number", (1, 7)),
    "too large": ("json", "[1e999]", "1e999 is no number", (1, 2)),
    "too many digits": ("json", "[" + "9" * (DIGITS + 1) + "]", "is no number", (1, 2)),
    "half a letter": ("json", '["\\ud83d\\ude00",\n"\\ud83d"]', "unpaired", (2, 1)),
    "half a letter in a name": ("json", '{"\\ude00": 1}', "unpaired", (1, 2)),
    "the first of two": ("json", '{"a": NaN, "b": {"c": 1, "c": 2}}', "NaN", (1, 7)),
    "broken": ("json", '{"a": }', "Expecting value", (1, 7)),
    "yaml twice": ("yaml", "a: 1\nb: 2\na: 3", 'member "a"', (3, 1)),
    "yaml reference": ("yaml", "a: &x [1]\nb: *x", "a reference", (2, 4)),
    "yaml reference to itself": ("yaml", "&x\n- *x", "a reference", (2, 3)),
    "yaml no number": ("yaml", "a: .nan", ".nan is no number", (1, 4)),
    "yaml past all bounds": ("yaml", "a: [1, -.inf]", "-.inf is no number", (1, 8)),
    "yaml too many digits": ("yaml", "a: " + "9" * 5_000, "no value of its type", (1, 4)),
    "yaml too many hexadecimal digits": ("yaml", "a: 0x" + "f" * 5_000, "is no number", (1, 4)),
    "yaml no truth": ("yaml", "a: !!bool perhaps", "no value of its type", (1, 4)),
    "yaml no whole number": ("yaml", 'a: !!int ""', "no value of its type", (1, 4)),
    "yaml bytes": ("yaml", "a: !!binary aGVsbG8=", "could not determine a constructor", (1, 4)),
    "yaml an object of Python": ("yaml", "a: !!python/object:os.system {}", "could not determine", (1, 4)),
    "yaml half a letter": ("yaml", 'a: "\\ud83d"', "unpaired", (1, 4)),
    "yaml name that is a list": ("yaml", "? [a]\n: 1", "name of a member is a text", (1, 3)),
    "yaml control character": ("yaml", "a: 1\nb: \x07", "does not take the character U+0007", (2, 4)),
    "yaml two documents": ("yaml", "a: 1\n---\na: 2", "another document", (2, 1)),
}


@settings(deadline=None)
@given(PLAIN)
def test_what_json_says_is_read_as_it_stands_in_either_form(plain: Any) -> None:
    text = json.dumps(plain)
    assert parse_text(text, "json", "x") == plain
    assert find_oddity(text) == ("", 0)
    assert parse_text(json.dumps(plain, ensure_ascii=False), "json", "x") == plain
    assert parse_text(yaml.safe_dump(plain, allow_unicode=False), "yaml", "x") == plain


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_place(name: str) -> None:
    form, text, said, place = WRONG[name]
    with pytest.raises(FileUnreadable) as caught:
        parse_text(text, form, "here")
    assert said in caught.value.detail
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.path == "here"


def test_the_table_of_what_is_wrong_is_whole() -> None:
    assert len(WRONG) == 26


@pytest.mark.parametrize(
    ("form", "text", "column"),
    [("json", "[" * 200_000, None), ("yaml", "[" * 20_000, 102), ("yaml", "- " * 20_000 + "x", 203)],
)
def test_what_nests_too_deep_is_said_to(form: Form, text: str, column: int | None) -> None:
    with pytest.raises(FileUnreadable, match="nests") as caught:
        parse_text(text, form, "here")
    assert caught.value.column == column


def test_what_nests_to_the_limit_is_read() -> None:
    deep = "[" * DEPTH + "]" * DEPTH
    assert parse_text(deep, "yaml", "here") == parse_text(deep, "json", "here")


def test_yaml_is_read_as_json_would_be() -> None:
    text = "day: 2025-11-20\nsign: =\nmerged: {<<: {a: 1}}\nyes: yes\nnone: ~\npair: !!str 5"
    assert parse_text(text, "yaml", "x") == {
        "day": "2025-11-20", "sign": "=", "merged": {"<<": {"a": 1}}, True: True, "none": None, "pair": "5",
    }  # fmt: skip


def test_many_members_are_read_in_time_that_grows_with_their_number() -> None:
    text = "\n".join(f"m{number}: 1" for number in range(5_000))
    assert len(parse_text(text, "yaml", "x")) == 5_000
