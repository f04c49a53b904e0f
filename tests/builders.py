"""Small graphs for tests, written in Turtle with every prefix of plangraph at hand."""

from __future__ import annotations

from typing import Any

from pyoxigraph import Quad, RdfFormat, parse

from plangraph.build import read_files
from plangraph.files import list_vocabulary
from plangraph.index import Index
from plangraph.terms import PREFIXES, graph

HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def read(turtle: str, graph_name: str = "document/test") -> list[Quad]:
    """The quads of a Turtle text, in the graph of that name."""
    triples = parse(HEAD + turtle, format=RdfFormat.TURTLE)
    return [Quad(entry.subject, entry.predicate, entry.object, graph(graph_name)) for entry in triples]


def read_vocabulary() -> list[Quad]:
    """The ontology with its concepts, as packaged."""
    return read_files(file for file in list_vocabulary() if file.path.parent.name == "ontology")


def index_of(turtle: str) -> Index:
    """A view of a Turtle text together with the vocabulary."""
    return Index([*read_vocabulary(), *read(turtle)])


def claim(name: str, about: str, slots: str, *, source: str = "", said_by: str = "") -> str:
    """A claim stated once in a document of its own (``source`` names another one, or a whole attribution)."""
    document = source or f"pg:inDocument document:{name}"
    speaker = f"pg:saidBy {said_by} ;" if said_by else ""
    return f"""
        claim:{name} a pg:Claim ; pg:about {about} ; {slots} .
        attribution:{name} a pg:Attribution ; pg:assertsClaim claim:{name} ; {speaker}
            pg:polarity pg:positive ; {document} .
    """


def published_sheet() -> dict[str, Any]:
    """A small report sheet in the published form, as plain values; a fresh one each time."""
    return {
        "sheet": 2,
        "id": "one-page",
        "url": "https://example.org/one",
        "outlet": {"name": "The Example", "country": "Ukraine", "language": "en"},
        "published": "2025-11-20",
        "title_paraphrase": "What an agency says of the plan",
        "plan_version": "28-point",
        "document_kind": "news",
        "relays": [{"id": "reuters", "outlet": "Reuters", "note": "source of the figure"}],
        "claims": [
            {
                "id": "troop-cap",
                "topic": "ukraine-troop-cap",
                "formulation": "The forces are limited to 600,000.",
                "deontic": "obligation",
                "slots": {
                    "bearer": ["Ukraine"],
                    "troopCeiling": [{"number": 600000, "unit": "persons", "comparator": "atMost"}],
                },
                "attributions": [
                    {
                        "via": [
                            {"kind": "relay", "name": "reuters"},
                            {"kind": "source", "name": "two people familiar with it", "several": True},
                        ],
                        "anchor": "600,000",
                    }
                ],
            }
        ],
        "stances": [
            {
                "id": "zelenskyy-rejects",
                "holder": {"kind": "person", "name": "Volodymyr Zelenskyy"},
                "kind": "rejects",
                "about": "plan",
                "formulation": "Will not accept it as it stands.",
                "attributions": [
                    {"via": [{"kind": "person", "name": "Volodymyr Zelenskyy"}], "said_on": "2025-11-20"}
                ],
            }
        ],
        "events": [
            {
                "id": "talks",
                "what": "Talks are held in Kyiv",
                "date": "2025-11-20",
                "place": "Kyiv",
                "participants": ["Ukraine", "United States"],
                "attributions": [{"certainty": "asserted", "quotation": "ownVoice"}],
            }
        ],
    }


def found_sheet() -> dict[str, Any]:
    """A small report sheet of the first form, as plain values; a fresh one each time."""
    return {
        "id": "first-page",
        "url": "https://example.org/first",
        "outlet": {"name": "The Example", "country": "Ukraine", "language": "en"},
        "published": None,
        "date_evidence": "no date",
        "title_paraphrase": "What an agency says of the plan",
        "plan_version": "28-point",
        "relays": [{"outlet": "Reuters", "note": "source of details"}],
        "claims": [
            {
                "topic": "ukraine-troop-cap",
                "formulation": "Forces limited to 600,000.",
                "parameters": {"troop_cap": 600000, "point": 6},
                "obligated_party": ["Ukraine"],
                "beneficiary": [],
                "deontic": "obligation",
                "attributed_to": [
                    {"kind": "anonymous-source", "name_or_description": "two people", "affiliation": None},
                    {"kind": "outlet", "name_or_description": "Reuters", "affiliation": None},
                ],
                "certainty": "reported",
                "locator_anchor": "600,000",
            }
        ],
        "status_statements": [
            {
                "speaker": "Volodymyr Zelenskyy",
                "role": "President of Ukraine",
                "stance": "no-comment",
                "about": "plan",
                "paraphrase": "Has nothing to say yet.",
                "date": "2025-11-20",
            }
        ],
        "events": [{"what": "Talks in Kyiv", "date": "2025-11 (late)", "place": "Kyiv", "participants": []}],
        "document_kind": "news",
        "tags": [],
        "note": "",
    }
