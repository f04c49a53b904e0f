"""The ways of claims: who is followed is told by claims alone, on small networks and on the real data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from plangraph.index import Index
from plangraph.origins import chain_of
from plangraph.pages.captions import Captions
from plangraph.pages.layers import HEIGHT, SPACE, Slot, count_crossings, lay_out, spread
from plangraph.pages.network import break_lines, draw_network, list_rows
from plangraph.pages.ways import (
    FIRST,
    SPEAKERS,
    SUBJECTS,
    UNNAMED,
    Network,
    Station,
    find_followed,
    gather_rest,
    trace_ways,
    write_numbers,
)
from plangraph.reads import load_read, write_whole
from plangraph.terms import ID, Subject, pg, term, thing
from services import read_packaged

Rows = list[dict[str, str]]
PLAN = thing("plan", "ukraine-peace-plan")


@cache
def open_store() -> Store:
    filled = Store()
    filled.extend(read_packaged().quads)
    return filled


@cache
def index() -> Index:
    return Index(read_packaged().quads)


def ask(text: str) -> Rows:
    found = open_store().query(text, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [
        {name: node.value for name in names if isinstance(node := row[name], NamedNode | Literal)}
        for row in found
    ]


@cache
def trace_plan() -> Network:
    told, hops = (
        ask(write_whole(load_read(name), {"plan": [PLAN]})) for name in ("told-claims", "told-hops")
    )
    return trace_ways(told, hops)


def iri(name: str) -> str:
    return f"{ID}{name}"


def hop(name: str, claim: str, outlet: str = "", **more: str) -> dict[str, str]:
    """A row of the query ``told-hops``; an outlet has one page."""
    page = {"document": iri(f"document/{outlet}"), "outlet": iri(f"outlet/{outlet}")} if outlet else {}
    return {"hop": iri(f"attribution/{name}"), "states": iri(f"claim/{claim}"), **page, **more}


def told(**subjects: str) -> Rows:
    return [
        {"claim": iri(f"claim/{claim}"), "subject": iri(f"provision/{subject}")}
        for claim, subject in subjects.items()
    ]


def find(network: Network, slug: str, stage: int | None = None) -> Station:
    (found,) = (
        station for station in network.stations if station.slug == slug and stage in (None, station.stage)
    )
    return found


def draw_followed(network: Network, slug: str) -> tuple[set[str], set[str]]:
    """The names of the boxes and of the lines that are strong."""
    figure = draw_network(
        network,
        Captions("en", {}),
        lambda _: "#",
        most=50,
        followed=find_followed(network, slug),
        chosen=slug,
    )
    states = {node.state for node in figure.nodes} | {line.state for line in figure.lines}
    assert states <= {" strong", " faint"}
    return (
        {node.name for node in figure.nodes if node.state == " strong"},
        {line.name for line in figure.lines if line.state == " strong"},
    )


def make_shared_relay() -> Network:
    """Two outlets, each with a claim of its own; one page passes both on."""
    rows = [
        hop("one", "28-points", "relay", takenFrom=iri("attribution/nbc")),
        hop("nbc", "28-points", "nbc", speaker=iri("actor/official")),
        hop("two", "nato", "relay", takenFrom=iri("attribution/wsj")),
        hop("wsj", "nato", "wsj", speaker=iri("source/people"), **{"class": "AnonymousSource"}),
    ]
    return trace_ways(told(**{"28-points": "points", "nato": "membership"}), rows)


def test_what_is_reached_over_a_shared_relay_is_not_followed() -> None:
    network = make_shared_relay()
    assert draw_followed(network, "wsj") == (
        {"people", "wsj", "relay", "membership"},
        {"people → wsj", "wsj → relay", "relay → membership"},
    )
    assert draw_followed(network, "nbc")[0] == {"official", "nbc", "relay", "points"}
    assert draw_followed(network, "relay")[0] == {node.slug for node in network.stations}
    assert draw_followed(network, "nato") == draw_followed(network, "wsj")
    assert find_followed(network, "nobody") == frozenset()


def test_every_station_stands_in_the_column_of_what_it_is() -> None:
    network = make_shared_relay()
    stages = {station.slug: (station.stage, station.kind) for station in network.stations}
    assert stages == {
        "official": (SPEAKERS, "speaker"), "people": (UNNAMED, "unnamed"), "nbc": (FIRST, "outlet"),
        "wsj": (FIRST, "outlet"), "relay": (FIRST + 1, "outlet"), "points": (SUBJECTS, "subject"),
        "membership": (SUBJECTS, "subject"),
    }  # fmt: skip


def test_a_hop_without_a_page_is_none_of_its_candidates() -> None:
    rows = [
        hop("one", "a", "relay", takenFrom=iri("attribution/up")),
        hop("up", "a", candidate=iri("outlet/nbc")),
        hop("up", "a", candidate=iri("outlet/wsj")),
        hop("other", "b", "nbc"),
    ]
    network = trace_ways(told(a="x", b="x"), rows)
    lost = find(network, "not-known--nbc--wsj")
    assert (lost.stage, lost.kind) == (FIRST, "lost")
    assert find_followed(network, "nbc") == {1}
    assert find_followed(network, lost.slug) == {0}
    figure = draw_network(network, Captions("en", {}), lambda _: "#", most=9)
    assert {line.name for line in figure.lines if line.lost} == {"page not known; may be: nbc, wsj → relay"}
    assert not any(line.state for line in figure.lines)


def test_a_page_that_only_passes_on_stands_behind_one_that_is_not_known() -> None:
    rows = [hop("one", "a", "aggregator", lost=iri("document/aggregator"), speaker=iri("actor/someone"))]
    steps = {(one.slug, other.slug) for one, other in trace_ways(told(a="x"), rows).steps}
    assert steps == {("someone", "not-known"), ("not-known", "aggregator"), ("aggregator", "x")}


def test_a_copy_stands_behind_what_it_copies_and_a_copy_of_its_own_house_does_not() -> None:
    rows = [hop("one", "a", "paper", copied=iri("document/wire"), original=iri("outlet/agency"))]
    steps = {(one.slug, other.slug) for one, other in trace_ways(told(a="x"), rows).steps}
    assert steps == {("agency", "paper"), ("paper", "x")}
    own = [hop("one", "a", "paper", copied=iri("document/first"), original=iri("outlet/paper"))]
    assert {(one.slug, other.slug) for one, other in trace_ways(told(a="x"), own).steps} == {("paper", "x")}


def test_a_speaker_whom_a_page_repeats_spoke_where_the_chain_begins() -> None:
    rows = [
        hop("one", "a", "relay", takenFrom=iri("attribution/up"), speaker=iri("actor/x")),
        hop("up", "a", "first", speaker=iri("actor/x")),
        hop("two", "b", "relay", takenFrom=iri("attribution/up2"), speaker=iri("actor/y")),
        hop("up2", "b", "first", speaker=iri("actor/x")),
    ]
    steps = trace_ways(told(a="s", b="s"), rows).steps
    speaking = {(one.slug, other.slug): sorted(claims) for (one, other), claims in steps.items()}
    assert speaking == {
        ("x", "first"): [0, 1], ("first", "relay"): [0, 1], ("y", "relay"): [1], ("relay", "s"): [0, 1],
    }  # fmt: skip


def test_a_circle_of_hops_is_cut_and_counted() -> None:
    rows = [
        hop("one", "a", "first", takenFrom=iri("attribution/two")),
        hop("two", "a", "second", takenFrom=iri("attribution/one")),
    ]
    network = trace_ways(told(a="x"), rows)
    assert network.circles == 1
    assert {(one.slug, other.slug) for one, other in network.steps} == {("first", "second"), ("first", "x")}


def test_what_is_gathered_keeps_its_claims_and_what_is_followed_is_never_gathered() -> None:
    rows = [hop(f"h{number}", f"c{number:02}", f"outlet-{number:02}") for number in range(30)]
    rows += [hop(f"again{number}", f"d{number}", "outlet-00") for number in range(5)]
    claims = {row["states"].rpartition("/")[2]: "x" for row in rows}
    network = trace_ways(told(**claims), rows)
    drawn, held = gather_rest(network, 4)
    (rest,) = held
    assert len(held[rest]) == 26 and find(network, "outlet-00") not in held[rest]
    assert drawn.stations[rest] == frozenset().union(*(network.stations[entry] for entry in held[rest]))
    assert drawn.steps[rest, find(network, "x")] == drawn.stations[rest]
    followed = find_followed(network, "outlet-29")
    _, held = gather_rest(network, 4, followed)
    assert find(network, "outlet-29") not in held[rest]
    assert gather_rest(network, 29)[1] == {}, "one alone is never gathered"


def test_numbers_are_written_as_runs() -> None:
    assert write_numbers(frozenset({0, 1, 2, 5, 9, 8})) == "0-2 5 8-9"
    assert write_numbers(frozenset()) == ""


def list_values(subject: Subject, predicate: NamedNode) -> set[NamedNode]:
    return {entry for entry in index().objects(subject, predicate) if isinstance(entry, NamedNode)}


def walk_independently() -> Mapping[str, tuple[set[str], set[str]]]:
    """For each claim on a provision of the plan, by the index alone: whose pages, and who speaks."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for claim in index().instances(pg("Claim")):
        about = [entry for entry in list_values(claim, pg("about")) if "/id/provision/" in entry.value]
        stated = list(index().subjects(pg("assertsClaim"), claim))
        if not stated or not any(PLAN in list_values(entry, pg("ofPlan")) for entry in about):
            continue
        outlets: set[NamedNode] = set()
        speakers: set[NamedNode] = set()
        for attribution in {above for entry in stated for above in chain_of(index(), entry)}:
            speakers |= list_values(attribution, pg("saidBy"))
            for page in list_values(attribution, pg("inDocument")):
                outlets |= list_values(page, term("schema:publisher"))
                if not list_values(attribution, pg("takenFrom")):
                    for copied in list_values(page, pg("copyOf")):
                        outlets |= list_values(copied, term("schema:publisher"))
        assert isinstance(claim, NamedNode)
        found[claim.value] = ({entry.value for entry in outlets}, {entry.value for entry in speakers})
    return found


