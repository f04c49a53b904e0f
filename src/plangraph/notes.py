"""What a curator should look at in a sheet: the place, the rule, the message."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """``pointer`` is a JSON pointer (RFC 6901) into the sheet, ``rule`` the name of what it breaks."""

    pointer: str
    rule: str
    message: str


def point_at(*parts: str | int) -> str:
    """A JSON pointer from member names and list positions."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
