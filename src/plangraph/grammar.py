"""The grammar of SPARQL: queries and updates of 1.1, and what the engine reads beyond them.

A rule is a line: its name, then what it is made of. Keywords stand in capitals, signs in quotes, kinds of
pieces in small letters, other rules by their names; ``?``, ``*``, ``+``, ``|`` and brackets as usual. Which
branch is taken is told by the next piece alone: the branches of a rule begin differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Final, Literal, TypeAlias

Shape: TypeAlias = Literal["piece", "rule", "row", "branches", "maybe", "any"]

RULES: Final = """
Query: Prologue ( Select | Construct | Describe | Ask ) Values? end
Updates: Update end
Prologue: ( BASE iri | PREFIX prefix iri | VERSION string )*
Select: Chosen From* Where Modifiers
Subquery: Chosen Where Modifiers Values?
Chosen: SELECT ( DISTINCT | REDUCED )? ( ( variable | '(' Expression AS variable ')' )+ | '*' )
Construct: CONSTRUCT ( Template From* Where Modifiers | From* WHERE Template Modifiers )
Describe: DESCRIBE ( Named+ | '*' ) From* Where? Modifiers
Ask: ASK From* Where Modifiers
From: FROM ( Iri | NAMED Iri )
Where: WHERE? Group
Modifiers: Grouping? Having? Order? ( LIMIT integer ( OFFSET integer )? | OFFSET integer ( LIMIT integer )? )?
Grouping: GROUP BY ( Builtin | Iri Arguments | '(' Expression ( AS variable )? ')' | variable )+
Having: HAVING Constraint+
Order: ORDER BY ( ( ASC | DESC ) Bracketed | Constraint | variable )+
Values: VALUES Block
Block: ( variable '{' Datum* '}' | ( nil | '(' variable* ')' ) '{' ( nil | '(' Datum* ')' )* '}' )
Datum: Iri | Literal | UNDEF | '<<(' Datum ( Iri | 'a' ) Datum ')>>'
Update: Prologue ( Operation ( ';' Update )? )?
Operation: LOAD SILENT? Iri ( INTO Graph )? | ( CLEAR | DROP ) SILENT? ( Graph | DEFAULT | NAMED | ALL )
+ | CREATE SILENT? Graph | ( ADD | MOVE | COPY ) SILENT? Place TO Place
+ | INSERT ( DATA Quads | Quads Using ) | DELETE ( DATA Quads | WHERE Quads | Quads ( INSERT Quads )? Using )
+ | WITH Iri ( DELETE Quads ( INSERT Quads )? | INSERT Quads ) Using
Using: ( USING ( Iri | NAMED Iri ) )* WHERE Group
Graph: GRAPH Iri
Place: DEFAULT | GRAPH? Iri
Quads: '{' Triples? ( GRAPH Named '{' Triples? '}' '.'? Triples? )* '}'
Template: '{' Triples? '}'
Group: '{' ( Subquery | Pattern ) '}'
Pattern: PathTriples? ( Part '.'? PathTriples? )*
Part: Group ( UNION Group )* | ( OPTIONAL | MINUS | LATERAL ) Group | GRAPH Named Group
+ | SERVICE SILENT? Named Group | FILTER Constraint | BIND '(' Expression AS variable ')' | Values
Constraint: Bracketed | Builtin | Iri Arguments
Triples: ( Node Said | Nested Said? | Reified Said? ) ( '.' Triples? )?
Said: Verb Objects ( ';' ( Verb Objects )? )*
Verb: Named | 'a'
Objects: Object ( ',' Object )*
Object: ( Node | Nested | Reified ) Remark*
Nested: '[' Said ']' | '(' ( Node | Nested | Reified )+ ')'
Remark: '~' ( variable | Iri | label | anon )? | '{|' Said '|}'
PathTriples: ( Node PathSaid | PathNested PathSaid? | Reified PathSaid? ) ( '.' PathTriples? )?
PathSaid: ( variable | Path ) PathObjects ( ';' ( ( variable | Path ) PathObjects )? )*
PathObjects: PathObject ( ',' PathObject )*
PathObject: ( Node | PathNested | Reified ) PathRemark*
PathNested: '[' PathSaid ']' | '(' ( Node | PathNested | Reified )+ ')'
PathRemark: '~' ( variable | Iri | label | anon )? | '{|' PathSaid '|}'
Path: Steps ( '|' Steps )*
Steps: Step ( '/' Step )*
Step: '^'? ( Iri | 'a' | '!' ( Hop | '(' Hop ( '|' Hop )* ')' ) | '(' Path ')' ) ( '?' | '*' | '+' )?
Hop: '^'? ( Iri | 'a' )
Reified: '<<' ( Node | Reified ) Verb ( Node | Reified ) ( '~' ( variable | Iri | label | anon )? )? '>>'
Node: variable | Iri | Literal | label | anon | nil | '<<(' Node Verb Node ')>>'
Named: variable | Iri
Iri: iri | name | prefix
Literal: string ( language | '^^' Iri )? | integer | number | signed | 'true' | 'false'
Expression: Both ( '||' Both )*
Both: Compared ( '&&' Compared )*
Compared: Sum ( ( '=' | '!=' | '<' | '>' | '<=' | '>=' ) Sum | IN List | NOT IN List )?
Sum: Product ( ( '+' | '-' ) Product | signed ( ( '*' | '/' ) Unary )* )*
Product: Unary ( ( '*' | '/' ) Unary )*
Unary: '!' Unary | ( '+' | '-' )? Primary
Primary: Bracketed | Iri Arguments? | Literal | variable | Builtin | Quoted
Quoted: '<<(' Term ( variable | Iri | 'a' ) Term ')>>'
Term: variable | Iri | Literal | Quoted
Bracketed: '(' Expression ')'
List: nil | '(' Expression ( ',' Expression )* ')'
Arguments: nil | '(' DISTINCT? Expression ( ',' Expression )* ')'
Builtin: ( NOW | RAND | UUID | STRUUID ) nil | BNODE ( nil | Bracketed ) | BOUND '(' variable ')'
+ | ( COALESCE | CONCAT ) List | EXISTS Group | NOT EXISTS Group
+ | ( ABS | CEIL | DATATYPE | DAY | ENCODE_FOR_URI | FLOOR | HASLANG | HASLANGDIR | HOURS | IRI | ISBLANK
+ | ISIRI | ISLITERAL | ISNUMERIC | ISTRIPLE | ISURI | LANG | LANGDIR | LCASE | MD5 | MINUTES | MONTH
+ | OBJECT | PREDICATE | ROUND | SECONDS | SHA1 | SHA256 | SHA384 | SHA512 | STR | STRLEN | SUBJECT | TIMEZONE
+ | TZ | UCASE | URI | YEAR ) Bracketed
+ | ( ADJUST | CONTAINS | LANGMATCHES | SAMETERM | STRAFTER | STRBEFORE | STRDT | STRENDS | STRLANG
+ | STRSTARTS ) '(' Expression ',' Expression ')'
+ | ( IF | STRLANGDIR | TRIPLE ) '(' Expression ',' Expression ',' Expression ')'
+ | ( REGEX | SUBSTR ) '(' Expression ',' Expression ( ',' Expression )? ')'
+ | REPLACE '(' Expression ',' Expression ',' Expression ( ',' Expression )? ')'
+ | COUNT '(' DISTINCT? ( '*' | Expression ) ')'
+ | ( AVG | MAX | MIN | SAMPLE | SUM ) '(' DISTINCT? Expression ')'
+ | GROUP_CONCAT '(' DISTINCT? Expression ( ';' SEPARATOR '=' string )? ')'
"""

WORD: Final = re.compile(r"'[^']+'|[\w]+|[()|?*+]")
KEYWORDS: Final = frozenset(found for found in re.findall(r"\b[A-Z][A-Z0-9_]+\b", RULES))
"""Every word that the grammar has in capitals; they may be written in any letters."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A part of a rule: ``name`` is the piece or rule that it stands for, ``parts`` what it is made of."""

    shape: Shape
    name: str = ""
    parts: tuple[Rule, ...] = ()


