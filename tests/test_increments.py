"""What is computed after a change is what computing all of it anew gives, whatever the history."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from pyoxigraph import Literal, NamedNode, Quad, Store

from builders import claim, read
from crossings import ALL
from histories import Step, Telling, read_slots_alone, write_history, write_lines
from plangraph import computing
from plangraph.build import Dataset, assemble, settle
from plangraph.change import Change, apply
from plangraph.checks import is_document
from plangraph.computing import compute
from plangraph.pinning import COMPUTED
from plangraph.pinning import REGISTRY as REGISTRY_GRAPH
from plangraph.reach import HOPS, MEASURES, NAMES, ORDER, PAGES, PARTS
from plangraph.repeated import Repeated, read_repeated, read_said
from plangraph.terms import pg, term, thing
from plangraph.values import DERIVED
from services import read_packaged

ways: Counter[str] = Counter()
"""How often what was needed was computed, and how often all of it."""


def follow(store: Store, change: Change, repeated: Repeated | None = None) -> bool:
    """Make a change, and have what is computed follow; whether everything was computed for that.

    Raises ``AssertionError`` where that is not what all that the store states leads to.
    """
    apply(store, change)
    before = set(computed(store))
    found = compute(store, change, repeated)
    expected = assemble(quad for quad in store if quad.graph_name not in COMPUTED)
    assert set(computed(store)) == set(computed(expected.quads))
    assert found.revision == expected.revision
    assert (before - set(found.change.list_removed())) | set(found.change.list_added()) == set(
        computed(store)
    )
    ways["whole" if found.whole else "part"] += 1
    return found.whole


def computed(quads: Iterable[Quad]) -> Iterable[Quad]:
    return (quad for quad in quads if quad.graph_name in COMPUTED)


@cache
def assemble_first() -> Dataset:
    """The registry as every history begins, with the slots and no document."""
    return assemble([*read_slots_alone(), *Telling().state])


def begin() -> Store:
    """A store of what every history begins with, and of what is computed of that."""
    store = Store()
    store.extend(assemble_first().quads)
    for name in COMPUTED:
        store.add_graph(name)
    return store


@settings(max_examples=120, deadline=None, database=None, derandomize=True)
@given(write_history())
def check_history(history: list[Step]) -> None:
    telling, store = Telling(), begin()
    repeated = read_repeated(store)
    for step in history:
        change = telling.tell(step)
        assert not follow(store, change, repeated)
        repeated = check_repeated(repeated.follow(store, change), store)


def test_made_up_histories_lead_to_what_computing_all_of_it_gives() -> None:
    ways.clear()
    check_history()
    assert ways["whole"] == 0
    assert ways["part"] > 400
    assert ways["repeated"] > 400


def check_repeated(repeated: Repeated, store: Store) -> Repeated:
    """What was followed, which must be what reading all of it anew gives."""
    assert read_repeated(store).said.keys() <= repeated.said.keys()
    assert repeated.said == {name: read_said(store, name) for name in repeated.said}
    ways["repeated"] += len(repeated.said)
    return repeated


def test_real_documents_in_any_order_lead_to_what_computing_all_of_it_gives() -> None:
    """Documents of the corpus are retracted, put back, and put with less than they say; entries change."""
    chance = random.Random(5)
    quads = settle(quad for quad in read_packaged().quads if quad.graph_name not in COMPUTED)
    names = chance.sample(
        sorted({quad.graph_name for quad in quads if is_document(quad.graph_name)}, key=str), 60
    )
    held = {name: {quad for quad in quads if quad.graph_name == name} for name in names}
    rest = {quad for quad in quads if not is_document(quad.graph_name)}
    store = Store()
    store.extend(assemble([*rest, *(quad for name in names[:40] for quad in held[name])]).quads)
    entries = sorted((quad for quad in rest if quad.graph_name == REGISTRY_GRAPH), key=str)
    repeated = read_repeated(store)
    assert sum(len(said) for said in repeated.said.values()) > 50
    ways.clear()
    for _ in range(20):
        gone, come = set[Quad](), set[Quad]()
        for name in chance.sample(names, chance.choice([1, 1, 2, 5])):
            here = set(store.quads_for_pattern(None, None, None, name))
            less = {quad for quad in held[name] if chance.random() < 0.9}
            then = chance.choice([set(), less, held[name]])
            gone |= here - then
            come |= then - here
        for quad in chance.sample(entries, 3):
            (gone if quad in store else come).add(quad)
        change = Change(write_lines(frozenset(gone)), write_lines(frozenset(come)))
        follow(store, change, repeated)
        repeated = check_repeated(repeated.follow(store, change), store)
    assert ways["part"] == 20
    assert ways["whole"] == 0


LABEL, SLOT = term("rdfs:label"), pg("slot")
ANN = Quad(thing("actor", "ann"), LABEL, Literal("Ann"), REGISTRY_GRAPH)


@pytest.mark.parametrize(
    ("added", "removed"),
    [
        ("actor:ann rdfs:label [ rdfs:label 'a blank node' ] .", ""),
        ("actor:ann rdfs:label <<( actor:ann rdfs:label 'a triple' )>> .", ""),
        ("pg:wish rdfs:subPropertyOf pg:slot ; pg:comparison pg:set .", ""),
        ("pg:duration rdfs:label 'how long'@en .", ""),
        ("", "actor:body a schema:Organization ."),
    ],
)
def test_what_cannot_be_bounded_is_computed_whole(
    added: str, removed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin()
    if removed:
        monkeypatch.setattr(computing, "FEW_REACHED", -1)
        monkeypatch.setattr(computing, "SHARE_REACHED", -1)
    gone, come = (write_lines(frozenset(read(text, "registry"))) for text in (removed, added))
    assert follow(store, Change(gone, come))


def test_an_emptied_graph_does_not_tell_what_it_held_so_all_is_computed() -> None:
    store = begin()
    assert follow(store, Change(emptied=frozenset({REGISTRY_GRAPH}), emptied_quads=1))


@pytest.mark.parametrize("name", sorted(COMPUTED, key=str))
def test_a_store_without_a_computed_graph_gets_it(name: NamedNode) -> None:
    store = begin()
    store.remove_graph(name)
    assert follow(store, Change(added=write_lines(frozenset({ANN}))))
    assert not follow(store, Change(removed=write_lines(frozenset({ANN}))))


def test_each_triple_that_deriving_reads_can_come_and_go() -> None:
    """One quad after the other is taken out and put back; each predicate that is read decides something."""
    stated = settle(read(ALL, "registry"))
    store = Store()
    store.extend(assemble([*read_slots_alone(), *stated]).quads)
    first = set(store)
    derived = {quad for quad in first if quad.graph_name == DERIVED}
    deciding = set()
    for quad in sorted(stated, key=str):
        lines = write_lines(frozenset({quad}))
        assert not follow(store, Change(removed=lines))
        if set(store.quads_for_pattern(None, None, None, DERIVED)) != derived:
            deciding.add(quad.predicate)
        back = Change(added=lines)
        apply(store, back)
        assert not compute(store, back).whole
    assert set(store) == first
    assert (HOPS | PAGES | PARTS | MEASURES | ORDER | NAMES) - deciding == set()


class CountingStore:
    """A store that counts the quads that it is asked for one by one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def __contains__(self, quad: Quad) -> bool:
        return quad in self.store

    def quads_for_pattern(self, *pattern: Any) -> Iterator[Quad]:
        for quad in self.store.quads_for_pattern(*pattern):
            self.rows += 1
            yield quad


