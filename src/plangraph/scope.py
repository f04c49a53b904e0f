"""What SPARQL asks of variables and rows beside its grammar, held against a text that keeps the grammar.

The engine refuses such a text too, but often without saying why or where. A rule that is broken is told here
by the very variable; what is not told here, the engine may still refuse.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias

from plangraph.lexemes import Lexeme
from plangraph.remarks import Fault
from plangraph.slips import cut

Entry: TypeAlias = tuple[Lexeme, Sequence[Lexeme] | None]
"""What SELECT names: a variable and, with AS, the pieces of the expression that gives its value."""

AGGREGATES: Final = frozenset(("AVG", "COUNT", "GROUP_CONCAT", "MAX", "MIN", "SAMPLE", "SUM"))
SHIELDS: Final = AGGREGATES | {"BOUND", "COALESCE", "EXISTS"}
"""What a variable may stand in that has no value of its own in a group."""

STEPS: Final = {"(": 1, "[": 1, "{": 1, "<<(": 1, ")": -1, "]": -1, "}": -1, ")>>": -1}
AFTERWARDS: Final = frozenset(("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "}", "end"))
VALUE: Final = frozenset(
    ("iri", "name", "prefix", "string", "integer", "number", "signed", "true", "false", "UNDEF")
)

UNGROUPED: Final = "`{}` is neither counted nor in GROUP BY, so it has no single value here"
OWN: Final = "`{}` is made in this very SELECT and cannot be used in it; write out what it stands for"
TAKEN: Final = "AS makes a new variable, but `{}` is there already"
TWICE: Final = "`{}` stands twice in {}"
STARRED: Final = "`*` cannot stand beside GROUP BY or COUNT and its like; name the variables"
BOUND_ALREADY: Final = "BIND makes a new variable, but `{}` is in the pattern before it"
MISPLACED: Final = "{} cannot stand in FILTER or BIND; it belongs in SELECT, HAVING or ORDER BY"
UNEVEN: Final = "variables of VALUES: {}, values in this row: {}; UNDEF stands for no value"
NO_VARIABLES: Final = "{} DATA takes no variables"
NO_BLANKS: Final = "DELETE takes no blank nodes; a variable, with WHERE, finds what is meant"


@dataclass
class Scope:
    """A reader of the pieces of a text that keeps the grammar; ``faults`` are what it came upon."""

    pieces: Sequence[Lexeme]
    at: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The kind of the next piece."""
        return self.pieces[self.at].kind

    def read(self) -> None:
        """All of the text."""
        while self.kind != "end":
            words = [piece.kind for piece in self.pieces[max(self.at - 2, 0) : self.at]]
            if self.kind == "SELECT":
                self.read_select()
            elif self.kind == "VALUES":
                self.read_values()
            elif self.kind == "{" and ("DATA" in words or "DELETE" in words):
                self.check_template(words)
            elif self.kind == "{":
                self.read_group()
            else:
                self.at += 1

    def check_template(self, words: Sequence[str]) -> None:
        """The triples of an update, in which not every term may stand; ``words`` are those before it."""
        for piece in self.take_brackets():
            if words[-1] == "DATA" and piece.kind == "variable":
                self.blame(piece, NO_VARIABLES.format(words[0]))
            elif "DELETE" in words and piece.kind in ("label", "anon", "[", "("):
                self.blame(piece, NO_BLANKS)

    def read_group(self) -> Set[str]:
        """A group in braces; the variables that it has values for."""
        seen = set[str]()
        self.at += 1
        while self.kind != "}":
            match self.kind:
                case "{":
                    seen |= self.read_group()
                case "SELECT":
                    seen |= self.read_select()
                    continue
                case "VALUES":
                    seen |= self.read_values()
                    continue
                case "MINUS":
                    self.at += 1
                    self.read_group()
                case "FILTER":
                    self.read_condition()
                    continue
                case "BIND":
                    seen.add(self.read_bind(seen))
                    continue
                case "variable":
                    seen.add(self.pieces[self.at].text[1:])
            self.at += 1
        return seen

    def read_condition(self) -> None:
        """A condition of a pattern: brackets, a function with brackets, or a pattern in braces."""
        while self.kind not in ("(", "{", "nil"):
            self.at += 1
        if self.kind == "{":
            self.read_group()
            self.at += 1
        else:
            self.check_aggregates(self.take_brackets())

    def read_bind(self, seen: Set[str]) -> str:
        """The variable that BIND makes."""
        self.at += 1
        pieces = self.take_brackets()
        self.check_aggregates(pieces)
        variable = pieces[-2]
        if variable.text[1:] in seen:
            self.blame(variable, BOUND_ALREADY.format(cut(variable.text)))
        return variable.text[1:]

    def check_aggregates(self, pieces: Sequence[Lexeme]) -> None:
        """An expression of a pattern, which no aggregate may stand in."""
        for piece in pieces:
            if piece.kind in AGGREGATES:
                self.blame(piece, MISPLACED.format(piece.kind))

    def read_values(self) -> Set[str]:
        """A table of values; the variables that it gives."""
        self.at += 1
        if self.kind == "variable":
            single = self.pieces[self.at].text[1:]
            self.at += 1
            self.take_brackets()
            return {single}
        names = [piece for piece in self.take_brackets() if piece.kind == "variable"]
        known = set[str]()
        for name in names:
            if name.text[1:] in known:
                self.blame(name, TWICE.format(cut(name.text), "VALUES"))
            known.add(name.text[1:])
        self.at += 1
        while self.kind != "}":
            row = self.pieces[self.at]
            count = count_values(self.take_brackets())
            if count != len(names):
                self.blame(row, UNEVEN.format(len(names), count))
        self.at += 1
        return known

    def read_select(self) -> Set[str]:
        """A query in its scope; the variables that it gives."""
        starred, entries = self.read_entries()
        while self.kind != "{":
            self.at += 1
        seen = {*self.read_group()}
        self.at += 1
        grouped, aggregated = self.read_modifiers()
        if self.kind == "VALUES":
            given = self.read_values()
            seen |= given
            grouped = grouped if grouped is None else grouped | given
        values = chain.from_iterable(value or () for _, value in entries)
        if grouped is None and (aggregated or any(piece.kind in AGGREGATES for piece in values)):
            grouped = set[str]()
        if starred is not None:
            if grouped is not None:
                self.blame(starred, STARRED)
            return seen
        return self.check_entries(entries, seen, grouped)

    def read_entries(self) -> tuple[Lexeme | None, Sequence[Entry]]:
        """What SELECT names: the ``*``, or variables."""
        starred, entries = None, list[Entry]()
        while self.kind not in ("WHERE", "FROM", "{"):
            piece = self.pieces[self.at]
            if piece.kind == "(":
                pieces = self.take_brackets()
                entries.append((pieces[-2], pieces[1:-3]))
                continue
            if piece.kind == "variable":
                entries.append((piece, None))
            elif piece.kind == "*":
                starred = piece
            self.at += 1
        return starred, entries

    def read_modifiers(self) -> tuple[set[str] | None, bool]:
        """What follows the pattern: the variables of GROUP BY, where there is one, and whether it counts."""
        grouped: set[str] | None = None
        aggregated = False
        while self.kind not in ("VALUES", "}", "end"):
            if self.kind == "GROUP":
                grouped = self.read_grouping()
            elif self.kind == "{":
                self.read_group()
                self.at += 1
            else:
                aggregated = aggregated or self.kind in AGGREGATES
                self.at += 1
        return grouped, aggregated

    def read_grouping(self) -> set[str]:
        """The variables of GROUP BY."""
        found = set[str]()
        self.at += 2
        while self.kind not in AFTERWARDS:
            piece = self.pieces[self.at]
            if piece.kind == "(":
                inner = [one for one in self.take_brackets() if one.kind not in ("(", ")")]
                if inner[-1].kind == "variable" and (len(inner) == 1 or inner[-2].kind == "AS"):
                    found.add(inner[-1].text[1:])
                continue
            self.at += 1
            if piece.kind == "variable":
                found.add(piece.text[1:])
            elif self.kind == "(":
                self.take_brackets()
        return found

    def check_entries(self, entries: Sequence[Entry], seen: Set[str], grouped: Set[str] | None) -> Set[str]:
        """The variables that SELECT names, each held against the pattern and against those before it."""
        given = set[str]()
        visible = seen if grouped is None else grouped
        for variable, value in entries:
            name = variable.text[1:]
            if name in given:
                self.blame(variable, TWICE.format(cut(variable.text), "SELECT"))
            elif value is None:
                if name not in visible and grouped is not None:
                    self.blame(variable, UNGROUPED.format(cut(variable.text)))
            elif name in visible:
                self.blame(variable, TAKEN.format(cut(variable.text)))
            elif grouped is not None:
                for piece in list_bare(value):
                    if piece.text[1:] not in visible:
                        self.blame(
                            piece, (OWN if piece.text[1:] in given else UNGROUPED).format(cut(piece.text))
                        )
            given.add(name)
        return given

    def take_brackets(self) -> Sequence[Lexeme]:
        """The pieces from a bracket to the one that closes it, without what lies in braces within."""
        found, depth = list[Lexeme](), 0
        braced = self.kind == "{"
        while True:
            piece = self.pieces[self.at]
            if piece.kind == "{" and not braced:
                self.read_group()
            else:
                found.append(piece)
                depth += STEPS.get(piece.kind, 0)
            self.at += 1
            if depth == 0:
                return found

    def blame(self, piece: Lexeme, says: str) -> None:
        """A fault at a piece."""
        self.faults.append(Fault(piece.start, says))


def count_values(row: Sequence[Lexeme]) -> int:
    """How many values a row has; a triple is one."""
    count, depth = 0, 0
    for before, piece in zip([None, *row[:-1]], row, strict=True):
        if piece.kind == "<<(":
            count += depth == 0
            depth += 1
        elif piece.kind == ")>>":
            depth -= 1
        elif depth == 0 and piece.kind in VALUE and (before is None or before.kind != "^^"):
            count += 1
    return count


def list_bare(pieces: Sequence[Lexeme]) -> Sequence[Lexeme]:
    """The variables of an expression whose own value counts."""
    found, shielded, depth = list[Lexeme](), 0, 0
    for before, piece in zip([None, *pieces[:-1]], pieces, strict=True):
        depth += STEPS.get(piece.kind, 0)
        if piece.kind == "(" and not shielded and before is not None and before.kind in SHIELDS:
            shielded = depth
        elif piece.kind == ")" and depth < shielded:
            shielded = 0
        elif piece.kind == "variable" and not shielded:
            found.append(piece)
    return found


def find_broken_rule(pieces: Sequence[Lexeme]) -> Fault | None:
    """The first rule that the text breaks, in the order in which it is read."""
    (scope := Scope(pieces)).read()
    return min(scope.faults, default=None)
