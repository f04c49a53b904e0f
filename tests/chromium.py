"""A real Chromium for tests, driven by Playwright; without one the tests in it are skipped, and say so."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

BINARY: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps",
]  # fmt: skip
DRIVER: Final = importlib.util.find_spec("playwright") is not None

needs_chromium = pytest.mark.skipif(
    BINARY is None or not DRIVER,
    reason="there is no Chromium or no Playwright; on Debian, as root: apt-get install chromium",
)


@contextmanager
def open_browser() -> Iterator[Any]:
    """A browser, until the block ends."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is installed

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BINARY, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser: Any, address: str, *, refused: bool = False, **options: Any) -> Iterator[Any]:
    """A page of a fresh visitor; an error in the console, in a script, or a request elsewhere is a failure.

    Of a page that is ``refused`` the console says so, and that one line is none.
    """
    context = browser.new_context(**options)
    wrong: list[str] = []
    page = context.new_page()
    page.on(
        "console",
        lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: note_foreign(request.url, address, wrong))
    try:
        page.goto(address, wait_until="load")
        yield page
        told = [text for text in wrong if not (refused and "Failed to load resource" in text)]
        assert told == [], (address, told)
    finally:
        context.close()


def note_foreign(asked: str, address: str, wrong: list[str]) -> None:
    """Note a request that leaves the service."""
    if not asked.startswith("data:") and urlsplit(asked).netloc != urlsplit(address).netloc:
        wrong.append(f"a request to {asked}")
