import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { estimatedWidth } from "../src/core/shapes.js";
import { Part, layOut } from "../src/graph/layout.js";
import { overlaysOf, warm } from "../src/graph/overlays.js";
import { Relations, find, viewOf } from "../src/graph/scene.js";

const { graphs } = JSON.parse(readFileSync("tests/graph.json", "utf8"));
const rounded = (...numbers) => numbers.map((n) => Math.round(n * 1000) / 1000);
const close = (a, b) => expect(Math.abs(a - b)).toBeLessThan(0.01);

test.each(graphs.flatMap((g, i) => g.layouts.map((l, k) => [i, k])))(
  "graph %i, opening %i: everything stands where Python puts it",
  (i, k) => {
    const { data, layouts } = graphs[i];
    const wanted = layouts[k];
    const over = overlaysOf(data).find((o) => o.title === data.shown) ?? null;
    warm(data, over, (text) => estimatedWidth(text, 10, true));
    const keys = Object.keys(wanted.parts);
    // Python estimates how wide words are; what it found is used here.
    const titles = new Map(keys.map((key, n) => [key, wanted.titles[n]]));
    const asked = data.boxes.map((_, n) => titles.get(`g${n}`)).filter((title) => title);
    let next = 0;
    const view = viewOf(data, new Set(wanted.open), () => asked[next++] - 20);
    expect([...view.layout.parts.keys()]).toEqual(keys);
    expect(view.labels).toEqual(wanted.labels);
    for (const [key, part] of view.layout.parts) {
      const [x, y, width, height] = wanted.parts[key];
      close(part.x, x);
      close(part.y, y);
      close(part.width, width);
      close(part.height, height);
    }
    const pieces = view.layout.pieces.map((p) => [
      p.line,
      ...rounded(p.x0, p.y0, p.x1, p.y1),
      p.ends,
      p.goals,
    ]);
    expect(pieces.length).toBe(wanted.pieces.length);
    pieces.forEach((piece, n) => {
      const [line, ...rest] = wanted.pieces[n];
      expect(piece[0]).toBe(line);
      for (let at = 0; at < 4; at++) close(piece[1 + at], rest[at]);
      expect(piece.slice(5)).toEqual(rest.slice(4));
    });
  },
);

test("a residual net of 5,000 nodes is straight", () => {
  const parts = [new Part("start", 100, 30)];
  const wires = [];
  let before = "start";
  for (let k = 0; k < 1250; k++) {
    const names = [`a${k}`, `b${k}`, `c${k}`, `sum${k}`];
    const line = wires.length;
    names.forEach((name) => parts.push(new Part(name, 100, 30)));
    [before, ...names].slice(0, 4).forEach((source, i) => {
      wires.push({ source, target: names[i], line: wires.length });
    });
    wires.push({ source: before, target: names[3], line });
    before = names[3];
  }
  layOut(parts, wires);
  expect(new Set(parts.map((p) => p.x)).size).toBe(1);
});

test("relations and search", () => {
  const { data } = graphs[0];
  const of = (name) => data.nodes.find((n) => n.name === name).number;
  const relations = Relations.ofNodes(data);
  expect(relations.ancestors(of("net_a_fc"))).toEqual(
    new Set([of("x"), of("net_a_fc_weight"), of("net_a_fc_bias")]),
  );
  expect(relations.descendants(of("net_b_exp"))).toEqual(new Set([of("net_b_out")]));
  expect(relations.path(of("x"), of("net_a_sum")).length).toBe(4);
  expect(relations.path(of("net_b_out"), of("x"))).toEqual([]);
  expect(find(data, "fullyconnected net_b").map((n) => n.name)).toEqual(["net_b_fc"]);
  expect(find(data, "  ")).toEqual([]);
  expect(find(data, "net_b_fc")[0].role).toBe("operator");
});
