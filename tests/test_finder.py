"""The full-text index: what a text of ``q`` means, what is found, in which order, and what is marked."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plangraph.errors import BadParameter, QueryTooSlow
from plangraph.finder import SHOWN, Finder, Text
from plangraph.sought import MOST, Sought, read_sought, write_expression
from plangraph.terms import ID

PROVISION, CLAIM, DOCUMENT, VALUE = (
    f"{ID}{name}" for name in ("provision/amnesty", "claim/a--one", "document/a", "value/x")
)


def make_finder() -> Finder:
    """Four things in a few languages, as the query gives them: sorted by item."""
    return Finder(
        sorted(
            [
                Text(PROVISION, "label", "en", "amnesty"),
                Text(PROVISION, "label", "uk", "амністія"),
                Text(PROVISION, "definition", "en", "Who is not prosecuted for crimes of war."),
                Text(CLAIM, "formulation", "en", "The plan grants amnesties for all war crimes."),
                Text(CLAIM, "phrase", "de", "Amnestie für Kriegsverbrechen"),
                Text(CLAIM, "phrase", "zh", "戰爭罪特赦"),
                Text(DOCUMENT, "label", "en", "Outlet: What the <b>plan</b> says & leaves out"),
                Text(DOCUMENT, "stated", "en", "The plan grants amnesties for all war crimes."),
                Text(VALUE, "label", "en", "amnesty: degree: full"),
            ]
        )
    )


def find(text: str, kinds: tuple[str, ...] = (), languages: tuple[str, ...] = ()) -> list[str]:
    return [hit.item for hit in make_finder().find(read_sought(text), kinds, languages).hits]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("amnesty", [PROVISION, CLAIM, VALUE, DOCUMENT]),
        ("AMNESTIES", [PROVISION, CLAIM, VALUE, DOCUMENT]),
        ("амністії", [PROVISION]),
        ("амністією", [PROVISION]),
        ("амніст*", [PROVISION]),
        ("амніст", [PROVISION]),
        ("war crimes", [CLAIM, DOCUMENT, PROVISION]),
        ('"war crimes"', [CLAIM, DOCUMENT]),
        ('"war crime"', []),
        ("kriegs*", [CLAIM]),
        ("KRIEGSVERBRECHEN", [CLAIM]),
        ("fur", [CLAIM]),
        ("特赦", [CLAIM]),
        ("赦特", []),
        ("amnesty Kriegsverbrechen", []),
        ("plan -amnesties", [CLAIM, DOCUMENT]),
        ("NOT", [PROVISION]),
        ("NOT nothing", []),
        ("plan OR nothing", []),
    ],
)
def test_words_are_found_in_any_form_phrases_as_they_stand(text: str, items: list[str]) -> None:
    assert sorted(find(text)) == sorted(items)


def test_what_is_called_so_comes_before_what_says_so() -> None:
    assert find("amnesty")[0] == PROVISION
    assert find("amnesty")[-1] == DOCUMENT


def test_kinds_and_languages_narrow_what_is_found_and_are_counted() -> None:
    found = make_finder().find(read_sought("amnest*"))
    assert found.kinds == {"provision": 1, "claim": 1, "document": 1, "value": 1}
    assert found.languages == {"en": 4, "de": 1}
    assert find("amnest*", kinds=("claim", "value")) == [CLAIM, VALUE]
    assert find("amnest*", languages=("de",)) == [CLAIM]


HOSTILE = (
    '"', '""', '"war crimes', 'war" OR "crimes', "a* OR b*", "NEAR(war crimes, 2)", "label : war", "-war",
    "^war", "{label formulation} : war", "war + crimes", "war AND (crimes", ")",
    "war'); DROP TABLE words; --", "\\", "\x00", "war\u2028crimes", "\ud7ffwar", "*", "war**", "stems : war",
    "'", "[war]", "war/crimes", "\U0001f54a", "و", "ا",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_user_reaches_the_language_of_the_index(text: str) -> None:
    try:
        sought = read_sought(text)
    except BadParameter as error:
        assert error.detail.startswith("q takes ")
        return
    finder = make_finder()
    finder.show(finder.find(sought).hits, sought)
    assert len(finder.find(read_sought("war")).hits) == 3


@settings(deadline=None)
@given(st.text(max_size=200))
@example("İ")
@example("\u0345*")
def test_any_text_is_searched_or_refused_by_name(text: str) -> None:
    try:
        sought = read_sought(text)
    except BadParameter as error:
        assert error.detail.startswith("q takes ")
        return
    finder = make_finder()
    finder.show(finder.find(sought).hits, sought)


def test_what_a_text_looks_for_is_quoted() -> None:
    assert read_sought('peace "war crimes" amnest* 28-point') == (
        Sought(("peace",)),
        Sought(("war", "crimes"), exact=True),
        Sought(("amnest",), open=True),
        Sought(("28", "point")),
    )
    assert write_expression(read_sought("crimes amnest*")) == (
        '(- stems : "crimes" OR stems : "crim") AND - stems : "amnest" *'
    )


def test_a_text_looks_for_so_many_words_and_no_more() -> None:
    read_sought(" ".join(map(str, range(MOST))))
    with pytest.raises(BadParameter, match=f"{MOST} words"):
        read_sought(" ".join(map(str, range(MOST + 1))))


def test_a_snippet_marks_what_was_found_in_the_form_it_has() -> None:
    finder = make_finder()
    for text, expected in (
        ("amnesty", ["amnesties"]),
        ('"war crimes" grant', ["grants", "war crimes"]),
        ("war*", ["war"]),
        ("特赦", ["特赦"]),
        ("fur", ["für"]),
    ):
        sought = read_sought(text)
        (hit,) = [hit for hit in finder.find(sought).hits if hit.item == CLAIM]
        (shown,) = finder.show([hit], sought)
        assert [shown.text[start:end] for start, end in shown.marks] == expected, text


def test_a_long_text_is_cut_around_the_first_mark() -> None:
    long = "word " * 200 + "needle " + "word " * 200
    finder = Finder([Text(CLAIM, "formulation", "en", long)])
    sought = read_sought("needle")
    (shown,) = finder.show(finder.find(sought).hits, sought)
    assert len(shown.text) <= SHOWN + 2
    assert (shown.text[0], shown.text[-1]) == ("…", "…")
    assert [shown.text[start:end] for start, end in shown.marks] == ["needle"]
    glued = Finder([Text(CLAIM, "formulation", "en", "x" * 500 + " needle" + "y" * 900)])
    (shown,) = glued.show(glued.find(read_sought("needle*")).hits, read_sought("needle*"))
    assert len(shown.text) <= SHOWN + 2
    assert shown.text[slice(*shown.marks[0])].startswith("needle")


def test_a_search_that_takes_too_long_is_stopped() -> None:
    many = [Text(f"{ID}claim/{number:06}", "formulation", "en", "one two three") for number in range(5_000)]
    finder = Finder(many)
    with pytest.raises(QueryTooSlow, match="longer words"):
        finder.find(read_sought(" ".join(f"{letter}*" for letter in "ot")), seconds=0)
    assert len(finder.find(read_sought("one")).hits) == 5_000
