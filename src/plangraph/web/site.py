"""The application on a data set: what ``plangraph serve`` runs."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from plangraph.build import Dataset, build
from plangraph.export import write
from plangraph.settings import Settings
from plangraph.shelf import Shelf
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from plangraph.worker import Engine

SCRATCH = Dataset((), "scratch")
"""An empty data set, kept in memory only: for conformance and load runs."""


def create_site(settings: Settings) -> FastAPI:
    """The service on the data set that the settings name; its graphs are computed here, once.

    Raises :class:`~plangraph.errors.FileUnreadable` for a data set that cannot be read.
    """
    dataset = SCRATCH if settings.scratch else build(Path(settings.data) if settings.data else None)
    engine = Engine(write(dataset.quads, "nquads"), dataset.revision, settings)
    return create_app(
        engine, settings, create_routers(settings), shelf=Shelf(dataset.quads, revision=dataset.revision)
    )
