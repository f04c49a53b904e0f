"""Bodies of RDF are read into one graph, or refused before any parser, with the place and the rule."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from pyoxigraph import DefaultGraph, NamedNode

from plangraph.errors import (
    MediaTypeUnknown,
    PlangraphError,
    QueryTooLong,
)
from plangraph.formats import GRAPHS, JSONLD, NQUADS, NTRIPLES, RDFXML, TRIG, TURTLE, Format
from plangraph.forms import read_form
from plangraph.nesting import check_body
from plangraph.settings import Limits
from plangraph.terms import ID, NS, Graph
from plangraph.uploads import OWN_CONTEXT, Upload, pick_upload_format, read_upload
from plangraph.write_errors import (
    UploadRefused,
    UploadSyntaxWrong,
)

LIMITS: Final = Limits()
DEPTH: Final = LIMITS.upload_depth
G: Final = NamedNode("http://e/g")
SP: Final = "<http://e/s> <http://e/p> "
LINE: Final = b'<http://e/s> <http://e/p> "x" .\n'
RDF_HEAD: Final = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/"'
    ' xml:base="http://e/">'
)
XML: Final = RDF_HEAD + '<rdf:Description rdf:about="s"><e:p>x</e:p></rdf:Description></rdf:RDF>'
BODIES: Final = {
    TURTLE: "@base <http://e/> . <s> <p> 'x' .",
    NTRIPLES: LINE.decode(),
    RDFXML: XML,
    JSONLD: '{"@id": "http://e/s", "http://e/p": "x"}',
    TRIG: "<s> <p> 'x' . <g> { <s> <p> 'x' }",
    NQUADS: SP + '"x" <http://e/g> .',
}


def read(body: str | bytes, format: Format, graph: Graph = G, base: str = "http://e/g") -> bytes:
    upload = Upload(body.encode() if isinstance(body, str) else body, format)
    return read_upload(upload, graph, base, LIMITS)


def test_every_format_is_read_into_the_graph() -> None:
    assert set(BODIES) == set(GRAPHS)
    for format, body in BODIES.items():
        assert read(body, format) == LINE, format.name


def test_relative_iris_are_relative_to_the_base() -> None:
    for format, body in ((TURTLE, "<s> <p> 'x' ."), (JSONLD, '{"@id": "s", "http://e/p": "x"}')):
        assert read(body, format, base="http://e/any") == LINE


def test_literals_are_those_of_the_engine() -> None:
    decimal = b'"1.5"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    assert read(f"{SP} 1.50 .", TURTLE) == LINE.replace(b'"x"', decimal)
    assert read(f'{SP} "a"@EN-us .', TURTLE) == LINE.replace(b'"x"', b'"a"@en-us')


def test_blank_nodes_are_new_each_time() -> None:
    first, second = (read(f"_:b <http://e/p> _:b . {SP} _:b .", TURTLE) for _ in range(2))
    assert first != second
    assert len(first.splitlines()) == 2
    assert b"_:b " not in first


@pytest.mark.parametrize(
    ("body", "format", "graph"),
    [
        ("<http://e/other> { <s> <p> 1 }", TRIG, G),
        (SP + '"x" <http://e/other> .', NQUADS, DefaultGraph()),
        ('{"@id": "http://e/other", "@graph": [{"@id": "http://e/s", "http://e/p": 1}]}', JSONLD, G),
        ("_:g { <s> <p> 1 }", TRIG, G),
        ("<http://e/g> { <s> <p> 1 }", TRIG, DefaultGraph()),
    ],
)
def test_what_is_for_another_graph_is_refused(body: str, format: Format, graph: Graph) -> None:
    with pytest.raises(UploadRefused, match=r"also speaks of (<http://e/|_:)") as caught:
        read(body, format, graph)
    assert (caught.value.broken_rule, caught.value.status) == ("graph", 400)


def nest(opening: str, closing: str, times: int, inside: str = "1") -> str:
    return opening * times + inside + closing * times


STRIPE: Final = ("<rdf:Description><e:p>", "</e:p></rdf:Description>")
DEEP: Final[dict[str, tuple[Format, Callable[[int], str], int]]] = {
    "turtle [": (TURTLE, lambda n: f"{SP}{nest('[ <http://e/p> ', ']', n)} .", DEPTH),
    "turtle (": (TURTLE, lambda n: f"{SP}{nest('(', ')', n)} .", DEPTH),
    "trig {": (TRIG, lambda n: f"<http://e/g> {{ {SP}{nest('(', ')', n)} }}", DEPTH - 1),
    "ntriples <<(": (NTRIPLES, lambda n: f"{SP}{nest('<<( ' + SP, ' )>>', n, '<a:a>')} .", DEPTH // 2),
    "json {": (JSONLD, lambda n: nest('{"http://e/p":', "}", n), DEPTH),
    "json [": (JSONLD, lambda n: f'{{"http://e/p":{nest("[", "]", n)}}}', DEPTH - 1),
    "xml": (RDFXML, lambda n: f"{RDF_HEAD}{nest(*STRIPE, n)}</rdf:RDF>", (DEPTH - 1) // 2),
}


@pytest.mark.parametrize("name", DEEP)
def test_what_nests_to_the_limit_is_read_and_what_nests_deeper_is_refused(name: str) -> None:
    format, write, most = DEEP[name]
    assert read(write(most), format)
    with pytest.raises(UploadRefused) as caught:
        read(write(most + 1), format)
    assert (caught.value.broken_rule, caught.value.limit) == ("upload_depth", DEPTH)
    assert caught.value.line == 1
    assert caught.value.column is not None


HONEST: Final = {
    "short strings": (TURTLE, f"{SP} '{'[(' * 200}', \"{'<<' * 200}\" ."),
    "long strings": (TURTLE, f"{SP} '''{'[' * 99}''{'[' * 99}''', \"\"\"\\\"{'[' * 200}\"\"\" ."),
    "comments": (TURTLE, f"# {'[' * 200}\r# {'(' * 200}\n{SP} 1 ."),
    "iris": (TURTLE, f"{SP} <http://e/{'(' * 200}> ."),
    "escapes": (TURTLE, "@prefix e: <http://e/> . e:s e:p " + ", ".join(["e:a\\("] * 200) + " ."),
    "wide": (TURTLE, f"{SP} {', '.join(['[ <http://e/p> (1) ]'] * 2_000)} ."),
    "json strings": (JSONLD, '{"http://e/p": "\\\\\\"' + "[{" * 200 + '"}'),
    "json wide": (JSONLD, '[{"http://e/p": [1, [2]]}' + ', {"http://e/p": {"@list": []}}' * 2_000 + "]"),
    "xml comment": (RDFXML, XML + f"<!-- {'<a>' * 200} -->"),
    "xml text": (RDFXML, XML.replace(">x<", f"><![CDATA[{'<a>' * 200}]]><")),
    "xml wide": (RDFXML, RDF_HEAD + "<rdf:Description><e:p>x</e:p></rdf:Description>" * 2_000 + "</rdf:RDF>"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_what_only_looks_deep_is_read(name: str) -> None:
    format, body = HONEST[name]
    assert read(body, format)


def test_there_are_as_many_cases_as_were_written() -> None:
    assert (len(DEEP), len(HONEST), len(SYNTAX), len(CONTEXTS)) == (7, 11, 9, 5)


def test_a_refusal_counts_characters_and_not_bytes() -> None:
    with pytest.raises(UploadRefused) as caught:
        read("{\n'ж' " + "[" * 200, TURTLE)
    assert (caught.value.line, caught.value.column) == (2, 5 + DEPTH - 1)


def test_the_guard_is_linear() -> None:
    bodies = (
        (TURTLE, "'''\\"), (TURTLE, '"""a\\"'), (TURTLE, "'\\\""), (TURTLE, '"\n'), (TURTLE, "<a"),
        (TURTLE, "#<\r"),
        (TURTLE, "[]<<>>"), (JSONLD, '"\\'), (JSONLD, '\\"'), (JSONLD, '{}"[]"'), (JSONLD, '"@context":["'),
    )  # fmt: skip
    for format, piece in bodies:
        body = (piece * 400_000)[:1_000_000].encode()
        began = time.process_time()
        try:
            check_body(body, format, LIMITS)
        except UploadRefused:
            continue
        assert time.process_time() - began < 3, piece


