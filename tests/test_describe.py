"""Names lead to descriptions, descriptions come in every format, files are what their checksums say."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, parse

from plangraph.context import read_context
from plangraph.export import write
from plangraph.formats import GRAPHS
from plangraph.sheets import write_schema
from plangraph.shelf import FILES
from plangraph.terms import GRAPH, KINDS, split_thing, thing
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from plangraph.web.describe import COLLECTION_OF
from services import PATIENT, make_engine, open_shelf, read_packaged

CONTEXT: dict[str, Any] = json.loads(read_context())["@context"]
DOCUMENT = "2025-11-20-rbc-ukraine-plan-pressure"
ATTRIBUTION = f"{DOCUMENT}--amnesty-war-crimes"
PLAIN = {"Accept-Encoding": "identity"}
TRIED_OF_A_KIND = 40
WRITTEN_SOON = ("nq", "nt")
"""The formats that are written once more, to compare; test_as_of.py does so with all, on a small data set."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    engine = make_engine(PATIENT)
    app = create_app(engine, engine.settings, create_routers(engine.settings), shelf=open_shelf())
    with TestClient(app) as opened:
        yield opened


def canonical(quads: Any) -> Dataset:
    dataset = Dataset([Quad(quad.subject, quad.predicate, quad.object) for quad in quads])
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def read_answer(content: bytes, suffix: str) -> Dataset:
    """The triples of an answer; the context of JSON is the packaged one, so nothing is fetched."""
    if suffix in ("json", "jsonld"):
        text = json.dumps({**json.loads(content), "@context": CONTEXT})
        return canonical(parse(text, format=RdfFormat.JSON_LD))
    format = next(entry.engine for entry in GRAPHS if entry.suffix == suffix)
    assert isinstance(format, RdfFormat)
    return canonical(parse(content, format=format))


def list_things() -> dict[str, list[str]]:
    """The slugs of all things with a type, by kind."""
    subjects = {quad.subject.value for quad in read_packaged().quads if isinstance(quad.subject, NamedNode)}
    found: dict[str, list[str]] = {}
    for kind, slug in filter(None, map(split_thing, sorted(subjects))):
        found.setdefault(kind, []).append(slug)
    return found


def test_the_name_of_every_thing_leads_to_its_description(client: TestClient) -> None:
    tried = 0
    things = list_things()
    assert len(things) > 15
    for kind, slugs in things.items():
        for slug in slugs[:TRIED_OF_A_KIND]:
            answer = client.get(f"/id/{kind}/{slug}", follow_redirects=False)
            assert answer.status_code == 303
            place = answer.headers["location"].removeprefix("http://testserver/")
            home = f"api/v1/{COLLECTION_OF[kind]}" if kind in COLLECTION_OF else f"doc/{kind}"
            assert place == f"{home}/{slug}"
            assert client.get(place).json()["id"] == thing(kind, slug).value
            tried += 1
    assert tried > 200


def test_a_suffix_goes_along_and_decides(client: TestClient) -> None:
    for suffix in ("ttl", "nt", "jsonld", "json", "rdf", "trig"):
        answer = client.get(f"/id/attribution/{ATTRIBUTION}.{suffix}", headers={"Accept": "text/csv"})
        assert answer.status_code == 200, suffix
        assert answer.url.path == f"/api/v1/attributions/{ATTRIBUTION}.{suffix}"


def test_all_formats_say_the_same(client: TestClient) -> None:
    suffixes = ["json", *(entry.suffix for entry in GRAPHS)]
    for address in (f"/api/v1/attributions/{ATTRIBUTION}", "/doc/topic/amnesty", "/doc/place/donbas"):
        found = {suffix: client.get(f"{address}.{suffix}").content for suffix in suffixes}
        read = {suffix: read_answer(content, suffix) for suffix, content in found.items()}
        assert all(dataset == read["ttl"] for dataset in read.values()), address
        assert len(read["ttl"]) > 5
        for entry in GRAPHS:
            wished = client.get(address, headers={"Accept": entry.media_type})
            assert wished.headers["content-type"] == entry.content_type
            assert read_answer(wished.content, entry.suffix) == read["ttl"]


def test_a_description_holds_the_evidence_below_and_the_labels_beside(client: TestClient) -> None:
    text = client.get(f"/id/attribution/{ATTRIBUTION}.ttl").text
    for line in ("oa:start ", "oa:exact ", "pg:spanDigest ", "pg:anonymous rdfs:label ", "pg:formulation "):
        assert line in text
    assert "pg:sourceCertainty pg:" in text