def test_following_anything_lights_the_claims_that_a_walk_over_the_graph_finds() -> None:
    network, walked = trace_plan(), walk_independently()
    assert set(network.claims) == set(walked)
    assert len(walked) > 800
    expected: dict[str, set[str]] = defaultdict(set)
    for claim, (outlets, speakers) in walked.items():
        for name in outlets | speakers:
            expected[name].add(claim)
    checked = 0
    for name, claims in expected.items():
        numbers: set[int] = set()
        for station, passing in network.stations.items():
            if station.name == name and station.kind in ("outlet", "speaker", "unnamed"):
                numbers |= passing
        assert {network.claims[number] for number in numbers} == claims, name
        checked += 1
    assert checked > 250
    assert network.circles == 0


def test_outlets_that_share_a_relay_and_no_claim_never_light_each_other() -> None:
    network = trace_plan()
    firsts: dict[Station, list[Station]] = defaultdict(list)
    for one, other in network.steps:
        if one.kind == other.kind == "outlet" and one.stage == FIRST:
            firsts[other].append(one)
    cases = 0
    for relay, sources in firsts.items():
        for one in sources:
            for other in sources:
                if network.stations[one] & network.stations[other]:
                    continue
                cases += 1
                followed = network.stations[one]
                assert network.steps[one, relay] & followed
                assert not network.steps[other, relay] & followed, (one, relay, other)
                assert not network.stations[other] & followed
    assert cases > 100


