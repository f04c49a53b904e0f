"""Schemas of the OpenAPI document in words: types, bounds, and the models that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plangraph.context import load_context

Schema = Mapping[str, Any]

REF: Final = "#/components/schemas/"
BOUNDS: Final = {
    "minimum": "from {}", "maximum": "to {}", "minLength": "at least {} letters",
    "maxLength": "at most {} letters", "pattern": "as {}",
}  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A member of a model: its type in words, the models in it, and what it means."""

    name: str
    type: str
    models: Sequence[str]
    about: str
    required: bool


@dataclass(frozen=True)
class Model:
    """What a JSON answer or a part of one looks like; ``open`` says that it has other members too."""

    name: str
    about: str
    members: Sequence[Member]
    open: bool


def name_type(schema: Schema) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(map(name_type, schema[choice])))
    kind = schema.get("type", "any value")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {name_type(schema.get('items', {}))}"
    inside = schema.get("additionalProperties")
    if kind == "object" and isinstance(inside, dict) and inside:
        return f"object, each value {name_type(inside)}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def tell_bounds(schema: Schema) -> str:
    """What a value is bound by, in words; nothing where it is by nothing."""
    inner = schema.get("items", schema)
    told = [text.format(write_bound(inner[name])) for name, text in BOUNDS.items() if name in inner]
    return ", ".join(told)


def write_bound(bound: object) -> str:
    """A bound: figures grouped."""
    return f"{bound:,}" if isinstance(bound, int) else str(bound)


def list_options(schema: Schema) -> Sequence[str]:
    """The values that there are to choose from, where they are listed."""
    return [str(option) for option in schema.get("items", schema).get("enum", ())]


def list_models(schema: Schema) -> Iterator[str]:
    """The models that a schema names."""
    if "$ref" in schema:
        yield str(schema["$ref"]).removeprefix(REF)
    for choice in ("anyOf", "oneOf", "allOf"):
        for entry in schema.get(choice, ()):
            yield from list_models(entry)
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            yield from list_models(schema[inner])


def read_models(document: Schema) -> list[Model]:
    """All models of the document, by name."""
    schemas = document.get("components", {}).get("schemas", {})
    return [read_model(name, schema) for name, schema in sorted(schemas.items())]


def read_model(name: str, schema: Schema) -> Model:
    """One model; the keys that things have for their properties are those of the context, and left out."""
    keys = {key.name for key in load_context().keys.values()}
    is_open = schema.get("additionalProperties") is True
    required = set(schema.get("required", ()))
    members = [
        Member(
            entry,
            name_type(told),
            list(dict.fromkeys(list_models(told))),
            str(told.get("description", "")),
            entry in required,
        )
        for entry, told in schema.get("properties", {}).items()
        if not (is_open and entry in keys and "description" not in told)
    ]
    return Model(name, str(schema.get("description", "")), members, is_open)
