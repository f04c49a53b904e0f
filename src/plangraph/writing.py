"""A writer, from the inside: writes on its own copy of the store, one after the other, and what each changed.

The copy is a fork of the process that holds the data, and ends with its writes; only the changes get out.
Each write sees those before it. One that is refused leaves the copy as it was, or else it is the last.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, Store

from plangraph import change as changes
from plangraph.change import FEW_QUADS, Change, passes
from plangraph.changelog import append
from plangraph.confinement import confine
from plangraph.errors import EngineFailed, PlangraphError, QueryTooHungry
from plangraph.findings import Finding
from plangraph.gate import check_graph, judge_change
from plangraph.graph_store import delete_graph, delete_thing, merge_graph, replace_graph, replace_thing
from plangraph.graph_texts import check_expected, digest_text, write_text
from plangraph.notices import Replaced, find_notices, find_replaced
from plangraph.operations import check_update
from plangraph.parts import find_parts, find_quads, list_registry
from plangraph.pinning import REGISTRY
from plangraph.repeated import Repeated
from plangraph.serving import Inbox
from plangraph.settings import Limits
from plangraph.submissions import Lexicon, Submission, submit
from plangraph.terms import GRAPH, ID, NS, graph, term
from plangraph.update import update
from plangraph.uploads import own_context
from plangraph.write_errors import ChangeRefused
from plangraph.writes import (
    HEAD,
    Expected,
    GraphWrite,
    Update,
    Word,
    Write,
    Written,
    pack_word,
    unpack_write,
)


@dataclass
class Copy:
    """A copy of the data that a write may spoil, and what decides on the write."""

    store: Store
    revision: str
    limits: Limits
    gated: bool
    lexicon: Lexicon | None = None
    repeated: Repeated | None = None

    def follow(self, change: Change, revision: str) -> None:
        """Take in a change that the store has already."""
        self.revision = revision
        if self.lexicon is not None:
            self.lexicon.follow(self.store, change)
        if self.repeated is not None:
            self.repeated = self.repeated.follow(self.store, change)


@dataclass(frozen=True)
class Outcome:
    """What a write has made of the copy: the change, its word, and the texts of the parts it wrote."""

    change: Change
    written: Written
    texts: Mapping[str, bytes | None]

    def put(self, log: int) -> Written:
        """Put the change at the end of the log, the texts behind it, and say where they lie."""
        if not self.change:
            return self.written
        text = changes.write(self.change)
        offset = append(log, text + b"".join(held or b"" for held in self.texts.values()))
        lengths = {name: len(held) for name, held in self.texts.items() if held is not None}
        return replace(self.written, offset=offset, length=len(text), texts=lengths)


def serve_writes(channel: socket.socket, copy: Copy, log: int, parent: int) -> None:
    """Do the writes that come in, each with a word on what became of it, until one has spoiled the copy."""
    confine(parent, copy.limits.write_memory_bytes)
    inbox = Inbox(channel)
    usable = True
    while usable and (head := inbox.take(HEAD.size)):
        try:
            word = attempt(copy, *unpack_write(inbox.take(*HEAD.unpack(head))), log)
        except MemoryError:
            raise
        except BaseException as error:  # a panic of the engine is no Exception; its words stay inside
            word = Word(EngineFailed(f"the engine failed on this write ({type(error).__name__})"), False)
        channel.sendall(pack_word(word))
        usable = word.usable


def attempt(copy: Copy, write: Write, expected: Iterable[Expected], log: int) -> Word:
    """Do a write if the data is what it expects, and put its change at the end of the log."""
    try:
        for condition in expected:
            check_expected(copy.store, condition)
    except PlangraphError as error:
        return Word(error)
    replaced = find_replaced(copy.store, write) if copy.gated else None
    try:
        done = make(copy, write)
    except PlangraphError as error:
        # What is wrong with a body is known before anything is done; an update may have been done in part.
        return Word(error, not isinstance(write, Update) and not isinstance(error, QueryTooHungry))
    made = done.change
    try:
        judged = copy.gated and (made or done.faults)
        outcome = judge(copy, done, replaced) if judged else accept(copy, done)
        if copy.gated and done.target is not None:
            outcome = replace(outcome, written=add_digest(copy.store, outcome.written, done.target))
    except ChangeRefused as error:
        return Word(error, undo(copy.store, made))
    except PlangraphError as error:
        return Word(error, usable=False)
    if not outcome.change:
        return Word(outcome.written, usable=not made)
    copy.follow(outcome.change, outcome.written.revision)
    return Word(outcome.put(log))


@dataclass(frozen=True)
class Made:
    """What a write has done: the change, what it was for, and what was seen of a submission.

    ``target`` is the one graph or part that a write was for, and ``existed`` says whether it was there.
    ``held`` are the parts that the registry had, where the change does not tell which of them are gone.
    """

    change: Change
    target: str | None = None
    notes: tuple[Finding, ...] = ()
    faults: tuple[Finding, ...] = ()
    held: frozenset[str] = frozenset()
    existed: bool | None = None


def make(copy: Copy, write: Write) -> Made:
    """Do a write on a copy, whoever may do it; raises what an update, an upload and their guards raise.

    A text passes the guard here, just before the parser.
    """
    store, limits = copy.store, copy.limits
    if isinstance(write, Submission):
        done = submit(store, write, limits, copy.lexicon)
        return Made(done.change, graph(f"document/{done.slug}").value, done.notes, done.faults)
    if isinstance(write, GraphWrite) and write.thing is not None:
        existed = bool(find_quads(store, write.thing))
        return Made(write_thing(store, write, limits), write.thing, existed=existed)
    held = list_held(copy, write)
    if isinstance(write, GraphWrite):
        return Made(write_graph(store, write, limits), write.graph, held=held)
    check_update(write.text, limits)
    made = update(store, write.text, limits, write.using_graph_uris, write.using_named_graph_uris)
    return Made(made, held=held)


def list_held(copy: Copy, write: Update | GraphWrite) -> frozenset[str]:
    """The parts of the registry, where a write may empty it and it is too large for a list of its quads."""
    spared = isinstance(write, GraphWrite) and (write.graph != REGISTRY.value or write.method == "POST")
    if spared or not copy.gated or not passes(copy.store, [REGISTRY], FEW_QUADS):
        return frozenset()
    return list_registry(copy.store)


def accept(copy: Copy, done: Made) -> Outcome:
    """The outcome where nothing is checked and nothing follows."""
    revision = changes.next_revision(copy.revision, done.change) if done.change else copy.revision
    return Outcome(done.change, replace(tell(revision, done.change), warnings=describe(done.notes)), {})


def judge(copy: Copy, done: Made, replaced: Replaced | None = None) -> Outcome:
    """The outcome where the data is gated: with what follows, and with the text of each part written.

    ``replaced`` is what stood where the write has put something else.

    A graph that holds nothing any more ceases to exist, as it does in a journal and in files.
    Raises :class:`ChangeRefused`; the copy holds nothing then but what was made.
    """
    made, texts = done.change, dict[str, bytes | None]()
    for name in sorted(made.find_graphs(), key=str):
        check_graph(name)
        assert isinstance(name, NamedNode)  # noqa: S101 - no other may be written
        for part in find_parts(copy.store, made, name, done.held):
            texts[part] = write_text(copy.store, part)
        if passes(copy.store, [name], 0):
            continue
        if name in made.created:
            raise ChangeRefused(f"{name} would hold nothing", rule="empty")
        if copy.store.contains_named_graph(name):
            copy.store.remove_graph(name)
            made = replace(made, dropped=made.dropped | {name})
    noticed = list(find_notices(copy.store, made, replaced))
    verdict = judge_change(copy.store, made, copy.limits, done.faults, copy.repeated)
    written = replace(
        tell(verdict.revision, verdict.change),
        existed=not made.created if done.existed is None else done.existed,
        warnings=describe([*done.notes, *noticed, *verdict.warnings]),
        digests={name: None if text is None else digest_text(text) for name, text in texts.items()},
    )
    if verdict.revision == copy.revision:  # the same in other words, such as with other blank nodes
        return Outcome(Change(), replace(written, removed=0, added=0), {})
    return Outcome(verdict.change, written, texts)


def add_digest(store: Store, written: Written, target: str) -> Written:
    """The word on a write, with the digest of what it was for."""
    if target in written.digests:
        return replace(written, digest=written.digests[target])
    text = write_text(store, target)
    digest = None if text is None else digest_text(text)
    of_part = {} if target == REGISTRY.value else {target: digest}  # the registry has many
    return replace(written, digest=digest, digests=written.digests or of_part)


def describe(findings: Iterable[Finding]) -> tuple[dict[str, Any], ...]:
    """Findings as members of an answer."""
    return tuple(finding.describe_member() for finding in findings)


def tell(revision: str, made: Change) -> Written:
    """The word on a change."""
    return Written(revision, made.removed_quads, made.added_quads, existed=not made.created)


def undo(store: Store, made: Change) -> bool:
    """Take back what was made and refused; whether the copy is what it was."""
    back = changes.invert(made)
    if back is None:
        return False
    changes.apply(store, back)
    return True


def write_graph(store: Store, write: GraphWrite, limits: Limits) -> Change:
    """Replace, extend or remove one graph."""
    place = DefaultGraph() if write.graph is None else NamedNode(write.graph)
    match write.method:
        case "PUT":
            return replace_graph(store, place, write.uploads, limits)
        case "POST":
            return merge_graph(store, place, write.uploads, limits)
        case "DELETE":
            return delete_graph(store, place)


def write_thing(store: Store, write: GraphWrite, limits: Limits) -> Change:
    """Replace or remove one thing of the registry."""
    assert write.thing is not None  # noqa: S101 - its caller has seen it
    thing = NamedNode(write.thing)
    if write.method == "DELETE":
        return delete_thing(store, thing)
    return replace_thing(store, thing, write.uploads, limits)


def prepare(*, gated: bool = True) -> None:
    """Read now what an upload reads when it is first made, and a check, since a writer opens no file."""
    own_context()
    if not gated:
        return
    with suppress(ChangeRefused):
        document = f"<{GRAPH}document/none>"
        change = Change(
            added=f"<{ID}document/none> {term('rdf:type')} <{NS}Document> {document} .\n".encode()
        )
        store = Store()
        changes.apply(store, change)
        judge_change(store, change, Limits())
