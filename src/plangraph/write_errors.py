"""The errors of writes, one class a cause, as in :mod:`plangraph.errors`."""

from __future__ import annotations

from plangraph.errors import PlangraphError


class UpdateRefused(PlangraphError):
    """The update asks for what this service never does, or cannot be done on the data as they are."""

    status = 400
    title = "The update is refused"
    rule = "update"


class UploadRefused(PlangraphError):
    """A body of RDF passes a limit, or asks for what this service never does, such as a remote context."""

    status = 400
    title = "The body is refused"
    rule = "body"


class UploadSyntaxWrong(PlangraphError):
    """A body of RDF does not parse."""

    status = 400
    title = "The body does not parse"
    rule = "syntax"


class WriteTooSlow(PlangraphError):
    """The write ran past its deadline; nothing was changed."""

    status = 503
    title = "The write took too long"
    rule = "write_seconds"


class WritesWaiting(PlangraphError):
    """Too many writes wait already; try again after a moment."""

    status = 503
    title = "Too many writes are waiting"
    rule = "writes_waiting"


class TokenMissing(PlangraphError):
    """A write needs a token that this service knows."""

    status = 401
    title = "A token is needed"
    rule = "token"
