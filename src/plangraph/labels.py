"""The English name of a thing, for reasons and labels that people read."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode

from plangraph.index import Index, Subject, Term
from plangraph.terms import term

NAMING = (term("rdfs:label"), term("skos:prefLabel"))


def label_of(index: Index, thing: Term | Subject) -> str:
    """The English label of a thing, else any label, else the last part of its IRI; a literal's text."""
    if isinstance(thing, Literal):
        return thing.value
    if not isinstance(thing, NamedNode):
        return str(thing)
    names = [name for predicate in NAMING for name in index.objects(thing, predicate)]
    literals = [name for name in names if isinstance(name, Literal)]
    english = [name for name in literals if name.language == "en"]
    return (english or literals)[0].value if literals else thing.value.rpartition("/")[2].rpartition("#")[2]
