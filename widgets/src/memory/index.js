// The memory plan, as anywidget wants it: `initialize` once for the data, `render` for each view.

import { quietly } from "../core/kernel.js";
import { partsOf } from "../core/page.js";
import { onChoice } from "../core/selection.js";
import { hold, release } from "../core/store.js";
import { MemoryView } from "./view.js";

/**
 * @typedef {import("../curves/index.js").Model} Model
 * @typedef {{ selected: number, shared: boolean, changed: Set<() => void> }} Shared
 */

function create(/** @type {Model} */ model) {
  /** @type {Shared} */
  const shared = { selected: model.get("selected") ?? -1, shared: true, changed: new Set() };
  return { data: JSON.parse(model.get("_plan")), shared };
}

function initialize(/** @type {{ model: Model }} */ { model }) {
  const key = model.get("_key");
  const { shared } = hold(key, () => create(model));
  const changed = () => {
    shared.selected = model.get("selected");
    shared.changed.forEach((redraw) => redraw());
  };
  model.on("change:selected", changed);
  return () => {
    model.off("change:selected", changed);
    release(key);
  };
}

function render(/** @type {{ model: Model, el: HTMLElement }} */ { model, el }) {
  const key = model.get("_key");
  const { data, shared } = hold(key, () => create(model));
  const settled = () => {
    shared.changed.forEach((redraw) => redraw());
    if (!shared.shared) return; // Python knows the plan, not what it replaces
    model.set("selected", shared.selected);
    quietly(() => model.save_changes());
  };
  const parts = () => partsOf(model, { _plan: model.get("_plan"), selected: shared.selected });
  const view = new MemoryView(el, data, shared, key, settled, parts);
  const deaf = onChoice(key, (choice) => view.heard(choice));
  return () => {
    deaf();
    view.cleanup();
    release(key);
  };
}

export default { initialize, render };
