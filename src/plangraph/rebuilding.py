"""The data set that a journal holds: begun from files, and rebuilt as of any of its revisions.

Ontology, topics and shapes come with the software and are in no journal; the digest of them is noted with
each revision, so that it can be told whether data of the same name is to be expected.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Quad

from plangraph.blanks import label_blanks
from plangraph.build import Dataset, assemble, assemble_pinned, read_files, settle, undisturbed
from plangraph.errors import FileUnreadable
from plangraph.files import GraphFile, list_data, list_vocabulary
from plangraph.graph_texts import digest_text, read_text
from plangraph.journal import Journal
from plangraph.journal_reads import JournalReader, Stated
from plangraph.journal_tables import Revision
from plangraph.parts import find_graph, split
from plangraph.pinning import Pin
from plangraph.settings import Settings
from plangraph.turtle import write_turtle
from plangraph.write_errors import JournalUnusable

logger = logging.getLogger("plangraph.journal")

SEEDED = "begun with the files of the data set"


@dataclass(frozen=True)
class Held:
    """A data set out of a journal; ``record`` is the journal where it may be written."""

    dataset: Dataset
    journal: JournalReader
    record: Journal | None


def open_journal(settings: Settings) -> Held:
    """The data set of the journal that the settings name, which is begun with the files if it is empty.

    Files that differ from a journal that is not empty are told of in the log and otherwise left alone. Raises
    :class:`JournalUnusable`, and :class:`FileUnreadable` for files.
    """
    vocabulary = read_files(list_vocabulary())
    data = Path(settings.data) if settings.data else None
    journal = Journal(settings.journal or "", digest_quads(vocabulary))
    try:
        if settings.token_file is not None or journal.find_last() is None:
            journal.open()
        last = journal.find_last()
        if last is None:
            dataset = seed(journal, vocabulary, data)
        else:
            dataset = rebuild(journal, last, vocabulary)
            tell_differences(journal, last, dataset, data)
    except BaseException:
        journal.close()
        raise
    if settings.token_file is None:
        journal.close()  # the lock; reading goes on
        return Held(dataset, journal, None)
    return Held(dataset, journal, journal)


def is_begun(address: str) -> bool:
    """Whether there is a journal at a path or URL that holds something."""
    try:
        reader = JournalReader(address)
    except JournalUnusable:
        return False
    try:
        return reader.find_last() is not None
    finally:
        reader.close()


def seed(journal: Journal, vocabulary: list[Quad], data: Path | None) -> Dataset:
    """Let the first revision hold the parts of files, and give the data set as it is rebuilt from there."""
    texts = {part: write_turtle(quads) for part, quads in read_stated(data).items()}
    with undisturbed():
        stated = (quad for part, text in texts.items() for quad in read_text(text, find_graph(part)))
        dataset = assemble([*vocabulary, *stated])
    if not texts:
        raise JournalUnusable("the data set holds no graph that a journal could begin with")
    journal.seed(dataset.revision, texts, SEEDED)
    return dataset


def rebuild(
    journal: JournalReader,
    revision: Revision,
    vocabulary: Iterable[Quad] | None = None,
    by: Pin | None = None,
) -> Dataset:
    """The data set as of a revision, with the vocabulary of this software, and perhaps as of a day."""
    with undisturbed():
        quads = list(vocabulary if vocabulary is not None else read_files(list_vocabulary()))
        for stated in journal.read_revision(revision.number):
            quads.extend(stated.read_quads())
        return assemble(quads) if by is None else assemble_pinned(quads, by)


def read_stated(data: Path | None) -> dict[str, set[Quad]]:
    """The quads of each part of the files, in the form that the store keeps."""
    return split(settle(read_files(list_data(data))))


def tell_differences(journal: JournalReader, last: Revision, dataset: Dataset, data: Path | None) -> None:
    """Say in the log where the files are not what the journal holds, and where the revision is not."""
    if last.name != dataset.revision:
        cause = "the vocabulary is another" if last.vocabulary != vocabulary_digest() else "the software is"
        logger.warning(
            "revision %d of the journal is served as %s, not as %s: %s",
            last.number, dataset.revision, last.name, cause,
        )  # fmt: skip
    stated = journal.read_revision(last.number)
    if others := find_others(stated, data):
        logger.warning(
            "the journal is served, at revision %d; %d parts of the files differ from it, such as %s",
            last.number, len(others), others[0],
        )  # fmt: skip


def find_others(stated: Iterable[Stated], data: Path | None) -> list[str]:
    """The parts of files that a journal does not hold, or holds otherwise; a file that is none, by its graph.

    Most files of documents are canonical Turtle, so that their bytes tell; only the others are read.
    """
    digests = {entry.part: entry.digest for entry in stated}
    files = defaultdict(list)
    with suppress(FileUnreadable):  # a folder that is gone differs in nothing
        for file in list_data(data):
            files[file.graph.value].append(file)
    return [part for name, held in files.items() for part in find_unlike(name, held, digests)]


def find_unlike(name: str, files: list[GraphFile], digests: Mapping[str, str]) -> Iterator[str]:
    """The parts of the files of one graph whose digests are others, by bytes or by what they say."""
    try:
        if len(files) == 1 and digest_text(files[0].path.read_bytes()) == digests.get(name):
            return
        parts = split(settle(read_files(files)))
    except (FileUnreadable, OSError):
        yield name
        return
    for part, quads in parts.items():
        if digest_text(write_turtle(quads)) != digests.get(part):
            yield part


def vocabulary_digest() -> str:
    """The digest of the vocabulary that comes with this software."""
    return digest_quads(read_files(list_vocabulary()))


def digest_quads(quads: Iterable[Quad]) -> str:
    """A digest of what quads say, whatever their order and the names of their blank nodes."""
    lines = sorted(map(str, label_blanks(settle(quads))))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
