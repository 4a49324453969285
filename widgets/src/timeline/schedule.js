// The same record on other engines, without Python; the counterpart of
// mxbook/explain/timeline/whatif.py, which says what this knows and what it does not.

import { visible } from "./draw.js";
import { OPERATION, Record, WAIT, listed } from "./record.js";

export const ENGINES = ["NaiveEngine", "ThreadedEngine", "HybridEngine"];
/** Larger records are a matter for Python. */
export const LARGEST = 50_000;

/**
 * @typedef {{ own: number, number: number, wait: string | null }} Step
 * @typedef {{ lane: number, pushed: number, ready: number, started: number, ended: number }} Slot
 *   lane 0 is Python, others are workers
 * @typedef {{ started: number, ended: number, number: number, wait: string }} Wait
 *
 * @typedef {object} Work  what does not depend on the engine
 * @property {Map<number, number>} took  nanoseconds of each operation itself
 * @property {Map<number, number[]>} after
 * @property {Set<number>} inline  what ran in a Python thread
 * @property {Step[]} steps
 */

/** The work of a record. @param {Record} record @returns {Work} */
export function workOf(record) {
  const { details, what, number, start, rows, kinds } = record;
  /** @type {Work} */
  const work = { took: new Map(), after: new Map(), inline: new Set(), steps: [] };
  if (!details) return work;
  /** @type {{ time: number, until: number, number: number, wait: string | null }[]} */
  const marks = [];
  /** @type {[number, number][]} */
  const asleep = [];
  rows.forEach((row, r) => {
    const inner = rows[r + 1]?.lane === row.lane ? rows[r + 1] : null;
    const kind = kinds[row.lane];
    for (let i = row.begin; i < row.end; i++) {
      const end = record.end(i);
      if (what[i] === WAIT) {
        const wait = record.text(i).replace("wait for ", "");
        marks.push({ time: start[i], until: end, number: number[i], wait });
        asleep.push([start[i], end]);
      } else if (what[i] === OPERATION) {
        const time = start[i] - details.pushed[i];
        marks.push({ time, until: time, number: number[i], wait: null });
        work.took.set(number[i], ownTime(record, i, inner));
        if (kind !== "worker") asleep.push([start[i], end]);
        if (kind === "python") work.inline.add(number[i]);
      }
    }
  });
  for (const n of work.took.keys()) {
    const needed = listed(details.after, record.boxOf(n)).filter((a) => work.took.has(a));
    work.after.set(n, needed);
  }
  work.steps = steps(marks, asleep);
  return work;
}

/** @param {Record} record @param {number} i @param {import("./record.js").Row | null} inner */
function ownTime(record, i, inner) {
  if (!inner) return record.length[i];
  const [low, high] = visible(record, inner, record.start[i], record.end(i));
  let own = record.length[i];
  for (let k = low; k < high; k++) if (record.what[k] === OPERATION) own -= record.length[k];
  return Math.max(0, own);
}

/**
 * What Python does, one after the other, with its own time before each.
 *
 * @param {{ time: number, until: number, number: number, wait: string | null }[]} marks
 * @param {[number, number][]} asleep
 * @returns {Step[]}
 */
function steps(marks, asleep) {
  marks.sort((a, b) => a.time - b.time || a.number - b.number);
  asleep.sort((a, b) => a[0] - b[0]);
  /** @type {[number, number, number][]} */
  const merged = [];
  let total = 0;
  for (let [start, end] of asleep) {
    if (merged.length) start = Math.max(start, merged[merged.length - 1][1]);
    if (end <= start) continue;
    merged.push([start, end, total]);
    total += end - start;
  }
  const until = (/** @type {number} */ time) => {
    let [low, high] = [0, merged.length];
    while (low < high) {
      const half = (low + high) >> 1;
      if (merged[half][0] > time) high = half;
      else low = half + 1;
    }
    if (!low) return 0;
    const [start, end, before] = merged[low - 1];
    return before + Math.min(time, end) - start;
  };
  let last = 0;
  return marks.map(({ time, until: stop, number, wait }) => {
    const own = Math.max(0, time - last - (until(time) - until(last)));
    last = Math.max(last, stop);
    return { own, number, wait };
  });
}

/**
 * Who would have run what, when.
 *
 * @param {Work} work
 * @param {string} engine
 * @param {number} workers
 * @returns {{ slots: Map<number, Slot>, waits: Wait[], span: number }}
 */
