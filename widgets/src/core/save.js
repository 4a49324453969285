// Files for the reader, by the kind that a button names.

import { download } from "./dom.js";
import { png } from "./image.js";

const TYPES = { svg: "image/svg+xml", html: "text/html", csv: "text/csv" };

/**
 * Give the reader a file with what a widget shows; a PNG is made from the SVG.
 *
 * @param {string} kind  "png", or one of what there is
 * @param {string} title  what the file is called
 * @param {{ svg: () => string, html?: () => string, csv?: () => string }} texts
 */
export async function save(kind, title, texts) {
  const name = `${title.replace(/[^\w.-]+/g, "-")}.${kind}`;
  if (kind === "png") return download(name, await png(texts.svg()));
  const own = /** @type {keyof typeof TYPES} */ (kind);
  const text = texts[own]?.();
  if (text === undefined) throw new Error(`there is no ${kind}`);
  return download(name, new Blob([text], { type: TYPES[own] }));
}
