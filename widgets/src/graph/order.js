// The order of vertices in their rows; the twin of mxbook/explain/graph/order.py.

import { lists } from "./layers.js";

/** @typedef {import("./layers.js").Level} Level */

const SWEEPS = 6;
const SMALL = 60; // levels of so few vertices get more care
const TURNS = 4;

/** Fill `level.rows`: first along the longest ways, then by sweeps that follow neighbours. */
export function setOrder(/** @type {Level} */ level) {
  level.rows = first(level);
  let best = crossings(level, level.rows);
  if (!best) return;
  const rows = level.rows.map((row) => [...row]);
  const place = places(rows, level.kind.length);
  const [above, below] = neighbours(level);
  for (let sweep = 0; sweep < SWEEPS && best; sweep++) {
    const down = sweep % 2 === 0;
    const near = down ? above : below;
    if (down) for (let i = 1; i < rows.length; i++) sort(rows[i], near, place);
    else for (let i = rows.length - 2; i >= 0; i--) sort(rows[i], near, place);
    const found = crossings(level, rows);
    if (found < best) {
      best = found;
      level.rows = rows.map((row) => [...row]);
    }
  }
  if (best && level.kind.length <= SMALL) exchange(level, best);
}

/** Exchange neighbours while that saves crossings, or in every other turn costs none. */
function exchange(/** @type {Level} */ level, /** @type {number} */ start) {
  const rows = level.rows.map((row) => [...row]);
  let best = start;
  for (let turn = 0; turn < TURNS; turn++) {
    for (const row of rows) {
      for (let i = 0; i + 1 < row.length; i++) {
        [row[i], row[i + 1]] = [row[i + 1], row[i]];
        const found = crossings(level, rows);
        if (found < best || (found === best && turn % 2 === 0)) best = found;
        else [row[i], row[i + 1]] = [row[i + 1], row[i]];
      }
    }
  }
  if (best < start) level.rows = rows;
}

/** @returns {number[][]} */
function first(/** @type {Level} */ level) {
  const count = level.kind.length;
  /** @type {import("./layers.js").Segment[][]} */
  const after = Array.from({ length: count }, () => []);
  const entered = new Array(count).fill(0);
  const heaviest = new Array(count).fill(0);
  for (const s of level.segments) {
    after[s.source].push(s);
    entered[s.target] += 1;
    heaviest[s.source] = Math.max(heaviest[s.source], s.weight);
  }
  for (const segments of after) {
    if (segments.length > 1) segments.sort((a, b) => b.weight - a.weight || a.target - b.target);
  }
  const rows = lists(level.row.reduce((a, b) => Math.max(a, b), -1) + 1);
  const seen = new Array(count).fill(false);
  const whole = components(level);
  const roots = entered.map((n, v) => (n ? -1 : v)).filter((v) => v >= 0);
  roots.sort((a, b) => whole[a] - whole[b] || heaviest[b] - heaviest[a] || a - b);
  for (const root of roots) {
    const stack = [root];
    while (stack.length) {
      const v = /** @type {number} */ (stack.pop());
      if (seen[v]) continue;
      seen[v] = true;
      rows[level.row[v]].push(v);
      for (let i = after[v].length - 1; i >= 0; i--) stack.push(after[v][i].target);
    }
  }
  return rows;
}

/** For each vertex, the smallest one that it is connected with. @returns {number[]} */
function components(/** @type {Level} */ level) {
  const found = level.kind.map((_, v) => v);
  const top = (/** @type {number} */ v) => {
    while (found[v] !== v) v = found[v] = found[found[v]];
    return v;
  };
  for (const s of level.segments) {
    const a = top(s.source);
    const b = top(s.target);
    found[Math.max(a, b)] = Math.min(a, b);
  }
  return found.map((_, v) => top(v));
}

/** @returns {number[]} */
export function places(/** @type {number[][]} */ rows, /** @type {number} */ count) {
  const place = new Array(count).fill(0);
  for (const row of rows) row.forEach((v, i) => (place[v] = i));
  return place;
}

/** @returns {[number, number][][][]} */
function neighbours(/** @type {Level} */ level) {
  /** @type {[number, number][][]} */
  const above = level.kind.map(() => []);
  /** @type {[number, number][][]} */
  const below = level.kind.map(() => []);
  for (const s of level.segments) {
    above[s.target].push([s.source, s.leaves / (level.width[s.source] + 1)]);
    below[s.source].push([s.target, s.enters / (level.width[s.target] + 1)]);
  }
  return [above, below];
}

function sort(
  /** @type {number[]} */ row,
  /** @type {[number, number][][]} */ near,
  /** @type {number[]} */ place,
) {
  /** @type {Map<number, number>} */
  const keys = new Map();
  for (const v of row) {
    const ends = near[v];
    if (ends.length) {
      keys.set(v, ends.reduce((sum, [u, part]) => sum + (place[u] + part), 0) / ends.length);
    }
  }
  const key = (/** @type {number} */ v) => keys.get(v) ?? 0;
  const sortable = row.filter((v) => keys.has(v)).sort((a, b) => key(a) - key(b));
  let next = 0;
  row.forEach((v, i) => {
    if (keys.has(v)) row[i] = sortable[next++];
  });
  row.forEach((v, i) => (place[v] = i));
}

/** How many pairs of lines cross. */
export function crossings(/** @type {Level} */ level, /** @type {number[][]} */ rows) {
  const place = places(rows, level.kind.length);
  /** @type {[number, number][][]} */
  const between = rows.map(() => []);
  for (const s of level.segments) {
    const begin = place[s.source] + s.leaves / (level.width[s.source] + 1);
    const end = place[s.target] + s.enters / (level.width[s.target] + 1);
    between[level.row[s.source]].push([begin, end]);
  }
  let total = 0;
  for (const ends of between) {
    if (ends.length < 2) continue;
    ends.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    total += inversions(ends.map(([, end]) => end));
  }
  return total;
}

function inversions(/** @type {number[]} */ values) {
  if (values.every((v, i) => !i || values[i - 1] <= v)) return 0; // most rows cross nothing
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const rank = new Map(sorted.map((value, i) => [value, i + 1]));
  const tree = new Array(sorted.length + 1).fill(0);
  let total = 0;
  values.forEach((value, seen) => {
    const at = /** @type {number} */ (rank.get(value));
    let below = 0;
    for (let i = at; i; i &= i - 1) below += tree[i];
    total += seen - below;
    for (let i = at; i < tree.length; i += i & -i) tree[i] += 1;
  });
  return total;
}
