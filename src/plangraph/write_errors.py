"""The errors of writes, one class a cause, as in :mod:`plangraph.errors`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from plangraph.errors import Place, PlangraphError


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


class ScopeMissing(PlangraphError):
    """The token is known and does not allow this."""

    status = 403
    title = "The token does not allow this"
    rule = "scope"


class SheetUnreadable(PlangraphError):
    """What was sent in is no JSON or YAML."""

    status = 400
    title = "The sheet cannot be read"
    rule = "unreadable"


class Outdated(PlangraphError):
    """A graph is not what the write expects it to be: somebody else has written it meanwhile."""

    status = 412
    title = "The graph has changed meanwhile"
    rule = "if-match"


class AlreadyThere(Outdated):
    """What comes as new is there already."""

    title = "There is one already"
    rule = "if-none-match"


class ConditionMissing(PlangraphError):
    """A replacement has to say which state it replaces, so that nobody's work is lost unseen."""

    status = 428
    title = "If-Match is needed"
    rule = "if-match-needed"


class ReasonMissing(PlangraphError):
    """A retraction says why, for everybody who reads the history."""

    status = 400
    title = "A reason is needed"
    rule = "reason"


class KeyReused(PlangraphError):
    """The Idempotency-Key was that of a write that asked for something else."""

    status = 422
    title = "The key belongs to another write"
    rule = "idempotency-key"


class JournalFailed(PlangraphError):
    """The journal did not take the write, so nothing was changed."""

    status = 503
    title = "The journal does not take the write"
    rule = "journal"


class JournalUnsure(JournalFailed):
    """It is not known whether the journal took the write; repeating it with its Idempotency-Key is safe."""

    title = "The journal has not said whether it took the write"


class JournalUnusable(PlangraphError):
    """There is no journal at the address, or it cannot be used for what is asked."""

    status = 503
    title = "The journal cannot be used"
    rule = "journal"


class ChangeRefused(PlangraphError):
    """A change would break rules of the data, or touch a graph that cannot be written.

    ``findings`` are the first of them as members of a problem document; ``total`` says how many there are.
    """

    status = 422
    title = "The change is refused"
    rule = "shapes"

    def __init__(
        self,
        detail: str,
        *,
        findings: Sequence[Mapping[str, object]] = (),
        total: int = 0,
        **place: Unpack[Place],
    ) -> None:
        super().__init__(detail, **place)
        self.findings = tuple(findings)
        self.total = total

    @property
    def members(self) -> dict[str, Any]:
        """The findings, and how many there are."""
        return {"findings": list(self.findings), "total": self.total}
