"""The named queries: valid alone, bound by terms and never by text, and each filter means what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolution, QuerySolutions, QueryTriples, Store

from plangraph.errors import BadParameter
from plangraph.files import read_text
from plangraph.filters import (
    FILTERS,
    name_option,
    read_filters,
    read_limit,
    read_token,
    write_token,
)
from plangraph.guard import check_query
from plangraph.index import Index
from plangraph.origins import chain_of
from plangraph.pages.frame import READS as PAGE_READS
from plangraph.reads import (
    COLLECTIONS,
    COMPARISONS,
    FOLDER,
    Bound,
    Order,
    Read,
    load_read,
    parse_read,
    write_item_description,
    write_options,
    write_order,
    write_page,
    write_page_description,
    write_surveys,
)
from plangraph.settings import Limits
from plangraph.terms import Term, pg, term, thing
from plangraph.web.describe import TABLES
from plangraph.web.exports import NAMED_GRAPHS
from services import read_packaged

DAYS = ("since", "until")


@cache
def open_store() -> Store:
    filled = Store()
    filled.extend(read_packaged().quads)
    return filled


@cache
def index() -> Index:
    return Index(read_packaged().quads)


def ask(text: str) -> QuerySolutions:
    """Without prefixes of the service: what is published must be complete."""
    check_query(text, Limits())
    found = open_store().query(text, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    return found


def list_items(collection: str, bound: Bound | None = None, limit: int = 1_000_000) -> list[NamedNode]:
    rows = [solution["item"] for solution in ask(write_page(load_read(collection), bound or {}, limit))]
    items = [item for item in rows if isinstance(item, NamedNode)]
    assert len(items) == len(rows) == len(set(items))
    return items


def bind(**values: str) -> dict[str, list[Term]]:
    """The terms of each filter; for ``q`` the full-text index would have found two things."""
    candidates = read_filters({name: [value] for name, value in values.items()}, list(FILTERS))
    found: list[Term] = [thing("provision", "amnesty"), thing("outlet", "nbc-news")]
    return {
        name: found if name == "q" else [entry for terms in given.values() for entry in terms]
        for name, given in candidates.items()
    }


def instances(name: str) -> set[Term]:
    return {entry for entry in index().instances(term(name)) if isinstance(entry, NamedNode)}


def test_every_file_is_a_query_as_it_stands_and_says_what_it_answers() -> None:
    files = sorted(FOLDER.glob("*.rq"))
    listed = [*COLLECTIONS, *COMPARISONS, *TABLES, *(place.table for place in NAMED_GRAPHS), *PAGE_READS]
    assert {path.stem for path in files} > set(listed)
    assert len(files) == len(listed) + 6
    for path in files:
        text = read_text(path)
        open_store().query(text, use_default_graph_as_union=True)
        read = parse_read(path.stem, text)
        assert read.title and read.about.endswith("."), path.name


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_filter_of_a_collection_gives_complete_queries(collection: str) -> None:
    read = load_read(collection)
    filters = [name for name in read.filters if name in FILTERS]
    assert {"since", "until", "q"} <= set(filters)
    assert set(read.filters) - set(filters) == {"after"}
    assert ("kind" in filters) == bool(read.kinds)
    everything = list_items(collection)
    for name in filters:
        bound = bind(**{name: FILTERS[name].example})
        assert set(list_items(collection, bound)) <= set(everything), name
        for text in write_surveys(read, bound, Limits().query_bytes):
            ask(text)
        ask(write_options(read, name))
        text = write_page_description(read, bound, 10)
        assert isinstance(open_store().query(text, use_default_graph_as_union=True), QueryTriples)
    every = {name: bind(**{name: FILTERS[name].example})[name] for name in filters}
    assert set(list_items(collection, every)) <= set(everything)


def test_the_collections_hold_all_things_of_their_classes() -> None:
    classes = {
        "plans": "pg:Plan",
        "versions": "pg:PlanVersion",
        "provisions": "pg:Provision",
        "claims": "pg:Claim",
        "attributions": "pg:Attribution",
        "documents": "pg:Document",
        "outlets": "schema:NewsMediaOrganization",
        "stances": "pg:Stance",
        "changes": "pg:Change",
        "values": "pg:ReportedValue",
        "divergences": "pg:Divergence",
    }
    expected = {name: instances(class_) for name, class_ in classes.items()}
    expected["actors"] = (
        instances("schema:Person") | instances("schema:Organization") | instances("pg:AnonymousSource")
    )
    assert {name: set(list_items(name)) for name in COLLECTIONS} == expected
    assert sum(map(len, expected.values())) > 150


def test_a_filter_that_a_collection_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="plans cannot be filtered by slot"):
        write_page(load_read("plans"), bind(slot="duration"), 10)


def test_the_things_that_words_were_found_in_are_those_of_the_collection() -> None:
    amnesty, nbc = bind(q="amnesty")["q"]
    assert list_items("provisions", {"q": [amnesty, nbc]}) == [amnesty]
    assert list_items("outlets", {"q": [amnesty, nbc]}) == [nbc]
    assert list_items("claims", {"q": [amnesty, nbc]}) == []
    for collection in COLLECTIONS:
        assert list_items(collection, {"q": []}) == []


def documents_of(claim: Term) -> list[Term]:
    assert isinstance(claim, NamedNode)
    attributions = index().subjects(pg("assertsClaim"), claim)
    return [entry for source in attributions for entry in index().objects(source, pg("inDocument"))]


def follow(start: Iterable[Term], name: str) -> set[Term]:
    return {
        value
        for entry in start
        if isinstance(entry, NamedNode)
        for value in index().objects(entry, term(name))
    }


def test_claims_by_outlet_are_those_that_its_documents_show() -> None:
    shown, expected = 0, defaultdict[Term, set[Term]](set)
    for claim in instances("pg:Claim"):
        for outlet in follow(documents_of(claim), "schema:publisher"):
            expected[outlet].add(claim)
    for outlet in instances("schema:NewsMediaOrganization"):
        assert set(list_items("claims", {"outlet": [outlet]})) == expected[outlet]
        shown += len(expected[outlet])
    assert shown > 20


def test_what_a_document_shows_are_its_attributions_and_their_claims() -> None:
    shown = 0
    for document in sorted(instances("pg:Document"), key=str)[::9]:
        assert isinstance(document, NamedNode)
        attributions = index().subjects(pg("inDocument"), document)
        claims = follow(attributions, "pg:assertsClaim")
        assert set(list_items("attributions", {"document": [document]})) == set(attributions)
        assert set(list_items("claims", {"document": [document]})) == claims
        shown += len(claims)
    assert shown > 100


def test_claims_by_status_look_at_the_ends_of_the_chains() -> None:
    """A claim that one outlet takes from another has the status of the upper end."""
    expected = set()
    for claim in instances("pg:Claim"):
        assert isinstance(claim, NamedNode)
        ends = [
            hop
            for source in index().subjects(pg("assertsClaim"), claim)
            for hop in chain_of(index(), source)
            if not index().objects(hop, pg("takenFrom"))
        ]
        if pg("anonymous") in follow(ends, "pg:sourceStatus"):
            expected.add(claim)
    assert set(list_items("claims", bind(status="anonymous"))) == expected
    assert 0 < len(expected) < len(instances("pg:Claim"))


def test_claims_by_slot_are_those_that_fill_it_or_leave_it_empty() -> None:
    def expected(slot: NamedNode) -> set[Term]:
        empty = (pg("statesAbsent"), pg("leavesOpen"))
        return {
            claim
            for claim in instances("pg:Claim")
            if isinstance(claim, NamedNode)
            and (index().objects(claim, slot) or any(slot in index().objects(claim, name) for name in empty))
        }

    for name in ("duration", "confirmedBy", "bearer"):
        assert set(list_items("claims", bind(slot=name))) == expected(pg(name)) != set(), name


def test_a_topic_takes_in_the_topics_below_it() -> None:
    group = next(iter(index().objects(thing("topic", "amnesty"), term("skos:broader"))))
    below = set(list_items("provisions", {"topic": [group]}))
    assert set(list_items("provisions", bind(topic="amnesty"))) <= below
    assert thing("provision", "amnesty") in below


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_nothing_was_published_before_the_first_document(collection: str) -> None:
    assert list_items(collection, bind(until="2014-01-01")) == []
    assert list_items(collection, bind(since="2099-01-01")) == []


def test_until_counts_a_document_without_a_day_from_the_last_day_it_can_be_of() -> None:
    undated = [
        entry
        for entry in instances("pg:Document")
        if isinstance(entry, NamedNode) and not index().objects(entry, term("schema:datePublished"))
    ]
    placed = 0
    for document in undated:
        last = index().one(document, pg("publishedNotAfter"))
        if isinstance(last, Literal):
            assert document in list_items("documents", bind(until=last.value))
            placed += 1
        assert document not in list_items("documents", bind(until="2014-02-20"))
    assert placed > 0


def test_the_survey_counts_all_items_and_names_the_last() -> None:
    for collection in COLLECTIONS:
        (survey,) = write_surveys(load_read(collection), {}, Limits().query_bytes)
        rows = [row for row in ask(survey) if row["facet"] == Literal("total")]
        items = list_items(collection)
        assert len(rows) == 1
        assert rows[0]["items"] == Literal(str(len(items)), datatype=term("xsd:integer"))
        assert (rows[0]["last"] == Literal(items[-1].value)) if items else rows[0]["last"] is None


def test_a_survey_that_would_be_too_long_is_made_of_several() -> None:
    read = load_read("claims")
    (whole,) = write_surveys(read, {}, Limits().query_bytes)
    parts = write_surveys(read, {}, len(whole.encode()) - 1)
    assert len(parts) == 1 + len(read.facets)
    counted = sorted(map(str, (tuple(row) for text in parts for row in ask(text))))
    assert counted == sorted(str(tuple(row)) for row in ask(whole))


def read_keys(read: Read, order: Order) -> list[QuerySolution]:
    return list(ask(write_order(read, {}, 1_000_000, order)))


def test_every_order_sorts_by_a_value_and_puts_what_has_none_last() -> None:
    orders = missing = 0
    for collection in COLLECTIONS:
        read = load_read(collection)
        everything = list_items(collection)
        assert read.orders, collection
        for name in read.orders:
            up, down = (Order(name, descending) for descending in (False, True))
            rising, falling = read_keys(read, up), read_keys(read, down)
            for rows in (rising, falling):
                assert {row["item"] for row in rows} == set(everything)
                assert len(rows) == len(everything)
            present = [row for row in rising if row["key"] != Literal("~")]
            values = [int(v) if v.isdigit() and name in COUNTS else v for v in map(text_of, present)]
            assert values == sorted(values), (collection, name)
            assert all(row["key"] == Literal("") for row in falling[len(present) :])
            assert [text_of(row) for row in falling[: len(present)]] == [text_of(row) for row in present][
                ::-1
            ]
            missing += len(rising) - len(present)
            orders += 1
    assert orders == 23
    assert missing > 100


COUNTS = ("claims", "documents", "origins")


def text_of(row: QuerySolution) -> str:
    key = row["key"]
    assert isinstance(key, Literal)
    return key.value


def test_a_page_begins_after_the_item_it_is_told() -> None:
    items = list_items("claims")
    assert list_items("claims", {"after": [items[4]]}, limit=3) == items[5:8]
    assert items == sorted(items, key=lambda item: item.value)


def test_a_description_of_nothing_is_empty() -> None:
    text = write_item_description([thing("claim", "no-such")])
    assert list(open_store().query(text, use_default_graph_as_union=True)) == []  # type: ignore[arg-type]


def test_options_are_named_as_a_filter_takes_them() -> None:
    for name in ("plan", "actor", "slot", "status", "topic"):
        options = [row["option"] for row in ask(write_options(load_read("claims"), name))]
        assert len(options) > 0, name
        for option in options:
            assert option in bind(**{name: name_option(option)})[name], option


WRONG = (
    ("plan", "No Such Slug"),
    ("plan", "a/b"),
    ("plan", ""),
    ("plan", "http://not an iri"),
    ("slot", "no-slug-here"),
    ("kind", "a b"),
    ("since", "2025-11-31"),
    ("since", "20251120"),
    ("until", "yesterday"),
    ("until", "2025-11-20T00:00:00"),
    ("q", ""),
    ("q", "   "),
    ("q", "x" * 201),
    ("q", "a\nb"),
    ("colour", "red"),
)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_malformed_value_is_refused_by_the_name_of_its_parameter(name: str, value: str) -> None:
    with pytest.raises(BadParameter, match=f"^{name} "):
        read_filters({name: [value]}, list(FILTERS))


def test_a_day_can_be_given_once() -> None:
    for name in DAYS:
        with pytest.raises(BadParameter, match="given once"):
            read_filters({name: ["2025-11-20", "2025-11-21"]}, list(FILTERS))


@pytest.mark.parametrize("value", ["0", "-1", "1001", "ten", "", "1e2", "٣"])
def test_a_limit_out_of_bounds_is_refused(value: str) -> None:
    with pytest.raises(BadParameter, match="from 1 to 1,000"):
        read_limit([value], Limits())


def test_a_limit_is_a_number_of_items() -> None:
    assert read_limit([], Limits()) == Limits().page_items
    assert read_limit(["1000"], Limits()) == 1_000


def test_a_token_leads_back_to_its_item() -> None:
    items = [item for collection in COLLECTIONS for item in list_items(collection)]
    items.append(NamedNode("https://example.org/of/somebody/else"))
    assert [read_token([write_token(item)]) for item in items] == items
    assert len(items) > 150


@pytest.mark.parametrize("value", ["", "?", "claim/x", "%%%", "AAA", "_w"])
def test_a_made_up_token_is_refused(value: str) -> None:
    with pytest.raises(BadParameter, match=r"^next "):
        read_token([value])
