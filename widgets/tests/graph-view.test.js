import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { page } from "../src/core/page.js";
import { onChoice } from "../src/core/selection.js";
import { hold, release } from "../src/core/store.js";
import widget from "../src/graph/index.js";

const { graphs } = JSON.parse(readFileSync("tests/graph.json", "utf8"));
let model, el, view, cleanup;

/** A model that remembers, and whose events the test fires. */
function graphModel(data) {
  const state = { _key: "graph", _graph: JSON.stringify(data), opened: data.open, selected: -1 };
  const listeners = new Map();
  return {
    state,
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    on: (event, listener) => listeners.set(event, listener),
    off: (event) => listeners.delete(event),
    save_changes: vi.fn(),
    fire: (event) => listeners.get(event)?.(),
    listeners,
  };
}

function open(data = graphs[0].data) {
  model = graphModel(data);
  el = document.createElement("div");
  document.body.append(el);
  const forget = widget.initialize({ model });
  const close = widget.render({ model, el });
  view = find(".mxb-graph").mxbookGraph;
  cleanup = () => {
    close();
    forget();
    el.remove();
  };
}
const find = (selector) => el.querySelector(selector);
const all = (selector) => [...el.querySelectorAll(selector)];
const button = (title) => all("button").find((b) => b.title === title);
const speech = () => find(".mxg-speech").textContent;
const numberOf = (name) => view.data.nodes.find((n) => n.name === name).number;
const press = (key) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  find(".mxg-field").dispatchEvent(event);
  return event;
};

beforeEach(() => open());
afterEach(() => cleanup());

test("draws every part that is shown, with its words", () => {
  expect(all("[data-key]").length).toBe(view.view.layout.parts.size);
  expect(find(".mxg-title").textContent).toBe("small");
  expect(find(".mxg-stage svg").textContent).toContain("Dense 4");
  expect(find(".mxg-field").getAttribute("aria-label")).toContain("operators");
});

test("arrow keys walk along lines and say where", () => {
  press("ArrowDown");
  expect(speech()).toContain("input x");
  press("ArrowDown");
  expect(model.state.selected).not.toBe(-1);
  press("ArrowUp");
  expect(speech()).toContain("input x");
  expect(press("q").defaultPrevented).toBe(false);
});

test("Enter opens and closes a group, and Python knows", () => {
  view.setOpen([]);
  view.pick("g0", -1);
  press("Enter");
  expect(model.state.opened).toEqual([0]);
  expect(speech()).toContain("opened");
  press("Enter");
  expect(model.state.opened).toEqual([]);
  expect(model.save_changes).toHaveBeenCalled();
});

test("what is selected lights up what it comes from and leads to", () => {
  view.setOpen(view.data.boxes.map((_, i) => i));
  view.goTo(numberOf("net_b_fc"));
  expect(all(".mxg-chosen").length).toBe(1);
  expect(all(".mxg-part.mxg-faded").length).toBe(1); // the label
  view.goTo(numberOf("net_a_tanh"));
  view.light("inputs");
  expect(all(".mxg-part.mxg-faded").length).toBeGreaterThan(0);
  view.light("neither");
  expect(all(".mxg-faded").length).toBe(0);
});

test("searching marks what is found, and goes there", () => {
  view.setOpen([]);
  const field = find("input[type=search]");
  field.value = "net_b_fc";
  field.dispatchEvent(new Event("input"));
  expect(find(".mxg-hits").textContent).toBe("3 found");
  expect(all(".mxg-found").length).toBe(1);
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  expect(model.state.selected).toBe(numberOf("net_b_fc"));
  expect(find(".mxg-side").textContent).toContain("net_b_fc");
});

test("details tell inputs, shapes and parameters, and lead on", () => {
  view.goTo(numberOf("net_a_fc"));
  const text = find(".mxg-side").textContent;
  for (const word of ["Dense 4", "3×5", "3×4", "24 numbers", "num_hidden"]) expect(text).toContain(word);
  const link = all(".mxg-link").find((b) => b.textContent === "x");
  link.click();
  expect(model.state.selected).toBe(numberOf("x"));
});

test("Python opens and selects", () => {
  model.state.opened = [];
  model.state.selected = numberOf("net_a_fc");
  model.fire("change:opened");
  expect(view.shared.open.size).toBe(0);
  expect(view.chosen[0]).toBe("g");
});

test("the table is a table", () => {
  button("show as table").click();
  expect(all(".mxg-table th[scope=row]").length).toBe(
    view.data.nodes.filter((n) => !["parameter", "state"].includes(n.role)).length,
  );
  button("show as table").click();
  expect(find(".mxg-table").hidden).toBe(true);
});

