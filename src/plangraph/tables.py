"""The data set as tables: one flat table of claims with their attributions, and one table a class.

Things stand as IRIs, terms of the vocabulary as local names. A cell that holds several things separates them
by a space, one that holds several texts by `` | ``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode

from plangraph.index import Index
from plangraph.labels import label_of
from plangraph.terms import NS, Graph, Subject, Term, pg, shorten, term

Cell: TypeAlias = str | int | None
Row: TypeAlias = dict[str, Cell]

CLAIM_COLUMNS: Final = (
    "document", "outlet", "published", "attribution", "said_by", "source_status", "polarity",
    "quotation_mode", "claim", "type", "about", "version", "slot", "value", "value_label", "formulation",
    "evidence_start", "evidence_end", "key_phrase",
)  # fmt: skip
NUMBER_COLUMNS: Final = ("evidence_start", "evidence_end")

CLASSES: Final = {
    "plans": term("pg:Plan"),
    "versions": term("pg:PlanVersion"),
    "options": term("pg:PlanOption"),
    "provisions": term("pg:Provision"),
    "documents": term("pg:Document"),
    "outlets": term("schema:NewsMediaOrganization"),
    "people": term("schema:Person"),
    "organisations": term("schema:Organization"),
    "sources": term("pg:AnonymousSource"),
    "places": term("schema:Place"),
    "events": term("schema:Event"),
    "concepts": term("skos:Concept"),
    "attributions": term("pg:Attribution"),
    "evidence": term("oa:SpecificResource"),
    "claims": term("pg:Claim"),
    "stances": term("pg:Stance"),
    "changes": term("pg:Change"),
    "quantities": term("pg:Quantity"),
    "values": term("pg:ReportedValue"),
    "divergences": term("pg:Divergence"),
}
"""The classes that have a table of their own, by its name."""

SELECTOR: Final = term("oa:hasSelector")
PUBLISHER: Final = term("schema:publisher")
PUBLISHED: Final = term("schema:datePublished")
UNFILLED: Final = {pg("statesAbsent"): "stated absent", pg("leavesOpen"): "left open"}


def list_claims(index: Index, graph: Graph | None = None) -> list[Row]:
    """A row for each value of each slot of each claim of each attribution, under ``CLAIM_COLUMNS``.

    A claim that fills no slot has one row with an empty ``slot``. A slot that the report leaves open, or says
    is not in the text, has a row without ``value`` that says so in ``value_label``. Of several passages
    the one that begins first is shown. ``graph`` keeps the attributions that this graph describes.
    """
    slots = set(index.subjects(term("rdfs:subPropertyOf"), pg("slot")))
    rows = [
        {**outer, **inner}
        for attribution in index.instances(pg("Attribution"))
        if graph is None or index.graph_of(attribution) == graph
        for outer in [read_attribution(index, attribution)]
        for claim in index.objects(attribution, pg("assertsClaim"))
        if not isinstance(claim, Literal)
        for inner in read_claim(index, claim, slots)
    ]
    columns = ("published", "document", "attribution", "claim", "slot", "value")
    return sorted(rows, key=lambda row: [str(row[column] or "") for column in columns])


def read_attribution(index: Index, attribution: Subject) -> Row:
    """The cells that tell who said it, through whom, how and where."""
    documents = index.objects(attribution, pg("inDocument"))
    start, end, phrase = min(read_passages(index, attribution), default=(None, None, None))
    publishers = [found for document in documents for found in follow(index, document, PUBLISHER)]
    published = [found for document in documents for found in follow(index, document, PUBLISHED)]
    return {
        "document": write_cell(documents),
        "outlet": write_cell(publishers),
        "published": write_cell(published),
        "attribution": write_cell([attribution]),
        "said_by": write_cell(index.objects(attribution, pg("saidBy"))),
        "source_status": write_cell(index.objects(attribution, pg("sourceStatus"))),
        "polarity": write_cell(index.objects(attribution, pg("polarity"))),
        "quotation_mode": write_cell(index.objects(attribution, pg("quotationMode"))),
        "evidence_start": start,
        "evidence_end": end,
        "key_phrase": phrase,
    }


def read_passages(index: Index, attribution: Subject) -> Iterator[tuple[int, int, str]]:
    """Start, end (code points) and key phrase of each passage that shows an attribution."""
    for evidence in index.objects(attribution, pg("hasEvidence")):
        found: dict[str, str] = {}
        for selector in follow(index, evidence, SELECTOR):
            for name in ("start", "end", "exact"):
                for value in follow(index, selector, term(f"oa:{name}")):
                    found[name] = value.value if isinstance(value, Literal) else ""
        if found.get("start", "").isdecimal() and found.get("end", "").isdecimal():
            yield int(found["start"]), int(found["end"]), found.get("exact", "")


def read_claim(index: Index, claim: Subject, slots: set[Subject]) -> Iterator[Row]:
    """The cells that tell what is claimed, once for each value."""
    kinds = index.objects(claim, term("rdf:type"))
    outer: Row = {
        "claim": write_cell([claim]),
        "type": write_cell([kind for kind in kinds if kind != pg("Claim")] or kinds),
        "about": write_cell(index.objects(claim, pg("about"))),
        "version": write_cell(index.objects(claim, pg("inVersion"))),
        "formulation": choose_text(index.objects(claim, pg("formulation"))),
    }
    filled: list[Row] = [
        {"slot": write_cell([slot]), "value": write_cell([value]), "value_label": label_of(index, value)}
        for slot in index.predicates(claim)
        if slot in slots
        for value in index.objects(claim, slot)
    ]
    unfilled: list[Row] = [
        {"slot": write_cell([slot]), "value": None, "value_label": words}
        for predicate, words in UNFILLED.items()
        for slot in index.objects(claim, predicate)
    ]
    for row in filled + unfilled or [{"slot": None, "value": None, "value_label": None}]:
        yield {**outer, **row}


def list_class(index: Index, class_: NamedNode, graph: Graph | None = None) -> tuple[list[str], list[Row]]:
    """Columns and rows of the table of one class: ``id``, then the properties that occur, by prefixed name.

    Texts have a column for each language (``rdfs:label@en``). What a passage's selectors say stands in the
    passage's own row.
    """
    rows: list[Row] = []
    for subject in index.instances(class_):
        if graph is not None and index.graph_of(subject) != graph:
            continue
        cells: dict[str, list[Term]] = {}
        selectors = [found for found in index.objects(subject, SELECTOR) if not isinstance(found, Literal)]
        for part in [subject, *selectors]:
            for predicate in index.predicates(part):
                if predicate == SELECTOR or (part != subject and predicate == term("rdf:type")):
                    continue
                for value in index.objects(part, predicate):
                    cells.setdefault(name_column(predicate, value), []).append(value)
        rows.append({"id": write_cell([subject]), **{name: write_cell(held) for name, held in cells.items()}})
    columns = sorted({name for row in rows for name in row} - {"id"})
    return ["id", *columns], rows


def name_column(predicate: NamedNode, value: Term) -> str:
    """The column a value belongs in: the prefixed name, with the language of a text."""
    name = shorten(predicate.value) or predicate.value
    return f"{name}@{value.language}" if isinstance(value, Literal) and value.language else name


def write_cell(values: Iterable[Term]) -> str | None:
    """The values as one cell; blank nodes, which have no name to look up, are left out."""
    named, texts = [], []
    for value in values:
        if isinstance(value, NamedNode):
            named.append(value.value.removeprefix(NS))
        elif isinstance(value, Literal):
            texts.append(value.value)
    return " | ".join(([" ".join(named)] if named else []) + texts) or None


def choose_text(values: Sequence[Term]) -> str | None:
    """The English text, else the first."""
    texts = [value for value in values if isinstance(value, Literal)]
    english = [value for value in texts if value.language == "en"]
    return (english or texts)[0].value if texts else None


def follow(index: Index, start: Term, predicate: NamedNode) -> tuple[Term, ...]:
    """What a term's predicate points at; nothing for a literal."""
    return () if isinstance(start, Literal) else index.objects(start, predicate)


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> bytes:
    """The rows as CSV (RFC 4180, UTF-8), with a header line; an empty cell is an empty field."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
