"""Refuse a body of RDF that no parser should see: too long, too deep, or XML that declares a document type.

What the engine's parsers do decides the limit (``docs/measurements.md``): quoted triples overflow the stack
at a depth of 100,000, JSON-LD takes memory with the square of the depth and dies at 10,000, RDF/XML takes
time with the square; at a depth of 1,000 all are harmless. Each check is linear and reads the very bytes that
the parser gets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from xml.parsers import expat

from pyoxigraph import RdfFormat

from plangraph.errors import (
    QueryTooLong,
)
from plangraph.formats import Format
from plangraph.guard import STEPS, deepest
from plangraph.settings import Limits
from plangraph.write_errors import (
    UploadRefused,
    UploadSyntaxWrong,
)

TERSE: Final = re.compile(
    r'''"""(?:[^"\\]++|\\.|"(?!""))*(?:"""|\\?\Z)'''
    r"""|\'\'\'(?:[^'\\]++|\\.|'(?!''))*(?:\'\'\'|\\?\Z)"""
    r"""|"(?:[^"\\\n\r]++|\\.)*"|'(?:[^'\\\n\r]++|\\.)*'"""
    r"|\#[^\n\r]*+|<[^<>\x00-\x20]*+>|\\."
    r"|(<<|>>|[\[\](){}])",
    re.DOTALL,
)
"""Turtle and its relatives. A string that does not end takes all that is left, so that none is tried twice.

Only single sets of characters are possessive, as in the guard of queries.
"""

JSON: Final = re.compile(r'"(?:[^"\\]++|\\.)*(?:"|\\?\Z)|([\[\]{}])', re.DOTALL)
CONTEXT: Final = '"@context"'


def check_body(body: bytes, format: Format, limits: Limits) -> None:
    """Raises :class:`QueryTooLong`, :class:`UploadRefused` or, for XML, :class:`UploadSyntaxWrong`."""
    if len(body) > limits.body_bytes:
        raise QueryTooLong(
            f"the body is {len(body):,} bytes long; the limit is {limits.body_bytes:,}",
            rule="body_bytes",
            limit=limits.body_bytes,
        )
    if format.engine == RdfFormat.RDF_XML:
        check_elements(body, limits.upload_depth)
        return
    text = body.decode("latin-1")  # one character a byte; all that matters is ASCII
    if format.engine == RdfFormat.JSON_LD:
        if text.count(CONTEXT) > limits.upload_contexts:
            raise refuse("upload_contexts", limits.upload_contexts)
        check_brackets(text, JSON, limits.upload_depth)
    else:
        check_brackets(text, TERSE, limits.upload_depth)


def check_brackets(text: str, pattern: re.Pattern[str], limit: int) -> None:
    """Raises :class:`UploadRefused` at the first bracket that lies deeper than the limit."""
    if deepest(filter(None, pattern.findall(text))) <= limit:
        return
    depth = 0
    for found in pattern.finditer(text):
        depth += STEPS.get(found[1], 0)
        if depth > limit:
            begin = text.rfind("\n", 0, found.start()) + 1
            column = len(text[begin : found.start()].encode("latin-1").decode("utf-8", "replace")) + 1
            raise refuse("upload_depth", limit, text.count("\n", 0, begin) + 1, column)


def check_elements(body: bytes, limit: int) -> None:
    """Raises :class:`UploadRefused` for XML too deep or with a document type, and for what is no XML.

    Without a document type there are no entities but those of XML itself, so nothing can grow or be fetched.
    The engine would take XML that ends too early for whole.
    """
    parser = expat.ParserCreate()
    depth = 0

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > limit:
            raise refuse("upload_depth", limit, *place())

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declare(*_: object) -> None:
        line, column = place()
        raise UploadRefused(
            "a document type can declare entities, which this service never reads",
            line=line,
            column=column,
            rule="doctype",
        )

    def place() -> tuple[int, int]:
        return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = declare
    run_parser(lambda: parser.Parse(body, True))


def run_parser(parse: Callable[[], object]) -> None:
    """Turn what expat says into an error with a place."""
    try:
        parse()
    except expat.ExpatError as error:
        raise UploadSyntaxWrong(
            expat.ErrorString(error.code), line=error.lineno, column=error.offset + 1
        ) from None
    except (ValueError, LookupError) as error:  # an encoding that it does not know
        raise UploadSyntaxWrong(str(error)) from None


def refuse(rule: str, limit: int, line: int | None = None, column: int | None = None) -> UploadRefused:
    """The error of a broken limit."""
    name = rule.replace("_", " ")
    return UploadRefused(
        f"the body passes the limit of {name}: {limit}", line=line, column=column, rule=rule, limit=limit
    )
