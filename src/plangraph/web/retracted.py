"""A document that is not there since it was retracted: when that was, why, and where its history is."""

from __future__ import annotations

import asyncio
from typing import Any, Unpack

from fastapi import Request

from plangraph.errors import Place, PlangraphError
from plangraph.journal_tables import RETRACTED
from plangraph.terms import SLUG, graph
from plangraph.web.replies import find_base
from plangraph.write_errors import JournalFailed


class Retracted(PlangraphError):
    """There was such a document, and it was retracted; its history is kept.

    ``retracted`` says when, ``revision`` as which revision of the journal, ``history`` is an address.
    """

    status = 410
    title = "The document was retracted"

    def __init__(
        self,
        detail: str,
        *,
        retracted: str | None = None,
        reason: str | None = None,
        revision: int | None = None,
        history: str | None = None,
        **place: Unpack[Place],
    ) -> None:
        super().__init__(detail, **place)
        self.told = {"retracted": retracted, "reason": reason, "revision": revision, "history": history}

    @property
    def members(self) -> dict[str, Any]:
        """When, why, as which revision, and where the history is."""
        return dict(self.told)


async def check_retracted(request: Request, slug: str) -> None:
    """Raises :class:`Retracted` for a document that is not there, if the journal says that it was.

    A journal that does not answer says nothing: then the document is not found, as without one.
    """
    journal = request.app.state.journal
    if journal is None or not SLUG.fullmatch(slug):
        return
    try:
        found = await asyncio.to_thread(journal.list_history, graph(f"document/{slug}").value)
    except JournalFailed:
        return
    if not found or found[-1].entries[0].action != RETRACTED:
        return
    last, settings = found[-1], request.app.state.editions.whole.engine.settings
    history = f"{find_base(request, settings)}api/v1/documents/{slug}/history"
    why = f": {last.reason}" if last.reason else ""
    raise Retracted(
        f"the document {slug} was retracted at {last.accepted_at}, as revision {last.number}{why}; "
        f"its history is at {history}",
        retracted=last.accepted_at,
        reason=last.reason,
        revision=last.number,
        history=history,
    )