def test_the_rows_of_the_table_are_the_steps_themselves() -> None:
    network = trace_plan()
    rows = list_rows(network, None)
    assert {(row.one, row.other): row.count for row in rows} == {
        step: len(claims) for step, claims in network.steps.items()
    }
    assert [row.count for row in rows] == sorted((row.count for row in rows), reverse=True)
    followed = find_followed(network, "volodymyr-zelenskyy")
    shown = list_rows(network, followed)
    assert 0 < len(shown) < len(rows)
    assert all(row.count == len(network.steps[row.one, row.other] & followed) for row in shown)


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[list[int]], list[tuple[int, int]], frozenset[int]]:
    """Columns of things, lines from some to things of later columns, and what stands last."""
    sizes = draw(st.lists(st.integers(1, 7), min_size=2, max_size=6))
    keys = iter(range(sum(sizes)))
    columns = [[next(keys) for _ in range(size)] for size in sizes]
    place = {key: number for number, column in enumerate(columns) for key in column}
    pairs = [(one, other) for one in place for other in place if place[one] < place[other]]
    lines = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30))
    last = frozenset(column[0] for column in columns if draw(st.booleans()))
    return columns, lines, last


@settings(deadline=None, max_examples=80)
@given(networks())
def test_lines_lead_to_the_right_and_nothing_overlaps(
    made: tuple[list[list[int]], list[tuple[int, int]], frozenset[int]],
) -> None:
    columns, lines, last = made
    plan = lay_out(columns, lines, last)
    assert plan == lay_out(columns, list(reversed(lines)), last), "the order of lines makes no difference"
    assert set(plan.boxes) == {key for column in columns for key in column}
    for number, column in enumerate(columns):
        assert len({plan.boxes[key].x for key in column}) == 1
        boxes = [plan.boxes[key] for key in column]
        boxes += [box for (_, passed), box in plan.channels.items() if passed == number]
        stacked = sorted(boxes, key=lambda box: box.y)
        for above, below in pairwise(stacked):
            assert above.y + above.height + SPACE - 0.2 <= below.y
        assert stacked[0].y >= 0 and stacked[-1].y + stacked[-1].height <= plan.height + 0.1
        for key in last & set(column):
            assert all(plan.boxes[other].y <= plan.boxes[key].y for other in column)
    for one, other in lines:
        assert plan.boxes[one].x + plan.boxes[one].width < plan.boxes[other].x
        passed = [number for key, number in plan.channels if key == one]
        assert set(range(plan.columns[one] + 1, plan.columns[other])) <= set(passed)
        path = plan.draw_line(one, other)
        assert path.count("H") == plan.columns[other] - plan.columns[one] - 1
        numbers = [float(part) for part in path.replace("M", " ").replace("C", " ").replace("H", " ").split()]
        assert min(numbers) >= 0


