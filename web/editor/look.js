// How the editor looks: in the colours of the page, which reach into the shadow root as custom properties.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const frame = EditorView.theme({
  "&": { height: "100%", fontSize: "0.9rem", color: "var(--text)", backgroundColor: "var(--surface)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { overflow: "auto", lineHeight: "1.5", fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" },
  ".cm-content": { padding: "0.5rem 0", caretColor: "var(--text)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--agrees-ground)" },
  ".cm-activeLine": { backgroundColor: "var(--sunken)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--quiet)", border: "none" },
  ".cm-activeLineGutter": { backgroundColor: "var(--sunken)", color: "var(--text)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--agrees-ground)", outline: "1px solid var(--agrees)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--contradicts-ground)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--quiet)", borderRadius: "0.3rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", color: "inherit" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-tooltip.cm-completionInfo": { padding: "0.4rem 0.6rem", maxWidth: "22rem" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--denies) 1.5px", textUnderlineOffset: "0.25em" },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--denies)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--denies)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: "var(--link)", fontWeight: "700" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--only)" },
  { tag: [tags.string, tags.annotation], color: "var(--contradicts)" },
  { tag: [tags.integer, tags.float, tags.number, tags.bool], color: "var(--denies)" },
  { tag: [tags.url, tags.link, tags.namespace, tags.propertyName, tags.className, tags.typeName], color: "var(--agrees)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

/** The look, for colours that are dark or light. */
export function dress(dark) {
  return [frame, syntaxHighlighting(colours), EditorView.darkTheme.of(dark)];
}
