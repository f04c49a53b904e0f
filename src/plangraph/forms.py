"""Multipart bodies: several files of RDF in one request, held in memory and never written anywhere.

They are taken apart before a write is made and not in its process, since two requests under one key are
compared by what they ask for, and each draws a boundary of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from plangraph.settings import Limits
from plangraph.uploads import Upload, pick_upload_format
from plangraph.write_errors import (
    UploadRefused,
    UploadSyntaxWrong,
)

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART: Final = "multipart/form-data"


@dataclass
class Part:
    """One part while it is read."""

    headers: dict[str, str] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    body: bytearray = field(default_factory=bytearray)

    def find_option(self, name: str) -> str:
        """What its disposition says under a name, ``name`` or ``filename``."""
        _, options = parse_options_header(self.headers.get("content-disposition"))
        return options.get(name.encode(), b"").decode("utf-8", "replace")


def read_form(body: bytes, content_type: str, limits: Limits) -> list[Upload]:
    """The files of a ``multipart/form-data`` body, each in the format that its part or its name says.

    A part without a file name is a field of a form and must say its media type. Raises what
    :func:`read_parts` raises, and :class:`MediaTypeUnknown`.
    """
    return [read_part(part) for part in read_parts(body, content_type, limits)]


def read_parts(body: bytes, content_type: str, limits: Limits) -> list[Part]:
    """The parts of a ``multipart/form-data`` body.

    Raises :class:`UploadSyntaxWrong` for a body that is none or was cut, and :class:`UploadRefused` for too
    many files.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise UploadSyntaxWrong(f"{MULTIPART} needs a boundary")
    reader = Reader(limits.upload_files)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise UploadSyntaxWrong(f"the body is no {MULTIPART}: {error}") from None
    if not reader.ended:
        raise UploadSyntaxWrong("the body ends before its last boundary")
    return reader.parts


def read_part(part: Part) -> Upload:
    """The file of a part."""
    format = pick_upload_format(part.headers.get("content-type"), part.find_option("filename"))
    return Upload(bytes(part.body), format)


class Reader:
    """Collects the parts that the parser finds."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.parts: list[Part] = []
        self.ended = False

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self.begin,
            "on_header_field": lambda data, start, end: self.parts[-1].name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self.parts[-1].value.extend(data[start:end]),
            "on_header_end": self.end_header,
            "on_part_data": lambda data, start, end: self.parts[-1].body.extend(data[start:end]),
            "on_end": self.end,
        }

    def begin(self) -> None:
        """A part begins."""
        if len(self.parts) == self.most:
            raise UploadRefused(
                f"the body holds more than {self.most} files", rule="upload_files", limit=self.most
            )
        self.parts.append(Part())

    def end_header(self) -> None:
        """A header of a part is complete."""
        part = self.parts[-1]
        part.headers[part.name.decode("latin-1").lower()] = part.value.decode("latin-1")
        part.name.clear()
        part.value.clear()

    def end(self) -> None:
        """The last boundary has been seen."""
        self.ended = True
