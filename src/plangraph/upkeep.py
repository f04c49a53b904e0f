"""The commands ``backup``, ``restore`` and ``verify``: options to :mod:`plangraph.journal_copies`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plangraph.options import KeptOption
from plangraph.terminal import print_text, progress_bar

LastOption = Annotated[
    str | None,
    typer.Option("--last", metavar="HASH", help="A hash noted earlier, which a cut end would lack."),
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, a SQLite database.")]


def backup(file: FileArgument, journal: KeptOption) -> None:
    """Copy a journal into a file, while the service runs."""
    # The libraries that these commands alone need are waited for here, as in the others.
    from plangraph import journal_copies  # noqa: PLC0415

    with progress_bar("copying"):
        last = journal_copies.backup(journal, file)
    if last is not None:
        print_text(journal_copies.describe_last(last))


def restore(file: FileArgument, journal: KeptOption) -> None:
    """Copy a backup that is sound into an empty journal."""
    from plangraph import journal_copies  # noqa: PLC0415

    with progress_bar("restoring"):
        found = journal_copies.restore(file, journal)
    print_text(found.describe())


def verify(journal: KeptOption, last: LastOption = None) -> None:
    """Hold a journal against its digests, its hashes and the data that it rebuilds."""
    from plangraph import journal_copies  # noqa: PLC0415

    with progress_bar("verifying") as step:
        found = journal_copies.verify(journal, step, noted=last)
    print_text(found.describe())
    raise typer.Exit(1 if found.faults else 0)
