import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";

import { choose, onChoice } from "../src/core/selection.js";
import { hold, release } from "../src/core/store.js";
import widget from "../src/timeline/index.js";
import { bytes, dense, timelineModel } from "./timelines.js";

const [, known] = JSON.parse(readFileSync("tests/timeline.json", "utf8")).timelines;
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

let model, el, view, cleanup;

/** Open the widget on a model. */
function open(boxes = bytes(known.boxes), details = bytes(known.details)) {
  model = timelineModel(boxes, details);
  el = document.createElement("div");
  document.body.append(el);
  const forget = widget.initialize({ model });
  const close = widget.render({ model, el });
  view = find(".mxb-timeline").mxbookTimeline;
  cleanup = () => {
    close();
    forget();
    el.remove();
  };
}
const find = (selector) => el.querySelector(selector);
const all = (selector) => [...el.querySelectorAll(selector)];
const button = (title) => all("button").find((b) => b.title === title);
const speech = () => find(".mxt-speech").textContent;
const press = (key, more = {}) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  find(".mxt-stage").dispatchEvent(event);
  return event;
};

beforeEach(async () => {
  open();
  await frame();
});
afterEach(() => cleanup());

test("strips of counters stand below the lanes until they are not wanted", () => {
  const titles = view.shown.counters().map((c) => c.title);
  expect(titles).toContain("in the queue");
  for (const title of titles) expect(view.picture()).toContain(`>${title}<`);
  const tall = parseFloat(find("canvas").style.height);
  button("show counters").click();
  view.draw();
  expect(tall - parseFloat(find("canvas").style.height)).toBe(30 * titles.length);
  expect(view.picture()).not.toContain("in the queue");
  button("show counters").click();
  view.draw();
  view.hover(view.port.left + 5, view.height - 20);
  expect(find("canvas").title).toMatch(/^bytes alive: \d/);
});

test("shows a title, a legend and a canvas of the right height", () => {
  expect(find(".mxt-title").textContent).toMatch(/^30 operations on 3 lanes/);
  expect(all(".mxt-keys button").length).toBe(4);
  expect(find(".mxt-stage").getAttribute("aria-label")).toContain("critical path");
  expect(parseFloat(find("canvas").style.height)).toBeGreaterThan(90);
  expect(model.sent).toEqual([]);
});

