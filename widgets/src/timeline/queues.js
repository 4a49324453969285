// The queue of every variable, one event after the other; the counterpart of
// mxbook/explain/timeline/queues.py.

import { OPERATION, listed } from "./record.js";

/**
 * @typedef {{ time: number, what: "pushed" | "started" | "ended", box: number }} Change
 * @typedef {{ box: number, number: number, name: string, writes: boolean, state: string }} Entry
 * @typedef {{ key: number, version: number, entries: Entry[] }} Queue
 */

/** Larger records are not stepped through. */
export const MOST = 20_000;

export class Steps {
  constructor(/** @type {import("./record.js").Record} */ record) {
    this.record = record;
    /** @type {Change[]} */
    this.changes = [];
    /** @type {Map<number, number>} */
    this.versions = new Map(); // at the beginning
    const { details } = record;
    if (!details) return;
    /** @type {[number, number, number, number, Change["what"], number][]} */
    const rows = [];
    for (let box = 0; box < record.count; box++) {
      if (record.what[box] !== OPERATION) continue;
      const [start, end, number] = [record.start[box], record.end(box), record.number[box]];
      rows.push([start - details.pushed[box], 1, number, 0, "pushed", box]);
      rows.push([start, 2, number, 0, "started", box]);
      rows.push([end, end === start ? 2 : 0, number, 1, "ended", box]);
    }
    rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]);
    this.changes = rows.map(([time, , , , what, box]) => ({ time, what, box }));
    const inOrder = rows.filter((row) => row[4] === "pushed").map((row) => row[5]);
    for (const box of inOrder) {
      for (const [key, version] of pairs(details.reads, box)) this.begin(key, version);
      for (const [key, version] of pairs(details.writes, box)) this.begin(key, version - 1);
    }
  }

  /** @private */
  begin(/** @type {number} */ key, /** @type {number} */ version) {
    if (!this.versions.has(key)) this.versions.set(key, version);
  }

  /** The queues after so many events. @returns {Queue[]} */
  at(/** @type {number} */ step) {
    const { record } = this;
    const details = /** @type {import("./record.js").Details} */ (record.details);
    /** @type {Map<number, { box: number, writes: boolean }[]>} */
    const pending = new Map([...this.versions.keys()].map((key) => [key, []]));
    const version = new Map(this.versions);
    const running = new Set();
    for (const { what, box } of this.changes.slice(0, Math.max(0, step))) {
      if (what === "started") {
        running.add(box);
        continue;
      }
      for (const [lists, writes] of /** @type {[any, boolean][]} */ ([
        [details.writes, true],
        [details.reads, false],
      ])) {
        for (const [key] of pairs(lists, box)) {
          const queue = pending.get(key) ?? [];
          if (what === "pushed") {
            queue.push({ box, writes });
          } else {
            pending.set(
              key,
              queue.filter((entry) => entry.box !== box),
            );
            if (writes) version.set(key, (version.get(key) ?? 0) + 1);
          }
        }
      }
    }
    const held = blocked(pending);
    return [...pending].map(([key, queue]) => ({
      key,
      version: version.get(key) ?? 0,
      entries: queue.map(({ box, writes }) => ({
        box,
        number: record.number[box],
        name: record.text(box),
        writes,
        state: running.has(box) ? "runs" : held.has(box) ? "waits" : "may run",
      })),
    }));
  }
}

/** Key and version of each variable. @returns {[number, number][]} */
export function pairs(
  /** @type {import("./record.js").Lists} */ lists,
  /** @type {number} */ box,
) {
  const flat = listed(lists, box);
  /** @type {[number, number][]} */
  const found = [];
  for (let i = 0; i < flat.length; i += 2) found.push([flat[i], flat[i + 1]]);
  return found;
}

/** The boxes that somebody stands before. */
function blocked(/** @type {Map<number, { box: number, writes: boolean }[]>} */ pending) {
  const found = new Set();
  for (const queue of pending.values()) {
    let writer = false;
    queue.forEach(({ box, writes }, place) => {
      if (writer || (writes && place)) found.add(box);
      writer ||= writes;
    });
  }
  return found;
}
