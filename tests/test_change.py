"""A change is found, written, read back and applied whole, and names the next revision."""

from __future__ import annotations

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from plangraph.change import Change, apply, compare, dump_graph, join, next_revision, read, write
from plangraph.terms import Graph

ONE, TWO = NamedNode("http://e/one"), NamedNode("http://e/two")
BEFORE = """
<http://e/a> <http://e/p> "x" .
<http://e/a> <http://e/p> "stays" <http://e/one> .
<http://e/a> <http://e/p> "line \\n . end" <http://e/one> .
_:b <http://e/p> <<( <http://e/a> <http://e/p> "t"@en--ltr )>> <http://e/two> .
"""
AFTER = """
<http://e/a> <http://e/p> "y" .
<http://e/a> <http://e/p> "stays" <http://e/one> .
_:b <http://e/p> _:c <http://e/two> .
"""


def make_store(nquads: str, *graphs: NamedNode) -> Store:
    """A store with these quads, blank nodes by their labels, and with empty graphs."""
    store = Store()
    store.extend(parse(nquads, format=RdfFormat.N_QUADS))
    for graph in graphs:
        store.add_graph(graph)
    return store


def find_change(before: Store, after: Store) -> Change:
    graphs: list[Graph] = [DefaultGraph(), ONE, TWO]
    return compare(
        {graph: dump_graph(before, graph) for graph in graphs},
        {graph: dump_graph(after, graph) for graph in graphs},
    )


def test_a_change_holds_what_went_and_what_came_and_nothing_else() -> None:
    change = find_change(make_store(BEFORE), make_store(AFTER))
    assert (change.removed_quads, change.added_quads) == (3, 2)
    assert "stays" not in (change.removed + change.added).decode()
    assert change.find_graphs() == {DefaultGraph(), ONE, TWO}


def test_a_change_that_was_written_and_read_leads_to_the_same_store() -> None:
    store, after = make_store(BEFORE), make_store(AFTER)
    change = find_change(store, after)
    assert read(write(change)) == change
    apply(store, read(write(change)))
    assert set(store) == set(after)


def test_blank_nodes_keep_their_labels() -> None:
    store = make_store(BEFORE)
    apply(
        store,
        Change(
            removed=b"_:b <http://e/p> " + b'<<( <http://e/a> <http://e/p> "t"@en--ltr )>> <http://e/two> .\n'
        ),
    )
    assert list(store.quads_for_pattern(None, None, None, TWO)) == []


def test_emptied_dropped_and_created_graphs_are_applied() -> None:
    store = make_store(BEFORE)
    added = b"<http://e/n> <http://e/p> <http://e/o> <http://e/one> .\n"
    three = NamedNode("http://e/three")
    change = Change(
        added=added,
        emptied=frozenset({DefaultGraph(), ONE, TWO, NamedNode("http://e/unheard-of")}),
        dropped=frozenset({TWO}),
        created=frozenset({three}),
        emptied_quads=4,
    )
    assert change.removed_quads == 4
    apply(store, read(write(change)))
    assert set(store) == set(parse(added, format=RdfFormat.N_QUADS))
    assert set(store.named_graphs()) == {ONE, three}
    assert {DefaultGraph(), ONE, TWO, three} < change.find_graphs()


def test_no_change_is_false_and_changes_nothing() -> None:
    store = make_store(BEFORE)
    change = find_change(store, store)
    assert not change
    apply(store, change)
    assert set(store) == set(make_store(BEFORE))
    assert bool(Change(created=frozenset({ONE})))


def test_two_changes_of_different_graphs_are_joined() -> None:
    quad = Quad(ONE, ONE, ONE, TWO)
    first = Change(added=f"{quad} .\n".encode(), created=frozenset({TWO}))
    second = Change(emptied=frozenset({ONE}), emptied_quads=3)
    joined = join(first, second)
    assert list(joined.list_added()) == [quad]
    assert (joined.emptied, joined.created, joined.removed_quads) == (
        frozenset({ONE}),
        frozenset({TWO}),
        3,
    )


def test_the_next_revision_follows_from_the_last_and_the_change() -> None:
    change = find_change(make_store(BEFORE), make_store(AFTER))
    following = next_revision("0123456789abcdef", change)
    assert len(following) == 16
    assert following == next_revision("0123456789abcdef", read(write(change)))
    assert following != next_revision("0123456789abcdee", change)
    assert following != next_revision("0123456789abcdef", Change())


def test_a_change_that_was_cut_is_not_read() -> None:
    with pytest.raises(ValueError, match="not whole"):
        read(write(Change(added=b"<a:a> <a:a> <a:a> .\n"))[:-1])
