"""What the service tells those who run it: figures for Prometheus, and a log of JSON lines.

A line names a request by its id and never holds a query's text, a token, or a body.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Scope

from plangraph.engine import QueryEngine
from plangraph.web.cache import Cache

Chosen = Literal["all", "notable", "none"]

SLOW_SECONDS: Final = 1.0
"""A request that took longer is worth a line."""

KINDS: Final = 1_000
"""How many kinds of requests have their figures at hand."""

PLACES: Final = frozenset(
    (
        "sparql", "update", "graphs", "queries", "api", "export", "graph", "id", "ns", "shapes", "dataset",
        "limits", "metrics", "healthz", "readyz", "openapi.json", "context.jsonld", ".well-known", "docs", "",
    )
)  # fmt: skip
"""The first parts of paths that figures are kept by; all others are counted as one."""

SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

logger = logging.getLogger("plangraph.requests")


class Watch:
    """Counts requests and writes the log."""

    def __init__(self, engine: QueryEngine, cache: Cache, chosen: Chosen = "notable") -> None:
        self.chosen = chosen
        self.cache = cache
        self.counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        """The figures of each place, method and status: to find them by their labels takes its time."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "plangraph_requests",
            "Requests by the first part of their path, method and status",
            ("place", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "plangraph_request_seconds",
            "From the first byte of a request's head being read to the last of its answer being handed on",
            ("place",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.held = Counter("plangraph_cache_hits", "Answers given from the cache", registry=self.registry)
        self.queries = Counter(
            "plangraph_queries", "Queries at /sparql by what became of them", ("outcome",),
            registry=self.registry,
        )  # fmt: skip
        self.outcomes: dict[str, Counter] = {}
        self.query_seconds = Histogram(
            "plangraph_query_seconds", "From the guard to the answer's bytes", buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.registry.register(EngineFigures(engine, cache))

    def note(self, scope: Scope, name: bytes, status: int, begun: float, length: int) -> None:
        """A request has been answered; status 0 where the client left before."""
        seconds = time.perf_counter() - begun
        path = scope["path"]
        kind = (path if path == "/sparql" else find_place(path), scope["method"], status)
        if (counters := self.counted.get(kind)) is None:
            counters = self.find_counters(*kind)
        counters[0].inc()
        counters[1].observe(seconds)
        if self.chosen == "none":
            return
        if self.chosen == "all" or status >= 500 or status in (0, 429) or seconds > SLOW_SECONDS:
            self.write_line(scope, name, status, seconds, length)

    def find_counters(self, place: str, method: str, status: int) -> tuple[Counter, Histogram]:
        """The figures of a place, a method and a status."""
        known = place.strip("/")
        found = (
            self.requests.labels(known, method if len(method) < 10 else "other", status),
            self.seconds.labels(known),
        )
        if len(self.counted) < KINDS:
            self.counted[place, method, status] = found
        return found

    def note_held(self, scope: Scope, name: bytes, begun: float, length: int) -> None:
        """A request has been answered from the cache."""
        self.held.inc()
        if self.chosen == "all":
            self.write_line(scope, name, 200, time.perf_counter() - begun, length)

    def note_query(self, outcome: str, seconds: float) -> None:
        """A query has ended: ``answered``, or with an error of that name."""
        if (counter := self.outcomes.get(outcome)) is None:
            counter = self.outcomes[outcome] = self.queries.labels(outcome)
        counter.inc()
        self.query_seconds.observe(seconds)

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
            "plangraph_queries_costly": ("Queries that run at a lower priority", len(lanes.slow)),
            "plangraph_workers": ("Workers that take queries", len(lanes.fast)),
            "plangraph_cache_bytes": ("Bytes of answers held", self.cache.bytes),
            "plangraph_cache_entries": ("Answers held", len(self.cache.held)),
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
