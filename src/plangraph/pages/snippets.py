"""The same query from elsewhere: lines for a shell, for Python and for R that ask the service for it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Final

from plangraph.evaluation import Kind
from plangraph.formats import CSV, RESULTS_JSON, TURTLE

GRAPH_NAMED: Final = "-graph-uri="
"""Stands in an address that names the graphs to ask, which the client has no word for."""

R_DASHES: Final = 8
"""How many dashes at most tell the end of a raw string of R from what stands in it."""


@dataclass(frozen=True)
class Snippet:
    """Lines of a language, and what it is called."""

    name: str
    text: str


def write_snippets(address: str, base: str, query: str, pin: dict[str, str], kind: Kind) -> list[Snippet]:
    """The snippets; ``address`` is the endpoint with what pins its data, ``base`` that of the service."""
    wanted = TURTLE.media_type if kind == "graph" else CSV.media_type
    return [
        Snippet("curl", write_curl(address, query, wanted)),
        Snippet("Python", write_python(address, base, query, pin, kind)),
        Snippet("R", write_r(address, query, wanted, kind)),
    ]


def write_curl(address: str, query: str, wanted: str) -> str:
    """One command of a shell."""
    words = ("curl", "-s", address, "-H", f"Accept: {wanted}", "--data-urlencode", f"query={query}")
    return f"{shlex.join(words)}\n"


def write_python(address: str, base: str, query: str, pin: dict[str, str], kind: Kind) -> str:
    """With the client of plangraph where it can ask this and gives a table, else with httpx alone."""
    if kind == "rows" and GRAPH_NAMED not in address:
        given = "".join(f", {name}={json.dumps(value)}" for name, value in pin.items())
        return (
            "from plangraph.client import Client  # in a clone: pip install -e '.[client,frames]'\n\n"
            f"query = {quote_python(query)}\n"
            f"with Client({json.dumps(base)}{given}) as client:\n"
            "    print(client.sparql(query).to_pandas())\n"
        )
    shown = 'answer.json()["boolean"]' if kind == "boolean" else "answer.text"
    wanted = {"rows": CSV, "boolean": RESULTS_JSON, "graph": TURTLE}[kind].media_type
    return (
        "import httpx\n\n"
        f"query = {quote_python(query)}\n"
        f"answer = httpx.post({json.dumps(address)},\n"
        f'    data={{"query": query}}, headers={{"Accept": "{wanted}"}})\n'
        f"print({shown})\n"
    )


def write_r(address: str, query: str, wanted: str, kind: Kind) -> str:
    """With httr2."""
    read = "read.csv(text = resp_body_string(answer))" if kind == "rows" else "cat(resp_body_string(answer))"
    return (
        "library(httr2)\n\n"
        f"query <- {quote_r(query)}\n"
        f"answer <- request({json.dumps(address)}) |>\n"
        f'  req_headers(Accept = "{wanted}") |>\n'
        "  req_body_form(query = query) |>\n"
        "  req_perform()\n"
        f"{read}\n"
    )


def quote_python(text: str) -> str:
    """A string of Python, over several lines where that says the same."""
    if "\\" in text or '"""' in text or text.endswith('"') or not text.replace("\n", "").isprintable():
        return repr(text)
    return f'"""{text}"""'


def quote_r(text: str) -> str:
    """A raw string of R (4.0 or newer); where nothing tells its end, one with escapes."""
    for count in range(R_DASHES):
        dashes = "-" * count
        if f'){dashes}"' not in text:
            return f'r"{dashes}({text}){dashes}"'
    return json.dumps(text, ensure_ascii=False)
