"""The application on a data set: what ``plangraph serve`` runs."""

from __future__ import annotations

from pathlib import Path

from plangraph.build import Dataset, build
from plangraph.copies import RemoteShelf
from plangraph.errors import BadParameter
from plangraph.export import write
from plangraph.remote import RemoteEngine
from plangraph.settings import Settings
from plangraph.shelf import Shelf
from plangraph.upstream import is_external, read_address
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from plangraph.web.front import Front
from plangraph.worker import Engine

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
    return create_app(
        engine, settings, create_routers(settings), shelf=Shelf(dataset.quads, revision=dataset.revision)
    )


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
    return create_app(engine, settings, create_routers(settings), shelf, journal)


def create_external_site(data: str, settings: Settings) -> Front:
    """The service in front of an external server, which is asked at once whether it can serve."""
    engine = RemoteEngine(read_address(data), settings)
    engine.prepare()
    return create_app(engine, settings, create_routers(settings), shelf=RemoteShelf(engine))
