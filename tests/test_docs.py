"""The documentation: every term and every operation has its place, and what it tells is so."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import html5rdf  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient
from pyoxigraph import Literal, NamedNode

from builders import read_vocabulary
from plangraph.formats import CSV, GRAPHS, HTML, JSON
from plangraph.index import Index
from plangraph.pages.constraints import load_rules
from plangraph.pages.docs import ELSEWHERE
from plangraph.pages.frame import TEMPLATES
from plangraph.pages.licences import list_packages, name_needed, read_built
from plangraph.pages.manual import CONFORMANCE, NARROWEST_PIXELS, PAGES, PROSE, place
from plangraph.pages.phrases import LANGUAGES, say
from plangraph.pages.reference import OPERATION, SUFFIX, read_operations
from plangraph.pages.vocabulary import load_vocabulary
from plangraph.settings import Limits, Settings
from plangraph.sheetfiles import read_sheet
from plangraph.terms import NS, split_thing, term
from plangraph.web.site import create_site
from test_browser import PHONE, RULES

ACCEPT = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
MOST_BYTES = 60_000
"""How large a page may be when it is compressed."""

MEDIA_TYPES = {entry.suffix: entry.media_type for entry in (JSON, CSV, *GRAPHS)}
TAGS = 12
LIMITS = replace(Limits(), query_seconds=60)
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that takes writes and keeps revisions, so that it has every operation."""
    folder: Path = tmp_path_factory.mktemp("docs")
    (folder / "tokens").write_text("a-token-of-the-tests\n", encoding="utf-8")
    settings = Settings(
        workers=2, token_file=str(folder / "tokens"), journal=str(folder / "journal.db"), limits=LIMITS
    )
    with TestClient(create_site(settings)) as opened:
        yield opened


def get(client: TestClient, address: str) -> Any:
    answer = client.get(address, headers=ACCEPT)
    assert answer.status_code == 200, (address, answer.text[:300])
    assert answer.headers["content-type"] == "text/html; charset=utf-8", address
    return html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(answer.text)


