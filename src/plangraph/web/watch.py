"""What the service tells those who run it: figures for Prometheus, and a log of JSON lines.

A line names a request by its id and never holds a query's text, a token, or a body.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from bisect import bisect_left
from itertools import accumulate
from typing import Final, Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from starlette.types import Scope

from plangraph.engine import QueryEngine
from plangraph.web.cache import Cache

Chosen = Literal["all", "notable", "none"]

SLOW_SECONDS: Final = 1.0
"""A request that took longer is worth a line."""

METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "QUERY", "OPTIONS"))
"""Figures are kept by these; a client could make up any number of others."""

PLACES: Final = frozenset(
    (
        "sparql", "update", "graphs", "queries", "api", "export", "graph", "id", "ns", "shapes", "dataset",
        "limits", "metrics", "healthz", "readyz", "openapi.json", "context.jsonld", ".well-known", "docs", "",
    )
)  # fmt: skip
"""The first parts of paths that figures are kept by; all others are counted as one."""

SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

logger = logging.getLogger("plangraph.requests")


class Durations:
    """How long things took: how many within each bound of ``SECONDS``, and all together.

    Counted in place, since a histogram of the library costs a small query a twentieth of its time; the
    library writes it, from :class:`Figures`.
    """

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(SECONDS, seconds)] += 1
        self.seconds += seconds

    def list_buckets(self) -> list[tuple[str, float]]:
        """The bounds, each with how many took so long or less."""
        bounds = [*map(floatToGoString, SECONDS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


class Watch:
    """Counts requests and writes the log."""

    def __init__(self, engine: QueryEngine, cache: Cache, chosen: Chosen = "notable") -> None:
        self.chosen = chosen
        self.cache = cache
        self.requests: dict[tuple[str, str, int], int] = {}
        """How many there were of each place, method and status."""
        self.seconds: dict[str, Durations] = {}
        """How long those of each place took."""
        self.held = 0
        self.queries: dict[str, int] = {}
        """How many there were of each outcome."""
        self.query_seconds = Durations()
        self.registry = CollectorRegistry()
        self.registry.register(EngineFigures(engine, cache))
        self.registry.register(Figures(self))

    def note(self, scope: Scope, name: bytes, status: int, begun: float, length: int) -> None:
        """A request has been answered; status 0 where the client left before."""
        seconds = time.perf_counter() - begun
        path, method = scope["path"], scope["method"]
        place = "sparql" if path == "/sparql" else find_place(path)
        kind = (place, method if method in METHODS else "other", status)
        self.requests[kind] = self.requests.get(kind, 0) + 1
        if (durations := self.seconds.get(place)) is None:
            durations = self.seconds[place] = Durations()
        durations.add(seconds)
        if self.chosen == "none":
            return
        if self.chosen == "all" or status >= 500 or status in (0, 429) or seconds > SLOW_SECONDS:
            self.write_line(scope, name, status, seconds, length)

    def note_held(self, scope: Scope, name: bytes, begun: float, length: int) -> None:
        """A request has been answered from the cache."""
        self.held += 1
        if self.chosen == "all":
            self.write_line(scope, name, 200, time.perf_counter() - begun, length)

    def note_query(self, outcome: str, seconds: float) -> None:
        """A query has ended: ``answered``, or with an error of that name."""
        self.queries[outcome] = self.queries.get(outcome, 0) + 1
        self.query_seconds.add(seconds)

    def write_line(self, scope: Scope, name: bytes, status: int, seconds: float, length: int) -> None:
        """One line of the log."""
        client = scope.get("client")
        logger.info(
            json.dumps(
                {
                    "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                    "request": name.decode("latin-1"),
                    "client": client[0] if client else None,
                    "method": scope["method"],
                    "path": scope["path"][:200],
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "bytes": length,
                }
            )
        )

    def write_figures(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self.registry)


class Figures(Collector):
    """What the watch has counted, as Prometheus reads it."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def collect(self) -> list[CounterMetricFamily | HistogramMetricFamily]:
        """The figures of this moment."""
        watch = self.watch
        requests = CounterMetricFamily(
            "plangraph_requests",
            "Requests by the first part of their path, method and status",
            labels=["place", "method", "status"],
        )
        for (place, method, status), count in watch.requests.items():
            requests.add_metric([place, method, str(status)], count)
        seconds = HistogramMetricFamily(
            "plangraph_request_seconds",
            "From the first byte of a request's head being read to the last of its answer being handed on",
            labels=["place"],
        )
        for place, durations in watch.seconds.items():
            seconds.add_metric([place], durations.list_buckets(), durations.seconds)
        queries = CounterMetricFamily(
            "plangraph_queries", "Queries at /sparql by what became of them", labels=["outcome"]
        )
        for outcome, count in watch.queries.items():
            queries.add_metric([outcome], count)
        return [
            requests,
            seconds,
            queries,
            CounterMetricFamily("plangraph_cache_hits", "Answers given from the cache", value=watch.held),
            HistogramMetricFamily(
                "plangraph_query_seconds",
                "From the guard to the answer's bytes",
                buckets=watch.query_seconds.list_buckets(),
                sum_value=watch.query_seconds.seconds,
            ),
        ]


class EngineFigures(Collector):
    """What the engine and the cache count themselves, read when asked for."""

    def __init__(self, engine: QueryEngine, cache: Cache) -> None:
        self.engine = engine
        self.cache = cache

    def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
        """The figures of this moment."""
        engine, dispatch = self.engine, self.engine.dispatch
        lanes, counts = dispatch.lanes, dispatch.counts
        gauges = {
            "plangraph_queries_waiting": ("Queries that wait for a worker", len(dispatch.queue)),
            "plangraph_queries_running": (
                "Queries that workers were sent",
                sum(len(lane.jobs) for lane in lanes),
            ),
            "plangraph_queries_costly": ("Queries that turned out costly and run", len(lanes.slow)),
            "plangraph_queries_elsewhere": (
                "Queries that an external server was sent, or that wait for it",
                engine.running,
            ),
            "plangraph_workers": ("Workers that take queries", len(lanes.fast)),
            "plangraph_cache_bytes": ("Bytes of answers held", self.cache.bytes),
            "plangraph_cache_entries": ("Answers held", len(self.cache.held)),
            "plangraph_memo_bytes": (
                "Bytes held of answers to own queries, of the whole data set",
                engine.memo.bytes,
            ),
            "plangraph_memo_entries": (
                "Answers to own queries held, of the whole data set",
                len(engine.memo.held),
            ),
        }
        counters = {
            "plangraph_worker_kills": ("Workers killed for their query", counts.kills),
            "plangraph_worker_deaths": ("Workers that died otherwise", counts.deaths),
            "plangraph_queries_moved": ("Queries that turned out costly", counts.moves),
            "plangraph_handovers": ("Times a fresh process took the data over", engine.writer.handovers),
            "plangraph_queries_repeated": ("Queries asked again of another worker", counts.repeats),
        }
        revision = GaugeMetricFamily("plangraph_revision", "Which data is served", labels=["revision"])
        revision.add_metric([engine.revision], 1)
        return [
            revision,
            *(GaugeMetricFamily(name, about, value=value) for name, (about, value) in gauges.items()),
            *(CounterMetricFamily(name, about, value=value) for name, (about, value) in counters.items()),
        ]


def find_place(path: str) -> str:
    """The first part of a path, if it is one that we know."""
    first = path.lstrip("/").partition("/")[0].partition("?")[0]
    return first if first in PLACES else "other"


def start_log() -> None:
    """Write the log to stderr, a line a request, beside what the server itself says."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
