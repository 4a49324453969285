// Draws lanes, boxes, arrows and the axis of time; the counterpart of
// mxbook/explain/timeline/chart.py.

import { linearTicks, number } from "../core/format.js";
import { textWidth } from "../core/shapes.js";
import { levelFor } from "./levels.js";
import { PART, WAIT, lowerBound } from "./record.js";
import { ends, heads } from "./compare.js";
import { STRIP, strips } from "./counters.js";
import { HEAD, RIGHT, ROW, TOP, unitOf } from "./viewport.js";

/**
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./record.js").Row} Row
 * @typedef {import("./viewport.js").Viewport} Viewport
 * @typedef {import("./pens.js").Pen} Pen
 * @typedef {import("./paint.js").Paint} Paint
 *
 * @typedef {object} Scene
 * @property {Record} record
 * @property {Viewport} view
 * @property {number[]} tops
 * @property {number} height  of all rows
 * @property {import("../core/theme.js").Theme} theme
 * @property {Paint[]} paints  by name, or by block
 * @property {boolean} byBlock
 * @property {Set<number>} lit  the names (blocks) that stand out; empty: all
 * @property {number} chosen  the selected box, or -1
 * @property {{ begin: number, end: number, first: number, last: number } | null} area
 * @property {boolean} critical  whether the critical path is drawn
 * @property {number | null} cursor  a moment to be marked
 * @property {import("./counters.js").Counter[]} counters
 */

const THIN = 1.5; // boxes narrower than this are drawn together as a level
const SIZE = 10.5;

/** Everything. @param {Pen} pen @param {Scene} scene */
export function draw(pen, scene) {
  grid(pen, scene);
  lanes(pen, scene);
  strips(pen, scene, scene.height - scene.counters.length * STRIP - TOP + 4);
  scene.record.rows.forEach((row, i) => boxes(pen, scene, row, scene.tops[i]));
  heads(pen, scene);
  ends(pen, scene);
  if (scene.critical) path(pen, scene);
  marks(pen, scene);
  axis(pen, scene);
}

/** @param {Scene} scene */
function ticksOf({ view }) {
  const [size, unit] = unitOf(view.end - view.begin);
  const ticks = linearTicks(view.begin / size, view.end / size, Math.max(2, view.width / 100));
  return { ticks, size, unit };
}

/** @param {Pen} pen @param {Scene} scene */
function grid(pen, scene) {
  const { ticks, size } = ticksOf(scene);
  for (const tick of ticks) {
    const x = Math.round(scene.view.x(tick * size)) + 0.5;
    pen.fill(x - 0.5, 0, 1, scene.height, scene.theme.grid);
  }
}

/** @param {Pen} pen @param {Scene} scene */
function axis(pen, scene) {
  const { view, height, theme } = scene;
  const { ticks, size, unit } = ticksOf(scene);
  pen.fill(view.left, height, view.width, 1, theme.faint);
  ticks.forEach((tick, i) => {
    const label = i === ticks.length - 1 ? `${number(tick)} ${unit}` : number(tick);
    pen.text(view.x(tick * size), height + 13, label, theme.faint, 11, "middle");
  });
}

/** Names on the left, how busy each lane is on the right. @param {Pen} pen @param {Scene} scene */
function lanes(pen, scene) {
  const { record, view, tops, theme } = scene;
  let last = -1;
  record.rows.forEach(({ lane }, i) => {
    if (lane === last) return;
    last = lane;
    const headed = record.groups.some(([, first]) => first === lane);
    if (i) pen.fill(10, tops[i] - 5 - (headed ? HEAD : 0), view.left + view.width - 10, 1, theme.grid);
    pen.text(10, tops[i] + ROW / 2, cut(record.titles[lane], view.left - 18, 12), theme.ink, 12);
    const rows = record.rows.filter((row) => row.lane === lane);
    const share = busyShare(record, rows, view.begin, view.end);
    const x = view.left + view.width + RIGHT - 6;
    pen.text(x, tops[i] + ROW / 2, `${(100 * share).toFixed(0)}%`, theme.faint, 11, "end");
  });
}

/**
 * The part of a stretch of time in which some rows were busy; of a lane the first row counts, for
 * the others lie inside its boxes.
 *
 * @param {Record} record
 * @param {Row[]} rows
 * @param {number} begin
 * @param {number} end
 */
