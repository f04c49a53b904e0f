// Hover and focus show at once what ?follow= shows in a page of its own. Claims are followed, never lines:
// a box or line is strong where one of the claims of the chosen one passes, whatever else it is joined to.

const read = (text) => {
  const found = new Set();
  for (const run of text.split(" ")) {
    const [first, last = first] = run.split("-").map(Number);
    for (let claim = first; claim <= last; claim += 1) found.add(claim);
  }
  return found;
};

const shares = (one, other) => {
  const [few, many] = one.size < other.size ? [one, other] : [other, one];
  for (const claim of few) if (many.has(claim)) return true;
  return false;
};

for (const drawing of document.querySelectorAll("svg.ways")) {
  const parts = [...drawing.querySelectorAll("[data-claims]")];
  const claims = new Map(parts.map((part) => [part, read(part.dataset.claims)]));
  const stood = new Map(parts.map((part) => [part, part.getAttribute("class")]));
  const restore = () => {
    for (const part of parts) part.setAttribute("class", stood.get(part));
  };
  const follow = (chosen) => {
    const followed = claims.get(chosen);
    for (const part of parts) {
      const strong = shares(claims.get(part), followed);
      part.classList.toggle("strong", strong);
      part.classList.toggle("faint", !strong);
    }
  };
  const notice = (event) => {
    const part = event.target.closest("[data-claims]");
    if (part) follow(part);
    else restore();
  };
  drawing.addEventListener("pointerover", notice);
  drawing.addEventListener("pointerleave", restore);
  drawing.addEventListener("focusin", notice);
  drawing.addEventListener("focusout", restore);
}
