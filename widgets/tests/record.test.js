import { expect, test } from "vitest";

import { Record } from "../src/curves/record.js";
import { falling, rows, snapshot } from "./model.js";

const names = ["loss"];
const points = (begin, end) =>
  Array.from({ length: end - begin }, (_, i) => [0, begin + i + 1, 0.5]);
const steps = (record) => record.series[0].total;

test("points arrive in order", () => {
  const record = new Record();
  record.receive(rows(names, 0, points(0, 3)));
  record.receive(rows(names, 3, points(3, 5)));
  expect([record.rows, steps(record)]).toEqual([5, 5]);
});

test("what arrives twice counts once", () => {
  const record = new Record();
  record.receive(rows(names, 0, points(0, 4)));
  record.receive(rows(names, 0, points(0, 4)));
  record.receive(rows(names, 2, points(2, 6)));
  expect([record.rows, steps(record)]).toEqual([6, 6]);
});

test("a gap is noticed once, waits, and is filled by a snapshot", () => {
  const record = new Record();
  record.receive(rows(names, 0, points(0, 4)));
  expect(record.receive(rows(names, 6, points(6, 8)))).toBe(true);
  expect(record.receive(rows(names, 8, points(8, 9)))).toBe(false);
  expect([record.rows, record.missing]).toEqual([4, true]);
  record.receive(snapshot(names, [falling(9)]));
  expect([record.rows, record.missing]).toEqual([9, false]);
  record.receive(rows(names, 9, points(9, 10)));
  expect(steps(record)).toBe(10);
});

test("a late snapshot changes nothing", () => {
  const record = new Record();
  record.receive(rows(names, 0, points(0, 9)));
  record.receive(snapshot(names, [falling(5)]));
  expect(record.rows).toBe(9);
  expect(record.series[0].buckets[2]).toBe(0.5);
});

test("listeners hear of every change", () => {
  const record = new Record();
  let heard = 0;
  record.listeners.add(() => (heard += 1));
  record.receive(rows(names, 0, points(0, 1)));
  record.receive(rows(names, 5, points(5, 6)));
  expect(heard).toBe(1);
});

test("the moments of steps", () => {
  const record = new Record();
  const times = [
    [1, 0.5],
    [2, 0.9],
    [2, 1.5],
    [3, 1.8],
  ];
  record.receive(snapshot(names, [falling(3)], {}, times));
  record.receive(rows(names, 3, [[-1, 4, 2.2]]));
  expect([0, 1, 2, 3, 4, 5].map((step) => record.stretch(step))).toEqual([
    null,
    [0, 0.5],
    [0.5, 0.9],
    [1.5, 1.8], // from the last time that something was logged for the step before
    [1.8, 2.2],
    null,
  ]);
  expect([-1, 0, 0.6, 1.6, 2.2, 3].map((s) => record.stepAt(s))).toEqual([null, 1, 2, 3, 4, null]);
});

test("a snapshot of a record makes the same record", () => {
  const record = new Record();
  const more = { epochs: [[1, 2, 0.5]], closed: 1 };
  record.receive(snapshot(["loss", "accuracy"], [falling(9), falling(3)], more, falling(9)));
  record.receive(rows(["loss", "accuracy"], 12, [[1, 20, NaN]], more));
  const copy = new Record();
  expect(copy.receive(record.snapshot())).toBe(false);
  expect([copy.rows, copy.marks()]).toEqual([13, record.marks()]);
  const used = (r) => [...r.series, r.times].map((s) => [...s.buckets.subarray(0, 7 * s.used)]);
  expect(used(copy)).toEqual(used(record));
  expect(copy.curves().map(({ style }) => style.name)).toEqual(["loss", "accuracy"]);
});

test("epochs grow and only closed ones are marked", () => {
  const record = new Record();
  record.receive(rows(names, 0, points(0, 2), { epochs: [[1, 2, 0.5]], closed: 0 }));
  expect(record.marks()).toEqual([]);
  const later = [
    [1, 3, 0.7],
    [2, 4, 0.9],
  ];
  record.receive(rows(names, 2, points(2, 4), { epochs: later, closed: 1 }));
  expect(record.marks()).toEqual([[1, 3, 0.7]]);
});
