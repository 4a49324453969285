// The data of a timeline in the browser: one entry for each box, row by row.

import { unpack } from "../core/columns.js";
import { countersOf } from "./counters.js";
import { levelsOf } from "./levels.js";

export const OPERATION = 0;
export const PART = 1;
export const WAIT = 2;
export const OUTCOMES = ["done", "failed", "not run", "cancelled"];
/** Names that have a colour of their own; the others share one. */
export const COLOURED = 10;
/** Numbers so much larger than there are operations are looked up in a map. */
const SPARSE = 16;

/**
 * @typedef {object} Row
 * @property {number} lane
 * @property {number} begin  its first box
 * @property {number} end  one after its last
 * @property {import("./levels.js").Level[]} levels
 *
 * @typedef {object} Details  arrays parallel to the boxes; see mxbook/explain/timeline/columns.py
 * @property {string[]} layers
 * @property {string[]} places
 * @property {number[]} slots  colours of blocks
 * @property {Float32Array} pushed
 * @property {Float32Array} ready
 * @property {Float32Array} nbytes
 * @property {Uint16Array} layer
 * @property {Uint16Array} place
 * @property {Uint8Array} outcome
 * @property {Lists} after
 * @property {Lists} reads
 * @property {Lists} writes
 *
 * @typedef {{ offsets: Uint32Array, items: Uint32Array }} Lists
 */

export class Record {
  constructor() {
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.title = "";
    this.sentence = "nothing happened";
    this.span = 0;
    /** The beginning, on the clock that runs share; 0 if unknown. */
    this.zero = 0;
    /** @type {string[]} */
    this.lanes = [];
    /** @type {string[]} */
    this.titles = [];
    /** @type {string[]} */
    this.kinds = [];
    /** @type {string[]} */
    this.names = [];
    /** @type {number[]} */
    this.slots = [];
    /** @type {Row[]} */
    this.rows = [];
    /** @type {number[]} */
    this.critical = [];
    this.onPath = new Set();
    this.live = false;
    /** @type {[string, number, number][]} title, first lane and end of each of several records */
    this.groups = [];
    this.shift = 0; // numbers above it are those of the second record, so much larger
    /** @type {import("./compare.js").Comparison | null} */
    this.comparison = null;
    /** @type {Uint32Array | null} the number of the same operation in the other record */
    this.partner = null;
    this.start = new Float64Array();
    this.length = new Float32Array();
    this.name = new Uint16Array();
    this.what = new Uint8Array();
    this.number = new Uint32Array();
    /** @type {Details | null} */
    this.details = null;
    /** @type {((number: number) => number) | null} */
    this.places = null;
    /** @type {Int32Array[] | null} */
    this.paths = null;
    /** @type {import("./counters.js").Counter[] | null} */
    this.counted = null;
    /** @type {Lists | null} */
    this.dependents = null;
  }

  /** How many boxes there are. */
  get count() {
    return this.start.length;
  }

  /** Take in a frame from Python. @param {DataView | ArrayBuffer | Uint8Array} bytes */
  receive(bytes) {
    const { header, arrays } = unpack(bytes);
    if (header.kind === "details") this.detail(header, arrays);
    else this.fill(header, arrays);
    this.listeners.forEach((listener) => listener());
  }

  /** @param {any} header @param {{ [name: string]: any }} arrays */
  fill(header, arrays) {
    const { span, lanes, titles, kinds, names, slots, critical, sentence } = header;
    Object.assign(this, { span, lanes, titles, kinds, names, slots, critical, sentence });
    this.title = header.title ?? "";
    this.zero = header.zero ?? 0;
    this.live = header.live ?? false;
    this.groups = header.groups ?? [];
    this.shift = header.shift ?? 0;
    this.comparison = header.comparison ?? null;
    this.partner = null;
    Object.assign(this, arrays);
    this.onPath = new Set(critical);
    this.details = this.places = this.dependents = this.paths = this.counted = null;
    this.rows = header.rows.map((/** @type {number[]} */ [lane, begin, end]) => ({
      lane,
      begin,
      end,
      levels: levelsOf(this, begin, end),
    }));
  }

  /** @param {any} header @param {any} arrays */
  detail(header, arrays) {
    const lists = (/** @type {string} */ name) => ({
      offsets: arrays[`${name}_offsets`],
      items: arrays[name],
    });
    const { layers, places, slots } = header;
    const { pushed, ready, nbytes, layer, place, outcome } = arrays;
    if (pushed.length !== this.count) return; // of another timeline; its boxes are on their way
    const [after, reads, writes] = ["after", "reads", "writes"].map(lists);
    const columns = { pushed, ready, nbytes, layer, place, outcome, after, reads, writes };
    this.details = { layers, places, slots, ...columns };
    Object.assign(this, { critical: header.critical, sentence: header.sentence });
    this.onPath = new Set(header.critical);
    this.paths = this.dependents = this.counted = null;
  }

