"""An update text as its operations: what each writes to, and where its WHERE begins.

The text is read by a grammar much narrower than that of SPARQL; whatever does not fit is unclear, never
guessed. So where :func:`read_operations` gives an answer, it is that of the parser, or the parser refuses the
text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from plangraph.guard import check_text, locate
from plangraph.settings import Limits
from plangraph.tokens import Token, Unclear, scan
from plangraph.write_errors import (
    UpdateRefused,
)

Special: TypeAlias = Literal["default", "every named", "any"]
"""Graphs that have no name in the text: the default graph; all named ones; any at all, by a variable."""

OPTIONAL_WORDS: Final = ("SILENT", "GRAPH", "DEFAULT")
"""What the parser may read at the beginning of a name where the name may also stand alone."""

LOAD: Final = re.compile("LOAD", re.IGNORECASE)
REFUSED: Final = {"LOAD": "LOAD fetches a document", "SERVICE": "SERVICE asks another server"}

Target: TypeAlias = Token | Special


@dataclass(frozen=True)
class Operation:
    """One operation. ``writes`` are the graphs it may write to, ``empties`` those it leaves empty for sure.

    ``declarations`` are the spans of all that declares prefixes and base before it. ``where`` is the place at
    which a USING clause goes, and ``pattern`` the span of a ``DELETE WHERE`` block, which is both template
    and pattern. ``scoped`` says that it names its dataset itself, with USING or WITH; ``ignored`` that it may
    fail in silence and always does here, as ``LOAD SILENT``: no engine must see it.
    """

    start: int = 0
    end: int = 0
    declarations: tuple[tuple[int, int], ...] = ()
    writes: tuple[Target, ...] = ()
    empties: tuple[Target, ...] = ()
    where: int | None = None
    pattern: tuple[int, int] | None = None
    scoped: bool = False
    ignored: bool = False


def check_update(text: str, limits: Limits) -> None:
    """The guard of updates: that of queries, and no LOAD. Linear in the text, which is not resolved.

    Raises as :func:`~plangraph.guard.check_query` does, and :class:`UpdateRefused` for LOAD, with its place.
    ``LOAD SILENT`` passes where it can be told for sure from all else, since it may fail without a word.
    """
    check_text(text, limits, "update_bytes")
    shouted = text.upper()
    if "LOAD" not in shouted and "SERVICE" not in shouted:
        return
    silent = None
    try:
        for token, follows in find_loads(text):
            if not (token.says("LOAD") and follows.says("SILENT")):
                raise refuse(text, "LOAD", token.start + token.text.upper().find("LOAD"))
            silent = token
        if silent is not None:
            read_operations(text)
    except Unclear:
        # What follows reads in two ways, so neither word may stand anywhere.
        for word in REFUSED:
            if found := re.search(word, text, re.IGNORECASE):
                raise refuse(text, word, found.start()) from None


def find_loads(text: str) -> Iterator[tuple[Token, Token]]:
    """Every token that the parser may read as LOAD, or as what begins with it, and the token that follows."""
    depth, before = 0, None
    tokens = [*scan(text), Token("other", "", len(text), len(text))]
    for token, follows in pairwise(tokens):
        depth += token.says("{") - token.says("}")
        opens = before is None or before.sort in ("iri", "other") or before.says(";")
        if (token.sort == "word" and LOAD.search(token.text)) or (
            token.sort == "name" and LOAD.match(token.text) and depth <= 0 and opens
        ):
            yield token, follows
        before = token


def refuse(text: str, word: str, offset: int) -> UpdateRefused:
    """The refusal of a keyword, with its place."""
    line, column = locate(text, offset)
    return UpdateRefused(
        f"{REFUSED[word]}, which this service never does", line=line, column=column, rule=word.lower()
    )


def read_operations(text: str) -> list[Operation]:
    """The operations in their order; raises :class:`Unclear`."""
    return list(Reader(text).read())


class Reader:
    """Reads the tokens of one text from the first to the last."""

    def __init__(self, text: str) -> None:
        self.tokens = list(scan(text))
        self.tokens.append(Token("other", "", len(text), len(text)))
        self.place = 0

    @property
    def next(self) -> Token:
        """The token that comes; at the end one without text."""
        return self.tokens[self.place]

    def take(self) -> Token:
        """The token that comes, and go on."""
        token = self.next
        if token.text == "":
            raise Unclear("the text ends too early")
        self.place += 1
        return token

    def take_if(self, *words: str) -> bool:
        """Go on if one of these keywords or marks comes."""
        found = self.next.says(*words)
        self.place += found
        return found

    def expect(self, *words: str) -> Token:
        """One of these keywords or marks."""
        token = self.take()
        if not token.says(*words):
            raise Unclear(f"no {words}")
        return token

    def read(self) -> Iterator[Operation]:
        """The operations."""
        declarations: tuple[tuple[int, int], ...] = ()
        while True:
            while self.next.says("PREFIX", "BASE", "VERSION"):
                declarations = (*declarations, self.read_declaration())
            if self.next.text == "":
                return
            start = self.next.start
            operation = self.read_operation()
            end = self.tokens[self.place - 1].end
            yield replace(operation, start=start, end=end, declarations=declarations)
            if self.next.text != "":
                self.expect(";")

    def read_declaration(self) -> tuple[int, int]:
        """One declaration."""
        keyword = self.take()
        if keyword.says("PREFIX") and (name := self.take()) and (name.sort, name.text[-1]) != ("name", ":"):
            raise Unclear("no prefix")
        value = self.take()
        if value.sort != ("other" if keyword.says("VERSION") else "iri"):
            raise Unclear("no value")
        return keyword.start, value.end

    def read_operation(self) -> Operation:
        """One operation, its span not yet known."""
        keyword = self.take()
        if keyword.says("CLEAR", "DROP"):
            self.take_if("SILENT")
            return Operation(empties=self.read_reference())
        if keyword.says("CREATE"):
            self.take_if("SILENT")
            self.expect("GRAPH")
            return Operation(writes=(self.read_name(),))
        if keyword.says("ADD", "MOVE", "COPY"):
            return self.read_transfer(keyword)
        if keyword.says("LOAD"):
            return self.read_load()
        return self.read_edit(keyword)

    def read_transfer(self, keyword: Token) -> Operation:
        """ADD, MOVE and COPY; of one graph to itself they do nothing, so nothing is sure to be emptied."""
        self.take_if("SILENT")
        source = self.read_end()
        self.expect("TO")
        target = self.read_end()
        return Operation(writes=(source, target) if keyword.says("MOVE") else (target,))

    def read_load(self) -> Operation:
        """A LOAD that may fail in silence."""
        self.expect("SILENT")
        self.read_name()
        if self.take_if("INTO"):
            self.expect("GRAPH")
            self.read_name()
        return Operation(ignored=True)

    def read_edit(self, keyword: Token) -> Operation:
        """An operation on quads."""
        if keyword.says("INSERT", "DELETE") and self.take_if("DATA"):
            return Operation(writes=self.read_template("default"))
        if keyword.says("DELETE") and self.next.says("WHERE"):
            where = self.take().start
            start = self.next.start
            writes = self.read_template("default")
            return Operation(writes=writes, where=where, pattern=(start, self.tokens[self.place - 1].end))
        return self.read_modification(keyword)

    def read_modification(self, keyword: Token) -> Operation:
        """A DELETE or INSERT with a WHERE."""
        graph: Target = "default"
        if scoped := keyword.says("WITH"):
            graph, keyword = self.read_name(), self.take()
        if not keyword.says("DELETE", "INSERT"):
            raise Unclear("no operation")
        writes = self.read_template(graph)
        if keyword.says("DELETE") and self.take_if("INSERT"):
            writes += self.read_template(graph)
        where = self.next.start
        while self.take_if("USING"):
            self.take_if("NAMED")
            self.take()
            scoped = True
        self.expect("WHERE")
        self.skip_group()
        return Operation(writes=writes, where=where, scoped=scoped)

    def read_reference(self) -> tuple[Target, ...]:
        """What CLEAR and DROP name."""
        if self.take_if("DEFAULT"):
            return ("default",)
        if self.take_if("NAMED"):
            return ("every named",)
        if self.take_if("ALL"):
            return ("default", "every named")
        self.expect("GRAPH")
        return (self.read_name(),)

    def read_end(self) -> Target:
        """What ADD, MOVE and COPY name on either side."""
        if self.take_if("DEFAULT"):
            return "default"
        sure = self.take_if("GRAPH")
        name = self.read_name()
        if not sure and name.sort == "name" and name.text.upper().startswith(OPTIONAL_WORDS):
            raise Unclear("a name that may begin with a keyword")
        return name

    def read_name(self) -> Token:
        """An IRI or a prefixed name."""
        token = self.take()
        if token.sort not in ("iri", "name"):
            raise Unclear("no name")
        return token

    def read_template(self, outside: Target) -> tuple[Target, ...]:
        """The graphs that a template names; ``outside`` is the one for what stands outside of GRAPH."""
        self.expect("{")
        found: dict[Target, None] = {}
        while not self.take_if("}"):
            token = self.take()
            if token.says("GRAPH"):
                name = self.take()
                if name.sort not in ("iri", "name", "variable"):
                    raise Unclear("no graph")
                found["any" if name.sort == "variable" else name] = None
                self.expect("{")
                while not self.take_if("}"):
                    if self.take().says("{"):
                        raise Unclear("a group in a template")
            elif token.says("{"):
                raise Unclear("a group in a template")
            elif not token.says(".", ";"):
                found[outside] = None
        return tuple(found)

    def skip_group(self) -> None:
        """A pattern; only its braces matter."""
        self.expect("{")
        depth = 1
        while depth:
            token = self.take()
            depth += token.says("{") - token.says("}")