export function busyShare(record, rows, begin, end) {
  const [first] = rows;
  if (!first || end <= begin) return 0;
  const { start, length, what } = record;
  const [low, high] = visible(record, first, begin, end);
  const level = levelFor(first.levels, high - low, 500);
  let busy = 0;
  if (level) {
    const from = Math.floor((low - first.begin) / level.size);
    const to = Math.ceil((high - first.begin) / level.size);
    for (let g = from; g < to; g++) busy += level.busy[g];
    return Math.min(1, busy / (end - begin));
  }
  for (let i = low; i < high; i++) {
    if (what[i] === WAIT) continue;
    busy += Math.min(end, start[i] + length[i]) - Math.max(begin, start[i]);
  }
  return Math.min(1, busy / (end - begin));
}

/**
 * The boxes of a row that lie in a stretch of time.
 *
 * @param {Record} record
 * @param {Row} row
 * @param {number} begin
 * @param {number} end
 * @returns {[number, number]}
 */
export function visible(record, row, begin, end) {
  let low = lowerBound(record.start, begin, row.begin, row.end);
  if (low > row.begin && record.end(low - 1) > begin) low -= 1;
  return [low, lowerBound(record.start, end, low, row.end)];
}

/** The boxes of one row. @param {Pen} pen @param {Scene} scene @param {Row} row */
function boxes(pen, scene, row, /** @type {number} */ top) {
  const { record, view, paints, byBlock, lit } = scene;
  const [low, high] = visible(record, row, view.begin, view.end);
  const level = levelFor(row.levels, high - low, view.width);
  const columns = new Columns(Math.ceil(view.width) + 1);
  const scale = view.width / (view.end - view.begin);
  const kinds = byBlock && record.details ? record.details.layer : record.name;
  if (level) {
    const from = Math.floor((low - row.begin) / level.size);
    const to = Math.ceil((high - row.begin) / level.size);
    for (let g = from; g < to; g++) {
      const x = (level.start[g] - view.begin) * scale;
      columns.add(x, level.busy[g] * scale, kinds[level.most[g]]);
    }
    columns.draw(pen, scene, top);
    return;
  }
  const { start, length, what } = record;
  let painted = -Infinity; // narrow waits that end in a painted column are skipped
  for (let i = low; i < high; i++) {
    const x = (start[i] - view.begin) * scale;
    const width = length[i] * scale;
    if (width >= THIN) {
      box(pen, scene, i, x, width, top, paints[kinds[i]], !lit.size || lit.has(kinds[i]));
    } else if (what[i] !== WAIT) {
      columns.add(x, width, kinds[i]);
    } else if (x + width >= painted + 1) {
      painted = x;
      pen.fill(view.left + x, top + ROW - 3, 1, 2, scene.theme.faint);
    }
  }
  columns.draw(pen, scene, top);
}

/** Narrow boxes together: for each column of a pixel, how full it is, and of what most. */
class Columns {
  constructor(/** @type {number} */ size) {
    this.fill = new Float32Array(size);
    this.best = new Float32Array(size);
    this.kind = new Uint16Array(size);
    this.any = false;
  }

  /** A box from `x` on, which may begin left of the screen. */
  add(/** @type {number} */ x, /** @type {number} */ width, /** @type {number} */ kind) {
    this.any = true;
    const end = x + width;
    const last = Math.min(Math.floor(end), this.fill.length - 1);
    for (let c = Math.max(0, Math.floor(x)); c <= last; c++) {
      const part = Math.max(1e-3, Math.min(end, c + 1) - Math.max(x, c));
      this.fill[c] += part;
      if (this.kind[c] === kind || part > this.best[c]) {
        this.best[c] = this.kind[c] === kind ? this.best[c] + part : part;
        this.kind[c] = kind;
      }
    }
  }

  /** Neighbours of the same height and colour are one bar. */
  draw(/** @type {Pen} */ pen, /** @type {Scene} */ scene, /** @type {number} */ top) {
    if (!this.any) return;
    const { view, paints, lit } = scene;
    const colour = (/** @type {number} */ kind) =>
      !lit.size || lit.has(kind) ? paints[kind].rim : paints[kind].dim;
    const height = (/** @type {number} */ c) =>
      this.fill[c] ? Math.max(1, Math.round(Math.min(1, this.fill[c]) * ROW)) : 0;
    const size = Math.min(this.fill.length, Math.ceil(view.width));
    for (let c = 0; c < size; ) {
      const begin = c;
      const [tall, kind] = [height(c), this.kind[c]];
      do c += 1;
      while (c < size && height(c) === tall && this.kind[c] === kind);
      if (tall) pen.fill(view.left + begin, top + ROW - tall, c - begin, tall, colour(kind));
    }
  }
}

