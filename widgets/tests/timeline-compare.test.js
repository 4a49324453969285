// Two timelines that are compared in one view.

import { beforeEach, expect, test } from "vitest";

import widget from "../src/timeline/index.js";
import { signed } from "../src/timeline/compare.js";
import { HEAD, places } from "../src/timeline/viewport.js";
import { pair, timelineModel } from "./timelines.js";
import "./page.js";

let view;
beforeEach(() => {
  document.body.replaceChildren();
  const place = document.createElement("div");
  document.body.append(place);
  const model = timelineModel(...pair(), `pair ${Math.random()}`);
  widget.initialize({ model });
  widget.render({ model, el: place });
  view = place.querySelector(".mxb-timeline").mxbookTimeline;
});
const texts = (selector) => [...view.root.querySelectorAll(selector)].map((e) => e.textContent);

test("the tables of differences stand below, those of one engine are gone", () => {
  expect(texts(".mxt-below h4")).toEqual(["what changed most"]);
  expect(texts(".mxt-below p")).toEqual(["2 operations in both, 1 only in new"]);
  expect(texts(".mxt-differences thead th").slice(1, 4)).toEqual(["old", "new", "change"]);
  expect(texts(".mxt-differences tbody tr")[0]).toContain("tanh");
  expect(texts(".mxt-differences tbody tr")[0]).toContain("+0.5 us");
  const hidden = [...view.root.querySelectorAll(".mxt-tools button")].filter((b) => b.hidden);
  expect(hidden.map((b) => b.textContent)).toEqual(["follow", "counters", "what if", "queues"]);
});

test("what is chosen in one is told of in the other, by its own number", () => {
  const { record } = view;
  view.select(record.boxOf(2));
  expect(texts(".mxt-below dt")).toContain("in new");
  expect(texts(".mxt-below dd button")).toContain("#2 tanh");
  expect(texts(".mxt-below dd").some((t) => t.endsWith("took 1 us, +0.5 us"))).toBe(true);
  expect(record.partnerOf(record.boxOf(2))).toBe(record.boxOf(4));
  view.select(record.boxOf(5));
  expect(texts(".mxt-below h4")[0]).toMatch(/^#3 relu on worker 1 \(new\)/);
  expect(texts(".mxt-below dd")).toContain("nothing");
  view.select(-1);
  expect(texts(".mxt-below h4")).toEqual(["what changed most"]);
});

test("each record has a head, and a line where it ended", () => {
  const rows = [{ lane: 0 }, { lane: 1 }];
  const [plain, headed] = [places(rows), places(rows, view.record.groups)];
  expect(headed.tops.map((top, i) => top - plain.tops[i])).toEqual([HEAD, 2 * HEAD]);
  view.draw();
  const picture = view.picture();
  for (const word of ["old · 1.5 us", "new · 3 us"]) expect(picture).toContain(word);
  expect(picture.match(/stroke-dasharray/g).length).toBe(2);
});

test("the critical paths of two records are two lines", () => {
  view.draw();
  const { alert } = view.scene().theme;
  const lines = view.picture().match(new RegExp(`stroke="${alert}"`, "g"));
  expect(lines.length).toBe(2);
});

test("differences have signs", () => {
  expect([1900, -430_000, 0].map(signed)).toEqual(["+1.9 us", "−0.43 ms", "0"]);
});
