"""Fail where a file repeats more than twelve words in a row of a text that must not be copied.

Usage: ``git ls-files -z | python .ci/copied_words.py TEXT``. Words are compared without case, marks and line
ends, so neither another layout nor another quotation mark hides a copy. What is not UTF-8 text is left out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_WORDS = 12


def split_words(text: str) -> list[str]:
    """The words of a text in their order, in lower case."""
    return re.findall(r"\w+", text.lower())


def iterate_runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Every run of words that is one longer than may be shared."""
    length = MOST_WORDS + 1
    return (tuple(words[at : at + length]) for at in range(len(words) - length + 1))


def find_copies(original: str, paths: list[Path]) -> tuple[int, list[str]]:
    """How many of the files are text, and a line for each file that shares a run with the original."""
    runs = set(iterate_runs(split_words(original)))
    texts, copies = 0, []
    for path in paths:
        try:
            words = split_words(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        texts += 1
        if shared := next((run for run in iterate_runs(words) if run in runs), None):
            copies.append(f"{path}: repeats {MOST_WORDS + 1} words or more, from {shared[0]!r} on")
    return texts, copies


def main() -> int:
    """Read the names of the files from standard input; 0 where none copies, else 1."""
    original = Path(sys.argv[1]).read_text(encoding="utf-8")
    names = [name for name in sys.stdin.buffer.read().decode().split("\0") if name]
    texts, copies = find_copies(original, [Path(name) for name in names if Path(name).is_file()])
    for line in copies:
        sys.stderr.write(line + "\n")
    if not texts:
        sys.stderr.write("no file was looked at\n")
        return 1
    sys.stdout.write(f"{texts} files looked at, {len(copies)} repeat the text\n")
    return 1 if copies else 0


if __name__ == "__main__":
    sys.exit(main())