/**
 * One box that is wide enough to be seen.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {number} i
 * @param {number} x
 * @param {number} width
 * @param {number} top
 * @param {Paint} paint
 * @param {boolean} lit
 */
function box(pen, scene, i, x, width, top, paint, lit) {
  const { record, view, theme } = scene;
  const left = view.left + Math.max(0, x);
  const right = view.left + Math.min(view.width, x + width);
  if (right <= left) return;
  if (record.what[i] === WAIT) {
    outline(pen, left, top + 2, right, top + ROW - 2, theme.faint, 1, [3, 2]);
    const number = record.text(i) === "wait for variable" ? record.label(i) : "";
    const words = [number ? `waits for ${number}` : "waits", number];
    const room = right - left - 6;
    const text = words.find((w) => w && cut(w, room, SIZE) === w); // never half a number
    if (text) inBox(pen, text, left, right, top, theme.faint);
    return;
  }
  const inset = record.what[i] === PART ? 3 : 0;
  const edge = Math.max(left + 1, right - 0.6); // a gap tells neighbours apart
  const tall = ROW - 2 * inset;
  pen.fill(left, top + inset, edge - left, tall, lit ? paint.fill : paint.dim);
  if (lit && paint.rim !== paint.fill && width > 3) {
    outline(pen, left, top + inset, edge, top + inset + tall, paint.rim, 1);
  }
  const failed = record.details?.outcome[i];
  if (failed) outline(pen, left, top, edge, top + ROW, theme.alert, 2);
  const name = failed ? `! ${record.text(i)}` : record.text(i);
  inBox(pen, name, left, edge, top, lit ? paint.ink : theme.faint);
}

/** @param {Pen} pen @param {number[]} dash */
function outline(
  pen,
  /** @type {number} */ left,
  /** @type {number} */ top,
  /** @type {number} */ right,
  /** @type {number} */ bottom,
  /** @type {string} */ colour,
  /** @type {number} */ width,
  dash = [],
) {
  const half = width / 2;
  const [x0, x1, y0, y1] = [left + half, right - half, top + half, bottom - half];
  const corners = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ];
  pen.line(corners, colour, width, dash);
}

/** @param {Pen} pen */
function inBox(
  pen,
  /** @type {string} */ text,
  /** @type {number} */ left,
  /** @type {number} */ right,
  /** @type {number} */ top,
  /** @type {string} */ colour,
) {
  if (right - left < 16) return;
  const shown = cut(text, right - left - 6, SIZE);
  if (shown) pen.text((left + right) / 2, top + ROW / 2 + 0.5, shown, colour, SIZE, "middle");
}

/** @type {Map<string, number>} */
const widths = new Map();

