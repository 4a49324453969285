// Numbers over time below the lanes; the counterpart of mxbook/explain/timeline/counters.py, which
// says what they mean.

import { COLOURS, mix } from "../core/theme.js";
import { OPERATION, listed, lowerBound } from "./record.js";
import { RIGHT } from "./viewport.js";
import { bytes } from "./words.js";

/** Larger records have no counters here. */
export const LARGEST = 100_000;
export const STRIP = 30; // height of a strip with the space above it
const BLUE = COLOURS[0];
const TALL = 22; // height of the largest value

/**
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./draw.js").Scene} Scene
 * @typedef {import("./pens.js").Pen} Pen
 *
 * @typedef {object} Counter  `value[i]` from `time[i]` on
 * @property {string} title
 * @property {boolean} size  whether these are bytes
 * @property {Float64Array} time
 * @property {Float64Array} value
 * @property {number} most
 */

/** The counters of a record, without those that tell nothing. @param {Record} record */
export function countersOf(record) {
  const { details, what, start, count } = record;
  if (!details || record.groups.length || count > LARGEST) return [];
  const boxes = Array.from(what.keys()).filter((i) => what[i] === OPERATION);
  const queue = boxes.map((i) => [start[i] - details.pushed[i], record.end(i), 1]);
  const ready = boxes.map((i) => [start[i] - details.ready[i], start[i], 1]);
  const found = [
    counter("in the queue", false, queue),
    counter("ready, waiting", false, ready),
    counter("bytes alive", true, alive(record, boxes)),
  ];
  return found.filter(({ most, size }) => most > (size ? 0 : 1));
}

/**
 * The sum of sizes, each of which counts from its begin to its end.
 *
 * @param {string} title
 * @param {boolean} size
 * @param {number[][]} spans  begin, end, size
 * @returns {Counter}
 */
function counter(title, size, spans) {
  const changes = spans.flatMap(([begin, end, n]) => [
    [begin, n],
    [end, -n],
  ]);
  changes.sort((a, b) => a[0] - b[0]);
  /** @type {number[]} */
  const time = [];
  /** @type {number[]} */
  const value = [];
  let [sum, most] = [0, 0];
  changes.forEach(([at, n], i) => {
    sum += n;
    if (changes[i + 1]?.[0] === at) return; // what happens at one moment counts together
    time.push(at);
    value.push(Math.max(0, sum));
    most = Math.max(most, sum);
  });
  return { title, size, time: Float64Array.from(time), value: Float64Array.from(value), most };
}

/** Begin, end and size of all that was written. @param {Record} record @param {number[]} boxes */
function alive(record, boxes) {
  const { reads, writes, nbytes } = /** @type {import("./record.js").Details} */ (record.details);
  /** @type {Map<string, number[]>} */
  const spans = new Map();
  const each = (/** @type {import("./record.js").Lists} */ lists, /** @type {number} */ i) => {
    const flat = listed(lists, i);
    return Array.from({ length: flat.length / 2 }, (_, k) => `${flat[2 * k]} ${flat[2 * k + 1]}`);
  };
  for (const i of boxes) {
    const marks = each(writes, i);
    for (const mark of marks) {
      spans.set(mark, [record.start[i], record.end(i), nbytes[i] / marks.length]);
    }
  }
  for (const i of boxes) {
    for (const mark of each(reads, i)) {
      const span = spans.get(mark);
      if (span) span[1] = Math.max(span[1], record.end(i));
    }
  }
  return [...spans.values()];
}

/** The largest value of a counter between two times. */
export function highest(
  /** @type {Counter} */ { time, value },
  /** @type {number} */ begin,
  /** @type {number} */ end,
) {
  const first = lowerBound(time, begin, 0, time.length) - 1;
  let found = first >= 0 ? value[first] : 0;
  for (let i = first + 1; i < time.length && time[i] < end; i++) found = Math.max(found, value[i]);
  return found;
}

/** The largest value as people say it. */
export function most(/** @type {Counter} */ { size, most: value }) {
  return size ? bytes(Number(value.toPrecision(2))) : String(value);
}

/** The strips, from `top` on. @param {Pen} pen @param {Scene} scene @param {number} top */
export function strips(pen, scene, top) {
  const { view, theme, counters } = scene;
  const grain = (view.end - view.begin) / view.width;
  const left = Math.round(view.left); // no seams between columns
  const colour = mix(BLUE[theme.side], theme.paper, 0.4);
  for (const each of counters) {
    const bottom = top + STRIP;
    pen.fill(10, top + 3, view.left + view.width - 10, 1, theme.grid);
    pen.text(10, bottom - TALL / 2, each.title, theme.ink, 11);
    const x = view.left + view.width + RIGHT - 6;
    pen.text(x, bottom - TALL / 2, most(each), theme.faint, 11, "end");
    const heights = Array.from({ length: Math.floor(view.width) }, (_, c) => {
      const value = highest(each, view.begin + c * grain, view.begin + (c + 1) * grain);
      return value ? Math.max(1, Math.round((value / each.most) * TALL)) : 0;
    });
    for (let c = 0; c < heights.length; ) {
      const begin = c;
      do c += 1;
      while (c < heights.length && heights[c] === heights[begin]);
      const tall = heights[begin];
      if (tall) pen.fill(left + begin, bottom - tall, c - begin, tall, colour);
    }
    top = bottom;
  }
}

/** What a counter says at a moment. @param {Counter} each @param {number} time */
export function atMoment(each, time) {
  const value = highest(each, time, time);
  return `${each.title}: ${each.size ? bytes(value) : value}`;
}
