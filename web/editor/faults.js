// What is wrong with the text: where the grammar stumbles, at once; what the service said of it, until it is changed.

import { syntaxTree } from "@codemirror/language";
import { forEachDiagnostic, linter } from "@codemirror/lint";

/** How many places are marked: one mistake makes the grammar stumble over much that follows. */
const MARKED = 3;

/** The marks. `fault` has line and column from 1 and a message, of the text as it is now; `words` are phrases. */
export function markFaults(fault, text, words) {
  return linter(
    (view) => {
      const document = view.state.doc;
      if (fault && document.toString() === text) {
        return [placeFault(document, fault)];
      }
      return findStumbles(view.state).map(([from, to]) => ({
        from,
        to,
        severity: "error",
        message: fill(words.unexpected, { text: document.sliceString(from, to).trim().slice(0, 40) || "…" }),
      }));
    },
    { delay: 250 },
  );
}

/** The place of a fault. The service counts columns in characters, of which the editor holds some as two. */
function placeFault(document, { line, column, message }) {
  const held = document.line(Math.min(Math.max(line, 1), document.lines));
  const at = held.from + [...held.text].slice(0, Math.max(column - 1, 0)).join("").length;
  const after = document.sliceString(at, held.to).match(/^[\p{L}\p{N}_:?$-]+|^\S/u)?.[0].length ?? 0;
  const before = after ? 0 : document.sliceString(held.from, at).match(/[\p{L}\p{N}_:?$-]*\s*$/u)[0].length; // it names the end of a word
  return { from: at - before, to: at + after, severity: "error", message, column };
}

/** Where the grammar stumbles, as ranges that hold at least one letter where there is one. */
function findStumbles(state) {
  const found = [];
  syntaxTree(state).iterate({
    enter(node) {
      if (node.type.isError && found.length < MARKED && (!found.length || node.from > found.at(-1)[1])) {
        const line = state.doc.lineAt(node.from);
        const to = node.to > node.from ? Math.min(node.to, line.to) : Math.min(node.from + 1, line.to);
        found.push(to > node.from ? [node.from, to] : [Math.max(line.from, node.from - 1), node.from]);
      }
    },
  });
  return found;
}

/** The first fault that is marked, in words; nothing where there is none. */
export function tellFirst(state, words) {
  let told = "";
  forEachDiagnostic(state, (diagnostic, from) => {
    if (!told) {
      const line = state.doc.lineAt(from);
      const column = diagnostic.column ?? from - line.from + 1;
      told = fill(words.place, { line: line.number, column, message: diagnostic.message });
    }
  });
  return told;
}

function fill(phrase, gaps) {
  return phrase.replace(/\{(\w+)\}/g, (_, name) => gaps[name]);
}
