"""The prefixes that a text of SPARQL uses, held against those that it declares and those that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from itertools import chain, pairwise
from typing import Final

from plangraph.lexemes import Lexeme
from plangraph.remarks import Fault
from plangraph.slips import cut
from plangraph.terms import PREFIXES

ELSEWHERE: Final = {
    "dbo": "http://dbpedia.org/ontology/",
    "dbr": "http://dbpedia.org/resource/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "wdt": "http://www.wikidata.org/prop/direct/",
}
"""Prefixes that people know from other services, beside those that need no declaration here."""

START: Final = Lexeme("start", "", 0, 0)
ADDRESS: Final = re.compile(r"https?://[^\s<>]*", re.IGNORECASE)


def find_undeclared(text: str, pieces: Iterable[Lexeme], known: Set[str]) -> Fault | None:
    """The first name whose prefix is neither declared before it nor one of those that are ``known``."""
    declared = {*known}
    for before, piece in pairwise(chain((START,), pieces)):
        if piece.kind not in ("name", "prefix"):
            continue
        prefix = piece.text.partition(":")[0]
        if before.kind == "PREFIX":
            declared.add(prefix)
        elif prefix not in declared:
            return Fault(piece.start, tell_undeclared(prefix, text, piece.start))
    return None


def tell_undeclared(prefix: str, text: str, offset: int) -> str:
    """What is said of a prefix that is not declared, with the line that declares it where that is known."""
    if address := ADDRESS.match(text, offset):
        return f"an IRI stands between `<` and `>`: `<{cut(address[0])}>`"
    says = f"the prefix {cut(prefix)}: is not declared"
    if iri := {**ELSEWHERE, **PREFIXES}.get(prefix):
        return f"{says}; `PREFIX {prefix}: <{iri}>` declares it"
    near = next((known for known in PREFIXES if sorted(known) == sorted(prefix.lower())), None)
    return f"{says}; is {near}: meant?" if near else says
