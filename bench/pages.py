"""What pages cost: their time on the server, their size, and what they ask of a browser on a slow machine.

Starts ``plangraph serve`` on the packaged data. Every page is asked for at addresses that differ in language,
colours and (the plan) order of rows. ``new`` is the median where another document has come in before each, so
that nothing of the revision was asked before (it is retracted after each); ``alike`` where the same page was
asked in another form, so that the answers to its queries are held; ``held`` where that address was asked.
Then Chromium opens it some times with its processor slowed down four times: the time that scripts ran, from
the first bytes to the first paint, and how far things moved.

Run: ``python bench/pages.py [--rounds 7]``. Prints medians as rows of a Markdown table. Wants Chromium.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import statistics
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
from rig.figures import write_head, write_row
from rig.launch import free_port, serve_plangraph

from plangraph.files import packaged

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from chromium import open_browser

HTML: Final = {"Accept": "text/html", "Accept-Encoding": "identity"}
PLAN: Final = "/plans/ukraine-peace-plan"
ARTICLE: Final = "2025-11-20-rbc-ukraine-plan-pressure"
PAGES: Final = {
    "/": (), PLAN: ("reported", "divergent", "name"), f"{PLAN}/versions": (), f"{PLAN}/graph": (),
    f"{PLAN}/map": (), f"{PLAN}/timeline": (), "/provisions/donbas-handover": (), "/claims": (),
    f"/claims/{ARTICLE}--donbas-handover": (), f"/documents/{ARTICLE}": (), "/outlets/reuters": (),
    "/divergences": (), "/sparql": (), "/docs/api/collections": (), "/ns": (),
}  # fmt: skip
"""Each with the orders that it can be asked in."""

TOKEN: Final = "a-token-of-the-bench"
WRITER: Final = {"Authorization": f"Bearer {TOKEN}"}
SHEET: Final = json.loads(min((packaged("data") / "sheets").glob("*.json")).read_bytes())
SLOWER: Final = 4
MOVED: Final = (
    "new Promise(done => { let sum = 0; new PerformanceObserver(list => list.getEntries().forEach("
    "e => sum += e.value)).observe({type: 'layout-shift', buffered: true}); "
    "setTimeout(() => done(sum), 500) })"
)
PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
BEGUN: Final = "performance.getEntriesByType('navigation')[0].responseStart"
COLUMNS: Final = (
    "page", "new ms", "alike ms", "held ms", "HTML kB", "gzip kB", "script ms", "to first paint ms",
    "layout shift",
)  # fmt: skip


def list_addresses(page: str, orders: tuple[str, ...]) -> list[str]:
    """Addresses of the same page."""
    chosen = itertools.product(("en", "uk"), ("light", "dark"), orders or ("",))
    return [
        f"{page}?lang={language}&theme={theme}" + (f"&sort={order}" if order else "")
        for language, theme, order in chosen
    ]


def ask(client: httpx.Client, addresses: list[str], *, new: bool = False) -> tuple[float, bytes]:
    """The median milliseconds of some addresses, each of new data or not, and the body of the last one."""
    spent, body, added = [], b"", ""
    for address in addresses:
        if new:
            sheet = SHEET | {"id": f"{SHEET['id'][:40].rstrip('-')}-{uuid.uuid4().hex[:8]}"}
            added = f"/api/v1/documents/{sheet['id']}"
            client.post("/api/v1/documents", json=sheet, headers=WRITER).raise_for_status()
        begun = time.perf_counter()
        answer = client.get(address, headers=HTML)
        spent.append((time.perf_counter() - begun) * 1e3)
        answer.raise_for_status()
        body = answer.content
        if added:
            headers = WRITER | {"If-Match": "*"}
            client.delete(f"{added}?reason=measured", headers=headers).raise_for_status()
    return statistics.median(spent), body


def open_slowly(browser: Any, address: str) -> tuple[float, float, float]:
    """Milliseconds of script and to the first paint, and the layout shift, on a slow machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable")
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, wait_until="load")
        moved = float(page.evaluate(MOVED))
        metrics = {
            entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]
        }
        painted = float(page.evaluate(PAINTED)) - float(page.evaluate(BEGUN))
        return metrics["ScriptDuration"] * 1e3, painted, moved
    finally:
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often Chromium opens each page")
    options = parser.parse_args()
    with ExitStack() as stack:
        tokens = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "tokens"
        tokens.write_text(f"{TOKEN}\n", encoding="utf-8")
        kept = ["--token-file", str(tokens), "--journal", str(tokens.with_name("journal.db"))]
        server = serve_plangraph(free_port(), *kept)
        stack.callback(server.stop)
        server.start()
        base = f"http://127.0.0.1:{server.port}"
        client = stack.enter_context(httpx.Client(base_url=base, timeout=60))
        browser = stack.enter_context(open_browser())
        print(write_head(list(COLUMNS)), flush=True)
        for page, orders in PAGES.items():
            addresses = list_addresses(page, orders)
            new, body = ask(client, addresses, new=True)
            alike, held = ask(client, addresses[:-1])[0], ask(client, addresses)[0]
            seen = [open_slowly(browser, f"{base}{addresses[0]}") for _ in range(options.rounds)]
            script, painted, moved = (statistics.median(column) for column in zip(*seen, strict=True))
            figures = [f"{new:,.0f}", f"{alike:,.0f}", f"{held:.1f}", f"{len(body) / 1e3:.1f}"]
            figures += [f"{len(gzip.compress(body, 6)) / 1e3:.1f}", f"{script:.0f}", f"{painted:.0f}"]
            print(write_row([page, *figures, f"{moved:.4f}"]), flush=True)


if __name__ == "__main__":
    main()
