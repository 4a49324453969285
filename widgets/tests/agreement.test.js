// The browser code must compute what Python computes; see tests/explain/test_agreement.py.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { decode, encode } from "../src/core/frames.js";
import { linearTicks, logTicks, number, tickLabels } from "../src/core/format.js";
import { THEMES } from "../src/core/theme.js";
import { columns, dense, smooth, stepAxis, valueAxis } from "../src/curves/curve.js";
import { spread } from "../src/curves/decorate.js";
import { Record } from "../src/curves/record.js";
import { Series, WIDTH } from "../src/curves/series.js";

const agreed = JSON.parse(readFileSync("tests/agreement.json", "utf8"));

/** NaN is null in the file. */
const known = (list) => list.map((v) => (v === null ? NaN : v));

function close(found, expected) {
  expect(found.length).toBe(expected.length);
  known(expected).forEach((value, i) => {
    if (Number.isNaN(value)) expect(found[i], `at ${i}`).toBeNaN();
    else
      expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
  });
}

function rows(series) {
  return Array.from({ length: series.used }, (_, i) => [
    ...series.buckets.subarray(i * WIDTH, (i + 1) * WIDTH),
  ]);
}

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

test("numbers are written alike", () => {
  for (const [value, text] of agreed.numbers) expect(number(value)).toBe(text);
  expect([NaN, Infinity, -Infinity].map((v) => number(v))).toEqual(["NaN", "inf", "-inf"]);
});

test("ticks and their labels are alike", () => {
  for (const { low, high, linear, log, labels } of agreed.ticks) {
    close(linearTicks(low, high, 5), linear);
    expect(tickLabels(linearTicks(low, high, 5))).toEqual(labels[0]);
    if (low <= 0) continue;
    close(logTicks(low, high, 5), log);
    expect(tickLabels(logTicks(low, high, 5))).toEqual(labels[1]);
  }
});

test.each(agreed.curves)("columns, smoothing and axes are alike: $points points", (c) => {
  const series = new Series(c.keep);
  known(c.values).forEach((value, i) => series.append(i + 1, value));
  expect(series.every).toBe(c.every);
  if (c.every > 1) rows(series).forEach((row, i) => close(row, c.buckets[i]));
  const cut = columns(series, stepAxis([series], c.log), c.columns);
  for (const name of ["at", "low", "high", "mean", "finite", "bad"]) close(cut[name], c.cut[name]);
  const line = smooth(cut, c.width);
  close(smooth(cut, c.width, true), c.logs);
  close(line, c.line);
  expect(dense(cut)).toBe(c.dense);
  const y = valueAxis([{ line, cut }], c.log);
  close([y.low, y.high], c.y.slice(0, 2));
  expect(y.log).toBe(c.y[2]);
});

test("labels are moved apart alike", () => {
  for (const [places, moved] of agreed.spread) close(spread(places, 16, 2, 168), moved);
});

test("themes are alike", () => {
  expect(THEMES).toEqual(agreed.themes);
});

test.each(["rows", "snapshot"])("a run arrives whole as %s", (kind) => {
  const record = new Record();
  for (const frame of [agreed.run[kind]].flat()) expect(record.receive(bytes(frame))).toBe(false);
  const curves = record.curves();
  expect(curves.map(({ style }) => style.name)).toEqual(agreed.run.names);
  expect(curves.map(({ series }) => series.total)).toEqual(agreed.run.totals);
  curves.forEach(({ series }, i) => {
    rows(series).forEach((row, k) => close(row, agreed.run.buckets[i][k]));
  });
  expect(record.marks()).toEqual(agreed.run.epochs);
  expect(record.status.status).toBe("finished");
});

test("a coarse snapshot has all points and asks for more", () => {
  const record = new Record();
  expect(record.receive(bytes(agreed.run.coarse))).toBe(true);
  const count = record
    .curves()
    .map(({ series }) => rows(series).reduce((n, r) => n + r[5] + r[6], 0));
  expect(count).toEqual(agreed.run.totals);
  expect(record.receive(bytes(agreed.run.snapshot))).toBe(false);
  expect(record.coarse).toBe(false);
});

test("frames can be written and read at any address", () => {
  const header = { kind: "rows", title: "ünï → 文" };
  const frame = encode(header, [1, NaN, -Infinity]);
  const shifted = new Uint8Array(frame.byteLength + 3);
  shifted.set(new Uint8Array(frame.buffer), 3);
  const view = new DataView(shifted.buffer, 3);
  const { header: found, numbers } = decode(view);
  expect(found).toEqual(header);
  expect([...numbers]).toEqual([1, NaN, -Infinity]);
});
