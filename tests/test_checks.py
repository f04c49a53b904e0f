"""What is checked after a change: little, and what breaks a rule is found as by checking everything."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, Store
from rdflib import RDF, RDFS, SH
from rdflib.term import Node

from builders import read
from folders import write_dated
from histories import write_lines
from plangraph.build import build
from plangraph.change import Change, apply, invert
from plangraph.checks import (
    Check,
    check_whole,
    find_findings,
    find_referring,
    find_subjects,
    is_document,
    plan_checks,
)
from plangraph.findings import Finding
from plangraph.nearby import BACKWARD, TAKEN_FROM, THROUGH, Vicinity
from plangraph.pinning import REGISTRY
from plangraph.rule_reads import find_reads
from plangraph.rules import Rule, open_rules, to_term
from plangraph.terms import Graph, pg, term, thing
from services import read_packaged

EDITS = 12


@pytest.fixture(scope="module")
def store() -> Store:
    """The packaged data; each test leaves it as it was."""
    made = Store()
    made.bulk_extend(read_packaged().quads)
    return made


def find_all(store: Store, change: Change) -> Iterator[Finding]:
    """The findings on every graph that a change touches, and every document that refers to such things."""
    for name in change.find_graphs() | find_referring(store, find_subjects(change)):
        yield from check_whole(Vicinity(store), name)


def find_violations(findings: Iterator[Finding]) -> set[Finding]:
    return {finding for finding in findings if finding.severity == "violation"}


def make_edits(store: Store, count: int) -> Iterator[Change]:
    """Edits of the registry and of documents: triples or whole descriptions that go, or lead elsewhere."""
    chance = random.Random(11)
    stated = sorted(
        (quad for quad in store if quad.graph_name == REGISTRY or is_document(quad.graph_name)), key=str
    )
    entries = [quad for quad in stated if quad.graph_name == REGISTRY]
    predicates = sorted({quad.predicate for quad in entries}, key=str)
    for number in range(count):
        match number % 4:
            case 0 | 1:
                predicate = chance.choice(predicates)
                gone = [chance.choice([quad for quad in entries if quad.predicate == predicate])]
            case 2:
                subject = chance.choice(entries).subject
                gone = [quad for quad in entries if quad.subject == subject]
            case _:
                gone = chance.sample(list(of_graph(store, chance.choice(stated).graph_name)), 3)
        come = set[Quad]()
        if number % 3 == 0:
            gone = gone[:1]
            other = chance.choice([quad for quad in stated if quad.predicate == gone[0].predicate]).object
            come = {Quad(gone[0].subject, gone[0].predicate, other, gone[0].graph_name)} - set(gone)
        yield Change(write_lines(frozenset(gone)), write_lines(frozenset(come)))


def of_graph(store: Store, name: Graph) -> Iterator[Quad]:
    return iter(sorted(store.quads_for_pattern(None, None, None, name), key=str))


def test_what_is_found_is_what_checking_everything_touched_finds(store: Store) -> None:
    assert EDITS // 4 < sum(compare_checks(store, change) for change in make_edits(store, EDITS)) < EDITS


def test_of_a_small_data_set_each_triple_is_missed_as_by_checking_everything(tmp_path: Path) -> None:
    store = Store()
    store.extend(build(write_dated(tmp_path / "data")).quads)
    stated = list_stated(store)[::2]
    refused = sum(compare_checks(store, Change(removed=write_lines(frozenset({quad})))) for quad in stated)
    assert 30 < refused < len(stated) - 10


def compare_checks(store: Store, change: Change) -> bool:
    """Whether a change breaks a rule; raises ``AssertionError`` where the two ways of checking disagree."""
    with made(store, change):
        found = find_violations(find_findings(store, change))
        assert found == find_violations(find_all(store, change)), change
    return bool(found)


def list_stated(store: Store) -> list[Quad]:
    """What can be written, in order."""
    stated = (quad for quad in store if quad.graph_name == REGISTRY or is_document(quad.graph_name))
    return sorted(stated, key=str)


def test_another_spelling_of_an_outlet_has_no_report_of_it_checked(store: Store) -> None:
    outlet, reports = find_most_cited(store)
    assert len(reports) > 3
    with made(
        store, Change(added=f'{outlet} {term("skos:altLabel")} "x"@en {REGISTRY} .\n'.encode())
    ) as change:
        checks = plan_checks(store, change)
        assert checks == {REGISTRY: Check(things={outlet})}
        assert list(find_findings(store, change)) == []


def test_an_outlet_that_goes_is_missed_by_every_report_of_it(store: Store) -> None:
    outlet, reports = find_most_cited(store)
    lines = write_lines(frozenset(store.quads_for_pattern(outlet, None, None, REGISTRY)))
    with made(store, Change(removed=lines)) as change:
        assert reports <= set(plan_checks(store, change))
        found = find_violations(find_findings(store, change))
        assert {name.value for name in reports if isinstance(name, NamedNode)} <= {
            entry.path for entry in found
        }


def test_a_document_is_checked_whole_and_the_registry_where_its_nodes_have_no_names(store: Store) -> None:
    home = next(name for name in store.named_graphs() if is_document(name))
    quad = Quad(thing("document", "x"), term("rdfs:label"), Literal("x"), home)
    with made(store, Change(added=write_lines(frozenset({quad})))) as change:
        assert plan_checks(store, change)[home].whole
    for text in ("actor:x rdfs:label [ rdfs:label 'x' ] .", "pg:Wish rdfs:subClassOf pg:Claim ."):
        with made(store, Change(added=write_lines(frozenset(read(text, "registry"))))) as change:
            assert plan_checks(store, change)[REGISTRY].whole


def find_most_cited(store: Store) -> tuple[NamedNode, set[Graph]]:
    """The outlet with most reports, and the graphs of these."""
    reports: dict[NamedNode, set[Graph]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, term("schema:publisher"), None, None):
        if is_document(quad.graph_name) and isinstance(quad.object, NamedNode):
            reports[quad.object].add(quad.graph_name)
    return max(reports.items(), key=lambda entry: (len(entry[1]), entry[0].value))


@contextmanager
def made(store: Store, change: Change) -> Iterator[Change]:
    """A change while the store has it."""
    apply(store, change)
    yield change
    back = invert(change)
    assert back is not None
    apply(store, back)


def test_a_rule_says_what_it_reads_of_others() -> None:
    rules = open_rules(False).rules
    reads = {name_shape(rule): rule.reads or frozenset() for rule in rules}
    kinds = frozenset[Node]({RDF.type, RDFS.subClassOf})
    assert len(reads) > 250
    assert reads["actor-label"] == reads["claim-formulation"] == frozenset()
    assert reads["claim-version"] == kinds
    assert reads["claim-option-version"] == frozenset({to_term(pg("ofVersion"))})
    assert reads["slot-action"] == frozenset({to_term(term("skos:inScheme"))})
    assert reads["evidence-used"] == frozenset({to_term(pg("hasEvidence"))})
    assert {to_term(pg("assertsClaim")), to_term(pg("about"))} <= reads["attribution-chain"]
    assert sum(not found for found in reads.values()) > 100
    assert all(rule.reads is not None for rule in rules)


def test_a_query_on_any_property_of_another_thing_minds_everything() -> None:
    shapes = rdflib.Graph()
    for text in (
        "SELECT $this { ?other ?any $this }",
        "SELECT $this { $this pg:about ?other . ?other ?any ?x }",
    ):
        assert find_reads(shapes, rdflib.URIRef("http://e/shape"), [text]) is None
    for text in ("SELECT $this { $this ?any ?x }", "SELECT $this { ?x ?p $this . FILTER(?p IN (pg:about)) }"):
        assert find_reads(shapes, rdflib.URIRef("http://e/shape"), [text]) == frozenset()


def test_the_ways_along_which_rules_look_are_those_that_are_followed() -> None:
    """A rule that looks further, or back along another predicate, has to be followed there."""
    graph = open_rules(False).graph
    texts = [ask.text for rule in open_rules(False).rules for ask in rule.asks]
    repeated = {term(name) for text in texts for name in re.findall(r"([a-z]+:[A-Za-z]+)[*+]", text)}
    assert repeated == {TAKEN_FROM, pg("copyOf"), pg("coveredBy"), term("schema:containedInPlace")}
    assert repeated <= THROUGH
    inverse = set(graph.objects(None, SH.inversePath))
    assert inverse == {to_term(TAKEN_FROM), to_term(pg("hasEvidence"))}
    assert inverse <= {to_term(predicate) for predicate in BACKWARD}


def name_shape(rule: Rule) -> str:
    return str(rule.shape.node).rpartition("#")[2]
