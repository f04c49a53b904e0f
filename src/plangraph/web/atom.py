"""Revisions of the journal as an Atom feed (RFC 4287), in pages (RFC 5005, 3), and where they are told of."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from plangraph.journal_tables import Revision
from plangraph.terms import GRAPH, ID

PREFIX: Final = "/api/v1/revisions"
DOCUMENTS: Final = GRAPH + "document/"
ATOM: Final = "http://www.w3.org/2005/Atom"
LINKED: Final = 20
"""How many documents an entry of the feed links; its revision has all."""

ACTIONS: Final = {"accepted": "accepted", "superseded": "replaced", "retracted": "retracted"}


def locate_documents(revision: Revision, base: str) -> str:
    """Where the documents are as of a revision; every other collection takes the same parameter."""
    return f"{base}api/v1/documents?revision={revision.number}"


def write_feed(revisions: list[Revision], base: str, older: str = "") -> bytes:
    """Revisions as an Atom feed; ``older`` is where those before them are, if there are any."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM})
    address = f"{base}{PREFIX[1:]}"
    updated = revisions[0].accepted_at if revisions else "1970-01-01T00:00:00Z"
    add(feed, "id", address)
    add(feed, "title", "plangraph: what was accepted, replaced and retracted")
    add(feed, "updated", updated)
    ElementTree.SubElement(feed, "link", {"rel": "self", "href": f"{address}.atom"})
    if older:
        ElementTree.SubElement(feed, "link", {"rel": "next", "href": older})
    for revision in revisions:
        entry = ElementTree.SubElement(feed, "entry")
        add(entry, "id", f"{address}/{revision.number}")
        add(entry, "title", summarise(revision))
        add(entry, "updated", revision.accepted_at)
        add(ElementTree.SubElement(entry, "author"), "name", revision.accepted_by or "plangraph")
        ElementTree.SubElement(entry, "link", {"href": f"{address}/{revision.number}"})
        related = {"rel": "related", "href": locate_documents(revision, base)}
        ElementTree.SubElement(entry, "link", related)
        for part in revision.entries[:LINKED]:
            if part.part.startswith(DOCUMENTS):
                place = f"{base}documents/{part.part.removeprefix(DOCUMENTS)}"
                ElementTree.SubElement(entry, "link", {"rel": "related", "href": place})
        add(entry, "summary", revision.reason or summarise(revision))
    ElementTree.indent(feed)
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def add(parent: ElementTree.Element, name: str, text: str) -> None:
    """An element with a text."""
    ElementTree.SubElement(parent, name).text = text


def summarise(revision: Revision) -> str:
    """What a revision did, in one line."""
    if len(revision.entries) != 1:
        return f"Revision {revision.number}: {len(revision.entries)} parts"
    entry = revision.entries[0]
    name = entry.part.removeprefix(GRAPH).removeprefix(ID)
    return f"Revision {revision.number}: {name} {ACTIONS[entry.action]}"
