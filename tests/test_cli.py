"""The command line, run as a user runs it: arguments in, text and exit code out."""

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plangraph.cli import main
from plangraph.files import packaged
from plangraph.questions import list_questions

SLUG = "2025-11-20-rbc-ukraine-plan-pressure"


class Ran:
    """What a run of the command line printed, and how it ended."""

    def __init__(self, out: str, err: str, code: int) -> None:
        self.out, self.err, self.code = out, err, code


Runner = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Runner:
    def run_command(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["plangraph", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(out.decode(), err.decode(), code)

    return run_command


def test_the_packaged_data_is_clean(run: Runner) -> None:
    ran = run("check")
    assert (ran.code, ran.out.splitlines()[-1].endswith("checked: nothing found")) == (0, True), ran.out


def test_a_finding_names_file_line_severity_message_and_shape(run: Runner, tmp_path: Path) -> None:
    data = Path(shutil.copytree(packaged("data"), tmp_path / "data"))
    file = data / "documents" / f"{SLUG}.ttl"
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if "pg:polarity pg:positive" in line)
    head = max(number for number in range(place) if lines[number].startswith("attribution:")) + 1
    del lines[place]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = run("check", data)
    assert ran.code == 1
    finding = ran.out.splitlines()[0]
    assert finding.startswith(f"{file}:{head}: violation: ") and finding.endswith("(attribution-polarity)")
    found = json.loads(run("check", data, "--format", "json").out)["findings"]
    assert [entry["line"] for entry in found] == [head]


def test_an_unreadable_file_ends_with_code_2_and_its_line(run: Runner, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text("@prefix a: <b:> .\na:b a:c\n", encoding="utf-8")
    ran = run("check", broken)
    assert ran.code == 2 and f"{broken}:" in ran.out


def test_evidence_holds_a_text_against_its_pointers(run: Runner, tmp_path: Path) -> None:
    text = tmp_path / "other.txt"
    text.write_text("Another text altogether.", encoding="utf-8")
    ran = run("evidence", text, "--document", SLUG)
    assert ran.code == 1
    assert "textDigest is not that of this text" in ran.out and "0 of 33 pointers hold" in ran.out
    assert run("evidence", text, "--document", "no-such-document").code == 2
    assert run("evidence", tmp_path / "missing.txt", "--document", SLUG).code == 2


def test_a_query_is_answered_in_the_format_asked_for(run: Runner, tmp_path: Path) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?a a pg:Attribution }"
    assert run("query", "-e", text, "--format", "csv").out == "n\r\n42\r\n"
    file = tmp_path / "count.rq"
    file.write_text(text, encoding="utf-8")
    table = run("query", file).out
    assert "42" in table and "1 row" in table
    turtle = run("query", "-e", "DESCRIBE plan:ukraine-peace-plan").out
    assert "pg:Plan" in turtle


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * { ?s ?p ?o", "line 1"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SERVICE"),
        ("ASK {}", None),
    ],
)
def test_a_query_that_cannot_run_is_one_line_and_code_2(run: Runner, text: str, message: str | None) -> None:
    ran = run("query", "-e", text)
    assert ran.code == (0 if message is None else 2)
    assert message is None or message in ran.err


def test_query_wants_one_query(run: Runner) -> None:
    assert run("query").code == 2
    assert run("query", "file.rq", "-e", "ASK {}").code == 2


def test_ask_lists_the_questions_and_answers_one(run: Runner) -> None:
    listed = run("ask").out.splitlines()
    assert len(listed) == len(list_questions()) == 10
    rows = list(csv.reader(io.StringIO(run("ask", "8", "--format", "csv").out)))
    assert rows[0][:3] == ["version", "role", "account"] and len(rows) == 5
    assert run("ask", "no-such-question").code == 2


def test_export_writes_the_same_bytes_to_a_file_and_to_standard_output(run: Runner, tmp_path: Path) -> None:
    target = tmp_path / "out.ttl"
    assert run("export", "--format", "turtle", "-o", target).code == 0
    assert run("export", "--format", "turtle").out == target.read_text(encoding="utf-8")
    graph = f"https://w3id.org/plangraph/graph/document/{SLUG}"
    one = run("export", "--format", "turtle", "--graph", graph).out
    assert one.encode() == (packaged("data") / "documents" / f"{SLUG}.ttl").read_bytes()
    assert run("export", "--format", "turtle", "--graph", f"document/{SLUG}").out == one
    for name in ("https://example.org/none", "nothing", "a b"):
        ended = run("export", "--format", "turtle", "--graph", name)
        assert ended.code == 2 and ended.err.startswith("plangraph: "), name
