"""What commands show: tables, lines of text, and progress where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a table, and how many there are."""
    from rich.console import Console  # noqa: PLC0415 - only some commands wait for it
    from rich.table import Table  # noqa: PLC0415

    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else 200, markup=False, highlight=False)
    console.print(table)
    print_text(f"{len(rows)} row" + ("" if len(rows) == 1 else "s"))


def print_note(text: str) -> None:
    """Print a line that is not part of what a command was asked for, where it does not get in its way."""
    sys.stderr.write(text + "\n")


def print_text(text: str) -> None:
    """Print a text, ended by a line end."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


@contextmanager
def progress_bar(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error where that is a terminal; what it yields is told done and total."""
    from rich.console import Console  # noqa: PLC0415 - only some commands wait for it
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda *_: None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
