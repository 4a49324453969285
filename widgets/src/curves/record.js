// The browser's copy of a run, built from frames.

import { decode, encode } from "../core/frames.js";
import { FIRST, HIGH, LAST, LOW, Series, WIDTH } from "./series.js";

/**
 * Everything about a curve but its points; see `Style` and `status` in Python.
 *
 * @typedef {object} Style
 * @property {string} name
 * @property {string} base
 * @property {string} panel
 * @property {string} label
 * @property {string} role
 * @property {[string, string]} colour
 * @property {number[]} dash
 * @property {string} marker
 * @property {"min" | "max" | ""} better
 * @property {boolean} exact
 * @property {number} every
 * @property {number} total
 * @property {[number, number | string] | null} latest
 * @property {[number, number | string] | null} best
 * @property {[number, number | string] | null} bad
 *
 * @typedef {object} Status
 * @property {string} title
 * @property {string} headline
 * @property {string} sentence
 * @property {string} status
 * @property {number} step
 * @property {number | null} total
 * @property {number | null} progress
 * @property {number} cost
 * @property {number} keep
 * @property {number} closed
 * @property {number} [points]  values that were logged
 * @property {number | null} [zero]  the start, in seconds on the clock of the timelines
 * @property {Alert[]} [alerts]
 * @property {Style[]} curves
 *
 * @typedef {[kind: string, curve: string, step: number, text: string]} Alert
 */

/** @type {Status} */
const NOTHING = {
  title: "training",
  headline: "",
  sentence: "",
  status: "running",
  step: 0,
  total: null,
  progress: null,
  cost: 0,
  keep: 2 ** 16,
  closed: 0,
  curves: [],
};

/** A run as far as the browser knows it. */
export class Record {
  constructor() {
    this.status = NOTHING;
    this.rows = 0;
    /** Data that came as a thinned snapshot: right, but with less detail. */
    this.coarse = false;
    /** Points were lost on the way; those that follow wait for a snapshot. */
    this.missing = false;
    /** @type {Series[]} */
    this.series = [];
    /** Seconds since the start at which the steps were logged. */
    this.times = new Series(NOTHING.keep);
    /** Epoch -> [its last step, seconds since the start]. @type {Map<number, number[]>} */
    this.epochs = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /**
   * Take in a frame.  Says whether Python should be asked for a full snapshot.
   *
   * @param {DataView | ArrayBuffer | Uint8Array} bytes
   * @returns {boolean}
   */
  receive(bytes) {
    const { header, numbers } = decode(bytes);
    const before = this.coarse || this.missing;
    const taken =
      header.kind === "snapshot" ? this.replace(header, numbers) : this.add(header, numbers);
    if (taken) {
      this.status = header;
      for (const [epoch, ...mark] of header.epochs) this.epochs.set(epoch, mark);
      for (const listener of this.listeners) listener();
    }
    return !before && (this.coarse || this.missing);
  }

  /**
   * @param {any} header
   * @param {Float64Array} numbers
   * @private
   */
  replace(header, numbers) {
    // Late, or not better than what is here already.
    if (header.rows < this.rows) return false;
    if (header.rows === this.rows && header.coarse && !this.coarse) return true;
    let begin = 0;
    this.series = header.sizes.map((/** @type {number} */ size, /** @type {number} */ i) => {
      const series = new Series(header.keep);
      const own = numbers.subarray(begin, begin + 7 * size);
      series.restore(own, size, header.every[i], header.totals[i]);
      begin += 7 * size;
      return series;
    });
    this.times = this.series.pop() ?? this.times;
    this.epochs.clear();
    this.rows = header.rows;
    this.coarse = header.coarse;
    this.missing = false;
    return true;
  }

  /**
   * @param {any} header
   * @param {Float64Array} numbers
   * @private
   */
  add(header, numbers) {
    if (header.begin > this.rows) {
      this.missing = true;
      return false;
    }
    if (header.rows < this.rows) return false;
    while (this.series.length < header.curves.length) this.series.push(new Series(header.keep));
    for (let at = 3 * (this.rows - header.begin); at < numbers.length; at += 3) {
      const series = numbers[at] < 0 ? this.times : this.series[numbers[at]];
      series.append(numbers[at + 1], numbers[at + 2]);
    }
    this.rows = header.rows;
    return true;
  }

  /**
   * Begin and end of a step in seconds since the start: from the last `log` of the step before to
   * the first of this one.  Null when it was not logged.
   *
   * @param {number} step
   * @returns {[number, number] | null}
   */
  stretch(step) {
    const { buckets, used } = this.times;
    let [low, high] = [0, used];
    while (low < high) {
      const half = (low + high) >> 1;
      if (buckets[half * WIDTH + LAST] >= step) high = half;
      else low = half + 1;
    }
    if (low >= used || step < buckets[FIRST]) return null;
    const at = low * WIDTH;
    const end = buckets[at + FIRST] === step ? buckets[at + LOW] : buckets[at + HIGH];
    return [low ? buckets[at - WIDTH + HIGH] : 0, end];
  }

  /** The step that was going on at a time; null before the start and after the end. */
  stepAt(/** @type {number} */ seconds) {
    const { buckets, used } = this.times;
    if (seconds < 0) return null;
    for (let i = 0; i < used; i++) {
      if (buckets[i * WIDTH + HIGH] >= seconds) return buckets[i * WIDTH + LAST];
    }
    return null;
  }

  /** Everything in one frame, as Python would send it. */
  snapshot() {
    const all = [...this.series, this.times];
    const numbers = new Float64Array(all.reduce((n, s) => n + WIDTH * s.used, 0));
    let at = 0;
    for (const { buckets, used } of all) {
      for (let c = 0; c < WIDTH; c++) {
        for (let i = 0; i < used; i++) numbers[at++] = buckets[i * WIDTH + c];
      }
    }
    const header = {
      ...this.status,
      kind: "snapshot",
      coarse: this.coarse,
      rows: this.rows,
      sizes: all.map((s) => s.used),
      every: all.map((s) => s.every),
      totals: all.map((s) => s.total),
      epochs: [...this.epochs].map(([epoch, mark]) => [epoch, ...mark]),
    };
    return encode(header, numbers);
  }

  /** Epochs that are over: epoch, last step, seconds. @returns {number[][]} */
  marks() {
    return [...this.epochs].map(([epoch, mark]) => [epoch, ...mark]).slice(0, this.status.closed);
  }

  /** Curves with their looks. @returns {{ style: Style, series: Series }[]} */
  curves() {
    return this.status.curves
      .map((style, i) => ({ style, series: this.series[i] }))
      .filter(({ series }) => series !== undefined);
  }
}
