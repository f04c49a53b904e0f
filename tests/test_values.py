from pyoxigraph import Literal

from builders import claim, index_of
from plangraph.slots import read_slots
from plangraph.terms import pg, term, thing
from plangraph.values import Value, describe_values, gather_values

V = "pg:inVersion version:v"


def values(turtle: str) -> list[Value]:
    index = index_of(turtle)
    return gather_values(index, read_slots(index))


def test_two_documents_with_one_value_are_one_reported_value_with_two_origins() -> None:
    (value,) = values(
        claim("a", "provision:p", f"{V} ; pg:duration concept:permanent")
        + claim("b", "provision:p", f"{V} ; pg:duration concept:permanent")
    )
    assert len(value.claims) == 2 and len(value.origins.determined) == 2


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
    assert value.negative and len(value.claims) == 1


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


def test_what_is_asserted_and_what_is_denied_are_two_values() -> None:
    stated = claim("a", "provision:p", f"{V} ; pg:duration concept:permanent")
    denied = claim("b", "provision:p", f"{V} ; pg:duration concept:permanent").replace("positive", "negative")
    found = values(stated + denied)
    assert sorted(value.negative for value in found) == [False, True]
    index = index_of(stated + denied)
    counts = {
        quad.subject: quad.object
        for quad in describe_values(index, found)
        if quad.predicate == pg("independentOriginCount")
    }
    assert sorted(str(number) for number in counts.values()) == sorted(
        str(Literal(text, datatype=term("xsd:integer"))) for text in ("0", "1")
    )
