"""The competency questions: each one query file with a title, what it shows, and its expected answer.

They are tests, documentation and examples at once. A file begins with comment lines ``#title:`` and
``#about:``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from plangraph.errors import NotFound
from plangraph.files import packaged, read_text
from plangraph.terms import term, thing


@dataclass(frozen=True)
class Question:
    """A question. ``slug`` is the name of its file, ``expected`` its answer as CSV where one is recorded."""

    slug: str
    title: str
    about: str
    query: str
    expected: str | None

    @property
    def iri(self) -> NamedNode:
        """What names it."""
        return thing("question", self.slug)

    @property
    def number(self) -> int:
        """The figure that the slug begins with."""
        return int(self.slug.partition("-")[0])


def list_questions() -> list[Question]:
    """Every question, by number."""
    root = packaged("ontology") / "questions"
    return [read_question(path) for path in sorted(root.glob("*.rq"))]


def find_question(name: str) -> Question:
    """The question of that slug, with or without its number, or of that number; raises :class:`NotFound`."""
    questions = list_questions()
    for question in questions:
        number, _, rest = question.slug.partition("-")
        if name in (question.slug, rest, number, str(question.number)):
            return question
    raise NotFound(f"there is no question {name}; there are " + ", ".join(entry.slug for entry in questions))


def read_question(path: Path) -> Question:
    """One question from its file and the expected answer beside it."""
    query = read_text(path)
    expected = path.with_suffix(".csv")
    return Question(
        slug=path.stem,
        title=head(query, "title"),
        about=head(query, "about"),
        query=query,
        expected=read_text(expected) if expected.exists() else None,
    )


def head(query: str, name: str) -> str:
    """The text of the comment lines of that name, joined by a space."""
    mark = f"#{name}:"
    return " ".join(line[len(mark) :].strip() for line in query.splitlines() if line.startswith(mark))


def describe_question(question: Question) -> list[Triple]:
    """A question as RDF: an executable query, as SHACL has it."""
    iri = question.iri
    return [
        Triple(iri, term("rdf:type"), term("sh:SPARQLExecutable")),
        Triple(iri, term("rdf:type"), term("sh:SPARQLSelectExecutable")),
        Triple(iri, term("rdfs:label"), Literal(question.title, language="en")),
        Triple(iri, term("rdfs:comment"), Literal(question.about, language="en")),
        Triple(iri, term("sh:select"), Literal(question.query)),
    ]
