// Rows: which parts of a drawing stand above which; the twin of mxbook/explain/graph/layers.py.

export const PART = 0;
export const PORT_IN = 1;
export const PORT_OUT = 2;
export const PASS = 3;

/**
 * @typedef {object} Segment  a piece of a line between neighbouring rows
 * @property {number} source
 * @property {number} target
 * @property {number} line
 * @property {number} leaves
 * @property {number} enters
 * @property {string[]} goals
 * @property {number} weight
 *
 * @typedef {[number, number, number, number, number, string[]]} Wire
 */

/** Vertices of one level, as lists by vertex. */
export class Level {
  constructor() {
    /** @type {number[]} */ this.kind = [];
    /** @type {number[]} */ this.width = [];
    /** @type {number[]} */ this.height = [];
    /** @type {number[]} */ this.weight = [];
    /** @type {number[]} */ this.row = [];
    /** @type {number[]} */ this.x = [];
    /** @type {Wire[]} */ this.wires = [];
    /** @type {number[][]} */ this.rows = [];
    /** @type {Segment[]} */ this.segments = [];
  }

  /** @returns {number} */
  add(
    /** @type {number} */ kind,
    /** @type {number} */ width,
    /** @type {number} */ height,
    /** @type {number} */ weight = 1,
  ) {
    this.kind.push(kind);
    this.width.push(width);
    this.height.push(height);
    this.weight.push(weight);
    this.row.push(0);
    this.x.push(0);
    return this.kind.length - 1;
  }
}

/** @returns {number[][]} */
export const lists = (/** @type {number} */ count) => Array.from({ length: count }, () => []);

/** Give every vertex a row, and cut the wires into segments. */
export function setRows(/** @type {Level} */ level) {
  const count = level.kind.length;
  const after = lists(count);
  const before = lists(count);
  for (const [source, target] of level.wires) {
    after[source].push(target);
    before[target].push(source);
  }
  const order = topological(after, before);
  const first = level.kind.includes(PORT_IN) ? 1 : 0;
  const { row, kind } = level;
  for (const v of order) {
    row[v] = kind[v] === PORT_IN ? 0 : first;
    for (const u of before[v]) row[v] = Math.max(row[v], row[u] + 1);
  }
  let last = first;
  for (let v = 0; v < count; v++) if (kind[v] !== PORT_OUT) last = Math.max(last, row[v] + 1);
  for (let v = 0; v < count; v++) if (kind[v] === PORT_OUT) row[v] = last;
  pullDown(level, order, after, before);
  weigh(level, order, after, before);
  cut(level);
}

function pullDown(
  /** @type {Level} */ { row, kind },
  /** @type {number[]} */ order,
  /** @type {number[][]} */ after,
  /** @type {number[][]} */ before,
) {
  const hangs = kind.map(() => false);
  for (const v of order) {
    const once = after[v].length && after[v].every((w) => w === after[v][0]) && kind[v] === PART;
    hangs[v] = Boolean(once) && before[v].every((u) => hangs[u]);
  }
  for (const v of [...order].reverse()) {
    if (kind[v] !== PART || !after[v].length) continue;
    const lowest = after[v].reduce((a, w) => Math.min(a, row[w]), Infinity) - 1;
    if (lowest <= row[v]) continue;
    const longer = before[v].some((u) => {
      return !hangs[u] && after[u].every((w) => w === v || row[w] < lowest);
    });
    if (!longer) row[v] = lowest;
  }
}

/** @returns {number[]} */
function topological(/** @type {number[][]} */ after, /** @type {number[][]} */ before) {
  const missing = before.map((sources) => sources.length);
  /** @type {number[]} */
  const order = [];
  missing.forEach((n, v) => {
    if (n === 0) order.push(v);
  });
  for (let i = 0; i < order.length; i++) {
    for (const w of after[order[i]]) if (--missing[w] === 0) order.push(w);
  }
  return order;
}

function weigh(
  /** @type {Level} */ level,
  /** @type {number[]} */ order,
  /** @type {number[][]} */ after,
  /** @type {number[][]} */ before,
) {
  const up = level.kind.map(() => 0);
  const down = level.kind.map(() => 0);
  for (const v of order) {
    for (const u of before[v]) up[v] = Math.max(up[v], up[u]);
    up[v] += level.weight[v];
  }
  for (const v of [...order].reverse()) {
    for (const w of after[v]) down[v] = Math.max(down[v], down[w]);
    down[v] += level.weight[v];
  }
  level.segments = level.wires.map(([source, target, line, leaves, enters, goals]) => {
    const weight = up[source] + down[target];
    return { source, target, line, leaves, enters, goals, weight };
  });
}

/** Replace wires over several rows by chains; lines of one source share theirs. */
function cut(/** @type {Level} */ level) {
  const { row } = level;
  /** @type {Segment[]} */
  const found = [];
  /** @type {Map<string, Segment[]>} */
  const chains = new Map();
  const span = (/** @type {Segment} */ s) => row[s.target] - row[s.source];
  for (const wire of [...level.segments].sort((a, b) => span(b) - span(a))) {
    const length = span(wire);
    if (length === 1) {
      found.push(wire);
      continue;
    }
    const key = `${wire.source} ${wire.line} ${wire.leaves}`;
    let chain = chains.get(key);
    if (!chain) {
      chain = chainOf(level, wire, length);
      chains.set(key, chain);
      found.push(...chain);
    }
    for (const segment of chain.slice(0, length - 1)) {
      segment.goals.push(...wire.goals);
      segment.weight = Math.max(segment.weight, wire.weight);
    }
    found.push({ ...wire, source: chain[length - 2].target, leaves: 0 });
  }
  level.segments = found;
}

/** @returns {Segment[]} */
function chainOf(
  /** @type {Level} */ level,
  /** @type {Segment} */ wire,
  /** @type {number} */ span,
) {
  /** @type {Segment[]} */
  const chain = [];
  let here = wire.source;
  let { leaves } = wire;
  for (let k = 1; k < span; k++) {
    const stop = level.add(PASS, 0, 0, 0);
    level.row[stop] = level.row[wire.source] + k;
    chain.push({ source: here, target: stop, line: wire.line, leaves, enters: 0, goals: [], weight: 0 });
    here = stop;
    leaves = 0;
  }
  return chain;
}
