"""A short run of schemathesis over every operation of the service; ``make surface`` is the long one."""

from __future__ import annotations

from pathlib import Path

from running import serve
from surface import probe_surface


def test_no_request_breaks_the_contract_and_none_fails_in_the_service(tmp_path: Path) -> None:
    options = ("--continue-on-failure", "--phases", "examples,fuzzing", "--max-examples", "3", "--no-shrink")
    with serve(tmp_path) as address:
        status, words, report = probe_surface(address, tmp_path, *options)
    assert status == 0, words
    assert report
    assert "Tested: 54" in words, words
    assert "cases" in words.lower()
