import { afterEach, beforeEach, expect, test, vi } from "vitest";

import widget, { keyOf } from "../src/card/index.js";
import { applied, lengths } from "../src/card/rules.js";

const answer = (more = {}) => ({ outputs: [], inputs: [], work: "", error: "", ...more });
const DATA = {
  name: "FullyConnected",
  sentence: "Every output feature is a weighted sum.",
  body: "<h3>FullyConnected</h3><p>Every output feature is a weighted sum.</p>",
  inputs: ["data", "weight"],
  roles: { data: "", weight: "may be left out" },
  variadic: false,
  outputs: ["output"],
  parameters: ["num_hidden"],
  required: ["num_hidden"],
  rule: "",
  known: [
    {
      inputs: { data: "2, 3", weight: "4, 3" },
      parameters: "num_hidden=4",
      answer: answer({ outputs: ["output (2, 4)"], work: "14" }),
    },
  ],
  svg: ["<svg/>", "<svg/>"],
};
let el, listeners, model, close;

function open(data = DATA) {
  const state = { _key: "card", _card: JSON.stringify(data), _answer: {} };
  listeners = [];
  model = {
    state,
    sent: [],
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    on: (event, listener) => listeners.push(listener),
    off: (event, listener) => (listeners = listeners.filter((l) => l !== listener)),
    send: (content) => model.sent.push(content),
    answer(found) {
      state._answer = found;
      listeners.forEach((l) => l());
    },
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
}

beforeEach(() => {
  vi.useFakeTimers();
  open();
});
afterEach(() => {
  close();
  vi.useRealTimers();
});
const said = () => el.querySelector(".mxc-answer").textContent;
const field = (name) => el.querySelector(`input[aria-label="${name}"]`);
const button = (title) => [...el.querySelectorAll("button")].find((b) => b.title === title);
const write = (name, text) => {
  field(name).value = text;
};

test("an example is answered without Python", () => {
  expect(field("shape of data").value).toBe("2, 3");
  expect(said()).toContain("gives output (2, 4)");
  expect(model.sent).toEqual([]);
});

test("Python is asked, and its answer is shown and kept", () => {
  write("shape of weight", "");
  write("shape of data", "5,7");
  field("shape of data").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  expect(said()).toContain("asking Python");
  const [asked] = model.sent;
  expect(asked).toMatchObject({ inputs: { data: "5,7", weight: "" }, parameters: "num_hidden=4" });
  model.answer({ key: asked.key, ...answer({ outputs: ["output (5, 4)"], inputs: ["weight (4, 7)"] }) });
  expect(said()).toBe("gives output (5, 4)so weight (4, 7)");
  button("fill in example 1").click();
  write("shape of data", "5, 7");
  write("shape of weight", "");
  button("what this gives").click();
  expect(said()).toContain("output (5, 4)");
  expect(model.sent.length).toBe(1);
});

test("a late answer to another question changes nothing that is shown", () => {
  write("shape of data", "9, 9");
  button("what this gives").click();
  const { key } = model.sent[0];
  button("fill in example 1").click();
  model.answer({ key, ...answer({ error: "no" }) });
  expect(said()).toContain("output (2, 4)");
});

test("errors are told in words, and so is a kernel that does not answer", () => {
  write("shape of data", "x");
  button("what this gives").click();
  vi.advanceTimersByTime(2000);
  expect(said()).toContain("as soon as it is idle");
  model.answer({ key: model.sent[0].key, ...answer({ error: "cannot understand data\n  rule     like 2,3" }) });
  expect(said()).toContain("✗ cannot understand data");
});

test("a dead kernel is no error, and closing leaves nothing behind", () => {
  const quiet = vi.spyOn(console, "debug").mockImplementation(() => {});
  model.send = () => {
    throw new Error("dead");
  };
  write("shape of data", "8, 8");
  button("what this gives").click();
  expect(quiet).toHaveBeenCalled();
  quiet.mockRestore();
  close();
  expect(listeners).toEqual([]);
  expect(el.children.length).toBe(0);
  open();
});

test("simple rules are applied here", () => {
  close();
  open({ ...DATA, inputs: ["lhs", "rhs"], parameters: [], required: [], rule: "broadcast", known: [] });
  write("shape of lhs", "2, 1, 4");
  write("shape of rhs", "3,4");
  button("what this gives").click();
  expect(said()).toContain("gives output (2, 3, 4)");
  write("shape of rhs", "5");
  button("what this gives").click();
  expect(said()).toContain("cannot be broadcast");
  expect(model.sent).toEqual([]);
  write("shape of rhs", "4 float16");
  button("what this gives").click(); // types are Python's
  expect(model.sent.length).toBe(1);
});

test("rules", () => {
  expect(applied("same", ["2,3", "(2, 3)"], "out").outputs).toEqual(["out (2, 3)"]);
  expect(applied("same", ["2,3", "2,4"], "out").error).toContain("every dimension");
  expect(applied("same", ["2,3", "2"], "out").error).toContain("number of axes");
  expect(applied("broadcast", ["2"], "out")).toBe(null);
  expect(applied("other", ["2"], "out")).toBe(null);
  expect([lengths("2,3"), lengths("2×3"), lengths("7"), lengths("?"), lengths("")]).toEqual([
    [2, 3],
    [2, 3],
    [7],
    null,
    null,
  ]);
  expect(keyOf({ a: "2, 3", b: "" }, " x = 1")).toBe(keyOf({ a: "2,3" }, "x=1"));
});
