"""The rules: each has a file that passes and one that fails for its one reason; data and examples pass."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import cast

import pyshacl
import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import OWL, RDF, RDFS, SH, SKOS
from rdflib.paths import mul_path
from rdflib.term import Identifier

from builders import HEAD
from plangraph.files import list_data, list_vocabulary, packaged, read_graph
from plangraph.findings import SHAPES
from plangraph.names import Names
from plangraph.pages.phrases import LANGUAGES
from plangraph.rules import Rules, Things, open_rules, to_rdflib, to_term
from plangraph.shacl import find_violations
from plangraph.shapes import check, check_file
from plangraph.surroundings import open_surroundings
from plangraph.terms import NS, graph, pg, term, thing
from services import read_packaged

HERE = Path(__file__).parent / "shapes"
PG = rdflib.Namespace(NS)
OK = sorted((HERE / "ok").glob("*.ttl"))
BAD = sorted((HERE / "bad").glob("*.ttl"))
EXAMPLES = sorted(packaged("ontology").joinpath("examples").glob("*.ttl"))
VALUE = rdflib.Variable("value")
RULES_AT_LEAST = 290
SPLIT = (PG.share, PG.amount)
"""Slots that may hold a quantity for each party: rule claim-split says when."""

TERMS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property)
NAMED = (*TERMS, SKOS.ConceptScheme, SKOS.Concept, OWL.Ontology)
"""What the vocabulary is made of, each with a label in every language of the interface."""

FIRST_OF_OR = SH["or"] / mul_path(RDF.rest, "*") / RDF.first
SCHEMES_OF_RULE = (SH.node | FIRST_OF_OR) / SH.property / SH.hasValue
"""From a rule to the schemes it takes concepts of, among the other things it may take."""


def load_shapes() -> rdflib.Graph:
    """All shapes as one rdflib graph."""
    return open_rules(True).graph + open_rules(False).graph


def load_ontology() -> rdflib.Graph:
    """The whole vocabulary as one rdflib graph."""
    merged = rdflib.Graph()
    for file in list_vocabulary():
        if not file.graph.value.endswith("/shapes"):
            for quad in read_graph(file):
                merged.add(to_rdflib(quad))
    return merged


def list_rules() -> set[str]:
    """The names of the rules: whatever has a message."""
    return {str(rule).removeprefix(SHAPES) for rule in load_shapes().subjects(SH.message)}


def items(shapes: rdflib.Graph, node: rdflib.term.Node | None) -> frozenset[rdflib.term.Node]:
    """The members of an RDF list."""
    assert node is not None
    return frozenset(shapes.items(node))


def read_quads(path: Path) -> list[Quad]:
    return list(parse(path.read_bytes(), format=RdfFormat.TURTLE))


def test_every_rule_has_one_file_that_passes_and_one_that_fails() -> None:
    rules = list_rules()
    assert len(rules) >= RULES_AT_LEAST
    assert {path.stem for path in OK} == rules
    assert {path.stem for path in BAD} == rules


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_fails_for_its_one_reason(path: Path) -> None:
    first_line = path.read_text(encoding="utf-8").partition("\n")[0]
    assert re.fullmatch(rf"# fails: {path.stem}: \S.*", first_line)
    findings = check_file(path)
    assert {finding.shape for finding in findings} == {path.stem}
    assert all(finding.line is not None and finding.focus is not None for finding in findings)


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_an_ok_file_passes(path: Path) -> None:
    assert path.read_text(encoding="utf-8").partition("\n")[0] == f"# passes: {path.stem}"
    assert check_file(path) == []


def test_an_ok_file_differs_from_its_bad_twin() -> None:
    twins = [
        (set(map(str, read_quads(ok))), set(map(str, read_quads(bad))))
        for ok, bad in zip(OK, BAD, strict=True)
    ]
    assert len(twins) >= RULES_AT_LEAST
    assert all(ok != bad for ok, bad in twins)


def test_what_the_small_documents_refer_to_is_clean() -> None:
    files = sorted((HERE / "registry").glob("*.ttl"))
    assert len(files) == 6
    assert [finding for path in files for finding in check_file(path)] == []


def test_the_packaged_data_and_vocabulary_break_no_rule() -> None:
    report = check()
    assert len(report.paths) >= 4 + len(list_data())
    assert [
        str(finding) for finding in report.findings if finding.severity in ("unreadable", "violation")
    ] == []


def test_what_is_computed_from_the_packaged_data_breaks_no_rule() -> None:
    quads = read_packaged().quads
    derived = [quad for quad in quads if quad.graph_name == graph("derived")]
    stated = [quad for quad in quads if quad.graph_name not in (graph("derived"), graph("dataset"))]
    assert len(derived) > 10_000
    found = list(find_violations(derived, stated, open_rules(False)))
    assert [focus for focus, result in found if result.get(SH.resultSeverity) == SH.Violation] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_break_no_rule(path: Path) -> None:
    assert {finding.shape for finding in check_file(path)} <= {"attribution-evidence-partial"}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


def test_the_shapes_are_shapes() -> None:
    shapes = load_shapes()
    assert len(shapes) > 2_000
    conforms, _, text = pyshacl.validate(shapes, shacl_graph=str(SH), inplace=True)
    assert conforms, text


def test_every_message_is_a_sentence_in_english() -> None:
    messages = list(load_shapes().objects(None, SH.message))
    assert len(messages) >= RULES_AT_LEAST
    for message in messages:
        assert isinstance(message, rdflib.Literal)
        assert message.language == "en"
        assert re.fullmatch(r"(?:[A-Z]|[a-z]+:)\S* .{15,}[.)]", message), message


def test_the_shapes_name_no_term_that_the_ontology_lacks() -> None:
    shapes, ontology = load_shapes(), load_ontology()
    named = {node for triple in shapes for node in triple if str(node).startswith(NS) and str(node) != NS}
    for query in shapes.objects(None, SH.select):
        named |= {PG[name] for name in re.findall(r"\bpg:(\w+)", str(query))}
    assert len(named) > 150
    assert {str(node) for node in named if (node, RDF.type, None) not in ontology} == set()


def test_every_slot_of_the_ontology_has_a_rule_that_types_it() -> None:
    shapes, ontology = load_shapes(), load_ontology()
    slots = set(ontology.subjects(RDFS.subPropertyOf, PG.slot))
    assert len(slots) >= 84
    for slot in slots:
        rules = [rule for rule in shapes.subjects(SH.path, slot) if f"{rule}".startswith(f"{SHAPES}slot-")]
        assert len(rules) == 1, slot
        assert shapes.value(rules[0], SH.targetSubjectsOf) == slot
        exclusive = ontology.value(slot, PG.comparison) in (PG.exclusive, PG.number)
        single = (slot not in SPLIT and exclusive) or slot in (PG.stanceKind, PG.changeKind)
        assert (shapes.value(rules[0], SH.maxCount) is not None) == single, slot
        typed = [shapes.value(rules[0], SH[name]) for name in ("class", "node", "datatype", "or", "in")]
        assert any(value is not None for value in typed), slot


def test_a_slot_with_a_value_scheme_takes_the_concepts_of_that_scheme() -> None:
    shapes, ontology = load_shapes(), load_ontology()
    pairs = list(ontology.subject_objects(PG.valueScheme))
    assert len(pairs) >= 20
    for slot, scheme in pairs:
        rule = next(rule for rule in shapes.subjects(SH.path, slot) if "#slot-" in str(rule))
        listed = shapes.value(rule, SH["in"])
        if listed is not None:
            assert (items(shapes, listed)) == set(ontology.subjects(SKOS.inScheme, scheme)), slot
        else:
            assert scheme in shapes.objects(rule, SCHEMES_OF_RULE), slot


def test_a_list_of_concepts_in_a_rule_is_a_whole_scheme() -> None:
    shapes, ontology = load_shapes(), load_ontology()
    schemes = {
        frozenset(ontology.subjects(SKOS.inScheme, scheme))
        for scheme in ontology.subjects(RDF.type, SKOS.ConceptScheme)
    }
    lists = [
        (rule, items(shapes, listed))
        for rule, listed in shapes.subject_objects(SH["in"])
        if isinstance(rule, rdflib.URIRef)
    ]
    of_concepts = [
        (rule, listed) for rule, listed in lists if all(str(node).startswith(NS) for node in listed)
    ]
    assert len(of_concepts) >= 13
    for rule, listed in of_concepts:
        assert listed in schemes, rule


def test_a_closed_shape_allows_what_the_rules_of_its_class_speak_of() -> None:
    shapes = load_shapes()
    closed = list(shapes.subjects(SH.closed, rdflib.Literal(True)))
    assert len(closed) == 8
    for shape in closed:
        allowed = items(shapes, shapes.value(shape, SH.ignoredProperties))
        target = shapes.value(shape, SH.targetClass)
        rules = [rule for rule in shapes.subjects(SH.targetClass, target) if rule != shape]
        paths = {shapes.value(rule, SH.path) for rule in rules}
        assert {path for path in paths if isinstance(path, rdflib.URIRef)} <= allowed, shape


def test_a_query_asked_for_all_things_at_once_answers_as_when_asked_for_each() -> None:
    known = [quad for described in open_surroundings(HERE).known.values() for quad in described]
    asked = 0
    for rules in (open_rules(True), open_rules(False)):
        for rule in rules.rules:
            for query in rule.asks:
                quads = read_quads(HERE / "bad" / f"{str(query.name).removeprefix(SHAPES)}.ttl")
                store, plain = Store(), rdflib.Graph()
                store.extend([*quads, *known])
                for quad in (*quads, *known):
                    plain.add(to_rdflib(quad))
                focus = rule.choose(Things(plain, {to_term(quad.subject) for quad in quads}))
                at_once = [
                    (details[SH.focusNode], details[SH.value])
                    for details in replace(rule, asks=(query,)).ask(store, focus)
                ]
                each = [
                    (node, row.get(VALUE, node))
                    for node in focus
                    for row in plain.query(query.text, initBindings={"this": cast(Identifier, node)}).bindings
                ]
                assert at_once
                assert set(at_once) == set(each), query.name
                asked += 1
    assert asked >= 27


def test_the_things_of_a_rule_are_those_that_shacl_names() -> None:
    ontology = [quad for described in open_surroundings(HERE).known.values() for quad in described]
    chosen = 0
    for path in BAD[::10]:
        quads, data = read_quads(path), rdflib.Graph()
        for quad in (*quads, *ontology):
            data.add(to_rdflib(quad))
        own = {to_term(quad.subject) for quad in quads}
        for rule in open_rules(False).rules:
            focus = set(rule.choose(Things(data, own)))
            named = rule.shape.focus_nodes(data)  # type: ignore[no-untyped-call]
            assert focus == named & own, (path.stem, rule.shape.node)
            chosen += len(focus)
    assert chosen > 2_000


@pytest.mark.parametrize(
    "shape",
    [
        "sh:targetNode pg:Claim ; sh:nodeKind sh:IRI",
        "sh:targetClass pg:Claim ; sh:path pg:about ; sh:sparql [ sh:select 'SELECT $this {}' ]",
        "sh:sparql [ sh:select 'SELECT $this {}' ]",
    ],
)
def test_a_shape_that_says_what_is_not_supported_is_refused_by_name(shape: str) -> None:
    shapes = rdflib.Graph().parse(data=f"{HEAD} <urn:shape> {shape} .", format="turtle")
    shapes.add(
        (rdflib.URIRef("urn:shape"), RDF.type, SH.NodeShape if "path" not in shape else SH.PropertyShape)
    )
    with pytest.raises(ValueError, match=r"urn:shape|not supported"):
        Rules(shapes)


def test_what_a_file_refers_to_is_looked_at_and_never_judged() -> None:
    person, ministry = thing("actor", "example"), thing("actor", "ministry")
    own = [
        Quad(person, term("rdf:type"), term("schema:Person")),
        Quad(person, term("rdfs:label"), Literal("Example", language="en")),
        Quad(person, pg("actsFor"), ministry),
    ]
    without_label = [Quad(ministry, term("rdf:type"), term("schema:Organization"))]
    shapes = open_rules(False)
    assert list(find_violations(own, without_label, shapes)) == []
    judged = [focus for focus, _ in find_violations([*own, *without_label], [], shapes)]
    assert judged == [ministry.value]


def test_a_thing_that_is_described_nowhere_is_found() -> None:
    person = thing("actor", "example")
    own = [
        Quad(person, term("rdf:type"), term("schema:Person")),
        Quad(person, term("rdfs:label"), Literal("Example", language="en")),
        Quad(person, pg("actsFor"), NamedNode(person.value + "-employer")),
    ]
    found = [details[SH.sourceShape] for _, details in find_violations(own, [], open_rules(False))]
    assert found == [rdflib.URIRef(f"{SHAPES}actor-acts-for")]


def list_labels(ontology: rdflib.Graph, item: rdflib.term.Node) -> list[rdflib.Literal]:
    """All labels of something in the vocabulary, preferred ones among them."""
    found = [*ontology.objects(item, RDFS.label), *ontology.objects(item, SKOS.prefLabel)]
    return [label for label in found if isinstance(label, rdflib.Literal)]


def test_every_term_scheme_and_concept_has_one_label_in_each_language_of_the_interface() -> None:
    ontology = load_ontology()
    items_named = {item for kind in NAMED for item in ontology.subjects(RDF.type, kind)}
    counted = Counter(kind for kind in NAMED for _ in ontology.subjects(RDF.type, kind))
    assert len(items_named) >= 630 and counted[SKOS.Concept] >= 396 and counted[SKOS.ConceptScheme] >= 49
    for item in items_named:
        labels = {str(label.language): str(label) for label in list_labels(ontology, item)}
        assert sorted(str(label.language) for label in list_labels(ontology, item)) == sorted(LANGUAGES), item
        assert all(text.strip() == text != "" for text in labels.values()), item
        assert re.search("[а-яіїєґ]", labels["uk"].lower()), item


def test_a_label_tells_a_term_from_all_others_and_a_concept_from_those_of_its_scheme() -> None:
    """The rules ask it of English labels; a name in a sheet may be in any language."""
    ontology = load_ontology()
    terms = {entry for kind in TERMS for entry in ontology.subjects(RDF.type, kind)}
    schemes = list(ontology.subjects(RDF.type, SKOS.ConceptScheme))
    concepts = {scheme: set(ontology.subjects(SKOS.inScheme, scheme)) for scheme in schemes}
    groups = [terms, set(schemes), *concepts.values()]
    assert sum(map(len, groups)) >= 633
    for group in groups:
        labels = [label for item in group for label in list_labels(ontology, item)]
        borne = Counter((label.language, str(label).lower()) for label in labels)
        assert [label for label, bearers in borne.items() if bearers > 1] == []
    names, found = Names(quad for file in list_vocabulary() for quad in read_graph(file)), 0
    for scheme in schemes:
        for concept in concepts[scheme]:
            for label in list_labels(ontology, concept):
                assert names.find([str(scheme)], str(label)).found == NamedNode(str(concept)), label
                found += 1
    assert found >= 2 * 396


def test_the_shapes_declare_one_ontology() -> None:
    assert set(load_shapes().subjects(RDF.type, OWL.Ontology)) == {rdflib.URIRef(SHAPES.rstrip("#"))}
