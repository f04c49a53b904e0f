"""The service on a journal: what is written outlives it, and the past can be had from the command line."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import RdfFormat, parse

from folders import write_dated, write_report
from plangraph.build import build
from plangraph.cli import main
from plangraph.errors import BadParameter, PlangraphError
from plangraph.export import write as write_export
from plangraph.formats import TURTLE
from plangraph.journal_reads import JournalReader
from plangraph.records import Draft, Memory
from plangraph.settings import Settings
from plangraph.terms import GRAPH
from plangraph.uploads import Upload
from plangraph.web.site import create_site
from plangraph.worker import Engine, Query
from plangraph.write_errors import JournalFailed, JournalUnsure, JournalUnusable
from plangraph.writes import GraphWrite, Intent, Written

TOKEN = "a-token-for-these-tests"
SEND = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/turtle"}
ODD = r"""
<https://w3id.org/plangraph/id/thing/odd> rdfs:comment 1.0, 01, 1e0, "1"^^xsd:byte, "x"@en-GB ;
  rdfs:comment "\u007F\u202E\"\\", '''two
lines\r\n''', "2025-11-20T00:00:00+02:00"^^xsd:dateTime, "a"^^<http://e/t> ;
  rdfs:seeAlso [ rdfs:label "nameless" ], ( 1 ( 2 ) [] ) .
_:shared rdfs:label "shared" . _:a rdfs:seeAlso _:shared . _:b rdfs:seeAlso _:shared, _:b .
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tokens").write_text(TOKEN, encoding="utf-8")
    return write_dated(tmp_path / "data", {"early", "bound"})


@pytest.fixture
def settings(folder: Path) -> Settings:
    return Settings(
        data=str(folder),
        workers=1,
        token_file=str(folder.parent / "tokens"),
        journal=str(folder.parent / "journal.db"),
    )


@contextmanager
def serve(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_site(settings)) as client:
        yield client


def put(client: TestClient, slug: str, body: str, **headers: str) -> int:
    address = f"/graphs?graph={GRAPH}document/{slug}"
    return client.put(address, content=body.encode(), headers={**SEND, **headers}).status_code


def find_revision(client: TestClient) -> str:
    return str(client.get("/healthz").json()["revision"])


def read(settings: Settings) -> JournalReader:
    return JournalReader(settings.journal or "")


def test_what_was_written_is_there_after_a_restart_as_it_was(settings: Settings) -> None:
    with serve(settings) as client:
        assert put(client, "later", write_report("later") + ODD) == 201
        assert put(client, "early", write_report("early").replace("report early", "mended")) == 204
        assert client.delete(f"/graphs?graph={GRAPH}document/bound", headers=SEND).status_code == 204
        before = find_revision(client), set(client.get("/export/plangraph.nq").text.splitlines())
    with serve(settings) as client:
        after = find_revision(client), set(client.get("/export/plangraph.nq").text.splitlines())
        assert after[0] == before[0]
        assert "mended" in client.get("/export/plangraph.ttl").text
        assert client.get("/api/v1/documents/bound").status_code == 410
        assert put(client, "bound", write_report("bound")) == 201
    nameless = [parse("\n".join(sorted(lines)), format=RdfFormat.N_QUADS) for lines in (before[1], after[1])]
    assert [len(list(quads)) for quads in nameless] == [len(before[1])] * 2
    reader = read(settings)
    assert [revision.entries[0].action for revision in reader.list_revisions(1)] == [
        "accepted", "superseded", "retracted", "accepted",
    ]  # fmt: skip
    reader.close()


