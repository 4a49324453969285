// Sums over an area; the counterpart of mxbook/explain/timeline/area.py.

import { visible } from "./draw.js";
import { OPERATION } from "./record.js";

/**
 * @typedef {{ begin: number, end: number, first: number, last: number }} Area  times, and rows
 * @typedef {{ name: string, count: number, took: number }} Sum
 */

/**
 * How much time operators, blocks and lanes took within an area; the time of an operation inside
 * which another ran is counted without that one.
 *
 * @param {import("./record.js").Record} record
 * @param {Area} area
 * @returns {{ operators: Sum[], blocks: Sum[], lanes: Sum[], utilisation: number }}
 */
export function sums(record, { begin, end, first, last }) {
  const [byName, byLayer] = [table(record.names.length), table(record.details?.layers.length ?? 0)];
  const lanes = new Map();
  const { start, length, name, what, details } = record;
  for (let r = first; r <= last; r++) {
    const row = record.rows[r];
    const inner = record.rows[r + 1]?.lane === row.lane ? record.rows[r + 1] : null;
    const outermost = record.rows[r - 1]?.lane !== row.lane;
    const [low, high] = visible(record, row, begin, end);
    let busy = 0;
    let count = 0;
    for (let i = low; i < high; i++) {
      if (what[i] !== OPERATION) continue;
      const stop = Math.min(end, start[i] + length[i]);
      const took = Math.max(0, stop - Math.max(begin, start[i]));
      const own = inner ? took - within(record, inner, Math.max(begin, start[i]), stop) : took;
      for (const [sum, k] of /** @type {[ReturnType<typeof table>, number][]} */ ([
        [byName, name[i]],
        [byLayer, details?.layer[i] ?? -1],
      ])) {
        if (k < 0) continue;
        sum.count[k] += 1;
        sum.took[k] += own;
      }
      busy += took;
      count += 1;
    }
    const title = record.titles[row.lane];
    const known = lanes.get(title) ?? { name: title, count: 0, took: 0 };
    known.count += count;
    if (outermost || r === first) known.took += busy;
    lanes.set(title, known);
  }
  const found = [...lanes.values()];
  const total = found.reduce((sum, lane) => sum + lane.took, 0);
  return {
    operators: sorted(byName, record.names),
    blocks: sorted(byLayer, record.details?.layers ?? []),
    lanes: found,
    utilisation: end > begin ? total / ((end - begin) * found.length) : 0,
  };
}

/** Time of the operations of a row within a stretch. */
function within(
  /** @type {import("./record.js").Record} */ record,
  /** @type {import("./record.js").Row} */ row,
  /** @type {number} */ begin,
  /** @type {number} */ end,
) {
  const [low, high] = visible(record, row, begin, end);
  let sum = 0;
  for (let i = low; i < high; i++) {
    if (record.what[i] !== OPERATION) continue;
    sum += Math.max(0, Math.min(end, record.end(i)) - Math.max(begin, record.start[i]));
  }
  return sum;
}

/** @param {number} size */
function table(size) {
  return { count: new Uint32Array(size), took: new Float64Array(size) };
}

/** @param {ReturnType<typeof table>} sum @param {string[]} names @returns {Sum[]} */
function sorted({ count, took }, names) {
  const found = [];
  for (let k = 0; k < names.length; k++) {
    if (count[k]) found.push({ name: names[k] || "(no block)", count: count[k], took: took[k] });
  }
  return found.sort((a, b) => b.took - a.took || (a.name < b.name ? -1 : 1));
}
