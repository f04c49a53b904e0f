"""Graphs are replaced, merged into and deleted, and the change says what that changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store, parse

from plangraph.change import Change, apply, read, write
from plangraph.errors import (
    NotFound,
)
from plangraph.formats import NTRIPLES, TURTLE
from plangraph.graph_store import delete_graph, merge_graph, replace_graph
from plangraph.settings import Limits
from plangraph.terms import Graph
from plangraph.uploads import Upload
from plangraph.write_errors import (
    UploadSyntaxWrong,
)

G, NEW, EMPTY = NamedNode("http://e/g"), NamedNode("http://e/new"), NamedNode("http://e/empty")
DEFAULT: Final = DefaultGraph()
HELD: Final = "".join(
    f'<http://e/s> <http://e/p> "{n}"{home} .\n' for n in range(3) for home in ("", " <http://e/g>")
)


def make_store() -> Store:
    store = Store()
    store.extend(parse(HELD, format=RdfFormat.N_QUADS))
    store.add_graph(EMPTY)
    return store


def do(step: Callable[..., Change], graph: Graph, *bodies: str) -> tuple[Change, dict[Graph, int]]:
    """The change, and how many quads each graph has then; applying the change must lead there too."""
    copy, original = make_store(), make_store()
    uploads: Any = (
        () if step is delete_graph else ([Upload(body.encode(), TURTLE) for body in bodies], Limits())
    )
    change = step(copy, graph, *uploads)
    apply(original, read(write(change)))
    assert (set(original), set(original.named_graphs())) == (set(copy), set(copy.named_graphs()))
    counts: dict[Graph, int] = dict.fromkeys((DEFAULT, *copy.named_graphs()), 0)
    for quad in copy:
        counts[quad.graph_name] += 1
    return change, counts


@pytest.mark.parametrize("graph", [G, DEFAULT])
def test_a_graph_that_is_replaced_changes_only_where_it_differs(graph: Graph) -> None:
    change, counts = do(replace_graph, graph, '<http://e/s> <http://e/p> "1", "9" .')
    assert (change.removed_quads, change.added_quads) == (2, 1)
    assert counts == {DEFAULT: 3, G: 3, EMPTY: 0} | {graph: 2}


def test_the_same_content_is_no_change() -> None:
    assert not do(replace_graph, G, '<http://e/s> <http://e/p> "0", "1", "2" .')[0]
    assert not do(merge_graph, DEFAULT, '<http://e/s> <http://e/p> "2" .')[0]


@pytest.mark.parametrize("step", [replace_graph, merge_graph])
def test_a_graph_comes_into_being_even_if_it_is_empty(step: Callable[..., Change]) -> None:
    assert do(step, NEW, "")[0] == Change(created=frozenset({NEW}))
    change, counts = do(step, NEW, "<a> <b> <c> .")
    assert change == Change(
        b"", b"<http://e/a> <http://e/b> <http://e/c> <http://e/new> .\n", created=frozenset({NEW})
    )
    assert counts[NEW] == 1
    assert do(step, EMPTY, "<a> <b> <c> .")[0].created == frozenset()


def test_several_files_are_merged_and_their_blank_nodes_kept_apart() -> None:
    change, counts = do(merge_graph, G, "_:b <p> 1 . <a> <b> <c> .", "_:b <p> 1 . <a> <b> <c> .")
    assert (change.removed_quads, change.added_quads) == (0, 3)
    assert counts[G] == 6


def test_a_graph_is_deleted_and_the_default_graph_emptied() -> None:
    change, counts = do(delete_graph, G)
    assert (change.removed_quads, change.dropped, counts) == (3, frozenset({G}), {DEFAULT: 3, EMPTY: 0})
    change, counts = do(delete_graph, DEFAULT)
    assert (change.removed_quads, change.dropped, counts) == (3, frozenset(), {DEFAULT: 0, G: 3, EMPTY: 0})
    assert do(delete_graph, EMPTY)[0] == Change(dropped=frozenset({EMPTY}))


def test_large_graphs_are_emptied_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plangraph.graph_store.FEW_QUADS", 2)
    change, _ = do(replace_graph, G, '<http://e/s> <http://e/p> "1" .')
    assert (change.removed, change.emptied, change.removed_quads, change.added_quads) == (
        b"",
        frozenset({G}),
        3,
        1,
    )
    change, _ = do(delete_graph, G)
    assert (change.removed, change.emptied, change.removed_quads, change.dropped) == (
        b"",
        frozenset({G}),
        3,
        frozenset({G}),
    )


def test_a_graph_that_does_not_exist_cannot_be_deleted() -> None:
    with pytest.raises(NotFound, match="no graph <http://e/new>"):
        do(delete_graph, NEW)


def test_one_wrong_file_spoils_the_whole_request() -> None:
    store = make_store()
    with pytest.raises(UploadSyntaxWrong):
        merge_graph(
            store, G, [Upload(b"<a:a> <a:b> <a:c> .", NTRIPLES), Upload(b"<a:a>", NTRIPLES)], Limits()
        )
    assert set(store) == set(make_store())
