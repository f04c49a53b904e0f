"""The traps of the comparison (each seen in real reports), and the rules that avoid them."""

from builders import claim, index_of
from plangraph.denial import find_denials
from plangraph.divergence import Divergence, find_divergences
from plangraph.slots import read_slots
from plangraph.values import gather_values

P, V = "provision:p", "pg:inVersion version:v"
REGISTRY = """
    provision:p a pg:Provision ; rdfs:label "p"@en .
    quantity:third pg:number 33 ; pg:unit concept:percent ; pg:ofBase place:donbas .
    quantity:half pg:number 50 ; pg:unit concept:percent ; pg:ofBase place:donbas .
    quantity:half-of-donetsk pg:number 50 ; pg:unit concept:percent ; pg:ofBase place:donetsk-oblast .
    quantity:range pg:lowest 40 ; pg:highest 60 ; pg:unit concept:percent ; pg:ofBase place:donbas .
    quantity:us-third pg:number 33 ; pg:unit concept:percent ; pg:inRespectOf actor:united-states .
    quantity:ua-half pg:number 50 ; pg:unit concept:percent ; pg:inRespectOf actor:ukraine .
    quantity:cap-600 pg:number 600000 ; pg:unit concept:persons ; pg:quantityComparator pg:atMost .
    quantity:cap-800 pg:number 800000 ; pg:unit concept:persons ; pg:quantityComparator pg:atMost .
    quantity:exactly-600 pg:number 600000 ; pg:unit concept:persons ; pg:quantityComparator pg:exactly .
    quantity:at-least-50 pg:number 50 ; pg:unit concept:percent ; pg:ofBase place:donbas ;
        pg:quantityComparator pg:atLeast .
    quantity:at-least-60 pg:number 60 ; pg:unit concept:percent ; pg:ofBase place:donbas ;
        pg:quantityComparator pg:atLeast .
    place:donbas pg:coveredBy place:donetsk-oblast, place:luhansk-oblast .
    actor:steve-witkoff pg:actsFor actor:united-states .
    concept:one skos:broader concept:either . concept:two skos:broader concept:either .
    concept:either pg:exclusiveMembers true .
"""


def diverge(*claims: str) -> list[Divergence]:
    index = index_of(REGISTRY + "".join(claims))
    values = gather_values(index, read_slots(index))
    return [*find_divergences(index, values), *find_denials(index, values)]


def kinds(*claims: str) -> list[str]:
    return sorted(divergence.kind for divergence in diverge(*claims))


def test_permanent_and_several_years_contradict() -> None:
    one = claim("a", P, f"{V} ; pg:duration concept:permanent")
    two = claim("b", P, f"{V} ; pg:duration concept:several-years")
    assert kinds(one, two) == ["contradicts"]


def test_at_least_several_years_qualifies_both_permanent_and_several_years() -> None:
    open_ended = claim("a", P, f"{V} ; pg:duration concept:at-least-several-years")
    for other in ("permanent", "several-years"):
        assert kinds(open_ended, claim("b", P, f"{V} ; pg:duration concept:{other}")) == ["qualifies"]


def test_a_narrower_concept_qualifies_the_broader_one() -> None:
    one = claim("a", P, f"{V} ; pg:materialScope concept:war-crimes")
    two = claim("b", P, f"{V} ; pg:materialScope concept:all-wartime-crimes")
    assert kinds(one, two) == ["qualifies"]


def test_siblings_differ_and_contradict_only_where_their_parent_says_so() -> None:
    one = claim("a", P, f"{V} ; pg:legalInstrument concept:constitution")
    two = claim("b", P, f"{V} ; pg:legalInstrument concept:national-law")
    assert kinds(one, two) == ["differs"]
    one = claim("a", P, f"{V} ; pg:recognitionMode concept:one")
    two = claim("b", P, f"{V} ; pg:recognitionMode concept:two")
    assert kinds(one, two) == ["contradicts"]


def test_a_set_never_diverges_from_itself() -> None:
    assert kinds(claim("a", P, f"{V} ; pg:author actor:united-states, actor:russia")) == []


