// Two timelines on one axis: heads over their lanes, where each ended, and what changed most; the
// counterpart of mxbook/explain/timeline/differences.py.

import { h } from "../core/dom.js";
import { themeAt } from "../core/theme.js";
import { palette } from "./paint.js";
import { HEAD, ROW, duration } from "./viewport.js";

const MOST = 12; // rows of a table

/**
 * @typedef {import("./view.js").View} View
 * @typedef {import("./draw.js").Scene} Scene
 * @typedef {import("./pens.js").Pen} Pen
 * @typedef {[name: string, before: number, after: number, first: number, second: number]} Change
 *
 * @typedef {object} Comparison
 * @property {[string, string]} names
 * @property {[number, number]} spans
 * @property {number} both  operations that are in both
 * @property {[number, number]} only
 * @property {Change[]} operators
 * @property {Change[]} blocks
 * @property {[number, number, number][]} operations  their numbers and how much longer it took
 */

/** The title of each group over its first lane. @param {Pen} pen @param {Scene} scene */
export function heads(pen, { record, tops, theme }) {
  for (const [title, lane, end] of record.groups) {
    const top = tops[record.rows.findIndex((row) => row.lane === lane)];
    pen.text(10, top - HEAD / 2 - 1, `${title} · ${duration(end)}`, theme.ink, 13);
  }
}

/** A dashed line through the lanes of each group where that ended. @param {Pen} pen */
export function ends(pen, /** @type {Scene} */ { record, tops, view, theme }) {
  record.groups.forEach(([, lane, end], g) => {
    if (end < view.begin || end > view.end) return;
    const until = record.groups[g + 1]?.[1] ?? Infinity;
    const own = tops.filter((_, i) => record.rows[i].lane >= lane && record.rows[i].lane < until);
    const x = view.x(end);
    const line = [
      [x, Math.min(...own) - 4],
      [x, Math.max(...own) + ROW + 4],
    ];
    pen.line(line, theme.ink, 1, [4, 3]);
  });
}

/** A difference as people say it. */
export function signed(/** @type {number} */ nanoseconds) {
  if (!nanoseconds) return "0";
  return `${nanoseconds > 0 ? "+" : "−"}${duration(Math.abs(nanoseconds))}`;
}

/** How much longer the second took, of a row. */
const change = (/** @type {Change} */ [, , , first, second]) => second - first;

/** The tables of what changed most. @param {View} view */
export function differences(view) {
  const { record } = view;
  const { comparison } = record;
  if (!comparison) return [];
  const { names, both, only, operators, blocks } = comparison;
  const words = [`${both} operations in both`];
  only.forEach((count, side) => count && words.push(`${count} only in ${names[side]}`));
  const tables = [table(view, "by operator", operators, record.names, record.slots)];
  if (blocks.length > 1) {
    const { layers = [], slots = [] } = record.details ?? {};
    tables.push(table(view, "by block", blocks, layers, slots));
  }
  return [
    h("h4", {}, "what changed most"),
    h("p", {}, words.join(", ")),
    h("div", { class: "mxt-columns" }, ...tables, operations(view)),
  ];
}

/**
 * @param {View} view
 * @param {string} title
 * @param {Change[]} rows
 * @param {string[]} texts  names, or blocks, whose colours are in `slots`
 * @param {number[]} slots
 */
function table(view, title, rows, texts, slots) {
  const names = view.record.comparison?.names ?? ["", ""];
  const most = Math.max(1, ...rows.map((row) => Math.abs(change(row))));
  const paints = palette(slots, view.theme ?? themeAt(view.root));
  const lines = rows.slice(0, MOST).map((row) => {
    const [name, before, after, first, second] = row;
    const kind = texts.indexOf(name);
    const key = h("span", { class: "mxt-key" });
    if (kind >= 0) key.style.background = paints[kind].fill;
    if (kind >= 0) key.style.borderColor = paints[kind].rim;
    const often = before === after ? "" : `${before} → ${after} x`;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, key, name),
      ...[duration(first), duration(second), signed(change(row))].map((t) => h("td", {}, t)),
      h("td", {}, bar(change(row) / most)),
      h("td", {}, often),
    );
  });
  const titles = ["", ...names, "change", "", ""].map((t) => h("th", { scope: "col" }, t));
  return h(
    "table",
    { class: "mxt-differences" },
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, ...titles)),
    h("tbody", {}, ...lines),
  );
}

/** A bar to the left for less, to the right for more. @param {number} share  -1 to 1 */
function bar(share) {
  const inner = h("span", {});
  inner.style.width = `${50 * Math.abs(share)}%`;
  inner.style.left = `${share < 0 ? 50 * (1 + share) : 50}%`;
  return h("span", { class: "mxt-change" }, inner);
}

/** The operations that changed most, to be selected. @param {View} view */
function operations(view) {
  const { record } = view;
  const found = (record.comparison?.operations ?? []).slice(0, MOST).map(([a, , longer]) => {
    const box = record.boxOf(a);
    const link = h(
      "button",
      { type: "button", onclick: () => view.select(box, true) },
      `${record.label(box)} ${record.text(box)}`,
    );
    return h("tr", {}, h("th", { scope: "row" }, link), h("td", {}, signed(longer)));
  });
  return h("table", {}, h("caption", {}, "by operation"), h("tbody", {}, ...found));
}

/**
 * The same operation in the other record, for the panel of details.
 *
 * @param {View} view
 * @param {(box: number) => HTMLElement} link
 * @returns {HTMLElement[]}
 */
export function partner({ shown, chosen }, link) {
  const names = shown.comparison?.names ?? ["", ""];
  const other = names[shown.number[chosen] > shown.shift ? 0 : 1];
  const box = shown.partnerOf(chosen);
  const words =
    box < 0
      ? ["nothing"]
      : [link(box), ` took ${duration(shown.length[box])}, ${signed(shown.length[box] - shown.length[chosen])}`];
  return [h("dt", {}, `in ${other}`), h("dd", {}, ...words)];
}
