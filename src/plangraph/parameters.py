"""The open parameters of the first form of a sheet, key by key, into slots of the published form.

The table says what is known of each key; what it does not know, and a value of a type that its rule cannot
take, stays in ``parameters`` as it was found. Nothing is dropped and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from plangraph.parameter_rules import (
    Reading,
    Rule,
    length,
    names,
    number,
    point,
    quantity,
    read_change,
    read_demand,
    read_deontic,
    read_percent,
    read_requested,
    read_scope,
    read_status,
    read_value,
    read_version,
    read_with,
    received,
    set_flag,
    shares,
)


def read_parameters(topic: str, parameters: Mapping[str, Any]) -> Reading:
    """Sort the parameters of one claim into slots, gaps and the rest.

    A key whose slot the report only names as open ("unspecified") goes to ``leaves_open``.
    """
    reading = Reading(topic)
    for key, value in parameters.items():
        rule = RULES.get(key)
        if rule is not None and rule(reading, value, parameters):
            reading.typed.append(key)
        else:
            reading.other[key] = value
    filled = set(reading.slots)
    reading.leaves_open = [slot for slot in reading.leaves_open if slot not in filled]
    return reading


RULES: Final[Mapping[str, Rule]] = {
    "accepted_by": names("acceptedBy"),
    "action": names("action"),
    "administrator": names("controller"),
    "alternative": names("alternative"),
    "amount": quantity("amount", "us-dollar"),
    "amount_eur": quantity("amount", "euro"),
    "amount_usd": quantity("amount", "us-dollar"),
    "approved_by": names("approvedBy"),
    "area_km2": quantity("area", "square-kilometre"),
    "authors": names("author"),
    "basis": names("basedOn"),
    "blocks": number("partCount"),
    "breadth": names("degree"),
    "category": names("materialScope"),
    "chair": names("ledBy"),
    "change": read_change,
    "changed_by": names("changedBy"),
    "channel": names("channel"),
    "church": names("beneficiary"),
    "comparator": read_with("reduction_percent", "troop_cap"),
    "condition": names("onlyWhen"),
    "consequence": names("consequence"),
    "consulted": names("contributor"),
    "control": names("controller"),
    "controller": names("controller"),
    "countries": number("memberCount"),
    "current_size": quantity("presentStrength", "persons"),
    "date": names("scheduledFor"),
    "deadline": names("deadline"),
    "deadline_days": length("D"),
    "deadline_hours": length("H"),
    "decision_by": names("decidedBy"),
    "deferred": names("openIssue"),
    "deferred_to": names("deferredTo"),
    "degree": names("degree"),
    "delivered_to": names("recipient"),
    "demanded_by": read_demand,
    "demilitarised": set_flag("zoneRegime", "demilitarised"),
    "derived_from": names("basedOn"),
    "detail": names("materialScope"),
    "documents": number("documentCount"),
    "duration": names("duration"),
    "duration_years": length("Y"),
    "europe_usd": quantity("amount", "us-dollar", party="Europe"),
    "exception": names("exception"),
    "excluded": names("excludedParty"),
    "firmness": names("firmness"),
    "group": names("forum"),
    "input": names("contributor"),
    "involved": names("contributor"),
    "lead": names("ledBy"),
    "legal_form": names("legalInstrument"),
    "legal_title": names("titleHolder"),
    "mediator": names("mediator"),
    "mediators": names("mediator"),
    "modality": read_deontic,
    "mode": names("recognitionMode"),
    "model": names("modelledOn"),
    "monitors": names("monitoredBy"),
    "months": length("M"),
    "motive": names("motive"),
    "number": quantity("personCount", "persons"),
    "obligated": names("bearer"),
    "of": read_with("percent"),
    "open_issues": names("openIssue"),
    "owner": names("ownedBy"),
    "pace": names("pace"),
    "parties": names("party"),
    "percent": read_percent,
    "place": names("atPlace"),
    "plan_version": read_version,
    "point": point("stated"),
    "point_inferred": point("inferred"),
    "points": number("pointCount"),
    "population": quantity("personCount", "persons"),
    "presented": received("Ukraine"),
    "previous_points": number("formerPointCount"),
    "principle": names("action"),
    "proposer": names("proposedBy"),
    "purpose": names("purpose"),
    "received_by": names("recipient"),
    "received_by_russia": received("Russia"),
    "recogniser": names("recogniser"),
    "reduction_percent": quantity(
        "troopReduction", "percent", comparator="reduceBy", base="present strength"
    ),
    "renewable": set_flag("renewable"),
    "rent": quantity("amount", "us-dollar"),
    "replaces": names("replaces"),
    "requested_years": read_requested,
    "scope": read_scope,
    "signatories": names("party"),
    "split": shares(),
    "stage": names("draftStage"),
    "start": names("startsFrom"),
    "status": read_status,
    "supervisor": names("supervisor"),
    "support": names("supportedBy"),
    "symmetry": set_flag("mutual"),
    "territory": names("territory"),
    "timing": names("onlyWhen"),
    "total_eur": quantity("amount", "euro", party="whole of the frozen assets"),
    "total_usd": quantity("amount", "us-dollar", party="whole of the frozen assets"),
    "treaty": names("legalInstrument"),
    "trigger": names("trigger"),
    "troop_cap": quantity("troopCeiling", "persons", comparator="atMost"),
    "troop_level": quantity("troopLevel", "persons"),
    "troops": quantity("troopLevel", "persons"),
    "ua_proposal": shares("Ukraine"),
    "until": names("onlyWhen"),
    "us_proposal": shares("United States"),
    "value": read_value,
    "version": read_version,
    "vote": names("scheduledFor"),
    "waiver_of_claims": set_flag("action", "waive claims"),
    "width_miles": quantity("width", "mile"),
}
"""Key by key. Keys without a rule, such as ``label`` or ``language_evidence``, stay as they are."""
