from __future__ import annotations

from typing import Any

import pytest

from builders import found_sheet
from plangraph.first_form import FoundSheet
from plangraph.parameters import RULES, read_parameters
from plangraph.sheets import Hop, Sheet
from plangraph.upgrade import upgrade

CHAINS: tuple[tuple[str, list[tuple[str, str]], list[list[tuple[str, str]]]], ...] = (
    (
        "an unnamed source of an outlet speaks to it",
        [("anonymous-source", "two people"), ("outlet", "Reuters")],
        [[("relay", "reuters"), ("source", "two people")]],
    ),
    (
        "the order in which the sheet names them does not matter",
        [("outlet", "Reuters"), ("anonymous-source", "two people")],
        [[("relay", "reuters"), ("source", "two people")]],
    ),
    (
        "two outlets are two paths, since nothing says that one takes it from the other",
        [("outlet", "Reuters"), ("outlet", "Axios")],
        [[("relay", "reuters")], [("outlet", "Axios")]],
    ),
    (
        "two speakers are two paths",
        [("named-official", "Ann"), ("named-official", "Bob")],
        [[("person", "Ann")], [("person", "Bob")]],
    ),
    (
        "a text goes with its speaker and comes last",
        [("document", "draft text"), ("named-official", "Ann")],
        [[("person", "Ann"), ("text", "draft text")]],
    ),
    ("a text alone is a path", [("document", "draft text")], [[("text", "draft text")]]),
    ("outlets nobody names are no outlet", [("outlet", "US media")], [[("media", "US media")]]),
    ("nobody", [], [[]]),
)


def upgraded(**changes: Any) -> Sheet:
    return upgrade(FoundSheet.model_validate({**found_sheet(), **changes})).sheet


def with_claim(**changes: Any) -> dict[str, Any]:
    return {"claims": [{**found_sheet()["claims"][0], **changes}]}


@pytest.mark.parametrize(("found", "paths"), [case[1:] for case in CHAINS], ids=[case[0] for case in CHAINS])
def test_who_a_claim_is_attributed_to_becomes_paths(
    found: list[tuple[str, str]], paths: list[list[tuple[str, str]]]
) -> None:
    attributed = [{"kind": kind, "name_or_description": name, "affiliation": None} for kind, name in found]
    claim = upgraded(**with_claim(attributed_to=attributed)).claims[0]
    assert [[(hop.kind, hop.name) for hop in path.via] for path in claim.attributions] == paths


def test_eight_kinds_of_attribution_were_tried() -> None:
    assert len(CHAINS) == 8


def test_a_claim_that_names_no_outlet_on_a_page_with_relays_may_come_from_any_of_them() -> None:
    claim = upgraded(**with_claim(attributed_to=[])).claims[0]
    assert claim.attributions[0].candidates == ["Reuters"]


def test_a_page_without_relays_speaks_itself_where_it_names_nobody() -> None:
    claim = upgraded(relays=[], **with_claim(attributed_to=[])).claims[0]
    assert claim.attributions[0].candidates == [] and claim.attributions[0].quotation == "ownVoice"


def test_a_certainty_that_is_none_of_ours_is_kept_as_found() -> None:
    (path,) = upgraded(**with_claim(certainty="disputed")).claims[0].attributions
    assert (path.certainty, path.certainty_as_found) == ("reported", "disputed")


def test_claims_of_one_topic_get_numbered_ids() -> None:
    claims = found_sheet()["claims"] * 3
    assert [claim.id for claim in upgraded(claims=claims).claims] == [
        "ukraine-troop-cap",
        "ukraine-troop-cap-2",
        "ukraine-troop-cap-3",
    ]


def test_a_hosted_text_is_the_hosts_page_taken_from_its_origin() -> None:
    outlet = {"name": "ABC News (via The Pulse)", "country": None, "language": "en"}
    sheet = upgraded(outlet=outlet, relays=[], **with_claim(attributed_to=[]))
    assert sheet.outlet.name == "The Pulse" and [relay.outlet for relay in sheet.relays] == ["ABC News"]


def test_a_host_that_is_a_relay_of_the_page_is_not_its_publisher() -> None:
    outlet = {"name": "Paper (via Agency)", "country": None, "language": "en"}
    sheet = upgraded(outlet=outlet, relays=[{"outlet": "Agency", "note": ""}], **with_claim(attributed_to=[]))
    assert sheet.outlet.name == "Paper" and [relay.outlet for relay in sheet.relays] == ["Agency"]


def test_a_person_described_is_an_unnamed_source_and_a_person_named_is_not() -> None:
    stance = found_sheet()["status_statements"][0]
    sheet = upgraded(status_statements=[stance, {**stance, "speaker": "person familiar with the draft"}])
    assert [entry.holder for entry in sheet.stances] == [
        Hop(kind="person", name="Volodymyr Zelenskyy"),
        Hop(kind="source", name="person familiar with the draft"),
    ]


