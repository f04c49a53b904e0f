"""Writes that say who, why and when: conditions, keys, trials, and writes that are made together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import RdfFormat, parse

from folders import SEEN, write_dated, write_report
from plangraph.build import build
from plangraph.errors import BadParameter, PlangraphError
from plangraph.export import write as write_export
from plangraph.formats import TURTLE
from plangraph.graph_texts import digest_text
from plangraph.settings import MIB, Limits, Settings
from plangraph.terms import GRAPH
from plangraph.turtle import write_turtle
from plangraph.uploads import Upload
from plangraph.web.conditions import find_digest
from plangraph.web.site import create_site
from plangraph.worker import Engine, Query
from plangraph.write_errors import AlreadyThere, ChangeRefused, KeyReused, Outdated, UploadSyntaxWrong
from plangraph.writes import Expected, GraphWrite, Intent, Update, Written

T = TypeVar("T")
TOKEN = "a-token-for-these-tests"
SEND = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/turtle"}
OF_ONE = {"early", "bound"}
BROKEN = write_report("later").replace('pg:formulation "The later report names a deadline."@en ;', "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_dated(tmp_path / "data", OF_ONE)
    (tmp_path / "tokens").write_text(TOKEN, encoding="utf-8")
    return folder


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    dataset = build(folder)
    settings = Settings(workers=1, token_file=str(folder.parent / "tokens"))
    with Engine(write_export(dataset.quads, "nquads"), dataset.revision, settings) as engine:
        yield engine


def run(engine: Engine, work: Coroutine[Any, Any, T]) -> T:
    assert engine.runner is not None
    return engine.runner.run(work)


def put(slug: str, text: str | None = None) -> GraphWrite:
    body = (write_report(slug) if text is None else text).encode()
    return GraphWrite("PUT", f"{GRAPH}document/{slug}", (Upload(body, TURTLE),))


def digest(text: str) -> str:
    return digest_text(write_turtle(parse(text, format=RdfFormat.TURTLE)))


def write_all(engine: Engine, *wishes: tuple[Any, Intent]) -> list[Written | BaseException]:
    """Writes that come at the same time."""

    async def write() -> list[Written | BaseException]:
        return await asyncio.gather(
            *(engine.write(write, intent) for write, intent in wishes), return_exceptions=True
        )

    return run(engine, write())


def list_documents(engine: Engine) -> set[str]:
    query = Query("SELECT DISTINCT ?d { GRAPH ?d { ?x a pg:Document ; schema:inLanguage ?l } }", "text/csv")
    return {line.rpartition("/")[2] for line in engine.run_now(query).body.decode().split()[1:]}


def test_writes_that_come_together_each_get_their_own_answer_and_lead_to_the_revision_of_the_files(
    engine: Engine, folder: Path
) -> None:
    slugs = sorted(SEEN.keys() - OF_ONE)
    found = write_all(engine, *((put(slug), Intent()) for slug in slugs))
    assert len(found) == len(slugs) == 5
    assert len({written.revision for written in found if isinstance(written, Written)}) == 5
    for slug, written in zip(slugs, found, strict=True):
        assert isinstance(written, Written)
        assert written.digests == {f"{GRAPH}document/{slug}": digest(write_report(slug))}
    assert list_documents(engine) == set(SEEN)
    assert engine.revision == build(write_dated(folder)).revision


def test_a_refused_write_among_others_leaves_no_trace(engine: Engine, folder: Path) -> None:
    first, syntax, shapes, graph, update, last = write_all(
        engine,
        (put("last"), Intent()),
        (put("later", "this is no Turtle"), Intent()),
        (put("later", BROKEN), Intent()),
        (GraphWrite("DELETE", f"{GRAPH}derived"), Intent()),
        (Update(f"CLEAR GRAPH <{GRAPH}document/last> ; CREATE GRAPH <{GRAPH}registry>"), Intent()),
        (put("window"), Intent()),
    )
    assert isinstance(first, Written) and isinstance(last, Written)
    assert isinstance(syntax, UploadSyntaxWrong)
    assert isinstance(shapes, ChangeRefused)
    assert isinstance(graph, ChangeRefused)
    assert isinstance(update, PlangraphError)
    assert list_documents(engine) == OF_ONE | {"last", "window"}
    assert (
        engine.revision == last.revision == build(write_dated(folder, OF_ONE | {"last", "window"})).revision
    )


def test_a_write_is_made_only_while_the_graph_is_what_it_expects(engine: Engine) -> None:
    home = f"{GRAPH}document/early"
    changed = write_report("early").replace("report early", "report early, mended")
    old, new = digest(write_report("early")), digest(changed)
    found = write_all(
        engine,
        (put("early", changed), Intent(expected=(Expected(home, (old,)),))),
        (put("early"), Intent(expected=(Expected(home, (old,)),))),
        (put("early"), Intent(expected=(Expected(home, absent=True),))),
        (put("later"), Intent(expected=(Expected(f"{GRAPH}document/later"),))),
        (put("early"), Intent(expected=(Expected(home, ("-", new[:16])),))),
        (put("later"), Intent(expected=(Expected(f"{GRAPH}document/later", absent=True),))),
    )
    kinds = [type(entry) for entry in found]
    assert kinds == [Written, Outdated, AlreadyThere, Outdated, Written, Written]
    assert list_documents(engine) == OF_ONE | {"later"}


def test_a_key_gives_the_first_answer_again_and_never_another_write(engine: Engine) -> None:
    mine = Intent(by="ada", key="one")
    first, again = write_all(engine, (put("later"), mine), (put("later"), mine))
    assert isinstance(first, Written) and isinstance(again, Written)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.describe() == first.describe()
    write_all(engine, (GraphWrite("DELETE", f"{GRAPH}document/later"), Intent()))
    late, other, foreign = write_all(
        engine,
        (put("later"), mine),
        (put("last"), mine),
        (put("last"), Intent(by="bob", key="one")),
    )
    assert isinstance(late, Written) and late.repeated and late.revision == first.revision
    assert isinstance(other, KeyReused)
    assert isinstance(foreign, Written) and not foreign.repeated
    assert list_documents(engine) == OF_ONE | {"last"}


def test_the_key_of_a_write_that_changed_nothing_is_kept_and_that_of_a_refused_one_is_not(
    engine: Engine,
) -> None:
    same, refused = Intent(key="same"), Intent(key="refused")
    nothing, broken = write_all(engine, (put("early"), same), (put("later", BROKEN), refused))
    assert isinstance(nothing, Written) and (nothing.removed, nothing.added) == (0, 0)
    assert isinstance(broken, ChangeRefused)
    write_all(engine, (GraphWrite("DELETE", f"{GRAPH}document/early"), Intent()))
    again, mended = write_all(engine, (put("early"), same), (put("later"), refused))
    assert isinstance(again, Written) and again.repeated
    assert isinstance(mended, Written) and not mended.repeated
    assert list_documents(engine) == {"bound", "later"}


def test_a_dry_run_tells_everything_and_changes_nothing(engine: Engine) -> None:
    before = engine.revision
    good, bad, real = write_all(
        engine,
        (put("later"), Intent(dry_run=True, key="k")),
        (put("last", BROKEN), Intent(dry_run=True)),
        (put("later"), Intent(key="k")),
    )
    assert isinstance(bad, ChangeRefused)
    assert isinstance(good, Written) and isinstance(real, Written)
    assert not real.repeated
    assert good.revision == real.revision != before
    assert good.added == real.added > 10


def test_the_same_in_other_words_is_no_change(engine: Engine) -> None:
    nameless = write_report("early") + "[] a pg:Nothing ; rdfs:comment [ rdfs:label 'x' ] .\n"
    told = write_all(engine, (put("early", nameless), Intent()))[0]
    if isinstance(told, ChangeRefused):  # the shapes may come to look at it
        pytest.fail(str(told))
    again = write_all(engine, (put("early", nameless.replace("'x'", '"x"')), Intent()))[0]
    assert isinstance(told, Written) and isinstance(again, Written)
    assert (again.revision, again.added, again.removed) == (told.revision, 0, 0)
    assert again.digests == told.digests


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            "shared-blank-node",
            "INSERT DATA {{ GRAPH <{a}> {{ _:x rdfs:label 'x' }} GRAPH <{b}> {{ _:x rdfs:label 'x' }} }}",
        ),
        ("triple-term", "INSERT DATA {{ GRAPH <{a}> {{ <e:x> rdfs:seeAlso <<( <e:s> <e:p> 1 )>> }} }}"),
        ("empty", "CREATE GRAPH <{a}new>"),
    ],
)
def test_what_the_text_of_a_graph_cannot_hold_is_refused(engine: Engine, rule: str, text: str) -> None:
    text = text.format(a=f"{GRAPH}document/early", b=f"{GRAPH}document/bound")
    found = write_all(engine, (Update(text), Intent()))[0]
    assert isinstance(found, ChangeRefused), found
    assert found.broken_rule == rule


def test_a_graph_that_holds_nothing_any_more_is_gone(engine: Engine) -> None:
    home = f"{GRAPH}document/bound"
    found = write_all(engine, (Update(f"DELETE WHERE {{ GRAPH <{home}> {{ ?s ?p ?o }} }}"), Intent()))[0]
    assert isinstance(found, Written) and found.digests == {home: None}
    assert engine.run_now(Query(f"ASK {{ GRAPH <{home}> {{}} }}", "text/csv")).body.strip() == b"false"


@pytest.mark.parametrize("given", [{"by": "x" * 201}, {"reason": "a\x00b"}, {"key": ""}, {"key": "\x1b"}])
def test_an_intent_that_no_journal_could_keep_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        Intent(**given)  # type: ignore[arg-type]


def test_a_tag_is_read_by_its_last_part() -> None:
    known = "0123456789abcdef" * 4
    assert [find_digest(tag) for tag in (known, f"x.{known[:16]}", known[:15], "x", "")] == [
        known, known[:16], "-", "-", "-",
    ]  # fmt: skip


def test_the_tag_of_an_answer_is_the_condition_of_a_write_until_the_graph_is_written(folder: Path) -> None:
    settings = Settings(data=str(folder), workers=1, token_file=str(folder.parent / "tokens"))
    with TestClient(create_site(settings)) as client:
        address = f"/graphs?graph={GRAPH}document/early"
        first = client.get(address).headers["etag"]
        assert client.get(address, headers={"If-None-Match": first}).status_code == 304
        elsewhere = client.put(
            f"/graphs?graph={GRAPH}document/later", content=write_report("later"), headers=SEND
        )
        assert elsewhere.status_code == 201
        mended = write_report("early").replace("report early", "report early, mended")
        held = {**SEND, "If-Match": first, "Idempotency-Key": "one"}
        done = client.put(address, content=mended, headers=held)
        assert done.status_code == 204
        again = client.put(address, content=mended, headers=held)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (204, "true")
        other = client.put(address, content=mended + "\n", headers=held)
        assert (other.status_code, other.json()["rule"]) == (422, "idempotency-key")
        stale = client.put(address, content=write_report("early"), headers={**SEND, "If-Match": first})
        assert (stale.status_code, stale.json()["rule"]) == (412, "if-match")
        second = client.get(address).headers["etag"]
        assert second != first
        digest_alone = {**SEND, "If-Match": f'"none", {done.headers["etag"]}'}
        assert client.put(address, content=write_report("early"), headers=digest_alone).status_code == 204
        assert client.put(address, headers={**SEND, "If-None-Match": "*"}).status_code == 412
        for wrong in ({"If-Match": "x"}, {"If-None-Match": '"x"'}):
            assert client.put(address, headers={**SEND, **wrong}).json()["rule"] == "parameter"


def test_a_write_that_nobody_waits_for_any_more_is_not_made_and_holds_up_no_other(engine: Engine) -> None:
    async def write() -> list[Written | BaseException]:
        slugs = ("later", "last", "window", "undated")
        tasks = [asyncio.create_task(engine.write(put(slug))) for slug in slugs]
        await asyncio.sleep(0)
        tasks[2].cancel()  # it waits
        while engine.writer.queue and engine.writer.queue[0].write == put("later"):
            await asyncio.sleep(0.001)
        tasks[0].cancel()  # it is being made
        return await asyncio.gather(*tasks, return_exceptions=True)

    kinds = [type(outcome) for outcome in run(engine, write())]
    assert kinds == [asyncio.CancelledError, Written, asyncio.CancelledError, Written]
    assert list_documents(engine) == OF_ONE | {"last", "undated"}


def test_a_write_that_kills_its_process_takes_no_other_with_it() -> None:
    limits = replace(Limits(), write_memory_bytes=64 * MIB)
    settings = Settings(workers=1, scratch=True, default_graph="strict", token_file="unused", limits=limits)
    doubled = " ".join(f"BIND(CONCAT(?t{n}, ?t{n}) AS ?t{n + 1})" for n in range(28))
    hungry = Update(f"INSERT {{ <e:big> <e:p> ?t28 }} WHERE {{ <e:s> <e:p> ?t0 {doubled} }}")
    with Engine(b"<e:s> <e:p> 'x' .\n".replace(b"'", b'"'), "made-up", settings) as engine:
        before, killed, after = write_all(
            engine,
            (Update("INSERT DATA { <e:a> <e:p> 1 }"), Intent()),
            (hungry, Intent()),
            (Update("INSERT DATA { <e:b> <e:p> 1 }"), Intent()),
        )
        assert isinstance(before, Written) and isinstance(after, Written)
        assert isinstance(killed, PlangraphError)
        assert killed.status in (400, 503)
        found = engine.run_now(Query("SELECT ?s { ?s ?p ?o }", "text/csv")).body.decode().split()
        assert sorted(found) == ["e:a", "e:b", "e:s", "s"]
