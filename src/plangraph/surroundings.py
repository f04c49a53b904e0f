"""What a file or a graph refers to: descriptions from registry and vocabulary, other documents on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeGuard, cast

from pyoxigraph import NamedNode, Quad, Store

from plangraph.files import GraphFile, list_registry, list_vocabulary, packaged, read_graph
from plangraph.terms import ID, NS, SLUG, Term, graph, pg, split_thing, term

TYPE: Final = term("rdf:type")
FOLLOWED: Final = frozenset(pg(name) for name in ("takenFrom", "copyOf", "inDocument", "assertsClaim"))
"""What a rule may look through to what lies behind: the hops of a chain, their documents and claims."""

SHARED: Final = tuple(graph(name) for name in ("registry", "ontology", "topics"))
"""The graphs that any document may refer to."""


class Surroundings:
    """Descriptions that a file may refer to: the vocabulary, a registry, and on demand other documents.

    Another document of the same data set is read only when its things are asked for: the slug of a thing
    begins with that of its document.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root or packaged("data")
        self.known: dict[NamedNode, list[Quad]] = {}
        self.opened: set[str] = set()
        for file in list_vocabulary():
            if file.graph != graph("shapes"):
                self.learn(read_graph(file))
        for file in list_registry(root):
            self.learn(read_graph(file))

    def learn(self, quads: Iterable[Quad]) -> None:
        """Take descriptions in."""
        for quad in quads:
            if isinstance(quad.subject, NamedNode):
                self.known.setdefault(quad.subject, []).append(quad)

    def describe(self, thing: NamedNode) -> list[Quad]:
        """What is known of a thing; empty where it is described nowhere."""
        if thing not in self.known:
            kind_and_slug = split_thing(thing.value)
            slug = kind_and_slug[1].partition("--")[0] if kind_and_slug else ""
            path = self.root / "documents" / f"{slug}.ttl"
            if slug and slug not in self.opened and path.is_file():
                self.opened.add(slug)
                self.learn(read_graph(GraphFile(path, graph(f"document/{slug}"))))
        return self.known.get(thing, [])

    def gather(self, quads: Sequence[Quad]) -> list[Quad]:
        """The descriptions of everything that the quads refer to and do not describe themselves."""
        return gather(quads, self.describe)


class Neighbours:
    """Descriptions that a graph of a store may refer to, looked up there and nowhere else.

    One description costs a few look-ups, however much the store holds.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.known: dict[NamedNode, list[Quad]] = {}

    def describe(self, thing: NamedNode) -> list[Quad]:
        """What is known of a thing; empty where it is described nowhere."""
        if thing not in self.known:
            self.known[thing] = self.look_up(thing)
        return self.known[thing]

    def look_up(self, thing: NamedNode) -> list[Quad]:
        """As :meth:`describe`, from the store."""
        for name in SHARED:
            if found := list(self.store.quads_for_pattern(thing, None, None, name)):
                return found
        home = find_home(thing)
        return [] if home is None else list(self.store.quads_for_pattern(thing, None, None, home))

    def gather(self, quads: Sequence[Quad]) -> list[Quad]:
        """The descriptions of everything that the quads refer to and do not describe themselves."""
        return gather(quads, self.describe)


def find_home(thing: NamedNode) -> NamedNode | None:
    """The graph of the document that a thing belongs to by its slug, if there is such a document."""
    kind_and_slug = split_thing(thing.value)
    slug = kind_and_slug[1].partition("--")[0] if kind_and_slug else ""
    return graph(f"document/{slug}") if SLUG.fullmatch(slug) else None


def gather(quads: Sequence[Quad], describe: Callable[[NamedNode], Sequence[Quad]]) -> list[Quad]:
    """What is known of all that quads refer to and do not describe, and of what lies behind for a rule."""
    own = {quad.subject for quad in quads if quad.predicate == TYPE}
    waiting = [quad.object for quad in quads if refers(quad) and quad.object not in own]
    seen: set[NamedNode] = set()
    found: list[Quad] = []
    while waiting:
        thing = cast(NamedNode, waiting.pop())
        if thing not in seen:
            seen.add(thing)
            described = describe(thing)
            found += described
            waiting += [quad.object for quad in described if quad.predicate in FOLLOWED]
    return found


def refers(quad: Quad) -> bool:
    """Whether the object of a quad is a thing or a term of ours."""
    return is_ours(quad.object)


def is_ours(node: Term) -> TypeGuard[NamedNode]:
    """Whether a node is a thing or a term of ours."""
    return isinstance(node, NamedNode) and node.value.startswith((ID, NS))


@lru_cache(maxsize=4)
def open_surroundings(root: Path | None) -> Surroundings:
    """The surroundings of a data set's files, read once a process."""
    return Surroundings(root)
