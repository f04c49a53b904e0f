"""Media types, suffixes, and the choice between them by an ``Accept`` header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyoxigraph import QueryResultsFormat, RdfFormat

NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""The characters that no XML document can hold, escaped or not (XML 1.0, 2.2)."""


@dataclass(frozen=True)
class Format:
    """One way to write an answer. ``engine`` is the serialiser that writes it, ``None`` for our own."""

    name: str
    media_type: str
    suffix: str
    engine: RdfFormat | QueryResultsFormat | None
    aliases: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The header value; text formats say that they are UTF-8."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


TURTLE: Final = Format("turtle", "text/turtle", "ttl", RdfFormat.TURTLE, ("application/x-turtle",))
NTRIPLES: Final = Format("ntriples", "application/n-triples", "nt", RdfFormat.N_TRIPLES, ("text/plain",))
RDFXML: Final = Format("rdfxml", "application/rdf+xml", "rdf", RdfFormat.RDF_XML)
JSONLD: Final = Format("jsonld", "application/ld+json", "jsonld", RdfFormat.JSON_LD)
TRIG: Final = Format("trig", "application/trig", "trig", RdfFormat.TRIG, ("application/x-trig",))
NQUADS: Final = Format("nquads", "application/n-quads", "nq", RdfFormat.N_QUADS)

RESULTS_JSON: Final = Format(
    "json", "application/sparql-results+json", "srj", QueryResultsFormat.JSON, ("application/json",)
)
RESULTS_XML: Final = Format(
    "xml", "application/sparql-results+xml", "srx", QueryResultsFormat.XML, ("application/xml", "text/xml")
)
CSV: Final = Format("csv", "text/csv", "csv", QueryResultsFormat.CSV)
TSV: Final = Format("tsv", "text/tab-separated-values", "tsv", QueryResultsFormat.TSV)

JSON: Final = Format("json", "application/json", "json", None)
HTML: Final = Format("html", "text/html", "html", None)

ROWS: Final = (RESULTS_JSON, RESULTS_XML, CSV, TSV)
"""How a SELECT or ASK is written; the first is what a client without a wish gets."""

GRAPHS: Final = (TURTLE, NTRIPLES, RDFXML, JSONLD, TRIG, NQUADS)
"""How a CONSTRUCT, a DESCRIBE or a description is written; the first is the default."""


@lru_cache(maxsize=256)
def choose(accept: str | None, offered: tuple[Format, ...]) -> Format | None:
    """The offered format the header likes best; among equals the one offered first; ``None`` for no match.

    A missing or empty header takes anything. A range is weighed by the most specific entry that matches it,
    so ``text/csv;q=0, */*`` never gives CSV. A header that cannot be read counts as missing.
    """
    wishes = read_accept(accept or "*/*") or (("*/*", 1.0),)
    best: tuple[float, int] | None = None
    for place, candidate in enumerate(offered):
        # An alias counts only where it is asked for by name: text/* must not mean text/xml.
        named = [weight for media_range, weight in wishes if media_range in candidate.aliases]
        weight = max([weigh(candidate.media_type, wishes), *named])
        if weight > 0 and (best is None or weight > best[0]):
            best = (weight, place)
    return offered[best[1]] if best else None


@lru_cache(maxsize=256)
def read_accept(header: str) -> tuple[tuple[str, float], ...]:
    """The media ranges of a header with their weights, in its order."""
    return tuple((name, weight) for name, weight in read_wishes(header) if "/" in name)


def read_wishes(header: str) -> list[tuple[str, float]]:
    """The names that a header lists with their weights, in its order; a weight that is none is 0."""
    wishes = []
    for entry in header.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    weight = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        wishes.append((name, weight))
    return wishes


@lru_cache(maxsize=256)
def takes_gzip(header: str) -> bool:
    """Whether an ``Accept-Encoding`` header names gzip and does not weigh it 0."""
    return any(name == "gzip" and weight > 0 for name, weight in read_wishes(header))


def weigh(media_type: str, wishes: Sequence[tuple[str, float]]) -> float:
    """The weight of one media type: that of the most specific range that covers it, 0 where none does."""
    family = media_type.partition("/")[0] + "/*"
    for covering in (media_type, family, "*/*"):
        weights = [weight for media_range, weight in wishes if media_range == covering]
        if weights:
            return max(weights)
    return 0.0
