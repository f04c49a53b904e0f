"""The page of a claim: the chain behind it hop by hop, who is said to confirm or deny it, what differs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from plangraph.filters import read_filters
from plangraph.hops import follow
from plangraph.pages.captions import Captions, ask_captions
from plangraph.pages.facts import Facts
from plangraph.pages.frame import Shown, Visit
from plangraph.pages.graph import BOXES_SHOWN, ask_network
from plangraph.pages.links import Links, point_at
from plangraph.pages.network import Figure, draw_network, list_things
from plangraph.pages.twins import find_citation, list_twins
from plangraph.pages.ways import Network
from plangraph.reads import load_read, write_whole
from plangraph.reported import Json, Row
from plangraph.terms import NS, pg, split_thing
from plangraph.web.comparison_queries import ask_chain
from plangraph.web.describe import KINDS_OF, fetch
from plangraph.web.results import ask, for_csv, read_texts

PLAIN: Final = ("status", "certainty", "mode", "polarity")
"""What a hop has one of, as the local name of a concept."""

DRAWN_FROM: Final = 3
"""How many stations make a figure: fewer are told faster in words."""


async def show_claim(visit: Visit, slug: str) -> Shown:
    """The page; raises :class:`NotFound`, :class:`BadParameter`."""
    read_filters(visit.links.asked, ())
    engine = visit.edition.engine
    claim, described, triples = await fetch(engine, KINDS_OF["claims"], slug)
    _, chained, answer = await ask_chain(engine, slug)
    valued = write_whole(load_read("claim-values"), {"claim": [claim]})
    held = write_whole(load_read("claim-stances"), {"claim": [claim]})
    rows, told = await ask(engine, for_csv(valued), for_csv(held))
    asked = await ask_network(engine, {"claim": [claim]}, by_claim=True)
    network = asked.network
    facts, chains, values = Facts(claim, triples), follow(claim.value, read_texts(answer)), read_texts(rows)
    stances = gather_stances(read_texts(told))
    iris = facts.list_iris() | list_named(chains) | list_compared(values) | list_things(network)
    iris |= list_held(stances)
    name, captions = facts.name(visit.language), await ask_captions(engine, iris, visit.language)
    return Shown(
        template="claim.html",
        title=name.text,
        captions=captions,
        members={
            "facts": facts,
            "known": facts.list_facts(),
            "name": name,
            "kind": (split_thing(claim.value) or ("claim", ""))[0],
            "subjects": facts.list_things(pg("about")),
            "chains": chains,
            "figure": draw_chains(network, captions, visit.links),
            "point_at": point_at,
            "values": group_values(values, captions),
            "stances": stances,
            "documents": list_documents(chains),
            "quoted": any(hop["evidence"] for hop in list_hops(chains)),
            "slug": slug,
        },
        queries={
            "query.chain": chained,
            **asked.queries,
            "query.stances": held,
            "query.values": valued,
            "query.described": described,
        },
        twins=list_twins(visit.links, "claims", slug),
        citation=find_citation(visit.links, "claims", slug),
    )


def draw_chains(network: Network, captions: Captions, links: Links) -> Figure | None:
    """The chains as a figure, whose boxes lead to what they are; nothing where it would be a single step."""
    if len(network.stations) < DRAWN_FROM:
        return None
    return draw_network(
        network,
        captions,
        lambda station: "#chain" if station.kind == "lost" else links.to_thing(station.name),
        most=BOXES_SHOWN,
    )


def list_hops(chains: Iterable[Json]) -> Iterable[Json]:
    """All hops of all chains."""
    return (hop for chain in chains for hop in chain["hops"])


def list_named(chains: Iterable[Json]) -> set[str]:
    """Everything in chains that is called something."""
    found = {origin["id"] for chain in chains for origin in chain["endsIn"]}
    found |= {iri for chain in chains for iri in chain["endsUndeterminedAt"]}
    for hop in list_hops(chains):
        found |= {NS + hop[name] for name in PLAIN if name in hop}
        found |= {entry["id"] for entry in (*hop["saidBy"], *hop["candidates"])}
        found |= {hop[name]["id"] for name in ("document", "relayedBy", "utteredAt") if name in hop}
        found |= set(hop["states"])
    return found


def list_documents(chains: Iterable[Json]) -> list[Json]:
    """The documents of all hops, each once, those nearest to the claim first."""
    hops = sorted(list_hops(chains), key=lambda hop: hop["hop"])
    return list({hop["document"]["id"]: hop["document"] for hop in hops if "document" in hop}.values())


def gather_stances(rows: Iterable[Row]) -> list[Json]:
    """The stances in the rows of the query ``claim-stances``, each with the pages that tell of it.

    A page that denies a stance reports it too; a stance that no page affirms is itself a denied one.
    """
    found: dict[str, Json] = {}
    for row in rows:
        stance = found.setdefault(
            row["stance"], {"id": row["stance"], "kind": row["kind"], "holders": [], "pages": []}
        )
        if row["holder"] not in stance["holders"]:
            stance["holders"].append(row["holder"])
        page = {
            "id": row["document"],
            "outlet": row.get("outlet", ""),
            "published": row.get("published", ""),
            "extent": row.get("extent", ""),
            "denied": row["polarity"] == "negative",
        }
        if page not in stance["pages"]:
            stance["pages"].append(page)
    for stance in found.values():
        stance["pages"].sort(key=lambda page: (not page["published"], page["published"], page["id"]))
        stance["denied"] = all(page["denied"] for page in stance["pages"])
    return list(found.values())


def list_held(stances: Iterable[Json]) -> set[str]:
    """Everything in stances that is called something."""
    found: set[str] = set()
    for stance in stances:
        found |= {stance["id"], NS + stance["kind"], *stance["holders"]}
        found |= {page[name] for page in stance["pages"] for name in ("id", "outlet") if page[name]}
    return found


def list_compared(rows: Iterable[Row]) -> set[str]:
    """The values in the rows of the query ``claim-values``, and their slots."""
    found = {row[name] for row in rows for name in ("value", "slot", "other") if name in row}
    return found | {NS + row["kind"] for row in rows if "kind" in row}


def group_values(rows: Iterable[Row], captions: Captions) -> list[Json]:
    """The values that a claim asserts or denies, each with the divergences that it takes part in."""
    found: dict[tuple[str, str], Json] = {}
    for row in rows:
        key = (row["value"], row["report"])
        value = found.setdefault(
            key,
            {
                "id": row["value"],
                "words": captions.tell(row["value"], row["slot"], denied=row["report"] == "deniedIn"),
                "slot": row["slot"],
                "denied": row["report"] == "deniedIn",
                "origins": int(row["origins"]),
                "undetermined": int(row["undetermined"]),
                "diverges": [],
            },
        )
        if "divergence" in row:
            other = captions.tell(row["other"], row["slot"])
            value["diverges"].append(
                {"id": row["divergence"], "kind": row["kind"], "reason": row["reason"], "words": other}
            )
    return list(found.values())
