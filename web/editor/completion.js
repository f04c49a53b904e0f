// Completion: the terms that the data uses, as its VoID description counts them, our prefixes, the variables
// of the text, and the words of SPARQL.

import { autocompletion } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";

const WORDS = (
  "SELECT DISTINCT REDUCED CONSTRUCT DESCRIBE ASK FROM NAMED WHERE GRAPH OPTIONAL UNION MINUS FILTER EXISTS NOT " +
  "BIND VALUES UNDEF GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET AS IN PREFIX BASE COUNT SUM MIN MAX AVG SAMPLE " +
  "GROUP_CONCAT SEPARATOR BOUND IF COALESCE STR LANG LANGMATCHES DATATYPE IRI STRLEN SUBSTR UCASE LCASE STRSTARTS " +
  "STRENDS CONTAINS STRBEFORE STRAFTER CONCAT REPLACE REGEX ABS ROUND CEIL FLOOR YEAR MONTH DAY"
).split(" ");
const AT = /[?$]\w*$|[A-Za-z][\w-]*:?[\w.-]*$|:[\w.-]*$/;
const NO_PLACE = /Comment|String|IRIREF/i;
const LOCAL = /^[A-Za-z0-9_][\w-]*$/;

/** The extension. `prefixes` are by name; `terms` is the address of the terms, asked for when first needed. */
export function complete({ prefixes, terms }) {
  const fixed = [
    ...Object.entries(prefixes).map(([name, iri]) => ({ label: `${name}:`, type: "namespace", detail: iri, boost: -1 })),
    ...WORDS.map((label) => ({ label, type: "keyword", boost: -2 })),
  ];
  let known = null;

  async function suggest(context) {
    const word = context.matchBefore(AT);
    if ((!word && !context.explicit) || NO_PLACE.test(syntaxTree(context.state).resolveInner(context.pos, -1).name)) {
      return null;
    }
    const from = word ? word.from : context.pos;
    if (word && /^[?$]/.test(word.text)) {
      return { from, options: listVariables(context.state.doc.toString(), word.text), validFor: /^[?$]\w*$/ };
    }
    known ??= fetchTerms(terms, prefixes);
    const classes = /(?:^|\s)a\s+$/.test(context.state.sliceDoc(Math.max(0, from - 20), from));
    const found = (await known).map((entry) => ({ ...entry, boost: entry.type === "class" && classes ? 50 : entry.boost }));
    return { from, options: [...found, ...fixed], validFor: /^[\w.:-]*$/ };
  }

  return autocompletion({ override: [suggest], activateOnTyping: true, icons: false });
}

function listVariables(text, typed) {
  const names = new Set(text.match(/[?$]\w+/g) ?? []);
  names.delete(typed);
  return [...names].map((label) => ({ label, type: "variable" }));
}

/** The terms, those used most first; none where the service does not tell them. */
async function fetchTerms(address, prefixes) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/sparql-results+json" } });
    const rows = answer.ok ? (await answer.json()).results.bindings : [];
    return rows.flatMap((row, place) => writeTerm(row, prefixes, 40 - (80 * place) / rows.length));
  } catch {
    return [];
  }
}

function writeTerm({ term, kind, label, about }, prefixes, boost) {
  const [name, iri] = Object.entries(prefixes).find(([, base]) => term.value.startsWith(base) && LOCAL.test(term.value.slice(base.length))) ?? [];
  if (name === undefined) {
    return [];
  }
  const entry = { label: `${name}:${term.value.slice(iri.length)}`, type: kind.value, detail: label?.value, boost };
  return [about ? { ...entry, info: about.value } : entry];
}
