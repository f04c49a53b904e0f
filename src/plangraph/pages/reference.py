"""The API reference, from the OpenAPI document of the service: operations by tag, as people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from plangraph.errors import BadParameter, NotFound
from plangraph.formats import CSV, GRAPHS, JSON
from plangraph.pages.schemas import Schema, list_models, list_options, name_type, tell_bounds

METHODS: Final = ("get", "post", "put", "delete", "query")
TAGS: Final = (
    "collections", "comparisons", "search", "things", "citations", "sparql", "files", "registry", "history",
    "writes", "graphs", "service",
)  # fmt: skip
"""The tags in the order in which they are listed; others come behind them."""

PART: Final = re.compile(r"\{(\w+)\}")
WITHOUT_SUFFIX: Final = ("/sparql", "/graphs", "/export/")
"""Where a suffix does not choose the format of an answer."""

STREAMS: Final = ("text/event-stream",)
"""An answer that has no end is nothing to look at in a form."""

SUFFIXES: Final = {entry.media_type: entry.suffix for entry in (JSON, CSV, *GRAPHS)}
MATTERING: Final = ("query", "graph")
"""Parameters that may be left out, and that an example is nothing without."""

OPERATION, SUFFIX = "_operation", "_suffix"
"""Fields of a form that are no parameters of its operation."""


@dataclass(frozen=True)
class Parameter:
    """One parameter; ``example`` is a value that the data has, as it is written in an address."""

    name: str
    place: str
    type: str
    bounds: str
    about: str
    required: bool
    default: str
    options: Sequence[str]
    example: str
    schema: Schema

    @property
    def is_shown(self) -> bool:
        """Whether an address without it answers nothing that is of use as an example."""
        return self.required or self.place == "path" or self.name in MATTERING


@dataclass(frozen=True)
class Content:
    """A form that an answer or a body has: its media type, its type in words, the models in it."""

    media_type: str
    type: str
    models: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """What an operation may answer."""

    status: str
    about: str
    contents: Sequence[Content]
    headers: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Operation:
    """One operation: what it takes, what it answers, what can go wrong, and an example."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    about: str
    parameters: Sequence[Parameter]
    bodies: Sequence[Content]
    outcomes: Sequence[Outcome]
    problems: Sequence[Outcome]
    secured: bool
    address: str
    """An address that can be asked, with the real values of the example."""
    example: str
    """The answer of that address as JSON, where one is recorded."""

    @property
    def suffixes(self) -> list[str]:
        """The suffixes that choose the format of the answer."""
        if self.path.startswith(WITHOUT_SUFFIX):
            return []
        types = [content.media_type for outcome in self.outcomes for content in outcome.contents]
        found = [SUFFIXES[entry] for entry in types if entry in SUFFIXES]
        return found if len(found) > 1 else []

    @property
    def is_tried(self) -> bool:
        """Whether a form can lead to an answer of it."""
        types = {content.media_type for outcome in self.outcomes for content in outcome.contents}
        return self.method == "GET" and types.isdisjoint(STREAMS)

    @property
    def fields(self) -> list[Parameter]:
        """The parameters that a form can send."""
        return [entry for entry in self.parameters if entry.place in ("path", "query")]

    def fill(self, given: Mapping[str, Sequence[str]]) -> tuple[str, list[tuple[str, str]]]:
        """Path and parameters of what a form asks for; raises :class:`BadParameter` for a part left out."""
        values = {entry.name: list(filter(None, given.get(entry.name, []))) for entry in self.fields}
        for entry in self.fields:
            if entry.place == "path" and not values[entry.name]:
                raise BadParameter(f"{entry.name} is a part of the address {self.path}, and is not given")
        path = PART.sub(lambda part: quote(values[part[1]][0], safe="/"), self.path)
        suffix = next(iter(given.get(SUFFIX, [])), "")
        if suffix in self.suffixes:
            path += f".{suffix}"
        pairs = [
            (entry.name, value)
            for entry in self.fields
            if entry.place == "query"
            for value in values[entry.name]
        ]
        return path.removeprefix("/"), pairs


def read_operations(document: Schema) -> list[Operation]:
    """All operations, in the order of the document."""
    return [
        read_operation(path, method, told)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if method in METHODS
    ]


