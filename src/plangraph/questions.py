"""The competency questions: each one query file with a title, what it shows, and its expected answer.

They are tests, documentation and examples at once. A file begins with comment lines ``#title:`` and
``#about:``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plangraph.errors import NotFound
from plangraph.files import packaged, read_text


@dataclass(frozen=True)
class Question:
    """A question. ``slug`` is the name of its file, ``expected`` its answer as CSV where one is recorded."""

    slug: str
    title: str
    about: str
    query: str
    expected: str | None

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