export function schedule(work, engine, workers) {
  return new Simulation(work, engine, workers).run();
}

class Simulation {
  constructor(
    /** @type {Work} */ work,
    /** @type {string} */ engine,
    /** @type {number} */ workers,
  ) {
    this.work = work;
    this.naive = engine === "NaiveEngine";
    this.hybrid = engine === "HybridEngine";
    this.missing = new Map([...work.after].map(([n, needed]) => [n, needed.length]));
    /** @type {Map<number, number[]>} */
    this.dependents = new Map();
    for (const [n, needed] of work.after) {
      for (const a of needed) this.dependents.set(a, [...(this.dependents.get(a) ?? []), n]);
    }
    const byNumber = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a[0] - b[0];
    const byTime = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
      a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
    this.free = new Heap(byNumber);
    for (let w = 1; w <= workers; w++) this.free.push([w]);
    this.ready = new Heap(byNumber);
    this.agenda = new Heap(byTime); // time, rank (0: an end, 1: Python), number, lane
    this.at = 0;
    /** @type {Map<number, number>} */
    this.pushed = new Map();
    /** @type {Map<number, number>} */
    this.readyAt = new Map();
    /** @type {Map<number, Slot>} */
    this.slots = new Map();
    this.done = new Set();
    /** @type {Wait[]} */
    this.waits = [];
    /** @type {{ step: Step, since: number, left: Set<number> } | null} */
    this.waited = null;
    this.span = 0;
  }

  run() {
    this.python(0);
    while (this.agenda.size) {
      const now = this.agenda.top[0];
      while (this.agenda.size && this.agenda.top[0] === now) {
        const [, rank, number, lane] = this.agenda.pop();
        if (rank) this.step(now);
        else this.end(number, lane, now);
      }
      while (this.free.size && this.ready.size) {
        this.start(this.ready.pop()[0], this.free.pop()[0], now);
      }
    }
    const { slots, waits, span } = this;
    return { slots, waits, span };
  }

  /** Plan the next step of Python. */
  python(/** @type {number} */ now) {
    const next = this.work.steps[this.at];
    if (next) this.agenda.push([now + next.own, 1, 0, 0]);
  }

  step(/** @type {number} */ now) {
    const step = this.work.steps[this.at++];
    this.span = Math.max(this.span, now);
    if (step.wait !== null) return this.wait(step, now);
    this.pushed.set(step.number, now);
    if (!this.missing.get(step.number)) {
      this.readyAt.set(step.number, now);
      if (this.naive || (this.hybrid && this.work.inline.has(step.number))) {
        this.start(step.number, 0, now); // Python goes on when it has ended
        return undefined;
      }
      this.ready.push([step.number]);
    }
    return this.python(now);
  }

  wait(/** @type {Step} */ step, /** @type {number} */ now) {
    const targets = step.wait === "all" ? [...this.pushed.keys()] : [step.number];
    const left = step.wait === "room" ? [] : targets.filter((n) => this.pushed.has(n));
    const open = new Set(left.filter((n) => !this.done.has(n)));
    if (open.size) this.waited = { step, since: now, left: open };
    else this.python(now);
  }

  start(
    /** @type {number} */ number,
    /** @type {number} */ lane,
    /** @type {number} */ now,
  ) {
    const ended = now + (this.work.took.get(number) ?? 0);
    const pushed = this.pushed.get(number) ?? 0;
    const ready = this.readyAt.get(number) ?? 0;
    this.slots.set(number, { lane, pushed, ready, started: now, ended });
    this.span = Math.max(this.span, ended);
    this.agenda.push([ended, 0, number, lane]);
  }

  end(/** @type {number} */ number, /** @type {number} */ lane, /** @type {number} */ now) {
    this.done.add(number);
    if (lane) this.free.push([lane]);
    for (const other of this.dependents.get(number) ?? []) {
      const left = (this.missing.get(other) ?? 0) - 1;
      this.missing.set(other, left);
      if (!left && this.pushed.has(other)) {
        this.readyAt.set(other, now);
        this.ready.push([other]);
      }
    }
    if (this.waited?.left.delete(number) && !this.waited.left.size) {
      const { step, since } = this.waited;
      this.waited = null;
      const wait = step.wait ?? "variable";
      this.waits.push({ started: since, ended: now, number: step.number, wait });
      this.python(now);
    }
    if (!lane) this.python(now);
  }
}

