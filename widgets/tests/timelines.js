// Timelines for the tests.

import { pack } from "../src/core/columns.js";
import { Record } from "../src/timeline/record.js";

export const bytes = (text) => new DataView(Uint8Array.from(Buffer.from(text, "base64")).buffer);

/** The record of a timeline in timeline.json. */
export function open({ boxes, details }) {
  const record = new Record();
  record.receive(bytes(boxes));
  record.receive(bytes(details));
  return record;
}

/** One lane of many short operations, without details. */
export function dense(count) {
  const index = [...Array(count).keys()];
  const header = {
    kind: "boxes",
    span: count * 10,
    lanes: ["mxbook-worker-1"],
    kinds: ["worker"],
    titles: ["worker 1"],
    rows: [[0, 0, count]],
    names: ["dot", "sum"],
    slots: [0, 1],
    critical: [],
    sentence: `${count} operations`,
  };
  return pack(header, {
    start: ["f8", index.map((i) => 10 * i)],
    length: ["f4", index.map((i) => 3 + (i % 6))],
    name: ["u2", index.map((i) => i % 2)],
    what: ["u1", index.map(() => 0)],
    number: ["u4", index.map((i) => i + 1)],
  });
}

/** A model that remembers what was sent and whose events the test fires. */
export function timelineModel(boxes, details, key = "timeline") {
  const state = { _key: key, _boxes: boxes, _details: details };
  const listeners = new Map();
  return {
    state,
    sent: [],
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
    },
    on: (event, listener) => listeners.set(event, listener),
    off: (event) => listeners.delete(event),
    send(content) {
      this.sent.push(content);
    },
    save_changes() {},
    fire: (event, ...args) => listeners.get(event)?.(...args),
    listeners,
  };
}
