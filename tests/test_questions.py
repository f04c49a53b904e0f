"""The competency questions: answered as recorded, and between them using every term of the ontology."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from pyoxigraph import NamedNode, QueryResultsFormat, QuerySolutions, Store
from rdflib import URIRef
from rdflib.paths import Path as PropertyPath
from rdflib.plugins.sparql import prepareQuery

from builders import read_vocabulary
from plangraph.build import build
from plangraph.errors import NotFound
from plangraph.files import packaged, read_text
from plangraph.index import Index
from plangraph.pages.term import list_names
from plangraph.pinning import UNDATED, Pin
from plangraph.questions import Question, find_question, list_questions
from plangraph.terms import NS, pg, term
from services import read_packaged

QUESTIONS = list_questions()
GENERIC = {"onSlot", "reportedValue", "about"}


@cache
def store() -> Store:
    filled = Store()
    filled.extend(read_packaged().quads)
    return filled


def answer(question: Question) -> list[list[str]]:
    found = store().query(question.query, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    text = found.serialize(format=QueryResultsFormat.CSV)
    assert text is not None
    return list(csv.reader(io.StringIO(text.decode())))


def pinned_store(by: Pin) -> Store:
    filled = Store()
    filled.extend(build(None, by).quads)
    return filled


def count_rows(held: Store, question: Question) -> int:
    found = held.query(question.query, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    return sum(1 for _ in found)


def test_there_are_fifteen_questions_with_a_title_and_an_explanation() -> None:
    assert [question.number for question in QUESTIONS] == list(range(1, 16))
    assert all(question.title and question.about for question in QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_a_question_is_answered_as_recorded(question: Question) -> None:
    assert question.expected is not None
    expected = list(csv.reader(io.StringIO(question.expected)))
    assert len(expected) > 1
    assert answer(question) == expected


def test_every_question_knows_less_as_of_an_early_day_and_more_with_pages_of_no_known_day() -> None:
    day, asked = date(2025, 11, 20), 0
    out, may_be_out = (pinned_store(Pin(day, undated)) for undated in UNDATED)
    for question in QUESTIONS:
        known, known_or_not, whole = (
            count_rows(held, question) for held in (out, may_be_out, store())
        )  # fmt: skip
        assert known < known_or_not < whole, question.slug
        asked += 1
    assert asked == 15


def test_a_question_is_found_by_slug_and_by_number() -> None:
    assert find_question("08-authors") == find_question("8")
    with pytest.raises(NotFound, match="08-authors"):
        find_question("no-such-question")


def walk(node: Any) -> Iterator[str]:
    """Every IRI in a query's algebra, inside paths and filters too."""
    if isinstance(node, URIRef):
        yield str(node)
    elif isinstance(node, dict):
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, PropertyPath):
        yield from walk(vars(node))
    elif isinstance(node, list | tuple | set | frozenset):
        for value in node:
            yield from walk(value)


def used_terms() -> set[str]:
    prepared = [prepareQuery(question.query).algebra for question in QUESTIONS]
    return {iri for algebra in prepared for iri in walk(algebra) if iri.startswith(NS)}


def test_the_terms_that_pages_find_in_a_question_are_those_of_its_algebra() -> None:
    found = 0
    for question in QUESTIONS:
        algebra = prepareQuery(question.query).algebra
        used = {iri.removeprefix(NS) for iri in walk(algebra) if iri.startswith(NS)}
        shown = {name.removeprefix("pg:") for name in list_names(question.query) if name.startswith("pg:")}
        assert shown == used, question.slug
        found += len(shown)
    assert found > 100


def exempted() -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(read_text(packaged("ontology") / "questions" / "exempt.csv")))
    return {NS + row["term"]: row["reason"] for row in rows}


def test_every_term_of_the_ontology_is_used_by_a_question_or_exempted_with_a_reason() -> None:
    index = Index(read_vocabulary())
    defined = {
        entry.value
        for entry in index.subjects(term("rdfs:isDefinedBy"), NamedNode(NS.rstrip("#")))
        if isinstance(entry, NamedNode) and entry.value.startswith(NS)
    }
    slots = {
        entry.value
        for entry in index.subjects(term("rdfs:subPropertyOf"), pg("slot"))
        if isinstance(entry, NamedNode)
    }
    members = {entry.value for entry in index.instances(term("skos:Concept")) if isinstance(entry, NamedNode)}
    used = used_terms()
    # A slot is reached through the reported values on it, a member of a scheme through its property.
    assert {NS + name for name in GENERIC} <= used
    left = defined - used - slots - (members - {NS + "number", NS + "about"})
    assert len(defined) > 200
    assert left == set(exempted()), sorted(left ^ set(exempted()))
    assert all(len(reason) > 20 for reason in exempted().values())
