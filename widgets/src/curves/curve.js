// From the points of a run to what is drawn: columns, smoothing and ranges.
//
// The counterpart of mxbook/explain/curve.py; tests/agreement.json holds both to the same answers.

import { linearTicks, logTicks } from "../core/format.js";
import { BAD, COUNT, FIRST, HIGH, LAST, LOW, SUM, WIDTH, mean, merge } from "./series.js";

/** @typedef {import("./series.js").Series} Series */

/** A curve of at most so many columns shows a mark at each point. */
export const SPARSE = 40;
/** Values beyond are drawn at the edge of an axis that ends here. */
const LIMIT = 1e250;

/** A range of values, linear or logarithmic. */
export class Axis {
  /**
   * @param {number} low
   * @param {number} high
   * @param {boolean} [log]
   */
  constructor(low, high, log = false) {
    this.low = low;
    this.high = high;
    this.log = log;
  }

  /** Where a value lies: 0 at the low end, 1 at the high end; NaN if nowhere. */
  place(/** @type {number} */ value) {
    if (!this.log) return (value - this.low) / (this.high - this.low);
    if (!(value > 0)) return NaN;
    const low = Math.log10(this.low);
    return (Math.log10(value) - low) / (Math.log10(this.high) - low);
  }

  /** The value at a place; the inverse of `place`. */
  value(/** @type {number} */ place) {
    if (!this.log) return this.low + place * (this.high - this.low);
    return this.low * (this.high / this.low) ** place;
  }

  /** Round values on the axis, about `count` of them. */
  ticks(/** @type {number} */ count) {
    return (this.log ? logTicks : linearTicks)(this.low, this.high, count);
  }
}

/**
 * A curve cut into columns of the picture; one entry for each column that has points.
 *
 * @typedef {object} Columns
 * @property {number[]} at     place on the x axis
 * @property {number[]} step   middle of the steps
 * @property {number[]} first  first step
 * @property {number[]} last   last step
 * @property {number[]} low    smallest value, NaN when nothing in the column is finite
 * @property {number[]} high
 * @property {number[]} mean
 * @property {number[]} finite  how many of its points are
 * @property {number[]} bad    points that are NaN or infinite
 */

/**
 * Merge the buckets that fall into the same of `count` columns of the axis.
 *
 * With `margin`, points as far outside the axis as this share of it are kept as well, and one
 * more on either side, so that lines run to the edge when the reader has zoomed in.
 *
 * @param {Series} series
 * @param {Axis} axis
 * @param {number} count
 * @param {number} [margin]
 * @returns {Columns}
 */
export function columns(series, axis, count, margin = Infinity) {
  /** @type {Columns} */
  const cut = {
    at: [],
    step: [],
    first: [],
    last: [],
    low: [],
    high: [],
    mean: [],
    finite: [],
    bad: [],
  };
  const b = series.buckets;
  const middle = (/** @type {number} */ i) => (b[i * WIDTH + FIRST] + b[i * WIDTH + LAST]) / 2;
  const last = margin === Infinity ? count - 1 : Infinity; // the highest step ends a column
  const column = (/** @type {number} */ i) =>
    Math.min(Math.floor(axis.place(middle(i)) * count), last);
  const [begin, end] = visible(series, axis, margin, middle);
  for (let i = begin; i < end;) {
    let next = i + 1;
    const here = column(i);
    while (next < end && column(next) === here) next += 1;
    const merged = merge(b, i, next);
    const step = (merged[FIRST] + merged[LAST]) / 2;
    cut.at.push(axis.place(step));
    cut.step.push(step);
    cut.first.push(merged[FIRST]);
    cut.last.push(merged[LAST]);
    cut.low.push(merged[LOW]);
    cut.high.push(merged[HIGH]);
    cut.mean.push(mean(merged[LOW], merged[HIGH], merged[SUM], merged[COUNT]));
    cut.finite.push(merged[COUNT]);
    cut.bad.push(merged[BAD]);
    i = next;
  }
  return cut;
}

/**
 * The buckets to draw: begin and end (exclusive).
 *
 * @param {Series} series
 * @param {Axis} axis
 * @param {number} margin
 * @param {(i: number) => number} middle
 */
function visible(series, axis, margin, middle) {
  const first = (/** @type {(place: number) => boolean} */ right) => {
    let [low, high] = [0, series.used];
    while (low < high) {
      const half = (low + high) >> 1;
      if (right(axis.place(middle(half)))) high = half;
      else low = half + 1;
    }
    return low;
  };
  const drawable = first((place) => !Number.isNaN(place)); // a logarithmic axis has no step 0
  const begin = first((place) => place >= -margin);
  const end = first((place) => place > 1 + margin);
  return [Math.max(drawable, begin - 1), Math.min(series.used, end + 1)];
}

/**
 * Whether a column holds more than 1.5 points on average: then its range is worth drawing.
 *
 * @param {Columns} cut
 */
export function dense(cut) {
  return cut.finite.reduce((sum, c) => sum + c, 0) > 1.5 * cut.at.length;
}

/**
 * The mean of each column, averaged with its neighbours on both sides with weights
 * finite * exp(-distance / width); NaN where the column has no value.  A curve of few points stays
 * as it is.  For a logarithmic axis logarithms are averaged, of what is positive.
 *
 * @param {Columns} cut
 * @param {number} width
 * @param {boolean} [log]
 * @returns {number[]}
 */
