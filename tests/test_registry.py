"""Things of the registry read, replaced and retracted over HTTP, one by one, with a journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from builders import HEAD
from folders import write_dated, write_report
from plangraph.settings import Settings
from plangraph.terms import GRAPH, ID
from plangraph.web.site import create_site

PLACE = "/api/v1/registry"
TOKENS = {"reader": "read", "newsroom": "submit", "curator": "curate"}
ENTRY = HEAD + 'outlet:early a schema:NewsMediaOrganization ; rdfs:label "{name}"@en .\n'
WHOLE = f"/graphs?graph={GRAPH}registry"


def allow(name: str = "curator", form: str = "text/turtle", **headers: str) -> dict[str, str]:
    token = f"{name}-token-for-these-tests"
    return {"Authorization": f"Bearer {token}", "Content-Type": form, **headers}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    lines = [f"{name}-token-for-these-tests name={name} scopes={scope}" for name, scope in TOKENS.items()]
    (tmp_path / "tokens").write_text("\n".join(lines), encoding="utf-8")
    return Settings(
        data=str(write_dated(tmp_path / "data", {"early", "bound"})),
        workers=1,
        token_file=str(tmp_path / "tokens"),
        journal=str(tmp_path / "journal.db"),
    )


@contextmanager
def serve(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_site(settings)) as client:
        yield client


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with serve(settings) as client:
        yield client


def find_changes(client: TestClient, number: int) -> list[tuple[str, str]]:
    """What a revision did to which part, by the end of its name."""
    found = client.get(f"/api/v1/revisions/{number}").json()["parts"]
    return [((part["thing"] or part["graph"]).rpartition("/")[2], part["action"]) for part in found]


@pytest.mark.parametrize("form", ["application/json", "application/ld+json", "text/turtle"])
def test_what_was_read_can_be_put_back(client: TestClient, form: str) -> None:
    read = client.get(f"{PLACE}/outlet/early", headers={"Accept": form})
    assert read.status_code == 200, read.text
    tag = read.headers["ETag"]
    again = client.put(
        f"{PLACE}/outlet/early", content=read.content, headers=allow(form=form, **{"If-Match": tag})
    )
    assert again.status_code == 200, again.text
    assert (again.json()["removed"], again.json()["added"]) == (0, 0)
    changed = read.text.replace("outlet early", "outlet early, renamed")
    done = client.put(f"{PLACE}/outlet/early", content=changed, headers=allow(form=form, **{"If-Match": tag}))
    assert (done.status_code, done.json()["removed"] > 0) == (200, True), done.text
    assert find_changes(client, 2) == [("early", "replaced")]
    assert client.get("/api/v1/outlets/early").json()["label"]["en"] == "outlet early, renamed"
    stale = client.put(
        f"{PLACE}/outlet/early", content=changed, headers=allow(form=form, **{"If-Match": tag})
    )
    assert (stale.status_code, stale.json()["rule"]) == (412, "if-match")
    tag = client.get(f"{PLACE}/outlet/early").headers["ETag"]
    assert done.headers["ETag"].strip('"').startswith(tag.strip('"').rpartition(".")[2])


def test_a_thing_is_added_with_less_than_it_is_replaced_with(client: TestClient) -> None:
    new = ENTRY.format(name="a new one").replace("outlet:early", "outlet:new")
    refused = client.put(f"{PLACE}/outlet/new", content=new, headers=allow("reader"))
    assert (refused.status_code, refused.json()["rule"]) == (403, "scope")
    tried = client.put(f"{PLACE}/outlet/new?dry_run=1", content=new, headers=allow("reader"))
    assert (tried.status_code, tried.json()["dryRun"]) == (200, True)
    assert client.get(f"{PLACE}/outlet/new").status_code == 404
    made = client.put(f"{PLACE}/outlet/new?reason=seen", content=new, headers=allow("newsroom"))
    assert made.status_code == 201, made.text
    assert made.headers["Location"].endswith(f"{PLACE}/outlet/new")
    assert made.json()["id"] == f"{ID}outlet/new"
    again = client.put(f"{PLACE}/outlet/new", content=new, headers=allow("newsroom"))
    assert (again.status_code, again.json()["rule"]) == (428, "if-match-needed")
    tag = made.headers["ETag"]
    mine = client.put(f"{PLACE}/outlet/new", content=new, headers=allow("newsroom", **{"If-Match": tag}))
    assert (mine.status_code, mine.json()["rule"]) == (403, "scope")


def test_a_thing_is_retracted_with_a_reason_and_its_history_stays(client: TestClient) -> None:
    new = ENTRY.format(name="a new one").replace("outlet:early", "outlet:new")
    client.put(f"{PLACE}/outlet/new", content=new, headers=allow())
    without = client.delete(f"{PLACE}/outlet/new", headers=allow())
    assert (without.status_code, without.json()["rule"]) == (400, "reason")
    done = client.delete(f"{PLACE}/outlet/new?reason=it+was+none", headers=allow())
    assert done.status_code == 200, done.text
    assert client.get(f"{PLACE}/outlet/new").status_code == 404
    history = client.get(f"{PLACE}/outlet/new/history").json()["items"]
    assert [(entry["number"], entry["reason"]) for entry in history] == [(2, ""), (3, "it was none")]
    then = client.get("/api/v1/revisions/2/registry/outlet/new")
    assert (then.status_code, "a new one" in then.text) == (200, True)
    assert client.get("/api/v1/revisions/3/registry/outlet/new").status_code == 404
    gone = client.delete(f"{PLACE}/outlet/new?reason=again", headers=allow())
    assert gone.status_code == 404


SAID = ENTRY.format(name="x")
BAD = {
    "another thing": ("text/turtle", SAID + 'outlet:bound rdfs:label "y"@en .', 422, "one-thing"),
    "a blank node": ("text/turtle", SAID + "outlet:early rdfs:seeAlso [] .", 422, "one-thing"),
    "nothing": ("text/turtle", "", 422, "empty"),
    "no label": ("text/turtle", HEAD + "outlet:early a schema:NewsMediaOrganization .", 422, "shapes"),
    "no Turtle": ("text/turtle", "outlet:early a", 400, None),
    "a remote context": ("application/json", json.dumps({"@context": "http://e/c"}), 400, "remote-context"),
    "a media type": ("image/png", "x", 415, None),
}  # fmt: skip


def test_what_is_no_entry_is_refused_by_name_and_changes_nothing(client: TestClient) -> None:
    tag = client.get(f"{PLACE}/outlet/early").headers["ETag"]
    revision = client.get("/readyz").json()["revision"]
    cases = 0
    for name, (form, body, status, rule) in BAD.items():
        headers = allow(form=form, **{"If-Match": tag})
        answer = client.put(f"{PLACE}/outlet/early", content=body, headers=headers)
        told: dict[str, Any] = answer.json()
        assert answer.status_code == status, (name, told)
        assert rule is None or told.get("rule") == rule, (name, told)
        cases += 1
    assert cases == 7
    for kind, slug in (("outlets", "early"), ("outlet", "Early"), ("outlet", "none")):
        assert client.get(f"{PLACE}/{kind}/{slug}").status_code == 404
    assert client.get("/readyz").json()["revision"] == revision


def test_the_registry_can_still_be_put_whole_and_keeps_what_did_not_change(settings: Settings) -> None:
    with serve(settings) as client:
        read = client.get(WHOLE, headers={"Accept": "text/turtle"})
        new = HEAD + 'outlet:new a schema:NewsMediaOrganization ; rdfs:label "new"@en .'
        body = read.text.replace("outlet early", "renamed") + new
        done = client.put(WHOLE, content=body, headers=allow(**{"If-Match": read.headers["ETag"]}))
        assert done.status_code == 204, done.text
        assert find_changes(client, 2) == [("early", "replaced"), ("new", "accepted")]
        tag = client.get(WHOLE, headers={"Accept": "text/turtle"}).headers["ETag"]
        assert done.headers["ETag"].strip('"').startswith(tag.strip('"').rpartition(".")[2])
        again = client.put(WHOLE, content=body, headers=allow(**{"If-Match": done.headers["ETag"]}))
        assert again.status_code == 204
        stale = client.put(WHOLE, content=body, headers=allow(**{"If-Match": read.headers["ETag"]}))
        assert stale.status_code == 412
        before = client.get("/readyz").json()["revision"]
    with serve(settings) as client:
        assert client.get("/readyz").json()["revision"] == before
        assert client.get(f"{PLACE}/outlet/new").status_code == 200


def test_a_document_that_brings_stubs_adds_them_and_nothing_else_to_the_history(client: TestClient) -> None:
    body = write_report("later").replace("outlet:later", "outlet:early")
    done = client.put("/api/v1/documents/later", content=body, headers=allow("newsroom"))
    assert done.status_code == 201, done.text
    assert find_changes(client, 2) == [("later", "accepted")]