test("arrow keys walk along boxes and rows, and say where", () => {
  press("ArrowRight");
  expect(speech()).toMatch(/^Python waits/);
  press("ArrowDown");
  press("Home");
  expect(speech()).toMatch(/^#\d+ \w+ on worker 1/);
  const first = view.chosen;
  press("ArrowRight");
  expect(view.chosen).toBe(first + 1);
  press("End");
  press("ArrowRight");
  expect(view.chosen).toBe(view.shown.rows[view.shown.rowOf(first)].end - 1);
  expect(find(".mxt-below h4").textContent).toBe(speech());
  press("n");
  const needed = view.chosen;
  press("m");
  expect(view.shown.needs(view.chosen)).toContain(view.shown.number[needed]);
});

test("letters zoom and move, and others are left alone", () => {
  press("w");
  const length = view.port.end - view.port.begin;
  expect(length).toBeLessThan(view.port.span);
  press("d");
  expect(view.port.begin).toBeGreaterThan(0);
  press("s");
  press("s");
  expect(view.port.all).toBe(true);
  expect(press("x").defaultPrevented).toBe(false);
  expect(press("c", { ctrlKey: true }).defaultPrevented).toBe(false);
});

test("what can have the focus keeps JupyterLab's shortcuts away", () => {
  for (const element of all("button, input, [tabindex]")) {
    expect(element.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
  }
});

test("an area is summed up", () => {
  view.mark({ begin: 0, end: view.port.span, first: 0, last: 2 });
  view.marked();
  expect(speech()).toMatch(/busy$/);
  expect(all(".mxt-below caption").map((c) => c.textContent)).toEqual([
    "by operator",
    "by block",
    "by lane",
  ]);
  press("Escape");
  expect(find(".mxt-below").hidden).toBe(true);
});

test("plans can be shown and left again", async () => {
  button("other engines").click();
  const naive = all(".mxt-plan")[1];
  expect(naive.textContent).toContain("naive engine");
  naive.click();
  expect(view.shown.titles).toEqual(["Python"]);
  expect(find(".mxt-facts").textContent).toContain("what if: naive engine");
  all(".mxt-plan")[0].click();
  expect(view.shown).toBe(view.record);
});

test("queues are stepped through and played", () => {
  button("queues of variables").click();
  expect(find(".mxt-step").textContent).toBe("0 of 90 · at the beginning");
  button("next event").click();
  expect(all(".mxt-entry").length).toBeGreaterThan(0);
  expect(view.cursor).toBe(0);
  button("previous event").click();
  expect(find(".mxt-queues").textContent).toBe("all queues are empty");
  button("play or stop").click();
  expect(button("play or stop").textContent).toBe("stop");
  button("queues of variables").click();
  expect(view.cursor).toBeNull();
});

test("the table is a table, and its numbers select", () => {
  button("show as table").click();
  expect(all("tbody tr").length).toBe(30);
  find("tbody button").click();
  expect(view.chosen).toBeGreaterThanOrEqual(0);
});

test("names can stand out, and blocks can have the colours", async () => {
  all(".mxt-keys button")[0].click();
  expect(view.lit.size).toBe(1);
  expect(all(".mxt-keys button")[0].getAttribute("aria-pressed")).toBe("true");
  button("colours by block").click();
  expect(view.lit.size).toBe(0);
  await frame();
});

test("a picture is well-formed", () => {
  press("ArrowDown");
  const text = view.picture();
  const page = new DOMParser().parseFromString(text, "image/svg+xml");
  expect(page.documentElement.nodeName).toBe("svg");
  expect(text).not.toMatch(/NaN|Infinity|undefined|<style|url\(/);
});

test("what is chosen here is heard elsewhere, and the other way round", () => {
  const heard = [];
  const deaf = onChoice("other", (choice) => heard.push(choice));
  press("ArrowDown");
  press("ArrowDown");
  deaf();
  expect(heard.at(-1)).toMatchObject({ from: "timeline", name: view.shown.text(view.chosen) });
  choose({ from: "other", number: 5 });
  expect(view.shown.number[view.chosen]).toBe(5);
});

test("a block chosen elsewhere is marked, with its first operation in the details", () => {
  const { details } = view.record;
  const layer = details.layers[1];
  choose({ from: "other", layer });
  expect([...view.lit]).toEqual([1]);
  expect(view.settings.byBlock).toBe(true);
  expect(details.layers[details.layer[view.chosen]]).toBe(layer);
  expect(find(".mxt-below h4").textContent).toContain(`#${view.shown.number[view.chosen]}`);
  choose({ from: "other", layer: "somebody else's" });
  expect([...view.lit]).toEqual([1]);
});

test("a moment chosen elsewhere becomes the area", () => {
  view.record.zero = 1e15;
  const { span } = view.record;
  choose({ from: "other", moment: [1e15 + 0.2 * span, 1e15 + 0.4 * span] });
  expect(view.area.begin / span).toBeCloseTo(0.2);
  expect(view.area.end / span).toBeCloseTo(0.4);
  expect(view.port.begin).toBeLessThan(0.2 * span);
  expect(view.port.end).toBeLessThan(0.5 * span);
  expect(find(".mxt-below caption").textContent).toBe("by operator");
  const { area } = view;
  choose({ from: "other", moment: [1e15 + 2 * span, 1e15 + 3 * span] }); // of another time
  expect(view.area).toBe(area);
});

test("large details are asked for", async () => {
  cleanup();
  open(dense(2000), undefined);
  await frame();
  expect(model.sent).toEqual([{ kind: "details" }]);
  button("other engines").click();
  expect(find(".mxt-below").textContent).toBe("the details are still on their way");
});

test("frames replace what is shown while it runs", async () => {
  model.fire("msg:custom", { kind: "frames" }, [dense(500)]);
  await frame();
  expect(view.shown.count).toBe(500);
  expect(view.port.all).toBe(true);
});

test("closing leaves nothing behind", () => {
  cleanup();
  expect(model.listeners.size).toBe(0);
  expect(hold("timeline", () => "nothing")).toBe("nothing");
  release("timeline");
  open();
});
