// The queries that were sent from this browser, which alone keeps them: the latest first, each once.

const KEY = "plangraph.queries";
const MOST = 20;

/** The texts that are kept; none where the browser keeps nothing, or something else stands there. */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}

/** Keep these and no others; a browser that refuses keeps what it has. */
function write(texts) {
  try {
    localStorage.setItem(KEY, JSON.stringify(texts.slice(0, MOST)));
  } catch {
    // full, or not allowed: a query runs without being kept
  }
}

/** What tells a query apart on one line: it without the prefixes and comments before it. */
function name(text) {
  const lines = text.split("\n").map((line) => line.trim());
  const said = lines.filter((line) => line && !/^(#|prefix\s|base\s)/i.test(line));
  return (said.join(" ") || text.trim()).slice(0, 120);
}

/** Fill the list of the page, which stays hidden while there is nothing; `put` puts a text into the editor. */
export function tellPast(list, put) {
  const texts = read();
  list.hidden = texts.length === 0;
  list.querySelector("ol").replaceChildren(
    ...texts.map((text) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name(text);
      button.title = text;
      button.addEventListener("click", () => put(text));
      item.append(button);
      return item;
    }),
  );
  list.querySelector("button.forget").onclick = () => {
    write([]);
    list.hidden = true;
  };
}

/** A query that is sent now. */
export function keep(text) {
  if (text.trim()) {
    write([text, ...read().filter((kept) => kept !== text)]);
  }
}
