"""The list of modules in docs/architecture.md is true: all are on it, and each imports only from above it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "plangraph"
ROW = re.compile(r"^\| `([\w.]+)` \|", re.MULTILINE)


def read_list() -> list[str]:
    """The modules of the table, in its order."""
    return ROW.findall((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))


def find_modules() -> dict[str, Path]:
    """The modules there are, by dotted name below `plangraph`; a package goes by the name of its folder."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def find_imports(text: str, module: str, modules: set[str], *, package: bool = False) -> list[str]:
    """The modules of the project that a text imports, wherever in it; ``""`` is the package itself."""
    home = f"plangraph.{module}".rstrip(".").split(".")
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = home[: len(home) - node.level + package] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            names += [find_deepest(f"{origin}.{alias.name}", origin, modules) for alias in node.names]
    ours = (name.removeprefix("plangraph").removeprefix(".") for name in names if is_ours(name))
    return list(dict.fromkeys(ours))


def find_deepest(name: str, origin: str, modules: set[str]) -> str:
    """``from a import b`` imports the module ``a.b`` where there is one, else something out of ``a``."""
    return name if name.removeprefix("plangraph.") in modules else origin


def is_ours(name: str) -> bool:
    return name == "plangraph" or name.startswith("plangraph.")


def place_package(listed: list[str], lazily: list[str]) -> list[str]:
    """The list with the package itself, which stands right below the modules that its names come from."""
    lowest = max((listed.index(module) for module in lazily), default=-1)
    return [*listed[: lowest + 1], "", *listed[lowest + 1 :]]


def find_breaches(order: list[str], imports: dict[str, list[str]]) -> list[str]:
    """A line for every import of a module that does not stand above the one that imports it."""
    place = {module: number for number, module in enumerate(order)}
    return [
        f"{module} imports {target or 'the package itself'}, which does not stand above it"
        for module, targets in imports.items()
        for target in targets
        if place.get(target, len(order)) >= place.get(module, -1)
    ]


def test_the_list_names_every_module_once_and_no_other() -> None:
    listed = read_list()
    there = [name for name, path in find_modules().items() if path.name != "__init__.py"]
    assert len(there) > 5
    assert len(listed) == len(set(listed))
    assert set(there) - set(listed) == set(), "not on the list"
    assert set(listed) - set(there) == set(), "on the list, but gone"


def test_every_module_imports_only_modules_above_it(capsys: pytest.CaptureFixture[str]) -> None:
    modules = find_modules()
    found = {
        name: find_imports(
            path.read_text(encoding="utf-8"), name, set(modules), package=path.stem == "__init__"
        )
        for name, path in modules.items()
    }
    imports = {name: targets for name, targets in found.items() if modules[name].stem != "__init__"}
    count = sum(len(targets) for targets in imports.values())
    with capsys.disabled():
        sys.stdout.write(f" [{len(imports)} modules, {count} imports of one another] ")
    assert len(imports) > 5
    assert count > len(imports)
    assert find_breaches(place_package(read_list(), found[""]), imports) == []


def test_the_package_imports_nothing_when_it_is_imported() -> None:
    packages = {name: path for name, path in find_modules().items() if path.name == "__init__.py"}
    assert "" in packages
    for name, path in packages.items():
        at_once = [
            ast.unparse(node)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert find_imports("\n".join(at_once), name, set(find_modules()), package=True) == [], path


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import plangraph.terms", ["terms"]),
        ("import json, plangraph.web.app as app", ["web.app"]),
        ("from plangraph.terms import pg", ["terms"]),
        ("from plangraph import terms, errors", ["terms", "errors"]),
        ("from plangraph import query", [""]),
        ("from . import app", ["web.app"]),
        ("from .app import create", ["web.app"]),
        ("from ..terms import pg", ["terms"]),
        ("def late():\n    from plangraph.cli import main", ["cli"]),
        ("import plangraphical", []),
    ],
)
def test_an_import_is_found_however_it_is_written(line: str, found: list[str]) -> None:
    assert find_imports(line, "web.api", {"", "terms", "errors", "web", "web.app", "cli"}) == found


def test_an_import_from_below_is_a_breach() -> None:
    assert find_breaches(["terms", "files"], {"files": ["terms"]}) == []
    assert len(find_breaches(["terms", "files"], {"terms": ["files"]})) == 1
    assert len(find_breaches(["terms", "files"], {"files": ["files", "elsewhere"]})) == 2


def test_only_what_stands_below_the_source_of_its_names_may_import_the_package() -> None:
    order = place_package(["terms", "library", "cli"], ["library"])
    assert order == ["terms", "library", "", "cli"]
    assert find_breaches(order, {"cli": [""]}) == []
    assert len(find_breaches(order, {"terms": [""]})) == 1
