"""The past of a data set: which revision a request asks for, perhaps with a day, and what an answer is of.

A day (:mod:`plangraph.pinning`) says what had been published by then, a revision what had been taken in by
then. Either can be asked for alone, or both together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plangraph.errors import BadParameter
from plangraph.pinning import PARAMETERS as OF_A_DAY
from plangraph.pinning import Extent, Pin, read_pin

PARAMETERS: Final = (*OF_A_DAY, "revision", "retracted")
"""How it is written in an address which edition is wanted."""

ASKED: Final = frozenset(PARAMETERS)
RETRACTED: Final = ("hide", "show")
NUMBER: Final = re.compile(r"[0-9]{1,15}")
NAME: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Wanted:
    """Which edition is wanted: as of a day, as of a revision (by number or name), or as of both.

    ``retracted`` wants what had been retracted by that revision as well, as it last stood.
    """

    pin: Pin | None = None
    revision: int | str | None = None
    retracted: bool = False


@dataclass(frozen=True)
class Past:
    """A revision: its number in the journal, the name that it has there, and when it was accepted.

    Of the data that is served now the name is known even where no journal numbers it. ``retracted`` says that
    what had been retracted by then is shown.
    """

    number: int | None
    name: str
    accepted_at: str = ""
    retracted: bool = False

    def write_parameters(self) -> str:
        """As the parameters of an address."""
        shown = "&retracted=show" if self.retracted else ""
        return f"revision={self.name if self.number is None else self.number}{shown}"

    def describe(self) -> str:
        """For people, what its name does not say; nothing where no journal has it."""
        where = "" if self.number is None else f"number {self.number} of the journal"
        return f"{where}, with what had been retracted" if self.retracted else where


@dataclass(frozen=True)
class View:
    """What an answer is of, where that is not the whole data set as it is: a day, a revision, or both.

    ``served`` names the data of a revision as it is served here: its name in the journal, unless a day is
    wanted too, what had been retracted is shown, or vocabulary or software are others than they were then.
    """

    pinned: Extent | None = None
    past: Past | None = None
    served: str = ""

    def write_parameters(self) -> str:
        """As the parameters of an address."""
        parts = [self.past.write_parameters()] if self.past is not None else []
        parts += [self.pinned.pin.write_parameters()] if self.pinned is not None else []
        return "&".join(parts)


def read_wanted(given: Mapping[str, Sequence[str]]) -> Wanted | None:
    """Which edition the parameters of a request want; nothing for the whole data set as it is.

    Raises :class:`BadParameter` by the name of the parameter.
    """
    if ASKED.isdisjoint(given):
        return None
    pin = read_pin(given.get("as_of", ()), given.get("undated", ()))
    revision, retracted = (take_one(given, name) for name in ("revision", "retracted"))
    if retracted is not None and retracted not in RETRACTED:
        raise BadParameter(f"retracted takes {' or '.join(RETRACTED)}, not {retracted!r:.200}")
    if revision is not None:
        return Wanted(pin, read_revision(revision), retracted == "show")
    if retracted is not None:
        raise BadParameter("retracted says what revision does with what was retracted: give revision too")
    return None if pin is None else Wanted(pin)


def take_one(given: Mapping[str, Sequence[str]], name: str) -> str | None:
    """The value of a parameter that can be given once; raises :class:`BadParameter`."""
    values = given.get(name, ())
    if len(values) > 1:
        raise BadParameter(f"{name} can be given once")
    return values[0] if values else None


def read_revision(value: str) -> int | str:
    """The number or the name of a revision; raises :class:`BadParameter`."""
    if NUMBER.fullmatch(value):
        return int(value)
    if NAME.fullmatch(value):
        return value
    raise BadParameter(
        f"revision takes the number of a revision, or the 16 letters of its name, not {value!r:.200}"
    )
