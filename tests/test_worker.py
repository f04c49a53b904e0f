"""What a query does to its worker never reaches the process that asked."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from plangraph import lane
from plangraph.errors import (
    BadParameter,
    EngineStopped,
    NotAcceptable,
    NotWritable,
    PlangraphError,
    QueryGivenUp,
    QueryRefused,
    QuerySyntaxWrong,
    QueryTooHungry,
    QueryTooSlow,
    QueueFull,
    ResultTooLarge,
)
from plangraph.formats import GRAPHS, ROWS
from plangraph.lane import DEPTH
from plangraph.process import Parent
from plangraph.settings import Settings
from plangraph.syntax import UNTOLD, explain
from plangraph.worker import Answer, Engine, Query
from services import ENDLESS, HASTY, TIGHT, make_engine

GRAPHS_OF_TWO = b"""
<http://e/s> <http://e/p> "outside" .
<http://e/s> <http://e/p> "one" <http://e/g1> .
<http://e/s> <http://e/p> "two" <http://e/g2> .
"""
Result = TypeVar("Result")
VALUES = "SELECT ?o {} {{ ?s <http://e/p> ?o }}"
HOG = (
    "SELECT (STRLEN(GROUP_CONCAT(?text)) AS ?n) { VALUES ?x { "
    + "0 " * 300
    + "} VALUES ?y { "
    + "0 " * 300
    + "} BIND('"
    + "memory" * 4_000
    + "' AS ?text) }"
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with make_engine() as started:
        yield started


@pytest.fixture(scope="module")
def hasty() -> Iterator[Engine]:
    with make_engine(HASTY) as started:
        yield started


@pytest.fixture(scope="module")
def small() -> Iterator[Engine]:
    with make_engine(quads=GRAPHS_OF_TWO) as started:
        yield started


def run(engine: Engine, work: Coroutine[None, None, Result]) -> Result:
    """The outcome of some work in the engine's own event loop."""
    assert engine.runner is not None
    return engine.runner.run(work)


def ask(engine: Engine, query: Query) -> Answer:
    """The answer without the guard in front."""
    return run(engine, engine.ask(query))


def read_values(engine: Engine, query: Query) -> set[str]:
    """The values of the one column of a SELECT."""
    rows = json.loads(engine.run_now(query).body)["results"]["bindings"]
    return {row["o"]["value"] for row in rows}


def is_well(engine: Engine) -> bool:
    return json.loads(engine.run_now(Query("ASK { ?s a pg:Plan }")).body)["boolean"] is True


def test_an_answer_names_its_revision_kind_and_format(engine: Engine) -> None:
    answer = engine.run_now(Query("SELECT ?plan { ?plan a pg:Plan }"))
    assert (answer.kind, answer.format.name, answer.revision) == ("rows", "json", engine.revision)
    assert len(json.loads(answer.body)["results"]["bindings"]) > 0
    assert engine.run_now(Query("ASK {}", accept="text/csv")).kind == "boolean"
    graph = engine.run_now(Query("DESCRIBE pg:Plan"))
    assert (graph.kind, graph.format.name) == ("graph", "turtle")


def test_a_query_past_its_deadline_is_killed_and_the_next_one_is_answered(hasty: Engine) -> None:
    for _ in range(3):  # more often than there are workers
        with pytest.raises(QueryTooSlow) as slow:
            hasty.run_now(Query(ENDLESS))
        assert slow.value.limit == HASTY.query_seconds
    assert is_well(hasty)


