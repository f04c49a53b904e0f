"""One class a cause. Each names its HTTP status and title, so that one place can turn any into a problem."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict


class Place(TypedDict, total=False):
    """Where something is wrong, and the rule that it breaks; any of it may be unknown."""

    line: int | None
    column: int | None
    rule: str | None
    limit: int | None


class PlangraphError(Exception):
    """Something a user can mend, or must know. ``rule`` names the limit or rule; lines count from 1."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    rule: ClassVar[str | None] = None
    kinds: ClassVar[dict[str, type[PlangraphError]]] = {}
    """Every class of error by its name, so that one can be made again in another process."""

    def __init_subclass__(cls) -> None:
        PlangraphError.kinds[cls.__name__] = cls

    def __init__(
        self,
        detail: str,
        *,
        line: int | None = None,
        column: int | None = None,
        rule: str | None = None,
        limit: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.line = line
        self.column = column
        self.broken_rule = rule or self.rule
        """The rule that was broken: the one of the class unless a narrower one is known."""
        self.limit = limit
        """The figure of that rule, where the place that raised it knows it."""

    @property
    def members(self) -> dict[str, Any]:
        """What a problem document says of it beside what every error has."""
        return {}

    def describe(self) -> dict[str, Any]:
        """What the constructor needs to make the same error again, by the names of its parameters."""
        return {
            "detail": self.detail,
            "line": self.line,
            "column": self.column,
            "rule": self.broken_rule,
            "limit": self.limit,
            **self.members,
        }

    def __str__(self) -> str:
        if self.line is None:
            return self.detail
        column = "" if self.column is None else f", column {self.column}"
        return f"line {self.line}{column}: {self.detail}"


PlangraphError.kinds[PlangraphError.__name__] = PlangraphError


class FileUnreadable(PlangraphError):
    """A file is missing, is not text, or does not parse. ``path`` says which."""

    status = 422
    title = "A file cannot be read"

    def __init__(self, path: str, detail: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(detail, line=line, column=column)
        self.path = path

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line is not None else self.path
        return f"{where}: {self.detail}"


class EvidenceMissing(PlangraphError):
    """The document a text should be held against is not in the data."""

    status = 404
    title = "No such document"


class NotFound(PlangraphError):
    """There is no such thing, collection or question here."""

    status = 404
    title = "There is nothing here"


class BadParameter(PlangraphError):
    """A parameter is unknown, or its value is not of the right form."""

    status = 400
    title = "A parameter is wrong"
    rule = "parameter"


class QueryMissing(PlangraphError):
    """A request that must carry a query carries none, or several."""

    status = 400
    title = "The query is missing"
    rule = "one-query"


class QuerySyntaxWrong(PlangraphError):
    """The query text is not SPARQL 1.1."""

    status = 400
    title = "The query does not parse"
    rule = "syntax"


class QueryRefused(PlangraphError):
    """The query is SPARQL, but asks for what this service never does, such as SERVICE."""

    status = 400
    title = "The query is refused"
    rule = "read-only"


class QueryTooDeep(PlangraphError):
    """The query nests deeper than the limit."""

    status = 400
    title = "The query nests too deep"
    rule = "bracket_depth"


class QueryTooLong(PlangraphError):
    """The query text, or a request body, is longer than the limit."""

    status = 413
    title = "The query is too long"
    rule = "query_bytes"


class QueryTooSlow(PlangraphError):
    """The query ran past its deadline and was stopped."""

    status = 503
    title = "The query took too long"
    rule = "query_seconds"


class QueryTooHungry(PlangraphError):
    """The worker that ran the query ran out of its memory, or died."""

    status = 503
    title = "The query needed too much memory"
    rule = "worker_memory_bytes"


class ResultTooLarge(PlangraphError):
    """The result is larger than the limit; nothing of it was sent."""

    status = 413
    title = "The result is too large"
    rule = "result_bytes"


class QueueFull(PlangraphError):
    """Too many queries wait already; try again after a moment."""

    status = 503
    title = "Too many queries are waiting"
    rule = "queue_length"


class QueueShareFull(PlangraphError):
    """Too many queries wait, and most of them are this client's; others come first."""

    status = 429
    title = "Too many queries of yours are waiting"
    rule = "queue_length"


class QueryGivenUp(PlangraphError):
    """Too many costly queries ran at the same time; this one was stopped for the others."""

    status = 503
    title = "Too many costly queries are running"
    rule = "costly_queries"


class QueryCancelled(PlangraphError):
    """Somebody who knows the id of the request has cancelled the query."""

    status = 503
    title = "The query was cancelled"
    rule = "cancelled"


class BodyTooSlow(PlangraphError):
    """The request body did not arrive in time."""

    status = 408
    title = "The request took too long to arrive"
    rule = "body_seconds"


class AnswersPending(PlangraphError):
    """Clients are still taking so much of other answers that there is no memory for this one."""

    status = 503
    title = "Too many large answers are on their way"
    rule = "sending_bytes"


class NotAcceptable(PlangraphError):
    """None of the accepted media types can be written for this answer."""

    status = 406
    title = "No acceptable format"
    rule = "accept"


class MediaTypeUnknown(PlangraphError):
    """The request body is of a media type that this address does not read."""

    status = 415
    title = "The media type is not read here"
    rule = "content-type"


class MethodNotAllowed(PlangraphError):
    """The address exists, but not for this method."""

    status = 405
    title = "The method is not allowed here"
    rule = "method"


class NotWritable(PlangraphError):
    """The data holds something that the format asked for cannot say."""

    status = 422
    title = "The format cannot hold the data"
    rule = "format"


class ExtraMissing(PlangraphError):
    """An optional dependency is not installed; the detail names the extra that brings it."""

    status = 501
    title = "An optional part is not installed"


class EngineStopped(PlangraphError):
    """The process that answers queries is not there, or could not be started."""

    status = 503
    title = "The query engine is not running"


class EngineFailed(PlangraphError):
    """The engine has a fault that this query met."""

    status = 500
    title = "The query engine failed"


class ClientGone(PlangraphError):
    """The client closed the connection before it had its answer; nobody reads this error."""

    status = 400
    title = "The client has gone"


class ServerFailed(PlangraphError):
    """The external server that holds the data refused what every such server must do, or failed."""

    status = 502
    title = "The external server failed"
    rule = "external-server"


class DataChanging(PlangraphError):
    """The graphs of the external server are being replaced; try again in a moment."""

    status = 503
    title = "The data is being published"
    rule = "publishing"
