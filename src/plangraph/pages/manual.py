"""The pages of the documentation that are written by hand, and those on limits, licences and downloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from plangraph.about import DATASET, TITLE
from plangraph.citation import CITATIONS, cite_record, write_citation
from plangraph.filters import read_filters
from plangraph.pages.captions import Captions
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.licences import list_packages, read_built
from plangraph.pages.links import Links
from plangraph.pages.phrases import has_phrase, say
from plangraph.pages.reference import TAGS, Operation, group_operations, read_operations, write_curl
from plangraph.pages.schemas import Schema, read_models
from plangraph.pages.twins import cite_page, describe_dataset
from plangraph.settings import Settings
from plangraph.shelf import FILES
from plangraph.web.cite import tell_state

PROSE: Final = ("what-this-is-not", "citing", "submitting", "accessibility")
"""The pages that are texts, in both languages, by their addresses."""

PAGES: Final = (
    "what-this-is-not", "api", "ontology", "shapes", "citing", "submitting", "downloads", "limits",
    "accessibility", "licences",
)  # fmt: skip
"""The pages of the documentation in the order in which its front page lists them."""

CONFORMANCE: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""The groups of rules that axe checks in the tests, by its names."""

NARROWEST_PIXELS: Final = 360
"""The width of the phone that the tests look at pages on."""


def place(name: str) -> str:
    """The address of a page of the documentation."""
    return "shapes" if name == "shapes" else f"docs/{name}"


def name_page(path: str) -> str:
    """The English title of a page of the documentation, for who cites it; nothing for any other address."""
    own = {"docs": "section.docs", **{place(name): f"docs.{name}" for name in PAGES}}
    if path in own:
        return say("en", own[path])
    parts = {f"docs/api/{tag}": f"tag.{tag}" for tag in TAGS} | {"docs/api/models": "api.models"}
    return f"{say('en', 'docs.api')}: {say('en', parts[path])}" if path in parts else ""


async def show_front(visit: Visit) -> Shown:
    """The front page of the documentation; raises :class:`BadParameter`."""
    return write_plain(visit, "docs.html", "section.docs", {"pages": [(name, place(name)) for name in PAGES]})


async def show_prose(visit: Visit, name: str, settings: Settings) -> Shown:
    """A page that is a text; raises :class:`BadParameter`."""
    members = {
        "name": name,
        "settings": settings,
        "citations": write_examples(visit) if name == "citing" else [],
        "conformance": CONFORMANCE,
        "narrowest": NARROWEST_PIXELS,
        "revision": visit.edition.revision,
    }
    return write_plain(visit, "prose.html", f"docs.{name}", members)


def write_examples(visit: Visit) -> Sequence[tuple[str, str]]:
    """The citation of the data set as it is shown, in each format."""
    record = cite_record(
        TITLE, "data set", DATASET.value, visit.edition.revision, **tell_state(visit.edition)
    )
    return [(format.name, write_citation([record], format).decode()) for format in CITATIONS]


async def show_limits(visit: Visit, settings: Settings) -> Shown:
    """The table of limits; raises :class:`BadParameter`."""
    twins = [("JSON", visit.links.root + "limits")]
    return write_plain(visit, "limits.html", "docs.limits", {"limits": settings.limits.table()}, twins)


async def show_licences(visit: Visit) -> Shown:
    """The licences of code, data and the parts of others; raises :class:`BadParameter`."""
    members = {"packages": list_packages(), "built": read_built()}
    return write_plain(visit, "licences.html", "docs.licences", members)


async def show_downloads(visit: Visit) -> Shown:
    """The files of the data set; raises :class:`BadParameter`."""
    files = [(suffix, visit.links.to_data(f"export/plangraph.{suffix}")) for suffix in FILES]
    checksums = visit.links.to_data("export/plangraph.sha256")
    shown = write_plain(visit, "downloads.html", "docs.downloads", {"files": files, "checksums": checksums})
    return replace(shown, **describe_dataset(visit.links))


async def show_reference(visit: Visit, document: Schema) -> Shown:
    """The front page of the API reference; raises :class:`BadParameter`."""
    members = {"groups": group_operations(read_operations(document))}
    return write_plain(visit, "reference.html", "docs.api", members, list_reference_twins(visit.links))


async def show_operations(visit: Visit, group: Sequence[Operation], tag: str) -> Shown:
    """The operations of one tag; raises :class:`BadParameter`."""
    lines = {operation.id: write_curl(visit.links.base, operation) for operation in group}
    members = {"group": group, "tag": tag, "lines": lines}
    twins = list_reference_twins(visit.links)
    title = f"tag.{tag}" if has_phrase(f"tag.{tag}") else "docs.api"
    return write_plain(visit, "operations.html", title, members, twins)


async def show_models(visit: Visit, document: Schema) -> Shown:
    """What answers look like; raises :class:`BadParameter`."""
    members = {"models": read_models(document)}
    return write_plain(visit, "models.html", "api.models", members, list_reference_twins(visit.links))


def list_reference_twins(links: Links) -> Sequence[tuple[str, str]]:
    """The reference as data."""
    return [("OpenAPI", links.root + "openapi.json")]


def write_plain(
    visit: Visit,
    template: str,
    title: str,
    members: Mapping[str, Any],
    twins: Sequence[tuple[str, str]] = (),
) -> Shown:
    """A page that asks nothing of the graph; it takes no parameters but those of all pages."""
    read_filters(visit.links.asked, ())
    return Shown(
        template,
        say(visit.language, title),
        Captions(visit.language, {}),
        members,
        twins=twins,
        citation=cite_page(visit.links),
        is_text=not twins,
    )
