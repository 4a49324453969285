import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { choose, onChoice } from "../src/core/selection.js";
import { hold, release } from "../src/core/store.js";
import { shownEpochs } from "../src/curves/decorate.js";
import { picture } from "../src/curves/export.js";
import widget from "../src/curves/index.js";
import { fromSlider, toSlider } from "../src/curves/toolbar.js";
import { falling, fakeModel, rows, snapshot } from "./model.js";

const names = ["loss", "val_loss", "accuracy"];
const some = () => snapshot(names, [falling(60), falling(6), falling(6)]);
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

let model, el, cleanup;

/** Open the widget on a model; `find` looks inside its view. */
function open(bytes = some()) {
  model = fakeModel(bytes);
  el = document.createElement("div");
  document.body.append(el);
  const forget = widget.initialize({ model });
  const close = widget.render({ model, el });
  cleanup = () => {
    close();
    forget();
    el.remove();
  };
}
const find = (selector) => el.querySelector(selector);
const button = (title) => [...el.querySelectorAll("button")].find((b) => b.title === title);
const press = (key, more = {}) => {
  find(".mxb-plots").dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );
};
const speech = () => find(".mxb-speech").textContent;

beforeEach(() => open());
afterEach(() => cleanup());

test("shows title, progress, curves and charts", () => {
  expect(find(".mxb-title").textContent).toBe("digits");
  expect(find(".mxb-progress").getAttribute("aria-valuenow")).toBe("72");
  expect([...el.querySelectorAll(".mxb-chip")].map((c) => c.children[1].textContent)).toEqual(
    names,
  );
  expect(el.querySelectorAll("canvas").length).toBe(2);
  expect(find(".mxb-plots").getAttribute("aria-label")).toContain("digits: 72 steps");
});

test("new points redraw once a frame", async () => {
  for (let i = 72; i < 77; i++) {
    model.fire("msg:custom", { kind: "frame" }, [rows(names, i, [[0, i - 11, 0.5]])]);
  }
  expect(find(".mxb-foot").textContent).toContain("72 points");
  await frame();
  expect(find(".mxb-foot").textContent).toContain("77 points");
});

test("asks Python once when points are missing", () => {
  model.fire("msg:custom", { kind: "frame" }, [rows(names, 90, [[0, 90, 0.5]])]);
  model.fire("msg:custom", { kind: "frame" }, [rows(names, 91, [[0, 91, 0.5]])]);
  expect(model.sent).toEqual([{ kind: "resend" }]);
});

test("a dead kernel is no error", () => {
  const quiet = vi.spyOn(console, "debug").mockImplementation(() => {});
  model.send = model.save_changes = () => {
    throw new Error("dead");
  };
  button("logarithmic values").click();
  model.fire("msg:custom", { kind: "frame" }, [rows(names, 90, [[0, 90, 0.5]])]);
  expect(model.state.log_y).toBe(true);
  expect(quiet).toHaveBeenCalledTimes(2);
  quiet.mockRestore();
});

test("settings go to Python and come from it", async () => {
  button("logarithmic values").click();
  expect([model.state.log_y, model.saved]).toEqual([true, 1]);
  await frame();
  expect(button("logarithmic values").getAttribute("aria-pressed")).toBe("true");
  model.state.log_x = true;
  model.fire("change:log_x");
  await frame();
  expect(button("logarithmic steps").getAttribute("aria-pressed")).toBe("true");
});

test("arrow keys walk along a curve and say where", () => {
  press("Home");
  expect(speech()).toMatch(/^loss .* at step 1$/);
  press("ArrowRight");
  expect(speech()).toMatch(/at step 2$/);
  press("ArrowRight", { shiftKey: true });
  expect(speech()).toMatch(/at step 12$/);
  press("ArrowLeft");
  expect(speech()).toMatch(/at step 11$/);
  press("End");
  expect(speech()).toMatch(/at step 60$/);
  press("ArrowDown");
  expect(speech()).toMatch(/^val_loss .* at step 6$/);
  press("ArrowUp");
  expect(speech()).toMatch(/^loss .* at step 6$/);
  press("Enter");
  expect(speech()).toContain("digits: 72 steps");
});

test("plus, minus and 0 zoom around the cursor", async () => {
  press("Home");
  press("+");
  await frame();
  expect(button("show all steps").disabled).toBe(false);
  press("-");
  await frame();
  expect(button("show all steps").disabled).toBe(true);
  press("+");
  press("0");
  await frame();
  expect(button("show all steps").disabled).toBe(true);
});

