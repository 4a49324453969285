// The run as numbers: the table on the page and the file with commas.

import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { COUNT, HIGH, LAST, LOW, SUM, WIDTH, mean, merge } from "./series.js";

/**
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./series.js").Series} Series
 */

const ROWS = 40; // of a run without epochs

/**
 * A table with a row for each epoch, or for a few dozen stretches of steps; the cells are means.
 *
 * @param {Record} record
 * @returns {HTMLTableElement}
 */
export function table(record) {
  const curves = record.curves();
  const marks = record.marks();
  const rows = marks.length ? marks : stretches(record);
  const names = curves.map(({ style }) => style.name);
  const head = [...(marks.length ? ["epoch"] : []), "step", ...names];
  let before = -Infinity;
  const body = rows.map(([epoch, step]) => {
    const cells = curves.map(({ series }) => cell(between(series, before, step)));
    before = step;
    const first = marks.length ? [number(epoch), number(step)] : [number(step)];
    return h(
      "tr",
      {},
      ...first.map((text, i) => h(i ? "td" : "th", i ? {} : { scope: "row" }, text)),
      ...cells.map((text) => h("td", {}, text)),
    );
  });
  const caption = marks.length
    ? `${record.status.title}: means of each epoch`
    : `${record.status.title}: means of ${rows.length} stretches of steps`;
  return h(
    "table",
    {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...body),
  );
}

/** @param {number} value */
const cell = (value) => (Number.isNaN(value) ? "" : number(value));

/** @param {Record} record @returns {number[][]} */
function stretches(record) {
  const ends = new Set();
  for (const { used, buckets } of record.series) {
    for (let i = 0; i < used; i++) ends.add(buckets[i * WIDTH + LAST]);
  }
  const steps = [...ends].sort((a, b) => a - b);
  const every = Math.ceil(steps.length / ROWS) || 1;
  return steps.filter((_, i) => (steps.length - 1 - i) % every === 0).map((step) => [NaN, step]);
}

/**
 * Mean of a curve over after < step <= until; NaN when it has no value there.
 *
 * @param {Series} series
 * @param {number} after
 * @param {number} until
 */
export function between({ buckets, used }, after, until) {
  const first = (/** @type {number} */ step) => {
    let [low, high] = [0, used];
    while (low < high) {
      const half = (low + high) >> 1;
      if (buckets[half * WIDTH + LAST] > step) high = half;
      else low = half + 1;
    }
    return low;
  };
  const [begin, end] = [first(after), first(until)];
  if (end <= begin) return NaN;
  const merged = merge(buckets, begin, end);
  return mean(merged[LOW], merged[HIGH], merged[SUM], merged[COUNT]);
}

/**
 * All points with commas between; where neighbours were merged, mean, smallest and largest.
 *
 * @param {Record} record
 * @returns {string}
 */
export function csv(record) {
  /** @type {Map<string, { order: number[], cells: Map<string, number> }>} */
  const rows = new Map();
  const names = ["step"];
  for (const { style, series } of record.curves()) {
    const wide = series.every > 1;
    names.push(style.name, ...(wide ? [`${style.name} min`, `${style.name} max`] : []));
    let repeats = 0;
    for (let i = 0; i < series.used; i++) {
      const bucket = series.buckets.subarray(i * WIDTH, (i + 1) * WIDTH);
      const step = bucket[LAST];
      repeats = i && step === series.buckets[(i - 1) * WIDTH + LAST] ? repeats + 1 : 0;
      const key = `${step} ${repeats}`;
      const row = rows.get(key) ?? { order: [step, repeats], cells: new Map([["step", step]]) };
      rows.set(key, row);
      row.cells.set(style.name, mean(bucket[LOW], bucket[HIGH], bucket[SUM], bucket[COUNT]));
      if (wide)
        row.cells.set(`${style.name} min`, bucket[LOW]).set(`${style.name} max`, bucket[HIGH]);
    }
  }
  const sorted = [...rows.values()].sort(
    (a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1],
  );
  const quoted = (/** @type {string} */ name) =>
    /[",\n]/.test(name) ? `"${name.replace(/"/g, '""')}"` : name;
  const lines = sorted.map(({ cells }) =>
    names.map((name) => (cells.has(name) ? String(cells.get(name)).toLowerCase() : "")).join(","),
  );
  return [names.map(quoted).join(","), ...lines, ""].join("\n");
}