def test_a_region_equals_the_list_of_its_parts() -> None:
    one = claim("a", P, f"{V} ; pg:territory place:donbas")
    two = claim("b", P, f"{V} ; pg:territory place:donetsk-oblast, place:luhansk-oblast")
    assert kinds(one, two) == []


def test_a_larger_set_qualifies_and_another_set_differs() -> None:
    one = claim("a", P, f"{V} ; pg:territory place:donbas")
    two = claim("b", P, f"{V} ; pg:territory place:donbas, place:crimea")
    three = claim("c", P, f"{V} ; pg:territory place:crimea, place:kherson-oblast")
    assert kinds(one, two) == ["qualifies"]
    assert kinds(two, three) == ["differs"]


def test_numbers_contradict_only_with_one_unit_and_base() -> None:
    one, two = (claim(n, P, f"{V} ; pg:share quantity:{q}") for n, q in (("a", "third"), ("b", "half")))
    other_base = claim("c", P, f"{V} ; pg:share quantity:half-of-donetsk")
    in_range = claim("d", P, f"{V} ; pg:share quantity:range")
    assert kinds(one, two) == ["contradicts"]
    assert kinds(two, other_base) == ["differs"]
    assert kinds(two, in_range) == ["qualifies"]


def test_the_shares_of_two_parties_are_not_compared() -> None:
    one = claim("a", P, f"{V} ; pg:share quantity:us-third")
    assert kinds(one, claim("b", P, f"{V} ; pg:share quantity:ua-half")) == []


def test_ceilings_are_compared_by_their_figure() -> None:
    cap = claim("a", P, f"{V} ; pg:troopCeiling quantity:cap-600")
    assert kinds(cap, claim("b", P, f"{V} ; pg:troopCeiling quantity:cap-800")) == ["contradicts"]
    assert kinds(cap, claim("b", P, f"{V} ; pg:troopCeiling quantity:exactly-600")) == []


def test_two_lower_bounds_overlap() -> None:
    one, two = (claim(name, P, f"{V} ; pg:share quantity:at-least-{n}") for name, n in (("a", 50), ("b", 60)))
    assert kinds(one, two) == ["qualifies"]


def test_one_number_spelt_in_two_ways_is_one_number() -> None:
    one = claim("a", P, f"{V} ; pg:pointCount 28")
    assert kinds(one, claim("b", P, f'{V} ; pg:pointCount "028"^^xsd:integer')) == []
    assert kinds(one, claim("b", P, f'{V} ; pg:pointCount "many"^^xsd:integer')) == ["differs"]


def test_an_inferred_point_number_disagrees_with_nobody() -> None:
    basis = f"{V} ; pg:pointBasis concept:{{}} ; pg:pointNumber {{}}"
    one, two = (claim(name, P, basis.format("inferred", f'"{n}"')) for name, n in (("a", 21), ("b", 22)))
    assert kinds(one, two) == []
    one, two = (claim(name, P, basis.format("stated", f'"{n}"')) for name, n in (("a", 21), ("b", 22)))
    assert kinds(one, two) == ["contradicts"]


def test_a_page_with_two_points_on_a_matter_does_not_disagree_with_itself() -> None:
    three, five = (f'{V} ; pg:pointBasis concept:stated ; pg:pointNumber "{number}"' for number in (3, 5))
    list_of_points = claim("a", P, three) + claim("b", P, five, source="pg:inDocument document:a")
    assert kinds(list_of_points) == []
    assert kinds(list_of_points, claim("c", P, three), claim("d", P, five)) == []
    assert kinds(claim("c", P, three), claim("d", P, five)) == ["contradicts"]


def test_the_basis_of_a_point_number_splits_no_other_slot() -> None:
    one = claim(
        "a", P, f'{V} ; pg:pointNumber "7" ; pg:pointBasis concept:inferred ; pg:duration concept:permanent'
    )
    assert kinds(one, claim("b", P, f"{V} ; pg:duration concept:several-years")) == ["contradicts"]


def test_one_claim_that_fills_two_slots_does_not_disagree_with_itself() -> None:
    assert (
        kinds(claim("a", P, f"{V} ; pg:troopCeiling quantity:cap-600 ; pg:troopReduction quantity:half"))
        == []
    )


