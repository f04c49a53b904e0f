"""The command line: reads arguments, calls one module, prints.

Exit code 0 is clean, 1 means findings, 2 wrong usage or something unreadable. A command imports what it needs
when it runs, so that none waits for the libraries of another.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plangraph.errors import BadParameter, NotFound, PlangraphError
from plangraph.launch import serve
from plangraph.options import (
    AnswerFormat,
    AsOfOption,
    CheckFormat,
    DataOption,
    ExportFormat,
    JournalOption,
    QueryFormat,
    StateFormat,
    UndatedChoice,
    UndatedOption,
)
from plangraph.publication import publish
from plangraph.terminal import print_note, print_table, print_text, progress_bar
from plangraph.upkeep import backup, restore, verify

if TYPE_CHECKING:
    from plangraph.build import Dataset

app = typer.Typer(
    name="plangraph",
    help="What is reported about peace plans: who said it, through whom, in which words, where.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (serve, publish, backup, restore, verify):
    app.command()(command)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Turtle files, or folders laid out like data/."),
    ] = None,
    format: Annotated[CheckFormat, typer.Option("--format", help="How to print the findings.")] = (
        CheckFormat.TEXT
    ),
) -> None:
    """Hold data against the shapes; by default the packaged data set and vocabulary."""
    from plangraph import findings, shapes

    with progress_bar("checking") as step:
        report = shapes.check(paths or (), progress=step)
    print_text(findings.render(report, format.value))
    raise typer.Exit(report.exit_code)


@app.command("import")
def import_(
    sheets: Annotated[
        list[Path], typer.Argument(metavar="SHEET...", help="Sheets (JSON or YAML), or folders of them.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the documents go.")] = Path(
        "data/documents"
    ),
    upgrade_to: Annotated[
        Path | None,
        typer.Option("--upgrade-to", metavar="DIR", help="Also write the sheets here in the published form."),
    ] = None,
    format: Annotated[CheckFormat, typer.Option("--format", help="How to print the findings.")] = (
        CheckFormat.TEXT
    ),
) -> None:
    """Turn report sheets into documents, one Turtle file each; stubs go to ../registry/stubs.ttl."""
    from plangraph import findings
    from plangraph.intake import import_sheets, summarise

    with progress_bar("importing") as step:
        found = import_sheets(sheets, out, upgrade_to, progress=step)
    print_text(findings.render(found.report, format.value))
    print_note(summarise(found))
    raise typer.Exit(found.report.exit_code)


@app.command()
def stats(
    data: DataOption = None,
    as_of: AsOfOption = None,
    undated: UndatedOption = None,
    format: Annotated[StateFormat, typer.Option("--format", help="How to print the figures.")] = (
        StateFormat.TEXT
    ),
) -> None:
    """The state of the data: documents, claims, chains, typed share, origins, divergences by kind."""
    import json

    from plangraph.stats import describe_state, render_state

    state = describe_state(build_data(data, as_of, undated).quads)
    text = json.dumps(state, ensure_ascii=False, indent=2)
    print_text(text if format is StateFormat.JSON else render_state(state))


@app.command()
def evidence(
    textfile: Annotated[Path, typer.Argument(metavar="TEXTFILE", help="The text as it was read.")],
    document: Annotated[str, typer.Option("--document", metavar="SLUG", help="The document in the data.")],
    data: DataOption = None,
) -> None:
    """Hold every pointer of a document against its text, and print the coverage."""
    from plangraph.build import read_files
    from plangraph.evidence import examine
    from plangraph.files import list_data, read_text
    from plangraph.index import Index

    found = examine(Index(read_files(list_data(data))), document, read_text(textfile))
    for fault in found.faults:
        print_text(f"{fault.place}: {fault.message}")
    wrong = {fault.place for fault in found.faults}
    held = sum(pointer.name not in wrong for pointer in found.pointers)
    print_text(f"{held} of {len(found.pointers)} pointers hold")
    print_text(f"coverage {found.coverage:.2%}: {found.covered} of {found.words} words lie inside a span")
    if found.uncovered:
        print_text("not covered: " + " ".join(found.uncovered))
    raise typer.Exit(1 if found.faults else 0)


@app.command()
def query(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A file with the query.")] = None,
    text: Annotated[str | None, typer.Option("-e", metavar="TEXT", help="The query itself.")] = None,
    data: DataOption = None,
    as_of: AsOfOption = None,
    undated: UndatedOption = None,
    format: AnswerFormat = QueryFormat.TABLE,
) -> None:
    """Run a SPARQL query over a data set, with the limits of the service."""
    from plangraph.files import read_text

    if (file is None) == (text is None):
        raise typer.BadParameter("give the query as a FILE or with -e TEXT, one of the two")
    query_text = text if text is not None else read_text(Path(str(file)))
    print_answer(query_text, build_data(data, as_of, undated), format)


@app.command()
def ask(
    slug: Annotated[str | None, typer.Argument(metavar="[SLUG]", help="A question's slug or number.")] = None,
    data: DataOption = None,
    as_of: AsOfOption = None,
    undated: UndatedOption = None,
    format: AnswerFormat = QueryFormat.TABLE,
) -> None:
    """Answer a competency question; without a slug, list them."""
    from plangraph.questions import find_question, list_questions

    if slug is None:
        for question in list_questions():
            print_text(f"{question.slug:26} {question.title}")
        return
    question = find_question(slug)
    dataset = build_data(data, as_of, undated)
    if format is QueryFormat.TABLE:
        print_text(f"{question.title}\n{question.about}\n")
    print_answer(question.query, dataset, format)


@app.command()
def export(
    format: Annotated[ExportFormat, typer.Option("--format", help="The format.")],
    data: DataOption = None,
    graph: Annotated[
        str | None,
        typer.Option("--graph", metavar="IRI", help="One graph only; its name will do, as registry."),
    ] = None,
    as_of: AsOfOption = None,
    undated: UndatedOption = None,
    output: Annotated[Path | None, typer.Option("-o", metavar="FILE", help="Where to write.")] = None,
    journal: JournalOption = None,
    revision: Annotated[
        int | None, typer.Option(metavar="N", help="With --journal: as of this revision, not the last.")
    ] = None,
) -> None:
    """Write a data set, computed graph included; the same data gives the same bytes."""
    from plangraph.export import write
    from plangraph.files import write_whole
    from plangraph.terms import name_graph

    try:
        chosen = name_graph(graph) if graph else None
    except ValueError:
        raise BadParameter(f"{graph!r} is neither the IRI nor the name of a graph") from None
    if revision is not None and journal is None:
        raise BadParameter("--revision is one of a journal; name it with --journal")
    with progress_bar("exporting"):
        dataset = (
            build_data(data, as_of, undated)
            if journal is None
            else rebuild_data(journal, revision, as_of, undated)
        )
        content = write(dataset.quads, format.value, chosen)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        write_whole(output, content)


def build_data(data: Path | None, as_of: str | None, undated: UndatedChoice | None) -> Dataset:
    """The data set that the options name; one as of a day is told of beside what is printed."""
    from plangraph.build import build
    from plangraph.pinning import read_pin

    days, choices = [as_of] if as_of is not None else [], [undated.value] if undated else []
    dataset = build(data, read_pin(days, choices))
    if dataset.extent is not None:
        print_note(dataset.extent.describe())
    return dataset


def rebuild_data(
    journal: str, number: int | None, as_of: str | None, undated: UndatedChoice | None
) -> Dataset:
    """The data set as of a revision of a journal, by default the last; told beside what is printed."""
    from plangraph.journal_reads import JournalReader
    from plangraph.pinning import read_pin
    from plangraph.rebuilding import rebuild

    days, choices = [as_of] if as_of is not None else [], [undated.value] if undated else []
    reader = JournalReader(journal)
    try:
        revision = reader.find_last() if number is None else reader.find_revision(number)
        if revision is None:
            raise NotFound("the journal is empty")
        dataset = rebuild(reader, revision, by=read_pin(days, choices))
    finally:
        reader.close()
    print_note(f"revision {revision.number}, accepted {revision.accepted_at} as {revision.name}")
    if dataset.extent is not None:
        print_note(dataset.extent.describe())
    elif dataset.revision != revision.name:
        print_note(f"with the vocabulary and the software of today the data is {dataset.revision}")
    return dataset


def print_answer(text: str, dataset: Dataset, format: QueryFormat) -> None:
    """Run a query in a worker of its own and print the answer; a table where people read."""
    from plangraph.answers import answer_once, read_rows

    answer = answer_once(text, dataset, None if format is QueryFormat.TABLE else format.value)
    if format is QueryFormat.TABLE and answer.kind == "rows":
        print_table(*read_rows(answer.body))
    else:
        sys.stdout.buffer.write(answer.body)
        sys.stdout.buffer.flush()


def main() -> None:
    """Run the command line; an error that a user can mend is one line on stderr and exit code 2."""
    try:
        app()
    except PlangraphError as error:
        sys.stderr.write(f"plangraph: {error}\n")
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
