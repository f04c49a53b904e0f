"""The OpenAPI document made whole: models, formats, problems and examples of every operation, in one place.

Most routes write their bytes by hand, so that FastAPI cannot know what they answer. What it does know is
kept: paths, parameters, summaries and what a route documents itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from plangraph.access import Access
from plangraph.context import Key, load_context
from plangraph.errors import PlangraphError
from plangraph.files import read_text
from plangraph.formats import GRAPHS, JSON, JSONLD
from plangraph.web.models import Problem
from plangraph.web.problems import MEDIA_TYPE
from plangraph.web.promised import (
    COMMON,
    CONDITIONAL,
    FORMATS,
    HEADERS,
    LISTS,
    MODELS,
    NAMED,
    NEW,
    OPTIONS,
    OTHERS,
    SELF_KNOWN,
    TREES,
    WRITES,
)

Document: TypeAlias = dict[str, Any]

EXAMPLES: Final = Path(__file__).resolve().parent / "examples.json"
"""Answers of the real data, verbatim, by the path of the operation; ``tests/examples.py`` writes them."""

REF: Final = "#/components/schemas/{model}"


def complete(document: Document, access: Access) -> Document:
    """The document with everything that the routes leave unsaid; changed in place."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= list_schemas()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # a parameter that is wrong is a 400 here
    if access.tokens:
        schemes = document["components"].setdefault("securitySchemes", {})
        schemes.setdefault("token", {"type": "http", "scheme": "bearer"})
    examples = load_examples()
    for path, method, operation in list_operations(document):
        responses = operation["responses"]
        responses.pop("422", None) if is_generated(responses.get("422")) else None
        if method == "get":
            describe_answer(path, responses)
            show_example(path, operation, examples)
            name_parameters(path, operation, examples)
        elif path in WRITES and method != "query":
            describe_write(path, method, operation)
        for response in responses.values():
            for media_type, entry in response.get("content", {}).items():
                entry.setdefault("schema", describe_text(media_type))
        add_problems(path, operation)
    return document


def list_operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Every operation with its path and method."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


@cache
def list_schemas() -> Document:
    """The schemas of all models; things have the keys of the JSON-LD context."""
    models: list[type[BaseModel]] = list(
        dict.fromkeys((*MODELS.values(), *FORMATS, *WRITES.values(), Problem))
    )
    _, document = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    schemas: Document = document["$defs"]
    keys = {key.name: describe_key(key) for key in load_context().keys.values()}
    for name in TREES:
        schemas[name]["properties"] = keys | schemas[name]["properties"]
        schemas[name]["additionalProperties"] = True
    schemas["Node"] = {
        "description": "A value: a thing with what is said of it, a text, a number, a truth value, or an "
        "object with `value` and its datatype or language",
        "anyOf": [{"type": kind} for kind in ("string", "number", "boolean", "object")],
    }
    return schemas


def describe_key(key: Key) -> Document:
    """The schema of one key of a thing."""
    if key.language:
        texts = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        return {"type": "object", "additionalProperties": texts}
    node: Document = {"$ref": REF.format(model="Node")}
    several: Document = {"type": "array", "items": node}
    return {"anyOf": [node, several]} if key.single else several


def is_generated(response: Document | None) -> bool:
    """Whether a 422 is the one that FastAPI adds for its own checks, which are a 400 here."""
    return response is not None and "HTTPValidationError" in json.dumps(response)


def describe_answer(path: str, responses: Document) -> None:
    """The formats and models of what a route that reads answers."""
    answer = responses.get("200")
    if answer is None:
        for response in responses.values():
            response.pop("content", None)  # a redirection has none
        return
    content = answer.setdefault("content", {})
    model = find_model(path, content)
    if model is not None:
        schema: Document = {"$ref": REF.format(model=model.__name__)}
        schema = {"type": "array", "items": schema} if path in LISTS else schema
        content[JSON.media_type] = {"schema": schema}
        for format in FORMATS.get(model, ()):
            content[format.media_type] = {"schema": schema if format is JSONLD else {"type": "string"}}
        if model in FORMATS:
            answer["headers"] = dict(HEADERS)
            responses["304"] = {"description": "The client holds this answer already"}
    elif content.get(JSON.media_type, {}).get("schema") in ({}, None):
        content.pop(JSON.media_type, None)
        for media_type in OTHERS.get(path, ()):
            content.setdefault(media_type, {})


