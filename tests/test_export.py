"""Every format: the same bytes for the same quads, and nothing lost that the format can hold."""

from __future__ import annotations

import csv
import io
import json
import random
import sys
import zipfile
from itertools import pairwise
from typing import Any

import pytest
import rdflib
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
)

from folders import write_seed
from plangraph import build, export
from plangraph.errors import BadParameter, ExtraMissing, NotFound, NotWritable
from plangraph.index import Index
from plangraph.tables import CLAIM_COLUMNS, list_claims
from plangraph.terms import graph, pg, term, thing

ENGINES = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "jsonld": RdfFormat.JSON_LD,
    "rdfxml": RdfFormat.RDF_XML,
}
KEEP_GRAPHS = {"trig", "nquads", "jsonld"}
RDFLIB_ITSELF = "ignore:(Dataset|ConjunctiveGraph).* is deprecated:DeprecationWarning"
"""rdflib 7.6 uses inside what it has deprecated itself."""
IN_X, IN_Y = graph("document/x"), graph("document/y")


@pytest.fixture(scope="module")
def quads(tmp_path_factory: pytest.TempPathFactory) -> tuple[Quad, ...]:
    """The seed with all vocabulary, and blank nodes in a list, in a tree and shared by two subjects."""
    seed = write_seed(tmp_path_factory.mktemp("seed") / "data")
    shared, inner = BlankNode(), BlankNode()
    cells = [BlankNode() for _ in range(3)]
    return (
        *build.build(seed).quads,
        Quad(thing("claim", "x"), pg("other"), shared, IN_X),
        Quad(thing("claim", "y"), pg("other"), shared, IN_X),
        Quad(thing("claim", "y"), pg("other"), inner, IN_Y),
        Quad(inner, pg("other"), Literal(" 07 \n"), IN_Y),
        Quad(thing("claim", "x"), pg("list"), cells[0], IN_X),
        *(Quad(cell, term("rdf:first"), Literal(str(place)), IN_X) for place, cell in enumerate(cells)),
        *(Quad(cell, term("rdf:rest"), following, IN_X) for cell, following in pairwise(cells)),
        Quad(cells[-1], term("rdf:rest"), term("rdf:nil"), IN_X),
    )


def build_report() -> list[Quad]:
    """One document with two attributions: of a claim with two values, and of a stance without a slot."""
    document, outlet = thing("document", "x"), thing("outlet", "o")
    told, added = thing("attribution", "told"), thing("attribution", "added")
    claim, stance, proof = thing("claim", "c"), thing("stance", "s"), thing("evidence", "e")
    where, words = thing("evidence", "e--position"), thing("evidence", "e--quote")
    integer = term("xsd:integer")
    rows: list[tuple[NamedNode, str, NamedNode | Literal]] = [
        (document, "rdf:type", pg("Document")),
        (document, "schema:publisher", outlet),
        (document, "schema:datePublished", Literal("2025-11-20", datatype=term("xsd:date"))),
        (told, "rdf:type", pg("Attribution")),
        (told, "pg:inDocument", document),
        (told, "pg:assertsClaim", claim),
        (told, "pg:saidBy", thing("actor", "b")),
        (told, "pg:saidBy", thing("actor", "a")),
        (told, "pg:sourceStatus", pg("anonymous")),
        (told, "pg:polarity", pg("positive")),
        (told, "pg:quotationMode", pg("paraphrase")),
        (told, "pg:hasEvidence", proof),
        (proof, "oa:hasSelector", where),
        (proof, "oa:hasSelector", words),
        (where, "oa:start", Literal("9", datatype=integer)),
        (where, "oa:end", Literal("20", datatype=integer)),
        (words, "oa:exact", Literal('he said, "no"')),
        (claim, "rdf:type", pg("Claim")),
        (claim, "pg:about", thing("provision", "p")),
        (claim, "pg:inVersion", thing("version", "v")),
        (claim, "pg:formulation", Literal("Two years.", language="en")),
        (claim, "pg:duration", thing("concept", "two-years")),
        (claim, "pg:duration", Literal("P2Y")),
        (claim, "pg:leavesOpen", pg("deadline")),
        (added, "rdf:type", pg("Attribution")),
        (added, "pg:assertsClaim", stance),
        (stance, "rdf:type", pg("Claim")),
        (stance, "rdf:type", pg("Stance")),
    ]
    quads = [Quad(subject, term(name), value, IN_X) for subject, name, value in rows]
    quads.append(
        Quad(thing("concept", "two-years"), term("skos:prefLabel"), Literal("two years"), graph("topics"))
    )
    quads.append(Quad(pg("duration"), term("rdfs:subPropertyOf"), pg("slot"), graph("ontology")))
    return quads


