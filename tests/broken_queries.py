"""Queries as people write them that are no SPARQL 1.1, each with what is said of it and where."""

from __future__ import annotations

import re
from typing import NamedTuple

from plangraph.errors import PlangraphError

MOST_LETTERS = 200
MOST_NAMED = 3
ALTERNATIVE = re.compile(r"[A-Z]+|an? [a-zA-Z ]+|the end of the text|`[^\s`A-Za-z0-9]{1,3}`|`a`")
"""What may be named as an alternative: a keyword, a kind of piece in words, or a sign."""


class Broken(NamedTuple):
    """A query, the place of its fault, and what is said there."""

    text: str
    line: int
    column: int
    says: str


def find_offence(error: PlangraphError, text: str) -> str:
    """What is wrong with what is said of a text: with its place, its length, or what it lists; or nothing."""
    lines = text.split("\n")
    if error.line is None or error.column is None or not 1 <= error.line <= len(lines):
        return "it names no place"
    if not 1 <= error.column <= len(lines[error.line - 1]) + 1:
        return "the place is not in the text"
    if not 10 < len(error.detail) <= MOST_LETTERS or not error.detail.isprintable():
        return "it is too short, too long or cannot be read"
    if "expected one of" in error.detail or "['" in error.detail or error.detail.count("`") % 2:
        return "it repeats the parser"
    named = re.split(", | or ", listed) if (listed := error.detail.partition("expected: ")[2]) else []
    if len(named) > MOST_NAMED or not all(ALTERNATIVE.fullmatch(one) for one in named):
        return "it lists too much"
    return ""


