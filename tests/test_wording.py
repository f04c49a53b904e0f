"""Names of values, divergences and quantities, put together where the data words them only in English."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from plangraph.files import read_text
from plangraph.index import Index
from plangraph.pages.captions import Caption, Captions, read_names
from plangraph.pages.phrases import load_phrases
from plangraph.pages.wording import SIGNS, Parts, Wording, end_of, is_composed, list_held, read_parts
from plangraph.reads import FOLDER
from plangraph.terms import NS, PREFIXES, pg, split_thing, term
from services import read_packaged

QUERY = read_text(FOLDER / "computed-parts.rq")
PARTS = frozenset(NS + name for name in re.findall(r"pg:(\w+)", QUERY.partition("VALUES")[2]))
CLAIMS = ("claim", "stance", "change")
"""What a page calls by its formulation, and the label of a value by its slug."""

BEGINNING = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())

GIVEN = """
value:v pg:ofSubject provision:p ; pg:onSlot pg:duration ; pg:reportedValue concept:b, concept:a .
value:w pg:ofSubject provision:p ; pg:onSlot pg:duration ; pg:reportedValue concept:a ; pg:deniedIn claim:c .
value:x pg:ofSubject provision:p ; pg:onSlot pg:duration ; pg:reportedValue concept:a, concept:only-english .
value:y pg:ofSubject provision:q ; pg:onSlot pg:mutual ; pg:reportedValue true .
value:z pg:ofSubject provision:p ; pg:onSlot pg:deadline ; pg:reportedValue "2025-11-27"^^xsd:date .
value:n pg:ofSubject provision:p ; pg:onSlot pg:share ; pg:reportedValue quantity:most .
divergence:d pg:betweenValue value:v, value:w ; pg:onSlot pg:duration ; pg:divergenceKind pg:internal .
divergence:e pg:betweenValue value:y ; pg:onSlot pg:mutual ; pg:divergenceKind pg:differs .
quantity:most pg:number 600000 ; pg:unit concept:persons ; pg:quantityComparator pg:atMost .
quantity:range pg:lowest 90 ; pg:highest 95 ; pg:unit concept:percent ; pg:ofBase concept:b .
quantity:part pg:number 33.5 ; pg:unit concept:percent ; pg:ofBase concept:b ; pg:inRespectOf actor:r .
quantity:nameless pg:number 5 ; pg:unit concept:percent ; pg:ofBase concept:only-english .
quantity:unit pg:number 5 ; pg:unit concept:parsec .
provision:p rdfs:label "the clause"@en, "положення"@uk . provision:q rdfs:label "no name"@en .
concept:a skos:prefLabel "a"@en, "ая"@uk . concept:b skos:prefLabel "b"@en, "бе"@uk .
concept:only-english skos:prefLabel "only"@en . actor:r rdfs:label "r"@en, "ер"@uk .
pg:duration rdfs:label "duration"@en, "тривалість"@uk . pg:mutual rdfs:label "mutual"@en, "взаємне"@uk .
pg:deadline rdfs:label "deadline"@en, "термін"@uk . pg:share rdfs:label "share"@en, "частка"@uk .
"""


def read_given() -> list[Triple]:
    return [quad.triple for quad in parse(BEGINNING + GIVEN, format=RdfFormat.TURTLE)]


def list_parts(triples: Iterable[Triple]) -> Parts:
    return read_parts(triple for triple in triples if triple.predicate.value in PARTS)


def find(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("value:v", "положення: тривалість: ая, бе"),
        ("value:w", "положення: тривалість: не ая"),
        ("value:x", None),
        ("value:y", None),
        ("value:z", "положення: термін: 2025-11-27"),
        ("value:n", "положення: частка: щонайбільше 600\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}ос."),
        ("value:nowhere", None),
        ("divergence:d", "положення: тривалість: одне першоджерело каже і те, й інше"),
        ("divergence:e", None),
        ("quantity:most", "щонайбільше 600\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}ос."),
        ("quantity:range", "90\N{EN DASH}95\N{NO-BREAK SPACE}% (від чого: бе)"),
        ("quantity:part", "33.5\N{NO-BREAK SPACE}% (від чого: бе; чиє: ер)"),
        ("quantity:nameless", None),
        ("quantity:unit", None),
        ("concept:a", "ая"),
        ("concept:only-english", None),
    ],
)
def test_a_name_is_made_of_names_in_the_language_or_there_is_none(name: str, expected: str | None) -> None:
    triples = read_given()
    assert Wording("uk", list_parts(triples), read_names(triples)).name(find(name)) == expected


def test_what_a_value_says_is_told_without_subject_and_slot() -> None:
    triples = read_given()
    wording = Wording("uk", list_parts(triples), read_names(triples))
    told = {name: wording.tell(find(name)) for name in ("value:v", "value:w", "value:x", "value:y")}
    assert told == {"value:v": "ая, бе", "value:w": "не ая", "value:x": None, "value:y": "так"}


def test_a_page_tells_the_words_of_the_data_where_its_language_has_none() -> None:
    found = {"v": {"en": "the clause: duration: a"}, "s": {"en": "duration", "uk": "тривалість"}}
    assert Captions("uk", found).tell("v", "s") == Caption("a", "en")
    assert Captions("uk", found).tell("v", "s", "b") == Caption("b", "en")
    assert Captions("uk", found, {"v": "ая"}).tell("v", "s", "b") == Caption("ая", "uk")
    assert Captions("uk", found).tell("v", "elsewhere") == Caption("the clause: duration: a", "en")


def test_names_go_through_what_has_a_made_name_itself_and_never_through_claims() -> None:
    held = list_held(list_parts(read_given()))
    assert {find("value:v"), find("quantity:most"), find("concept:a"), find("pg:atMost")} <= held
    assert find("claim:c") not in held
    assert {iri for iri in held if is_composed(iri)} == {
        find(name) for name in ("value:v", "value:w", "value:y", "quantity:most")
    }


@cache
def read_data() -> tuple[Index, Parts, dict[str, dict[str, str]]]:
    quads = list(read_packaged().quads)
    triples = [quad.triple for quad in quads]
    names = {iri: dict(found) for iri, found in read_names(triples).items()}
    return Index(quads), list_parts(triples), names


def list_values() -> list[NamedNode]:
    return [entry for entry in read_data()[0].instances(pg("ReportedValue")) if isinstance(entry, NamedNode)]


def test_in_english_the_words_put_together_are_those_of_the_data() -> None:
    index, parts, names = read_data()
    wording, compared = Wording("en", parts, names), 0
    for value in list_values():
        members = index.objects(value, pg("reportedValue"))
        named = all(isinstance(member, NamedNode) and not is_composed(member.value) for member in members)
        if named or all(isinstance(member, Literal) and member.value != "true" for member in members):
            subject, slot = (index.objects(value, pg(name))[0] for name in ("ofSubject", "onSlot"))
            assert isinstance(subject, NamedNode) and isinstance(slot, NamedNode)
            label = names[value.value]["en"]
            words = label.partition(f": {names[slot.value]['en']}: ")[2]
            assert wording.tell(value.value) == words, value
            slugged = (split_thing(subject.value) or ("",))[0] in CLAIMS
            assert wording.name(value.value) == label or slugged, value
            compared += 1
    assert compared > 1480
    for divergence in index.instances(pg("Divergence")):
        assert isinstance(divergence, NamedNode)
        slots = index.objects(divergence, pg("onSlot"))
        (kind,) = (end_of(entry) for entry in index.objects(divergence, pg("divergenceKind")))
        if len(slots) == 1 and kind in ("contradicts", "qualifies", "differs"):
            assert wording.name(divergence.value) == names[divergence.value]["en"], divergence
            compared += 1
    assert compared > 1480 + 770


def list_things(index: Index, items: Iterable[NamedNode], name: str) -> list[NamedNode]:
    """What some things hold by a property, literals aside."""
    found = [entry for item in items for entry in index.objects(item, pg(name))]
    return [entry for entry in found if isinstance(entry, NamedNode)]


def test_every_value_is_told_in_ukrainian_but_those_that_hold_what_has_no_ukrainian_name() -> None:
    index, parts, names = read_data()
    wording = Wording("uk", parts, names)
    untold = [value for value in list_values() if wording.tell(value.value) is None]
    assert len(list_values()) > 1570 and len(untold) < 10
    for value in untold:
        members = [entry.value for entry in list_things(index, [value], "reportedValue")]
        assert any("uk" not in names[member] for member in members if not is_composed(member)), value


def test_every_unit_and_comparator_has_its_words() -> None:
    index, phrases = read_data()[0], load_phrases()
    quantities = [entry for entry in index.instances(pg("Quantity")) if isinstance(entry, NamedNode)]
    units = {end_of(entry) for entry in list_things(index, quantities, "unit")}
    assert len(units) == 6
    assert {unit for unit in units if unit not in SIGNS and f"unit.{unit}" not in phrases} == set()
    scheme = NamedNode(PREFIXES["scheme"] + "quantity-comparators")
    comparators = {end_of(entry) for entry in index.subjects(term("skos:inScheme"), scheme)}
    assert len(comparators) == 7
    assert {name for name in comparators if f"comparator.{name}" not in phrases} == set()
