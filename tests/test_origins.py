from pyoxigraph import NamedNode, Quad

from builders import index_of
from plangraph.origins import Origins, describe_ends, trace
from plangraph.terms import graph, pg, thing


def origins_of(turtle: str, *names: str) -> Origins:
    return trace(index_of(turtle), [thing("attribution", name) for name in names])


def slugs(ends: frozenset[object]) -> set[str]:
    return {end.value.rpartition("/")[2] for end in ends if isinstance(end, NamedNode)}


def test_a_document_that_cites_nobody_is_its_own_origin() -> None:
    found = origins_of("attribution:a pg:inDocument document:d .", "a")
    assert slugs(found.determined) == {"d"} and not found.undetermined


def test_relays_of_one_report_are_one_origin() -> None:
    found = origins_of(
        """
        attribution:a pg:inDocument document:a ; pg:takenFrom attribution:wire .
        attribution:b pg:inDocument document:b ; pg:takenFrom attribution:relay .
        attribution:relay pg:inDocument document:relay ; pg:takenFrom attribution:wire .
        attribution:wire pg:inDocument document:wire .
        """,
        "a",
        "b",
    )
    assert slugs(found.determined) == {"wire"} and not found.undetermined


def test_a_copy_adds_no_origin_to_the_text_it_was_taken_from() -> None:
    found = origins_of(
        """
        attribution:a pg:inDocument document:copy . document:copy pg:copyOf document:first .
        attribution:b pg:inDocument document:first .
        """,
        "a",
        "b",
    )
    assert slugs(found.determined) == {"first"}


def test_one_public_remark_in_three_documents_is_one_origin() -> None:
    found = origins_of(
        "".join(
            f"attribution:{name} pg:inDocument document:{name} ; pg:utteredAt event:remark ."
            for name in "abc"
        ),
        *"abc",
    )
    assert slugs(found.determined) == {"remark"}


def test_an_end_that_names_no_outlet_is_undetermined() -> None:
    found = origins_of("attribution:a pg:inDocument document:d ; pg:takenFrom attribution:hop .", "a")
    assert not found.determined and slugs(found.undetermined) == {"hop"}


def test_two_upstream_hops_give_two_origins() -> None:
    found = origins_of(
        """
        attribution:a pg:inDocument document:d ; pg:takenFrom attribution:one, attribution:two .
        attribution:one pg:inDocument document:one . attribution:two pg:inDocument document:two .
        """,
        "a",
    )
    assert slugs(found.determined) == {"one", "two"}


def test_a_circle_of_citations_is_one_undetermined_origin() -> None:
    circle = """
        attribution:a pg:inDocument document:a ; pg:takenFrom attribution:b .
        attribution:b pg:inDocument document:b ; pg:takenFrom attribution:a .
        """
    found = origins_of(circle, "a", "b")
    assert not found.determined and len(found.undetermined) == 1


def test_two_ways_into_one_circle_are_one_undetermined_origin() -> None:
    circle = """
        attribution:a1 pg:inDocument document:a1 ; pg:takenFrom attribution:b .
        attribution:a2 pg:inDocument document:a2 ; pg:takenFrom attribution:c .
        attribution:b pg:inDocument document:b ; pg:takenFrom attribution:c .
        attribution:c pg:inDocument document:c ; pg:takenFrom attribution:b .
        """
    assert slugs(origins_of(circle, "a1", "a2").undetermined) == {"b"}


def test_a_circle_of_copies_ends() -> None:
    circle = """
        attribution:a pg:inDocument document:a . attribution:b pg:inDocument document:b .
        document:a pg:copyOf document:b . document:b pg:copyOf document:a .
        """
    assert slugs(origins_of(circle, "a", "b").determined) == {"a"}


def test_a_page_that_sums_up_others_adds_no_origin() -> None:
    found = origins_of(
        "attribution:a pg:inDocument document:d . document:d pg:documentKind pg:aggregator .", "a"
    )
    assert not found.determined and slugs(found.undetermined) == {"d"}


ANN = "actor:ann a schema:Person . "


def test_the_words_of_a_named_person_are_one_origin_wherever_they_are_told() -> None:
    found = origins_of(
        ANN
        + "".join(
            f"attribution:{name} pg:inDocument document:{name} ; pg:saidBy actor:ann ;"
            f" pg:utteredAt event:{name} ."
            for name in "ab"
        )
        + "attribution:c pg:inDocument document:c ; pg:saidBy actor:ann .",
        *"abc",
    )
    assert slugs(found.determined) == {"ann"} and not found.undetermined


def test_an_unnamed_source_is_no_origin_of_its_own_but_the_outlet_that_has_it_is() -> None:
    found = origins_of(
        """
        source:s a pg:AnonymousSource .
        attribution:a pg:inDocument document:d ; pg:saidBy source:s . document:d schema:publisher outlet:o .
        """,
        "a",
    )
    assert slugs(found.determined) == {"o"}


def test_two_reports_of_one_outlet_are_one_origin() -> None:
    found = origins_of(
        """
        attribution:a pg:inDocument document:a . document:a schema:publisher outlet:o .
        attribution:b pg:inDocument document:b . document:b schema:publisher outlet:o .
        """,
        *"ab",
    )
    assert slugs(found.determined) == {"o"}


def test_a_reworded_page_adds_no_origin_whoever_it_lets_speak() -> None:
    found = origins_of(
        ANN
        + "attribution:a pg:inDocument document:d ; pg:saidBy actor:ann ."
        + "document:d pg:documentKind pg:spunCopy .",
        "a",
    )
    assert not found.determined and slugs(found.undetermined) == {"d"}


def test_a_speaker_known_only_through_others_is_the_origin() -> None:
    found = origins_of(
        ANN
        + """attribution:a pg:inDocument document:d ; pg:saidBy actor:bob ; pg:takenFrom attribution:far .
        actor:bob a schema:Person . attribution:far pg:saidBy actor:ann .""",
        "a",
    )
    assert slugs(found.determined) == {"ann"}


def test_the_ends_of_chains_are_said_of_the_pages_own_attributions() -> None:
    home = graph("derived")
    found = set(
        describe_ends(
            index_of(
                """
                attribution:a a pg:Attribution ; pg:inDocument document:d ; pg:takenFrom attribution:hop ;
                    pg:assertsClaim claim:a .
                attribution:hop a pg:Attribution ; pg:inDocument document:up ; pg:assertsClaim claim:a .
                document:up schema:publisher outlet:o .
                attribution:b a pg:Attribution ; pg:inDocument document:d ; pg:takenFrom attribution:far ;
                    pg:assertsClaim claim:b .
                attribution:far a pg:Attribution ; pg:assertsClaim claim:b .
                """
            ),
            home,
        )
    )
    assert found == {
        Quad(thing("attribution", "a"), pg("endsIn"), thing("outlet", "o"), home),
        Quad(thing("attribution", "b"), pg("endsUndeterminedAt"), thing("attribution", "far"), home),
    }
