// Groups in groups, each laid out by itself; the twin of mxbook/explain/graph/layout.py.

import { Level, PART, PASS, PORT_IN, PORT_OUT, setRows } from "./layers.js";
import { setOrder } from "./order.js";
import { setPlaces } from "./place.js";

const HEAD = 26;
const PAD = 14;
const FOOT = 24;
const ROW_GAP = 30;
const STEEP = 0.1;
const MOST = 90;
const MUCH = 60;
const BESIDE = 40;
const PORT = 6;

/**
 * @typedef {{ source: string, target: string, line: number }} Wire
 *
 * @typedef {object} Piece  a piece of a drawn line; `ends` where the arrow is
 * @property {number} line
 * @property {number} x0
 * @property {number} y0
 * @property {number} x1
 * @property {number} y1
 * @property {boolean} ends
 * @property {string[]} goals
 *
 * @typedef {{ width: number, height: number, parts: Map<string, Part>, pieces: Piece[] }} Layout
 * @typedef {[string | null, string | null, number, string[]]} Link
 * @typedef {Map<number, [number, number]>} Ways
 */

/** @type {Map<number, number>} where lines enter or leave what is not an open group */
const NOWHERE = new Map();

/** Something to be placed: an item, or an open group with parts inside. */
export class Part {
  /**
   * @param {string} key
   * @param {number} [width]
   * @param {number} [height]
   * @param {number} [title]  how wide the title of a group is
   */
  constructor(key, width = 0, height = 0, title = 0) {
    this.key = key;
    this.width = width;
    this.height = height;
    this.title = title;
    /** @type {Part[] | null} */
    this.children = null;
    this.x = 0;
    this.y = 0;
    this.weight = 1;
    this.deck = 0;
    this.enters = NOWHERE;
    this.leaves = NOWHERE;
  }
}

/**
 * Place all parts; the picture begins at (0, 0).
 *
 * @param {Part[]} roots
 * @param {Wire[]} wires
 * @returns {Layout}
 */
export function layOut(roots, wires) {
  const top = new Part("");
  top.children = roots;
  /** @type {Map<string, Part[]>} */
  const outer = new Map();
  listAncestors(top, [], outer);
  /** @type {Map<string, [string | null, string | null, number, string][]>} */
  const inside = new Map();
  for (const wire of wires) split(wire, outer, inside);
  /** @type {Map<string, Piece[]>} */
  const pieces = new Map();
  arrange(top, inside, pieces, waysOf(wires));
  /** @type {Layout} */
  const layout = { width: top.width, height: top.height, parts: new Map(), pieces: [] };
  settle(top, 0, 0, pieces, layout);
  return layout;
}

/** For each line, how long the longest ways to its source and from it on are. @returns {Ways} */
function waysOf(/** @type {Wire[]} */ wires) {
  /** @type {Map<string, number>} */
  const numbers = new Map();
  const numberOf = (/** @type {string} */ key) => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };
  const pairs = wires.map((w) => ({ from: numberOf(w.source), to: numberOf(w.target), line: w.line }));
  /** @type {number[][]} */
  const after = Array.from(numbers, () => []);
  const missing = after.map(() => 0);
  for (const { from, to } of pairs) {
    after[from].push(to);
    missing[to] += 1;
  }
  const up = after.map(() => 1);
  const down = after.map(() => 1);
  const order = missing.map((n, v) => (n ? -1 : v)).filter((v) => v >= 0);
  for (let i = 0; i < order.length; i++) {
    for (const to of after[order[i]]) {
      up[to] = Math.max(up[to], up[order[i]] + 1);
      if (--missing[to] === 0) order.push(to);
    }
  }
  for (const v of order.reverse()) for (const to of after[v]) down[v] = Math.max(down[v], down[to] + 1);
  return new Map(pairs.map(({ from, line }) => [line, [up[from], down[from] - 1]]));
}

function listAncestors(
  /** @type {Part} */ part,
  /** @type {Part[]} */ above,
  /** @type {Map<string, Part[]>} */ outer,
) {
  const way = [...above, part];
  outer.set(part.key, way);
  for (const child of part.children ?? []) listAncestors(child, way, outer);
}

function split(
  /** @type {Wire} */ { source, target, line },
  /** @type {Map<string, Part[]>} */ outer,
  /** @type {Map<string, [string | null, string | null, number, string][]>} */ inside,
) {
  const note = (
    /** @type {Part} */ group,
    /** @type {string | null} */ from,
    /** @type {string | null} */ to,
  ) => {
    if (!inside.has(group.key)) inside.set(group.key, []);
    inside.get(group.key)?.push([from, to, line, target]);
  };
  const begin = outer.get(source) ?? [];
  const end = outer.get(target) ?? [];
  let common = 0;
  while (common < Math.min(begin.length, end.length) && begin[common] === end[common]) common++;
  for (let k = common; k + 1 < begin.length; k++) note(begin[k], begin[k + 1].key, null);
  note(begin[common - 1], begin[common].key, end[common].key);
  for (let k = common; k + 1 < end.length; k++) note(end[k], null, end[k + 1].key);
}

