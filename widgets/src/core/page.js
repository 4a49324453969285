// A widget as a page of its own, which needs no kernel and no network.

const SHIM = `
const text = (id) => document.getElementById(id).textContent;
const state = JSON.parse(text("state"));
const model = { get: (n) => state[n], set: (n, v) => { state[n] = v; }, on() {}, off() {}, send() {},
  save_changes() {} };
const source = new Blob([JSON.parse(text("module"))], { type: "text/javascript" });
const { default: widget } = await import(URL.createObjectURL(source));
widget.initialize({ model });
widget.render({ model, el: document.getElementById("place") });
`;

/**
 * @typedef {{ module: string, css: string, state: any }} Parts  what a page is made from
 */

/**
 * The parts of the page of a widget: its own code, and what it shows.
 *
 * @param {import("../curves/index.js").Model} model
 * @param {any} state  the traits that it needs
 * @returns {Parts}
 */
export function partsOf(model, state) {
  const own = document.getElementById("module")?.textContent ?? '""'; // on such a page already
  return {
    module: model.get("_esm") ?? JSON.parse(own),
    css: model.get("_css") ?? document.querySelector("style")?.textContent ?? "",
    state: { _key: "page", ...state },
  };
}

/**
 * One page that shows a widget.
 *
 * @param {string} title
 * @param {Parts} parts
 */
export function page(title, { module, css, state }) {
  const data = (/** @type {string} */ id, /** @type {any} */ value) =>
    `<script type="application/json" id="${id}">${JSON.stringify(value).replace(/</g, "\\u003c")}</script>`;
  const name = title.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta name="color-scheme" content="light dark"><title>${name}</title>`,
    "<style>body { margin: 1.5rem auto; max-width: 70rem; padding: 0 1rem;",
    "font-family: system-ui, sans-serif; background: Canvas; color: CanvasText; }",
    `${css.replace(/<\//g, "<\\/")}</style></head><body><div id="place"></div>`,
    data("module", module),
    data("state", state),
    `<script type="module">${SHIM}</script></body></html>`,
  ].join("\n");
}
