// The editor in the place of the text area, which stays behind it and is what the form sends.
//
// It stands in a shadow root: there its styles are objects, which a strict Content-Security-Policy allows.

import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { sparql } from "codemirror-lang-sparql";

import { complete } from "./completion.js";
import { markFaults, tellFirst } from "./faults.js";
import { dress } from "./look.js";
import { keep, tellPast } from "./past.js";

/**
 * Type over a selection without the browser's help: it would keep the look of what it replaces in an inline
 * style, which the page forbids, before the editor puts its own text there.
 */
function replaceSelection(event, view) {
  const { from, to, empty } = view.state.selection.main;
  const text = event.data;
  if (event.inputType !== "insertText" || !text || empty || event.isComposing || view.composing) {
    return false;
  }
  const write = () =>
    view.state.update({
      changes: { from, to, insert: text },
      selection: { anchor: from + text.length },
      userEvent: "input.type",
      scrollIntoView: true,
    });
  if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, write))) {
    view.dispatch(write());
  }
  return true;
}

/** Put the editor into a form; its element says in `data-editor` what the page knows. */
function mount(form) {
  const [area, host, status] = ["textarea", ".editor", ".status"].map((name) => form.querySelector(name));
  const { label, prefixes, terms, fault, words, most } = JSON.parse(host.dataset.editor);
  const text = area.value;
  const run = () => {
    form.requestSubmit();
    return true;
  };

  host.style.height = `${area.offsetHeight}px`;
  area.hidden = true;
  host.hidden = false;
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    doc: text,
    extensions: [
      keymap.of([
        { key: "Mod-Enter", run },
        { key: "Ctrl-Enter", run },
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...historyKeymap,
        ...completionKeymap,
        ...lintKeymap,
      ]),
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      bracketMatching(),
      closeBrackets(),
      EditorView.lineWrapping,
      EditorView.domEventHandlers({ beforeinput: replaceSelection }),
      EditorState.phrases.of(words.editor),
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorView.updateListener.of(({ state }) => {
        const told = tellFirst(state, words);
        if (status.textContent !== told) {
          status.textContent = told;
        }
      }),
      sparql(),
      complete({ prefixes, terms }),
      markFaults(fault, text, words),
      dress(getComputedStyle(document.documentElement).colorScheme.includes("dark")),
    ],
  });

  form.querySelector("label").addEventListener("click", () => view.focus());
  form.addEventListener("submit", () => {
    area.value = view.state.doc.toString();
    keep(area.value);
    form.method = encodeURIComponent(area.value).length > most ? "post" : "get";
  });
  tellPast(form.querySelector("details.past"), (written) => {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: written } });
    view.focus();
  });
  host.dataset.ready = "true";
}

const form = document.querySelector("form.query");
if (form) {
  mount(form);
}
