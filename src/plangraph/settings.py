"""Settings and limits: one frozen table, handed to whoever needs it; nothing else reads the environment."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Literal

MIB = 1024 * 1024


def limit(default: int, unit: str, help_text: str) -> int:
    """A field of :class:`Limits` with its unit and the sentence shown to clients."""
    value: int = field(default=default, metadata={"unit": unit, "help": help_text})
    return value


@dataclass(frozen=True)
class Limits:
    """What one request may cost. Every figure is shown at ``/limits`` under the same name."""

    query_seconds: int = limit(
        10, "seconds", "Wall time in which a query is answered or refused, its wait for a worker included"
    )
    result_bytes: int = limit(64 * MIB, "bytes", "Size of a result; a larger one is refused, never cut")
    query_bytes: int = limit(100_000, "bytes", "Length of a query text sent by POST")
    query_bytes_get: int = limit(60_000, "bytes", "Length of a query text sent by GET")
    update_bytes: int = limit(1_000_000, "bytes", "Length of an update text")
    update_compare_quads: int = limit(
        2_000_000, "quads", "Quads of the graphs an update may change, which are compared before and after"
    )
    body_bytes: int = limit(8 * MIB, "bytes", "Length of a request body")
    upload_depth: int = limit(100, "levels", "Depth of brackets, objects or elements in an uploaded body")
    upload_contexts: int = limit(100, "contexts", "Contexts in an uploaded body of JSON-LD")
    upload_files: int = limit(64, "files", "Files in one multipart body")
    findings_told: int = limit(
        100, "findings", "Findings told of a change that is refused; their number is told"
    )
    bracket_depth: int = limit(40, "levels", "Depth of brackets of any kind in a query")
    paren_depth: int = limit(24, "levels", "Depth of round and square brackets in a query")
    branch_words: int = limit(256, "words", "UNION, OPTIONAL, MINUS, SELECT and EXISTS in a query, together")
    logic_operators: int = limit(512, "operators", "Logical operators, both and and or, in a query")
    negation_run: int = limit(64, "signs", "Negation signs in a row")
    quoted_depth: int = limit(8, "levels", "Depth of << in a query")
    iri_brackets: int = limit(8, "brackets", "Opening round and square brackets inside one IRI")
    worker_memory_bytes: int = limit(1024 * MIB, "bytes", "Memory of a query above the shared data")
    queue_length: int = limit(128, "queries", "Queries that may wait for a worker")
    costly_queries: int = limit(
        24, "queries", "Queries past their first 20 ms of CPU that run at the same time"
    )
    costly_memory_bytes: int = limit(
        800 * MIB, "bytes", "Memory of all those queries together above the shared data"
    )
    write_seconds: int = limit(30, "seconds", "Wall time a write may take before it is stopped")
    write_memory_bytes: int = limit(2048 * MIB, "bytes", "Memory of a write above the shared data")
    writes_waiting: int = limit(64, "writes", "Writes that may wait for the one that is made")
    replaced_quads: int = limit(
        50_000,
        "quads",
        "Quads that are replaced, or a tenth of all if that is more, before a fresh store is due",
    )
    head_seconds: int = limit(10, "seconds", "Wall time in which the head of a request has to arrive")
    body_seconds: int = limit(10, "seconds", "Wall time in which a request body has to arrive")
    send_seconds: int = limit(60, "seconds", "Wall time in which a client has to take an answer")
    sending_bytes: int = limit(512 * MIB, "bytes", "Size of all answers that clients are still taking")
    cache_bytes: int = limit(64 * MIB, "bytes", "Memory for answers that are held to be given again")
    answers_bytes: int = limit(
        16 * MIB,
        "bytes",
        "Memory for answers to queries of the service's own, for each data set that is held",
    )
    pins: int = limit(4, "data sets", "Data sets as of a day or revision that are held at the same time")
    pin_seconds: int = limit(30, "seconds", "Wall time a request waits for data as of a day or revision")
    page_items: int = limit(100, "items", "Items on a page of a collection unless asked otherwise")
    found_items: int = limit(
        1_000, "items", "Items that the words of q may be found in where they restrict a collection"
    )
    page_items_most: int = limit(1_000, "items", "Items that may be asked for on one page")

    def table(self) -> list[dict[str, str | int]]:
        """The limits as rows of name, value, unit and help, in the order they are declared."""
        return [
            {
                "name": entry.name,
                "value": getattr(self, entry.name),
                "unit": entry.metadata["unit"],
                "help": entry.metadata["help"],
            }
            for entry in fields(self)
        ]


@dataclass(frozen=True)
class Settings:
    """How one service runs. ``data`` is ``None`` for the packaged data set."""

    data: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 4
    public_base: str | None = None
    default_graph: Literal["union", "strict"] = "union"
    scratch: bool = False
    token_file: str | None = None
    journal: str | None = None
    log: Literal["all", "notable", "none"] = "notable"
    limits: Limits = field(default_factory=Limits)

    @property
    def is_gated(self) -> bool:
        """Whether what is written must pass the shapes."""
        return self.token_file is not None and not self.scratch
