"""The page of ``/sparql``: a query and what it gives, without script; for programs all is as it was."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from fastapi.testclient import TestClient

from plangraph.evaluation import Answer
from plangraph.formats import TSV, TURTLE
from plangraph.pages.bars import BARS_SHOWN, draw_chart, list_figures
from plangraph.pages.bundle import BUILT, is_built
from plangraph.pages.captions import Captions
from plangraph.pages.excerpt import WIDEST, quote_place
from plangraph.pages.frame import GUARDED, write_page
from plangraph.pages.links import Links
from plangraph.pages.outcome import ROWS_SHOWN, TEXT_BYTES_SHOWN, Outcome, read_outcome
from plangraph.pages.phrases import LANGUAGES
from plangraph.pages.snippets import write_snippets
from plangraph.questions import list_questions
from plangraph.settings import Limits, Settings
from plangraph.web.protocol import prefers_page
from services import ENDLESS, PATIENT, make_site
from test_pages import BROWSER, DAY, HTML, WHOLE, find_text, get, list_links, list_parts, read_html

COUNTED = (
    "SELECT ?provision (COUNT(DISTINCT ?claim) AS ?claims) { ?claim pg:about ?provision . "
    "?provision a pg:Provision } GROUP BY ?provision ORDER BY DESC(?claims) ?provision LIMIT 20"
)
ALL = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 2500"
WRONG = "SELECT ?claim {\n  ?claim nope:about ?x .\n}"
NOT_BUILT = "the bundle was not built: npm or its registry was missing when the package was installed"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_site(Settings(workers=2, limits=PATIENT))) as opened:
        yield opened


@pytest.fixture(scope="module")
def hasty() -> Iterator[TestClient]:
    """A service with little patience."""
    with TestClient(make_site(Settings(workers=1, limits=Limits(query_seconds=1)))) as opened:
        yield opened


def locate(query: str, **parameters: str) -> str:
    given = {"query": query, **parameters}
    return "/sparql?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())


def find(tree: Any, tag: str, **attributes: str) -> list[Any]:
    """The nodes of a kind that have these attributes; ``class_`` is one of several."""
    wanted = {name.rstrip("_"): value for name, value in attributes.items()}
    return [
        node
        for node in tree.iter(tag)
        if all(value in (node.get(name) or "").split() for name, value in wanted.items())
    ]


def read_table(tree: Any) -> tuple[list[str], list[list[str]]]:
    (table,) = find(tree, "table", class_="cells")
    head = [find_text(node) for node in next(table.iter("thead")).iter("th")]
    return head, [[find_text(cell) for cell in row] for row in next(table.iter("tbody"))]


# -- who gets the page


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html,*/*;q=0.1", True),
        ("*/*", False),
        (None, False),
        ("application/json, text/html;q=0.9", False),
        ("text/html,text/csv,*/*;q=0.1", False),
        ("text/turtle,text/html;q=0.5,*/*;q=0.1", False),
        ("application/sparql-results+json", False),
        ("text/html;q=0, */*", False),
    ],
)
def test_the_page_is_for_those_who_like_it_best_and_nobody_else(
    client: TestClient, accept: str | None, page: bool
) -> None:
    assert prefers_page(accept) is page
    headers = {"Accept": accept} if accept else {}
    for address in ("/sparql", locate(COUNTED)):
        answer = client.get(address, headers=headers)
        kind = answer.headers["content-type"]
        assert kind.startswith("text/html") is page, (address, kind)
    posted = client.post("/sparql", data={"query": COUNTED}, headers=headers)
    assert posted.headers["content-type"].startswith("text/html") is page


def test_programs_get_what_they_got_before(client: TestClient) -> None:
    assert client.get(locate(COUNTED)).headers["content-type"] == "application/sparql-results+json"
    assert client.get("/sparql").headers["content-type"] == "text/turtle; charset=utf-8"
    assert client.get("/sparql?query=").status_code == 400
    wrong = client.get(locate(WRONG), headers={"Accept": "*/*"})
    assert wrong.headers["content-type"] == "application/problem+json"
    same = client.get(locate(COUNTED, format="csv", lang="uk", view="chart"), headers={"Accept": "*/*"})
    assert same.headers["content-type"] == "application/sparql-results+json"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "address",
    ["/sparql", locate(COUNTED), locate(COUNTED, view="chart"), locate("ASK {}"), locate("DESCRIBE plan:x"),
     "/questions", "/questions/03-sourcing"],
)  # fmt: skip
def test_a_page_is_valid_and_guarded_and_its_only_script_is_the_editor(
    client: TestClient, address: str, language: str
) -> None:
    chosen = f"{address}{'&' if '?' in address else '?'}lang={language}"
    answer = client.get(chosen, headers=HTML)
    tree = get(client, chosen)
    for name, value in GUARDED.items():
        assert answer.headers[name] == value
    assert tree.get("lang") == language
    scripts = [node.get("src") for node in tree.iter("script")]
    expected = 1 if is_built() and address.startswith("/sparql") else 0
    assert len(scripts) == expected
    assert all(node.text is None and node.get("type") == "module" for node in tree.iter("script"))
    assert not [node for node in tree.iter() if node.get("style") or node.tag == "style"]
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids)) > 3
    assert len(list(tree.iter("h1"))) == 1
    navigation = [find_text(node) for node in next(tree.iter("nav")).iter("a")]
    assert navigation[-2] == "SPARQL"


def test_a_page_goes_out_compressed_and_is_not_sent_again(client: TestClient) -> None:
    address = locate(COUNTED)
    first = client.get(address, headers=HTML | {"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert "Accept" in first.headers["vary"]
    again = client.get(address, headers=HTML | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(address, headers={"Accept": "text/csv"})
    assert other.headers["etag"] != first.headers["etag"]


# -- what stands on it


def test_rows_are_those_of_the_protocol_and_lead_to_the_pages_of_things(client: TestClient) -> None:
    expected = list(csv.reader(io.StringIO(client.get(locate(COUNTED), headers={"Accept": "text/csv"}).text)))
    tree = get(client, locate(COUNTED))
    head, rows = read_table(tree)
    assert head == expected[0] == ["provision", "claims"]
    assert len(rows) == 20
    assert [[f"provision:{iri.rpartition('/')[2]}", count] for iri, count in expected[1:]] == rows
    linked = [urlsplit(link).path for link in list_links(find(tree, "table", class_="cells")[0], "/sparql")]
    assert linked == [f"/provisions/{iri.rpartition('/')[2]}" for iri, _ in expected[1:]]
    assert client.get(linked[0], headers=HTML).status_code == 200
    assert find_text(find(tree, "h2", id="answer")[0]) == "Answer rows: 20"
    (area,) = tree.iter("textarea")
    assert area.text == COUNTED


def test_a_long_answer_is_cut_and_says_so(client: TestClient) -> None:
    tree = get(client, locate(ALL))
    _, rows = read_table(tree)
    assert len(rows) == ROWS_SHOWN
    assert "first 1,000 of 2,500 rows" in find_text(next(tree.iter("main")))
    text = get(client, locate("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 9000"))
    (shown,) = [node for node in find(text, "pre", class_="source") if "@prefix" in "".join(node.itertext())]
    assert len("".join(shown.itertext()).encode()) <= TEXT_BYTES_SHOWN
    assert "Shown is the beginning" in find_text(next(text.iter("main")))


def test_a_truth_value_is_a_sentence_and_a_graph_is_turtle(client: TestClient) -> None:
    assert "Yes: there is something" in find_text(
        next(get(client, locate("ASK { ?p a pg:Plan }")).iter("main"))
    )
    assert "No: nothing" in find_text(next(get(client, locate("ASK { ?p a pg:No }")).iter("main")))
    text = client.get(locate("DESCRIBE plan:ukraine-peace-plan"), headers={"Accept": "text/turtle"}).text
    tree = get(client, locate("DESCRIBE plan:ukraine-peace-plan"))
    assert text in ["".join(node.itertext()) for node in find(tree, "pre", class_="source")]
    assert "Nothing in the data matches" in find_text(
        next(get(client, locate("SELECT * { ?s pg:no ?o }")).iter("main"))
    )


def test_every_kind_of_value_is_shown_as_it_is(client: TestClient) -> None:
    query = """SELECT ?i ?n ?l ?d ?t ?b ?u ?e {
      VALUES (?i ?n ?l ?d ?t) { (<https://example.org/a> 5 "слово"@uk "2025"^^xsd:gYear "<b>\\ttwo\\nlines") }
      BIND(BNODE() AS ?b) BIND(pg:about AS ?e) }"""
    tree = get(client, locate(query))
    head, (row,) = read_table(tree)
    assert head == ["i", "n", "l", "d", "t", "b", "u", "e"]
    assert row[:5] == ["https://example.org/a", "5", "слово uk", "2025 xsd:gYear", "<b> two lines"]
    assert row[5].startswith("_:") and row[6:] == ["–unbound", "pg:about"]
    outside = [node for node in tree.iter("a") if node.get("href") == "https://example.org/a"]
    assert [node.get("rel") for node in outside] == ["external noreferrer"]
    assert len(read_table(get(client, locate("SELECT * {}")))[1]) == 1


@pytest.mark.parametrize(
    ("language", "place"), [("en", "Line 2, column 10:"), ("uk", "Рядок 2, стовпець 10:")]
)
def test_a_fault_is_told_at_its_place_with_its_line_quoted(
    client: TestClient, language: str, place: str
) -> None:
    problem = client.get(locate(WRONG), headers={"Accept": "*/*"}).json()
    answer = client.get(locate(WRONG, lang=language), headers=HTML)
    assert answer.status_code == problem["status"] == 400
    assert answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers
    tree = read_html(answer.text)
    (told,) = find(tree, "p", id="fault")
    assert find_text(told) == f"{place} {problem['detail']}"
    assert [node.get("lang") for node in told.iter("span")] == [None if language == "en" else "en"]
    assert (problem["line"], problem["column"]) == (2, 10)
    quoted = "".join(next(node for node in find(tree, "pre", class_="source")).itertext()).split("\n")
    at = next(number for number, line in enumerate(quoted) if line.startswith("   2"))
    assert quoted[at].endswith("  ?claim nope:about ?x .")
    assert quoted[at + 1].index("^") - 6 == problem["column"] - 1
    (area,) = tree.iter("textarea")
    assert area.text == WRONG and area.get("aria-invalid") == "true"
    assert area.get("aria-describedby") == "fault"


def test_what_a_fault_names_of_the_text_is_set_as_code_on_every_page(client: TestClient) -> None:
    wrong = "SELECT ?claim WERE { ?claim a pg:Claim }"
    for address in (locate(wrong), locate(wrong, format="csv", lang="uk")):
        answer = client.get(address, headers=HTML)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
        main = next(read_html(answer.text).iter("main"))
        assert "WERE is not expected here; is WHERE meant?" in find_text(main)
        assert "WERE" in [find_text(node) for node in main.iter("code")]


@pytest.mark.parametrize(
    ("given", "status", "rule"),
    [
        ({"query": "SELECT * { SERVICE <http://e/> {} }"}, 400, "service"),
        ({"query": "CLEAR ALL"}, 400, "read-only"),
        ({"update": "CLEAR ALL"}, 400, "read-only"),
        ({"query": ENDLESS}, 503, "query_seconds"),
        ({"query": "SELECT * { ?s ?p " + "(" * 60}, 400, None),
        ({"default-graph-uri": "http://e/g"}, 400, "one-query"),
        ({"query": "ASK {}", "named-graph-uri": "no"}, 400, "parameter"),
        ({"query": "#" * 100_001}, 413, "query_bytes"),
    ],
)
def test_what_is_refused_is_told_in_the_words_of_the_problem_document(
    hasty: TestClient, given: dict[str, str], status: int, rule: str | None
) -> None:
    page = hasty.post("/sparql", data=given, headers=HTML)
    problem = hasty.post("/sparql", data=given).json()
    assert page.status_code == problem["status"] == status
    assert rule is None or problem["rule"] == rule
    assert ("retry-after" in page.headers) == (status == 503)
    words = find_text(next(read_html(page.text).iter("main")))
    assert " ".join(problem["detail"].replace("`", "").split()) in words and problem["title"] in words
    assert len(list(read_html(page.text).iter("textarea"))) == 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/sparql?lang=xx", 400), ("/sparql?theme=pink", 400), (locate("ASK {}", as_of="yesterday"), 400),
        (locate("ASK {}", revision="99"), 404), (locate("ASK {}", view="pie"), 400),
        ("/sparql?question=no", 404), (locate("ASK {}", format="docx"), 400), ("/questions/no", 404),
        (locate("ASK {}", format="turtle"), 406), ("/sparql?query=%FF", 400),
    ],
)  # fmt: skip
def test_a_wrong_address_is_told_on_a_page(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address, headers=HTML)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == GUARDED["Content-Security-Policy"]


# -- ways on


def test_an_answer_can_be_had_in_every_format_that_is_offered(client: TestClient) -> None:
    tried = 0
    for query in (COUNTED, "ASK {}", "DESCRIBE plan:ukraine-peace-plan"):
        tree = get(client, locate(query, lang="uk"))
        for link in list_links(find(tree, "dl", class_="beside")[0], "/sparql"):
            given = parse_qs(urlsplit(link).query)
            if urlsplit(link).path == "/sparql" and "format" in given:
                answer = client.get(link, headers=HTML)
                assert answer.status_code == 200
                assert not answer.headers["content-type"].startswith("text/html")
                assert given["query"] == [query]
                tried += 1
    assert tried == 10
    rows = client.get(locate(COUNTED, format="csv"), headers=HTML)
    assert rows.content == client.get(locate(COUNTED), headers={"Accept": "text/csv"}).content


def test_an_answer_is_cited_with_its_revision_and_linked_in_it(client: TestClient) -> None:
    revision = client.get("/readyz").json()["revision"]
    tree = get(client, locate(COUNTED))
    links = list_links(find(tree, "dl", class_="beside")[0], "/sparql")
    cited = [link for link in links if "/api/v1/citation" in link]
    assert len(cited) == 3
    for link in cited:
        answer = client.get(link)
        assert answer.status_code == 200 and revision in answer.text
    (fixed,) = [link for link in links if "revision=" in link]
    assert parse_qs(urlsplit(fixed).query)["revision"] == [revision]
    again = client.get(fixed, headers=HTML)
    assert read_table(read_html(again.text)) == read_table(tree)
    assert "Plangraph-At-Revision" in again.headers


def test_a_day_stays_and_changes_the_answer(client: TestClient) -> None:
    query = "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?c a pg:Claim }"
    pinned = get(client, locate(query, as_of=DAY, theme="dark", lang="uk"))
    assert pinned.get("data-theme") == "dark"
    assert DAY in find_text(find(pinned, "p", class_="pinned")[0])
    (now,), (then,) = read_table(get(client, locate(query)))[1], read_table(pinned)[1]
    assert int(then[0]) < int(now[0])
    hidden = {
        node.get("name"): node.get("value") for node in find(pinned, "form", class_="query")[0].iter("input")
    }
    assert hidden == {"as_of": DAY, "theme": "dark", "lang": "uk"}
    offered = [link for link in list_links(pinned, "/sparql") if "format=csv" in link]
    assert offered and all(f"as_of={DAY}" in link for link in offered)
    assert client.get(offered[0], headers=HTML).text.split()[1] == then[0]


def test_a_form_that_was_sent_half_empty_leads_to_a_clean_address(client: TestClient) -> None:
    answer = client.get("/sparql?query=&as_of=&undated=include", headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sparql")
    lines = client.get("/sparql?query=SELECT%20*%0D%0A%7B%7D", headers=HTML)
    (area,) = read_html(lines.text).iter("textarea")
    assert area.text == "SELECT *\n{}"


def test_a_query_that_is_too_long_for_an_address_is_sent_by_a_form_all_along(client: TestClient) -> None:
    query = f"{COUNTED} #{'é' * 3_000}"
    answer = client.post("/sparql", data={"query": query, "lang": "uk"}, headers=HTML)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    tree = read_html(answer.text)
    assert len(read_table(tree)[1]) == 20
    assert max(len(link) for link in list_links(tree, "/sparql")) < 3_000
    (again,) = find(tree, "form", class_="again")
    fields = {node.get("name"): node.get("value") for node in again.iter("input")}
    assert fields == {"lang": "uk", "query": query}
    (button,) = [node for node in again.iter("button") if node.get("value") == "csv"]
    data = client.post("/sparql", data=fields | {button.get("name"): "csv"}, headers=HTML)
    assert data.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(data.text.split()) == 21


def test_every_question_is_an_example_that_runs_and_has_its_expected_answer(client: TestClient) -> None:
    questions = list_questions()
    tree = get(client, "/sparql?lang=uk")
    (listed,) = find(tree, "ol", class_="examples")
    assert [find_text(next(iter(node))) for node in listed] == [entry.title for entry in questions]
    assert len(questions) == 15
    for node, question in zip(listed, questions, strict=True):
        run, expected = (link.get("href") for link in node.iter("a"))
        led = client.get(run, headers=HTML, follow_redirects=False)
        given = parse_qs(urlsplit(led.headers["location"]).query)
        assert (led.status_code, given["query"], given["lang"]) == (303, [question.query], ["uk"])
        page = get(client, expected)
        head, rows = read_table(page)
        recorded = list(csv.reader(io.StringIO(question.expected or "")))
        assert head == recorded[0]
        assert len(rows) == min(len(recorded) - 1, 200) > 0
        assert question.query in ["".join(text.itertext()) for text in find(page, "pre", class_="source")]
    chosen = get(client, locate(questions[2].query))
    assert [find_text(node) for node in find(chosen, "li", class_="chosen")] != []
    assert len(read_table(chosen)[1]) == len((questions[2].expected or "").splitlines()) - 1


def test_a_question_of_a_day_has_the_answer_of_then(client: TestClient) -> None:
    question = list_questions()[2]
    page = get(client, f"/questions/{question.slug}?as_of={DAY}")
    then = client.get(f"/api/v1/questions/{question.slug}?as_of={DAY}").json()["answer"]
    assert (
        len(read_table(page)[1])
        == len(then.splitlines()) - 1
        < len((question.expected or "").splitlines()) - 1
    )
    assert "as of then" in find_text(find(page, "h2", id="answer")[0])
    name = client.get(f"/id/question/{question.slug}", headers=HTML, follow_redirects=False)
    assert urlsplit(name.headers["location"]).path == f"/questions/{question.slug}"
    data = client.get(f"/questions/{question.slug}.ttl", follow_redirects=False)
    assert data.headers["location"] == f"/api/v1/questions/{question.slug}.ttl"


def test_all_that_the_page_links_is_there(client: TestClient) -> None:
    tried, known = 0, set[tuple[str, ...]]()
    for page in (
        "/sparql",
        locate(COUNTED),
        locate(COUNTED, view="chart"),
        "/questions",
        "/questions/03-sourcing",
    ):
        for link in list_links(get(client, page), page)[:80]:
            if (parts := list_parts(link)) <= known:
                continue
            known |= parts
            if link == WHOLE:
                continue
            is_question = link.startswith("/sparql?question=")  # leads to its query, which takes a while
            answer = client.get(link, headers=HTML, follow_redirects=not is_question)
            assert answer.status_code == (303 if is_question else 200), (page, link)
            tried += 1
    assert tried > 40


def test_nothing_of_a_query_becomes_markup(client: TestClient) -> None:
    query = "SELECT ('</textarea><script>x</script>\\'' AS ?a) {} # \"'><b>"
    text = client.get(locate(query, view="table"), headers=HTML).text
    assert "<script>" not in text and "<b>" not in text
    assert read_table(read_html(text))[1] == [["</textarea><script>x</script>'"]]


# -- figures, snippets, places


def make_outcome(*lines: str) -> Outcome:
    return read_outcome(Answer(("\n".join(lines) + "\n").encode(), TSV, "rows", "r"))


def test_bars_are_drawn_where_one_column_names_and_others_count(client: TestClient) -> None:
    outcome = make_outcome("?name\t?n\t?m", '"a"\t4\t-1', '"b"\t1\t', '"c"\t0\t3')
    assert list_figures(outcome) == ["n", "m"]
    chart = draw_chart(outcome, "")
    assert chart is not None and [bar.length for bar in chart.bars] == [100.0, 25.0, 0.0]
    other = draw_chart(outcome, "m")
    assert other is not None and (other.column, other.zero) == ("m", 25.0)
    assert [(bar.figure, bar.begin, bar.length) for bar in other.bars] == [
        ("-1", 0.0, 25.0),
        ("", 0.0, 0.0),
        ("3", 25.0, 75.0),
    ]
    for lines in (
        ("?a\t?b", '"x"\t"y"', '"x"\t"y"'),
        ("?a", "1", "2"),
        ("?a\t?n", '"x"\t1'),
        ("?a\t?n", "\t1", '"b"\t2'),
    ):
        assert draw_chart(make_outcome(*lines), "") is None, lines
    many = draw_chart(make_outcome("?a\t?n", *(f'"{place}"\t{place}' for place in range(BARS_SHOWN + 5))), "")
    assert many is not None and (len(many.bars), many.more) == (BARS_SHOWN, 5)
    tree = get(client, locate(COUNTED, view="chart"))
    bars = [
        node for node in tree.iter() if str(node.tag).endswith("svg") and "bar" in (node.get("class") or "")
    ]
    assert len(bars) == 20
    tabs = [find_text(node) for nav in find(tree, "ul", class_="tabs") for node in nav]
    assert tabs == ["Table", "Bars"]


def test_only_what_is_shown_is_read_and_all_rows_are_counted() -> None:
    body = b"?n\n" + b"".join(b"%d\n" % number for number in range(ROWS_SHOWN + 7))
    outcome = read_outcome(Answer(body, TSV, "rows", "r"))
    assert (len(outcome.rows), outcome.total, outcome.is_cut) == (ROWS_SHOWN, ROWS_SHOWN + 7, True)
    exact = read_outcome(Answer(b"?n\n" + b"1\n" * ROWS_SHOWN, TSV, "rows", "r"))
    assert (exact.total, exact.is_cut) == (ROWS_SHOWN, False)
    assert read_outcome(Answer(b"?n\n", TSV, "rows", "r")).total == 0
    text = "".join(f"<http://e/{number}> a <http://e/Ї> .\n" for number in range(9_000))
    cut = read_outcome(Answer(text.encode(), TURTLE, "graph", "r"))
    assert cut.is_cut and cut.text.endswith(".\n") and text.startswith(cut.text)


AWKWARD = (
    "ASK {}",
    "SELECT *\n{ ?s ?p 'it''s' }",
    'ASK { ?s ?p "a\\n" } # )"',
    'ASK {} #"""',
    'ASK {} # \\ "\n',
    'x )" )-" "',
)


@pytest.mark.parametrize("query", AWKWARD)
def test_snippets_hold_the_very_query(query: str) -> None:
    shell, python, r = write_snippets(
        "http://e/sparql?as_of=2025-11-20", "http://e", query, {"as_of": "2025-11-20"}, "rows"
    )
    words = shlex.split(shell.text)
    assert words[words.index("--data-urlencode") + 1] == f"query={query}"
    assert words[2] == "http://e/sparql?as_of=2025-11-20"
    (assigned,) = [node for node in ast.parse(python.text).body if isinstance(node, ast.Assign)]
    assert ast.literal_eval(assigned.value) == query
    raw = re.search(r'r"(-*)\((.*?)\)\1"\nanswer', r.text, re.DOTALL)
    assert raw is not None and raw[2] == query
    for kind in ("boolean", "graph"):
        ast.parse(write_snippets("http://e/sparql", "http://e", query, {}, kind)[1].text)


def test_the_snippet_of_python_gives_the_rows_of_the_page(client: TestClient) -> None:
    pinned = client.get(locate(COUNTED, as_of=DAY), headers=HTML)
    snippets = ["".join(node.itertext()) for node in find(read_html(pinned.text), "pre", class_="source")]
    (text,) = [snippet for snippet in snippets if snippet.startswith("from plangraph.client")]
    assert f'as_of="{DAY}"' in text and '"http://testserver"' in text


def test_a_place_is_marked_below_its_column_in_lines_of_any_length() -> None:
    (line,) = quote_place("abc\tdef", 1, 6)
    assert (line.text, line.mark) == ("abc\tdef", "   \t ^")
    lines = quote_place("1\n2\n3\n4\n5\n6", 4, 1)
    assert [entry.number for entry in lines] == [2, 3, 4, 5]
    assert [bool(entry.mark) for entry in lines] == [False, False, True, False]
    (wide,) = quote_place("x" * 500 + "!" + "y" * 500, 1, 501)
    assert len(wide.text) == WIDEST + 2 and wide.text[len(wide.mark) - 1] == "!"
    (end,) = quote_place("abc", 1, 99)
    assert end.mark == "   ^"
    assert quote_place("abc", 7, 1) == [] and not quote_place("a", 1, None)[0].mark


# -- what the build leaves


def test_the_editor_is_told_prefixes_terms_and_the_fault(client: TestClient) -> None:
    tree = read_html(client.get(locate(WRONG, as_of=DAY), headers=HTML).text)
    (host,) = find(tree, "div", class_="editor")
    told = json.loads(host.get("data-editor"))
    assert told["prefixes"]["pg"] == "https://w3id.org/plangraph/ns#"
    assert (told["fault"]["line"], bool(told["fault"]["message"])) == (2, True)
    assert f"as_of={DAY}" in told["terms"]
    rows = client.get(
        told["terms"].replace(f"as_of={DAY}", ""), headers={"Accept": "application/sparql-results+json"}
    )
    bindings = rows.json()["results"]["bindings"]
    kinds = {row["term"]["value"].rpartition("#")[2]: row for row in bindings}
    assert kinds["Claim"]["kind"]["value"] == "class" and kinds["about"]["kind"]["value"] == "property"
    assert kinds["Claim"]["label"]["value"] and kinds["Claim"]["about"]["value"]
    assert len(bindings) == len(kinds) > 80


def test_a_service_without_the_bundle_says_so_and_loads_nothing_of_it(client: TestClient) -> None:
    members = {
        "title": "x", "layout": "base.html", "problem": {"title": "x", "status": 404}, "kind": "x",
        "heading": "x", "counts": {},
        "queries": {}, "twins": (), "citation": "", "permalink": "", "canonical": "", "keeps": False,
        "revision": "", "extent": None,
    }  # fmt: skip
    links = Links("http://testserver/", "sparql", {})
    for bundled in (True, False):
        text = write_page("problem.html", links, Captions("en", {}), {**members, "bundled": bundled})
        assert ("fonts.css" in text) is ("licences.txt" in text) is bundled
        assert ("built without npm" in text) is not bundled
    assert client.get("/readyz").json()["bundle"] is is_built()


@pytest.mark.skipif(not is_built(), reason=NOT_BUILT)
def test_the_bundle_is_served_and_may_be_kept(client: TestClient) -> None:
    kinds = {
        ".js": "text/javascript",
        ".css": "text/css",
        ".svg": "image/svg+xml",
        ".txt": "text/plain",
        ".woff2": "font/woff2",
    }
    files = [path for path in BUILT.iterdir() if path.suffix in kinds]
    assert {"editor.js", "fonts.css", "ukraine.svg", "licences.txt"} < {path.name for path in files}
    for path in files:
        answer = client.get(f"/static/{path.name}")
        assert answer.status_code == 200 and answer.content == path.read_bytes()
        assert answer.headers["content-type"].partition(";")[0] == kinds[path.suffix]
        again = client.get(f"/static/{path.name}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    font = next(path for path in files if path.suffix == ".woff2")
    assert "immutable" in client.get(f"/static/{font.name}").headers["cache-control"]
    assert "immutable" not in client.get("/static/editor.js").headers["cache-control"]
    for hidden in (".stamp", "..%2Fphrases.toml", "%2e%2e/frame.py", "built/editor.js"):
        assert client.get(f"/static/{hidden}").status_code == 404


@pytest.mark.skipif(not is_built(), reason=NOT_BUILT)
def test_the_map_has_every_region_by_its_id_without_colours_and_is_small() -> None:
    text = (BUILT / "ukraine.svg").read_text(encoding="utf-8")
    ids = re.findall(r'<path id="([a-z-]+)" d="[^"]+"/>', text)
    assert {"crimea", "donetsk", "luhansk", "kherson", "zaporizhia"} <= set(ids)
    assert len(ids) == len(set(ids)) >= 26
    assert "fill" not in text and "style" not in text
    assert len(text) < 60_000


@pytest.mark.skipif(not is_built(), reason=NOT_BUILT)
def test_the_licences_of_all_parts_are_told() -> None:
    text = (BUILT / "licences.txt").read_text(encoding="utf-8")
    for part in (
        "@codemirror/view",
        "@lezer/",
        "codemirror-lang-sparql",
        "@fontsource-variable/inter",
        "@svg-maps/ukraine",
    ):
        assert part in text, part
    for words in ("MIT", "SIL Open Font License", "OFL-1.1", "CC-BY-4.0", "simplified"):
        assert words.lower() in text.lower(), words
