"""What a Python user sees: ``plangraph.load()``, ``plangraph.query(...)``, tables for pandas."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import rdflib

import plangraph
from folders import SEEN, write_dated, write_seed
from plangraph import build
from plangraph.errors import BadParameter, FileUnreadable, QuerySyntaxWrong
from plangraph.terms import NS, graph, thing

RDFLIB_ITSELF = "ignore:(Dataset|ConjunctiveGraph).* is deprecated:DeprecationWarning"
"""rdflib 7.6 uses inside what it has deprecated itself."""

CLAIM = """@prefix pg: <https://w3id.org/plangraph/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://w3id.org/plangraph/id/plan/p> a pg:Plan ; pg:test %s .
"""


def write_data(folder: Path, values: str) -> Path:
    (folder / "registry").mkdir(parents=True)
    (folder / "registry" / "plans.ttl").write_text(CLAIM % values, encoding="utf-8")
    return folder


def test_importing_the_package_loads_no_graph_library() -> None:
    heavy = "{'rdflib', 'pyoxigraph', 'pyshacl', 'pandas'}"
    check = f"import sys, plangraph; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_package_has_the_names_it_promises_and_no_other() -> None:
    assert [hasattr(plangraph, name) for name in ("load", "query", "Table")] == [True] * 3
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        plangraph.lode  # noqa: B018


def test_load_gives_every_quad_of_every_graph(tmp_path: Path) -> None:
    data = write_seed(tmp_path / "data")
    built, loaded = build.build(data).quads, plangraph.load(data)
    assert isinstance(loaded, rdflib.Dataset)
    assert len(built) > 1_000
    assert sum(len(part) for part in loaded.graphs()) == len(built)
    for name in ("derived", "registry", "ontology", "dataset"):
        assert len(loaded.graph(rdflib.URIRef(graph(name).value))) > 0, name


@pytest.mark.filterwarnings(RDFLIB_ITSELF)
def test_load_lets_one_ask_across_graphs_by_prefixed_name(tmp_path: Path) -> None:
    loaded = plangraph.load(write_seed(tmp_path / "data"))
    pg = rdflib.Namespace(NS)
    claims = set(loaded.subjects(rdflib.RDF.type, pg.Claim))
    assert len(claims) > 20
    assert loaded.namespace_manager.qname(str(pg.Claim)) == "pg:Claim"


@pytest.mark.filterwarnings(RDFLIB_ITSELF)
def test_load_keeps_lexical_forms(tmp_path: Path) -> None:
    forms = ['"07"^^xsd:integer', '"1.50"^^xsd:decimal', '"a"@uk', '"a"', "true", '"+1"^^xsd:integer']
    loaded = plangraph.load(write_data(tmp_path, ", ".join(forms)))
    plan = rdflib.URIRef(thing("plan", "p").value)
    found = {
        (str(value), value.datatype and value.datatype.fragment, value.language)
        for value in loaded.objects(plan, rdflib.URIRef(NS + "test"))
        if isinstance(value, rdflib.Literal)
    }
    assert found == {
        ("07", "integer", None),
        ("1.50", "decimal", None),
        ("a", None, "uk"),
        ("a", None, None),
        ("true", "boolean", None),
        ("+1", "integer", None),
    }


def test_a_query_gives_columns_and_rows_of_the_packaged_data() -> None:
    table = plangraph.query(
        "SELECT ?claim ?text { ?claim a pg:Claim ; pg:formulation ?text } ORDER BY ?claim"
    )
    assert table.columns == ("claim", "text")
    assert len(table) == len(table.rows) == len(list(table)) > 20
    assert all(str(row["claim"]).startswith("https://w3id.org/plangraph/id/") for row in table)


CLAIMS = "SELECT ?claim { ?claim a pg:Claim } ORDER BY ?claim"


def test_data_can_be_loaded_and_asked_as_of_a_day(tmp_path: Path) -> None:
    data = write_dated(tmp_path / "data")
    assert len(plangraph.query(CLAIMS, data)) == len(SEEN)
    for day in ("2025-11-20", date(2025, 11, 20)):
        assert len(plangraph.query(CLAIMS, data, as_of=day)) == 2
        assert len(plangraph.query(CLAIMS, data, as_of=day, undated="include")) == 4
    loaded = plangraph.load(data, as_of="2025-11-25", undated="exclude")
    names = {str(part.identifier) for part in loaded.graphs() if len(part)}
    head = graph("document/").value
    assert {name.removeprefix(head) for name in names if name.startswith(head)} == {"bound", "early", "later"}


def test_the_packaged_data_can_be_asked_as_of_a_day() -> None:
    assert len(plangraph.query(CLAIMS, as_of="2014-01-01")) == 0
    assert len(plangraph.query(CLAIMS)) > 20


def test_a_wrong_pin_is_refused_by_the_name_of_its_argument(tmp_path: Path) -> None:
    data = write_dated(tmp_path / "data")
    with pytest.raises(BadParameter, match=r"^as_of takes a day"):
        plangraph.load(data, as_of="November")
    with pytest.raises(BadParameter, match=r"^undated takes exclude or include"):
        plangraph.query(CLAIMS, data, as_of="2025-11-20", undated="perhaps")  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="give as_of too"):
        plangraph.query(CLAIMS, data, undated="include")


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("7", 7),
        ("1.5", Decimal("1.5")),
        ("1.5e0", 1.5),
        ("true", True),
        ('"2025-11-20"^^xsd:date', date(2025, 11, 20)),
        ('"2025-11-20T10:00:00Z"^^xsd:dateTime', datetime(2025, 11, 20, 10, tzinfo=UTC)),
        ('"2025-11-20Z"^^xsd:date', "2025-11-20Z"),
        ('"seven"^^xsd:integer', "seven"),
        ('"many"^^xsd:decimal', "many"),
        ('"text"@uk', "text"),
        ("pg:Plan", NS + "Plan"),
    ],
)
def test_a_value_becomes_the_python_value_of_its_datatype(
    tmp_path: Path, literal: str, value: object
) -> None:
    table = plangraph.query("SELECT ?v ?none { ?plan pg:test ?v }", write_data(tmp_path, literal))
    assert table.rows == ((value, None),)
    assert type(table.rows[0][0]) is type(value)


def test_a_table_becomes_a_data_frame_either_way() -> None:
    pandas = pytest.importorskip("pandas")
    table = plangraph.query("SELECT ?plan ?n { ?plan a pg:Plan BIND(1 AS ?n) }")
    assert len(table) >= 1
    for frame in (pandas.DataFrame(table), table.to_pandas()):
        assert list(frame.columns) == ["plan", "n"]
        assert len(frame) == len(table)
        assert frame["n"].sum() == len(table)
    empty = plangraph.query("SELECT ?a ?b { ?a pg:nothingHasThis ?b }").to_pandas()
    assert list(empty.columns) == ["a", "b"]
    assert len(empty) == 0


def test_a_query_that_does_not_parse_says_where() -> None:
    with pytest.raises(QuerySyntaxWrong) as caught:
        plangraph.query("SELECT * {\n  ?s ?p }")
    assert caught.value.line == 2
    assert caught.value.column is not None
    assert not caught.value.detail.startswith("error at")


def test_only_a_select_gives_a_table() -> None:
    for text in ("ASK {}", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"):
        with pytest.raises(BadParameter, match="SELECT"):
            plangraph.query(text)


def test_a_folder_that_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="registry/ nor documents/"):
        plangraph.load(tmp_path)
