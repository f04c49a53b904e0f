"""Slugs of names: the same name has the same, whoever sends it in, and another name another."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from plangraph.names import fold, list_slugs
from plangraph.terms import SLUG

APART = (
    "测试日报", "新社网", "明天晚报", "王小明", "李大伟", "BBC 中文", "BBC हिन्दी", "BBC", "Αθήνα", "Σπάρτη",
    "Foo Bar", "Foo-Bar", "Foo.Bar", "FooBar", "Café", "Cafe", "Правда", "Pravda", "Іван", "Иван",
    "!!!", "???", "x", "a b", "a  b c", f"{'word ' * 12}one", f"{'word ' * 12}two", "9 to 5", "9/5",
)  # fmt: skip


def test_names_that_differ_have_no_slug_in_common() -> None:
    seen: dict[str, str] = {}
    for name in APART:
        for slug in list_slugs(name):
            assert SLUG.fullmatch(slug), slug
            assert seen.setdefault(slug, name) == name
    assert len(set(seen.values())) == len(APART) == 29


def test_a_name_that_can_be_read_back_from_its_slug_has_no_digest() -> None:
    cases = {"The Example": "the-example", "Reuters": "reuters", "24 Kanal": "24-kanal", "ＡＢＣ": "abc"}
    assert {name: next(list_slugs(name)) for name in cases} == cases
    assert next(list_slugs("Foo-Bar")).startswith("foo-bar-")
    assert next(list_slugs("测试日报")).startswith("x-")


def test_a_name_that_looks_like_a_slug_with_a_digest_is_not_taken_for_it() -> None:
    slug = next(list_slugs("测试日报"))
    assert slug not in list_slugs(slug.replace("-", " "))


@given(st.text(min_size=1))
@example("Straße")
@example("й")
@example("İ")
def test_spellings_that_fold_to_one_name_have_the_same_slugs(name: str) -> None:
    for spelling in (fold(name), f"  {name} ", name.casefold()):
        if fold(spelling) == fold(name):
            assert list(list_slugs(spelling)) == list(list_slugs(name))
    assert all(SLUG.fullmatch(slug) for slug in list_slugs(name))


@given(st.text(min_size=1), st.text(min_size=1))
@example("foo bar", "foo-bar")
def test_two_names_share_a_slug_only_if_they_fold_to_one(one: str, other: str) -> None:
    assert (fold(one) == fold(other)) == bool(set(list_slugs(one)) & set(list_slugs(other)))
