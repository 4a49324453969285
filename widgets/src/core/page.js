// A widget as a page of its own, which needs no kernel and no network; what `save("x.html")` writes in
// Python.

const SHIM = `
const text = (id) => document.getElementById(id).textContent;
const state = JSON.parse(text("state"));
for (const [name, data] of Object.entries(JSON.parse(text("data")))) {
  state[name] = new DataView(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
}
const model = { get: (n) => state[n], set: (n, v) => { state[n] = v; }, on() {}, off() {}, send() {},
  save_changes() {} };
const source = new Blob([JSON.parse(text("module"))], { type: "text/javascript" });
const { default: widget } = await import(URL.createObjectURL(source));
widget.initialize?.({ model });
widget.render({ model, el: document.getElementById("place") });
`;

/**
 * @typedef {object} Parts  what a page is made from
 * @property {string} module  the widget's code
 * @property {string} css
 * @property {Record<string, any>} state  the traits that JSON can hold
 * @property {Record<string, DataView | undefined>} [data]  those that are bytes
 */

/** The text of a page. @param {string} title @param {Parts} parts */
export function page(title, { module, css, state, data = {} }) {
  const script = (/** @type {string} */ id, /** @type {any} */ value) =>
    `<script type="application/json" id="${id}">${JSON.stringify(value).replace(/</g, "\\u003c")}</script>`;
  const name = title.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  const texts = Object.entries(data)
    .filter(([, bytes]) => bytes?.byteLength)
    .map(([key, bytes]) => [key, base64(/** @type {DataView} */ (bytes))]);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta name="color-scheme" content="light dark"><title>${name}</title>`,
    "<style>body { margin: 1.5rem auto; max-width: 70rem; padding: 0 1rem;",
    "font-family: system-ui, sans-serif; background: Canvas; color: CanvasText; }",
    `${css.replace(/<\//g, "<\\/")}</style></head><body><div id="place"></div>`,
    script("module", module),
    script("state", state),
    script("data", Object.fromEntries(texts)),
    `<script type="module">${SHIM}</script></body></html>`,
  ].join("\n");
}

/**
 * The parts of the page of a widget: its own code, which a notebook's model has and so has a page
 * like the above, and what it shows.
 *
 * @param {{ get: (name: string) => any }} model
 * @param {Record<string, any>} state  the traits that JSON can hold
 * @param {Record<string, DataView | undefined>} [data]  those that are bytes
 * @returns {Parts}
 */
export function partsOf(model, state, data) {
  return {
    module: model.get("_esm") ?? JSON.parse(document.getElementById("module")?.textContent ?? '""'),
    css: model.get("_css") ?? document.querySelector("style")?.textContent ?? "",
    state: { _key: "page", ...state },
    data,
  };
}

/** @param {DataView} view */
function base64({ buffer, byteOffset, byteLength }) {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}
