// Where vertices stand from left to right; the twin of mxbook/explain/graph/place.py.

import { PART, PASS } from "./layers.js";
import { places } from "./order.js";

/** @typedef {import("./layers.js").Level} Level @typedef {[number, number][]} Near */

const GAPS = [26, 18, 12]; // between parts, a part and a line, two lines
const FAR = 1e9;

/** Fill `level.x`, beginning at 0 with the left edge of the leftmost. */
export function setPlaces(/** @type {Level} */ level) {
  const columns = columnsOf(level);
  const x = placed(level, columns);
  relax(level, columns, x);
  columns.of.forEach((column, v) => (level.x[v] = x[column] + columns.shift[v]));
  let start = Infinity;
  level.x.forEach((at, v) => (start = Math.min(start, at - level.width[v] / 2)));
  if (start < Infinity) level.x = level.x.map((at) => at - start);
}

/** Columns of vertices that stand straight below each other and move as one. */
function columnsOf(/** @type {Level} */ level) {
  const kept = straight(level);
  const of = level.kind.map(() => -1);
  const shift = level.kind.map(() => 0);
  /** @type {number[]} */
  const weight = [];
  for (const row of level.rows) {
    for (const begin of row) {
      if (of[begin] >= 0) continue;
      let [heavy, along, v] = [0, 0, begin];
      for (;;) {
        of[v] = weight.length;
        shift[v] = along;
        const at = kept[v];
        if (at < 0) break;
        const s = level.segments[at];
        heavy = Math.max(heavy, s.weight);
        along += s.leaves - s.enters;
        v = s.target;
      }
      weight.push(heavy);
    }
  }
  /** @type {Near[]} */
  const left = weight.map(() => []);
  /** @type {Near[]} */
  const right = weight.map(() => []);
  for (const row of level.rows) {
    for (let k = 1; k < row.length; k++) {
      const [a, b] = [row[k - 1], row[k]];
      const distance = shift[a] - shift[b] + apart(level, a, b);
      right[of[a]].push([of[b], distance]);
      left[of[b]].push([of[a], distance]);
    }
  }
  return { of, shift, weight, left, right, count: weight.length };
}

/** @typedef {ReturnType<typeof columnsOf>} Columns */

function apart(/** @type {Level} */ { kind, width }, /** @type {number} */ a, /** @type {number} */ b) {
  const lines = Number(kind[a] !== PART) + Number(kind[b] !== PART);
  return (width[a] + width[b]) / 2 + GAPS[lines];
}

/** For each vertex, the segment that leads straight down from it; -1 for none. @returns {number[]} */
function straight(/** @type {Level} */ level) {
  const place = places(level.rows, level.kind.length);
  /** @type {[number, number][][]} */
  const chosen = level.rows.map(() => []);
  const kept = level.kind.map(() => -1);
  const taken = level.kind.map(() => false);
  const { segments, kind } = level;
  const passing = segments.map((s) => Number(kind[s.source] === PASS) + Number(kind[s.target] === PASS));
  const weight = segments.map((s) => s.weight);
  const order = segments.map((_, i) => i);
  order.sort((a, b) => weight[b] - weight[a] || passing[b] - passing[a] || a - b);
  for (const at of order) {
    const s = segments[at];
    if (kept[s.source] >= 0 || taken[s.target]) continue;
    const [p, q] = [place[s.source], place[s.target]];
    const row = chosen[level.row[s.source]];
    let [low, high] = [0, row.length];
    while (low < high) {
      const half = (low + high) >> 1;
      if (row[half][0] < p) low = half + 1;
      else high = half;
    }
    if ((low && row[low - 1][1] > q) || (low < row.length && row[low][1] < q)) continue;
    row.splice(low, 0, [p, q]);
    kept[s.source] = at;
    taken[s.target] = true;
  }
  return kept;
}

/** @returns {Near[]} */
function endsOf(/** @type {Level} */ level, /** @type {Columns} */ { of, shift, count }) {
  /** @type {Near[]} */
  const found = Array.from({ length: count }, () => []);
  for (const s of level.segments) {
    const [a, b] = [of[s.source], of[s.target]];
    if (a === b) continue;
    const apart = shift[s.source] + s.leaves - shift[s.target] - s.enters;
    found[b].push([a, apart]);
    found[a].push([b, -apart]);
  }
  return found;
}

/** @returns {number[]} */
function placed(/** @type {Level} */ level, /** @type {Columns} */ columns) {
  const { count, weight } = columns;
  const low = new Array(count).fill(-FAR);
  const high = new Array(count).fill(FAR);
  const x = new Array(count).fill(null);
  const ends = endsOf(level, columns);
  const order = weight.map((_, c) => c).sort((a, b) => weight[b] - weight[a] || a - b);
  for (const c of order) {
    const near = ends[c].filter(([d]) => x[d] !== null).map(([d, apart]) => x[d] + apart);
    const free = low[c] > -FAR ? low[c] : high[c] < FAR ? high[c] : 0;
    const wish = near.length ? median(near) : free;
    x[c] = Math.min(Math.max(wish, low[c]), high[c]);
    bound(columns.right, low, c, x, 1);
    bound(columns.left, high, c, x, -1);
  }
  return x;
}

function median(/** @type {number[]} */ values) {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

function bound(
  /** @type {Near[]} */ near,
  /** @type {number[]} */ limits,
  /** @type {number} */ c,
  /** @type {(number | null)[]} */ x,
  /** @type {number} */ sign,
) {
  /** @type {[number, number][]} */
  const stack = [[c, /** @type {number} */ (x[c])]];
  while (stack.length) {
    const [i, here] = /** @type {[number, number]} */ (stack.pop());
    for (const [j, distance] of near[i]) {
      const limit = here + sign * distance;
      if (sign * limit > sign * limits[j]) {
        limits[j] = limit;
        if (x[j] === null) stack.push([j, limit]);
      }
    }
  }
}

function relax(/** @type {Level} */ level, /** @type {Columns} */ columns, /** @type {number[]} */ x) {
  const ends = endsOf(level, columns);
  const heaviest = columns.weight.reduce((a, b) => Math.max(a, b), 0);
  const order = x.map((_, c) => c).filter((c) => columns.weight[c] < heaviest && ends[c].length);
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const c of sweep % 2 ? order : [...order].reverse()) {
      const wish = median(ends[c].map(([d, apart]) => x[d] + apart));
      const low = columns.left[c].reduce((a, [i, d]) => Math.max(a, x[i] + d), -Infinity);
      const high = columns.right[c].reduce((a, [i, d]) => Math.min(a, x[i] - d), Infinity);
      x[c] = Math.min(Math.max(wish, low), high);
    }
  }
}