def test_a_journal_begins_with_the_files_and_then_goes_its_own_way(
    settings: Settings, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(settings) as client:
        assert find_revision(client) == build(folder).revision
    with caplog.at_level(logging.WARNING, "plangraph.journal"):
        with serve(settings) as client:
            assert caplog.messages == []
            assert put(client, "later", write_report("later")) == 201
            written = find_revision(client)
        (folder / "documents" / "early.ttl").write_text(
            write_report("early") + "document:early a pg:X .\n", "utf-8"
        )
        with serve(settings) as client:
            assert find_revision(client) == written
    assert len(caplog.messages) == 1
    assert "1 parts of the files differ" in caplog.messages[0] and "document/early" in caplog.messages[0]


def test_a_key_outlives_the_service(settings: Settings) -> None:
    key = {"Idempotency-Key": "once"}
    with serve(settings) as client:
        assert put(client, "later", write_report("later"), **key) == 201
        assert client.delete(f"/graphs?graph={GRAPH}document/later", headers=SEND).status_code == 204
    with serve(settings) as client:
        assert put(client, "later", write_report("later"), **key) == 201
        assert client.get(f"/graphs?graph={GRAPH}document/later").status_code == 404
        assert put(client, "later", write_report("last"), **key) == 422


def test_a_second_service_is_told_that_there_is_one_and_may_read(settings: Settings) -> None:
    with serve(settings) as first:
        with pytest.raises(JournalUnusable, match="another service"):
            create_site(settings)
        assert put(first, "later", write_report("later")) == 201
        with serve(replace(settings, token_file=None)) as second:
            assert find_revision(second) == find_revision(first)
    with serve(settings) as third:
        assert put(third, "last", write_report("last")) == 201


@pytest.mark.parametrize("wrong", [{"scratch": True}, {"data": "sparql+http://127.0.0.1:9/sparql"}])
def test_a_journal_goes_with_data_of_our_own_alone(settings: Settings, wrong: dict[str, object]) -> None:
    with pytest.raises(BadParameter, match="no --journal"):
        create_site(replace(settings, **wrong))  # type: ignore[arg-type]


class Moody(Memory):
    """A record that does what it is told next: keep, fail, or leave open whether it kept."""

    def __init__(self, *moods: str) -> None:
        super().__init__()
        self.moods = list(moods)
        self.open_answers: list[Written] = []

    def append(self, drafts: Sequence[Draft]) -> list[Written]:
        mood = self.moods.pop(0)
        if mood == "fails":
            raise JournalFailed("no")
        if mood == "keeps":
            return super().append(drafts)
        self.open_answers = super().append(drafts) if mood == "kept in silence" else []
        raise JournalUnsure("perhaps")

    def settle(self) -> list[Written]:
        if self.moods and self.moods[0] == "is away":
            self.moods.pop(0)
            raise JournalUnsure("still away")
        return self.open_answers


@pytest.mark.parametrize(
    ("moods", "expected"),
    [
        (["fails", "keeps", "keeps"], [JournalFailed, Written, Written]),
        (["kept in silence", "keeps", "keeps"], [JournalUnsure, Written, Written]),
        (["lost in silence", "keeps", "keeps"], [JournalUnsure, Written, Written]),
        (["kept in silence", "is away", "keeps"], [JournalUnsure, JournalUnsure, Written]),
        (["lost in silence", "is away", "keeps"], [JournalUnsure, JournalUnsure, Written]),
    ],
)
def test_only_what_the_journal_keeps_is_shown(folder: Path, moods: list[str], expected: list[type]) -> None:
    dataset = build(folder)
    settings = Settings(workers=1, token_file=str(folder.parent / "tokens"))
    slugs = ["later", "last", "window"]
    source = write_export(dataset.quads, "nquads")
    with Engine(source, dataset.revision, settings, Moody(*moods)) as engine:
        assert engine.runner is not None
        outcomes: list[Written | PlangraphError] = []
        for slug in slugs:
            upload = Upload(write_report(slug).encode(), TURTLE)
            try:
                write = GraphWrite("PUT", f"{GRAPH}document/{slug}", (upload,))
                outcomes.append(engine.runner.run(engine.write(write, Intent(key=slug))))
            except PlangraphError as error:
                outcomes.append(error)
        assert [type(outcome) for outcome in outcomes] == expected
        asked = Query("SELECT ?d { ?d schema:inLanguage ?l }", "text/csv")
        found = {line.rpartition("/")[2] for line in engine.run_now(asked).body.decode().split()[1:]}
    shown = {slug for slug, outcome in zip(slugs, outcomes, strict=True) if isinstance(outcome, Written)}
    shown |= {"later"} if moods[0] == "kept in silence" else set()
    assert found == {"early", "bound"} | shown
    assert engine.revision == build(write_dated(folder, found)).revision


def test_a_failing_journal_is_a_problem_document_and_nothing_is_changed(settings: Settings) -> None:
    with serve(settings) as client:
        before = find_revision(client)
        with closing(sqlite3.connect(settings.journal or "")) as raw:
            raw.execute("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk'); END")
            raw.commit()
            address = f"/graphs?graph={GRAPH}document/later"
            failed = client.put(address, content=write_report("later"), headers=SEND)
            assert (failed.status_code, failed.json()["rule"]) == (503, "journal")
            assert failed.headers["retry-after"]
            assert client.get(address).status_code == 404
            assert find_revision(client) == before
            raw.execute("DROP TRIGGER full")
            raw.commit()
        assert put(client, "later", write_report("later")) == 201


Runner = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Runner:
    def run_command(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["plangraph", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run_command


def test_the_commands_back_up_verify_restore_and_export_any_revision(
    settings: Settings, folder: Path, run: Runner
) -> None:
    journal, copy, other = (folder.parent / name for name in ("journal.db", "copy.db", "other.db"))
    first = build(folder)
    with serve(settings) as client:
        assert put(client, "later", write_report("later")) == 201
        code, noted, _ = run("backup", "--journal", journal, copy)
        assert (code, noted.startswith("revision 2 is ")) == (0, True), noted
        code, out, _ = run("verify", "--journal", journal)
        assert (code, "2 revisions, 19 entries, 0 faults" in out) == (0, True), out
        assert out.endswith(noted)
        assert put(client, "last", write_report("last")) == 201
        last = find_revision(client)
    code, out, _ = run("restore", copy, "--journal", other)
    assert (code, "2 revisions" in out) == (0, True), out
    code, out, err = run("export", "--journal", journal, "--revision", "1", "--format", "nquads")
    assert (code, out) == (0, write_export(first.quads, "nquads").decode())
    assert "revision 1, accepted" in err
    code, out, _ = run("export", "--journal", journal, "--format", "ntriples", "--graph", "dataset")
    assert last in out
    code, _, err = run("export", "--journal", journal, "--revision", "9", "--format", "turtle")
    assert (code, "no revision 9" in err) == (2, True)
    code, _, err = run("export", "--revision", "1", "--format", "turtle")
    assert (code, "--journal" in err) == (2, True)
    last_hash = run("verify", "--journal", journal)[1].split()[-1]
    for known in (noted.split()[-1], last_hash):
        assert run("verify", "--journal", journal, "--last", known)[0] == 0
    code, out, _ = run("verify", "--journal", copy, "--last", last_hash)  # as if the end had been cut off
    assert (code, f"no revision has the hash {last_hash}" in out) == (1, True), out
    code, _, err = run("verify", "--journal", journal, "--last", "abc")
    assert (code, "64 digits" in err) == (2, True), err
    with closing(sqlite3.connect(journal)) as raw:
        raw.execute("DROP TRIGGER revision_update")
        raw.execute("UPDATE revision SET reason = 'another' WHERE number = 2")
        raw.commit()
    code, out, _ = run("verify", "--journal", journal)
    assert (code, "revision 2: its hash is not that of what it says" in out) == (1, True), out
    for command in (("verify", "--journal", "nowhere.db"), ("restore", "nowhere.db", "--journal", other)):
        code, _, err = run(*command)
        assert (code, err.startswith("plangraph: there is no")) == (2, True), err


def test_data_that_is_not_what_the_chain_says_is_found_by_rebuilding(
    settings: Settings, folder: Path, run: Runner
) -> None:
    with serve(settings):
        pass
    journal = folder.parent / "journal.db"
    reader = read(settings)
    last = reader.find_last()
    reader.close()
    assert last is not None
    forged = replace(last, name="f" * 16)
    with closing(sqlite3.connect(journal)) as raw:
        raw.execute("DROP TRIGGER revision_update")
        raw.execute("UPDATE revision SET name = ?, hash = ?", (forged.name, forged.find_hash()))
        raw.commit()
    code, out, _ = run("verify", "--journal", journal)
    assert (code, "rebuilt, the data is" in out) == (1, True), out


def test_a_service_that_is_stopped_and_started_again_goes_on_with_its_journal(settings: Settings) -> None:
    site = create_site(settings)
    for slug in ("later", "last"):
        with TestClient(site) as client:
            assert put(client, slug, write_report(slug)) == 201
