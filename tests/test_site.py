"""The service as ``plangraph serve`` runs it: on the packaged data, on a folder, and on nothing."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from fastapi.testclient import TestClient

from folders import write_dated, write_seed
from plangraph.build import build
from plangraph.settings import Settings
from plangraph.web.site import create_site


def test_what_the_front_address_lists_is_there() -> None:
    with TestClient(create_site(Settings(workers=1))) as client:
        listed = client.get("/").json()
        assert listed["revision"] == build().revision
        assert len(listed["entries"]) == 10
        for entry in listed["entries"]:
            assert client.get(entry["url"]).status_code == 200, entry["url"]


def test_a_scratch_service_holds_nothing() -> None:
    with TestClient(create_site(Settings(workers=1, scratch=True))) as client:
        answer = client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"})
        assert answer.json()["boolean"] is False
        assert client.get("/api/v1/plans").json()["total"] == 0


def test_a_strict_default_graph_is_empty_and_a_union_one_is_not(tmp_path: Path) -> None:
    data = str(write_dated(tmp_path / "data"))
    query = {"query": "ASK { ?s a pg:Claim }"}
    for default_graph, expected in (("strict", False), ("union", True)):
        settings = Settings(workers=1, data=data, default_graph=default_graph)  # type: ignore[arg-type]
        with TestClient(create_site(settings)) as client:
            assert client.get("/sparql", params=query).json()["boolean"] is expected


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "plangraph.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 30
            listens = False
            while not listens and time.monotonic() < deadline and server.poll() is None:
                with socket.socket() as probe:
                    listens = probe.connect_ex(("127.0.0.1", port)) == 0
                time.sleep(0.05)
            assert listens, f"the service does not listen; it ended with {server.poll()}"
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)


def test_a_folder_that_breaks_the_shapes_is_not_served(tmp_path: Path) -> None:
    data = write_seed(tmp_path / "data")
    file = next((data / "documents").glob("*.ttl"))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("pg:readingExtent pg:full ;", ""), encoding="utf-8")
    command = [sys.executable, "-m", "plangraph.cli", "serve", "--port", "0", "--data", str(data)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert f"{file}:" in ended.stderr and "(document-extent)" in ended.stderr


def test_a_folder_of_the_same_data_gives_the_same_revision(tmp_path: Path) -> None:
    data, again = (write_seed(tmp_path / name) for name in ("data", "again"))
    with TestClient(create_site(Settings(workers=1, data=str(data)))) as client:
        assert client.get("/healthz").json()["revision"] == build(again).revision
