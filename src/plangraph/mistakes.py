"""The slips that people make in SPARQL, as a table: the first row that fits tells what went wrong.

Only what is certain stands here. Where a point is missing between two triples much else may be wrong, so
that nothing is said of it.
"""

from __future__ import annotations

from typing import Final

from plangraph.slips import ELSEWHERE, FUNCTIONS, Slip, fill
from plangraph.stumbles import Stumble

LIKE_SPACE: Final = "[\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]"
CALL: Final = " ".join(sorted(FUNCTIONS))
ADDRESS: Final = r"<[A-Za-z][\w+.-]*:[^<>\s]*"
TERM: Final = r"[?$]\w|<[^\s<>]*>|[\"']|[\w.-]*:|_:"
MODIFIER: Final = r"(?:LIMIT|OFFSET|ORDER|GROUP|HAVING)\b"
COMPARING: Final = r"!=|[=<>+*/-]|&&|\|\||(?:IN|NOT)\b"
ENDING: Final = r"[}\]).;,]|\Z|(?:FILTER|OPTIONAL|BIND|UNION|MINUS|GRAPH|VALUES|LIMIT|ORDER|GROUP)\b"

SLIPS: Final = (
    # -- characters, texts, IRIs
    Slip(kind="unclosed", found=r"\"\"\"|'''",
         says="the quoted text that begins here is never closed by `{found}`"),
    Slip(kind="unclosed", says="the quoted text that begins here is not closed by `{found}` in its line"),
    Slip(kind="other", found="[“”„«»‘’‚‹›´]", says="`{found}` is a typographic quote; write `\"` or `'`"),
    Slip(kind="other", found=LIKE_SPACE, says="{code} stands here: it looks like a space and is none"),
    Slip(last=r"([\"']).*\1", found=r"\w", joined=True,
         says="the quoted text ends before this; inside of it `{quote}` is written `\\{quote}`"),
    Slip(kind="<", found=rf"{ADDRESS}(?:\s|\Z)",
         says="the IRI that begins here is not closed by `>` before a space or the end of its line"),
    Slip(kind="<", found=rf"{ADDRESS}>", says="the IRI that begins here holds a character that no IRI has"),
    Slip(kind="other", found="@", says="after `@` stands a language at once, as in `@en`"),
    Slip(kind="other", found=r"\$", says="the name of a variable follows `$` at once"),
    Slip(kind="?", expects="variable", says="the name of a variable follows `?` at once"),
    Slip(kind="- signed", last=r"[?$]\w+", joined=True, lacks="-",
         says="the name of a variable holds letters, digits and `_`, but no `-`"),
    # -- before the query
    Slip(found="@prefix", expects="PREFIX",
         says="in SPARQL this is PREFIX, without `@` and without the point at its end"),
    Slip(found="@base", expects="BASE",
         says="in SPARQL this is BASE, without `@` and without the point at its end"),
    Slip(found="[.;,]", last="<.*>", expects="PREFIX",
         says="a line of PREFIX ends with its IRI, without `{found}`"),
    Slip(kind="word", last="PREFIX", says="the name of a prefix ends with a colon: `PREFIX {found}: <...>`"),
    Slip(last="PREFIX", says="after PREFIX stand a name with its colon and an IRI: `PREFIX name: <...>`"),
    Slip(last=r"[\w.-]*:|BASE", expects="iri", lacks="name", says="an IRI stands between `<` and `>`"),
    Slip(kind="PREFIX BASE", says="{word} stands before the query, not in it"),
    Slip(kind="end", expects="SELECT ASK", says="the query itself is missing"),
    # -- the order of what follows the pattern
    Slip(kind="GROUP", clause="HAVING ORDER LIMIT OFFSET", says="{word} stands before {clause}"),
    Slip(kind="HAVING", clause="ORDER LIMIT OFFSET", says="{word} stands before {clause}"),
    Slip(kind="ORDER", clause="LIMIT OFFSET", says="{word} stands before {clause}"),
    # -- brackets
    Slip(kind="end", within="( [ { << <<( {|",
         says="the text ends, but the `{open}` of {where} is still open"),
    Slip(kind=") ] }", within="none", says="this `{found}` closes nothing: no `{opening}` is open"),
    Slip(kind=") ] }", ready=True, says="the `{open}` of {where} is not closed before this `{found}`"),
    Slip(found=MODIFIER, within="{", expects="FILTER",
         says="{word} stands after the pattern, but the `{open}` of {where} is still open"),
    Slip(found=rf"{MODIFIER}|(?:FILTER|OPTIONAL|BIND|UNION|WHERE|SELECT)\b|{{", within="(", ready=True,
         says="the `{open}` of {where} is not closed before `{found}`"),
    # -- words
    Slip(kind="word", named=True, expects="variable",
         says="a variable begins with `?`: is `?{found}` meant?"),
    Slip(kind="word", found=rf"(?:{'|'.join(ELSEWHERE)})\s*\(", expects="STR",
         says="{word} is called {elsewhere} here"),
    Slip(kind="word", found=r"\w+\s*\(", expects="STR", near=True,
         says="there is no function `{found}`; is {near} meant?"),
    Slip(kind="word", found=r"\w+\s*\(", expects="STR", says="there is no function `{found}`"),
    Slip(kind="word", found=r"(?:TRUE|FALSE)\b", expects="true",
         says="`{found}` is written in small letters"),
    Slip(kind="word", found=r"A\b", expects="a", says="`{found}` is written as a small letter here"),
    Slip(found=r"TOP\s+\d", clause="SELECT",
         says="there is no TOP; LIMIT at the end of the query does it"),
    Slip(found=r"BINDINGS\b", expects="VALUES", says="BINDINGS is called VALUES now"),
    Slip(kind="word", near=True, says="`{found}` is not expected here; is {near} meant?"),
    Slip(found=r"AND\b|&", expects="&&", says="`and` is written `&&`"),
    Slip(found=r"OR\b|\|", expects="||", says="`or` is written `||`"),
    Slip(found=r"LIKE\b", expects="=", says="there is no LIKE: CONTAINS, STRSTARTS and REGEX compare texts"),
    Slip(found=r"IS\b", expects="=",
         says="there is no IS: `BOUND(?x)` and `!BOUND(?x)` tell whether there is a value"),
    Slip(found=r"BETWEEN\b", expects="=", says="there is no BETWEEN: write two comparisons and `&&`"),
    Slip(found=r"NULL\b", expects="true",
         says="there is no NULL: `BOUND(?x)` tells whether there is a value"),
    Slip(last="NOT", expects="EXISTS", lacks="IN",
         says="NOT stands before EXISTS or IN only; a condition is negated by `!(...)`"),
    Slip(kind="word", expects="variable", lacks="name",
         says="`{found}` is not expected here; a variable begins with `?`"),
    Slip(kind="word", expects="name string",
         says="`{found}` alone is no variable (`?x`), no name (`pg:about`) and no text (`\"x\"`)"),
    Slip(kind="word", expects="name", says="`{found}` alone is no variable (`?x`) and no name (`pg:about`)"),
    # -- comparisons
    Slip(kind="=", last="=", joined=True, says="equal is written with one `=`"),
    Slip(kind=">", last="<", joined=True, says="unequal is written `!=`"),
    Slip(kind=">", last="=", joined=True, says="at least is written `>=`"),
    Slip(kind="<", last="=", joined=True, says="at most is written `<=`"),
    # -- SELECT and what follows the pattern
    Slip(found=MODIFIER, expects="{", says="{word} stands after the pattern, behind its `}}`"),
    Slip(kind="WHERE FROM {", last="SELECT|DISTINCT|REDUCED",
         says="after SELECT stand variables, or `*` for all"),
    Slip(kind=",", expects="variable", clause="SELECT DESCRIBE GROUP ORDER VALUES",
         says="{clause} takes no commas"),
    Slip(kind=",", expects="UNDEF", says="VALUES takes no commas"),
    Slip(kind=",", last=r"\d+", clause="LIMIT OFFSET",
         says="LIMIT takes one number; OFFSET says how many answers to pass over"),
    Slip(kind="AS", expects="WHERE", says="AS stands in brackets: `(... AS ?name)`"),
    Slip(found=rf"(?:{CALL.replace(' ', '|')})\s*\(", expects="variable (", clause="SELECT", lacks="STR",
         says="{word} stands in brackets in SELECT and gets a name: `({word}(...) AS ?name)`"),
    Slip(kind=")", expects="AS", call="DISTINCT REDUCED",
         says="{function} takes no brackets: `SELECT {function} ?x`"),
    Slip(kind=")", expects="AS", says="a name for the value is missing before this `)`: `AS ?name`"),
    Slip(found=r"[?$]\w+\s*\)", expects="AS",
         says="`{found}` is not expected here; AS stands before the variable that gets the value"),
    Slip(last="ASC|DESC", lacks="variable",
         says="{last} stands before its variable, in brackets: `{last}(?x)`"),
    # -- conditions
    Slip(found=TERM, last="FILTER|HAVING", says="the condition of {last} stands in brackets: `{last}(...)`"),
    Slip(found=r"[\d!.+-]", last="FILTER|HAVING",
         says="the condition of {last} stands in brackets: `{last}(...)`"),
    Slip(found=COMPARING, clause="FILTER HAVING", within="{ none",
         says="the whole condition of {clause} stands in brackets: `{clause}(...)`"),
    Slip(kind=")", last=rf",|{COMPARING}", says="a value is missing between `{last}` and `)`"),
    Slip(kind=",", expects=")", call=CALL, says="{function} takes no further value"),
    Slip(kind=")", expects=",", lacks=")", call=CALL, says="{function} takes more values than these"),
    Slip(found=TERM, expects=",", lacks=")", call=CALL, says="commas stand between the values of {function}"),
    # -- patterns
    Slip(kind="label anon nil string integer number signed true false", expects="a", lacks="label",
         says="`{found}` cannot be the property of a triple: that is a name, an IRI or a variable"),
    Slip(kind="SELECT", within="{",
         says="a query within the pattern stands in braces of its own: `{{ SELECT ... }}`"),
    Slip(kind="UNION", within="{", says="both sides of UNION stand in braces: `{{ ... }} UNION {{ ... }}`"),
    Slip(found=ENDING, expects="label", lacks="FILTER GRAPH } ) STR",
         says="the object of the triple is missing before `{found}`"),
    Slip(found=ENDING, expects="a", lacks="label } ] STR",
         says="the property of the triple is missing before `{found}`"),
    Slip(kind=".", last=r"\.", says="one `.` is enough"),
    Slip(kind="FILTER OPTIONAL BIND MINUS UNION GRAPH", within="none", expects="end",
         says="{word} stands within the braces of the pattern"),
    Slip(found=TERM, expects=". ; ,",
         says="`{found}` is not expected here: the triple before it has its three parts"),
    Slip(kind="SELECT ASK CONSTRUCT DESCRIBE", expects="end", lacks=";",
         says="a second query begins here; a request holds one"),
    Slip(found=r";\s*\Z", expects="end VALUES", says="no `;` stands at the end of a query"),
)  # fmt: skip


def find_mistake(place: Stumble) -> str:
    """What is said of the slip there; nothing where it is none of the table."""
    return next((fill(slip.says, place) for slip in SLIPS if slip.fits(place)), "")