def find_operation(document: Schema, name: str) -> Operation:
    """The operation of that id; raises :class:`NotFound`."""
    for operation in read_operations(document):
        if operation.id == name:
            return operation
    raise NotFound(f"there is no operation {name!r:.200}")


def name_tag(tag: str) -> str:
    """A tag as a part of an address."""
    return tag.lower().replace(" ", "-")


def group_operations(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    """The operations by the tag, as a part of an address; those tags first that are most asked for."""
    found: dict[str, list[Operation]] = {tag: [] for tag in TAGS}
    for operation in sorted(operations, key=lambda entry: (entry.path, METHODS.index(entry.method.lower()))):
        found.setdefault(name_tag(operation.tag), []).append(operation)
    return {tag: group for tag, group in found.items() if group}


def read_operation(path: str, method: str, told: Schema) -> Operation:
    """One operation."""
    parameters = [read_parameter(entry) for entry in told.get("parameters", ())]
    outcomes = [read_outcome(status, entry) for status, entry in told["responses"].items()]
    asked, answer = find_example(told)
    return Operation(
        id=told["operationId"],
        tag=told["tags"][0],
        method=method.upper(),
        path=path,
        summary=told.get("summary", ""),
        about=told.get("description", ""),
        parameters=parameters,
        bodies=list(read_contents(told.get("requestBody", {}))),
        outcomes=[entry for entry in outcomes if entry.status < "400"],
        problems=[entry for entry in outcomes if entry.status >= "400"],
        secured="security" in told,
        address=asked or write_address(path, parameters),
        example=answer,
    )


def read_parameter(told: Schema) -> Parameter:
    """One parameter."""
    schema = told.get("schema", {})
    example = told.get("example", schema.get("examples", [""]))
    first = example[0] if isinstance(example, list) and example else example
    default = schema.get("default")
    return Parameter(
        name=told["name"],
        place=told["in"],
        type=name_type(schema),
        bounds=tell_bounds(schema),
        about=told.get("description", ""),
        required=bool(told.get("required", False)),
        default="" if default is None else str(default),
        options=list_options(schema),
        example=str(first or ("1" if told["in"] == "path" and schema.get("type") == "integer" else "")),
        schema=schema.get("items", schema),
    )


def read_outcome(status: str, told: Schema) -> Outcome:
    """One answer."""
    headers = [(name, str(entry.get("description", ""))) for name, entry in told.get("headers", {}).items()]
    return Outcome(status, told.get("description", ""), list(read_contents(told)), headers)


def read_contents(told: Schema) -> Iterator[Content]:
    """The forms of an answer or of a body."""
    for media_type, entry in told.get("content", {}).items():
        schema = entry.get("schema", {})
        yield Content(media_type, name_type(schema), list(dict.fromkeys(list_models(schema))))


def find_example(told: Schema) -> tuple[str, str]:
    """The address that an example is of, and the answer as JSON; two empty texts where there is none."""
    content = told["responses"].get("200", {}).get("content", {}).get(JSON.media_type, {})
    for example in content.get("examples", {}).values():
        return str(example["summary"]), json.dumps(example["value"], ensure_ascii=False, indent=1)
    return "", ""


def write_address(path: str, parameters: Sequence[Parameter]) -> str:
    """An address with the examples of what it needs."""
    known = {entry.name: entry.example for entry in parameters}
    filled = PART.sub(lambda part: quote(known.get(part[1]) or part[0], safe="/{}"), path)
    needed = [entry for entry in parameters if entry.place == "query" and entry.example and entry.is_shown]
    written = "&".join(f"{entry.name}={quote(entry.example, safe='/:')}" for entry in needed)
    return filled + (f"?{written}" if written else "")


def write_curl(base: str, operation: Operation) -> str:
    """A line for a terminal that asks for the example, or sends what is in a file."""
    words = ["curl"]
    if operation.method != "GET":
        words += ["-X", operation.method]
    if operation.secured:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
    if operation.bodies:
        words += ["-H", f"'Content-Type: {operation.bodies[0].media_type}'", "--data-binary", "@FILE"]
    address = f"{base.rstrip('/')}{operation.address}".replace("'", "%27")
    return " ".join([*words, f"'{address}'"])
