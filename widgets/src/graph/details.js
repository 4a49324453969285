// Everything about what is selected, beside the graph.

import { h } from "../core/dom.js";
import { number as short } from "../core/format.js";
import { place } from "../core/source.js";

/**
 * @typedef {import("./scene.js").Data} Data
 * @typedef {import("./scene.js").Node} Node
 */

/** A number of at most four digits with a letter: 11.7 M. */
export function count(/** @type {number} */ value) {
  for (const [power, letter] of /** @type {[number, string][]} */ ([
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "K"],
  ])) {
    if (value >= power) return `${Number((value / power).toPrecision(3))} ${letter}`;
  }
  return short(value);
}

/** A node in one sentence, for those who listen. */
export function inWords(/** @type {Data} */ data, /** @type {Node} */ node) {
  const inputs = node.inputs.map(([source]) => data.nodes[source].name);
  const given = inputs.length ? ` from ${inputs.join(", ")}` : "";
  const what = node.role === "operator" ? node.title : `${node.role} ${node.name}`;
  const where = node.path.length ? ` in ${node.path.join(" / ")}` : "";
  return `${what}, gives ${node.outputs.join(" and ")}${given}${where}${node.error ? `; ${node.error}` : ""}`;
}

/**
 * The panel of a node; `go` selects another one.
 *
 * @param {Data} data
 * @param {Node} node
 * @param {number[]} readers
 * @param {(number: number) => void} go
 * @returns {HTMLElement}
 */
export function nodePanel(data, node, readers, go) {
  const link = (/** @type {number} */ n) =>
    h("button", { type: "button", class: "mxg-link", onclick: () => go(n) }, data.nodes[n].name);
  /** @type {[string, (Node | string | HTMLElement)[]][]} */
  const rows = [
    ["name", [node.name]],
    ["operator", [node.op || node.role]],
  ];
  const weights = node.inputs.filter(([s]) => ["parameter", "state"].includes(data.nodes[s].role));
  const learned = weights.reduce((sum, [s]) => sum + data.nodes[s].size, 0);
  if (node.path.length) rows.push(["group", [node.path.join(" / ")]]);
  node.inputs.forEach(([source, output, name]) => {
    rows.push([name, [link(source), ` ${data.nodes[source].outputs[output] ?? ""}`]]);
  });
  rows.push(["gives", [node.outputs.join(", ")]]);
  if (readers.length) rows.push(["read by", readers.flatMap((r, i) => (i ? [", ", link(r)] : [link(r)]))]);
  if (learned) rows.push(["parameters", [`${learned.toLocaleString("en")} numbers`]]);
  if (node.flops) rows.push(["work", [`${count(node.flops)}${node.flops < 1000 ? " " : ""}FLOP`]]);
  if (node.bytes) rows.push(["memory", [`${count(node.bytes)}${node.bytes < 1000 ? " " : ""}B`]]);
  const read = data.overlay?.texts[node.number];
  if (data.overlay && read) rows.push([data.overlay.title, [h("b", {}, read)]]);
  if (node.layer) rows.push(["block", [node.layer]]);
  if (node.site) rows.push(["called", [place(node.site)]]);
  if (node.note) rows.push(["note", [node.note]]);
  const params = Object.entries(node.params);
  return h(
    "div",
    {},
    h("h4", {}, node.title),
    node.error ? h("pre", { class: "mxg-error" }, node.error) : "",
    tableOf(/** @type {any} */ (rows)),
    params.length ? h("h5", {}, "Chosen parameters") : "",
    params.length ? tableOf(params.map(([k, v]) => [k, [v]])) : "",
  );
}

/**
 * The panel of a group.
 *
 * @param {Data} data
 * @param {number} number
 * @param {boolean} open
 * @param {() => void} toggle
 * @returns {HTMLElement}
 */
export function groupPanel(data, number, open, toggle) {
  const box = data.boxes[number];
  const inside = box.stands.map((n) => data.nodes[n]);
  const sum = (/** @type {(n: Node) => number} */ of) => inside.reduce((a, n) => a + of(n), 0);
  const rows = /** @type {[string, string[]][]} */ ([
    ["kind", [box.kind || "group"]],
    ["holds", [box.sub]],
    ["work", [`${count(sum((n) => n.flops))}FLOP in all`]],
    ["memory", [`${count(sum((n) => n.bytes))}B in all`]],
  ]);
  if (box.times > 1) rows.push(["repeated", [`${box.times} times`]]);
  const words = open ? "close the group" : "open the group";
  return h(
    "div",
    {},
    h("h4", {}, box.label),
    tableOf(rows),
    h("button", { type: "button", onclick: toggle }, words),
  );
}

/** @returns {HTMLElement} */
function tableOf(/** @type {[string, (string | HTMLElement)[]][]} */ rows) {
  const lines = rows.map(([name, cells]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, ...cells)),
  );
  return h("table", { class: "mxg-facts" }, h("tbody", {}, ...lines));
}

const ROWS = 400;

/** All nodes as a table, for screen readers and for sorting by eye. @returns {HTMLElement} */
export function nodeTable(/** @type {Data} */ data, /** @type {(n: number) => void} */ go) {
  const { overlay } = data;
  const more = overlay ? [overlay.title] : [];
  const head = ["name", "operator", "group", "shape", "parameters", "FLOP", "bytes", ...more];
  const learned = (/** @type {Node} */ n) =>
    n.inputs.reduce((a, [s]) => a + (data.nodes[s].role === "parameter" ? data.nodes[s].size : 0), 0);
  const shown = data.nodes.filter((n) => n.role !== "parameter" && n.role !== "state");
  const rows = shown.slice(0, ROWS).map((n) => {
    const read = overlay ? [overlay.texts[n.number] ?? ""] : [];
    const cells = [n.op || n.role, n.path.join(" / "), n.outputs.join(", "), learned(n), n.flops, n.bytes, ...read];
    const name = h("button", { type: "button", class: "mxg-link", onclick: () => go(n.number) }, n.name);
    const texts = cells.map((c) => (typeof c === "number" ? (c ? count(c) : "") : c));
    return h("tr", {}, h("th", { scope: "row" }, name), ...texts.map((t) => h("td", {}, t)));
  });
  const rest = shown.length > ROWS ? `; the first ${ROWS} of ${shown.length}` : "";
  return h(
    "table",
    {},
    h("caption", {}, `${data.title}: nodes without weights${rest}`),
    h("thead", {}, h("tr", {}, ...head.map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, ...rows),
  );
}
