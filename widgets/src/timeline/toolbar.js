// Buttons below the lanes.

import { h } from "../core/dom.js";

/**
 * The toolbar of a view; `show` makes it agree with the settings.
 *
 * @param {import("./view.js").View} view
 * @returns {{ root: HTMLElement, show: () => void }}
 */
export function toolbar(view) {
  const button = (
    /** @type {string} */ text,
    /** @type {string} */ title,
    /** @type {() => void} */ onclick,
  ) => h("button", { type: "button", title, "aria-label": title, onclick }, text);
  const zoom = (/** @type {number} */ factor) => () => {
    view.port.zoom(factor, view.port.left + view.port.width / 2);
    view.moved();
  };
  const all = button("all", "show all of the time", () => view.showAll());
  const follow = button("follow", "follow what happens now", () => view.toggle("follow"));
  const path = button("critical path", "show the critical path", () => view.toggle("critical"));
  const blocks = button("blocks", "colours by block", () => view.toggle("byBlock"));
  const counters = button("counters", "show counters", () => view.toggle("counters"));
  const panels = /** @type {[import("./view.js").Panel, any][]} */ ([
    ["whatIf", button("what if", "other engines", () => view.switch("whatIf"))],
    ["queues", button("queues", "queues of variables", () => view.switch("queues"))],
    ["table", button("table", "show as table", () => view.switch("table"))],
  ]);
  const differences = button("differences", "what changed most", () => view.switch("differences"));
  panels.push(["differences", differences]);
  const save = ["png", "svg", "csv", "html"].map((kind) =>
    button(kind.toUpperCase(), `save as ${kind.toUpperCase()}`, () => {
      view.save(/** @type {any} */ (kind)).catch((error) => view.say(String(error)));
    }),
  );
  const group = (/** @type {string} */ name, /** @type {any[]} */ ...parts) =>
    h("span", { class: "mxt-group", role: "group", "aria-label": name }, ...parts);
  const root = h(
    "div",
    { class: "mxt-tools", role: "toolbar", "aria-label": "timeline" },
    group("time", button("−", "zoom out", zoom(2)), button("+", "zoom in", zoom(0.5)), all, follow),
    group("look", path, blocks, counters),
    group("below", ...panels.map(([, b]) => b)),
    group("files", ...save),
  );
  // Called with each frame, so nothing is touched that has not changed.
  const press = (/** @type {HTMLElement} */ b, /** @type {boolean} */ on) => {
    if (b.getAttribute("aria-pressed") !== String(on)) b.setAttribute("aria-pressed", String(on));
  };
  return {
    root,
    show() {
      if (all.disabled !== view.port.all) all.disabled = view.port.all;
      if (follow.hidden === view.record.live) follow.hidden = !view.record.live;
      // Two records have no engine and no queues in common.
      const { comparison } = view.record;
      for (const [name, b] of panels) {
        const absent = name === "differences" ? !comparison : name !== "table" && Boolean(comparison);
        if (b.hidden !== absent) b.hidden = absent;
      }
      const none = !view.shown.counters().length;
      if (counters.hidden !== none) counters.hidden = none;
      press(follow, view.settings.follow);
      press(path, view.settings.critical);
      press(counters, view.settings.counters);
      press(blocks, view.settings.byBlock);
      for (const [name, b] of panels) press(b, view.panel === name);
    },
  };
}
