"""JSON and YAML to plain values, or what is wrong with the text and where.

YAML is read as JSON would be: days stay texts, and a text says nothing that JSON cannot, such as a reference
to another part of itself, which could make a small text a large value. What some parsers let pass, and what
no graph could hold afterwards, is refused in both: a member that stands twice in one object (the second
would hide the first), a number that is none, and an unpaired surrogate.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, Literal, NoReturn, TypeAlias

import yaml

from plangraph.errors import FileUnreadable

Form: TypeAlias = Literal["json", "yaml"]

TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*"|[{}\[\],:]|-?[0-9][0-9.eE+-]*|-?Infinity|NaN', re.DOTALL)
"""The tokens of JSON that matter here; read only where the text is known to be JSON so far."""

HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a letter that UTF-16 writes as two: no text in UTF-8 holds it."""

HALF_ESCAPED: Final = re.compile(r"\\u[dD][89a-fA-F]")
DIGITS: Final = 4_000
"""A whole number of more digits is refused: Python writes and reads none of 4,300."""

BITS: Final = 13_000
"""The same for one that came as hexadecimal digits."""

TWICE: Final = 'the member "{:.80}" stands twice in one object'
NO_NUMBER: Final = "{:.80} is no number that can be kept"
NO_VALUE: Final = "{:.80} is no value of its type"
HALF_LETTER: Final = "a text holds an unpaired surrogate, which is half of a letter"
TOO_DEEP: Final = "it nests too deep"
DEPTH: Final = 100
"""YAML that nests deeper is refused; deeper in, its parser would run out of its stack."""

PLAIN_TAGS: Final = frozenset({"null", "bool", "int", "float", "str", "seq", "map"})


class Odd(ValueError):
    """JSON that its grammar allows and we do not; where it stands is looked for then."""


def parse_text(text: str, form: Form, where: str) -> Any:
    """The plain value of a JSON or YAML text.

    Raises :class:`FileUnreadable`, which says ``where``, with line and column but for what nests too deep.
    """
    try:
        if form == "json":
            return parse_json(text)
        return yaml.load(text, Loader=PlainLoader)  # noqa: S506 (a SafeLoader)
    except json.JSONDecodeError as error:
        raise FileUnreadable(where, error.msg, line=error.lineno, column=error.colno) from None
    except Odd:
        message, offset = find_oddity(text)
        raise refuse(where, message, text, offset) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        raise FileUnreadable(where, error.problem or "is no YAML", line=line, column=column) from None
    except yaml.reader.ReaderError as error:
        sign = f"U+{error.character:04X}" if isinstance(error.character, int) else repr(error.character)
        raise refuse(where, f"YAML does not take the character {sign}", text, error.position) from None
    except RecursionError:
        raise FileUnreadable(where, TOO_DEEP) from None


def refuse(where: str, message: str, text: str, offset: int) -> FileUnreadable:
    """The error of what stands at an offset."""
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return FileUnreadable(where, message, line=line, column=column)


def parse_json(text: str) -> Any:
    """The value of a JSON text; raises :class:`Odd`, and what the library raises."""
    found = json.loads(
        text,
        object_pairs_hook=refuse_twins,
        parse_constant=refuse_constant,
        parse_float=read_float,
        parse_int=read_int,
    )
    if HALF_ESCAPED.search(text) and find_oddity(text)[0]:
        raise Odd
    return found


def refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON whose members have different names."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Odd
    return found


def refuse_constant(_: str) -> NoReturn:
    """NaN and its like, which are no JSON."""
    raise Odd


def read_float(text: str) -> float:
    """A number with a fraction or an exponent that is not past all bounds."""
    number = float(text)
    if not math.isfinite(number):
        raise Odd
    return number


def read_int(text: str) -> int:
    """A whole number of a length that can be read."""
    if len(text) > DIGITS:
        raise Odd
    return int(text)


def find_oddity(text: str) -> tuple[str, int]:
    """What is odd first in a text that is JSON up to there, and its offset; an empty message for nothing."""
    objects: list[set[str] | None] = []  # the names met in each object that is open; nothing for a list
    is_name = False
    for token in TOKEN.finditer(text):
        sign = token[0]
        if sign in "{[":
            objects.append(set() if sign == "{" else None)
        elif sign in "}]":
            objects.pop()
        elif sign[0] == '"':
            word = json.loads(sign, strict=False)
            if HALF.search(word):
                return HALF_LETTER, token.start()
            if is_name and objects and (names := objects[-1]) is not None:
                if word in names:
                    return TWICE.format(word), token.start()
                names.add(word)
        elif sign not in ",:" and is_no_number(sign):
            return NO_NUMBER.format(sign), token.start()
        is_name = sign == "{" or (sign == "," and bool(objects) and objects[-1] is not None)
    return "", 0


def is_no_number(sign: str) -> bool:
    """Whether a number of JSON, or what stands for one, cannot be kept."""
    if sign.lstrip("-") in ("NaN", "Infinity"):
        return True
    return len(sign) > DIGITS if sign.lstrip("-").isdigit() else not math.isfinite(float(sign))


class PlainLoader(yaml.SafeLoader):
    """YAML as JSON would be."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """A node; raises for a reference to another one, and for one that lies too deep."""
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise self.refuse("a reference (*name) is not read here; write the part out", mark)
        if self.depth > DEPTH:
            raise self.refuse(f"it nests deeper than {DEPTH}", mark)
        self.depth += 1
        found = super().compose_node(parent, index)
        self.depth -= 1
        return found

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping with members of different names."""
        seen = set[Any]()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if isinstance(name, (list, dict)):
                raise self.refuse("the name of a member is a text", key.start_mark)
            if name in seen:
                raise self.refuse(TWICE.format(str(name)), key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A value that JSON has too."""
        try:
            value = super().construct_object(node, deep=deep)
        except (ValueError, LookupError):
            raise self.refuse(NO_VALUE.format(str(node.value)), node.start_mark) from None
        if (isinstance(value, float) and not math.isfinite(value)) or (
            isinstance(value, int) and value.bit_length() > BITS
        ):
            raise self.refuse(NO_NUMBER.format(str(node.value)), node.start_mark)
        if isinstance(value, str) and HALF.search(value):
            raise self.refuse(HALF_LETTER, node.start_mark)
        return value

    def refuse(self, message: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
        """The error of what stands at a mark."""
        return yaml.constructor.ConstructorError(None, None, message, mark)


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in PLAIN_TAGS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PlainLoader.yaml_constructors = {
    tag: construct
    for tag, construct in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in PLAIN_TAGS
}
