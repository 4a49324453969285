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

/** Two records on one worker each: dot and tanh, and with another relu. Boxes and details. */
export function pair() {
  const header = {
    kind: "boxes",
    span: 3000,
    lanes: ["mxbook-worker-1", "mxbook-worker-1"],
    kinds: ["worker", "worker"],
    titles: ["worker 1", "worker 1"],
    rows: [
      [0, 0, 2],
      [1, 2, 5],
    ],
    names: ["dot", "tanh", "relu"],
    slots: [0, 1, 2],
    critical: [1, 2, 3, 4, 5],
    sentence: "old: 1.5 us, new: 3 us, 100% more",
    groups: [
      ["old", 0, 1500],
      ["new", 1, 3000],
    ],
    shift: 2,
    comparison: {
      names: ["old", "new"],
      spans: [1500, 3000],
      both: 2,
      only: [0, 1],
      operators: [
        ["tanh", 1, 1, 500, 1000],
        ["relu", 0, 1, 0, 300],
        ["dot", 1, 1, 1000, 1000],
      ],
      blocks: [["(no block)", 2, 3, 1500, 2300]],
      operations: [[2, 2, 500]],
    },
  };
  const boxes = pack(header, {
    start: ["f8", [0, 1000, 0, 1000, 2500]],
    length: ["f4", [1000, 500, 1000, 1000, 300]],
    name: ["u2", [0, 1, 0, 1, 2]],
    what: ["u1", [0, 0, 0, 0, 0]],
    number: ["u4", [1, 2, 3, 4, 5]],
    partner: ["u4", [3, 4, 1, 2, 0]],
  });
  const none = Array(5).fill(0);
  const empty = Array(6).fill(0);
  const { critical, sentence } = header;
  const details = { kind: "details", layers: [""], places: [""], slots: [0], critical, sentence };
  return [
    boxes,
    pack(details, {
      pushed: ["f4", none],
      ready: ["f4", none],
      nbytes: ["f4", none],
      layer: ["u2", none],
      place: ["u2", none],
      outcome: ["u1", none],
      after_offsets: ["u4", empty],
      after: ["u4", []],
      reads_offsets: ["u4", empty],
      reads: ["u4", []],
      writes_offsets: ["u4", empty],
      writes: ["u4", []],
    }),
  ];
}
