"""What an external server holds of a published data set, followed as it changes, and read graph by graph."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse, serialize

from plangraph.blanks import label_blanks
from plangraph.dialect import TIME_CAP, restore_triple
from plangraph.errors import (
    DataChanging,
    EngineStopped,
    PlangraphError,
    ServerFailed,
)
from plangraph.formats import NTRIPLES
from plangraph.published import DATASET, DATASET_GRAPH, RECORD, VERSION, Published, read_published
from plangraph.settings import Settings
from plangraph.upstream import GRACE_SECONDS, ask_server_now, load_httpx

if TYPE_CHECKING:
    import httpx

REFRESH_SECONDS: Final = 2
"""How often the server is asked whether it holds another revision by now."""

PROBE_ROWS: Final = 11_000
PROBE: Final = (
    "SELECT ?a WHERE { VALUES ?a { 1 2 3 4 5 6 7 8 9 10 11 } "
    + " ".join(f"VALUES ?{name} {{ 1 2 3 4 5 6 7 8 9 10 }}" for name in "bcd")
    + " }"
)
"""A query with that many rows, for a server that cuts results: ten thousand is what most are set to."""


@dataclass(frozen=True)
class State:
    """What the server holds, and the revision that it answers from."""

    published: Published
    revision: str

    def pick_graphs(self) -> tuple[str, ...]:
        """The graphs whose union is the default graph."""
        return (self.published.snapshot,) if self.published.snapshot else tuple(self.published.digests)


class Holdings:
    """A published data set on the server at ``url``, between :meth:`prepare` and :meth:`hang_up_now`."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url
        self.settings = settings
        self.started = False
        self.client_class = load_httpx()
        self.client: httpx.Client | None = None
        self.ended = threading.Event()
        self.state: State | None = None
        self.status: frozenset[str] = frozenset()

    @property
    def revision(self) -> str:
        """The revision that the next query is answered from, as the server said a moment ago."""
        return self.find_state().revision

    def find_state(self) -> State:
        """What the server holds; raises :class:`EngineStopped` before :meth:`prepare`."""
        if self.state is None:
            raise EngineStopped("the engine has not been started")
        return self.state

    def prepare(self) -> None:
        """Ask the server what it holds, and keep asking; once is enough.

        Raises :class:`EngineStopped` where it does not answer, :class:`ServerFailed` where it holds nothing
        that was published, or cuts results by number or by time.
        """
        if self.started:
            return
        seconds = self.settings.limits.query_seconds
        self.client = self.client_class(trust_env=False, timeout=seconds, follow_redirects=False)
        try:
            self.refresh()
            self.check_rows()
            self.check_time()
        except PlangraphError:
            self.hang_up_now()
            raise
        self.ended.clear()
        threading.Thread(target=self.watch, daemon=True, name="external-revision").start()
        self.started = True

    def check_rows(self) -> None:
        """Raises :class:`ServerFailed` for a server that cuts results after a number of rows."""
        body = self.ask_now(PROBE, "text/csv")
        if (rows := len(body.split()) - 1) != PROBE_ROWS:
            raise ServerFailed(
                f"the external server gave {rows:,} of {PROBE_ROWS:,} rows and did not say so", rule="row-cap"
            )

    def check_time(self) -> None:
        """Raises :class:`ServerFailed` for a Virtuoso that ends queries before we do."""
        if not self.find_state().published.stand_ins:
            return
        said = self.ask_now(TIME_CAP, "text/csv").decode().partition("\n")[2].strip().strip('"')
        needed = self.settings.limits.query_seconds + GRACE_SECONDS
        if said and not (said.isdecimal() and (int(said) == 0 or int(said) >= needed)):
            raise ServerFailed(
                f"the external server ends queries after {said:.20} seconds, and may give part of a result "
                f"without a word; set MaxQueryExecutionTime to {needed} or more, or query_seconds lower",
                rule="time-cap",
            )

    def hang_up_now(self) -> None:
        """Follow it no more."""
        self.started = False
        self.ended.set()
        if self.client is not None:
            self.client.close()
            self.client = None

    def watch(self) -> None:
        """Follow what the server holds until the end; while it does not answer, queries say so."""
        while not self.ended.wait(REFRESH_SECONDS):
            with suppress(PlangraphError, RuntimeError, ValueError):  # the client may just have been closed
                self.refresh()

    def refresh(self) -> None:
        """Take notice of what the server holds by now."""
        status = frozenset(
            self.ask_now(f"SELECT ?p ?o {{ GRAPH {RECORD} {{ {RECORD} ?p ?o }} }}", "text/csv")
            .decode()
            .split("\n")
        )
        if status == self.status and self.state is not None:
            return
        body = self.ask_now(
            f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {RECORD} {{ ?s ?p ?o }} }}", NTRIPLES.media_type
        )
        published = read_published(quad.triple for quad in parse(body, RdfFormat.N_TRIPLES))
        home = published.snapshot or DATASET_GRAPH.value
        found = self.ask_now(
            f"CONSTRUCT {{ {DATASET} {VERSION} ?v }} {{ GRAPH <{home}> {{ {DATASET} {VERSION} ?v }} }}",
            NTRIPLES.media_type,
        )
        versions = [str(quad.object.value) for quad in parse(found, RdfFormat.N_TRIPLES)]
        if len(versions) != 1:
            raise ServerFailed(
                f"{self.url} holds no data set that `plangraph publish` has finished", rule="not-published"
            )
        self.state, self.status = State(published, versions[0]), status

    def ask_now(self, query: str, accept: str) -> bytes:
        """The answer to a query of our own that names its graphs, as the server wrote it."""
        if self.client is None:
            raise EngineStopped("the engine has not been started")
        limits = self.settings.limits
        # Our own reads are bounded by the data, not by what one client may ask for.
        reply = ask_server_now(
            self.client,
            self.url,
            query,
            accept,
            limit=16 * limits.result_bytes,
            seconds=limits.query_seconds,
        )
        return reply.body

    def fetch_triples(self, name: str) -> list[Triple]:
        """The triples of one graph, as they lie on the server."""
        body = self.ask_now(
            f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{name}> {{ ?s ?p ?o }} }}", NTRIPLES.media_type
        )
        return [quad.triple for quad in parse(body, RdfFormat.N_TRIPLES, rename_blank_nodes=True)]

    def fetch_graph(self, home: NamedNode, state: State) -> list[Quad]:
        """The quads of one graph, in the words of our data."""
        originals = {stand_in: original for original, stand_in in state.published.stand_ins.items()}
        restored = (restore_triple(triple, originals) for triple in self.fetch_triples(home.value))
        return [Quad(triple.subject, triple.predicate, triple.object, home) for triple in restored]

    def fetch_all(self, state: State) -> bytes:
        """All graphs as N-Quads, canonically labelled and in order, as an export has them."""
        found: set[Quad] = set()
        for name in state.published.digests:
            found.update(self.fetch_graph(NamedNode(name), state))
        self.check_same(state)
        return serialize(sorted(label_blanks(found), key=str), format=RdfFormat.N_QUADS) or b""

    def check_same(self, state: State) -> None:
        """Raises :class:`DataChanging` where graphs were replaced since: what was read may be of two."""
        self.refresh()
        if state.published.publishing or self.find_state() != state:
            raise DataChanging("graphs have been replaced while they were read; try again in a moment")
