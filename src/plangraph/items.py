"""Triples about a thing to a JSON tree; read as JSON-LD with our context, it gives the same triples back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from plangraph.context import Context, Key
from plangraph.terms import VOCABULARIES, Subject, Term, pg, shorten, term

Json: TypeAlias = dict[str, Any]
Described: TypeAlias = dict[Subject, dict[NamedNode, list[Term]]]

TYPE: Final = term("rdf:type")
NAMES: Final = (term("rdfs:label"), term("skos:prefLabel"), pg("formulation"))
"""What a thing is called; a topic has a preferred label, and a claim a formulation instead."""

STRING: Final = VOCABULARIES["xsd"] + "string"
NATIVE: Final = {
    VOCABULARIES["xsd"] + "integer": re.compile(r"0|-?[1-9][0-9]{0,14}"),
    VOCABULARIES["xsd"] + "boolean": re.compile(r"true|false"),
}
"""Lexical forms that a JSON number or truth value gives back exactly."""


def write_items(triples: Iterable[Triple], items: Iterable[Subject], context: Context) -> list[Json]:
    """A tree for each of the items, in their order.

    What an item points at stands inside it, with whatever the triples say of it; of another item of the list
    only the name stands there.
    """
    roots = list(items)
    described: Described = {}
    for triple in triples:
        assert isinstance(triple.subject, NamedNode | BlankNode)  # noqa: S101 - no triple terms in our queries
        described.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
    return [
        unfold(item, described[item], described, context, frozenset(roots))
        for item in roots
        if item in described
    ]


def write_node(node: Subject, described: Described, context: Context, named: frozenset[Subject]) -> Json:
    """One thing inside another; of one that stands above it, or is a tree of its own, only the name."""
    properties = described.get(node, {})
    if node in named:
        properties = {name: properties[name] for name in NAMES if name in properties}
    return unfold(node, properties, described, context, named)


def unfold(
    node: Subject,
    properties: dict[NamedNode, list[Term]],
    described: Described,
    context: Context,
    named: frozenset[Subject],
) -> Json:
    """A tree: the IRI, the types, the name, then the other properties by key."""
    tree: Json = {"id": node.value} if isinstance(node, NamedNode) else {}
    if isinstance(node, BlankNode) and is_shared(node, described):
        tree["id"] = str(node)
    if TYPE in properties:
        tree["type"] = sorted(name_class(entry, context) for entry in properties[TYPE])
    entries: Json = {}
    for predicate in [name for name in (*NAMES, *sorted(properties, key=str)) if name in properties]:
        if predicate != TYPE:
            values = properties[predicate]
            entries |= write_property(predicate, values, described, context, named | {node})
    first = [context.keys[name.value].name for name in NAMES if name.value in context.keys]
    return tree | {name: entries[name] for name in (*first, *sorted(entries)) if name in entries}


def is_shared(node: BlankNode, described: Described) -> bool:
    """Whether several places point at a blank node, so that it needs a label to stay one."""
    places = sum(values.count(node) for properties in described.values() for values in properties.values())
    return places > 1


def name_class(entry: Term, context: Context) -> str:
    """The name of a class in the context, else its prefixed name, else its IRI."""
    iri = entry.value if isinstance(entry, NamedNode) else str(entry)
    return context.classes.get(iri) or shorten(iri) or iri


def write_property(
    predicate: NamedNode,
    values: list[Term],
    described: Described,
    context: Context,
    named: frozenset[Subject],
) -> Json:
    """One property under its key. Texts in a key by language that have no language, and the like, stand under
    the prefixed name beside it."""
    plain = Key(shorten(predicate.value) or predicate.value, language=False, datatype=None, single=False)
    key = context.keys.get(predicate.value, plain)
    ordered = sorted(values, key=str)
    if not key.language:
        written = [write_value(value, key, described, context, named) for value in ordered]
        return {key.name: written[0] if key.single and len(written) == 1 else written}
    texts: dict[str, list[str]] = {}
    others = []
    for value in ordered:
        if isinstance(value, Literal) and value.language:
            texts.setdefault(value.language, []).append(value.value)
        else:
            others.append(write_value(value, plain, described, context, named))
    maps = {language: found[0] if len(found) == 1 else found for language, found in texts.items()}
    return {**({key.name: maps} if maps else {}), **({plain.name: others} if others else {})}


def write_value(
    value: Term, key: Key, described: Described, context: Context, named: frozenset[Subject]
) -> Any:
    """One value: a tree for a thing, a JSON scalar where that says all, else an object with the datatype."""
    if not isinstance(value, Literal):
        assert isinstance(value, NamedNode | BlankNode)  # noqa: S101 - no triple terms in our queries
        return write_node(value, described, context, named)
    datatype = value.datatype.value
    if value.language:
        return {"value": value.value, "@language": value.language}
    if datatype == (key.datatype or STRING):
        return value.value
    if datatype in NATIVE and NATIVE[datatype].fullmatch(value.value) and key.datatype is None:
        return value.value == "true" if datatype.endswith("boolean") else int(value.value)
    if datatype == STRING:
        return {"value": value.value}
    return {"value": value.value, "type": shorten(datatype) or datatype}
