"""What the npm part of the build leaves: the SPARQL editor, a font, the shapes of a map. It may be missing.

``hatch_build.py`` makes it. Without it pages do what they do without script and in a font of the system.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

BUILT: Final = Path(__file__).resolve().parent / "built"
STAMP: Final = ".stamp"
"""Is written when all else is there."""

MISSING: Final = (
    "this package was built without npm: its pages do without the SPARQL editor, the font and the map shapes"
)


@cache
def is_built() -> bool:
    """Whether the bundle is there; looked at once."""
    return (BUILT / STAMP).is_file()