@pytest.mark.parametrize(
    "address",
    [
        "/id/claim/no-such",
        "/id/unicorn/amnesty",
        "/id/claim/No%20Such",
        "/doc/topic/no-such",
        "/doc/unicorn/amnesty",
        "/doc/topic/amnesty.pdf",
        f"/doc/claim/{ATTRIBUTION}--no-such",
        "/graph/nothing",
        "/graph/document/nothing",
        "/ns.pdf",
        "/export/plangraph.pdf",
        "/export/documents/nothing.ttl",
        "/id/question/11-no-such",
    ],
)
def test_what_there_is_not_is_a_problem(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_question_has_a_name_too(client: TestClient) -> None:
    assert "question" in KINDS
    assert client.get("/id/question/08-authors").json()["query"].startswith("#title:")


def test_a_description_need_not_be_sent_twice(client: TestClient) -> None:
    whole = client.get("/doc/topic/amnesty")
    again = client.get("/doc/topic/amnesty", headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/doc/topic/amnesty").headers["etag"] == whole.headers["etag"]
    assert whole.links["describes"]["url"] == thing("topic", "amnesty").value


@pytest.mark.parametrize("suffix", FILES)
def test_a_file_is_the_export_and_has_its_digest(client: TestClient, suffix: str) -> None:
    answer = client.get(f"/export/plangraph.{suffix}", headers=PLAIN)
    if suffix in WRITTEN_SOON:
        assert answer.content == write(read_packaged().quads, FILES[suffix])
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert answer.headers["plangraph-revision"] == read_packaged().revision
    assert "content-encoding" not in answer.headers
    tag = answer.headers["etag"]
    assert (
        client.get(f"/export/plangraph.{suffix}", headers={**PLAIN, "If-None-Match": tag}).status_code == 304
    )
    head = client.head(f"/export/plangraph.{suffix}", headers=PLAIN)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))


def test_a_compressed_file_has_the_digest_of_what_is_sent(client: TestClient) -> None:
    plain = client.get("/export/plangraph.nq", headers=PLAIN)
    with client.stream("GET", "/export/plangraph.nq", headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == plain.content
    digest = base64.b64encode(hashlib.sha256(sent).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert answer.headers["etag"] != plain.headers["etag"]


def test_a_part_of_a_file_can_be_had(client: TestClient) -> None:
    whole = client.get("/export/plangraph.nt", headers=PLAIN)
    part = client.get("/export/plangraph.nt", headers={**PLAIN, "Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]


def test_the_checksums_are_those_of_the_files(client: TestClient) -> None:
    lines = client.get("/export/plangraph.sha256").text.splitlines()
    assert [line.split("  ")[1] for line in lines] == [f"plangraph.{suffix}" for suffix in FILES]
    for line in lines:
        digest, name = line.split("  ")
        content = client.get(f"/export/{name}", headers=PLAIN).content
        assert hashlib.sha256(content).hexdigest() == digest, name
    assert len(lines) == 7


def test_the_archive_holds_a_table_of_each_collection(client: TestClient) -> None:
    archive = zipfile.ZipFile(io.BytesIO(client.get("/export/plangraph.csv.zip").content))
    assert {"claims.csv", "attributions.csv", "documents.csv", "table.csv"} <= set(archive.namelist())


def test_every_graph_is_served_under_its_name(client: TestClient) -> None:
    graphs = sorted({quad.graph_name for quad in read_packaged().quads}, key=str)
    documents = [graph for graph in graphs if "/document/" in str(graph)]
    tried = [graph for graph in graphs if graph not in documents] + documents[::25]
    assert len(documents) > 200 and len(tried) >= 15
    held = defaultdict[object, list[Quad]](list)
    for quad in read_packaged().quads:
        held[quad.graph_name].append(quad)
    for graph in tried:
        assert isinstance(graph, NamedNode)
        address = f"/graph/{graph.value.removeprefix(GRAPH)}"
        answer = client.get(address)
        assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
        assert answer.content == write(held[graph], "turtle", graph)
        assert client.get(f"{address}.nq").content == write(held[graph], "nquads", graph)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("ns", "ontology"),
        ("shapes", "shapes"),
        ("dataset", "dataset"),
        (".well-known/void", "dataset"),
        (f"export/documents/{DOCUMENT}.ttl", f"document/{DOCUMENT}"),
    ],
)
def test_a_graph_with_an_address_of_its_own_is_that_graph(
    client: TestClient, address: str, name: str
) -> None:
    expected = write(read_packaged().quads, "turtle", NamedNode(GRAPH + name))
    answer = client.get(f"/{address}")
    assert answer.content == expected
    again = client.get(f"/{address}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    if not address.endswith(".ttl"):
        lines = client.get(f"/{address}", headers={"Accept": "application/n-triples"})
        assert lines.headers["content-type"] == "application/n-triples"
        assert client.get(f"/{address}.nt").content == lines.content


def test_the_parts_of_the_data_set_description_lead_to_it(client: TestClient) -> None:
    answer = client.get("/dataset/class/pg-Claim", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "http://testserver/dataset")


def test_the_schema_of_a_sheet_is_served_and_named_where_sheets_are_sent(client: TestClient) -> None:
    answer = client.get("/sheet.schema.json")
    assert answer.headers["content-type"] == "application/json"
    schema = answer.json()
    assert schema["$id"].endswith("/sheet.schema.json") and schema["title"] == "Sheet"
    assert answer.text == write_schema()
    sent = client.get("/openapi.json").json()["paths"]
    assert "/sheet.schema.json" in sent


def test_the_context_is_the_packaged_file(client: TestClient) -> None:
    answer = client.get("/context.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.content == read_context()
