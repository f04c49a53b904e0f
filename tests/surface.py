"""Requests of every kind that the OpenAPI document allows, and of kinds that it does not, to a real service.

``python tests/surface.py [EXAMPLES]`` runs all phases of schemathesis and prints a summary; a test runs less.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import schemathesis

from plangraph.formats import GRAPHS, JSONLD
from plangraph.web.call import DIRECT, UPDATE
from running import TOKEN, serve

DAY: Final = "2025-11-20"
CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")
A_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
A_REVISION: Final = re.compile(r"[0-9]{1,15}|[0-9a-f]{16}")
UNTESTED: Final = ("positive_data_acceptance",)
"""That all valid requests succeed: which slugs and IRIs there are, only the data says."""


@schemathesis.hook
def map_query(context: schemathesis.HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """One day and one revision in place of any: a data set as of either takes seconds, and few are held."""
    if query and isinstance(query.get("as_of"), str) and A_DAY.fullmatch(query["as_of"]):
        query["as_of"] = DAY
    if query and isinstance(query.get("revision"), str) and A_REVISION.fullmatch(query["revision"]):
        query["revision"] = "1"
    return query


def write_text(_: Any, value: Any) -> bytes:
    """A body of plain text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


for media_type in (DIRECT, UPDATE, *(entry.media_type for entry in GRAPHS if entry is not JSONLD)):
    schemathesis.serializer(media_type)(write_text)


def probe_surface(address: str, folder: Path, *options: str) -> tuple[int, str, dict[str, Any]]:
    """What a run of schemathesis says: its exit status, its words, its report."""
    report = folder / "report.json"
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(CONFIGURATION),
        "run", f"{address}/openapi.json",
        "--header", f"Authorization: Bearer {TOKEN}", "--exclude-checks", ",".join(UNTESTED),
        "--suppress-health-check", "all", "--report", "json", "--report-json-path", str(report),
        "--exclude-path", "/api/v1/revisions/events", "--request-timeout", "60", *options,
    ]  # fmt: skip
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "surface", "PYTHONPATH": str(Path(__file__).parent)}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return ended.returncode, ended.stdout + ended.stderr, found


def run(*options: str) -> int:
    """A run on a service of its own; prints what was found."""
    with tempfile.TemporaryDirectory() as name, serve(Path(name)) as address:
        status, words, _ = probe_surface(address, Path(name), *options)
    sys.stdout.write(words)
    return status


if __name__ == "__main__":
    sys.exit(run("--continue-on-failure", "--max-examples", sys.argv[1] if len(sys.argv) > 1 else "50"))