def canonicalize(quads: list[Quad]) -> Dataset:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def expect(quads: tuple[Quad, ...], name: str) -> Dataset:
    if name in KEEP_GRAPHS:
        return canonicalize(list(quads))
    return canonicalize([Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in quads])


def read_table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_the_formats_of_the_command_line_are_all_there() -> None:
    contract = ["turtle", "trig", "ntriples", "nquads", "jsonld", "rdfxml", "csv", "parquet"]
    assert list(export.FORMATS) == [*contract, "csv.zip"]


@pytest.mark.parametrize("name", list(export.FORMATS))
def test_the_same_quads_give_the_same_bytes_in_any_order(quads: tuple[Quad, ...], name: str) -> None:
    dice = random.Random(5)
    names: dict[BlankNode, BlankNode] = {}
    shuffled = list(quads)
    dice.shuffle(shuffled)

    def rename(node: Any) -> Any:
        if isinstance(node, BlankNode):
            return names.setdefault(node, BlankNode(f"z{dice.randrange(10**9)}"))
        return node

    disguised = [Quad(rename(q.subject), q.predicate, rename(q.object), q.graph_name) for q in shuffled]
    written = export.write(quads, name)
    assert len(names) >= 5
    assert len(written) > 1_000
    assert export.write(disguised, name) == written


@pytest.mark.parametrize("name", list(ENGINES))
def test_every_rdf_format_comes_back_whole_through_oxigraph(quads: tuple[Quad, ...], name: str) -> None:
    back = list(parse(export.write(quads, name), format=ENGINES[name]))
    assert canonicalize(back) == expect(quads, name)


@pytest.mark.filterwarnings(RDFLIB_ITSELF)
@pytest.mark.parametrize(
    ("name", "parser"),
    [("turtle", "turtle"), ("ntriples", "nt"), ("rdfxml", "xml"), ("trig", "trig"), ("nquads", "nquads"),
     ("jsonld", "json-ld")],
)  # fmt: skip
def test_every_rdf_format_is_read_by_rdflib(quads: tuple[Quad, ...], name: str, parser: str) -> None:
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=export.write(quads, name), format=parser)
    assert len(set(dataset.triples((None, None, None)))) == len(expect(quads, "turtle"))


@pytest.mark.parametrize("name", list(ENGINES))
def test_one_graph_can_be_exported_alone(quads: tuple[Quad, ...], name: str) -> None:
    wanted = tuple(quad for quad in quads if quad.graph_name == graph("registry"))
    assert 50 < len(wanted) < len(quads)
    back = list(parse(export.write(quads, name, graph("registry")), format=ENGINES[name]))
    assert canonicalize(back) == expect(wanted, name)


def test_nquads_are_canonical_and_sorted(quads: tuple[Quad, ...]) -> None:
    lines = export.write(quads, "nquads").splitlines()
    assert lines == sorted(lines)
    assert len(lines) == len(set(quads))
    assert set(lines) == set(str(canonicalize(list(quads))).encode().splitlines())


def test_jsonld_has_an_object_for_each_named_graph(quads: tuple[Quad, ...]) -> None:
    names = {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode)}
    found = [entry["@id"] for entry in json.loads(export.write(quads, "jsonld")) if "@graph" in entry]
    assert len(found) == len(set(found)) > 4
    assert set(found) == names


def test_a_carriage_return_survives_rdfxml() -> None:
    quads = [Quad(thing("claim", "a"), pg("p"), Literal("one\r\ntwo\t<&]]>"))]
    content = export.write(quads, "rdfxml")
    (triple,) = rdflib.Graph().parse(data=content, format="xml")
    assert str(triple[2]) == "one\r\ntwo\t<&]]>"
    assert list(parse(content, format=RdfFormat.RDF_XML)) == quads


@pytest.mark.parametrize(
    "quad",
    [
        Quad(thing("claim", "a"), pg("p"), Literal("\x01")),
        Quad(thing("claim", "a"), pg("p"), Literal("\uffff")),
        Quad(thing("claim", "a"), NamedNode("https://example.org/1"), Literal("x")),
        Quad(thing("claim", "a"), term("rdf:type"), NamedNode("https://example.org/")),
    ],
)
def test_what_rdfxml_cannot_hold_is_refused(quad: Quad) -> None:
    with pytest.raises(NotWritable, match="RDF/XML"):
        export.write([quad], "rdfxml")
    assert export.write([quad], "turtle")


