"""The writes of the Python client, sync and async, against the service as it runs with a journal."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import yaml
from pyoxigraph import RdfFormat, parse, serialize

from builders import published_sheet
from plangraph.client import AsyncClient, Client, ServiceRefused, WriteUnanswered
from plangraph.curation import AsyncCuration, Curation
from plangraph.errors import BadParameter
from plangraph.findings import Finding
from plangraph.sending import MEDIA_TYPES, Held, Receipt, Secret, find_match, write_content
from plangraph.terms import graph
from running import TOKEN, serve

PAGE = "one-page"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("service")) as base:
        yield base


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """A client that may write; each test leaves the document of the sheet as it was: not there."""
    with Client(address, token=TOKEN) as opened:
        yield opened
        if is_there(opened):
            opened.retract(PAGE, "the test is over")


def is_there(client: Client) -> bool:
    try:
        return bool(client.hold(PAGE).content["id"])
    except ServiceRefused as refused:
        assert refused.problem["status"] in (404, 410)
        return False


def last_number(client: Client) -> int:
    return max(revision.number for revision in client.revisions())


def test_a_document_is_submitted_read_replaced_and_retracted_and_its_history_says_so(client: Client) -> None:
    before = last_number(client)
    sent = client.submit(published_sheet(), reason="seen today")
    assert (sent.is_new, sent.dry_run, sent.repeated, sent.number) == (True, False, False, before + 1)
    assert sent.id.endswith("/id/document/one-page") and sent.url.endswith("/api/v1/documents/one-page")
    assert {warning.shape for warning in sent.warnings} >= {"unknown-outlet"}
    held = client.hold(sent.id)
    assert held.content["id"] == sent.id
    assert sent.etag is not None and sent.etag.strip('"').startswith(held.digest)
    changed = client.replace(PAGE, published_sheet() | {"title_paraphrase": "Another title"}, held)
    assert (changed.is_new, changed.number) == (False, before + 2)
    with pytest.raises(ServiceRefused) as stale:
        client.replace(PAGE, published_sheet(), held)
    assert (stale.value.problem["status"], stale.value.broken_rule) == (412, "if-match")
    back = client.replace(PAGE, published_sheet(), changed)
    assert client.hold(PAGE).digest == held.digest
    gone = client.retract(PAGE, "withdrawn by the outlet", held=back)
    assert (gone.etag, gone.number) == (None, before + 4)
    assert not is_there(client)
    seen = [(entry.number, entry.reason, entry.parts[0].action) for entry in client.history(PAGE)][-4:]
    assert seen == [
        (before + 1, "seen today", "accepted"),
        (before + 2, "", "replaced"),
        (before + 3, "", "replaced"),
        (before + 4, "withdrawn by the outlet", "retracted"),
    ]
    assert [entry.number for entry in client.revisions(since=before)] == list(range(before + 1, before + 5))
    assert sent.revision == next(client.revisions(since=before)).revision


def test_revisions_are_read_page_after_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.submit(published_sheet())
    whole = list(client.revisions())
    monkeypatch.setattr("plangraph.curation.PAGE_ITEMS", 1)
    assert list(client.revisions()) == whole
    assert len(whole) >= 2
    assert list(client.revisions(since=whole[-1].number)) == []


def test_every_form_of_a_document_is_sent_and_leads_to_one_state(client: Client) -> None:
    sheet = published_sheet()
    client.submit(yaml.safe_dump(sheet), form="yaml")
    held = client.hold_turtle(PAGE)
    triples = list(parse(held.content, format=RdfFormat.TURTLE))
    forms: dict[str, Any] = {
        "json": json.dumps(sheet),
        "yaml": yaml.safe_dump(sheet).encode(),
        "turtle": held.content,
        "ntriples": serialize(triples, format=RdfFormat.N_TRIPLES),
        "rdfxml": serialize(triples, format=RdfFormat.RDF_XML),
        "jsonld": {"@graph": json.loads(serialize(triples, format=RdfFormat.JSON_LD) or b"")},
        "trig": serialize(triples, format=RdfFormat.TRIG),
        "nquads": serialize(triples, format=RdfFormat.N_QUADS),
    }
    assert list(forms) == list(MEDIA_TYPES)
    for form, content in forms.items():
        again = client.replace(PAGE, content, held, form=form)  # type: ignore[arg-type]
        assert (again.added, again.removed, again.number) == (0, 0, None), form
    assert client.hold_turtle(PAGE) == held
    assert held.digest == client.hold(PAGE).digest


def test_a_document_is_put_under_its_name_and_held_against_its_text(client: Client) -> None:
    sheet = published_sheet()
    sheet["claims"][0]["attributions"][0]["anchor"] = "at most 600,000"
    with pytest.raises(ServiceRefused) as refused:
        client.submit(sheet, document=PAGE, text="At most 500,000.")
    assert [finding.shape for finding in refused.value.findings] == ["evidence"]
    assert refused.value.findings[0].focus is not None
    sent = client.submit(sheet, document=PAGE, text="The forces are at most 600,000.", dry_run=True)
    assert (sent.dry_run, sent.key) == (True, None)
    assert not is_there(client)


def test_what_is_refused_tells_every_finding_with_its_place(client: Client) -> None:
    wrong = published_sheet() | {"published": "yesterday", "document_kind": "rumour"}
    with pytest.raises(ServiceRefused) as refused:
        client.submit(wrong)
    assert {finding.pointer for finding in refused.value.findings} == {"/published", "/document_kind"}
    assert refused.value.broken_rule == "sheet"
    with pytest.raises(ServiceRefused) as late:
        client.submit(published_sheet() | {"published": "2999-01-01"})
    found = next(finding for finding in late.value.findings if finding.shape == "document-not-yet")
    assert found.path == graph("document/one-page").value
    assert found.value is not None and "2999-01-01" in found.value
    assert "Found:" not in found.message and "2999-01-01" in found.describe()
    with pytest.raises(ServiceRefused) as broken:
        client.submit("<a> <b> .", form="turtle")
    assert (broken.value.line, broken.value.broken_rule) == (1, "syntax")


@pytest.mark.parametrize(
    "finding",
    [
        Finding("g", None, "violation", "Give one.", "rule"),
        Finding("g", 3, "warning", "/a: none", "rule", pointer="/a"),
        Finding("g", None, "violation", "Wrong.", "r", "http://e/s", "http://e/p", '"x"'),
        Finding("g", None, "violation", "Wrong.", "r", "http://e/s", None, "<http://e/o>"),
    ],
)
def test_a_finding_is_recalled_from_what_is_told_of_it(finding: Finding) -> None:
    assert Finding.recall(finding.describe_member()) == finding
    assert Finding.recall({**finding.describe_member(), "new": 1}) == finding


class Losing(httpx.HTTPTransport):
    """Hands requests on, and loses the connection before so many answers arrive."""

    def __init__(self, answers: int, error: Callable[[str], Exception] = httpx.ReadError) -> None:
        super().__init__()
        self.left = answers
        self.error = error
        self.keys: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("idempotency-key"))
        answer = super().handle_request(request)
        if self.left:
            answer.read()
            self.left -= 1
            raise self.error("the line is dead")
        return answer


class AsyncLosing(httpx.AsyncHTTPTransport):
    """The same for asyncio."""

    def __init__(self, answers: int) -> None:
        super().__init__()
        self.left = answers
        self.keys: list[str | None] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("idempotency-key"))
        answer = await super().handle_async_request(request)
        if self.left:
            await answer.aread()
            self.left -= 1
            raise httpx.ReadError("the line is dead")
        return answer


@contextmanager
def lose(address: str, line: httpx.HTTPTransport) -> Iterator[Client]:
    with Client(address, token=TOKEN, http=httpx.Client(transport=line, timeout=60)) as client:
        yield client


@asynccontextmanager
async def lose_async(address: str, line: AsyncLosing) -> AsyncIterator[AsyncClient]:
    http = httpx.AsyncClient(transport=line, timeout=60)
    async with AsyncClient(address, token=TOKEN, http=http) as client:
        yield client


def test_a_write_whose_answer_was_lost_is_sent_again_and_made_once(client: Client, address: str) -> None:
    before = last_number(client)
    line = Losing(2)
    with lose(address, line) as losing:
        sent = losing.submit(published_sheet())
    assert (sent.repeated, sent.is_new, sent.number) == (True, True, before + 1)
    assert len(line.keys) == 3 and set(line.keys) == {sent.key}
    assert last_number(client) == before + 1

    async def replace() -> tuple[Receipt, list[str | None]]:
        line = AsyncLosing(1)
        async with lose_async(address, line) as losing:
            return await losing.replace(PAGE, published_sheet() | {"note": "seen"}, sent), line.keys

    changed, keys = asyncio.run(replace())
    assert (changed.repeated, keys) == (True, [changed.key, changed.key])
    assert changed.key != sent.key
    assert last_number(client) == before + 2


def test_a_write_that_has_no_answer_in_the_end_is_repeated_with_its_key(client: Client, address: str) -> None:
    before = last_number(client)
    line = Losing(9)
    with lose(address, line) as losing, pytest.raises(WriteUnanswered, match="ReadError") as unanswered:
        losing.submit(published_sheet())
    assert len(line.keys) == 3
    again = client.submit(published_sheet(), key=unanswered.value.key)
    assert (again.repeated, again.number) == (True, before + 1)

    async def submit() -> None:
        async with lose_async(address, AsyncLosing(9)) as losing:
            await losing.retract(PAGE, "twice", key="of this test")

    with pytest.raises(WriteUnanswered) as retracted:
        asyncio.run(submit())
    assert retracted.value.key == "of this test"
    assert client.retract(PAGE, "twice", key="of this test").repeated


def test_a_service_that_is_late_is_not_asked_again_and_a_trial_never_is(client: Client, address: str) -> None:
    line = Losing(9, httpx.ReadTimeout)
    with lose(address, line) as losing, pytest.raises(WriteUnanswered) as late:
        losing.submit(published_sheet())
    assert line.keys == [late.value.key]
    line = Losing(9)
    with lose(address, line) as losing, pytest.raises(httpx.ReadError):
        losing.submit(published_sheet(), dry_run=True)
    assert line.keys == [None]


def test_the_key_of_a_refused_write_is_told(client: Client) -> None:
    with pytest.raises(ServiceRefused) as refused:
        client.submit({}, key="of this test too")
    assert refused.value.key == "of this test too"


def test_a_token_is_shown_nowhere(address: str, caplog: pytest.LogCaptureFixture) -> None:
    secret = "a-wrong-token-that-nobody-sees"
    shown: list[str] = []
    with caplog.at_level(logging.DEBUG), Client(address, token=secret) as client:
        shown += [repr(client), str(vars(client)), repr(client.http), repr(client.token), str(client.token)]
        with pytest.raises(ServiceRefused, match="401") as refused:
            client.submit(published_sheet())
        shown += traceback.format_exception(refused.value)
        client.hold("2025-11-20-rbc-ukraine-plan-pressure")
        shown.append(caplog.text)
    with pytest.raises(BadParameter) as bad:
        Client(address, token=f"{secret} \n")
    shown.append(str(bad.value))
    assert len(shown) > 6 and "HTTP Request" in caplog.text
    assert [text for text in shown if secret in text] == []


def test_reads_do_not_carry_the_token(address: str) -> None:
    sent: list[httpx.Request] = []
    http = httpx.Client(event_hooks={"request": [sent.append]})
    with Client(address, token=TOKEN, http=http) as client:
        client.hold_turtle("2025-11-20-rbc-ukraine-plan-pressure")
        client.submit(published_sheet(), dry_run=True)
        next(client.revisions())
    assert ["authorization" in request.headers for request in sent] == [False, True, False]


def test_a_client_without_a_token_or_pinned_to_a_day_is_told_what_it_needs(address: str) -> None:
    with Client(address, as_of="2025-11-20") as client:
        assert next(client.revisions()).number == 1
        assert client.hold("2025-11-20-rbc-ukraine-plan-pressure").digest
        with pytest.raises(ServiceRefused, match="Authorization: Bearer"):
            client.submit(published_sheet())


def test_both_clients_write_alike(address: str, client: Client) -> None:
    async def act() -> list[object]:
        async with AsyncClient(address, token=TOKEN) as other:
            tried = await other.submit(published_sheet(), dry_run=True)
            sent = await other.submit(published_sheet(), reason="seen")
            held, turtle = await other.hold(PAGE), await other.hold_turtle(PAGE)
            seen = [revision async for revision in other.revisions()]
            history = await other.history(PAGE)
            with pytest.raises(ServiceRefused) as refused:
                await other.submit({"sheet": 2})
            assert refused.value.findings
            await other.retract(PAGE, "the turn of the other")
            return [tried.warnings, sent.warnings, held.digest, turtle, len(seen), len(history)]

    found = asyncio.run(act())
    tried = client.submit(published_sheet(), dry_run=True)
    sent = client.submit(published_sheet(), reason="seen")
    seen, history = list(client.revisions()), client.history(PAGE)
    assert found[2:4] == [client.hold(PAGE).digest, client.hold_turtle(PAGE)]
    assert found[4:] == [len(seen) - 2, len(history) - 2]
    assert tried.warnings == sent.warnings


def test_both_clients_have_the_same_methods() -> None:
    names = [{name for name in dir(kind) if not name.startswith("_")} for kind in (Curation, AsyncCuration)]
    assert names[0] == names[1] >= {"submit", "replace", "retract", "hold", "revisions", "history"}


@pytest.mark.parametrize(
    ("content", "form", "said"),
    [
        ("sheet: 2", None, "form says how"),
        (b"{}", None, "form says how"),
        ({}, "turtle", "not as turtle"),
        ("{}", "xml", "there is no form 'xml'"),
    ],
)
def test_a_text_says_how_it_is_written(content: Any, form: Any, said: str) -> None:
    with pytest.raises(BadParameter, match=said):
        write_content(content, form)


def test_what_is_replaced_is_named_by_what_was_read_or_by_its_tag_or_digest() -> None:
    held: Held[dict[str, Any]] = Held({}, 'W/"0f.0123456789abcdef"')
    assert (held.digest, find_match(held)) == ("0123456789abcdef", held.etag)
    assert find_match(held.digest) == '"0123456789abcdef"'
    assert find_match('"x"') == '"x"' and find_match("*") == "*"
    assert repr(Secret("x")) == "Secret(...)"
