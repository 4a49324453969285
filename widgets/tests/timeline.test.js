// The timeline must answer what Python answers; see tests/explain/timeline/test_agreement.py.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { pack, unpack } from "../src/core/columns.js";
import { THEMES } from "../src/core/theme.js";
import { highest } from "../src/timeline/counters.js";
import { busyShare, visible } from "../src/timeline/draw.js";
import { levelFor, levelsOf } from "../src/timeline/levels.js";
import { palette } from "../src/timeline/paint.js";
import { Steps } from "../src/timeline/queues.js";
import { Record } from "../src/timeline/record.js";
import { moved, schedule, workOf } from "../src/timeline/schedule.js";
import { sums } from "../src/timeline/sums.js";
import { boxInWords } from "../src/timeline/words.js";
import { Viewport, duration } from "../src/timeline/viewport.js";
import { bytes, dense, open } from "./timelines.js";

const agreed = JSON.parse(readFileSync("tests/timeline.json", "utf8"));

test.each(agreed.timelines)("what-if plans agree", (known) => {
  const record = open(known);
  for (const [engine, workers, slots] of known.plans) {
    const plan = schedule(workOf(record), engine, workers);
    const found = slots.map(([number]) => {
      const { lane, pushed, ready, started, ended } = plan.slots.get(number);
      return [number, lane ? `worker ${lane}` : "", pushed, ready, started, ended];
    });
    expect(found).toEqual(slots);
    const other = moved(record, plan);
    expect(other.count).toBe(slots.length + plan.waits.length);
    for (const [number, , , , started, ended] of slots) {
      const box = other.boxOf(number);
      expect([other.start[box], other.end(box)]).toEqual([started, ended]);
      expect(other.needs(box)).toEqual(record.needs(record.boxOf(number)));
    }
  }
});

test.each(agreed.timelines)("queues agree", (known) => {
  const steps = new Steps(open(known));
  for (const [step, queues] of known.queues) {
    const found = steps
      .at(step)
      .map(({ key, version, entries }) => [
        key,
        version,
        entries.map(({ number, writes, state }) => [number, writes, state]),
      ]);
    expect(new Map(found.map((q) => [q[0], q]))).toEqual(new Map(queues.map((q) => [q[0], q])));
  }
});

test.each(agreed.timelines)("counters agree", (known) => {
  const found = open(known).counters();
  expect(found.map(({ title, time, value }) => [title, [...time], [...value]])).toEqual(
    known.counters,
  );
  for (const each of found) {
    const [, ...times] = each.time;
    const peak = times.map((t, i) => highest(each, each.time[i], t));
    expect(peak).toEqual([...each.value].slice(0, -1));
    expect(highest(each, -2, -1)).toBe(0);
    expect(highest(each, -1, Infinity)).toBe(each.most);
  }
});

test.each(agreed.timelines)("sums agree", (known) => {
  const record = open(known);
  const [begin, end] = known.sums.area;
  const found = sums(record, { begin, end, first: 0, last: record.rows.length - 1 });
  expect(found.operators.map(({ name, count, took }) => [name, count, took])).toEqual(
    known.sums.operators,
  );
  const lanes = found.lanes.filter((lane) => lane.took).map((lane) => [lane.name, lane.took]);
  expect(lanes.sort()).toEqual(known.sums.lanes);
});

test("times and colours agree", () => {
  for (const [time, text] of agreed.durations) expect(duration(time)).toBe(text);
  agreed.colours.forEach((looks, side) => {
    const found = palette([...looks.keys()], THEMES[side]);
    expect(found.map(({ fill, rim, ink }) => [fill, rim, ink].map((c) => c.toUpperCase()))).toEqual(
      looks.map((look) => look.map((c) => c.toUpperCase())),
    );
  });
});

test("arrays of all types travel, from any address", () => {
  const frame = pack({ kind: "ä" }, { a: ["u1", [1, 2, 3]], b: ["f8", [0.5]], c: ["u2", [7]] });
  const shifted = new Uint8Array(frame.byteLength + 3);
  shifted.set(new Uint8Array(frame.buffer), 3);
  for (const bytes of [frame, shifted.subarray(3)]) {
    const { header, arrays } = unpack(bytes);
    expect(header.kind).toBe("ä");
    expect([...arrays.a, ...arrays.b, ...arrays.c]).toEqual([1, 2, 3, 0.5, 7]);
  }
});

