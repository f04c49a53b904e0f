"""Documents that are sent in, replaced and retracted over HTTP, on the real data and with a journal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from builders import published_sheet
from plangraph.forms import read_form, read_parts
from plangraph.settings import Settings
from plangraph.terms import GRAPH as NAMED
from plangraph.terms import ID
from plangraph.web.site import create_site

TOKENS = {"reader": "read", "newsroom": "submit", "curator": "curate"}
PLACE = "/api/v1/documents"
SHEET = {"Content-Type": "application/json"}
SEED = "2025-11-20-rbc-ukraine-plan-pressure"


def make_token(name: str) -> str:
    return f"{name}-token-for-these-tests"


def allow(name: str = "curator", **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(name)}", **headers}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("service")
    lines = [f"{make_token(name)} name={name} scopes={scope}" for name, scope in TOKENS.items()]
    (folder / "tokens").write_text("\n".join(lines))
    settings = Settings(workers=1, token_file=str(folder / "tokens"), journal=str(folder / "journal.db"))
    with TestClient(create_site(settings)) as client:
        yield client


@pytest.fixture(autouse=True)
def clean(client: TestClient) -> Iterator[None]:
    """Each test leaves the document of the sheet as it was: not there."""
    yield
    client.delete(f"{PLACE}/one-page?reason=the+test+is+over", headers=allow())


def write_sheet(**members: object) -> str:
    return json.dumps(published_sheet() | members)


def add(client: TestClient, **headers: str) -> Any:
    return client.post(PLACE, content=write_sheet(), headers={**allow(), **SHEET, **headers})


def test_a_sheet_that_is_sent_in_is_there_for_every_reader_at_once(client: TestClient) -> None:
    before = client.get("/api/v1/outlets/the-example")
    assert before.status_code == 404
    answer = add(client)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert answer.headers["Location"].endswith(f"{PLACE}/one-page")
    assert told["id"].endswith("/id/document/one-page")
    assert told["number"] == 2  # the first holds the files
    assert [entry["shape"] for entry in told["warnings"]].count("unknown-outlet") == 1
    assert client.get("/api/v1/outlets/the-example").status_code == 200
    assert client.get("/api/v1/claims/one-page--troop-cap").status_code == 200
    read = client.get(f"{PLACE}/one-page")
    assert read.status_code == 200
    assert read.headers["Plangraph-Revision"] == told["revision"]


def test_a_sheet_may_be_yaml_and_its_document_turtle_or_jsonld(client: TestClient) -> None:
    sheet = yaml.safe_dump(published_sheet())
    made = client.put(
        f"{PLACE}/one-page", content=sheet, headers=allow(**{"Content-Type": "application/yaml"})
    )
    assert made.status_code == 201, made.text
    graph = "/graphs?graph=https://w3id.org/plangraph/graph/document/one-page"
    forms = 0
    for media_type in ("text/turtle", "application/ld+json", "application/n-triples"):
        text = client.get(graph, headers={"Accept": media_type}).content
        tag = client.get(f"{PLACE}/one-page").headers["ETag"]
        again = client.put(
            f"{PLACE}/one-page",
            content=text,
            headers=allow(**{"Content-Type": media_type, "If-Match": tag}),
        )
        assert again.status_code == 200, again.text
        assert (again.json()["added"], again.json()["removed"]) == (0, 0)
        forms += 1
    assert forms == 3


def test_rdf_without_an_address_says_itself_which_document_it_is(client: TestClient) -> None:
    add(client)
    text = client.get(
        "/graphs?graph=https://w3id.org/plangraph/graph/document/one-page", headers={"Accept": "text/turtle"}
    ).content
    client.delete(f"{PLACE}/one-page?reason=to+send+it+again", headers=allow())
    answer = client.post(PLACE, content=text, headers=allow(**{"Content-Type": "text/turtle"}))
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"].endswith("/document/one-page")
    nothing = client.post(PLACE, content=b"", headers=allow(**{"Content-Type": "text/turtle"}))
    assert (nothing.status_code, nothing.json()["rule"]) == (422, "one-document")


def test_a_replacement_needs_the_tag_of_what_it_replaces(client: TestClient) -> None:
    add(client)
    tag = client.get(f"{PLACE}/one-page").headers["ETag"]
    changed = write_sheet(title_paraphrase="Another title")
    without = client.put(f"{PLACE}/one-page", content=changed, headers={**allow(), **SHEET})
    assert (without.status_code, without.json()["rule"]) == (428, "if-match-needed")
    made = client.put(f"{PLACE}/one-page", content=changed, headers={**allow(), **SHEET, "If-Match": tag})
    assert made.status_code == 200, made.text
    stale = client.put(
        f"{PLACE}/one-page", content=write_sheet(), headers={**allow(), **SHEET, "If-Match": tag}
    )
    assert (stale.status_code, stale.json()["rule"]) == (412, "if-match")
    again = client.put(
        f"{PLACE}/one-page",
        content=write_sheet(),
        headers={**allow(), **SHEET, "If-Match": made.headers["ETag"]},
    )
    assert again.status_code == 200


@pytest.mark.parametrize("suffix", ["ttl", "jsonld", "json"])
def test_the_tag_of_an_address_with_a_suffix_is_taken_back_as_that_without_one(
    client: TestClient, suffix: str
) -> None:
    add(client)
    tag = client.get(f"{PLACE}/one-page.{suffix}").headers["ETag"]
    assert tag.rpartition(".")[2] == client.get(f"{PLACE}/one-page").headers["ETag"].rpartition(".")[2]
    made = client.put(
        f"{PLACE}/one-page", content=write_sheet(), headers={**allow(), **SHEET, "If-Match": tag}
    )
    assert made.status_code == 200, made.text


FORMS = ("text/turtle", "application/ld+json", "application/rdf+xml", "application/n-triples")
GRAPH = f"{NAMED}document/"


def replace(client: TestClient, path: str, read: Any, **more: str) -> Any:
    """Put what was read back, under its own tag."""
    kind = read.headers["Content-Type"]
    headers = allow(**{"Content-Type": kind, "If-Match": read.headers["ETag"], **more})
    return client.put(path, content=read.content, headers=headers)


@pytest.mark.parametrize("form", FORMS)
def test_a_description_that_is_put_back_does_not_take_the_claims_out(client: TestClient, form: str) -> None:
    count = len(client.get(f"/api/v1/claims?document={SEED}&limit=1000").json()["items"])
    revision = client.get("/readyz").json()["revision"]
    read = client.get(f"{PLACE}/{SEED}", headers={"Accept": form})
    paths = [f"{PLACE}/{SEED}", f"{PLACE}/{SEED}?dry_run=1", f"/graphs?graph={GRAPH}{SEED}"]
    for path in paths[:2] if form == "application/ld+json" else paths:  # our context is fetched nowhere
        refused = replace(client, path, read)
        problem = refused.json()
        assert (refused.status_code, problem["rule"]) == (422, "loses-claims"), problem
        assert f"all {count} claims" in problem["detail"]
        for said in (f"/graph/document/{SEED}", "only the description", f"DELETE {PLACE}/{SEED}?reason="):
            assert said in problem["detail"]
        (finding,) = problem["findings"]
        assert (finding["shape"], finding["focus"]) == ("loses-claims", f"{ID}document/{SEED}")
    assert count > 20
    assert client.get("/readyz").json()["revision"] == revision


@pytest.mark.parametrize("form", FORMS)
def test_the_whole_graph_is_linked_and_can_be_put_back_without_a_change(
    client: TestClient, form: str
) -> None:
    links = client.get(f"{PLACE}/{SEED}", headers={"Accept": form}).links
    assert links["describedby"]["url"] == f"http://testserver/graph/document/{SEED}"
    assert links["edit-media"]["url"] == f"http://testserver/graphs?graph={GRAPH}{SEED}"
    for relation in ("describedby", "edit-media"):
        read = client.get(links[relation]["url"], headers={"Accept": form})
        assert read.headers["Content-Type"].startswith(form)
        for path in (f"{PLACE}/{SEED}", links["edit-media"]["url"]):
            done = replace(client, path, read)
            assert done.status_code in (200, 204), done.text
            if path.startswith(PLACE):
                assert (done.json()["removed"], done.json()["added"], done.json()["warnings"]) == (0, 0, [])
    gone = replace(client, f"{PLACE}/{SEED}", read, **{"If-Match": f'"{"0" * 16}"'})
    assert (gone.status_code, gone.json()["rule"]) == (412, "if-match")


def test_only_a_document_that_was_read_and_can_be_replaced_links_its_graph_to_edit_it(
    client: TestClient,
) -> None:
    then = client.get(f"{PLACE}/{SEED}?revision=1").links
    assert "edit-media" not in then
    graph = client.get(then["describedby"]["url"])
    assert (graph.status_code, graph.headers["Plangraph-At-Revision"][:2]) == (200, "1;")
    assert "." not in graph.headers["ETag"]
    listed = client.get("/api/v1/documents?limit=1000").json()["items"]
    cited = [item["id"] for item in listed if "inLanguage" not in item]
    assert cited
    links = client.get(f"{PLACE}/{cited[0].rpartition('/')[2]}").links
    assert links.keys() & {"describedby", "edit-media"} == set()


def test_a_replacement_that_takes_claims_out_says_how_many(client: TestClient) -> None:
    add(client)
    read = client.get("/graph/document/one-page", headers={"Accept": "application/n-triples"})
    kept = [line for line in read.text.splitlines() if "--troop-cap" not in line]
    made = client.put(
        f"{PLACE}/one-page?dry_run=1",
        content="\n".join(kept),
        headers=allow(**{"Content-Type": "application/n-triples", "If-Match": read.headers["ETag"]}),
    )
    sheet = client.put(
        f"{PLACE}/one-page",
        content=write_sheet(claims=[], relays=[]),
        headers={**allow(), **SHEET, "If-Match": read.headers["ETag"]},
    )
    for answer in (made, sheet):
        assert answer.status_code == 200, answer.text
        (gone,) = [entry for entry in answer.json()["warnings"] if entry["shape"] == "claims-gone"]
        assert gone["severity"] == "warning"
        assert gone["message"] == (
            "1 of the 3 claims that the document stated is taken out: claim:one-page--troop-cap."
        )


def test_a_sheet_may_state_nothing_where_a_document_stated_something(client: TestClient) -> None:
    add(client)
    tag = client.get(f"{PLACE}/one-page").headers["ETag"]
    nothing = write_sheet(claims=[], relays=[], stances=[], events=[])
    made = client.put(f"{PLACE}/one-page", content=nothing, headers={**allow(), **SHEET, "If-Match": tag})
    assert made.status_code == 200, made.text
    (gone,) = [entry for entry in made.json()["warnings"] if entry["shape"] == "claims-gone"]
    assert gone["message"].startswith("3 of the 3 claims that the document stated are taken out: claim:")


def test_an_address_that_another_document_has_is_told_and_not_refused(client: TestClient) -> None:
    assert "same-address" not in {entry["shape"] for entry in add(client).json()["warnings"]}
    second = write_sheet(id="one-page-again")
    tried = client.post(f"{PLACE}?dry_run=1", content=second, headers={**allow(), **SHEET})
    assert tried.status_code == 200, tried.text
    (told,) = [entry for entry in tried.json()["warnings"] if entry["shape"] == "same-address"]
    assert "document:one-page too" in told["message"]
    assert (told["focus"], told["value"]) == (f"{ID}document/one-page-again", '"https://example.org/one"')
    tag = client.get(f"{PLACE}/one-page").headers["ETag"]
    again = client.put(
        f"{PLACE}/one-page",
        content=write_sheet(title_paraphrase="x"),
        headers={**allow(), **SHEET, "If-Match": tag},
    )
    assert "same-address" not in {entry["shape"] for entry in again.json()["warnings"]}


def test_what_is_there_is_not_added_again(client: TestClient) -> None:
    add(client)
    twice = add(client)
    assert (twice.status_code, twice.json()["rule"]) == (412, "if-none-match")


def test_a_trial_says_what_would_come_of_it_and_changes_nothing(client: TestClient) -> None:
    revision = client.get("/readyz").json()["revision"]
    tried = client.post(f"{PLACE}?dry_run=1", content=write_sheet(), headers={**allow("reader"), **SHEET})
    assert tried.status_code == 200, tried.text
    assert (tried.json()["dryRun"], tried.json()["added"] > 0) == (True, True)
    assert client.get("/readyz").json()["revision"] == revision
    assert client.get(f"{PLACE}/one-page").status_code in (404, 410)  # other tests may have retracted it


def test_a_request_that_is_repeated_with_its_key_is_made_once(client: TestClient) -> None:
    first = add(client, **{"Idempotency-Key": "a-key-of-this-test"})
    second = add(client, **{"Idempotency-Key": "a-key-of-this-test"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["revision"] == first.json()["revision"]
    assert second.headers["Idempotency-Replayed"] == "true"
    other = client.post(
        PLACE,
        content=write_sheet(title_paraphrase="Other"),
        headers={**allow(), **SHEET, "Idempotency-Key": "a-key-of-this-test"},
    )
    assert (other.status_code, other.json()["rule"]) == (422, "idempotency-key")


def test_a_retraction_says_why_and_hides_the_document(client: TestClient) -> None:
    add(client)
    without = client.delete(f"{PLACE}/one-page", headers=allow())
    assert (without.status_code, without.json()["rule"]) == (400, "reason")
    done = client.delete(f"{PLACE}/one-page?reason=withdrawn+by+the+outlet", headers=allow())
    assert done.status_code == 200, done.text
    assert client.get(f"{PLACE}/one-page").status_code == 410
    gone = client.delete(f"{PLACE}/one-page?reason=again", headers=allow())
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("name", "method", "path", "status"),
    [
        ("reader", "POST", PLACE, 403),
        ("reader", "POST", f"{PLACE}?dry_run=1", 200),
        ("newsroom", "POST", PLACE, 201),
        ("newsroom", "DELETE", f"{PLACE}/{SEED}?reason=no", 403),
        ("newsroom", "POST", "/update", 403),
        ("nobody", "POST", PLACE, 401),
    ],
)
def test_a_token_may_do_what_its_scope_says(
    client: TestClient, name: str, method: str, path: str, status: int
) -> None:
    kind = "application/sparql-update" if path == "/update" else "application/json"
    answer = client.request(
        method, path, content=write_sheet(), headers=allow(name, **{"Content-Type": kind})
    )
    assert answer.status_code == status, answer.text
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_whoever_may_only_add_cannot_replace_what_others_wrote(client: TestClient) -> None:
    add(client)
    tag = client.get(f"{PLACE}/one-page").headers["ETag"]
    changed = write_sheet(title_paraphrase="Another title")
    answer = client.put(
        f"{PLACE}/one-page", content=changed, headers={**allow("newsroom"), **SHEET, "If-Match": tag}
    )
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope")


def test_a_form_is_read_beside_the_event_loop(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def watching(read: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any) -> Any:
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            seen.append(read.__name__)
            return read(*given)

        return watched

    monkeypatch.setattr("plangraph.web.documents.read_parts", watching(read_parts))
    monkeypatch.setattr("plangraph.web.graphs.read_form", watching(read_form))
    parts = {"document": ("sheet.json", write_sheet(), "application/json")}
    assert client.post(f"{PLACE}?dry_run=1", files=parts, headers=allow()).status_code == 200
    refused = client.put("/graphs?graph=http://e/g", files={"a": ("a.ttl", "")}, headers=allow())
    assert (refused.status_code, seen) == (422, ["read_parts", "read_form"])


def test_evidence_is_held_against_a_text_that_comes_along_and_is_not_kept(
    client: TestClient, tmp_path: Path
) -> None:
    plain = published_sheet()
    plain["claims"][0]["attributions"][0]["anchor"] = "at most 600,000"
    secret = "The forces are at most 500,000, as nobody else has written."
    parts = {
        "document": ("sheet.json", json.dumps(plain), "application/json"),
        "text": ("report.txt", secret, "text/plain"),
    }
    refused = client.post(PLACE, files=parts, headers=allow())
    assert refused.status_code == 422, refused.text
    assert {entry["shape"] for entry in refused.json()["findings"]} == {"evidence"}
    parts["text"] = ("report.txt", secret.replace("500,000", "600,000"), "text/plain")
    made = client.post(PLACE, files=parts, headers=allow())
    assert made.status_code in (201, 422), made.text
    stored = b"".join(path.read_bytes() for path in Path(tmp_path.parent).rglob("journal.db*"))
    assert b"as nobody else has written" not in stored


@pytest.mark.parametrize("topic", ["fishing-rights", "moon rights", "права на рибу"])
def test_a_claim_on_an_unknown_topic_is_accepted_with_a_warning_and_its_stubs_are_read(
    client: TestClient, topic: str
) -> None:
    plain = published_sheet()
    plain["claims"][0]["topic"] = topic
    answer = client.post(PLACE, content=json.dumps(plain), headers={**allow(), **SHEET})
    assert answer.status_code == 201, answer.text
    told = [entry for entry in answer.json()["warnings"] if entry["shape"] == "unknown-topic"]
    assert [entry["pointer"] for entry in told] == ["/claims/0/topic"]
    about = client.get("/api/v1/claims/one-page--troop-cap").json()["about"]
    provision = client.get(f"/api/v1/provisions/{about['id'].rpartition('/')[2]}")
    assert (provision.status_code, topic in provision.text) == (200, True)
    tag = client.get(f"{PLACE}/one-page").headers["ETag"]
    again = client.put(
        f"{PLACE}/one-page", content=json.dumps(plain), headers={**allow(), **SHEET, "If-Match": tag}
    )
    assert (again.status_code, again.json()["added"], again.json()["removed"]) == (200, 0, 0)


@pytest.mark.parametrize(
    ("about", "rule"),
    [
        ("version:29-point plan", "unknown-version"),
        ("event:talks of nobody", "unknown-event"),
        ("option:x y", "unknown-option"),
        ("claim:Troop Cap", "unknown-claim"),
    ],
)
def test_a_stance_on_what_nothing_is_called_is_refused_with_its_place(
    client: TestClient, about: str, rule: str
) -> None:
    plain = published_sheet()
    plain["stances"][0]["about"] = about
    answer = client.post(PLACE, content=json.dumps(plain), headers={**allow(), **SHEET})
    (finding,) = answer.json()["findings"]
    assert (answer.status_code, finding["pointer"], finding["shape"]) == (422, "/stances/0/about", rule)


def test_a_stance_on_an_actor_is_accepted_by_the_name_of_the_actor(client: TestClient) -> None:
    for name in ("Donald Trump", "Moon Council"):
        plain = published_sheet()
        plain["stances"][0]["about"] = f"actor:{name}"
        answer = client.post(f"{PLACE}?dry_run=1", content=json.dumps(plain), headers={**allow(), **SHEET})
        assert answer.status_code == 200, answer.text


def test_outlets_whose_letters_have_no_romanisation_stay_apart(client: TestClient) -> None:
    outlets = set()
    for name in ("测试日报", "新社网", "明天晚报"):
        sheet = write_sheet(outlet={"name": name, "language": "zh"})
        assert client.post(PLACE, content=sheet, headers={**allow(), **SHEET}).status_code == 201
        outlets.add(client.get(f"{PLACE}/one-page").json()["publisher"]["id"])
        client.delete(f"{PLACE}/one-page?reason=the+next+one", headers=allow())
    assert len(outlets) == 3