def tell_of_troops(name: str, provision: str) -> list[Quad]:
    """A document that describes a quantity which others describe as well."""
    return read(
        f"""
        document:{name} a pg:Document ; schema:publisher outlet:r .
        quantity:many a pg:Quantity ; pg:number 600000 ; pg:unit concept:persons ; rdfs:label "many"@en .
        {claim(name, f"provision:{provision}", "pg:troopCeiling quantity:many")}
        """,
        f"document/{name}",
    )


def count_rows(documents: int, *, remembered: bool) -> int:
    """How many quads are looked at for one more document on what the first of so many tells of."""
    names = [f"d{number}" for number in range(documents)]
    registry = "".join(f"provision:{name} a pg:Provision . " for name in names)
    stated = [*read_slots_alone(), *read(registry + "outlet:r a schema:Organization .", "registry")]
    for name in names:
        stated += tell_of_troops(name, name)
    store = Store()
    store.extend(assemble(settle(stated)).quads)
    change = Change(added=write_lines(frozenset(settle(tell_of_troops("more", "d0")))))
    apply(store, change)
    counting: Any = CountingStore(store)
    assert not compute(counting, change, read_repeated(store) if remembered else None).whole
    return int(counting.rows)


def test_what_one_document_costs_does_not_grow_with_those_that_describe_the_same_quantity() -> None:
    few, many = (count_rows(documents, remembered=True) for documents in (20, 200))
    assert few == many
    assert count_rows(200, remembered=False) > many + 200
