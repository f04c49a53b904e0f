"""Engines and applications for tests, on the packaged data or on a few made-up quads."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from plangraph.build import Dataset, build
from plangraph.export import write
from plangraph.settings import MIB, Limits, Settings
from plangraph.shelf import Shelf
from plangraph.web.app import create_app
from plangraph.web.front import Front
from plangraph.web.site import join
from plangraph.worker import Engine

TIGHT = Limits(query_seconds=60, result_bytes=MIB, worker_memory_bytes=256 * MIB, queue_length=2)
"""Limits that a test can reach, but for the time: how long an honest query takes is the machine's affair."""

PATIENT = replace(Limits(), query_seconds=60, pin_seconds=300)
"""For tests that compare what is answered, not how soon."""

HASTY = replace(TIGHT, query_seconds=3)
"""The same for tests that wait for the end of the time."""

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f FILTER(?b != ?d || ?f != ?b) }"
"""A query that would run for years on the packaged data."""


@cache
def read_packaged() -> Dataset:
    """The packaged data set, built once."""
    return build()


@cache
def write_packaged() -> bytes:
    """The packaged data set as an engine reads it, written once."""
    return write(read_packaged().quads, "nquads")


def open_shelf() -> Shelf:
    """The files of the packaged data set."""
    return Shelf(read_packaged().quads, revision=read_packaged().revision)


def make_engine(limits: Limits = TIGHT, workers: int = 2, quads: bytes | None = None) -> Engine:
    """An engine that is not started; on the packaged data unless N-Quads are given."""
    settings = Settings(limits=limits, workers=workers)
    if quads is not None:
        return Engine(quads, "made-up", settings)
    return Engine(write_packaged(), read_packaged().revision, settings)


def make_app(limits: Limits = TIGHT) -> Front:
    """The application on the packaged data; its engine starts with it."""
    engine = make_engine(limits)
    return create_app(engine, engine.settings)


def make_site(settings: Settings) -> Front:
    """What ``create_site`` makes of the packaged data, which is derived once for all sites of a process."""
    assert (settings.data, settings.journal, settings.scratch) == (None, None, False)
    return join(Engine(write_packaged(), read_packaged().revision, settings), settings, open_shelf())