def test_an_unknown_format_or_graph_is_refused_by_name() -> None:
    with pytest.raises(BadParameter, match=r"'word'.*turtle"):
        export.write([], "word")
    with pytest.raises(NotFound, match="graph/nowhere"):
        export.write(build_report(), "turtle", graph("nowhere"))


def test_the_flat_table_has_a_row_for_each_value_of_each_attribution() -> None:
    rows = read_table(export.write(build_report(), "csv"))
    assert [
        (row["attribution"][-5:], row["slot"], row["value"][-9:], row["value_label"]) for row in rows
    ] == [
        ("added", "", "", ""),
        ("/told", "deadline", "", "left open"),
        ("/told", "duration", "P2Y", "P2Y"),
        ("/told", "duration", "two-years", "two years"),
    ]
    assert tuple(rows[0]) == CLAIM_COLUMNS
    assert rows[0]["type"] == "Stance"
    last = rows[-1]
    assert (last["type"], last["published"], last["source_status"]) == ("Claim", "2025-11-20", "anonymous")
    assert last["said_by"] == f"{thing('actor', 'a').value} {thing('actor', 'b').value}"
    assert (last["evidence_start"], last["evidence_end"], last["key_phrase"]) == ("9", "20", 'he said, "no"')
    assert (last["outlet"], last["version"]) == (thing("outlet", "o").value, thing("version", "v").value)
    assert last["formulation"] == "Two years."


def test_the_flat_table_of_one_graph_keeps_its_labels() -> None:
    elsewhere = [
        Quad(thing("attribution", "z"), term("rdf:type"), pg("Attribution"), IN_Y),
        Quad(thing("attribution", "z"), pg("assertsClaim"), thing("claim", "c"), IN_Y),
    ]
    quads = [*build_report(), *elsewhere]
    assert len(read_table(export.write(quads, "csv"))) == 7
    rows = read_table(export.write(quads, "csv", IN_X))
    assert [row["value_label"] for row in rows] == ["", "left open", "P2Y", "two years"]


def test_every_attributed_claim_of_the_data_is_in_the_table(quads: tuple[Quad, ...]) -> None:
    pairs = {(q.subject.value, q.object.value) for q in quads if q.predicate == pg("assertsClaim")}  # type: ignore[union-attr]
    rows = read_table(export.write(quads, "csv"))
    assert len(pairs) > 20
    assert {(row["attribution"], row["claim"]) for row in rows} == pairs


def test_the_archive_has_a_table_a_class_and_no_date_of_its_own() -> None:
    archive = zipfile.ZipFile(io.BytesIO(export.write(build_report(), "csv.zip")))
    names = archive.namelist()
    assert names == ["attributions.csv", "claims.csv", "documents.csv", "stances.csv", "table.csv"]
    assert {entry.date_time for entry in archive.infolist()} == {export.EARLIEST}
    assert archive.read("table.csv") == export.write(build_report(), "csv")
    told = read_table(archive.read("claims.csv"))[0]
    assert told["id"] == thing("claim", "c").value
    assert told["pg:formulation@en"] == "Two years."
    assert told["pg:duration"] == f"{thing('concept', 'two-years').value} | P2Y"


def test_the_archive_shows_a_passage_with_its_position_and_phrase(quads: tuple[Quad, ...]) -> None:
    archive = zipfile.ZipFile(io.BytesIO(export.write(quads, "csv.zip")))
    rows = read_table(archive.read("evidence.csv"))
    assert len(rows) > 10
    assert all(row["oa:start"].isdecimal() and row["oa:end"].isdecimal() and row["oa:exact"] for row in rows)


def test_parquet_holds_the_flat_table() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(export.write(build_report(), "parquet")))
    assert tuple(table.column_names) == CLAIM_COLUMNS
    assert table.to_pylist() == list_claims_in_columns(build_report())
    assert str(table.schema.field("evidence_start").type) == "int64"


def list_claims_in_columns(quads: list[Quad]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in CLAIM_COLUMNS} for row in list_claims(Index(quads))]


def test_parquet_without_pyarrow_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExtraMissing, match=r"\.\[frames\]"):
        export.write(build_report(), "parquet")
