"""The files that pages load: those of ours, and those that the build made of what npm has."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.responses import Response

from plangraph.errors import NotFound
from plangraph.pages.bundle import BUILT
from plangraph.pages.frame import STATIC, name_make
from plangraph.web.tags import is_unchanged

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
NAMED_BY_CONTENT: Final = re.compile(r"[\w-]+-[\w-]{8}\.(?:js|woff2)")
"""What the build names by a digest of what is in it: another content has another address."""

FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


async def get_static(request: Request, name: str, v: str = "") -> Response:
    """A file that pages load, of ours or of the bundle; raises :class:`NotFound`.

    It may be kept for as long as its address names what pages are made with, or what is in it.
    """
    path = next((folder / name for folder in (STATIC, BUILT) if is_served(folder, folder / name)), None)
    if path is None:
        raise NotFound(f"there is no file {name!r:.100}")
    body = await asyncio.to_thread(path.read_bytes)
    lasting = v == name_make() or (path.parent == BUILT and NAMED_BY_CONTENT.fullmatch(name))
    headers = {
        "Cache-Control": FOR_A_YEAR if lasting else "no-cache",
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',
        "X-Content-Type-Options": "nosniff",
    }
    if is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=TYPES[path.suffix])


def is_served(folder: Path, path: Path) -> bool:
    """Whether a path is that of a file in the very folder, of a kind that pages load."""
    return path.parent == folder and path.suffix in TYPES and path.is_file()
