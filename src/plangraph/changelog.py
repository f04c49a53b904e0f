"""The changes that were made since a data set was loaded, one after the other in a file without a name.

The processes that share it write and read by place, so that no change has to pass through a socket.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHUNK_BYTES: Final = 1 << 24


@dataclass(frozen=True)
class Entry:
    """A change in the log: where it lies, and the revision it leads to."""

    offset: int
    length: int
    revision: str


class ChangeLog:
    """The log, and the entries of it that count. ``handle`` is its file descriptor."""

    def __init__(self) -> None:
        self.handle, path = tempfile.mkstemp(prefix="plangraph-")
        Path(path).unlink()
        weakref.finalize(self, os.close, self.handle)
        self.entries: list[Entry] = []

    def find_place(self) -> int:
        """How many changes count."""
        return len(self.entries)

    def take_over(self, other: ChangeLog, begin: int) -> list[Entry]:
        """Copy the entries of another log from one on, which do not count yet; their places here."""
        taken = []
        for entry in other.entries[begin:]:
            offset = append(self.handle, read_part(other.handle, entry.offset, entry.length))
            taken.append(Entry(offset, entry.length, entry.revision))
        return taken

    def forget_rest(self) -> None:
        """Cut off what was written behind the last entry that counts."""
        last = self.entries[-1] if self.entries else None
        os.ftruncate(self.handle, last.offset + last.length if last else 0)


def append(handle: int, text: bytes) -> int:
    """Write at the end of an open file; where the text begins there."""
    begin = os.lseek(handle, 0, os.SEEK_END)
    view = memoryview(text)
    while view:
        view = view[os.write(handle, view[:CHUNK_BYTES]) :]
    return begin


def read_part(handle: int, offset: int, length: int) -> bytes:
    """That many bytes of an open file, from a place on; raises ``EOFError`` where it ends before."""
    parts = []
    while length:
        part = os.pread(handle, min(length, CHUNK_BYTES), offset)
        if not part:
            raise EOFError("the log ends before the change does")
        parts.append(part)
        offset, length = offset + len(part), length - len(part)
    return b"".join(parts)
