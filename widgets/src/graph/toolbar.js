// Buttons and the search field above a graph.

import { h } from "../core/dom.js";

/** @typedef {import("./view.js").View} View */

/** What is lit beside the selected node, by name. */
export const LIT = /** @type {const} */ (["both", "inputs", "readers", "neither"]);

/**
 * The toolbar of a view; `show` makes it agree.
 *
 * @param {View} view
 */
export function toolbar(view) {
  const button = (
    /** @type {string} */ text,
    /** @type {string} */ title,
    /** @type {() => void} */ onclick,
  ) => h("button", { type: "button", title, "aria-label": title, onclick }, text);
  const search = h("input", {
    type: "search",
    placeholder: "search (/)",
    "aria-label": "search by name, operator, shape",
    oninput: () => view.search(search.value),
    onkeydown: (/** @type {KeyboardEvent} */ e) => {
      e.stopPropagation();
      if (e.key === "Enter") view.nextFound();
      if (e.key === "Escape") view.leaveSearch();
    },
  });
  const hits = h("span", { class: "mxg-hits" });
  const choice = h(
    "select",
    {
      "aria-label": "what is lit beside the selected node",
      "data-lm-suppress-shortcuts": "true",
      onchange: () => view.light(choice.value),
    },
    ...LIT.map((name) => h("option", { value: name }, name)),
  );
  const over = h(
    "select",
    {
      "aria-label": "numbers over the graph",
      "data-lm-suppress-shortcuts": "true",
      onchange: () => view.overlay(over.value),
    },
    h("option", { value: "" }, "nothing"),
    ...view.shared.overlays.map(({ title }) => h("option", { value: title }, title)),
  );
  const numbers = button("table", "show as table", () => view.showTable());
  const save = ["png", "svg", "html"].map((kind) =>
    button(kind.toUpperCase(), `save as ${kind.toUpperCase()}`, () => {
      view.save(kind).catch((error) => view.say(String(error)));
    }),
  );
  const group = (/** @type {string} */ name, /** @type {any[]} */ ...parts) =>
    h("span", { class: "mxg-group", role: "group", "aria-label": name }, ...parts);
  const root = h(
    "div",
    { class: "mxg-tools", role: "toolbar", "aria-label": "graph" },
    group("search", search, hits),
    group(
      "zoom",
      button("−", "zoom out", () => view.stage.zoom(1 / 1.3)),
      button("+", "zoom in", () => view.stage.zoom(1.3)),
      button("fit", "show everything", () => view.stage.fit()),
    ),
    group(
      "groups",
      button("close all", "close all groups", () => view.setOpen([])),
      button("open all", "open all groups", () => view.setOpen(view.data.boxes.map((_, i) => i))),
    ),
    h("label", {}, "light up ", choice),
    h("label", {}, "over it ", over),
    group("other forms", numbers, ...save),
  );
  return {
    root,
    search,
    show(/** @type {number} */ found, /** @type {boolean} */ asTable, /** @type {string} */ overlay) {
      over.value = overlay;
      hits.textContent = search.value ? `${found} found` : "";
      numbers.setAttribute("aria-pressed", String(asTable));
    },
  };
}
