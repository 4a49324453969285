// Which stretch of time is shown where, and where the rows lie.

export const ROW = 20;
const GAP = 2; // between rows of a lane
const SPACE = 9; // between lanes
export const TOP = 8;
export const AXIS = 24;
export const RIGHT = 46; // room for how busy a lane was
export const HEAD = 24; // over the lanes of a group
const LEAST = 20; // nanoseconds; nothing can be seen closer

/** @typedef {{ begin: number, end: number }} Stretch */

export class Viewport {
  constructor() {
    this.begin = 0;
    this.end = 1;
    this.span = 1; // the whole
    this.left = 100;
    this.width = 600; // of the part with boxes
  }

  /** Show everything. */
  whole() {
    this.begin = 0;
    this.end = this.span;
  }

  /** Whether everything is shown. */
  get all() {
    return this.begin <= 0 && this.end >= this.span;
  }

  x(/** @type {number} */ time) {
    return this.left + ((time - this.begin) / (this.end - this.begin)) * this.width;
  }

  time(/** @type {number} */ x) {
    return this.begin + ((x - this.left) / this.width) * (this.end - this.begin);
  }

  /** Show a stretch of time, as far as there is any. */
  show(/** @type {number} */ begin, /** @type {number} */ end) {
    const length = Math.min(this.span, Math.max(LEAST, end - begin));
    const first = Math.min(Math.max(0, (begin + end - length) / 2), this.span - length);
    this.begin = first;
    this.end = first + length;
  }

  /** Closer (factor below 1) or farther away; the time at `x` stays where it is. */
  zoom(/** @type {number} */ factor, /** @type {number} */ x) {
    const time = this.time(x);
    const length = Math.min(this.span, Math.max(LEAST, factor * (this.end - this.begin)));
    const share = (x - this.left) / this.width;
    const begin = Math.min(Math.max(0, time - share * length), this.span - length);
    this.begin = begin;
    this.end = begin + length;
  }

  /** Move by a share of what is shown. */
  pan(/** @type {number} */ share) {
    const length = this.end - this.begin;
    const begin = Math.min(Math.max(0, this.begin + share * length), this.span - length);
    this.begin = begin;
    this.end = begin + length;
  }

  /** Move as little as it takes to see a stretch of time. */
  reveal(/** @type {number} */ begin, /** @type {number} */ end) {
    const length = this.end - this.begin;
    if (end - begin > length) return this.show(begin, end);
    const margin = Math.min(0.1 * length, (length - (end - begin)) / 2);
    if (begin < this.begin) this.pan((begin - margin - this.begin) / length);
    else if (end > this.end) this.pan((end + margin - this.end) / length);
  }
}

/**
 * The top of each row, and the height of all. Over the lanes of a group there is room for its head.
 *
 * @param {{ lane: number }[]} rows
 * @param {[string, number, number][]} [groups]
 * @returns {{ tops: number[], height: number }}
 */
export function places(rows, groups = []) {
  /** @type {number[]} */
  const tops = [];
  const headed = groups.map(([, lane]) => lane);
  let at = TOP;
  rows.forEach(({ lane }, i) => {
    if (i) at += ROW + (rows[i - 1].lane === lane ? GAP : SPACE);
    if (rows[i - 1]?.lane !== lane && headed.includes(lane)) at += HEAD;
    tops.push(at);
  });
  return { tops, height: (rows.length ? at + ROW : at) + TOP };
}

const UNITS = /** @type {[number, string][]} */ ([
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "us"],
  [1, "ns"],
]);

/** The unit in which times up to `span` nanoseconds are short numbers. @returns {[number, string]} */
export function unitOf(/** @type {number} */ span) {
  return UNITS.find(([size]) => span >= size) ?? UNITS[3];
}

/** A time as people say it; the counterpart of `duration` in mxbook/engine/failures.py. */
export function duration(/** @type {number} */ nanoseconds) {
  for (const [unit, size] of /** @type {[string, number][]} */ ([["s", 1e9], ["ms", 1e6]])) {
    const value = nanoseconds / size;
    if (value >= 0.1) return `${value < 10 ? short(value) : value.toFixed(0)} ${unit}`;
  }
  return `${short(nanoseconds / 1e3)} us`;
}

/** Two digits, without zeros at the end. */
function short(/** @type {number} */ value) {
  return String(Number(value.toPrecision(2)));
}
