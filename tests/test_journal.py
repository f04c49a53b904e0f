"""The journal, in both databases: what is kept, what is told of it, and what cannot be done to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from rig.postgresql import PostgreSQL, is_installed, start_postgresql
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from journals import KINDS, draft, name, open_journal
from plangraph.errors import NotFound
from plangraph.graph_texts import digest_text
from plangraph.journal import Journal
from plangraph.journal_copies import backup, restore, verify_chain
from plangraph.journal_reads import JournalReader
from plangraph.journal_tables import ANSWER, BEGINNING, connect, read_url
from plangraph.records import Draft
from plangraph.write_errors import JournalFailed, JournalUnsure, JournalUnusable
from plangraph.writes import Intent, Written


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL | None]:
    if not is_installed():
        yield None
        return
    with start_postgresql() as server:
        yield server


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path, postgresql: PostgreSQL | None) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "journal.db")
    assert postgresql is not None
    return postgresql.create()


@pytest.fixture
def journal(address: str) -> Iterator[Journal]:
    journal = open_journal(address)
    yield journal
    journal.close()


def fill(journal: Journal) -> None:
    """Five revisions: two documents come, one is mended, one goes and comes back."""
    journal.append([draft("r1", {"a": "a 1", "b": "b 1"}, reason="begun")])
    gone = draft("r3", {"b": None}, by="bob", reason="in error")
    journal.append([draft("r2", {"a": "a 2"}, by="ada"), gone])
    journal.append([draft("r4", {"b": "b 4", "c": "c 4"})])
    journal.append([draft("r5", {"c": None})])


def test_revisions_are_numbered_linked_and_say_what_became_of_each_graph(journal: Journal) -> None:
    fill(journal)
    found = journal.list_revisions()
    assert [revision.number for revision in found] == [1, 2, 3, 4, 5]
    assert [revision.name for revision in found] == ["r1", "r2", "r3", "r4", "r5"]
    assert [revision.previous for revision in found] == [BEGINNING, *(entry.hash for entry in found[:-1])]
    assert all(revision.hash == revision.find_hash() for revision in found)
    assert len({revision.accepted_at for revision in found}) == 5
    assert [(revision.accepted_by, revision.reason) for revision in found[:3]] == [
        ("", "begun"), ("ada", ""), ("bob", "in error"),
    ]  # fmt: skip
    assert {revision.vocabulary for revision in found} == {"vocabulary"}
    actions = [[(entry.part[-1], entry.action) for entry in revision.entries] for revision in found]
    assert actions == [
        [("a", "accepted"), ("b", "accepted")],
        [("a", "superseded")],
        [("b", "retracted")],
        [("b", "accepted"), ("c", "accepted")],
        [("c", "retracted")],
    ]
    assert journal.find_last() == found[-1]
    assert journal.find_name("r3") == found[2]
    assert journal.find_name("r9") is None
    assert journal.list_revisions(since=2, limit=2) == found[2:4]


def test_the_past_is_read_as_of_any_revision_with_what_was_retracted_if_asked_for(journal: Journal) -> None:
    fill(journal)
    stated = [
        {entry.part[-1]: (entry.text, entry.number) for entry in journal.read_revision(number)}
        for number in range(1, 6)
    ]
    assert stated == [
        {"a": ("a 1", 1), "b": ("b 1", 1)},
        {"a": ("a 2", 2), "b": ("b 1", 1)},
        {"a": ("a 2", 2)},
        {"a": ("a 2", 2), "b": ("b 4", 4), "c": ("c 4", 4)},
        {"a": ("a 2", 2), "b": ("b 4", 4)},
    ]
    shown = journal.read_revision(5, retracted=True)
    assert [(entry.part[-1], entry.text, entry.retracted) for entry in shown] == [
        ("a", "a 2", False), ("b", "b 4", False), ("c", "c 4", True),
    ]  # fmt: skip
    assert [entry.retracted for entry in journal.read_revision(3, retracted=True)] == [False, True]
    for number in (0, 6, -1):
        with pytest.raises(NotFound):
            journal.read_revision(number)
    assert [(revision.number, len(revision.entries)) for revision in journal.list_history(name("b"))] == [
        (1, 1), (3, 1), (4, 1),
    ]  # fmt: skip
    assert [journal.find_text(name("b"), number) for number in range(6)] == [
        None, "b 1", "b 1", None, "b 4", "b 4",
    ]  # fmt: skip
    assert set(journal.list_digests()) == {name("a"), name("b")}


@pytest.mark.parametrize("table", ["revision", "entry", "answer"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET number = 9", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_what_is_kept(
    journal: Journal, table: str, statement: str
) -> None:
    journal.append([draft("r1", {"a": "a"}, key="k")])
    with pytest.raises(DBAPIError, match="only appended to"), journal.pool.begin() as connection:
        connection.execute(text(statement.format(table)))
    assert verify_chain(journal).faults == ()


def test_one_service_at_a_time_writes_a_journal_and_others_may_read_it(
    journal: Journal, address: str
) -> None:
    fill(journal)
    second = Journal(address, patience=0)
    with pytest.raises(JournalUnusable, match="another service"):
        second.open()
    assert len(second.list_revisions()) == 5
    journal.close()
    second.patience = 30  # a server lets go of a lock once it has seen that its client has gone
    second.open()
    second.append([draft("r6", {"a": None})])
    second.close()
    with pytest.raises(JournalUnusable, match="start anew"):
        journal.open()
    fresh = open_journal(address)
    assert fresh.last is not None and fresh.last.number == 6
    fresh.close()


def test_a_journal_that_was_closed_is_opened_again_by_the_same_service(journal: Journal) -> None:
    fill(journal)
    journal.close()
    journal.open()
    assert journal.append([draft("r6", {"a": None})])[0].number == 6


def test_the_answer_to_a_key_is_kept_with_the_write(journal: Journal) -> None:
    nothing = draft("r1", {}, by="bob", key="k")
    told = journal.append([draft("r1", {"a": "a"}, by="ada", key="k"), nothing, draft("r2", {"b": "b"})])
    assert [written.number for written in told] == [1, None, 2]
    ada, bob = journal.find_kept("ada", "k"), journal.find_kept("bob", "k")
    assert ada is not None and bob is not None
    assert (ada.digest, ada.written) == (digest_text(b"r1"), replace(told[0], repeated=True, warnings=()))
    assert bob.written.number is None
    assert journal.find_kept("", "k") is None
    assert len(journal.list_revisions()) == 2


def test_an_append_that_fails_in_its_middle_keeps_nothing(journal: Journal) -> None:
    fill(journal)
    twice = [draft("r6", {"a": "a 6"}, key="k"), draft("r7", {"b": "b 7"}, key="k")]
    with pytest.raises(JournalFailed):
        journal.append(twice)
    assert len(journal.list_revisions()) == 5
    assert journal.find_kept("", "k") is None
    assert journal.settle() == []
    assert journal.append(twice[:1])[0].number == 6
    assert verify_chain(journal).faults == ()


def lose_line(journal: Journal, *, after_commit: bool) -> None:
    """From now on the connection is lost once, right before or right after the database commits."""

    def lose(connection: object) -> None:
        event.remove(journal.pool, "commit", lose)
        raw = journal.line.connection.connection.driver_connection  # type: ignore[union-attr]
        if after_commit:
            raw.execute("COMMIT")  # type: ignore[union-attr]
        raw.close()  # type: ignore[union-attr]
        raise OperationalError("COMMIT", {}, Exception("the line is dead"))

    event.listen(journal.pool, "commit", lose)


def test_a_commit_whose_word_was_lost_is_found_out(journal: Journal) -> None:
    fill(journal)
    lose_line(journal, after_commit=True)
    assert [written.number for written in journal.append([draft("r6", {"a": "a 6"})])] == [6]
    lose_line(journal, after_commit=False)
    with pytest.raises(JournalFailed) as caught:
        journal.append([draft("r7", {"a": "a 7"})])
    assert not isinstance(caught.value, JournalUnsure)
    assert [written.number for written in journal.append([draft("r7", {"a": "a 7"})])] == [7]
    assert verify_chain(journal).faults == ()


@pytest.mark.parametrize("kept", [True, False])
def test_where_nothing_can_be_found_out_the_journal_is_unsure_until_it_can(
    journal: Journal, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(journal)
    lose_line(journal, after_commit=kept)

    def find_none(*_: object) -> None:
        raise OperationalError("connect", {}, Exception("the database is away"))

    with monkeypatch.context() as away:
        away.setattr("plangraph.journal.Line", find_none)
        with pytest.raises(JournalUnsure):
            journal.append([draft("r6", {"a": "a 6"})])
        with pytest.raises(JournalUnsure):
            journal.settle()
    assert [written.number for written in journal.settle()] == ([6] if kept else [])
    number = 7 if kept else 6
    assert journal.append([draft("next", {"a": "a"})])[0].number == number
    assert verify_chain(journal).faults == ()


def test_a_line_that_the_database_cut_is_made_anew(
    journal: Journal, address: str, postgresql: PostgreSQL | None
) -> None:
    fill(journal)
    if "postgresql" not in address:
        assert journal.line is not None
        journal.line.connection.connection.driver_connection.close()  # type: ignore[union-attr]
    else:
        assert postgresql is not None
        cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        assert postgresql.execute(cut, database=address.partition("@/")[2].partition("?")[0])
    with pytest.raises(JournalFailed):
        journal.append([draft("r6", {"a": "a 6"})])
    assert journal.append([draft("r6", {"a": "a 6"})])[0].number == 6


TAMPERED = {
    "a text": ("UPDATE entry SET text = 'other' WHERE number = 2", "revision 2: the text of"),
    "a text and its digest": (
        "UPDATE entry SET text = 'x', digest = 'y' WHERE number = 2",
        "revision 2: its hash",
    ),
    "a reason": ("UPDATE revision SET reason = 'better' WHERE number = 3", "revision 3: its hash"),
    "a hash": ("UPDATE revision SET hash = 'x' WHERE number = 3", "revision 4: it names another"),
    "a whole revision": ("DELETE FROM revision WHERE number = 2", "revision 3: it does not follow"),
    "an entry": ("DELETE FROM entry WHERE number = 3", "revision 3: its hash"),
    "an action": ("UPDATE entry SET action = 'accepted' WHERE number = 3", "revision 3: the text of"),
}


def tamper(journal: Journal, address: str, *statements: str) -> None:
    """Change tables as somebody who has the database can."""
    if "postgresql" in address:
        with journal.pool.connect() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()
            connection.invalidate()
        return
    with closing(sqlite3.connect(address)) as raw:
        triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (trigger,) in triggers:
            raw.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            raw.execute(statement)
        raw.commit()


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_tampered_with_behind_the_back_of_the_journal_is_found(
    journal: Journal, case: str, address: str
) -> None:
    statement, fault = TAMPERED[case]
    fill(journal)
    tamper(journal, address, statement)
    faults = verify_chain(journal).faults
    assert any(entry.startswith(fault) for entry in faults), faults


MADE: Final = "UPDATE answer SET {} WHERE asked_key = 'made'"
UNCHANGED: Final = "UPDATE answer SET {} WHERE asked_key = 'unchanged'"
TEXTS: Final = {text: digest_text(text.encode()) for text in ("a 2", "other")}
MEMBER: Final = "members = REPLACE(members, '{}', '{}')"
TAMPERED_ANSWERS: Final = {
    "asked_by": (MADE.format("asked_by = 'eve'"), "is of 'ada'"),
    "asked_key": (MADE.format("asked_key = ''"), "an Idempotency-Key is not empty"),
    "digest": (MADE.format("digest = 'none'"), "what was asked has no digest"),
    "number: of no revision": (MADE.format("number = 9"), "revision 9, which is not there"),
    "number: of another revision": (MADE.format("number = 3"), "tells of revision 2, and stands at"),
    "members: number": (MADE.format(MEMBER.format('"number": 2', '"number": 1')), "tells of revision 1"),
    "members: revision": (MADE.format(MEMBER.format('"r2"', '"r3"')), "revision 2 is r2"),
    "members: a digest": (MADE.format(MEMBER.format(TEXTS["a 2"], TEXTS["other"])), "another text of"),
    "members: a graph": (MADE.format(MEMBER.format("document/a", "document/z")), "has no text of"),
    "members: a graph left out": (MADE.format(MEMBER.format("document/a", "elsewhere")), "it leaves out"),
    "members: added": (MADE.format(MEMBER.format('"added": 1', '"added": -1')), "not of the form"),
    "members: existed": (MADE.format(MEMBER.format('"existed": true', '"existed": 1')), "not of the form"),
    "members: no JSON": (MADE.format("members = '{'"), "not of the form"),
    "members: no object": (MADE.format("members = '[]'"), "not of the form"),
    "unchanged: number": (UNCHANGED.format("number = 1"), "at revision 1 the journal has another text"),
    "unchanged: a digest": (UNCHANGED.format(MEMBER.format(TEXTS["a 2"], TEXTS["other"])), "another text of"),
    "unchanged: a graph": (UNCHANGED.format(MEMBER.format("document/a", "document/z")), "has no text of"),
}
"""What is done to an answer, by column, and what is said of it."""


def fill_answers(journal: Journal) -> None:
    """Three revisions, the second with a key, and a write with a key that changed nothing after it."""
    journal.append([draft("r1", {"a": "a 1"})])
    made = draft("r2", {"a": "a 2"}, by="ada", key="made")
    same = Written("r2", number=None, digests={name("a"): TEXTS["a 2"]})
    journal.append([made, Draft(Intent(by="bob", key="unchanged"), digest_text(b"same"), same, {})])
    journal.append([draft("r3", {"b": "b 3"}, by="ada")])


def test_answers_that_say_what_their_revisions_say_are_sound(journal: Journal) -> None:
    fill_answers(journal)
    assert verify_chain(journal).faults == ()


@pytest.mark.parametrize("case", TAMPERED_ANSWERS)
def test_an_answer_that_was_tampered_with_is_found_by_its_revision(
    journal: Journal, case: str, address: str
) -> None:
    statement, fault = TAMPERED_ANSWERS[case]
    fill_answers(journal)
    tamper(journal, address, statement)
    faults = verify_chain(journal).faults
    assert any(fault in entry for entry in faults), faults
    assert all(entry.startswith("the answer to the key ") for entry in faults), faults


def test_every_column_of_an_answer_is_tampered_with() -> None:
    assert {case.partition(":")[0] for case in TAMPERED_ANSWERS} >= {column.name for column in ANSWER.columns}
    assert len(TAMPERED_ANSWERS) == 17


def test_a_journal_whose_end_was_cut_off_lacks_a_hash_that_was_noted(journal: Journal, address: str) -> None:
    fill(journal)
    noted = [revision.hash for revision in journal.list_revisions()]
    assert all(verify_chain(journal, noted=entry).faults == () for entry in noted)
    cut = [f"DELETE FROM {table} WHERE number > 3" for table in ("answer", "entry", "revision")]
    tamper(journal, address, *cut)
    assert verify_chain(journal).faults == ()
    assert [len(verify_chain(journal, noted=entry).faults) for entry in noted] == [0, 0, 0, 1, 1]
    (missed,) = verify_chain(journal, noted=noted[-1]).faults
    assert missed.startswith(f"no revision has the hash {noted[-1]}: the end was cut off")


def test_a_backup_is_made_while_the_journal_is_written_and_is_restored_to_either_database(
    journal: Journal, tmp_path: Path, postgresql: PostgreSQL | None, address: str
) -> None:
    fill(journal)
    journal.append([draft("r5", {}, key="only an answer")])
    copy = tmp_path / "backup.db"
    backup(address, copy)
    assert sorted(path.name for path in tmp_path.glob("*backup*")) == ["backup.db"]
    with pytest.raises(JournalUnusable, match="already"):
        backup(address, copy)
    assert journal.append([draft("r6", {"a": None})])[0].number == 6
    targets = [str(tmp_path / "restored.db")] + ([postgresql.create()] if postgresql else [])
    for target in targets:
        assert restore(copy, target).faults == ()
        restored = open_journal(target)
        assert restored.list_revisions() == journal.list_revisions(limit=5)
        assert restored.read_revision(5) == journal.read_revision(5)
        assert restored.find_kept("", "only an answer") == journal.find_kept("", "only an answer")
        assert restored.append([draft("r6", {"a": None})])[0].number == 6
        restored.close()
        with pytest.raises(JournalUnusable, match="empty"):
            restore(copy, target)
    assert len(targets) == (2 if is_installed() else 1)


def test_a_backup_that_is_not_sound_is_not_restored(tmp_path: Path) -> None:
    journal = open_journal(str(tmp_path / "journal.db"))
    fill(journal)
    with journal.pool.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER entry_update")
        connection.exec_driver_sql("UPDATE entry SET text = 'other' WHERE number = 2")
    journal.close()
    with pytest.raises(JournalUnusable, match="revision 2"):
        restore(tmp_path / "journal.db", str(tmp_path / "other.db"))
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("mysql://localhost/x", "SQLite"),
        ("sqlite://", "SQLite"),
        ("sqlite:///:memory:", "SQLite"),
        ("://", "URL"),
        ("/nowhere/at/all/journal.db", "no journal"),
    ],
)
def test_an_address_without_a_journal_is_told(address: str, complaint: str) -> None:
    with pytest.raises(JournalUnusable, match=complaint):
        JournalReader(address)
    with pytest.raises(JournalUnusable):
        Journal(address)


def test_a_file_that_is_no_journal_or_of_another_version_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database, and long enough to be none", encoding="utf-8")
    with pytest.raises(JournalUnusable, match="cannot be opened"):
        JournalReader(str(tmp_path / "text"))
    open_journal(str(tmp_path / "new")).close()
    pool = connect(read_url(str(tmp_path / "new")))
    with pool.begin() as connection:
        connection.exec_driver_sql("UPDATE format SET version = 99")
    pool.dispose()
    with pytest.raises(JournalUnusable, match="version"):
        Journal(str(tmp_path / "new"))


def test_a_password_is_in_no_message(postgresql: PostgreSQL | None) -> None:
    with pytest.raises(JournalUnusable) as caught:
        Journal("postgresql://ada:a-secret-word@127.0.0.1:9/none")
    assert "a-secret-word" not in str(caught.value)
