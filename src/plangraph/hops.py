"""The chains of one claim, hop by hop, from the rows of the query ``claim-chain``.

A chain begins at an attribution that no other takes this claim from, and is followed upwards, each hop once:
it may branch, and a circle has no end. Nothing is filled in: a hop without a page, a speaker or an outlet has
none, and its candidates are listed, never chosen from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from plangraph.reported import Json, Row

PLAIN: Final = ("named", "status", "certainty", "mode", "polarity", "saidOn")
"""What a hop has one of, as text."""


@dataclass(eq=False)
class Hop:
    """One hop: what is shown of it, and what it is joined to."""

    id: str
    shown: Json
    states: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def follow(claim: str, rows: Iterable[Row]) -> list[Json]:
    """The chains of a claim, each from the page to its ends, sorted by where they begin."""
    hops = read_hops(rows)
    stating = [hop for hop in hops.values() if claim in hop.states]
    taken = {above for hop in stating for above in hop.above}
    begins = [hop for hop in stating if hop.id not in taken]
    if stating and not begins:
        begins = [min(stating, key=lambda hop: hop.id)]  # a circle: it has to be entered somewhere
    return [write_chain(begin, hops) for begin in sorted(begins, key=lambda hop: hop.id)]


def write_chain(begin: Hop, hops: dict[str, Hop]) -> Json:
    """One chain: its hops, nearest first, with their distance, and where it ends."""
    distance = {begin.id: 0}
    below: dict[str, list[str]] = defaultdict(list)
    order = [begin]
    for hop in order:
        for above in hop.above:
            if above not in hops:
                continue
            below[above].append(hop.id)
            if above not in distance:
                distance[above] = distance[hop.id] + 1
                order.append(hops[above])
    lost = set(begin.lost)
    return {
        "begins": begin.id,
        "hops": [
            {
                "hop": distance[hop.id],
                **hop.shown,
                "states": hop.states,
                "takenFrom": hop.above,
                "takenUpBy": sorted(below[hop.id]),
                "undetermined": hop.id in lost or hop.shown.get("document", {}).get("id") in lost,
            }
            for hop in order
        ],
        "endsIn": [{"id": origin, "label": label} for origin, label in sorted(begin.origins.items())],
        "endsUndeterminedAt": sorted(lost),
        "circular": is_circular(order),
    }


def is_circular(hops: Iterable[Hop]) -> bool:
    """Whether some hops lead back to themselves: those are left when hops with none above are taken off."""
    left = {hop.id: hop for hop in hops}
    while ends := [hop for hop in left.values() if not any(above in left for above in hop.above)]:
        for hop in ends:
            del left[hop.id]
    return bool(left)


def read_hops(rows: Iterable[Row]) -> dict[str, Hop]:
    """The hops by IRI; what a hop has several of is gathered from its rows."""
    found: dict[str, Hop] = {}
    for row in rows:
        iri = row["hop"]
        hop = found.get(iri)
        if hop is None:
            hop = found[iri] = Hop(iri, describe_hop(iri, row))
        add(hop.states, row, "states")
        add(hop.above, row, "takenFrom")
        add(hop.lost, row, "lost")
        if "origin" in row:
            hop.origins[row["origin"]] = row.get("originLabel", "")
        add_thing(hop.shown["candidates"], row, "candidate")
        if "speaker" in row:
            add_speaker(hop.shown["saidBy"], row)
        if "exact" in row:
            add_evidence(hop.shown["evidence"], row)
    return found


def describe_hop(iri: str, row: Row) -> Json:
    """What one row says of a hop that has it once."""
    shown: Json = {"id": iri, **{name: row[name] for name in PLAIN if name in row}}
    if "document" in row:
        shown["document"] = {
            "id": row["document"],
            "label": row.get("documentLabel", ""),
            **({"url": row["address"]} if "address" in row else {}),
            **({"published": row["published"]} if "published" in row else {}),
            **({"inLanguage": row["language"]} if "language" in row else {}),
            "readingExtent": row.get("extent", ""),
        }
    for name, key in (("outlet", "relayedBy"), ("occasion", "utteredAt")):
        if name in row:
            shown[key] = {"id": row[name], "label": row.get(f"{name}Label", "")}
    return shown | {"saidBy": [], "candidates": [], "evidence": []}


def add_speaker(speakers: list[Json], row: Row) -> None:
    """A speaker, with how a page describes one whom it does not name."""
    speaker = {
        "id": row["speaker"],
        "label": row.get("speakerLabel", ""),
        "kind": row.get("class", ""),
        **({"describedAs": row["description"]} if "description" in row else {}),
    }
    if not any(entry["id"] == speaker["id"] for entry in speakers):
        speakers.append(speaker)


def add_evidence(evidence: list[Json], row: Row) -> None:
    """A place in the page: its key phrase, and where it is known, its first and last code point."""
    found: Json = {"exact": row["exact"]}
    if "start" in row and "end" in row:
        found |= {"start": int(row["start"]), "end": int(row["end"])}
    if found not in evidence:
        evidence.append(found)


def add(found: list[str], row: Row, name: str) -> None:
    """One more thing of which each counts once."""
    if name in row and row[name] not in found:
        found.append(row[name])


def add_thing(found: list[Json], row: Row, name: str) -> None:
    """One more thing, with its name."""
    if name in row and not any(entry["id"] == row[name] for entry in found):
        found.append({"id": row[name], "label": row.get(f"{name}Label", "")})
