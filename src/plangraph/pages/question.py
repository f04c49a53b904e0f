"""The pages of the competency questions: each in words, its query, and the answer that is expected."""

from __future__ import annotations

import csv
import io
from typing import Final

from plangraph.pages.captions import Captions
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.phrases import say
from plangraph.pages.twins import find_citation, list_twins
from plangraph.questions import find_question, list_questions
from plangraph.web.results import ask, for_csv

SECTION: Final = "questions"
ROWS_SHOWN: Final = 200


async def show_questions(visit: Visit) -> Shown:
    """All questions; what is behind them is no query but each one's own."""
    questions = list_questions()
    return Shown(
        template="questions.html",
        title=say(visit.language, "questions.title"),
        captions=Captions(visit.language, {}),
        members={"questions": questions},
        queries={question.slug: question.query for question in questions},
        twins=list_twins(visit.links, SECTION),
        citation=find_citation(visit.links, SECTION),
    )


async def show_question(visit: Visit, slug: str) -> Shown:
    """One question; raises :class:`NotFound`.

    Of the whole data set the answer is the recorded one, which the tests hold against the data; of a day or a
    revision none is recorded, and the query is run.
    """
    question = find_question(slug)
    recorded = visit.edition.extent is None and question.expected is not None
    if recorded:
        text = question.expected or ""
    else:
        (answer,) = await ask(visit.edition.engine, for_csv(question.query))
        text = answer.body.decode()
    columns, *rows = csv.reader(io.StringIO(text, newline=""))
    return Shown(
        template="question.html",
        title=question.title,
        captions=Captions(visit.language, {}),
        members={
            "question": question,
            "recorded": recorded,
            "columns": columns,
            "rows": rows[:ROWS_SHOWN],
            "total": len(rows),
        },
        queries={"query.question": question.query},
        twins=list_twins(visit.links, SECTION, question.slug),
        citation=visit.links.to_data(f"doc/question/{question.slug}/citation"),
    )