def test_a_body_past_the_limit_of_bytes_is_refused() -> None:
    with pytest.raises(QueryTooLong) as caught:
        read(b" " * (LIMITS.body_bytes + 1), TURTLE)
    assert (caught.value.broken_rule, caught.value.limit) == ("body_bytes", LIMITS.body_bytes)


SYNTAX: Final[dict[str, tuple[Format, str | bytes, tuple[int | None, int | None]]]] = {
    "turtle": (TURTLE, "@prefix e: <http://e/> .\ne:s e:p .", (2, 9)),
    "turtle not utf-8": (TURTLE, b"<a:a> <a:a> '\xff' .", (1, 14)),
    "ntriples with a graph": (NTRIPLES, SP + '"x" <http://e/g> .', (1, 31)),
    "relative where it must not": (NTRIPLES, "<s> <http://e/p> 1 .", (1, 1)),
    "json": (JSONLD, '{"a":\n}', (2, 1)),
    "xml": (RDFXML, RDF_HEAD + "\n<rdf:Description></rdf:Other></rdf:RDF>", (2, 20)),
    "xml cut": (RDFXML, RDF_HEAD + "\n<rdf:Description><e:p>x</e:p>", (2, 30)),
    "xml entity": (
        RDFXML,
        RDF_HEAD + "<rdf:Description><e:p>&x;</e:p></rdf:Description></rdf:RDF>",
        (1, 129),
    ),
    "xml encoding": (RDFXML, f'<?xml version="1.0" encoding="ISO-8859-1"?>{XML}', (None, None)),
}