test("widgets tell each other what is chosen", () => {
  const heard = [];
  const deaf = onChoice("other", (choice) => heard.push(choice));
  view.goTo(numberOf("net_a_fc"));
  expect(heard.pop()).toMatchObject({ from: "graph", name: "FullyConnected" });
  deaf();
  view.data.nodes[numberOf("net_b_fc")].layer = "dense7";
  view.heard({ from: "other", layer: "dense7 (backward)", name: "FullyConnected" });
  expect(view.shared.selected).toBe(numberOf("net_b_fc"));
});

test("a dead kernel is no error, and closing leaves nothing behind", () => {
  const quiet = vi.spyOn(console, "debug").mockImplementation(() => {});
  model.save_changes = () => {
    throw new Error("dead");
  };
  view.pick("g0", -1);
  expect(quiet).toHaveBeenCalled();
  quiet.mockRestore();
  cleanup();
  expect(model.listeners.size).toBe(0);
  expect(hold("graph", () => "nothing")).toBe("nothing");
  release("graph");
  open();
});

test("large graphs are painted on a canvas", async () => {
  cleanup();
  const items = Array.from({ length: 900 }, (_, i) => ({
    ...graphs[0].data.items[1],
    group: -1,
    number: 0,
    title: `n${i}`,
    stands: [0],
  }));
  const links = items.slice(1).map((_, i) => [i, i + 1, "4"]);
  open({ ...graphs[0].data, items, links, boxes: [], open: [] });
  expect(find("canvas").style.display).toBe("");
  expect(all("[data-key]").length).toBe(0);
  view.stage.zoom(0.1);
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  expect(view.stage.timings.length).toBeGreaterThan(0);
});

test("a page of its own holds everything", () => {
  const text = page("<a>", { module: "</script>", css: "b{}", state: { _graph: "{}" } });
  expect(text).toContain("<title>&#60;a&#62;</title>");
  expect(text.match(/<\/script>/g).length).toBe(4);
});

test("steps go forward and backward with values and rules", () => {
  cleanup();
  const tile = { shape: [2], low: -1, high: 3, mean: 1, numbers: [[-1, "nan"]] };
  const step = (phase, rule) => ({ phase, node: 3, inputs: [tile, null], outputs: [tile], rule });
  open({ ...graphs[0].data, steps: [step("forward", ""), step("backward", "For `data`: `dy`")] });
  press(".");
  expect(find(".mxg-where").textContent).toMatch(/^forward, step 1 of 2/);
  expect(all(".mxg-step figure").length).toBe(3);
  press(".");
  expect(find(".mxg-step").textContent).toContain("gradient that arrives");
  expect(find(".mxg-step code").textContent).toBe("data");
  press(",");
  press(",");
  expect(find(".mxg-where").textContent).toMatch(/^2 steps/);
});

test("numbers over the graph can be chosen, with a legend", () => {
  const over = find('select[aria-label="numbers over the graph"]');
  const titles = [...over.options].map((o) => o.value);
  expect(titles).toEqual(["", "floating point operations", "bytes of results", "learned numbers"]);
  view.setOpen(view.data.boxes.map((_, i) => i));
  const plain = view.data.items.map(({ width, height }) => [width, height]);
  over.value = "learned numbers";
  over.dispatchEvent(new Event("change"));
  expect(model.state.overlay).toBe("learned numbers");
  expect(find(".mxg-stage svg").textContent).toContain("24");
  expect(find(".mxg-side").textContent).toContain("A bar is as long");
  expect(find(".mxg-side ol").textContent).toContain("net_a_fc");
  view.goTo(numberOf("net_a_fc"));
  expect(find(".mxg-side").textContent).toContain("learned numbers24");
  view.setOpen([]);
  expect(find(".mxg-stage svg").textContent).toContain("up to 24"); // closed groups tell of inside
  view.overlay("");
  expect(view.data.items.map(({ width, height }) => [width, height])).toEqual(plain);
  model.state.overlay = "bytes of results";
  model.fire("change:overlay");
  expect(over.value).toBe("bytes of results");
});

test("buffers have letters, not only colours", () => {
  cleanup();
  open(graphs.find(({ data }) => data.shown === "buffers of memory").data);
  const text = find(".mxg-stage svg").textContent;
  expect(text).toContain("A");
  expect(text).toMatch(/buffer A, 65\.5 KB, in place/);
  expect([...all(".mxg-letter")].map((e) => e.textContent)).toEqual(["A", "B"]);
  view.showTable();
  expect(find(".mxg-table").textContent).toContain("in place");
});