function arrange(
  /** @type {Part} */ group,
  /** @type {Map<string, [string | null, string | null, number, string][]>} */ inside,
  /** @type {Map<string, Piece[]>} */ pieces,
  /** @type {Ways} */ ways,
) {
  const children = group.children ?? [];
  for (const child of children) if (child.children) arrange(child, inside, pieces, ways);
  /** @type {Map<string, Link>} */
  const goals = new Map();
  for (const [source, target, line, goal] of inside.get(group.key) ?? []) {
    const key = `${source} ${target} ${line}`;
    const known = goals.get(key);
    if (known) known[3].push(goal);
    else goals.set(key, [source, target, line, [goal]]);
  }
  const links = [...goals.values()];
  group.weight = 1;
  if (group.key) {
    pieces.set(group.key, insideOf(group, children, links, ways));
    return;
  }
  let at = 0;
  let tallest = 0;
  /** @type {Piece[]} */
  const all = [];
  for (const part of components(children, links)) {
    const keys = new Set(part.map((c) => c.key));
    const mine = links.filter(([source]) => source !== null && keys.has(source));
    const found = insideOf(group, part, mine, ways);
    for (const child of part) child.x += at;
    all.push(...moved(found, at, 0));
    at += group.width + BESIDE;
    tallest = Math.max(tallest, group.height);
  }
  pieces.set("", all);
  group.width = at - BESIDE;
  group.height = tallest;
}

/** @returns {Part[][]} */
function components(/** @type {Part[]} */ children, /** @type {Link[]} */ links) {
  const rank = new Map(children.map((c, i) => [c.key, i]));
  const found = children.map((_, i) => i);
  const top = (/** @type {number} */ i) => {
    while (found[i] !== i) i = found[i] = found[found[i]];
    return i;
  };
  for (const [source, target] of links) {
    const [a, b] = [source, target].map((key) => top(rank.get(key ?? "") ?? 0));
    found[Math.max(a, b)] = Math.min(a, b);
  }
  /** @type {Map<number, Part[]>} */
  const sets = new Map();
  children.forEach((child, i) => {
    const key = top(i);
    if (!sets.has(key)) sets.set(key, []);
    sets.get(key)?.push(child);
  });
  return [...sets.values()];
}

/** Lay out children that are connected. @returns {Piece[]} */
function insideOf(
  /** @type {Part} */ group,
  /** @type {Part[]} */ children,
  /** @type {Link[]} */ links,
  /** @type {Ways} */ ways,
) {
  const level = new Level();
  const number = new Map(
    children.map((c) => [c.key, level.add(PART, c.width, c.height, c.weight)]),
  );
  /** @type {Map<string, [number, number, number]>} */
  const ports = new Map();
  for (const link of links) connect(level, children, number, ports, link, ways);
  setRows(level);
  setOrder(level);
  setPlaces(level);
  const isTop = group.key === "";
  measure(group, level, ports, isTop);
  const foot = (level.kind.includes(PORT_OUT) ? FOOT : PAD) + group.deck;
  const { tops, heights, bottom } = rowsOf(level, isTop ? 0 : HEAD + PAD / 2, isTop ? 0 : foot);
  const read = new Set(level.segments.map((s) => s.source));
  const reading = new Set(level.segments.map((s) => s.target));
  children.forEach((child, v) => {
    const room = heights[level.row[v]] - child.height;
    child.x = level.x[v] - child.width / 2;
    const begins = read.has(v) && !reading.has(v);
    child.y = tops[level.row[v]] + (room < MUCH ? room / 2 : begins ? room : 0);
  });
  group.height = bottom;
  const weights = children.map((c) => c.weight);
  group.weight = Math.max(group.weight, level.rows.length, weights.reduce((a, b) => Math.max(a, b), 1));
  return piecesOf(level, tops, heights, children);
}

function connect(
  /** @type {Level} */ level,
  /** @type {Part[]} */ children,
  /** @type {Map<string, number>} */ number,
  /** @type {Map<string, [number, number, number]>} */ ports,
  /** @type {Link} */ [source, target, line, goals],
  /** @type {Ways} */ ways,
) {
  const port = (/** @type {number} */ kind) => {
    const key = `${kind} ${line}`;
    const known = ports.get(key);
    if (known) return known[2];
    const weight = (ways.get(line) ?? [1, 1])[kind === PORT_IN ? 0 : 1];
    const made = level.add(kind, PORT, 0, weight);
    ports.set(key, [kind, line, made]);
    return made;
  };
  const begin = source === null ? port(PORT_IN) : /** @type {number} */ (number.get(source));
  const end = target === null ? port(PORT_OUT) : /** @type {number} */ (number.get(target));
  const offset = (/** @type {Part} */ part, /** @type {Map<number, number>} */ at) =>
    (at.get(line) ?? part.width / 2) - part.width / 2;
  const leaves = source === null ? 0 : offset(children[begin], children[begin].leaves);
  const enters = target === null ? 0 : offset(children[end], children[end].enters);
  level.wires.push([begin, end, line, leaves, enters, goals]);
}

