"""The examples of the README, run as they stand: commands, addresses and Python alike give what it shows."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from plangraph.settings import Settings
from plangraph.web.site import create_site

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
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


def run_example(words: list[str]) -> str:
    """What a command prints; ``curl`` is asked of the application itself, the rest of a pipe is run."""
    words, piped = split_pipe(words)
    if words[0] == "curl":
        output = fetch(words[1:])
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


def fetch(arguments: list[str]) -> bytes:
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
    with TestClient(create_site(Settings(workers=1)), base_url=BASE) as client:
        if form:
            return client.post(address, headers=headers, data=form).content
        return client.get(address, headers=headers).content


@pytest.mark.parametrize(("words", "shown"), EXAMPLES, ids=[" ".join(words)[:40] for words, _ in EXAMPLES])
def test_a_command_prints_what_the_readme_shows(words: list[str], shown: str) -> None:
    assert run_example(words) == shown


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


def test_every_file_that_the_readme_names_is_there() -> None:
    root = Path(__file__).resolve().parents[1]
    named = re.findall(r"\]\(([^)]+)\)", README)
    assert len(named) == 16
    assert [name for name in named if not (root / name.partition("#")[0]).is_file()] == []
