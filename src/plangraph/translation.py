"""The answer of an external server in the format that the client wants."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from plangraph.dialect import mend_rows, mend_triple
from plangraph.errors import PlangraphError, ServerFailed
from plangraph.evaluation import Answer, CappedBuffer, drop_prefixes, mend_xml, write_rows, write_triples
from plangraph.formats import TRIG, TURTLE


def translate(
    body: bytes, outline: Answer, stand_ins: Mapping[str, str], *, distinct: bool, result_bytes: int
) -> bytes:
    """SPARQL results in JSON, or N-Triples, in the format and of the kind of the outline.

    A triple that the server gives twice counts once. Raises :class:`ServerFailed` for a text that is neither,
    :class:`~plangraph.errors.ResultTooLarge`, :class:`~plangraph.errors.NotWritable`.
    """
    buffer = CappedBuffer(result_bytes)
    try:
        if outline.kind == "graph":
            originals = {stand_in: original for original, stand_in in stand_ins.items()}
            triples = dict.fromkeys(
                mend_triple(quad.triple, originals) for quad in parse(body, RdfFormat.N_TRIPLES)
            )
            write_triples(triples, outline.format, buffer)
        else:
            rows = parse_query_results(mend_rows(body, stand_ins, distinct=distinct), QueryResultsFormat.JSON)
            write_rows(rows, outline.format, buffer)
    except (SyntaxError, ValueError, KeyError, TypeError) as error:
        raise ServerFailed(f"the external server's answer cannot be read: {error!s:.200}") from None
    written = buffer.getvalue()
    if "xml" in outline.format.media_type:
        return mend_xml(written)
    return drop_prefixes(written) if outline.format in (TURTLE, TRIG) else written


def try_translate(
    body: bytes, outline: Answer, stand_ins: Mapping[str, str], *, distinct: bool, result_bytes: int
) -> bytes | PlangraphError:
    """As :func:`translate`, for another thread: an error is returned, and holds on to nothing of that thread.

    The engine's objects must end in the thread that made them, and a traceback would keep them.
    """
    try:
        return translate(body, outline, stand_ins, distinct=distinct, result_bytes=result_bytes)
    except PlangraphError as error:
        error.__context__ = None
        return error.with_traceback(None)
