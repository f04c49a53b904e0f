"""The full-text index of one revision, in memory: SQLite's FTS5 on words that are folded and cut here.

An entry is what one thing says in one language; a thing is found by its best entry. The columns weigh by how
much a text is the thing's own: its label more than its definition, that more than what it merely states. The
texts themselves are kept beside the index, so that what was found can be shown with marks.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from pyoxigraph import NamedNode

from plangraph.errors import QueryTooSlow
from plangraph.reads import FILTER, finish, load_read, read_mark, write_values
from plangraph.sought import STEMS, Sought, find_marks, write_expression
from plangraph.terms import Term, split_thing
from plangraph.words import split_words

WEIGHTS: Final = {
    "label": 10.0,
    "name": 6.0,
    "formulation": 5.0,
    "phrase": 3.0,
    "definition": 2.0,
    "stated": 0.3,
}
"""The fields of a thing, and what a word in each weighs. ``stated`` is what a document or an attribution
says: it is found by that too, after the claim itself."""

STEM_WEIGHT: Final = 0.5

FACTORS: Final = {
    "plan": 2.0, "version": 2.0, "provision": 2.0, "topic": 1.5,
    "attribution": 0.5, "value": 0.5, "divergence": 0.5,
}  # fmt: skip
"""What the score of a thing is multiplied by: what others are about comes first, then what is said; who said
it and what was computed from it bear the same names, and come last."""
CATEGORIES: Final = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
"""The words arrive cut and folded; all that the index does is part them at spaces."""

SHOWN: Final = 200
"""How many letters of a text are shown around the first mark."""

STEPS: Final = 10_000
"""After how many of its steps SQLite asks whether it may go on."""

UNKNOWN: Final = "und"
"""The language of a text of which none is known (BCP 47)."""


class Text(NamedTuple):
    """A text of a thing, as the query for them gives it."""

    item: str
    field: str
    language: str
    text: str


class Hit(NamedTuple):
    """A thing that was found: its best entry, and how well that fits; a higher score is better."""

    item: str
    kind: str
    score: float
    entry: int


@dataclass(frozen=True)
class Snippet:
    """A part of a text with what was found in it; marks count code points of ``text``, ends excluded."""

    field: str
    language: str
    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Found:
    """All that was found, best first, and how many things there are by kind and by language."""

    hits: tuple[Hit, ...]
    kinds: Counter[str]
    languages: Counter[str]


class Finder:
    """The index of one revision. Its methods may be called from any thread; one works at a time."""

    def __init__(self, texts: Iterable[Text], revision: str = "") -> None:
        """``texts`` come sorted by item."""
        self.revision = revision
        self.lock = threading.Lock()
        self.database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        columns = ", ".join((*WEIGHTS, STEMS))
        self.database.executescript(
            f"""CREATE VIRTUAL TABLE words USING fts5({columns}, content='', tokenize="{CATEGORIES}");
            CREATE TABLE entries (id INTEGER PRIMARY KEY, item TEXT, kind TEXT, language TEXT);
            CREATE TABLE texts (entry INTEGER, field TEXT, text TEXT);"""
        )
        self.database.execute("BEGIN")
        for number, (item, language, given) in enumerate(group_texts(texts), start=1):
            self.add(number, item, language, given)
        self.database.execute("COMMIT")
        self.database.execute("CREATE INDEX of_entry ON texts (entry)")

    def add(self, number: int, item: str, language: str, given: Sequence[Text]) -> None:
        """One entry: its words by field, and all of them without their endings."""
        words = dict.fromkeys((*WEIGHTS, STEMS), "")
        for text in given:
            found = split_words(text.text)
            words[text.field] += " ".join(word.form for word in found) + " "
            words[STEMS] += " ".join(word.stem for word in found) + " "
        kind, _ = split_thing(item) or ("", "")
        self.database.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", (number, item, kind, language))
        self.database.executemany(
            "INSERT INTO texts VALUES (?, ?, ?)", [(number, text.field, text.text) for text in given]
        )
        places = ", ".join("?" * (len(words) + 1))
        self.database.execute(
            f"INSERT INTO words (rowid, {', '.join(words)}) VALUES ({places})",  # noqa: S608 - our columns
            (number, *words.values()),
        )

    def find(
        self,
        sought: Sequence[Sought],
        kinds: Collection[str] = (),
        languages: Collection[str] = (),
        seconds: float = 10,
    ) -> Found:
        """What has everything that is looked for, among things of some kinds and texts in some languages.

        Things that fit as well as each other stand by IRI. Raises :class:`QueryTooSlow`.
        """
        weights = ", ".join(str(weight) for weight in (*WEIGHTS.values(), STEM_WEIGHT))
        statement = (
            f"SELECT item, kind, language, entries.id, bm25(words, {weights}) "  # noqa: S608 - our figures
            "FROM words JOIN entries ON entries.id = words.rowid WHERE words MATCH ?"
        )
        best: dict[str, Hit] = {}
        spoken: dict[str, set[str]] = {}
        for item, kind, language, entry, score in self.ask(statement, write_expression(sought), seconds):
            if (kinds and kind not in kinds) or (languages and language not in languages):
                continue
            spoken.setdefault(item, set()).add(language)
            fit = -score * FACTORS.get(kind, 1.0)
            if item not in best or fit > best[item].score:
                best[item] = Hit(item, kind, fit, entry)
        return Found(
            hits=tuple(sorted(best.values(), key=rank)),
            kinds=Counter(hit.kind for hit in best.values()),
            languages=Counter(language for known in spoken.values() for language in known),
        )

    def ask(self, statement: str, expression: str, seconds: float) -> list[tuple[str, str, str, int, float]]:
        """The rows that match; raises :class:`QueryTooSlow` where they are not there in time."""
        deadline = time.monotonic() + seconds
        with self.lock:
            self.database.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
            try:
                return self.database.execute(statement, (expression,)).fetchall()
            except sqlite3.OperationalError as error:
                if "interrupted" not in str(error):
                    raise
                raise QueryTooSlow(
                    f"the search took longer than {seconds:g} seconds; look for longer words"
                ) from None
            finally:
                self.database.set_progress_handler(None, 0)

    def show(self, hits: Iterable[Hit], sought: Sequence[Sought]) -> list[Snippet]:
        """Of each thing the text that has most of what is looked for, cut around it."""
        with self.lock:
            return [self.show_one(hit, sought) for hit in hits]

    def show_one(self, hit: Hit, sought: Sequence[Sought]) -> Snippet:
        """The text of one thing; among equals that of the field that weighs most."""
        (language,) = self.database.execute(
            "SELECT language FROM entries WHERE id = ?", (hit.entry,)
        ).fetchone()
        texts = self.database.execute(
            "SELECT field, text FROM texts WHERE entry = ? ORDER BY rowid", (hit.entry,)
        ).fetchall()
        best: tuple[tuple[int, float], Snippet] | None = None
        for field, text in texts:
            words = split_words(text)
            met = sum(bool(entry.find(words)) for entry in sought)
            if best is None or (met, WEIGHTS[field]) > best[0]:
                marks = find_marks(sought, words)
                best = (met, WEIGHTS[field]), cut_snippet(Snippet(field, language, text, tuple(marks)))
        assert best is not None  # noqa: S101 - no entry is without a text
        return best[1]

    def close(self) -> None:
        """Let go of the memory."""
        with self.lock:
            self.database.close()


def rank(hit: Hit) -> tuple[float, str]:
    """Where a thing stands among those that were found."""
    return -hit.score, hit.item


def group_texts(texts: Iterable[Text]) -> Iterator[tuple[str, str, list[Text]]]:
    """The texts of each thing in each language, every text of a field once."""
    for item, given in groupby(texts, key=lambda text: text.item):
        by_language: dict[str, dict[Text, None]] = {}
        for text in given:
            language = text.language.lower() or UNKNOWN
            by_language.setdefault(language, {})[text] = None
        for language in sorted(by_language):
            yield item, language, sorted(by_language[language])


def cut_snippet(snippet: Snippet) -> Snippet:
    """The part of a long text that begins a little before the first mark, cut between words."""
    text = snippet.text
    if len(text) <= SHOWN:
        return snippet
    first = snippet.marks[0][0] if snippet.marks else 0
    start = 0 if first < SHOWN // 2 else text.find(" ", first - SHOWN // 3) + 1
    start = start if start <= first else first
    end = len(text) if start + SHOWN >= len(text) else max(text.rfind(" ", start, start + SHOWN), start)
    end = end if end > first else min(start + SHOWN, len(text))
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    marks = tuple(
        (begin + shift, min(finish, end) + shift) for begin, finish in snippet.marks if start <= begin < end
    )
    return Snippet(snippet.field, snippet.language, before + text[start:end] + after, marks)


def list_parts() -> list[list[str]]:
    """The branches of the query for texts, each of which can be asked for alone."""
    lines = load_read("texts").after
    parts: list[list[str]] = [[]]
    for line in lines[lines.index("  {") + 1 : lines.index("  }")]:
        if line == "  } UNION {":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def write_part(part: Sequence[str], after: NamedNode | None, limit: int) -> str:
    """The query for the first texts of a branch, or for those of the things after one, sorted by thing.

    Servers put in order only so many rows, and some take long for the branches together.
    """
    texts = load_read("texts")
    lines = [*texts.before, "  {", *part, "  }"]
    for line in texts.after[texts.after.index("  }") + 1 :]:
        pattern = read_mark(line, FILTER)[1]
        if not pattern:
            lines.append(line)
        elif after is not None:
            lines += [f"  {write_values('after', [after])}", f"  {pattern}"]
    return finish(texts, [*lines, f"LIMIT {limit}"])


def write_texts(items: Iterable[Term] | None = None) -> str:
    """The query for the texts that search looks through: all of them, or those of some things."""
    texts = load_read("texts")
    chosen = [] if items is None else [f"  {write_values('item', items)}"]
    after = [line for line in texts.after if not read_mark(line, FILTER)[0]]
    return finish(texts, [*texts.before, *chosen, *after])