BROKEN = (
    # -- keywords
    Broken(
        "SELECT ?claim WHERE {\n  ?claim a pg:Claim .\n  FILER(?claim != pg:x)\n}",
        3, 3, "`FILER` is not expected here; is FILTER meant?",
    ),
    Broken(
        "SELCT ?claim { ?claim a pg:Claim }",
        1, 1, "`SELCT` is not expected here; is SELECT meant?",
    ),
    Broken(
        "SELECT ?claim WERE { ?claim a pg:Claim }",
        1, 15, "`WERE` is not expected here; is WHERE meant?",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } ODER BY ?claim",
        1, 37, "`ODER` is not expected here; is ORDER meant?",
    ),
    Broken(
        "SELECT ?claim { OPTINAL { ?claim a pg:Claim } }",
        1, 17, "`OPTINAL` is not expected here; is OPTIONAL meant?",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim FILTER NOT EXIST { ?claim pg:about ?x } }",
        1, 46, "`EXIST` is not expected here; is EXISTS meant?",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } ORDER ?claim",
        1, 43, "`?claim` is not expected here; expected: BY",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } LIMIT ten",
        1, 43, "`ten` is not expected here; expected: a whole number",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } LIMIT",
        1, 42, "the text ends too early; expected: a whole number",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } OFFSET -1",
        1, 44, "`-1` is not expected here; expected: a whole number",
    ),
    Broken(
        "WHERE { ?claim a pg:Claim }",
        1, 1, "a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE, not `WHERE`",
    ),
    Broken(
        "?claim a pg:Claim",
        1, 1, "a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE, not `?claim`",
    ),
    Broken(
        "# nothing but a remark\n",
        1, 1, "the query itself is missing",
    ),
    Broken(
        "SELECT ?claim { ?claim A pg:Claim }",
        1, 24, "`A` is written as a small letter here",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim FILTER(TRUE) }",
        1, 42, "`TRUE` is written in small letters",
    ),
    # -- variables and names
    Broken(
        "SELECT claim WHERE { ?claim a pg:Claim }",
        1, 8, "a variable begins with `?`: is `?claim` meant?",
    ),
    Broken(
        "SELECT ?claim WHERE { claim a pg:Claim }",
        1, 23, "a variable begins with `?`: is `?claim` meant?",
    ),
    Broken(
        "SELECT ?claim WHERE { ?claim a Claim }",
        1, 32, '`Claim` alone is no variable (`?x`), no name (`pg:about`) and no text (`"x"`)',
    ),
    Broken(
        "SELECT ?claim WHERE { ?claim about pg:amnesty }",
        1, 30, "`about` alone is no variable (`?x`) and no name (`pg:about`)",
    ),
    Broken(
        "SELECT (COUNT(*) AS number) { ?claim a pg:Claim }",
        1, 21, "`number` is not expected here; a variable begins with `?`",
    ),
    Broken(
        "SELECT ?label { ?x rdfs:label ?label FILTER(LANG(?label) = en) }",
        1, 60, '`en` alone is no variable (`?x`), no name (`pg:about`) and no text (`"x"`)',
    ),
    Broken(
        "SELECT ?my-claim { ?my-claim a pg:Claim }",
        1, 11, "the name of a variable holds letters, digits and `_`, but no `-`",
    ),
    Broken(
        "SELECT * { ? claim a pg:Claim }",
        1, 12, "the name of a variable follows `?` at once",
    ),
    Broken(
        "SELECT * { $ claim a pg:Claim }",
        1, 12, "the name of a variable follows `$` at once",
    ),
    Broken(
        "SELECT ?claim { ?claim nope:about ?x }",
        1, 24, "the prefix nope: is not declared",
    ),
    Broken(
        "SELECT ?claim { ?claim PG:about ?x }",
        1, 24, "the prefix PG: is not declared; is pg: meant?",
    ),
    Broken(
        "SELECT ?claim { ?claim rdsf:label ?x }",
        1, 24, "the prefix rdsf: is not declared; is rdfs: meant?",
    ),
    Broken(
        "SELECT ?name { ?actor foaf:name ?name }",
        1, 23, "the prefix foaf: is not declared; `PREFIX foaf: <http://xmlns.com/foaf/0.1/>` declares it",
    ),
    Broken(
        "SELECT ?claim { ?claim :about ?x }",
        1, 24, "the prefix : is not declared",
    ),
    Broken(
        "SELECT ?claim { ?claim pg:about http://example.org/a }",
        1, 33, "an IRI stands between `<` and `>`: `<http://example.org/a>`",
    ),
    Broken(
        "SELECT ?claim { ?claim <http://example.org/about ?x }",
        1, 24, "the IRI that begins here is not closed by `>` before a space or the end of its line",
    ),
    Broken(
        "SELECT ?claim { ?claim <http://example.org/{about}> ?x }",
        1, 24, "the IRI that begins here holds a character that no IRI has",
    ),
    Broken(
        "SELECT ?claim { ?claim <http://[about/> ?x }",
        1, 24, "`<http://[about/>` is no IRI",
    ),
    # -- before the query
    Broken(
        "@base <http://example.org/> .\nSELECT * { ?s <a> ?o }",
        1, 1, "in SPARQL this is BASE, without `@` and without the point at its end",
    ),
    Broken(
        "PREFIX <http://example.org/>\nSELECT * { ?s <a> ?o }",
        1, 8, "after PREFIX stand a name with its colon and an IRI: `PREFIX name: <...>`",
    ),
    Broken(
        "@prefix ex: <http://example.org/> .\nSELECT * { ?s ex:a ?o }",
        1, 1, "in SPARQL this is PREFIX, without `@` and without the point at its end",
    ),
    Broken(
        "PREFIX ex <http://example.org/>\nSELECT * { ?s ex:a ?o }",
        1, 8, "the name of a prefix ends with a colon: `PREFIX ex: <...>`",
    ),
    Broken(
        "PREFIX ex: http://example.org/\nSELECT * { ?s ex:a ?o }",
        1, 12, "an IRI stands between `<` and `>`",
    ),
    Broken(
        "PREFIX ex: <http://example.org/> .\nSELECT * { ?s ex:a ?o }",
        1, 34, "a line of PREFIX ends with its IRI, without `.`",
    ),
    Broken(
        "PREFIX ex: <http://example.org/>",
        1, 33, "the query itself is missing",
    ),
    Broken(
        "SELECT * {\n  PREFIX ex: <http://example.org/>\n  ?s ex:a ?o\n}",
        2, 3, "PREFIX stands before the query, not in it",
    ),
    # -- braces and brackets
    Broken(
        "SELECT ?claim WHERE {\n  ?claim a pg:Claim .\n\n",
        2, 22, "the text ends, but the `{` of line 1, column 21 is still open",
    ),
    Broken(
        "SELECT ?claim WHERE {\n  OPTIONAL { ?claim a pg:Claim }\n",
        2, 33, "the text ends, but the `{` of line 1, column 21 is still open",
    ),
    Broken(
        "SELECT ?claim WHERE { ?claim a pg:Claim . }}",
        1, 44, "this `}` closes nothing: no `{` is open",
    ),
    Broken(
        "SELECT ?claim WHERE ?claim a pg:Claim",
        1, 21, "`?claim` is not expected here; expected: `{`",
    ),
    Broken(
        "SELECT ?claim { OPTIONAL ?claim a pg:Claim }",
        1, 26, "`?claim` is not expected here; expected: `{`",
    ),
    Broken(
        "SELECT ?claim { { ?claim a pg:Claim } UNION ?claim a pg:Stance }",
        1, 45, "`?claim` is not expected here; expected: `{`",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim UNION { ?claim a pg:Stance } }",
        1, 35, "both sides of UNION stand in braces: `{ ... } UNION { ... }`",
    ),
    Broken(
        "SELECT ?claim { ?claim pg:about ?x FILTER(?x = 'a' }",
        1, 52, "the `(` of line 1, column 42 is not closed before this `}`",
    ),
    Broken(
        "SELECT ?claim { ?claim pg:about ?x FILTER((?x = 'a') }",
        1, 54, "the `(` of line 1, column 42 is not closed before this `}`",
    ),
    Broken(
        "SELECT * { ?claim pg:about ?x FILTER(?x > 1 OPTIONAL { ?x a pg:Plan } }",
        1, 45, "the `(` of line 1, column 37 is not closed before `OPTIONAL`",
    ),
    Broken(
        "SELECT ?claim { GRAPH { ?claim a pg:Claim } }",
        1, 23, "`{` is not expected here; expected: a variable or an IRI",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim SELECT ?x { ?x a pg:Plan } }",
        1, 35, "a query within the pattern stands in braces of its own: `{ SELECT ... }`",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } FILTER(?claim != pg:x)",
        1, 37, "FILTER stands within the braces of the pattern",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim # }",
        1, 34, "the text ends, but the `{` of line 1, column 15 is still open",
    ),
    # -- triples
    Broken(
        "SELECT * { ?claim pg:about }",
        1, 28, "the object of the triple is missing before `}`",
    ),
    Broken(
        "SELECT * { ?claim . }",
        1, 19, "the property of the triple is missing before `.`",
    ),
    Broken(
        "SELECT * {\n  ?claim a pg:Claim\n  ?claim pg:about ?x\n}",
        3, 3, "`?claim` is not expected here: the triple before it has its three parts",
    ),
    Broken(
        "SELECT * { ?claim a pg:Claim . . ?claim pg:about ?x }",
        1, 32, "one `.` is enough",
    ),
    Broken(
        "SELECT * { ?claim a FILTER(?claim != pg:x) }",
        1, 21, "the object of the triple is missing before `FILTER`",
    ),
    Broken(
        "SELECT * { ?claim 'about' ?x }",
        1, 19, "`'about'` cannot be the property of a triple: that is a name, an IRI or a variable",
    ),
    # -- texts
    Broken(
        "SELECT * { ?x rdfs:label 'plan }",
        1, 26, "the quoted text that begins here is not closed by `'` in its line",
    ),
    Broken(
        'SELECT * { ?x rdfs:label "plan\n}',
        1, 26, 'the quoted text that begins here is not closed by `"` in its line',
    ),
    Broken(
        'SELECT * { ?x rdfs:label """plan }',
        1, 26, 'the quoted text that begins here is never closed by `"""`',
    ),
    Broken(
        "SELECT * { ?x rdfs:label 'it's a plan' }",
        1, 30, "the quoted text ends before this; inside of it `'` is written `\\'`",
    ),
    Broken(
        "SELECT * { ?x rdfs:label “plan” }",
        1, 26, '`“` is a typographic quote; write `"` or `\'`',
    ),
    Broken(
        "SELECT * { ?x rdfs:label\xa0'plan' }",
        1, 25, "U+00A0 stands here: it looks like a space and is none",
    ),
    Broken(
        "SELECT * { ?x rdfs:label 'plan'@ en }",
        1, 32, "after `@` stands a language at once, as in `@en`",
    ),
    Broken(
        "SELECT * { ?x rdfs:label 'a \\plan' }",
        1, 29, "in a quoted text `\\` stands only before t, b, n, r, f, u, a quote or another `\\`",
    ),
    # -- conditions
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y == 1) }",
        1, 38, "equal is written with one `=`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y <> 1) }",
        1, 38, "unequal is written `!=`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y => 1) }",
        1, 38, "at least is written `>=`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y =< 1) }",
        1, 38, "at most is written `<=`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y = 1 AND ?x = 2) }",
        1, 41, "`and` is written `&&`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y = 1 or ?x = 2) }",
        1, 41, "`or` is written `||`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y = 1 & ?x = 2) }",
        1, 41, "`and` is written `&&`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(NOT ?y) }",
        1, 38, "NOT stands before EXISTS or IN only; a condition is negated by `!(...)`",
    ),
    Broken(
        "SELECT * { ?x rdfs:label ?y FILTER(?y LIKE 'a%') }",
        1, 39, "there is no LIKE: CONTAINS, STRSTARTS and REGEX compare texts",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y IS NOT NULL) }",
        1, 37, "there is no IS: `BOUND(?x)` and `!BOUND(?x)` tell whether there is a value",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y = NULL) }",
        1, 39, "there is no NULL: `BOUND(?x)` tells whether there is a value",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y BETWEEN 1 AND 2) }",
        1, 37, "there is no BETWEEN: write two comparisons and `&&`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER ?y > 1 }",
        1, 34, "the condition of FILTER stands in brackets: `FILTER(...)`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER !BOUND(?y) }",
        1, 34, "the condition of FILTER stands in brackets: `FILTER(...)`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER STR(?y) = 'a' }",
        1, 42, "the whole condition of FILTER stands in brackets: `FILTER(...)`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y IN 1, 2) }",
        1, 40, "`1` is not expected here; expected: `(`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(?y IN (1, 2,)) }",
        1, 46, "a value is missing between `,` and `)`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(STARTSWITH(?y, 'a')) }",
        1, 34, "STARTSWITH is called STRSTARTS here",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(SUBSTRING(?y, 1) = 'a') }",
        1, 34, "there is no function `SUBSTRING`; is SUBSTR meant?",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(levenshtein(?y, 'a') < 2) }",
        1, 34, "there is no function `levenshtein`",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(STRSTARTS(?y)) }",
        1, 46, "STRSTARTS takes more values than these",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(STRLEN(?y, 1) > 2) }",
        1, 43, "STRLEN takes no further value",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(REGEX(?y 'a')) }",
        1, 43, "commas stand between the values of REGEX",
    ),
    Broken(
        "SELECT * { ?x pg:about ?y FILTER(CONCAT (?y, 'a') = 'ba') }",
        1, 41, "CONCAT wants its bracket at once, without a space before it",
    ),
    # -- SELECT and what follows the pattern
    Broken(
        "SELECT count(?claim) WHERE { ?claim a pg:Claim }",
        1, 8, "COUNT stands in brackets in SELECT and gets a name: `(COUNT(...) AS ?name)`",
    ),
    Broken(
        "SELECT COUNT(*) AS ?n { ?claim a pg:Claim }",
        1, 8, "COUNT stands in brackets in SELECT and gets a name: `(COUNT(...) AS ?name)`",
    ),
    Broken(
        "SELECT (COUNT(?claim)) { ?claim a pg:Claim }",
        1, 22, "a name for the value is missing before this `)`: `AS ?name`",
    ),
    Broken(
        "SELECT ?claim AS ?c { ?claim a pg:Claim }",
        1, 15, "AS stands in brackets: `(... AS ?name)`",
    ),
    Broken(
        "SELECT DISTINCT(?claim) { ?claim a pg:Claim }",
        1, 23, "DISTINCT takes no brackets: `SELECT DISTINCT ?x`",
    ),
    Broken(
        "SELECT ?claim, ?x { ?claim pg:about ?x }",
        1, 14, "SELECT takes no commas",
    ),
    Broken(
        "SELECT WHERE { ?claim a pg:Claim }",
        1, 8, "after SELECT stand variables, or `*` for all",
    ),
    Broken(
        "SELECT TOP 10 ?claim { ?claim a pg:Claim }",
        1, 8, "there is no TOP; LIMIT at the end of the query does it",
    ),
    Broken(
        "SELECT ?claim LIMIT 10 WHERE { ?claim a pg:Claim }",
        1, 15, "LIMIT stands after the pattern, behind its `}`",
    ),
    Broken(
        "SELECT ?claim {\n  ?claim a pg:Claim\n  LIMIT 10\n}",
        3, 3, "LIMIT stands after the pattern, but the `{` of line 1, column 15 is still open",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } LIMIT 10 ORDER BY ?claim",
        1, 46, "ORDER BY stands before LIMIT",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } ORDER BY ?claim GROUP BY ?claim",
        1, 53, "GROUP BY stands before ORDER BY",
    ),
    Broken(
        "SELECT ?x (COUNT(?claim) AS ?n) { ?claim pg:about ?x } GROUP BY ?x ORDER BY ?n HAVING (?n > 1)",
        1, 80, "HAVING stands before ORDER BY",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } ORDER BY ?claim DESC",
        1, 57, "DESC stands before its variable, in brackets: `DESC(?x)`",
    ),
    Broken(
        "SELECT ?claim { ?claim pg:about ?x } ORDER BY ?claim, ?x",
        1, 53, "ORDER BY takes no commas",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } LIMIT 10, 20",
        1, 45, "LIMIT takes one number; OFFSET says how many answers to pass over",
    ),
    Broken(
        "SELECT ?x (COUNT(?claim) AS ?n) { ?claim pg:about ?x } GROUP BY ?x HAVING COUNT(?claim) > 1",
        1, 89, "the whole condition of HAVING stands in brackets: `HAVING(...)`",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim };",
        1, 36, "no `;` stands at the end of a query",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim } SELECT ?x { ?x a pg:Plan }",
        1, 37, "a second query begins here; a request holds one",
    ),
    Broken(
        "SELECT ?claim { VALUES ?claim { 1, 2 } }",
        1, 34, "VALUES takes no commas",
    ),
    Broken(
        "SELECT ?claim { VALUES (?claim ?x) { 1 2 } }",
        1, 38, "`1` is not expected here; expected: `(` or `}`",
    ),
    Broken(
        "SELECT ?claim { VALUES (?claim ?x) { (1) } }",
        1, 38, "variables of VALUES: 2, values in this row: 1; UNDEF stands for no value",
    ),
    Broken(
        "SELECT ?x { ?claim pg:about ?x } BINDINGS ?x { (1) }",
        1, 34, "BINDINGS is called VALUES now",
    ),
    Broken(
        "SELECT ?claim { BIND(1 ?claim) }",
        1, 24, "`?claim` is not expected here; AS stands before the variable that gets the value",
    ),
    Broken(
        "SELECT ?claim { BIND(STR(1)) }",
        1, 28, "a name for the value is missing before this `)`: `AS ?name`",
    ),
    # -- variables and their values
    Broken(
        "SELECT ?x (COUNT(?claim) AS ?n) { ?claim pg:about ?x }",
        1, 8, "`?x` is neither counted nor in GROUP BY, so it has no single value here",
    ),
    Broken(
        "SELECT (CONCAT(?x, 'a') AS ?y) (COUNT(?claim) AS ?n) { ?claim pg:about ?x }",
        1, 16, "`?x` is neither counted nor in GROUP BY, so it has no single value here",
    ),
    Broken(
        "SELECT * { ?claim pg:about ?x } GROUP BY ?x",
        1, 8, "`*` cannot stand beside GROUP BY or COUNT and its like; name the variables",
    ),
    Broken(
        "SELECT ?claim ?claim { ?claim a pg:Claim }",
        1, 15, "`?claim` stands twice in SELECT",
    ),
    Broken(
        "SELECT (STR(?claim) AS ?claim) { ?claim a pg:Claim }",
        1, 24, "AS makes a new variable, but `?claim` is there already",
    ),
    Broken(
        "SELECT * { ?claim a pg:Claim BIND(STR(?claim) AS ?claim) }",
        1, 50, "BIND makes a new variable, but `?claim` is in the pattern before it",
    ),
    Broken(
        "SELECT ?claim { ?claim a pg:Claim FILTER(COUNT(?claim) > 1) }",
        1, 42, "COUNT cannot stand in FILTER or BIND; it belongs in SELECT, HAVING or ORDER BY",
    ),
    Broken(
        "SELECT * { _:a a pg:Claim OPTIONAL { _:a pg:about ?x } }",
        1, 38, "`_:a` stands in another part of the pattern too; parts share variables, not blank nodes",
    ),
    Broken(
        "SELECT * { ?x rdfs:label ?y } LIMIT 99999999999999999999999",
        1, 37, "`99999999999999999999999` is larger than any number that is taken here",
    ),
)  # fmt: skip
