"""The command ``publish``: options to one call of :mod:`plangraph.publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plangraph.errors import BadParameter
from plangraph.options import DataOption
from plangraph.terminal import print_text, progress_bar


def publish(  # noqa: PLR0917 - typer calls it by name
    url: Annotated[str, typer.Argument(metavar="URL", help="The SPARQL endpoint of the server.")],
    data: DataOption = None,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Who writes, by digest.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with the password, in one line.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with a bearer token, in one line.")
    ] = None,
    graph_store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Its Graph Store Protocol, where that is not found out."),
    ] = None,
    snapshot: Annotated[
        bool | None,
        typer.Option(
            help="Also write the union of all graphs, which a service in front needs. Without being told: "
            "unless the server is a plangraph."
        ),
    ] = None,
) -> None:
    """Bring a SPARQL server up to date, graph by graph; only what changed is sent."""
    # The libraries that this command alone needs are waited for here, as in the others.
    from plangraph.build import build  # noqa: PLC0415
    from plangraph.publish import publish as publish_dataset  # noqa: PLC0415
    from plangraph.remote_graphs import GraphStore, Login  # noqa: PLC0415
    from plangraph.upstream import read_address  # noqa: PLC0415

    if (user is None) != (password_file is None):
        raise BadParameter("--user and --password-file belong together")
    if user is not None and token_file is not None:
        raise BadParameter("a server knows who writes by --user or by --token-file, not by both")
    login = Login(user, read_secret(password_file) or "", read_secret(token_file))
    with GraphStore(read_address(url), login, graph_store) as store, progress_bar("publishing") as step:
        summary = publish_dataset(build(data), store, snapshot=snapshot, progress=step)
    print_text(summary.describe())


def read_secret(path: Path | None) -> str | None:
    """The one line of a file, without its end."""
    from plangraph.files import read_text  # noqa: PLC0415

    return None if path is None else read_text(path).strip()