test("levels keep the sums and are used only where they are finer than pixels", () => {
  const record = new Record();
  record.receive(dense(50_000));
  const [row] = record.rows;
  expect(row.levels.map(({ size }) => size)).toEqual([8, 32, 128, 512]);
  const total = record.length.reduce((a, b) => a + b, 0);
  for (const level of row.levels) {
    expect(level.busy.reduce((a, b) => a + b, 0)).toBeCloseTo(total, -2);
    expect(level.end.at(-1)).toBe(record.end(record.count - 1));
  }
  expect(levelFor(row.levels, 50_000, 700)?.size).toBe(32);
  expect(levelFor(row.levels, 10_000, 700)).toBeNull();
  expect(levelsOf(record, 0, 100)).toEqual([]);
  const share = busyShare(record, [row], 0, record.span);
  expect(share).toBeCloseTo(total / record.span, 3);
});

test("only what is visible is looked at", () => {
  const record = new Record();
  record.receive(dense(1000));
  const [row] = record.rows;
  const begin = record.start[500] + 1;
  expect(visible(record, row, begin, begin + 1)).toEqual([500, 501]);
  expect(record.at(row, begin)).toBe(500);
  expect(record.at(row, -5)).toBe(-1);
  expect(record.at(row, record.span + 5)).toBe(-1);
});

test("the viewport stays inside the whole", () => {
  const port = new Viewport();
  Object.assign(port, { span: 1000, left: 100, width: 500 });
  port.whole();
  const time = port.time(350);
  port.zoom(0.1, 350);
  expect(port.time(350)).toBeCloseTo(time);
  port.pan(-100);
  expect(port.begin).toBe(0);
  port.pan(100);
  expect(port.end).toBe(1000);
  port.zoom(1e9, 300);
  expect(port.all).toBe(true);
  port.show(400, 500);
  port.reveal(900, 910);
  expect(port.begin <= 900 && port.end >= 910).toBe(true);
  expect(port.end - port.begin).toBeCloseTo(100);
});

test("the critical path may come with the details", () => {
  const [known] = agreed.timelines;
  const whole = open(known);
  const early = new Record();
  const { header, arrays } = unpack(bytes(known.boxes));
  const columns = Object.fromEntries(
    ["start", "length", "name", "what", "number"].map((name) => {
      const kinds = { start: "f8", length: "f4", name: "u2", what: "u1", number: "u4" };
      return [name, [kinds[name], arrays[name]]];
    }),
  );
  early.receive(pack({ ...header, critical: [], sentence: "early" }, columns));
  expect([early.onPath.size, early.sentence]).toEqual([0, "early"]);
  early.receive(bytes(known.details));
  expect(whole.critical.length).toBeGreaterThan(0);
  expect(early.critical).toEqual(whole.critical);
  expect([...early.onPath]).toEqual(whole.critical);
  expect(early.sentence).toBe(whole.sentence);
});

test("a batch that a data worker loads is no instruction of an operation", () => {
  const record = open(agreed.timelines[0]);
  const box = record.boxOf(1);
  const lane = record.laneOf(box);
  record.what[box] = 1;
  expect(boxInWords(record, box)).toMatch(/, instruction of #1, /);
  record.number[box] = 0;
  expect(boxInWords(record, box)).toContain(` on ${lane}, `);
});

test("operations are found by numbers near and far", () => {
  const far = open(agreed.timelines[0]);
  const near = open(agreed.timelines[0]);
  far.number = far.number.map((n) => n * 1_000_003);
  for (let i = 0; i < near.count; i++) {
    if (near.what[i] !== 0) continue;
    expect(near.boxOf(near.number[i])).toBe(i);
    expect(far.boxOf(far.number[i])).toBe(i);
  }
  expect([near.boxOf(1e6), far.boxOf(2), near.boxOf(-1)]).toEqual([-1, -1, -1]);
});
