import { expect, test } from "vitest";

import { picture } from "../src/curves/export.js";
import { zoomed } from "../src/curves/keyboard.js";
import { prepare } from "../src/curves/prepare.js";
import { Record } from "../src/curves/record.js";
import { between, csv } from "../src/curves/table.js";
import { THEMES, brightness, themeAt } from "../src/core/theme.js";
import { falling, rows, snapshot } from "./model.js";

const settings = (more = {}) => ({
  logX: false,
  logY: false,
  smooth: 0.02,
  zoom: null,
  hidden: new Set(),
  ...more,
});

function record(curves = [falling(500), falling(5)]) {
  const found = new Record();
  found.receive(snapshot(["loss", "val_loss"], curves));
  return found;
}

test("commas between all values, gaps empty, odd names quoted", () => {
  const found = new Record();
  const names = ["loss", 'a,"b'];
  found.receive(
    rows(names, 0, [
      [0, 1, 0.5],
      [1, 1, 2],
      [0, 2, NaN],
      [0, 2, 0.25],
    ]),
  );
  expect(csv(found)).toBe('step,loss,"a,""b"\n1,0.5,2\n2,nan,\n2,0.25,\n');
});

test("between is the mean of a stretch", () => {
  const found = record([
    [
      [1, 8],
      [2, 4],
      [3, 2],
    ],
    [[1, 1]],
  ]);
  expect(between(found.series[0], 1, 3)).toBe(3);
  expect(between(found.series[0], 3, 9)).toBeNaN();
});

test.each([
  ["whole", settings()],
  ["zoomed", settings({ zoom: [100, 200] })],
  ["logarithmic", settings({ logX: true, logY: true })],
])("a saved picture is well-formed and stays on its paper: %s", (_, chosen) => {
  const found = record();
  const text = picture(found, prepare(found, chosen, 700, THEMES[0]));
  const page = new DOMParser().parseFromString(text, "image/svg+xml");
  expect(page.documentElement.nodeName).toBe("svg");
  expect(text).not.toMatch(/NaN[ ,"]|Infinity|undefined|<style|url\(/);
  const bottom = Number(page.documentElement.getAttribute("height"));
  for (const [, x, y] of text.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(-1);
    expect(Number(x)).toBeLessThanOrEqual(701);
    expect(Number(y)).toBeLessThanOrEqual(bottom);
  }
});

test("zoomed in, only what is near is computed, with one more point on either side", () => {
  const found = record();
  const scene = prepare(found, settings({ zoom: [100, 110] }), 700, THEMES[0]);
  const { step } = scene.panels[0].drawn[0].cut;
  expect(step[0]).toBeGreaterThan(95);
  expect(step[0]).toBeLessThan(100);
  expect(step.at(-1)).toBeGreaterThan(110);
  expect(step.length).toBeLessThan(20);
});

test("zooming out ends at the whole range", () => {
  const found = record();
  const scene = prepare(found, settings({ zoom: [100, 200] }), 700, THEMES[0]);
  expect(zoomed(scene, 150, 0.5, [1, 500])).toEqual([125, 175]);
  expect(zoomed(scene, null, 100, [1, 500])).toBeNull();
});

test("brightness of the notebook's colours", () => {
  expect(brightness("#fff")).toBe(1);
  expect(brightness("#111111")).toBeLessThan(0.1);
  expect(brightness("rgb(17, 17, 17)")).toBeLessThan(0.1);
  expect(brightness("white")).toBe(1);
});

test("a view that is not in the page yet takes the page's theme", () => {
  document.body.style.setProperty("--jp-layout-color0", "#111111");
  expect(themeAt(document.createElement("div")).side).toBe(1);
  document.body.style.removeProperty("--jp-layout-color0");
  expect(themeAt(document.createElement("div")).side).toBe(0);
});
