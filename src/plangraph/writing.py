"""A writer, from the inside: one write on its own copy of the store, and the change that it made.

The copy is a fork of the process that holds the data, and ends with the write; only the change gets out.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, Store

from plangraph import change as changes
from plangraph.change import Change
from plangraph.changelog import append
from plangraph.confinement import confine
from plangraph.errors import EngineFailed, PlangraphError
from plangraph.gate import judge_change
from plangraph.graph_store import delete_graph, merge_graph, replace_graph
from plangraph.operations import check_update
from plangraph.serving import Inbox
from plangraph.settings import Limits
from plangraph.terms import GRAPH, ID, NS, term
from plangraph.update import update
from plangraph.write_errors import ChangeRefused
from plangraph.writes import HEAD, GraphWrite, Update, Write, Written, pack_word, unpack_write


@dataclass(frozen=True)
class Copy:
    """A copy of the data that a write may spoil, and what decides on the write."""

    store: Store
    revision: str
    limits: Limits
    gated: bool


def serve_write(channel: socket.socket, copy: Copy, log: int, parent: int) -> None:
    """Do the write that comes in, put its change at the end of the log, and tell what became of it."""
    confine(parent, copy.limits.write_memory_bytes)
    inbox = Inbox(channel)
    if not (head := inbox.take(HEAD.size)):
        return
    outcome: Written | PlangraphError
    try:
        write = unpack_write(inbox.take(*HEAD.unpack(head)))
        made, outcome = perform(copy, write)
        if made:
            written = changes.write(made)
            outcome = replace(outcome, offset=append(log, written), length=len(written))
    except PlangraphError as error:
        outcome = error
    except MemoryError:
        raise
    except BaseException as error:  # a panic of the engine is no Exception; its words stay inside
        outcome = EngineFailed(f"the engine failed on this write ({type(error).__name__})")
    channel.sendall(pack_word(outcome))


def perform(copy: Copy, write: Write) -> tuple[Change, Written]:
    """Do a write on a copy, and say what it changed.

    A text passes the guard here, just before the parser. Where the data is gated, what was written is
    checked, and what follows from it is added. Raises what :func:`plangraph.operations.check_update`,
    :func:`plangraph.update.update`, :mod:`plangraph.graph_store` and the gate raise.
    """
    store, limits, revision = copy.store, copy.limits, copy.revision
    if isinstance(write, Update):
        check_update(write.text, limits)
        made = update(store, write.text, limits, write.using_graph_uris, write.using_named_graph_uris)
    else:
        made = write_graph(store, write, limits)
    existed = not made.created
    warnings: tuple[dict[str, Any], ...] = ()
    if made and copy.gated:
        verdict = judge_change(store, made, limits)
        made, revision = verdict.change, verdict.revision
        warnings = tuple(finding.describe_member() for finding in verdict.warnings)
    elif made:
        revision = changes.next_revision(revision, made)
    return made, Written(revision, made.removed_quads, made.added_quads, existed=existed, warnings=warnings)


def write_graph(store: Store, write: GraphWrite, limits: Limits) -> Change:
    """Replace, extend or remove one graph."""
    graph = DefaultGraph() if write.graph is None else NamedNode(write.graph)
    match write.method:
        case "PUT":
            return replace_graph(store, graph, write.uploads, limits)
        case "POST":
            return merge_graph(store, graph, write.uploads, limits)
        case "DELETE":
            return delete_graph(store, graph)


def prepare() -> None:
    """Read now what a check reads when it is first made, since a writer opens no file."""
    with suppress(ChangeRefused):
        document = f"<{GRAPH}document/none>"
        change = Change(
            added=f"<{ID}document/none> {term('rdf:type')} <{NS}Document> {document} .\n".encode()
        )
        store = Store()
        changes.apply(store, change)
        judge_change(store, change, Limits())
