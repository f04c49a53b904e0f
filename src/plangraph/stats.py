"""The state of the data: what a data set holds, counted from its graphs, as plain values or lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad

from plangraph.index import Index, Subject
from plangraph.origins import chain_of
from plangraph.slots import read_slots
from plangraph.terms import pg, split_thing, term

State: TypeAlias = Mapping[str, Any]

PUBLISHED: Final = term("schema:datePublished")
WINDOW: Final = (pg("publishedNotBefore"), pg("publishedNotAfter"))


def describe_state(quads: Iterable[Quad]) -> State:
    """The state of a data set with its derived graph, in sections of figures; shares are from 0 to 1."""
    index = Index(quads)
    documents = [node for node in index.instances(pg("Document")) if not is_unseen(index, node)]
    return {
        "documents": describe_documents(index, documents),
        "claims": describe_claims(index),
        "chains": describe_chains(index),
        "slots": describe_slots(index),
        "evidence": describe_evidence(index, documents),
        "values": describe_values(index),
    }


def is_unseen(index: Index, document: Subject) -> bool:
    """Whether nobody here has read a document."""
    return index.one(document, pg("readingExtent")) == pg("citedOnly")


def count_by(index: Index, nodes: Iterable[Subject], predicate: NamedNode) -> dict[str, int]:
    """How many of some nodes point at each object of a predicate, the most frequent first."""
    found = Counter(name_of(value) for node in nodes for value in index.objects(node, predicate))
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))


def name_of(value: object) -> str:
    """The local name of a term of ours, the text of a literal."""
    text = value.value if isinstance(value, (NamedNode, Literal)) else str(value)
    return text.rpartition("#")[2] if "#" in text else text.rpartition("/id/")[2] or text


def describe_documents(index: Index, documents: list[Subject]) -> dict[str, Any]:
    """The pages that were read."""
    dated = [node for node in documents if index.one(node, PUBLISHED) is not None]
    window = [
        node
        for node in documents
        if node not in set(dated) and any(index.one(node, edge) is not None for edge in WINDOW)
    ]
    days = sorted(
        day.value for node in dated for day in index.objects(node, PUBLISHED) if isinstance(day, Literal)
    )
    return {
        "read": len(documents),
        "unseen": len(index.instances(pg("Document"))) - len(documents),
        "outlets": len(
            {outlet for node in documents for outlet in index.objects(node, term("schema:publisher"))}
        ),
        "languages": count_by(index, documents, term("schema:inLanguage")),
        "kinds": count_by(index, documents, pg("documentKind")),
        "reading": count_by(index, documents, pg("readingExtent")),
        "reviewed": sum(index.one(node, pg("reviewedOn")) is not None for node in documents),
        "copies": sum(index.one(node, pg("copyOf")) is not None for node in documents),
        "with_day": len(dated),
        "with_window": len(window),
        "without_date": len(documents) - len(dated) - len(window),
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
    }


def describe_claims(index: Index) -> dict[str, Any]:
    """What the pages show somebody to have said."""
    claims = index.instances(pg("Claim"))
    about = Counter(kind_of(index.one(claim, pg("about"))) for claim in claims)
    return {
        "all": len(claims),
        "stances": len(index.instances(pg("Stance"))),
        "changes": len(index.instances(pg("Change"))),
        "about": dict(sorted(about.items())),
        "versions": count_by(index, claims, pg("inVersion")),
        "stance_kinds": count_by(index, index.instances(pg("Stance")), pg("stanceKind")),
        "change_kinds": count_by(index, index.instances(pg("Change")), pg("changeKind")),
    }


def kind_of(thing: object) -> str:
    """The kind of a thing, from its IRI."""
    kind_and_slug = split_thing(thing.value) if isinstance(thing, NamedNode) else None
    return kind_and_slug[0] if kind_and_slug else "other"


def describe_chains(index: Index) -> dict[str, Any]:
    """How claims reached the pages: one chain a path, its depth the hops behind the page."""
    everything = index.instances(pg("Attribution"))
    upstream = {above for node in everything for above in index.objects(node, pg("takenFrom"))}
    pages = [node for node in everything if node not in upstream]
    depths = Counter(len(chain_of(index, node)) - 1 for node in pages)
    return {
        "attributions": len(everything),
        "paths": len(pages),
        "depths": {str(depth): depths[depth] for depth in sorted(depths)},
        "statuses": count_by(index, pages, pg("sourceStatus")),
        "denials": sum(index.one(node, pg("polarity")) == pg("negative") for node in pages),
        "paths_with_known_origin": sum(index.one(node, pg("endsIn")) is not None for node in pages),
        "origins": len({origin for node in pages for origin in index.objects(node, pg("endsIn"))}),
        "undetermined_ends": len(
            {end for node in pages for end in index.objects(node, pg("endsUndeterminedAt"))}
        ),
        "unnamed_sources": len(index.instances(pg("AnonymousSource"))),
    }


def describe_slots(index: Index) -> dict[str, Any]:
    """How much of the content is in typed slots."""
    slots = read_slots(index)
    claims = index.instances(pg("Claim"))
    filled = Counter(
        slots[predicate].name
        for claim in claims
        for predicate in index.predicates(claim)
        if predicate in slots
        for _ in index.objects(claim, predicate)
    )
    kept = len(index.instances(pg("OtherParameter")))
    typed = sum(filled.values())
    return {
        "typed_values": typed,
        "kept_as_found": kept,
        "typed_share": share(typed, typed + kept),
        "left_open": sum(len(index.objects(claim, pg("leavesOpen"))) for claim in claims),
        "stated_absent": sum(len(index.objects(claim, pg("statesAbsent"))) for claim in claims),
        "doubted": len(index.instances(pg("ValueReading"))),
        "used": dict(sorted(filled.items(), key=lambda entry: (-entry[1], entry[0]))),
    }


def describe_evidence(index: Index, documents: list[Subject]) -> dict[str, Any]:
    """How much points at its place in a page."""
    read = set(documents)
    shown = [node for node in index.instances(pg("Attribution")) if index.one(node, pg("inDocument")) in read]
    pointed = sum(index.one(node, pg("hasEvidence")) is not None for node in shown)
    return {
        "attributions_in_pages": len(shown),
        "with_evidence": pointed,
        "evidence_share": share(pointed, len(shown)),
        "spans": len(index.instances(term("oa:TextPositionSelector"))),
        "documents_with_coverage": {
            name_of(node): float(value.value)
            for node in documents
            for value in index.objects(node, pg("evidenceCoverage"))
            if isinstance(value, Literal)
        },
    }


def describe_values(index: Index) -> dict[str, Any]:
    """What was computed."""
    values = index.instances(pg("ReportedValue"))
    origins = Counter(
        value.value
        for node in values
        for value in index.objects(node, pg("independentOriginCount"))
        if isinstance(value, Literal)
    )
    divergences = index.instances(pg("Divergence"))
    return {
        "reported_values": len(values),
        "by_independent_origins": {count: origins[count] for count in sorted(origins, key=int)},
        "divergences": len(divergences),
        "by_kind": count_by(index, divergences, pg("divergenceKind")),
        "within_one_origin": sum(
            value.value == "true"
            for node in divergences
            for value in index.objects(node, pg("withinOneOrigin"))
            if isinstance(value, Literal)
        ),
    }


def share(part: int, whole: int) -> float | None:
    """A share to four places; ``None`` of nothing."""
    return round(part / whole, 4) if whole else None


def render_state(state: State) -> str:
    """The state as text for people: a section each, a figure a line."""
    lines: list[str] = []
    for section, figures in state.items():
        lines.append(section)
        for name, figure in figures.items():
            lines.append(f"  {name.replace('_', ' ')}: {show(figure)}")
    return "\n".join(lines) + "\n"


def show(figure: object) -> str:
    """A figure, or figures by name, in one line."""
    if isinstance(figure, dict):
        return ", ".join(f"{name} {count}" for name, count in figure.items()) or "none"
    if isinstance(figure, float):
        return f"{figure:.2%}"
    return "not known" if figure is None else str(figure)
