// Numbers over a graph, one kind at a time: which there are, and what they make of items and groups;
// the twin of `warmed` in mxbook/explain/graph/scene.py.

import { h } from "../core/dom.js";
import { textWidth } from "../core/shapes.js";
import { letters } from "../memory/record.js";
import { count } from "./details.js";

/**
 * @typedef {import("./scene.js").Data} Data
 * @typedef {import("./scene.js").Item} Item
 * @typedef {import("./scene.js").Box} Box
 *
 * @typedef {object} Overlay
 * @property {string} title
 * @property {string} kind  "heat", or "group" where the numbers are those of buffers
 * @property {{ [node: number]: number }} values
 * @property {{ [node: number]: string }} texts
 */

const LINE = 16;
const SMALL = 10;
const HOTTEST = 5;
const IN_PLACE = ", in place";

/** All that can be chosen: costs, which every graph has, and what Python has measured. @returns {Overlay[]} */
export function overlaysOf(/** @type {Data} */ data) {
  const learned = (/** @type {import("./scene.js").Node} */ n) =>
    n.inputs.reduce((a, [s]) => a + (data.nodes[s].role === "parameter" ? data.nodes[s].size : 0), 0);
  const costs = /** @type {[string, (n: import("./scene.js").Node) => number, string][]} */ ([
    ["floating point operations", (n) => n.flops, "FLOP"],
    ["bytes of results", (n) => n.bytes, "B"],
    ["learned numbers", learned, ""],
  ]).map(([title, of, unit]) => {
    /** @type {Overlay} */
    const found = { title, kind: "heat", values: {}, texts: {} };
    for (const node of data.nodes) {
      const value = node.role === "operator" ? of(node) : 0;
      if (!value) continue;
      found.values[node.number] = value;
      found.texts[node.number] = `${count(value)}${value < 1000 && unit ? " " : ""}${unit}`;
    }
    return found;
  });
  const told = new Set((data.overlays ?? []).map((o) => o.title));
  const own = costs.filter((o) => Object.keys(o.values).length && !told.has(o.title));
  return [...own, ...(data.overlays ?? [])];
}

/** Write what an overlay says (null: none) into all items and groups. */
export function warm(
  /** @type {Data} */ data,
  /** @type {Overlay | null} */ over,
  /** @type {(text: string) => number} */ measure = (text) => textWidth(text, SMALL, true),
) {
  data.overlay = over;
  const largest = over ? Object.values(over.values).reduce((a, b) => Math.max(a, b), 0) || 1 : 1;
  for (const shown of [...data.items, ...data.boxes]) {
    shown.plain ??= { width: shown.width, height: shown.height };
    Object.assign(shown, shown.plain, { heat: -1, reading: "" });
    if (over) warmOne(shown, over, largest, measure);
  }
}

function warmOne(
  /** @type {Item | Box} */ shown,
  /** @type {Overlay} */ over,
  /** @type {number} */ largest,
  /** @type {(text: string) => number} */ measure,
) {
  const item = "form" in shown ? shown : null;
  const known = shown.stands.filter((n) => n in over.values);
  const group = over.kind === "group";
  if (!known.length || (item ? item.form !== "box" : group)) return;
  const hotter = (/** @type {number} */ a, /** @type {number} */ b) => (over.values[b] > over.values[a] ? b : a);
  const hottest = group ? known[0] : known.reduce(hotter);
  let reading = (item ? "" : "up to ") + (over.texts[hottest] ?? "");
  const same = item?.strips.filter((s) => over.values[s.number] === over.values[hottest]) ?? [];
  const inPlace = same.some((s) => over.texts[s.number].endsWith(IN_PLACE));
  if (group && inPlace && !reading.endsWith(IN_PLACE)) reading += IN_PLACE;
  shown.reading = reading;
  shown.heat = group ? over.values[hottest] : over.values[hottest] / largest;
  shown.width = Math.max(shown.width, Math.ceil(measure(reading) + 84));
  shown.height += LINE;
}

/**
 * What the colours and bars of an overlay mean, with the hottest nodes.
 *
 * @param {Data} data
 * @param {Overlay} over
 * @param {(lane: number) => string} colour  of a buffer
 * @param {(node: number) => void} go
 * @returns {HTMLElement}
 */
export function legend(data, over, colour, go) {
  const link = (/** @type {number} */ n, /** @type {string} */ text) =>
    h("button", { type: "button", class: "mxg-link", onclick: () => go(n) }, text);
  const pairs = Object.entries(over.values).map(([n, v]) => /** @type {[number, number]} */ ([Number(n), v]));
  if (over.kind === "group") {
    /** @type {Map<number, number[]>} */
    const lanes = new Map();
    for (const [n, lane] of pairs) lanes.set(lane, [...(lanes.get(lane) ?? []), n]);
    const rows = [...lanes].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]).slice(0, 10);
    const lines = rows.map(([lane, nodes]) =>
      h(
        "li",
        {},
        h("span", { class: "mxg-letter", style: `background:${colour(lane)}` }, letters(lane)),
        link(nodes[0], `${nodes.length} result${nodes.length > 1 ? "s" : ""}`),
      ),
    );
    const more = lanes.size > rows.length ? [h("li", {}, `and ${lanes.size - rows.length} more buffers`)] : [];
    const about = "Results with one letter lie in the same buffer, one after the other; grey ones need none.";
    return h("div", {}, h("h4", {}, over.title), h("p", {}, about), h("ul", {}, ...lines, ...more));
  }
  pairs.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const lines = pairs
    .filter(([, v]) => v > 0)
    .slice(0, HOTTEST)
    .map(([n]) => h("li", {}, link(n, data.nodes[n].name), ` ${over.texts[n]}`));
  const scale = h("div", { class: "mxg-scale", "aria-hidden": "true" });
  const most = pairs.length && pairs[0][1] > 0 ? over.texts[pairs[0][0]] : "nothing";
  const ends = h("div", { class: "mxg-ends" }, h("span", {}, "0"), h("span", {}, most));
  const about = "A bar is as long as the number is large; grey boxes have none.";
  return h("div", {}, h("h4", {}, over.title), scale, ends, h("p", {}, about), h("ol", {}, ...lines));
}
