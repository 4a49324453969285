// A graph as a file, as it is shown.

import { svg, textWidth } from "../core/shapes.js";

/** @typedef {import("../core/shapes.js").Shape} Shape */

const MARGIN = 18;
const HEAD = 36;

/** The SVG text of what is shown, with its title. @param {import("./draw.js").Pen} pen */
export function picture(pen) {
  const { layout } = pen.view;
  const { theme, data } = pen;
  const move = (/** @type {Shape} */ s) => {
    if (s.kind === "line" || s.kind === "area") {
      return { ...s, points: s.points.map(([x, y]) => [x + MARGIN, y + HEAD]) };
    }
    return { ...s, x: s.x + MARGIN, y: s.y + HEAD };
  };
  const parts = [...layout.parts.values()];
  /** @type {Shape[]} */
  const shapes = [
    ...parts.filter((p) => p.children).flatMap((p) => pen.part(p)),
    ...layout.pieces.flatMap((p) => pen.piece(p)),
    ...parts.filter((p) => !p.children).flatMap((p) => pen.part(p)),
    ...pen.labels(),
  ];
  const title = { x: MARGIN, y: 18, text: data.title, colour: theme.ink, size: 15, bold: true };
  const width = Math.max(layout.width, textWidth(data.title, 15, true)) + 2 * MARGIN;
  return svg({
    width: Math.ceil(width),
    height: Math.ceil(layout.height + HEAD + MARGIN),
    paper: theme.paper,
    sentence: data.sentence,
    shapes: [{ kind: "label", ...title }, ...shapes.map(move)],
  });
}

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
 * One page that shows the graph without a kernel.
 *
 * @param {string} title
 * @param {{ module: string, css: string, state: any }} parts
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