/** How wide a text is; measured once. */
export function widthOf(/** @type {string} */ text, /** @type {number} */ size) {
  const key = `${size} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 5000) widths.clear();
    width = textWidth(text, size);
    widths.set(key, width);
  }
  return width;
}

/** As much of a text as there is room for. */
export function cut(
  /** @type {string} */ text,
  /** @type {number} */ room,
  /** @type {number} */ size,
) {
  const width = widthOf(text, size);
  if (width <= room) return text;
  const fits = Math.floor((text.length * (room - size)) / width);
  return fits > 1 ? `${text.slice(0, fits)}…` : "";
}

/** A line under the boxes of the critical path, and from each to the next. @param {Pen} pen */
function path(pen, /** @type {Scene} */ scene) {
  const { record, view, theme } = scene;
  const top = topOf(scene);
  for (const boxes of record.pathBoxes()) {
    /** @type {number[][]} */
    const points = [];
    for (let k = firstVisible(record, boxes, view.begin); k < boxes.length; k++) {
      const i = boxes[k];
      if (record.start[i] > view.end || points.length > MOST_POINTS) break;
      if (record.end(i) < view.begin) continue;
      const y = top(i) + ROW;
      const x0 = clip(view, view.x(record.start[i]));
      const x1 = Math.max(x0 + 1, clip(view, view.x(record.end(i))));
      const last = points[points.length - 1];
      if (last && last[1] === y && x0 - last[0] < 1) last[0] = x1;
      else if (!last || last[1] === y || x1 - x0 >= THIN) points.push([x0, y], [x1, y]);
    }
    if (points.length && points.length <= MOST_POINTS) pen.line(points, theme.alert, 2);
  }
}

const MOST_POINTS = 4000; // a path of more would be a red surface

/** The first box of a path that may be seen: each begins when the one before has ended. */
function firstVisible(
  /** @type {Record} */ record,
  /** @type {Int32Array} */ boxes,
  /** @type {number} */ begin,
) {
  let [low, high] = [0, boxes.length];
  while (low < high) {
    const half = (low + high) >> 1;
    if (record.end(boxes[half]) < begin) low = half + 1;
    else high = half;
  }
  return low;
}

const clip = (/** @type {Viewport} */ view, /** @type {number} */ x) =>
  Math.min(Math.max(x, view.left), view.left + view.width);

/** Finds the top of a box, quickly for boxes of one row after the other. */
function topOf(/** @type {Scene} */ { record, tops }) {
  return (/** @type {number} */ box) => {
    const { rows } = record;
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const half = (low + high + 1) >> 1;
      if (rows[half].begin <= box) low = half;
      else high = half - 1;
    }
    return tops[low];
  };
}

/** Selection, arrows, area and cursor. @param {Pen} pen @param {Scene} scene */
function marks(pen, scene) {
  const { record, view, theme, area, chosen, cursor, tops } = scene;
  if (area) {
    const [x0, x1] = [clip(view, view.x(area.begin)), clip(view, view.x(area.end))];
    const [y0, y1] = [tops[area.first] - 3, tops[area.last] + ROW + 3];
    outline(pen, x0, y0, Math.max(x0 + 2, x1), y1, theme.ink, 1.5, [5, 3]);
  }
  if (cursor !== null && cursor >= view.begin && cursor <= view.end) {
    pen.fill(Math.round(view.x(cursor)), TOP - 6, 1, scene.height - TOP + 6, theme.ink);
  }
  if (chosen < 0) return;
  const top = topOf(scene);
  arrows(pen, scene, top);
  const partner = record.partnerOf(chosen);
  if (partner >= 0) {
    const [a, b] = [record.start[partner], record.end(partner)].map((t) => clip(view, view.x(t)));
    const at = top(partner);
    outline(pen, a - 1, at - 1, Math.max(a + 2, b) + 1, at + ROW + 1, theme.ink, 2, [4, 2]);
  }
  const y = top(chosen);
  const x0 = clip(view, view.x(record.start[chosen]));
  const x1 = Math.max(x0 + 2, clip(view, view.x(record.end(chosen))));
  outline(pen, x0 - 2, y - 2, x1 + 2, y + ROW + 2, theme.paper, 1);
  outline(pen, x0 - 1, y - 1, x1 + 1, y + ROW + 1, theme.ink, 2);
}

const MOST = 200; // arrows on either side

/** From what the selection needed, and to what needs it. @param {Pen} pen @param {Scene} scene */
function arrows(pen, scene, /** @type {(box: number) => number} */ top) {
  const { record, chosen, view, theme } = scene;
  const before = record.needs(chosen).map((n) => record.boxOf(n));
  const after = record.feeds(chosen);
  const middle = (/** @type {number} */ i) => top(i) + ROW / 2;
  const pair = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number[]} */ dash) => {
    const [x0, x1] = [view.x(record.end(from)), view.x(record.start[to])];
    if (Math.max(x0, x1) < view.left || Math.min(x0, x1) > view.left + view.width) return;
    arrow(pen, view, [x0, middle(from)], [x1, middle(to)], theme.ink, dash);
  };
  for (const i of before.slice(0, MOST)) if (i >= 0) pair(i, chosen, []);
  for (const i of after.slice(0, MOST)) pair(chosen, i, [4, 3]);
}

/** A curve with a head, cut off at the edges. @param {Pen} pen @param {Viewport} view */
function arrow(
  pen,
  view,
  /** @type {number[]} */ [x0, y0],
  /** @type {number[]} */ [x1, y1],
  /** @type {string} */ colour,
  /** @type {number[]} */ dash,
) {
  const bend = Math.max(12, Math.min(60, Math.abs(x1 - x0) / 2));
  const points = [];
  for (let k = 0; k <= 16; k++) {
    const t = k / 16;
    const u = 1 - t;
    const x =
      u * u * u * x0 + 3 * u * u * t * (x0 + bend) + 3 * u * t * t * (x1 - bend) + t * t * t * x1;
    const y = u * u * (1 + 2 * t) * y0 + t * t * (3 - 2 * t) * y1;
    if (x >= view.left - 1 && x <= view.left + view.width + 1) points.push([x, y]);
  }
  if (points.length > 1) pen.line(points, colour, 1.5, dash);
  if (x1 < view.left || x1 > view.left + view.width) return;
  const head = [
    [x1 - 6, y1 - 4],
    [x1, y1],
    [x1 - 6, y1 + 4],
  ];
  pen.line(head, colour, 1.5);
}
