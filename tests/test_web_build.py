"""The build hook: what it decides; a build that cannot be made is told and leaves nothing half done."""

from __future__ import annotations

import json
import re
from pathlib import Path

import hatch_build
import pytest
from hatch_build import (
    EXPECTED,
    MODES,
    NODE_PACKAGE,
    SOURCES,
    STAMP,
    VARIABLE,
    BundleNotBuilt,
    Tools,
    digest_sources,
    is_fresh,
    needs_node_package,
    read_mode,
    read_version,
    run,
)
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[1]
HERE = {"fresh": False, "node": False, "system": "Linux", "machine": "x86_64", "libc": "glibc 2.36"}


def write_sources(folder: Path) -> Path:
    (folder / "editor").mkdir(parents=True)
    (folder / "package.json").write_text("{}", encoding="utf-8")
    (folder / "editor" / "editor.js").write_text("export {};", encoding="utf-8")
    return folder


def write_built(folder: Path, digest: str) -> Path:
    folder.mkdir()
    for name in EXPECTED:
        (folder / name).write_text(name, encoding="utf-8")
    (folder / STAMP).write_text(f"{digest}\n", encoding="ascii")
    return folder


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ({}, True),
        ({"machine": "aarch64"}, True),
        ({"node": True}, False),
        ({"fresh": True}, False),
        ({"system": "Darwin"}, False),
        ({"machine": "riscv64"}, False),
        ({"libc": "glibc 2.27"}, False),
        ({"libc": "musl 1.2"}, False),
        ({"libc": " "}, False),
    ],
)
def test_node_is_asked_for_where_nothing_else_has_it_and_there_is_a_package(
    given: dict[str, object], needed: bool
) -> None:
    assert needs_node_package("auto", **HERE | given) is needed  # type: ignore[arg-type]
    assert needs_node_package("require", **HERE | given) is needed  # type: ignore[arg-type]
    assert not needs_node_package("skip", **HERE | given)  # type: ignore[arg-type]


def test_hatchling_loads_the_hook_and_asks_it_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "skip")
    assert WheelBuilder(str(ROOT)).config.dynamic_dependencies == []
    monkeypatch.setenv(VARIABLE, "yes")
    with pytest.raises(ValueError, match="auto, require, skip"):
        assert WheelBuilder(str(ROOT)).config.dynamic_dependencies


def test_the_mode_is_auto_unless_another_is_named() -> None:
    assert read_mode({}) == read_mode({VARIABLE: ""}) == "auto"
    assert [read_mode({VARIABLE: mode}) for mode in MODES] == list(MODES)
    with pytest.raises(ValueError, match="auto, require, skip, not 'yes'"):
        read_mode({VARIABLE: "yes"})


@pytest.mark.parametrize(
    ("text", "version"),
    [("v20.20.2\n", (20, 20)), ("glibc 2.36", (2, 36)), ("v8.17", (8, 17)), ("", (0, 0)), ("none", (0, 0))],
)
def test_a_version_is_read_as_figures(text: str, version: tuple[int, int]) -> None:
    assert read_version(text) == version


def test_sources_have_one_name_until_one_of_them_changes(tmp_path: Path) -> None:
    folder = write_sources(tmp_path / SOURCES)
    first = digest_sources(folder)
    for ignored in ("node_modules", "dist"):
        (folder / ignored).mkdir()
        (folder / ignored / "file.js").write_text("1", encoding="utf-8")
    assert digest_sources(folder) == first
    seen = {first}
    (folder / "editor" / "editor.js").write_text("export { };", encoding="utf-8")
    seen.add(digest_sources(folder))
    (folder / "editor" / "editor.js").rename(folder / "editor" / "other.js")
    seen.add(digest_sources(folder))
    (folder / ".npmrc").write_text("", encoding="utf-8")
    seen.add(digest_sources(folder))
    assert len(seen) == 4


def test_what_was_built_is_used_again_only_if_it_is_whole_and_of_these_sources(tmp_path: Path) -> None:
    built = write_built(tmp_path / "built", "one")
    assert is_fresh(built, "one")
    assert not is_fresh(built, "other")
    (built / EXPECTED[0]).unlink()
    assert not is_fresh(built, "one")
    assert not is_fresh(tmp_path / "nowhere", "one")


def test_a_build_that_fails_is_told_with_its_reason_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = write_built(tmp_path / "built", "old")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hatch_build, "NODE_MODULE", "plangraph_no_such_module")
    with pytest.raises(BundleNotBuilt, match=r"no Node\.js of version 20\.19"):
        hatch_build.make_bundle(write_sources(tmp_path / SOURCES), built, "new")
    assert not built.exists()


def test_a_step_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    tools = Tools("/bin/sh", ["/bin/sh"])
    run("nothing", ["/bin/sh", "-c", "true"], tmp_path, tools)
    with pytest.raises(BundleNotBuilt, match="a step failed: no such thing"):
        run("a step", ["/bin/sh", "-c", "echo no such thing >&2; exit 3"], tmp_path, tools)


def test_every_package_is_pinned_by_version_and_content_and_by_no_address() -> None:
    package = json.loads((ROOT / SOURCES / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    asked = package["dependencies"] | package["devDependencies"]
    assert len(asked) >= 10
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked.values())
    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    locked = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(locked) > 30
    assert [name for name, entry in locked.items() if "integrity" not in entry] == []
    assert [name for name, entry in locked.items() if "resolved" in entry] == []
    for name, version in asked.items():
        assert locked[f"node_modules/{name}"]["version"] == version


def test_the_package_that_brings_node_is_pinned_within_what_is_asked_for() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    name, _, wanted = NODE_PACKAGE.partition(">=")
    pinned = re.search(rf"^{name}==(\d+\.\d+)", pins, re.MULTILINE)
    assert pinned is not None
    least, _, below = wanted.partition(",<")
    assert read_version(least) <= read_version(pinned[1]) < (int(below), 0)


def test_every_package_of_npm_has_its_reason_in_the_decisions() -> None:
    package = json.loads((ROOT / SOURCES / "package.json").read_text(encoding="utf-8"))
    decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    asked = package["dependencies"] | package["devDependencies"]
    assert [name for name in asked if name not in decisions] == []
