import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { onChoice } from "../src/core/selection.js";
import { Chart } from "../src/memory/chart.js";
import widget from "../src/memory/index.js";
import { letters, next, sideOf } from "../src/memory/record.js";

const data = JSON.parse(readFileSync("tests/memory.json", "utf8"));
const { values } = data;
let model, el, close;

beforeEach(() => {
  const state = { _key: "memory", _plan: JSON.stringify(data), selected: -1 };
  const listeners = new Map();
  model = {
    state,
    listeners,
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    on: (event, listener) => listeners.set(event, listener),
    off: (event) => listeners.delete(event),
    save_changes: vi.fn(),
  };
  el = document.createElement("div");
  document.body.append(el);
  const forget = widget.initialize({ model });
  const stop = widget.render({ model, el });
  close = () => {
    stop();
    forget();
    el.remove();
  };
});
afterEach(() => close());

const find = (selector) => el.querySelector(selector);
const button = (title) => [...el.querySelectorAll("button")].find((b) => b.title === title);
const press = (key) =>
  find(".mxm-field").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const speech = () => find(".mxm-speech").textContent;

test("every value is drawn, with the words that fit", () => {
  expect(find(".mxm-title").textContent).toBe("small, training");
  const text = find(".mxm-field svg").textContent;
  for (const word of ["A", "B", "gradients", "instructions in their order"]) expect(text).toContain(word);
  const polygons = find(".mxm-field svg svg").querySelectorAll("polygon").length;
  expect(polygons).toBeGreaterThanOrEqual(values.length);
  expect(find(".mxm-side").textContent).toContain("Buffers");
});

test("arrows go along a buffer and to other ones, and say who lives there", () => {
  press("ArrowRight");
  expect(speech()).toContain("FullyConnected of fc1, 4×8, 128 bytes, buffer A");
  press("ArrowRight");
  expect(model.state.selected).toBe(values.findIndex((v) => v.over === 0));
  expect(speech()).toContain("in place");
  expect(find(".mxm-side").textContent).toContain("written over");
  press("ArrowUp");
  expect(values[model.state.selected].lane).toBe(1);
  press("Escape");
  expect(model.state.selected).toBe(-1);
});

test("along a buffer nothing is left out", () => {
  for (const lane of new Set(values.map((v) => v.lane))) {
    const own = values.flatMap((v, i) => (v.lane === lane ? [i] : []));
    const walked = [own[0]];
    for (let at = next("ArrowRight", own[0], values); at >= 0; at = next("ArrowRight", at, values)) walked.push(at);
    expect(walked).toEqual(own);
  }
  expect(next("ArrowDown", 0, values)).toBe(-1);
  expect(next("ArrowUp", 0, [])).toBe(-1);
});

test("a point leads to the value there", () => {
  const side = sideOf(data, true);
  const paper = { width: 700, height: 380, theme: { side: 0, ink: "#000000", paper: "#FFFFFF", faint: "#555555" } };
  const chart = new Chart(side, { x0: 0, x1: data.steps, y0: 0, y1: side.total }, paper);
  values.forEach((life, i) => {
    const [x, y] = [(life.first + life.end) / 2, life.base + life.bytes / 2];
    expect(chart.at(chart.x(x), chart.y(y))).toBe(i);
  });
  expect(chart.at(5, 200)).toBe(-1);
});

test("before sharing every node has a buffer of its own", () => {
  press("b");
  expect(button("show what it replaces (b)").getAttribute("aria-pressed")).toBe("true");
  expect(speech()).toContain("a buffer for each node");
  press("ArrowRight");
  expect(model.state.selected).toBe(-1); // Python knows the plan only
  expect(speech()).toContain(data.before[0].operator);
  button("show the plan (b)").click();
  expect(find(".mxm-field svg").textContent).toContain("B");
});

test("zooming keeps what is selected in sight, and 0 shows all", () => {
  const bounds = () => [...find(".mxm-field svg svg").querySelectorAll("polygon")].length;
  const all = bounds();
  press("ArrowRight");
  for (let k = 0; k < 8; k++) press("+");
  expect(bounds()).toBeLessThan(all);
  expect(find(".mxm-field svg").textContent).toContain("FullyConnected");
  press("0");
  expect(bounds()).toBe(all);
  expect(press("q")).toBe(true);
});

test("the table names all values and leads to them", () => {
  button("show as table").click();
  const links = find(".mxm-table").querySelectorAll("th button");
  expect(links.length).toBe(values.length);
  links[2].click();
  expect(model.state.selected).toBe(2);
});

test("other widgets are told, and heard", () => {
  const heard = [];
  const deaf = onChoice("other", (choice) => heard.push(choice));
  press("ArrowRight");
  expect(heard.pop()).toEqual({ from: "memory", name: "FullyConnected", layer: "fc1" });
  globalThis.dispatchEvent(
    new CustomEvent("mxbook:choice", { detail: { from: "other", layer: "fc2 (backward)", name: "dot" } }),
  );
  expect(find(".mxm-side h4").textContent).not.toBe("Buffers");
  expect(find(".mxm-side").textContent).toContain("fc2");
  deaf();
});

test("Python selects", () => {
  model.state.selected = 1;
  model.listeners.get("change:selected")();
  expect(find(".mxm-side h4").textContent).toBe(values[1].operator);
});

test("a dead kernel is no error, and closing leaves nothing behind", () => {
  const quiet = vi.spyOn(console, "debug").mockImplementation(() => {});
  model.save_changes = () => {
    throw new Error("dead");
  };
  press("ArrowRight");
  expect(quiet).toHaveBeenCalled();
  quiet.mockRestore();
  close();
  expect(model.listeners.size).toBe(0);
  expect(el.children.length).toBe(0);
  close = () => {};
});

test("letters", () => {
  expect([0, 25, 26, 701, 702].map(letters)).toEqual(["A", "Z", "AA", "ZZ", "AAA"]);
});
