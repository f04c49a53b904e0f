"""Publishing to a server: only what changed goes over, a broken run is taken up, the revision comes last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import NamedNode
from typer.testing import CliRunner

from fake_sparql import Fake, serve_fake
from folders import write_dated
from plangraph import remote_graphs
from plangraph.build import Dataset, build
from plangraph.cli import app
from plangraph.errors import BadParameter, EngineStopped, ServerFailed
from plangraph.publish import Summary, plan, publish
from plangraph.published import DATASET_GRAPH, RECORD, STAND_INS, Published, read_published
from plangraph.remote_graphs import GraphStore, Login, split_body
from plangraph.terms import graph
from services import read_packaged
from virtuoso import find_port

SLUGS = {"early", "later", "last"}


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serve_fake(Fake()) as server:
        yield server


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return build(write_dated(tmp_path_factory.mktemp("small") / "data", SLUGS))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """With one document more and one less."""
    return build(write_dated(tmp_path_factory.mktemp("grown") / "data", SLUGS - {"last"} | {"window"}))


def send(fake: Fake, dataset: Dataset, *, snapshot: bool = True, login: Login = Login()) -> Summary:  # noqa: B008
    fake.changes.clear()
    with GraphStore(fake.url, login, fake.store_url) as store:
        return publish(dataset, store, snapshot=snapshot)


def read_record(fake: Fake) -> Published:
    return read_published(
        quad.triple for quad in fake.store.quads_for_pattern(None, None, None, NamedNode(RECORD.value))
    )


def list_graphs(dataset: Dataset) -> set[str]:
    return {str(quad.graph_name) for quad in dataset.quads}


def list_stored(fake: Fake) -> set[str]:
    found = {str(name) for name in fake.store.named_graphs()}
    return {name for name in found if "/snapshot/" not in name} - {str(RECORD)}


def test_a_plan_replaces_what_differs_deletes_what_is_gone_and_ends_with_the_revision() -> None:
    last = DATASET_GRAPH.value
    there = Published({"urn:a": "1", "urn:b": "2", "urn:c": "3"}, frozenset({"urn:e"}))
    found = plan({"urn:a": "1", last: "9", "urn:z": "4", "urn:b": "0"}, there)
    assert found.unchanged == ("urn:a",)
    assert found.replaced == ("urn:b", "urn:z", last)
    assert found.deleted == ("urn:c", "urn:e")


def test_the_first_run_sends_everything_and_the_second_nothing(fake: Fake, small: Dataset) -> None:
    count = len(list_graphs(small))
    assert count == 9
    first = send(fake, small)
    assert (len(first.plan.replaced), first.altered) == (count, ())
    assert list_stored(fake) == list_graphs(small)
    second = send(fake, small)
    assert fake.changes == []
    assert second.describe() == f"{count} unchanged, 0 replaced, 0 deleted; the server has revision " + (
        small.revision
    )


def test_the_graphs_of_the_server_hold_what_the_data_set_holds(fake: Fake, small: Dataset) -> None:
    send(fake, small)
    wanted = {str(quad.triple) for quad in small.quads if quad.graph_name == graph("registry")}
    found = fake.store.quads_for_pattern(None, None, None, graph("registry"))
    assert {str(quad.triple) for quad in found} == wanted
    snapshot = read_record(fake).snapshot
    assert snapshot is not None
    triples = {str(quad.triple) for quad in small.quads}
    assert len(list(fake.store.quads_for_pattern(None, None, None, NamedNode(snapshot)))) == len(triples)


def test_only_what_changed_is_sent_and_what_is_gone_is_deleted(
    fake: Fake, small: Dataset, grown: Dataset
) -> None:
    send(fake, small)
    summary = send(fake, grown)
    names = {str(entry.value) for entry in (graph("derived"), graph("document/window"), DATASET_GRAPH)}
    assert set(summary.plan.replaced) == names
    assert summary.plan.deleted == (graph("document/last").value,)
    assert list_stored(fake) == list_graphs(grown)
    assert {name for name in fake.sent() if "/snapshot/" not in name} == names


def test_the_bookkeeping_frames_a_run_and_the_revision_is_the_last_graph(fake: Fake, small: Dataset) -> None:
    send(fake, small)
    assert fake.changes[0] == fake.changes[-1] == ("PUT", RECORD.value)
    assert fake.sent()[-1] == DATASET_GRAPH.value
    assert "/snapshot/" in fake.sent()[-2]


def test_the_snapshot_before_stays_until_the_next_but_one(fake: Fake, small: Dataset, grown: Dataset) -> None:
    send(fake, small)
    first = read_record(fake).snapshot
    send(fake, grown)
    record = read_record(fake)
    assert record.former == first != record.snapshot
    assert fake.store.contains_named_graph(NamedNode(str(first)))
    send(fake, small)
    assert {name.value for name in fake.store.named_graphs() if "/snapshot/" in str(name)} == {
        str(record.snapshot),
        str(first),
    }


@pytest.mark.parametrize("changes", [1, 3, 6, 10, 14, 17, 18, 19])
def test_a_run_that_ended_early_is_taken_up_where_it_ended(fake: Fake, small: Dataset, changes: int) -> None:
    fake.fails_after = changes
    with pytest.raises(ServerFailed, match="answered 500"):
        send(fake, small)
    record = read_record(fake)
    assert record.publishing
    done = set(record.digests)
    assert done == set(fake.sent()[: len(done)])
    fake.fails_after = None
    summary = send(fake, small)
    assert set(summary.plan.unchanged) == done
    assert done.isdisjoint(fake.sent())
    assert not read_record(fake).publishing
    assert list_stored(fake) == list_graphs(small)


def test_a_graph_that_a_broken_run_sent_and_nobody_wants_any_more_is_deleted(
    fake: Fake, small: Dataset, grown: Dataset
) -> None:
    send(fake, small)
    fake.fails_after = 5
    with pytest.raises(ServerFailed):
        send(fake, grown)
    fake.fails_after = None
    summary = send(fake, small)
    assert graph("document/window").value in summary.plan.deleted
    assert list_stored(fake) == list_graphs(small)


def test_a_server_that_loses_triples_is_found_out(fake: Fake, small: Dataset) -> None:
    change = fake.change

    def lose(method: str, name: str, body: bytes) -> int:
        lines = body.splitlines(keepends=True)
        return change(method, name, b"".join(lines[:-1] if name.endswith("/registry") else lines))

    fake.change = lose  # type: ignore[method-assign]
    with pytest.raises(ServerFailed, match=r"registry: \d+ triples were sent, and the server has \d+"):
        send(fake, small)
    assert read_record(fake).publishing


def test_virtuoso_gets_stand_ins_for_the_datatypes_that_it_destroys(
    fake: Fake, small: Dataset, tmp_path: Path
) -> None:
    fake.name = "Virtuoso/07.20"
    send(fake, small)
    assert read_record(fake).stand_ins == STAND_INS
    stored = [quad for quad in fake.store if quad.graph_name == graph("shapes")]
    assert not any("XMLSchema#duration>" in str(quad) for quad in stored)
    assert any("published#duration>" in str(quad) for quad in stored)
    fake.name = "Oxigraph/0.5"
    assert len(send(fake, small).plan.replaced) == len(list_graphs(small))
    assert read_record(fake).stand_ins == {}


def test_a_bearer_token_and_plain_graphs_are_enough_for_a_service_like_ours(
    fake: Fake, small: Dataset
) -> None:
    fake.token = "open-sesame"
    with pytest.raises(ServerFailed, match="lets only some write"):
        send(fake, small)
    send(fake, small, snapshot=False, login=Login(token="open-sesame"))
    assert list_stored(fake) == list_graphs(small)
    assert not any("/snapshot/" in name for name in fake.sent())
    assert send(fake, small, snapshot=False, login=Login(token="open-sesame")).plan.replaced == ()


def test_a_server_whose_graph_store_is_not_known_has_to_be_told(fake: Fake) -> None:
    with pytest.raises(BadParameter, match="--graph-store"):
        GraphStore(fake.url, Login())


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(EngineStopped, match="does not answer"):
        GraphStore(f"http://127.0.0.1:{find_port()}/sparql", Login())


def test_a_large_graph_goes_in_parts_and_its_blank_nodes_in_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote_graphs, "CHUNK_BYTES", 20_000)
    triples = {quad.triple for quad in read_packaged().quads if quad.graph_name == graph("shapes")}
    parts = split_body(triples)
    assert len(parts) > 10
    assert sum(part.count(b"\n") for part in parts) == len(triples)
    assert all(part.endswith(b" .\n") for part in parts)
    assert not any(b"_:" in part for part in parts[1:])
    assert max(map(len, parts[1:])) <= 20_000
    assert split_body([]) == []


def test_the_command_prints_one_line(fake: Fake, tmp_path: Path) -> None:
    fake.token = "open-sesame"
    (tmp_path / "token").write_text("open-sesame\n", encoding="utf-8")
    data = write_dated(tmp_path / "data", SLUGS)
    options = ["--token-file", str(tmp_path / "token"), "--graph-store", fake.store_url, "--data", str(data)]
    done = CliRunner().invoke(app, ["publish", fake.url, *options])
    assert done.exit_code == 0
    assert done.stdout.startswith("0 unchanged, 9 replaced, 0 deleted; the server has revision ")


@pytest.mark.parametrize(
    "options",
    [["--user", "dba"], ["--user", "dba", "--password-file", "f", "--token-file", "f"]],
)
def test_the_command_refuses_half_a_login_and_two_of_them(options: list[str], fake: Fake) -> None:
    done = CliRunner().invoke(app, ["publish", fake.url, *options])
    assert isinstance(done.exception, BadParameter)
    assert fake.changes == []
