"""The order of the tests: files that take longest come first, so that none of them is left for the end."""

from __future__ import annotations

from typing import Final

import pytest

DEAREST: Final = (
    "test_virtuoso", "test_browser", "test_pages", "test_past", "test_api", "test_exact", "test_search",
    "test_worker", "test_describe", "test_increments", "test_surface", "test_publish_here", "test_crash",
)  # fmt: skip
"""By what each took in all; a process takes a whole file, and the other processes wait for the last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are not listed, and the tests of each file, stay in the order they were found in."""
    places = {name: place for place, name in enumerate(DEAREST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(DEAREST)))
