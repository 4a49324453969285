// The widget, as anywidget wants it: `initialize` once for the data, `render` for each view.

import { quietly } from "../core/kernel.js";
import { partsOf } from "../core/page.js";
import { onChoice } from "../core/selection.js";
import { hold, release } from "../core/store.js";
import { Record } from "./record.js";
import { View } from "./view.js";

/** @typedef {import("../curves/index.js").Model} Model */

const create = () => new Record();

/** @param {{ model: Model }} context */
function initialize({ model }) {
  const key = model.get("_key");
  const record = hold(key, create);
  const take = (/** @type {any} */ bytes) => {
    if (bytes?.byteLength) record.receive(bytes);
  };
  const boxes = () => take(model.get("_boxes"));
  const details = () => take(model.get("_details"));
  const message = (/** @type {any} */ content, /** @type {any[]} */ buffers) => {
    if (content?.kind === "frames") buffers.forEach(take);
  };
  /** @type {[string, (...args: any[]) => void][]} */
  const links = [
    ["change:_boxes", boxes],
    ["change:_details", details],
    ["msg:custom", message],
  ];
  for (const [event, listener] of links) model.on(event, listener);
  boxes();
  details();
  if (!record.details && record.count) {
    quietly(() => model.send({ kind: "details" }));
  }
  return () => {
    for (const [event, listener] of links) model.off(event, listener);
    release(key);
  };
}

/** @param {{ model: Model, el: HTMLElement }} context */
function render({ model, el }) {
  const key = model.get("_key");
  const record = hold(key, create);
  const parts = () =>
    partsOf(model, {}, { _boxes: model.get("_boxes"), _details: model.get("_details") });
  const view = new View(el, record, key, parts);
  const deaf = onChoice(key, (choice) => view.heard(choice));
  // For those who measure:
  /** @type {any} */ (view.root).mxbookTimeline = view;
  return () => {
    deaf();
    view.cleanup();
    release(key);
  };
}

export default { initialize, render };
