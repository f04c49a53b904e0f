"""Hold updates against the W3C suite: the change of each leads to what the engine and the suite say.

    .ci/updates.py FOLDER     the folder of the suite, with sparql11 and sparql12

Every evaluation test of updates is done by `plangraph.update` on one copy of its data and by the engine on
another; the change is written, read, and applied to a third. The graphs that differ must be among those that
the text was said to touch. Every text of a syntax test is read too, and one that the suite calls well-formed
must not be refused, LOAD excepted. The number of cases is asserted.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    parse,
)

from plangraph.change import apply, read, write
from plangraph.errors import PlangraphError
from plangraph.operations import check_update
from plangraph.settings import Limits
from plangraph.terms import PREFIXES
from plangraph.touched import find_touched
from plangraph.update import update

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
HERE = "http://suite.example/"
CASES = {"evaluation": 97, "positive": 60, "negative": 15}


class Suite:
    """The files of the suite, each under an IRI of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def name(self, path: Path) -> str:
        """The IRI of a file."""
        return HERE + quote(str(path.relative_to(self.root)))

    def find(self, iri: str) -> Path:
        """The file of an IRI."""
        return self.root / iri.removeprefix(HERE)

    def parse(self, path: Path) -> list[Quad]:
        """What a file says; its blank nodes are its own."""
        return list(
            parse(path.read_bytes(), format=RdfFormat.TRIG, base_iri=self.name(path), rename_blank_nodes=True)
        )

    def manifests(self, versions: Sequence[str] = ("sparql11", "sparql12")) -> Iterator[tuple[Path, Store]]:
        """Every manifest of these versions, as a store."""
        for version in versions:
            for path in sorted((self.root / version).rglob("manifest.ttl")):
                store = Store()
                store.extend(self.parse(path))
                yield path, store


def objects(store: Store, subject: NamedNode | BlankNode, predicate: str) -> list[NamedNode | BlankNode]:
    """The nodes that a property of a node points at."""
    found = (quad.object for quad in store.quads_for_pattern(subject, NamedNode(predicate), None))
    return [node for node in found if isinstance(node, NamedNode | BlankNode)]


def hold_data(suite: Suite, manifest: Store, node: NamedNode | BlankNode) -> Store:
    """The data set that a node of a manifest describes."""
    store = Store()
    for file in objects(manifest, node, UT + "data"):
        store.extend(suite.parse(suite.find(file.value)))
    for graph in objects(manifest, node, UT + "graphData"):
        (file,) = objects(manifest, graph, UT + "graph")
        (label,) = (quad.object for quad in manifest.quads_for_pattern(graph, LABEL, None))
        name = NamedNode(str(getattr(label, "value", label)))
        store.add_graph(name)
        for quad in suite.parse(suite.find(file.value)):
            store.add(Quad(quad.subject, quad.predicate, quad.object, name))
    return store


def canonical(store: Store) -> set[Quad]:
    """The quads, blank nodes labelled by what is said of them."""
    dataset = Dataset(store)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)


def copy(store: Store) -> Store:
    """A store with the same quads, labels and graphs."""
    made = Store()
    made.extend(store)
    for graph in store.named_graphs():
        made.add_graph(graph)
    return made


def find_changed(one: Store, other: Store) -> set[NamedNode | BlankNode | DefaultGraph]:
    """The graphs that two stores hold different things in."""
    held = ({*one}, {*other})
    named = ({*one.named_graphs()}, {*other.named_graphs()})
    return {quad.graph_name for quad in held[0] ^ held[1]} | (named[0] ^ named[1])


def run_evaluation(suite: Suite, manifest: Store, test: NamedNode | BlankNode) -> str:
    """What became of an evaluation test."""
    (action,), results = objects(manifest, test, MF + "action"), objects(manifest, test, MF + "result")
    before = hold_data(suite, manifest, action)
    expected = hold_data(suite, manifest, results[0]) if results else Store()
    (request,) = objects(manifest, action, UT + "request")
    text = suite.find(request.value).read_text(encoding="utf-8")
    text = f"BASE <{request.value}> {text}"
    try:
        check_update(text, Limits())
    except PlangraphError as error:
        return f"refused: {error.broken_rule}"
    found, applied, engine = copy(before), copy(before), copy(before)
    change = update(found, text, Limits())
    apply(applied, read(write(change)))
    engine.update(text, prefixes=PREFIXES)
    if set(applied) != set(found) or {*applied.named_graphs()} != {*found.named_graphs()}:
        return "the change does not lead there"
    if canonical(found) != canonical(engine):
        return "the engine gives something else"
    touched = find_touched(text)
    if (
        touched.bounded
        and not {
            graph
            for graph in find_changed(before, engine)
            if graph == DefaultGraph() or not touched.every_named
        }
        <= touched.graphs
    ):
        return "a graph changed that was not named"
    if canonical(found) != canonical(expected):
        return "the suite expects something else"
    return "passed, bounded" if touched.bounded else "passed, not bounded"


def run_syntax(suite: Suite, manifest: Store, test: NamedNode | BlankNode, positive: bool) -> str:
    """What became of a syntax test."""
    (action,) = objects(manifest, test, MF + "action")
    text = f"BASE <{action.value}> " + suite.find(action.value).read_text(encoding="utf-8")
    touched = find_touched(text)
    try:
        check_update(text, Limits())
        update(Store(), text, Limits())
    except PlangraphError as error:
        if error.broken_rule in ("evaluation", "load"):
            return f"{error.broken_rule}, {'bounded' if touched.bounded else 'not bounded'}"
        return "wrongly refused" if positive else "refused, as it should"
    if not positive:
        return "wrongly accepted"
    return "accepted, bounded" if touched.bounded else "accepted, not bounded"


def main(root: Path) -> int:
    """Run all and say so; 0 where every case ended as it should."""
    suite = Suite(root)
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in CASES}
    failed = []
    for path, manifest in suite.manifests():
        for quad in manifest.quads_for_pattern(None, TYPE, None):
            if not isinstance(quad.subject, NamedNode | BlankNode):
                continue
            kind = str(quad.object).rpartition("#")[2].rstrip(">")
            if kind == "UpdateEvaluationTest":
                name, outcome = "evaluation", run_evaluation(suite, manifest, quad.subject)
            elif kind.startswith("PositiveUpdateSyntaxTest"):
                name, outcome = "positive", run_syntax(suite, manifest, quad.subject, positive=True)
            elif kind.startswith("NegativeUpdateSyntaxTest"):
                name, outcome = "negative", run_syntax(suite, manifest, quad.subject, positive=False)
            else:
                continue
            outcomes[name][outcome] += 1
            if not outcome.startswith(("passed", "accepted", "refused", "evaluation,", "load,")):
                failed.append(f"{path.parent.name} {quad.subject}: {outcome}")
    for name, counts in outcomes.items():
        sys.stdout.write(f"{name}: {counts.total()} of {CASES[name]} cases: {dict(counts)}\n")
    sys.stdout.writelines(f"{line}\n" for line in failed)
    return 1 if failed or {name: counts.total() for name, counts in outcomes.items()} != CASES else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
