from builders import claim, index_of
from plangraph.slots import read_slots
from plangraph.terms import pg, thing
from plangraph.values import Value, gather_values

V = "pg:inVersion version:v"


def values(turtle: str) -> list[Value]:
    index = index_of(turtle)
    return gather_values(index, read_slots(index))


def test_two_documents_with_one_value_are_one_reported_value_with_two_origins() -> None:
    (value,) = values(
        claim("a", "provision:p", f"{V} ; pg:duration concept:permanent")
        + claim("b", "provision:p", f"{V} ; pg:duration concept:permanent")
    )
    assert len(value.asserted) == 2 and len(value.origins.determined) == 2


def test_a_claim_relayed_through_an_upstream_hop_counts_once() -> None:
    (value,) = values(
        claim(
            "a",
            "provision:p",
            f"{V} ; pg:duration concept:permanent",
            source="pg:inDocument document:a ; pg:takenFrom attribution:hop",
        )
        + """attribution:hop a pg:Attribution ; pg:assertsClaim claim:a ; pg:polarity pg:positive ;
             pg:inDocument document:wire ."""
    )
    assert [str(end) for end in value.origins.determined] == ["<https://w3id.org/plangraph/id/document/wire>"]


def test_the_whole_set_is_the_value() -> None:
    (value,) = values(claim("a", "version:v", f"{V} ; pg:author actor:united-states, actor:russia"))
    assert len(value.members) == 2


def test_a_denied_claim_supports_nothing() -> None:
    (value,) = values(
        claim("a", "provision:p", f"{V} ; pg:duration concept:permanent").replace(
            "pg:positive", "pg:negative"
        )
    )
    assert not value.asserted and len(value.denied) == 1 and not value.origins.all


def test_a_claim_that_nobody_states_gives_no_value() -> None:
    assert values("claim:a a pg:Claim ; pg:about provision:p ; pg:duration concept:permanent .") == []


def test_a_change_is_keyed_by_the_version_it_leads_to() -> None:
    (value,) = values(
        claim("a", "provision:p", "a pg:Change ; pg:toVersion version:w ; pg:changeKind pg:deleted")
    )
    assert value.key.terms(pg("inVersion")) == (thing("version", "w"),)


def test_key_slots_have_no_value_of_their_own() -> None:
    (value,) = values(
        claim("a", "provision:p", f"{V} ; pg:onlyWhen concept:peacetime ; pg:duration concept:permanent")
    )
    assert value.slot.name == "duration" and value.key.terms(pg("onlyWhen"))
