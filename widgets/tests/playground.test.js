import { afterEach, beforeEach, expect, test, vi } from "vitest";

import widget from "../src/playground/index.js";
import { timelineModel } from "./timelines.js";

const state = (more = {}) => ({
  svg: ["<svg data-paper='light'></svg>", "<svg data-paper='dark'></svg>"],
  sentence: "tick 0: nothing pushed yet",
  log: [],
  workers: 2,
  most: 8,
  examples: ["two chains"],
  idle: true,
  first: true,
  error: "",
  answer: 0,
  ...more,
});

let model, el, close;
const button = (text) => [...el.querySelectorAll("button")].find((b) => b.textContent === text);
const answer = (more) => {
  model.set("_state", state(more));
  model.fire("change:_state");
};

beforeEach(() => {
  vi.useFakeTimers();
  model = timelineModel();
  model.set("_state", state());
  el = document.createElement("div");
  document.body.append(el);
  close = widget.render({ model, el });
});
afterEach(() => {
  close();
  el.remove();
  vi.useRealTimers();
});

test("pushes what was written", () => {
  el.querySelector("input[type=text]").value = "d = tanh(c)";
  el.querySelector("input[type=number]").value = "3";
  button("push").click();
  const enter = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
  el.querySelector("input[type=text]").dispatchEvent(enter);
  expect(enter.defaultPrevented).toBe(true);
  const wanted = { kind: "push", text: "d = tanh(c)", cost: 3 };
  expect(model.sent).toEqual([
    { ...wanted, id: 1 },
    { ...wanted, id: 2 },
  ]);
});

test("shows what Python answers", () => {
  answer({ log: ["  0  #1 f pushed"], idle: false, first: false, sentence: "tick 0: 1 waiting" });
  expect(el.querySelector("svg").dataset.paper).toBe("light");
  expect([...el.querySelectorAll("li")].map((li) => li.textContent)).toEqual(["  0  #1 f pushed"]);
  expect(el.querySelector(".mxp-speech").textContent).toBe("tick 0: 1 waiting");
  for (const text of ["step", "run", "back"]) expect(button(text).disabled).toBe(false);
  button("step").click();
  expect(model.sent.at(-1)).toEqual({ kind: "step", id: 1 });
});

test("errors are told", () => {
  answer({ error: "cannot understand 'x x'" });
  expect(el.querySelector(".mxp-note").textContent).toBe("cannot understand 'x x'");
});

test("a kernel that does not answer is told, once", () => {
  button("clear").click();
  vi.advanceTimersByTime(2500);
  expect(el.querySelector(".mxp-note").textContent).toContain("does not answer");
  answer({ answer: 1 });
  expect(el.querySelector(".mxp-note").textContent).toBe("");
});

test("workers and examples can be chosen", () => {
  const [workers, examples] = el.querySelectorAll("select");
  expect(workers.value).toBe("2");
  workers.value = "0";
  workers.dispatchEvent(new Event("change"));
  examples.value = "two chains";
  examples.dispatchEvent(new Event("change"));
  expect(model.sent).toEqual([
    { kind: "workers", workers: 0, id: 1 },
    { kind: "example", example: "two chains", id: 2 },
  ]);
});

test("closing leaves nothing behind", () => {
  close();
  expect(model.listeners.size).toBe(0);
  expect(el.children.length).toBe(0);
  close = widget.render({ model, el });
});