export function smooth(cut, width, log = false) {
  const size = cut.at.length;
  if (width <= 0 || size <= SPARSE) return [...cut.mean];
  const means = log ? cut.mean.map((m) => (m > 0 ? Math.log(m) : NaN)) : cut.mean;
  const count = log ? cut.finite.map((c, i) => (means[i] === means[i] ? c : 0)) : cut.finite;
  if (log && !count.some((c) => c > 0)) return smooth(cut, width); // the axis will be linear
  const values = means.map((m) => (Number.isNaN(m) ? 0 : m));
  const total = new Float64Array(size);
  const norm = new Float64Array(size);
  /** @param {number} begin @param {number} step */
  const sweep = (begin, step) => {
    let sum = 0;
    let weight = 0;
    for (let k = 0, i = begin; k < size; k++, i += step) {
      const keep = k ? Math.exp(-Math.abs(cut.at[i] - cut.at[i - step]) / width) : 0;
      sum = sum * keep + count[i] * values[i];
      weight = weight * keep + count[i];
      total[i] += sum;
      norm[i] += weight;
    }
  };
  sweep(0, 1);
  sweep(size - 1, -1);
  const finite = means.filter((m) => !Number.isNaN(m));
  const [low, high] = [least(finite), most(finite)];
  return values.map((value, i) => {
    const own = count[i];
    if (!own) return NaN;
    // Both sweeps hold the column's own value; one is enough.
    const line = (total[i] - own * value) / (norm[i] - own);
    const inside = Math.min(Math.max(line, low), high);
    return log ? Math.exp(inside) : inside;
  });
}

/** @param {number[]} values */
const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
/** @param {number[]} values */
const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

/**
 * A y axis for lines and their columns; see `value_axis` in Python.
 *
 * @param {{ line: number[], cut: Columns }[]} curves
 * @param {boolean} log
 * @returns {Axis}
 */
export function valueAxis(curves, log) {
  /** @type {number[]} */
  const ends = [];
  const usable = (/** @type {number} */ v) => (log ? v > 1 / LIMIT : Number.isFinite(v));
  for (const { line, cut } of curves) {
    // What lies outside a zoomed axis does not count.
    const inside = cut.at.map((at) => at >= -1e-9 && at <= 1 + 1e-9);
    const pick = (/** @type {number[]} */ values) =>
      values
        .filter((v, i) => inside[i] && usable(v))
        .map((v) => Math.min(Math.max(v, -LIMIT), LIMIT))
        .sort((a, b) => a - b);
    const [shown, low, high] = [pick(line), pick(cut.low), pick(cut.high)];
    if (shown.length) ends.push(shown[0], shown[shown.length - 1]);
    if (low.length) ends.push(quantile(low, 0.02));
    if (high.length) ends.push(quantile(high, 0.98));
  }
  if (!ends.length) return log ? valueAxis(curves, false) : new Axis(0, 1);
  return padded(least(ends), most(ends), log);
}

/**
 * @param {number[]} sorted
 * @param {number} share
 */
function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/**
 * An axis a little wider than from low to high, that does not cross 0 without need.
 *
 * @param {number} low
 * @param {number} high
 * @param {boolean} log
 */
export function padded(low, high, log) {
  if (log) {
    const spread = Math.max(Math.log10(high) - Math.log10(low), 0.2);
    return new Axis(low / 10 ** (0.05 * spread), high * 10 ** (0.05 * spread), true);
  }
  const margin = 0.05 * (high - low) || 0.1 * Math.abs(high) || 1;
  const below = low - margin;
  return new Axis(below < 0 && low >= 0 ? 0 : below, high + margin);
}

/**
 * The x axis that holds all curves; logarithmic only if a step is positive.
 *
 * @param {Series[]} curves
 * @param {boolean} log
 */
export function stepAxis(curves, log) {
  let [low, high, positive] = [Infinity, -Infinity, Infinity];
  for (const { buckets, used } of curves) {
    if (!used) continue;
    low = Math.min(low, buckets[FIRST]);
    high = Math.max(high, buckets[(used - 1) * WIDTH + LAST]);
    for (let at = 0; log && at < used * WIDTH; at += WIDTH) {
      const step = buckets[at + FIRST] > 0 ? buckets[at + FIRST] : buckets[at + LAST];
      if (step > 0) {
        positive = Math.min(positive, step);
        break;
      }
    }
  }
  if (low > high) [low, high] = [0, 1];
  const useLog = log && positive <= high;
  if (useLog) low = positive;
  if (low === high) [low, high] = useLog ? [low / 1.5, high * 1.5] : [low - 0.5, high + 0.5];
  return new Axis(low, high, useLog);
}

/**
 * Begin and end (exclusive) of each run of true flags.
 *
 * @param {boolean[]} flags
 * @returns {[number, number][]}
 */
export function runsOf(flags) {
  /** @type {[number, number][]} */
  const runs = [];
  flags.forEach((flag, i) => {
    if (!flag) return;
    const last = runs[runs.length - 1];
    if (last && last[1] === i) last[1] = i + 1;
    else runs.push([i, i + 1]);
  });
  return runs;
}
