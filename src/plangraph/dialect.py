"""The languages of external servers: what a query must say there, and what their answers mean here.

Written for Virtuoso 7.2.5, whose deviations ``docs/external.md`` lists; on the text of a server that keeps to
the standards each of these functions changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from plangraph.errors import QueryRefused
from plangraph.guard import DECLARED, TOKEN, locate, outline
from plangraph.subselects import protect_subselects
from plangraph.terms import BASE, PREFIXES, VOCABULARIES, Subject, Term

XSD: Final = VOCABULARIES["xsd"]
BOOLEAN, DECIMAL, INTEGER = (XSD + name for name in ("boolean", "decimal", "integer"))
TRUTHS: Final = {"0": "false", "1": "true"}
WHOLE: Final = re.compile(r"[+-]?[0-9]+")
LONGEST_INT: Final = 2**31 - 1
"""Virtuoso stores longer whole numbers as decimals; it gives back no other decimal without a point."""

ASKED: Final = "__ASK_RETVAL"
"""The column in which Virtuoso answers an ASK."""

NAMESPACE: Final = re.compile(r"PREFIX\s*+([^\s:]{0,64}+):\s*+<([^<>\s]*+)>", re.IGNORECASE)
ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
SELECTS: Final = re.compile(r"\bSELECT\b\s*+(\w*)", re.IGNORECASE)
NOT_IN_LABEL: Final = re.compile(r"[^A-Za-z0-9]+")
DESCRIBED: Final = """  ?item (pg:hasEvidence?/oa:hasSelector?)|pg:otherParameter ?node .
  ?node ?property ?value .
"""
"""Lines of our own descriptions of things. Virtuoso finds no path of optional steps, one of any length not
always; and after a choice of many it looks things up, instead of reading all triples for each, only where
that is optional. Oxigraph needs seconds for what is put in their place."""

OPTIONAL_STEPS: Final = "({0}/pg:ofVersion?/pg:ofPlan?)"
REPHRASED: Final = (
    (
        "  }\n" + DESCRIBED,
        """  }
  OPTIONAL { ?item (pg:hasEvidence|oa:hasSelector|pg:otherParameter)* ?found }
  BIND(COALESCE(?found, ?item) AS ?node)
  OPTIONAL { ?node ?property ?value }
""",
    ),
    (
        DESCRIBED,
        """  { ?item ?property ?value BIND(?item AS ?node) }
  UNION { ?item pg:hasEvidence|oa:hasSelector|pg:otherParameter ?node . ?node ?property ?value }
  UNION { ?item pg:hasEvidence/oa:hasSelector ?node . ?node ?property ?value }