def read_rules(text: str) -> dict[str, Rule]:
    """The rules by name; a line that begins with a plus goes on with the rule before."""
    found = {}
    for line in text.strip().replace("\n+ ", " ").splitlines():
        name, _, made = line.partition(": ")
        found[name] = read_branches(iter([*WORD.findall(made), ")"]))
    return found


def read_branches(words: Iterator[str]) -> Rule:
    """What stands up to the bracket that closes it."""
    branches: list[list[Rule]] = [[]]
    for word in words:
        if word == ")":
            break
        if word == "|":
            branches.append([])
        elif word in "?*+":
            branches[-1][-1:] = repeat(word, branches[-1][-1])
        elif word == "(":
            branches[-1].append(read_branches(words))
        else:
            is_rule = word[1:2].islower() and word[0].isupper()
            branches[-1].append(Rule("rule" if is_rule else "piece", word.strip("'")))
    rows = tuple(row[0] if len(row) == 1 else Rule("row", parts=tuple(row)) for row in branches)
    return rows[0] if len(rows) == 1 else Rule("branches", parts=rows)


def repeat(sign: str, rule: Rule) -> Iterable[Rule]:
    """A part that may be left out, or may stand several times."""
    if sign == "+":
        yield rule
    yield Rule("maybe" if sign == "?" else "any", parts=(rule,))


GRAMMAR: Final = read_rules(RULES)


@cache
def begins(rule: Rule) -> frozenset[str]:
    """What a part can begin with."""
    match rule.shape:
        case "piece":
            return frozenset((rule.name,))
        case "rule":
            return begins(GRAMMAR[rule.name])
        case "row":
            leading = next((place for place, part in enumerate(rule.parts) if not is_empty(part)), None)
            parts = rule.parts if leading is None else rule.parts[: leading + 1]
        case _:
            parts = rule.parts
    return frozenset(chain.from_iterable(map(begins, parts)))


@cache
def is_empty(rule: Rule) -> bool:
    """Whether a part can be nothing at all."""
    match rule.shape:
        case "piece":
            return False
        case "rule":
            return is_empty(GRAMMAR[rule.name])
        case "row":
            return all(map(is_empty, rule.parts))
        case "branches":
            return any(map(is_empty, rule.parts))
        case _:
            return True