def let_all_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no query have the processor after all others, for which it would wait on a busy machine."""
    monkeypatch.setattr(lane, "FAIR_SECONDS", 60)


def test_a_memory_hog_is_stopped_and_the_service_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    let_all_run(monkeypatch)
    with make_engine(TIGHT) as engine:
        with pytest.raises(QueryTooHungry):
            engine.run_now(Query(HOG))
        assert is_well(engine)


def test_a_query_that_overflows_the_stack_is_survived(engine: Engine) -> None:
    deep = Query("SELECT * " + "{" * 200_000 + "}" * 200_000)
    for _ in range(3):
        with pytest.raises(QueryTooHungry):
            ask(engine, deep)
    assert is_well(engine)


def test_service_never_calls_out_even_past_the_guard(engine: Engine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.setblocking(False)
        port = canary.getsockname()[1]
        calls = [
            f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERVICE SILENT <http://localhost:{port}/> {{ ?s ?p ?o }} }}",
        ]
        for running in (engine.run, engine.ask):
            with pytest.raises(QueryRefused):
                run(engine, running(Query(calls[0])))
            run(engine, running(Query(calls[1])))  # SILENT hides that the call failed
        with pytest.raises(BlockingIOError):
            canary.accept()
    assert is_well(engine)


def test_a_result_over_the_cap_is_refused_whole(engine: Engine) -> None:
    with pytest.raises(ResultTooLarge) as large:
        engine.run_now(Query("SELECT * { ?s ?p ?o . ?t ?q ?o }"))
    assert large.value.limit == TIGHT.result_bytes
    with pytest.raises(ResultTooLarge):
        engine.run_now(Query("CONSTRUCT { ?s ?p ?t } { ?s ?p ?o . ?t ?q ?o }"))


def test_an_error_comes_back_with_line_and_column(engine: Engine) -> None:
    with pytest.raises(QuerySyntaxWrong) as wrong:
        engine.run_now(Query("SELECT * {\n  ?s ?p \n}"))
    assert wrong.value.line == 3
    assert wrong.value.column in (1, 2)
    assert "error at" not in wrong.value.detail


@pytest.mark.parametrize(
    ("query", "cause"),
    [
        (Query("ASK {}", accept="image/png"), NotAcceptable),
        (Query("CONSTRUCT {} {}", accept="text/csv"), NotAcceptable),
        (Query("ASK {}", default_graph_uris=("not an IRI",)), BadParameter),
        (Query("SELECT (<http://e/unknown>(1) AS ?x) {}"), QueryRefused),
        (Query("INSERT DATA { <http://e/s> <http://e/p> 1 }"), QueryRefused),
        (Query("SELECT ('\x01' AS ?x) {}", accept="application/sparql-results+xml"), NotWritable),
        (Query("CONSTRUCT { ?s <http://e/9/> 1 } { ?s a pg:Plan }", "application/rdf+xml"), NotWritable),
        (Query("ASK { ?s ?p '\ud800' }"), QueryRefused),
    ],
)  # fmt: skip
def test_every_error_keeps_its_class(engine: Engine, query: Query, cause: type[PlangraphError]) -> None:
    with pytest.raises(cause):
        engine.run_now(query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(VALUES.format("")), {"outside", "one", "two"}),
        (Query(VALUES.format(""), default_graph="strict"), {"outside"}),
        (Query(VALUES.format("FROM <http://e/g1>")), {"one"}),
        (Query(VALUES.format("FROM <http://e/g1> FROM <http://e/g2>")), {"one", "two"}),
        (Query(VALUES.format("FROM NAMED <http://e/g1>")), set()),
        (Query(VALUES.format("FROM <http://e/g1>"), default_graph_uris=("http://e/g2",)), {"two"}),
        (Query(VALUES.format(""), named_graph_uris=("http://e/g1",)), set()),
        (Query("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", named_graph_uris=("http://e/g1",)), {"one"}),
        (Query("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", default_graph_uris=("http://e/g1",)), set()),
        (Query("SELECT ?o { GRAPH ?g { ?s ?p ?o } }"), {"one", "two"}),
        (Query(VALUES.format(""), default_graph_uris=("http://e/absent",)), set()),
    ],
)
def test_a_query_sees_the_dataset_it_names(small: Engine, query: Query, expected: set[str]) -> None:
    assert read_values(small, query) == expected


def test_rows_are_the_same_in_every_format(small: Engine) -> None:
    text = VALUES.format("FROM <http://e/g1>")
    parsers = {"json": QueryResultsFormat.JSON, "xml": QueryResultsFormat.XML, "tsv": QueryResultsFormat.TSV}
    seen = 0
    for format in ROWS:
        answer = small.run_now(Query(text, accept=format.media_type))
        assert answer.format == format
        if format.name in parsers:
            solutions = parse_query_results(answer.body, parsers[format.name])
            assert [row["o"].value for row in solutions] == ["one"]  # type: ignore[union-attr]
        else:
            assert answer.body == b"o\r\none\r\n"
        seen += 1
    assert seen == 4


def test_a_graph_is_the_same_in_every_format_and_stands_in_the_default_graph(engine: Engine) -> None:
    seen = []
    for format in GRAPHS:
        answer = engine.run_now(
            Query("CONSTRUCT { ?s a ?k } { ?s a ?k FILTER(?k = pg:Plan) }", accept=format.media_type)
        )
        assert isinstance(format.engine, RdfFormat)
        seen.append({str(quad) for quad in parse(answer.body, format=format.engine)})
    assert len(seen) == 6
    assert len(seen[0]) > 0
    assert all(quads == seen[0] for quads in seen)


def test_a_carriage_return_survives_xml(small: Engine) -> None:
    answer = small.run_now(Query("SELECT ('a\\rb' AS ?o) {}", accept="application/sparql-results+xml"))
    assert b"a&#13;b" in answer.body


def test_relative_iris_and_undeclared_prefixes_resolve(engine: Engine) -> None:
    answer = engine.run_now(Query("SELECT (<id/plan/x> AS ?o) (plan:x AS ?same) {}", accept="text/csv"))
    assert answer.body.split() == [b"o,same", b",".join([b"https://w3id.org/plangraph/id/plan/x"] * 2)]


async def gather(*tasks: Coroutine[None, None, Answer]) -> Counter[str]:
    """How the tasks ended, by the names of their answers or errors."""
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    return Counter(type(end).__name__ for end in ends)


def test_a_full_queue_refuses_and_the_queue_bounds_the_wait(hasty: Engine) -> None:
    ends = run(hasty, gather(*(hasty.run(Query(ENDLESS)) for _ in range(2 * DEPTH + 7))))
    assert ends["QueueFull"] >= 5  # two workers have all they take, two queries wait
    assert sum(ends.values()) == 2 * DEPTH + 7
    assert set(ends) <= {QueueFull.__name__, QueryTooSlow.__name__, QueryGivenUp.__name__}
    assert ends["QueryTooSlow"] >= 2
    assert is_well(hasty)


def test_many_small_queries_share_the_workers() -> None:
    with make_engine(Settings().limits, quads=GRAPHS_OF_TWO) as engine:
        ends = run(engine, gather(*(engine.run(Query("ASK {}")) for _ in range(60))))
    assert ends == {"Answer": 60}


def test_a_cancelled_query_is_killed_and_frees_its_place() -> None:
    async def leave_early(engine: Engine) -> Answer:
        running = [asyncio.ensure_future(engine.run(Query(ENDLESS))) for _ in range(2)]
        await asyncio.sleep(0.1)
        for task in running:
            task.cancel()
        ends = await asyncio.gather(*running, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
        return await engine.run(Query("ASK {}"))

    with make_engine(Settings().limits, workers=1) as engine:
        assert run(engine, leave_early(engine)).kind == "boolean"
        run(
            engine,
            wait_until(lambda: len(engine.dispatch.lanes.fast) == 1 and not engine.dispatch.lanes.slow),
        )
        assert engine.dispatch.counts.kills >= 1


def test_the_process_that_holds_the_data_is_started_anew() -> None:
    with make_engine(Settings().limits, quads=GRAPHS_OF_TWO) as engine:  # however busy it is
        process = engine.parent.process
        assert process is not None
        process.kill()
        process.wait()
        assert read_values(engine, Query(VALUES.format(""))) == {"outside", "one", "two"}
        assert engine.parent.process is not process


class Doomed(Parent):
    """Its first process dies just before it is asked for a worker."""

    dies = True

    def ask(self, wish: str, handles: Sequence[int] = ()) -> tuple[str, list[int]]:
        if wish == "fork" and self.dies:
            self.dies = False
            assert self.process is not None
            self.process.kill()
            self.process.wait()
        return super().ask(wish, handles)


def test_a_worker_is_had_though_the_process_that_holds_the_data_dies_as_it_is_asked() -> None:
    parent = Doomed(GRAPHS_OF_TWO, "made-up", Settings(workers=1))
    try:
        worker = parent.fork()
        assert (parent.dies, worker.revision) == (False, "made-up")
        worker.end()
    finally:
        parent.close()


async def wait_until(holds: Callable[[], bool]) -> None:
    """Return once something holds, within five seconds."""
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


def test_a_worker_that_grew_is_replaced_and_the_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    let_all_run(monkeypatch)
    text = "SELECT (STRLEN(GROUP_CONCAT(?t)) AS ?n) { VALUES ?x { " + "0 " * 4_000 + "} BIND('" + "x" * 30_000
    with make_engine(TIGHT, workers=1) as engine:
        before = engine.dispatch.lanes.fast[0]
        assert b"1200" in engine.run_now(Query(text + "' AS ?t) }")).body
        run(engine, wait_until(lambda: len(engine.dispatch.lanes.fast) == 1))
        assert engine.dispatch.lanes.fast[0] is not before
        assert is_well(engine)


def test_data_that_does_not_parse_is_told_at_the_start() -> None:
    with pytest.raises(EngineStopped, match="line"):
        make_engine(quads=b"<http://e/s> nonsense\n").start()


def test_an_engine_that_was_not_started_or_is_closed_says_so(tmp_path: Path) -> None:
    file = tmp_path / "data.nq"
    file.write_bytes(GRAPHS_OF_TWO)
    engine = Engine(file, "from-a-file", Settings(workers=1))
    with pytest.raises(EngineStopped):
        engine.run_now(Query("ASK {}"))
    with engine:
        assert read_values(engine, Query(VALUES.format(""))) == {"outside", "one", "two"}
    with pytest.raises(EngineStopped):
        engine.run_now(Query("ASK {}"))


def test_a_closed_engine_forks_no_worker_any_more_until_it_is_started_again() -> None:
    engine = make_engine(quads=GRAPHS_OF_TWO, workers=1)
    with engine:
        assert engine.parent.is_alive()
    with pytest.raises(EngineStopped, match="closed"):
        engine.parent.fork()
    assert not engine.parent.is_alive()
    with engine:
        assert read_values(engine, Query(VALUES.format("FROM <http://e/g1>"))) == {"one"}


def test_a_failing_query_hands_nothing_of_the_engine_out(engine: Engine) -> None:
    with pytest.raises(PlangraphError) as refused:
        ask(engine, Query("SELECT * { SERVICE <http://127.0.0.1:9/> {} }"))
    assert "127.0.0.1" not in refused.value.detail


@pytest.mark.parametrize(
    ("said", "place", "shown"),
    [
        ("""error at 1:7: expected one of ",", "}", ['0' ..= '9' | '\\u{00B7}'], [_]""", 7, UNTOLD),
        ("error at 1:7: expected [_]", 7, UNTOLD),
        ("error at 1:7: expected OPTIONAL", 7, UNTOLD),
        (
            'error at 1:7: expected one of "{|", Reifiers are not allowed on property paths, [_]',
            7, "Reifiers are not allowed on property paths",
        ),
        ("error at 1:9: expected one of IRI parsing failed, OPTIONAL", 6, "`<a>` is no IRI"),
        ("error at 1:5: expected IRI parsing failed", 5, UNTOLD),
        ("something of another kind", 1, "something of another kind"),
    ],
)  # fmt: skip
def test_what_only_the_parser_knows_is_told_in_its_sentence_or_not_at_all(
    said: str, place: int, shown: str
) -> None:
    explained = explain(SyntaxError(said), "ASK {<a> a 1}")
    assert (explained.line, explained.column, explained.detail) == (1, place, shown)


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ("FIND ?x {}", (1, 1), "a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE, not `FIND`"),
        ("# hi\nINSERT DATA {}", (2, 1), "INSERT begins an update; here only queries are answered"),
        ("SELECT * { ?s foo:bar ?o }", (1, 15), "the prefix foo: is not declared"),
    ],
)
def test_what_a_text_lacks_is_named_at_its_place(text: str, place: tuple[int, int], shown: str) -> None:
    with make_engine(workers=1, quads=b"") as engine, pytest.raises(PlangraphError) as caught:
        engine.run_now(Query(text))
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.detail == shown


def test_turtle_declares_the_prefixes_it_uses_and_no_others() -> None:
    text = "CONSTRUCT { plan:p a pg:Plan ; rdfs:label 'a plan' } WHERE {}"
    with make_engine(workers=1, quads=b"") as engine:
        body = engine.run_now(Query(text, accept="text/turtle")).body.decode()
    declared = {line.split()[1] for line in body.splitlines() if line.startswith("@prefix")}
    assert declared == {"rdfs:", "plan:", "pg:"}
    assert len(list(parse(body, format=RdfFormat.TURTLE))) == 2