def describe_text(media_type: str) -> Document:
    """The schema of an answer that has no model."""
    return {"type": ["object", "array"]} if media_type.endswith("json") else {"type": "string"}


def find_model(path: str, content: Document) -> type[BaseModel] | None:
    """The model of a JSON answer: what the route names, else what the table has."""
    named = content.get(JSON.media_type, {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    known = {model.__name__: model for model in FORMATS}
    return known.get(named) or MODELS.get(path)


def describe_write(path: str, method: str, operation: Document) -> None:
    """What a write takes and is answered with; the status says whether what it names was there before."""
    schema = {"$ref": REF.format(model=WRITES[path].__name__)}
    done: Document = {"description": "Done", "content": {JSON.media_type: {"schema": schema}}}
    new: Document = {} if method == "delete" or path == "/update" else {"201": {**done, "description": NEW}}
    answers = {**new, "200": done}
    if path == "/graphs":
        answers = {**new, "204": {"description": "Done"}}
        bodies = {format.media_type: {"schema": {"type": "string"}} for format in GRAPHS}
        if method != "delete":
            operation.setdefault("requestBody", {"required": True, "content": bodies})
        operation.setdefault("security", [{"token": []}])
    for status in ("200", "201"):
        operation["responses"].pop(status, None)
    operation["responses"] |= answers


def add_problems(path: str, operation: Document) -> None:
    """The problems that an operation may answer, each with the titles of its causes."""
    responses = operation["responses"]
    own = "Service" in operation.get("tags", ())
    wanted = {parameter["name"] for parameter in operation.get("parameters", ())}
    missing = "{" in path or path == "/graphs" or "revision" in wanted
    statuses = {*(SELF_KNOWN if own else COMMON), *([404] if missing else [])}
    titles = list_titles()
    if "requestBody" in operation:
        statuses |= set(CONDITIONAL.get(path, ()))
    for status in sorted(statuses):
        responses.setdefault(str(status), {"description": "; ".join(titles[status])})
    for status, response in responses.items():
        if status.isdigit() and int(status) >= 400:
            schema = {"$ref": REF.format(model="Problem")}
            response["content"] = {MEDIA_TYPE: {"schema": schema}}
    operation["responses"] = dict(sorted(responses.items()))


@cache
def list_titles() -> dict[int, list[str]]:
    """The titles of all errors by their status."""
    found: dict[int, set[str]] = defaultdict(set)
    for error in PlangraphError.kinds.values():
        found[error.status].add(error.title)
    return {status: sorted(titles) for status, titles in found.items()}


@cache
def load_examples() -> Document:
    """The packaged examples."""
    found: Document = json.loads(read_text(EXAMPLES))
    return found


def show_example(path: str, operation: Document, examples: Document) -> None:
    """An answer as an example of the JSON."""
    example = examples.get(path)
    content = operation["responses"].get("200", {}).get("content", {})
    if example is None:
        return
    if JSON.media_type in content:
        shown = {"summary": example["address"], "value": example["answer"]}
        content[JSON.media_type]["examples"] = {"real": shown}


def name_parameters(path: str, operation: Document, examples: Document) -> None:
    """For each part of a path an example that there is, and what it can be where that is a short list."""
    named = dict(NAMED.get(path, {}))
    example = examples.get(path) or examples.get(path.replace("{slug}/citation", "{name}"))
    if example is not None:
        parts = example["address"].partition("?")[0].split("/")
        named |= {
            template.strip("{}"): part
            for template, part in zip(path.split("/"), parts, strict=False)
            if template.startswith("{")
        }
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in named:
            parameter["example"] = named[parameter["name"]]
        if parameter["in"] == "path" and parameter["name"] in OPTIONS:
            parameter["schema"]["enum"] = list(OPTIONS[parameter["name"]])
