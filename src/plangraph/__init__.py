"""plangraph: what is reported about peace plans, by whom, through whom, and where.

``plangraph.load()`` gives the data set as an rdflib ``Dataset``, ``plangraph.query(...)`` a table.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plangraph.library import Table, load, query

    __version__: str

__all__ = ["Table", "__version__", "load", "query"]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """The names above, read when first used: ``import plangraph`` itself loads no graph library."""
    if name == "__version__":
        return metadata.version("plangraph")
    if name in __all__:
        return getattr(import_module("plangraph.library"), name)
    raise AttributeError(f"module 'plangraph' has no attribute {name!r}")
