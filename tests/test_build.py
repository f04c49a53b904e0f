"""One data set from files: what is computed, what it says of itself, and what makes a revision."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from builders import claim, read, read_vocabulary
from plangraph.about import DATASET
from plangraph.build import UNREAD, assemble, build, derive, read_files, stream_files
from plangraph.errors import FileUnreadable
from plangraph.files import list_data, list_vocabulary, packaged
from plangraph.index import Index
from plangraph.slots import read_slots
from plangraph.terms import NS, graph, pg, term


def copy_of_data(folder: Path) -> Path:
    return Path(shutil.copytree(packaged("data"), folder / "data"))


def test_every_graph_of_the_contract_is_there() -> None:
    graphs = {quad.graph_name for quad in build().quads}
    expected = ("registry", "topics", "ontology", "shapes", "derived", "dataset")
    assert {graph(name) for name in expected} <= graphs
    assert graph("document/2025-11-20-rbc-ukraine-plan-pressure") in graphs


def test_what_the_data_set_says_of_its_classes_is_what_it_holds() -> None:
    quads = build().quads
    index = Index(quad for quad in quads if quad.graph_name == graph("dataset"))
    stated = {}
    for part in index.objects(DATASET, term("void:classPartition")):
        assert isinstance(part, NamedNode)
        entities = index.one(part, term("void:entities"))
        assert isinstance(entities, Literal)
        stated[index.one(part, term("void:class"))] = int(entities.value)
    typed = {
        (quad.subject, quad.object)
        for quad in quads
        if quad.predicate == term("rdf:type") and quad.graph_name != graph("dataset")
    }
    held = Counter(class_ for _, class_ in typed if isinstance(class_, NamedNode))
    assert stated == held and stated[pg("Attribution")] > 2_000


def test_deriving_from_a_stream_gives_what_an_index_of_everything_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [*list_data(), *list_vocabulary()]
    streamed = set(derive(stream_files(files)))
    assert len(streamed) > 20_000
    monkeypatch.setattr("plangraph.build.UNREAD", frozenset())
    assert streamed == set(derive(read_files(files)))


def test_no_slot_is_among_what_deriving_leaves_out() -> None:
    slots = read_slots(Index(read_vocabulary()))
    terms = {iri.value for iri in UNREAD if iri.value.startswith(NS)}
    assert len(slots) >= 84 and not UNREAD & set(slots)
    assert terms <= {quad.subject.value for quad in read_vocabulary() if isinstance(quad.subject, NamedNode)}


def test_the_order_of_files_leaves_no_trace() -> None:
    stated = claim("a", "provision:p", "pg:duration concept:permanent")
    quads = [*read_vocabulary(), *read(stated)]
    forward, backward = assemble(quads), assemble(list(reversed(quads)))
    assert forward == backward
    assert pg("ReportedValue") in {quad.object for quad in forward.quads}


def test_a_changed_word_is_a_new_revision(tmp_path: Path) -> None:
    data = copy_of_data(tmp_path)
    before = build(data).revision
    assert before == build().revision
    file = next((data / "registry").glob("events.ttl"))
    file.write_text(file.read_text(encoding="utf-8").replace("The end of", "The close of"), encoding="utf-8")
    assert build(data).revision != before


def test_a_file_that_does_not_parse_is_named_with_its_line(tmp_path: Path) -> None:
    data = copy_of_data(tmp_path)
    (data / "documents" / "2025-01-01-broken.ttl").write_text("@prefix a: <b:> .\na:b a:c\n a:d a:e .\n")
    with pytest.raises(FileUnreadable, match=r"2025-01-01-broken\.ttl:3: "):
        build(data)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("documents/2025 01.ttl", b"", "named by its slug"),
        (
            "documents/2025-01-01-latin.ttl",
            b"# ok\n# M\xfcller\n",
            "2025-01-01-latin.ttl:2: is not UTF-8 text",
        ),
    ],
)
def test_a_file_that_cannot_be_a_document_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    data = copy_of_data(tmp_path)
    (data / name).write_bytes(content)
    with pytest.raises(FileUnreadable) as caught:
        build(data)
    assert message in str(caught.value)


def test_a_folder_that_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="neither registry/ nor documents/"):
        build(tmp_path)
