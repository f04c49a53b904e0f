"""Publishing to a plangraph that really runs: an empty one takes all, one that checks refuses at once."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from folders import write_dated
from plangraph.build import build
from plangraph.cli import app
from plangraph.errors import ServerFailed
from plangraph.publish import publish
from plangraph.published import RECORD
from plangraph.questions import list_questions
from plangraph.remote_graphs import GraphStore, Login
from plangraph.terms import graph
from services import read_packaged
from virtuoso import find_port

TOKEN = "a-token-for-these-tests"
LOGIN = Login(token=TOKEN)
START_SECONDS = 60


@contextmanager
def serve(folder: Path, *options: str) -> Iterator[str]:
    """The command ``serve``, whose SPARQL endpoint this gives."""
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    port = find_port()
    command = [sys.executable, "-m", "plangraph.cli", "serve", "--port", str(port)]
    command += ["--token-file", str(folder / "token"), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(port):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/sparql"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def ask(url: str, text: str) -> list[list[str]]:
    answer = httpx.post(
        url, data={"query": text}, headers={"Accept": "text/csv"}, trust_env=False, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text)))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty service that the packaged data has been published to by the command."""
    folder = tmp_path_factory.mktemp("scratch")
    with serve(folder, "--scratch") as url:
        done = CliRunner().invoke(app, ["publish", url, "--token-file", str(folder / "token")])
        assert done.exit_code == 0, done.output
        count = len({quad.graph_name for quad in read_packaged().quads})
        assert done.stdout.startswith(f"0 unchanged, {count} replaced, 0 deleted; the server has revision ")
        yield url


def test_an_empty_service_then_holds_every_graph_and_its_bookkeeping_but_no_snapshot(scratch: str) -> None:
    found = ask(scratch, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")[1:]
    sizes = {name: int(count) for name, count in found}
    assert sizes.pop(RECORD.value) > 200
    wanted: dict[str, int] = {}
    for quad in read_packaged().quads:
        name = str(quad.graph_name).strip("<>")
        wanted[name] = wanted.get(name, 0) + 1
    assert sizes == wanted


def test_an_empty_service_then_answers_all_questions_as_recorded(scratch: str) -> None:
    compared = 0
    for question in list_questions():
        assert question.expected is not None
        assert ask(scratch, question.query) == list(csv.reader(io.StringIO(question.expected)))
        compared += 1
    assert compared == 15


def test_publishing_again_sends_nothing(scratch: str) -> None:
    with GraphStore(scratch, LOGIN) as store:
        summary = publish(read_packaged(), store)
    assert (summary.plan.replaced, summary.plan.deleted, summary.altered) == ((), (), ())


def test_a_stranger_may_not_publish(scratch: str) -> None:
    for login in (Login(), Login(token="another-token-than-that")):
        with GraphStore(scratch, login) as store, pytest.raises(ServerFailed, match="lets only some write"):
            store.put("urn:test", [])


def test_a_change_replaces_and_deletes_graphs(tmp_path: Path) -> None:
    before = build(write_dated(tmp_path / "data", {"early", "later", "last"}))
    after = build(write_dated(tmp_path / "data", {"early", "later", "window"}))
    with serve(tmp_path, "--scratch") as url, GraphStore(url, LOGIN) as store:
        publish(before, store)
        summary = publish(after, store)
        assert summary.plan.deleted == (graph("document/last").value,)
        assert store.read(graph("document/last").value) == []
        window = {quad.triple for quad in after.quads if quad.graph_name == graph("document/window")}
        assert set(store.read(graph("document/window").value)) == window


def test_a_service_that_checks_what_is_written_is_refused_before_anything_changes(tmp_path: Path) -> None:
    data = write_dated(tmp_path / "data", {"early", "later", "last"})
    other = build(write_dated(tmp_path / "other", {"early", "last", "window"}))
    with serve(tmp_path, "--data", str(data)) as url, GraphStore(url, LOGIN) as store:
        before = ask(url, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g")
        with pytest.raises(ServerFailed, match="publish to a service that runs with --scratch") as caught:
            publish(other, store)
        assert caught.value.broken_rule == "graph"
        assert (
            ask(url, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g") == before
        )
