"""The command line, run as a user runs it: arguments in, text and exit code out."""

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from folders import SEED, SEEN, write_dated, write_seed
from plangraph.build import build
from plangraph.cli import main
from plangraph.export import write
from plangraph.files import packaged
from plangraph.pinning import Pin
from plangraph.questions import list_questions
from plangraph.terms import GRAPH


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


def test_a_finding_names_file_line_severity_message_and_shape(run: Runner, tmp_path: Path) -> None:
    data = write_seed(tmp_path / "data")
    file = data / "documents" / f"{SEED}.ttl"
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if "pg:polarity pg:positive" in line)
    head = max(number for number in range(place) if lines[number].startswith("attribution:")) + 1
    del lines[place]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = run("check", data)
    assert ran.code == 1
    (finding,) = [line for line in ran.out.splitlines() if line.startswith(str(file))]
    assert finding.startswith(f"{file}:{head}: violation: ") and finding.endswith("(attribution-polarity)")
    found = json.loads(run("check", data, "--format", "json").out)["findings"]
    assert [entry["line"] for entry in found if entry["path"] == str(file)] == [head]


def test_an_unreadable_file_ends_with_code_2_and_its_line(run: Runner, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text("@prefix a: <b:> .\na:b a:c\n", encoding="utf-8")
    ran = run("check", broken)
    assert ran.code == 2 and f"{broken}:" in ran.out


def test_evidence_holds_a_text_against_its_pointers(run: Runner, tmp_path: Path) -> None:
    text = tmp_path / "other.txt"
    text.write_text("Another text altogether.", encoding="utf-8")
    ran = run("evidence", text, "--document", SEED)
    assert ran.code == 1
    assert "textDigest is not that of this text" in ran.out and "0 of 33 pointers hold" in ran.out
    assert run("evidence", text, "--document", "no-such-document").code == 2
    assert run("evidence", tmp_path / "missing.txt", "--document", SEED).code == 2


def test_a_query_is_answered_in_the_format_asked_for(run: Runner, tmp_path: Path) -> None:
    data = ("--data", write_seed(tmp_path / "data"))
    text = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}document/{SEED}> {{ ?a a pg:Attribution }} }}"
    assert run("query", "-e", text, "--format", "csv", *data).out == "n\r\n42\r\n"
    file = tmp_path / "count.rq"
    file.write_text(text, encoding="utf-8")
    table = run("query", file, *data).out
    assert "42" in table and "1 row" in table
    turtle = run("query", "-e", "DESCRIBE plan:ukraine-peace-plan", *data).out
    assert "pg:Plan" in turtle


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * { ?s ?p ?o", "line 1"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SERVICE"),
        ("ASK {}", None),
    ],
)
def test_a_query_that_cannot_run_is_one_line_and_code_2(
    run: Runner, tmp_path: Path, text: str, message: str | None
) -> None:
    ran = run("query", "-e", text, "--data", write_dated(tmp_path / "data"))
    assert ran.code == (0 if message is None else 2)
    assert message is None or message in ran.err


def test_query_wants_one_query(run: Runner) -> None:
    assert run("query").code == 2
    assert run("query", "file.rq", "-e", "ASK {}").code == 2


def test_ask_lists_the_questions_and_answers_one(run: Runner) -> None:
    listed = run("ask").out.splitlines()
    assert len(listed) == len(list_questions()) == 15
    rows = list(csv.reader(io.StringIO(run("ask", "8", "--format", "csv").out)))
    assert rows[0][:3] == ["version", "role", "names"] and len(rows) > 2
    assert run("ask", "no-such-question").code == 2


def test_export_writes_the_same_bytes_to_a_file_and_to_standard_output(run: Runner, tmp_path: Path) -> None:
    target = tmp_path / "out.ttl"
    turtle = ("export", "--format", "turtle", "--data", write_seed(tmp_path / "data"))
    assert run(*turtle, "-o", target).code == 0
    assert run(*turtle).out == target.read_text(encoding="utf-8")
    one = run(*turtle, "--graph", f"{GRAPH}document/{SEED}").out
    assert one.encode() == (packaged("data") / "documents" / f"{SEED}.ttl").read_bytes()
    assert run(*turtle, "--graph", f"document/{SEED}").out == one
    for name in ("https://example.org/none", "nothing", "a b"):
        ended = run(*turtle, "--graph", name)
        assert ended.code == 2 and ended.err.startswith("plangraph: "), name


CLAIMS = "SELECT ?claim { ?claim a pg:Claim } ORDER BY ?claim"


def test_a_query_can_be_asked_as_of_a_day(run: Runner, tmp_path: Path) -> None:
    data = write_dated(tmp_path / "data")
    asked = ("query", "-e", CLAIMS, "--data", data, "--format", "csv")
    found = {}
    for pin in ((), ("--as-of", "2025-11-20"), ("--as-of", "2025-11-20", "--undated", "include")):
        ran = run(*asked, *pin)
        assert ran.code == 0
        slugs = {line.rpartition("/")[2].removesuffix("--deadline") for line in ran.out.split()[1:]}
        found[len(pin)] = (slugs, ran.err)
    assert found[0] == (set(SEEN), "")
    told = "as of 2025-11-20: {} of 7 documents; undated: 2, {}\n"
    assert found[2] == ({"bound", "early"}, told.format(2, "left out"))
    assert found[4] == ({"bound", "early", "undated", "window"}, told.format(4, "included"))


def test_a_question_can_be_asked_as_of_a_day(run: Runner, tmp_path: Path) -> None:
    asked = ("ask", "5", "--data", write_dated(tmp_path / "data"), "--format", "csv", "--as-of")
    answers = [list(csv.reader(io.StringIO(run(*asked, day).out))) for day in ("2025-11-19", "2025-11-20")]
    assert [len(rows) for rows in answers] == [1, 2]


def test_an_export_can_be_made_as_of_a_day(run: Runner, tmp_path: Path) -> None:
    data = write_dated(tmp_path / "data")
    by = Pin(date(2025, 11, 25), "include")
    ran = run("export", "--format", "nquads", "--data", data, "--as-of", "2025-11-25", "--undated", "include")
    assert ran.out.encode() == write(build(data, by).quads, "nquads")
    assert "5 of 7 documents" in ran.err


@pytest.mark.parametrize("command", [("ask", "5"), ("query", "-e", "ASK {}"), ("export", "--format", "trig")])
def test_a_wrong_day_is_code_2_and_names_the_option(run: Runner, command: tuple[str, ...]) -> None:
    for pin, named in (
        (("--as-of", "2025-11-31"), "as_of takes a day"),
        (("--as-of", "2025-11-20", "--undated", "perhaps"), "--undated"),
        (("--undated", "include"), "give as_of too"),
    ):
        ran = run(*command, *pin)
        assert (ran.code, ran.out) == (2, "")
        assert named in ran.err
