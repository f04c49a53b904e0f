"""What can be done with a parameter of the first form: the rules that the table of keys is made of.

A rule takes what is gathered so far, the value, and all parameters of the claim, since some keys only say
more about another. It answers whether it could take the value; one that it cannot is kept as it was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

NOT_SAID: Final = frozenset({"unspecified", "unknown", "not stated"})
"""Words by which a sheet says that the report leaves something open."""


@dataclass
class Reading:
    """What the parameters of one claim come to."""

    topic: str
    slots: dict[str, list[Any]] = field(default_factory=dict)
    leaves_open: list[str] = field(default_factory=list)
    states_absent: list[str] = field(default_factory=list)
    change: str | None = None
    option_by: str | None = None
    version: str | None = None
    deontic: str | None = None
    negative: bool = False
    other: dict[str, Any] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    def fill(self, slot: str, *values: Any) -> bool:
        """Add values to a slot, each once."""
        entries = self.slots.setdefault(slot, [])
        entries += [value for value in values if value not in entries]
        return True

    def leave_open(self, slot: str) -> bool:
        """Note that the report leaves a slot open."""
        if slot not in self.leaves_open:
            self.leaves_open.append(slot)
        return True


Rule = Callable[[Reading, Any, Mapping[str, Any]], bool]
"""Takes what is gathered so far, a value and all parameters; false where it cannot take the value."""


COMPARATORS: Final = {"gt": "moreThan", "lt": "atMost", "about": "about"}
CHANGES: Final = {"deleted": "deleted", "removed": "deleted", "revived": "revived", "none": "unchanged"}
ACTIONS_CALLED_CHANGE: Final = frozenset(
    {
        "wound down",
        "ended, all outside aid",
        "remain",
        "renounced by Ukraine",
        "stopped",
        "reduced",
        "refused by Kyiv",
        "significant reduction",
        "continued (defensive)",
    }
)
"""Values of ``change`` that say what a clause does, not what became of it."""


def names(slot: str, **instead: str) -> Rule:
    """A rule for one name or a list of names; ``instead`` replaces single words."""

    def rule(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
        entries = value if isinstance(value, list) else [value]
        if not entries or value is None:
            return reading.leave_open(slot)
        if not all(isinstance(entry, str) and entry.strip() for entry in entries):
            return False
        if all(entry.strip().casefold() in NOT_SAID for entry in entries):
            return reading.leave_open(slot)
        return reading.fill(slot, *(instead.get(entry.strip(), entry.strip()) for entry in entries))

    return rule


def number(slot: str) -> Rule:
    """A rule for one whole number."""

    def rule(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return reading.fill(slot, value)

    return rule


def quantity(slot: str, unit: str, **what: str) -> Rule:
    """A rule for a number with a unit; ``what`` gives base, party and comparator.

    A text such as "800000-850000" is a range, "up to 50" a highest value; ``null`` leaves the slot open.
    """

    def rule(reading: Reading, value: Any, parameters: Mapping[str, Any]) -> bool:
        if value is None or (isinstance(value, str) and value.strip().casefold() in NOT_SAID):
            return reading.leave_open(slot)
        figure = figure_of(value)
        if figure is None:
            return False
        comparator = COMPARATORS.get(str(parameters.get("comparator")), what.get("comparator"))
        said = {**figure, "unit": unit, **what}
        if comparator is not None:
            said["comparator"] = comparator
        return reading.fill(slot, said)

    return rule


def figure_of(value: Any) -> dict[str, Any] | None:
    """A number, or the two ends of a range; ``None`` for what is neither."""
    if type(value) in (int, float):
        return {"number": plain(value)}
    if isinstance(value, list) and len(value) == 2 and all(type(end) in (int, float) for end in value):
        return {"lowest": plain(min(value)), "highest": plain(max(value))}
    if isinstance(value, str):
        ends = value.replace(" ", "").split("-")
        if all(end.isdigit() for end in ends) and len(ends) <= 2:
            return figure_of([int(end) for end in ends] if len(ends) == 2 else int(ends[0]))
    return None


def plain(value: float) -> int | float:
    """A number without a fraction of zero: 100.0 is 100."""
    return int(value) if Decimal(str(value)) == int(value) else value


def shares(option_by: str | None = None) -> Rule:
    """A rule for an object from party to per cent: each party's share, and who the parties are."""

    def rule(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
        if not isinstance(value, dict) or not all(type(share) in (int, float) for share in value.values()):
            return False
        if option_by is not None and reading.option_by not in (None, option_by):
            return False  # two proposals in one claim: a curator splits them
        reading.option_by = option_by or reading.option_by
        reading.fill("party", *value)
        quantities = [
            {"number": plain(share), "unit": "percent", "base": base_of(reading.topic), "party": party}
            for party, share in value.items()
        ]
        return reading.fill("share", *quantities)

    return rule


def base_of(topic: str) -> str | None:
    """What a bare per cent is of, for the topics where every sheet means the same."""
    return {
        "zaporizhzhia-npp": "output of the plant",
        "frozen-assets": "profit",
        "plan-status": "text of the plan",
    }.get(topic)


def read_percent(reading: Reading, value: Any, parameters: Mapping[str, Any]) -> bool:
    """A bare per cent, of what ``of``, the topic or the one territory named says."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    base = parameters.get("of") or base_of(reading.topic)
    territory = parameters.get("territory")
    if base is None and isinstance(territory, list) and len(territory) == 1:
        base = territory[0]
    return reading.fill("share", {"number": plain(value), "unit": "percent", "base": base})


def received(name: str) -> Rule:
    """A rule for a yes or no on whether somebody was given the text."""

    def rule(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
        if not isinstance(value, bool):
            return False
        reading.negative = reading.negative or not value
        return reading.fill("recipient", name)

    return rule


def read_change(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
    """What happened to a clause between versions, apart from what the clause itself does."""
    if value in CHANGES:
        reading.change = CHANGES[value]
        return True
    if value == "absent":
        reading.states_absent.append("pointNumber")
        return True
    return isinstance(value, str) and value in ACTIONS_CALLED_CHANGE and reading.fill("action", value)


def read_status(reading: Reading, value: Any, parameters: Mapping[str, Any]) -> bool:
    """Removed and revived are changes; else it is the standing of a language or of a text."""
    if value in CHANGES:
        return read_change(reading, value, parameters)
    return names("legalStatus" if reading.topic == "language-rights" else "draftStage")(
        reading, value, parameters
    )


def read_scope(reading: Reading, value: Any, parameters: Mapping[str, Any]) -> bool:
    """Whom an amnesty covers is one question, which acts, forces or texts something covers another."""
    people = value in {"all parties", "both sides", "all parties incl. Russia"}
    return names("personalScope" if people else "materialScope")(reading, value, parameters)


def read_value(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
    """An absence written as a value."""
    if value == "not mentioned":
        reading.states_absent.append("pointNumber")
        return True
    return value == "unknown" and reading.topic.startswith("territory") and reading.leave_open("territory")


def read_deontic(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
    """The modality repeats or sharpens the claim's deontic form."""
    if value not in ("expectation", "obligation", "prohibition", "permission", "promise"):
        return value in ("potential", "possible") and reading.fill("firmness", value)
    reading.deontic = value
    return True


def length(unit: str) -> Rule:
    """A rule for a number of days, months or years as an ISO 8601 duration in ``slot``."""
    slot = "duration" if unit == "Y" else "deadline"

    def rule(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        if unit == "H":
            return value % 24 == 0 and reading.fill(slot, f"P{value // 24}D")
        return reading.fill(slot, f"P{value}{unit}")

    return rule


def read_requested(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
    """Years that Ukraine is reported to ask for: an option of its own."""
    texts = {"up to 50": "up to 50 years", "[30, 50]": "30 to 50 years", "[30, 40, 50]": "30, 40 or 50 years"}
    text = texts.get(str(value))
    if text is None or reading.option_by not in (None, "Ukraine"):
        return False
    reading.fill("requestedDuration", text)
    return True


def read_demand(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
    """What one party demands is an option of the version and not its text."""
    if not isinstance(value, str) or reading.option_by not in (None, value):
        return False
    reading.option_by = value
    return True


def read_version(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
    """A claim's own version, over the sheet's."""
    if not isinstance(value, str):
        return False
    reading.version = value
    return True


def set_flag(slot: str, meant: str | None = None) -> Rule:
    """A rule for a yes or no: the slot itself, or, where ``meant`` is given, that value for yes."""

    def rule(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
        if not isinstance(value, bool) or (meant is not None and not value):
            return False
        return reading.fill(slot, value if meant is None else meant)

    return rule


def read_with(*others: str) -> Rule:
    """A rule for a key that only says more about another one, and is read with it."""

    def rule(_: Reading, value: Any, parameters: Mapping[str, Any]) -> bool:
        return isinstance(value, str) and any(type(parameters.get(key)) in (int, float) for key in others)

    return rule


def point(basis: str) -> Rule:
    """A rule for a point's number, stated by the page or inferred from the order of its list."""

    def rule(reading: Reading, value: Any, _: Mapping[str, Any]) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).strip():
            return False
        reading.fill("pointNumber", str(value).strip())
        return reading.fill("pointBasis", basis)

    return rule