def test_a_claim_about_a_version_is_in_that_version() -> None:
    version = "version:v a pg:PlanVersion ."
    one = claim("a", "version:v", f"{V} ; pg:pointCount 28")
    assert kinds(version, one, claim("b", "version:v", "pg:pointCount 22")) == ["contradicts"]


def test_dates_that_cannot_be_ordered_differ_and_those_that_touch_qualify() -> None:
    edtf = "^^edtf:EDTF"
    day = claim("a", P, f'{V} ; pg:deadline "2025-11-27"^^xsd:date')
    for other, expected in (
        (f'"2025-11-20/2025-11-27"{edtf}', ["qualifies"]),
        (f'"2025-11-27~"{edtf}', ["differs"]),
        ('"P100D"^^xsd:duration', ["differs"]),
        ('"2025-11-28"^^xsd:date', ["contradicts"]),
    ):
        assert kinds(day, claim("b", P, f"{V} ; pg:deadline {other}")) == expected, other


def test_recognition_de_facto_contradicts_recognition_de_jure() -> None:
    one = claim("a", P, f"{V} ; pg:recognitionMode concept:de-facto")
    assert kinds(one, claim("b", P, f"{V} ; pg:recognitionMode concept:de-jure")) == ["contradicts"]


def test_later_words_that_come_through_a_relay_supersede_too() -> None:
    holder = f"{V} ; pg:heldBy actor:x ; pg:stanceKind"
    relayed = "pg:inDocument document:{0} ; pg:takenFrom attribution:{0}-up"
    hops = "".join(
        f"""attribution:{name}-up a pg:Attribution ; pg:assertsClaim claim:{name} ; pg:polarity pg:positive ;
            pg:inDocument document:{name}-up ; pg:saidOn "2025-11-{day}"^^xsd:date ."""
        for name, day in (("a", 21), ("b", 25))
    )
    one = claim("a", "version:v", f"{holder} pg:rejects", source=relayed.format("a"))
    two = claim("b", "version:v", f"{holder} pg:endorses", source=relayed.format("b"))
    (divergence,) = diverge(hops, one, two)
    assert divergence.kind == "supersedes"
    assert divergence.reason == "x: rejects by 2025-11-21, endorses by 2025-11-25."


def test_two_slots_on_one_question_differ() -> None:
    one = claim("a", P, f"{V} ; pg:troopCeiling quantity:half")
    two = claim("b", P, f"{V} ; pg:troopReduction quantity:half")
    assert kinds(one, two) == ["differs"]


def test_another_version_option_condition_or_trigger_is_another_key() -> None:
    one = claim("a", P, f"{V} ; pg:duration concept:permanent")
    others = ("pg:inVersion version:w", f"{V} ; pg:inOption option:o", f"{V} ; pg:onlyWhen concept:peacetime")
    for key in (*others, f"{V} ; pg:trigger concept:peacetime"):
        assert kinds(one, claim("b", P, f"{key} ; pg:duration concept:several-years")) == []


def test_without_a_version_nothing_contradicts() -> None:
    one = claim("a", P, "pg:duration concept:permanent")
    two = claim("b", P, "pg:duration concept:several-years")
    assert kinds(one, two) == ["differs"]


def test_events_need_no_version_to_contradict() -> None:
    event = "event:e a schema:Event ."
    one = claim("a", "event:e", 'pg:scheduledFor "2025-12-23"^^xsd:date')
    two = claim("b", "event:e", 'pg:scheduledFor "2025-12-24"^^xsd:date')
    assert kinds(event, one, two) == ["contradicts"]


def test_one_origin_that_says_two_things_is_internal_drift() -> None:
    here = "pg:inDocument document:d"
    one = claim("a", P, f"{V} ; pg:duration concept:permanent", source=here)
    two = claim("b", P, f"{V} ; pg:duration concept:several-years", source=here)
    (divergence,) = diverge(one, two)
    assert divergence.kind == "internal" and divergence.within_one_origin


