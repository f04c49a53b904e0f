"""The full-text index of each engine: made from queries for the first search, anew for a new revision."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from operator import attrgetter
from typing import Final
from weakref import WeakKeyDictionary

from pyoxigraph import Literal, NamedNode

from plangraph.engine import QueryEngine
from plangraph.errors import EngineStopped
from plangraph.finder import Finder, Found, Text, list_parts, write_part
from plangraph.sought import Sought
from plangraph.terms import Term
from plangraph.web.results import TRIES, Row, for_rows, read_rows
from plangraph.worker import Answer

SLICE: Final = 10_000
"""How many texts are asked for at a time: no answer passes the limit of a result, nor the number of rows that
Virtuoso puts in order, unless set otherwise."""


class Finders:
    """The indexes of the engines of a service. Use it from one event loop."""

    def __init__(self) -> None:
        self.held: WeakKeyDictionary[QueryEngine, asyncio.Task[Finder]] = WeakKeyDictionary()

    async def find(
        self,
        engine: QueryEngine,
        sought: Sequence[Sought],
        kinds: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> tuple[Finder, Found]:
        """What is found in the data of an engine as it is now, and the index that found it.

        Raises what the engine and :meth:`Finder.find` raise.
        """
        finder = await self.open(engine)
        seconds = engine.settings.limits.query_seconds
        return finder, await asyncio.to_thread(finder.find, sought, kinds, languages, seconds)

    async def open(self, engine: QueryEngine) -> Finder:
        """The index of an engine's revision; those who ask while it is made wait for the same one."""
        for _ in range(TRIES):
            task = self.held.get(engine)
            if task is None or has_failed(task) or task.get_loop() is not asyncio.get_running_loop():
                task = self.held[engine] = asyncio.create_task(build(engine))
            finder = await asyncio.shield(task)
            if finder.revision == engine.revision:
                return finder
            if self.held.get(engine) is task:
                del self.held[engine]
        raise EngineStopped("the data keeps changing while it is indexed; try again")


def has_failed(task: asyncio.Task[Finder]) -> bool:
    """Whether an index could not be made."""
    return task.done() and (task.cancelled() or task.exception() is not None)


async def build(engine: QueryEngine) -> Finder:
    """The index of what an engine holds; raises what the engine raises."""
    for _ in range(TRIES):
        revision = engine.revision
        texts: list[Text] = []
        for part in list_parts():
            found = await fetch_part(engine, part, revision)
            if found is None:
                break
            texts += found
        else:
            return await asyncio.to_thread(index, texts, revision)
    raise EngineStopped("the data keeps changing while it is indexed; try again")


def index(texts: Sequence[Text], revision: str) -> Finder:
    """The index of texts in any order."""
    return Finder(sorted(texts, key=attrgetter("item")), revision)


async def fetch_part(engine: QueryEngine, part: Sequence[str], revision: str) -> list[Text] | None:
    """The texts of one branch of the query for them; nothing where the data is of another revision by now."""
    texts: list[Text] = []
    after: NamedNode | None = None
    while True:
        answer = await engine.run(for_rows(write_part(part, after, SLICE)))  # the index holds what it says
        if answer.revision != revision:
            return None
        found = await asyncio.to_thread(read_texts, answer)
        if len(found) < SLICE:
            return [*texts, *found]
        last = found[-1].item  # its texts may go on in the next slice
        kept = [text for text in found if text.item != last]
        if not kept:
            raise EngineStopped(f"{last} has too many texts to be searched")
        texts += kept
        after = NamedNode(kept[-1].item)


def read_texts(answer: Answer) -> list[Text]:
    """The rows of the query for texts."""
    return [read_text(row) for row in read_rows(answer)]


def read_text(row: Row) -> Text:
    """A row of the query for texts."""
    item = row["item"]
    assert isinstance(item, NamedNode)  # noqa: S101 - the query takes nothing else
    return Text(
        item.value, read_value(row["field"]), read_value(row.get("language")), read_value(row["text"])
    )


def read_value(node: Term | None) -> str:
    """The text of a literal; nothing where there is none."""
    return node.value if isinstance(node, Literal) else ""
