"""The data set that a journal holds: begun from files, and rebuilt as of any of its revisions.

Ontology, topics and shapes come with the software and are in no journal; the digest of them is noted with
each revision, so that it can be told whether data of the same name is to be expected.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode, Quad

from plangraph.blanks import label_blanks
from plangraph.build import Dataset, assemble, assemble_pinned, read_files, settle, undisturbed
from plangraph.errors import FileUnreadable
from plangraph.files import GraphFile, list_data, list_vocabulary
from plangraph.graph_texts import digest_text, read_text
from plangraph.journal import Journal
from plangraph.journal_reads import JournalReader, Stated
from plangraph.journal_tables import Revision
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
    """Let the first revision hold the graphs of files, and give the data set as it is rebuilt from there."""
    texts = {name: write_turtle(quads) for name, quads in read_stated(data).items()}
    with undisturbed():
        stated = (quad for name, text in texts.items() for quad in read_text(text, NamedNode(name)))
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
    """The quads of each graph of the files, in the form that the store keeps."""
    graphs: dict[str, set[Quad]] = defaultdict(set)
    for quad in settle(read_files(list_data(data))):
        if isinstance(quad.graph_name, NamedNode):
            graphs[quad.graph_name.value].add(quad)
    return dict(graphs)


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
            "the journal is served, at revision %d; %d graphs of the files differ from it, such as %s",
            last.number, len(others), others[0],
        )  # fmt: skip


def find_others(stated: Iterable[Stated], data: Path | None) -> list[str]:
    """The graphs of files that a journal does not hold, or holds otherwise.

    Most files are canonical Turtle, so that their bytes tell; only the others are read.
    """
    digests = {entry.graph: entry.digest for entry in stated}
    files = defaultdict(list)
    with suppress(FileUnreadable):  # a folder that is gone differs in nothing
        for file in list_data(data):
            files[file.graph.value].append(file)
    return [name for name, parts in files.items() if not has_digest(parts, digests.get(name))]


def has_digest(parts: list[GraphFile], known: str | None) -> bool:
    """Whether the files of one graph have that digest, by their bytes or by what they say."""
    try:
        if len(parts) == 1 and digest_text(parts[0].path.read_bytes()) == known:
            return True
        return digest_text(write_turtle(settle(read_files(parts)))) == known
    except (FileUnreadable, OSError):
        return False


def vocabulary_digest() -> str:
    """The digest of the vocabulary that comes with this software."""
    return digest_quads(read_files(list_vocabulary()))


def digest_quads(quads: Iterable[Quad]) -> str:
    """A digest of what quads say, whatever their order and the names of their blank nodes."""
    lines = sorted(map(str, label_blanks(settle(quads))))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
