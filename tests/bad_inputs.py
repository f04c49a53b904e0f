"""What is wrong with a write and what it gets: the table of ``docs/writing.md``, and how each is sent.

``python tests/bad_inputs.py`` writes the table anew; a test sends each case to the real service and compares.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fastapi.testclient import TestClient

from builders import HEAD, published_sheet
from folders import SEED, write_seed
from plangraph.settings import Limits, Settings
from plangraph.terms import GRAPH
from plangraph.web.site import create_site

GUIDE: Final = Path(__file__).resolve().parents[1] / "docs" / "writing.md"
HEADER: Final = (
    "| what is wrong | status | rule | where | what the detail says |\n| --- | --- | --- | --- | --- |\n"
)

LIMITS: Final = Limits()
SCOPES: Final = {"reader": "read", "newsroom": "submit", "curator": "curate"}
PLACE: Final = "/api/v1/documents"
PAGE: Final = f"{PLACE}/one-page"
HELD: Final = f"{PLACE}/{SEED}"
GRAPHS: Final = "/graphs?graph="
JSON: Final = "application/json"
YAML: Final = "application/yaml"
TURTLE: Final = "text/turtle"
JSONLD: Final = "application/ld+json"
UPDATE: Final = "application/sparql-update"
FORM: Final = "multipart/form-data; boundary=cut"
STALE: Final = f'"{"0" * 16}"'
TAKEN: Final = "the key of a write that was made"


def name_token(who: str) -> str:
    return f"{who}-token-of-these-tests"


def write_sheet(**members: object) -> str:
    return json.dumps(published_sheet() | members, ensure_ascii=False)


def write_evidence(anchor: str, position: list[int] | None = None) -> str:
    """A sheet whose first claim points into the text."""
    sheet = published_sheet()
    sheet["claims"][0]["attributions"][0] |= {"anchor": anchor} | ({"position": position} if position else {})
    return json.dumps(sheet)


def write_form(*parts: tuple[str, str, str | bytes], end: str = "--cut--\r\n") -> bytes:
    """A form of parts: name, media type, content."""
    found = b""
    for name, media_type, content in parts:
        kind = f"Content-Type: {media_type}\r\n" if media_type else ""
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n{kind}\r\n'
        found += head.encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n"
    return found + end.encode()


def write_report(slug: str = "one-page", kind: str = "pg:newsReport", label: str = '"a report"@en') -> str:
    """The description of a document that was read, as Turtle."""
    return (
        HEAD
        + f"""document:{slug} a pg:Document ; rdfs:label {label} ; schema:publisher outlet:rbc-ukraine ;
    pg:documentKind {kind} ; pg:readingExtent pg:partial ; schema:inLanguage "en" ;
    schema:datePublished "2025-11-20"^^xsd:date .
