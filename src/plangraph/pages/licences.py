"""The parts of others that the service is made of, with their licences: Python packages, the built bundle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from plangraph.files import read_text

BUILT: Final = Path(__file__).resolve().parent / "built" / "licences.txt"
"""What the build of the bundle writes of the modules in it; without a build it is not there."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
CLASSIFIER: Final = "License :: "
LONGEST: Final = 100
"""A field that is longer holds the text of a licence, not its name."""


@dataclass(frozen=True)
class Package:
    """An installed package; ``licence`` is empty where it does not say."""

    name: str
    version: str
    licence: str
    about: str


@cache
def list_packages(project: str = "plangraph") -> list[Package]:
    """The packages that a project declares to need when it runs, by name, as they are installed here."""
    try:
        declared = metadata.requires(project) or []
    except metadata.PackageNotFoundError:
        return []
    names = sorted(set(name_needed(declared)), key=str.lower)
    return [package for name in names for package in read_package(name)]


def name_needed(requirements: Iterable[str]) -> Iterator[str]:
    """The names in requirements, but for those of extras."""
    for requirement in requirements:
        marker = requirement.partition(";")[2]
        found = NAME.match(requirement)
        if found and "extra" not in marker:
            yield found[0]


def read_package(name: str) -> Iterator[Package]:
    """A package, if it is installed."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return
    yield Package(told["Name"], told["Version"], find_licence(told), read_field(told, "Summary"))


def find_licence(told: metadata.PackageMetadata) -> str:
    """The licence that a package names: as an expression, as a field, or by classifiers."""
    for field in ("License-Expression", "License"):
        text = read_field(told, field)
        if text and len(text) <= LONGEST and "\n" not in text and text.upper() != "UNKNOWN":
            return text
    classified = [
        entry.rpartition(" :: ")[2]
        for entry in told.get_all("Classifier") or []
        if entry.startswith(CLASSIFIER)
    ]
    return ", ".join(classified)


def read_field(told: metadata.PackageMetadata, field: str) -> str:
    """A field, the first of several; nothing where there is none."""
    return next((str(text).strip() for text in told.get_all(field) or []), "")


def read_built(path: Path = BUILT) -> str:
    """The licences of the modules in the bundle; nothing where none was built."""
    return read_text(path) if path.is_file() else ""