function measure(
  /** @type {Part} */ group,
  /** @type {Level} */ level,
  /** @type {Map<string, [number, number, number]>} */ ports,
  /** @type {boolean} */ isTop,
) {
  let right = level.x.length ? -Infinity : 0;
  level.x.forEach((at, v) => (right = Math.max(right, at + level.width[v] / 2)));
  const pad = isTop ? 0 : PAD;
  let move = pad;
  const all = [...ports.values()];
  const entering = all.filter(([kind]) => kind === PORT_IN).map(([, , v]) => level.x[v]);
  entering.sort((a, b) => a - b);
  if (entering.length && !isTop && entering[0] + pad < group.title + 8) {
    const room = right + pad - entering[entering.length - 1] - 8;
    if (room < group.title) move = Math.max(pad, group.title + 8 - entering[0]);
  }
  level.x = level.x.map((at) => at + move);
  group.width = Math.max(right + move + pad, isTop ? 0 : group.title + 2 * pad);
  if (all.length) [group.enters, group.leaves] = [new Map(), new Map()];
  for (const [kind, line, v] of all) {
    (kind === PORT_IN ? group.enters : group.leaves).set(line, level.x[v]);
  }
}

function rowsOf(
  /** @type {Level} */ level,
  /** @type {number} */ head,
  /** @type {number} */ foot,
) {
  const heights = level.rows.map((row) => row.reduce((a, v) => Math.max(a, level.height[v]), 0));
  const far = heights.map(() => 0);
  for (const s of level.segments) {
    const across = Math.abs(level.x[s.source] + s.leaves - level.x[s.target] - s.enters);
    far[level.row[s.source]] = Math.max(far[level.row[s.source]], across);
  }
  const hasIn = level.kind.includes(PORT_IN);
  const hasOut = level.kind.includes(PORT_OUT);
  let at = hasIn ? 0 : head;
  const tops = heights.map((height, i) => {
    const top = at;
    let gap = Math.min(MOST, ROW_GAP + STEEP * far[i]);
    if (hasIn && i === 0) gap = Math.max(head, head - ROW_GAP + gap);
    else if (hasOut && i === heights.length - 2) gap = Math.max(foot, gap - ROW_GAP + foot);
    at += height + (i < heights.length - 1 ? gap : 0);
    return top;
  });
  return { tops, heights, bottom: at + (hasOut ? 0 : foot) };
}

/** @returns {Piece[]} */
function piecesOf(
  /** @type {Level} */ level,
  /** @type {number[]} */ tops,
  /** @type {number[]} */ heights,
  /** @type {Part[]} */ children,
) {
  /** @type {Piece[]} */
  const found = [];
  /** @type {Set<string>} */
  const short = new Set(); // pieces that several segments may have in common
  const { row, kind, x } = level;
  for (const s of level.segments) {
    const { line, goals } = s;
    const [x0, x1] = [x[s.source] + s.leaves, x[s.target] + s.enters];
    const y0 = tops[row[s.source]] + heights[row[s.source]];
    const y1 = tops[row[s.target]];
    const upright = (
      /** @type {number} */ at,
      /** @type {number} */ from,
      /** @type {number} */ to,
      /** @type {boolean} */ ends,
    ) => {
      const key = `${line} ${at} ${from} ${to} ${ends} ${goals}`;
      if (!short.has(key)) found.push({ line, x0: at, y0: from, x1: at, y1: to, ends, goals });
      short.add(key);
    };
    let ends = kind[s.target] === PART && children[s.target].children === null;
    if (kind[s.source] === PART) {
      const top = children[s.source].y + children[s.source].height;
      if (top < y0) upright(x0, top, y0, false);
    }
    if (kind[s.target] === PART && children[s.target].y > y1) {
      upright(x1, y1, children[s.target].y, ends);
      ends = false;
    }
    found.push({ line, x0, y0, x1, y1, ends, goals });
    const height = heights[row[s.target]];
    if (kind[s.target] === PASS && height > 0) {
      found.push({ line, x0: x1, y0: y1, x1, y1: y1 + height, ends: false, goals });
    }
  }
  return found;
}

function settle(
  /** @type {Part} */ part,
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {Map<string, Piece[]>} */ pieces,
  /** @type {Layout} */ layout,
) {
  for (const child of part.children ?? []) {
    child.x += x;
    child.y += y;
    layout.parts.set(child.key, child);
    if (child.children) settle(child, child.x, child.y, pieces, layout);
  }
  for (const piece of moved(pieces.get(part.key) ?? [], x, y)) layout.pieces.push(piece);
}

/** @returns {Piece[]} */
function moved(/** @type {Piece[]} */ pieces, /** @type {number} */ x, /** @type {number} */ y) {
  if (x === 0 && y === 0) return pieces;
  return pieces.map((p) => ({ ...p, x0: p.x0 + x, y0: p.y0 + y, x1: p.x1 + x, y1: p.y1 + y }));
}