def test_later_words_of_one_holder_supersede_the_earlier() -> None:
    holder = f"{V} ; pg:heldBy actor:x ; pg:stanceKind"
    day = 'pg:inDocument document:{} ; pg:saidOn "2025-11-{}"^^xsd:date'
    one = claim("a", "version:v", f"{holder} pg:rejects", source=day.format("a", 21))
    two = claim("b", "version:v", f"{holder} pg:endorses", source=day.format("b", 25))
    assert kinds(one, two) == ["supersedes"]
    same_day = claim("b", "version:v", f"{holder} pg:endorses", source=day.format("b", 21))
    assert kinds(one, same_day) == ["contradicts"]


def test_two_holders_never_diverge_by_their_stances() -> None:
    one = claim("a", "version:v", f"{V} ; pg:heldBy actor:x ; pg:stanceKind pg:rejects")
    two = claim("b", "version:v", f"{V} ; pg:heldBy actor:y ; pg:stanceKind pg:endorses")
    assert kinds(one, two) == []


def test_somebody_who_acts_for_another_is_the_narrower_answer() -> None:
    one = claim("a", P, f"{V} ; pg:changedBy actor:steve-witkoff")
    two = claim("b", P, f"{V} ; pg:changedBy actor:united-states")
    assert kinds(one, two) == ["qualifies"]


def deny(text: str) -> str:
    return text.replace("pg:positive", "pg:negative")


RECEIPT = f"{V} ; pg:recipient actor:russia"
OFFICIAL = f"{RECEIPT} ; pg:channel concept:unofficial-channel"


def said(name: str, day: int) -> str:
    """The source of a claim in a document of its own, uttered on a day of November."""
    return f'pg:inDocument document:{name} ; pg:saidOn "2025-11-{day}"^^xsd:date'


def test_a_denial_of_what_another_asserts_contradicts_it() -> None:
    denial = deny(claim("a", "version:v", OFFICIAL))
    (divergence,) = diverge(denial, claim("b", "version:v", OFFICIAL))
    assert divergence.kind == "contradicts" and divergence.one.negative != divergence.two.negative


def test_not_to_have_received_a_text_contradicts_its_receipt_only_on_one_day() -> None:
    denial = deny(claim("a", "version:v", RECEIPT, source=said("a", 21)))
    for slots in (RECEIPT, OFFICIAL):
        assert kinds(denial, claim("b", "version:v", slots, source=said("b", 21))) == ["contradicts"]
        for received in (
            claim("b", "version:v", slots, source=said("b", 25)),
            claim("b", "version:v", slots),
        ):
            (divergence,) = diverge(denial, received)
            assert divergence.kind == "differs"
            assert divergence.reason.endswith("It is not known that both were said at one time.")


def test_a_denial_of_more_than_another_asserts_only_qualifies_it() -> None:
    (divergence,) = diverge(deny(claim("a", "version:v", OFFICIAL)), claim("b", "version:v", RECEIPT))
    assert divergence.kind == "qualifies"
    assert divergence.reason == "What is denied says more: channel."


def test_a_denial_of_something_else_is_no_divergence() -> None:
    denial = deny(claim("a", "version:v", RECEIPT))
    other_value = claim("b", "version:v", f"{V} ; pg:recipient actor:ukraine")
    other_slot = claim("b", "version:v", f"{V} ; pg:pointCount 28")
    other_version = claim("b", "version:v", "pg:inVersion version:w ; pg:recipient actor:russia")
    for other in (other_value, other_slot, other_version):
        assert kinds(denial, other) == []


def test_a_denial_by_many_is_one_divergence() -> None:
    denials = [deny(claim(name, "version:v", OFFICIAL)) for name in ("a", "b")]
    assert kinds(*denials, claim("c", "version:v", OFFICIAL), claim("d", "version:v", OFFICIAL)) == [
        "contradicts"
    ]


def test_a_gloss_takes_no_part() -> None:
    one = claim("a", P, f"{V} ; pg:duration concept:permanent")
    gloss = claim("b", P, f"{V} ; pg:duration concept:several-years ; pg:glosses claim:a")
    assert kinds(one, gloss) == []


