// The widget, as anywidget wants it: `initialize` once for the data, `render` for each view.

import { quietly } from "../core/kernel.js";
import { partsOf } from "../core/page.js";
import { onChoice } from "../core/selection.js";
import { hold, release } from "../core/store.js";
import { overlaysOf, warm } from "./overlays.js";
import { fitted } from "./scene.js";
import { View } from "./view.js";

/**
 * @typedef {import("../curves/index.js").Model} Model
 * @typedef {import("./view.js").Shared} Shared
 */

const NAMES = ["opened", "selected", "overlay"]; // traits that both sides change

/** What is kept for a model, whichever of its views are open. @param {Model} model */
function create(model) {
  const data = fitted(JSON.parse(model.get("_graph")));
  /** @type {Shared} */
  const shared = {
    open: new Set(model.get("opened") ?? data.open),
    selected: model.get("selected") ?? -1,
    overlay: model.get("overlay") ?? data.shown ?? "",
    overlays: overlaysOf(data),
    changed: new Set(),
  };
  warm(data, shared.overlays.find((o) => o.title === shared.overlay) ?? null);
  return { data, shared };
}

/** @param {{ model: Model }} context */
function initialize({ model }) {
  const key = model.get("_key");
  const held = hold(key, () => create(model));
  const changed = () => {
    held.shared.open = new Set(model.get("opened") ?? held.data.open);
    held.shared.selected = model.get("selected");
    const { overlays } = held.shared;
    const title = model.get("overlay") ?? held.data.shown ?? "";
    if (title !== held.shared.overlay) warm(held.data, overlays.find((o) => o.title === title) ?? null);
    held.shared.overlay = title;
    held.shared.changed.forEach((redraw) => redraw());
  };
  for (const name of NAMES) model.on(`change:${name}`, changed);
  return () => {
    for (const name of NAMES) model.off(`change:${name}`, changed);
    release(key);
  };
}

/** @param {{ model: Model, el: HTMLElement }} context */
function render({ model, el }) {
  const key = model.get("_key");
  const { data, shared } = hold(key, () => create(model));
  const settled = () => {
    model.set("opened", [...shared.open].sort((a, b) => a - b));
    model.set("selected", shared.selected);
    model.set("overlay", shared.overlay);
    quietly(() => model.save_changes());
    shared.changed.forEach((redraw) => redraw !== own && redraw());
  };
  const parts = () =>
    partsOf(model, { _graph: model.get("_graph"), opened: [...shared.open], selected: -1, overlay: shared.overlay });
  const before = new Set(shared.changed);
  const view = new View(el, data, shared, key, settled, parts);
  const own = [...shared.changed].find((redraw) => !before.has(redraw));
  const deaf = onChoice(key, (choice) => view.heard(choice));
  // For those who measure:
  /** @type {any} */ (view.root).mxbookGraph = view;
  return () => {
    deaf();
    view.cleanup();
    release(key);
  };
}

export default { initialize, render };
