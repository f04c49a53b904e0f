"""The application on a data set: what ``plangraph serve`` runs."""

from __future__ import annotations

from pathlib import Path

from plangraph.build import Dataset, build
from plangraph.copies import RemoteShelf
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

    Raises :class:`~plangraph.errors.FileUnreadable` for a data set that cannot be read, and what
    :meth:`RemoteEngine.start` raises for one on an external server.
    """
    if settings.data is not None and is_external(settings.data):
        return create_external_site(settings.data, settings)
    dataset = SCRATCH if settings.scratch else build(Path(settings.data) if settings.data else None)
    engine = Engine(write(dataset.quads, "nquads"), dataset.revision, settings)
    return create_app(
        engine, settings, create_routers(settings), shelf=Shelf(dataset.quads, revision=dataset.revision)
    )


def create_external_site(data: str, settings: Settings) -> Front:
    """The service in front of an external server, which is asked at once whether it can serve."""
    engine = RemoteEngine(read_address(data), settings)
    engine.prepare()
    return create_app(engine, settings, create_routers(settings), shelf=RemoteShelf(engine))