""",
    ),
    *(
        (OPTIONAL_STEPS.format(step), f"{step}|({step}/pg:ofPlan)|({step}/pg:ofVersion/pg:ofPlan)")
        for step in ("pg:about", "pg:ofSubject")
    ),
    ("FILTER(?from >= ?since)", "FILTER(STR(?from) >= STR(?since))"),
    ("FILTER(?by <= ?until)", "FILTER(STR(?by) <= STR(?until))"),
)
"""Lines of our own queries, and others that mean the same in their place, of days that are whole."""

PRIVATE_SCHEMES: Final = ("bif:", "sql:")
"""Where Virtuoso keeps functions that reach beyond the data."""

TIME_CAP: Final = "SELECT (bif:virtuoso_ini_item_value('SPARQL', 'MaxQueryExecutionTime') AS ?seconds) {}"
"""Asks a Virtuoso after how many seconds it ends any query; the answer is empty where it never does."""


def write_query(text: str, stand_ins: Mapping[str, str]) -> str:
    """The query for a server that knows none of our prefixes, nor the datatypes by their own names.

    A server with stand-ins is a Virtuoso. Raises :class:`QueryRefused` for a name of a server's private
    functions, and for a subquery that Virtuoso would lose rows of.
    """
    for ours, theirs in REPHRASED:
        text = text.replace(ours, theirs)
    if stand_ins:
        text = protect_subselects(text)
    declared = set(DECLARED.findall(text))
    namespaces = {**PREFIXES, **dict(NAMESPACE.findall(text))}
    used: set[str] = set()

    def exchange(token: re.Match[str]) -> str:
        found, kind = token[0], token.lastgroup
        if kind == "iri":
            iri = ESCAPE.sub(lambda escape: chr(int(escape[1] or escape[2], 16)), found[1:-1])
            if iri.lower().startswith(PRIVATE_SCHEMES):
                line, column = locate(text, token.start())
                raise QueryRefused(
                    f"{iri:.100} is no part of SPARQL 1.1", line=line, column=column, rule="external-server"
                )
        elif kind == "local":
            prefix = token["word"] or ""
            used.add(prefix)
            iri = namespaces.get(prefix, "") + token["local"][1:]
        else:
            return found
        return f"<{stand_ins[iri]}>" if iri in stand_ins else found

    changed = TOKEN.sub(exchange, text)
    wanted = [f"PREFIX {name}: <{PREFIXES[name]}>" for name in sorted(used - declared) if name in PREFIXES]
    return "\n".join([f"BASE <{BASE}>", *wanted, changed])


def names_graphs(text: str) -> bool:
    """Whether the query speaks of named graphs."""
    return "GRAPH" in text.upper() and "GRAPH" in outline(text).upper()


def is_distinct(text: str) -> bool:
    """Whether no row of the answer may be there twice."""
    first = SELECTS.search(outline(text))
    return first is not None and first[1].upper() == "DISTINCT"


def mend_rows(body: bytes, stand_ins: Mapping[str, str], *, distinct: bool = False) -> bytes:
    """SPARQL results in JSON as the standard and our data have them.

    With ``distinct``, a row that is there twice counts once: Virtuoso was seen to give one again. Raises
    ``ValueError``, ``KeyError`` or ``TypeError`` for a text that is none.
    """
    marks = (BOOLEAN, DECIMAL, "nodeID:", ASKED, *stand_ins.values())
    if not distinct and not any(mark.encode() in body for mark in marks):
        return body
    originals = {stand_in: original for original, stand_in in stand_ins.items()}
    found: dict[str, Any] = json.loads(body)
    if found["head"].get("vars") == [ASKED]:
        truth = any(row[ASKED]["value"] in ("1", "true") for row in found["results"]["bindings"])
        return json.dumps({"head": {}, "boolean": truth}).encode()
    rows = found.get("results", {}).get("bindings", [])
    for row in rows:
        for cell in row.values():
            mend_cell(cell, originals)
    if distinct and rows:
        unlike = {json.dumps(row, sort_keys=True): row for row in rows}
        found["results"]["bindings"] = list(unlike.values())
    return json.dumps(found, ensure_ascii=False).encode()


def mend_cell(cell: dict[str, Any], originals: Mapping[str, str]) -> None:
    """One term of a row, in its JSON form."""
    if cell["type"] == "bnode":
        cell["value"] = NOT_IN_LABEL.sub("", cell["value"])
    elif cell["type"] == "uri":
        cell["value"] = originals.get(cell["value"], cell["value"])
    elif "datatype" in cell:
        cell["datatype"] = originals.get(cell["datatype"], cell["datatype"])
        cell["value"], cell["datatype"] = mend_literal(cell["value"], cell["datatype"])


def mend_literal(value: str, datatype: str) -> tuple[str, str]:
    """A literal whose truth value stands as figure, or whose whole number was stored as decimal."""
    if datatype == BOOLEAN:
        return TRUTHS.get(value, value), datatype
    if datatype == DECIMAL and WHOLE.fullmatch(value) and abs(int(value)) > LONGEST_INT:
        return value, INTEGER
    return value, datatype


def mend_triple(triple: Triple, originals: Mapping[str, str]) -> Triple:
    """A triple as our data have it; ``originals`` are the datatypes by their stand-ins."""
    subject, predicate, found = triple.subject, triple.predicate, triple.object
    return Triple(mend_subject(subject, originals), predicate, mend_object(found, originals))


def mend_subject(node: Subject, originals: Mapping[str, str]) -> Subject:
    """A subject by its own name."""
    if isinstance(node, NamedNode) and node.value in originals:
        return NamedNode(originals[node.value])
    return node


def mend_object(node: Term, originals: Mapping[str, str]) -> Term:
    """An object by its own name, or of its own datatype."""
    if not isinstance(node, Literal):
        return node if isinstance(node, Triple) else mend_subject(node, originals)
    if node.language:
        return node
    datatype = originals.get(node.datatype.value, node.datatype.value)
    value, datatype = mend_literal(node.value, datatype)
    if (value, datatype) == (node.value, node.datatype.value):
        return node
    return Literal(value, datatype=NamedNode(datatype))


def restore_triple(triple: Triple, originals: Mapping[str, str]) -> Triple:
    """As :func:`mend_triple`, for a copy of the data: a decimal has its point, as our files write it."""
    mended = mend_triple(triple, originals)
    found = mended.object
    if isinstance(found, Literal) and found.datatype.value == DECIMAL and WHOLE.fullmatch(found.value):
        found = Literal(f"{found.value}.0", datatype=NamedNode(DECIMAL))
        return Triple(mended.subject, mended.predicate, found)
    return mended


def rename_triple(triple: Triple, stand_ins: Mapping[str, str]) -> Triple:
    """A triple as it goes to a server on which the datatypes have stand-ins."""
    found = triple.object
    if isinstance(found, Literal) and not found.language and found.datatype.value in stand_ins:
        found = Literal(found.value, datatype=NamedNode(stand_ins[found.datatype.value]))
    elif not isinstance(found, Literal | Triple):
        found = mend_subject(found, stand_ins)
    return Triple(mend_subject(triple.subject, stand_ins), triple.predicate, found)