/** The smallest first. */
class Heap {
  constructor(/** @type {(a: number[], b: number[]) => number} */ compare) {
    this.compare = compare;
    /** @type {number[][]} */
    this.items = [];
  }

  get size() {
    return this.items.length;
  }

  get top() {
    return this.items[0];
  }

  push(/** @type {number[]} */ item) {
    const { items, compare } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (compare(items[above], item) <= 0) break;
      items[at] = items[above];
      at = above;
    }
    items[at] = item;
  }

  /** @returns {number[]} */
  pop() {
    const { items, compare } = this;
    const found = items[0];
    const item = /** @type {number[]} */ (items.pop());
    if (!items.length) return found;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && compare(items[below + 1], items[below]) < 0) below += 1;
      if (compare(item, items[below]) <= 0) break;
      items[at] = items[below];
      at = below;
    }
    items[at] = item;
    return found;
  }
}

/**
 * A record of the same operations in other slots.
 *
 * @param {Record} record
 * @param {ReturnType<typeof schedule>} plan
 * @returns {Record}
 */
export function moved(record, { slots, waits, span }) {
  const details = /** @type {import("./record.js").Details} */ (record.details);
  const lanes = [...new Set([0, ...[...slots.values()].map((s) => s.lane)])].sort((a, b) => a - b);
  const boxes = [...slots].map(([number, slot]) => ({ ...slot, number, wait: "" }));
  boxes.push(...waits.map((w) => ({ ...w, lane: 0, pushed: w.started, ready: w.started })));
  boxes.sort((a, b) => a.lane - b.lane || a.started - b.started || a.ended - b.ended);
  const found = new Record();
  const { names, slots: colours, critical, onPath, sentence } = record;
  Object.assign(found, { names: [...names], slots: [...colours], critical, onPath, sentence, span });
  found.lanes = found.titles = lanes.map((lane) => (lane ? `worker ${lane}` : "Python"));
  found.kinds = lanes.map((lane) => (lane ? "worker" : "python"));
  const source = boxes.map((b) => record.boxOf(b.number));
  const nameOf = (/** @type {string} */ wait) => {
    const text = `wait for ${wait}`;
    if (!found.names.includes(text)) {
      found.names.push(text);
      found.slots.push(10);
    }
    return found.names.indexOf(text);
  };
  found.start = Float64Array.from(boxes, (b) => b.started);
  found.length = Float32Array.from(boxes, (b) => b.ended - b.started);
  found.name = Uint16Array.from(boxes, (b, i) => (b.wait ? nameOf(b.wait) : record.name[source[i]]));
  found.what = Uint8Array.from(boxes, (b) => (b.wait ? WAIT : OPERATION));
  found.number = Uint32Array.from(boxes, (b) => b.number);
  const pick = (/** @type {ArrayLike<number>} */ values) => source.map((s) => values[s] ?? 0);
  found.details = {
    ...details,
    pushed: Float32Array.from(boxes, (b) => b.started - b.pushed),
    ready: Float32Array.from(boxes, (b) => b.started - b.ready),
    nbytes: Float32Array.from(pick(details.nbytes)),
    layer: Uint16Array.from(pick(details.layer)),
    place: Uint16Array.from(pick(details.place)),
    outcome: Uint8Array.from(pick(details.outcome)),
    after: chosen(details.after, source, boxes),
    reads: chosen(details.reads, source, boxes),
    writes: chosen(details.writes, source, boxes),
  };
  let at = 0;
  found.rows = lanes.map((lane, place) => {
    const begin = at;
    while (at < boxes.length && boxes[at].lane === lane) at += 1;
    return { lane: place, begin, end: at, levels: [] };
  });
  return found;
}

/**
 * @param {import("./record.js").Lists} lists
 * @param {number[]} source
 * @param {{ wait: string }[]} boxes
 */
function chosen(lists, source, boxes) {
  const each = source.map((s, i) => (boxes[i].wait || s < 0 ? [] : listed(lists, s)));
  const offsets = new Uint32Array(each.length + 1);
  each.forEach((items, i) => (offsets[i + 1] = offsets[i] + items.length));
  return { offsets, items: Uint32Array.from(each.flat()) };
}
