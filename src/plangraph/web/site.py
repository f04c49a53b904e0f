"""The application on a data set: what ``plangraph serve`` runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plangraph.build import Dataset, build
from plangraph.copies import RemoteShelf
from plangraph.engine import QueryEngine
from plangraph.errors import BadParameter
from plangraph.export import write
from plangraph.pages.manual import name_page
from plangraph.pages.routes import create_pages
from plangraph.remote import RemoteEngine
from plangraph.settings import Settings
from plangraph.shelf import Shelf
from plangraph.upstream import is_external, read_address
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from plangraph.web.finders import Finders
from plangraph.web.front import Front
from plangraph.worker import Engine

if TYPE_CHECKING:
    from plangraph.journal_reads import JournalReader

SCRATCH = Dataset((), "scratch")
"""An empty data set, kept in memory only: for conformance and load runs."""


def create_site(settings: Settings) -> Front:
    """The service on the data set that the settings name; its graphs are computed here, once.

    Raises :class:`~plangraph.errors.FileUnreadable` for a data set that cannot be read,
    :class:`JournalUnusable`, and what :meth:`RemoteEngine.start` raises for one on an external server.
    """
    if settings.data is not None and is_external(settings.data):
        if settings.journal is not None:
            raise BadParameter("an external server keeps what it holds itself; it goes with no --journal")
        return create_external_site(settings.data, settings)
    if settings.journal is not None:
        return create_journalled_site(settings)
    dataset = SCRATCH if settings.scratch else build(Path(settings.data) if settings.data else None)
    engine = Engine(write(dataset.quads, "nquads"), dataset.revision, settings)
    return join(engine, settings, Shelf(dataset.quads, revision=dataset.revision))


def create_journalled_site(settings: Settings) -> Front:
    """The service on what the journal holds; without tokens, nobody keeps another service from writing it."""
    from plangraph.rebuilding import open_journal  # noqa: PLC0415 - only where there is one

    if settings.scratch:
        raise BadParameter("--scratch keeps nothing, so it goes with no --journal")
    held = open_journal(settings)
    dataset, journal = held.dataset, held.journal
    engine = Engine(write(dataset.quads, "nquads"), dataset.revision, settings, held.record)
    engine.writer.digests.update(journal.list_digests())
    shelf = Shelf(dataset.quads, revision=dataset.revision)
    return join(engine, settings, shelf, journal)


def create_external_site(data: str, settings: Settings) -> Front:
    """The service in front of an external server, which is asked at once whether it can serve."""
    engine = RemoteEngine(read_address(data), settings)
    engine.prepare()
    return join(engine, settings, RemoteShelf(engine))


def join(
    engine: QueryEngine, settings: Settings, shelf: Shelf, journal: JournalReader | None = None
) -> Front:
    """The application with all that reads, and its pages, which search with the same index."""
    finders = Finders()
    pages = create_pages(settings, finders)
    routers = create_routers(settings, finders, pages.graphs, name_page)
    return create_app(engine, settings, routers, shelf, journal, pages=pages)