def find_text(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def list_rows(tree: Any) -> list[list[str]]:
    """The cells of every table."""
    return [[find_text(cell) for cell in line] for body in tree.iter("tbody") for line in body]


def normalise(name: str) -> str:
    """The name of a package as registries compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def settle(text: str) -> str:
    return " ".join(text.split())


def find_main(tree: Any) -> Any:
    return next(tree.iter("main"))


def list_defined() -> dict[str, str]:
    """The English definition of every term that the namespace defines."""
    index = Index(read_vocabulary())
    found = {}
    for entry in index.subjects(term("rdfs:isDefinedBy"), NamedNode(NS.rstrip("#"))):
        assert isinstance(entry, NamedNode)
        texts = index.objects(entry, term("skos:definition"))
        found[entry.value] = next(
            text.value for text in texts if isinstance(text, Literal) and text.language == "en"
        )
    return found


def locate(iri: str) -> str:
    return f"/docs/ontology/{'/'.join(split_thing(iri) or (iri.removeprefix(NS),))}"


def test_every_term_of_the_ontology_has_a_page_that_holds_its_definition(client: TestClient) -> None:
    defined = list_defined()
    for iri, definition in defined.items():
        answer = client.get(locate(iri), headers=ACCEPT)
        assert (answer.status_code, answer.headers["content-type"]) == (200, HTML.content_type), iri
        _, _, main = unescape(answer.text).partition("<main ")
        assert settle(definition) in settle(main), iri
        assert f'href="{iri}"' in main
    assert len(defined) == 278


def test_every_topic_and_concept_stands_in_the_tree_of_its_scheme(client: TestClient) -> None:
    vocabulary = load_vocabulary()
    members = {
        entry.value
        for entry in vocabulary.index.instances(term("skos:Concept"))
        if isinstance(entry, NamedNode)
    }
    schemes = vocabulary.list_schemes()
    shown = set()
    for iri in schemes:
        tree = get(client, locate(iri))
        linked = {
            urlsplit(node.get("href", "")).path for node in find_main(tree).iter("a") if node.get("href")
        }
        shown |= {member for member in members if locate(member) in linked}
    assert shown == members
    assert len(members) > 350 and len(schemes) > 45
    for iri in sorted(members)[::20]:
        assert settle(vocabulary.definitions[iri]) in find_text(find_main(get(client, locate(iri)))), iri


def test_the_iri_of_a_term_leads_to_its_place_in_the_list(client: TestClient) -> None:
    defined = list_defined()
    places = {node.get("id"): node for node in find_main(get(client, "/ns")).iter("li") if node.get("id")}
    names = {iri.removeprefix(NS): iri for iri in defined if iri.startswith(NS)}
    assert set(names) <= set(places) and len(names) == 263
    for name, iri in names.items():
        assert urlsplit(next(places[name].iter("a")).get("href", "")).path == locate(iri)
        assert settle(defined[iri]) in find_text(places[name])


@pytest.mark.parametrize("address", ["/ns", "/shapes"])
def test_a_graph_is_a_page_only_for_who_asks_for_one(client: TestClient, address: str) -> None:
    turtle = client.get(f"{address}.ttl")
    for accept in ("*/*", "text/turtle", "text/turtle, text/html", "application/xml, */*;q=0.1", None):
        headers = {"Accept": accept} if accept else {}
        answer = client.get(address, headers=headers)
        assert (answer.status_code, answer.content) == (200, turtle.content), accept
        assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    for entry in GRAPHS:
        answer = client.get(address, headers={"Accept": entry.media_type})
        assert answer.headers["content-type"].startswith(entry.media_type)
    for accept in ("text/html", ACCEPT["Accept"]):
        answer = client.get(address, headers={"Accept": accept})
        assert answer.headers["content-type"] == HTML.content_type
        assert "Accept" in answer.headers["vary"]
    assert client.get(address, headers={"Accept": "image/png"}).status_code == 406


def count(client: TestClient, pattern: str) -> int:
    query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return int(answer.text.split()[1])


def read_table(tree: Any) -> dict[str, dict[str, int]]:
    """The figures of the table of uses by the heading of the row and of the column."""
    section = next(node for node in tree.iter("section") if node.get("aria-labelledby") == "uses")
    _, *parts = (find_text(node) for node in next(section.iter("thead")).iter("th"))
    rows = [[find_text(cell) for cell in line] for line in next(section.iter("tbody"))]
    return {
        name: {part: int(figure.replace(",", "")) for part, figure in zip(parts, figures, strict=True)}
        for name, *figures in rows
    }


@pytest.mark.parametrize(
    ("name", "row", "pattern"),
    [
        ("duration", "as a property", "GRAPH ?g { ?s pg:duration ?o }"),
        ("duration", "as a value of pg:onSlot", "GRAPH ?g { ?s pg:onSlot pg:duration }"),
        ("Claim", "things of this class", "GRAPH ?g { ?s a pg:Claim }"),
        (
            "contradicts",
            "as a value of pg:divergenceKind",
            "GRAPH ?g { ?s pg:divergenceKind pg:contradicts }",
        ),
        ("topic/amnesty", "as a value of pg:onTopic", "GRAPH ?g { ?s pg:onTopic topic:amnesty }"),
    ],
)
def test_how_often_a_term_is_used_is_counted_from_the_graph(
    client: TestClient, name: str, row: str, pattern: str
) -> None:
    figures = read_table(get(client, f"/docs/ontology/{name}"))[row]
    assert sum(figures.values()) == count(client, pattern) > 0
    documents = count(client, f"{pattern} FILTER(CONTAINS(STR(?g), '/graph/document/'))")
    assert figures.get("in documents", 0) == documents


def test_every_rule_of_the_shapes_is_told_and_stands_on_the_pages_of_its_terms(client: TestClient) -> None:
    rules = load_rules()
    places = {node.get("id"): node for node in find_main(get(client, "/shapes")).iter("li") if node.get("id")}
    assert set(places) == {rule.name for rule in rules}
    assert len(rules) == count(client, "?rule sh:message ?message") > 250
    for rule in rules:
        text = find_text(places[rule.name])
        assert settle(rule.message) in text
        assert all(settle(f"{name} {value}") in text for name, value in rule.conditions), rule.name
        assert rule.targets and (rule.path or rule.conditions or rule.query), rule.name
    for name, expected in (
        ("duration", "slot-duration"),
        ("Plan", "plan-label"),
        ("inOption", "claim-option"),
    ):
        shown = find_text(find_main(get(client, f"/docs/ontology/{name}")))
        assert f"rule:{expected}" in shown
    assert sum(rule.warns for rule in rules) > 5
    assert any(" / " in rule.path for rule in rules)


def test_a_term_that_there_is_not_is_told(client: TestClient) -> None:
    for address in (
        "no-such",
        "topic/no-such",
        "plan/ukraine-peace-plan",
        "Claim.pdf",
        "topic/{x}",
        "no-such.ttl",
        "a%20b",
    ):
        answer = client.get(f"/docs/ontology/{address}", headers=ACCEPT)
        assert answer.status_code == 404, address
        assert answer.headers["content-type"] == HTML.content_type


def test_the_name_of_a_topic_leads_a_browser_to_its_page_and_a_program_to_its_data(
    client: TestClient,
) -> None:
    for kind, slug in (("topic", "amnesty"), ("scheme", "topics"), ("concept", "a-year")):
        browser = client.get(f"/id/{kind}/{slug}", headers=ACCEPT, follow_redirects=False)
        assert urlsplit(browser.headers["location"]).path == f"/docs/ontology/{kind}/{slug}"
        program = client.get(f"/id/{kind}/{slug}", headers={"Accept": "text/turtle"}, follow_redirects=False)
        assert urlsplit(program.headers["location"]).path == f"/doc/{kind}/{slug}"


def test_every_operation_of_the_service_is_on_its_page_with_all_it_takes(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operations = read_operations(document)
    assert len(operations) == sum(map(len, document["paths"].values())) > 70
    tags = {operation.tag.lower() for operation in operations}
    front = find_main(get(client, "/docs/api"))
    shown = 0
    for tag in sorted(tags):
        tree = find_main(get(client, f"/docs/api/{tag}"))
        sections = {node.get("aria-labelledby"): node for node in tree.iter("section")}
        for operation in operations:
            if operation.tag.lower() != tag:
                continue
            text = find_text(sections[operation.id])
            told = document["paths"][operation.path][operation.method.lower()]
            assert f"{operation.method} {operation.path}" in text
            assert all(entry["name"] in text for entry in told.get("parameters", ()))
            about = [entry.get("description", "").replace("`", "") for entry in told.get("parameters", ())]
            assert all(settle(meaning) in text for meaning in about)
            assert all(status in text for status in told["responses"])
            assert "curl " in text
            assert f"#{operation.id}" in {
                "#" + node.get("href", "").partition("#")[2] for node in front.iter("a")
            }
            shown += 1
    assert shown == len(operations)
    assert len(tags) == TAGS


def test_the_examples_of_the_reference_are_those_of_the_document(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    held = 0
    for operation in read_operations(document):
        if not operation.example:
            continue
        tree = find_main(get(client, f"/docs/api/{operation.tag.lower()}")) if held == 0 else None
        if tree is not None:
            assert settle(operation.example) in find_text(tree)
        assert operation.example.startswith(("{", "["))
        held += 1
    assert held > 30


def read_form(section: Any) -> dict[str, str] | None:
    """What a form sends as it stands."""
    form = next(section.iter("form"), None)
    if form is None:
        return None
    sent = {node.get("name"): node.get("value", "") for node in form.iter("input")}
    sent |= {node.get("name"): "".join(node.itertext()) for node in form.iter("textarea")}
    for node in form.iter("select"):
        chosen = [option for option in node.iter("option") if option.get("selected") is not None]
        sent[node.get("name")] = find_text(chosen[0]) if chosen else ""
    return sent


def test_every_form_of_the_reference_leads_to_an_answer_in_the_format_that_is_chosen(
    client: TestClient,
) -> None:
    operations = {entry.id: entry for entry in read_operations(client.get("/openapi.json").json())}
    tried = suffixed = 0
    for tag in sorted({entry.tag.lower() for entry in operations.values()}):
        tree = find_main(get(client, f"/docs/api/{tag}"))
        for section in tree.iter("section"):
            sent = read_form(section)
            if sent is None:
                continue
            operation = operations[sent[OPERATION]]
            assert operation.method == "GET"
            if operation.path == "/export/plangraph.{suffix}":
                continue  # it is large
            sent |= {"limit": "2"} if "limit" in sent else {}
            answer = client.get("/docs/api/try", params=sent, follow_redirects=False)
            assert answer.status_code == 303, (operation.path, answer.text)
            target = answer.headers["location"]
            assert "_" not in parse_qs(urlsplit(target).query), target
            assert client.get(target).status_code == 200, target
            tried += 1
            for suffix in operation.suffixes[tried % 7 : tried % 7 + 1]:
                there = client.get("/docs/api/try", params={**sent, SUFFIX: suffix})
                assert there.status_code == 200, (operation.path, suffix, there.text[:300])
                assert there.headers["content-type"].startswith(MEDIA_TYPES[suffix]), (operation.path, suffix)
                suffixed += 1
    assert tried > 45 and suffixed > 25
    names = {entry.name for operation in operations.values() for entry in operation.parameters}
    assert not names & {OPERATION, SUFFIX}


def test_a_form_that_leaves_out_what_is_needed_is_told_so(client: TestClient) -> None:
    for sent, status in (
        ({OPERATION: "get_plans"}, 400), ({OPERATION: "no_such"}, 404), ({}, 404),
        ({OPERATION: "put_document"}, 404),
    ):  # fmt: skip
        assert client.get("/docs/api/try", params=sent, follow_redirects=False).status_code == status, sent
    kept = client.get(
        "/docs/api/try",
        params={OPERATION: "get_plans", "name": "//example.org/a b", "as_of": ""},
        follow_redirects=False,
    )
    assert kept.headers["location"] == "/api/v1/plans///example.org/a%20b"


def list_pages(client: TestClient) -> list[str]:
    """The pages of the documentation, one of each kind of term, and every tag."""
    document = client.get("/openapi.json").json()
    tags = sorted({entry.tag.lower() for entry in read_operations(document)})
    own = ["docs", *map(place, PAGES), "ns", *(f"docs/api/{tag}" for tag in (*tags, "models"))]
    terms = ("duration", "Claim", "contradicts", "about", "topic/amnesty", "scheme/topics", "concept/a-year")
    return [f"/{path}" for path in own] + [f"/docs/ontology/{name}" for name in terms]


def test_no_page_is_large_and_each_is_sent_once(client: TestClient) -> None:
    pages = list_pages(client)
    for page in pages:
        answer = client.get(page, headers=ACCEPT)
        assert answer.status_code == 200, page
        assert len(gzip.compress(answer.content, 5)) < MOST_BYTES, page
        again = client.get(page, headers=ACCEPT | {"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), page
    assert len(pages) > 30


def test_all_pages_of_the_documentation_are_there_in_both_languages_and_linked(client: TestClient) -> None:
    for language in LANGUAGES:
        front = get(client, f"/docs?lang={language}")
        linked = [urljoin("/docs", node.get("href", "")) for node in find_main(front).iter("a")]
        assert [urlsplit(link).path for link in linked] == [f"/{place(name)}" for name in PAGES]
        for link in linked:
            tree = get(client, link)
            assert tree.get("lang") == language
            assert say(language, "section.docs") in find_text(find_main(tree))
        footer = {urlsplit(node.get("href", "")).path for node in next(front.iter("footer")).iter("a")}
        assert {"/docs", "/docs/what-this-is-not", "/docs/accessibility", "/docs/licences"} <= footer


def test_texts_say_the_same_in_both_languages() -> None:
    for name in PROSE:
        english, ukrainian = (
            (TEMPLATES / "prose" / f"{name}.{language}.html").read_text(encoding="utf-8")
            for language in LANGUAGES
        )
        for mark in (r"<h2", r"<h3", r"<p", r"<li", r"\{% [a-z]+ ", r'href="[^"]*"', r"<code>[^<{]*</code>"):
            assert re.findall(mark, english) == re.findall(mark, ukrainian), (name, mark)
        assert re.search("[а-яіїєґ]", ukrainian)
        assert english.count("<h2") >= 3
    assert len(PROSE) == 4


def test_the_sheet_that_is_shown_is_one_that_the_service_takes(client: TestClient, tmp_path: Path) -> None:
    tree = find_main(get(client, "/docs/submitting"))
    text = "".join(next(tree.iter("pre")).itertext())
    (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
    assert read_sheet(tmp_path / "one.yaml").sheet.id == "example-2025-11-20-cap"
    headers = {"Authorization": "Bearer a-token-of-the-tests", "Content-Type": "application/yaml"}
    answer = client.post("/api/v1/documents?dry_run=1", content=text.encode(), headers=headers)
    assert answer.status_code in (200, 201), answer.text
    assert "takes writes from who has a token" in find_text(tree)


def test_what_is_said_of_accessibility_is_what_the_tests_check(client: TestClient) -> None:
    assert list(CONFORMANCE) == RULES["runOnly"]
    assert PHONE["viewport"]["width"] == NARROWEST_PIXELS
    for language in LANGUAGES:
        text = find_text(find_main(get(client, f"/docs/accessibility?lang={language}")))
        assert all(name in text for name in (*CONFORMANCE, str(NARROWEST_PIXELS), "Chromium", "Firefox"))


def test_how_to_cite_shows_the_present_revision(client: TestClient) -> None:
    page = client.get("/docs/citing", headers=ACCEPT)
    text = find_text(find_main(get(client, "/docs/citing")))
    revision = page.headers["plangraph-revision"]
    assert text.count(revision) >= 4
    assert "@misc{plangraph-" in text and f"version = {{{revision}}}" in text
    assert "keeps every revision" in text


def test_licences_are_those_of_what_is_installed(client: TestClient) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = set(name_needed(project["dependencies"]))
    packages = list_packages()
    assert {normalise(entry.name) for entry in packages} == {normalise(name) for name in declared}
    rows = list_rows(find_main(get(client, "/docs/licences")))
    for entry in packages:
        assert entry.licence and [entry.name, entry.version, entry.licence, settle(entry.about)] in rows
    assert len(packages) >= 15
    assert list_packages("no-such-project-anywhere") == []


def test_licences_of_the_bundle_are_shown_where_there_is_one(client: TestClient, tmp_path: Path) -> None:
    assert read_built(tmp_path / "licences.txt") == ""
    (tmp_path / "licences.txt").write_text("a module: MIT\n", encoding="utf-8")
    assert read_built(tmp_path / "licences.txt") == "a module: MIT\n"
    text = find_text(find_main(get(client, "/docs/licences")))
    assert ("No bundle was built" in text) is (read_built() == "")


def test_requirements_of_extras_are_not_needed_to_run() -> None:
    found = name_needed(["fastapi>=0.115", 'httpx>=0.28; extra == "client"', "uvloop; os_name != 'nt'", ""])
    assert list(found) == ["fastapi", "uvloop"]


def test_limits_are_those_of_the_service(client: TestClient) -> None:
    rows = list_rows(find_main(get(client, "/docs/limits")))
    assert rows == [
        [str(entry["name"]), f"{entry['value']:,} {entry['unit']}", str(entry["help"])]
        for entry in LIMITS.table()
    ]
    assert len(rows) > 30


def test_documentation_is_data_too_where_there_is_data(client: TestClient) -> None:
    ways = {
        ("/docs/api", "application/json"): "/openapi.json",
        ("/docs/api/collections", "application/json"): "/openapi.json",
        ("/docs/limits", "application/json"): "/limits",
        ("/docs/ontology", "text/turtle"): "/ns.ttl",
        ("/docs/ontology/duration", "application/ld+json"): "/ns.jsonld",
        ("/docs/ontology/topic/amnesty", "application/json"): "/doc/topic/amnesty.json",
    }
    for (address, accept), target in ways.items():
        answer = client.get(address, headers={"Accept": accept}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, target), address
        assert client.get(target).headers["content-type"].startswith(accept)
    suffixed = client.get("/docs/ontology/concept/a-year.ttl?lang=uk", follow_redirects=False)
    assert suffixed.headers["location"] == "/doc/concept/a-year.ttl"
    assert client.get("/docs/citing", headers={"Accept": "application/json"}).status_code == 406
    names = {"examples/{name}": "03-sourcing", "ontology/{name}": "duration"}
    for address, target in ELSEWHERE.items():
        path, place = (text.format(name=names.get(address, "")) for text in (address, target))
        answer = client.get(f"/{path}?lang=uk", headers=ACCEPT, follow_redirects=False)
        assert answer.headers["location"] == f"/{place}?lang=uk"
        assert client.get(f"/{place}?lang=uk", headers=ACCEPT).status_code == 200, place
    assert client.get("/docs?colour=red", headers=ACCEPT).status_code == 400


def test_a_service_without_tokens_and_without_data_has_its_documentation(tmp_path: Path) -> None:
    with TestClient(create_site(Settings(workers=1, scratch=True))) as empty:
        for address in (
            "/docs",
            "/docs/api",
            "/docs/api/sparql",
            "/ns",
            "/shapes",
            "/docs/ontology/duration",
        ):
            assert find_text(find_main(get(empty, address)))
        assert "takes no writes" in find_text(find_main(get(empty, "/docs/submitting")))
        assert "keeps no older revisions" in find_text(find_main(get(empty, "/docs/citing")))
        assert empty.get("/docs/api/writes", headers=ACCEPT).status_code == 404
        check_downloads(empty)


def check_downloads(client: TestClient) -> None:
    """Every file is named, and there, with its checksum."""
    tree = find_main(get(client, "/docs/downloads"))
    files = [node.get("href", "") for node in next(tree.iter("tbody")).iter("a")]
    lines = [line.split() for line in client.get(files.pop()).text.splitlines()]
    sums = {name: digest for digest, name in lines}
    assert len(files) == len(sums) == 7
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == sums[file.rpartition("/")[2]]