@pytest.mark.parametrize("name", SYNTAX)
def test_what_does_not_parse_is_told_with_its_place(name: str) -> None:
    format, body, place = SYNTAX[name]
    with pytest.raises(UploadSyntaxWrong) as caught:
        read(body, format)
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.status == 400
    assert "Parser error" not in caught.value.detail


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/">',
        "<!DOCTYPE r>",
        '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    ],
)
def test_a_document_type_is_refused(declared: str) -> None:
    with pytest.raises(UploadRefused) as caught:
        read(f'<?xml version="1.0"?>\n {declared}{XML}', RDFXML)
    assert (caught.value.broken_rule, caught.value.line) == ("doctype", 2)


CONTEXTS: Final = (
    '{"@context": "http://127.0.0.1:1/c", "a": 1}',
    '{"@context": [{"b": "http://e/b"}, "http://127.0.0.1:1/c"], "a": 1}',
    '{"@context": {"@import": "http://127.0.0.1:1/c"}, "a": 1}',
    '{"@context": {"a": {"@id": "http://e/a", "@context": "http://127.0.0.1:1/c"}}, "a": {"b": 1}}',
    '{"http://e/p": {"@context": ["http://127.0.0.1:1/c"], "a": 1}}',
)


@pytest.mark.parametrize("body", CONTEXTS)
def test_a_remote_context_is_refused_by_name(body: str) -> None:
    with pytest.raises(UploadRefused, match="is never fetched") as caught:
        read(body, JSONLD)
    assert caught.value.broken_rule == "remote-context"
    if "[{" not in body:
        assert "http://127.0.0.1:1/c" in caught.value.detail
        assert (caught.value.line, caught.value.column) == (1, body.index("http://127") + 1)


@pytest.mark.parametrize("named", ['"{}"', '["{}"]', '[ "{}", {{"x": "http://e/x"}} ]'])
def test_our_own_context_comes_from_the_package(named: str) -> None:
    body = f'{{"@context": {named.format(OWN_CONTEXT)},\n"id": "{ID}document/a", "type": "Document"}}'
    assert read(body, JSONLD) == (
        f"<{ID}document/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{NS}Document> .\n".encode()
    )


def test_the_name_of_our_context_in_a_text_stays_a_text() -> None:
    assert OWN_CONTEXT.encode() in read(f'{{"http://e/p": "\\"@context\\": \\"{OWN_CONTEXT}\\""}}', JSONLD)


