"""What commands can be told: the options that several share, and the choices that an option offers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="A folder laid out like data/; by default the packaged one."),
]

ServedOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR|URL",
        help="A folder laid out like data/, or sparql+http://... for a server that holds what was published; "
        "by default the packaged data.",
    ),
]

JOURNAL_HELP = "The journal: a file (SQLite), or postgresql://user@host/database."
JournalOption = Annotated[str | None, typer.Option("--journal", metavar="URL", help=JOURNAL_HELP)]
KeptOption = Annotated[str, typer.Option("--journal", metavar="URL", help=JOURNAL_HELP)]


class CheckFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    TURTLE = "turtle"
    JUNIT = "junit"


class StateFormat(StrEnum):
    """How the state of the data is printed."""

    TEXT = "text"
    JSON = "json"


class QueryFormat(StrEnum):
    """How an answer is printed; ``table`` for people."""

    TABLE = "table"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    XML = "xml"
    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    RDFXML = "rdfxml"
    JSONLD = "jsonld"
    TRIG = "trig"
    NQUADS = "nquads"


class ExportFormat(StrEnum):
    """The formats of an export."""

    TURTLE = "turtle"
    TRIG = "trig"
    NTRIPLES = "ntriples"
    NQUADS = "nquads"
    JSONLD = "jsonld"
    RDFXML = "rdfxml"
    CSV = "csv"
    PARQUET = "parquet"


class DefaultGraph(StrEnum):
    """What a query without FROM reads."""

    UNION = "union"
    STRICT = "strict"


class LogChoice(StrEnum):
    """Which requests are logged."""

    ALL = "all"
    NOTABLE = "notable"
    NONE = "none"


class UndatedChoice(StrEnum):
    """What ``--as-of`` does with a document that may have been published by that day or later."""

    EXCLUDE = "exclude"
    INCLUDE = "include"


AnswerFormat = Annotated[QueryFormat, typer.Option("--format", help="How to print it.")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="Only what was published by this day, figures computed anew."
    ),
]
UndatedOption = Annotated[
    UndatedChoice | None,
    typer.Option(
        "--undated",
        help="With --as-of: documents that may be of that day or later; left out unless included.",
    ),
]