test("a chosen step is told with its moment, and one chosen elsewhere is marked", () => {
  cleanup();
  const times = [...Array(60).keys()].map((i) => [i + 1, 0.1 * (i + 1)]);
  open(snapshot(names, [falling(60), falling(6), falling(6)], { zero: 5 }, times));
  const view = find(".mxb-curves").mxbookCurves;
  const told = [];
  const stop = onChoice("nobody", (choice) => told.push(choice));
  press("Home");
  press("ArrowRight");
  press("Enter");
  stop();
  expect(told.map(({ from }) => from)).toEqual(["test"]);
  expect(told[0].moment.map((ns) => Math.round(ns / 1e6))).toEqual([5100, 5200]);
  expect(view.settings.chosen).toBe(2);
  choose({ from: "a timeline", moment: [6.05e9, 6.06e9] });
  expect(view.settings.chosen).toBe(11);
  choose({ from: "a timeline", moment: [1e9, 2e9] }); // before it began
  choose({ from: "a graph", layer: "dense0" });
  expect(view.settings.chosen).toBe(11);
  press("Escape");
  expect(view.settings.chosen).toBe(null);
});

test("strips come last and are low; alerts and a chosen step are drawn", () => {
  cleanup();
  const alerts = [
    ["diverged", "loss", 30, "diverges from step 30"],
    ["over-fit", "val_loss", 3, "over-fit from step 3, gap 0.1"],
  ];
  open(snapshot(["grad_norm", ...names], [falling(60), ...names.map(() => falling(60))], { alerts }));
  const view = find(".mxb-curves").mxbookCurves;
  expect(view.scene.panels.map((p) => p.title)).toEqual(["loss", "accuracy", "grad_norm"]);
  expect(view.scene.panels.map((p) => p.height)).toEqual([170, 170, 56]);
  view.mark(20);
  view.draw();
  const text = picture(view.record, view.scene);
  for (const words of ["diverges from step 30", "over-fit from step 3, gap 0.1", "step 20"]) {
    expect(text).toContain(`>${words}<`);
  }
  expect(text).toContain('fill-opacity="0.12"');
});

test("epochs are every second, fifth or tenth where there are many", () => {
  const ends = [...Array(100).keys()].map((i) => [i + 1, 7 * (i + 1)]);
  expect(shownEpochs(ends, 7).length).toBe(100);
  expect(shownEpochs(ends, 26).map(([epoch]) => epoch)).toEqual([...Array(20).keys()].map((i) => 5 * i + 5));
  expect(shownEpochs([], 26)).toEqual([]);
});

test("keys of others are left alone", () => {
  const event = new KeyboardEvent("keydown", { key: "s", bubbles: true, cancelable: true });
  find(".mxb-plots").dispatchEvent(event);
  expect(event.defaultPrevented).toBe(false);
  press("c", { ctrlKey: true });
  expect(speech()).toBe("");
});

test("what can have the focus keeps JupyterLab's shortcuts away", () => {
  for (const element of el.querySelectorAll("button, input, [tabindex]")) {
    expect(element.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
  }
});

test("a curve can be hidden; its button stays the same element", async () => {
  const chip = el.querySelectorAll(".mxb-chip")[2];
  chip.click();
  await frame();
  expect(el.querySelectorAll(".mxb-chip")[2]).toBe(chip);
  expect(chip.getAttribute("aria-pressed")).toBe("false");
  expect(el.querySelectorAll("canvas").length).toBe(1);
  chip.click();
  await frame();
  expect(el.querySelectorAll("canvas").length).toBe(2);
});

test("the table is a table", () => {
  button("show as table").click();
  expect([...el.querySelectorAll("th[scope=col]")].map((th) => th.textContent)).toEqual([
    "step",
    ...names,
  ]);
  expect(el.querySelectorAll("tbody tr").length).toBe(30);
  button("show as table").click();
  expect(find(".mxb-table").hidden).toBe(true);
});

test("a finished run is announced", async () => {
  model.fire("msg:custom", { kind: "frame" }, [rows(names, 72, [], { status: "finished" })]);
  await frame();
  expect(speech()).toBe("digits: 72 steps");
});

test("several views share the data, which lives as long as the model", async () => {
  const second = document.createElement("div");
  const close = widget.render({ model, el: second });
  button("logarithmic values").click();
  await frame();
  expect(second.querySelector('[title="logarithmic values"]').getAttribute("aria-pressed")).toBe(
    "true",
  );
  close();
  expect(second.children.length).toBe(0);
  expect(hold("test", () => "nothing")).not.toBe("nothing");
  release("test");
});

test("closing leaves nothing behind", () => {
  cleanup();
  expect(model.listeners.size).toBe(0);
  expect(hold("test", () => "nothing")).toBe("nothing");
  release("test");
  open();
});

test("an empty run waits", () => {
  cleanup();
  open(snapshot([], []));
  expect(find(".mxb-foot").textContent).toBe("waiting for the first value");
  press("ArrowRight");
  expect(speech()).toBe("");
});

test("the slider is fine at its left end and can be undone", () => {
  for (const smooth of [0, 0.001, 0.02, 0.5]) {
    expect(fromSlider(toSlider(smooth))).toBeCloseTo(smooth, 12);
  }
});