def test_a_line_to_the_left_or_within_a_column_is_refused() -> None:
    for line in (("b", "a"), ("a", "c")):
        with pytest.raises(ValueError, match="a line leads from column"):
            lay_out([["a", "c"], ["b"]], [line])


def test_lines_that_need_not_cross_do_not() -> None:
    columns = [["a", "b", "c"], ["x", "y", "z"]]
    lines = [("a", "z"), ("b", "y"), ("c", "x")]
    plan = lay_out(columns, lines)
    ordered = [sorted(column, key=lambda key: plan.boxes[key].y) for column in columns]
    slots = [[Slot(number, key) for key in column] for number, column in enumerate(ordered)]
    assert count_crossings(slots, {(Slot(0, one), Slot(1, other)) for one, other in lines}) == 0
    before = [[Slot(number, key) for key in column] for number, column in enumerate(columns)]
    assert count_crossings(before, {(Slot(0, one), Slot(1, other)) for one, other in lines}) == 3


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-500, 900), min_size=1, max_size=9))
def test_what_is_spread_keeps_order_room_and_bounds(wanted: list[float]) -> None:
    heights = [HEIGHT] * len(wanted)
    most = len(wanted) * (HEIGHT + SPACE) + 40
    tops = spread(wanted, heights, most)
    assert all(other - one >= HEIGHT + SPACE - 1e-6 for one, other in pairwise(tops))
    assert tops[0] >= -1e-6 and tops[-1] + HEIGHT <= most + 1e-6


def test_a_name_takes_two_lines_and_ends_in_an_ellipsis_where_it_is_longer() -> None:
    assert break_lines("RBC-Ukraine") == ["RBC-Ukraine"]
    assert break_lines("The Wall Street Journal of the world") == ["The Wall Street", "Journal of the world"]
    long = break_lines("American officials cited by RBC-Ukraine on the Donbas, 20 November 2025")
    assert len(long) == 2 and long[1].endswith("…") and max(map(len, long)) <= 20
    assert break_lines("x" * 80) == ["x" * 19 + "…"]
