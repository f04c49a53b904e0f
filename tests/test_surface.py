"""A short run of schemathesis over every operation of the service; ``make surface`` is the long one."""

from __future__ import annotations

import re
from pathlib import Path

from running import serve
from surface import probe_surface


def test_no_request_breaks_the_contract_and_none_fails_in_the_service(tmp_path: Path) -> None:
    options: tuple[str, ...] = (
        "--continue-on-failure",
        "--phases",
        "examples,fuzzing",
        "--max-examples",
        "2",
        "--no-shrink",
    )
    options += ("--seed", "20251120")  # the same requests each time; the long run asks others
    with serve(tmp_path) as address:
        status, words, report = probe_surface(address, tmp_path, *options)
    assert status == 0, words
    assert report
    selected = re.search(r"Selected: (\d+)/(\d+)", words)
    tested, cases = re.search(r"Tested: (\d+)", words), re.search(r"([\d,]+) generated", words)
    assert selected and tested and cases, words
    assert int(selected[2]) - int(selected[1]) == 1, "the stream of events has no end"
    assert int(tested[1]) == int(selected[1]) > 50
    assert int(cases[1].replace(",", "")) > 100
