"""A small data set in which each thing that deriving reads decides something.

Every part stands for itself, about a provision of its own. Taking out any one kind of triple changes what is
derived, which a test holds it to; so whoever forgets to follow one of them is found out.
"""

from __future__ import annotations

from typing import Final

from builders import claim

V: Final = "pg:inVersion version:v"


def state(name: str, about: str, slots: str, rows: str) -> str:
    """A claim and its attribution, about which the rows say more."""
    return f"""
        claim:{name} a pg:Claim ; pg:about {about} ; {slots} .
        attribution:{name} a pg:Attribution ; pg:assertsClaim claim:{name} ; {rows} .
    """


REGISTRY: Final = """
    actor:ann a schema:Person ; rdfs:label "Ann"@en . actor:bob a schema:Person ; rdfs:label "Bob"@en .
    actor:bob pg:actsFor actor:body . actor:body a schema:Organization ; org:memberOf actor:league .
    event:remark a schema:Event ; rdfs:label "a remark"@en .
    version:v a pg:PlanVersion . version:w a pg:PlanVersion ; rdfs:label "the next one"@en .
    provision:territory a pg:Provision ; rdfs:label "the territory"@en .
    place:east schema:containedInPlace place:whole . place:region pg:coveredBy place:north, place:south .
    concept:one skos:broader concept:either ; skos:prefLabel "the one"@en .
    concept:two skos:broader concept:either .
    concept:either pg:exclusiveMembers true .
    concept:long pg:minMonths 60 ; pg:maxMonths 120 . concept:short pg:minMonths 1 ; pg:maxMonths 12 .
    quantity:many pg:number 600000 ; pg:unit concept:persons ; pg:quantityComparator pg:exactly .
    quantity:few pg:number 400000 ; pg:unit concept:persons ; pg:quantityComparator pg:atLeast .
    quantity:range pg:lowest 100000 ; pg:highest 200000 ; pg:unit concept:persons .
    quantity:third pg:number 33 ; pg:unit concept:percent ; pg:ofBase place:east ; pg:inRespectOf actor:ann .
    quantity:half pg:number 50 ; pg:unit concept:percent ; pg:ofBase place:east ; pg:inRespectOf actor:bob .
    quantity:most pg:number 70 ; pg:unit concept:percent ; pg:ofBase place:east ; pg:inRespectOf actor:ann .
"""

CHAINS: Final = (
    state("copied", "provision:copies", f"{V} ; pg:pace concept:one", "pg:inDocument document:copy")
    + state("copying", "provision:copies", f"{V} ; pg:pace concept:two", "pg:inDocument document:first")
    + "document:copy pg:copyOf document:first . document:first schema:publisher outlet:o ."
    + state("echoed", "provision:echoes", f"{V} ; pg:pace concept:one", "pg:inDocument document:echo")
    + "document:echo pg:documentKind pg:aggregator ; schema:publisher outlet:o ."
    + state(
        "relayed",
        "provision:relays",
        f"{V} ; pg:pace concept:one",
        "pg:inDocument document:d ; pg:takenFrom attribution:hop",
    )
    + """attribution:hop a pg:Attribution ; pg:assertsClaim claim:relayed ; pg:inDocument document:wire ;
        pg:takenFrom attribution:source .
    attribution:source pg:saidBy actor:ann ; pg:utteredAt event:remark ."""
    + state("uttered", "provision:relays", f"{V} ; pg:pace concept:one", "pg:utteredAt event:remark")
    + state("said", "provision:relays", f"{V} ; pg:pace concept:one", "pg:saidBy actor:body")
)

STANCES: Final = (
    state(
        "yes",
        "plan:x",
        "pg:heldBy actor:ann ; pg:stanceKind pg:endorses",
        'pg:inDocument document:d ; pg:saidOn "2025-11-20"^^xsd:date',
    )
    + state(
        "no",
        "plan:x",
        "pg:heldBy actor:ann ; pg:stanceKind pg:rejects",
        'pg:inDocument document:d ; pg:saidOn "2025-11-21"^^xsd:date',
    )
    + state("not-so", "plan:x", "pg:heldBy actor:ann ; pg:stanceKind pg:endorses", "pg:polarity pg:negative")
    + state(
        "early",
        "provision:holder",
        f'{V} ; pg:deadline "2025-11-27"^^xsd:date',
        'pg:saidBy actor:bob ; pg:saidOn "2025-11-20"^^xsd:date',
    )
    + state(
        "late",
        "provision:holder",
        f'{V} ; pg:deadline "2025-12-27"^^xsd:date',
        'pg:saidBy actor:bob ; pg:saidOn "2025-11-30"^^xsd:date',
    )
)

VALUES: Final = "".join(
    claim(f"{name}-{number}", f"provision:{name}", f"{V} ; {slot}")
    for name, slots in {
        "territory": ("pg:territory place:whole", "pg:territory place:east"),
        "region": (
            "pg:territory place:region", "pg:territory place:north, place:south", "pg:territory place:north",
        ),
        "scope": ("pg:materialScope concept:one", "pg:materialScope concept:two"),
        "broader": ("pg:materialScope concept:one", "pg:materialScope concept:either"),
        "author": ("pg:author actor:bob", "pg:author actor:body", "pg:author actor:league"),
        "duration": ("pg:duration concept:long", "pg:duration concept:short"),
        "troops": (
            "pg:troopCeiling quantity:many", "pg:troopLevel quantity:many", "pg:troopLevel quantity:few",
            "pg:troopLevel quantity:range",
        ),
        "share": ("pg:share quantity:third", "pg:share quantity:half", "pg:share quantity:most"),
        "point": (
            "pg:pointNumber 7 ; pg:pointBasis concept:stated",
            "pg:pointNumber 8 ; pg:pointBasis concept:stated",
        ),
    }.items()
    for number, slot in enumerate(slots)
)  # fmt: skip

CHANGES: Final = state(
    "change", "provision:p", "pg:toVersion version:w ; pg:changeKind pg:deleted", "pg:saidBy actor:ann"
) + state("version", "version:w", 'pg:deadline "2025-11-27"^^xsd:date', "pg:inDocument document:d")

ALL: Final = REGISTRY + CHAINS + STANCES + VALUES + CHANGES
