"""The examples of the README, run as they stand: commands, addresses and Python alike give what it shows."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from plangraph.build import Dataset
from plangraph.pinning import Pin, pin
from plangraph.settings import Settings
from plangraph.stats import describe_state
from plangraph.terms import term
from services import make_site, read_packaged

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BASE = "http://127.0.0.1:8000"


def read_examples() -> list[tuple[list[str], str]]:
    """The console examples: the words of each command, and what it printed."""
    return [split_example(block) for block in re.findall(r"```console\n\$ (.*?\n)```", README, re.DOTALL)]


def split_example(block: str) -> tuple[list[str], str]:
    """A command goes on until its quotes are closed; the rest is its output."""
    lines = block.splitlines(keepends=True)
    for count in range(1, len(lines) + 1):
        try:
            return shlex.split("".join(lines[:count])), "".join(lines[count:])
        except ValueError:
            continue
    raise ValueError(f"no whole command in {block!r}")


EXAMPLES = read_examples()


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=1)), base_url=BASE) as opened:
        yield opened


def run_example(client: TestClient, words: list[str]) -> str:
    """What a command prints; ``curl`` is asked of the application itself, the rest of a pipe is run."""
    words, piped = split_pipe(words)
    if words[0] == "curl":
        output = fetch(client, words[1:])
    else:
        assert words[0] == "plangraph"
        command = [sys.executable, "-m", "plangraph.cli", *words[1:]]
        output = subprocess.run(command, capture_output=True, check=True).stdout
    if piped:
        output = subprocess.run(piped, input=output, capture_output=True, check=True).stdout
    return output.decode().replace("\r\n", "\n")


def split_pipe(words: list[str]) -> tuple[list[str], list[str]]:
    """The command before a pipe, and the one after it, if any."""
    place = words.index("|") if "|" in words else len(words)
    return words[:place], words[place + 1 :]


def fetch(client: TestClient, arguments: list[str]) -> bytes:
    """The body that ``curl`` would print, for the few options that the README uses."""
    headers, form, address = {}, {}, ""
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "-H":
            name, _, value = next(waiting).partition(": ")
            headers[name] = value
        elif argument == "--data-urlencode":
            name, _, value = next(waiting).partition("=")
            form[name] = value
        elif argument != "-s":
            address = argument.removeprefix(BASE)
    if form:
        return client.post(address, headers=headers, data=form).content
    return client.get(address, headers=headers).content


@pytest.mark.parametrize(("words", "shown"), EXAMPLES, ids=[" ".join(words)[:40] for words, _ in EXAMPLES])
def test_a_command_prints_what_the_readme_shows(client: TestClient, words: list[str], shown: str) -> None:
    assert run_example(client, words) == shown


def test_the_readme_has_seven_examples_of_commands_and_one_of_python() -> None:
    assert len(EXAMPLES) == 7
    assert README.count("```python") == 1


def test_the_python_example_prints_what_the_readme_shows() -> None:
    session = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert session is not None
    example = doctest.DocTestParser().get_doctest(session[1], {}, "README", "README.md", 0)
    assert len(example.examples) == 4
    said: list[str] = []
    outcome = doctest.DocTestRunner().run(example, out=said.append)
    assert outcome.failed == 0, "".join(said)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return read_packaged()


def read_words(name: str) -> str:
    """A text of the project with its line breaks as spaces."""
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


def write_day(text: str) -> str:
    """A day as the texts write it."""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


@pytest.mark.parametrize("name", ["README.md", "data/README.md"])
def test_the_figures_of_the_pages_that_were_read_are_those_of_the_data(dataset: Dataset, name: str) -> None:
    pages = describe_state(dataset.quads)["documents"]
    text = read_words(name)
    assert (
        f" {pages['read']} pages of {pages['outlets']} outlets in {len(pages['languages'])} languages" in text
    )
    first, last = write_day(pages["first_day"]), write_day(pages["last_day"])
    assert f"The {pages['with_day']} pages whose day of publication is known are of {first} to {last}" in text


def test_the_other_figures_of_the_readme_are_those_of_the_data(dataset: Dataset) -> None:
    state = describe_state(dataset.quads)
    claims, unseen = state["claims"], state["documents"]["unseen"]
    text = read_words("README.md")
    assert f"report: {claims['all']:,} claims, {claims['stances']} of them stances" in text
    listed = unseen + state["documents"]["read"]
    outlets = {
        quad.subject
        for quad in dataset.quads
        if quad.predicate == term("rdf:type") and quad.object == term("schema:NewsMediaOrganization")
    }
    assert f"{unseen} more documents are known from citations only" in text
    assert f"so that the service lists {listed} documents, and {len(outlets)} outlets" in text
    contradictions = state["values"]["by_kind"]["contradicts"]
    assert f"has 4 of the {contradictions} contradictions" in text


def test_what_a_day_takes_in_is_as_the_guide_says(dataset: Dataset) -> None:
    extent = pin(dataset.quads, Pin(date(2025, 11, 20))).extent
    both = pin(dataset.quads, Pin(date(2025, 11, 20), "include")).extent
    assert both.documents == extent.documents + extent.undated_documents
    told = f"there are {extent.documents} pages, and {extent.undated_documents} more with `undated=include`"
    assert f"As of 20 November 2025 {told}" in read_words("docs/service.md")


def test_every_file_that_the_readme_names_is_there() -> None:
    named = re.findall(r"\]\(([^)]+)\)", README)
    # Their number says only that they were found; each document of docs/ has a row of its own.
    assert len(named) == 23
    assert [name for name in named if not (ROOT / name.partition("#")[0]).is_file()] == []


def test_the_readme_lists_every_document() -> None:
    rows = re.findall(r"^\| \[(docs/\w+\.md)\]\((docs/\w+\.md)\) \| \w", README, re.MULTILINE)
    assert all(shown == linked for shown, linked in rows)
    listed = [linked for _, linked in rows]
    assert sorted(listed) == sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
