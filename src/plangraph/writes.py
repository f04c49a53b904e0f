"""What a client can ask to be changed, and what is said of a change that was made."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeAlias

from plangraph.errors import BadParameter, PlangraphError
from plangraph.formats import GRAPHS
from plangraph.submissions import Submission
from plangraph.uploads import Upload

Method: TypeAlias = Literal["PUT", "POST", "DELETE"]

FORMATS: Final = {format.name: format for format in GRAPHS}

TEXTS_MOST: Final = {"by": 200, "reason": 2_000, "key": 200}
"""How long the texts of an intent may be."""

KEY: Final = "an Idempotency-Key"

CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""What no text of an intent holds: not every database keeps it."""

HEAD: Final = struct.Struct("!Q")
"""The length of what follows, before a write and before the word on it."""


@dataclass(frozen=True)
class Update:
    """A SPARQL update; the graph IRIs are those of the SPARQL protocol."""

    text: str
    using_graph_uris: tuple[str, ...] = ()
    using_named_graph_uris: tuple[str, ...] = ()


@dataclass(frozen=True)
class GraphWrite:
    """A write of the Graph Store Protocol to one graph; ``None`` is the default graph.

    With a ``thing`` only that thing of the registry is replaced or deleted.
    """

    method: Method
    graph: str | None
    uploads: tuple[Upload, ...] = ()
    thing: str | None = None


Write: TypeAlias = Update | GraphWrite | Submission


@dataclass(frozen=True)
class Expected:
    """What the text of a part has to be when a write has its turn, or that of a whole graph.

    ``digests`` are those that will do (the SHA-256 of the canonical Turtle; its first 16 letters or more
    suffice); with none, any text will do, but there must be one. ``absent``: there must be none.
    """

    part: str
    digests: tuple[str, ...] = ()
    absent: bool = False


@dataclass(frozen=True)
class Intent:
    """Who wants a write, why, and under which condition; nothing of it is needed.

    ``by`` is the name of the token. A write with the ``key`` of an earlier one of the same ``by`` is not made
    again but answered as that one was; ``digest`` says whether it asks for the same, and is that of the write
    unless given. With ``dry_run`` the write is made and checked, and then thrown away.
    Raises :class:`BadParameter` for texts that are too long or hold control characters.
    """

    by: str = ""
    reason: str = ""
    key: str | None = None
    digest: str | None = None
    expected: tuple[Expected, ...] = ()
    dry_run: bool = False

    def __post_init__(self) -> None:
        for name, most in TEXTS_MOST.items():
            text = getattr(self, name) or ""
            if len(text) > most or CONTROL.search(text):
                shown = KEY if name == "key" else name
                raise BadParameter(f"{shown} has at most {most:,} characters, and no control characters")
        if self.key == "":
            raise BadParameter(f"{KEY} is not empty")


NOTHING_MORE: Final = Intent()
"""The intent of a write that says nothing of itself."""


@dataclass(frozen=True)
class Written:
    """What became of a write: the revision it led to, how many quads went and came, and what the shapes say.

    ``existed`` says whether what an upload is for was there before; it means nothing for an update.
    ``number`` is that of the revision in the journal, where there is one. ``digests`` has the digest of each
    part that was written, nothing where it is gone; ``digest`` that of the graph or thing the write was for.
    ``repeated``: it was made before, under this key. ``offset`` and ``length`` say where its change lies in
    the log, and ``texts`` how long the canonical text of each such part is, which lie behind it.
    """

    revision: str
    removed: int = 0
    added: int = 0
    offset: int = 0
    length: int = 0
    existed: bool = True
    warnings: tuple[dict[str, Any], ...] = ()
    number: int | None = None
    digests: Mapping[str, str | None] = field(default_factory=dict)
    digest: str | None = None
    texts: Mapping[str, int] = field(default_factory=dict)
    repeated: bool = False

    def describe(self) -> dict[str, Any]:
        """What a client may know of it, as members of JSON."""
        members = asdict(self)
        for name in ("offset", "length", "texts", "repeated"):
            del members[name]
        return {**members, "warnings": list(self.warnings)}

    @staticmethod
    def recall(members: dict[str, Any]) -> Written:
        """What :meth:`describe` told of an earlier write."""
        return Written(**{**members, "warnings": tuple(members["warnings"]), "repeated": True})


def pack_write(write: Write, expected: tuple[Expected, ...] = ()) -> bytes:
    """A write as one line of JSON and its text or bodies behind it, with the length of it all in front."""
    if isinstance(write, Update):
        entry: dict[str, Any] = {"using": (write.using_graph_uris, write.using_named_graph_uris)}
        bodies = [write.text.encode("utf-8", "surrogatepass")]
    elif isinstance(write, Submission):
        entry = {"slug": write.slug, "form": write.form, "length": len(write.body)}
        entry["has_text"] = write.text is not None
        bodies = [write.body, write.text or b""]
    else:
        parts = [(upload.format.name, len(upload.body)) for upload in write.uploads]
        entry = {"method": write.method, "graph": write.graph, "uploads": parts}
        if write.thing is not None:
            entry["thing"] = write.thing
        bodies = [upload.body for upload in write.uploads]
    entry["expected"] = [asdict(condition) for condition in expected]
    text = b"".join((json.dumps(entry).encode(), b"\n", *bodies))
    return HEAD.pack(len(text)) + text


def unpack_write(text: bytes) -> tuple[Write, tuple[Expected, ...]]:
    """The write that :func:`pack_write` packed, from behind its length, and its conditions."""
    line, _, rest = text.partition(b"\n")
    entry = json.loads(line)
    expected = tuple(
        Expected(found["part"], tuple(found["digests"]), found["absent"]) for found in entry["expected"]
    )
    if "using" in entry:
        return Update(rest.decode("utf-8", "surrogatepass"), *map(tuple, entry["using"])), expected
    if "form" in entry:
        length = entry["length"]
        body_text = rest[length:] if entry["has_text"] else None
        return Submission(entry["slug"], entry["form"], rest[:length], body_text), expected
    uploads, begin = [], 0
    for name, length in entry["uploads"]:
        uploads.append(Upload(rest[begin : begin + length], FORMATS[name]))
        begin += length
    return GraphWrite(entry["method"], entry["graph"], tuple(uploads), entry.get("thing")), expected


def digest_write(write: Write) -> str:
    """What two writes have in common only if they ask for the same."""
    return hashlib.sha256(pack_write(write)).hexdigest()


@dataclass(frozen=True)
class Word:
    """What a writer says of a write, and whether its copy can take another one."""

    outcome: Written | PlangraphError
    usable: bool = True

    def find_written(self) -> Written:
        """What became of the write; raises the error that it met."""
        if isinstance(self.outcome, PlangraphError):
            raise self.outcome
        return self.outcome


def pack_word(word: Word) -> bytes:
    """The word on a write, as JSON with its length in front."""
    if isinstance(word.outcome, Written):
        entry = asdict(word.outcome)
    else:
        entry = {"error": type(word.outcome).__name__, **word.outcome.describe()}
    text = json.dumps({"usable": word.usable, **entry}).encode()
    return HEAD.pack(len(text)) + text


def unpack_word(text: bytes) -> Word:
    """The word that :func:`pack_word` packed, from behind its length."""
    entry = json.loads(text)
    usable = entry.pop("usable")
    if "error" in entry:
        cause = PlangraphError.kinds[entry.pop("error")]
        return Word(cause(entry.pop("detail"), **entry), usable)
    return Word(Written(**{**entry, "warnings": tuple(entry["warnings"])}), usable)
