// The widget, as anywidget wants it: `initialize` once for the data, `render` for each view.

import { quietly } from "../core/kernel.js";
import { partsOf } from "../core/page.js";
import { onChoice } from "../core/selection.js";
import { hold, release } from "../core/store.js";
import { Record } from "./record.js";
import { View } from "./view.js";

/**
 * @typedef {object} Model  what a notebook, or the page without one, gives to the widget
 * @property {(name: string) => any} get
 * @property {(name: string, value: any) => void} set
 * @property {(event: string, listener: (...args: any[]) => void) => void} on
 * @property {(event: string, listener: (...args: any[]) => void) => void} off
 * @property {(content: any) => void} send
 * @property {() => void} save_changes
 */

const TRAITS = /** @type {const} */ ({ logX: "log_x", logY: "log_y", smooth: "smooth" });

/** What is kept for a model, whichever of its views are open. */
function create() {
  const record = new Record();
  /** @type {import("./prepare.js").Settings} */
  const settings = { logX: false, logY: false, smooth: 0.02, zoom: null, hidden: new Set(), chosen: null };
  return { record, settings };
}

/** @param {{ model: Model }} context */
function initialize({ model }) {
  const key = model.get("_key");
  const { record, settings } = hold(key, create);
  const take = (/** @type {any} */ bytes) => {
    if (bytes?.byteLength && record.receive(bytes)) quietly(() => model.send({ kind: "resend" }));
  };
  const snapshot = () => take(model.get("_snapshot"));
  const message = (/** @type {any} */ content, /** @type {any[]} */ buffers) => {
    if (content?.kind === "frame") take(buffers[0]);
  };
  const changed = () => {
    settings.logX = model.get(TRAITS.logX);
    settings.logY = model.get(TRAITS.logY);
    settings.smooth = model.get(TRAITS.smooth);
    record.listeners.forEach((listener) => listener());
  };
  /** @type {[string, (...args: any[]) => void][]} */
  const links = [
    ["change:_snapshot", snapshot],
    ["msg:custom", message],
    ...Object.values(TRAITS).map(
      (name) => /** @type {[string, () => void]} */ ([`change:${name}`, changed]),
    ),
  ];
  for (const [event, listener] of links) model.on(event, listener);
  changed();
  snapshot();
  return () => {
    for (const [event, listener] of links) model.off(event, listener);
    release(key);
  };
}

/** @param {{ model: Model, el: HTMLElement }} context */
function render({ model, el }) {
  const key = model.get("_key");
  const { record, settings } = hold(key, create);
  const settled = () => {
    for (const [own, name] of Object.entries(TRAITS)) {
      model.set(name, settings[/** @type {"logX" | "logY" | "smooth"} */ (own)]);
    }
    quietly(() => model.save_changes());
    record.listeners.forEach((listener) => listener()); // other views
  };
  const parts = () => {
    const own = Object.values(TRAITS).map((name) => [name, model.get(name)]);
    return partsOf(model, Object.fromEntries(own), { _snapshot: record.snapshot() });
  };
  const view = new View(el, record, settings, settled, key, parts);
  const deaf = onChoice(key, (choice) => view.heard(choice));
  // For those who measure:
  /** @type {any} */ (view.root).mxbookCurves = view;
  return () => {
    deaf();
    view.cleanup();
    release(key);
  };
}

export default { initialize, render };
