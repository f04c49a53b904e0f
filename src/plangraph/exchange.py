"""What a client sends and how it reads what comes back, without any input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias, Unpack
from urllib.parse import quote

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from plangraph.errors import BadParameter, Place, PlangraphError
from plangraph.filters import PAGING
from plangraph.findings import Finding
from plangraph.library import Table, to_python

if TYPE_CHECKING:
    import httpx
    import pandas  # type: ignore[import-untyped]

Json: TypeAlias = dict[str, Any]
Value: TypeAlias = str | int | date
Filter: TypeAlias = Value | Sequence[Value] | None
Parameters: TypeAlias = list[tuple[str, str | int | float | bool | None]]

API: Final = "/api/v1"
LOCAL: Final = "http://127.0.0.1:8000"
TIMEOUT_SECONDS: Final = 60
PAGE_ITEMS: Final = 500
"""How many items are asked for at once."""

MOST_BEGUN: Final = 3
"""How often the pages of a comparison are begun, where the data changes between them."""

RESULTS: Final = {"Accept": "application/sparql-results+json"}


class ServiceRefused(PlangraphError):
    """A service answered a request of the client with a problem; ``problem`` has its members."""

    status = 424
    title = "A service refused a request"

    def __init__(self, detail: str, *, problem: Json | None = None, **place: Unpack[Place]) -> None:
        super().__init__(detail, **place)
        self.problem = problem or {}
        self.key: str | None = None
        """The key of a write that was refused: after a 503, with it the write can be repeated."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with a write, each rule that it breaks with its place."""
        return tuple(map(Finding.recall, self.problem.get("findings", ())))


class Wishes:
    """What every request of a client carries, and what its last answer was of."""

    def __init__(
        self,
        as_of: date | str | None = None,
        undated: str | None = None,
        revision: int | str | None = None,
        retracted: str | None = None,
    ) -> None:
        wanted: dict[str, Filter] = {"as_of": as_of, "undated": undated}
        self.pin = write_parameters(wanted | {"revision": revision, "retracted": retracted})
        self.revision: str | None = None
        """The revision of the data that the last answer is of."""

    def write(self, filters: Mapping[str, Filter]) -> Parameters:
        """Filters as parameters, with the day and the revision that the client is pinned to."""
        return write_parameters(filters) + self.pin

    def read(self, answer: httpx.Response) -> httpx.Response:
        """The answer, if it is one; raises :class:`ServiceRefused` with the problem document."""
        self.revision = answer.headers.get("plangraph-revision", self.revision)
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        known = problem if isinstance(problem, dict) else {}
        title = known.get("title", answer.reason_phrase)
        place = {name: known.get(name) for name in ("line", "column", "rule", "limit")}
        raise ServiceRefused(
            f"{answer.status_code} {title}: {known.get('detail', answer.url)}", problem=known, **place
        )


class Joined:
    """A comparison whose pages come one after the other, as one; ``whole`` has the items of all of them.

    Where a page is of another revision than the first, they begin anew: their places would not agree.
    """

    def __init__(self) -> None:
        self.whole: Json = {}
        self.token: str | None = None
        self.revision: str | None = None
        self.begun = 0

    def take(self, page: Json, revision: str | None) -> bool:
        """Add a page; whether another follows. Raises :class:`ServiceRefused` where the data never rests."""
        if self.token is None:
            self.whole, self.revision, self.begun = page, revision, self.begun + 1
        elif revision != self.revision:
            if self.begun == MOST_BEGUN:
                raise ServiceRefused("the data keeps changing while its pages are read; try again")
            self.token = None
            return True
        else:
            self.whole = self.whole | {"items": [*self.whole["items"], *page["items"]], "next": page["next"]}
        self.token = page["next"]
        return self.token is not None


def write_parameters(filters: Mapping[str, Filter]) -> Parameters:
    """Each value as a parameter; ``None`` is left out, and several values of one filter repeat its name."""
    found: Parameters = []
    for name, given in filters.items():
        if given is None:
            continue
        several = [given] if isinstance(given, str | int | date) else list(given)
        found += [(name, value.isoformat() if isinstance(value, date) else str(value)) for value in several]
    return found


def name_slug(thing: str) -> str:
    """The slug of a thing that is given by its slug or its IRI, as a part of an address."""
    return quote(thing.rpartition("/")[2], safe="")


def check_filters(filters: Mapping[str, Filter]) -> None:
    """Raises :class:`BadParameter` for what a client sets itself."""
    for name in PAGING:
        if name in filters:
            raise BadParameter(f"{name} is set by the client, which goes through all pages")


def read_table(body: bytes) -> Table:
    """The rows of a SELECT, with Python values."""
    found = parse_query_results(body, QueryResultsFormat.JSON)
    if not isinstance(found, QuerySolutions):
        raise BadParameter("sparql() takes a SELECT; ask /sparql itself for other forms")
    columns = tuple(variable.value for variable in found.variables)
    return Table(columns, tuple(tuple(map(to_python, solution)) for solution in found))


def flatten(item: Json) -> Json:
    """An item as one row: of a thing that it points at the name, of texts the English one."""
    return {key: write_cell(value) for key, value in item.items() if not key.startswith("@")}


def write_cell(value: Any) -> Any:
    """A value as a cell; several are joined by a semicolon."""
    if isinstance(value, list):
        cells = [write_cell(entry) for entry in value]
        return cells[0] if len(cells) == 1 else "; ".join(map(str, cells))
    if not isinstance(value, dict):
        return value
    for name in ("label", "formulation"):
        if name in value:
            return write_cell(value[name])
    texts = {language: text for language, text in value.items() if len(language) == 2}
    if texts:
        return write_cell(texts.get("en", next(iter(texts.values()))))
    return value.get("value", value.get("id"))


def make_frame(items: Sequence[Json]) -> pandas.DataFrame:
    """A data frame of items, one row each; raises :class:`~plangraph.errors.ExtraMissing` without pandas."""
    rows = [flatten(item) for item in items]
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(columns, tuple(tuple(row.get(name) for name in columns) for row in rows)).to_pandas()
