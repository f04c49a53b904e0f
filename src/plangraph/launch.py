"""The command ``serve``: options to one table of settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from plangraph.options import DefaultGraph, JournalOption, LogChoice, ServedOption
from plangraph.terminal import progress_bar


def serve(  # noqa: PLR0917 - typer calls it by name
    data: ServedOption = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that run queries.")] = 4,
    scratch: Annotated[bool, typer.Option("--scratch", help="Serve an empty data set from memory.")] = False,
    default_graph: Annotated[
        DefaultGraph, typer.Option(help="What a query without FROM reads.")
    ] = DefaultGraph.UNION,
    public_base: Annotated[
        str | None, typer.Option(metavar="URL", help="The address that links in answers begin with.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The tokens that allow to write; without, nobody may.")
    ] = None,
    journal: JournalOption = None,
    log: Annotated[LogChoice, typer.Option(help="Which requests are logged.")] = LogChoice.NOTABLE,
) -> None:
    """Serve SPARQL, REST and exports over HTTP."""
    # The libraries that this command alone needs are waited for here, as in the others.
    from plangraph.hosting import host_site  # noqa: PLC0415
    from plangraph.settings import Settings  # noqa: PLC0415
    from plangraph.upstream import is_external  # noqa: PLC0415

    if data is not None and not scratch and not is_external(data) and not is_kept(journal):
        refuse_unclean(Path(data))

    settings = Settings(
        data=data,
        host=host,
        port=port,
        workers=workers,
        scratch=scratch,
        default_graph=default_graph.value,
        public_base=public_base,
        token_file=str(token_file) if token_file else None,
        journal=journal,
        log=log.value,
    )
    host_site(settings)


def is_kept(journal: str | None) -> bool:
    """Whether a journal holds the data, so that the files are only compared with it."""
    from plangraph.rebuilding import is_begun  # noqa: PLC0415

    return journal is not None and is_begun(journal)


def refuse_unclean(data: Path) -> None:
    """End the program with the findings where a data set breaks the shapes.

    The packaged data set is not checked again at each start: no release is made of one that is not clean.
    """
    from plangraph import findings, shapes  # noqa: PLC0415

    with progress_bar("checking") as step:
        report = shapes.check([data], progress=step)
    if report.exit_code:
        sys.stderr.write(findings.render(report))
        raise typer.Exit(report.exit_code)
