"""Hold what is said of every text that the W3C suite calls ill-formed to the rule of what may be said.

    .ci/messages.py FOLDER     the folder of the suite, with sparql10, sparql11 and sparql12

Each negative syntax test of queries and updates that the engine refuses must be told with line and column,
within some 200 letters and with three alternatives at most, none of them a character out of a class. No
well-formed text may be blamed by the grammar. The number of cases is asserted.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Store
from updates import MF, TYPE, Suite, objects

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from broken_queries import find_offence
from plangraph.errors import PlangraphError
from plangraph.evaluation import Query, evaluate
from plangraph.settings import Limits
from plangraph.stumbles import find_stumble
from plangraph.syntax import UNTOLD
from plangraph.update import update

VERSIONS = ("sparql10", "sparql11", "sparql12")
CASES = {"negative": 194, "positive": 377}
ACCEPTED = 4
"""Texts that the suite calls ill-formed and the engine takes; nothing is said of them."""

BESIDE = 6
"""Texts of which only the place is told: what they break is no rule of SPARQL 1.1's grammar."""


def list_tests(suite: Suite) -> Iterator[tuple[str, Path]]:
    """Every syntax test: whether its text is well-formed, and the text."""
    for _, manifest in suite.manifests(VERSIONS):
        for quad in manifest.quads_for_pattern(None, TYPE, None):
            kind = str(quad.object).rpartition("#")[2]
            if "Syntax" in kind and isinstance(quad.subject, NamedNode):
                (action,) = objects(manifest, quad.subject, MF + "action")
                yield kind.partition("Syntax")[0].removesuffix("Update").lower(), suite.find(action.value)


def judge(text: str, *, is_update: bool) -> str:
    """What became of an ill-formed text."""
    try:
        if is_update:
            update(Store(), text, Limits())
        else:
            evaluate(Store(), Query(text), 1_000_000, "suite")
    except PlangraphError as error:
        if offence := find_offence(error, text):
            return f"{offence}: {error}"
        return "told by its place" if error.detail == UNTOLD else "told"
    return "accepted"


def main(root: Path) -> int:
    """Run all and say so; 0 where every case ended as it should."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in CASES}
    failed = []
    for kind, path in list_tests(Suite(root)):
        text, is_update = path.read_text(encoding="utf-8"), path.suffix == ".ru"
        if kind == "negative":
            outcome = judge(text, is_update=is_update)
        else:
            blamed, _ = find_stumble(text, "Updates" if is_update else "Query")
            outcome = f"blamed at {blamed.found}" if blamed else "taken"
        counts[kind][
            outcome if outcome in ("told", "told by its place", "accepted", "taken") else "failed"
        ] += 1
        if outcome not in ("told", "told by its place", "accepted", "taken"):
            failed.append(f"{path}: {outcome}")
    for name, found in counts.items():
        sys.stdout.write(f"{name}: {found.total()} of {CASES[name]} cases: {dict(found)}\n")
    sys.stdout.writelines(f"{line}\n" for line in failed)
    right = {name: found.total() for name, found in counts.items()} == CASES
    negative = counts["negative"]
    few = negative["accepted"] <= ACCEPTED and negative["told by its place"] <= BESIDE
    return 0 if right and few and not failed else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
