// The boxes as a table, for those who cannot see them, and as a file.

import { h } from "../core/dom.js";
import { visible } from "./draw.js";
import { OPERATION, OUTCOMES } from "./record.js";
import { duration } from "./viewport.js";

const MOST = 300;
const HEADS = ["number", "operator", "block", "lane", "start", "took", "waited", "outcome", "line"];

/** @typedef {import("./record.js").Record} Record */

/** The operations that lie in a stretch of time, in its order. @returns {number[]} */
function operations(
  /** @type {Record} */ record,
  /** @type {number} */ begin,
  /** @type {number} */ end,
) {
  const found = [];
  for (const row of record.rows) {
    const [low, high] = visible(record, row, begin, end);
    for (let i = low; i < high; i++) if (record.what[i] === OPERATION) found.push(i);
  }
  return found.sort((a, b) => record.start[a] - record.start[b]);
}

/** Number, texts and times of a box. */
function cells(/** @type {Record} */ record, /** @type {number} */ i) {
  const { details: d } = record;
  return {
    number: record.label(i).slice(1),
    operator: record.text(i),
    block: d ? d.layers[d.layer[i]] : "",
    lane: record.laneOf(i),
    start: record.start[i],
    took: record.length[i],
    waited: d ? d.pushed[i] : 0,
    outcome: d ? OUTCOMES[d.outcome[i]] : "",
    line: d ? d.places[d.place[i]] : "",
  };
}

/**
 * The table of what is shown, at most MOST rows of it.
 *
 * @param {Record} record
 * @param {number} begin
 * @param {number} end
 * @param {(box: number) => void} choose
 */
export function table(record, begin, end, choose) {
  const all = operations(record, begin, end);
  const rows = all.slice(0, MOST).map((i) => {
    const c = cells(record, i);
    const link = h("button", { type: "button", onclick: () => choose(i) }, `#${c.number}`);
    const texts = [c.operator, c.block, c.lane];
    texts.push(...[c.start, c.took, c.waited].map(duration), c.outcome, c.line);
    return h("tr", {}, h("th", { scope: "row" }, link), ...texts.map((t) => h("td", {}, t)));
  });
  const more = all.length > MOST ? `; the first ${MOST} of ${all.length}, zoom in for others` : "";
  return h(
    "table",
    {},
    h("caption", {}, `operations from ${duration(begin)} to ${duration(end)}${more}`),
    h("thead", {}, h("tr", {}, ...HEADS.map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, ...rows),
  );
}

/** All operations as comma-separated text; times in nanoseconds. */
export function csv(/** @type {Record} */ record) {
  const quoted = (/** @type {any} */ v) =>
    /[",\n]/.test(String(v)) ? `"${String(v).replace(/"/g, '""')}"` : String(v);
  const lines = operations(record, -1, record.span + 1).map((i) =>
    Object.values(cells(record, i)).map(quoted).join(","),
  );
  return [HEADS.join(","), ...lines, ""].join("\n");
}
