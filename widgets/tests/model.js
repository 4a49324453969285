// A stand-in for the model of a notebook, and frames like those from Python.

import { encode } from "../src/core/frames.js";

const LOOKS = {
  loss: { panel: "loss", role: "train", marker: "circle", dash: [], better: "min" },
  val_loss: { panel: "loss", role: "validation", marker: "circle", dash: [6, 3], better: "min" },
  grad_norm: { panel: "norm", role: "train", marker: "plus", dash: [], better: "" },
  accuracy: { panel: "accuracy", role: "train", marker: "square", dash: [], better: "max" },
};

/** The header that Python would send after `rows` points. */
export function status(names, rows, more = {}) {
  return {
    rows,
    title: "digits",
    headline: `${rows} steps`,
    sentence: `digits: ${rows} steps`,
    status: "running",
    step: rows,
    total: 100,
    progress: Math.min(1, rows / 100),
    cost: 0.001,
    keep: 65536,
    closed: 0,
    epochs: [],
    curves: names.map((name) => ({
      name,
      base: name.replace("val_", ""),
      label: name,
      colour: ["#0067A5", "#5AB4F0"],
      exact: false,
      every: 1,
      total: rows,
      latest: null,
      best: null,
      bad: null,
      ...LOOKS[name],
    })),
    ...more,
  };
}

/** A frame of new points: [curve, step, value] each. */
export function rows(names, begin, points, more) {
  const header = { kind: "rows", begin, ...status(names, begin + points.length, more) };
  return encode(header, points.flat());
}

/** A frame with everything: one list of [step, value] for each name, and [step, seconds]. */
export function snapshot(names, curves, more, times = []) {
  const total = curves.reduce((n, c) => n + c.length, 0);
  const all = [...curves, times];
  const header = {
    kind: "snapshot",
    coarse: false,
    sizes: all.map((c) => c.length),
    every: all.map(() => 1),
    totals: all.map((c) => c.length),
    ...status(names, total, more),
  };
  const columns = all.flatMap((c) => [
    ...c.map(([step]) => step),
    ...c.map(([step]) => step),
    ...c.map(([, value]) => value),
    ...c.map(([, value]) => value),
    ...c.map(([, value]) => value),
    ...c.map(() => 1),
    ...c.map(() => 0),
  ]);
  return encode(header, columns);
}

/** A model that remembers what was sent and whose events the test fires. */
export function fakeModel(frame, key = "test") {
  const state = { _key: key, _snapshot: frame, log_x: false, log_y: false, smooth: 0.02 };
  const listeners = new Map();
  return {
    state,
    sent: [],
    saved: 0,
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
    },
    on: (event, listener) => listeners.set(event, listener),
    off: (event) => listeners.delete(event),
    send(content) {
      this.sent.push(content);
    },
    save_changes() {
      this.saved += 1;
    },
    fire: (event, ...args) => listeners.get(event)?.(...args),
    listeners,
  };
}

/** A sine that falls, as [step, value]. */
export function falling(count) {
  return Array.from({ length: count }, (_, i) => [i + 1, 2 / (i + 1) + 0.1 * Math.sin(i)]);
}