def test_the_same_claims_give_the_same_names_in_any_order() -> None:
    one = claim("a", P, f"{V} ; pg:duration concept:permanent")
    two = claim("b", P, f"{V} ; pg:duration concept:several-years")
    assert [d.iri for d in diverge(one, two)] == [d.iri for d in diverge(two, one)]


def test_values_on_two_topics_of_one_version_never_meet() -> None:
    place = "pg:atPlace place:miami ; pg:onTopic topic:plan-receipt"
    about = f"version:v a pg:PlanVersion . {claim('a', 'version:v', place)}"
    other = claim("b", "version:v", "pg:atPlace place:geneva ; pg:onTopic topic:plan-authorship")
    assert kinds(about, other) == []
    same = claim("b", "version:v", "pg:atPlace place:geneva ; pg:onTopic topic:plan-receipt")
    assert kinds(about, same) == ["differs"]


def test_the_shares_that_one_claim_gives_several_parties_are_values_of_each() -> None:
    quantities = """
        quantity:u50 a pg:Quantity ; pg:number 50 ; pg:unit concept:percent ; pg:ofBase place:p ;
            pg:inRespectOf actor:u .
        quantity:r50 a pg:Quantity ; pg:number 50 ; pg:unit concept:percent ; pg:ofBase place:p ;
            pg:inRespectOf actor:r .
        quantity:u33 a pg:Quantity ; pg:number 33 ; pg:unit concept:percent ; pg:ofBase place:p ;
            pg:inRespectOf actor:u .
    """
    halves = claim("a", P, f"{V} ; pg:share quantity:u50, quantity:r50")
    thirds = claim("b", P, f"{V} ; pg:share quantity:u33")
    assert kinds(quantities, halves) == []
    assert kinds(quantities, halves, thirds) == ["contradicts"]


def test_the_shares_that_one_claim_gives_of_two_things_do_not_disagree() -> None:
    quantities = "".join(
        f"quantity:{name} pg:number {number} ; pg:unit concept:percent ; pg:ofBase place:{name} . "
        for name, number in (("p", 75), ("q", 99))
    )
    one = claim("a", P, f"{V} ; pg:share quantity:p, quantity:q")
    assert kinds(quantities, one) == []
    two = claim("b", P, f"{V} ; pg:share quantity:p"), claim("c", P, f"{V} ; pg:share quantity:q")
    assert kinds(quantities, *two) == ["differs"]


def test_a_part_of_a_place_in_a_set_qualifies_the_whole() -> None:
    part = claim("a", P, f"{V} ; pg:territory place:part")
    whole = claim("b", P, f"{V} ; pg:territory place:whole, place:other")
    places = "place:part schema:containedInPlace place:whole ."
    assert kinds(places, part, whole) == ["qualifies"]


def test_a_month_contains_its_days_and_excludes_those_of_another() -> None:
    month = claim("a", P, f'{V} ; pg:deadline "2026-03"^^edtf:EDTF')
    inside = claim("b", P, f'{V} ; pg:deadline "2026-03-31"^^xsd:date')
    outside = claim("b", P, f'{V} ; pg:deadline "2026-04-01"^^xsd:date')
    assert kinds(month, inside) == ["qualifies"] and kinds(month, outside) == ["contradicts"]


def test_the_words_of_one_speaker_in_two_pages_are_within_one_origin() -> None:
    speaker = "actor:ann a schema:Person ."
    one = claim("a", P, f"{V} ; pg:duration concept:permanent", said_by="actor:ann")
    two = claim("b", P, f"{V} ; pg:duration concept:several-years", said_by="actor:ann")
    (found,) = diverge(speaker, one, two)
    assert found.kind == "internal" and found.within_one_origin


def test_shares_of_something_that_is_not_said_only_differ() -> None:
    bare = "".join(f"quantity:b{n} pg:number {n} ; pg:unit concept:percent . " for n in (20, 75))
    one, two = claim("a", P, f"{V} ; pg:share quantity:b20"), claim("b", P, f"{V} ; pg:share quantity:b75")
    assert kinds(bare, one, two) == ["differs"]