  /** The box of an operation; -1 if there is none. */
  boxOf(/** @type {number} */ number) {
    this.places ??= this.index();
    return this.places(number);
  }

  /** Where the operations are, by their numbers. @private @returns {(number: number) => number} */
  index() {
    const { number, what, count } = this;
    let most = 0;
    for (let i = 0; i < count; i++) most = Math.max(most, number[i]);
    if (most < SPARSE * count + SPARSE) {
      const found = new Int32Array(most + 1).fill(-1);
      for (let i = 0; i < count; i++) if (what[i] === OPERATION) found[number[i]] = i;
      return (wanted) => found[wanted] ?? -1;
    }
    const found = new Map();
    for (let i = 0; i < count; i++) if (what[i] === OPERATION) found.set(number[i], i);
    return (wanted) => found.get(wanted) ?? -1;
  }

  /** The boxes of the critical path of each record, in the order of time. */
  pathBoxes() {
    if (!this.paths) {
      const boxes = Int32Array.from(this.critical, (number) => this.boxOf(number)).filter((i) => i >= 0);
      const cut = boxes.findIndex((i) => this.shift > 0 && this.number[i] > this.shift);
      this.paths = cut < 0 ? [boxes] : [boxes.subarray(0, cut), boxes.subarray(cut)];
    }
    return this.paths;
  }

  /** Numbers over time. */
  counters() {
    this.counted ??= countersOf(this);
    return this.counted;
  }

  /** The row of a box. */
  rowOf(/** @type {number} */ box) {
    return this.rows.findIndex(({ begin, end }) => box >= begin && box < end);
  }

  end(/** @type {number} */ box) {
    return this.start[box] + this.length[box];
  }

  text(/** @type {number} */ box) {
    return this.names[this.name[box]];
  }

  /** The number of a box as its own record has it. */
  label(/** @type {number} */ box) {
    const number = this.number[box];
    return `#${number > this.shift ? number - this.shift : number}`;
  }

  /** What the lane of a box is called. */
  laneOf(/** @type {number} */ box) {
    const { lane } = this.rows[this.rowOf(box)];
    const group = this.groups.filter(([, first]) => first <= lane).pop();
    return group ? `${this.titles[lane]} (${group[0]})` : this.titles[lane];
  }

  /** The box of the same operation in the other record; -1 if there is none. */
  partnerOf(/** @type {number} */ box) {
    const number = this.partner && this.what[box] === OPERATION ? this.partner[box] : 0;
    return number ? this.boxOf(number) : -1;
  }

  /** Numbers of the operations that had to end before a box. @returns {number[]} */
  needs(/** @type {number} */ box) {
    return this.details ? listed(this.details.after, box) : [];
  }

  /** Boxes of the operations that had to wait for a box. @returns {number[]} */
  feeds(/** @type {number} */ box) {
    if (!this.details) return [];
    this.dependents ??= this.reversed(this.details.after);
    return listed(this.dependents, box);
  }

  /** For each box the boxes that need it. @private @param {Lists} after @returns {Lists} */
  reversed({ offsets, items }) {
    const count = new Uint32Array(this.count + 1);
    const sources = Int32Array.from(items, (number) => this.boxOf(number));
    for (const source of sources) if (source >= 0) count[source + 1] += 1;
    for (let i = 0; i < this.count; i++) count[i + 1] += count[i];
    const found = new Uint32Array(sources.length);
    const next = count.slice();
    for (let box = 0; box < this.count; box++) {
      for (let k = offsets[box]; k < offsets[box + 1]; k++) {
        if (sources[k] >= 0) found[next[sources[k]]++] = box;
      }
    }
    return { offsets: count, items: found };
  }

  /** The box of a row at a time; -1 if there is none. */
  at(/** @type {Row} */ row, /** @type {number} */ time, slack = 0) {
    const next = lowerBound(this.start, time, row.begin, row.end);
    if (next > row.begin && this.end(next - 1) + slack >= time) return next - 1;
    return next < row.end && this.start[next] - slack <= time ? next : -1;
  }
}

/** @param {Lists} lists @param {number} box @returns {number[]} */
export function listed({ offsets, items }, box) {
  return Array.from(items.subarray(offsets[box], offsets[box + 1]));
}

/**
 * The first index from `begin` to `end` whose value is above `time`; `end` if there is none.
 *
 * @param {Float64Array} values  in ascending order
 * @param {number} time
 * @param {number} begin
 * @param {number} end
 */
export function lowerBound(values, time, begin, end) {
  let [low, high] = [begin, end];
  while (low < high) {
    const half = (low + high) >> 1;
    if (values[half] > time) high = half;
    else low = half + 1;
  }
  return low;
}