def test_too_many_contexts_are_refused() -> None:
    with pytest.raises(UploadRefused) as caught:
        read("[" + ", ".join(['{"@context": {}}'] * 101) + "]", JSONLD)
    assert (caught.value.broken_rule, caught.value.limit) == ("upload_contexts", 100)


@pytest.mark.parametrize(
    ("content_type", "file_name", "format"),
    [
        ("text/turtle", None, TURTLE),
        ("Text/Turtle; charset=UTF-8", "a.nt", TURTLE),
        ("application/x-trig", None, TRIG),
        ("text/plain", None, NTRIPLES),
        ("text/plain; charset=utf-8", "a.ttl", TURTLE),
        ("application/octet-stream", "a.b.JSONLD", JSONLD),
        (None, "a.rdf", RDFXML),
        ("", "a.nq", NQUADS),
    ],
)
def test_the_format_is_that_of_the_media_type_or_of_the_suffix(
    content_type: str | None, file_name: str | None, format: Format
) -> None:
    assert pick_upload_format(content_type, file_name) is format


@pytest.mark.parametrize(
    ("content_type", "file_name", "named"),
    [
        ("text/html", "a.ttl", "text/html"),
        (None, "a.exe", ".exe"),
        (None, None, "without a media type"),
        ("text/plain", "a.txt", "text/plain"),
        ("text/turtle; charset=latin-1", None, "latin-1"),
    ],
)
def test_what_is_not_read_here_is_named(content_type: str | None, file_name: str | None, named: str) -> None:
    with pytest.raises(MediaTypeUnknown, match=named) as caught:
        pick_upload_format(content_type, file_name)
    assert caught.value.status == 415


FORM: Final = "multipart/form-data; boundary=cut"


def write_form(*parts: tuple[str, str], end: str = "--cut--\r\n") -> bytes:
    return ("".join(f"--cut\r\n{head}\r\n\r\n{body}\r\n" for head, body in parts) + end).encode()


def test_a_form_holds_files_each_in_its_own_format() -> None:
    body = write_form(
        ('Content-Disposition: form-data; name="a"; filename="one.ttl"', f"{SP} 'x' .\r\n--cu"),
        ('Content-Disposition: form-data; name="b"\r\nContent-Type: application/ld+json', "{}"),
        (
            'content-disposition: form-data; name="c"; filename="C:\\x\\two.nt"\r\ncontent-type: text/plain',
            "",
        ),
    )
    uploads = read_form(body, FORM, LIMITS)
    assert [upload.format for upload in uploads] == [TURTLE, JSONLD, NTRIPLES]
    assert uploads[0].body.decode() == f"{SP} 'x' .\r\n--cu"


@pytest.mark.parametrize(
    ("body", "content_type", "cause"),
    [
        (write_form(), "multipart/form-data", UploadSyntaxWrong),
        (write_form(("Content-Type: text/turtle", "x"), end=""), FORM, UploadSyntaxWrong),
        (b"no form at all", FORM, UploadSyntaxWrong),
        (b"", FORM, UploadSyntaxWrong),
        (write_form(("no header", "x")), FORM, UploadSyntaxWrong),
        (write_form(*[(f"X-{number}: x", "x") for number in range(1)]), FORM, MediaTypeUnknown),
        (write_form(("\r\n".join(f"X-{number}: x" for number in range(99)), "x")), FORM, UploadSyntaxWrong),
        (write_form(("X: " + "x" * 9_000, "x")), FORM, UploadSyntaxWrong),
        (write_form(*[("Content-Type: text/turtle", "")] * 65), FORM, UploadRefused),
    ],
)
def test_a_form_that_is_none_is_refused(body: bytes, content_type: str, cause: type[PlangraphError]) -> None:
    with pytest.raises(cause) as caught:
        read_form(body, content_type, LIMITS)
    assert caught.value.status in (400, 415)


def test_many_files_are_as_many_as_the_limit() -> None:
    parts: Any = [("Content-Type: text/turtle", "")] * LIMITS.upload_files
    assert len(read_form(write_form(*parts), FORM, LIMITS)) == 64