"""
    )


@dataclass(frozen=True)
class Case:
    """One wrong write. ``at`` are the places that the findings tell: pointers, or names of things.

    ``says`` is a part of the detail.
    """

    about: str
    status: int
    rule: str | None
    says: str
    body: str | bytes = ""
    media_type: str | None = JSON
    path: str = PLACE
    method: str = "POST"
    who: str | None = "curator"
    headers: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    column: int | None = None
    at: tuple[str, ...] = ()

    def send(self, client: TestClient) -> Any:
        """The answer of the service."""
        headers = {} if self.who is None else {"Authorization": f"Bearer {name_token(self.who)}"}
        if self.media_type is not None:
            headers["Content-Type"] = self.media_type
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return client.request(self.method, self.path, content=body, headers={**headers, **self.headers})

    def write_row(self) -> str:
        """The row of the table."""
        where = [f"`{place or '/'}`" for place in self.at]
        if self.line is not None:
            where.append(f"line {self.line}" + (f", column {self.column}" if self.column is not None else ""))
        says = self.says.replace("|", "\\|")
        return f"| {self.about} | {self.status} | `{self.rule}` | {', '.join(where)} | {says} |\n"


WHOLE: Final = write_sheet()
UPSIDE_DOWN: Final = {"number": None, "lowest": 9, "highest": 2, "unit": "persons"}
DEEP: Final = LIMITS.upload_depth + 1
DUPLICATE: Final = WHOLE.replace('{"sheet": 2,', '{"sheet": 2,\n "note": "a", "note": "b",')

CASES: Final = (
    # -- who
    Case("no token", 401, "token", "the header Authorization: Bearer", WHOLE, who=None),
    Case("a token that nobody knows", 401, "token", "the token is not known here", WHOLE, who="stranger"),
    Case(
        "another way to log in", 401, "token", "the header Authorization: Bearer", WHOLE, who=None,
        headers={"Authorization": "Basic YTpi"},
    ),
    Case("a token of scope read that adds", 403, "scope", "this needs the scope submit", WHOLE, who="reader"),
    Case(
        "a token of scope submit that replaces", 403, "scope", "this needs the scope curate", WHOLE,
        path=HELD, method="PUT", who="newsroom", headers={"If-Match": STALE},
    ),
    Case(
        "a token of scope submit that retracts", 403, "scope", "this needs the scope curate",
        path=f"{HELD}?reason=no", method="DELETE", who="newsroom",
    ),
    Case(
        "a token of scope submit that updates", 403, "scope", "this needs the scope curate", "CLEAR ALL",
        UPDATE, "/update", who="newsroom",
    ),
    # -- what kind of body
    Case("no media type", 415, "content-type", "a body without a media type", WHOLE, None),
    Case(
        "a media type that is not read", 415, "content-type", "and sheets as application/json", "<p>",
        "text/html",
    ),
    Case(
        "a sheet in another charset", 415, "charset", "not as iso-8859-1", WHOLE,
        f"{JSON}; charset=ISO-8859-1",
    ),
    Case("Turtle in another charset", 415, "charset", "not in koi8-u", "", f"{TURTLE}; charset=koi8-u"),
    Case(
        "a compressed body", 415, "content-encoding", "without Content-Encoding: gzip",
        gzip.compress(WHOLE.encode()), headers={"Content-Encoding": "gzip"},
    ),
    Case("an update as another media type", 415, "content-type", f"POST takes {UPDATE}", "", JSON, "/update"),
    Case("a method that does not exist", 405, "method", "not PATCH", WHOLE, path=PAGE, method="PATCH"),
    # -- how large, how deep
    Case("a body past the limit", 413, "body_bytes", "8,388,608 bytes", b" " * (LIMITS.body_bytes + 1)),
    Case(
        "an update past the limit", 413, "update_bytes", "the limit is 1,000,000",
        "#" * (LIMITS.update_bytes + 1), UPDATE, "/update",
    ),
    Case(
        "a sheet that nests too deep", 400, "upload_depth", "upload depth: 100",
        '{"sheet": 2,\n "claims": ' + "[" * DEEP, line=2, column=10 + DEEP,
    ),
    Case(
        "Turtle that nests too deep", 400, "upload_depth", "upload depth: 100",
        "<s> <p> " + "(" * DEEP, TURTLE, line=1, column=8 + DEEP,
    ),
    Case(
        "YAML that nests too deep without brackets", 400, "unreadable", "nests deeper than 100",
        "\n".join(" " * depth + "a:" for depth in range(400)), YAML, line=101, column=101,
    ),
    Case(
        "too many parts in a form", 400, "upload_files", "more than 64 files",
        write_form(*[("document", TURTLE, "")] * (LIMITS.upload_files + 1)), FORM,
    ),
    # -- what cannot be read
    Case("nothing at all", 400, "unreadable", "Expecting value", "", line=1, column=1),
    Case(
        "JSON that breaks off", 400, "unreadable", "Expecting value", '{"sheet": 2,\n "id": }',
        line=2, column=8,
    ),
    Case(
        "a member that stands twice", 400, "unreadable", 'the member "note" stands twice', DUPLICATE,
        line=2, column=15,
    ),
    Case(
        "NaN in the place of a number", 400, "unreadable", "NaN is no number", '{"sheet": 2,\n "id": NaN}',
        line=2, column=8,
    ),
    Case(
        "an unpaired surrogate", 400, "unreadable", "an unpaired surrogate", '{"sheet": 2, "id": "\\ud83d"}',
        line=1, column=20,
    ),
    Case(
        "a figure past all bounds", 400, "unreadable", "1e999 is no number",
        WHOLE.replace('"number": 600000', '\n"number": 1e999'), line=2, column=11,
    ),
    Case(
        "an unpaired surrogate in what is kept as found", 400, "unreadable", "an unpaired surrogate",
        WHOLE.replace('"deontic":', '\n"parameters": {"x": "\\ud83d"}, "deontic":'), line=2, column=21,
    ),
    Case(
        "a figure of six thousand digits", 400, "unreadable", "is no number",
        WHOLE.replace('"number": 600000', '\n"number": 0x' + "f" * 6_000), YAML, line=2, column=11,
    ),
    Case(
        "YAML that breaks off", 400, "unreadable", "expected", "sheet: 2\nid: [", YAML, line=2, column=6
    ),
    Case(
        "YAML that refers to a part of itself", 400, "unreadable", "a reference (*name) is not read",
        "sheet: 2\ntags: &a [x]\nnote: *a", YAML, line=3, column=7,
    ),
    Case(
        "YAML with a control character", 400, "unreadable", "does not take the character U+0000",
        'sheet: 2\nid: "\0"', YAML, line=2, column=6,
    ),
    Case(
        "a sheet that is not UTF-8", 400, "unreadable", "the sheet is not UTF-8", b'{\n "id": "\xff"}',
        line=2, column=9,
    ),
    Case(
        "broken Turtle", 400, "syntax", "is not a valid RDF object", "@prefix e: <http://e/> .\ne:s e:p .",
        TURTLE, line=2, column=9,
    ),
    Case(
        "broken JSON-LD", 400, "syntax", "Object keys must be strings",
        '{"@id": "http://e/s",\n "http://e/p" 1}', JSONLD, line=2, column=15,
    ),
    Case(
        "XML with a document type", 400, "doctype", "a document type can declare entities",
        '<?xml version="1.0"?>\n<!DOCTYPE r>', "application/rdf+xml", line=2, column=12,
    ),
    Case(
        "a context from elsewhere", 400, "remote-context", "the remote context http://e/c is never fetched",
        '{\n "@context": "http://e/c"}', JSONLD, line=2, column=15,
    ),
    Case(
        "triples of another graph", 400, "graph", "also speaks of <http://e/g>",
        "<http://e/s> <http://e/p> 1 <http://e/g> .".replace("1", '"1"'), "application/n-quads", PAGE, "PUT",
    ),
    Case(
        "an update that is not SPARQL", 400, "syntax", "the object of the triple is missing",
        "INSERT DATA {\n <http://e/s> <http://e/p> }", UPDATE, "/update", line=2, column=28,
    ),
    Case(
        "an update that loads from elsewhere", 400, "load", "LOAD", "LOAD <http://e/x>", UPDATE, "/update",
        line=1, column=1,
    ),
    # -- forms
    Case("a form without a boundary", 400, "syntax", "needs a boundary", b"x", "multipart/form-data"),
    Case(
        "a form that breaks off", 400, "syntax", "ends before its last boundary",
        write_form(("document", JSON, WHOLE), end=""), FORM,
    ),
    Case(
        "a form with a part too many and one too few", 400, "parts",
        'it has no part "image"; the part document is missing', write_form(("image", JSON, "")), FORM,
    ),
    Case(
        "a form with two documents", 400, "parts", "the part document can be given once",
        write_form(("document", JSON, WHOLE), ("document", JSON, WHOLE)), FORM,
    ),
    Case(
        "a document in a form without a media type", 415, "content-type", "the part document: a body without",
        write_form(("document", "", WHOLE)), FORM,
    ),
    Case(
        "a text that is not UTF-8", 400, "unreadable", "the text is not UTF-8",
        write_form(("document", JSON, WHOLE), ("text", "text/plain", b"a\nb \xff")), FORM, line=2, column=3,
    ),
    # -- sheets
    Case(
        "a sheet with three faults", 422, "sheet", "3 rules of sheets broken",
        write_sheet(published="yesterday", document_kind="rumour", relays=[{"id": "x"}]),
        at=("/published", "/document_kind", "/relays/0/outlet"),
    ),
    Case(
        "a text with a character that no XML can hold", 422, "sheet", "the character U+0007",
        write_sheet(title_paraphrase="a plan \a"), at=("/title_paraphrase",),
    ),
    Case("a sheet that is no object", 422, "sheet", "a sheet is an object", "[]", at=("",)),
    Case(
        "an unknown member", 422, "sheet", "/titel: Extra inputs", write_sheet(titel="x"), at=("/titel",)
    ),
    Case(
        "a sheet of another name than the address", 422, "sheet", 'the address says "other"', WHOLE,
        path=f"{PLACE}/other", method="PUT", at=("/id",),
    ),
    Case(
        "two entries of one id, and a range the wrong way round", 422, "sheet", "2 rules of sheets broken",
        write_sheet(
            claims=[
                published_sheet()["claims"][0] | {"slots": {"troopCeiling": [UPSIDE_DOWN]}},
                published_sheet()["claims"][0],
            ]
        ),
        at=("/claims/1/id", "/claims/0/slots/troopCeiling/0"),
    ),
    Case(
        "a key phrase of thirteen words", 422, "sheet", "a key phrase has at most 12 words",
        write_evidence(" ".join("abcdefghijklm")), at=("/claims/0/attributions/0/anchor",),
    ),
    Case(
        "a path through a relay that the sheet lacks", 422, "sheet", 'the sheet has no relay "reuters"',
        write_sheet(relays=[]), at=("/claims/0/attributions/0/via/0/name",),
    ),
    # -- what the data does not allow
    Case(
        "a day that has not come", 422, "shapes", "Nothing has been published yet on that day",
        write_sheet(published="2999-01-01"), at=("document:one-page",),
    ),
    Case(
        "Turtle that breaks two rules", 422, "shapes", "2 rules are broken",
        write_report(kind="pg:rumour", label='"one"@en, "two"@en'), TURTLE, PAGE, "PUT",
        at=("document:one-page", "document:one-page"),
    ),
    Case(
        "Turtle of another document than the address", 422, "shapes", "Nothing here says that this is",
        write_report("other"), TURTLE, PAGE, "PUT", at=("document:one-page", "document:other"),
    ),
    Case(
        "Turtle that does not say which document it is", 422, "one-document", "here are 0",
        "<http://e/s> <http://e/p> 1 .", TURTLE,
    ),
    Case(
        "evidence outside the text", 422, "shapes", "8 to 99 is not a span of a text of 16 code points",
        write_form(
            ("document", JSON, write_evidence("600,000", [8, 99])), ("text", "text/plain", "At most 600,000.")
        ),
        FORM, at=("evidence:one-page--troop-cap",),
    ),
    Case(
        "a key phrase that is not in the text", 422, "shapes", 'the key phrase "600,000" does not stand in',
        write_form(("document", JSON, write_evidence("600,000")), ("text", "text/plain", "At most 500,000.")),
        FORM, at=("evidence:one-page--troop-cap",),
    ),
    Case(
        "a description put back in place of a whole document", 422, "loses-claims",
        f"the whole graph is at /graph/document/{SEED}", write_report(SEED), TURTLE, HELD, "PUT",
        headers={"If-Match": "*"}, at=(f"document:{SEED}",),
    ),
    Case(
        "an empty graph put in place of a document", 422, "loses-claims", "retract it: DELETE", "", TURTLE,
        f"{GRAPHS}{GRAPH}document/{SEED}", "PUT", at=(f"document:{SEED}",),
    ),
    Case(
        "a graph that is computed", 422, "graph", "graph/derived> is computed", "<s> <p> 1 .", TURTLE,
        f"{GRAPHS}{GRAPH}derived", "PUT",
    ),
    Case(
        "a graph without a name", 400, "parameter", "either one graph=IRI or default", "", TURTLE,
        "/graphs?reason=none",
    ),
    Case(
        "a graph whose name is not an IRI", 400, "parameter", "graph must be an absolute IRI", "", TURTLE,
        f"{GRAPHS}x", "PUT",
    ),
    Case(
        "the removal of a graph that does not exist", 404, "unknown-graph", "document/none",
        path=f"{GRAPHS}{GRAPH}document/none", method="DELETE",
    ),
    # -- names, conditions, keys
    Case(
        "an address that is not a valid name", 404, "slug", "'One_Page' is no name", WHOLE,
        path=f"{PLACE}/One_Page", method="PUT",
    ),
    Case(
        "the retraction of a document that does not exist", 404, "unknown-graph", "document/none",
        path=f"{PLACE}/none?reason=no", method="DELETE",
    ),
    Case(
        "a document that is there already", 412, "if-none-match", "there is a document kept already",
        write_sheet(id="kept"),
    ),
    Case(
        "a replacement that does not say what it replaces", 428, "if-match-needed",
        "send its ETag in If-Match", WHOLE, path=HELD, method="PUT",
    ),
    Case(
        "a replacement of an old state", 412, "if-match", f"document/{SEED}> has been written since", WHOLE,
        path=HELD, method="PUT", headers={"If-Match": STALE},
    ),
    Case(
        "a replacement of what is not there", 412, "if-match", "document/one-page>", WHOLE, path=PAGE,
        method="PUT", headers={"If-Match": STALE},
    ),
    Case(
        "an If-Match without quotes", 400, "parameter", "If-Match takes * or tags in quotes", WHOLE,
        path=HELD, method="PUT", headers={"If-Match": "0" * 16},
    ),
    Case(
        "an If-Match where a document is added", 400, "parameter", "takes no If-Match", WHOLE,
        headers={"If-Match": STALE},
    ),
    Case(
        "an If-None-Match with a tag", 400, "parameter", "If-None-Match of a write is only taken as *", WHOLE,
        path=PAGE, method="PUT", headers={"If-None-Match": STALE},
    ),
    Case(
        "the key of another write", 422, "idempotency-key", "came with another request before", WHOLE,
        headers={"Idempotency-Key": TAKEN},
    ),
    Case(
        "an empty key", 400, "parameter", "an Idempotency-Key is not empty", WHOLE,
        headers={"Idempotency-Key": ""},
    ),
    Case(
        "a key that is too long", 400, "parameter", "an Idempotency-Key has at most 200", WHOLE,
        headers={"Idempotency-Key": "k" * 201},
    ),
    Case("a retraction without a reason", 400, "reason", "?reason=", path=HELD, method="DELETE"),
    Case(
        "a reason with a control character", 400, "parameter", "reason has at most 2,000", WHOLE,
        path=f"{PLACE}?reason=%00",
    ),
    Case(
        "several parameters that are wrong", 400, "parameter",
        "no parameter dryrun, resaon; there are dry_run, reason; dry_run is 0 or 1, not 'yes'", WHOLE,
        path=f"{PLACE}?dryrun=1&resaon=x&dry_run=yes",
    ),
)  # fmt: skip


@contextmanager
def open_service(folder: Path) -> Iterator[TestClient]:
    """A service with a journal and three tokens, which holds one document, and one more under a key."""
    lines = [f"{name_token(who)} name={who} scopes={scope}\n" for who, scope in SCOPES.items()]
    (folder / "tokens").write_text("".join(lines), encoding="utf-8")
    (folder / "data").mkdir()
    settings = Settings(
        data=str(write_seed(folder / "data")),
        workers=1,
        token_file=str(folder / "tokens"),
        journal=str(folder / "journal.db"),
    )
    kept = Case("", 201, None, "", write_sheet(id="kept"), headers={"Idempotency-Key": TAKEN})
    with TestClient(create_site(settings), raise_server_exceptions=False) as client:
        answer = kept.send(client)
        assert answer.status_code == 201, answer.text
        yield client


def write_guide(text: str) -> str:
    """The guide with the table as it is now; it ends with the table."""
    return text.partition(HEADER)[0] + HEADER + "".join(case.write_row() for case in CASES)


if __name__ == "__main__":
    GUIDE.write_text(write_guide(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