def test_a_day_in_words_is_kept_as_found() -> None:
    event = upgraded().events[0]
    assert event.date is None and event.parameters == {"date": "2025-11 (late)"}


def test_members_the_form_does_not_know_are_kept_and_noted() -> None:
    plain = {**found_sheet(), "mood": "calm", **with_claim(weight=3)}
    result = upgrade(FoundSheet.model_validate(plain))
    assert '"mood": "calm"' in result.sheet.note and result.sheet.claims[0].parameters == {"weight": 3}
    assert {(note.pointer, note.rule) for note in result.notes} == {
        ("/mood", "unknown-member"),
        ("/claims/0/weight", "unknown-member"),
    }


def test_a_long_anchor_is_cut_and_noted() -> None:
    plain = {**found_sheet(), **with_claim(locator_anchor=" ".join(["word"] * 14))}
    result = upgrade(FoundSheet.model_validate(plain))
    assert result.sheet.claims[0].attributions[0].anchor == " ".join(["word"] * 12)
    assert [note.rule for note in result.notes] == ["long-anchor"]


# ruff: noqa: E501 (a table reads better with a case a line)
PARAMETERS: tuple[tuple[str, dict[str, Any], str, Any], ...] = (
    ("troop_cap", {"troop_cap": 600000}, "slots", {"troopCeiling": [{"number": 600000, "unit": "persons", "comparator": "atMost"}]}),
    ("troop_cap", {"troop_cap": None}, "leaves_open", ["troopCeiling"]),
    ("current_size", {"current_size": "800000-850000"}, "slots", {"presentStrength": [{"lowest": 800000, "highest": 850000, "unit": "persons"}]}),
    ("reduction_percent", {"reduction_percent": 50, "comparator": "gt"}, "slots", {"troopReduction": [{"number": 50, "unit": "percent", "comparator": "moreThan", "base": "present strength"}]}),
    ("percent", {"percent": 20, "of": "Donbas"}, "slots", {"share": [{"number": 20, "unit": "percent", "base": "Donbas"}]}),
    ("percent", {"percent": 20, "territory": ["Donetsk"]}, "slots", {"share": [{"number": 20, "unit": "percent", "base": "Donetsk"}], "territory": ["Donetsk"]}),
    ("europe_usd", {"europe_usd": 1e11}, "slots", {"amount": [{"number": 100000000000, "unit": "us-dollar", "party": "Europe"}]}),
    ("duration", {"duration": "unspecified"}, "leaves_open", ["duration"]),
    ("duration_years", {"duration_years": 10}, "slots", {"duration": ["P10Y"]}),
    ("deadline_hours", {"deadline_hours": 48}, "slots", {"deadline": ["P2D"]}),
    ("change", {"change": "deleted"}, "change", "deleted"),
    ("change", {"change": "reduced"}, "slots", {"action": ["reduced"]}),
    ("change", {"change": "absent"}, "states_absent", ["pointNumber"]),
    ("status", {"status": "revived"}, "change", "revived"),
    ("presented", {"presented": False}, "negative", True),
    ("demanded_by", {"demanded_by": "Russia"}, "option_by", "Russia"),
    ("plan_version", {"plan_version": "28-point"}, "version", "28-point"),
    ("modality", {"modality": "expectation"}, "deontic", "expectation"),
    ("point_inferred", {"point_inferred": 7}, "slots", {"pointNumber": ["7"], "pointBasis": ["inferred"]}),
    ("points", {"points": [22, 19]}, "other", {"points": [22, 19]}),
    ("language_evidence", {"language_evidence": "Russian"}, "other", {"language_evidence": "Russian"}),
    ("troop_cap", {"troop_cap": "many"}, "other", {"troop_cap": "many"}),
    ("us_proposal", {"us_proposal": {"Ukraine": 50}, "ua_proposal": {"Ukraine": 33}}, "other", {"ua_proposal": {"Ukraine": 33}}),
)  # fmt: skip


@pytest.mark.parametrize(("key", "parameters", "part", "expected"), PARAMETERS)
def test_a_parameter_goes_where_it_belongs(
    key: str, parameters: dict[str, Any], part: str, expected: Any
) -> None:
    reading = read_parameters("donbas-handover", parameters)
    found = getattr(reading, part)
    if part == "slots":
        found = {slot: [clean(value) for value in values] for slot, values in found.items()}
    assert found == expected, key


def clean(value: Any) -> Any:
    return (
        {name: part for name, part in value.items() if part is not None} if isinstance(value, dict) else value
    )


def test_twenty_three_parameters_were_tried_and_nothing_is_lost_by_any_rule() -> None:
    assert len(PARAMETERS) == 23
    for key in RULES:
        odd = object()
        assert read_parameters("amnesty", {key: odd}).other == {key: odd}, key
