"""Citations: hostile words stay words in BibTeX; every thing and answer has one that names its revision."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from plangraph.citation import (
    BIBTEX,
    CSL,
    PLAIN,
    SPECIAL,
    Reference,
    Source,
    cite_article,
    cite_record,
    settle_spaces,
    write_citation,
)
from plangraph.questions import list_questions
from plangraph.reads import COLLECTIONS
from plangraph.terms import split_thing
from plangraph.web.api import create_routers
from plangraph.web.app import create_app
from services import PATIENT, make_engine, open_shelf, read_packaged

TEX = {written: letter for letter, written in SPECIAL.items()}
FIELD = re.compile(r"\s*([a-z]+) = \{")


def read_bibtex(text: str) -> list[dict[str, str]]:
    """The entries of a file, as BibTeX takes it apart: by counting braces, whatever stands before them."""
    entries, place = [], 0
    while (start := text.find("@", place)) >= 0:
        head = re.match(r"@([a-z]+)\{([^,\s{}]+),\n", text[start:])
        assert head, text[start : start + 80]
        entry = {"ENTRYTYPE": head[1], "ID": head[2]}
        place = start + head.end()
        while field := FIELD.match(text, place):
            depth, place = 1, field.end()
            begin = place
            while depth:
                depth += {"{": 1, "}": -1}.get(text[place], 0)
                place += 1
            entry[field[1]] = text[begin : place - 1]
            assert text[place] in ",\n"
            place += 1
        assert text[place : place + 1] in ("}", "\n") or text[place - 1] == "\n"
        entries.append(entry)
        place = text.index("}", place) + 1
    return entries


def read_tex(text: str) -> str:
    """What TeX would print."""
    pattern = "|".join(re.escape(written) for written in sorted(TEX, key=len, reverse=True))
    shown = re.sub(pattern, lambda match: TEX[match[0]], text)
    rest = re.sub(pattern, "", text)
    assert not re.search(r"[\\{}$&#%_~^]", rest), rest
    return shown


HOSTILE = (
    r"50 % of $1 & #2_x^y~z", "a { b", "a } b", "}} @misc{x,", r"\input{/etc/passwd}", r"\write18{x}",
    '"quoted"',     "two\nlines\r\n\tand a tab", "амністія — 安全 ﷽", "end}\n}\n@book{evil, title = {x}",
    "<b>|</b>", "\\", "\x00\x07",
)  # fmt: skip


def check(title: str, url: str = "https://w3id.org/plangraph/id/claim/a") -> None:
    reference = cite_record(title, "claim", url, "0123456789abcdef")
    (entry,) = read_bibtex(write_citation([reference], BIBTEX).decode())
    assert entry["title"][0] + entry["title"][-1] == "{}"
    assert read_tex(entry["title"][1:-1]) == settle_spaces(title)
    assert entry["version"] == "0123456789abcdef"
    assert not re.search(r'[\s{}\\"<>]', entry["url"])
    (item,) = json.loads(write_citation([reference], CSL))
    assert item.get("title", "") == settle_spaces(title)
    assert len(write_citation([reference], PLAIN).decode().splitlines()) == 1


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_words_stay_words(title: str) -> None:
    check(title)
    check("plain", f"https://example.org/{title}")


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_any_title_can_be_cited(title: str) -> None:
    expected = settle_spaces(title)
    if all(unicodedata.category(letter) not in ("Zl", "Zp") for letter in expected):
        check(title)


def test_an_article_without_a_day_says_what_is_known_of_it() -> None:
    source = Source(
        "https://w3id.org/plangraph/id/document/x",
        "X: a report",
        "X",
        earliest=date(2025, 11, 20),
        latest=date(2025, 11, 24),
    )
    (entry,) = read_bibtex(write_citation([cite_article(source)], BIBTEX).decode())
    assert "year" not in entry
    assert entry["note"] == "published not before 2025-11-20, not after 2025-11-24"
    assert entry["title"] == "{[X: a report]}"
    (item,) = json.loads(write_citation([cite_article(source)], CSL))
    assert "issued" not in item
    several = Source("https://w3id.org/plangraph/id/document/y", "Y", authors=("A & B", "C"))
    (entry,) = read_bibtex(write_citation([cite_article(several)], BIBTEX).decode())
    assert entry["author"] == r"{A \& B} and {C}"


def test_a_claim_of_many_documents_names_three() -> None:
    sources = [Source(f"https://w3id.org/plangraph/id/document/{n}", f"D{n}", f"O{n}") for n in range(5)]
    reference: Reference = cite_record("x", "claim", "https://x.org/id/claim/x", "r", sources=sources)
    assert reference.note == "claim, shown by O0; O1; O2; 2 more"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    engine = make_engine(PATIENT)
    app = create_app(engine, engine.settings, create_routers(engine.settings), shelf=open_shelf())
    with TestClient(app) as opened:
        yield opened


def fetch(client: TestClient, address: str, **headers: str) -> Any:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, (address, answer.text)
    return answer


def test_a_question_is_cited_as_anything_else(client: TestClient) -> None:
    own, described = (
        client.get(f"{place}/citation?format=csl").json()
        for place in ("/api/v1/questions/03-sourcing", "/doc/question/03-sourcing")
    )
    assert own == described != []


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_thing_has_a_citation_that_names_it_and_its_revision(
    client: TestClient, collection: str
) -> None:
    revision = read_packaged().revision
    items = client.get(f"/api/v1/{collection}?limit=200").json()["items"]
    tried = 0
    for item in items[:: max(1, len(items) // 8)]:
        kind_and_slug = split_thing(item["id"])
        assert kind_and_slug
        own = client.get(f"/api/v1/{collection}/{kind_and_slug[1]}").json()
        entries = read_bibtex(fetch(client, own["cite"], Accept="application/x-bibtex").text)
        record = entries[-1]
        assert (record["url"], record["version"]) == (item["id"], revision)
        assert revision in record["note"]
        plain = fetch(client, own["cite"])
        assert plain.headers["content-type"] == "text/plain; charset=utf-8"
        assert plain.headers["plangraph-revision"] == revision
        assert item["id"] in plain.text and "(accessed [day])" in plain.text
        items_of_csl = fetch(client, f"{own['cite']}?format=csl").json()
        assert [entry["id"] for entry in items_of_csl] == [entry["ID"] for entry in entries]
        assert len(entries) == (2 if collection == "documents" else 1)
        tried += 1
    assert tried >= min(8, len(items)) > 0


def test_a_document_is_cited_as_what_its_outlet_published_and_as_our_record(client: TestClient) -> None:
    address = "/api/v1/documents/24tv-uk-2025-11-20-rubio/citation"
    article, record = fetch(client, address, Accept="application/vnd.citationstyles.csl+json").json()
    assert article["type"] == "article-newspaper"
    assert article["container-title"] == "24 Kanal"
    assert article["issued"] == {"date-parts": [[2025, 11, 20]]}
    assert article["URL"].startswith("https://24tv.ua/")
    assert article["language"] == "uk"
    assert (record["type"], record["URL"]) == (
        "dataset",
        "https://w3id.org/plangraph/id/document/24tv-uk-2025-11-20-rubio",
    )
    cited = [
        fetch(client, address, Accept=accept).headers["content-type"] for accept in ("text/x-bibtex", "*/*")
    ]
    assert cited == ["application/x-bibtex", "text/plain; charset=utf-8"]


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/api/v1/claims?outlet=rbc-ukraine&limit=5", "Claims, outlet rbc-ukraine"),
        ("/api/v1/search?q=war+crimes", "Search, q war crimes"),
        ("/sparql?query=" + quote("#title: My title\nASK {}"), "My title"),
        ("/sparql?query=" + quote("ASK  {\n}"), "Result of the query ASK { }"),
        ("/api/v1/questions?q=author", "Questions, q author"),
    ],
)
def test_an_answer_can_be_cited(client: TestClient, address: str, title: str) -> None:
    answer = fetch(client, f"/api/v1/citation?format=csl&of={quote(address, safe='')}")
    (item,) = answer.json()
    assert item["title"] == title
    assert item["URL"] == f"http://testserver{address}"
    assert item["version"] == read_packaged().revision
    assert client.get(item["URL"]).status_code == 200


def test_a_page_and_a_search_say_where_their_citation_is(client: TestClient) -> None:
    for address in ("/api/v1/claims?q=amnesty&sort=label", "/api/v1/search?q=amnesty"):
        page = client.get(address).json()
        assert page["id"] in fetch(client, page["cite"]).text
    question = list_questions()[0]
    assert question.title in fetch(client, f"/doc/question/{question.slug}/citation").text


def test_a_citation_as_of_a_day_names_the_day_and_its_revision(client: TestClient) -> None:
    pinned = "/api/v1/provisions/amnesty/citation?as_of=2025-11-20&format=csl"
    (item,) = fetch(client, pinned).json()
    assert "as of 2025-11-20" in item["note"]
    assert item["version"] != read_packaged().revision
    of = quote("/api/v1/claims?as_of=2025-11-20", safe="")
    (answer,) = fetch(client, f"/api/v1/citation?format=csl&of={of}").json()
    assert answer["version"] == item["version"]


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        ("/api/v1/claims/no-such/citation", 404, "there is nothing to cite called"),
        ("/api/v1/claims/No Such/citation", 404, "there is nothing to cite called"),
        ("/doc/dog/x/citation", 404, "there is nothing to cite called"),
        ("/api/v1/provisions/amnesty/citation?format=ris", 400, "format takes one of text, bibtex, csl"),
        ("/api/v1/provisions/amnesty/citation?style=apa", 400, "style is no parameter here"),
        ("/api/v1/citation", 400, "of takes the address of an answer"),
        (
            "/api/v1/citation?of=https://example.org/api/v1/claims",
            400,
            "of takes the address of a collection",
        ),
        ("/api/v1/citation?of=/api/v1/dogs", 400, "of takes the address of a collection"),
        ("/api/v1/citation?of=/sparql", 400, "of takes the address of a collection"),
        ("/api/v1/citation?of=/api/v1/claims%3Fas_of%3Dx", 400, "as_of takes a day"),
    ],
)
def test_what_cannot_be_cited_is_a_problem(
    client: TestClient, address: str, status: int, detail: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"].startswith(detail)
    refused = client.get("/api/v1/provisions/amnesty/citation", headers={"Accept": "image/png"})
    assert refused.status_code == 406
