// What Vite does not make: the shapes of the map in one file, the font in the scripts of our languages, and
// one text of the licences of all of it. Runs after Vite, in this folder.

import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import ukraine from "@svg-maps/ukraine";

import { simplifyPath } from "./outline.js";

const OUT = "dist";
const FONT = "node_modules/@fontsource-variable/inter";
const MAP = "node_modules/@svg-maps/ukraine";

/** In units of the map, which is a thousand wide: below what a screen shows of it. */
const TOLERANCE = 0.5;

/** The scripts of the interface and of names: English, Ukrainian, and Latin letters with marks. */
const SUBSETS = ["latin", "latin-ext", "cyrillic", "cyrillic-ext"];

/** One drawing that pages take shapes from, each by its id; they have no colours of their own. */
function drawMap({ label, viewBox, locations }) {
  const shapes = locations.map(({ id, path }) => `<path id="${id}" d="${simplifyPath(path, TOLERANCE)}"/>`);
  const said = `${label}: @svg-maps/ukraine, CC BY 4.0, simplified. See licences.txt`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}"><!-- ${said} -->\n${shapes.join("\n")}\n</svg>\n`;
}

/** The faces of the font with their files, which are named by what is in them. */
async function copyFont() {
  const css = await readFile(`${FONT}/index.css`, "utf8");
  const faces = [];
  for (const subset of SUBSETS) {
    const name = `inter-${subset}-wght-normal`;
    const face = css.match(/@font-face\s*\{[^}]*\}/g).find((block) => block.includes(`/${name}.woff2`));
    const bytes = await readFile(`${FONT}/files/${name}.woff2`);
    const copy = `inter-${subset}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.woff2`;
    await writeFile(`${OUT}/${copy}`, bytes);
    const range = face.match(/unicode-range:\s*([^;}]+)/)[1].trim();
    faces.push(
      `@font-face { font-family: "Inter Variable"; font-style: normal; font-display: optional; ` +
        `font-weight: 100 900; src: url("${copy}") format("woff2"); unicode-range: ${range} }`,
    );
  }
  await writeFile(`${OUT}/fonts.css`, `/* Inter, SIL Open Font License 1.1. See licences.txt */\n${faces.join("\n")}\n`);
}

async function readVersion(folder) {
  return JSON.parse(await readFile(`${folder}/package.json`, "utf8")).version;
}

/** The licences of what Vite has bundled, and of the font and the map, which it has not seen. */
async function writeLicences() {
  const bundled = JSON.parse(await readFile(`${OUT}/licences.json`, "utf8"));
  const parts = [
    ...bundled.map(({ name, version, identifier, text }) => ({ title: `${name} ${version} (${identifier})`, text })),
    {
      title: `@fontsource-variable/inter ${await readVersion(FONT)} (OFL-1.1)`,
      text: await readFile(`${FONT}/LICENSE`, "utf8"),
    },
    {
      title: `@svg-maps/ukraine ${await readVersion(MAP)} (CC-BY-4.0)`,
      text:
        "Map of Ukraine by Victor Cazanave and contributors (svg-maps), https://github.com/VictorCazanave/svg-maps,\n" +
        "licensed under Creative Commons Attribution 4.0 International,\n" +
        "https://creativecommons.org/licenses/by/4.0/legalcode\n" +
        `Changed here: outlines simplified (points up to ${TOLERANCE} of 1,000 units off the line left out), names\n` +
        "and colours left out, all shapes put into one file.",
    },
  ];
  const line = "-".repeat(80);
  const head = "Parts of others that the pages of plangraph bring along, each under its own licence.";
  const texts = parts.map(({ title, text }) => `${line}\n${title}\n${line}\n\n${text.trim()}\n`);
  await writeFile(`${OUT}/licences.txt`, `${head}\n\n${texts.join("\n")}`);
  await rm(`${OUT}/licences.json`);
}

await writeFile(`${OUT}/ukraine.svg`, drawMap(ukraine));
await copyFont();
await writeLicences();
